package web

import (
	"context"
	"io"
	"net/url"
	"slices"

	"cloud.google.com/go/civil"
	"github.com/a-h/templ"

	"homecoming/api/web/ui"
	"homecoming/api/web/words"
	"homecoming/billing"
	"homecoming/billing/books"
	"homecoming/market"
)

const insightPath = "/money/insight"

// An insightView is the page that says where the money went.
type insightView struct {
	billing.Insight
	typed period
}

// shownInsight is how many rows a chart draws; the table has them all.
const shownInsight = 12

func (v *visit) readInsight() (insightView, error) {
	i := insightView{typed: period{v.c.Query("from"), v.c.Query("to")}}
	from, wrong := parseDay(i.typed.from)
	if wrong != nil {
		return i, ErrDayForm.On("from")
	}
	to, wrong := parseDay(i.typed.to)
	if wrong != nil {
		return i, ErrDayForm.On("to")
	}
	var err error
	if i.Insight, err = v.Billing.Insight(v.ctx, v.who, v.company.ID, from, to); err == nil {
		i.typed = period{i.From.String(), i.To.String()}
	}
	return i, err
}

func (v *visit) getInsight() error {
	i, err := v.readInsight()
	if err != nil {
		return v.refuse(err, func(f ui.Fault) templ.Component { return insightPage(i, f) })
	}
	return v.ok(insightPage(i, ui.Fault{}))
}

// getInsightTable sends one of the tables as a file.
func (v *visit) getInsightTable() error {
	i, err := v.readInsight()
	if err != nil {
		return v.retreat(err, insightPath)
	}
	by := billing.Dimension(v.c.Query("by"))
	if by == "" {
		by = billing.ByMonth
	}
	if err := i.CSV(io.Discard, by); err != nil { // nothing is sent of a table that there is not
		return v.retreat(err, insightPath)
	}
	return v.send(billing.Download{Name: "homecoming-insight-" + string(by) + "-" + i.From.String() + "-" + i.To.String() + ".csv", Encoding: books.UTF8,
		Write: func(w io.Writer) error { return i.CSV(w, by) }})
}

// file is the address of a table's file.
func (i insightView) file(by billing.Dimension) string {
	return insightPath + "/table?" + url.Values{"by": {string(by)}, "from": {i.typed.from}, "to": {i.typed.to}}.Encode()
}

func (i insightView) money(n int64) string {
	return market.Money{Amount: n, Currency: i.Currency}.String()
}

// empty reports whether there is nothing to show.
func (i insightView) empty() bool { return i.Total == billing.Figures{} }

func (i insightView) tiles(ctx context.Context) []ui.Sum {
	sum := func(key string, n int64) ui.Sum {
		return ui.Sum{Label: ui.T(ctx, "insight."+key), Amount: i.money(n), Note: ui.T(ctx, "insight."+key+".note", "days", billing.DueAhead)}
	}
	return []ui.Sum{sum("committed", i.Total.Committed), sum("funded", i.Total.Funded), sum("held", i.Total.Held), sum("paid", i.Total.Paid), sum("due", i.Total.Due)}
}

// pairs are the bars of a chart: what was paid in beside what was paid out.
func (i insightView) pairs(ctx context.Context, by billing.Dimension) []ui.Pair {
	rows := slices.DeleteFunc(slices.Clone(i.Rows[by]), func(r billing.InsightRow) bool { return r.Funded == 0 && r.Paid == 0 })
	if by == billing.ByMonth && len(rows) > shownInsight {
		rows = rows[len(rows)-shownInsight:]
	}
	var list []ui.Pair
	for _, r := range rows[:min(len(rows), shownInsight)] {
		list = append(list, ui.Pair{Label: i.label(ctx, by, r.Name), First: r.Funded, Second: r.Paid, FirstWritten: i.money(r.Funded), SecondWritten: i.money(r.Paid)})
	}
	return list
}

// label is a row's name for people.
func (i insightView) label(ctx context.Context, by billing.Dimension, name string) string {
	if name == "" {
		return ui.T(ctx, "insight.none."+string(by))
	}
	if d, err := civil.ParseDate(name + "-01"); by == billing.ByMonth && err == nil {
		return words.Month(ui.FrameOf(ctx).Language, d)
	}
	return name
}
