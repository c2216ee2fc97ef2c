package web

import (
	"context"
	"strconv"

	"github.com/a-h/templ"

	"homecoming/api/web/ui"
	"homecoming/market"
)

const calendarPath = "/profile/calendar"

// weeksAhead is how far the strip shows: half a year.
const weeksAhead = 26

// A periodRow is a period as it is typed.
type periodRow struct{ from, until, hours string }

func (v *visit) getCalendar() error {
	c, err := v.Market.MyCalendar(v.ctx, v.who)
	if err != nil {
		return err
	}
	rows := make([]periodRow, len(c))
	for i, p := range c {
		rows[i] = periodRow{p.From.String(), p.Until.String(), strconv.Itoa(p.Hours)}
	}
	return v.ok(calendarPage(rows, c, ui.Fault{}))
}

const mostPeriodRows = 40

func (v *visit) postCalendar() error {
	f := v.form()
	var rows []periodRow
	var said market.Calendar
	for i := range mostPeriodRows {
		name := "periods[" + strconv.Itoa(i) + "]"
		row := periodRow{f.text(name + ".from"), f.text(name + ".until"), f.text(name + ".hours")}
		if row.from == "" && row.until == "" {
			continue
		}
		rows = append(rows, row)
		p := market.Period{Hours: f.number(name + ".hours")}
		if day := f.day(name + ".from"); day != nil {
			p.From = *day
		}
		if day := f.day(name + ".until"); day != nil {
			p.Until = *day
		}
		said = append(said, p)
	}
	err := f.err
	if err == nil {
		_, err = v.Market.SetCalendar(v.ctx, v.who, said)
	}
	if err != nil {
		kept, wrong := v.Market.MyCalendar(v.ctx, v.who)
		if wrong != nil {
			return wrong
		}
		return v.refuse(err, func(fault ui.Fault) templ.Component { return calendarPage(rows, kept, fault) })
	}
	return v.to(calendarPath, "calendar.saved")
}

// timeText is how much time a week has: busy · busy for 3 days · 10 hours · has time.
func timeText(ctx context.Context, w market.CalendarWeek) string {
	switch {
	case w.BusyDays == 7:
		return ui.T(ctx, "calendar.busy")
	case w.BusyDays > 0:
		return ui.T(ctx, "calendar.busy.days", "n", w.BusyDays)
	case w.Hours > 0:
		return ui.T(ctx, "calendar.hours", "n", w.Hours)
	}
	return ui.T(ctx, "calendar.free")
}

// weekShare is how much of a week's bar is filled, in hundredths: what is free of it, against 40 hours.
func weekShare(w market.CalendarWeek) int {
	if w.Hours > 0 {
		return min(w.Hours*100/40, 100) * (7 - w.BusyDays) / 7
	}
	return 100 * (7 - w.BusyDays) / 7
}
