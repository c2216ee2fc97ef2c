package web

import (
	"context"
	"errors"
	"strconv"

	"github.com/google/uuid"

	"homecoming/api/web/ui"
	"homecoming/internal/problem"
	"homecoming/market"
)

// A circleForm is whom an event or news is for, as it is typed.
type circleForm struct {
	who                   string
	departments, entities []string
	minYears, leftWithin  string
	group                 bool

	all   []market.Department // of the company
	legal []market.Entity     // of the company
	reach int
	odd   bool // whether what is typed cannot be counted
}

// everybody is the form before anything is chosen.
var everybody = circleForm{who: string(market.ForMembers)}

func (v *visit) readCircle() circleForm {
	f := v.form()
	return circleForm{who: f.text("audience.who"), departments: v.c.PostFormArray("audience.departments"), entities: v.c.PostFormArray("audience.entities"),
		minYears: f.text("audience.min_years"), leftWithin: f.text("audience.left_within_years"), group: f.text("audience.group") != ""}
}

func formOfCircle(c market.Circle) circleForm {
	d := c.Draft()
	return circleForm{who: string(d.Who), departments: d.Departments, entities: d.Entities, minYears: orBlank(d.MinYears), leftWithin: orBlank(d.LeftWithinYears), group: d.Group}
}

// audience is what the form means.
func (f circleForm) audience() market.DraftCircle {
	number := func(s string) int { n, _ := strconv.Atoi(plain(s)); return n }
	return market.DraftCircle{Who: market.CircleKind(f.who), Departments: f.departments, Entities: f.entities, MinYears: number(f.minYears), LeftWithinYears: number(f.leftWithin), Group: f.group}
}

// conditions reports whether anything but the kind of people is chosen.
func (f circleForm) conditions() bool {
	return len(f.departments)+len(f.entities) > 0 || f.minYears+f.leftWithin != ""
}

// completeCircle adds what can be chosen of a company.
func (v *visit) completeCircle(company uuid.UUID, f *circleForm) (err error) {
	if f.all, err = v.Market.Departments(v.ctx, v.who, company); err != nil {
		return err
	}
	f.legal, err = v.Market.Entities(v.ctx, v.who, company)
	return err
}

// counted notes how many people the circle reaches, or that what is typed cannot be counted.
func (f *circleForm) counted(n int, err error) error {
	var p *problem.Error
	f.reach = n
	if f.odd = errors.As(err, &p) && p.Kind == problem.Invalid; f.odd {
		return nil
	}
	return err
}

// reachText says whom the circle reaches.
func (f circleForm) reachText(ctx context.Context) string {
	if f.odd {
		return ui.T(ctx, "event.reach.odd")
	}
	return ui.T(ctx, "event.reach", "n", f.reach)
}
