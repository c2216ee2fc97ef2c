package matching

import (
	"context"
	"errors"
	"slices"
	"time"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"
	"gorm.io/gorm"

	"homecoming/internal/clock"
	"homecoming/internal/db"
	"homecoming/market"
	"homecoming/matching/freetext"
)

// A Service ranks, explains and keeps the indexes current.
type Service struct {
	// Budget is how long a faster index may take for a whole list before PostgreSQL is asked instead.
	Budget time.Duration
	// Rest is how long a faster index that failed is left alone before it is asked again.
	Rest time.Duration

	db      *db.DB
	clock   clock.Clock
	formula Formula
	indexes []Index          // in the order in which they confirm changes; the last one is asked first
	texts   []freetext.Index // of words, in the same order
	breaker breaker
	checked checked
	samples samples
	names   names
}

// New ranks with the first index, which must be PostgreSQL's own, and with the others where they can be relied on: the
// last one given is asked first.
//
// Budget and Rest may be changed before the first ranking.
func New(d *db.DB, c clock.Clock, postgres Index, faster ...Index) *Service {
	indexes := append([]Index{postgres}, faster...)
	return &Service{Budget: usualBudget, Rest: usualRest, db: d, clock: c, formula: V1, indexes: indexes, texts: textsOf(indexes)}
}

const (
	usualBudget = 500 * time.Millisecond
	usualRest   = 5 * time.Second
)

// A found list is what an index made of a question.
type found struct {
	hits        []Hit
	certificate Certificate
	index       string
	degraded    bool // a faster index is there, but could not be relied on
}

// find asks the fastest index that can be relied on, and PostgreSQL where none can. The list is the same.
func (s *Service) find(ctx context.Context, q Question, k int) (found, error) {
	if !q.Beyond.Nobody() && !q.Formula.sameRecord(s.formula) { // no index holds those numbers of people from outside
		hits, err := s.scoreAll(ctx, q, k)
		c := Certificate{Exact: true}
		if len(hits) > 0 {
			c.Kth = q.Place(hits[len(hits)-1]).Score
		}
		return found{hits: hits, certificate: c, index: s.indexes[0].Name()}, err
	}
	for stage := len(s.indexes) - 1; stage > 0; stage-- {
		f, err := s.findFaster(ctx, q, k, stage)
		if err == nil {
			f.degraded = stage < len(s.indexes)-1
			return f, nil
		}
		if ctx.Err() != nil {
			return found{}, ctx.Err()
		}
	}
	ix := s.indexes[0]
	hits, c, err := best(ctx, ix, q, k, s.news(q, 0, anyNumber, nil), nil)
	if errors.Is(err, errMoving) { // news comes faster than lists are made: whatever came before we began is in
		hits, c, err = best(ctx, ix, q, k, once(s.news(q, 0, anyNumber, nil)), nil)
	}
	return found{hits, c, ix.Name(), len(s.indexes) > 1}, err
}

// findFaster asks one index that is not PostgreSQL's, unless it failed lately, for as long as the budget lasts.
func (s *Service) findFaster(ctx context.Context, q Question, k, stage int) (f found, err error) {
	ix := &front{Index: s.indexes[stage], checked: &s.checked}
	report, err := s.breaker.pass(ix.Name(), s.Rest)
	if err != nil {
		return f, err
	}
	told := errGaveUp // also where the index makes us panic
	defer func() { report(told) }()
	within, cancel := context.WithTimeout(ctx, s.Budget)
	defer cancel()
	hits, c, err := best(within, ix, q, k, s.news(q, stage, mostNews, ix), s.samples.get(within, s.db, q.Company, s.Budget/2))
	if ctx.Err() == nil {
		told = err
	}
	return found{hits: hits, certificate: c, index: ix.Name()}, err
}

// task reads a task with its skills in order, and its company.
func (s *Service) task(ctx context.Context, visible func(*gorm.DB) *gorm.DB, id uuid.UUID) (t market.Task, c market.Company, err error) {
	q := visible(s.db.Gorm(ctx).Where("tasks.id = ?", id))
	err = q.Preload("Skills", func(q *gorm.DB) *gorm.DB { return q.Order("position") }).Take(&t).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return t, c, market.ErrNotFound
	}
	if err == nil {
		err = withPartners(s.db.Gorm(ctx), &t)
	}
	if err != nil {
		return t, c, err
	}
	c, err = market.CompanyByID(s.db.Gorm(ctx), t.CompanyID)
	return t, c, err
}

// question is a task as an index sees it, today.
func (s *Service) question(t market.Task, c market.Company) Question {
	today := c.Today(s.clock.Now())
	q := Question{Company: c.ID, AsOf: today, Formula: s.formulaOf(c.Formula), Skills: wanted(t.Skills), Currency: c.Currency,
		Reached: reach(t.Visibility, today), Beyond: beyond(t.Visibility)}
	if t.DepartmentID != nil {
		q.Department = *t.DepartmentID
	}
	return q
}

func wanted(skills []market.TaskSkill) []Wanted {
	ws := make([]Wanted, len(skills))
	for i, s := range skills {
		ws[i] = Wanted{Skill: s.SkillID, Level: max(s.Level, 1), Weight: MustWeight, Strict: s.Strict}
		if s.Kind == market.Nice {
			ws[i].Weight = NiceWeight
		}
	}
	return ws
}

// reach turns a visibility rule into a filter within the company on its day; a kind that is unknown here reaches nobody.
func reach(v market.Visibility, today civil.Date) Reach {
	switch v.Kind {
	case market.OwnAlumni, market.ToPartners, market.ToEveryone, "":
		return Reach{}
	case market.ByRule:
		if len(v.Departments)+len(v.Skills)+v.MinYears+v.LeftWithinYears == 0 {
			break // a rule that is still being written
		}
		return Reach{Restricted: true, Departments: v.Departments, Skills: v.Skills, MinDays: v.MinDays(), LeftAfter: v.LeftAfter(today)}
	}
	return Reach{Restricted: true, Members: append(v.MembershipIDs[:len(v.MembershipIDs):len(v.MembershipIDs)], uuid.Nil)}
}

// beyond turns it into a filter outside the company; the rule names the partners that there are, see [withPartners].
func beyond(v market.Visibility) Beyond {
	if v.Kind != market.ToPartners && v.Kind != market.ToEveryone {
		return Beyond{}
	}
	return Beyond{Partners: v.Companies, Everyone: v.Kind == market.ToEveryone}
}

// withPartners makes a rule that reaches beyond its company name the partners that the company has now: those that the
// task was opened to, or all.
func withPartners(g *gorm.DB, t *market.Task) error {
	v := &t.Visibility
	if v.Kind != market.ToPartners && v.Kind != market.ToEveryone {
		return nil
	}
	partners, err := market.PartnersOf(g, t.CompanyID)
	if len(v.Companies) > 0 {
		partners = slices.DeleteFunc(partners, func(id uuid.UUID) bool { return !slices.Contains(v.Companies, id) })
	}
	v.Companies = partners
	return err
}
