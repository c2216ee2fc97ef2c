package web

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"net/http"
	"net/url"
	"strconv"

	"cloud.google.com/go/civil"
	"github.com/a-h/templ"
	"github.com/google/uuid"

	"homecoming/api/web/ui"
	"homecoming/billing"
	"homecoming/market"
)

const documentsPath = "/money/documents"

func documentPath(p billing.Paper) string { return "/documents/" + p.ID.String() }

// A documentsView is finance's list with what was looked for.
type documentsView struct {
	list          []billing.Paper
	query         url.Values
	older         string
	paged         bool
	mayIssue      bool
	fault         ui.Fault
	kind, periods string // as typed into the form for a period
}

func (d documentsView) asked(name string) string { return d.query.Get(name) }

// searching reports whether anything was asked for.
func (d documentsView) searching() bool {
	for _, name := range []string{"kind", "from", "to", "min", "max", "counterparty"} {
		if d.asked(name) != "" {
			return true
		}
	}
	return false
}

func (v *visit) getMoneyDocuments() error {
	view, err := v.documentsView(ui.Fault{})
	if err != nil {
		return v.refuse(err, func(f ui.Fault) templ.Component {
			return documentsPage(documentsView{query: v.c.Request.URL.Query(), fault: f, mayIssue: v.may(market.SettleMoney)})
		})
	}
	return v.ok(documentsPage(view))
}

func (v *visit) documentsView(fault ui.Fault) (documentsView, error) {
	q := v.c.Request.URL.Query()
	view := documentsView{query: q, paged: v.before() != uuid.Nil, mayIssue: v.may(market.SettleMoney), fault: fault}
	f := billing.PaperFilter{Kind: billing.PaperKind(q.Get("kind")), Counterparty: q.Get("counterparty"), Versions: q.Get("versions") != "", Before: v.before(), Limit: pageSize}
	f.From, f.To = typedDay(q.Get("from")), typedDay(q.Get("to"))
	for name, into := range map[string]**int64{"min": &f.Min, "max": &f.Max} {
		m, err := parseMoney(q.Get(name), v.company.Currency)
		if err != nil {
			return view, ErrAmountForm.On(name)
		}
		if m != nil {
			*into = &m.Amount
		}
	}
	var err error
	view.list, err = v.Billing.Papers(v.ctx, v.who, v.company.ID, f)
	if len(view.list) > 0 {
		view.older = v.older(documentsPath, len(view.list), view.list[len(view.list)-1].ID)
	}
	return view, err
}

// typedDay reads a day of a search; what is none narrows nothing.
func typedDay(text string) *civil.Date {
	d, err := civil.ParseDate(text)
	if err != nil {
		return nil
	}
	return &d
}

func (v *visit) postPeriod() error {
	f := v.form()
	kind, name := f.text("kind"), f.text("period")
	list, err := v.Billing.IssuePeriod(v.ctx, v.who, v.company.ID, billing.PaperKind(kind), plain(name))
	if err != nil {
		view, broken := v.documentsView(ui.Fault{})
		if broken != nil {
			return broken
		}
		view.kind, view.periods = kind, name
		return v.refuse(err, func(f ui.Fault) templ.Component { view.fault = f; return documentsPage(view) })
	}
	return v.to(documentsPath+"?kind="+escape(kind), "documents.period.done", "n", len(list))
}

func (v *visit) getDocuments() error {
	list, err := v.Billing.MyPapers(v.ctx, v.who, v.before(), pageSize)
	if err != nil {
		return err
	}
	older := ""
	if len(list) > 0 {
		older = v.older("/documents", len(list), list[len(list)-1].ID)
	}
	return v.ok(myDocumentsPage(list, older, v.before() != uuid.Nil))
}

// A documentView is one document as its reader may use it.
type documentView struct {
	billing.Paper
	mine       bool // the reader is the supplier
	mayReissue bool
	fault      ui.Fault
	message    string
}

func (v *visit) documentView() (documentView, error) {
	id, err := v.id()
	if err != nil {
		return documentView{}, err
	}
	p, err := v.Billing.Paper(v.ctx, v.who, id)
	return documentView{Paper: p, mine: p.PersonID != nil && *p.PersonID == v.who.PersonID, mayReissue: p.Latest && v.who.May(market.SettleMoney, p.CompanyID) == nil}, err
}

func (v *visit) getDocument() error {
	d, err := v.documentView()
	if err != nil {
		return err
	}
	return v.ok(documentPage(d))
}

func (v *visit) postConfirmDocument() error {
	id, err := v.id()
	if err != nil {
		return err
	}
	p, err := v.Billing.ConfirmPaper(v.ctx, v.who, id, v.form().text("hash"), billing.ByPage)
	if err != nil {
		return v.retreat(err, "/documents/"+id.String())
	}
	return v.to(documentPath(p), "documents.confirm.done")
}

func (v *visit) postObjectDocument() error {
	d, err := v.documentView()
	if err != nil {
		return err
	}
	f := v.form()
	d.message = f.text("message")
	if _, err := v.Billing.ObjectToPaper(v.ctx, v.who, d.ID, f.text("hash"), d.message, billing.ByPage); err != nil {
		return v.refuse(err, func(f ui.Fault) templ.Component { d.fault = f; return documentPage(d) })
	}
	return v.to(documentPath(d.Paper), "documents.object.done")
}

func (v *visit) postReissueDocument() error {
	id, err := v.id()
	if err != nil {
		return err
	}
	p, err := v.Billing.Reissue(v.ctx, v.who, id)
	if err != nil {
		return v.retreat(err, "/documents/"+id.String())
	}
	if p.ID == id {
		return v.to(documentPath(p), "documents.reissue.same")
	}
	return v.to(documentPath(p), "documents.reissue.new")
}

// attach sends a file to be kept, not shown.
func (v *visit) attach(name, media string, body []byte) error {
	v.c.Header("Content-Disposition", `attachment; filename="`+name+`"`)
	v.c.Header("X-Content-Type-Options", "nosniff")
	v.c.Data(http.StatusOK, media, body)
	return nil
}

func (v *visit) getDocumentFile() error {
	d, err := v.documentView()
	if err != nil {
		return err
	}
	return v.attach(d.FileName("pdf"), "application/pdf", d.PDF)
}

func (v *visit) getDocumentData() error {
	d, err := v.documentView()
	if err != nil {
		return err
	}
	return v.attach(d.FileName("json"), "application/json", []byte(d.Data))
}

func (v *visit) getDocumentTable() error {
	d, err := v.documentView()
	if err != nil {
		return err
	}
	rows, err := d.RecordsCSV()
	if err != nil {
		return err
	}
	b := bytes.NewBufferString("\uFEFF")
	w := csv.NewWriter(b)
	w.UseCRLF = true
	if err := w.WriteAll(rows); err != nil {
		return err
	}
	return v.attach(d.FileName("csv"), "text/csv; charset=utf-8", b.Bytes())
}

func (v *visit) getStatementFile() error { return v.contractFile(billing.StatementPaper) }

func (v *visit) getNoticeFile() error { return v.contractFile(billing.NoticePaper) }

func (v *visit) contractFile(kind billing.PaperKind) error {
	id, err := v.id()
	if err != nil {
		return err
	}
	name, pdf, err := v.Billing.ContractFile(v.ctx, v.who, id, kind)
	if err != nil {
		return v.retreat(err, contractPath(id))
	}
	return v.attach(name, "application/pdf", pdf)
}

// A verifyView is the question whether something is ours, and once asked the answer.
type verifyView struct {
	asked bool
	hash  string
	billing.Verification
	record *market.WorkRecord // where a credential was given
	fault  ui.Fault
}

func (v *visit) getVerify() error { return v.ok(verifyPage(verifyView{hash: v.c.Query("hash")})) }

func (v *visit) postVerify() error {
	view := verifyView{asked: true, hash: v.form().text("hash")}
	file, err := v.upload("file")
	switch {
	case err == nil && market.LooksLikeCredential(file):
		view.hash = ""
		var r market.WorkRecord
		if r, err = v.Market.CheckRecord(v.ctx, string(file)); err == nil {
			view.record = &r
		} else if errors.Is(err, market.ErrNotFound) {
			err = nil
		}
	case err == nil && len(file) > 0:
		view.hash = ""
		view.Verification, err = v.Billing.VerifyFile(v.ctx, v.who, file)
	case view.hash != "":
		view.Verification, err = v.Billing.VerifyHash(v.ctx, v.who, view.hash)
	default:
		err = market.ErrRequired.On("hash")
	}
	if err != nil {
		view.asked = false
		return v.refuse(err, func(f ui.Fault) templ.Component { view.fault = f; return verifyPage(view) })
	}
	return v.ok(verifyPage(view))
}

// documentMark is how a document stands.
func documentMark(ctx context.Context, p billing.Paper) ui.Mark {
	switch {
	case !p.Latest:
		return ui.Mark{Text: ui.T(ctx, "documents.replaced")}
	case p.Answer == billing.Objected:
		return ui.Mark{Text: ui.T(ctx, "documents.objected"), Tone: ui.Bad}
	case p.Answer != "":
		return ui.Mark{Text: ui.T(ctx, "documents."+string(p.Answer)), Tone: ui.Good}
	case p.Waits():
		return ui.Mark{Text: ui.T(ctx, "documents.waiting"), Tone: ui.Now}
	}
	return ui.Mark{Text: ui.T(ctx, "documents.issued")}
}

// documentLabel is number and, where it is not the first, version.
func documentLabel(ctx context.Context, p billing.Paper) string {
	if p.Version == 1 {
		return p.Number()
	}
	return p.Number() + " · " + ui.T(ctx, "documents.version", "n", strconv.Itoa(p.Version))
}

func paperAmount(p billing.Paper) string {
	return market.Money{Amount: p.Amount, Currency: p.Currency}.String()
}

// confirmDay is the last day on which the supplier may answer, as the reader's page counts days.
func confirmDay(ctx context.Context, p billing.Paper) string {
	return ui.Day(ctx, civil.DateOf(p.ConfirmBy.In(ui.FrameOf(ctx).Zone)).AddDays(-1))
}

func paperKindOptions(ctx context.Context, kinds ...billing.PaperKind) []ui.Option {
	var values []string
	for _, k := range kinds {
		values = append(values, string(k))
	}
	return named(ctx, "documents.kind.", values...)
}

// ownTabs are the pages about an alumna's money.
func ownTabs(ctx context.Context, current string) []ui.Link {
	return []ui.Link{{Href: "/payouts", Label: ui.T(ctx, "tabs.mine.payouts"), Current: current == "/payouts"}, {Href: "/documents", Label: ui.T(ctx, "tabs.documents"), Current: current == "/documents"},
		{Href: recordsPath, Label: ui.T(ctx, "tabs.mine.records"), Current: current == recordsPath}}
}
