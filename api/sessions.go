package api

import (
	"context"
	"time"

	"github.com/google/uuid"

	"homecoming/api/access"
	"homecoming/market"
)

// Session is one browser that somebody is signed in with.
type Session struct {
	ID      uuid.UUID `json:"id" format:"uuid"`
	Browser string    `json:"browser" doc:"As it names itself"`
	Address string    `json:"address" doc:"Where the person came from"`
	BeganAt time.Time `json:"began_at"`
	SeenAt  time.Time `json:"seen_at" doc:"To five minutes"`
	Here    bool      `json:"here" doc:"Whether this request came with it"`

	Through *uuid.UUID `json:"through,omitempty" format:"uuid" doc:"The company whose provider vouched for the person"`
}

func (s *Server) sessions(ctx context.Context, _ *nothing) (*out[list[Session]], error) {
	who := access.Actor(ctx)
	all, err := s.cfg.Market.Sessions(ctx, who)
	return answer(whole(all, func(one market.Session) Session {
		return Session{one.ID, one.Browser, one.Address, one.BeganAt, one.SeenAt, one.ID == who.Session, one.CompanyID}
	}), err)
}

func (s *Server) endSession(ctx context.Context, in *OfID) (*nothing, error) {
	return nil, s.cfg.Market.EndSession(ctx, access.Actor(ctx), in.ID)
}

func (s *Server) endOtherSessions(ctx context.Context, _ *nothing) (*nothing, error) {
	_, err := s.cfg.Market.EndOtherSessions(ctx, access.Actor(ctx))
	return nil, err
}
