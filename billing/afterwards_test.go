package billing_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"homecoming/billing"
	"homecoming/billing/gatewaytest"
	"homecoming/billing/stripesim"
	"homecoming/market"
)

const day24 = 24 * time.Hour

// limit sets from which amount on a refund takes two people.
func (w *world) limit(yen int64) {
	w.Helper()
	_, err := w.Market.UpdateCompany(ctx, w.aoi.Administrator, w.aoi.ID, market.CompanyEdit{RefundLimit: &yen})
	w.Check(err)
}

// topUp puts the platform's own money into its balance.
func (w *world) topUp() { w.Helper(); w.fund(w.contract()(900_000).Milestones[0]) }

func (w *world) refundOf(m billing.Milestone) billing.RefundRecord {
	w.Helper()
	list, err := w.billing.Refunds(ctx, w.aoi.Finance, w.aoi.ID, uuid.Nil, 0)
	w.Check(err)
	for _, r := range list {
		if r.MilestoneID == m.ID {
			return r
		}
	}
	w.Fatal("there is no refund")
	return billing.RefundRecord{}
}

func (w *world) waiting() []billing.Approval {
	w.Helper()
	list, err := w.billing.Approvals(ctx, w.aoi.Approver, w.aoi.ID, true)
	w.Check(err)
	return list
}

func (w *world) approve(who market.Actor) {
	w.Helper()
	list := w.waiting()
	if len(list) != 1 {
		w.Fatalf("%d approvals wait", len(list))
	}
	_, err := w.billing.Approve(ctx, who, list[0].ID)
	w.Check(err)
	w.drain()
}

func (w *world) wantBalances(step string, want map[string]int64) {
	w.Helper()
	for account, b := range want {
		if got := w.balance(account); got != b {
			w.Errorf("%s: %s is %d, want %d", step, account, got, b)
		}
	}
}

// reconciled asserts that every object of the provider's is explained by the books, whatever there is.
func (w *world) reconciled() {
	w.Helper()
	if r := w.reconcile(); len(r.Exceptions) != 0 || r.Difference["JPY"] != 0 {
		w.Errorf("reconciliation: difference %v, exceptions %+v", r.Difference, r.Exceptions)
	}
}

func (w *world) wantLetter(kind market.LetterKind, to market.Actor, want int) {
	w.Helper()
	got := w.Count("SELECT count(*) FROM river_job WHERE kind = 'market.letter' AND args->>'letter' = ? AND args->>'person_id' = ?", kind, to.PersonID.String())
	if got != want {
		w.Errorf("%d letters %s to %s, want %d", got, kind, to.Name, want)
	}
}

func TestARefundWaitsForMoneyAndOneThatFailsStaysOwedUntilItIsSentAgain(t *testing.T) {
	w := newWorld(t)
	m := w.contract()(100_000).Milestones[0]
	w.fund(m)
	charge := m.Quote().Charge
	_, err := w.billing.Refund(ctx, w.aoi.Manager, m.ID, "The project was stopped.")
	w.Check(err)
	w.drain()
	if r := w.refundOf(m); r.State != billing.RefundPending || r.Moved { // the provider kept its fee, so the balance is short
		t.Fatalf("the refund is %+v", r)
	}
	w.wantBalances("pending", map[string]int64{"refund_payable:" + m.ID.String(): -charge, "held:" + m.ID.String(): 0})
	w.wantState(m, billing.MilestoneRefunding)
	w.Check(w.sim.FailRefund(w.refundOf(m).ProviderID, "lost_or_stolen_card"))
	w.drain()
	if r := w.refundOf(m); r.State != billing.RefundFailed || r.Failure != "lost_or_stolen_card" {
		t.Fatalf("the refund is %+v", r)
	}
	if got := w.milestone(m.ID); got.State != billing.MilestoneRefunding || got.HoldReason != "refund_failed" {
		t.Errorf("the milestone is %s (%s)", got.State, got.HoldReason)
	}
	w.wantLetter(market.LetterRefundFailed, w.aoi.Manager, 1)
	w.wantLetter(market.LetterRefundFailed, w.aoi.Finance, 1)

	w.topUp()
	_, err = w.billing.RetryRefund(ctx, w.aoi.Manager, w.refundOf(m).ID)
	w.wantErr(err, market.ErrForbidden)
	_, err = w.billing.RetryRefund(ctx, w.aoi.Finance, w.refundOf(m).ID)
	w.Check(err)
	w.drain()
	w.wantState(m, billing.MilestoneRefunded)
	if r := w.refundOf(m); r.State != billing.RefundSucceeded || r.Tries != 2 || !r.Moved {
		t.Errorf("the refund is %+v", r)
	}
	w.wantBalances("refunded", map[string]int64{"refund_payable:" + m.ID.String(): 0})
	w.reconciled()
}

func TestARefundThatComesBackDaysLaterIsOwedAgainAndPaidByHandOnlyByTwoPeople(t *testing.T) {
	w := newWorld(t)
	w.topUp()
	m := w.contract()(100_000).Milestones[0]
	w.fund(m)
	_, err := w.billing.Refund(ctx, w.aoi.Manager, m.ID, "Stopped.")
	w.Check(err)
	w.drain()
	w.wantState(m, billing.MilestoneRefunded)
	w.Clock.Advance(5 * day24)
	before := w.balance("stripe:platform")
	w.Check(w.sim.FailRefund(w.refundOf(m).ProviderID, "expired_or_canceled_card"))
	w.drain()
	charge, owed := m.Quote().Charge, "refund_payable:"+m.ID.String()
	w.wantBalances("came back", map[string]int64{owed: -charge, "stripe:platform": before + charge})
	w.reconciled()

	_, err = w.billing.AskRefundByHand(ctx, w.aoi.Finance, w.refundOf(m).ID, "Mizuho 2026-12-01 no. 4471")
	w.Check(err)
	_, err = w.billing.AskRefundByHand(ctx, w.aoi.Administrator, w.refundOf(m).ID, "Again")
	w.wantErr(err, billing.ErrAskedAlready)
	_, err = w.billing.Approve(ctx, w.aoi.Finance, w.waiting()[0].ID)
	w.wantErr(err, billing.ErrSamePerson)
	_, err = w.billing.Approve(ctx, w.yumi.Actor, w.waiting()[0].ID)
	w.wantErr(err, market.ErrForbidden)
	w.approve(w.aoi.Approver)
	if r := w.refundOf(m); r.State != billing.RefundByHand || !strings.Contains(r.Reference, "4471") {
		t.Errorf("the refund is %+v", r)
	}
	w.wantBalances("paid by hand", map[string]int64{owed: 0, "bank:platform": -charge})
	_, err = w.billing.RetryRefund(ctx, w.aoi.Finance, w.refundOf(m).ID)
	w.wantErr(err, billing.ErrWrongState)
}

func TestARefundAboveTheLimitTakesTwoPeopleAndAtZeroEveryOneDoes(t *testing.T) {
	w := newWorld(t)
	w.topUp()
	c := w.contract()(100_000, 10_000)
	large, small := c.Milestones[0], c.Milestones[1]
	w.fund(large)
	w.fund(small)
	w.limit(50_000)
	_, err := w.billing.Refund(ctx, w.aoi.Manager, large.ID, "Stopped.")
	w.Check(err)
	w.drain()
	w.wantState(large, billing.MilestoneFunded)
	if asked := w.milestone(large.ID).Asked; len(asked) != 1 || asked[0].Amount != large.Quote().Charge {
		t.Fatalf("what waits: %+v", asked)
	}
	w.wantLetter(market.LetterApproval, w.aoi.Approver, 1)
	_, err = w.billing.Approve(ctx, w.aoi.Manager, w.waiting()[0].ID)
	w.wantErr(err, market.ErrForbidden)

	_, err = w.billing.Submit(ctx, w.yumi.Actor, large.ID, "Done after all.") // between asking and approving
	w.Check(err)
	_, err = w.billing.Approve(ctx, w.aoi.Approver, w.waiting()[0].ID)
	w.wantErr(err, billing.ErrWrongState)
	w.wantState(large, billing.MilestoneSubmitted)
	_, err = w.billing.Decline(ctx, w.aoi.Approver, w.waiting()[0].ID)
	w.Check(err)

	w.limit(0)
	_, err = w.billing.Refund(ctx, w.aoi.Administrator, small.ID, "Stopped.")
	w.Check(err)
	w.wantState(small, billing.MilestoneFunded)
	_, err = w.billing.Approve(ctx, w.aoi.Administrator, w.waiting()[0].ID)
	w.wantErr(err, billing.ErrSamePerson)
	w.approve(w.aoi.Finance)
	w.wantState(small, billing.MilestoneRefunded)
	w.limit(-1)
	other := w.contract()(100_000).Milestones[0]
	w.fund(other)
	_, err = w.billing.Refund(ctx, w.aoi.Manager, other.ID, "Stopped.")
	w.Check(err)
	w.wantState(other, billing.MilestoneRefunding)
	w.drain()
}

// contest has the payer's bank take the milestone's payment back, and lets the news arrive.
func (w *world) contest(m billing.Milestone) (chargeback string) {
	w.Helper()
	id, err := w.sim.Dispute(w.milestone(m.ID).Charges[0].ID, 0, "product_not_received", false)
	w.Check(err)
	w.drain()
	return id
}

func (w *world) decide(chargeback string, won bool) {
	w.Helper()
	w.Check(w.sim.DecideDispute(chargeback, won))
	w.drain()
}

func TestAChargebackFreezesEverythingAndWonLetsItGoOn(t *testing.T) {
	w := newWorld(t)
	w.topUp()
	w.onboard()
	m := w.contract(design)(100_000).Milestones[0]
	w.fund(m)
	w.deliver(m)
	silence := *w.milestone(m.ID).AutoAcceptAt
	before := w.balance("stripe:platform")
	dp := w.contest(m)
	w.wantBalances("opened", map[string]int64{"dispute_hold:" + dp: 105_290, "dispute_fee": 1_500, "stripe:platform": before - 105_290 - 1_500})
	for name, step := range map[string]func() error{
		"accept": func() error { _, err := w.billing.Accept(ctx, w.aoi.Manager, m.ID); return err },
		"changes": func() error {
			_, err := w.billing.RequestChanges(ctx, w.aoi.Manager, m.ID, billing.NotAsAgreed, "x")
			return err
		},
		"dispute": func() error { _, err := w.billing.OpenDispute(ctx, w.yumi.Actor, m.ID, "x"); return err },
	} {
		if err := step(); err == nil || !strings.Contains(err.Error(), "frozen") {
			t.Errorf("%s of what is frozen: %v", name, err)
		}
	}
	_, err := w.billing.SendEvidence(ctx, w.aoi.Finance, dp, "It was delivered.")
	w.Check(err)
	w.drain()
	w.Clock.Set(silence.Add(time.Hour))
	if n, err := w.billing.AutoAccept(ctx); n != 0 || err != nil {
		t.Errorf("silence accepted %d, %v", n, err)
	}
	w.decide(dp, true)
	w.wantBalances("won", map[string]int64{"dispute_hold:" + dp: 0, "dispute_fee": 1_500, "stripe:platform": before - 1_500})
	if got := w.milestone(m.ID); got.Frozen != "" || !got.AutoAcceptAt.After(w.Clock.Now()) {
		t.Errorf("thawed: %q, silence accepts at %s", got.Frozen, got.AutoAcceptAt)
	}
	w.accept(m)
	w.wantState(m, billing.MilestoneReleased)
	w.wantLetter(market.LetterChargeback, w.yumi.Actor, 1)
	w.wantLetter(market.LetterChargeback, w.aoi.Finance, 1)
	w.wantLetter(market.LetterChargebackOver, w.yumi.Actor, 1)
	w.reconciled()
}

func TestALostChargebackTakesWhatIsHeldBeforeAcceptanceAndIsTheCompanysDebtAfter(t *testing.T) {
	for stage, want := range map[billing.Stage]struct {
		state billing.MilestoneState
		borne billing.Bearer
		debt  int64
	}{
		billing.BeforeAcceptance: {billing.MilestoneChargedBack, billing.BorneByHeld, 0},
		billing.AfterAcceptance:  {billing.MilestoneReleased, billing.BorneByClient, 105_290},
		billing.AfterPayout:      {billing.MilestonePaid, billing.BorneByClient, 105_290},
	} {
		t.Run(string(stage), func(t *testing.T) {
			w := newWorld(t)
			w.topUp()
			m := w.contract(design)(100_000).Milestones[0]
			w.fund(m)
			w.deliver(m)
			if stage != billing.AfterAcceptance {
				w.onboard()
			}
			if stage != billing.BeforeAcceptance {
				w.accept(m)
			}
			if stage == billing.AfterPayout {
				w.payday()
			}
			dp := w.contest(m)
			if stage == billing.AfterAcceptance { // the account comes while the bank has its hand on the money
				w.onboard()
				w.wantState(m, billing.MilestoneReleasing)
			}
			w.decide(dp, false)
			w.wantState(m, want.state)
			rec, err := w.billing.Chargeback(ctx, w.aoi.Finance, dp)
			w.Check(err)
			if rec.State != billing.ChargebackLost || rec.Stage != stage || rec.BorneBy != want.borne {
				t.Errorf("the chargeback is %+v", rec)
			}
			client := "receivable:client:" + w.aoi.ID.String()
			w.wantBalances("lost", map[string]int64{"dispute_hold:" + dp: 0, "held:" + m.ID.String(): 0, client: want.debt, "payable:" + w.yumi.PersonID.String(): 0})
			w.reconciled()
			if want.debt == 0 {
				return
			}
			debts, err := w.billing.Debts(ctx, w.aoi.Finance, w.aoi.ID)
			w.Check(err)
			if len(debts) != 1 || debts[0].Account != client || debts[0].Amount != want.debt {
				t.Fatalf("the debts are %+v", debts)
			}
			w.Check(w.billing.AskWriteOff(ctx, w.aoi.Finance, w.aoi.ID, client, "Not worth a court."))
			w.approve(w.runs(w.aoi.Administrator))
			w.wantBalances("written off", map[string]int64{client: 0, "goodwill_loss": want.debt})
		})
	}
}

func TestACompanyPaysBackWhatALostChargebackLeftItOwing(t *testing.T) {
	w := newWorld(t)
	w.topUp()
	w.onboard()
	m := w.contract(design)(100_000).Milestones[0]
	w.fund(m)
	w.deliver(m)
	w.accept(m)
	_, err := w.billing.PayReceivable(ctx, w.aoi.Finance, m.ID)
	w.wantErr(err, billing.ErrNoDebt)
	w.decide(w.contest(m), false)
	client := "receivable:client:" + w.aoi.ID.String()
	_, err = w.billing.PayReceivable(ctx, w.yumi.Actor, m.ID)
	w.wantErr(err, market.ErrForbidden)
	f, err := w.billing.PayReceivable(ctx, w.aoi.Finance, m.ID)
	w.Check(err)
	gatewaytest.Press(w, f.CheckoutURL)
	w.drain()
	w.wantBalances("paid back", map[string]int64{client: 0, "suspense:unmatched": 0})
	w.reconciled()

	// The same card's bank takes this one back too: it is owed again, and paid again.
	var charge string
	w.Check(w.DB.Gorm(ctx).Raw("SELECT external_id FROM ledger_entries WHERE kind = 'receivable_paid'").Scan(&charge).Error)
	dp, err := w.sim.Dispute(charge, 0, "fraudulent", false)
	w.Check(err)
	w.drain()
	w.decide(dp, false)
	w.wantBalances("taken back again", map[string]int64{client: 105_290, "dispute_hold:" + dp: 0})
	w.wantState(m, billing.MilestoneReleased)
	f, err = w.billing.PayReceivable(ctx, w.aoi.Finance, m.ID)
	w.Check(err)
	w.Check(w.billing.AskWriteOff(ctx, w.aoi.Finance, w.aoi.ID, client, "We give up."))
	w.approve(w.runs(w.aoi.Administrator))
	gatewaytest.Press(w, f.CheckoutURL) // and then they pay after all
	w.drain()
	w.wantBalances("paid though given up", map[string]int64{client: 0, "suspense:unmatched": -105_290})
}

func TestAnInquiryFreezesAndTakesNothingUntilItBecomesAChargeback(t *testing.T) {
	w := newWorld(t)
	m := w.contract()(100_000).Milestones[0]
	w.fund(m)
	dp, err := w.sim.Dispute(w.milestone(m.ID).Charges[0].ID, 0, "general", true)
	w.Check(err)
	w.drain()
	if got := w.milestone(m.ID); got.Frozen != "chargeback" || w.balance("dispute_hold:"+dp) != 0 {
		t.Errorf("during the inquiry: frozen %q", got.Frozen)
	}
	w.Check(w.sim.EscalateDispute(dp))
	w.drain()
	if w.balance("dispute_hold:"+dp) != m.Quote().Charge {
		t.Error("the chargeback took nothing")
	}
	w.decide(dp, true)
	if got := w.milestone(m.ID); got.Frozen != "" {
		t.Errorf("it is still frozen: %q", got.Frozen)
	}
	w.reconciled()
}

func TestEvidenceHasThePapersAndIsSentOnceBeforeTheDeadline(t *testing.T) {
	w := newWorld(t)
	w.topUp()
	c := w.contract(design)(100_000)
	m := c.Milestones[0]
	w.fund(m)
	w.deliver(m)
	w.onboard()
	w.accept(m)
	dp := w.contest(m)
	text, err := w.billing.Evidence(ctx, w.aoi.Finance, dp, "The customer used it.")
	w.Check(err)
	for _, fact := range []string{"The customer used it.", c.Label(), c.TermsHash, c.NoticeHash, "Here it is.", "accept by company", "submit by alumnus", "As last year.", "Fee: ¥100,000"} {
		if !strings.Contains(text, fact) {
			t.Errorf("the evidence does not say %q:\n%s", fact, text)
		}
	}
	_, err = w.billing.SendEvidence(ctx, w.aoi.Manager, dp, "")
	w.wantErr(err, market.ErrForbidden)
	w.Check(w.sim.PlanFault(stripesim.Fault{Method: "POST", PathPrefix: "/v1/disputes", Kind: stripesim.CutAfter}))
	_, err = w.billing.SendEvidence(ctx, w.aoi.Finance, dp, "winning_evidence")
	w.Check(err)
	w.drain()
	w.Clock.Advance(time.Minute) // the answer was lost, and is looked up
	w.drain()
	_, err = w.billing.SendEvidence(ctx, w.aoi.Finance, dp, "More.")
	w.wantErr(err, billing.ErrTooLateForEvidence)
	if rec, err := w.billing.Chargeback(ctx, w.aoi.Finance, dp); err != nil || rec.State != billing.ChargebackWon || !rec.Answered() {
		t.Errorf("the chargeback is %+v, %v", rec, err)
	}

	other := w.contract()(50_000).Milestones[0]
	w.fund(other)
	late := w.contest(other)
	w.Clock.Advance(20 * day24)
	w.Check(w.sim.Advance(0))
	_, err = w.billing.SendEvidence(ctx, w.aoi.Finance, late, "Too late.")
	w.wantErr(err, billing.ErrTooLateForEvidence)
	w.drain()
	w.wantState(other, billing.MilestoneChargedBack)
	w.reconciled()
}

// TestAcceptAgainstRefundAgainstChargebackNeverPaysTwice lets them meet in each order, with the news in between.
func TestAcceptAgainstRefundAgainstChargebackNeverPaysTwice(t *testing.T) {
	for name, meet := range map[string]func(w *world, m billing.Milestone) (chargeback string){
		"refund asked, then contested before it is sent": func(w *world, m billing.Milestone) string {
			dp, err := w.sim.Dispute(w.milestone(m.ID).Charges[0].ID, 0, "duplicate", false)
			w.Check(err)
			_, err = w.billing.Refund(ctx, w.aoi.Manager, m.ID, "Stopped.") // and nobody has heard of it yet
			w.Check(err)
			return dp
		},
		"contested while the refund waits for money": func(w *world, m billing.Milestone) string {
			w.Check(w.sim.PlanFault(stripesim.Fault{Method: "POST", PathPrefix: "/v1/refunds", Kind: stripesim.TooMany}))
			_, err := w.billing.Refund(ctx, w.aoi.Manager, m.ID, "Stopped.")
			w.Check(err)
			w.workOperations()
			dp, err := w.sim.Dispute(w.milestone(m.ID).Charges[0].ID, 0, "duplicate", false)
			w.Check(err)
			return dp
		},
		"accepted while it is contested and nobody knows": func(w *world, m billing.Milestone) string {
			_, err := w.billing.Submit(ctx, w.yumi.Actor, m.ID, "")
			w.Check(err)
			dp, err := w.sim.Dispute(w.milestone(m.ID).Charges[0].ID, 0, "fraudulent", false)
			w.Check(err)
			_, err = w.billing.Accept(ctx, w.aoi.Manager, m.ID)
			w.Check(err)
			return dp
		},
		"all three at once": func(w *world, m billing.Milestone) string {
			_, err := w.billing.Submit(ctx, w.yumi.Actor, m.ID, "")
			w.Check(err)
			dp, err := w.sim.Dispute(w.milestone(m.ID).Charges[0].ID, 0, "fraudulent", false)
			w.Check(err)
			_, err = w.billing.CatchUp(ctx)
			w.Check(err)
			w.Together(func() error { _, err := w.billing.Accept(ctx, w.aoi.Manager, m.ID); return err },
				func() error { _, err := w.billing.Refund(ctx, w.aoi.Administrator, m.ID, "Stopped."); return err },
				func() error { w.workEvents(); return nil })
			return dp
		},
	} {
		for _, won := range []bool{true, false} {
			t.Run(name+map[bool]string{true: ", won", false: ", lost"}[won], func(t *testing.T) {
				w := newWorld(t)
				w.topUp()
				w.onboard()
				m := w.contract()(100_000).Milestones[0]
				w.fund(m)
				before := w.balance("stripe:platform")
				dp := meet(w, m)
				w.drain()
				w.decide(dp, won)
				for range 3 {
					w.Clock.Advance(2 * time.Hour)
					w.drain()
				}
				q, now := m.Quote(), w.milestone(m.ID)
				spent := before - w.balance("stripe:platform") - 1_500
				paid, client := int64(0), w.balance("receivable:client:"+w.aoi.ID.String())
				if now.State == billing.MilestoneReleased {
					paid = q.Net
				}
				back := int64(0)
				if !won {
					back = q.Charge
				} else if now.State == billing.MilestoneRefunded {
					back = q.Charge
				}
				if spent != paid+back {
					t.Errorf("%s: %d left the balance, want %d to the alumna and %d back", now.State, spent, paid, back)
				}
				if want := map[bool]int64{true: q.Charge}[!won && paid > 0]; client != want {
					t.Errorf("%s: the company owes %d, want %d", now.State, client, want)
				}
				w.reconciled()
			})
		}
	}
}

func TestAPayoutThatFailsAfterItWasPaidGoesOutAgainWhenTheBankAccountIsMended(t *testing.T) {
	w := newWorld(t)
	w.onboard()
	m := w.contract()(100_000).Milestones[0]
	w.fund(m)
	w.deliver(m)
	w.accept(m)
	w.payday()
	w.wantState(m, billing.MilestonePaid)
	payouts, err := w.billing.MyPayouts(ctx, w.yumi.Actor, "", 0)
	w.Check(err)
	w.Clock.Advance(3 * day24)
	w.Check(w.sim.FailPayout(payouts[0].ID, "account_closed"))
	w.drain()
	w.wantState(m, billing.MilestonePayoutFailed)
	w.wantLetter(market.LetterReturned, w.yumi.Actor, 1)
	w.wantBalances("returned", map[string]int64{"connected:" + w.yumi.PersonID.String(): m.Quote().Net})
	w.payday()
	w.wantState(m, billing.MilestonePayoutFailed) // not to a bank account that does not work
	a, err := w.billing.PayoutAccount(ctx, w.yumi.Actor)
	w.Check(err)
	if a.Payouts || a.Missing != "external_account" {
		t.Errorf("the account is %+v", a)
	}
	w.onboard()
	w.payday()
	w.wantState(m, billing.MilestonePaid)
	w.wantBalances("paid again", map[string]int64{"connected:" + w.yumi.PersonID.String(): 0})
	w.reconciled()
}

func TestAnAccountLostBetweenAcceptAndTransferKeepsTheMoneyWaitingForItsOwner(t *testing.T) {
	for name, lose := range map[string]struct {
		how    func(w *world, account string)
		reason string
		state  billing.AccountState
	}{
		"restricted":   {func(w *world, a string) { w.Check(w.sim.Restrict(a)) }, "payout_account_restricted", billing.AccountRestricted},
		"deauthorised": {func(w *world, a string) { w.Check(w.sim.Deauthorize(a)) }, "payout_account_gone", billing.AccountDeauthorized},
		"deauthorised, and the word of it is lost": {func(w *world, a string) { w.Check(w.sim.Deauthorize(a)) }, "payout_account_gone", billing.AccountDeauthorized},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.onboard()
			a, err := w.billing.PayoutAccount(ctx, w.yumi.Actor)
			w.Check(err)
			m := w.contract()(100_000).Milestones[0]
			w.fund(m)
			w.deliver(m)
			_, err = w.billing.Accept(ctx, w.aoi.Manager, m.ID)
			w.Check(err)
			lose.how(w, *a.ProviderID)
			if strings.Contains(name, "lost") {
				w.workOperations() // the transfer is refused before anybody has heard why
			}
			w.drain()
			w.Clock.Advance(2 * time.Hour)
			w.drain()
			if got := w.milestone(m.ID); got.State != billing.MilestoneReleasing || got.HoldReason != lose.reason {
				t.Fatalf("it is %s, held for %q", got.State, got.HoldReason)
			}
			now, err := w.billing.PayoutAccount(ctx, w.yumi.Actor)
			w.Check(err)
			if now.State != lose.state || now.Transfers {
				t.Errorf("the account is %+v", now)
			}
			w.wantLetter(market.LetterAccount, w.yumi.Actor, 1)
			link, err := w.billing.Onboard(ctx, w.yumi.Actor)
			w.Check(err)
			gatewaytest.Press(w, link)
			w.drain()
			w.wantState(m, billing.MilestoneReleased)
			now, err = w.billing.PayoutAccount(ctx, w.yumi.Actor)
			w.Check(err)
			if (*now.ProviderID == *a.ProviderID) != (lose.state == billing.AccountRestricted) {
				t.Errorf("the account was %s and is %s", *a.ProviderID, *now.ProviderID)
			}
			w.payday()
			w.wantState(m, billing.MilestonePaid)
			w.reconciled()
		})
	}
}
