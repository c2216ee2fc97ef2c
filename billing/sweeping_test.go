package billing_test

import (
	"errors"
	"testing"
	"time"

	"homecoming/billing"
	"homecoming/billing/stripesim"
	"homecoming/market"
)

// operators are two people who run the installation.
func (w *world) operators() (one, two market.Actor) {
	w.Helper()
	for i, who := range []*market.Actor{&w.aoi.Finance, &w.aoi.Approver} {
		w.Check(w.Market.MakeOperator(ctx, w.aoi.ID, who.PersonID))
		again, err := w.Market.ActorOf(ctx, who.PersonID)
		w.Check(err)
		if i == 0 {
			one = again
		} else {
			two = again
		}
	}
	return one, two
}

// earned is a milestone paid for and transferred, and its money available: ¥5,500 with tax, of which the provider kept ¥3,790.
func (w *world) earned() billing.Milestone {
	w.Helper()
	w.onboard()
	m := w.contract(design)(100_000).Milestones[0]
	w.fund(m)
	w.deliver(m)
	w.accept(m)
	w.Clock.Advance(5 * 24 * time.Hour)
	w.Check(w.sim.Advance(0))
	return m
}

func (w *world) sweep(by, approvedBy market.Actor) billing.Sweep {
	w.Helper()
	sw, err := w.billing.ProposeSweep(ctx, by, "JPY")
	w.Check(err)
	sw, err = w.billing.ApproveSweep(ctx, approvedBy, sw.ID)
	w.Check(err)
	w.drain()
	sw, err = w.billing.SweepByID(ctx, by, sw.ID)
	w.Check(err)
	return sw
}

func TestASweepTakesWhatWasEarnedOnceAndTwoOperators(t *testing.T) {
	w := newWorld(t)
	one, two := w.operators()
	w.earned()
	_, err := w.billing.ProposeSweep(ctx, w.aoi.Manager, "JPY")
	w.wantErr(err, market.ErrForbidden)
	sw, err := w.billing.ProposeSweep(ctx, one, "JPY")
	w.Check(err)
	if sw.Amount != 1_710 || len(sw.Lines) != 2 || sw.State != billing.SweepProposed {
		t.Fatalf("proposed: %+v", sw)
	}
	_, err = w.billing.ProposeSweep(ctx, two, "JPY")
	if !errors.Is(err, billing.ErrSweepOpen) && !errors.Is(err, billing.ErrNothingToSweep) {
		t.Fatalf("a second one beside it: %v", err)
	}
	_, err = w.billing.ApproveSweep(ctx, one, sw.ID)
	w.wantErr(err, billing.ErrSamePerson)
	_, err = w.billing.ApproveSweep(ctx, two, sw.ID)
	w.Check(err)
	w.drain()
	w.wantBalances("on its way", map[string]int64{"stripe:platform": 0, "stripe:payout_in_transit": 1_710})
	w.Clock.Advance(3 * 24 * time.Hour)
	w.Check(w.sim.Advance(0))
	w.drain()
	w.wantBalances("arrived", map[string]int64{"stripe:payout_in_transit": 0, "bank:platform": 1_710})
	_, err = w.billing.ProposeSweep(ctx, one, "JPY")
	w.wantErr(err, billing.ErrNothingToSweep)
	w.reconciled()
	list, err := w.billing.Unattributed(ctx, one)
	w.Check(err)
	if len(list) != 0 {
		t.Errorf("nobody explains %+v", list)
	}
}

func TestASweepThatDoesNotArriveIsSweptAgain(t *testing.T) {
	for name, c := range map[string]struct {
		paid bool
		fail func(w *world, payout string) error
		want billing.SweepState
	}{
		"returned on its way":        {false, func(w *world, id string) error { return w.sim.FailPayout(id, "account_closed") }, billing.SweepFailed},
		"returned after it was paid": {true, func(w *world, id string) error { return w.sim.FailPayout(id, "account_closed") }, billing.SweepFailed},
		"canceled":                   {false, func(w *world, id string) error { return w.sim.CancelPayout(id) }, billing.SweepCanceled},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			one, two := w.operators()
			w.earned()
			sw := w.sweep(one, two)
			if c.paid {
				w.Clock.Advance(3 * 24 * time.Hour)
				w.Check(w.sim.Advance(0))
				w.drain()
			}
			w.Check(c.fail(w, sw.ProviderID))
			w.drain()
			sw, err := w.billing.SweepByID(ctx, one, sw.ID)
			w.Check(err)
			if sw.State != c.want {
				t.Fatalf("the sweep is %s", sw.State)
			}
			w.wantBalances("back", map[string]int64{"stripe:platform": 1_710, "stripe:payout_in_transit": 0, "bank:platform": 0})
			if again := w.sweep(two, one); again.Amount != 1_710 || again.State != billing.SweepInTransit {
				t.Errorf("swept again: %+v", again)
			}
		})
	}
}

func TestASweepOfMoneyThatIsNotAvailableYetIsRejectedAndWaits(t *testing.T) {
	w := newWorld(t)
	one, two := w.operators()
	w.onboard()
	m := w.contract(design)(100_000).Milestones[0]
	w.fund(m)
	w.deliver(m)
	w.accept(m)
	if sw := w.sweep(one, two); sw.State != billing.SweepRejected || sw.Failure != "balance_insufficient" {
		t.Fatalf("before the money was available: %+v", sw)
	}
	w.Clock.Advance(5 * 24 * time.Hour)
	w.Check(w.sim.Advance(0))
	if sw := w.sweep(one, two); sw.State != billing.SweepInTransit {
		t.Errorf("afterwards: %+v", sw)
	}
}

func TestALostAnswerToASweepIsLookedUpAndSweepsOnce(t *testing.T) {
	w := newWorld(t)
	one, two := w.operators()
	w.earned()
	w.Check(w.sim.PlanFault(stripesim.Fault{Method: "POST", PathPrefix: "/v1/payouts", Kind: stripesim.CutAfter}))
	sw, err := w.billing.ProposeSweep(ctx, one, "JPY")
	w.Check(err)
	_, err = w.billing.ApproveSweep(ctx, two, sw.ID)
	w.Check(err)
	w.workOperations()
	w.Clock.Advance(time.Minute)
	w.drain()
	w.wantBalances("on its way, once", map[string]int64{"stripe:platform": 0, "stripe:payout_in_transit": 1_710})
}
