package api

import (
	"context"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"

	"homecoming/api/access"
	"homecoming/billing"
	"homecoming/market"
)

// duties are what a company has to do by law, by due day, and how punctually it paid.
type duties struct {
	Today       civil.Date   `json:"today" format:"date" doc:"The company's day"`
	Items       []obligation `json:"items"`
	Punctuality punctuality  `json:"punctuality"`
}

type obligation struct {
	Kind        string       `json:"kind" enum:"pay_fee,pay_withheld,say_ending"`
	Law         string       `json:"law" doc:"The articles that want it, in the reader's language" example:"フリーランス法4条・取適法3条、5条1項2号"`
	Due         civil.Date   `json:"due" format:"date"`
	DaysLeft    int          `json:"days_left" doc:"Below zero: late by so many"`
	Late        bool         `json:"late"`
	Amount      market.Money `json:"amount" doc:"What is to be paid; for say_ending the contract's fee"`
	ContractID  *uuid.UUID   `json:"contract_id" format:"uuid"`
	Contract    string       `json:"contract" example:"C-1042"`
	MilestoneID *uuid.UUID   `json:"milestone_id" format:"uuid"`
	Title       string       `json:"title" doc:"For pay_withheld the month: 2026-12"`
	Person      string       `json:"person"`
	State       string       `json:"state" doc:"Of the milestone, for pay_fee"`
	HoldReason  string       `json:"hold_reason" doc:"Why the transfer waits, for pay_fee"`
}

type punctuality struct {
	Since     civil.Date `json:"since" format:"date"`
	Paid      int        `json:"paid"`
	InTime    int        `json:"in_time" doc:"By the legal due day"`
	Percent   int        `json:"percent" doc:"Rounded down; 100 where nothing was paid"`
	WorstLate int        `json:"worst_late" doc:"Days"`
}

func (s *Server) duties(ctx context.Context, in *OfID) (*out[duties], error) {
	d, err := s.cfg.Billing.Duties(ctx, access.Actor(ctx), in.ID)
	p := d.Punctuality
	return answer(duties{Today: d.Today, Punctuality: punctuality{p.Since, p.Paid, p.InTime, p.Percent(), p.WorstLate},
		Items: each(d.List, func(o billing.Obligation) obligation {
			return obligation{Kind: string(o.Kind), Law: o.Article.In(access.Language(ctx)), Due: o.Due, DaysLeft: o.Left, Late: o.Late(), Amount: o.Amount,
				ContractID: some(o.ContractID), Contract: o.Contract, MilestoneID: some(o.MilestoneID), Title: o.Title, Person: o.Person, State: string(o.State), HoldReason: o.HoldReason}
		})}, err)
}

// some is an id, nil where there is none.
func some(id uuid.UUID) *uuid.UUID {
	if id == uuid.Nil {
		return nil
	}
	return &id
}
