package web

import (
	"context"
	"errors"

	"github.com/a-h/templ"
	"github.com/google/uuid"

	"homecoming/api/access"
	"homecoming/api/web/ui"
	"homecoming/internal/problem"
	"homecoming/market"
)

// A spendingCard is what a task's page says about money: what it is paid from, and who said yes to how much.
type spendingCard struct {
	task    market.Task
	from    *market.Budget
	latest  *market.SpendingRequest
	needed  bool // for the task's budget as it stands
	mayPost bool
}

func (v *visit) spendingOf(t market.Task) (spendingCard, error) {
	c := spendingCard{task: t, mayPost: v.who.May(market.PostTasks, t.CompanyID) == nil}
	if t.PaidFrom != nil {
		from, err := v.Market.BudgetOf(v.ctx, v.who, t)
		if err != nil {
			return c, err
		}
		c.from = &from
	}
	asked, err := v.Market.SpendingRequests(v.ctx, v.who, t.CompanyID, t.ID)
	if err != nil {
		return c, err
	}
	if len(asked) > 0 {
		c.latest = &asked[0]
	}
	if t.Budget != nil {
		c.needed, err = v.Market.NeedsApproval(v.ctx, v.who, t, *t.Budget)
	}
	return c, err
}

// waits reports whether somebody still has to say yes.
func (c spendingCard) waits() bool {
	return c.latest != nil && c.latest.State == market.SpendingAsked
}

// mayAsk reports whether another amount can be asked for.
func (c spendingCard) mayAsk() bool {
	return c.mayPost && !c.waits() && (c.needed || c.latest != nil) && (c.task.State == market.Draft || c.task.State == market.Published || c.task.State == market.Awarded)
}

// paidFromText says which budget a request's task is paid from, and what is left of it.
func paidFromText(ctx context.Context, r market.SpendingRequest) string {
	switch {
	case r.BudgetLabel == "":
		return ""
	case r.BudgetLeft == nil:
		return ui.T(ctx, "spending.from", "budget", r.BudgetLabel)
	}
	return ui.T(ctx, "spending.from.left", "budget", r.BudgetLabel, "left", market.Money{Amount: *r.BudgetLeft, Currency: r.Currency})
}

// chainOf is a request as a timeline: who said what, and whose turn it is.
func chainOf(ctx context.Context, r market.SpendingRequest) []ui.Step {
	var steps []ui.Step
	waiting := r.Waiting()
	for i := range r.Steps {
		p := &r.Steps[i]
		s := ui.Step{Title: p.ApproverName, State: "todo"}
		if p.ApproverID == nil {
			s.Title = ui.T(ctx, "spending.anybody")
		}
		switch {
		case p.Approved != nil:
			s = ui.Step{Title: p.DecidedByName, State: "done", Note: decisionNote(ctx, *p)}
		case p == waiting:
			s.State, s.Note = "now", ui.T(ctx, "spending.waits")
		}
		steps = append(steps, s)
	}
	return steps
}

func decisionNote(ctx context.Context, p market.SpendingStep) string {
	key := "spending.said.no"
	if *p.Approved {
		key = "spending.said.yes"
	}
	note := ui.T(ctx, key, "when", ui.Moment(ctx, *p.DecidedAt))
	if p.StoodFor != nil {
		note += " " + ui.T(ctx, "spending.stood", "name", p.StoodForName)
	}
	if p.Comment != "" {
		note += " “" + p.Comment + "”"
	}
	return note
}

func spendingMark(ctx context.Context, s market.SpendingState) ui.Mark {
	tone := map[market.SpendingState]ui.Tone{market.SpendingAsked: ui.Warn, market.SpendingApproved: ui.Good, market.SpendingDeclined: ui.Bad}[s]
	return ui.Mark{Text: ui.T(ctx, "state.spending."+string(s)), Tone: tone}
}

func (v *visit) postAskSpending() error {
	id, err := v.id()
	if err != nil {
		return err
	}
	f := v.form()
	amount := f.money("amount", v.company.Currency)
	if err = f.err; err == nil && amount == nil {
		err = market.ErrRequired.On("amount")
	}
	if err == nil {
		_, err = v.Market.AskSpending(v.ctx, v.who, id, *amount, f.text("reason"))
	}
	if err != nil {
		return v.retreat(err, taskPath(id))
	}
	return v.to(taskPath(id), "spending.asked")
}

// A spendingView is one request, for who decides and who asked.
type spendingView struct {
	market.SpendingRequest
	mayDecide, mayPost bool
	comment            string
}

func (v *visit) spendingView() (spendingView, error) {
	id, err := v.id()
	if err != nil {
		return spendingView{}, err
	}
	r, err := v.Market.SpendingRequest(v.ctx, v.who, id)
	if err != nil {
		return spendingView{}, err
	}
	return spendingView{SpendingRequest: r, mayDecide: r.State == market.SpendingAsked && r.AskedBy != v.who.PersonID && v.who.May(market.ApproveSpend, r.CompanyID) == nil,
		mayPost: v.who.May(market.PostTasks, r.CompanyID) == nil}, nil
}

func (v *visit) getSpending() error {
	s, err := v.spendingView()
	if err != nil {
		return err
	}
	return v.ok(spendingPage(s, ui.Fault{}))
}

func (v *visit) postSpending() error {
	s, err := v.spendingView()
	if err != nil {
		return err
	}
	f := v.form()
	s.comment = f.text("comment")
	do := f.text("do")
	switch do {
	case "withdraw":
		_, err = v.Market.WithdrawSpending(v.ctx, v.who, s.ID)
	case "approve":
		_, err = v.Market.DecideSpending(v.ctx, v.who, s.ID, true, s.comment)
	default:
		do = "decline"
		_, err = v.Market.DecideSpending(v.ctx, v.who, s.ID, false, s.comment)
	}
	if err != nil {
		return v.refuse(err, func(fault ui.Fault) templ.Component { return spendingPage(s, fault) })
	}
	if do == "withdraw" {
		return v.to(taskPath(s.TaskID), "spending.done.withdraw")
	}
	return v.to("/spending/"+s.ID.String(), "spending.done."+do)
}

// getDecide only shows what a letter asks: programs that read mail follow links as well.
func (v *visit) getDecide() error {
	p, err := v.Market.LookAtDecision(v.ctx, v.c.Param("token"))
	if err != nil {
		return err
	}
	return v.ok(decidePage(p, "", ui.Fault{}))
}

func (v *visit) postDecide() error {
	raw, f := v.c.Param("token"), v.form()
	p, err := v.Market.LookAtDecision(v.ctx, raw)
	if err != nil {
		return err
	}
	if p.Link.NeedsCode {
		err = access.Attempt(v.ctx, p.Link.Email)
	}
	if err == nil {
		p.Request, err = v.Market.DecideByLink(v.ctx, raw, f.text("do") == "approve", f.text("comment"), v.c.PostForm("code"))
	}
	var wrong *problem.Error
	if errors.As(err, &wrong) && wrong.Kind == problem.Unauthenticated {
		return v.show(access.Status(wrong), decidePage(p, f.text("comment"), v.fault(wrong)))
	}
	if err != nil {
		return v.refuse(err, func(fault ui.Fault) templ.Component { return decidePage(p, f.text("comment"), fault) })
	}
	return v.ok(decidedPage(p))
}

// spendingToApprove reads what waits for a yes, and who stands in for whom.
func (v *visit) spendingToApprove(view *settlingView) error {
	list, err := v.Market.SpendingRequests(v.ctx, v.who, v.company.ID, uuid.Nil)
	if err != nil {
		return err
	}
	for _, r := range list {
		if r.State == market.SpendingAsked {
			view.spending = append(view.spending, r)
		}
	}
	if view.standing, err = v.Market.Delegations(v.ctx, v.who, v.company.ID); err != nil {
		return err
	}
	view.approvers, err = v.Market.Approvers(v.ctx, v.who, v.company.ID)
	return err
}

// others are the approvers who can stand in for the reader.
func (s settlingView) others() []ui.Option {
	var options []ui.Option
	for _, p := range s.approvers {
		if p.PersonID != s.me {
			options = append(options, ui.Option{Value: p.PersonID.String(), Label: p.Name})
		}
	}
	return options
}

func (v *visit) postDelegation() error {
	f := v.form()
	from, until := f.day("from"), f.day("until")
	err := f.err
	if err == nil && (from == nil || until == nil) {
		err = market.ErrRequired.On("from")
	}
	if err == nil {
		_, err = v.Market.Delegate(v.ctx, v.who, v.company.ID, f.uuid("to"), *from, *until)
	}
	if err != nil {
		return v.retreat(err, settlingPath)
	}
	return v.to(settlingPath+"#standing", "delegation.begun")
}

func (v *visit) postEndDelegation() error {
	id, err := v.id()
	if err != nil {
		return err
	}
	if err := v.Market.EndDelegation(v.ctx, v.who, id); err != nil {
		return v.retreat(err, settlingPath)
	}
	return v.to(settlingPath+"#standing", "delegation.ended")
}

// An approvalRow is one rule as it is typed; without an amount it is none.
type approvalRow struct{ above, department, approver string }

type approvalRulesView struct {
	rows        []approvalRow
	departments []market.Department
	approvers   []market.TeamMember
}

// spareRules are the empty rows after the rules that there are.
const spareRules = 2

func (v *visit) approvalRulesView() (approvalRulesView, error) {
	var a approvalRulesView
	rules, err := v.Market.ApprovalRules(v.ctx, v.who, v.company.ID)
	if err != nil {
		return a, err
	}
	for _, r := range rules {
		row := approvalRow{above: figures(&market.Money{Amount: r.Above, Currency: v.company.Currency})}
		if r.DepartmentID != nil {
			row.department = r.DepartmentID.String()
		}
		if r.ApproverID != nil {
			row.approver = r.ApproverID.String()
		}
		a.rows = append(a.rows, row)
	}
	if a.departments, err = v.Market.Departments(v.ctx, v.who, v.company.ID); err != nil {
		return a, err
	}
	a.approvers, err = v.Market.Approvers(v.ctx, v.who, v.company.ID)
	return a, err
}

func (v *visit) getApprovalRules() error {
	a, err := v.approvalRulesView()
	if err != nil {
		return err
	}
	return v.ok(approvalRulesPage(a, ui.Fault{}))
}

func (v *visit) postApprovalRules() error {
	a, err := v.approvalRulesView()
	if err != nil {
		return err
	}
	above, departments, approvers := v.c.PostFormArray("above"), v.c.PostFormArray("department"), v.c.PostFormArray("approver")
	a.rows = nil
	var rules []market.ApprovalRule
	var wrong error
	for i := range min(len(above), len(departments), len(approvers)) {
		m, err := parseMoney(above[i], v.company.Currency)
		switch {
		case err != nil:
			wrong = ErrAmountForm.On("above")
		case m == nil:
			continue
		default:
			rules = append(rules, market.ApprovalRule{Above: m.Amount, DepartmentID: chosenID(departments[i]), ApproverID: chosenID(approvers[i])})
		}
		a.rows = append(a.rows, approvalRow{above[i], departments[i], approvers[i]})
	}
	if wrong == nil {
		wrong = v.Market.SetApprovalRules(v.ctx, v.who, v.company.ID, rules)
	}
	if wrong != nil {
		return v.refuse(wrong, func(f ui.Fault) templ.Component { return approvalRulesPage(a, f) })
	}
	return v.to("/settings/approvals", "approvals.saved")
}

func chosenID(typed string) *uuid.UUID {
	id, err := uuid.Parse(typed)
	if err != nil {
		return nil
	}
	return &id
}

func approverOptions(ctx context.Context, list []market.TeamMember) []ui.Option {
	options := []ui.Option{{Value: "", Label: ui.T(ctx, "spending.anybody")}}
	for _, p := range list {
		options = append(options, ui.Option{Value: p.PersonID.String(), Label: p.Name})
	}
	return options
}

func departmentChoices(ctx context.Context, list []market.Department) []ui.Option {
	options := departmentOptions(ctx, list)
	options[0].Label = ui.T(ctx, "approvals.any")
	return options
}

// all are the rules and some empty rows after them.
func (a approvalRulesView) all() []approvalRow {
	return append(a.rows[:len(a.rows):len(a.rows)], make([]approvalRow, spareRules)...)
}

// waitsFor says whose answer a request waits for.
func waitsFor(ctx context.Context, r market.SpendingRequest) string {
	step := r.Waiting()
	switch {
	case step == nil:
		return ""
	case step.ApproverID == nil:
		return ui.T(ctx, "spending.anybody")
	}
	return ui.T(ctx, "spending.waits.for", "name", step.ApproverName)
}

func standsText(ctx context.Context, d market.Delegation, s settlingView) string {
	if d.FromID == s.me {
		return ui.T(ctx, "delegation.mine", "name", d.ToName)
	}
	return ui.T(ctx, "delegation.theirs", "name", d.FromName)
}
