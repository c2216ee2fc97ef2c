package matching

import (
	"context"
	"slices"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"
)

// An Index finds members of one company by coverage, department and filters. It holds copies of [Document]s and may
// lag behind PostgreSQL; the loop in rank.go makes up for that. matching/postgres and matching/meili implement it,
// matching/indextest is what they must pass.
type Index interface {
	// Name is how answers call the index: "postgres" or "meilisearch".
	Name() string
	// Ranks says that lists come in the order of the whole score rather than of p.
	Ranks() bool
	// Ask answers several lists in one round, each with as many hits as asked for, or all there are.
	Ask(ctx context.Context, q Question, lists []List) ([][]Hit, error)
	// Moment changes whenever the answers may. An index that answers from one snapshot returns "".
	Moment(ctx context.Context) (string, error)
	// Put writes documents and takes out those that are no candidates; on return the change is searchable.
	Put(ctx context.Context, docs []Document) error
	// Replace builds the whole index anew from what feed puts, and takes it into use at once or not at all. A put of
	// nothing returns when everything put before it is in.
	Replace(ctx context.Context, feed func(put func([]Document) error) error) error
	// Check says why the index cannot be relied on now, nil when it can.
	Check(ctx context.Context) error
	// Mend sets the index up as Check wants it, with the documents that it has.
	Mend(ctx context.Context) error
	// Format changes when documents must be written anew because they look different.
	Format() string
	// Differ compares documents with what the index has in their place. Who is no candidate and is there counts as
	// changed.
	Differ(ctx context.Context, docs []Document) (missing, changed []uuid.UUID, err error)
	// Browse gives some of the documents that it has, whatever they are, and where to go on; "" begins, and ends.
	Browse(ctx context.Context, from string) (there []Entry, next string, err error)
	// Count says how many documents of candidates it has.
	Count(ctx context.Context) (int64, error)
	// Remove takes documents out by their ids, whatever they are; on return they are gone.
	Remove(ctx context.Context, ids []string) error
}

// An Entry is a document as an index names it: by the id of a membership or person, or by whatever somebody else wrote.
type Entry struct {
	ID      string
	Company uuid.UUID // uuid.Nil where it is no company's
}

// A Wanted skill of a task.
type Wanted struct {
	Skill  string `json:"skill"`
	Level  int    `json:"level"`  // the strength from which it is met: 1 to 3
	Weight int    `json:"weight"` // 2 for a must-have, 1 for nice to have
	Strict bool   `json:"strict"`
}

// What a must-have and a nice-to-have weigh.
const (
	MustWeight = 2
	NiceWeight = 1
)

// A Question is a task as an index sees it. Only Skills and Department move anybody; the rest are filters.
type Question struct {
	Company    uuid.UUID
	AsOf       civil.Date // the company's day
	Formula    Formula
	Skills     []Wanted
	Department uuid.UUID // uuid.Nil when the task names none

	AvailableBy *civil.Date // free by then; who says nothing is free
	MaxRate     *int64      // minor units of Currency an hour, at most; who states no rate in it is not within it
	Currency    string      // the company's
	Reached     Reach       // whom of the company's alumni the task is shown to
	Beyond      Beyond      // and whom from outside
}

// A Reach is the visibility rule of a task within its company. The zero Reach is every alumnus. Where it is Restricted,
// it is Members or, without any, those who meet all of the conditions that are set.
type Reach struct {
	Restricted  bool
	Members     []uuid.UUID // is one of them
	Departments []uuid.UUID // worked in one of them, however short
	Skills      []string    // holds one of them, at whatever level
	MinDays     int         // days employed, as the score counts them
	LeftAfter   *civil.Date // left later than that day
}

// Beyond says whom outside its company a task reaches, of those who agreed to be shown there. The zero Beyond is nobody.
type Beyond struct {
	Partners []uuid.UUID // alumni of one of these companies
	Everyone bool        // also whoever agreed to be shown to every company
}

// Nobody reports whether the task stays within its company.
func (b Beyond) Nobody() bool { return len(b.Partners) == 0 && !b.Everyone }

// A List asks for the members whose met skills weigh AtLeast so much (0 is everybody), in the task's department where
// InDepartment, that pass the filters: the Limit best after the Offset best. The order is p, tenure and leaving date
// from high to low, whoever ties in all of them in any order; in an index that Ranks it is the order of [Place].
//
// With Tiers it asks for the members who belong to any of them, in no order: all, or as many as the Limit. Only an index that
// does not rank is asked so.
//
// With Outside it asks for the people outside whom the question's Beyond reaches, in place of the company's members. They
// know no department, and none of them is barred from the company.
type List struct {
	Outside      bool
	AtLeast      int
	InDepartment bool
	Offset       int
	Limit        int
	Tiers        []Tier
}

// A Tier is the members whose met skills weigh AtLeast so much and whose p is P and more, in the task's department where
// InDepartment.
type Tier struct {
	AtLeast      int
	InDepartment bool
	P            Score
}

// A Hit is a member with what the score needs: the weight of the skills met and whether the department is known.
type Hit struct {
	Membership uuid.UUID // the person's id for somebody outside who has no membership at the company
	Person     uuid.UUID
	P          Score
	Tenure     Score
	LeftOn     civil.Date
	Met        int
	Knows      bool
}

// Within reports whether the hit belongs to a tier.
func (h Hit) Within(t Tier) bool {
	return h.Met >= t.AtLeast && h.P >= t.P && (h.Knows || !t.InDepartment)
}

// Weight is what all the skills weigh together.
func (q Question) Weight() int {
	sum := 0
	for _, w := range q.Skills {
		sum += w.Weight
	}
	return sum
}

// Met weighs the skills that these strengths meet, and says whether every strict one is among them.
func (q Question) Met(held map[string]int) (weight int, strict bool) {
	strict = true
	for _, w := range q.Skills {
		switch {
		case held[w.Skill] >= w.Level:
			weight += w.Weight
		case w.Strict:
			strict = false
		}
	}
	return weight, strict
}

// Hit is the document as an answer to the question; false when a filter takes it out.
func (q Question) Hit(d Document) (Hit, bool) {
	met, strict := q.Met(d.Held)
	knows := q.Department != uuid.Nil && slices.Contains(d.Knows, q.Department)
	hit := Hit{d.Membership, d.Person, d.P, d.Tenure, d.LeftOn, met, knows}
	return hit, strict && d.Candidate && q.passes(d)
}

func (q Question) passes(d Document) bool {
	if q.AvailableBy != nil && d.AvailableFrom != nil && d.AvailableFrom.After(*q.AvailableBy) {
		return false
	}
	if q.MaxRate != nil && (d.HourlyRate == nil || *d.HourlyRate > *q.MaxRate || d.Outside && d.Currency != q.Currency) {
		return false
	}
	if d.Outside {
		return d.Serves(q.Company) && q.Beyond.includes(d)
	}
	return d.Company == q.Company && q.Reached.includes(d)
}

func (b Beyond) includes(d Document) bool {
	return b.Everyone && d.Everyone || slices.ContainsFunc(d.From, func(id uuid.UUID) bool { return slices.Contains(b.Partners, id) })
}

func (r Reach) includes(d Document) bool {
	if !r.Restricted {
		return true
	}
	if len(r.Members) > 0 {
		return slices.Contains(r.Members, d.Membership)
	}
	inOne := func(id uuid.UUID) bool { return slices.Contains(r.Departments, id) }
	holds := func(id string) bool { return d.Held[id] > 0 }
	return (len(r.Departments) == 0 || slices.ContainsFunc(d.Worked, inOne)) &&
		(len(r.Skills) == 0 || slices.ContainsFunc(r.Skills, holds)) &&
		d.Days >= r.MinDays && (r.LeftAfter == nil || d.LeftOn.After(*r.LeftAfter))
}

// Place is where the hit stands: its points and what breaks ties.
func (q Question) Place(h Hit) Place {
	return q.place(h, h.Met, h.Knows)
}

func (q Question) place(h Hit, met int, knows bool) Place {
	skills := q.Formula.ForSkills(met, q.Weight())
	return Place{skills + q.Formula.ForDepartment(knows) + h.P, skills, h.Tenure, h.LeftOn, h.Membership}
}
