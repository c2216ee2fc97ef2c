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

// adjustment is what one person proposes about the books and another approves.
type adjustment struct {
	ID          uuid.UUID  `json:"id" format:"uuid"`
	ExceptionID *uuid.UUID `json:"exception_id" format:"uuid"`
	State       string     `json:"state" enum:"asked,approved,declined,withdrawn"`
	Postings    []posting  `json:"postings" doc:"None: the difference counts as explained"`
	Reason      string     `json:"reason"`
	AskedBy     party      `json:"asked_by"`
	AskedAt     time.Time  `json:"asked_at"`
	DecidedBy   string     `json:"decided_by"`
	DecidedAt   *time.Time `json:"decided_at"`
	EntryID     *uuid.UUID `json:"entry_id" format:"uuid"`
}

func postingOf(p billing.Posting) posting {
	return posting{Account: p.Account, Amount: market.Money{Amount: p.Amount, Currency: p.Currency}}
}

func adjustmentOf(a billing.Adjustment) adjustment {
	return adjustment{ID: a.ID, ExceptionID: a.ExceptionID, State: string(a.State), Postings: each(a.Postings, postingOf), Reason: a.Reason,
		AskedBy: party{a.AskedBy, a.AskedByName}, AskedAt: a.AskedAt, DecidedBy: a.DecidedByName, DecidedAt: a.DecidedAt, EntryID: a.EntryID}
}

// oneException is an exception with what was proposed about it and the entry that is prepared for it.
type oneException struct {
	exception
	Prepared    []posting    `json:"prepared" doc:"The entry that would settle it; none where the amounts agree"`
	Adjustments []adjustment `json:"adjustments" doc:"Newest first"`
}

type exceptionsAsked struct {
	OfID
	Ended bool   `query:"ended" doc:"Those that are over instead of those that wait"`
	Level string `query:"level" enum:"contract,stripe,payout,bank"`
	Owner string `query:"owner_id" format:"uuid"`
}

func (s *Server) exceptions(ctx context.Context, in *exceptionsAsked) (*out[list[exception]], error) {
	f := billing.ExceptionFilter{Ended: in.Ended, Level: billing.Level(in.Level)}
	if in.Owner != "" {
		owner, err := uuid.Parse(in.Owner)
		if err != nil {
			return nil, billing.ErrNoOwner.On("owner_id")
		}
		f.Owner = owner
	}
	all, err := s.cfg.Billing.Exceptions(ctx, access.Actor(ctx), in.ID, f)
	return answer(whole(all, exceptionOf), err)
}

func (s *Server) exception(ctx context.Context, in *OfID) (*out[oneException], error) {
	e, tried, err := s.cfg.Billing.Exception(ctx, access.Actor(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	prepared, err := s.cfg.Billing.Prepared(ctx, access.Actor(ctx), in.ID, billing.Overs(e.CompanyID)[0])
	return answer(oneException{exceptionOf(e), each(prepared, postingOf), each(tried, adjustmentOf)}, err)
}

type ownerChosen struct {
	OfID
	Body struct {
		OwnerID *uuid.UUID `json:"owner_id,omitempty" format:"uuid" doc:"Nobody when left out"`
	}
}

func (s *Server) assignException(ctx context.Context, in *ownerChosen) (*out[oneException], error) {
	if err := s.cfg.Billing.Assign(ctx, access.Actor(ctx), in.ID, in.Body.OwnerID); err != nil {
		return nil, err
	}
	return s.exception(ctx, &in.OfID)
}

func (s *Server) lookAgain(ctx context.Context, in *act) (*out[reconciliation], error) {
	r, err := s.cfg.Billing.LookAgain(ctx, access.Actor(ctx), in.ID)
	return answer(reconciliationOf(r), err)
}

func (s *Server) remindOfAccount(ctx context.Context, in *act) (*out[oneException], error) {
	if err := s.cfg.Billing.Remind(ctx, access.Actor(ctx), in.ID); err != nil {
		return nil, err
	}
	return s.exception(ctx, &in.OfID)
}

type proposedEntry struct {
	OfID
	Body struct {
		Reason   string        `json:"reason" minLength:"1" maxLength:"2000"`
		Postings []typedAmount `json:"postings,omitempty" doc:"Of an exception: none to take it as explained"`
	}
}

// typedAmount is a line of an entry as somebody writes it.
type typedAmount struct {
	Account string       `json:"account" minLength:"1" maxLength:"100" example:"stripe_fee"`
	Amount  market.Money `json:"amount" doc:"Positive for a debit, negative for a credit"`
}

func (p *proposedEntry) postings() []billing.Posting {
	var all []billing.Posting
	for _, l := range p.Body.Postings {
		all = append(all, billing.Posting{Account: l.Account, Currency: l.Amount.Currency, Amount: l.Amount.Amount})
	}
	return all
}

func (s *Server) proposeAboutException(ctx context.Context, in *proposedEntry) (*out[adjustment], error) {
	a, err := s.cfg.Billing.ProposeAdjustment(ctx, access.Actor(ctx), in.ID, in.postings(), in.Body.Reason)
	return answer(adjustmentOf(a), err)
}

func (s *Server) proposeEntry(ctx context.Context, in *proposedEntry) (*out[adjustment], error) {
	a, err := s.cfg.Billing.ProposeEntry(ctx, access.Actor(ctx), in.ID, in.postings(), in.Body.Reason)
	return answer(adjustmentOf(a), err)
}

func (s *Server) adjustments(ctx context.Context, in *OfID) (*out[list[adjustment]], error) {
	all, err := s.cfg.Billing.Adjustments(ctx, access.Actor(ctx), in.ID, false)
	return answer(whole(all, adjustmentOf), err)
}

func (s *Server) approveAdjustment(ctx context.Context, in *act) (*out[adjustment], error) {
	return s.decideAdjustment(ctx, in, "approve")
}

func (s *Server) declineAdjustment(ctx context.Context, in *act) (*out[adjustment], error) {
	return s.decideAdjustment(ctx, in, "decline")
}

func (s *Server) withdrawAdjustment(ctx context.Context, in *act) (*out[adjustment], error) {
	return s.decideAdjustment(ctx, in, "withdraw")
}

func (s *Server) decideAdjustment(ctx context.Context, in *act, do string) (*out[adjustment], error) {
	a, err := s.cfg.Billing.DecideAdjustment(ctx, access.Actor(ctx), in.ID, do)
	return answer(adjustmentOf(a), err)
}

// link is one thing on the way from an amount back to where it came from.
type link struct {
	Kind   string        `json:"kind" enum:"posting,entry,adjustment,milestone,acceptance,contract,transaction,payout,bank_line"`
	Ref    string        `json:"ref" doc:"Stable; ask again with it"`
	What   string        `json:"what"`
	Who    string        `json:"who" doc:"Who accepted, who was paid"`
	Amount *market.Money `json:"amount"`
	At     time.Time     `json:"at"`
}

type explanation struct {
	Ref   string `json:"ref"`
	Links []link `json:"links"`
}

type refAsked struct {
	OfID
	Ref string `query:"ref" maxLength:"200" doc:"entry:<id>:<line>, payout:<po_…>, txn_…, bank_line:<id>, milestone:<id>"`
}

func linkOf(l billing.Link) link {
	v := link{Kind: l.Kind, Ref: l.Ref, What: l.What, Who: l.Who, At: l.At}
	if l.Currency != "" {
		v.Amount = &market.Money{Amount: l.Amount, Currency: l.Currency}
	}
	return v
}

func (s *Server) explain(ctx context.Context, in *refAsked) (*out[explanation], error) {
	e, err := s.cfg.Billing.Explain(ctx, access.Actor(ctx), in.ID, in.Ref)
	return answer(explanation{e.Ref, each(e.Links, linkOf)}, err)
}

// monthView is a month of a company's books.
type monthView struct {
	Month    civil.Date  `json:"month" format:"date" doc:"Its first day"`
	Next     civil.Date  `json:"next" format:"date" doc:"The month that closes next"`
	State    string      `json:"state" enum:"open,closed,reopen_asked"`
	Ready    bool        `json:"ready" doc:"Nothing blocks closing it"`
	Checks   []monthLine `json:"checks"`
	ClosedAt *time.Time  `json:"closed_at"`
	ClosedBy string      `json:"closed_by"`
	Reason   string      `json:"reopen_reason"`
}

type monthLine struct {
	Key    string `json:"key"`
	Left   int    `json:"left"`
	Total  int    `json:"total"`
	Blocks bool   `json:"blocks"`
}

func monthViewOf(m billing.MonthView) monthView {
	v := monthView{Month: m.Month, Next: m.Next, State: "open", Ready: m.Ready(), Checks: each(m.Checks, func(c billing.Check) monthLine {
		return monthLine{Key: c.Key, Left: c.Left, Total: c.Total, Blocks: c.Blocks}
	})}
	if c := m.Closing; c != nil {
		v.State, v.ClosedAt, v.ClosedBy, v.Reason = string(c.State()), &c.ClosedAt, c.ClosedByName, c.ReopenReason
	}
	return v
}

type monthAsked struct {
	OfID
	Month string `query:"month" format:"date" doc:"Any day of it; the month that closes next when left out"`
}

func (s *Server) month(ctx context.Context, in *monthAsked) (*out[monthView], error) {
	var day civil.Date
	if in.Month != "" {
		var err error
		if day, err = civil.ParseDate(in.Month); err != nil {
			return nil, billing.ErrDays.On("month")
		}
	}
	m, err := s.cfg.Billing.Month(ctx, access.Actor(ctx), in.ID, day)
	return answer(monthViewOf(m), err)
}

type monthMeant struct {
	OfID
	Body struct {
		Month civil.Date `json:"month" format:"date" doc:"Any day of it"`
	}
}

func (s *Server) closeMonth(ctx context.Context, in *monthMeant) (*out[monthView], error) {
	m, err := s.cfg.Billing.CloseMonth(ctx, access.Actor(ctx), in.ID, in.Body.Month)
	return answer(monthViewOf(m), err)
}

type reopeningAsked struct {
	OfID
	Body struct {
		Month  civil.Date `json:"month" format:"date" doc:"Any day of it"`
		Reason string     `json:"reason" minLength:"1" maxLength:"2000"`
	}
}

func (s *Server) askReopening(ctx context.Context, in *reopeningAsked) (*out[monthView], error) {
	m, err := s.cfg.Billing.MoveClosing(ctx, access.Actor(ctx), in.ID, in.Body.Month, "ask", in.Body.Reason)
	return answer(monthViewOf(m), err)
}

func (s *Server) confirmReopening(ctx context.Context, in *monthMeant) (*out[monthView], error) {
	m, err := s.cfg.Billing.MoveClosing(ctx, access.Actor(ctx), in.ID, in.Body.Month, "confirm", "")
	return answer(monthViewOf(m), err)
}

func (s *Server) declineReopening(ctx context.Context, in *monthMeant) (*out[monthView], error) {
	m, err := s.cfg.Billing.MoveClosing(ctx, access.Actor(ctx), in.ID, in.Body.Month, "decline", "")
	return answer(monthViewOf(m), err)
}
