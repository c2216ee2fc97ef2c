package web

import (
	"context"

	"cloud.google.com/go/civil"
	"github.com/a-h/templ"

	"homecoming/api/web/ui"
	"homecoming/market"
)

const budgetsPath = "/money/budgets"

// A budgetForm is a budget as it was typed.
type budgetForm struct {
	kind, code, name, within, limit, from, until string
	version                                      int
	closed                                       bool
}

// A budgetsView is the page of all budgets, with the form for another.
type budgetsView struct {
	list []market.Budget
	form budgetForm
}

// A budgetView is one of them.
type budgetView struct {
	market.Budget
	tasks   []market.Commitment
	centres []market.Budget
	form    budgetForm
}

func (v *visit) readBudget() budgetForm {
	f := v.form()
	return budgetForm{f.text("kind"), f.text("code"), f.text("name"), f.text("within"), f.text("amount"), f.text("valid_from"), f.text("valid_until"),
		f.number("version"), f.text("closed") != ""}
}

// edit is what the form means. The error is about what cannot be read.
func (v *visit) budgetEdit(b budgetForm) (market.BudgetEdit, error) {
	f := v.form()
	e := market.BudgetEdit{Budget: market.Budget{Kind: market.BudgetKind(b.kind), Code: b.code, Name: b.name, ValidFrom: f.day("valid_from"), ValidUntil: f.day("valid_until")},
		Within: b.within, Closed: b.closed}
	if m := f.money("amount", v.company.Currency); m != nil {
		e.Amount = &m.Amount
	}
	return e, f.err
}

func formOfBudget(b market.Budget) budgetForm {
	form := budgetForm{kind: string(b.Kind), code: b.Code, name: b.Name, within: b.WithinCode, from: dayText(b.ValidFrom), until: dayText(b.ValidUntil), version: b.Version, closed: b.ClosedAt != nil}
	if b.Amount != nil {
		form.limit = figures(&market.Money{Amount: *b.Amount, Currency: b.Currency})
	}
	return form
}

func (v *visit) getBudgets() error {
	list, err := v.Market.Budgets(v.ctx, v.who, v.company.ID)
	if err != nil {
		return err
	}
	return v.ok(budgetsPage(budgetsView{list, budgetForm{kind: string(market.PurchaseOrder)}}, ui.Fault{}))
}

func (v *visit) postBudget() error {
	typed := v.readBudget()
	e, err := v.budgetEdit(typed)
	if err == nil {
		_, err = v.Market.CreateBudget(v.ctx, v.who, v.company.ID, e)
	}
	if err == nil {
		return v.to(budgetsPath, "budget.created")
	}
	list, gone := v.Market.Budgets(v.ctx, v.who, v.company.ID)
	if gone != nil {
		return gone
	}
	return v.refuse(err, func(f ui.Fault) templ.Component { return budgetsPage(budgetsView{list, typed}, f) })
}

func (v *visit) budgetView() (budgetView, error) {
	id, err := v.id()
	if err != nil {
		return budgetView{}, err
	}
	var b budgetView
	if b.Budget, b.tasks, err = v.Market.Budget(v.ctx, v.who, id); err != nil {
		return b, err
	}
	b.form = formOfBudget(b.Budget)
	b.centres, err = v.Market.Budgets(v.ctx, v.who, b.CompanyID)
	return b, err
}

func (v *visit) getBudget() error {
	b, err := v.budgetView()
	if err != nil {
		return err
	}
	return v.ok(budgetPage(b, ui.Fault{}))
}

func (v *visit) postEditBudget() error {
	b, err := v.budgetView()
	if err != nil {
		return err
	}
	b.form = v.readBudget()
	e, err := v.budgetEdit(b.form)
	if err == nil {
		_, err = v.Market.EditBudget(v.ctx, v.who, b.ID, b.form.version, e)
	}
	if err != nil {
		return v.refuse(err, func(f ui.Fault) templ.Component { return budgetPage(b, f) })
	}
	return v.to(budgetsPath+"/"+b.ID.String(), "budget.saved")
}

// budgetLine says in a line how much of a budget is promised.
func budgetLine(ctx context.Context, b market.Budget) string {
	committed := market.Money{Amount: b.Committed, Currency: b.Currency}
	if left, limited := b.Left(); limited {
		return ui.T(ctx, "budget.line", "committed", committed, "limit", market.Money{Amount: *b.Amount, Currency: b.Currency}, "left", left)
	}
	return ui.T(ctx, "budget.line.unlimited", "committed", committed)
}

func budgetPeriod(ctx context.Context, b market.Budget) string {
	if b.ValidFrom == nil && b.ValidUntil == nil {
		return ""
	}
	day := func(d *civil.Date) string {
		if d == nil {
			return ""
		}
		return ui.Day(ctx, *d)
	}
	return ui.T(ctx, "budget.period", "from", day(b.ValidFrom), "until", day(b.ValidUntil))
}

func budgetMark(ctx context.Context, b market.Budget) ui.Mark {
	left, limited := b.Left()
	switch {
	case b.ClosedAt != nil:
		return ui.Mark{Text: ui.T(ctx, "budget.closed")}
	case limited && left.Amount == 0:
		return ui.Mark{Text: ui.T(ctx, "budget.full"), Tone: ui.Warn}
	}
	return ui.Mark{Text: ui.T(ctx, "budget.open"), Tone: ui.Good}
}

func budgetOptions(ctx context.Context, list []market.Budget) []ui.Option {
	options := []ui.Option{{Value: "", Label: ui.T(ctx, "budget.none")}}
	for _, b := range list {
		label := b.Label()
		if left, limited := b.Left(); limited {
			label = ui.T(ctx, "budget.option", "budget", label, "left", left)
		}
		options = append(options, ui.Option{Value: b.ID.String(), Label: label})
	}
	return options
}

// centreOptions are the cost centres that an order can be taken from.
func centreOptions(ctx context.Context, list []market.Budget) []ui.Option {
	options := []ui.Option{{Value: "", Label: ui.T(ctx, "budget.within.none")}}
	for _, b := range list {
		if b.Kind == market.CostCentre {
			options = append(options, ui.Option{Value: b.Code, Label: b.Label()})
		}
	}
	return options
}

func withinText(ctx context.Context, b market.Budget) string {
	if b.WithinCode == "" {
		return ""
	}
	return ui.T(ctx, "budget.of", "centre", b.WithinCode)
}
