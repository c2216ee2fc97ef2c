package bench

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"

	"homecoming/market"
	"homecoming/matching"
)

// What a generated market looks like: fields of work with skills of their own, the popular ones far ahead.
const (
	fields         = 20
	skillsOfField  = 15
	departmentsOf  = 12
	skillsOfMarket = fields * skillsOfField
)

// asOf is the day on which the generated populations are looked at.
var asOf = civil.Date{Year: 2026, Month: 4, Day: 1}

// A staff is one generated company: its documents, and a table from which everybody is scored.
type staff struct {
	company     uuid.UUID
	departments []uuid.UUID
	documents   []matching.Document
	strength    [skillsOfMarket][]uint8 // by skill, then member
}

func skillName(i int) string { return fmt.Sprintf("field%d-skill%d", i/skillsOfField, i%skillsOfField) }

// newStaff generates a company of so many members. The same seed makes the same company.
func newStaff(rnd *rand.Rand, members int) *staff {
	s := &staff{company: newID(rnd)}
	for range departmentsOf {
		s.departments = append(s.departments, newID(rnd))
	}
	for i := range s.strength {
		s.strength[i] = make([]uint8, members)
	}
	for i := range members {
		m := s.member(rnd)
		s.documents = append(s.documents, matching.V1.Document(m, asOf))
		for _, h := range m.Held {
			of := &s.strength[number(h.Skill)][i]
			*of = max(*of, uint8(h.Strength()))
		}
	}
	return s
}

func number(skill string) int {
	var field, at int
	if _, err := fmt.Sscanf(skill, "field%d-skill%d", &field, &at); err != nil {
		panic(err) // our own name
	}
	return field*skillsOfField + at
}

func newID(rnd *rand.Rand) (id uuid.UUID) {
	for i := range id {
		id[i] = byte(rnd.Uint32())
	}
	id[6], id[8] = id[6]&0x0f|0x40, id[8]&0x3f|0x80
	return id
}

// member draws a career in one field with a few skills from outside it.
func (s *staff) member(rnd *rand.Rand) matching.Member {
	field := skewed(rnd, fields)
	m := matching.Member{ID: newID(rnd), Company: s.company, Person: newID(rnd), Held: held(rnd, field)}
	left := asOf.AddDays(-1 - rnd.IntN(15*365))
	for range 1 + rnd.IntN(3)/2 {
		joined := left.AddDays(-30 - int(rnd.ExpFloat64()*5*365))
		last := left
		m.Stints = append(m.Stints, matching.Stint{Department: s.departmentOf(rnd, field), JoinedOn: joined, LeftOn: &last})
		left = joined.AddDays(-1 - rnd.IntN(400))
	}
	if rnd.IntN(4) == 0 {
		for range 1 + skewed(rnd, 12) {
			m.Ratings, m.Stars = m.Ratings+1, m.Stars+min(5, 3+rnd.IntN(4))
		}
	}
	if rnd.IntN(10) < 7 {
		rate := int64(3000 + 500*rnd.IntN(16))
		m.HourlyRate = &rate
	}
	if rnd.IntN(10) < 3 {
		free := asOf.AddDays(rnd.IntN(180) - 60)
		m.AvailableFrom = &free
	}
	return m
}

func (s *staff) departmentOf(rnd *rand.Rand, field int) uuid.UUID {
	if rnd.IntN(5) == 0 {
		return s.departments[rnd.IntN(departmentsOf)]
	}
	return s.departments[field%departmentsOf]
}

func held(rnd *rand.Rand, field int) []matching.Held {
	var held []matching.Held
	add := func(skill int) {
		name := skillName(skill)
		if slices.ContainsFunc(held, func(h matching.Held) bool { return h.Skill == name }) {
			return
		}
		evidence := []market.Evidence{market.Attested, market.Self, market.Proven}[skewed(rnd, 3)]
		held = append(held, matching.Held{Skill: name, Evidence: evidence, Level: []int{2, 3, 1}[skewed(rnd, 3)]})
	}
	for range 2 + rnd.IntN(7) {
		add(field*skillsOfField + skewed(rnd, skillsOfField))
	}
	for range rnd.IntN(4) {
		add(skewed(rnd, fields)*skillsOfField + skewed(rnd, skillsOfField))
	}
	return held
}

// skewed draws one of n, the first ones more often.
func skewed(rnd *rand.Rand, n int) int {
	return int(float64(n) * math.Pow(rnd.Float64(), 1.6))
}

// question draws a task with so many skills. Three in four stay within one field.
func (s *staff) question(rnd *rand.Rand, skills int) matching.Question {
	field := skewed(rnd, fields)
	q := matching.Question{Company: s.company, AsOf: asOf, Formula: matching.V1}
	within := rnd.IntN(4) > 0
	for len(q.Skills) < skills {
		skill := field*skillsOfField + skewed(rnd, skillsOfField)
		if !within && rnd.IntN(3) == 0 {
			skill = skewed(rnd, fields)*skillsOfField + skewed(rnd, skillsOfField)
		}
		w := matching.Wanted{Skill: skillName(skill), Level: []int{2, 1, 3}[skewed(rnd, 3)], Weight: matching.MustWeight}
		if rnd.IntN(10) < 3 {
			w.Weight = matching.NiceWeight
		}
		w.Strict = w.Weight == matching.MustWeight && rnd.IntN(20) == 0
		if !slices.ContainsFunc(q.Skills, func(o matching.Wanted) bool { return o.Skill == w.Skill }) {
			q.Skills = append(q.Skills, w)
		}
	}
	if rnd.IntN(10) < 6 {
		q.Department = s.departments[field%departmentsOf]
	}
	if rnd.IntN(5) == 0 {
		ceiling := int64(5000 + 500*rnd.IntN(8))
		q.MaxRate = &ceiling
	}
	if rnd.IntN(5) == 0 {
		by := asOf.AddDays(rnd.IntN(60))
		q.AvailableBy = &by
	}
	if rnd.IntN(10) == 0 {
		q.Reached = matching.Reach{Restricted: true, Departments: []uuid.UUID{s.departments[field%departmentsOf], s.departments[rnd.IntN(departmentsOf)]}}
	}
	return q
}

const drawn = "each task: its skills from one field of work (a quarter of the tasks mix fields), wanted at level 2 mostly, 30 % nice to have, 5 % of the must-haves strict; " +
	"60 % name a department, 20 % a rate ceiling, 20 % a day of availability, 10 % reach two departments only"

// best scores everybody and gives the places of the best k.
func (s *staff) best(q matching.Question, k int) []matching.Place {
	met, strict := make([]int, len(s.documents)), make([]int, len(s.documents))
	wanted := 0
	for _, w := range q.Skills {
		if w.Strict {
			wanted++
		}
		for i, have := range s.strength[number(w.Skill)] {
			if int(have) >= w.Level {
				met[i] += w.Weight
				if w.Strict {
					strict[i]++
				}
			}
		}
	}
	plain := q
	plain.Skills = nil
	var best []matching.Place
	for i := range s.documents {
		d := &s.documents[i]
		most := q.Formula.ForSkills(met[i], q.Weight()) + q.Formula.Department + d.P
		if strict[i] < wanted || len(best) == k && most < best[k-1].Score {
			continue
		}
		h, ok := plain.Hit(*d)
		if !ok {
			continue
		}
		h.Met = met[i]
		p := q.Place(h)
		at, _ := slices.BinarySearchFunc(best, p, matching.Place.Compare)
		if best = slices.Insert(best, at, p); len(best) > k {
			best = best[:k]
		}
	}
	return best
}
