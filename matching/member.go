package matching

import (
	"cloud.google.com/go/civil"
	"github.com/google/uuid"

	"homecoming/market"
)

// A Member is what the score may know about one membership: no name, no price, no age.
type Member struct {
	ID      uuid.UUID
	Company uuid.UUID
	Person  uuid.UUID
	Hidden  bool // by the person's own choice
	Stints  []Stint
	Held    []Held
	Ratings int // how many reviewed contracts, wherever they were
	Stars   int // the sum of their ratings, 1 to 5 each

	AvailableFrom *civil.Date // nil is now
	HourlyRate    *int64      // minor units of the company's currency; nil is not stated, or in another currency
}

// A Stint is one stretch of employment at the company.
type Stint struct {
	Department uuid.UUID // uuid.Nil for none
	JoinedOn   civil.Date
	LeftOn     *civil.Date // nil for current staff
}

// Held is one statement about a skill, or what follows from one: Via names the narrower skill.
type Held struct {
	Skill    string
	Evidence market.Evidence
	Level    int // 1 basic, 2 solid, 3 expert
	Via      string
}

// Strength is the level that the score counts: the stated one, and one less while the person alone says so or where
// it follows from a narrower skill; never below 1.
func (h Held) Strength() int {
	s := h.Level
	if h.Evidence == market.Self {
		s = max(s-1, 1)
	}
	if h.Via != "" {
		s = max(s-1, 1)
	}
	return s
}

// WithBroader adds what each held skill says about the skills directly broader than it. One level only: a skill
// that follows from another gives nothing further.
func WithBroader(held []Held, broader map[string][]string) []Held {
	all := held[:len(held):len(held)]
	for _, h := range held {
		for _, id := range broader[h.Skill] {
			all = append(all, Held{Skill: id, Evidence: h.Evidence, Level: h.Level, Via: h.Skill})
		}
	}
	return all
}

// Strengths is the best strength in each skill.
func (m Member) Strengths() map[string]int {
	best := make(map[string]int, len(m.Held))
	for _, h := range m.Held {
		best[h.Skill] = max(best[h.Skill], h.Strength())
	}
	return best
}

// LeftOn is the last day of the last stint that had ended before asOf; false while one has not: a stint counts from
// the day after it ends, and current staff are no candidates.
func (m Member) LeftOn(asOf civil.Date) (civil.Date, bool) {
	var last civil.Date
	for _, s := range m.Stints {
		if s.LeftOn == nil || !s.LeftOn.Before(asOf) {
			return civil.Date{}, false
		}
		if s.LeftOn.After(last) {
			last = *s.LeftOn
		}
	}
	return last, len(m.Stints) > 0
}

// DaysEmployed counts the days of the stints that had ended before asOf, overlaps once.
func (m Member) DaysEmployed(asOf civil.Date) int { return Days(m.ended(asOf, nil)) }

// DaysIn counts the days in one department in the same way.
func (m Member) DaysIn(department uuid.UUID, asOf civil.Date) int {
	return Days(m.ended(asOf, &department))
}

func (m Member) ended(asOf civil.Date, department *uuid.UUID) []Span {
	var spans []Span
	for _, s := range m.Stints {
		if s.LeftOn != nil && s.LeftOn.Before(asOf) && (department == nil || s.Department == *department) {
			spans = append(spans, Span{s.JoinedOn, *s.LeftOn})
		}
	}
	return spans
}

// changesOn is the next day on which p or candidacy changes without anybody touching the member: the next
// anniversary of leaving, or the day after the last known last day. Nil when nothing is known to come.
func (m Member) changesOn(asOf civil.Date) *civil.Date {
	if left, ok := m.LeftOn(asOf); ok {
		day := Anniversary(left, asOf.Year)
		if !day.After(asOf) {
			day = Anniversary(left, asOf.Year+1)
		}
		return &day
	}
	var day civil.Date
	for _, s := range m.Stints {
		if s.LeftOn == nil {
			return nil
		}
		if next := s.LeftOn.AddDays(1); next.After(day) {
			day = next
		}
	}
	if day.IsZero() {
		return nil
	}
	return &day
}

// Parts scores the member for the question's task, from the facts themselves. It asks no filter.
func (q Question) Parts(m Member) Parts {
	met, _ := q.Met(m.Strengths())
	p := Parts{
		Skills:     q.Formula.ForSkills(met, q.Weight()),
		Department: q.Formula.ForDepartment(q.Department != uuid.Nil && m.DaysIn(q.Department, q.AsOf) >= q.Formula.Known),
		Record:     q.Formula.ForRecord(m.Stars, m.Ratings),
	}
	if left, ok := m.LeftOn(q.AsOf); ok {
		p.Tenure = q.Formula.ForTenure(m.DaysEmployed(q.AsOf), Gap(left, q.AsOf))
	}
	return p
}
