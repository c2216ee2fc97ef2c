package matching

import (
	"cmp"
	"context"
	"slices"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"
	"github.com/lib/pq"
	"gorm.io/gorm"

	"homecoming/market"
)

// An Offer is a task as it stands for one alumnus or alumna: the same score and reasons that the company sees.
type Offer struct {
	Task         market.Task // with its skills
	Company      market.Company
	MembershipID uuid.UUID // at the task's company
	AsOf         civil.Date
	Standing
}

// Recommended lists the published tasks that the actor sees as an alumnus and has not bid on, those that fit best
// first. A task whose strict skill the actor does not meet is left out. limit is at most 100; 0 means 20.
func (s *Service) Recommended(ctx context.Context, who market.Actor, limit int) ([]Offer, error) {
	mine := who.Memberships()
	if len(mine) == 0 {
		return nil, nil
	}
	g := s.db.Gorm(ctx)
	var tasks []market.Task
	err := who.VisibleTasks(g.Where(`tasks.state = 'published' AND tasks.company_id IN (SELECT company_id FROM memberships WHERE id IN ?)
		AND NOT EXISTS (SELECT 1 FROM bids b WHERE b.task_id = tasks.id AND b.membership_id IN ? AND b.state <> 'withdrawn')`, mine, mine)).
		Preload("Skills", func(q *gorm.DB) *gorm.DB { return q.Order("position") }).Find(&tasks).Error
	if err != nil {
		return nil, err
	}
	facts, err := members(g, mine)
	if err != nil {
		return nil, err
	}
	best := s.fitting(tasks, facts)
	return s.offers(g, who, best[:min(len(best), market.Page(limit))])
}

// A fit is a task with the member that it is for.
type fit struct {
	task   market.Task
	q      Question
	parts  Parts
	member located
}

// fitting scores all tasks for a person's memberships, best first; newer tasks break ties.
func (s *Service) fitting(tasks []market.Task, facts []located) []fit {
	var fits []fit
	for _, t := range tasks {
		for _, m := range facts {
			if m.Company != t.CompanyID {
				continue
			}
			q := s.question(t, market.Company{ID: t.CompanyID, TimeZone: m.Zone})
			if _, strict := q.Met(m.Strengths()); strict {
				fits = append(fits, fit{t, q, q.Parts(m.Member), m})
			}
		}
	}
	slices.SortFunc(fits, func(a, b fit) int {
		return cmp.Or(cmp.Compare(b.parts.Total(), a.parts.Total()), cmp.Compare(b.parts.Skills, a.parts.Skills), cmp.Compare(b.task.ID.String(), a.task.ID.String()))
	})
	return fits
}

// offers explains tasks to the person that the memberships belong to.
func (s *Service) offers(g *gorm.DB, who market.Actor, fits []fit) ([]Offer, error) {
	var qs []Question
	var ids []uuid.UUID
	for _, f := range fits {
		qs, ids = append(qs, f.q), append(ids, f.task.CompanyID)
	}
	words, err := wordsFor(g, who.Language, true, qs...)
	if err != nil {
		return nil, err
	}
	var companies []market.Company
	if err := g.Where("id = ANY(?::uuid[])", pq.Array(ids)).Find(&companies).Error; err != nil {
		return nil, err
	}
	offers := make([]Offer, len(fits))
	for i, f := range fits {
		at := slices.IndexFunc(companies, func(c market.Company) bool { return c.ID == f.task.CompanyID })
		offers[i] = Offer{f.task, companies[at], f.member.ID, f.q.AsOf, words.about(f.q).standing(f.member.Member)}
	}
	return offers, nil
}

// ScoreFor is the actor's own score on one task that they see as an alumnus. It returns ErrNotFound where they do not,
// or never worked there.
func (s *Service) ScoreFor(ctx context.Context, who market.Actor, task uuid.UUID) (Offer, error) {
	t, c, err := s.task(ctx, who.VisibleTasks, task)
	if err != nil {
		return Offer{}, err
	}
	g := s.db.Gorm(ctx)
	facts, err := members(g, who.Memberships())
	if err != nil {
		return Offer{}, err
	}
	for _, m := range facts {
		if m.Company == t.CompanyID {
			offers, err := s.offers(g, who, []fit{{task: t, q: s.question(t, c), member: m}})
			if err != nil {
				return Offer{}, err
			}
			return offers[0], nil
		}
	}
	return Offer{}, market.ErrNotFound
}
