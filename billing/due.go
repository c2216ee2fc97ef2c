package billing

import (
	"time"

	"cloud.google.com/go/civil"
)

// PaymentTerm is a number of days from receipt as the law takes it, receipt being day 1: none agreed means the day of
// receipt, more than the limit means the limit. Freelance Act art. 4: inspected or not.
func (r Rules) PaymentTerm(received civil.Date, agreedDays int) int {
	days := max(agreedDays, 1)
	if limit := int(r.value(DaysRule, "latest", received)); limit > 0 {
		days = min(days, limit)
	}
	return days
}

// PaymentDue is the day by which a fee is to be paid: the agreed number of days from receipt, as the law takes it.
func (r Rules) PaymentDue(received civil.Date, agreedDays int) civil.Date {
	return nthDay(received, r.PaymentTerm(received, agreedDays))
}

// nthDay counts days, the first being day 1.
func nthDay(first civil.Date, n int) civil.Date { return first.AddDays(max(n, 1) - 1) }

// ReconsignedDue is the latest day for work passed on from another client: day 30 from when that client's fee is due.
func (r Rules) ReconsignedDue(originalDue civil.Date) civil.Date {
	return nthDay(originalDue, int(r.value(DaysRule, "reconsigned", originalDue)))
}

// PaidInTime reports whether a payment met the law. Where receipts are closed at the end of the month, 60 days may be
// read as two months: paid by the end of the month after the closing.
func (r Rules) PaidInTime(received, closed, paid civil.Date) bool {
	limit := int(r.value(DaysRule, "latest", received))
	if limit == 0 || !paid.After(nthDay(received, limit)) {
		return true
	}
	monthEnd := closed.AddDays(1).Month != closed.Month
	return monthEnd && !paid.After(endOfMonth(closed.AddDays(1)))
}

func endOfMonth(d civil.Date) civil.Date {
	return civil.Date{Year: d.Year, Month: d.Month, Day: 1}.AddMonths(1).AddDays(-1)
}

// NoticeOfEnding is the last day to give notice of ending or not renewing a long contract: 30 days before it ends.
func (r Rules) NoticeOfEnding(ends civil.Date) civil.Date {
	return ends.AddDays(-int(r.value(LengthRule, "notice_days", ends)))
}

func date(y int, m time.Month, d int) civil.Date { return civil.Date{Year: y, Month: m, Day: d} }

// NextBusinessDay is the day itself, or the next that is neither a Saturday, a Sunday nor a holiday.
func (r Rules) NextBusinessDay(d civil.Date) civil.Date {
	for !r.isBusinessDay(d) {
		d = d.AddDays(1)
	}
	return d
}

func (r Rules) isBusinessDay(d civil.Date) bool {
	wd := d.Weekday()
	return wd != time.Saturday && wd != time.Sunday && !r.isHoliday(d)
}

// Choices of a HolidayRule.
const (
	IsHoliday = "holiday"
	IsWorkday = "workday"
)

// isHoliday goes by a row for the day itself, as when games move holidays about, and by the calendar where there is none.
func (r Rules) isHoliday(d civil.Date) bool {
	if row := r.On(HolidayRule, "", d); row.ValidFrom == d {
		return row.Choice == IsHoliday
	}
	return isHoliday(d)
}

// isHoliday knows the national holidays of Japan as the law stands since 2022 (国民の祝日に関する法律).
func isHoliday(d civil.Date) bool {
	if isNamedHoliday(d) {
		return true
	}
	// art. 3 (3): a day between two holidays.
	if isNamedHoliday(d.AddDays(-1)) && isNamedHoliday(d.AddDays(1)) {
		return true
	}
	// art. 3 (2): a holiday on a Sunday moves to the next day that is none.
	for p := d.AddDays(-1); isNamedHoliday(p); p = p.AddDays(-1) {
		if p.Weekday() == time.Sunday {
			return true
		}
	}
	return false
}

func isNamedHoliday(d civil.Date) bool {
	monday := func(nth int) bool { return d.Weekday() == time.Monday && (d.Day-1)/7+1 == nth }
	switch d.Month {
	case time.January:
		return d.Day == 1 || monday(2)
	case time.February:
		return d.Day == 11 || d.Day == 23
	case time.March:
		return d.Day == equinox(d.Year, 208431)
	case time.April:
		return d.Day == 29
	case time.May:
		return d.Day >= 3 && d.Day <= 5
	case time.July:
		return monday(3)
	case time.August:
		return d.Day == 11
	case time.September:
		return monday(3) || d.Day == equinox(d.Year, 232488)
	case time.October:
		return monday(2)
	case time.November:
		return d.Day == 3 || d.Day == 23
	}
	return false
}

// equinox is the day of the month in Japan, by the almanac's approximation for 1980 to 2099. at is the moment in 1980
// in ten-thousandths of a day; the year is 365.242194 days.
func equinox(year int, at int64) int {
	n := int64(year - 1980)
	return int((at*100+n*242_194)/1_000_000 - n/4)
}
