package billing

import "cloud.google.com/go/civil"

// ConsumptionTax is the tax on the lines of one statement at the standard rate of a day, in whole yen: the lines are
// summed first and the fraction is rounded once, never per line.
func (r Rules) ConsumptionTax(day civil.Date, lines ...int64) int64 {
	var net int64
	for _, l := range lines {
		net += l
	}
	return r.rounding(day).part(net, r.value(TaxRule, "standard", day), 10_000)
}

// IncludedTax is the tax inside an amount that includes it, at the standard rate of a day.
func (r Rules) IncludedTax(day civil.Date, gross int64) int64 {
	bp := r.value(TaxRule, "standard", day)
	return r.rounding(day).part(gross, bp, 10_000+bp)
}

func (r Rules) rounding(day civil.Date) Rounding {
	return Rounding(r.On(RoundingRule, "consumption_tax", day).Choice)
}

// DeductibleTax is how much of the consumption tax paid on a day to a supplier the buyer may deduct: all of it when
// the supplier is registered, a share that falls over the years otherwise.
func (r Rules) DeductibleTax(day civil.Date, tax int64, registered bool) int64 {
	if registered {
		return tax
	}
	return share(tax, r.value(DeductibleRule, "unregistered", day))
}

// share is bp basis points of an amount, fraction dropped.
func share(amount, bp int64) int64 { return amount * bp / 10_000 }
