package billing_test

import (
	"fmt"

	"cloud.google.com/go/civil"

	"homecoming/billing"
	"homecoming/market"
)

// A designer's fee of ¥100,000: the company pays consumption tax on it, keeps income tax back for the tax office, and
// pays the marketplace five percent on top. The designer gets the whole agreed fee but for that income tax. What the
// law says comes as rows; a program has them from its database.
func ExampleQuoteFor() {
	rules := billing.NewRules([]billing.Rule{
		{Kind: billing.TaxRule, Key: "standard", ValidFrom: civil.Date{Year: 2019, Month: 10, Day: 1}, Value: 1000},
		{Kind: billing.CategoryRule, Key: "design", ValidFrom: civil.Date{Year: 2013, Month: 1, Day: 1}, Choice: string(billing.StandardMethod)},
		{Kind: billing.WithholdingRule, Key: "standard", ValidFrom: civil.Date{Year: 2013, Month: 1, Day: 1}, Value: 1021},
		{Kind: billing.WithholdingRule, Key: "threshold", ValidFrom: civil.Date{Year: 2013, Month: 1, Day: 1}, Value: 1_000_000},
	})
	company := market.Company{PlatformFeeBP: 500, PaymentDays: 60}
	q := billing.QuoteFor(rules, company, "design", market.Yen(100_000), market.Payee{}, civil.Date{Year: 2026, Month: 11, Day: 23})
	fmt.Println(q.Money(q.Fee), "+", q.Money(q.Tax), "−", q.Money(q.Withheld), "=", q.Money(q.Net), "by", q.LatestPayment)
	fmt.Println("charged:", q.Money(q.Charge))
	// Output:
	// ¥100,000 + ¥10,000 − ¥10,210 = ¥99,790 by 2027-01-21
	// charged: ¥105,290
}
