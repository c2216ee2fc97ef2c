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
	// Replace builds the whole index anew from what feed puts, and takes it into use at once or not at all.
	Replace(ctx context.Context, feed func(put func([]Document) error) error) error
	// Check says why the index cannot be relied on now, nil when it can.
	Check(ctx context.Context) error
}

// A Wanted skill of a task.
type Wanted struct {
	Skill  string
	Level  int // the strength from which it is met: 1 to 3
	Weight int // 2 for a must-have, 1 for nice to have
	Strict bool
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
	MaxRate     *int64      // minor units an hour, at most; who states no rate is not within it
	Reached     Reach       // whom the task is shown to
}

// A Reach is the visibility rule of a task. The zero Reach is every alumnus of the company.
type Reach struct {
	Departments []uuid.UUID // worked in one of them, if Restricted
	Members     []uuid.UUID // is one of them, if Restricted
	Restricted  bool
}

// A List asks for the members whose met skills weigh AtLeast so much (0 is everybody), in the task's department where
// InDepartment, that pass the filters: the Limit best after the Offset best. The order is p, tenure and leaving date
// from high to low, then membership id; in an index that Ranks it is the order of [Place].
type List struct {
	AtLeast      int
	InDepartment bool
	Offset       int
	Limit        int
}

// A Hit is a member with what the score needs: the weight of the skills met and whether the department is known.
type Hit struct {
	Membership uuid.UUID
	Person     uuid.UUID
	P          Score
	Tenure     Score
	LeftOn     civil.Date
	Met        int
	Knows      bool
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
	return hit, strict && d.Candidate && d.Company == q.Company && q.passes(d)
}

func (q Question) passes(d Document) bool {
	if q.AvailableBy != nil && d.AvailableFrom != nil && d.AvailableFrom.After(*q.AvailableBy) {
		return false
	}
	if q.MaxRate != nil && (d.HourlyRate == nil || *d.HourlyRate > *q.MaxRate) {
		return false
	}
	return q.Reached.includes(d)
}

func (r Reach) includes(d Document) bool {
	if !r.Restricted {
		return true
	}
	inOne := func(id uuid.UUID) bool { return slices.Contains(r.Departments, id) }
	return slices.Contains(r.Members, d.Membership) || slices.ContainsFunc(d.Worked, inOne)
}

// Place is where the hit stands: its points and what breaks ties.
func (q Question) Place(h Hit) Place {
	return q.place(h, h.Met, h.Knows)
}

func (q Question) place(h Hit, met int, knows bool) Place {
	skills := q.Formula.ForSkills(met, q.Weight())
	return Place{skills + q.Formula.ForDepartment(knows) + h.P, skills, h.Tenure, h.LeftOn, h.Membership}
}
