package matching_test

import (
	"cloud.google.com/go/civil"
	"github.com/google/uuid"
	"pgregory.net/rapid"

	"homecoming/market"
	"homecoming/matching"
)

// today is the day on which the drawn populations are looked at.
var today = civil.Date{Year: 2026, Month: 4, Day: 1}

var company = uuid.UUID{0xc}

func drawDepartment(t *rapid.T) uuid.UUID {
	return uuid.UUID{0xd, rapid.Byte().Draw(t, "department") % 3}
}

func drawSkill(t *rapid.T) string {
	return rapid.SampledFrom([]string{"a", "b", "c", "d", "e", "f"}).Draw(t, "skill")
}

func drawHeld(t *rapid.T) matching.Held {
	return matching.Held{
		Skill: drawSkill(t), Level: rapid.IntRange(1, 3).Draw(t, "level"),
		Evidence: rapid.SampledFrom([]market.Evidence{market.Self, market.Attested, market.Proven}).Draw(t, "evidence"),
	}
}

// drawMember draws from few values, so that ties are common.
func drawMember(t *rapid.T, id uuid.UUID) matching.Member {
	m := matching.Member{ID: id, Company: company, Person: id, Held: rapid.SliceOfN(rapid.Custom(drawHeld), 0, 6).Draw(t, "held")}
	for range rapid.IntRange(1, 3).Draw(t, "stints") {
		left := today.AddDays(-1 - 200*rapid.IntRange(0, 8).Draw(t, "left"))
		m.Stints = append(m.Stints, matching.Stint{drawDepartment(t), left.AddDays(-300 * rapid.IntRange(0, 8).Draw(t, "long")), &left})
	}
	for range rapid.IntRange(0, 3).Draw(t, "ratings") {
		m.Ratings, m.Stars = m.Ratings+1, m.Stars+rapid.IntRange(1, 5).Draw(t, "rating")
	}
	if rapid.Bool().Draw(t, "states a rate") {
		rate := int64(1000 * rapid.IntRange(1, 3).Draw(t, "rate"))
		m.HourlyRate = &rate
	}
	return m
}

func drawQuestion(t *rapid.T) matching.Question {
	q := matching.Question{Company: company, Formula: matching.V1, AsOf: today}
	if rapid.Bool().Draw(t, "names a department") {
		q.Department = drawDepartment(t)
	}
	for _, id := range rapid.SliceOfNDistinct(rapid.Custom(drawSkill), 0, 6, rapid.ID[string]).Draw(t, "wanted") {
		w := matching.Wanted{Skill: id, Level: rapid.IntRange(1, 3).Draw(t, "wanted level"), Weight: rapid.IntRange(1, 2).Draw(t, "weight")}
		w.Strict = w.Weight == matching.MustWeight && rapid.IntRange(0, 5).Draw(t, "strict") == 0
		q.Skills = append(q.Skills, w)
	}
	if rapid.IntRange(0, 4).Draw(t, "rate ceiling") == 0 {
		ceiling := int64(2000)
		q.MaxRate = &ceiling
	}
	if rapid.IntRange(0, 4).Draw(t, "restricted") == 0 {
		q.Reached = matching.Reach{Restricted: true, Departments: []uuid.UUID{drawDepartment(t)}}
	}
	return q
}
