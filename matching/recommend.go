package matching

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

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
	MembershipID uuid.UUID // at the task's company; the person's id where they are outside it
	AsOf         civil.Date
	Standing
}

// A FeedPlace is where a task stands in somebody's list of work; the zero FeedPlace is before the first.
type FeedPlace struct {
	Score  Score
	Skills Score
	Task   uuid.UUID
}

// compare is negative where p stands before o: a higher score, then higher skills, then the newer task.
func (p FeedPlace) compare(o FeedPlace) int {
	return cmp.Or(cmp.Compare(o.Score, p.Score), cmp.Compare(o.Skills, p.Skills), bytes.Compare(o.Task[:], p.Task[:]))
}

// String writes the place, to be read back by [ParseFeedPlace].
func (p FeedPlace) String() string { return fmt.Sprintf("%d-%d-%s", p.Score, p.Skills, p.Task) }

// ParseFeedPlace reads what String wrote; false for anything else.
func ParseFeedPlace(s string) (p FeedPlace, ok bool) {
	parts := strings.SplitN(s, "-", 3)
	if len(parts) != 3 {
		return p, false
	}
	score, err := strconv.ParseInt(parts[0], 10, 32)
	skills, err2 := strconv.ParseInt(parts[1], 10, 32)
	task, err3 := uuid.Parse(parts[2])
	return FeedPlace{Score(score), Score(skills), task}, cmp.Or(err, err2, err3) == nil
}

// Place is where the offer stands in the list.
func (o Offer) Place() FeedPlace { return FeedPlace{o.Score, o.Parts.Skills, o.Task.ID} }

// Recommended is the beginning of [Service.RecommendedAfter].
func (s *Service) Recommended(ctx context.Context, who market.Actor, limit int) ([]Offer, error) {
	return s.RecommendedAfter(ctx, who, FeedPlace{}, limit)
}

// RecommendedAfter lists the published tasks that reach the actor, or were brought to them, and that they have not bid
// on, those that fit best first, from a place on. A task whose strict skill the actor does not meet is left out. limit is
// at most 100; 0 means 20.
//
// All of them are scored, from what the score needs of them alone; the rest is read for those that are listed.
func (s *Service) RecommendedAfter(ctx context.Context, who market.Actor, after FeedPlace, limit int) ([]Offer, error) {
	g := s.db.Gorm(ctx)
	var tasks []market.Task
	err := who.ReachedTasks(g.Where(`tasks.state = 'published' AND NOT EXISTS (
		SELECT 1 FROM bids b WHERE b.task_id = tasks.id AND b.person_id = ? AND b.state <> 'withdrawn')`, who.PersonID), s.clock.Now()).
		Select("id", "company_id", "department_id").Preload("Skills", inTheirOrder).Find(&tasks).Error
	if err != nil || len(tasks) == 0 {
		return nil, err
	}
	facts, err := members(ctx, s.db, asCandidate(who))
	if err != nil {
		return nil, err
	}
	companies, err := companiesOf(g, tasks)
	if err != nil {
		return nil, err
	}
	best := s.fitting(tasks, companies, facts, after)
	best = best[:min(len(best), market.Page(limit))]
	if err := readWhole(g, best); err != nil {
		return nil, err
	}
	return s.offers(g, who, companies, best)
}

func inTheirOrder(q *gorm.DB) *gorm.DB { return q.Order("position") }

// readWhole fills in the tasks of fits. Their skills are those that were scored.
func readWhole(g *gorm.DB, fits []fit) error {
	ids := make([]uuid.UUID, len(fits))
	for i, f := range fits {
		ids[i] = f.task.ID
	}
	var tasks []market.Task
	err := g.Where("id = ANY(?::uuid[])", uuids(ids)).Find(&tasks).Error
	for i, f := range fits {
		for _, t := range tasks {
			if t.ID == f.task.ID {
				t.Skills = f.task.Skills
				fits[i].task = t
			}
		}
	}
	return err
}

// A fit is a task with the member that it is for.
type fit struct {
	task   market.Task
	q      Question
	parts  Parts
	member located
}

func (f fit) place() FeedPlace { return FeedPlace{f.parts.Total(), f.parts.Skills, f.task.ID} }

// fitting scores all tasks for a person's memberships, best first, and leaves out those up to a place.
func (s *Service) fitting(tasks []market.Task, companies map[uuid.UUID]market.Company, facts []located, after FeedPlace) []fit {
	var fits []fit
	for _, t := range tasks {
		m, ok := memberFor(t.CompanyID, facts)
		if !ok {
			continue
		}
		q := s.question(t, companies[t.CompanyID])
		f := fit{t, q, q.Parts(m.Member), m}
		if _, strict := q.Met(m.Strengths()); strict && (after.Task == uuid.Nil || after.compare(f.place()) < 0) {
			fits = append(fits, f)
		}
	}
	slices.SortFunc(fits, func(a, b fit) int { return a.place().compare(b.place()) })
	return fits
}

// asCandidate are the ids under which somebody can be a candidate: their memberships, and their own from outside.
func asCandidate(who market.Actor) []uuid.UUID { return append(who.Memberships(), who.PersonID) }

// memberFor is the person as a candidate of a company: by a membership there, or from outside; false for staff.
func memberFor(company uuid.UUID, facts []located) (outside located, ok bool) {
	for _, m := range facts {
		if m.Company == company {
			return m, true
		}
		if m.Company == uuid.Nil {
			outside, ok = m, true
		}
	}
	return outside, ok
}

// companiesOf reads the companies of some tasks.
func companiesOf(g *gorm.DB, tasks []market.Task) (map[uuid.UUID]market.Company, error) {
	ids, byID := make([]uuid.UUID, len(tasks)), map[uuid.UUID]market.Company{}
	for i, t := range tasks {
		ids[i] = t.CompanyID
	}
	var list []market.Company
	err := g.Where("id = ANY(?::uuid[])", pq.Array(ids)).Find(&list).Error
	for _, c := range list {
		byID[c.ID] = c
	}
	return byID, err
}

// offers explains tasks to the person that they reach.
func (s *Service) offers(g *gorm.DB, who market.Actor, companies map[uuid.UUID]market.Company, fits []fit) ([]Offer, error) {
	var qs []Question
	var ins []Inputs
	for _, f := range fits {
		qs, ins = append(qs, f.q), append(ins, f.q.Inputs(f.member.Member))
	}
	words, err := wordsFor(g, who.Language, true, vias(ins...), qs...)
	if err != nil {
		return nil, err
	}
	offers := make([]Offer, len(fits))
	for i, f := range fits {
		offers[i] = Offer{f.task, companies[f.task.CompanyID], f.member.ID, f.q.AsOf, words.about(f.q).standing(ins[i])}
	}
	return offers, nil
}

// ScoreFor is the actor's own score on one task that they see as an alumnus, or from outside. It returns ErrNotFound where
// they do not.
func (s *Service) ScoreFor(ctx context.Context, who market.Actor, task uuid.UUID) (Offer, error) {
	t, c, err := s.task(ctx, func(q *gorm.DB) *gorm.DB { return who.VisibleTasks(q, s.clock.Now()) }, task)
	if err != nil {
		return Offer{}, err
	}
	g := s.db.Gorm(ctx)
	facts, err := members(ctx, s.db, asCandidate(who))
	if err != nil {
		return Offer{}, err
	}
	q := s.question(t, c)
	m, ok := memberFor(t.CompanyID, facts)
	if !ok || m.Beyond != nil && !q.Formula.Document(m.Member, q.AsOf).Serves(c.ID) { // a colleague who runs the task
		return Offer{}, market.ErrNotFound
	}
	offers, err := s.offers(g, who, map[uuid.UUID]market.Company{c.ID: c}, []fit{{task: t, q: q, member: m}})
	if err != nil {
		return Offer{}, err
	}
	return offers[0], nil
}
