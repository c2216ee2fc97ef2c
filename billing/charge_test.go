package billing_test

import (
	"slices"
	"testing"
	"time"

	"homecoming/billing"
	"homecoming/billing/gatewaytest"
	"homecoming/billing/stripesim"
	"homecoming/market"
)

// pay opens a page for a part of what is missing, 0 for all of it, and pays there.
func (w *world) pay(m billing.Milestone, amount int64) billing.Milestone {
	w.Helper()
	w.Clock.Advance(time.Second) // so that charges have an order
	f, err := w.billing.FundPart(ctx, w.aoi.Manager, m.ID, amount)
	w.Check(err)
	gatewaytest.Press(w, f.CheckoutURL)
	w.drain()
	return w.milestone(m.ID)
}

// transfersOf lists the amounts that were sent for a milestone.
func (w *world) transfersOf(m billing.Milestone) (amounts []int64) {
	w.Helper()
	w.Check(w.DB.Gorm(ctx).Raw("SELECT (input->>'amount')::bigint FROM operations WHERE kind = 'transfer' AND milestone_id = ?", m.ID).Scan(&amounts).Error)
	return amounts
}

func TestAMilestoneIsFundedInPartsAndPaidOutOfEachCharge(t *testing.T) {
	w := newWorld(t)
	w.onboard()
	m := w.contract(design)(100_000).Milestones[0] // 105,290 in all
	got := w.pay(m, 40_000)
	if got.State != billing.MilestonePartFunded || got.Missing() != 65_290 || got.Held() != 40_000 {
		t.Fatalf("after a part it is %s, %d missing, %d held", got.State, got.Missing(), got.Held())
	}
	_, err := w.billing.Start(ctx, w.yumi.Actor, m.ID)
	w.wantErr(err, billing.ErrWrongState)
	w.wantLetter(market.LetterFunded, w.yumi.Actor, 0)
	_, err = w.billing.FundPart(ctx, w.aoi.Manager, m.ID, 65_250) // and would leave 40
	w.wantErr(err, billing.ErrPart)
	w.pay(m, 5_290)
	got = w.pay(m, 0)
	if got.State != billing.MilestoneFunded || len(got.Charges) != 3 || got.Missing() != 0 {
		t.Fatalf("after the rest it is %s with %d charges", got.State, len(got.Charges))
	}
	w.wantLetter(market.LetterFunded, w.yumi.Actor, 1)
	w.wantBalances("funded", map[string]int64{"held:" + m.ID.String(): -105_290})
	w.deliver(m)
	w.wantState(w.accept(m), billing.MilestoneReleased)
	sent := w.transfersOf(m)
	if len(sent) != 3 || sent[0]+sent[1]+sent[2] != 99_790 || slices.Min(sent) != 5_290 {
		t.Errorf("sent %v, want 99,790 out of three charges", sent)
	}
	w.wantBalances("released", map[string]int64{"held:" + m.ID.String(): 0, "payable:" + w.yumi.PersonID.String(): 0, "withheld_tax:" + w.aoi.ID.String(): -10_210})
	w.payday()
	w.wantState(m, billing.MilestonePaid)
	w.wantReconciled(6)
}

func TestWhatWasPaidInPartGoesBackWhenTheRestNeverComes(t *testing.T) {
	w := newWorld(t)
	w.topUp()
	c := w.contract()(100_000, 50_000)
	asked, left := c.Milestones[0], c.Milestones[1]
	w.pay(asked, 40_000)
	w.pay(asked, 30_000)
	w.pay(left, 20_000)
	_, err := w.billing.Refund(ctx, w.aoi.Manager, asked.ID, "The rest of the budget was cut.")
	w.Check(err)
	w.drain()
	w.wantState(asked, billing.MilestoneRefunded)
	if got := w.milestone(asked.ID); got.Refunded != 70_000 || got.Charges[0].Left()+got.Charges[1].Left() != 0 {
		t.Errorf("%d went back, out of %+v", got.Refunded, got.Charges)
	}
	w.Clock.Advance(91 * day24)
	_, err = w.billing.Alarm(ctx)
	w.Check(err)
	w.drain()
	w.wantState(left, billing.MilestoneRefunded)
	w.reconciled()
}

func TestATransferOutOfOneChargeThatIsRefusedKeepsTheReleaseWaitingAndIsSentOnce(t *testing.T) {
	w := newWorld(t)
	w.onboard()
	m := w.contract()(100_000).Milestones[0]
	w.pay(m, 60_000)
	w.pay(m, 0)
	w.deliver(m)
	w.Check(w.sim.PlanFault(stripesim.Fault{Method: "POST", PathPrefix: "/v1/transfers", Kind: stripesim.CutBefore}))
	w.wantState(w.accept(m), billing.MilestoneReleasing) // one is there, of the other nobody knows
	w.Clock.Advance(time.Hour)
	w.drain()
	w.wantState(m, billing.MilestoneReleased)
	if sent := w.Count("SELECT count(*) FROM ledger_entries WHERE kind = 'transfer'"); sent != 2 {
		t.Errorf("%d transfers were booked", sent)
	}
	w.reconciled()
}

func TestWhatIsTakenBackOfSeveralTransfersGoesBackOutOfTheirCharges(t *testing.T) {
	w := newWorld(t)
	w.topUp()
	w.onboard()
	m := w.contract()(100_000).Milestones[0] // 110,000 to the alumna
	w.pay(m, 60_000)
	w.pay(m, 0)
	w.deliver(m)
	w.accept(m)
	_, err := w.billing.AskReversal(ctx, w.aoi.Finance, m.ID, 80_000, "Agreed in the meeting.")
	w.Check(err)
	w.approve(w.aoi.Approver)
	got := w.milestone(m.ID)
	if got.Reversed != 80_000 || got.Refunded != 80_000 || got.Charges[0].Refunded+got.Charges[1].Refunded != 80_000 || got.Charges[0].Left() < 0 || got.Charges[1].Left() < 0 {
		t.Errorf("%d reversed, %d refunded, out of %+v", got.Reversed, got.Refunded, got.Charges)
	}
	w.reconciled()
}

func TestALostChargebackOnOneOfSeveralChargesIsTheCompanysDebt(t *testing.T) {
	w := newWorld(t)
	w.onboard()
	m := w.contract()(100_000).Milestones[0]
	w.pay(m, 60_000)
	w.pay(m, 0)
	w.deliver(m)
	contested := w.milestone(m.ID).Charges[1]
	dp, err := w.sim.Dispute(contested.ID, 0, "fraudulent", false)
	w.Check(err)
	w.drain()
	w.Check(w.sim.DecideDispute(dp, false))
	w.drain()
	w.wantState(w.accept(m), billing.MilestoneReleased)
	w.wantBalances("lost", map[string]int64{"receivable:client:" + w.aoi.ID.String(): contested.Amount})
	w.reconciled()
}
