package matching

import (
	"slices"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"
)

// A Document is what an index keeps of a member: everything about the score that does not depend on the task, and
// what is filtered on.
type Document struct {
	Membership uuid.UUID
	Company    uuid.UUID
	Person     uuid.UUID
	Candidate  bool // false for current staff, hidden people and memberships that are gone

	P      Score // Tenure and record together
	Tenure Score
	LeftOn civil.Date
	Held   map[string]int // strength by skill, broader ones included
	Knows  []uuid.UUID    // departments with a year and more
	Worked []uuid.UUID    // every department, however short

	AvailableFrom *civil.Date
	HourlyRate    *int64
	ChangesOn     *civil.Date // the day on which this document goes stale by itself
}

// Document condenses a member, as of the company's day.
func (f Formula) Document(m Member, asOf civil.Date) Document {
	left, ended := m.LeftOn(asOf)
	d := Document{
		Membership: m.ID, Company: m.Company, Person: m.Person, Candidate: ended && !m.Hidden,
		LeftOn: left, Held: m.Strengths(), AvailableFrom: m.AvailableFrom, HourlyRate: m.HourlyRate, ChangesOn: m.changesOn(asOf),
	}
	if ended {
		d.Tenure = f.ForTenure(m.DaysEmployed(asOf), Gap(left, asOf))
	}
	d.P = d.Tenure + f.ForRecord(m.Stars, m.Ratings)
	for _, s := range m.Stints {
		if s.Department == uuid.Nil || slices.Contains(d.Worked, s.Department) {
			continue
		}
		d.Worked = append(d.Worked, s.Department)
		if m.DaysIn(s.Department, asOf) >= f.Known {
			d.Knows = append(d.Knows, s.Department)
		}
	}
	return d
}
