package stripesim_test

import (
	"io"
	"testing"

	"github.com/stripe/stripe-go/v76"
)

// The numbers are those of the ledger's table in the design: a fee of ¥100,000 with tax, withholding and platform fee.
func TestTheMainJobsMoneyGoesFromCardToBank(t *testing.T) {
	w := newWorld(t)
	yumi := w.alumna()
	if !yumi.PayoutsEnabled || yumi.Capabilities.Transfers != stripe.AccountCapabilityStatusActive {
		t.Fatalf("onboarded, and still: payouts %v, transfers %s", yumi.PayoutsEnabled, yumi.Capabilities.Transfers)
	}

	s := w.checkout(105_290)
	if led := w.pay(s); led != "http://product.test/paid?session="+s.ID {
		t.Errorf("paying led to %q", led)
	}
	pi, err := w.stripe.PaymentIntents.Get(w.session(s.ID).PaymentIntent.ID, &stripe.PaymentIntentParams{
		Expand: []*string{stripe.String("latest_charge.balance_transaction")}})
	w.must(err)
	ch := pi.LatestCharge
	if pi.Status != stripe.PaymentIntentStatusSucceeded || pi.AmountReceived != 105_290 || pi.TransferGroup != "ms_1" || pi.Metadata["milestone"] != "1" {
		t.Errorf("the intent is %+v", pi)
	}
	if b := ch.BalanceTransaction; b.Fee != 3790 || b.Net != 101_500 || b.Status != "pending" || b.Source.ID != ch.ID || b.FeeDetails[0].Amount != 3790 {
		t.Errorf("the charge's transaction is %+v", b)
	}

	tr, err := w.transfer(99_790, yumi, ch)
	w.must(err)
	w.wantBalance("", 0, 101_500-99_790)
	w.wantBalance(yumi.ID, 0, 99_790)
	w.days(4) // Friday: available and paid out
	w.wantBalance("", 1_710, 0)
	w.wantBalance(yumi.ID, 0, 0)

	p := w.onlyPayout(yumi.ID)
	if p.Amount != 99_790 || !p.Automatic || p.Status != stripe.PayoutStatusInTransit {
		t.Errorf("the payout is %+v", p)
	}
	w.days(2)
	if p = w.onlyPayout(yumi.ID); p.Status != stripe.PayoutStatusPaid {
		t.Errorf("two days later the payout is %s", p.Status)
	}
	carried := w.transactions(yumi.ID, &stripe.BalanceTransactionListParams{Payout: &p.ID})
	if len(carried) != 2 || carried[0].Type != "payout" || carried[1].Type != "payment" || carried[0].Net+carried[1].Net != 0 || carried[1].Source.ID != tr.DestinationPayment.ID {
		t.Errorf("the payout carries %+v", carried)
	}
}

func (w *world) session(id string) *stripe.CheckoutSession {
	w.Helper()
	s, err := w.stripe.CheckoutSessions.Get(id, nil)
	w.must(err)
	return s
}

func (w *world) wantBalance(account string, available, pending int64) {
	w.Helper()
	if a, p := w.balance(account); a != available || p != pending {
		w.Errorf("balance of %q is %d available and %d pending, want %d and %d", account, a, p, available, pending)
	}
}

func (w *world) onlyPayout(account string) *stripe.Payout {
	w.Helper()
	i := w.stripe.Payouts.List(&stripe.PayoutListParams{ListParams: listOn(account)})
	if !i.Next() {
		w.Fatalf("no payout: %v", i.Err())
	}
	p := i.Payout()
	if i.Next() {
		w.Fatal("more than one payout")
	}
	return p
}

func (w *world) transactions(account string, p *stripe.BalanceTransactionListParams) (out []*stripe.BalanceTransaction) {
	w.Helper()
	limit := p.ListParams.Limit
	p.ListParams = listOn(account)
	p.ListParams.Limit = limit
	i := w.stripe.BalanceTransactions.List(p)
	for i.Next() {
		out = append(out, i.BalanceTransaction())
	}
	w.must(i.Err())
	return out
}

// An iterator is any of stripe-go's.
type iterator interface {
	Next() bool
	Err() error
}

func (w *world) count(i iterator) (n int) {
	w.Helper()
	for i.Next() {
		n++
	}
	w.must(i.Err())
	return n
}

func read(t *testing.T, r io.Reader) string {
	t.Helper()
	body, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}
