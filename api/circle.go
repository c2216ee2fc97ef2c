package api

import (
	"github.com/google/uuid"

	"homecoming/market"
)

// circle says whom an event or news is for.
type circle struct {
	Who             string   `json:"who,omitempty" enum:"members,alumni,staff" doc:"members when left out: who left and who works there"`
	Departments     []string `json:"departments,omitempty" maxItems:"50" doc:"Worked in one of them; ids, names or aliases"`
	Entities        []string `json:"entities,omitempty" maxItems:"50" doc:"Was employed by one of them; ids, names or aliases"`
	MinYears        int      `json:"min_years,omitempty" doc:"Employed for so long"`
	LeftWithinYears int      `json:"left_within_years,omitempty" doc:"Left less than so many years ago"`
	Group           bool     `json:"group,omitempty" doc:"And the same of the other companies of its group"`
}

func (a circle) draft() market.DraftCircle {
	return market.DraftCircle{Who: market.CircleKind(a.Who), Departments: a.Departments, Entities: a.Entities, MinYears: a.MinYears, LeftWithinYears: a.LeftWithinYears, Group: a.Group}
}

func circleOf(a market.Circle) circle {
	return circle{Who: string(a.Who), Departments: each(a.Departments, uuid.UUID.String), Entities: each(a.Entities, uuid.UUID.String), MinYears: a.MinYears, LeftWithinYears: a.LeftWithinYears, Group: a.Group}
}

type reachAsked struct {
	Body struct {
		CompanyID uuid.UUID `json:"company_id" format:"uuid"`
		Audience  circle    `json:"audience,omitempty"`
	}
}

type peopleReached struct {
	People int `json:"people"`
}
