package web

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"cloud.google.com/go/civil"
	"github.com/a-h/templ"

	"homecoming/api/access"
	"homecoming/api/web/ui"
	"homecoming/api/web/words"
	"homecoming/insight"
	"homecoming/market"
)

const networkPath = "/people/network"

// A networkView is the page that says how the company's network does.
type networkView struct {
	insight.Report
	typed   period // months, as 2026-11
	running string // the month that is not over, where it is among them
}

func (v *visit) readNetwork() (networkView, error) {
	n := networkView{typed: period{v.c.Query("from"), v.c.Query("to")}}
	var err error
	n.Report, err = insight.Gather(v.ctx, insight.Rooms{Market: v.Market, Matching: v.Matching, Billing: v.Billing}, v.who, v.company.ID, n.typed.from, n.typed.to)
	if err == nil {
		n.typed = period{market.MonthName(n.Months.First), market.MonthName(n.Months.Last())}
		if today := n.Company.Today(v.Clock.Now()); market.MonthName(today) == n.typed.to {
			n.running = words.Month(v.lang, today)
		}
	}
	return n, err
}

func (v *visit) getNetwork() error {
	n, err := v.readNetwork()
	if err != nil {
		return v.refuse(err, func(f ui.Fault) templ.Component { return networkPage(n, f) })
	}
	return v.ok(networkPage(n, ui.Fault{}))
}

func (v *visit) getNetworkFile() error {
	n, err := v.readNetwork()
	if err != nil {
		return v.retreat(err, networkPath)
	}
	return access.SendFile(v.c, n.FileName(), "utf-8", n.CSV)
}

// file is the address of the figures as a file.
func (n networkView) file() string {
	return networkPath + ".csv?from=" + n.typed.from + "&to=" + n.typed.to
}

// A networkPart is what stands together under one heading.
type networkPart struct {
	key    string
	tables []string
}

var networkParts = []networkPart{{"reach", []string{"reach"}}, {"activity", []string{"activity"}}, {"matching", []string{"matching", "matching_by_department"}},
	{"repeats", []string{"repeats"}}, {"newcomers", []string{"newcomers"}}, {"spend", []string{"spend_by_department", "spend_by_skill"}}, {"punctuality", []string{"punctuality"}},
	{"referrals", []string{"referrals", "stages"}}, {"returns", []string{"returns"}}, {"events", []string{"events"}}}

// of are a part's tables that the reader may see.
func (n networkView) of(p networkPart) (list []insight.Table) {
	for _, key := range p.tables {
		if t, ok := n.Table(key); ok {
			list = append(list, t)
		}
	}
	return list
}

// sinceTheFirst leaves out the months before the first one in which there is anything: a company that is new here has many of them.
func sinceTheFirst(t insight.Table) insight.Table {
	if t.By != "month" {
		return t
	}
	first := slices.IndexFunc(t.Rows, func(r insight.Row) bool { return slices.ContainsFunc(r.Cells, insight.Cell.Counted) })
	t.Rows = t.Rows[max(0, first):]
	return t
}

// wherePartBegins leads to where something is done about a part of which there is nothing yet.
var wherePartBegins = map[string]ui.Link{"reach": {Href: importPath, Label: "import.title"}, "activity": {Href: "/events", Label: "nav.events"}, "matching": {Href: "/tasks", Label: "nav.tasks"},
	"repeats": {Href: "/tasks", Label: "nav.tasks"}, "newcomers": {Href: "/tasks", Label: "nav.tasks"}, "referrals": {Href: programmesPath, Label: "nav.referrals"},
	"returns": {Href: returnsPath, Label: "nav.returns"}, "events": {Href: "/events", Label: "nav.events"}}

// drawnAs says what of a table is drawn: two columns beside each other, one, or steps of the total.
var drawnAs = map[string]struct {
	first, second string
	steps         []string
}{
	"reach": {first: "registry", second: "letters"}, "activity": {first: "active", second: "first"}, "matching": {first: "bid_median", second: "contract_median"},
	"matching_by_department": {first: "posted", second: "agreed"}, "repeats": {first: "contracts", second: "again"}, "newcomers": {first: "fresh_share", second: "fresh_share_before"},
	"spend_by_department": {first: "committed"}, "spend_by_skill": {first: "committed"}, "punctuality": {first: "due", second: "in_time"},
	"referrals": {steps: []string{"introduced", "agreed", "won"}}, "stages": {first: "reached"}, "returns": {first: "interest", second: "returned"},
	"events": {steps: []string{"invited", "yes", "came", "followed"}},
}

// drawnRows are those that a chart draws; the table has them all.
func drawnRows(t insight.Table) []insight.Row {
	if t.By == "month" {
		return t.Rows[max(len(t.Rows)-shownInsight, 0):]
	}
	return t.Rows[:min(len(t.Rows), shownInsight)]
}

func (n networkView) pairs(ctx context.Context, t insight.Table, first, second string) []ui.Pair {
	a, b := t.At(first), t.At(second)
	var list []ui.Pair
	for _, r := range drawnRows(t) {
		list = append(list, ui.Pair{Label: n.label(ctx, t, r), First: r.Cells[a].Value, Second: r.Cells[b].Value,
			FirstWritten: n.written(ctx, t.Columns[a], r.Cells[a]), SecondWritten: n.written(ctx, t.Columns[b], r.Cells[b])})
	}
	return list
}

func (n networkView) bars(ctx context.Context, t insight.Table, column string) []ui.Column {
	at := t.At(column)
	var list []ui.Column
	for _, r := range drawnRows(t) {
		list = append(list, ui.Column{Label: n.label(ctx, t, r), Amount: r.Cells[at].Value, Written: n.written(ctx, t.Columns[at], r.Cells[at])})
	}
	return list
}

func (n networkView) steps(ctx context.Context, t insight.Table, columns []string) []ui.Column {
	var list []ui.Column
	for i, key := range columns {
		at := t.At(key)
		c := ui.Column{Label: ui.T(ctx, "network.column."+key), Amount: t.Total.Cells[at].Value, Written: n.written(ctx, t.Columns[at], t.Total.Cells[at])}
		if i == len(columns)-1 {
			c.Kind = "second"
		}
		list = append(list, c)
	}
	return list
}

// written is a number for people, or why there is none.
func (n networkView) written(ctx context.Context, c insight.Column, at insight.Cell) string {
	switch {
	case at.Mask == insight.Under:
		return ui.T(ctx, "network.under", "n", insight.Smallest)
	case at.Mask == insight.Withheld:
		return ui.T(ctx, "network.withheld")
	case at.Mask == insight.NoNumber:
		return "–"
	case c.Unit == insight.Share:
		return fmt.Sprintf("%.1f%%", float64(at.Value)/100)
	case c.Unit == insight.Days:
		return ui.T(ctx, "network.days", "n", c.Number(at))
	case c.Unit == insight.Money:
		return market.Money{Amount: at.Value, Currency: n.Company.Currency}.String()
	}
	return strconv.FormatInt(at.Value, 10)
}

// label is a row's name for people.
func (n networkView) label(ctx context.Context, t insight.Table, r insight.Row) string {
	lang := ui.FrameOf(ctx).Language
	name := r.In(string(lang))
	switch {
	case name != "":
		return name
	case t.By == "step":
		return ui.T(ctx, "network.step."+r.Key)
	case r.Key == "":
		return ui.T(ctx, "network.none."+t.By)
	}
	if d, err := civil.ParseDate(r.Key + "-01"); err == nil {
		return words.Month(lang, d)
	}
	return r.Key
}

// monthSpan writes months as people do.
func monthSpan(ctx context.Context, m market.Months) string {
	lang := ui.FrameOf(ctx).Language
	return ui.T(ctx, "network.span", "from", words.Month(lang, m.First), "to", words.Month(lang, m.Last()))
}

// tiles are the numbers that are looked at first, each beside what it was before.
func (n networkView) tiles(ctx context.Context) (list []ui.Sum) {
	for _, f := range [][2]string{{"reach", "letters"}, {"activity", "active"}, {"matching", "contract_median"}, {"repeats", "again_share"}, {"punctuality", "in_time_share"},
		{"referrals", "won"}, {"returns", "returned"}, {"events", "followed"}} {
		t, ok := n.Table(f[0])
		if !ok {
			continue
		}
		at := t.At(f[1])
		list = append(list, ui.Sum{Label: ui.T(ctx, "network.tile."+f[1]), Amount: n.written(ctx, t.Columns[at], t.Total.Cells[at]),
			Note: ui.T(ctx, "network.tile.before", "n", n.written(ctx, t.Columns[at], t.Before.Cells[at]))})
	}
	return list
}
