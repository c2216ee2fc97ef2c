package billing

import (
	"cloud.google.com/go/civil"

	"homecoming/market"
)

// A Method says how a category of work is withheld on.
type Method string

// The methods of withholding.
const (
	NotWithheld     Method = "none"      // programming, data entry and what is not listed
	StandardMethod  Method = "standard"  // a rate up to a threshold, another above
	ScrivenerMethod Method = "scrivener" // a rate of what exceeds an allowance
)

// WithholdingMethod is how a category is withheld on at a day; a category without a row is not.
func (r Rules) WithholdingMethod(category string, day civil.Date) Method {
	if m := Method(r.On(CategoryRule, category, day).Choice); m != "" {
		return m
	}
	return NotWithheld
}

// Withheld is the income tax that the client keeps back from one payment to one payee, in whole yen, fraction dropped.
// base is the fee without consumption tax where the statement shows that tax separately, the whole payment otherwise.
func (r Rules) Withheld(category string, day civil.Date, base int64, to market.Payee) int64 {
	rule := func(key string) int64 { return r.value(WithholdingRule, key, day) }
	method := r.WithholdingMethod(category, day)
	switch {
	case to.Corporate || method == NotWithheld || base <= 0:
		return 0
	case to.NonResident:
		return share(base, rule("non_resident"))
	case method == ScrivenerMethod:
		return share(max(0, base-rule("scrivener_allowance")), rule("scrivener"))
	}
	low := min(base, rule("threshold"))
	return share(low, rule("standard")) + share(base-low, rule("standard_above"))
}

// GrossFor is the fee from which withholding leaves net, in whole yen; the larger where two fit.
func (r Rules) GrossFor(category string, day civil.Date, net int64, to market.Payee) int64 {
	return largest(net, func(gross int64) int64 { return gross - r.Withheld(category, day, gross, to) })
}

// largest finds the largest amount that leaves no more than net, where what is left never falls as the amount grows.
func largest(net int64, left func(int64) int64) int64 {
	low, high := net, 2*net+1 // no tax takes half
	for left(low) > net {
		low /= 2
	}
	for low+1 < high {
		if mid := low + (high-low)/2; left(mid) > net {
			high = mid
		} else {
			low = mid
		}
	}
	return low
}

// NeedsPaymentRecord reports whether a payee's total of a year, tax included, calls for a 支払調書.
func (r Rules) NeedsPaymentRecord(year int, total int64) bool {
	return total > r.value(RecordRule, "above", date(year, 12, 31))
}

// WithholdingDue is the day by which tax withheld on a day is to be paid in: the 10th of the next month, or the next
// day that is neither a Saturday, a Sunday nor a holiday.
func (r Rules) WithholdingDue(paid civil.Date) civil.Date {
	next := civil.Date{Year: paid.Year, Month: paid.Month, Day: 1}.AddMonths(1)
	return r.NextBusinessDay(next.AddDays(int(r.value(WithholdingRule, "due_day", paid)) - 1))
}
