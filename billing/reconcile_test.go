package billing_test

import (
	"testing"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homecoming/billing"
	"homecoming/billing/gatewaytest"
	"homecoming/market"
)

// paidFor is a world with one milestone that went all the way, reconciled to zero.
func paidFor(t *testing.T) (*world, billing.Milestone) {
	w := newWorld(t)
	w.onboard()
	m := w.contract()(100_000).Milestones[0]
	w.fund(m)
	w.deliver(m)
	w.accept(m)
	w.wantReconciled(2)
	return w, w.milestone(m.ID)
}

// wantException asserts that there is one, of a kind, and gives it.
func (w *world) wantException(kind billing.ExceptionKind, difference int64) billing.Exception {
	w.Helper()
	r := w.reconcile()
	if len(r.Exceptions) != 1 || r.Exceptions[0].Kind != kind || r.Difference["JPY"] != difference {
		w.Fatalf("want one %s and a difference of %d, got %v and %+v", kind, difference, r.Difference, r.Exceptions)
	}
	return r.Exceptions[0]
}

func TestMoneyThatWeDoNotKnowOfIsMissingInTheLedgerAndAges(t *testing.T) {
	w, _ := paidFor(t)
	other := w.contract()(50_000).Milestones[0]
	f, err := w.billing.Fund(ctx, w.aoi.Manager, other.ID)
	w.Check(err)
	gatewaytest.Press(w, f.CheckoutURL)
	e := w.wantException(billing.MissingInLedger, -(57_750 - 2_079)) // 55,000 and 2,750, less 3.6 %
	if e.AgeDays != 0 || e.Ledger != 0 || e.Other != 57_750-2_079 || e.MilestoneID == nil || *e.MilestoneID != other.ID || e.Day != w.Today() {
		t.Errorf("the exception is %+v", e)
	}
	w.Clock.Advance(12 * 24 * time.Hour)
	if e := w.wantException(billing.MissingInLedger, -(57_750 - 2_079)); e.AgeDays != 12 {
		t.Errorf("after twelve days it is %d days old", e.AgeDays)
	}
	w.drain()
	w.wantReconciled(3)
}

func TestAnEntryThatStripeDoesNotKnowIsMissingThere(t *testing.T) {
	w, m := paidFor(t)
	e := w.entry("charge:ch_invented")
	e.ExternalID, e.MilestoneID = "ch_invented", nil
	e.Postings = []billing.Posting{{Account: "stripe:platform", Currency: "JPY", Amount: 700}, {Account: "suspense:unmatched", Currency: "JPY", Amount: -700}}
	w.Tx(func(tx *gorm.DB) error { _, err := billing.Post(tx, e); return err })
	if got := w.wantException(billing.MissingAtStripe, 700); got.EntryID == nil || got.Source != "ch_invented" {
		t.Errorf("the exception is %+v", got)
	}
	_ = m
}

func TestDifferencesOfAmountFeeAndCurrencyAreTold(t *testing.T) {
	for change, want := range map[string]struct {
		kind       billing.ExceptionKind
		difference int64
	}{
		"amount = amount + 9, net = net + 9": {billing.WrongAmount, -9},
		"fee = fee + 9, net = net - 9":       {billing.WrongFee, 9},
	} {
		t.Run(string(want.kind), func(t *testing.T) {
			w, _ := paidFor(t)
			w.Exec("UPDATE balance_transactions SET " + change + " WHERE type = 'charge'")
			w.wantException(want.kind, want.difference)
		})
	}
	t.Run("currency", func(t *testing.T) {
		w, _ := paidFor(t)
		w.Exec("UPDATE balance_transactions SET currency = 'USD' WHERE type = 'charge'")
		r := w.reconcile()
		if len(r.Exceptions) != 1 || r.Exceptions[0].Kind != billing.WrongCurrency || r.Difference["JPY"] == 0 || r.Difference["USD"] != -r.Difference["JPY"] {
			t.Errorf("%v %+v", r.Difference, r.Exceptions)
		}
	})
}

func TestADoubledMovementAtStripeIsTold(t *testing.T) {
	w, _ := paidFor(t)
	w.Exec(`INSERT INTO balance_transactions SELECT id || '_2', company_id, milestone_id, source, type, amount, fee, net, currency, created_at, fetched_at
		FROM balance_transactions WHERE type = 'transfer'`)
	w.wantException(billing.Duplicate, 110_000)
}

func TestATransferThatNobodyHereSentIsAnOrphan(t *testing.T) {
	w, m := paidFor(t)
	a, err := w.billing.PayoutAccount(ctx, w.yumi.Actor)
	w.Check(err)
	_, err = w.gateway.CreateTransfer(ctx, "by hand", billing.TransferOrder{Operation: uuid.New(), Milestone: m.ID, Charge: m.Charges[0].ID, Account: *a.ProviderID,
		Amount: 300, Currency: "JPY", Title: "by hand"})
	w.Check(err)
	w.drain()
	w.wantException(billing.OrphanTransfer, 300)
}

func TestASecondPaymentForAMilestoneWaitsInSuspense(t *testing.T) {
	w, m := paidFor(t)
	c, err := w.gateway.CreateCheckout(ctx, "by hand", billing.CheckoutOrder{Operation: uuid.New(), Milestone: m.ID, Company: w.aoi.ID, Title: "again",
		Amount: 1_000, Currency: "JPY", SuccessURL: "http://product.test/", CancelURL: "http://product.test/", ExpiresAt: w.Clock.Now().Add(time.Hour)})
	w.Check(err)
	gatewaytest.Press(w, c.URL)
	w.drain()
	if n := w.Count("SELECT count(*) FROM audit WHERE action = 'payment.unmatched'"); n != 1 {
		t.Errorf("%d words are left of it, want one", n)
	}
	w.wantException(billing.UnappliedCash, 0) // booked, so the sums agree; and still a question
	if got := w.balance("suspense:unmatched"); got != -1_000 {
		t.Errorf("suspense has %d", got)
	}
}

func TestACompanySeesItsOwnAloneAndTheOperatorTheRest(t *testing.T) {
	w, _ := paidFor(t)
	beni := w.Company("Beni")
	c, err := w.gateway.CreateCheckout(ctx, "by hand", billing.CheckoutOrder{Operation: uuid.New(), Milestone: uuid.New(), Company: uuid.New(), Title: "whose?",
		Amount: 1_000, Currency: "JPY", SuccessURL: "http://product.test/", CancelURL: "http://product.test/", ExpiresAt: w.Clock.Now().Add(time.Hour)})
	w.Check(err)
	gatewaytest.Press(w, c.URL)
	w.drain()
	w.wantReconciled(2)
	r, err := w.billing.StartReconciliation(ctx, beni.Finance, beni.ID, w.Today(), w.Today())
	w.Check(err)
	w.Check(w.billing.Reconcile(ctx, r.ID))
	r, err = w.billing.Reconciliation(ctx, beni.Finance, r.ID)
	w.Check(err)
	if r.Matched != 0 || len(r.Exceptions) != 0 || r.Difference["JPY"] != 0 {
		t.Errorf("Beni sees %+v", r)
	}
	_, err = w.billing.Reconciliation(ctx, w.aoi.Finance, r.ID)
	w.wantErr(err, market.ErrNotFound)
	_, err = w.billing.StartReconciliation(ctx, w.aoi.Manager, w.aoi.ID, w.Today(), w.Today())
	w.wantErr(err, market.ErrForbidden)
	_, err = w.billing.Unattributed(ctx, w.aoi.Administrator)
	w.wantErr(err, market.ErrForbidden)
	rest, err := w.billing.Unattributed(ctx, market.Actor{Grants: []market.Grant{{Role: market.Operator}}})
	w.Check(err)
	if len(rest) != 1 || rest[0].Amount != 1_000 {
		t.Errorf("the operator sees %+v", rest)
	}
}

func TestDaysAreTheCompanysAndBothEndsBelong(t *testing.T) {
	w := newWorld(t)
	w.Clock.Set(time.Date(2026, 11, 30, 14, 59, 0, 0, time.UTC)) // 23:59 on the last of the month in Tokyo
	first := w.contract()(100_000).Milestones[0]
	w.fund(first)
	w.Clock.Advance(2 * time.Minute)
	w.fund(w.contract()(100_000).Milestones[0])
	for span, want := range map[[2]string]int{{"2026-11-30", "2026-11-30"}: 1, {"2026-12-01", "2026-12-01"}: 1, {"2026-11-30", "2026-12-01"}: 2, {"2026-11-01", "2026-11-29"}: 0} {
		r, err := w.billing.StartReconciliation(ctx, w.aoi.Finance, w.aoi.ID, day(span[0]), day(span[1]))
		w.Check(err)
		w.Check(w.billing.Reconcile(ctx, r.ID))
		r, err = w.billing.Reconciliation(ctx, w.aoi.Finance, r.ID)
		w.Check(err)
		if r.Matched != want || len(r.Exceptions) != 0 {
			t.Errorf("%v: matched %d, want %d, exceptions %+v", span, r.Matched, want, r.Exceptions)
		}
	}
	_, err := w.billing.StartReconciliation(ctx, w.aoi.Finance, w.aoi.ID, day("2026-12-02"), day("2026-12-01"))
	w.wantErr(err, billing.ErrDays)
}

func TestACopyThatWasCutGoesOnWhereItsLastBatchEnded(t *testing.T) {
	w := newWorld(t)
	l := &aLongList{Gateway: w.gateway, end: w.Clock.Now(), n: 25_000, cut: 12_000}
	w.serve(l)
	r, err := w.billing.StartReconciliation(ctx, w.aoi.Finance, w.aoi.ID, w.Today().AddDays(-60), w.Today())
	w.Check(err)
	w.wantErr(w.billing.Reconcile(ctx, r.ID), billing.ErrUnknown)
	if n := w.Count("SELECT count(*) FROM balance_transactions"); n != 10_000 {
		t.Errorf("%d are kept of the list that was cut", n)
	}
	if r, err = w.billing.Reconciliation(ctx, w.aoi.Finance, r.ID); err != nil || r.Done*5 < r.Total || r.Done == r.Total {
		t.Errorf("it shows %d of %d (%v)", r.Done, r.Total, err)
	}
	l.cut = 0
	l.gave.Store(0)
	w.Check(w.billing.Reconcile(ctx, r.ID))
	if n := w.Count("SELECT count(DISTINCT id) FROM balance_transactions"); n != 25_000 {
		t.Errorf("%d are there in the end", n)
	}
	if again, overlap := int(l.gave.Load())-15_000, 25_000/30; again > overlap+10 {
		t.Errorf("%d were listed a second time, of which two days' are %d", again, overlap)
	}
}

func TestTwoCopiesAtOnceKeepEachTransactionOnce(t *testing.T) {
	w := newWorld(t)
	w.serve(&aLongList{Gateway: w.gateway, end: w.Clock.Now(), n: 12_000})
	var runs []func() error
	for range 3 {
		r, err := w.billing.StartReconciliation(ctx, w.aoi.Finance, w.aoi.ID, w.Today().AddDays(-60), w.Today())
		w.Check(err)
		runs = append(runs, func() error { return w.billing.Reconcile(ctx, r.ID) })
	}
	for _, err := range w.Together(runs...) {
		w.Check(err)
	}
	if n := w.Count("SELECT count(*) FROM balance_transactions"); n != 12_000 {
		t.Errorf("%d are there", n)
	}
}

func TestAReconciliationCutAtItsThirdPageStartsAgain(t *testing.T) {
	w, _ := paidFor(t)
	r, err := w.billing.StartReconciliation(ctx, w.aoi.Finance, w.aoi.ID, w.Today(), w.Today())
	w.Check(err)
	w.serve(&aCutList{Gateway: w.gateway})
	w.wantErr(w.billing.Reconcile(ctx, r.ID), billing.ErrUnknown)
	if r, err = w.billing.Reconciliation(ctx, w.aoi.Finance, r.ID); err != nil || r.FinishedAt != nil {
		t.Fatalf("after a cut: %+v, %v", r, err)
	}
	w.serve(w.gateway)
	w.Check(w.billing.Reconcile(ctx, r.ID))
	if r, err = w.billing.Reconciliation(ctx, w.aoi.Finance, r.ID); err != nil || r.Matched != 2 {
		t.Fatalf("again: %+v, %v", r, err)
	}
}
