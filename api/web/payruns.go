package web

import (
	"context"
	"net/http"

	"cloud.google.com/go/civil"
	"github.com/a-h/templ"
	"github.com/google/uuid"

	"homecoming/api/web/ui"
	"homecoming/billing"
	"homecoming/market"
)

const (
	payRunsPath = "/money/payruns"
	bankPath    = "/money/bank"
)

// A payRunsView is what is owed, to choose from, and the runs so far.
type payRunsView struct {
	due       []billing.Payable
	accounts  []billing.BankAccount // in use
	runs      []billing.PayRun
	chosen    []uuid.UUID // nil: everything that can be paid
	payOn     string
	account   string
	today     civil.Date
	currency  string
	mayMoney  bool
	maySettle bool
	older     string
	paged     bool
}

// of are the payables of a rail.
func (p payRunsView) of(rail market.Rail) (list []billing.Payable) {
	for _, d := range p.due {
		if d.Rail == rail {
			list = append(list, d)
		}
	}
	return list
}

// ticked reports whether a payable is chosen, which all that can be are at first.
func (p payRunsView) ticked(d billing.Payable) bool {
	if p.chosen == nil {
		return d.Waits() == ""
	}
	for _, id := range p.chosen {
		if id == d.Milestone {
			return true
		}
	}
	return false
}

func dueSum(list []billing.Payable, of func(billing.Payable) int64, currency string) string {
	var sum int64
	for _, p := range list {
		sum += of(p)
	}
	return market.Money{Amount: sum, Currency: currency}.String()
}

// costOf is what a payable costs on its rail: the net where the company's bank pays, else the whole charge.
func costOf(p billing.Payable) int64 {
	if p.Rail == market.BankFile {
		return p.Net
	}
	return p.Charge
}

var runTones = map[billing.PayRunState]ui.Tone{billing.RunProposed: ui.Warn, billing.RunApproved: ui.Now, billing.RunFiled: ui.Now, billing.RunSent: ui.Now,
	billing.RunConfirmed: ui.Good, billing.RunPartlyReturned: ui.Bad}

func runMark(ctx context.Context, s billing.PayRunState) ui.Mark {
	return ui.Mark{Text: ui.T(ctx, "state.run."+string(s)), Tone: runTones[s]}
}

var itemTones = map[billing.PayItemState]ui.Tone{billing.ItemSent: ui.Now, billing.ItemConfirmed: ui.Good, billing.ItemReturned: ui.Bad}

func itemMark(ctx context.Context, s billing.PayItemState) ui.Mark {
	return ui.Mark{Text: ui.T(ctx, "state.item."+string(s)), Tone: itemTones[s]}
}

func (v *visit) payRuns() (payRunsView, error) {
	view := payRunsView{today: v.company.Today(v.Clock.Now()), currency: v.company.Currency, mayMoney: v.may(market.SeeMoney), maySettle: v.may(market.SettleMoney),
		paged: v.c.Query("before") != ""}
	rules, err := v.Billing.Rules(v.ctx, v.company.ID)
	if err != nil {
		return view, err
	}
	view.payOn = rules.NextBusinessDay(view.today.AddDays(1)).String()
	if view.runs, err = v.Billing.PayRuns(v.ctx, v.who, v.company.ID, v.before(), pageSize); err != nil {
		return view, err
	}
	if n := len(view.runs); n > 0 {
		view.older = v.older(payRunsPath, n, view.runs[n-1].ID)
	}
	if !view.mayMoney {
		return view, nil
	}
	if view.due, err = v.Billing.Payables(v.ctx, v.who, v.company.ID); err != nil {
		return view, err
	}
	all, err := v.Billing.BankAccounts(v.ctx, v.who, v.company.ID)
	for _, a := range all {
		if a.ClosedAt == nil {
			view.accounts = append(view.accounts, a)
		}
	}
	return view, err
}

func (v *visit) getPayRuns() error {
	view, err := v.payRuns()
	if err != nil {
		return err
	}
	return v.ok(payRunsPage(view, ui.Fault{}))
}

// postPayRun proposes what was ticked.
func (v *visit) postPayRun() error {
	f := v.form()
	d := billing.PayRunDraft{Rail: market.Rail(f.text("rail")), AccountID: f.uuid("account_id"), Milestones: f.ids("milestone_ids")}
	on := f.day("pay_on")
	err := f.err
	if err == nil && on == nil {
		err = market.ErrRequired.On("pay_on")
	}
	var r billing.PayRun
	if err == nil {
		d.PayOn = *on
		r, err = v.Billing.ProposePayRun(v.ctx, v.who, v.company.ID, d)
	}
	if err != nil {
		view, again := v.payRuns()
		if again != nil {
			return again
		}
		view.chosen, view.payOn, view.account = append([]uuid.UUID{}, d.Milestones...), f.text("pay_on"), f.text("account_id")
		return v.refuse(err, func(fault ui.Fault) templ.Component { return payRunsPage(view, fault) })
	}
	return v.to(runPath(r.ID), "run.proposed")
}

func runPath(id uuid.UUID) string { return payRunsPath + "/" + id.String() }

func (v *visit) getPayRun() error {
	id, err := v.id()
	if err != nil {
		return err
	}
	r, err := v.Billing.PayRun(v.ctx, v.who, id)
	if err != nil {
		return err
	}
	return v.ok(payRunPage(r, v.who.PersonID, v.may(market.SettleMoney), v.may(market.RunContracts)))
}

// postRunStep takes a run one step on.
func (v *visit) postRunStep() error {
	id, err := v.id()
	if err != nil {
		return err
	}
	do := v.form().text("do")
	step := map[string]func(context.Context, market.Actor, uuid.UUID) (billing.PayRun, error){"approve": v.Billing.ApprovePayRun, "decline": v.Billing.DeclinePayRun,
		"withdraw": v.Billing.WithdrawPayRun, "make_file": v.Billing.FilePayRun, "send": v.Billing.SendPayRun, "recall": v.Billing.RecallPayRun}[do]
	if step == nil {
		return market.ErrNotFound
	}
	if _, err := step(v.ctx, v.who, id); err != nil {
		return v.retreat(err, runPath(id))
	}
	return v.to(runPath(id), "run.done."+do)
}

// getTransferFile gives the file out that the bank takes.
func (v *visit) getTransferFile() error {
	id, err := v.id()
	if err != nil {
		return err
	}
	raw, err := v.Billing.PayRunFile(v.ctx, v.who, id)
	if err != nil {
		return v.retreat(err, runPath(id))
	}
	v.c.Header("Content-Disposition", `attachment; filename="zengin.txt"`)
	v.c.Data(http.StatusOK, "text/plain; charset=shift_jis", raw)
	return nil
}

func railOptions(ctx context.Context) []ui.Option {
	var rails []string
	for _, r := range market.Rails {
		rails = append(rails, string(r))
	}
	return named(ctx, "rail.", rails...)
}
