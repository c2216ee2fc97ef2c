package market

import (
	"fmt"
	"time"

	"cloud.google.com/go/civil"

	"homecoming/internal/problem"
)

// Hourly is work that is paid by the hour. Each week, Monday to Sunday, comes to the hours that were worked in it at a rate,
// up to a cap, and is paid for by itself. A task asks for it, a bid offers it, and the bid's becomes the contract's.
type Hourly struct {
	Rate          int64      `json:"rate"`           // minor units an hour, without consumption tax; 0 on a task: open to offers
	WeeklyMinutes int64      `json:"weekly_minutes"` // the cap: no more is recorded or paid in a week
	StartsOn      civil.Date `json:"starts_on"`      // the Monday of its first week
	Weeks         int        `json:"weeks"`
}

// Limits of hourly work. At the smallest rate a minute still comes to something, and a week to what can be charged.
const (
	smallestRate  = 60
	leastWeekly   = 60      // minutes
	mostWeekly    = 60 * 60 // minutes
	MostWeeks     = 26      // half a year; a change of the terms goes on from there
	minutesAnHour = 60
)

// What can be wrong with hourly work.
var (
	ErrHourlyTask = problem.Define(problem.Invalid, "hourly_task",
		"This task is paid by the hour. Offer a rate, hours a week and a number of weeks.", "この案件は時間単価制です。単価・週の上限時間・週数を提示してください。")
	ErrFixedTask = problem.Define(problem.Invalid, "fixed_task",
		"This task is paid at a fixed price. Offer an amount and a day.", "この案件は固定報酬制です。金額と納品日を提示してください。")
	ErrRate = problem.Define(problem.Invalid, "rate_out_of_range",
		"A rate is at least {min} an hour and at most {max}.", "時間単価は{min}以上{max}以下で入力してください。")
	ErrWeeklyHours = problem.Define(problem.Invalid, "weekly_hours_out_of_range",
		"The most that is worked in a week is from {min} to {max} hours.", "週の上限は{min}〜{max}時間の範囲で入力してください。")
	ErrWeeks = problem.Define(problem.Invalid, "weeks_out_of_range",
		"Hourly work runs for 1 to {max} weeks; a change of the contract goes on from there.", "期間は1〜{max}週間です。それ以降は契約の変更で延長できます。")
)

// MondayOf is the first day of the week that holds a day.
func MondayOf(day civil.Date) civil.Date {
	since := (int(day.In(time.UTC).Weekday()) + 6) % 7
	return day.AddDays(-since)
}

// WeekTitle names the week that begins on a Monday, in every language: 2026-12-07 – 2026-12-13.
func WeekTitle(monday civil.Date) string {
	return monday.String() + " – " + monday.AddDays(6).String()
}

// Clock writes minutes as hours: 8:30.
func Clock(minutes int64) string {
	return fmt.Sprintf("%d:%02d", minutes/minutesAnHour, minutes%minutesAnHour)
}

// FeeOf is what so many minutes come to at a rate an hour, in minor units. A half and more is rounded up, once for all the
// minutes of a week and never for an entry by itself.
func FeeOf(rate, minutes int64) int64 { return (rate*minutes + minutesAnHour/2) / minutesAnHour }

// WeeklyFee is the most that a week comes to.
func (h Hourly) WeeklyFee() int64 { return FeeOf(h.Rate, h.WeeklyMinutes) }

// Most is the most that all weeks come to.
func (h Hourly) Most() int64 { return h.WeeklyFee() * int64(h.Weeks) }

// EndsOn is the Sunday of the last week.
func (h Hourly) EndsOn() civil.Date { return h.StartsOn.AddDays(7*h.Weeks - 1) }

// Parts are the weeks as parts of an offer, each over the most that it comes to.
func (h Hourly) Parts() []PlannedMilestone {
	var parts []PlannedMilestone
	for i := range h.Weeks {
		monday := h.StartsOn.AddDays(7 * i)
		parts = append(parts, PlannedMilestone{Title: WeekTitle(monday), Amount: h.WeeklyFee(), DueOn: monday.AddDays(6)})
	}
	return parts
}

// Sum writes out what the most comes from: ¥5,000 × 10:00 × 8 = ¥400,000.
func (h Hourly) Sum(currency string) string {
	return fmt.Sprintf("%s × %s × %d = %s", Money{h.Rate, currency}, Clock(h.WeeklyMinutes), h.Weeks, Money{h.Most(), currency})
}

// Check finds what is wrong with an offer of hourly work on a day, field by field, and moves its start to the Monday of
// the week that holds it.
func (h *Hourly) Check(currency string, today civil.Date) error {
	switch {
	case h.Rate < smallestRate || h.Rate > maxAmount/mostWeekly:
		return ErrRate.On("hourly.rate").With("min", Money{smallestRate, currency}).With("max", Money{maxAmount / mostWeekly, currency})
	case h.WeeklyMinutes < leastWeekly || h.WeeklyMinutes > mostWeekly:
		return ErrWeeklyHours.On("hourly.weekly_minutes").With("min", leastWeekly/minutesAnHour).With("max", mostWeekly/minutesAnHour)
	case h.Weeks < 1 || h.Weeks > MostWeeks:
		return ErrWeeks.On("hourly.weeks").With("max", MostWeeks)
	case !h.StartsOn.IsValid():
		return ErrDay.On("hourly.starts_on").With("value", h.StartsOn)
	}
	h.StartsOn = MondayOf(h.StartsOn)
	if h.StartsOn.AddDays(6).Before(today) {
		return ErrPastDate.On("hourly.starts_on").With("date", h.StartsOn)
	}
	if h.Most() > maxAmount {
		return ErrAmountTooLarge.On("hourly.rate").With("max", Money{maxAmount, currency})
	}
	return nil
}

// askHourly checks the hourly work that a draft asks for. Its budget and its day follow from it; a rate that is open to
// offers leaves the budget as it was given.
func (d *TaskDraft) askHourly(c Company, today civil.Date) error {
	h := *d.Hourly
	open := h.Rate == 0
	if open {
		h.Rate = smallestRate
	}
	if err := h.Check(c.Currency, today); err != nil {
		return err
	}
	if open {
		h.Rate = 0
	} else {
		d.Budget = &Money{h.Most(), c.Currency}
	}
	ends := h.EndsOn()
	d.Hourly, d.DueOn = &h, &ends
	return nil
}

// ofHours checks the hourly work that an offer is for, and makes it the offer's amount, day and parts.
func (o *Terms) ofHours(c Company, today civil.Date) error {
	h := *o.Hourly
	if err := h.Check(c.Currency, today); err != nil {
		return err
	}
	o.Hourly, o.Amount, o.DeliverOn, o.Milestones = &h, Money{h.Most(), c.Currency}, h.EndsOn(), h.Parts()
	if len([]rune(o.Message)) > maxMessage {
		return ErrTooLong.On("message").With("max", maxMessage)
	}
	return nil
}

// suits answers whether an offer is of the kind that a task asks for.
func (t Task) suits(h *Hourly) error {
	switch {
	case t.Hourly != nil && h == nil:
		return ErrHourlyTask.On("hourly")
	case t.Hourly == nil && h != nil:
		return ErrFixedTask.On("hourly")
	}
	return nil
}

// lowers reports whether an offer asks for less money than a bid: in all, or for an hour.
func (o Terms) lowers(b Bid) bool {
	if o.Hourly != nil && b.Hourly != nil {
		return o.Hourly.Rate < b.Hourly.Rate
	}
	return o.Amount.Amount < b.Amount
}

// sum writes what an offer comes to, for letters.
func (b Bid) sum() string {
	if b.Hourly != nil {
		return b.Hourly.Sum(b.Currency)
	}
	return Money{b.Amount, b.Currency}.String()
}
