package api

import (
	"context"
	"time"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"

	"homecoming/api/access"
	"homecoming/market"
)

// budget is money that a company set aside.
type budget struct {
	ID         uuid.UUID     `json:"id" format:"uuid"`
	CompanyID  uuid.UUID     `json:"company_id" format:"uuid"`
	Kind       string        `json:"kind" enum:"purchase_order,cost_centre"`
	Code       string        `json:"code" example:"PO-4471"`
	Name       string        `json:"name"`
	WithinID   *uuid.UUID    `json:"within_id" format:"uuid" doc:"The cost centre that an order is taken from"`
	Limit      *market.Money `json:"limit,omitempty" doc:"Without consumption tax; absent: none"`
	Committed  market.Money  `json:"committed" doc:"What its tasks were awarded for, less what was given back"`
	Left       *market.Money `json:"left,omitempty"`
	ValidFrom  *civil.Date   `json:"valid_from" format:"date"`
	ValidUntil *civil.Date   `json:"valid_until" format:"date"`
	Closed     bool          `json:"closed"`
	Version    int           `json:"version" doc:"Raised by every edit; say which one you looked at"`
	Tasks      []commitment  `json:"tasks,omitempty" doc:"Where one budget is read: who holds something of it"`
}

type commitment struct {
	TaskID uuid.UUID    `json:"task_id" format:"uuid"`
	Number int          `json:"number"`
	Title  string       `json:"title"`
	Amount market.Money `json:"amount"`
	Since  time.Time    `json:"since"`
}

func budgetOf(b market.Budget) budget {
	view := budget{ID: b.ID, CompanyID: b.CompanyID, Kind: string(b.Kind), Code: b.Code, Name: b.Name, WithinID: b.WithinID,
		Committed: market.Money{Amount: b.Committed, Currency: b.Currency}, ValidFrom: b.ValidFrom, ValidUntil: b.ValidUntil, Closed: b.ClosedAt != nil, Version: b.Version}
	if left, limited := b.Left(); limited {
		view.Limit, view.Left = &market.Money{Amount: *b.Amount, Currency: b.Currency}, &left
	}
	return view
}

// BudgetDraft is a budget as it shall be.
type BudgetDraft struct {
	Kind       string      `json:"kind,omitempty" enum:"purchase_order,cost_centre" doc:"Of a new one"`
	Code       string      `json:"code" maxLength:"40" example:"PO-4471" doc:"As the books have it; once a company"`
	Name       string      `json:"name,omitempty" maxLength:"100"`
	Within     string      `json:"within,omitempty" doc:"The cost centre that an order is taken from: code, name or id"`
	Limit      *amount     `json:"limit,omitempty" doc:"Never exceeded, without consumption tax; a cost centre may have none"`
	ValidFrom  *civil.Date `json:"valid_from,omitempty" format:"date"`
	ValidUntil *civil.Date `json:"valid_until,omitempty" format:"date" doc:"The last day on which something may be promised"`
	Closed     bool        `json:"closed,omitempty"`
}

func (d BudgetDraft) edit() market.BudgetEdit {
	e := market.BudgetEdit{Budget: market.Budget{Kind: market.BudgetKind(d.Kind), Code: d.Code, Name: d.Name, ValidFrom: d.ValidFrom, ValidUntil: d.ValidUntil},
		Within: d.Within, Closed: d.Closed}
	if d.Limit != nil {
		e.Amount = &d.Limit.Amount
	}
	return e
}

func (s *Server) budgets(ctx context.Context, in *OfID) (*out[list[budget]], error) {
	all, err := s.cfg.Market.Budgets(ctx, access.Actor(ctx), in.ID)
	return answer(whole(all, budgetOf), err)
}

func (s *Server) budget(ctx context.Context, in *OfID) (*out[budget], error) {
	b, tasks, err := s.cfg.Market.Budget(ctx, access.Actor(ctx), in.ID)
	view := budgetOf(b)
	view.Tasks = each(tasks, func(c market.Commitment) commitment {
		return commitment{TaskID: c.TaskID, Number: c.Number, Title: c.Title, Amount: market.Money{Amount: c.Amount, Currency: b.Currency}, Since: c.Since}
	})
	return answer(view, err)
}

type newBudget struct {
	OfID
	Body BudgetDraft
}

func (s *Server) createBudget(ctx context.Context, in *newBudget) (*made[budget], error) {
	b, err := s.cfg.Market.CreateBudget(ctx, access.Actor(ctx), in.ID, in.Body.edit())
	if err != nil {
		return nil, err
	}
	return created("/budgets/"+b.ID.String(), budgetOf(b)), nil
}

type budgetEdit struct {
	OfID
	Body struct {
		Version int `json:"version" doc:"The one you looked at"`
		BudgetDraft
	}
}

func (s *Server) editBudget(ctx context.Context, in *budgetEdit) (*out[budget], error) {
	b, err := s.cfg.Market.EditBudget(ctx, access.Actor(ctx), in.ID, in.Body.Version, in.Body.edit())
	return answer(budgetOf(b), err)
}
