package web

import (
	"context"
	"fmt"

	"github.com/a-h/templ"

	"homecoming/api/web/ui"
	"homecoming/matching"
)

// An exposureView is the report on who gets a chance.
type exposureView struct {
	report matching.Exposure
	period period
}

func (v *visit) getExposure() error {
	typed := period{v.c.Query("from"), v.c.Query("to")}
	from, wrong := parseDay(typed.from)
	to, alsoWrong := parseDay(typed.to)
	var e matching.Exposure
	var err error
	switch {
	case wrong != nil:
		err = ErrDayForm.On("from")
	case alsoWrong != nil:
		err = ErrDayForm.On("to")
	default:
		e, err = v.Matching.ExposureOf(v.ctx, v.who, v.company.ID, from, to)
	}
	if err != nil {
		return v.refuse(err, func(f ui.Fault) templ.Component { return exposurePage(exposureView{period: typed}, f) })
	}
	return v.ok(exposurePage(exposureView{e, period{e.From.String(), e.To.String()}}, ui.Fault{}))
}

// of are the cohorts by one of the two ways of counting.
func (e exposureView) of(by string) (list []matching.Cohort) {
	for _, c := range e.report.Cohorts {
		if c.By == by {
			list = append(list, c)
		}
	}
	return list
}

// share is a number for each hundred people of a cohort.
func share(n int, c matching.Cohort) int { return (200*n + c.People) / (2 * c.People) }

// shownBars are how often people of each cohort were shown, for each hundred of them.
func shownBars(ctx context.Context, cohorts []matching.Cohort) []ui.Column {
	list := make([]ui.Column, len(cohorts))
	for i, c := range cohorts {
		list[i] = ui.Column{Label: ui.T(ctx, "cohort."+c.Name), Amount: int64(100 * c.Shown / c.People),
			Written: ui.T(ctx, "exposure.each", "n", fmt.Sprintf("%.1f", float64(c.Shown)/float64(c.People)), "share", share(c.Seen, c))}
		if c.Name == "new" || c.Name == "under_1" {
			list[i].Kind = "second"
		}
	}
	return list
}
