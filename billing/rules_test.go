package billing_test

import (
	"testing"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"homecoming/billing"
)

func TestTheDatabaseStartsWithTheRulesThatComeWithTheProgram(t *testing.T) {
	w := newWorld(t)
	rules, err := w.billing.Rules(ctx, w.aoi.ID)
	w.Check(err)
	var rows []billing.Rule
	w.Check(w.DB.Gorm(ctx).Order("version").Find(&rows).Error)
	if rules.Version() != statute.Version() || int64(len(rows)) != statute.Version() {
		t.Fatalf("version %d of %d rows, want %d", rules.Version(), len(rows), statute.Version())
	}
	for _, row := range rows {
		want := statute.On(row.Kind, row.Key, row.ValidFrom)
		if row.AddedAt = want.AddedAt; row != want {
			t.Errorf("%+v, want %+v", row, want)
		}
	}
	if w.DB.Gorm(ctx).Exec("UPDATE rules SET value = 0").Error == nil {
		t.Error("a row was changed")
	}
}

func TestARuleHoldsFromItsDayUntilTheNext(t *testing.T) {
	t.Parallel()
	company := uuid.New()
	row := func(version, value int64, from string) billing.Rule {
		return billing.Rule{Version: version, Kind: billing.TaxRule, Key: "standard", ValidFrom: day(from), Value: value, Source: "s"}
	}
	of := func(r billing.Rule) billing.Rule { r.CompanyID = &company; return r }
	house := row(9, 0, "2028-03-01")
	house.Choice = billing.House
	rules := billing.NewRules([]billing.Rule{row(4, 12, "2028-01-01"), row(1, 8, "2024-02-29"), row(2, 10, "2026-01-01"), row(3, 11, "2026-01-01"),
		of(row(5, 99, "2026-12-31")), of(house)})
	for at, want := range map[string]int64{"2024-02-28": 0, "2024-02-29": 8, "2025-12-31": 8, "2026-01-01": 11, "2026-12-30": 11, "2026-12-31": 99,
		"2028-02-29": 99, "2028-03-01": 12} {
		if got := rules.On(billing.TaxRule, "standard", day(at)).Value; got != want {
			t.Errorf("%s: %d, want %d", at, got, want)
		}
	}
	if got := rules.Installation().On(billing.TaxRule, "standard", day("2027-06-01")).Value; got != 11 {
		t.Errorf("the installation's own: %d, want 11", got)
	}
	if rules.Version() != 9 || (billing.Rules{}).ConsumptionTax(today, 100_000) != 0 {
		t.Error("the version is the newest row's, and no rules know no tax")
	}
}

// TestRulesDoNotCareInWhichOrderTheyAreRead reads the same rows in every order.
func TestRulesDoNotCareInWhichOrderTheyAreRead(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var rows []billing.Rule
		for i := range rapid.IntRange(1, 12).Draw(t, "rows") {
			rows = append(rows, billing.Rule{Version: int64(i + 1), Kind: billing.TaxRule, Key: rapid.SampledFrom([]string{"standard", "reduced"}).Draw(t, "key"),
				ValidFrom: today.AddDays(rapid.IntRange(-5, 5).Draw(t, "from")), Value: int64(i)})
		}
		at := today.AddDays(rapid.IntRange(-6, 6).Draw(t, "at"))
		want := billing.NewRules(rows).On(billing.TaxRule, "standard", at)
		if got := billing.NewRules(rapid.Permutation(rows).Draw(t, "order")).On(billing.TaxRule, "standard", at); got != want {
			t.Fatalf("%+v, want %+v", got, want)
		}
	})
}
