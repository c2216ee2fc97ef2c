package billing_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"homecoming/billing"
	"homecoming/billing/gatewaytest"
	"homecoming/internal/problem"
	"homecoming/market"
)

// as is a draft that leaves a contract's open milestones as they are, to be altered by a test.
func as(c billing.Contract, reason string, alter func(*billing.ChangeDraft)) billing.ChangeDraft {
	d := billing.ChangeDraft{Reason: reason}
	for _, m := range c.Milestones {
		d.Milestones = append(d.Milestones, billing.ChangedMilestone{ID: &m.ID, Title: m.Title, Amount: m.Amount, DueOn: m.DueOn})
	}
	alter(&d)
	return d
}

func fee(i int, yen int64) func(*billing.ChangeDraft) {
	return func(d *billing.ChangeDraft) {
		d.Milestones[i].Amount, d.Scope = yen, "The books, and what else was agreed."
	}
}

// agree has the company offer a change and the alumna sign it.
func (w *world) agree(c billing.Contract, d billing.ChangeDraft) billing.Change {
	w.Helper()
	ch, err := w.billing.OfferChange(ctx, w.aoi.Manager, c.ID, d)
	w.Check(err)
	ch, err = w.billing.SignChange(ctx, w.yumi.Actor, ch.ID, ch.Hash)
	w.Check(err)
	w.drain()
	return w.change(ch)
}

func (w *world) change(ch billing.Change) billing.Change {
	w.Helper()
	ch, err := w.billing.Change(ctx, w.aoi.Manager, ch.ID)
	w.Check(err)
	return ch
}

func (w *world) wantChange(ch billing.Change, want billing.ChangeState) {
	w.Helper()
	if got := w.change(ch); got.State != want {
		w.Fatalf("the change is %s, want %s (blocked: %v)", got.State, want, got.Blocked)
	}
}

// payTopUp pays what a signed change adds.
func (w *world) payTopUp(ch billing.Change) {
	w.Helper()
	f, err := w.billing.TopUp(ctx, w.aoi.Manager, ch.ID)
	w.Check(err)
	gatewaytest.Press(w, f.CheckoutURL)
	w.drain()
}

func TestARaiseHoldsOnceItsDifferenceIsPaidAndIsPaidOutOfBothCharges(t *testing.T) {
	w := newWorld(t)
	w.onboard()
	c := w.contract(design)(100_000)
	m := c.Milestones[0]
	w.fund(m)
	ch := w.agree(c, as(c, "A third report.", fee(0, 150_000)))
	w.wantChange(ch, billing.ChangeSigned)
	if ch.TopUp != 52_645 || ch.Added != 50_000 || w.milestone(m.ID).Amount != 100_000 {
		t.Fatalf("%d to be paid for %d more, the fee is %d", ch.TopUp, ch.Added, w.milestone(m.ID).Amount)
	}
	w.Clock.Advance(time.Second)
	w.payTopUp(ch)
	w.wantChange(ch, billing.ChangeInForce)
	got := w.milestone(m.ID)
	if got.State != billing.MilestoneFunded || got.Amount != 150_000 || got.Held() != 157_935 || got.Withheld != 15_315 {
		t.Fatalf("the milestone is %s over %d, %d held, %d withheld", got.State, got.Amount, got.Held(), got.Withheld)
	}
	w.wantBalances("topped up", map[string]int64{"held:" + m.ID.String(): -157_935})
	w.deliver(m)
	w.wantState(w.accept(m), billing.MilestoneReleased)
	if sent := w.transfersOf(m); len(sent) != 2 || sent[0]+sent[1] != got.Quote().Net {
		t.Errorf("sent %v, want %d in two", sent, got.Quote().Net)
	}
	w.reconciled()
}

func TestAChangeLeavesFrozenHashedDocumentsAndASupplement(t *testing.T) {
	w := newWorld(t)
	c := w.contract()(60_000, 40_000)
	ch := w.agree(c, as(c, "The audit moved.", func(d *billing.ChangeDraft) {
		d.Milestones[0].DueOn = d.Milestones[0].DueOn.AddDays(7)
		d.Milestones[1] = billing.ChangedMilestone{Title: "Answer the auditors", Amount: 55_000, DueOn: d.Milestones[0].DueOn}
	}))
	w.wantChange(ch, billing.ChangeInForce)
	now, err := w.billing.Contract(ctx, w.yumi.Actor, c.ID)
	w.Check(err)
	if now.Version != 2 || now.Amount != 115_000 || now.Terms.ChangeHash != ch.Hash || now.TermsHash == c.TermsHash || now.DeliverOn != c.DeliverOn.AddDays(7) {
		t.Fatalf("version %d over %d, delivered on %s, made by %s", now.Version, now.Amount, now.DeliverOn, now.Terms.ChangeHash)
	}
	w.wantState(c.Milestones[1], billing.MilestoneCanceled)
	versions, err := w.billing.Versions(ctx, w.yumi.Actor, c.ID)
	w.Check(err)
	if len(versions) != 2 || versions[0].NoticeHash != c.NoticeHash || versions[1].Supplement == nil {
		t.Fatalf("the versions are %+v", versions)
	}
	s := versions[1].Supplement
	if s.Reason != "The audit moved." || s.ChangedOn != w.Today() || s.Change != ch.Hash || len(s.Lines[problem.English]) != len(s.Lines[problem.Japanese]) {
		t.Errorf("the supplement is %+v", s)
	}
	for _, label := range []string{"Delivery", "Part · Part A", "Part · Part B", "Part · Answer the auditors", "Fee", "Changed on"} {
		if !slices.ContainsFunc(s.Lines[problem.English], func(l billing.ComparedItem) bool { return l.Label == label }) {
			t.Errorf("the supplement does not say what became of %q", label)
		}
	}
	w.wantLetter(market.LetterChange, w.yumi.Actor, 1)
	w.wantLetter(market.LetterChangeOver, w.yumi.Actor, 1)
	w.wantLetter(market.LetterChangeOver, w.aoi.Manager, 1)
}

func TestALowerFeeGoesBackInPartAndAFailedRefundStaysOwed(t *testing.T) {
	w := newWorld(t)
	w.topUp()
	w.onboard()
	c := w.contract()(100_000)
	m := c.Milestones[0]
	w.fund(m)
	ch := w.agree(c, as(c, "Without the inventory.", fee(0, 80_000)))
	w.wantChange(ch, billing.ChangeInForce)
	w.wantBalances("lowered", map[string]int64{"held:" + m.ID.String(): -92_400, "refund_payable:" + m.ID.String(): 0})
	w.wantState(m, billing.MilestoneFunded)
	w.Check(w.sim.FailRefund(w.refundOf(m).ProviderID, "lost_or_stolen_card"))
	w.drain()
	w.wantBalances("refund failed", map[string]int64{"held:" + m.ID.String(): -92_400, "refund_payable:" + m.ID.String(): -23_100})
	w.deliver(m) // and the work goes on all the same
	w.wantState(w.accept(m), billing.MilestoneReleased)
	_, err := w.billing.RetryRefund(ctx, w.aoi.Finance, w.refundOf(m).ID)
	w.Check(err)
	w.drain()
	if r := w.refundOf(m); r.State != billing.RefundSucceeded || r.Amount != 23_100 {
		t.Errorf("the refund is %+v", r)
	}
	w.reconciled()
}

func TestTheLawsRefusalsAreRefused(t *testing.T) {
	w := newWorld(t)
	c := w.contract()(100_000, 50_000, 30_000)
	w.fund(c.Milestones[0])
	w.deliver(c.Milestones[0])
	w.fund(c.Milestones[1])
	_, err := w.billing.Start(ctx, w.yumi.Actor, c.Milestones[1].ID)
	w.Check(err)
	offer := func(who market.Actor, alter func(*billing.ChangeDraft)) error {
		_, err := w.billing.OfferChange(ctx, who, c.ID, as(c, "Because.", alter))
		return err
	}
	drop := func(i int) func(*billing.ChangeDraft) {
		return func(d *billing.ChangeDraft) { d.Milestones = slices.Delete(d.Milestones, i, i+1) }
	}
	for what, refusal := range map[string]struct {
		got, want error
	}{
		"less for delivered work, asked by the company": {offer(w.aoi.Manager, fee(0, 90_000)), billing.ErrFeeReduced},
		"less for delivered work, asked by the alumna":  {offer(w.yumi.Actor, fee(0, 90_000)), billing.ErrFeeReduced},
		"nothing for delivered work":                    {offer(w.aoi.Manager, drop(0)), billing.ErrFeeReduced},
		"other work in place of delivered work": {offer(w.aoi.Manager, func(d *billing.ChangeDraft) {
			d.Milestones[0].Title = "All of it in French"
		}), billing.ErrRedo},
		"less for work that has begun":    {offer(w.aoi.Manager, fee(1, 40_000)), billing.ErrBegun},
		"nothing for work that has begun": {offer(w.aoi.Manager, drop(1)), billing.ErrBegun},
		"the same for less":               {offer(w.aoi.Manager, func(d *billing.ChangeDraft) { d.Milestones[2].Amount = 20_000 }), billing.ErrFeeReduced},
		"nothing at all":                  {offer(w.aoi.Manager, func(*billing.ChangeDraft) {}), billing.ErrNothingChanged},
		"more for two that are paid":      {offer(w.aoi.Manager, func(d *billing.ChangeDraft) { d.Milestones[0].Amount, d.Milestones[1].Amount = 200_000, 100_000 }), billing.ErrOneTopUp},
		"somebody else's milestone":       {offer(w.aoi.Manager, func(d *billing.ChangeDraft) { id := uuid.New(); d.Milestones[2].ID = &id }), market.ErrNotFound},
		"no reason": {func() error {
			_, err := w.billing.OfferChange(ctx, w.aoi.Manager, c.ID, as(c, " ", fee(2, 40_000)))
			return err
		}(), market.ErrRequired},
		"an offer by somebody who does not run": {offer(w.aoi.Finance, fee(2, 40_000)), market.ErrForbidden},
	} {
		if !errors.Is(refusal.got, refusal.want) {
			t.Errorf("%s: got %v, want %v", what, refusal.got, refusal.want)
		}
	}
	w.Check(offer(w.yumi.Actor, fee(1, 45_000))) // she may offer it
}

func TestOnlyTheOtherSideAnswersAndEveryOfferIsKept(t *testing.T) {
	w := newWorld(t)
	c := w.contract()(100_000)
	first, err := w.billing.OfferChange(ctx, w.yumi.Actor, c.ID, as(c, "There is more in the boxes.", fee(0, 160_000)))
	w.Check(err)
	_, err = w.billing.SignChange(ctx, w.yumi.Actor, first.ID, first.Hash)
	w.wantErr(err, billing.ErrOwnChange)
	_, err = w.billing.OfferChange(ctx, w.yumi.Actor, c.ID, as(c, "And more.", fee(0, 170_000)))
	w.wantErr(err, billing.ErrOwnChange)
	second, err := w.billing.OfferChange(ctx, w.aoi.Manager, c.ID, as(c, "Half of that.", fee(0, 130_000)))
	w.Check(err)
	w.wantChange(first, billing.ChangeCountered)
	_, err = w.billing.SignChange(ctx, w.yumi.Actor, second.ID, first.Hash)
	w.wantErr(err, billing.ErrOtherChange)
	_, err = w.billing.DeclineChange(ctx, w.yumi.Actor, second.ID, "Not for that.")
	w.Check(err)
	third, err := w.billing.OfferChange(ctx, w.aoi.Manager, c.ID, as(c, "Then so.", fee(0, 140_000)))
	w.Check(err)
	_, err = w.billing.WithdrawChange(ctx, w.aoi.Manager, third.ID)
	w.Check(err)
	fourth, err := w.billing.OfferChange(ctx, w.aoi.Manager, c.ID, as(c, "Last word.", fee(0, 150_000)))
	w.Check(err)
	w.Clock.Advance(15 * day24)
	if n, err := w.billing.ExpireChanges(ctx); n != 1 || err != nil {
		t.Fatalf("%d expired, %v", n, err)
	}
	w.wantChange(fourth, billing.ChangeExpired)
	thread, err := w.billing.Changes(ctx, w.yumi.Actor, c.ID)
	w.Check(err)
	if len(thread) != 4 || thread[2].Answer != "Not for that." || thread[3].Draft.Reason != "There is more in the boxes." {
		t.Errorf("the thread is %+v", thread)
	}
	if now := w.milestone(c.Milestones[0].ID); now.Amount != 100_000 {
		t.Errorf("nothing was signed, and the fee is %d", now.Amount)
	}
}

func TestAChangeSignedWhileAPageIsOpenLeavesAPartMissingOrGivesTheSurplusBack(t *testing.T) {
	for name, to := range map[string]int64{"more": 150_000, "less": 60_000} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.topUp()
			c := w.contract()(100_000)
			m := c.Milestones[0]
			f, err := w.billing.Fund(ctx, w.aoi.Manager, m.ID)
			w.Check(err)
			ch := w.agree(c, as(c, "While the page was open.", fee(0, to)))
			w.wantChange(ch, billing.ChangeInForce)
			gatewaytest.Press(w, f.CheckoutURL) // over the old amount
			w.drain()
			got := w.milestone(m.ID)
			if name == "less" {
				if got.State != billing.MilestoneFunded || got.Held() != got.Quote().Charge || got.Refunded != 115_500-got.Quote().Charge {
					t.Errorf("it is %s, %d held, %d back", got.State, got.Held(), got.Refunded)
				}
				w.reconciled()
				return
			}
			if got.State != billing.MilestonePartFunded || got.Missing() != got.Quote().Charge-115_500 {
				t.Fatalf("it is %s, %d missing", got.State, got.Missing())
			}
			w.wantState(w.pay(m, 0), billing.MilestoneFunded)
			w.reconciled()
		})
	}
}

func TestATopUpThatComesTooLateGoesBackByItself(t *testing.T) {
	w := newWorld(t)
	w.topUp()
	c := w.contract()(100_000)
	m := c.Milestones[0]
	w.fund(m)
	ch := w.agree(c, as(c, "More.", fee(0, 150_000)))
	f, err := w.billing.TopUp(ctx, w.aoi.Manager, ch.ID)
	w.Check(err)
	again, err := w.billing.TopUp(ctx, w.aoi.Manager, ch.ID)
	w.Check(err)
	if f.CheckoutURL == "" || again.CheckoutURL != f.CheckoutURL {
		t.Fatalf("asked twice, two pages: %q and %q", f.CheckoutURL, again.CheckoutURL)
	}
	w.Exec("UPDATE contract_changes SET expires_at = ? WHERE id = ?", w.Clock.Now(), ch.ID) // as if the page had stood open for two weeks
	_, err = w.billing.ExpireChanges(ctx)
	w.Check(err)
	w.wantChange(ch, billing.ChangeLapsed)
	gatewaytest.Press(w, f.CheckoutURL)
	w.drain()
	got := w.milestone(m.ID)
	if got.State != billing.MilestoneFunded || got.Amount != 100_000 || got.Held() != 115_500 || got.Refunded != 57_750 {
		t.Errorf("it is %s over %d, %d held, %d back", got.State, got.Amount, got.Held(), got.Refunded)
	}
	w.reconciled()
}

func TestATopUpHeardOfTwiceIsBookedOnce(t *testing.T) {
	w := newWorld(t)
	c := w.contract()(100_000)
	m := c.Milestones[0]
	w.fund(m)
	ch := w.agree(c, as(c, "More.", fee(0, 150_000)))
	w.payTopUp(ch)
	w.Exec("UPDATE provider_events SET worked_at = NULL")
	w.drain()
	w.wantChange(ch, billing.ChangeInForce)
	if got := w.milestone(m.ID); len(got.Charges) != 2 || got.Held() != got.Quote().Charge {
		t.Errorf("%d charges, %d held of %d", len(got.Charges), got.Held(), got.Quote().Charge)
	}
	_, err := w.billing.TopUp(ctx, w.aoi.Manager, ch.ID)
	w.wantErr(err, billing.ErrWrongState)
	w.reconciled()
}

func TestAMilestoneAcceptedWhileItsRaiseIsUnpaidIsPaidAsItWas(t *testing.T) {
	w := newWorld(t)
	w.onboard()
	c := w.contract()(100_000)
	m := c.Milestones[0]
	w.fund(m)
	ch := w.agree(c, as(c, "More.", fee(0, 150_000)))
	f, err := w.billing.TopUp(ctx, w.aoi.Manager, ch.ID)
	w.Check(err)
	w.deliver(m)
	w.wantState(w.accept(m), billing.MilestoneReleased)
	w.wantChange(ch, billing.ChangeLapsed) // the contract is completed
	gatewaytest.Press(w, f.CheckoutURL)
	w.topUp()
	w.drain()
	if got := w.milestone(m.ID); got.Refunded != 57_750 || got.State != billing.MilestoneReleased {
		t.Errorf("it is %s, and %d went back", got.State, got.Refunded)
	}
	w.reconciled()
}

func TestALargeRefundByAChangeTakesSomebodyWhoApprovesMoney(t *testing.T) {
	w := newWorld(t)
	w.topUp()
	w.limit(10_000)
	c := w.contract()(100_000)
	w.fund(c.Milestones[0])
	_, err := w.billing.OfferChange(ctx, w.aoi.Manager, c.ID, as(c, "Less.", fee(0, 50_000)))
	w.wantErr(err, billing.ErrNeedsApprover)
	ch, err := w.billing.OfferChange(ctx, w.yumi.Actor, c.ID, as(c, "Less.", fee(0, 50_000)))
	w.Check(err)
	_, err = w.billing.SignChange(ctx, w.aoi.Manager, ch.ID, ch.Hash)
	w.wantErr(err, billing.ErrNeedsApprover)
	_, err = w.billing.SignChange(ctx, w.aoi.Administrator, ch.ID, ch.Hash)
	w.Check(err)
	w.drain()
	w.wantChange(ch, billing.ChangeInForce)
}
