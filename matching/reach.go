package matching

import (
	"context"

	"github.com/google/uuid"
	"github.com/lib/pq"

	"homecoming/market"
)

// Reached counts the alumni that a task is shown to, and how many of the company's keep themselves out of rankings. It
// is read from PostgreSQL's index and may lag behind by a second; no list depends on it.
type Reached struct {
	Alumni int
	Hidden int
}

// Reaches counts whom a draft reaches, as its visibility rule changes.
func (s *Service) Reaches(ctx context.Context, who market.Actor, d market.TaskDraft) (Reached, error) {
	if err := who.May(market.PostTasks, d.CompanyID); err != nil {
		return Reached{}, err
	}
	t, err := s.draft(ctx, market.TaskDraft{CompanyID: d.CompanyID, Visibility: d.Visibility})
	if err != nil {
		return Reached{}, err
	}
	return s.reached(ctx, t.CompanyID, reach(t.Visibility))
}

// TaskReaches counts whom a task reaches. Errors are those of [Service.Rank].
func (s *Service) TaskReaches(ctx context.Context, who market.Actor, task uuid.UUID) (Reached, error) {
	t, c, err := s.task(ctx, everyTask, task)
	if err != nil {
		return Reached{}, err
	}
	if err := who.May(market.PostTasks, c.ID); err != nil {
		return Reached{}, err
	}
	return s.reached(ctx, c.ID, reach(t.Visibility))
}

func (s *Service) reached(ctx context.Context, company uuid.UUID, r Reach) (n Reached, err error) {
	err = s.db.Gorm(ctx).Raw(`SELECT count(*) FILTER (WHERE m.candidate) AS alumni, count(*) FILTER (WHERE h.hidden) AS hidden
		FROM match_members m JOIN memberships h ON h.id = m.membership_id
		WHERE m.company_id = ? AND (NOT ? OR m.worked && ?::uuid[] OR m.membership_id = ANY(?::uuid[]))`,
		company, r.Restricted, pq.Array(r.Departments), pq.Array(r.Members)).Scan(&n).Error
	return n, err
}
