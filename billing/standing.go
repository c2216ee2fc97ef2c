package billing

import (
	"context"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"

	"homecoming/market"
)

// A Standing is how a contract stands in the Freelance Act today: how long the engagement is that it belongs to, and what
// follows from that.
type Standing struct {
	Today       civil.Date // the company's
	Engagement  Span       // renewals counted
	Protected   bool       // long enough for the prohibitions
	TakesNotice bool       // so long that its end takes notice
	NoticeBy    civil.Date // the last day to say that it is not renewed
	EarliestEnd civil.Date // the first day with which the company may end it
}

// Keeps reports whether the company may not take a milestone's order back: it is protected and not overdue.
func (s Standing) Keeps(m Milestone) bool { return s.Protected && !s.Today.After(m.DueOn) }

// Standing reads it for somebody who may see the contract.
func (s *Service) Standing(ctx context.Context, who market.Actor, contract uuid.UUID) (Standing, error) {
	g := s.db.Gorm(ctx)
	c, err := s.visibleContract(ctx, who, contract)
	if err != nil {
		return Standing{}, err
	}
	company, err := market.CompanyByID(g, c.CompanyID)
	if err != nil {
		return Standing{}, err
	}
	rules, err := rulesFor(g, c.CompanyID)
	if err != nil {
		return Standing{}, err
	}
	e, err := engagementOf(g, company, c)
	today := company.Today(s.clock.Now())
	return Standing{Today: today, Engagement: e, Protected: rules.Protected(e), TakesNotice: rules.TakesNotice(e), NoticeBy: rules.NoticeOfEnding(e.Until),
		EarliestEnd: rules.earliestEnd(e, today)}, err
}
