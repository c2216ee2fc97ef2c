package billing

import (
	"slices"
	"time"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"

	"homecoming/internal/problem"
	"homecoming/market"
)

// An hourly contract's milestones are its weeks, Monday to Sunday of the company's days. Each is agreed over the most that
// it can come to, rate times cap, and paid in like any other milestone. What was worked is written down day by day; at
// acceptance the fee becomes what the hours come to, and the rest goes back.

// Worktime is what makes a milestone a week of hourly work; all of it is empty where it is none.
type Worktime struct {
	WeekOf     *civil.Date `gorm:"type:date"` // its Monday
	Rate       int64       // minor units an hour, without consumption tax
	CapMinutes int64       // no more is written down or paid
	Minutes    int64       // written down and in force
	OpensAt    *time.Time  // the Monday before: from then on it can be paid in
	ClosesAt   *time.Time  // the Monday after is over: what was worked is submitted, and a week without work ends
}

// weekOf is a week that begins on a Monday of a company's days.
func weekOf(monday civil.Date, rate, capMinutes int64, zone *time.Location) Worktime {
	opens, closes := monday.AddDays(-7).In(zone).UTC(), monday.AddDays(8).In(zone).UTC()
	return Worktime{WeekOf: &monday, Rate: rate, CapMinutes: capMinutes, OpensAt: &opens, ClosesAt: &closes}
}

// IsWeek reports whether a milestone is a week of hourly work.
func (w Worktime) IsWeek() bool { return w.WeekOf != nil }

// Sunday is the last day of the week.
func (w Worktime) Sunday() civil.Date { return w.WeekOf.AddDays(6) }

// WorkedFee is what the hours come to, without tax: never more than the cap's.
func (w Worktime) WorkedFee() int64 { return market.FeeOf(w.Rate, min(w.Minutes, w.CapMinutes)) }

// Left is how many minutes can still be written down.
func (w Worktime) Left() int64 { return max(0, w.CapMinutes-w.Minutes) }

// Begun reports whether the week has begun by a day of the company's.
func (w Worktime) Begun(today civil.Date) bool { return w.IsWeek() && !today.Before(*w.WeekOf) }

// HoursPaid reports whether what a week was paid for is what its hours come to; a split may have come to something else.
func (m Milestone) HoursPaid() bool {
	return m.IsWeek() && m.AcceptedAt != nil && m.Amount == m.WorkedFee()
}

// Uncovered reports whether nothing, or not all, is held yet for a week of a contract that is paid ahead.
func (m Milestone) Uncovered() bool {
	return m.IsWeek() && !m.Rail.PaysLater() && slices.Contains([]MilestoneState{MilestoneDraft, MilestoneFunding, MilestonePartFunded}, m.State)
}

// doSkip ends a week in which nothing was worked.
const doSkip = "skip"

// What can be wrong with a week and its timesheet.
var (
	ErrNoHours = problem.Define(problem.Conflict, "no_hours",
		"No hours are written down for this week. Write down what was worked; that begins it.", "この週の作業時間が記録されていません。作業時間を記録すると開始されます。")
	ErrHoursRecorded = problem.Define(problem.Conflict, "hours_recorded",
		"{hours} hours are written down for this week, so it is not taken back. They are paid for once accepted; ask for changes or open a dispute if they are wrong.",
		"この週には{hours}の作業が記録されているため、取消・返金はできません。検収後に支払われます。記録に誤りがある場合は修正を依頼するか、異議を申し立ててください。")
	ErrWeekNotOpen = problem.Define(problem.Conflict, "week_not_open",
		"This week can be paid in from {date} on.", "この週の入金は{date}から可能です。")
	ErrWeekOpen = problem.Define(problem.Conflict, "week_open",
		"This week's timesheet is open until {date} is over.", "この週の作業記録は{date}まで受け付けています。")
	ErrNotCovered = problem.Define(problem.Conflict, "week_not_covered",
		"This week is not paid in yet, so work in it is not covered and cannot be written down. Ask the company to pay it in; days that have passed can be written down then.",
		"この週は未入金のため、作業は保証されず記録もできません。委託者に入金をご依頼ください。入金後は、過ぎた日の作業も記録できます。")
	ErrWeekSubmitted = problem.Define(problem.Conflict, "week_submitted",
		"This week is submitted, so its hours stand as they are. To correct one, ask the company to send the week back.",
		"この週は提出済みのため、記録を変更できません。訂正が必要な場合は、委託者に差し戻しを依頼してください。")
	ErrWeekClosed = problem.Define(problem.Conflict, "week_closed",
		"This week's timesheet closed when {date} was over.", "この週の作業記録は{date}で締め切られました。")
	ErrOverCap = problem.Define(problem.Conflict, "over_weekly_cap",
		"With this the week would come to {sum}, over its cap of {cap}; {left} is left. Write down no more than that. A change of the contract raises the cap from the next week on.",
		"この記録で合計{sum}となり、週の上限{cap}を超えます（残り{left}）。残り時間以内で記録してください。上限は契約の変更により翌週から引き上げられます。")
	ErrOutsideWeek = problem.Define(problem.Invalid, "outside_week",
		"This week runs from {from} to {until}. Choose a day in it.", "この週は{from}から{until}までです。期間内の日を選んでください。")
	ErrDayAhead = problem.Define(problem.Invalid, "day_ahead",
		"{date} has not come yet. Write work down once it is done.", "{date}はまだ来ていません。作業後に記録してください。")
	ErrEntryMinutes = problem.Define(problem.Invalid, "entry_minutes",
		"Write how long it took, from one minute to 24 hours a day.", "作業時間は1日あたり1分〜24時間で入力してください。")
	ErrReplaced = problem.Define(problem.Conflict, "entry_replaced",
		"This entry was corrected already. Correct the one that stands now.", "この記録はすでに訂正されています。現在有効な記録を訂正してください。")
	ErrNotHourly = problem.Define(problem.Invalid, "not_hourly",
		"This contract is not paid by the hour. Change its milestones instead.", "この契約は時間単価制ではありません。マイルストーンを変更してください。")
	ErrWeekBegun = problem.Define(problem.Invalid, "week_begun",
		"A rate, a cap or an end holds for weeks that have not begun: from {date} on.", "単価・上限・期間の変更は、まだ始まっていない週（{date}以降）から適用できます。")
)

var (
	// worked asks a week for hours before it is begun or submitted; of other milestones it asks nothing.
	worked = both(notFrozen, &Guard[moment]{"a week has hours", func(m moment) error {
		if m.IsWeek() && m.Minutes == 0 {
			return ErrNoHours.On("minutes")
		}
		return nil
	}})
	laterWorked = both(postpaid, worked)
	// unworked keeps hours that were written down from being taken back.
	unworked = &Guard[moment]{"no hours written down", func(m moment) error {
		if m.Minutes > 0 {
			return ErrHoursRecorded.With("hours", market.Clock(m.Minutes))
		}
		return nil
	}}
	opened = &Guard[moment]{"a week is near", func(m moment) error {
		if m.IsWeek() && m.now.Before(*m.OpensAt) {
			return ErrWeekNotOpen.With("date", m.WeekOf.AddDays(-7))
		}
		return nil
	}}
	// closed lets the clock see to a week whose timesheet is closed.
	closed = both(notFrozen, &Guard[moment]{"a week whose timesheet is closed", func(m moment) error {
		if !m.IsWeek() || m.now.Before(*m.ClosesAt) {
			return ErrWeekOpen.With("date", m.DueOn.AddDays(1))
		}
		return nil
	}})
	idle       = both(closed, undelivered)
	aheadIdle  = both(prepaid, idle)
	laterIdle  = both(postpaid, idle)
	closedWork = both(closed, worked)
)

// weekMoves are what the clock does to a week once its timesheet is closed: what was worked is submitted, and one without
// work ends and gives its money back.
var weekMoves = []Move[MilestoneState, moment]{
	{MilestoneInProgress, doSubmit, MilestoneSubmitted, TheClock, closedWork},
	{MilestoneDraft, doSkip, MilestoneCanceled, TheClock, idle},
	{MilestoneInProgress, doSkip, MilestoneCanceled, TheClock, laterIdle},
	{MilestonePartFunded, doSkip, MilestoneRefunding, TheClock, idle},
	{MilestoneFunded, doSkip, MilestoneRefunding, TheClock, idle},
	{MilestoneInProgress, doSkip, MilestoneRefunding, TheClock, aheadIdle},
}

// A TimeEntry is what was worked on a day, as it was written down. It is never edited: a later one replaces it.
type TimeEntry struct {
	ID          uuid.UUID
	CompanyID   uuid.UUID
	MilestoneID uuid.UUID
	PersonID    uuid.UUID
	Day         civil.Date `gorm:"type:date"`
	Minutes     int64      // 0 takes out what it replaces
	Note        string     // what was done
	Replaces    *uuid.UUID
	At          time.Time
}

// TableName is where entries are kept.
func (TimeEntry) TableName() string { return "timesheet_entries" }

// A Timesheet is everything that was written down for a week, oldest first.
type Timesheet []TimeEntry

// Replaced reports whether a later entry stands in an entry's place.
func (t Timesheet) Replaced(id uuid.UUID) bool {
	return slices.ContainsFunc(t, func(e TimeEntry) bool { return e.Replaces != nil && *e.Replaces == id })
}

// InForce are the entries that count, by day.
func (t Timesheet) InForce() Timesheet {
	var list Timesheet
	for _, e := range t {
		if e.Minutes > 0 && !t.Replaced(e.ID) {
			list = append(list, e)
		}
	}
	slices.SortStableFunc(list, func(a, b TimeEntry) int { return a.Day.DaysSince(b.Day) })
	return list
}

// Minutes are what the entries in force sum to.
func (t Timesheet) Minutes() int64 {
	var sum int64
	for _, e := range t.InForce() {
		sum += e.Minutes
	}
	return sum
}

// on are the minutes in force of one day.
func (t Timesheet) on(day civil.Date) int64 {
	var sum int64
	for _, e := range t.InForce() {
		if e.Day == day {
			sum += e.Minutes
		}
	}
	return sum
}

// Limits of an entry.
const (
	maxEntryNote = 500
	dayMinutes   = 24 * 60
)

// Records answers whether something can be written down for a week now: while it is covered and its timesheet is open, or
// it was sent back.
func (m Milestone) Records(now time.Time) error {
	switch {
	case m.Uncovered():
		return ErrNotCovered
	case m.State == MilestoneChangesRequested:
		return notFrozen.Holds(moment{m, now})
	case m.State != MilestoneDraft && m.State != MilestoneFunded && m.State != MilestoneInProgress && m.ReceivedOn != nil:
		return ErrWeekSubmitted
	case m.State != MilestoneDraft && m.State != MilestoneFunded && m.State != MilestoneInProgress:
		return ErrWrongState.With("noun", word("milestone")).With("state", word(string(m.State)))
	case !now.Before(*m.ClosesAt):
		return ErrWeekClosed.With("date", m.Sunday().AddDays(1))
	}
	return notFrozen.Holds(moment{m, now})
}

// With is the timesheet of a week with one more entry, or why that may not be written down. today is the company's.
func (t Timesheet) With(e TimeEntry, m Milestone, today civil.Date) (Timesheet, error) {
	switch {
	case !e.Day.IsValid() || e.Day.Before(*m.WeekOf) || e.Day.After(m.Sunday()):
		return t, ErrOutsideWeek.On("day").With("from", *m.WeekOf).With("until", m.Sunday())
	case e.Day.After(today):
		return t, ErrDayAhead.On("day").With("date", e.Day)
	case e.Minutes < 0 || e.Minutes > dayMinutes || e.Minutes == 0 && e.Replaces == nil:
		return t, ErrEntryMinutes.On("minutes")
	case e.Minutes > 0 && e.Note == "":
		return t, market.ErrRequired.On("note")
	case len([]rune(e.Note)) > maxEntryNote:
		return t, market.ErrTooLong.On("note").With("max", maxEntryNote)
	}
	if e.Replaces != nil {
		switch at := slices.IndexFunc(t, func(old TimeEntry) bool { return old.ID == *e.Replaces }); {
		case at < 0:
			return t, market.ErrNotFound
		case t[at].Minutes == 0 || t.Replaced(t[at].ID):
			return t, ErrReplaced.On("replaces")
		}
	}
	with := append(slices.Clone(t), e)
	switch {
	case with.on(e.Day) > dayMinutes:
		return t, ErrEntryMinutes.On("minutes")
	case with.Minutes() > m.CapMinutes:
		left := m.CapMinutes - with.Minutes() + e.Minutes
		return t, ErrOverCap.On("minutes").With("sum", market.Clock(with.Minutes())).With("cap", market.Clock(m.CapMinutes)).With("left", market.Clock(left))
	}
	return with, nil
}
