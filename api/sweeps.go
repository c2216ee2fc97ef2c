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

// sweep is money of the platform's own on its way from the provider to the platform's bank.
type sweep struct {
	ID         uuid.UUID    `json:"id" format:"uuid"`
	State      string       `json:"state" enum:"proposed,declined,sending,in_transit,paid,failed,canceled,rejected"`
	Amount     market.Money `json:"amount"`
	ProposedBy party        `json:"proposed_by"`
	ProposedAt time.Time    `json:"proposed_at"`
	DecidedBy  string       `json:"decided_by" doc:"Their name; empty while nobody has"`
	ArrivesOn  *civil.Date  `json:"arrives_on" format:"date"`
	Payout     string       `json:"payout" doc:"The provider's id"`
	Failure    string       `json:"failure" doc:"The provider's or the bank's word"`
	Lines      []sweepLine  `json:"lines,omitempty" doc:"Where a single sweep is read"`
}

type sweepLine struct {
	EntryID uuid.UUID    `json:"entry_id" format:"uuid"`
	Kind    string       `json:"kind" doc:"Of the ledger's entry"`
	Company string       `json:"company"`
	At      time.Time    `json:"at"`
	Amount  market.Money `json:"amount" doc:"Positive for what was earned, negative for what was kept"`
}

func sweepOf(w billing.Sweep) sweep {
	return sweep{ID: w.ID, State: string(w.State), Amount: market.Money{Amount: w.Amount, Currency: w.Currency}, ProposedBy: party{w.ProposedBy, w.ProposedByName},
		ProposedAt: w.ProposedAt, DecidedBy: w.DecidedByName, ArrivesOn: w.ArrivesOn, Payout: w.ProviderID, Failure: w.Failure,
		Lines: each(w.Lines, func(l billing.SweepLine) sweepLine {
			return sweepLine{l.EntryID, l.Kind, l.CompanyName, l.At, market.Money{Amount: l.Amount, Currency: w.Currency}}
		})}
}

// concession is what somebody of a company asked for and what the platform would bear.
type concession struct {
	ID        uuid.UUID `json:"id" format:"uuid"`
	Kind      string    `json:"kind" enum:"write_off,entry"`
	CompanyID uuid.UUID `json:"company_id" format:"uuid"`
	Company   string    `json:"company"`
	Postings  []posting `json:"postings" doc:"That would be posted"`
	Reason    string    `json:"reason"`
	AskedBy   party     `json:"asked_by"`
	AskedAt   time.Time `json:"asked_at"`
}

func concessionOf(c billing.Concession) concession {
	return concession{c.ID, string(c.Kind), c.CompanyID, c.CompanyName, each(c.Postings, postingOf), c.Reason, party{c.AskedBy, c.AskedByName}, c.AskedAt}
}

func (s *Server) concessions(ctx context.Context, _ *nothing) (*out[list[concession]], error) {
	all, err := s.cfg.Billing.Concessions(ctx, access.Actor(ctx))
	return answer(whole(all, concessionOf), err)
}

type concessionDecided struct {
	OfID
	Body struct {
		Do string `json:"do" enum:"approve,decline,withdraw" doc:"Whoever asked can only withdraw"`
	}
}

func (s *Server) decideConcession(ctx context.Context, in *concessionDecided) (*nothing, error) {
	return nil, s.cfg.Billing.DecideConcession(ctx, access.Actor(ctx), in.ID, in.Body.Do)
}

func (s *Server) sweeps(ctx context.Context, _ *nothing) (*out[list[sweep]], error) {
	all, err := s.cfg.Billing.Sweeps(ctx, access.Actor(ctx))
	return answer(whole(all, sweepOf), err)
}

func (s *Server) sweep(ctx context.Context, in *OfID) (*out[sweep], error) {
	w, err := s.cfg.Billing.SweepByID(ctx, access.Actor(ctx), in.ID)
	return answer(sweepOf(w), err)
}

type proposingSweep struct {
	Body struct {
		Currency string `json:"currency" default:"JPY" minLength:"3" maxLength:"3"`
	}
}

func (s *Server) proposeSweep(ctx context.Context, in *proposingSweep) (*out[sweep], error) {
	w, err := s.cfg.Billing.ProposeSweep(ctx, access.Actor(ctx), in.Body.Currency)
	return answer(sweepOf(w), err)
}

func (s *Server) approveSweep(ctx context.Context, in *act) (*out[sweep], error) {
	w, err := s.cfg.Billing.ApproveSweep(ctx, access.Actor(ctx), in.ID)
	return answer(sweepOf(w), err)
}

func (s *Server) declineSweep(ctx context.Context, in *act) (*out[sweep], error) {
	w, err := s.cfg.Billing.DeclineSweep(ctx, access.Actor(ctx), in.ID)
	return answer(sweepOf(w), err)
}
