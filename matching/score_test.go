package matching_test

import (
	"math/big"
	"slices"
	"testing"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"
	"pgregory.net/rapid"

	"homecoming/market"
	"homecoming/matching"
)

func day(s string) civil.Date {
	d, err := civil.ParseDate(s)
	if err != nil {
		panic(err)
	}
	return d
}

func dayp(s string) *civil.Date { d := day(s); return &d }

// worked is the design's worked example: 6.25 years, all in the task's department, left one completed year ago.
func worked(department uuid.UUID) matching.Member {
	left := day("2025-03-31")
	m := matching.Member{
		ID: uuid.New(), Stints: []matching.Stint{{department, left.AddDays(-2283), &left}}, // 6.25 · 365.25 = 2282.8 days
		Ratings: 9, Stars: 43,
	}
	for _, id := range []string{"a", "b", "c", "d"} {
		m.Held = append(m.Held, matching.Held{Skill: id, Evidence: market.Attested, Level: 2})
	}
	return m
}

func TestTheWorkedExampleOfTheDesignScores8211(t *testing.T) {
	department, asOf := uuid.New(), day("2026-04-01")
	q := matching.Question{Formula: matching.V1, AsOf: asOf, Department: department}
	for _, id := range []string{"a", "b", "c", "d", "e"} {
		q.Skills = append(q.Skills, matching.Wanted{Skill: id, Level: 2, Weight: matching.MustWeight})
	}
	m := worked(department)
	want := matching.Parts{Skills: 5200, Department: 500, Tenure: 1636, Record: 875}
	if got := q.Parts(m); got != want || got.Total() != 8211 || got.Total().String() != "82.11" {
		t.Fatalf("parts are %v, together %v; want %v, together 82.11", got, got.Total(), want)
	}
	hit, ok := q.Hit(matching.V1.Document(m, asOf))
	if place := q.Place(hit); place.Score != 8211 || place.Skills != 5200 || hit.P != 1636+875 {
		t.Fatalf("the document gives %v %v", place, ok)
	}
}

func TestPartsRoundHalfAwayFromZero(t *testing.T) {
	for _, c := range []struct {
		met, total int
		want       matching.Score
	}{{0, 0, 0}, {0, 3, 0}, {3, 3, 6500}, {1, 3, 2167}, {2, 3, 4333}, {1, 16, 406}, {1, 8, 813}, {3, 8, 2438}, {1, 24, 271}} {
		if got := matching.V1.ForSkills(c.met, c.total); got != c.want {
			t.Errorf("skills %d of %d give %v, want %v", c.met, c.total, got, c.want)
		}
	}
	for _, c := range []struct {
		sum, n int
		want   matching.Score
	}{{0, 0, 750}, {43, 9, 875}, {5, 1, 792}, {1, 1, 625}, {15, 3, 844}, {1, 1, 625}} {
		if got := matching.V1.ForRecord(c.sum, c.n); got != c.want {
			t.Errorf("a record of %d over %d gives %v, want %v", c.sum, c.n, got, c.want)
		}
	}
}

func TestStrengthDependsOnEvidence(t *testing.T) {
	for _, c := range []struct {
		held matching.Held
		want int
	}{
		{matching.Held{Evidence: market.Self, Level: 3}, 2},
		{matching.Held{Evidence: market.Self, Level: 1}, 1},
		{matching.Held{Evidence: market.Attested, Level: 3}, 3},
		{matching.Held{Evidence: market.Proven, Level: 2}, 2},
		{matching.Held{Evidence: market.Attested, Level: 3, Via: "react"}, 2},
		{matching.Held{Evidence: market.Self, Level: 3, Via: "react"}, 1},
		{matching.Held{Evidence: market.Attested, Level: 1, Via: "react"}, 1},
	} {
		if got := c.held.Strength(); got != c.want {
			t.Errorf("%+v counts as %d, want %d", c.held, got, c.want)
		}
	}
}

func TestANarrowerSkillGivesTheBroaderOneOneLevelUp(t *testing.T) {
	broader := map[string][]string{"react": {"javascript"}, "javascript": {"programming"}}
	held := matching.WithBroader([]matching.Held{{Skill: "react", Evidence: market.Attested, Level: 3}}, broader)
	got := matching.Member{Held: held}.Strengths()
	if len(got) != 2 || got["react"] != 3 || got["javascript"] != 2 {
		t.Fatalf("strengths are %v; the broader of the broader must not be among them", got)
	}
}

func TestDaysThatStintsShareCountOnce(t *testing.T) {
	span := func(from, to string) matching.Span { return matching.Span{From: day(from), To: day(to)} }
	for _, c := range []struct {
		name  string
		spans []matching.Span
		want  int
	}{
		{"none", nil, 0},
		{"one", []matching.Span{span("2020-01-01", "2020-12-31")}, 365},
		{"a day", []matching.Span{span("2020-01-01", "2020-01-01")}, 0},
		{"with a hole", []matching.Span{span("2020-01-01", "2020-01-11"), span("2021-01-01", "2021-01-11")}, 20},
		{"overlapping", []matching.Span{span("2020-01-06", "2020-01-21"), span("2020-01-01", "2020-01-11")}, 20},
		{"one within another", []matching.Span{span("2020-01-01", "2020-01-31"), span("2020-01-10", "2020-01-11")}, 30},
		{"the same twice", []matching.Span{span("2020-01-01", "2020-01-31"), span("2020-01-01", "2020-01-31")}, 30},
		{"end to end", []matching.Span{span("2020-01-01", "2020-01-11"), span("2020-01-11", "2020-01-21")}, 20},
	} {
		if got := matching.Days(c.spans); got != c.want {
			t.Errorf("%s: %d days, want %d", c.name, got, c.want)
		}
	}
}

func TestTheGapGrowsOnTheAnniversary(t *testing.T) {
	for _, c := range []struct {
		left, asOf string
		want       int
	}{
		{"2024-03-31", "2024-04-01", 0}, {"2024-03-31", "2025-03-30", 0}, {"2024-03-31", "2025-03-31", 1},
		{"2024-02-29", "2025-02-27", 0}, {"2024-02-29", "2025-02-28", 1}, {"2024-02-29", "2028-02-27", 3},
		{"2024-02-29", "2028-02-28", 4}, {"2023-12-31", "2024-12-30", 0}, {"2023-12-31", "2024-12-31", 1},
	} {
		if got := matching.Gap(day(c.left), day(c.asOf)); got != c.want {
			t.Errorf("left %s, seen on %s: %d years, want %d", c.left, c.asOf, got, c.want)
		}
	}
}

func TestAStintCountsFromTheDayAfterItEnds(t *testing.T) {
	department := uuid.New()
	m := matching.Member{ID: uuid.New(), Stints: []matching.Stint{
		{department, day("2010-04-01"), dayp("2014-03-31")}, {uuid.Nil, day("2020-01-01"), dayp("2026-03-31")}}}
	last, after := matching.V1.Document(m, day("2026-03-31")), matching.V1.Document(m, day("2026-04-01"))
	if last.Candidate || last.ChangesOn == nil || *last.ChangesOn != day("2026-04-01") {
		t.Fatalf("on the last day one is staff still, until tomorrow: %+v", last)
	}
	if !after.Candidate || after.Tenure != matching.V1.ForTenure(1460+2281, 0) || *after.ChangesOn != day("2027-03-31") {
		t.Fatalf("the day after both stints count: %+v", after)
	}
	m.Stints = append(m.Stints, matching.Stint{uuid.Nil, day("2026-06-01"), nil})
	if d := matching.V1.Document(m, day("2026-07-01")); d.Candidate || d.ChangesOn != nil {
		t.Fatalf("current staff are no candidates: %+v", d)
	}
	if matching.V1.Document(matching.Member{}, day("2026-07-01")).Candidate {
		t.Fatal("nobody is a candidate without having worked there")
	}
}

func TestADepartmentIsKnownAfter365Days(t *testing.T) {
	department, other, asOf := uuid.New(), uuid.New(), day("2026-01-01")
	for _, c := range []struct {
		left string
		want matching.Score
	}{{"2020-12-30", 0}, {"2020-12-31", 500}} {
		m := matching.Member{Stints: []matching.Stint{{department, day("2020-01-01"), dayp(c.left)}, {other, day("2019-01-01"), dayp("2022-01-01")}}}
		q := matching.Question{Formula: matching.V1, AsOf: asOf, Department: department}
		if got := q.Parts(m).Department; got != c.want {
			t.Errorf("until %s: %v points, want %v", c.left, got, c.want)
		}
	}
}

func TestTiesGoToSkillsTenureLeavingAndId(t *testing.T) {
	a := matching.Place{Score: 5000, Skills: 3000, Tenure: 1000, LeftOn: day("2020-01-01"), Membership: uuid.UUID{1}}
	for name, worse := range map[string]func(*matching.Place){
		"score":  func(p *matching.Place) { p.Score--; p.Skills += 9 },
		"skills": func(p *matching.Place) { p.Skills--; p.Tenure += 9 },
		"tenure": func(p *matching.Place) { p.Tenure--; p.LeftOn = day("2025-01-01") },
		"left":   func(p *matching.Place) { p.LeftOn = day("2019-12-31"); p.Membership = uuid.UUID{} },
		"id":     func(p *matching.Place) { p.Membership = uuid.UUID{2} },
	} {
		b := a
		if worse(&b); a.Compare(b) >= 0 || b.Compare(a) <= 0 {
			t.Errorf("%s does not decide", name)
		}
	}
}

func TestMoreSkillTenureOrRatingNeverLowersAScore(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		q, m := drawQuestion(t), drawMember(t, uuid.UUID{9})
		before := q.Parts(m)
		grown := m
		switch rapid.IntRange(0, 2).Draw(t, "what grows") {
		case 0:
			grown.Held = slices.Concat(m.Held, []matching.Held{drawHeld(t)})
		case 1:
			last, _ := m.LeftOn(q.AsOf)
			to := last.AddDays(-rapid.IntRange(0, 4000).Draw(t, "ended before"))
			grown.Stints = slices.Concat(m.Stints,
				[]matching.Stint{{drawDepartment(t), to.AddDays(-rapid.IntRange(0, 4000).Draw(t, "long")), &to}})
		case 2:
			rating := rapid.IntRange(1, 5).Draw(t, "rating")
			mean := big.NewRat(int64(m.Stars+20), int64(m.Ratings+5))
			if big.NewRat(int64(rating), 1).Cmp(mean) < 0 {
				t.Skip("below the mean")
			}
			grown.Ratings, grown.Stars = m.Ratings+1, m.Stars+rating
		}
		after := q.Parts(grown)
		if after.Total() < before.Total() {
			t.Fatalf("%v fell to %v", before, after)
		}
		if sum := after.Skills + after.Department + after.Tenure + after.Record; sum != after.Total() || sum > 10000 {
			t.Fatalf("parts %v do not make up %v", after, after.Total())
		}
	})
}
