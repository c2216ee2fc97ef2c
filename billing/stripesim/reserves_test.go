package stripesim_test

import (
	"net/http"
	"testing"

	"github.com/stripe/stripe-go/v76"
)

// reserved is what the platform's balance keeps back for accounts below zero, in yen.
func (w *world) reserved() int64 {
	w.Helper()
	b, err := w.stripe.Balance.Get(&stripe.BalanceParams{})
	w.must(err)
	if len(b.ConnectReserved) == 0 {
		w.Fatal("the platform's balance says nothing of reserves")
	}
	return b.ConnectReserved[0].Amount
}

func TestAnAccountBelowZeroIsReservedForUntilItIsNotAnyMore(t *testing.T) {
	w := newWorld(t)
	yumi, ch := w.alumna(), w.charge(100_000)
	w.days(5)
	w.must(w.sim.DebitAccount(yumi.ID, 3_000))
	w.wantBalance(yumi.ID, -3_000, 0)
	w.wantBalance("", ch.BalanceTransaction.Net-3_000, 0)
	if got := w.reserved(); got != 3_000 {
		t.Errorf("%d is reserved", got)
	}
	w.must(w.sim.DebitAccount(w.alumna().ID, 500))
	if got := w.reserved(); got != 3_500 {
		t.Errorf("for two accounts %d is reserved", got)
	}
	_, err := w.transfer(2_000, yumi, ch)
	w.must(err)
	if got := w.reserved(); got != 1_500 {
		t.Errorf("after a part was made good %d is reserved", got)
	}
	_, err = w.transfer(9_000, yumi, ch)
	w.must(err)
	if got := w.reserved(); got != 500 {
		t.Errorf("after all of it was made good %d is reserved", got)
	}
	kinds := w.transactions("", &stripe.BalanceTransactionListParams{Type: stripe.String("reserved_funds")})
	var sum int64
	for _, b := range kinds {
		sum += b.Net
		if b.ReportingCategory != "connect_reserved_funds" || b.Status != "available" {
			t.Errorf("the reserve was moved by %+v", b)
		}
	}
	if sum != -500 {
		t.Errorf("the reserve's transactions sum to %d", sum)
	}
}

func TestAnAccountBelowZeroIsPaidOutOnlyWhatIsLeftOfIt(t *testing.T) {
	w := newWorld(t)
	yumi, ch := w.alumna(), w.charge(100_000)
	w.must(w.sim.DebitAccount(yumi.ID, 3_000))
	w.days(14) // two Fridays
	if n := w.count(w.stripe.Payouts.List(&stripe.PayoutListParams{ListParams: listOn(yumi.ID)})); n != 0 {
		t.Fatalf("%d payouts out of less than nothing", n)
	}
	_, err := w.transfer(10_000, yumi, ch)
	w.must(err)
	w.days(7)
	if p := w.onlyPayout(yumi.ID); p.Amount != 7_000 {
		t.Errorf("paid out is %d", p.Amount)
	}
	w.wantBalance(yumi.ID, 0, 0)
}

func TestWhatIsReservedCannotBeSentElsewhere(t *testing.T) {
	w := newWorld(t)
	yumi, daniel := w.alumna(), w.alumna()
	ch := w.charge(10_000)
	w.days(5)
	w.must(w.sim.DebitAccount(yumi.ID, 4_000))
	free := ch.BalanceTransaction.Net - 4_000
	_, err := w.transfer(free+1, daniel, nil)
	wantStripe(t, err, 400, invalidRequest, insufficient)
	_, err = w.transfer(free, daniel, nil)
	w.must(err)
}

func TestNothingIsTakenOffAnAccountThatIsNotThere(t *testing.T) {
	w := newWorld(t)
	yumi := w.alumna()
	for name, c := range map[string]struct {
		fields map[string]any
		status int
	}{
		"a good one": {map[string]any{"account": yumi.ID, "amount": 100}, http.StatusOK},
		"no account": {map[string]any{"amount": 100}, http.StatusUnprocessableEntity},
		"nobody's":   {map[string]any{"account": "acct_none", "amount": 100}, http.StatusUnprocessableEntity},
		"of nothing": {map[string]any{"account": yumi.ID, "amount": 0}, http.StatusUnprocessableEntity},
		"no number":  {map[string]any{"account": yumi.ID, "amount": "lots"}, http.StatusUnprocessableEntity},
		"a gift":     {map[string]any{"account": yumi.ID, "amount": -5}, http.StatusUnprocessableEntity},
	} {
		if got := w.control("debits", c.fields); got != c.status {
			t.Errorf("%s: %d, want %d", name, got, c.status)
		}
	}
	w.wantBalance(yumi.ID, -100, 0)
}
