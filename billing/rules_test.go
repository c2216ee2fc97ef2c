package billing_test

import (
	"errors"
	"testing"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"homecoming/billing"
	"homecoming/internal/problem"
	"homecoming/market"
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

func (w *world) offer(yen int64) market.Bid {
	w.Helper()
	return w.Bid(w.yumi, w.aoi.Task("Draw the cover", yen, design), yen)
}

func (w *world) operator(name string) market.Actor {
	w.Helper()
	who := w.aoi.Colleague(name, market.Staff)
	w.Check(w.Market.MakeOperator(ctx, w.aoi.ID, who.PersonID))
	who.Grants = append(who.Grants, market.Grant{CompanyID: w.aoi.ID, Role: market.Operator})
	return who
}

func TestARowThatChangesNoFigureIsAddedAtOnceAndOneThatDoesByTwoPeople(t *testing.T) {
	w := newWorld(t)
	up := billing.RuleDraft{Kind: billing.RoundingRule, Key: "consumption_tax", ValidFrom: w.Today(), Choice: string(billing.Up), Source: "Our tax adviser"}
	done, err := w.billing.AddRule(ctx, w.aoi.Administrator, w.aoi.ID, up)
	w.Check(err)
	if done.State != billing.ApprovalApproved || done.Version == nil {
		t.Fatalf("nothing was open: %+v", done)
	}
	agreed := w.contract(design)(100_005)
	w.offer(100_005)
	down := up
	down.Choice = billing.House
	p, err := w.billing.PreviewRule(ctx, w.aoi.Administrator, w.aoi.ID, down)
	w.Check(err)
	if len(p.Effects) != 1 || p.Effects[0].Was.Tax != 10_001 || p.Effects[0].Now.Tax != 10_000 || p.Kept != 1 {
		t.Fatalf("preview: %+v", p)
	}
	asked, err := w.billing.AddRule(ctx, w.aoi.Administrator, w.aoi.ID, down)
	w.Check(err)
	if asked.State != billing.ApprovalAsked || asked.Affected != 1 {
		t.Fatalf("%+v", asked)
	}
	w.wantLetter(market.LetterRule, w.aoi.Finance, 1)
	_, err = w.billing.ApproveRule(ctx, w.aoi.Administrator, asked.ID)
	w.wantErr(err, billing.ErrSamePerson)
	_, err = w.billing.ApproveRule(ctx, w.aoi.Manager, asked.ID)
	w.wantErr(err, market.ErrForbidden)
	_, err = w.billing.ApproveRule(ctx, w.aoi.Finance, asked.ID)
	w.Check(err)
	book, err := w.billing.RuleBook(ctx, w.aoi.Finance, w.aoi.ID)
	w.Check(err)
	if len(book.Waiting) != 0 || book.Rules.ConsumptionTax(w.Today(), 100_005) != 10_000 || book.Names[*done.Version] == "" {
		t.Errorf("the book: %+v", book.Waiting)
	}
	if m := w.milestone(agreed.Milestones[0].ID); m.Tax != 10_001 || m.RulesVersion != *done.Version {
		t.Errorf("what was agreed has changed: tax %d, rules %d", m.Tax, m.RulesVersion)
	}
	if again := w.contract(design)(100_005).Milestones[0]; again.Tax != 10_000 {
		t.Errorf("a new contract's tax is %d", again.Tax)
	}
}

func TestTheLawIsTheOperatorsAndNeverRetroactive(t *testing.T) {
	w := newWorld(t)
	w.offer(100_000)
	d := billing.RuleDraft{Kind: billing.WithholdingRule, Key: "standard", ValidFrom: w.Today(), Value: 1000, Source: "官報"}
	_, err := w.billing.AddRule(ctx, w.aoi.Administrator, w.aoi.ID, d)
	w.wantErr(err, billing.ErrStatute)
	d.Statute = true
	_, err = w.billing.AddRule(ctx, w.aoi.Administrator, w.aoi.ID, d)
	w.wantErr(err, market.ErrForbidden)
	one, two := w.operator("ichiro"), w.operator("jiro")
	ben := w.Company("Ben")
	kato := ben.Alumnus("Kato Ken")
	w.Bid(kato, ben.Task("Draw", 50_000, design), 50_000)
	p, err := w.billing.PreviewRule(ctx, one, w.aoi.ID, d)
	w.Check(err)
	if len(p.Effects) != 1 || p.Elsewhere != 1 || p.Effects[0].Now.Withheld != 10_000 {
		t.Fatalf("preview: %+v", p)
	}
	late := d
	late.ValidFrom = w.Today().AddDays(-1)
	_, err = w.billing.AddRule(ctx, one, w.aoi.ID, late)
	w.wantErr(err, billing.ErrRetroactive)
	asked, err := w.billing.AddRule(ctx, one, w.aoi.ID, d)
	w.Check(err)
	_, err = w.billing.ApproveRule(ctx, w.aoi.Administrator, asked.ID)
	w.wantErr(err, market.ErrForbidden)
	_, err = w.billing.ApproveRule(ctx, ben.Administrator, asked.ID)
	w.wantErr(err, market.ErrNotFound)
	w.Clock.Advance(day24)
	_, err = w.billing.ApproveRule(ctx, two, asked.ID)
	w.wantErr(err, billing.ErrRetroactive) // its day has passed meanwhile
	_, err = w.billing.DeclineRule(ctx, two, asked.ID)
	w.Check(err)
	_, err = w.billing.WithdrawRule(ctx, one, asked.ID)
	w.wantErr(err, billing.ErrWrongState)
}

func TestADraftSaysWhatIsWrongWithIt(t *testing.T) {
	w := newWorld(t)
	operator := w.operator("ichiro")
	good := billing.RuleDraft{Statute: true, Kind: billing.TaxRule, Key: "standard", ValidFrom: w.Today().AddDays(400), Value: 1200, Source: "官報"}
	for name, c := range map[string]struct {
		spoil func(*billing.RuleDraft)
		want  error
	}{
		"no such rule":  {func(d *billing.RuleDraft) { d.Key = "luxury" }, billing.ErrNoRule},
		"no source":     {func(d *billing.RuleDraft) { d.Source = "" }, market.ErrRequired},
		"no day":        {func(d *billing.RuleDraft) { d.ValidFrom.Month = 13 }, market.ErrRequired},
		"too high":      {func(d *billing.RuleDraft) { d.Value = 10_001 }, market.ErrBetween},
		"below nothing": {func(d *billing.RuleDraft) { d.Value = -1 }, market.ErrBetween},
		"no choice":     {func(d *billing.RuleDraft) { d.Choice = "house" }, market.ErrNotOneOf},
		"no rounding":   {func(d *billing.RuleDraft) { d.Kind, d.Key, d.Choice = billing.RoundingRule, "consumption_tax", "away" }, market.ErrNotOneOf},
	} {
		d := good
		c.spoil(&d)
		if _, err := w.billing.AddRule(ctx, operator, w.aoi.ID, d); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
	_, err := w.billing.AddRule(ctx, operator, w.aoi.ID, good)
	w.Check(err)
}

func TestAMovedHolidayMovesTheDayOnWhichTaxIsDue(t *testing.T) {
	t.Parallel()
	moved := append(billing.Seeded(), billing.Rule{Version: 1000, Kind: billing.HolidayRule, ValidFrom: day("2026-12-10"), Choice: billing.IsHoliday},
		billing.Rule{Version: 1001, Kind: billing.HolidayRule, ValidFrom: day("2027-01-11"), Choice: billing.IsWorkday})
	rules := billing.NewRules(moved)
	for paid, want := range map[string]string{"2026-11-23": "2026-12-11", "2026-12-01": "2027-01-11"} {
		if got := rules.WithholdingDue(day(paid)); got != day(want) {
			t.Errorf("paid %s: due %s, want %s", paid, got, want)
		}
	}
}

func TestEveryNoteThatCameWithTheProgramIsInBothLanguages(t *testing.T) {
	t.Parallel()
	for _, row := range billing.Seeded() {
		if note := row.NoteIn(problem.Japanese); row.Note != "" && note == row.Note {
			t.Errorf("%s.%s has no Japanese for %q", row.Kind, row.Key, row.Note)
		}
		if row.NoteIn(problem.English) != row.Note {
			t.Errorf("%s.%s reads %q in English", row.Kind, row.Key, row.NoteIn(problem.English))
		}
	}
	somebody := uuid.New()
	if r := (billing.Rule{Note: "yen a payment", AddedBy: &somebody}); r.NoteIn(problem.Japanese) != r.Note {
		t.Error("what somebody wrote is shown as they wrote it")
	}
}
