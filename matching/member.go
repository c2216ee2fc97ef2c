package matching

import (
	"cloud.google.com/go/civil"
	"github.com/google/uuid"

	"homecoming/market"
)

// A Member is what the score may know about one membership: no name, no price, no age.
type Member struct {
	ID      uuid.UUID // of the membership; the person's id from outside every company
	Company uuid.UUID // uuid.Nil from outside every company
	Person  uuid.UUID
	Hidden  bool // by the person's own choice
	Stints  []Stint
	Bars    []Bar    // what keeps the person apart from companies: from this one alone, where there is one
	Beyond  *Outside // for people from outside, who have no stints
	Held    []Held
	Ratings int // how many reviewed contracts, wherever they were
	Stars   int // the sum of their ratings, 1 to 5 each

	AvailableFrom *civil.Date // nil is now
	HourlyRate    *int64      // minor units of the company's currency; nil is not stated, or in another currency
}

// Outside says to whom somebody agreed to be shown beyond the companies where they worked.
type Outside struct {
	To       market.ShownTo
	Homes    []Home      // where they have stints
	Members  []uuid.UUID // companies where they have a membership of whatever kind
	Roles    []uuid.UUID // companies where they have a role
	Currency string      // of the hourly rate
}

// A Home is a company where somebody worked.
type Home struct {
	Company uuid.UUID
	Stints  []Stint
}

// A Bar keeps the person apart from a company from one day to another, both included; nil Until has no end.
type Bar struct {
	Company uuid.UUID
	From    civil.Date
	Until   *civil.Date
}

func (b Bar) holds(asOf civil.Date) bool {
	return !b.From.After(asOf) && (b.Until == nil || !b.Until.Before(asOf))
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
func (m Member) LeftOn(asOf civil.Date) (civil.Date, bool) { return leftOn(m.Stints, asOf) }

func leftOn(stints []Stint, asOf civil.Date) (civil.Date, bool) {
	var last civil.Date
	for _, s := range stints {
		if s.LeftOn == nil || !s.LeftOn.Before(asOf) {
			return civil.Date{}, false
		}
		if s.LeftOn.After(last) {
			last = *s.LeftOn
		}
	}
	return last, len(stints) > 0
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

// changesOn is the next day on which p or candidacy changes without anybody touching the member: the next anniversary
// of leaving, the day after the last known last day, or a day on which something begins or ceases to keep them apart.
// Nil when nothing is known to come.
func (m Member) changesOn(asOf civil.Date) *civil.Date {
	var next civil.Date
	at := func(day civil.Date) {
		if day.After(asOf) && (next.IsZero() || day.Before(next)) {
			next = day
		}
	}
	if left, ok := m.LeftOn(asOf); ok {
		at(Anniversary(left, asOf.Year))
		at(Anniversary(left, asOf.Year+1))
	} else {
		at(firstDayAway(m.Stints))
	}
	for _, b := range m.Bars {
		at(b.From)
		if b.Until != nil {
			at(b.Until.AddDays(1))
		}
	}
	if m.Beyond != nil {
		for _, h := range m.Beyond.Homes {
			at(firstDayAway(h.Stints))
		}
	}
	if next.IsZero() {
		return nil
	}
	return &next
}

// firstDayAway is the day after the last stint; the zero day where one has no end.
func firstDayAway(stints []Stint) (day civil.Date) {
	for _, s := range stints {
		if s.LeftOn == nil {
			return civil.Date{}
		}
		if next := s.LeftOn.AddDays(1); next.After(day) {
			day = next
		}
	}
	return day
}
