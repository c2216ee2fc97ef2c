package web

import (
	"context"
	"strings"

	"cloud.google.com/go/civil"
	"github.com/a-h/templ"
	"github.com/google/uuid"

	"homecoming/api/web/ui"
	"homecoming/billing"
	"homecoming/market"
)

// A moneyView is the finance page: where the money stands, and the latest reconciliation.
type moneyView struct {
	overview billing.MoneyOverview
	latest   *billing.Reconciliation
	period   period
}

// A period is the days to reconcile, as they are typed.
type period struct{ from, to string }

// thisMonth is the reader's month so far.
func (v *visit) thisMonth() period {
	today := ui.Today(v.ctx)
	return period{civil.Date{Year: today.Year, Month: today.Month, Day: 1}.String(), today.String()}
}

func (v *visit) getMoney() error {
	o, err := v.Billing.MoneyOverview(v.ctx, v.who, v.company.ID)
	if err != nil {
		return err
	}
	o.Currency = v.company.Currency
	view := moneyView{overview: o, period: v.thisMonth()}
	runs, err := v.Billing.Reconciliations(v.ctx, v.who, v.company.ID)
	if err != nil {
		return err
	}
	if len(runs) > 0 {
		view.latest = &runs[0]
	}
	return v.ok(moneyPage(view))
}

func (v *visit) getLedger() error {
	entries, err := v.Billing.Entries(v.ctx, v.who, v.company.ID, v.before(), pageSize)
	if err != nil {
		return err
	}
	accounts, err := v.Billing.Accounts(v.ctx, v.who, v.company.ID)
	if err != nil {
		return err
	}
	var named []string
	for _, a := range accounts {
		named = append(named, a.Account)
	}
	for _, e := range entries {
		for _, p := range e.Postings {
			named = append(named, p.Account)
		}
	}
	names, err := v.Billing.AccountNames(v.ctx, v.who, v.company.ID, named)
	if err != nil {
		return err
	}
	older := ""
	if len(entries) > 0 {
		older = v.older("/money/ledger", len(entries), entries[len(entries)-1].ID)
	}
	return v.ok(ledgerPage(entries, accounts, names, older, v.before() != uuid.Nil))
}

func (v *visit) getCompanyPayouts() error {
	list, err := v.Billing.Payouts(v.ctx, v.who, v.company.ID, v.c.Query("before"), pageSize)
	if err != nil {
		return err
	}
	older := ""
	if len(list) == pageSize {
		older = "/money/payouts?before=" + escape(list[pageSize-1].ID)
	}
	return v.ok(companyPayoutsPage(list, older, v.c.Query("before") != ""))
}

func (v *visit) postReconciliation() error {
	f := v.form()
	typed := period{f.text("from"), f.text("to")}
	from, to := f.day("from"), f.day("to")
	err := f.err
	if err == nil && (from == nil || to == nil) {
		err = market.ErrRequired.On("from")
	}
	var run billing.Reconciliation
	if err == nil {
		run, err = v.Billing.StartReconciliation(v.ctx, v.who, v.company.ID, *from, *to)
	}
	if err != nil {
		d, broken := v.desk(typed, ui.Fault{})
		if broken != nil {
			return broken
		}
		return v.refuse(err, func(f ui.Fault) templ.Component {
			d.fault = f
			return deskPage(d)
		})
	}
	return v.to("/money/reconciliations/"+run.ID.String(), "")
}

func (v *visit) getReconciliation() error {
	id, err := v.id()
	if err != nil {
		return err
	}
	r, err := v.Billing.Reconciliation(v.ctx, v.who, id)
	if err != nil {
		return err
	}
	return v.ok(reconciliationPage(r))
}

// amounts are the columns of the overview's chart.
func amounts(ctx context.Context, o billing.MoneyOverview) []ui.Column {
	column := func(key, kind string, amount int64) ui.Column {
		return ui.Column{Label: ui.T(ctx, key), Written: market.Money{Amount: amount, Currency: o.Currency}.String(), Amount: amount, Kind: kind}
	}
	return []ui.Column{column("money.committed", "second", o.Committed), column("money.held", "", o.Held), column("money.releasing", "third", o.Releasing),
		column("money.released", "third", o.Released), column("money.paid", "", o.Paid)}
}

// tiles are the figures that finance looks at first.
func tiles(ctx context.Context, o billing.MoneyOverview) []ui.Sum {
	sum := func(key string, amount int64, note string) ui.Sum {
		return ui.Sum{Label: ui.T(ctx, key), Amount: market.Money{Amount: amount, Currency: o.Currency}.String(), Note: note}
	}
	var due int64
	for _, d := range o.Due {
		due += d.Net
	}
	next := ""
	if len(o.Due) > 0 {
		next = ui.T(ctx, "money.due.next", "day", ui.ShortDay(ctx, o.Due[0].PayBy))
	}
	return []ui.Sum{sum("money.committed", o.Committed, ui.T(ctx, "money.committed.note")), sum("money.funded", o.Funded, ui.T(ctx, "money.funded.note")),
		sum("money.held", o.Held, ui.T(ctx, "money.held.note")), sum("money.due", due, next), sum("money.paid", o.Paid, ui.T(ctx, "money.paid.note"))}
}

// book writes a ledger account for people: its kind in words, and whom it is about where names says so.
func book(ctx context.Context, name string, names map[string]string) string {
	kind, rest, _ := strings.Cut(name, ":")
	if key := "book." + name; known(key) {
		return ui.T(ctx, key)
	}
	key := "book." + kind
	about, said := names[name]
	switch {
	case !known(key):
		return name
	case said:
		return strings.TrimSpace(ui.T(ctx, key) + " " + about)
	}
	return ui.T(ctx, key) + " …" + rest[max(0, len(rest)-4):]
}

// differences are what is left unexplained, by currency; ¥0 where nothing was compared.
func differences(r billing.Reconciliation) string {
	var list []string
	for currency, amount := range r.Difference {
		list = append(list, market.Money{Amount: amount, Currency: currency}.String())
	}
	if len(list) == 0 {
		return market.Yen(0).String()
	}
	return strings.Join(list, ", ")
}

// moneyPages are the tabs of finance, in the order of a day's work.
var moneyPages = []struct{ key, href string }{
	{"tabs.overview", "/money"},
	{"tabs.reconcile", "/money/reconciliations"},
	{"tabs.ledger", "/money/ledger"},
	{"tabs.payruns", payRunsPath},
	{"tabs.bank", bankPath},
	{"tabs.payouts", "/money/payouts"},
	{"tabs.cash", cashPath},
	{"tabs.documents", documentsPath},
	{"tabs.settling", settlingPath},
	{"tabs.budgets", budgetsPath},
	{"tabs.law", lawPath},
	{"tabs.exports", exportsPath},
	{"tabs.insight", insightPath},
}

func moneyTabs(ctx context.Context, current string) []ui.Link {
	var tabs []ui.Link
	for _, t := range moneyPages {
		tabs = append(tabs, ui.Link{Href: t.href, Label: ui.T(ctx, t.key), Current: t.href == current})
	}
	return tabs
}
