package api

import (
	"context"
	"time"

	"github.com/google/uuid"

	"homecoming/api/access"
	"homecoming/market"
)

// newsItem is one piece of news.
type newsItem struct {
	ID        uuid.UUID  `json:"id" format:"uuid"`
	Kind      string     `json:"kind" doc:"See /me/notification-settings"`
	Title     string     `json:"title" doc:"In the reader's language"`
	CompanyID *uuid.UUID `json:"company_id" format:"uuid" doc:"null where it is about none"`
	Path      string     `json:"path" doc:"The page that it leads to"`
	MadeAt    time.Time  `json:"made_at"`
	ReadAt    *time.Time `json:"read_at"`
}

type noticesAsked struct {
	Page
	Unread bool `query:"unread" doc:"Only what I have not read"`
}

func (s *Server) notices(ctx context.Context, in *noticesAsked) (*out[list[newsItem]], error) {
	before, err := in.before()
	if err != nil {
		return nil, err
	}
	who := access.Actor(ctx)
	all, err := s.cfg.Market.Notices(ctx, who, market.NoticeFilter{Unread: in.Unread, Before: before, Limit: in.Limit})
	return answer(listed(in.Page, all, func(n market.Notice) string { return n.ID.String() }, func(n market.Notice) newsItem {
		return newsItem{n.ID, string(n.Kind), n.Title(string(who.Language)), n.CompanyID, n.Path, n.MadeAt, n.ReadAt}
	}), err)
}

func (s *Server) readNotice(ctx context.Context, in *OfID) (*nothing, error) {
	return nil, s.cfg.Market.ReadNotice(ctx, access.Actor(ctx), in.ID)
}

type noticesRead struct {
	Body struct {
		UpTo time.Time `json:"up_to" doc:"What came later stays new: the made_at of the latest that was seen"`
	}
}

func (s *Server) readNotices(ctx context.Context, in *noticesRead) (*nothing, error) {
	return nil, s.cfg.Market.ReadNotices(ctx, access.Actor(ctx), in.Body.UpTo)
}

// hearing is how somebody hears of what happens.
type hearing struct {
	TimeZone   string      `json:"time_zone" example:"Asia/Tokyo" doc:"Of the hours below"`
	QuietFrom  int         `json:"quiet_from" minimum:"0" maximum:"23" doc:"The hour from which letters wait"`
	QuietTo    int         `json:"quiet_to" minimum:"0" maximum:"23" doc:"The hour until which they wait; the same: none waits"`
	DigestHour int         `json:"digest_hour" minimum:"0" maximum:"23" doc:"At which a digest goes"`
	DigestDay  int         `json:"digest_day" minimum:"0" maximum:"6" doc:"On which the weekly one goes; 0 is Sunday"`
	Kinds      []newsHeard `json:"kinds"`
}

// newsHeard is a kind of news and how its letters come.
type newsHeard struct {
	Kind  string   `json:"kind"`
	Group string   `json:"group" enum:"work,network,money,account"`
	Name  string   `json:"name" doc:"In the reader's language"`
	About string   `json:"about"`
	Way   string   `json:"way" enum:"now,daily,weekly,app,off" doc:"A letter at once, in a daily or weekly digest, in the app alone, or not at all"`
	Ways  []string `json:"ways" doc:"Those to choose among"`
}

func hearingView(h market.Hearing, language string) hearing {
	return hearing{h.Zone, h.QuietFrom, h.QuietTo, h.DigestHour, h.DigestDay, each(market.KindsOfNews, func(k market.KindOfNews) newsHeard {
		return newsHeard{string(k.Kind), string(k.Group), k.Name(language), k.About(language), string(h.Way(k)), each(k.Ways(), func(w market.Way) string { return string(w) })}
	})}
}

func (s *Server) hearing(ctx context.Context, _ *nothing) (*out[hearing], error) {
	who := access.Actor(ctx)
	h, err := s.cfg.Market.Hearing(ctx, who)
	return answer(hearingView(h, string(who.Language)), err)
}

type hearingEdit struct {
	Body struct {
		TimeZone   *string           `json:"time_zone,omitempty" maxLength:"100"`
		QuietFrom  *int              `json:"quiet_from,omitempty"`
		QuietTo    *int              `json:"quiet_to,omitempty"`
		DigestHour *int              `json:"digest_hour,omitempty"`
		DigestDay  *int              `json:"digest_day,omitempty"`
		Ways       map[string]string `json:"ways,omitempty" doc:"By kind; a kind that is not named stays as it is"`
	}
}

func (s *Server) setHearing(ctx context.Context, in *hearingEdit) (*out[hearing], error) {
	who, b := access.Actor(ctx), in.Body
	ways := make(map[market.NoticeKind]market.Way, len(b.Ways))
	for kind, way := range b.Ways {
		ways[market.NoticeKind(kind)] = market.Way(way)
	}
	h, err := s.cfg.Market.SetHearing(ctx, who, market.HearingEdit{Zone: b.TimeZone, QuietFrom: b.QuietFrom, QuietTo: b.QuietTo, DigestHour: b.DigestHour, DigestDay: b.DigestDay, Ways: ways})
	return answer(hearingView(h, string(who.Language)), err)
}
