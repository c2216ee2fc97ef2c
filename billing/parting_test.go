package billing_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"homecoming/billing"
	"homecoming/billing/stripesim"
	"homecoming/market"
)

// quarrel has the alumna open a dispute about the milestone.
func (w *world) quarrel(m billing.Milestone) billing.Dispute {
	w.Helper()
	d, err := w.billing.OpenDispute(ctx, w.yumi.Actor, m.ID, "They ask for more than was agreed.")
	w.Check(err)
	return d
}

func TestASplitThatBothAgreeToPaysOnePartAndGivesTheOtherBackToTheYen(t *testing.T) {
	w := newWorld(t)
	w.topUp()
	w.onboard()
	m := w.contract(design)(100_000).Milestones[0]
	w.fund(m)
	w.deliver(m)
	before := w.balance("stripe:platform")
	d := w.quarrel(m)
	if got := w.milestone(m.ID); got.Frozen != "dispute" {
		t.Fatalf("frozen: %q", got.Frozen)
	}
	w.wantLetter(market.LetterDispute, w.aoi.Manager, 1)
	_, err := w.billing.Propose(ctx, w.aoi.Manager, d.ID, 100_001, "")
	w.wantErr(err, billing.ErrSplit)
	d, err = w.billing.Propose(ctx, w.aoi.Manager, d.ID, 30_000, "A third of it is usable.")
	w.Check(err)
	stale := d.Proposals[0].ID
	d, err = w.billing.Propose(ctx, w.aoi.Manager, d.ID, 60_000, "Then let us say 60,000.")
	w.Check(err)
	_, err = w.billing.Agree(ctx, w.yumi.Actor, d.ID, stale)
	w.wantErr(err, billing.ErrNoProposal)
	last := d.Proposals[1]
	_, err = w.billing.Agree(ctx, w.aoi.Manager, d.ID, last.ID)
	w.wantErr(err, billing.ErrOwnProposal)
	// 60,000 + 6,000 tax − 6,126 withheld = 59,874; 3,000 + 300 for the platform: 63,174 of 105,290.
	if last.Split.Paid.Net != 59_874 || last.Split.Paid.Charge != 63_174 || last.Split.Refund != 42_116 {
		t.Errorf("the split is %+v", last.Split)
	}
	d, err = w.billing.Agree(ctx, w.yumi.Actor, d.ID, last.ID)
	w.Check(err)
	w.drain()
	w.wantState(m, billing.MilestoneReleased)
	if d.State != billing.DisputeAgreed || *d.Release != 60_000 {
		t.Errorf("the dispute is %+v", d)
	}
	w.wantBalances("agreed", map[string]int64{"held:" + m.ID.String(): 0, "payable:" + w.yumi.PersonID.String(): 0, "refund_payable:" + m.ID.String(): 0,
		"connected:" + w.yumi.PersonID.String(): 59_874, "stripe:platform": before - 59_874 - 42_116})
	w.payday()
	w.wantState(m, billing.MilestonePaid)
	w.reconciled()
}

func TestWhatThePartiesCannotSettleTwoPeopleDecideWhoStandOnNeitherSide(t *testing.T) {
	w := newWorld(t)
	w.topUp()
	m := w.contract()(100_000).Milestones[0]
	w.fund(m)
	w.deliver(m)
	d := w.quarrel(m)
	_, err := w.billing.Rule(ctx, w.aoi.Approver, d.ID, 0, "Nothing was usable.")
	w.wantErr(err, billing.ErrWrongState) // the parties have it for themselves
	w.Clock.Set(d.Deadline.Add(time.Minute))
	if n, err := w.billing.EscalateDisputes(ctx); n != 1 || err != nil {
		t.Fatalf("%d escalated, %v", n, err)
	}
	if n, err := w.billing.AutoAccept(ctx); n != 0 || err != nil {
		t.Fatalf("silence accepted %d of what is in dispute, %v", n, err)
	}
	w.wantLetter(market.LetterForRuling, w.aoi.Approver, 1)
	_, err = w.billing.Rule(ctx, w.aoi.Manager, d.ID, 0, "Nothing.")
	w.wantErr(err, market.ErrForbidden)
	_, err = w.billing.Rule(ctx, w.yumi.Actor, d.ID, 100_000, "All.")
	w.wantErr(err, market.ErrForbidden)
	d, err = w.billing.Rule(ctx, w.aoi.Approver, d.ID, 0, "Nothing was usable.")
	w.Check(err)
	_, err = w.billing.ConfirmRuling(ctx, w.aoi.Approver, d.ID, d.Ruled().ID)
	w.wantErr(err, billing.ErrSamePerson)
	w.wantState(m, billing.MilestoneSubmitted)
	d, err = w.billing.ConfirmRuling(ctx, w.aoi.Administrator, d.ID, d.Ruled().ID)
	w.Check(err)
	w.drain()
	w.wantState(m, billing.MilestoneRefunded)
	if d.State != billing.DisputeRuled {
		t.Errorf("the dispute is %s", d.State)
	}
	w.reconciled()
}

func TestWhoeverOpenedADisputeMayWithdrawItAndSilenceGetsItsTimeBack(t *testing.T) {
	w := newWorld(t)
	m := w.contract()(100_000).Milestones[0]
	_, err := w.billing.OpenDispute(ctx, w.yumi.Actor, m.ID, "Too early.")
	w.wantErr(err, billing.ErrNothingHeld)
	w.fund(m)
	w.deliver(m)
	silence := *w.milestone(m.ID).AutoAcceptAt
	d := w.quarrel(m)
	_, err = w.billing.OpenDispute(ctx, w.aoi.Manager, m.ID, "We as well.")
	w.wantErr(err, billing.ErrFrozen)
	w.Clock.Advance(3 * day24)
	_, err = w.billing.WithdrawDispute(ctx, w.aoi.Manager, d.ID)
	w.wantErr(err, market.ErrForbidden)
	_, err = w.billing.WithdrawDispute(ctx, w.yumi.Actor, d.ID)
	w.Check(err)
	if got := *w.milestone(m.ID).AutoAcceptAt; !got.Equal(silence.Add(3 * day24)) {
		t.Errorf("silence accepts at %s, want three days after %s", got, silence)
	}
}

func TestASplitAlwaysSumsToTheCharge(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		company := market.Company{PlatformFeeBP: rapid.Int64Range(0, 5000).Draw(t, "fee_bp"), PaymentDays: 30}
		category := rapid.SampledFrom(market.WithholdingCategories).Draw(t, "category")
		fee := rapid.Int64Range(50, 5_000_000).Draw(t, "fee")
		q := billing.QuoteFor(billing.Statute, company, category, market.Yen(fee), market.Payee{}, day("2026-11-23"))
		m := billing.Milestone{Currency: "JPY", DueOn: day("2026-11-23"), Amount: q.Fee, Tax: q.Tax, Withheld: q.Withheld, PlatformFee: q.PlatformFee, PlatformTax: q.PlatformTax, PaymentDays: 30}
		release := rapid.Int64Range(0, fee).Draw(t, "release")
		s, err := billing.SplitOf(billing.Statute, m, billing.Terms{PlatformFeeBP: company.PlatformFeeBP, WithholdingCategory: category, PaymentDays: 30}, release)
		if err != nil || s.Paid.Charge+s.Refund != q.Charge || s.Refund < 0 || s.Paid.Net < 0 || s.Paid.Net+s.Paid.PlatformFee+s.Paid.PlatformTax != s.Paid.Charge {
			t.Fatalf("%d of %d: %+v, %v", release, fee, s, err)
		}
	})
}

// takeBack asks for a reversal and has it approved.
func (w *world) takeBack(m billing.Milestone, yen int64) {
	w.Helper()
	_, err := w.billing.AskReversal(ctx, w.aoi.Finance, m.ID, yen, "As both agreed after the audit.")
	w.Check(err)
	w.approve(w.aoi.Approver)
}

func TestATransferIsTakenBackInPartAndThenWholeByTwoPeopleAndGoesToTheCompany(t *testing.T) {
	w := newWorld(t)
	w.topUp()
	w.onboard()
	m := w.contract()(100_000).Milestones[0]
	w.fund(m)
	w.deliver(m)
	w.accept(m)
	before := w.balance("stripe:platform")
	_, err := w.billing.AskReversal(ctx, w.aoi.Finance, m.ID, 110_001, "Too much.")
	w.wantErr(err, billing.ErrNothingToReverse)
	_, err = w.billing.AskReversal(ctx, w.aoi.Manager, m.ID, 1, "Not mine to ask.")
	w.wantErr(err, market.ErrForbidden)
	w.Check(w.sim.PlanFault(stripesim.Fault{Method: "POST", PathPrefix: "/v1/transfers/", Kind: stripesim.CutAfter})) // the answer is lost, and looked up
	w.takeBack(m, 40_000)
	w.Clock.Advance(time.Minute)
	w.drain()
	if n := w.Count("SELECT count(*) FROM operations WHERE kind = 'transfer' AND state = 'part_reversed'"); n != 1 {
		t.Error("the transfer does not say that a part is gone")
	}
	w.wantBalances("a part", map[string]int64{"connected:" + w.yumi.PersonID.String(): 70_000, "payable:" + w.yumi.PersonID.String(): 0, "stripe:platform": before})
	w.wantState(m, billing.MilestoneReleased)
	w.payday()
	w.wantState(m, billing.MilestonePaid)
	payouts, err := w.billing.MyPayouts(ctx, w.yumi.Actor, "", 0)
	w.Check(err)
	if len(payouts) != 1 || payouts[0].Amount != 70_000 || payouts[0].Lines[0].Amount != 70_000 {
		t.Errorf("the payouts are %+v", payouts)
	}
	w.reconciled()
}

func TestATransferWhollyTakenBackEndsItsMilestone(t *testing.T) {
	w := newWorld(t)
	w.topUp()
	w.onboard()
	m := w.contract()(100_000).Milestones[0]
	w.fund(m)
	w.deliver(m)
	w.accept(m)
	w.takeBack(m, 50_000)
	w.takeBack(m, 60_000)
	w.wantState(m, billing.MilestoneReversed)
	if n := w.Count("SELECT count(*) FROM operations WHERE kind = 'transfer' AND state = 'reversed'"); n != 1 {
		t.Error("the transfer does not say that it is gone")
	}
	w.wantBalances("all", map[string]int64{"connected:" + w.yumi.PersonID.String(): 0})
	w.reconciled()
}

func TestAReversalThatIsRefusedLeavesADebtThatIsKeptOnlyByWrittenAgreement(t *testing.T) {
	w := newWorld(t)
	w.topUp()
	w.onboard()
	m := w.contract()(100_000).Milestones[0]
	w.fund(m)
	w.deliver(m)
	w.accept(m)
	w.payday() // the account is empty
	w.takeBack(m, 100_000)
	debt := "receivable:freelancer:" + w.yumi.PersonID.String()
	w.wantBalances("refused", map[string]int64{debt: 100_000, "refund_payable:" + m.ID.String(): 0})
	w.wantLetter(market.LetterReversalRefused, w.aoi.Finance, 1)
	w.wantLetter(market.LetterDebt, w.yumi.Actor, 1)
	w.wantState(m, billing.MilestonePaid)

	work := func() billing.Milestone {
		next := w.contract()(100_000).Milestones[0]
		w.fund(next)
		w.deliver(next)
		return w.accept(next)
	}
	if got := work(); got.Recovered != 0 {
		t.Errorf("%d was kept without an agreement", got.Recovered)
	}
	mine, err := w.billing.MyDebts(ctx, w.yumi.Actor)
	w.Check(err)
	if len(mine) != 1 || mine[0].Amount != 100_000 || mine[0].Agreed {
		t.Fatalf("her debts: %+v", mine)
	}
	w.Check(w.billing.AgreeRecovery(ctx, w.yumi.Actor, mine[0].MilestoneID, "I agree that up to half of each payment is kept until ¥100,000 is paid."))
	first := work()
	if first.Recovered != 55_000 || first.State != billing.MilestoneReleased {
		t.Errorf("kept of the first: %d, %s", first.Recovered, first.State)
	}
	if second := work(); second.Recovered != 45_000 {
		t.Errorf("kept of the second: %d", second.Recovered)
	}
	if third := work(); third.Recovered != 0 {
		t.Errorf("kept of the third: %d", third.Recovered)
	}
	w.wantBalances("recovered", map[string]int64{debt: 0})
	w.payday()
	w.reconciled()
}

func TestAPausedContractBeginsNothingAndStillAnswersForWhatWasDelivered(t *testing.T) {
	w := newWorld(t)
	w.onboard()
	c := w.contract()(60_000, 40_000)
	w.fund(c.Milestones[0])
	paused, err := w.billing.PauseContract(ctx, w.aoi.Manager, c.ID, "The budget is under review.")
	w.Check(err)
	if paused.State != billing.ContractPaused {
		t.Fatalf("the contract is %s", paused.State)
	}
	w.wantLetter(market.LetterPaused, w.yumi.Actor, 1)
	_, err = w.billing.Fund(ctx, w.aoi.Manager, c.Milestones[1].ID)
	w.wantErr(err, billing.ErrContractNotActive)
	_, err = w.billing.Start(ctx, w.yumi.Actor, c.Milestones[0].ID)
	w.wantErr(err, billing.ErrContractNotActive)
	_, err = w.billing.PauseContract(ctx, w.yumi.Actor, c.ID, "Me too.")
	w.wantErr(err, billing.ErrWrongState)
	_, err = w.billing.Submit(ctx, w.yumi.Actor, c.Milestones[0].ID, "Receiving is never refused.")
	w.Check(err)
	w.Clock.Set(*w.milestone(c.Milestones[0].ID).AutoAcceptAt)
	if n, err := w.billing.AutoAccept(ctx); n != 1 || err != nil {
		t.Fatalf("silence accepted %d, %v", n, err)
	}
	w.drain()
	w.wantState(c.Milestones[0], billing.MilestoneReleased)
	_, err = w.billing.ResumeContract(ctx, w.aoi.Manager, c.ID)
	w.Check(err)
	w.wantState(w.fund(c.Milestones[1]), billing.MilestoneFunded)
}

func TestALongContractEndsWithThirtyDaysNoticeAndAShortOneWithADay(t *testing.T) {
	w := newWorld(t)
	w.topUp()
	short := w.contract()(100_000)
	long := w.contract()(100_000, 50_000)
	w.Exec("UPDATE contracts SET deliver_on = deliver_on + 200 WHERE id = ?", long.ID)
	today := w.Today()
	_, err := w.billing.GiveNotice(ctx, w.aoi.Manager, long.ID, today.AddDays(29), "The work is brought in-house.")
	w.wantErr(err, billing.ErrNotice)
	_, err = w.billing.GiveNotice(ctx, w.aoi.Manager, long.ID, today.AddDays(-1), "Yesterday.")
	w.wantErr(err, market.ErrPastDate)
	w.fund(long.Milestones[0])
	got, err := w.billing.GiveNotice(ctx, w.aoi.Manager, long.ID, today.AddDays(30), "The work is brought in-house.")
	w.Check(err)
	if *got.EndsOn != today.AddDays(30) || got.State != billing.ContractActive {
		t.Errorf("the contract: %+v", got)
	}
	w.wantLetter(market.LetterNotice, w.yumi.Actor, 1)
	_, err = w.billing.GiveNotice(ctx, w.yumi.Actor, short.ID, today, "I found another job.")
	w.Check(err)
	w.Clock.Advance(day24)
	if n, err := w.billing.EndContracts(ctx); n != 1 || err != nil {
		t.Fatalf("%d ended, %v", n, err)
	}
	w.wantState(short.Milestones[0], billing.MilestoneCanceled)
	w.Clock.Advance(30 * day24)
	if n, err := w.billing.EndContracts(ctx); n != 1 || err != nil {
		t.Fatalf("%d ended, %v", n, err)
	}
	w.drain()
	w.wantState(long.Milestones[0], billing.MilestoneRefunded)
	w.wantState(long.Milestones[1], billing.MilestoneCanceled)
	over, err := w.billing.Contract(ctx, w.aoi.Manager, long.ID)
	w.Check(err)
	if over.State != billing.ContractTerminated {
		t.Errorf("the contract is %s", over.State)
	}
	w.reconciled()
}

func TestATaskWhoseContractPaidNothingIsOpenAgainUntilItsDayAndItsBidderIsTold(t *testing.T) {
	for due, want := range map[int]market.TaskState{30: market.Published, 5: market.TaskCanceled} {
		t.Run(string(want), func(t *testing.T) {
			w := newWorld(t)
			w.topUp()
			on := w.Today().AddDays(due)
			c := w.contract(func(d *market.TaskDraft) { d.DueOn = &on })(100_000)
			w.fund(c.Milestones[0])
			w.Clock.Advance(6 * day24)
			_, err := w.billing.Refund(ctx, w.aoi.Manager, c.Milestones[0].ID, "Stopped.")
			w.Check(err)
			w.drain()
			if w.Count("SELECT count(*) FROM tasks WHERE id = ? AND state = ?", c.TaskID, want) != 1 {
				t.Errorf("the task is not %s", want)
			}
			w.wantLetter(market.LetterEnded, w.yumi.Actor, 1)
			_, err = w.Market.PlaceBid(ctx, w.yumi.Actor, c.TaskID, market.Terms{Amount: market.Yen(90_000), DeliverOn: w.Today().AddDays(10)})
			if (err == nil) != (want == market.Published) {
				t.Errorf("bidding again: %v", err)
			}
		})
	}
}
