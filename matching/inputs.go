package matching

import (
	"cloud.google.com/go/civil"
	"github.com/google/uuid"
)

// Inputs are what the score of one question reads about one member, and all that it reads.
type Inputs struct {
	ID      uuid.UUID   `json:"id"`     // of the membership
	Skills  []Strength  `json:"skills"` // one for each skill of the question, in its order
	Days    int         `json:"days"`   // employed at the company
	DaysIn  int         `json:"days_in_department"`
	LeftOn  *civil.Date `json:"left_on"` // nil while employed: no points for tenure
	Gap     int         `json:"gap"`     // completed years since
	Ratings int         `json:"ratings"`
	Stars   int         `json:"stars"` // the sum of the ratings
}

// A Strength is what a member has in one skill.
type Strength struct {
	Level int    `json:"level"`         // what counts: 1 to 3, 0 for nothing
	Via   string `json:"via,omitempty"` // the narrower skill that it follows from, empty for a skill of its own
}

// Inputs reads off the member what the question scores.
func (q Question) Inputs(m Member) Inputs {
	in := Inputs{ID: m.ID, Skills: make([]Strength, len(q.Skills)), Days: m.DaysEmployed(q.AsOf), Ratings: m.Ratings, Stars: m.Stars}
	for i, w := range q.Skills {
		in.Skills[i] = m.strength(w.Skill)
	}
	if q.Department != uuid.Nil {
		in.DaysIn = m.DaysIn(q.Department, q.AsOf)
	}
	if left, ok := m.LeftOn(q.AsOf); ok {
		in.LeftOn, in.Gap = &left, Gap(left, q.AsOf)
	}
	return in
}

// strength is the best that the member has in a skill; of equals the one that is not inferred.
func (m Member) strength(skill string) (best Strength) {
	for _, h := range m.Held {
		if level := h.Strength(); h.Skill == skill && (level > best.Level || level == best.Level && h.Via == "") {
			best = Strength{level, h.Via}
		}
	}
	return best
}

// Score gives the points for the inputs. It asks no filter.
func (q Question) Score(in Inputs) Parts {
	met := 0
	for i, w := range q.Skills {
		if in.Skills[i].Level >= w.Level {
			met += w.Weight
		}
	}
	p := Parts{
		Skills:     q.Formula.ForSkills(met, q.Weight()),
		Department: q.Formula.ForDepartment(q.Department != uuid.Nil && in.DaysIn >= q.Formula.Known),
		Record:     q.Formula.ForRecord(in.Stars, in.Ratings),
	}
	if in.LeftOn != nil {
		p.Tenure = q.Formula.ForTenure(in.Days, in.Gap)
	}
	return p
}

// Parts scores the member for the question's task, from the facts themselves.
func (q Question) Parts(m Member) Parts { return q.Score(q.Inputs(m)) }
