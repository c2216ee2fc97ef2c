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

// dispute is a quarrel between the parties about a milestone whose money is held. While it is open nothing moves.
type dispute struct {
	ID          uuid.UUID      `json:"id" format:"uuid"`
	MilestoneID uuid.UUID      `json:"milestone_id" format:"uuid"`
	State       string         `json:"state" enum:"open,for_ruling,proposed_ruling,agreed,ruled,withdrawn"`
	OpenedBy    string         `json:"opened_by" enum:"company,alumnus"`
	Reason      string         `json:"reason"`
	Deadline    time.Time      `json:"deadline" doc:"Until then the parties have it for themselves"`
	Proposals   []offeredSplit `json:"proposals" doc:"Oldest first; only the latest of the parties can be agreed to"`
	OpenedAt    time.Time      `json:"opened_at"`
	ClosedAt    *time.Time     `json:"closed_at"`
}

// offeredSplit is one split: what is paid of the fee, and what goes back. Money.charge and refund sum to the charge.
type offeredSplit struct {
	ID      uuid.UUID    `json:"id" format:"uuid"`
	By      string       `json:"by" enum:"company,alumnus,ruling"`
	Release market.Money `json:"release" doc:"Of the fee, without consumption tax"`
	Money   quote        `json:"money" doc:"Of the part that is paid; zero once the dispute is over"`
	Refund  market.Money `json:"refund" doc:"What goes back to the company; zero once the dispute is over"`
	Message string       `json:"message"`
	At      time.Time    `json:"at"`
}

func disputeOf(d billing.Dispute) dispute {
	currency := d.Milestone.Currency
	return dispute{ID: d.ID, MilestoneID: d.MilestoneID, State: string(d.State), OpenedBy: string(d.Side), Reason: d.Reason, Deadline: d.Deadline,
		OpenedAt: d.OpenedAt, ClosedAt: d.ClosedAt, Proposals: orEmpty(each(d.Proposals, func(p billing.Proposal) offeredSplit {
			p.Split.Paid.Currency = currency
			return offeredSplit{ID: p.ID, By: string(p.By), Release: market.Money{Amount: p.Release, Currency: currency}, Money: quoteOf(p.Split.Paid),
				Refund: market.Money{Amount: p.Split.Refund, Currency: currency}, Message: p.Message, At: p.At}
		}))}
}

func disputeAnswer(d billing.Dispute, err error) (*out[dispute], error) {
	return answer(disputeOf(d), err)
}

func (s *Server) openDispute(ctx context.Context, in *told) (*made[dispute], error) {
	d, err := s.cfg.Billing.OpenDispute(ctx, access.Actor(ctx), in.ID, in.Body.Message)
	if err != nil {
		return nil, err
	}
	return created("/disputes/"+d.ID.String(), disputeOf(d)), nil
}

func (s *Server) dispute(ctx context.Context, in *OfID) (*out[dispute], error) {
	return disputeAnswer(s.cfg.Billing.Dispute(ctx, access.Actor(ctx), in.ID))
}

func (s *Server) contractDisputes(ctx context.Context, in *OfID) (*out[list[dispute]], error) {
	if _, err := s.cfg.Billing.Contract(ctx, access.Actor(ctx), in.ID); err != nil {
		return nil, err
	}
	all, err := s.cfg.Billing.DisputesOf(ctx, access.Actor(ctx), in.ID)
	return answer(whole(all, disputeOf), err)
}

// split is what somebody proposes or rules.
type split struct {
	OfID
	Body struct {
		Release market.Money `json:"release" doc:"The part of the fee that is paid, without consumption tax; the rest goes back"`
		Message string       `json:"message" doc:"Why; the parties read it"`
	}
}

func (s *Server) propose(ctx context.Context, in *split) (*out[dispute], error) {
	return disputeAnswer(s.cfg.Billing.Propose(ctx, access.Actor(ctx), in.ID, in.Body.Release.Amount, in.Body.Message))
}

func (s *Server) rule(ctx context.Context, in *split) (*out[dispute], error) {
	return disputeAnswer(s.cfg.Billing.Rule(ctx, access.Actor(ctx), in.ID, in.Body.Release.Amount, in.Body.Message))
}

// seen names the proposal that somebody looked at.
type seen struct {
	OfID
	Body struct {
		Proposal uuid.UUID `json:"proposal" format:"uuid"`
	}
}

func (s *Server) agree(ctx context.Context, in *seen) (*out[dispute], error) {
	return disputeAnswer(s.cfg.Billing.Agree(ctx, access.Actor(ctx), in.ID, in.Body.Proposal))
}

func (s *Server) confirmRuling(ctx context.Context, in *seen) (*out[dispute], error) {
	return disputeAnswer(s.cfg.Billing.ConfirmRuling(ctx, access.Actor(ctx), in.ID, in.Body.Proposal))
}

func (s *Server) withdrawDispute(ctx context.Context, in *act) (*out[dispute], error) {
	return disputeAnswer(s.cfg.Billing.WithdrawDispute(ctx, access.Actor(ctx), in.ID))
}

func (s *Server) pauseContract(ctx context.Context, in *told) (*out[contract], error) {
	return s.contractAnswer(ctx)(s.cfg.Billing.PauseContract(ctx, reader(ctx), in.ID, in.Body.Message))
}

func (s *Server) resumeContract(ctx context.Context, in *act) (*out[contract], error) {
	return s.contractAnswer(ctx)(s.cfg.Billing.ResumeContract(ctx, reader(ctx), in.ID))
}

// parting is the notice that a contract ends.
type parting struct {
	OfID
	Body struct {
		EndsOn  civil.Date `json:"ends_on" format:"date" doc:"Its last day; of a contract of six months or longer at least 30 days ahead"`
		Message string     `json:"message" doc:"The other side reads it"`
	}
}

func (s *Server) giveNotice(ctx context.Context, in *parting) (*out[contract], error) {
	return s.contractAnswer(ctx)(s.cfg.Billing.GiveNotice(ctx, reader(ctx), in.ID, in.Body.EndsOn, in.Body.Message))
}

func (s *Server) contractAnswer(ctx context.Context) func(billing.Contract, error) (*out[contract], error) {
	return func(c billing.Contract, err error) (*out[contract], error) {
		if err != nil {
			return nil, err
		}
		return answer(s.contractFor(reader(ctx))(c), nil)
	}
}
