package market_test

import (
	"context"
	"errors"
	"testing"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"
	"gorm.io/gorm"
	"pgregory.net/rapid"

	"homecoming/market"
	"homecoming/market/markettest"
)

// order sets a purchase order of an amount aside, within a cost centre where one is named.
func order(w *markettest.World, c *markettest.Company, code string, amount int64, within string) market.Budget {
	w.Helper()
	b, err := w.Market.CreateBudget(context.Background(), c.Finance, c.ID, market.BudgetEdit{Budget: market.Budget{Kind: market.PurchaseOrder, Code: code, Amount: &amount}, Within: within})
	w.Check(err)
	return b
}

func centre(w *markettest.World, c *markettest.Company, code string, limit *int64) market.Budget {
	w.Helper()
	b, err := w.Market.CreateBudget(context.Background(), c.Finance, c.ID, market.BudgetEdit{Budget: market.Budget{Kind: market.CostCentre, Code: code, Amount: limit}})
	w.Check(err)
	return b
}

func from(code string) func(*market.TaskDraft) {
	return func(d *market.TaskDraft) { d.PaidFrom = code }
}

// published is a task that is paid from a budget and takes bids.
func published(w *markettest.World, c *markettest.Company, budget int64, changes ...func(*market.TaskDraft)) market.Task {
	w.Helper()
	t, err := w.Market.PublishTask(context.Background(), c.Manager, c.Draft("Close the books", budget, changes...).ID)
	w.Check(err)
	return t
}

func TestAwardsAtOnceNeverPromiseMoreThanAPurchaseOrderHolds(t *testing.T) {
	t.Parallel()
	w := markettest.New(t)
	aoi := w.Company("Aoi")
	po := order(w, aoi, "PO-4471", 500_000, "")
	yumi := aoi.Alumnus("Takahashi Yumi")
	var attempts []func() error
	for range 4 {
		bid := w.Bid(yumi, published(w, aoi, 300_000, from("po-4471")), 240_000)
		attempts = append(attempts, func() error { return accept(w, aoi.Manager, bid.ID, 1) })
	}
	done := 0
	for _, err := range w.Together(attempts...) {
		switch {
		case err == nil:
			done++
		case !errors.Is(err, market.ErrOverBudget):
			t.Error(err)
		}
	}
	after, tasks, err := w.Market.Budget(context.Background(), aoi.Finance, po.ID)
	if err != nil || done != 2 || after.Committed != 480_000 || len(tasks) != 2 {
		t.Errorf("%d awards, %d committed to %d tasks, %v", done, after.Committed, len(tasks), err)
	}
}

func TestAnOrderCountsInItsCostCentreAsWell(t *testing.T) {
	t.Parallel()
	w := markettest.New(t)
	aoi := w.Company("Aoi")
	limit := int64(300_000)
	cc := centre(w, aoi, "CC-210", &limit)
	order(w, aoi, "PO-1", 250_000, "CC-210")
	order(w, aoi, "PO-2", 250_000, cc.ID.String())
	yumi := aoi.Alumnus("Takahashi Yumi")
	first := w.Bid(yumi, published(w, aoi, 300_000, from("PO-1")), 200_000)
	w.Check(accept(w, aoi.Manager, first.ID, 1))
	second := w.Bid(yumi, published(w, aoi, 300_000, from("PO-2")), 200_000)
	err := accept(w, aoi.Manager, second.ID, 1)
	if !errors.Is(err, market.ErrOverBudget) || err.Error() != "over_budget: This would take CC-210 ¥100,000 over its limit. Raise the limit or lower the fee." {
		t.Error(err)
	}
}

func TestTheAlumnusLearnsNothingOfTheCompanysBudget(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	aoi := w.Company("Aoi")
	po := order(w, aoi, "PO-1", 300_000, "")
	yumi := aoi.Alumnus("Takahashi Yumi")
	task := published(w, aoi, 300_000, from("PO-1"))
	bid := w.Bid(yumi, task, 280_000)
	terms := bid.Terms()
	terms.Amount, terms.Milestones = market.Yen(310_000), nil
	if _, err := w.Market.Counter(ctx, aoi.Manager, bid.ID, 1, terms); !errors.Is(err, market.ErrOverBudget) {
		t.Errorf("the company offered what it cannot keep: %v", err)
	}
	terms.Amount = market.Yen(290_000)
	_, err := w.Market.Counter(ctx, aoi.Manager, bid.ID, 1, terms)
	w.Check(err)
	lower := int64(100_000)
	_, err = w.Market.EditBudget(ctx, aoi.Finance, po.ID, 1, market.BudgetEdit{Budget: market.Budget{Kind: market.PurchaseOrder, Code: "PO-1", Amount: &lower}})
	w.Check(err)
	err = accept(w, yumi.Actor, bid.ID, 2)
	if !errors.Is(err, market.ErrSpendingNotCleared) {
		t.Error(err)
	}
}

func TestBudgetsThatCannotBeAreRefused(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	aoi, midori := w.Company("Aoi"), w.Company("Midori")
	order(w, aoi, "PO-1", 300_000, "")
	centre(w, midori, "CC-9", nil)
	some, minus := int64(1), int64(-1)
	early, late := civil.Date{Year: 2026, Month: 4, Day: 1}, civil.Date{Year: 2027, Month: 3, Day: 31}
	for name, c := range map[string]struct {
		edit market.BudgetEdit
		want error
	}{
		"no code":               {market.BudgetEdit{Budget: market.Budget{Kind: market.PurchaseOrder, Amount: &some}}, market.ErrRequired},
		"no kind":               {market.BudgetEdit{Budget: market.Budget{Code: "x", Amount: &some}}, market.ErrNotOneOf},
		"an order without one":  {market.BudgetEdit{Budget: market.Budget{Kind: market.PurchaseOrder, Code: "x"}}, market.ErrOrderNeedsLimit},
		"minus":                 {market.BudgetEdit{Budget: market.Budget{Kind: market.PurchaseOrder, Code: "x", Amount: &minus}}, market.ErrAmountNotPositive},
		"the code twice":        {market.BudgetEdit{Budget: market.Budget{Kind: market.PurchaseOrder, Code: "po-1", Amount: &some}}, market.ErrBudgetExists},
		"within an order":       {market.BudgetEdit{Budget: market.Budget{Kind: market.PurchaseOrder, Code: "x", Amount: &some}, Within: "PO-1"}, market.ErrWithin},
		"within another's":      {market.BudgetEdit{Budget: market.Budget{Kind: market.PurchaseOrder, Code: "x", Amount: &some}, Within: "CC-9"}, market.ErrUnknownBudget},
		"ended before it began": {market.BudgetEdit{Budget: market.Budget{Kind: market.CostCentre, Code: "x", ValidFrom: &late, ValidUntil: &early}}, market.ErrPeriodOrder},
	} {
		if _, err := w.Market.CreateBudget(ctx, aoi.Finance, aoi.ID, c.edit); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := w.Market.CreateBudget(ctx, aoi.Manager, aoi.ID, market.BudgetEdit{}); !errors.Is(err, market.ErrForbidden) {
		t.Errorf("a manager: %v", err)
	}
	if _, err := w.Market.CreateBudget(ctx, midori.Finance, aoi.ID, market.BudgetEdit{}); !errors.Is(err, market.ErrNotFound) {
		t.Errorf("somebody else's finance: %v", err)
	}
}

func TestABudgetOutsideItsPeriodPromisesNothing(t *testing.T) {
	t.Parallel()
	w := markettest.New(t)
	aoi := w.Company("Aoi")
	po := order(w, aoi, "PO-1", 300_000, "")
	bid := w.Bid(aoi.Alumnus("Takahashi Yumi"), published(w, aoi, 300_000, from("PO-1")), 200_000)
	last := w.Today().AddDays(-1)
	_, err := w.Market.EditBudget(context.Background(), aoi.Finance, po.ID, 1,
		market.BudgetEdit{Budget: market.Budget{Kind: market.PurchaseOrder, Code: "PO-1", Amount: po.Amount, ValidUntil: &last}})
	w.Check(err)
	if err := accept(w, aoi.Manager, bid.ID, 1); !errors.Is(err, market.ErrBudgetPeriod) {
		t.Error(err)
	}
}

// However tasks take and give back, what a budget says is promised is the sum of its commitments, and never above its limit.
func TestABudgetIsTheSumOfItsCommitments(t *testing.T) {
	t.Parallel()
	w := markettest.New(t)
	aoi := w.Company("Aoi")
	limit := int64(900)
	cc := centre(w, aoi, "CC", &limit)
	po := order(w, aoi, "PO", 700, "CC")
	var tasks []uuid.UUID
	for _, code := range []string{"PO", "PO", "CC"} {
		tasks = append(tasks, aoi.Draft("Close the books", 1_000, from(code)).ID)
	}
	held := map[uuid.UUID]int64{}
	rapid.Check(t, func(r *rapid.T) {
		task, total := rapid.SampledFrom(tasks).Draw(r, "task"), rapid.Int64Range(0, 800).Draw(r, "total")
		err := w.DB.Tx(context.Background(), func(tx *gorm.DB) error { return market.Commit(tx, task, total, "test", w.Clock.Now()) })
		more := total - held[task]
		order, all := held[tasks[0]]+held[tasks[1]], held[tasks[0]]+held[tasks[1]]+held[tasks[2]]
		fits := more <= 0 || all+more <= 900 && (task == tasks[2] || order+more <= 700)
		if fits != (err == nil) || err != nil && !errors.Is(err, market.ErrOverBudget) {
			r.Fatalf("%d more on %v: %v", more, held, err)
		}
		if err == nil {
			held[task] = total
		}
		for id, want := range map[uuid.UUID]int64{po.ID: held[tasks[0]] + held[tasks[1]], cc.ID: held[tasks[0]] + held[tasks[1]] + held[tasks[2]]} {
			if got := w.Count("SELECT committed FROM budgets WHERE id = ?", id); int64(got) != want || w.Count("SELECT coalesce(sum(amount), 0) FROM commitments WHERE budget_id = ?", id) != got {
				r.Fatalf("%d instead of %d", got, want)
			}
		}
	})
}
