package billing

import (
	"slices"
	"strings"

	"cloud.google.com/go/civil"
)

// A Rate is a share in basis points that holds from a day on, with where it is written down.
type Rate struct {
	From   civil.Date
	BP     int64 // basis points: 1,000 is 10 %
	Source string
}

// on finds the row that holds on a day; the zero Rate before the first.
func on(rows []Rate, day civil.Date) Rate {
	var r Rate
	for _, row := range rows {
		if !day.Before(row.From) {
			r = row
		}
	}
	return r
}

// consumptionTax is the standard rate, oldest first.
var consumptionTax = []Rate{
	{date(2014, 4, 1), 800, "消費税法 29条, 地方税法 72条の83 (2014)"},
	{date(2019, 10, 1), 1000, "消費税法 29条, 地方税法 72条の83 (2019)"},
}

// deductible is the share of the tax paid to a supplier without a registration number that the buyer may still deduct.
var deductible = []Rate{
	{date(2023, 10, 1), 8000, "平成28年改正法附則 52条"},
	{date(2026, 10, 1), 7000, "令和8年度税制改正大綱"},
	{date(2028, 10, 1), 5000, "令和8年度税制改正大綱"},
	{date(2030, 10, 1), 3000, "令和8年度税制改正大綱"},
	{date(2031, 10, 1), 0, "令和8年度税制改正大綱"},
}

// ConsumptionTax is the tax on the lines of one statement at the standard rate of a day, in whole yen: the lines are
// summed first and the fraction is dropped once, never per line.
func ConsumptionTax(day civil.Date, lines ...int64) int64 {
	var net int64
	for _, l := range lines {
		net += l
	}
	return share(net, on(consumptionTax, day).BP)
}

// IncludedTax is the tax inside an amount that includes it, at the standard rate of a day, fraction dropped.
func IncludedTax(day civil.Date, gross int64) int64 {
	bp := on(consumptionTax, day).BP
	return gross * bp / (10_000 + bp)
}

// DeductibleTax is how much of the consumption tax paid on a day to a supplier the buyer may deduct: all of it when
// the supplier is registered, a share that falls over the years otherwise.
func DeductibleTax(day civil.Date, tax int64, registered bool) int64 {
	if registered {
		return tax
	}
	return share(tax, on(deductible, day).BP)
}

// share is bp basis points of an amount, fraction dropped.
func share(amount, bp int64) int64 { return amount * bp / 10_000 }

// ValidRegistration reports whether a qualified-invoice number is well formed: T and 13 digits, and for a corporation
// the check digit in front. Individuals' numbers carry no check digit that is published.
func ValidRegistration(number string, corporation bool) bool {
	digits, ok := strings.CutPrefix(number, "T")
	if !ok || len(digits) != 13 || strings.Trim(digits, "0123456789") != "" {
		return false
	}
	return !corporation || int(digits[0]-'0') == corporateCheckDigit(digits[1:])
}

// corporateCheckDigit is 9 − (Σ PₙQₙ mod 9) over twelve digits counted from the right, Q being 1 and 2 in turn.
func corporateCheckDigit(twelve string) int {
	sum := 0
	for n, c := range slices.Backward([]byte(twelve)) {
		sum += int(c-'0') * (1 + (len(twelve)-1-n)%2)
	}
	return 9 - sum%9
}
