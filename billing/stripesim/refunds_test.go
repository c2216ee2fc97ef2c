package stripesim_test

import (
	"testing"

	"github.com/stripe/stripe-go/v76"
)

func TestARefundGivesBackTheChargeButNotTheFee(t *testing.T) {
	w := newWorld(t)
	w.charge(50_000)
	ch := w.charge(10_000)
	re, err := w.stripe.Refunds.New(&stripe.RefundParams{PaymentIntent: &ch.PaymentIntent.ID, Amount: stripe.Int64(4_000), Metadata: map[string]string{"milestone": "1"}})
	w.must(err)
	if re.Status != stripe.RefundStatusSucceeded || re.Charge.ID != ch.ID || re.BalanceTransaction == nil {
		t.Errorf("the refund is %+v", re)
	}
	w.wantBalance("", -4_000, 48_200+9_640)
	_, err = w.stripe.Refunds.New(&stripe.RefundParams{Charge: &ch.ID, Amount: stripe.Int64(6_001)})
	wantStripe(t, err, 400, invalidRequest, "")
	_, err = w.stripe.Refunds.New(&stripe.RefundParams{Charge: &ch.ID})
	w.must(err)
	_, err = w.stripe.Refunds.New(&stripe.RefundParams{Charge: &ch.ID})
	wantStripe(t, err, 400, invalidRequest, stripe.ErrorCodeChargeAlreadyRefunded)

	got, err := w.stripe.Charges.Get(ch.ID, &stripe.ChargeParams{Expand: []*string{stripe.String("refunds")}})
	w.must(err)
	if !got.Refunded || got.AmountRefunded != 10_000 || len(got.Refunds.Data) != 2 {
		t.Errorf("the charge is %+v", got)
	}
	if n := w.count(w.stripe.Refunds.List(&stripe.RefundListParams{Charge: &ch.ID})); n != 2 {
		t.Errorf("%d refunds are listed", n)
	}
	same, err := w.stripe.Refunds.Get(re.ID, nil)
	w.must(err)
	if same.Amount != 4_000 {
		t.Errorf("read back: %+v", same)
	}
	back := w.transactions("", &stripe.BalanceTransactionListParams{Source: &re.ID})
	if len(back) != 1 || back[0].Type != "refund" || back[0].Net != -4_000 || back[0].Fee != 0 {
		t.Errorf("its transaction is %+v", back)
	}
}

func TestARefundWaitsUntilTheBalanceCoversIt(t *testing.T) {
	w := newWorld(t)
	ch := w.charge(10_000) // leaves 9,640
	re, err := w.stripe.Refunds.New(&stripe.RefundParams{Charge: &ch.ID})
	w.must(err)
	if re.Status != stripe.RefundStatusPending || re.BalanceTransaction != nil {
		t.Errorf("uncovered, and %s", re.Status)
	}
	_, err = w.stripe.Topups.New(&stripe.TopupParams{Amount: stripe.Int64(360), Currency: stripe.String("jpy"), Description: stripe.String("fees")})
	w.must(err)
	re, err = w.stripe.Refunds.Get(re.ID, nil)
	w.must(err)
	if re.Status != stripe.RefundStatusSucceeded {
		t.Errorf("covered, and %s", re.Status)
	}
	w.wantBalance("", 360-10_000, 9_640)
}

func TestAFailedChargeCannotBeRefunded(t *testing.T) {
	w := newWorld(t)
	s := w.checkout(5_000)
	w.press(s.URL, 1)
	intent := w.session(s.ID).PaymentIntent.ID
	_, err := w.stripe.Refunds.New(&stripe.RefundParams{PaymentIntent: &intent})
	wantStripe(t, err, 400, invalidRequest, "")
	_, err = w.stripe.Refunds.New(&stripe.RefundParams{Charge: stripe.String("ch_no")})
	wantStripe(t, err, 400, invalidRequest, stripe.ErrorCodeResourceMissing)
	_, err = w.stripe.Refunds.New(&stripe.RefundParams{})
	wantStripe(t, err, 400, invalidRequest, stripe.ErrorCodeParameterMissing)
}
