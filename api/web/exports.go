package web

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"cloud.google.com/go/civil"
	"github.com/a-h/templ"

	"homecoming/api/access"
	"homecoming/api/web/ui"
	"homecoming/billing"
	"homecoming/billing/books"
	"homecoming/internal/problem"
	"homecoming/market"
)

const (
	exportsPath = "/money/exports"
	namesPath   = "/money/exports/names"

	previewRows = 12
)

// An exportView is the page where files for the bookkeeping are made.
type exportView struct {
	order   billing.ExportOrder
	typed   period
	preview *billing.ExportPreview
	made    []billing.ExportMade
	mayName bool
	mayPay  bool
	filed   []billing.PayRun // of the coming month, with their transfer files
}

// long reports whether nobody should wait for the file.
func (e exportView) long() bool {
	return e.preview != nil && e.order.Kind.Long(e.preview.Entries)
}

// query is the order as an address has it.
func (e exportView) query() string {
	return url.Values{"kind": {string(e.order.Kind)}, "from": {e.typed.from}, "to": {e.typed.to}, "encoding": {string(e.order.Encoding)}}.Encode()
}

// exportOrder reads what was chosen; days that are missing are those of the last month.
func (v *visit) exportOrder(read func(string) string) (billing.ExportOrder, error) {
	o := billing.ExportOrder{Company: v.company.ID, Kind: billing.ExportKind(read("kind")), Encoding: books.Encoding(read("encoding"))}
	if o.Kind == "" {
		o.Kind = billing.ExportPayouts
	}
	var err error
	if o.From, o.To, err = v.Billing.ExportMonth(v.ctx, v.who, v.company.ID); err != nil {
		return o, err
	}
	for name, into := range map[string]*civil.Date{"from": &o.From, "to": &o.To} {
		d, err := parseDay(read(name))
		if err != nil {
			return o, ErrDayForm.On(name)
		}
		if d != nil {
			*into = *d
		}
	}
	if !slices.Contains(o.Kind.Encodings(), o.Encoding) { // left over from another kind
		o.Encoding = ""
	}
	return o, nil
}

func (v *visit) getExports() error {
	e := exportView{mayName: v.may(market.KeepBooks), mayPay: v.may(market.SettleMoney)}
	var err error
	if e.mayPay {
		if e.filed, err = v.Billing.FiledRuns(v.ctx, v.who, v.company.ID, nil, nil); err != nil {
			return err
		}
	}
	if e.made, err = v.Billing.ExportsMade(v.ctx, v.who, v.company.ID); err != nil {
		return err
	}
	e.order, err = v.exportOrder(v.c.Query)
	e.typed = period{e.order.From.String(), e.order.To.String()}
	if err == nil {
		var p billing.ExportPreview
		if p, err = v.Billing.PreviewExport(v.ctx, v.who, e.order, nil, previewRows); err == nil {
			e.preview = &p
		}
	}
	if err != nil {
		return v.refuse(err, func(f ui.Fault) templ.Component { return exportsPage(e, f) })
	}
	return v.ok(exportsPage(e, ui.Fault{}))
}

// send sends a file; see [access.SendFile].
func (v *visit) send(d billing.Download) error {
	return access.SendFile(v.c, d.Name, string(d.Encoding), d.Write)
}

func (v *visit) getExportFile() error {
	o, err := v.exportOrder(v.c.Query)
	if err != nil {
		return v.retreat(err, exportsPath)
	}
	part, _ := strconv.Atoi(v.c.Query("part"))
	d, err := v.Billing.Download(v.ctx, v.who, o, part)
	if err != nil {
		return v.retreat(err, exportsPath+"?"+v.c.Request.URL.RawQuery)
	}
	return v.send(d)
}

func (v *visit) postExport() error {
	o, err := v.exportOrder(v.c.PostForm)
	if err != nil {
		return v.retreat(err, exportsPath)
	}
	run, err := v.Billing.StartExport(v.ctx, v.who, o)
	if err != nil {
		return v.retreat(err, exportsPath)
	}
	return v.to(exportsPath+"/"+run.ID.String(), "")
}

func (v *visit) getExportRun() error {
	id, err := v.id()
	if err != nil {
		return err
	}
	r, err := v.Billing.ExportRun(v.ctx, v.who, id)
	if err != nil {
		return err
	}
	return v.ok(exportRunPage(r, v.lang))
}

func (v *visit) getExportPart() error {
	id, err := v.id()
	if err != nil {
		return err
	}
	part, err := strconv.Atoi(v.c.Param("part"))
	if err != nil {
		return market.ErrNotFound
	}
	d, err := v.Billing.DownloadPart(v.ctx, v.who, id, part)
	if err != nil {
		return v.retreat(err, exportsPath+"/"+id.String())
	}
	return v.send(d)
}

// A namesView is the page where a company says how it calls things in one program.
type namesView struct {
	chart       books.Chart
	accounts    []billing.BankAccount // the company's own
	departments []market.Department
	preview     *billing.ExportPreview
}

// own is what the program calls one of the company's bank accounts.
func (n namesView) own(a billing.BankAccount) books.OwnAccount { return n.chart.Own[a.ID.String()] }

// kindFor is the form in which a program's names are tried out.
var kindFor = map[books.Target]billing.ExportKind{books.ToJournal: "journal", books.ToMoneyForward: "moneyforward", books.ToFreee: "freee-journal",
	books.ToYayoi: "yayoi", books.ToQuickBooks: "quickbooks"}

// targetOf is the program that was named; the plain journal when none was.
func targetOf(name string) books.Target {
	if t := books.Target(name); slices.Contains(books.Targets, t) {
		return t
	}
	return books.ToJournal
}

// namesView reads the page as it stands, with names that are tried out laid over it.
func (v *visit) namesView(target books.Target, tried []billing.BookName) (n namesView, err error) {
	if n.chart, err = v.Billing.Chart(v.ctx, v.who, v.company.ID, target); err != nil {
		return n, err
	}
	for _, name := range tried {
		n.chart = n.chart.With(name.Field, name.Key, name.Value)
	}
	if n.accounts, err = v.Billing.BankAccounts(v.ctx, v.who, v.company.ID); err != nil {
		return n, err
	}
	if n.departments, err = v.Market.DepartmentsEver(v.ctx, v.who, v.company.ID); err != nil {
		return n, err
	}
	o := billing.ExportOrder{Company: v.company.ID, Kind: kindFor[target]}
	if o.From, o.To, err = v.Billing.ExportMonth(v.ctx, v.who, v.company.ID); err != nil {
		return n, err
	}
	o.To = ui.Today(v.ctx) // the running month as well: what is being set up now
	p, err := v.Billing.PreviewExport(v.ctx, v.who, o, tried, previewRows)
	if err == nil {
		n.preview = &p
	}
	return n, err
}

func (v *visit) getNames() error {
	n, err := v.namesView(targetOf(v.c.Query("target")), nil)
	if err != nil {
		return v.refuse(err, func(f ui.Fault) templ.Component { return namesPage(n, f) })
	}
	return v.ok(namesPage(n, ui.Fault{}))
}

// postNames saves what was typed, or shows what would come of it.
func (v *visit) postNames() error {
	target := targetOf(v.c.PostForm("target"))
	tried := v.typedNames()
	var err error
	if v.c.PostForm("do") == "save" {
		if _, err = v.Billing.NameBooks(v.ctx, v.who, v.company.ID, target, tried); err == nil {
			return v.to(namesPath+"?target="+string(target), "names.saved")
		}
		tried = nil
	}
	n, broken := v.namesView(target, tried)
	if err == nil {
		err = broken
	}
	if err != nil {
		return v.refuse(err, func(f ui.Fault) templ.Component { return namesPage(n, f) })
	}
	return v.ok(namesPage(n, ui.Fault{}))
}

// typedNames are the fields of the form: "account:advance" and so on.
func (v *visit) typedNames() (names []billing.BookName) {
	if err := v.c.Request.ParseForm(); err != nil {
		return nil
	}
	for key, values := range v.c.Request.PostForm {
		field, name, ok := strings.Cut(key, ":")
		if ok && len(values) > 0 {
			names = append(names, billing.BookName{Field: books.Field(field), Key: name, Value: strings.TrimSpace(values[0])})
		}
	}
	slices.SortFunc(names, func(a, b billing.BookName) int {
		return strings.Compare(string(a.Field)+":"+a.Key, string(b.Field)+":"+b.Key)
	})
	return names
}

func exportOptions(ctx context.Context) (list []ui.Option) {
	for _, k := range billing.ExportKinds {
		list = append(list, ui.Option{Value: string(k), Label: ui.T(ctx, "export.kind."+string(k))})
	}
	return list
}

func encodingOptions(ctx context.Context) []ui.Option {
	list := []ui.Option{{Value: "", Label: ui.T(ctx, "export.encoding.own")}}
	for _, e := range []books.Encoding{books.UTF8, books.ShiftJIS} {
		list = append(list, ui.Option{Value: string(e), Label: ui.T(ctx, "export.encoding."+string(e))})
	}
	return list
}

// targetTabs lead from one program's names to another's.
func targetTabs(ctx context.Context, current books.Target) (list []ui.Link) {
	for _, t := range books.Targets {
		list = append(list, ui.Link{Href: namesPath + "?target=" + string(t), Label: ui.T(ctx, "target."+string(t)), Current: t == current})
	}
	return list
}

// taxLabel says a tax key in words: 10 %, registered supplier; 10 %, 70 % deductible.
func taxLabel(ctx context.Context, key string) string {
	parts := strings.Split(key, "-")
	switch {
	case len(parts) != 3:
		return ui.T(ctx, "names.tax.none")
	case parts[2] == "full":
		return ui.T(ctx, "names.tax.full", "rate", parts[1])
	}
	return ui.T(ctx, "names.tax.share", "rate", parts[1], "share", parts[2])
}

// digest is the beginning of a hash, which is what people compare.
func digest(parts []books.Part) string {
	if len(parts) == 0 {
		return "–"
	}
	return parts[0].SHA256[:min(12, len(parts[0].SHA256))]
}

// weight writes bytes for people.
func weight(n int64) string {
	if n < 1_000_000 {
		return fmt.Sprintf("%.1f KB", float64(n)/1000)
	}
	return fmt.Sprintf("%.1f MB", float64(n)/1_000_000)
}

// stopped is why an export in the background stopped.
func stopped(ctx context.Context, p *problem.Error, lang problem.Language) string {
	if p == nil {
		return ui.T(ctx, "export.failed")
	}
	return p.In(lang)
}

// departmentThere is what a program calls a department.
func departmentThere(c books.Chart, own string) string {
	if name, renamed := c.Departments[own]; renamed {
		return name
	}
	return own
}
