package market

import (
	"time"

	"cloud.google.com/go/civil"

	"homecoming/internal/problem"
)

// Months are whole months of a company's calendar, one after the other, in which things are counted.
type Months struct {
	First civil.Date // the first day of the first one
	Count int
}

// mostMonths is how many are counted at once: three years.
const mostMonths = 36

// Limits of what can be asked for.
var (
	ErrMonth  = problem.Define(problem.Invalid, "month_form", "Write a month as 2026-11, not {value}.", "月は 2026-11 の形式で指定してください（入力値：{value}）。")
	ErrMonths = problem.Define(problem.Invalid, "months_between", "Choose up to {max} months in order that have begun, from 2000 on.", "2000年以降の、すでに始まっている月を順に{max}か月以内で指定してください。")
)

// MonthsOf reads which months are meant, on a day: twelve up to the one that runs where neither end is written, and twelve that begin
// or end where one is. It returns ErrMonth and ErrMonths with the field.
func MonthsOf(from, to string, today civil.Date) (Months, error) {
	this := monthOf(today)
	last := this
	if to != "" {
		day, err := readMonth("to", to)
		if err != nil {
			return Months{}, err
		}
		last = day
	}
	first := last.AddMonths(-11)
	if from != "" {
		day, err := readMonth("from", from)
		if err != nil {
			return Months{}, err
		}
		first = day
		if to == "" && first.After(last) {
			last = first
		}
	}
	m := Months{First: first, Count: 12*(last.Year-first.Year) + int(last.Month) - int(first.Month) + 1}
	switch {
	case first.Year < 2000 || m.Count < 1 || m.Count > mostMonths:
		return Months{}, ErrMonths.On("from").With("max", mostMonths)
	case last.After(this):
		return Months{}, ErrMonths.On("to").With("max", mostMonths)
	}
	return m, nil
}

func readMonth(field, text string) (civil.Date, error) {
	at, err := time.Parse("2006-01", text)
	if err != nil {
		return civil.Date{}, ErrMonth.On(field).With("value", shortened(sayable(text)))
	}
	return civil.DateOf(at), nil
}

func monthOf(d civil.Date) civil.Date { return civil.Date{Year: d.Year, Month: d.Month, Day: 1} }

// Last is the first day of the last month.
func (m Months) Last() civil.Date { return m.First.AddMonths(m.Count - 1) }

// Next is the first day after them.
func (m Months) Next() civil.Date { return m.First.AddMonths(m.Count) }

// Before are as many months right before these.
func (m Months) Before() Months { return Months{m.First.AddMonths(-m.Count), m.Count} }

// Names are the months in order, as 2026-11.
func (m Months) Names() []string {
	names := make([]string, m.Count)
	for i := range names {
		names[i] = MonthName(m.First.AddMonths(i))
	}
	return names
}

// MonthName writes a day's month as 2026-11.
func MonthName(d civil.Date) string { return d.String()[:7] }

// Args are what queries over the months take: @company and its @zone; the moments @start and @begin, at which the months before
// and these ones begin, and @end, which is not later than @now; and of the company's days @today at the
// end, @before and @first, on which the months before and these ones begin, and @next, the first one after them.
func (m Months) Args(c Company, now time.Time) map[string]any {
	end := m.Next().In(c.Zone())
	if end.After(now) {
		end = now
	}
	return map[string]any{"company": c.ID, "zone": c.Zone().String(), "start": m.Before().First.In(c.Zone()), "begin": m.First.In(c.Zone()),
		"end": end, "now": now, "today": c.Today(end), "before": m.Before().First, "first": m.First, "next": m.Next()}
}
