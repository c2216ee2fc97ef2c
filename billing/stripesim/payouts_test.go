package stripesim_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stripe/stripe-go/v76"

	"homecoming/billing/stripesim"
)

func (w *world) schedule(a *stripe.Account, interval string) {
	w.Helper()
	_, err := w.stripe.Accounts.Update(a.ID, &stripe.AccountParams{Settings: &stripe.AccountSettingsParams{Payouts: &stripe.AccountSettingsPayoutsParams{
		Schedule: &stripe.AccountSettingsPayoutsScheduleParams{Interval: &interval}}}})
	w.must(err)
}

func TestEachScheduleIsKept(t *testing.T) {
	w := newWorld(t)
	daily, weekly, manual := w.alumna(), w.alumna(), w.alumna()
	w.schedule(daily, "daily")
	w.schedule(manual, "manual")
	ch := w.charge(100_000)
	w.days(5) // Saturday: what is available now has missed Friday
	for _, a := range []*stripe.Account{daily, weekly, manual} {
		_, err := w.transfer(10_000, a, ch)
		w.must(err)
	}
	payouts := func() (n [3]int) {
		for i, a := range []*stripe.Account{daily, weekly, manual} {
			n[i] = w.count(w.stripe.Payouts.List(&stripe.PayoutListParams{ListParams: listOn(a.ID)}))
		}
		return n
	}
	for _, want := range []struct {
		days int
		n    [3]int
	}{{0, [3]int{0, 0, 0}}, {1, [3]int{1, 0, 0}}, {4, [3]int{1, 0, 0}}, {1, [3]int{1, 1, 0}}, {100, [3]int{1, 1, 0}}} {
		w.days(want.days)
		if got := payouts(); got != want.n {
			t.Errorf("after %d more days: %v payouts, want %v", want.days, got, want.n)
		}
	}
	if p := w.onlyPayout(weekly.ID); time.Unix(p.Created, 0).UTC() != time.Date(2026, 3, 13, 0, 0, 0, 0, time.UTC) {
		t.Errorf("the weekly payout was made at %s", time.Unix(p.Created, 0).UTC())
	}
}

func TestAManualPayoutTakesOnlyWhatIsAvailable(t *testing.T) {
	w := newWorld(t)
	ch := w.charge(10_000)
	sweep := func(amount int64) (*stripe.Payout, error) {
		return w.stripe.Payouts.New(&stripe.PayoutParams{Amount: &amount, Currency: stripe.String("jpy"), Metadata: map[string]string{"sweep": "1"}})
	}
	_, err := sweep(1)
	wantStripe(t, err, 400, invalidRequest, insufficient)
	w.days(4)
	p, err := sweep(ch.BalanceTransaction.Net)
	w.must(err)
	w.wantBalance("", 0, 0)
	w.days(2)
	p, err = w.stripe.Payouts.Get(p.ID, nil)
	w.must(err)
	if p.Status != stripe.PayoutStatusPaid || p.Automatic || p.Metadata["sweep"] != "1" {
		t.Errorf("the sweep is %+v", p)
	}
	i := w.stripe.BalanceTransactions.List(&stripe.BalanceTransactionListParams{Payout: &p.ID})
	if i.Next() {
		t.Error("a manual payout was itemised")
	}
	wantStripe(t, i.Err(), 400, invalidRequest, "")
}

func TestPayOutNowItemisesAndArrives(t *testing.T) {
	w := newWorld(t)
	yumi, ch := w.alumna(), w.charge(10_000)
	if err := w.sim.PayOut(yumi.ID); !errors.Is(err, stripesim.ErrNothingToPayOut) {
		t.Errorf("with nothing there: %v", err)
	}
	w.days(5)
	for range 2 {
		_, err := w.transfer(3_000, yumi, ch)
		w.must(err)
	}
	if status := w.control("payouts", map[string]any{"account": yumi.ID}); status != 200 {
		t.Fatalf("the panel answered %d", status)
	}
	p := w.onlyPayout(yumi.ID)
	if p.Status != stripe.PayoutStatusPaid || p.Amount != 6_000 || !p.Automatic || p.ReconciliationStatus != stripe.PayoutReconciliationStatusCompleted {
		t.Errorf("the payout is %+v", p)
	}
	if n := len(w.transactions(yumi.ID, &stripe.BalanceTransactionListParams{Payout: &p.ID, Type: stripe.String("payment")})); n != 2 {
		t.Errorf("it carries %d payments, want 2", n)
	}
	w.wantBalance(yumi.ID, 0, 0)
}

func TestARestrictedAccountIsNotPaidOut(t *testing.T) {
	w := newWorld(t)
	yumi, ch := w.alumna(), w.charge(10_000)
	_, err := w.transfer(3_000, yumi, ch)
	w.must(err)
	w.control("accounts", map[string]any{"account": yumi.ID, "action": "restrict"})
	w.days(30)
	w.wantBalance(yumi.ID, 3_000, 0)
	amount := int64(1_000)
	_, err = w.stripe.Payouts.New(&stripe.PayoutParams{Params: on(yumi.ID), Amount: &amount, Currency: stripe.String("jpy")})
	wantStripe(t, err, 400, invalidRequest, stripe.ErrorCodePayoutsNotAllowed)
	w.control("accounts", map[string]any{"account": yumi.ID, "action": "onboard"})
	w.days(7)
	w.wantBalance(yumi.ID, 0, 0)
}

func TestInstantSettlementRunsTheWholeChainWithoutMovingTheClock(t *testing.T) {
	w := newWorld(t, func(c *stripesim.Config) {
		c.InstantlyAvailable = true
		c.Clock = time.Now
	})
	yumi, ch := w.alumna(), w.charge(10_000)
	w.wantBalance("", 9_640, 0)
	_, err := w.transfer(3_000, yumi, ch)
	w.must(err)
	w.must(w.sim.Advance(time.Second))
	w.wantBalance(yumi.ID, 0, 0)
	if p := w.onlyPayout(yumi.ID); p.Status != stripe.PayoutStatusPaid || p.Amount != 3_000 {
		t.Errorf("the payout is %+v", p)
	}
}

// TestAJumpOfTheClockIsTheSameAsManySteps holds the promise of due.go.
func TestAJumpOfTheClockIsTheSameAsManySteps(t *testing.T) {
	t.Parallel()
	run := func(t *testing.T, move func(w *world)) (out []string) {
		w := newWorld(t)
		yumi, ch := w.alumna(), w.charge(10_000)
		w.checkout(700)
		_, err := w.transfer(3_000, yumi, ch)
		w.must(err)
		move(w)
		for _, account := range []string{"", yumi.ID} {
			i := w.stripe.Events.List(&stripe.EventListParams{ListParams: listOn(account)})
			for i.Next() {
				out = append(out, time.Unix(i.Event().Created, 0).UTC().Format(time.DateTime)+" "+string(i.Event().Type))
			}
			w.must(i.Err())
		}
		return out
	}
	var jump, steps []string
	t.Run("runs", func(t *testing.T) {
		t.Run("jump", func(t *testing.T) { jump = run(t, func(w *world) { w.days(20) }) })
		t.Run("steps", func(t *testing.T) {
			steps = run(t, func(w *world) {
				for range 40 {
					w.must(w.sim.Advance(12 * time.Hour))
				}
			})
		})
	})
	if len(jump) == 0 || len(jump) != len(steps) {
		t.Fatalf("%d events after the jump, %d after the steps", len(jump), len(steps))
	}
	for i := range jump {
		if jump[i] != steps[i] {
			t.Errorf("event %d: %s after the jump, %s after the steps", i, jump[i], steps[i])
		}
	}
}

func TestTheClockOnlyMovesForward(t *testing.T) {
	w := newWorld(t)
	if w.sim.Advance(-time.Second) == nil || w.sim.Advance(10*366*24*time.Hour) == nil {
		t.Error("the clock went where it must not")
	}
	for _, seconds := range []any{-5, "soon", 1e12, "9223372036854775807"} {
		if status := w.control("clock", map[string]any{"advance_seconds": seconds}); status != 422 {
			t.Errorf("the panel answered %d to %v", status, seconds)
		}
	}
	if status := w.control("clock", map[string]any{"advance_seconds": 60}); status != 200 {
		t.Errorf("the panel answered %d", status)
	}
}
