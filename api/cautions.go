package api

import (
	"context"
	"time"

	"github.com/google/uuid"

	"homecoming/api/access"
	"homecoming/market"
)

// caution is a sign that a commission may be employment, dispatch or a conflict of interest in other clothes.
type caution struct {
	Caution string `json:"caution" enum:"fixed_hours,directed,dependence,same_work,old_superior,past_conflict,dispatch_like,fee_passed_on,forced_sale,unpaid_extras"`
	Says    string `json:"says" doc:"In the reader's language"`
}

// look is a second person's look at the cautions of a bid.
type look struct {
	ID        uuid.UUID  `json:"id" format:"uuid"`
	BidID     uuid.UUID  `json:"bid_id" format:"uuid"`
	TaskID    uuid.UUID  `json:"task_id" format:"uuid"`
	Title     string     `json:"title" doc:"The task's"`
	Bidder    string     `json:"bidder"`
	Cautions  []caution  `json:"cautions"`
	State     string     `json:"state" enum:"asked,cleared,declined"`
	AskedBy   party      `json:"asked_by"`
	AskedAt   time.Time  `json:"asked_at"`
	DecidedBy string     `json:"decided_by"`
	DecidedAt *time.Time `json:"decided_at"`
	Reason    string     `json:"reason" doc:"Why it is all right, or is not"`
}

type bidCautions struct {
	Items []caution `json:"items" doc:"As things stand"`
	Looks []look    `json:"looks" doc:"The latest first"`
}

func cautionOf(ctx context.Context) func(market.Caution) caution {
	return func(c market.Caution) caution { return caution{string(c), c.In(access.Language(ctx))} }
}

func lookOf(ctx context.Context) func(market.Look) look {
	return func(l market.Look) look {
		return look{ID: l.ID, BidID: l.BidID, TaskID: l.TaskID, Title: l.Title, Bidder: l.Bidder, Cautions: each(l.List(), cautionOf(ctx)), State: l.State,
			AskedBy: party{l.AskedBy, l.AskedByName}, AskedAt: l.AskedAt, DecidedBy: l.DecidedByName, DecidedAt: l.DecidedAt, Reason: l.Reason}
	}
}

func (s *Server) cautions(ctx context.Context, in *OfID) (*out[bidCautions], error) {
	found, looks, err := s.cfg.Market.BidCautions(ctx, access.Actor(ctx), in.ID)
	return answer(bidCautions{each(found, cautionOf(ctx)), each(looks, lookOf(ctx))}, err)
}

func (s *Server) askLook(ctx context.Context, in *act) (*out[look], error) {
	l, err := s.cfg.Market.AskLook(ctx, access.Actor(ctx), in.ID)
	return answer(lookOf(ctx)(l), err)
}

func (s *Server) looks(ctx context.Context, in *OfID) (*out[list[look]], error) {
	all, err := s.cfg.Market.Looks(ctx, access.Actor(ctx), in.ID)
	return answer(whole(all, lookOf(ctx)), err)
}

// looked is what a second person says about cautions.
type looked struct {
	OfID
	Body struct {
		Reason string `json:"reason" doc:"Why it is all right, or is not" example:"She chooses her hours; the times are those of the shop."`
	}
}

func (s *Server) clearLook(ctx context.Context, in *looked) (*out[look], error) {
	l, err := s.cfg.Market.ClearCautions(ctx, access.Actor(ctx), in.ID, true, in.Body.Reason)
	return answer(lookOf(ctx)(l), err)
}

func (s *Server) declineLook(ctx context.Context, in *looked) (*out[look], error) {
	l, err := s.cfg.Market.ClearCautions(ctx, access.Actor(ctx), in.ID, false, in.Body.Reason)
	return answer(lookOf(ctx)(l), err)
}
