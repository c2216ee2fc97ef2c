package api

import (
	"context"
	"errors"
	"time"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"

	"homecoming/api/access"
	"homecoming/billing"
	"homecoming/internal/problem"
	"homecoming/market"
)

// change is a new version of a contract's terms, offered by one side and signed by the other.
type change struct {
	ID         uuid.UUID    `json:"id" format:"uuid"`
	ContractID uuid.UUID    `json:"contract_id" format:"uuid"`
	Number     int          `json:"number" doc:"Counted within the contract"`
	State      string       `json:"state" enum:"offered,signed,in_force,declined,withdrawn,countered,expired,lapsed"`
	OfferedBy  string       `json:"offered_by" enum:"company,alumnus"`
	Hash       string       `json:"hash" doc:"SHA-256 of what was offered; signing names it"`
	Offer      changeOffer  `json:"offer"`
	Answer     string       `json:"answer" doc:"Why it was declined"`
	Added      market.Money `json:"added" doc:"To the fee of the whole contract, without tax; negative: taken away"`
	TopUp      market.Money `json:"top_up" doc:"What has to be paid before it holds"`
	Refund     market.Money `json:"refund" doc:"What goes back when it holds; where one open change is read"`
	Blocked    string       `json:"blocked,omitempty" doc:"Why it could not hold now"`
	Compared   []compared   `json:"compared,omitempty" doc:"The notice before and after, line by line; where one change is read"`
	Actions    []string     `json:"actions" doc:"What the reader may do now"`
	ExpiresAt  time.Time    `json:"expires_at" doc:"Of an offer: for the answer; once signed: for the payment"`
	OfferedAt  time.Time    `json:"offered_at"`
	SignedAt   *time.Time   `json:"signed_at"`
	Version    *int         `json:"version" doc:"Of the terms that it made"`
	EndedAt    *time.Time   `json:"ended_at"`
}

// changeOffer is what one side offers: the milestones that are not over, as they are to read. One left out is dropped.
type changeOffer struct {
	Reason     string        `json:"reason" doc:"Why; the other side reads it, and the supplement says it"`
	Scope      string        `json:"scope,omitempty" doc:"The brief as it is to read; absent: as it does"`
	Milestones []changedPart `json:"milestones,omitempty" doc:"Of a contract in milestones"`
	Hours      *changedHours `json:"hours,omitempty" doc:"Of a contract by the hour"`
}

type changedPart struct {
	ID     *uuid.UUID `json:"id,omitempty" format:"uuid" doc:"Absent: a new one"`
	Title  string     `json:"title"`
	Amount int64      `json:"amount" doc:"Minor units, without consumption tax"`
	DueOn  civil.Date `json:"due_on" format:"date"`
}

// compared is one line of a notice as it was and as it is.
type compared struct {
	Label string `json:"label"`
	Was   string `json:"was"`
	Is    string `json:"is"`
}

func (o changeOffer) draft() billing.ChangeDraft {
	return billing.ChangeDraft{Reason: o.Reason, Scope: o.Scope, Hours: (*billing.ChangedHours)(o.Hours), Milestones: each(o.Milestones, func(p changedPart) billing.ChangedMilestone {
		return billing.ChangedMilestone{ID: p.ID, Title: p.Title, Amount: p.Amount, DueOn: p.DueOn}
	})}
}

// changeFor shows a change of a contract to one of its parties.
func changeFor(who market.Actor, c billing.Contract) func(billing.Change) change {
	return func(ch billing.Change) change {
		money := func(n int64) market.Money { return market.Money{Amount: n, Currency: c.Currency} }
		v := change{ID: ch.ID, ContractID: ch.ContractID, Number: ch.Number, State: string(ch.State), OfferedBy: string(ch.Side), Hash: ch.Hash,
			Offer: changeOffer{Reason: ch.Draft.Reason, Scope: ch.Draft.Scope, Hours: (*changedHours)(ch.Draft.Hours), Milestones: orEmpty(each(ch.Draft.Milestones, func(m billing.ChangedMilestone) changedPart {
				return changedPart{ID: m.ID, Title: m.Title, Amount: m.Amount, DueOn: m.DueOn}
			}))},
			Answer: ch.Answer, Added: money(ch.Added), TopUp: money(ch.TopUp), Refund: money(ch.Refund), Actions: []string{}, ExpiresAt: ch.ExpiresAt,
			OfferedAt: ch.OfferedAt, SignedAt: ch.SignedAt, Version: ch.Version, EndedAt: ch.EndedAt}
		switch {
		case who.PersonID == c.PersonID:
			v.Actions = orEmpty(ch.Can(billing.TheAlumnus))
		case who.May(market.RunContracts, c.CompanyID) == nil:
			v.Actions = orEmpty(ch.Can(billing.TheCompany))
		}
		return v
	}
}

// changeAnswer shows one change with the terms before and after.
func changeAnswer(ctx context.Context, ch billing.Change, err error) (*out[change], error) {
	if err != nil {
		return nil, err
	}
	who := reader(ctx)
	v := changeFor(who, ch.Contract)(ch)
	if ch.Blocked != nil {
		var why *problem.Error
		if !errors.As(ch.Blocked, &why) {
			return nil, ch.Blocked
		}
		v.Blocked = why.In(who.Language)
	}
	v.Compared = each(billing.Compared(ch.Was, ch.Is, who.Language), comparedOf)
	return answer(v, nil)
}

func comparedOf(l billing.ComparedItem) compared {
	return compared{Label: l.Label, Was: l.Was, Is: l.Is}
}

func (s *Server) changes(ctx context.Context, in *OfID) (*out[list[change]], error) {
	c, err := s.cfg.Billing.Contract(ctx, access.Actor(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	all, err := s.cfg.Billing.Changes(ctx, access.Actor(ctx), in.ID)
	return answer(whole(all, changeFor(reader(ctx), c)), err)
}

type offering struct {
	OfID
	Body changeOffer
}

func (s *Server) offerChange(ctx context.Context, in *offering) (*made[change], error) {
	ch, err := s.cfg.Billing.OfferChange(ctx, access.Actor(ctx), in.ID, in.Body.draft())
	shown, err := changeAnswer(ctx, ch, err)
	if err != nil {
		return nil, err
	}
	return created("/amendments/"+ch.ID.String(), shown.Body), nil
}

func (s *Server) change(ctx context.Context, in *OfID) (*out[change], error) {
	ch, err := s.cfg.Billing.Change(ctx, access.Actor(ctx), in.ID)
	return changeAnswer(ctx, ch, err)
}

type signing struct {
	OfID
	Body struct {
		Hash string `json:"hash" doc:"Of the text that was read"`
	}
}

func (s *Server) signChange(ctx context.Context, in *signing) (*out[change], error) {
	ch, err := s.cfg.Billing.SignChange(ctx, access.Actor(ctx), in.ID, in.Body.Hash)
	return changeAnswer(ctx, ch, err)
}

func (s *Server) declineChange(ctx context.Context, in *told) (*out[change], error) {
	ch, err := s.cfg.Billing.DeclineChange(ctx, access.Actor(ctx), in.ID, in.Body.Message)
	return changeAnswer(ctx, ch, err)
}

func (s *Server) withdrawChange(ctx context.Context, in *act) (*out[change], error) {
	ch, err := s.cfg.Billing.WithdrawChange(ctx, access.Actor(ctx), in.ID)
	return changeAnswer(ctx, ch, err)
}

// topUp opens the page on which the company pays what a signed change adds.
func (s *Server) topUp(ctx context.Context, in *act) (*fundingAnswer, error) {
	f, err := s.cfg.Billing.TopUp(ctx, access.Actor(ctx), in.ID)
	return s.fundingOf(reader(ctx), f, err)
}

// termsVersion is the terms of a contract as they were from a day on.
type termsVersion struct {
	Version        int         `json:"version"`
	At             time.Time   `json:"at"`
	TermsHash      string      `json:"terms_hash"`
	NoticeHash     string      `json:"notice_hash"`
	SupplementHash string      `json:"supplement_hash,omitempty"`
	ChangedOn      *civil.Date `json:"changed_on" format:"date"`
	Reason         string      `json:"reason,omitempty" doc:"Why it changed"`
	Changed        []compared  `json:"changed,omitempty" doc:"The lines of the supplement"`
}

func (s *Server) versions(ctx context.Context, in *OfID) (*out[list[termsVersion]], error) {
	who := reader(ctx)
	all, err := s.cfg.Billing.Versions(ctx, who, in.ID)
	return answer(whole(all, func(v billing.Version) termsVersion {
		shown := termsVersion{Version: v.Number, At: v.At, TermsHash: v.TermsHash, NoticeHash: v.NoticeHash, SupplementHash: v.SupplementHash}
		if v.Supplement != nil {
			shown.ChangedOn, shown.Reason = &v.Supplement.ChangedOn, v.Supplement.Reason
			shown.Changed = each(v.Supplement.Lines[who.Language], comparedOf)
		}
		return shown
	}), err)
}
