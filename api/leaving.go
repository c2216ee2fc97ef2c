package api

import (
	"context"
	"time"

	"cloud.google.com/go/civil"

	"homecoming/api/access"
	"homecoming/market"
)

// leaving is where the caller stands on being forgotten.
type leaving struct {
	State     string      `json:"state" enum:"staying,asked,erasing"`
	AskedAt   *time.Time  `json:"asked_at"`
	DueAt     *time.Time  `json:"due_at" doc:"Until then it can be taken back"`
	KeptUntil *civil.Date `json:"kept_until" format:"date" doc:"The last day on which tax law has contracts and payments kept with the name, for finance alone; null: there are none"`
	Obstacle  *string     `json:"obstacle" doc:"The code of what has to be cleared first, as asking would refuse it; null: nothing"`
	Password  bool        `json:"password" doc:"Asking takes the password; without one, a sign-in within the hour"`
}

func leavingOf(l market.Leaving) leaving {
	view := leaving{State: "staying", KeptUntil: l.KeptUntil, Password: l.HasPassword}
	if e := l.Erasure; e != nil {
		view.State, view.AskedAt, view.DueAt = string(e.State), &e.AskedAt, &e.DueAt
	}
	if l.Obstacle != nil {
		view.Obstacle = &l.Obstacle.Code
	}
	return view
}

func (s *Server) leaving(ctx context.Context, _ *nothing) (*out[leaving], error) {
	l, err := s.cfg.Market.Leaving(ctx, access.Actor(ctx))
	return answer(leavingOf(l), err)
}

type wishToLeave struct {
	Body struct {
		Password string `json:"password,omitempty" doc:"Of who has one"`
	}
}

func (s *Server) askErasure(ctx context.Context, in *wishToLeave) (*out[leaving], error) {
	who := access.Actor(ctx)
	if err := access.Attempt(ctx, who.Email); err != nil {
		return nil, err
	}
	if _, err := s.cfg.Market.AskErasure(ctx, who, in.Body.Password); err != nil {
		return nil, err
	}
	return s.leaving(ctx, nil)
}

func (s *Server) cancelErasure(ctx context.Context, _ *nothing) (*nothing, error) {
	return nil, s.cfg.Market.CancelErasure(ctx, access.Actor(ctx))
}
