package api

import (
	"cmp"
	"context"
	"net/http"

	"homecoming/billing"
	"homecoming/market"
)

func (s *Server) milestone(ctx context.Context, in *OfID) (*out[contractMilestone], error) {
	who := reader(ctx)
	m, err := s.cfg.Billing.Milestone(ctx, who, in.ID)
	return s.milestoneAnswer(who, m, err)
}

// milestoneAnswer shows what became of a milestone. Its contract is known wherever the use case read it along.
func (s *Server) milestoneAnswer(who market.Actor, m billing.Milestone, err error) (*out[contractMilestone], error) {
	if err != nil {
		return nil, err
	}
	c := billing.Contract{CompanyID: m.CompanyID}
	if m.Contract != nil {
		c = *m.Contract
	}
	return answer(s.milestoneFor(who, c)(m), nil)
}

// funding is where the company pays.
type funding struct {
	CheckoutURL string            `json:"checkout_url,omitempty" doc:"The page to pay on; absent while the provider's answer is unknown"`
	Milestone   contractMilestone `json:"milestone"`
}

type fundingAnswer struct {
	Status int
	Body   funding
}

func (fundingAnswer) success() int { return http.StatusCreated }

// partly is how much of what is missing is to be paid now.
type partly struct {
	OfID
	Body *struct {
		Amount int64 `json:"amount,omitempty" minimum:"0" doc:"A part of what is missing, in minor units; absent or 0: all of it"`
	}
}

// fund opens the checkout page. 201 says where it is; 202 that it is being looked up: ask again.
func (s *Server) fund(ctx context.Context, in *partly) (*fundingAnswer, error) {
	who := reader(ctx)
	var part int64
	if in.Body != nil {
		part = in.Body.Amount
	}
	f, err := s.cfg.Billing.FundPart(ctx, who, in.ID, part)
	return s.fundingOf(who, f, err)
}

// fundingOf answers where the company pays.
func (s *Server) fundingOf(who market.Actor, f billing.Funding, err error) (*fundingAnswer, error) {
	m, err := s.milestoneAnswer(who, f.Milestone, err)
	if err != nil {
		return nil, err
	}
	status := http.StatusCreated
	if f.CheckoutURL == "" {
		status = http.StatusAccepted
	}
	return &fundingAnswer{Status: status, Body: funding{CheckoutURL: f.CheckoutURL, Milestone: m.Body}}, nil
}

func (s *Server) start(ctx context.Context, in *act) (*out[contractMilestone], error) {
	who := reader(ctx)
	m, err := s.cfg.Billing.Start(ctx, who, in.ID)
	return s.milestoneAnswer(who, m, err)
}

// said is a message that goes with a step.
type said struct {
	OfID
	Body *struct {
		Message string `json:"message,omitempty" example:"Here it is."`
	}
}

func (m said) message() string {
	if m.Body == nil {
		return ""
	}
	return m.Body.Message
}

func (s *Server) submit(ctx context.Context, in *said) (*out[contractMilestone], error) {
	who := reader(ctx)
	m, err := s.cfg.Billing.Submit(ctx, who, in.ID, in.message())
	return s.milestoneAnswer(who, m, err)
}

// told is a step that the other side has to be told the reason of.
type told struct {
	OfID
	Body struct {
		Message string `json:"message" doc:"The other side reads it" example:"Page 3 lacks the totals."`
	}
}

// sentBack is a delivery that is sent back.
type sentBack struct {
	OfID
	Body struct {
		Message string `json:"message" doc:"The other side reads it" example:"Page 3 lacks the totals."`
		Ground  string `json:"ground,omitempty" enum:"not_as_agreed,beyond" doc:"Not as agreed where none is given; what goes beyond is refused, since it takes a fee of its own"`
	}
}

func (s *Server) requestChanges(ctx context.Context, in *sentBack) (*out[contractMilestone], error) {
	who := reader(ctx)
	m, err := s.cfg.Billing.RequestChanges(ctx, who, in.ID, cmp.Or(billing.Ground(in.Body.Ground), billing.NotAsAgreed), in.Body.Message)
	return s.milestoneAnswer(who, m, err)
}

func (s *Server) acceptWork(ctx context.Context, in *act) (*out[contractMilestone], error) {
	who := reader(ctx)
	m, err := s.cfg.Billing.Accept(ctx, who, in.ID)
	return s.milestoneAnswer(who, m, err)
}

func (s *Server) refund(ctx context.Context, in *told) (*out[contractMilestone], error) {
	who := reader(ctx)
	m, err := s.cfg.Billing.Refund(ctx, who, in.ID, in.Body.Message)
	return s.milestoneAnswer(who, m, err)
}

func (s *Server) cancelMilestone(ctx context.Context, in *told) (*out[contractMilestone], error) {
	who := reader(ctx)
	m, err := s.cfg.Billing.Cancel(ctx, who, in.ID, in.Body.Message)
	return s.milestoneAnswer(who, m, err)
}
