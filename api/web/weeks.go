package web

import (
	"context"
	"slices"
	"strings"

	"cloud.google.com/go/civil"
	"github.com/a-h/templ"
	"github.com/google/uuid"

	"homecoming/api/web/ui"
	"homecoming/billing"
	"homecoming/market"
)

// An entryForm is work as it is typed: a day, hours and what was done.
type entryForm struct{ day, hours, note string }

// weekName writes a week for the reader: 7 – 13 December.
func weekName(ctx context.Context, m billing.Milestone) string {
	return ui.ShortDay(ctx, *m.WeekOf) + " – " + ui.ShortDay(ctx, m.Sunday())
}

func weekPath(m billing.Milestone) string { return "/weeks/" + m.ID.String() }

// current are the weeks that something can be done about: those that are near and not over.
func (c contractView) current(ctx context.Context) []billing.Week {
	var list []billing.Week
	for _, w := range c.weeks {
		switch w.State {
		case billing.MilestoneReleased, billing.MilestonePaid, billing.MilestoneRefunding, billing.MilestoneRefunded, billing.MilestoneCanceled,
			billing.MilestoneChargedBack, billing.MilestoneReversed, billing.MilestoneAccepted:
			continue
		}
		if !ui.FrameOf(ctx).Now.Before(*w.OpensAt) {
			list = append(list, w)
		}
	}
	return list
}

// fewWeeks are so many that none of them is folded away.
const fewWeeks = 4

// A weekGroup is weeks that are listed together, folded away under their label where they have one.
type weekGroup struct {
	label string
	weeks []billing.Week
}

// weekGroups parts a contract's weeks: what is settled, what goes on, and what is to come.
func (c contractView) weekGroups(ctx context.Context) []weekGroup {
	if len(c.weeks) <= fewWeeks {
		return []weekGroup{{weeks: c.weeks}}
	}
	var settled, going, ahead []billing.Week
	var minutes, fees int64
	for _, w := range c.weeks {
		switch {
		case isSettled(w.Milestone):
			settled = append(settled, w)
			minutes, fees = minutes+w.Minutes, fees+paidFee(w.Milestone)
		case notNear(ctx, w):
			ahead = append(ahead, w)
		default:
			going = append(going, w)
		}
	}
	money := market.Money{Amount: fees, Currency: c.contract.Currency}
	all := []weekGroup{{ui.T(ctx, "week.settled", "n", len(settled), "hours", market.Clock(minutes), "amount", money.String()), settled}, {"", going},
		{ui.T(ctx, "week.ahead", "n", len(ahead)), ahead}}
	return slices.DeleteFunc(all, func(g weekGroup) bool { return len(g.weeks) == 0 })
}

// isSettled reports whether nothing more is to happen with a milestone's money.
func isSettled(m billing.Milestone) bool {
	switch m.State {
	case billing.MilestonePaid, billing.MilestoneRefunded, billing.MilestoneCanceled, billing.MilestoneChargedBack, billing.MilestoneReversed:
		return true
	}
	return false
}

// paidFee is what the alumnus had of a settled week, without tax.
func paidFee(m billing.Milestone) int64 {
	if m.State != billing.MilestonePaid {
		return 0
	}
	return m.Amount
}

// notNear reports whether a week cannot be paid in yet.
func notNear(ctx context.Context, w billing.Week) bool {
	return w.State == billing.MilestoneDraft && ui.FrameOf(ctx).Now.Before(*w.OpensAt)
}

// records reports whether the reader can write work down now.
func (c contractView) records(ctx context.Context, w billing.Week) bool {
	return c.side == billing.TheAlumnus && w.Records(ui.FrameOf(ctx).Now) == nil && (c.contract.State == billing.ContractActive || w.State == billing.MilestoneChangesRequested) &&
		w.Begun(ui.Today(ctx))
}

// weekText says what happens next with a week, to the side that reads.
func weekText(ctx context.Context, c contractView, m billing.Milestone) string {
	key := ""
	switch today := ui.Today(ctx); {
	case m.Frozen != "" || c.contract.State != billing.ContractActive:
	case m.Uncovered() && m.Begun(today):
		key = "uncovered"
	case m.Uncovered():
		key = "open"
	case m.State == billing.MilestoneFunded && !m.Begun(today) || m.State == billing.MilestoneDraft && !m.Begun(today):
		key = "ahead"
	case m.State == billing.MilestoneFunded || m.State == billing.MilestoneInProgress || m.State == billing.MilestoneDraft:
		key = "running"
	}
	if key == "" {
		return stepText(ctx, c, m)
	}
	return ui.T(ctx, "week.next."+key+"."+string(c.side), "name", otherName(c), "day", ui.ShortDay(ctx, *m.WeekOf), "until", ui.Day(ctx, m.Sunday().AddDays(1)))
}

// hoursText says how much of a week's cap is written down: 8:30 of 10:00.
func hoursText(ctx context.Context, m billing.Milestone) string {
	return ui.T(ctx, "week.hours.of", "hours", market.Clock(m.Minutes), "cap", market.Clock(m.CapMinutes))
}

// weekFee is what a week comes to so far, or came to.
func weekFee(m billing.Milestone) string {
	if m.AcceptedAt != nil {
		return m.Quote().Money(m.Amount).String()
	}
	return m.Quote().Money(m.WorkedFee()).String()
}

// entryOn begins a new entry: today, or the last day of a week that is over.
func entryOn(ctx context.Context, m billing.Milestone) entryForm {
	day := ui.Today(ctx)
	if day.After(m.Sunday()) {
		day = m.Sunday()
	}
	return entryForm{day: day.String()}
}

// weekDays are the days of a week that have come.
func weekDays(ctx context.Context, m billing.Milestone) []ui.Option {
	var list []ui.Option
	for i := range 7 {
		if day := m.WeekOf.AddDays(i); !day.After(ui.Today(ctx)) {
			list = append(list, ui.Option{Value: day.String(), Label: weekday(ctx, day)})
		}
	}
	return list
}

// weekday writes a day with its name.
func weekday(ctx context.Context, day civil.Date) string {
	return ui.T(ctx, "weekday."+strings.ToLower(day.In(ui.FrameOf(ctx).Zone).Weekday().String()), "day", ui.ShortDay(ctx, day))
}

// pastNotes are what was written before, for the browser to complete.
func (c contractView) pastNotes() []string {
	var list []string
	for _, w := range c.weeks {
		for _, e := range w.Sheet.InForce() {
			if !has(list, e.Note) {
				list = append(list, e.Note)
			}
		}
	}
	return list
}

// weekView is a contract's page of one week.
func (v *visit) weekView() (contractView, billing.Week, error) {
	id, err := v.id()
	if err != nil {
		return contractView{}, billing.Week{}, err
	}
	w, err := v.Billing.Week(v.ctx, v.who, id)
	if err != nil {
		return contractView{}, w, err
	}
	c, err := v.contractViewOf(w.ContractID)
	return c, w, err
}

func (v *visit) getWeek() error {
	c, w, err := v.weekView()
	if err != nil {
		return err
	}
	return v.ok(weekPage(c, w, entryOn(v.ctx, w.Milestone), ui.Fault{}))
}

// postEntry writes work down, or corrects it: no hours take an entry out.
func (v *visit) postEntry() error {
	id, err := v.id()
	if err != nil {
		return err
	}
	typed, work, err := v.typedEntry()
	var w billing.Week
	if err == nil {
		w, err = v.Billing.Record(v.ctx, v.who, id, work)
	}
	if err != nil {
		c, w, gone := v.weekView()
		if gone != nil {
			return gone
		}
		return v.refuse(err, func(f ui.Fault) templ.Component { return weekPage(c, w, typed, f) })
	}
	path := contractPath(w.ContractID)
	if v.form().text("from") == "week" {
		path = weekPath(w.Milestone)
	}
	return v.to(path, "week.recorded", "hours", market.Clock(w.Minutes), "left", market.Clock(w.Left()))
}

// typedEntry reads an entry as it was typed.
func (v *visit) typedEntry() (entryForm, billing.Work, error) {
	f := v.form()
	typed := entryForm{f.text("day"), f.text("minutes"), f.text("note")}
	work := billing.Work{Note: typed.note}
	if old := f.uuid("replaces"); old != uuid.Nil {
		work.Replaces = &old
	}
	day, err := parseDay(typed.day)
	if err != nil || day == nil {
		return typed, work, ErrDayForm.On("day")
	}
	work.Day = *day
	if f.text("do") == "remove" {
		return typed, work, nil
	}
	if work.Minutes, err = parseHours(typed.hours); err != nil {
		return typed, work, ErrHoursForm.On("minutes")
	}
	return typed, work, nil
}

// weekPaid is the day on which a week was paid, or by which it has to be.
func weekPaid(ctx context.Context, w billing.Week) string {
	switch {
	case w.PaidAt != nil:
		return ui.ShortDay(ctx, civil.DateOf(w.PaidAt.In(ui.FrameOf(ctx).Zone)))
	case w.PayBy != nil && w.State != billing.MilestoneRefunded && w.State != billing.MilestoneCanceled:
		return ui.T(ctx, "milestone.pay.by", "day", ui.ShortDay(ctx, *w.PayBy))
	}
	return ""
}
