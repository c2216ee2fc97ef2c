package matching_test

import (
	"fmt"

	"cloud.google.com/go/civil"

	"homecoming/market"
	"homecoming/matching"
)

// Somebody with half of the skills, eight years in the company, who left two years ago.
func Example() {
	left := civil.Date{Year: 2024, Month: 3, Day: 31}
	m := matching.Member{
		Stints: []matching.Stint{{JoinedOn: civil.Date{Year: 2016, Month: 4, Day: 1}, LeftOn: &left}},
		Held:   []matching.Held{{Skill: "bookkeeping", Evidence: market.Attested, Level: 2}},
	}
	q := matching.Question{
		AsOf: civil.Date{Year: 2026, Month: 4, Day: 1}, Formula: matching.V1,
		Skills: []matching.Wanted{{Skill: "bookkeeping", Level: 2, Weight: matching.MustWeight}, {Skill: "english", Level: 1, Weight: matching.MustWeight}},
	}
	p := q.Parts(m)
	fmt.Println(p.Skills, p.Department, p.Tenure, p.Record, "=", p.Total())
	// Output: 32.50 0.00 15.23 7.50 = 55.23
}

func ExampleMember_Strengths() {
	broader := map[string][]string{"react": {"javascript"}}
	held := matching.WithBroader([]matching.Held{{Skill: "react", Evidence: market.Self, Level: 3}}, broader)
	fmt.Println(matching.Member{Held: held}.Strengths())
	// Output: map[javascript:1 react:2]
}
