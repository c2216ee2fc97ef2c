package matching

import (
	"bytes"
	"slices"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"

	"homecoming/market"
)

// A Document is what an index keeps of a member: everything about the score that does not depend on the task, and
// what is filtered on.
//
// People who agreed to be shown beyond their own companies have one more, with Outside set: no tenure, no departments, p
// is the record alone. It bears the person's id and serves every company but those that bar it, because the person has a
// membership there, which takes its place, or is kept apart. Whoever was invited from outside or bid has a membership
// without stints: its document is Outside too, and serves that one company.
type Document struct {
	Membership uuid.UUID // the person's id where Outside serves every company
	Company    uuid.UUID // uuid.Nil where Outside serves every company
	Person     uuid.UUID
	Candidate  bool // false for current staff, hidden people and memberships that are gone
	Outside    bool

	P      Score // Tenure and record together
	Tenure Score
	LeftOn civil.Date     // [Never] for people from outside
	Days   int            // employed there, as the score counts them
	Held   map[string]int // strength by skill, broader ones included
	Knows  []uuid.UUID    // departments with a year and more
	Worked []uuid.UUID    // every department, however short

	AvailableFrom *civil.Date
	HourlyRate    *int64
	Currency      string      // of the rate
	ChangesOn     *civil.Date // the day on which this document goes stale by itself

	From     []uuid.UUID // Outside: the companies that the person left and whose partners may see it
	Everyone bool        // Outside: every company may
	Barred   []uuid.UUID // Outside: companies that the document does not serve
}

// Never is when people left who never were there.
var Never = civil.Date{Year: 1, Month: 1, Day: 1}

// Serves reports whether a document from Outside may answer a company's question.
func (d Document) Serves(company uuid.UUID) bool {
	return d.Company == company || d.Company == uuid.Nil && !slices.Contains(d.Barred, company)
}

// Document condenses a member, as of the company's day.
func (f Formula) Document(m Member, asOf civil.Date) Document {
	left, ended := m.LeftOn(asOf)
	d := Document{
		Membership: m.ID, Company: m.Company, Person: m.Person, Candidate: ended && !m.Hidden && !m.apart(m.Company, asOf),
		LeftOn: left, Held: m.Strengths(), AvailableFrom: m.AvailableFrom, HourlyRate: m.HourlyRate, ChangesOn: m.changesOn(asOf),
	}
	if ended {
		d.Days = m.DaysEmployed(asOf)
		d.Tenure = f.ForTenure(d.Days, Gap(left, asOf))
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
	if m.Beyond != nil {
		m.outside(&d, asOf)
	}
	return d
}

// outside makes it the document of somebody from outside.
func (m Member) outside(d *Document, asOf civil.Date) {
	b := m.Beyond
	d.Outside, d.LeftOn, d.Currency = true, Never, b.Currency
	for _, h := range b.Homes {
		if _, ended := leftOn(h.Stints, asOf); ended && b.To != market.ShownToNobody {
			d.From = append(d.From, h.Company)
		}
	}
	d.Everyone = b.To == market.ShownToEveryone
	d.Candidate = len(d.From) > 0 && !m.Hidden
	if m.Company != uuid.Nil {
		d.Candidate = d.Candidate && !slices.Contains(b.Roles, m.Company) && !m.apart(m.Company, asOf)
		return
	}
	d.Barred = slices.Concat(b.Members, b.Roles)
	for _, bar := range m.Bars {
		if bar.holds(asOf) {
			d.Barred = append(d.Barred, bar.Company)
		}
	}
	inOrder := func(a, b uuid.UUID) int { return bytes.Compare(a[:], b[:]) }
	slices.SortFunc(d.Barred, inOrder) // the same facts make the same document
	d.Barred = slices.Compact(d.Barred)
	slices.SortFunc(d.From, inOrder)
}

// apart reports whether something keeps the person and a company apart on its day.
func (m Member) apart(company uuid.UUID, asOf civil.Date) bool {
	return slices.ContainsFunc(m.Bars, func(b Bar) bool { return b.Company == company && b.holds(asOf) })
}
