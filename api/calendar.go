package api

import (
	"context"

	"cloud.google.com/go/civil"

	"homecoming/api/access"
	"homecoming/market"
)

// period is a stretch of days with so many hours a week.
type period struct {
	From  civil.Date `json:"from" format:"date"`
	Until civil.Date `json:"until" format:"date" doc:"The last day"`
	Hours int        `json:"hours" minimum:"0" maximum:"80" doc:"A week; 0 is busy"`
}

func periodOf(p market.Period) period { return period(p) }

// calendar is when the person has time.
type calendar struct {
	Periods []period `json:"periods" doc:"In order; on other days they have time"`
}

func (s *Server) calendar(ctx context.Context, _ *nothing) (*out[calendar], error) {
	c, err := s.cfg.Market.MyCalendar(ctx, access.Actor(ctx))
	return answer(calendar{each(c, periodOf)}, err)
}

type calendarSaid struct {
	Body struct {
		Periods []period `json:"periods" maxItems:"50" doc:"All of them; what has passed is dropped"`
	}
}

func (s *Server) setCalendar(ctx context.Context, in *calendarSaid) (*out[calendar], error) {
	c, err := s.cfg.Market.SetCalendar(ctx, access.Actor(ctx), each(in.Body.Periods, func(p period) market.Period { return market.Period(p) }))
	return answer(calendar{each(c, periodOf)}, err)
}
