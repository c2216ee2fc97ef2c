package api

import (
	"context"
	"time"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"

	"homecoming/api/access"
	"homecoming/market"
)

// approvalRule names who says yes to what costs more than an amount.
type approvalRule struct {
	Above        int64      `json:"above" minimum:"0" doc:"Minor units without consumption tax: asked about what costs more"`
	DepartmentID *uuid.UUID `json:"department_id,omitempty" format:"uuid" doc:"Of its tasks alone; of any when left out"`
	ApproverID   *uuid.UUID `json:"approver_id,omitempty" format:"uuid" doc:"A person with the role approver; any of them when left out"`
}

func approvalRuleOf(r market.ApprovalRule) approvalRule {
	return approvalRule{r.Above, r.DepartmentID, r.ApproverID}
}

func (s *Server) approvalRules(ctx context.Context, in *OfID) (*out[list[approvalRule]], error) {
	all, err := s.cfg.Market.ApprovalRules(ctx, access.Actor(ctx), in.ID)
	return answer(whole(all, approvalRuleOf), err)
}

// RuleList is a company's rules in the order in which they are asked.
type RuleList struct {
	OfID
	Body struct {
		Rules []approvalRule `json:"rules" maxItems:"20"`
	}
}

func (s *Server) setApprovalRules(ctx context.Context, in *RuleList) (*out[list[approvalRule]], error) {
	who := access.Actor(ctx)
	err := s.cfg.Market.SetApprovalRules(ctx, who, in.ID, each(in.Body.Rules, func(r approvalRule) market.ApprovalRule {
		return market.ApprovalRule{Above: r.Above, DepartmentID: r.DepartmentID, ApproverID: r.ApproverID}
	}))
	if err != nil {
		return nil, err
	}
	return s.approvalRules(ctx, &in.OfID)
}

// spendingRequest asks whether a task may cost an amount.
type spendingRequest struct {
	ID        uuid.UUID      `json:"id" format:"uuid"`
	CompanyID uuid.UUID      `json:"company_id" format:"uuid"`
	TaskID    uuid.UUID      `json:"task_id" format:"uuid"`
	Title     string         `json:"title" doc:"Of the task"`
	Amount    market.Money   `json:"amount"`
	Reason    string         `json:"reason"`
	State     string         `json:"state" enum:"asked,approved,declined,withdrawn"`
	AskedBy   uuid.UUID      `json:"asked_by" format:"uuid"`
	AskedAt   time.Time      `json:"asked_at"`
	EndedAt   *time.Time     `json:"ended_at"`
	Steps     []spendingStep `json:"steps" doc:"In order; the first without an answer waits"`
}

type spendingStep struct {
	ApproverID *uuid.UUID `json:"approver_id" format:"uuid" doc:"null: any approver"`
	Approved   *bool      `json:"approved" doc:"null: not decided yet"`
	DecidedBy  *uuid.UUID `json:"decided_by" format:"uuid"`
	StoodFor   *uuid.UUID `json:"stood_for" format:"uuid" doc:"Whom the decider stood in for"`
	ByMail     bool       `json:"by_mail"`
	Comment    string     `json:"comment"`
	DecidedAt  *time.Time `json:"decided_at"`
}

func spendingOf(r market.SpendingRequest) spendingRequest {
	return spendingRequest{ID: r.ID, CompanyID: r.CompanyID, TaskID: r.TaskID, Title: r.TaskTitle, Amount: market.Money{Amount: r.Amount, Currency: r.Currency},
		Reason: r.Reason, State: string(r.State), AskedBy: r.AskedBy, AskedAt: r.AskedAt, EndedAt: r.EndedAt,
		Steps: each(r.Steps, func(p market.SpendingStep) spendingStep {
			return spendingStep{p.ApproverID, p.Approved, p.DecidedBy, p.StoodFor, p.ByMail, p.Comment, p.DecidedAt}
		})}
}

type spendingQuery struct {
	OfID
	TaskID uuid.UUID `query:"task_id" format:"uuid"`
}

func (s *Server) spendingRequests(ctx context.Context, in *spendingQuery) (*out[list[spendingRequest]], error) {
	all, err := s.cfg.Market.SpendingRequests(ctx, access.Actor(ctx), in.ID, in.TaskID)
	return answer(whole(all, spendingOf), err)
}

func (s *Server) spendingRequest(ctx context.Context, in *OfID) (*out[spendingRequest], error) {
	r, err := s.cfg.Market.SpendingRequest(ctx, access.Actor(ctx), in.ID)
	return answer(spendingOf(r), err)
}

type newSpending struct {
	OfID
	Body struct {
		Amount amount `json:"amount"`
		Reason string `json:"reason,omitempty" maxLength:"5000"`
	}
}

func (s *Server) askSpending(ctx context.Context, in *newSpending) (*made[spendingRequest], error) {
	r, err := s.cfg.Market.AskSpending(ctx, access.Actor(ctx), in.ID, market.Money(in.Body.Amount), in.Body.Reason)
	if err != nil {
		return nil, err
	}
	return created("/spending-requests/"+r.ID.String(), spendingOf(r)), nil
}

type spendingAnswer struct {
	OfID
	Body *struct {
		Comment string `json:"comment,omitempty" maxLength:"5000" doc:"A no needs one"`
	}
}

func (a spendingAnswer) comment() string {
	if a.Body == nil {
		return ""
	}
	return a.Body.Comment
}

func (s *Server) approveSpending(ctx context.Context, in *spendingAnswer) (*out[spendingRequest], error) {
	r, err := s.cfg.Market.DecideSpending(ctx, access.Actor(ctx), in.ID, true, in.comment())
	return answer(spendingOf(r), err)
}

func (s *Server) declineSpending(ctx context.Context, in *spendingAnswer) (*out[spendingRequest], error) {
	r, err := s.cfg.Market.DecideSpending(ctx, access.Actor(ctx), in.ID, false, in.comment())
	return answer(spendingOf(r), err)
}

func (s *Server) withdrawSpending(ctx context.Context, in *act) (*out[spendingRequest], error) {
	r, err := s.cfg.Market.WithdrawSpending(ctx, access.Actor(ctx), in.ID)
	return answer(spendingOf(r), err)
}

// delegation has somebody stand in for an approver.
type delegation struct {
	ID     uuid.UUID  `json:"id" format:"uuid"`
	FromID uuid.UUID  `json:"from_id" format:"uuid" doc:"Who is away"`
	ToID   uuid.UUID  `json:"to_id" format:"uuid"`
	FromOn civil.Date `json:"from_on" format:"date"`
	Until  civil.Date `json:"until_on" format:"date" doc:"The last day"`
}

func delegationOf(d market.Delegation) delegation {
	return delegation{d.ID, d.FromID, d.ToID, d.FromOn, d.UntilOn}
}

func (s *Server) delegations(ctx context.Context, in *OfID) (*out[list[delegation]], error) {
	all, err := s.cfg.Market.Delegations(ctx, access.Actor(ctx), in.ID)
	return answer(whole(all, delegationOf), err)
}

type newDelegation struct {
	OfID
	Body struct {
		ToID   uuid.UUID  `json:"to_id" format:"uuid" doc:"Somebody with the role approver"`
		FromOn civil.Date `json:"from_on" format:"date"`
		Until  civil.Date `json:"until_on" format:"date"`
	}
}

func (s *Server) delegate(ctx context.Context, in *newDelegation) (*made[delegation], error) {
	d, err := s.cfg.Market.Delegate(ctx, access.Actor(ctx), in.ID, in.Body.ToID, in.Body.FromOn, in.Body.Until)
	if err != nil {
		return nil, err
	}
	return created("/delegations/"+d.ID.String(), delegationOf(d)), nil
}

func (s *Server) endDelegation(ctx context.Context, in *OfID) (*nothing, error) {
	return nil, s.cfg.Market.EndDelegation(ctx, access.Actor(ctx), in.ID)
}
