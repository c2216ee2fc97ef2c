package api

import (
	"context"
	"strings"
	"time"

	"github.com/google/uuid"

	"homecoming/api/access"
	"homecoming/billing"
	"homecoming/market"
)

// approval is a step about money that one person asks for and another approves.
type approval struct {
	ID             uuid.UUID    `json:"id" format:"uuid"`
	Kind           string       `json:"kind" enum:"refund,reversal,by_hand,write_off"`
	State          string       `json:"state" enum:"asked,approved,declined,withdrawn"`
	MilestoneID    uuid.UUID    `json:"milestone_id" format:"uuid"`
	MilestoneTitle string       `json:"milestone_title"`
	Amount         market.Money `json:"amount"`
	Account        string       `json:"account" doc:"Of write_off: the receivable"`
	Reason         string       `json:"reason"`
	AskedBy        party        `json:"asked_by"`
	AskedAt        time.Time    `json:"asked_at"`
	DecidedAt      *time.Time   `json:"decided_at"`
}

func approvalOf(a billing.Approval) approval {
	return approval{ID: a.ID, Kind: string(a.Kind), State: string(a.State), MilestoneID: a.MilestoneID, MilestoneTitle: a.MilestoneTitle,
		Amount: market.Money{Amount: a.Amount, Currency: a.Currency}, Account: a.Account, Reason: a.Reason, AskedBy: party{a.AskedBy, a.AskedByName},
		AskedAt: a.AskedAt, DecidedAt: a.DecidedAt}
}

func (s *Server) approvals(ctx context.Context, in *OfID) (*out[list[approval]], error) {
	all, err := s.cfg.Billing.Approvals(ctx, access.Actor(ctx), in.ID, true)
	return answer(whole(all, approvalOf), err)
}

func (s *Server) approve(ctx context.Context, in *act) (*out[approval], error) {
	a, err := s.cfg.Billing.Approve(ctx, access.Actor(ctx), in.ID)
	return answer(approvalOf(a), err)
}

func (s *Server) decline(ctx context.Context, in *act) (*out[approval], error) {
	a, err := s.cfg.Billing.Decline(ctx, access.Actor(ctx), in.ID)
	return answer(approvalOf(a), err)
}

func (s *Server) withdrawApproval(ctx context.Context, in *act) (*out[approval], error) {
	a, err := s.cfg.Billing.WithdrawApproval(ctx, access.Actor(ctx), in.ID)
	return answer(approvalOf(a), err)
}

// refundRecord is money on its way back to a company.
type refundRecord struct {
	ID             uuid.UUID    `json:"id" format:"uuid"`
	MilestoneID    uuid.UUID    `json:"milestone_id" format:"uuid"`
	MilestoneTitle string       `json:"milestone_title"`
	Amount         market.Money `json:"amount"`
	State          string       `json:"state" enum:"sending,pending,succeeded,failed,by_hand,overtaken"`
	Failure        string       `json:"failure" doc:"The provider's word for why it failed"`
	Reference      string       `json:"reference" doc:"Of the bank transfer that was made by hand"`
	Tries          int          `json:"tries"`
	CreatedAt      time.Time    `json:"created_at"`
}

func refundRecordOf(r billing.RefundRecord) refundRecord {
	return refundRecord{ID: r.ID, MilestoneID: r.MilestoneID, MilestoneTitle: r.MilestoneTitle, Amount: market.Money{Amount: r.Amount, Currency: r.Currency},
		State: string(r.State), Failure: r.Failure, Reference: r.Reference, Tries: r.Tries, CreatedAt: r.CreatedAt}
}

func (s *Server) companyRefunds(ctx context.Context, in *ofIDPaged) (*out[list[refundRecord]], error) {
	before, err := in.before()
	if err != nil {
		return nil, err
	}
	all, err := s.cfg.Billing.Refunds(ctx, access.Actor(ctx), in.ID, before, in.Limit)
	return answer(listed(in.Page, all, func(r billing.RefundRecord) string { return r.ID.String() }, refundRecordOf), err)
}

func (s *Server) retryRefund(ctx context.Context, in *act) (*out[refundRecord], error) {
	r, err := s.cfg.Billing.RetryRefund(ctx, access.Actor(ctx), in.ID)
	return answer(refundRecordOf(r), err)
}

func (s *Server) refundByHand(ctx context.Context, in *told) (*out[refundRecord], error) {
	r, err := s.cfg.Billing.AskRefundByHand(ctx, access.Actor(ctx), in.ID, in.Body.Message)
	return answer(refundRecordOf(r), err)
}

// reversing asks to take money back that was transferred.
type reversing struct {
	OfID
	Body struct {
		Amount  market.Money `json:"amount"`
		Message string       `json:"message" doc:"Why; the alumnus and who approves read it"`
	}
}

func (s *Server) reverse(ctx context.Context, in *reversing) (*out[contractMilestone], error) {
	who := reader(ctx)
	m, err := s.cfg.Billing.AskReversal(ctx, who, in.ID, in.Body.Amount.Amount, in.Body.Message)
	return s.milestoneAnswer(who, m, err)
}

// chargeback is a payment that the payer's bank took back, or asks about.
type chargeback struct {
	ID             string       `json:"id"`
	MilestoneID    uuid.UUID    `json:"milestone_id" format:"uuid"`
	MilestoneTitle string       `json:"milestone_title"`
	Amount         market.Money `json:"amount"`
	Reason         string       `json:"reason" doc:"The bank's word"`
	State          string       `json:"state" enum:"inquiry,needs_response,under_review,won,lost,inquiry_closed"`
	Stage          string       `json:"stage" enum:"before_acceptance,after_acceptance,after_payout"`
	BorneBy        string       `json:"borne_by" doc:"On whom a lost one fell: held (the milestone ended), refund (it stood for one) or client (the company owes it)"`
	DueBy          *time.Time   `json:"due_by" doc:"Until then evidence is taken"`
	Evidence       string       `json:"evidence,omitempty" doc:"What was sent, or the papers as they would be sent; where one is read"`
	EvidenceAt     *time.Time   `json:"evidence_at"`
	OpenedAt       time.Time    `json:"opened_at"`
	ClosedAt       *time.Time   `json:"closed_at"`
}

func chargebackOf(c billing.ChargebackRecord) chargeback {
	return chargeback{ID: c.ID, MilestoneID: c.MilestoneID, MilestoneTitle: c.MilestoneTitle, Amount: market.Money{Amount: c.Amount, Currency: c.Currency},
		Reason: c.Reason, State: string(c.State), Stage: string(c.Stage), BorneBy: string(c.BorneBy), DueBy: c.DueBy, EvidenceAt: c.EvidenceAt,
		OpenedAt: c.OpenedAt, ClosedAt: c.ClosedAt}
}

func (s *Server) chargebacks(ctx context.Context, in *OfID) (*out[list[chargeback]], error) {
	all, err := s.cfg.Billing.Chargebacks(ctx, access.Actor(ctx), in.ID)
	return answer(whole(all, chargebackOf), err)
}

// OfText is an id of the provider's in a path.
type OfText struct {
	ID string `path:"id"`
}

func (o OfText) known() error {
	if strings.ContainsRune(o.ID, 0) {
		return market.ErrNotFound
	}
	return nil
}

func (s *Server) chargeback(ctx context.Context, in *OfText) (*out[chargeback], error) {
	if err := in.known(); err != nil {
		return nil, err
	}
	c, err := s.cfg.Billing.Chargeback(ctx, access.Actor(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	v := chargebackOf(c)
	if v.Evidence = c.Evidence; v.Evidence == "" {
		v.Evidence, err = s.cfg.Billing.Evidence(ctx, access.Actor(ctx), in.ID, "")
	}
	return answer(v, err)
}

type evidencing struct {
	OfText
	Body *struct {
		Message string `json:"message,omitempty" doc:"Goes before the papers"`
	}
}

func (s *Server) sendEvidence(ctx context.Context, in *evidencing) (*out[chargeback], error) {
	if err := in.known(); err != nil {
		return nil, err
	}
	comment := ""
	if in.Body != nil {
		comment = in.Body.Message
	}
	c, err := s.cfg.Billing.SendEvidence(ctx, access.Actor(ctx), in.ID, comment)
	return answer(chargebackOf(c), err)
}

// debt is what somebody owes since money moved that should not have.
type debt struct {
	Account     string       `json:"account" doc:"In the ledger"`
	Who         string       `json:"who"`
	MilestoneID uuid.UUID    `json:"milestone_id" format:"uuid" doc:"Of its oldest part"`
	Amount      market.Money `json:"amount"`
	Since       time.Time    `json:"since"`
	AgeDays     int          `json:"age_days"`
	Agreed      bool         `json:"agreed" doc:"Its owner agreed in writing that it is kept from later payments"`
}

func (s *Server) debtOf(d billing.Debt) debt {
	return debt{Account: d.Account, Who: d.Who, MilestoneID: d.MilestoneID, Amount: market.Money{Amount: d.Amount, Currency: d.Currency}, Since: d.Since,
		AgeDays: d.AgeDays(s.cfg.Clock.Now()), Agreed: d.Agreed}
}

func (s *Server) debts(ctx context.Context, in *OfID) (*out[list[debt]], error) {
	all, err := s.cfg.Billing.Debts(ctx, access.Actor(ctx), in.ID)
	return answer(whole(all, s.debtOf), err)
}

func (s *Server) myDebts(ctx context.Context, _ *nothing) (*out[list[debt]], error) {
	all, err := s.cfg.Billing.MyDebts(ctx, access.Actor(ctx))
	return answer(whole(all, s.debtOf), err)
}

type writingOff struct {
	OfID
	Body struct {
		Account string `json:"account"`
		Message string `json:"message" doc:"Why; who approves reads it"`
	}
}

func (s *Server) writeOff(ctx context.Context, in *writingOff) (*nothing, error) {
	return nil, s.cfg.Billing.AskWriteOff(ctx, access.Actor(ctx), in.ID, in.Body.Account, in.Body.Message)
}

func (s *Server) payBack(ctx context.Context, in *act) (*fundingAnswer, error) {
	who := reader(ctx)
	f, err := s.cfg.Billing.PayReceivable(ctx, who, in.ID)
	return s.fundingOf(who, f, err)
}

func (s *Server) agreeRecovery(ctx context.Context, in *told) (*nothing, error) {
	return nil, s.cfg.Billing.AgreeRecovery(ctx, access.Actor(ctx), in.ID, in.Body.Message)
}
