package billing

import (
	"cloud.google.com/go/civil"
)

// A Payee is who receives a fee, as far as withholding asks.
type Payee struct {
	Corporate   bool
	NonResident bool
}

// A Method says how a category of work is withheld on.
type Method string

// The methods of withholding.
const (
	NotWithheld      Method = ""          // programming, data entry and what is not listed
	StandardMethod   Method = "standard"  // 10.21 % to a million, 20.42 % above
	ScrivenerMethod  Method = "scrivener" // 10.21 % of what exceeds 10,000
	withholdingAbove        = 1_000_000   // yen a payment
)

// A WithholdingRow says that a category is withheld on by a method from a day on. Corrections are new rows.
type WithholdingRow struct {
	From     civil.Date
	Category string // one of market.WithholdingCategories
	Method   Method
	Source   string
}

const incomeTaxAct = "所得税法 204条・205条, 復興財源確保法 28条"

// withholdingRows is the reviewed list; a category without a row is not withheld on. 2.1 % surtax since 2013.
var withholdingRows = []WithholdingRow{
	{date(2013, 1, 1), "manuscript", StandardMethod, incomeTaxAct},
	{date(2013, 1, 1), "illustration", StandardMethod, incomeTaxAct},
	{date(2013, 1, 1), "design", StandardMethod, incomeTaxAct},
	{date(2013, 1, 1), "lecture", StandardMethod, incomeTaxAct},
	{date(2013, 1, 1), "teaching", StandardMethod, incomeTaxAct},
	{date(2013, 1, 1), "translation", StandardMethod, incomeTaxAct},
	{date(2013, 1, 1), "interpreting", StandardMethod, incomeTaxAct},
	{date(2013, 1, 1), "proofreading", StandardMethod, incomeTaxAct},
	{date(2013, 1, 1), "royalty", StandardMethod, incomeTaxAct},
	{date(2013, 1, 1), "profession", StandardMethod, incomeTaxAct},
	{date(2013, 1, 1), "scrivener", ScrivenerMethod, "所得税法施行令 322条"},
}

// WithholdingMethod is how a category is withheld on at a day.
func WithholdingMethod(category string, day civil.Date) Method {
	var m Method
	for _, r := range withholdingRows {
		if r.Category == category && !day.Before(r.From) {
			m = r.Method
		}
	}
	return m
}

// Withheld is the income tax that the client keeps back from one payment to one payee, in whole yen, fraction dropped.
// base is the fee without consumption tax where the statement shows that tax separately, the whole payment otherwise.
func Withheld(category string, day civil.Date, base int64, to Payee) int64 {
	method := WithholdingMethod(category, day)
	switch {
	case to.Corporate || method == NotWithheld || base <= 0:
		return 0
	case to.NonResident:
		return base * 2042 / 10_000
	case method == ScrivenerMethod:
		return max(0, base-10_000) * 1021 / 10_000
	case base <= withholdingAbove:
		return base * 1021 / 10_000
	}
	return 102_100 + (base-withholdingAbove)*2042/10_000
}

// GrossFor is the fee from which the standard method leaves net, in whole yen; the larger where two fit.
func GrossFor(net int64) int64 {
	guess := net * 10_000 / 8979
	if net > 897_900 {
		guess = withholdingAbove + (net-897_900)*10_000/7958
	}
	gross := guess
	for g := guess - 2; g <= guess+2; g++ {
		if g >= 0 && g-standard(g) == net {
			gross = g
		}
	}
	return gross
}

func standard(base int64) int64 { return Withheld("design", date(2026, 1, 1), base, Payee{}) }

// NeedsPaymentRecord reports whether a payee's total of a year, tax included, calls for a 支払調書.
func NeedsPaymentRecord(yearTotal int64) bool { return yearTotal > 50_000 }

// WithholdingDue is the day by which tax withheld on a day is to be paid in: the 10th of the next month, or the next
// day that is neither a Saturday, a Sunday nor a holiday.
func WithholdingDue(paid civil.Date) civil.Date {
	due := civil.Date{Year: paid.Year, Month: paid.Month, Day: 1}.AddMonths(1).AddDays(9)
	for !isBusinessDay(due) {
		due = due.AddDays(1)
	}
	return due
}
