package web

import (
	"context"
	"slices"
	"strings"

	"github.com/google/uuid"

	"homecoming/api/web/ui"
	"homecoming/billing"
	"homecoming/market"
)

// A settlingView is what finance and approvers have to see to after money has moved.
type settlingView struct {
	approvals   []billing.Approval
	decided     []billing.Approval
	refunds     []billing.RefundRecord // those that have not ended well yet
	chargebacks []billing.ChargebackRecord
	debts       []billing.Debt
	cards       []billing.Card           // that the company's own debts can be paid with
	disputes    []billing.Dispute        // that wait for a ruling
	spending    []market.SpendingRequest // what a task may cost, where it waits
	standing    []market.Delegation      // who stands in for the reader, and for whom the reader does
	approvers   []market.TeamMember
	me          uuid.UUID
	mayMoney    bool // sees money
	maySettle   bool
}

const settlingPath = "/money/settling"

func (v *visit) getSettling() error {
	view := settlingView{me: v.who.PersonID, mayMoney: v.may(market.SeeMoney), maySettle: v.may(market.SettleMoney)}
	var err error
	if view.approvals, err = v.Billing.Approvals(v.ctx, v.who, v.company.ID, true); err != nil {
		return err
	}
	if view.decided, err = v.Billing.Approvals(v.ctx, v.who, v.company.ID, false); err != nil {
		return err
	}
	if v.may(market.ApproveSpend) {
		if err := v.spendingToApprove(&view); err != nil {
			return err
		}
	}
	if v.may(market.RuleDisputes) {
		if view.disputes, err = v.Billing.DisputesForRuling(v.ctx, v.who, v.company.ID); err != nil {
			return err
		}
	}
	if view.mayMoney {
		err = v.moneyToSettle(&view)
	}
	if err != nil {
		return err
	}
	return v.ok(settlingPage(view))
}

// moneyToSettle reads what only those see who see the company's money.
func (v *visit) moneyToSettle(view *settlingView) error {
	refunds, err := v.Billing.Refunds(v.ctx, v.who, v.company.ID, uuid.Nil, 100)
	if err != nil {
		return err
	}
	for _, r := range refunds {
		if r.State == billing.RefundSending || r.State == billing.RefundPending || r.State == billing.RefundFailed {
			view.refunds = append(view.refunds, r)
		}
	}
	if view.chargebacks, err = v.Billing.Chargebacks(v.ctx, v.who, v.company.ID); err != nil {
		return err
	}
	view.debts, err = v.Billing.Debts(v.ctx, v.who, v.company.ID)
	if slices.ContainsFunc(view.debts, owes) && view.maySettle {
		view.cards = v.savedCards(v.company.ID)
	}
	return err
}

// owes reports whether a debt is the company's own.
func owes(d billing.Debt) bool { return d.PersonID == nil }

// giveUp is what giving a debt up is called for whoever reads it: a company asks that its own be waived.
func giveUp(d billing.Debt) string {
	if owes(d) {
		return "debt.waive"
	}
	return "debt.give.up"
}

// payingBack is a debt of the company's as a bill.
func (s settlingView) payingBack(ctx context.Context, d billing.Debt) bill {
	at := "/milestones/" + d.MilestoneID.String() + "/pay-back"
	b := bill{label: ui.T(ctx, "debt.pay"), amount: market.Money{Amount: d.Amount, Currency: d.Currency}, page: at, name: "pay-back", card: at + "-by-card", cards: s.cards}
	if d.Currency == "JPY" {
		b.wire = at + "-by-bank-transfer"
	}
	return b
}

// titleOf is what the page is to its reader: finance has it beside other pages, to an approver it is everything.
func titleOf(s settlingView) string {
	if s.mayMoney {
		return "settling.title"
	}
	return "nav.approvals"
}

// postApproval approves, declines or withdraws what somebody asked for.
func (v *visit) postApproval() error {
	id, err := v.id()
	if err != nil {
		return err
	}
	do := v.form().text("do")
	switch do {
	case "approve":
		_, err = v.Billing.Approve(v.ctx, v.who, id)
	case "withdraw":
		_, err = v.Billing.WithdrawApproval(v.ctx, v.who, id)
	default:
		do = "decline"
		_, err = v.Billing.Decline(v.ctx, v.who, id)
	}
	if err != nil {
		return v.retreat(err, settlingPath)
	}
	return v.to(settlingPath, "approval.done."+do)
}

// postRefundAgain sends a failed refund once more, or says that it was paid by hand.
func (v *visit) postRefundAgain() error {
	id, err := v.id()
	if err != nil {
		return err
	}
	f, done := v.form(), "refund.sent.again"
	if f.text("do") == "by_hand" {
		done = "approval.asked"
		_, err = v.Billing.AskRefundByHand(v.ctx, v.who, id, f.text("reference"))
	} else {
		_, err = v.Billing.RetryRefund(v.ctx, v.who, id)
	}
	if err != nil {
		return v.retreat(err, settlingPath)
	}
	return v.to(settlingPath, done)
}

func (v *visit) postWriteOff() error {
	f := v.form()
	if err := v.Billing.AskWriteOff(v.ctx, v.who, v.company.ID, f.text("account"), f.text("reason")); err != nil {
		return v.retreat(err, settlingPath)
	}
	return v.to(settlingPath, "approval.asked")
}

// postReverse asks to take a transfer back.
func (v *visit) postReverse() error {
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
		_, err = v.Billing.AskReversal(v.ctx, v.who, id, amount.Amount, f.text("reason"))
	}
	if err != nil {
		return v.backToContract(id, err)
	}
	return v.to(settlingPath, "approval.asked")
}

// A chargebackView is one chargeback with the papers that go, or went, to the payer's bank.
type chargebackView struct {
	billing.ChargebackRecord
	papers    string
	maySettle bool
}

func (v *visit) getChargeback() error {
	id := v.c.Param("id")
	if strings.ContainsRune(id, 0) {
		return market.ErrNotFound
	}
	c, err := v.Billing.Chargeback(v.ctx, v.who, id)
	if err != nil {
		return err
	}
	view := chargebackView{ChargebackRecord: c, papers: c.Evidence, maySettle: v.who.May(market.SettleMoney, c.CompanyID) == nil}
	if !c.Answered() {
		if view.papers, err = v.Billing.Evidence(v.ctx, v.who, id, ""); err != nil {
			return err
		}
	}
	return v.ok(chargebackPage(view))
}

func (v *visit) postEvidence() error {
	id := v.c.Param("id")
	path := "/money/chargebacks/" + escape(id)
	if _, err := v.Billing.SendEvidence(v.ctx, v.who, id, v.form().text("comment")); err != nil {
		return v.retreat(err, path)
	}
	return v.to(path, "chargeback.sent")
}

var chargebackTones = map[billing.ChargebackState]ui.Tone{billing.ChargebackInquiry: ui.Warn, billing.ChargebackNeedsResponse: ui.Bad,
	billing.ChargebackUnderReview: ui.Now, billing.ChargebackWon: ui.Good, billing.ChargebackLost: ui.Bad}

func chargebackMark(ctx context.Context, s billing.ChargebackState) ui.Mark {
	return ui.Mark{Text: ui.T(ctx, "state.chargeback."+string(s)), Tone: chargebackTones[s]}
}

var refundTones = map[billing.RefundState]ui.Tone{billing.RefundSending: ui.Now, billing.RefundPending: ui.Warn, billing.RefundFailed: ui.Bad}

func refundMark(ctx context.Context, s billing.RefundState) ui.Mark {
	return ui.Mark{Text: ui.T(ctx, "state.refund."+string(s)), Tone: refundTones[s]}
}

var disputeTones = map[billing.DisputeState]ui.Tone{billing.DisputeOpen: ui.Warn, billing.DisputeForRuling: ui.Bad, billing.DisputeProposed: ui.Bad,
	billing.DisputeAgreed: ui.Good, billing.DisputeRuled: ui.Good}

func disputeMark(ctx context.Context, s billing.DisputeState) ui.Mark {
	return ui.Mark{Text: ui.T(ctx, "state.dispute."+string(s)), Tone: disputeTones[s]}
}

// A disputeView is a dispute as one of its sides, or somebody who may decide it, sees it.
type disputeView struct {
	billing.Dispute
	side    billing.Party // company, alumnus, or ruling for whoever stands on neither
	mayAct  bool
	mayRule bool
	me      uuid.UUID
}

func disputePath(id uuid.UUID) string { return "/disputes/" + id.String() }

func (v *visit) getDispute() error {
	id, err := v.id()
	if err != nil {
		return err
	}
	d, err := v.Billing.Dispute(v.ctx, v.who, id)
	if err != nil {
		return err
	}
	view := disputeView{Dispute: d, side: billing.TheCompany, me: v.who.PersonID, mayAct: v.who.May(market.RunContracts, d.CompanyID) == nil}
	if v.who.PersonID == d.Milestone.Contract.PersonID {
		view.side, view.mayAct = billing.TheAlumnus, true
	}
	involved := v.who.PersonID == d.Milestone.Contract.ManagerID || v.who.PersonID == d.OpenedBy || view.side == billing.TheAlumnus
	view.mayRule = !involved && v.who.May(market.RuleDisputes, d.CompanyID) == nil && (d.State == billing.DisputeForRuling || d.State == billing.DisputeProposed)
	return v.ok(disputePage(view))
}

// postDispute opens a dispute about a milestone.
func (v *visit) postDispute() error {
	id, err := v.id()
	if err != nil {
		return err
	}
	d, err := v.Billing.OpenDispute(v.ctx, v.who, id, v.form().text("reason"))
	if err != nil {
		return v.backToContract(id, err)
	}
	return v.to(disputePath(d.ID), "dispute.opened")
}

// postDisputeStep proposes, agrees, withdraws, rules or confirms.
func (v *visit) postDisputeStep() error {
	id, err := v.id()
	if err != nil {
		return err
	}
	f := v.form()
	do := f.text("do")
	switch do {
	case "agree":
		_, err = v.Billing.Agree(v.ctx, v.who, id, f.uuid("proposal"))
	case "confirm":
		_, err = v.Billing.ConfirmRuling(v.ctx, v.who, id, f.uuid("proposal"))
	case "withdraw":
		_, err = v.Billing.WithdrawDispute(v.ctx, v.who, id)
	case "propose", "rule":
		err = v.splitFrom(f, id, do)
	default:
		return market.ErrNotFound
	}
	if err != nil {
		return v.retreat(err, disputePath(id))
	}
	return v.to(disputePath(id), "dispute.done."+do)
}

// splitFrom proposes or rules what was typed, in the currency of what is in dispute.
func (v *visit) splitFrom(f *form, id uuid.UUID, do string) error {
	d, err := v.Billing.Dispute(v.ctx, v.who, id)
	if err != nil {
		return err
	}
	release := f.money("release", d.Milestone.Currency)
	switch {
	case f.err != nil:
		return f.err
	case release == nil:
		return market.ErrRequired.On("release")
	case do == "rule":
		_, err = v.Billing.Rule(v.ctx, v.who, id, release.Amount, f.text("message"))
	default:
		_, err = v.Billing.Propose(v.ctx, v.who, id, release.Amount, f.text("message"))
	}
	return err
}

// postParting pauses, resumes or gives notice.
func (v *visit) postParting() error {
	id, err := v.id()
	if err != nil {
		return err
	}
	f := v.form()
	do := f.text("do")
	switch do {
	case "pause":
		_, err = v.Billing.PauseContract(v.ctx, v.who, id, f.text("reason"))
	case "resume":
		_, err = v.Billing.ResumeContract(v.ctx, v.who, id)
	case "notice":
		day := f.day("ends_on")
		if err = f.err; err == nil && day == nil {
			err = market.ErrRequired.On("ends_on")
		}
		if err == nil {
			_, err = v.Billing.GiveNotice(v.ctx, v.who, id, *day, f.text("reason"))
		}
	default:
		return market.ErrNotFound
	}
	if err != nil {
		return v.retreat(err, contractPath(id))
	}
	return v.to(contractPath(id), "parting.done."+do)
}

// postPayBack sends the reader to the payment provider's page for what the company owes.
func (v *visit) postPayBack() error {
	id, err := v.id()
	if err != nil {
		return err
	}
	f, err := v.Billing.PayReceivable(v.ctx, v.who, id)
	if err != nil {
		return v.retreat(err, settlingPath)
	}
	return v.onward(f, settlingPath, "fund.unknown")
}

// postRecovery is the reader's written agreement that a debt is kept from later payments.
func (v *visit) postRecovery() error {
	id, err := v.id()
	if err != nil {
		return err
	}
	debts, err := v.Billing.MyDebts(v.ctx, v.who)
	if err != nil {
		return err
	}
	at := slices.IndexFunc(debts, func(d billing.Debt) bool { return d.MilestoneID == id })
	if at < 0 {
		return market.ErrNotFound
	}
	if err := v.Billing.AgreeRecovery(v.ctx, v.who, id, recoveryTerms(v.ctx, debts[at])); err != nil {
		return v.retreat(err, "/payouts")
	}
	return v.to("/payouts", "debt.agreed")
}

// recoveryTerms are what the reader agrees to, as it stands on the page.
func recoveryTerms(ctx context.Context, d billing.Debt) string {
	return ui.T(ctx, "debt.terms", "amount", market.Money{Amount: d.Amount, Currency: d.Currency}, "company", d.Who)
}

// canDispute reports whether the reader may open a dispute about a milestone.
func (c contractView) canDispute(m billing.Milestone) bool {
	switch m.State {
	case billing.MilestoneFunded, billing.MilestoneInProgress, billing.MilestoneSubmitted, billing.MilestoneChangesRequested:
		return c.mayRun && m.Frozen == ""
	}
	return false
}

// running reports whether a contract can still be paused, resumed or ended.
func (c contractView) running() bool {
	return c.mayRun && (c.contract.State == billing.ContractActive || c.contract.State == billing.ContractPaused)
}

// disputesOf are the disputes about one milestone.
func (c contractView) disputesOf(m billing.Milestone) (list []billing.Dispute) {
	for _, d := range c.disputes {
		if d.MilestoneID == m.ID {
			list = append(list, d)
		}
	}
	return list
}

// dueBy is the bank's deadline while it can still be met.
func dueBy(ctx context.Context, c billing.ChargebackRecord) string {
	if c.DueBy == nil || !c.Answerable() || c.Answered() {
		return ""
	}
	return ui.T(ctx, "chargeback.due", "when", ui.Moment(ctx, *c.DueBy))
}

func agreedText(ctx context.Context, d billing.Debt) string {
	if d.Agreed {
		return ui.T(ctx, "debt.is.agreed")
	}
	return ""
}
