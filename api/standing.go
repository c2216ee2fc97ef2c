package api

import (
	"context"

	"cloud.google.com/go/civil"

	"homecoming/api/access"
)

// standing is how a contract stands in the Freelance Act today.
type standing struct {
	EngagedFrom  civil.Date `json:"engaged_from" format:"date" doc:"Renewals with less than a month between are one engagement"`
	EngagedUntil civil.Date `json:"engaged_until" format:"date"`
	Protected    bool       `json:"protected" doc:"A month or longer: no refusal to receive, reduction, unpaid redo"`
	TakesNotice  bool       `json:"takes_notice" doc:"Six months or longer: 30 days' notice of ending or not renewing"`
	NoticeBy     civil.Date `json:"notice_by" format:"date" doc:"The last day to say that it is not renewed"`
	EarliestEnd  civil.Date `json:"earliest_end" format:"date" doc:"The first day with which the company may end it"`
}

func (s *Server) standingOf(ctx context.Context, in *OfID) (*out[standing], error) {
	l, err := s.cfg.Billing.Standing(ctx, access.Actor(ctx), in.ID)
	return answer(standing{l.Engagement.From, l.Engagement.Until, l.Protected, l.TakesNotice, l.NoticeBy, l.EarliestEnd}, err)
}
