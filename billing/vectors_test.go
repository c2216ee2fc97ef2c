package billing_test

import (
	"testing"

	"cloud.google.com/go/civil"
	"pgregory.net/rapid"

	"homecoming/billing"
	"homecoming/market"
)

// TestWithholdingAtItsEdges asks on either side of every step.
func TestWithholdingAtItsEdges(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		category string
		on       civil.Date
		base     int64
		payee    market.Payee
		want     int64
	}{
		{"design", today, 0, market.Payee{}, 0}, {"design", today, -1, market.Payee{}, 0}, {"design", today, 9, market.Payee{}, 0}, {"design", today, 10, market.Payee{}, 1},
		{"design", today, 99_999, market.Payee{}, 10_209}, {"design", today, 100_001, market.Payee{}, 10_210},
		{"design", today, 999_999, market.Payee{}, 102_099}, {"design", today, 1_000_001, market.Payee{}, 102_100},
		{"design", today, 1_000_004, market.Payee{}, 102_100}, {"design", today, 1_000_005, market.Payee{}, 102_101},
		{"scrivener", today, 10_000, market.Payee{}, 0}, {"scrivener", today, 10_009, market.Payee{}, 0}, {"scrivener", today, 10_010, market.Payee{}, 1},
		{"scrivener", today, 2_010_000, market.Payee{}, 204_200},
		{"lecture", today, 5, market.Payee{NonResident: true}, 1}, {"lecture", today, 4, market.Payee{NonResident: true}, 0},
		{"lecture", today, 2_000_000, market.Payee{NonResident: true}, 408_400},
		{"scrivener", today, 300_000, market.Payee{NonResident: true}, 61_260},
		{"design", today, 300_000, market.Payee{Corporate: true, NonResident: true}, 0},
		{"design", day("2012-12-31"), 100_000, market.Payee{}, 0}, {"design", day("2013-01-01"), 100_000, market.Payee{}, 10_210},
		{"design", day("2028-02-29"), 100_000, market.Payee{}, 10_210},
	} {
		if got := statute.Withheld(c.category, c.on, c.base, c.payee); got != c.want {
			t.Errorf("%s on %s, %d, %+v: withheld %d, want %d", c.category, c.on, c.base, c.payee, got, c.want)
		}
	}
}

func TestWhatIsWithheldAndWhatIsPaidAreTheWhole(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		category := rapid.SampledFrom(market.WithholdingCategories).Draw(t, "category")
		payee := market.Payee{NonResident: rapid.Bool().Draw(t, "abroad"), Corporate: rapid.Bool().Draw(t, "corporate")}
		base := rapid.Int64Range(0, 100_000_000).Draw(t, "base")
		kept := func(b int64) int64 { return statute.Withheld(category, today, b, payee) }
		if kept(base) < 0 || kept(base) > base || kept(base+1) < kept(base) || kept(base+1) > kept(base)+1 {
			t.Fatalf("%s: %d of %d, %d of one more", category, kept(base), base, kept(base+1))
		}
		net := base - kept(base)
		gross := statute.GrossFor(category, today, net, payee)
		if gross-kept(gross) != net || gross < base || gross+1-kept(gross+1) == net {
			t.Fatalf("%s: %d leaves %d, and grossing that up gives %d", category, base, net, gross)
		}
	})
}

// TestAFeeWorkedOutFromTheNetLeavesIt asks it with consumption tax added, in every category and rounding.
func TestAFeeWorkedOutFromTheNetLeavesIt(t *testing.T) {
	t.Parallel()
	company := market.Company{PaymentDays: 30, PlatformFeeBP: 500}
	rapid.Check(t, func(t *rapid.T) {
		rows := append(billing.Seeded(), billing.Rule{Version: 1000, Kind: billing.RoundingRule, Key: "consumption_tax", ValidFrom: today,
			Choice: string(rapid.SampledFrom([]billing.Rounding{billing.Down, billing.HalfUp, billing.Up}).Draw(t, "rounding"))})
		rules, category := billing.NewRules(rows), rapid.SampledFrom(market.WithholdingCategories).Draw(t, "category")
		net := func(fee int64) int64 {
			return billing.QuoteFor(rules, company, category, market.Yen(fee), market.Payee{}, today).Net
		}
		wanted := rapid.Int64Range(1, 20_000_000).Draw(t, "net")
		fee := billing.FeeFor(rules, company, category, market.Yen(wanted), market.Payee{}, today).Amount
		switch {
		case net(fee) == wanted && net(fee+1) > wanted:
		case net(fee) > wanted && net(fee-1) < wanted: // none leaves exactly that
		default:
			t.Fatalf("%s: %d for %d leaves %d (one less %d, one more %d)", category, fee, wanted, net(fee), net(fee-1), net(fee+1))
		}
	})
	if fee := billing.FeeFor(statute, company, "design", market.Yen(99_790), market.Payee{}, today); fee.Amount != 100_000 {
		t.Errorf("¥99,790 to be received is a fee of %v, want ¥100,000", fee)
	}
}

func TestARoundingIsChosenOnceAStatement(t *testing.T) {
	t.Parallel()
	for how, want := range map[billing.Rounding][3]int64{billing.Down: {31, 0, 112_233}, billing.HalfUp: {32, 1, 112_233}, billing.Up: {32, 1, 112_234}} {
		rules := billing.NewRules(append(billing.Seeded(), billing.Rule{Version: 1000, Kind: billing.RoundingRule, Key: "consumption_tax", ValidFrom: today, Choice: string(how)}))
		got := [3]int64{rules.ConsumptionTax(today, 105, 105, 105), rules.ConsumptionTax(today, 5), rules.IncludedTax(today, 1_234_567)}
		if got != want {
			t.Errorf("%s: %v, want %v", how, got, want)
		}
		if before := rules.ConsumptionTax(today.AddDays(-1), 105, 105, 105); before != 31 {
			t.Errorf("%s, the day before: %d", how, before)
		}
	}
}

// TestRoundingOnceIsWithinAYenOfTheTruth for any lines.
func TestRoundingOnceIsWithinAYenOfTheTruth(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		lines := rapid.SliceOfN(rapid.Int64Range(0, 1_000_000), 1, 30).Draw(t, "lines")
		var sum int64
		for _, l := range lines {
			sum += l
		}
		tax := statute.ConsumptionTax(today, lines...)
		if tax*10 > sum || sum-tax*10 >= 10 || tax != statute.ConsumptionTax(today, sum) {
			t.Fatalf("%d on %v", tax, lines)
		}
	})
}

func TestAMixedContractIsSplitByItsParts(t *testing.T) {
	t.Parallel()
	company := market.Company{PaymentDays: 60, PlatformFeeBP: 500}
	offer := market.Terms{Amount: market.Yen(300_000), DeliverOn: today, Milestones: []market.PlannedMilestone{
		{Title: "The pages' design", Amount: 100_000, DueOn: today, Category: "design"},
		{Title: "Their code", Amount: 200_000, DueOn: today.AddDays(10)},
	}}
	q := billing.QuoteOffer(statute, company, "none", offer, market.Payee{})
	if q.Fee != 300_000 || q.Tax != 30_000 || q.Withheld != 10_210 || q.Net != 319_790 || q.LatestPayment != statute.PaymentDue(today.AddDays(10), 60) {
		t.Errorf("%+v", q)
	}
	if whole := billing.QuoteOffer(statute, company, "design", market.Terms{Amount: market.Yen(300_000), DeliverOn: today}, market.Payee{}); whole.Withheld != 30_630 || whole.Net != 299_370 {
		t.Errorf("in one: %+v", whole)
	}
}

func TestAContractOfPartsWithholdsOnEachByItsKind(t *testing.T) {
	w := newWorld(t)
	terms := market.Terms{Amount: market.Yen(300_000), DeliverOn: w.Today().AddDays(20), Milestones: []market.PlannedMilestone{
		{Title: "Design", Amount: 100_000, Category: "design"}, {Title: "Code", Amount: 200_000}}}
	bid, err := w.Market.PlaceBid(ctx, w.yumi.Actor, w.aoi.Task("Build the site", 300_000).ID, terms)
	w.Check(err)
	c, err := w.billing.AcceptBid(ctx, w.aoi.Manager, bid.ID, bid.Version)
	w.Check(err)
	if c.Milestones[0].Withheld != 10_210 || c.Milestones[1].Withheld != 0 || c.Milestones[0].RulesVersion != statute.Version() || c.Terms.RulesVersion != statute.Version() {
		t.Errorf("%+v", c.Milestones)
	}
	s, err := billing.SplitOf(statute, c.Milestones[0], c.Terms, 50_000)
	if err != nil || s.Paid.Withheld != 5_105 {
		t.Errorf("half of the design: %+v, %v", s, err)
	}
	terms.Milestones[1].Category = "poetry"
	_, err = w.Market.PlaceBid(ctx, w.yumi.Actor, w.aoi.Task("Another", 300_000).ID, terms)
	w.wantErr(err, market.ErrNotOneOf)
}

// TestTheDueDayIsADayAndNeverAfterTheSixtieth for every day of four years, leap day and year ends among them.
func TestTheDueDayIsADayAndNeverAfterTheSixtieth(t *testing.T) {
	t.Parallel()
	for received := day("2025-01-01"); received.Before(day("2029-01-01")); received = received.AddDays(1) {
		for agreed, want := range map[int]int{-1: 0, 0: 0, 1: 0, 2: 1, 30: 29, 59: 58, 60: 59, 61: 59, 365: 59} {
			if due := statute.PaymentDue(received, agreed); due != received.AddDays(want) {
				t.Fatalf("received %s, %d days: %s", received, agreed, due)
			}
		}
		last := received.AddDays(59)
		if !statute.PaidInTime(received, received, last) {
			t.Fatalf("received %s, paid on day 60", received)
		}
		if closed := received.AddDays(1); closed.Day != 1 && statute.PaidInTime(received, received, last.AddDays(1)) { // no closing at the month's end
			t.Fatalf("received %s, paid on day 61", received)
		}
	}
}

// TestTwoMonthsFromAMonthsEnd are the end of the next, in months of every length.
func TestTwoMonthsFromAMonthsEnd(t *testing.T) {
	t.Parallel()
	for closed, last := range map[string]string{"2026-07-31": "2026-08-31", "2026-12-31": "2027-01-31", "2027-01-31": "2027-02-28", "2028-01-31": "2028-02-29",
		"2026-04-30": "2026-05-31", "2027-02-28": "2027-03-31", "2028-02-29": "2028-03-31"} {
		c := day(closed)
		received := civil.Date{Year: c.Year, Month: c.Month, Day: 1}
		if !statute.PaidInTime(received, c, day(last)) {
			t.Errorf("closed %s: %s is in time", closed, last)
		}
		if next := day(last).AddDays(1); next.DaysSince(received) >= 60 && statute.PaidInTime(received, c, next) {
			t.Errorf("closed %s: %s is late", closed, next)
		}
	}
}
