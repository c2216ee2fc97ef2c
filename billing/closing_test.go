package billing_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"gorm.io/gorm"

	"homecoming/billing"
	"homecoming/market"
)

// afterNovember is a world in which one milestone was paid in November and the month is over, in Tokyo.
func afterNovember(t *testing.T) *world {
	w, _ := paidFor(t)
	w.Clock.Set(time.Date(2026, 11, 30, 14, 59, 0, 0, time.UTC))
	_, err := w.billing.CloseMonth(ctx, w.aoi.Finance, w.aoi.ID, day("2026-11-01"))
	w.wantErr(err, billing.ErrMonthRunning) // a minute to midnight
	w.Clock.Set(time.Date(2026, 11, 30, 15, 1, 0, 0, time.UTC))
	return w
}

func (w *world) closeNovember() billing.MonthView {
	w.Helper()
	w.reconcile()
	v, err := w.billing.CloseMonth(ctx, w.aoi.Finance, w.aoi.ID, day("2026-11-15"))
	w.Check(err)
	return v
}

func TestAMonthClosesWithZeroUnexplainedAndTakesNothingMore(t *testing.T) {
	w := afterNovember(t)
	_, err := w.billing.CloseMonth(ctx, w.aoi.Finance, w.aoi.ID, day("2026-11-01"))
	w.wantErr(err, billing.ErrMonthNotReady) // nothing was read since midnight
	_, err = w.billing.CloseMonth(ctx, w.aoi.Manager, w.aoi.ID, day("2026-11-01"))
	w.wantErr(err, market.ErrForbidden)
	w.Exec("UPDATE balance_transactions SET fee = fee + 6, net = net - 6 WHERE type = 'charge'")
	w.reconcile()
	_, err = w.billing.CloseMonth(ctx, w.aoi.Finance, w.aoi.ID, day("2026-11-01"))
	w.wantErr(err, billing.ErrMonthNotReady)
	w.Exec("UPDATE balance_transactions SET fee = fee - 6, net = net + 6 WHERE type = 'charge'")
	v := w.closeNovember()
	if v.Closing == nil || v.Next != day("2026-12-01") {
		t.Fatalf("closed: %+v", v)
	}
	e := w.entry("late", 5, -5)
	e.At = time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)
	w.Tx(func(tx *gorm.DB) error { _, err := billing.Post(tx, e); return err })
	if n := w.Count("SELECT count(*) FROM ledger_entries WHERE source = 'late' AND booked_on = '2026-12-01'"); n != 1 {
		t.Error("an entry of a closed month was not booked in the next")
	}
	_, err = w.billing.CloseMonth(ctx, w.aoi.Finance, w.aoi.ID, day("2027-01-10"))
	w.wantErr(err, billing.ErrMonthOrder)
}

func TestOpeningAMonthAgainTakesTwoPeopleAndAReason(t *testing.T) {
	w := afterNovember(t)
	w.closeNovember()
	move := func(who market.Actor, do, reason string) error {
		_, err := w.billing.MoveClosing(ctx, who, w.aoi.ID, day("2026-11-01"), do, reason)
		return err
	}
	w.wantErr(move(w.aoi.Finance, "ask", " "), market.ErrRequired)
	w.Check(move(w.aoi.Finance, "ask", "The bank sent a correction."))
	w.wantErr(move(w.aoi.Finance, "confirm", ""), billing.ErrSamePerson)
	w.Check(move(w.aoi.Approver, "decline", ""))
	w.Check(move(w.aoi.Finance, "ask", "The bank sent a correction."))
	w.Check(move(w.aoi.Approver, "confirm", ""))
	if n := w.Count("SELECT count(*) FROM companies WHERE id = ? AND books_closed_through IS NULL", w.aoi.ID); n != 1 {
		t.Error("the books are still closed")
	}
	if n := w.Count("SELECT count(*) FROM audit WHERE action LIKE 'month.%'"); n != 5 {
		t.Errorf("%d words in the audit, want 5", n)
	}
	w.closeNovember()
	if n := w.Count("SELECT count(*) FROM closed_months"); n != 2 {
		t.Errorf("%d closings are remembered", n)
	}
}

func TestNoEntrySlipsIntoAMonthWhileItIsBeingClosed(t *testing.T) {
	w := afterNovember(t)
	w.reconcile()
	post := func(source string) func() error {
		return func() error {
			return w.DB.Tx(ctx, func(tx *gorm.DB) error {
				e := w.entry(source, 5, -5)
				e.At = time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)
				_, err := billing.Post(tx, e)
				return err
			})
		}
	}
	closing := func() error {
		_, err := w.billing.CloseMonth(ctx, w.aoi.Finance, w.aoi.ID, day("2026-11-01"))
		return err
	}
	w.Check(errors.Join(w.Together(post("a"), post("b"), closing, post("c"), post("d"))...))
	// What was posted after the closing, by the order of the commits, is not November's: the ledger's own check knows.
	w.Check(post("e")())
	if n := w.Count("SELECT count(*) FROM ledger_entries WHERE source = 'e' AND booked_on = '2026-12-01'"); n != 1 {
		t.Error("the last one is November's")
	}
}

func TestAnEntryByHandTakesTwoPeopleAndSettlesItsException(t *testing.T) {
	w, _ := paidFor(t)
	w.Exec("UPDATE balance_transactions SET fee = fee + 6, net = net - 6 WHERE type = 'charge'")
	e := w.wantException(billing.WrongFee, 6)
	if e.Fix() != billing.FixBook {
		t.Fatalf("the fix is %s", e.Fix())
	}
	lines, err := w.billing.Prepared(ctx, w.aoi.Finance, e.ID, billing.Overs(w.aoi.ID)[0])
	w.Check(err)
	if !slices.Equal(lines, []billing.Posting{{Account: "stripe:platform", Currency: "JPY", Amount: -6}, {Account: "stripe_fee", Currency: "JPY", Amount: 6}}) {
		t.Fatalf("prepared: %+v", lines)
	}
	for _, wrong := range []struct {
		lines []billing.Posting
		want  error
	}{
		{[]billing.Posting{{Account: "stripe_fee", Currency: "JPY", Amount: 6}, {Account: "stripe:platform", Currency: "JPY", Amount: -5}}, billing.ErrUnbalanced},
		{[]billing.Posting{{Account: "payable:x", Currency: "JPY", Amount: 6}, {Account: "stripe_fee", Currency: "JPY", Amount: -6}}, billing.ErrHandAccount},
		{lines[:1], billing.ErrHandLines},
	} {
		_, err := w.billing.ProposeAdjustment(ctx, w.aoi.Finance, e.ID, wrong.lines, "x")
		w.wantErr(err, wrong.want)
	}
	_, err = w.billing.ProposeEntry(ctx, w.aoi.Finance, w.aoi.ID, lines, "x")
	w.wantErr(err, billing.ErrPlatformByHand)
	a, err := w.billing.ProposeAdjustment(ctx, w.aoi.Finance, e.ID, lines, "Stripe rounds up.")
	w.Check(err)
	_, err = w.billing.ProposeAdjustment(ctx, w.aoi.Administrator, e.ID, lines, "Stripe rounds up.")
	w.wantErr(err, billing.ErrNotOpen)
	_, err = w.billing.DecideAdjustment(ctx, w.aoi.Finance, a.ID, "approve")
	w.wantErr(err, billing.ErrSamePerson)
	a, err = w.billing.DecideAdjustment(ctx, w.aoi.Approver, a.ID, "approve")
	w.Check(err)
	w.wantReconciled(2)
	got, _, err := w.billing.Exception(ctx, w.aoi.Finance, e.ID)
	w.Check(err)
	if got.State != billing.ExceptionResolved || a.EntryID == nil {
		t.Errorf("the exception is %s, the entry %v", got.State, a.EntryID)
	}
	w.Exec("UPDATE balance_transactions SET fee = fee - 6, net = net + 6 WHERE type = 'charge'") // as the provider had it
}

func TestAnExceptionIsTheSameFromRunToRunAndEndsByItself(t *testing.T) {
	w, _ := paidFor(t)
	w.Exec("UPDATE balance_transactions SET fee = fee + 6, net = net - 6 WHERE type = 'charge'")
	e := w.wantException(billing.WrongFee, 6)
	w.Check(w.billing.Assign(ctx, w.aoi.Finance, e.ID, &w.aoi.Finance.PersonID))
	w.wantErr(w.billing.Assign(ctx, w.aoi.Finance, e.ID, &w.yumi.PersonID), billing.ErrNoOwner)
	w.wantException(billing.WrongFee, 6)
	again, err := w.billing.Exceptions(ctx, w.aoi.Finance, w.aoi.ID, billing.ExceptionFilter{Owner: w.aoi.Finance.PersonID})
	w.Check(err)
	if len(again) != 1 || again[0].ID != e.ID || again[0].OwnerName == "" {
		t.Errorf("found again as %+v", again)
	}
	a, err := w.billing.ProposeAdjustment(ctx, w.aoi.Finance, e.ID, nil, "Known.")
	w.Check(err)
	w.Exec("UPDATE balance_transactions SET fee = fee - 6, net = net + 6 WHERE type = 'charge'")
	w.wantReconciled(2)
	got, tried, err := w.billing.Exception(ctx, w.aoi.Finance, e.ID)
	w.Check(err)
	if got.State != billing.ExceptionExplained || len(tried) != 1 || tried[0].ID != a.ID || tried[0].State != billing.ApprovalWithdrawn {
		t.Errorf("it is %s, what was proposed %+v", got.State, tried)
	}
	beni := w.Company("Beni")
	_, _, err = w.billing.Exception(ctx, beni.Finance, e.ID)
	w.wantErr(err, market.ErrNotFound)
}

func TestTheDailyRunGoesOnWhereTheLastOneEnded(t *testing.T) {
	w, _ := paidFor(t)
	due := func(want int) {
		t.Helper()
		if n, err := w.billing.ReconcileDue(ctx); err != nil || n != want {
			t.Fatalf("%d runs are due, want %d: %v", n, want, err)
		}
	}
	due(0) // compared today
	w.Clock.Advance(24 * time.Hour)
	due(1)
	due(0) // it waits already
	var days []struct{ From, To string }
	w.Check(w.DB.Gorm(ctx).Raw("SELECT report->>'from' AS from, report->>'to' AS to FROM runs WHERE finished_at IS NULL").Scan(&days).Error)
	if len(days) != 1 || days[0].To != w.Today().String() || day(days[0].From).After(w.Today().AddDays(-2)) {
		t.Errorf("the days are %+v", days)
	}
}
