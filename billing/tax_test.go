package billing_test

import (
	"testing"

	"cloud.google.com/go/civil"
	"pgregory.net/rapid"

	"homecoming/billing"
	"homecoming/market"
)

func day(s string) civil.Date {
	d, err := civil.ParseDate(s)
	if err != nil {
		panic(err)
	}
	return d
}

var today = day("2026-11-23")

// statute is the rules that come with the program.
var statute = billing.Statute

func TestWithholdingIsWhatTheTaxOfficeComputes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		category string
		base     int64
		payee    market.Payee
		want     int64
	}{
		{"design", 100_000, market.Payee{}, 10_210},
		{"design", 333_333, market.Payee{}, 34_033},
		{"design", 1_000_000, market.Payee{}, 102_100},
		{"design", 1_000_005, market.Payee{}, 102_101},
		{"design", 1_500_000, market.Payee{}, 204_200},
		{"profession", 300_000, market.Payee{}, 30_630}, // 30,000 tax shown separately
		{"profession", 330_000, market.Payee{}, 33_693}, // not separated
		{"scrivener", 60_000, market.Payee{}, 5_105},
		{"scrivener", 9_999, market.Payee{}, 0},
		{"lecture", 300_000, market.Payee{NonResident: true}, 61_260},
		{"design", 300_000, market.Payee{Corporate: true}, 0},
		{"none", 300_000, market.Payee{}, 0},
		{"never heard of", 300_000, market.Payee{}, 0},
	} {
		if got := statute.Withheld(c.category, today, c.base, c.payee); got != c.want {
			t.Errorf("%s %d %+v: withheld %d, want %d", c.category, c.base, c.payee, got, c.want)
		}
	}
}

func TestGrossingUpAndWithholdingComeBackToTheNet(t *testing.T) {
	t.Parallel()
	for net, want := range map[int64]int64{100_000: 111_370, 897_900: 1_000_000, 1_000_000: 1_128_298} {
		if got := statute.GrossFor("design", today, net, market.Payee{}); got != want {
			t.Errorf("GrossFor(%d) = %d, want %d", net, got, want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		net := rapid.Int64Range(1, 50_000_000).Draw(t, "net")
		kept := func(gross int64) int64 { return gross - statute.Withheld("design", today, gross, market.Payee{}) }
		gross := statute.GrossFor("design", today, net, market.Payee{})
		if kept(gross) != net && kept(gross-1) < net && kept(gross+1) > net {
			return // some nets no gross gives exactly: at the million, withholding jumps
		}
		if kept(gross) != net {
			t.Fatalf("GrossFor(%d) = %d, which leaves %d", net, gross, kept(gross))
		}
		if kept(gross+1) == net {
			t.Fatalf("%d leaves %d as well, and is larger than %d", gross+1, net, gross)
		}
	})
}

func TestConsumptionTaxIsRoundedOnceAStatement(t *testing.T) {
	t.Parallel()
	if got := statute.ConsumptionTax(today, 105, 105, 105); got != 31 {
		t.Errorf("3 × 105: %d, want 31", got)
	}
	if got := statute.ConsumptionTax(today, 12_345, 67_890); got != 8_023 {
		t.Errorf("12,345 + 67,890: %d, want 8,023", got)
	}
	if got := statute.IncludedTax(today, 1_234_567); got != 112_233 {
		t.Errorf("inside 1,234,567: %d, want 112,233", got)
	}
	if got := statute.ConsumptionTax(day("2019-09-30"), 1000); got != 80 {
		t.Errorf("the day before the rate rose: %d, want 80", got)
	}
}

func TestAnUnregisteredSuppliersTaxIsDeductedLessOverTheYears(t *testing.T) {
	t.Parallel()
	const tax = 10_000 // in 110,000
	for at, want := range map[string]int64{
		"2026-09-30": 8_000, "2026-10-01": 7_000, "2028-09-30": 7_000, "2028-10-01": 5_000,
		"2030-10-01": 3_000, "2031-09-30": 3_000, "2031-10-01": 0,
	} {
		if got := statute.DeductibleTax(day(at), tax, false); got != want {
			t.Errorf("%s: %d, want %d", at, got, want)
		}
	}
	if got := statute.DeductibleTax(today, tax, true); got != tax {
		t.Errorf("registered: %d, want all of %d", got, tax)
	}
}

func TestTheFeeIsDueWithinSixtyDaysOfReceipt(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		received string
		agreed   int
		want     string
	}{
		{"2026-11-23", 60, "2027-01-21"},
		{"2026-12-01", 60, "2027-01-29"},
		{"2026-12-01", 90, "2027-01-29"}, // over 60 → day 60
		{"2026-12-01", 0, "2026-12-01"},  // none set → the day of receipt
		{"2026-12-01", 1, "2026-12-01"},
		{"2026-11-23", 30, "2026-12-22"},
	} {
		if got := statute.PaymentDue(day(c.received), c.agreed); got != day(c.want) {
			t.Errorf("%s, %d days: %s, want %s", c.received, c.agreed, got, c.want)
		}
	}
	if got := statute.ReconsignedDue(day("2026-12-31")); got != day("2027-01-29") {
		t.Errorf("passed on: %s", got)
	}
	if got := statute.NoticeOfEnding(day("2027-03-31")); got != day("2027-03-01") {
		t.Errorf("notice: %s", got)
	}
}

func TestClosingTheMonthReadsSixtyDaysAsTwoMonths(t *testing.T) {
	t.Parallel()
	if !statute.PaidInTime(day("2026-07-01"), day("2026-07-31"), day("2026-08-31")) {
		t.Error("received 07-01, closed 07-31, paid 08-31 is accepted")
	}
	if statute.PaidInTime(day("2026-07-01"), day("2026-07-31"), day("2026-09-01")) {
		t.Error("a day later is late")
	}
	if statute.PaidInTime(day("2026-07-01"), day("2026-07-20"), day("2026-08-31")) {
		t.Error("the longer reading is for closings at the month's end")
	}
}

func TestWithheldTaxIsDueOnTheTenthRolledOverHolidays(t *testing.T) {
	t.Parallel()
	for paid, want := range map[string]string{
		"2026-12-01": "2027-01-12", "2026-12-31": "2027-01-12", // 10th a Sunday, 11th Coming of Age
		"2026-11-23": "2026-12-10", "2026-09-30": "2026-10-13", // 10th a Saturday, 12th Sports Day
		"2024-01-15": "2024-02-13", // 10th a Saturday, the 11th a Sunday moves its holiday to the 12th
		"2026-03-31": "2026-04-10",
	} {
		if got := statute.WithholdingDue(day(paid)); got != day(want) {
			t.Errorf("paid %s: due %s, want %s", paid, got, want)
		}
	}
}

func TestAYearsTotalAboveFiftyThousandNeedsARecord(t *testing.T) {
	t.Parallel()
	if statute.NeedsPaymentRecord(2026, 50_000) || !statute.NeedsPaymentRecord(2026, 50_001) {
		t.Error("50,000 needs none, 50,001 does")
	}
}
