package billing

import (
	"time"

	"cloud.google.com/go/civil"
)

// Freelance Act art. 4: the fee is due within 60 days of receipt, receipt counting as day 1, inspected or not.
const (
	latestPaymentDays    = 60
	latestReconsignedDay = 30
)

// PaymentDue is the day by which a fee is to be paid: the agreed number of days from receipt, receipt being day 1. No
// agreed number means the day of receipt; more than 60 means day 60.
func PaymentDue(received civil.Date, agreedDays int) civil.Date {
	return received.AddDays(min(max(agreedDays, 1), latestPaymentDays) - 1)
}

// ReconsignedDue is the latest day for work passed on from another client: day 30 from when that client's fee is due.
func ReconsignedDue(originalDue civil.Date) civil.Date {
	return originalDue.AddDays(latestReconsignedDay - 1)
}

// PaidInTime reports whether a payment met the law. Where receipts are closed at the end of the month, 60 days may be
// read as two months: paid by the end of the month after the closing.
func PaidInTime(received, closed, paid civil.Date) bool {
	if !paid.After(PaymentDue(received, latestPaymentDays)) {
		return true
	}
	monthEnd := closed.AddDays(1).Month != closed.Month
	return monthEnd && !paid.After(endOfMonth(closed.AddDays(1)))
}

func endOfMonth(d civil.Date) civil.Date {
	return civil.Date{Year: d.Year, Month: d.Month, Day: 1}.AddMonths(1).AddDays(-1)
}

// NoticeOfEnding is the last day to give notice of ending or not renewing a contract of six months or longer:
// 30 days before it ends.
func NoticeOfEnding(ends civil.Date) civil.Date { return ends.AddDays(-noticeDays) }

const noticeDays = 30

func date(y int, m time.Month, d int) civil.Date { return civil.Date{Year: y, Month: m, Day: d} }

func isBusinessDay(d civil.Date) bool {
	wd := d.Weekday()
	return wd != time.Saturday && wd != time.Sunday && !isHoliday(d)
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
