package web

import (
	"cmp"
	"slices"
	"time"

	"github.com/a-h/templ"
	"github.com/google/uuid"

	"homecoming/api/web/ui"
	"homecoming/billing"
	"homecoming/market"
)

// A contractView is a contract as one of its sides sees it.
type contractView struct {
	contract billing.Contract
	side     billing.Party
	asOf     time.Time
	mayRun   bool // the reader may act for their side
	steps    []billing.Step
	disputes []billing.Dispute
	changes  []billing.Change // latest first
	weeks    []billing.Week   // of a contract by the hour, first first

	papers []billing.Paper // statements and notices in force

	transfers []billing.BankTransfer // what the company is waited for to send
	cash      int64                  // what it could use for them, in minor units
	cards     []billing.Card         // what it can be charged with

	maySettle bool // the reader looks after the company's money
	standing  billing.Standing
}

// mayReview reports whether the reader's side can still say how it was.
func (c contractView) mayReview() bool {
	_, done := c.contract.ReviewBy(reviewSide(c.side))
	return c.contract.State == billing.ContractCompleted && c.mayRun && !done
}

func reviewSide(p billing.Party) market.Side {
	if p == billing.TheAlumnus {
		return market.ByAlumnus
	}
	return market.ByCompany
}

// reviewer is who wrote a review, as the page calls them.
func reviewer(c contractView, r market.Review) string {
	if r.By == market.ByAlumnus {
		return c.contract.PersonName
	}
	return c.contract.CompanyName
}

func (v *visit) getContracts() error {
	f := billing.ContractFilter{Before: v.before(), Limit: pageSize}
	if task, err := uuid.Parse(v.c.Query("task")); err == nil {
		f.TaskID = task
	}
	if v.may(market.SeeContracts) && len(v.who.Memberships()) == 0 { // who is an alumna as well sees both sides
		f.CompanyID = v.company.ID
	}
	list, err := v.Billing.Contracts(v.ctx, v.who, f)
	if err != nil {
		return err
	}
	if f.TaskID != uuid.Nil && len(list) == 1 {
		return v.to(contractPath(list[0].ID), "")
	}
	older := ""
	if len(list) > 0 {
		older = v.older("/contracts", len(list), list[len(list)-1].ID)
	}
	return v.ok(contractsPage(list, v.who, older, f.Before != uuid.Nil))
}

func contractPath(id uuid.UUID) string { return "/contracts/" + id.String() }

func (v *visit) getContract() error {
	c, err := v.contractView()
	if err != nil {
		return err
	}
	return v.ok(contractPage(c, ui.Fault{}))
}

func (v *visit) contractView() (contractView, error) {
	id, err := v.id()
	if err != nil {
		return contractView{}, err
	}
	return v.contractViewOf(id)
}

func (v *visit) contractViewOf(id uuid.UUID) (contractView, error) {
	c, err := v.Billing.Contract(v.ctx, v.who, id)
	if err != nil {
		return contractView{}, err
	}
	view := contractView{contract: c, side: sideOf(v.who, c), asOf: ui.FrameOf(v.ctx).Now}
	view.mayRun = view.side == billing.TheAlumnus || v.who.May(market.RunContracts, c.CompanyID) == nil
	view.maySettle = v.who.May(market.SettleMoney, c.CompanyID) == nil
	if view.changes, err = v.Billing.Changes(v.ctx, v.who, id); err != nil {
		return view, err
	}
	if c.Terms.Hourly != nil {
		if view.weeks, err = v.Billing.Weeks(v.ctx, v.who, id); err != nil {
			return view, err
		}
	}
	if view.disputes, err = v.Billing.DisputesOf(v.ctx, v.who, id); err != nil {
		return view, err
	}
	if view.standing, err = v.Billing.Standing(v.ctx, v.who, id); err != nil {
		return view, err
	}
	if view.papers, err = v.Billing.ContractPapers(v.ctx, v.who, id); err != nil {
		return view, err
	}
	if err := v.payingWith(&view); err != nil {
		return view, err
	}
	view.steps, err = v.Billing.Timeline(v.ctx, v.who, id)
	return view, err
}

func sideOf(who market.Actor, c billing.Contract) billing.Party {
	if who.PersonID == c.PersonID {
		return billing.TheAlumnus
	}
	return billing.TheCompany
}

// can reports whether the reader may do something with a milestone now.
func (c contractView) can(m billing.Milestone, do string) bool {
	return c.mayRun && c.contract.State == billing.ContractActive && slices.Contains(c.contract.Can(m, c.side, c.asOf), do)
}

// now is the milestone that the contract waits for: the first that is not over.
func (c contractView) now() (billing.Milestone, bool) {
	for _, m := range c.contract.Milestones {
		if !isSettled(m) {
			return m, true
		}
	}
	return billing.Milestone{}, false
}

// postAccept makes a bid's terms the contract.
func (v *visit) postAccept() error {
	id, err := v.id()
	if err != nil {
		return err
	}
	c, err := v.Billing.AcceptBid(v.ctx, v.who, id, v.form().number("seen"))
	if err != nil {
		return v.retreat(err, "/bids/"+id.String())
	}
	return v.to(contractPath(c.ID), "contract.made")
}

func (v *visit) getNotice() error {
	c, err := v.contractView()
	if err != nil {
		return err
	}
	return v.ok(noticePage(c.contract))
}

// postFund sends the reader to the payment provider's page.
func (v *visit) postFund() error {
	id, err := v.id()
	if err != nil {
		return err
	}
	funding, err := v.payPart(id)
	if err != nil && v.form().text("amount") == "" {
		return v.backToContract(id, err)
	}
	if err != nil {
		m, gone := v.Billing.Milestone(v.ctx, v.who, id)
		if gone != nil {
			return gone
		}
		return v.refuse(err, func(f ui.Fault) templ.Component { return partPage(m, v.form().text("amount"), f) })
	}
	return v.onward(funding, contractPath(funding.Milestone.ContractID), "fund.unknown")
}

// payPart opens the page for what was typed, or for all that is missing.
func (v *visit) payPart(milestone uuid.UUID) (billing.Funding, error) {
	m, err := v.Billing.Milestone(v.ctx, v.who, milestone)
	if err != nil {
		return billing.Funding{}, err
	}
	f := v.form()
	part := f.money("amount", m.Currency)
	if f.err != nil {
		return billing.Funding{}, f.err
	}
	if f.text("keep") != "" {
		return v.Billing.FundKeepingCard(v.ctx, v.who, milestone)
	}
	if part == nil {
		part = &market.Money{}
	}
	return v.Billing.FundPart(v.ctx, v.who, milestone, part.Amount)
}

// backToContract shows the contract of a milestone with what went wrong.
func (v *visit) backToContract(milestone uuid.UUID, wrong error) error {
	m, err := v.Billing.Milestone(v.ctx, v.who, milestone)
	if err != nil {
		return err
	}
	return v.retreat(wrong, contractPath(m.ContractID))
}

func (v *visit) postStart() error {
	id, err := v.id()
	if err != nil {
		return err
	}
	m, err := v.Billing.Start(v.ctx, v.who, id)
	if err != nil {
		return v.backToContract(id, err)
	}
	return v.to(contractPath(m.ContractID), "milestone.started")
}

func (v *visit) postAcceptWork() error {
	id, err := v.id()
	if err != nil {
		return err
	}
	m, err := v.Billing.Accept(v.ctx, v.who, id)
	if err != nil {
		return v.backToContract(id, err)
	}
	return v.to(contractPath(m.ContractID), "milestone.accepted")
}

// A saying is a step of a milestone that comes with a message.
type saying struct {
	do, field string
	take      func(v *visit, id uuid.UUID, message string) (billing.Milestone, error)
}

var (
	submitting = saying{"submit", "message", func(v *visit, id uuid.UUID, message string) (billing.Milestone, error) {
		return v.Billing.Submit(v.ctx, v.who, id, message)
	}}
	askingChanges = saying{"request_changes", "message", func(v *visit, id uuid.UUID, message string) (billing.Milestone, error) {
		ground := cmp.Or(billing.Ground(v.form().text("ground")), billing.NotAsAgreed)
		return v.Billing.RequestChanges(v.ctx, v.who, id, ground, message)
	}}
	refunding = saying{"refund", "reason", func(v *visit, id uuid.UUID, message string) (billing.Milestone, error) {
		return v.Billing.Refund(v.ctx, v.who, id, message)
	}}
	canceling = saying{"cancel", "message", func(v *visit, id uuid.UUID, message string) (billing.Milestone, error) {
		return v.Billing.Cancel(v.ctx, v.who, id, message)
	}}
)

// post takes the step, and shows the message again where it was refused.
func (s saying) post(v *visit) error {
	id, err := v.id()
	if err != nil {
		return err
	}
	message := v.form().text(s.field)
	m, err := s.take(v, id, message)
	if err != nil {
		m, gone := v.Billing.Milestone(v.ctx, v.who, id)
		if gone != nil {
			return gone
		}
		return v.refuse(err, func(f ui.Fault) templ.Component { return sayingPage(m, s, message, f) })
	}
	return v.to(contractPath(m.ContractID), "milestone."+s.do)
}

func (v *visit) postReview() error {
	c, err := v.contractView()
	if err != nil {
		return err
	}
	f := v.form()
	rating, text := f.number("rating"), f.text("text")
	if err := v.Billing.Review(v.ctx, v.who, c.contract.ID, rating, text); err != nil {
		return v.refuse(err, func(f ui.Fault) templ.Component { return contractPage(c, f) })
	}
	return v.to(contractPath(c.contract.ID), "review.thanks")
}
