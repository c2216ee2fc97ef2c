package billing

import (
	"cmp"

	"cloud.google.com/go/civil"

	"homecoming/market"
)

// A Quote is everything that happens to one fee, in minor units of its currency: one line of money for both sides.
// A milestone is one statement, so fractions are dropped once here and nowhere else.
type Quote struct {
	Currency      string     `json:"currency"`
	Fee           int64      `json:"fee"`            // agreed, without consumption tax
	Tax           int64      `json:"tax"`            // consumption tax on the fee
	Withheld      int64      `json:"withheld"`       // income tax that the company pays to the tax office instead
	Net           int64      `json:"net"`            // what the alumnus receives: Fee + Tax − Withheld
	PlatformFee   int64      `json:"platform_fee"`   // the marketplace's, on top
	PlatformTax   int64      `json:"platform_tax"`   // consumption tax on the platform fee
	Charge        int64      `json:"charge"`         // what the company is charged: Net + PlatformFee + PlatformTax
	LatestPayment civil.Date `json:"latest_payment"` // by when the fee is to be paid if delivered on the day asked about
}

// QuoteFor computes the line of money for a fee of a company's task of a withholding category, delivered on a day.
//
// A supplier without a registration number gets the tax line as well: they are asked for the same price, the tax
// agency lets the net fee be the withholding base whenever the statement shows the tax separately (registered or not),
// and cutting it from the price unasked is what the Freelance Act forbids. What differs is the buyer's own deduction,
// see [Rules.DeductibleTax]; the contract keeps who the payee was for it.
//
// The platform's fee is the platform's own statement, rounded its way and not the company's.
//
// Japanese taxes are taken on yen alone: in other currencies Tax, Withheld and PlatformTax are zero.
func QuoteFor(r Rules, c market.Company, category string, fee market.Money, to market.Payee, deliverOn civil.Date) Quote {
	q := Quote{Currency: fee.Currency, Fee: fee.Amount, PlatformFee: share(fee.Amount, c.PlatformFeeBP),
		LatestPayment: r.PaymentDue(deliverOn, c.PaymentDays)}
	if fee.Currency == "JPY" {
		q.Tax = r.ConsumptionTax(deliverOn, q.Fee)
		q.Withheld = r.Withheld(category, deliverOn, q.Fee, to)
		q.PlatformTax = r.Installation().ConsumptionTax(deliverOn, q.PlatformFee)
	}
	q.Net = q.Fee + q.Tax - q.Withheld
	q.Charge = q.Net + q.PlatformFee + q.PlatformTax
	return q
}

// QuoteOffer is the line of money of an offer: the sum of its parts, each a statement of its own, and of its own
// withholding category where a mixed contract is split.
func QuoteOffer(r Rules, c market.Company, category string, o market.Terms, to market.Payee) Quote {
	if len(o.Milestones) == 0 {
		return QuoteFor(r, c, category, o.Amount, to, o.DeliverOn)
	}
	sum := Quote{Currency: o.Amount.Currency}
	for _, part := range o.Milestones {
		day := part.DueOn
		if day.IsZero() {
			day = o.DeliverOn
		}
		sum = sum.add(QuoteFor(r, c, cmp.Or(part.Category, category), market.Money{Amount: part.Amount, Currency: sum.Currency}, to, day))
	}
	return sum
}

// FeeFor is the fee from which the payee receives a net amount, with consumption tax added and income tax withheld: the
// larger where two fit, and the least that leaves no less where none fits.
func FeeFor(r Rules, c market.Company, category string, net market.Money, to market.Payee, deliverOn civil.Date) market.Money {
	left := func(fee int64) int64 {
		return QuoteFor(r, c, category, market.Money{Amount: fee, Currency: net.Currency}, to, deliverOn).Net
	}
	fee := largest(net.Amount, left)
	if left(fee) < net.Amount {
		fee++
	}
	return market.Money{Amount: fee, Currency: net.Currency}
}

// Money puts the quote's currency to an amount of it.
func (q Quote) Money(amount int64) market.Money {
	return market.Money{Amount: amount, Currency: q.Currency}
}

// add sums two quotes of one currency; the later latest payment counts.
func (q Quote) add(o Quote) Quote {
	sum := Quote{Currency: o.Currency, Fee: q.Fee + o.Fee, Tax: q.Tax + o.Tax, Withheld: q.Withheld + o.Withheld, Net: q.Net + o.Net,
		PlatformFee: q.PlatformFee + o.PlatformFee, PlatformTax: q.PlatformTax + o.PlatformTax, Charge: q.Charge + o.Charge,
		LatestPayment: q.LatestPayment}
	if o.LatestPayment.After(sum.LatestPayment) {
		sum.LatestPayment = o.LatestPayment
	}
	return sum
}
