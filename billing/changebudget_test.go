package billing_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"homecoming/billing"
	"homecoming/internal/problem"
	"homecoming/market"
)

// budgeted is a contract whose task is paid from an order over so many yen, and what the order has promised.
func (w *world) budgeted(limit int64, yen ...int64) (c billing.Contract, promised func() int64) {
	w.Helper()
	order, err := w.Market.CreateBudget(ctx, w.aoi.Finance, w.aoi.ID, market.BudgetEdit{Budget: market.Budget{Kind: market.PurchaseOrder, Code: "PO-4471", Amount: &limit}})
	w.Check(err)
	c = w.contract(func(d *market.TaskDraft) { d.PaidFrom = "PO-4471" })(yen...)
	return c, func() int64 {
		w.Helper()
		b, _, err := w.Market.Budget(ctx, w.aoi.Finance, order.ID)
		w.Check(err)
		return b.Committed
	}
}

// wantPromised compares what an order has promised.
func (w *world) wantPromised(when string, got, want int64) {
	w.Helper()
	if got != want {
		w.Errorf("%s: %d is promised, want %d", when, got, want)
	}
}

func TestASignedChangePromisesWhatItAddsAndGivesItBackWhenItLapses(t *testing.T) {
	w := newWorld(t)
	c, promised := w.budgeted(200_000, 100_000)
	w.fund(c.Milestones[0])
	ch, err := w.billing.OfferChange(ctx, w.aoi.Manager, c.ID, as(c, "A third report.", fee(0, 150_000)))
	w.Check(err)
	w.wantPromised("offered", promised(), 100_000)
	_, err = w.billing.SignChange(ctx, w.yumi.Actor, ch.ID, ch.Hash)
	w.Check(err)
	w.wantPromised("signed", promised(), 150_000)
	w.Clock.Advance(15 * 24 * time.Hour)
	_, err = w.billing.ExpireChanges(ctx)
	w.Check(err)
	w.wantChange(ch, billing.ChangeLapsed)
	w.wantPromised("lapsed", promised(), 100_000)

	paid := w.agree(c, as(c, "A third report after all.", fee(0, 180_000)))
	w.payTopUp(paid)
	w.wantChange(paid, billing.ChangeInForce)
	w.wantPromised("in force", promised(), 180_000)
	_, err = w.billing.Refund(ctx, w.aoi.Manager, c.Milestones[0].ID, "Stopped.")
	w.Check(err)
	w.wantPromised("refunded", promised(), 0)
}

func TestAChangeThatShrinksAContractGivesTheRestBackToItsBudget(t *testing.T) {
	w := newWorld(t)
	c, promised := w.budgeted(160_000, 100_000, 60_000)
	w.fund(c.Milestones[1])
	swap := as(c, "Part B falls away; a smaller part C comes.", func(d *billing.ChangeDraft) {
		d.Milestones = append(d.Milestones[:1], billing.ChangedMilestone{Title: "Part C", Amount: 50_000, DueOn: c.DeliverOn})
	})
	w.wantChange(w.agree(c, swap), billing.ChangeInForce)
	w.wantPromised("B for C", promised(), 150_000)
	w.drain()
	w.wantPromised("B given back", promised(), 150_000)
}

func TestASignatureThatTheBudgetDoesNotCarryLeavesNothingBehind(t *testing.T) {
	w := newWorld(t)
	c, promised := w.budgeted(120_000, 100_000)
	more := as(c, "Two more reports.", fee(0, 130_000))
	_, err := w.billing.OfferChange(ctx, w.aoi.Manager, c.ID, more)
	w.wantErr(err, market.ErrOverBudget)
	if n := w.Count("SELECT count(*) FROM contract_changes"); n != 0 {
		t.Fatalf("%d changes were written", n)
	}
	ch, err := w.billing.OfferChange(ctx, w.yumi.Actor, c.ID, more)
	w.Check(err)
	if blocked := w.change(ch).Blocked; !errors.Is(blocked, market.ErrOverBudget) {
		t.Errorf("the company is told %v", blocked)
	}
	hers, err := w.billing.Change(ctx, w.yumi.Actor, ch.ID)
	w.Check(err)
	if !errors.Is(hers.Blocked, market.ErrSpendingNotCleared) {
		t.Errorf("the alumna is told %v", hers.Blocked)
	}
	_, err = w.billing.SignChange(ctx, w.aoi.Manager, ch.ID, ch.Hash)
	w.wantErr(err, market.ErrOverBudget)
	var told *problem.Error
	if !errors.As(err, &told) || !strings.Contains(told.In(problem.English), "PO-4471 ¥10,000 over its limit") {
		t.Errorf("the manager reads %v", err)
	}
	w.wantChange(ch, billing.ChangeOffered)
	w.wantPromised("after the refusal", promised(), 100_000)
	if m := w.milestone(c.Milestones[0].ID); m.Amount != 100_000 || w.Count("SELECT version FROM contracts WHERE id = ?", c.ID) != 1 {
		t.Errorf("something was changed: %+v", m)
	}
}

func TestAChangeIsNoWayRoundTheCompanysApprovers(t *testing.T) {
	w := newWorld(t)
	c := w.contract()(100_000)
	w.Check(w.Market.SetApprovalRules(ctx, w.aoi.Administrator, w.aoi.ID, []market.ApprovalRule{{Above: 120_000}}))
	more := as(c, "Two more reports.", fee(0, 130_000))
	_, err := w.billing.OfferChange(ctx, w.aoi.Manager, c.ID, more)
	w.wantErr(err, market.ErrApprovalNeeded)
	asked, err := w.Market.AskSpending(ctx, w.aoi.Manager, c.TaskID, market.Yen(130_000), "Two more reports.")
	w.Check(err)
	_, err = w.Market.DecideSpending(ctx, w.aoi.Approver, asked.ID, true, "")
	w.Check(err)
	w.wantChange(w.agree(c, more), billing.ChangeInForce)
}
