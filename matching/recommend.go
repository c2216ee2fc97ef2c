package matching

import (
	"cmp"
	"context"
	"slices"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"
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
	best = best[:min(len(best), market.Page(limit))]
	for i := range best {
		if best[i], err = s.offer(g, who, best[i].Task, best[i].member); err != nil {
			return nil, err
		}
	}
	offers := make([]Offer, len(best))
	for i, f := range best {
		offers[i] = f.Offer
	}
	return offers, nil
}

// A fit is an offer on its way, with the member that it is for.
type fit struct {
	Offer
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
				p := q.Parts(m.Member)
				fits = append(fits, fit{Offer{Task: t, Standing: Standing{Score: p.Total(), Parts: p}}, m})
			}
		}
	}
	slices.SortFunc(fits, func(a, b fit) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(b.Parts.Skills, a.Parts.Skills), cmp.Compare(b.Task.ID.String(), a.Task.ID.String()))
	})
	return fits
}

// offer explains one task to the person that the membership belongs to.
func (s *Service) offer(g *gorm.DB, who market.Actor, t market.Task, m located) (fit, error) {
	c, err := market.CompanyByID(g, t.CompanyID)
	if err != nil {
		return fit{}, err
	}
	q := s.question(t, c)
	words, err := wordsFor(g, q, who.Language, true)
	if err != nil {
		return fit{}, err
	}
	return fit{Offer{t, c, m.ID, q.AsOf, words.standing(m.Member)}, m}, nil
}

// ScoreFor is the actor's own score on one task that they see as an alumnus. It returns ErrNotFound where they do not,
// or never worked there.
func (s *Service) ScoreFor(ctx context.Context, who market.Actor, task uuid.UUID) (Offer, error) {
	t, _, err := s.task(ctx, who.VisibleTasks, task)
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
			f, err := s.offer(g, who, t, m)
			return f.Offer, err
		}
	}
	return Offer{}, market.ErrNotFound
}
