package matching

import (
	"context"

	"github.com/google/uuid"
	"github.com/lib/pq"

	"homecoming/market"
)

// Reached counts the alumni that a task is shown to, how many people from outside, and how many of the company's keep
// themselves out of rankings. It is read from PostgreSQL's index and may lag behind by a second; no list depends on it.
type Reached struct {
	Alumni  int
	Outside int
	Hidden  int
}

// Reaches counts whom a draft reaches, as its visibility rule changes.
func (s *Service) Reaches(ctx context.Context, who market.Actor, d market.TaskDraft) (Reached, error) {
	if err := who.May(market.PostTasks, d.CompanyID); err != nil {
		return Reached{}, err
	}
	c, err := market.CompanyByID(s.db.Gorm(ctx), d.CompanyID)
	if err != nil {
		return Reached{}, err
	}
	t, err := s.draft(ctx, market.TaskDraft{CompanyID: d.CompanyID, Visibility: d.Visibility})
	if err != nil {
		return Reached{}, err
	}
	return s.reached(ctx, s.question(t, c))
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
	return s.reached(ctx, s.question(t, c))
}

// reached counts with the conditions of [Reach] and [Beyond] as SQL.
func (s *Service) reached(ctx context.Context, q Question) (n Reached, err error) {
	r := q.Reached
	args := map[string]any{"company": q.Company, "restricted": r.Restricted, "members": pq.Array(r.Members), "departments": pq.Array(r.Departments),
		"skills": pq.Array(r.Skills), "days": r.MinDays, "after": r.LeftAfter, "partners": pq.Array(q.Beyond.Partners), "everyone": q.Beyond.Everyone}
	err = s.db.Gorm(ctx).Raw(`SELECT count(*) FILTER (WHERE m.candidate) AS alumni, count(*) FILTER (WHERE h.hidden) AS hidden
		FROM match_members m JOIN memberships h ON h.id = m.membership_id
		WHERE m.company_id = @company AND (NOT @restricted OR CASE WHEN cardinality(CAST(@members AS uuid[])) > 0
			THEN m.membership_id = ANY(CAST(@members AS uuid[]))
			ELSE (coalesce(cardinality(CAST(@departments AS uuid[])), 0) = 0 OR m.worked && CAST(@departments AS uuid[]))
				AND (coalesce(cardinality(CAST(@skills AS text[])), 0) = 0 OR EXISTS (SELECT 1 FROM match_held k
					WHERE k.membership_id = m.membership_id AND k.skill_id = ANY(CAST(@skills AS text[]))))
				AND m.days >= @days AND (CAST(@after AS date) IS NULL OR m.left_on > CAST(@after AS date)) END)`, args).Scan(&n).Error
	if err != nil || q.Beyond.Nobody() {
		return n, err
	}
	// A document from outside is of the earliest day anywhere: what keeps somebody apart since today is asked beside it.
	return n, s.db.Gorm(ctx).Raw(`SELECT count(*) FROM match_members m WHERE company_id = @none AND candidate
		AND (guest_at = @company OR guest_at IS NULL AND NOT @company = ANY(barred))
		AND (everyone AND @everyone OR came_from && CAST(@partners AS uuid[]))
		AND NOT EXISTS (SELECT 1 FROM bars x WHERE x.company_id = @company AND x.person_id = m.person_id AND x.lifted_at IS NULL
			AND x.from_on <= @day AND coalesce(x.until_on >= @day, true))`,
		map[string]any{"none": uuid.Nil, "company": q.Company, "day": q.AsOf, "everyone": q.Beyond.Everyone, "partners": pq.Array(q.Beyond.Partners)}).Scan(&n.Outside).Error
}
