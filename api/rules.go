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

// rule is one thing that the law fixes, from a day on.
type rule struct {
	Version      int64      `json:"version" doc:"Counts rows in the order in which they were added"`
	Installation bool       `json:"installation" doc:"Of everybody; otherwise the company's own"`
	Kind         string     `json:"kind"`
	Key          string     `json:"key"`
	ValidFrom    civil.Date `json:"valid_from" format:"date"`
	Value        int64      `json:"value" doc:"Basis points, yen, days or months, by the unit"`
	Unit         string     `json:"unit" enum:"bp,yen,days,months,choice"`
	Choice       string     `json:"choice" doc:"Where the rule is no number; house ends a company's own row"`
	Source       string     `json:"source"`
	Note         string     `json:"note"`
	AddedBy      string     `json:"added_by" doc:"Empty: it came with the program"`
	AddedAt      time.Time  `json:"added_at"`
}

type ruleBook struct {
	Items   []rule       `json:"items" doc:"The latest day first"`
	Waiting []ruleChange `json:"waiting" doc:"Rows that wait for a second person"`
}

func (s *Server) rules(ctx context.Context, in *OfID) (*out[ruleBook], error) {
	b, err := s.cfg.Billing.RuleBook(ctx, access.Actor(ctx), in.ID)
	return answer(ruleBook{Waiting: each(b.Waiting, ruleChangeOf), Items: each(b.Rows, func(r billing.Rule) rule {
		info, _ := billing.RuleInfo(r.Kind, r.Key)
		return rule{Version: r.Version, Installation: r.CompanyID == nil, Kind: string(r.Kind), Key: r.Key, ValidFrom: r.ValidFrom, Value: r.Value, Unit: string(info.Unit),
			Choice: r.Choice, Source: r.Source, Note: r.Note, AddedBy: b.Names[r.Version], AddedAt: r.AddedAt}
	})}, err)
}

// ruleDraft is a row as somebody wants it.
type ruleDraft struct {
	OfID
	Body struct {
		Installation bool       `json:"installation,omitempty" doc:"For everybody; the operator's alone"`
		Kind         string     `json:"kind" example:"rounding"`
		Key          string     `json:"key,omitempty" example:"consumption_tax"`
		ValidFrom    civil.Date `json:"valid_from" format:"date" doc:"Today at the earliest" example:"2027-04-01"`
		Value        int64      `json:"value,omitempty" minimum:"0"`
		Choice       string     `json:"choice,omitempty" example:"half_up"`
		Source       string     `json:"source" doc:"Where it is written down" example:"Our tax adviser, 2026-11-20"`
		Note         string     `json:"note,omitempty"`
	}
}

func (d ruleDraft) of() billing.RuleDraft {
	b := d.Body
	return billing.RuleDraft{Statute: b.Installation, Kind: billing.RuleKind(b.Kind), Key: b.Key, ValidFrom: b.ValidFrom, Value: b.Value, Choice: b.Choice, Source: b.Source, Note: b.Note}
}

// rulePreview is what a row would change.
type rulePreview struct {
	Effects   []ruleEffect `json:"effects" doc:"Open offers of the company whose figures change"`
	Elsewhere int          `json:"elsewhere" doc:"Open offers of other companies"`
	Kept      int          `json:"kept" doc:"Running contracts, which keep what was agreed"`
}

type ruleEffect struct {
	BidID  uuid.UUID `json:"bid_id" format:"uuid"`
	Task   string    `json:"task"`
	Person string    `json:"person"`
	Was    quote     `json:"was"`
	Now    quote     `json:"now"`
}

func (s *Server) previewRule(ctx context.Context, in *ruleDraft) (*out[rulePreview], error) {
	p, err := s.cfg.Billing.PreviewRule(ctx, access.Actor(ctx), in.ID, in.of())
	return answer(rulePreview{Elsewhere: p.Elsewhere, Kept: p.Kept, Effects: each(p.Effects, func(e billing.RuleEffect) ruleEffect {
		return ruleEffect{e.BidID, e.Task, e.Person, quoteOf(e.Was), quoteOf(e.Now)}
	})}, err)
}

// ruleChange is a row that somebody asked for.
type ruleChange struct {
	ID           uuid.UUID  `json:"id" format:"uuid"`
	State        string     `json:"state" enum:"asked,approved,declined,withdrawn" doc:"Approved at once where it changes no figure that anybody was shown"`
	Installation bool       `json:"installation"`
	Kind         string     `json:"kind"`
	Key          string     `json:"key"`
	ValidFrom    civil.Date `json:"valid_from" format:"date"`
	Value        int64      `json:"value"`
	Choice       string     `json:"choice"`
	Source       string     `json:"source"`
	Note         string     `json:"note"`
	Affected     int        `json:"affected" doc:"Open offers whose figures change"`
	Version      *int64     `json:"version" doc:"Of the row that came of it"`
	AskedBy      party      `json:"asked_by"`
	AskedAt      time.Time  `json:"asked_at"`
}

func ruleChangeOf(c billing.RuleChange) ruleChange {
	return ruleChange{ID: c.ID, State: string(c.State), Installation: c.Statute, Kind: string(c.Kind), Key: c.Key, ValidFrom: c.ValidFrom, Value: c.Value, Choice: c.Choice,
		Source: c.Source, Note: c.Note, Affected: c.Affected, Version: c.Version, AskedBy: party{c.AskedBy, c.AskedByName}, AskedAt: c.AskedAt}
}

func (s *Server) addRule(ctx context.Context, in *ruleDraft) (*out[ruleChange], error) {
	c, err := s.cfg.Billing.AddRule(ctx, access.Actor(ctx), in.ID, in.of())
	return answer(ruleChangeOf(c), err)
}

func (s *Server) approveRule(ctx context.Context, in *act) (*out[ruleChange], error) {
	return s.decideRule(ctx, in, s.cfg.Billing.ApproveRule)
}

func (s *Server) declineRule(ctx context.Context, in *act) (*out[ruleChange], error) {
	return s.decideRule(ctx, in, s.cfg.Billing.DeclineRule)
}

func (s *Server) withdrawRule(ctx context.Context, in *act) (*out[ruleChange], error) {
	return s.decideRule(ctx, in, s.cfg.Billing.WithdrawRule)
}

func (s *Server) decideRule(ctx context.Context, in *act, decide func(context.Context, market.Actor, uuid.UUID) (billing.RuleChange, error)) (*out[ruleChange], error) {
	c, err := decide(ctx, access.Actor(ctx), in.ID)
	return answer(ruleChangeOf(c), err)
}
