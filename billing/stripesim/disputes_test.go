package stripesim_test

import (
	"testing"

	"github.com/stripe/stripe-go/v76"
)

func TestADisputeTakesTheMoneyAndTheFeeAndGivesTheMoneyBackWhenItIsWon(t *testing.T) {
	w := newWorld(t)
	w.charge(50_000)
	ch := w.charge(10_000)
	id, err := w.sim.Dispute(ch.ID, 0, "product_not_received", false)
	w.must(err)
	d, err := w.stripe.Disputes.Get(id, nil)
	w.must(err)
	if d.Status != stripe.DisputeStatusNeedsResponse || d.Amount != 10_000 || d.Charge.ID != ch.ID || len(d.BalanceTransactions) != 1 ||
		d.BalanceTransactions[0].Net != -11_500 || d.EvidenceDetails.DueBy == 0 {
		t.Errorf("the dispute is %+v", d)
	}
	w.wantBalance("", -11_500, 48_200+9_640)
	_, err = w.stripe.Refunds.New(&stripe.RefundParams{Charge: &ch.ID})
	wantStripe(t, err, 400, invalidRequest, "charge_disputed")
	d, err = w.stripe.Disputes.Update(id, &stripe.DisputeParams{Submit: stripe.Bool(true), Evidence: &stripe.DisputeEvidenceParams{
		ProductDescription: stripe.String("The books"), ServiceDate: stripe.String("2026-03-01"), UncategorizedText: stripe.String("winning_evidence")}})
	w.must(err)
	if d.Status != stripe.DisputeStatusWon || len(d.BalanceTransactions) != 2 || d.EvidenceDetails.SubmissionCount != 1 {
		t.Errorf("with evidence it is %+v", d)
	}
	w.wantBalance("", -1_500, 48_200+9_640)
	if n := w.count(w.stripe.Disputes.List(&stripe.DisputeListParams{Charge: &ch.ID})); n != 1 {
		t.Errorf("%d are listed", n)
	}
}

func TestAnUnansweredDisputeIsLostAtItsDeadlineAndAnInquiryClosed(t *testing.T) {
	w := newWorld(t)
	one, two := w.charge(10_000), w.charge(20_000)
	lost, err := w.sim.Dispute(one.ID, 4_000, "fraudulent", false)
	w.must(err)
	asked, err := w.sim.Dispute(two.ID, 0, "general", true)
	w.must(err)
	w.days(10)
	for id, want := range map[string]stripe.DisputeStatus{lost: stripe.DisputeStatusLost, asked: stripe.DisputeStatusWarningClosed} {
		d, err := w.stripe.Disputes.Get(id, nil)
		w.must(err)
		if d.Status != want {
			t.Errorf("%s is %s, want %s", id, d.Status, want)
		}
	}
	w.wantBalance("", 9_640+19_280-5_500, 0)
	if w.sim.DecideDispute(lost, true) == nil {
		t.Error("it was decided twice")
	}
}

func TestARefundThatFailsBringsItsMoneyBack(t *testing.T) {
	w := newWorld(t)
	w.charge(50_000)
	ch := w.charge(10_000)
	re, err := w.stripe.Refunds.New(&stripe.RefundParams{Charge: &ch.ID})
	w.must(err)
	w.must(w.sim.FailRefund(re.ID, "lost_or_stolen_card"))
	p := &stripe.RefundParams{}
	p.AddExpand("failure_balance_transaction")
	re, err = w.stripe.Refunds.Get(re.ID, p)
	w.must(err)
	if re.Status != stripe.RefundStatusFailed || re.FailureReason != "lost_or_stolen_card" || re.FailureBalanceTransaction.Net != 10_000 {
		t.Errorf("the refund is %+v", re)
	}
	w.wantBalance("", 0, 48_200+9_640)
	_, err = w.stripe.Refunds.New(&stripe.RefundParams{Charge: &ch.ID})
	w.must(err)
}

func TestAPayoutThatFailsIsPaidOutAgainAfterTheBankAccountWasMended(t *testing.T) {
	w := newWorld(t)
	yumi, ch := w.alumna(), w.charge(10_000)
	_, err := w.transfer(3_000, yumi, ch)
	w.must(err)
	w.days(14)
	p := w.onlyPayout(yumi.ID)
	w.must(w.sim.FailPayout(p.ID, "account_closed"))
	w.wantBalance(yumi.ID, 3_000, 0)
	a, err := w.stripe.Accounts.GetByID(yumi.ID, nil)
	w.must(err)
	if a.PayoutsEnabled || len(a.Requirements.CurrentlyDue) != 1 || a.ExternalAccounts.Data[0].BankAccount.Status != "errored" {
		t.Errorf("the account is %+v", a)
	}
	w.days(14)
	w.wantBalance(yumi.ID, 3_000, 0)
	w.press(w.accountLink(yumi.ID).URL, 0)
	w.days(14)
	w.wantBalance(yumi.ID, 0, 0)
}

func TestADeauthorisedAccountIsNotThereForThePlatform(t *testing.T) {
	w := newWorld(t)
	yumi, ch := w.alumna(), w.charge(10_000)
	w.must(w.sim.Deauthorize(yumi.ID))
	_, err := w.stripe.Accounts.GetByID(yumi.ID, nil)
	wantStripe(t, err, 403, invalidRequest, stripe.ErrorCodeAccountInvalid)
	_, err = w.transfer(1_000, yumi, ch)
	wantStripe(t, err, 400, invalidRequest, stripe.ErrorCodeResourceMissing)
	if n := w.count(w.stripe.Accounts.List(nil)); n != 0 {
		t.Errorf("%d accounts are listed", n)
	}
}
