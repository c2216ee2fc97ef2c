package api

import (
	"context"
	"time"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"

	"homecoming/api/access"
	"homecoming/billing"
	"homecoming/market"
)

// reconciliation compares a company's ledger with the payment provider's balance transactions.
type reconciliation struct {
	ID         uuid.UUID        `json:"id" format:"uuid"`
	CompanyID  uuid.UUID        `json:"company_id" format:"uuid"`
	State      string           `json:"state" enum:"queued,running,succeeded,failed"`
	From       civil.Date       `json:"from" format:"date"`
	To         civil.Date       `json:"to" format:"date"`
	Matched    int              `json:"matched"`
	Open       int              `json:"open" doc:"Exceptions of these days that wait for somebody, listed or not"`
	Exceptions []exception      `json:"exceptions" doc:"Oldest first"`
	Difference map[string]int64 `json:"difference" doc:"Ledger less provider in minor units, by currency"`
	Done       int              `json:"done"`
	Total      int              `json:"total"`
	CreatedAt  time.Time        `json:"created_at"`
	FinishedAt *time.Time       `json:"finished_at"`
}

// exception is one thing that finance has to look at.
type exception struct {
	ID          uuid.UUID    `json:"id" format:"uuid" doc:"The same from run to run"`
	Level       string       `json:"level" enum:"contract,stripe,payout,bank"`
	Kind        string       `json:"kind" example:"missing_in_ledger"`
	State       string       `json:"state" enum:"open,proposed,resolved,explained"`
	Fix         string       `json:"fix" enum:"look_again,book,accept,remind,settle" doc:"What is proposed"`
	OwnerID     *uuid.UUID   `json:"owner_id" format:"uuid"`
	AgeDays     int          `json:"age_days"`
	Age         int          `json:"age_business_days"`
	AgeSpan     string       `json:"age_span" enum:"0-1,2-5,6-10,11-30,over-30" doc:"Business days"`
	Day         civil.Date   `json:"day" format:"date"`
	Source      string       `json:"source" doc:"The provider's object"`
	Type        string       `json:"type" doc:"Of the balance transaction, or the entry's kind"`
	Ledger      market.Money `json:"ledger"`
	Stripe      market.Money `json:"stripe" doc:"What the other side has"`
	LedgerFee   market.Money `json:"ledger_fee"`
	StripeFee   market.Money `json:"stripe_fee"`
	EntryID     *uuid.UUID   `json:"entry_id" format:"uuid"`
	MilestoneID *uuid.UUID   `json:"milestone_id" format:"uuid"`
}

func exceptionOf(e billing.Exception) exception {
	money := func(n int64) market.Money { return market.Money{Amount: n, Currency: e.Currency} }
	return exception{ID: e.ID, Level: string(e.Level), Kind: string(e.Kind), State: string(e.State), Fix: string(e.Fix()), OwnerID: e.OwnerID,
		AgeDays: e.AgeDays, Age: e.Age, AgeSpan: e.AgeSpan(), Day: e.Day, Source: e.Source, Type: e.Type, Ledger: money(e.Ledger), Stripe: money(e.Other),
		LedgerFee: money(e.LedgerFee), StripeFee: money(e.OtherFee), EntryID: e.EntryID, MilestoneID: e.MilestoneID}
}

func reconciliationOf(r billing.Reconciliation) reconciliation {
	v := reconciliation{ID: r.ID, CompanyID: r.CompanyID, State: string(r.State), From: r.From, To: r.To, Matched: r.Matched, Open: r.Open, Exceptions: each(r.Exceptions, exceptionOf),
		Difference: r.Difference, Done: r.Done, Total: r.Total, CreatedAt: r.CreatedAt, FinishedAt: r.FinishedAt}
	if v.Difference == nil {
		v.Difference = map[string]int64{}
	}
	return v
}

type days struct {
	Body struct {
		From      civil.Date `json:"from" format:"date" example:"2027-03-01"`
		To        civil.Date `json:"to" format:"date" doc:"Included" example:"2027-03-31"`
		CompanyID *uuid.UUID `json:"company_id,omitempty" format:"uuid" doc:"The caller's company when left out"`
	}
}

func (s *Server) reconcile(ctx context.Context, in *days) (*made[reconciliation], error) {
	who := access.Actor(ctx)
	company, err := oneOf(who, in.Body.CompanyID, market.ReconcileMoney)
	if err != nil {
		return nil, err
	}
	r, err := s.cfg.Billing.StartReconciliation(ctx, who, company, in.Body.From, in.Body.To)
	if err != nil {
		return nil, err
	}
	return created("/reconciliations/"+r.ID.String(), reconciliationOf(r)), nil
}

// oneOf is the company that was named, or the only one where the actor may do this.
func oneOf(who market.Actor, named *uuid.UUID, do market.Action) (uuid.UUID, error) {
	if named != nil {
		return *named, nil
	}
	if all := who.Companies(do); len(all) == 1 {
		return all[0], nil
	}
	return uuid.Nil, market.ErrRequired.On("company_id")
}

func (s *Server) reconciliation(ctx context.Context, in *OfID) (*out[reconciliation], error) {
	r, err := s.cfg.Billing.Reconciliation(ctx, access.Actor(ctx), in.ID)
	return answer(reconciliationOf(r), err)
}

func (s *Server) reconciliations(ctx context.Context, in *OfID) (*out[list[reconciliation]], error) {
	all, err := s.cfg.Billing.Reconciliations(ctx, access.Actor(ctx), in.ID)
	return answer(whole(all, reconciliationOf), err)
}
