package billing_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"homecoming/billing"
	"homecoming/billing/gatewaytest"
	"homecoming/internal/jobs"
	"homecoming/market"
)

func TestTheWholeChainReproducesThePostingTableToTheYen(t *testing.T) {
	w := newWorld(t)
	w.onboard()
	c := w.contract(design)(100_000)
	m := c.Milestones[0]
	want := billing.Quote{Currency: "JPY", Fee: 100_000, Tax: 10_000, Withheld: 10_210, Net: 99_790, PlatformFee: 5_000, PlatformTax: 500,
		Charge: 105_290, LatestPayment: m.Quote().LatestPayment}
	if m.Quote() != want {
		t.Fatalf("the line of money is %+v", m.Quote())
	}
	balances := func(step string, want map[string]int64) {
		t.Helper()
		for account, b := range want {
			if got := w.balance(account); got != b {
				t.Errorf("%s: %s is %d, want %d", step, account, got, b)
			}
		}
	}
	held, payable, connected := "held:"+m.ID.String(), "payable:"+w.yumi.PersonID.String(), "connected:"+w.yumi.PersonID.String()

	w.wantState(w.fund(m), billing.MilestoneFunded)
	balances("funded", map[string]int64{"stripe:platform": 101_500, "stripe_fee": 3_790, held: -105_290})

	w.deliver(m)
	if _, err := w.billing.Accept(ctx, w.aoi.Manager, m.ID); err != nil {
		t.Fatal(err)
	}
	w.wantState(m, billing.MilestoneReleasing)
	balances("accepted", map[string]int64{held: 0, payable: -99_790, "platform_fee": -5_000, "consumption_tax": -500})

	w.drain()
	w.wantState(m, billing.MilestoneReleased)
	balances("transferred", map[string]int64{payable: 0, "stripe:platform": 1_710, connected: 99_790, "withheld_tax:" + w.aoi.ID.String(): -10_210})

	w.payday()
	w.wantState(m, billing.MilestonePaid)
	balances("paid out", map[string]int64{connected: 0, "stripe:platform": 1_710})
	w.wantReconciled(2)
}

func TestEverybodyIsToldWhatHappened(t *testing.T) {
	w := newWorld(t)
	w.onboard()
	m := w.contract()(100_000).Milestones[0]
	w.fund(m)
	w.deliver(m)
	if _, err := w.billing.RequestChanges(ctx, w.aoi.Manager, m.ID, billing.NotAsAgreed, "The totals are missing."); err != nil {
		t.Fatal(err)
	}
	w.deliver(m)
	w.accept(m)
	w.payday()
	for letter, to := range map[market.LetterKind]market.Actor{market.LetterFunded: w.yumi.Actor, market.LetterSubmitted: w.aoi.Manager,
		market.LetterChanges: w.yumi.Actor, market.LetterReleased: w.yumi.Actor, market.LetterPaid: w.yumi.Actor} {
		want := 1
		if letter == market.LetterSubmitted {
			want = 2
		}
		got := w.Count("SELECT count(*) FROM river_job WHERE kind = 'market.letter' AND args->>'letter' = ? AND args->>'person_id' = ?", letter, to.PersonID.String())
		if got != want {
			t.Errorf("%d letters %s to %s, want %d", got, letter, to.Email, want)
		}
	}
	var did []string
	for _, s := range w.milestone(m.ID).Timeline {
		did = append(did, s.Do)
	}
	if got := strings.Join(did, " "); got != "fund settle start submit request_changes start submit accept release transferred paid_out" {
		t.Errorf("the timeline reads: %s", got)
	}
}

func TestAFinishedContractCompletesItsTaskAndProvesItsSkills(t *testing.T) {
	w := newWorld(t)
	w.Skill("bookkeeping", "Bookkeeping", "経理")
	w.onboard()
	c := w.contract(func(d *market.TaskDraft) {
		d.Skills = []market.WantedSkill{{Skill: "bookkeeping", Level: 2}}
	})(60_000, 40_000)
	err := w.billing.Review(ctx, w.aoi.Manager, c.ID, 5, "Flawless.")
	w.wantErr(err, billing.ErrNotFinished)
	for i, m := range c.Milestones {
		w.fund(m)
		w.deliver(m)
		w.accept(m)
		now, err := w.billing.Contract(ctx, w.yumi.Actor, c.ID)
		w.Check(err)
		if want := []billing.ContractState{billing.ContractActive, billing.ContractCompleted}[i]; now.State != want {
			t.Fatalf("after milestone %d the contract is %s, want %s", i+1, now.State, want)
		}
	}
	if w.Count("SELECT count(*) FROM tasks WHERE id = ? AND state = 'completed'", c.TaskID) != 1 {
		t.Error("the task is not completed")
	}
	if w.Count("SELECT level FROM person_skills WHERE person_id = ? AND skill_id = 'bookkeeping' AND evidence = 'proven' AND company_id = ?", w.yumi.PersonID, w.aoi.ID) != 2 {
		t.Error("the skill is not proven at the wanted level")
	}
	w.Check(w.billing.Review(ctx, w.aoi.Manager, c.ID, 5, "Flawless."))
	w.Check(w.billing.Review(ctx, w.yumi.Actor, c.ID, 4, "Clear briefs."))
	w.wantErr(w.billing.Review(ctx, w.yumi.Actor, c.ID, 4, "Again."), market.ErrReviewedTwice)
}

func TestAcceptedWorkWaitsForThePayoutAccountAndGoesOnByItself(t *testing.T) {
	w := newWorld(t)
	m := w.contract()(100_000).Milestones[0]
	w.fund(m)
	w.deliver(m)
	if got := w.accept(m); got.State != billing.MilestoneReleasing || got.HoldReason != "payout_account_missing" {
		t.Fatalf("without an account: %s, held for %q", got.State, got.HoldReason)
	}
	link, err := w.billing.Onboard(ctx, w.yumi.Actor)
	w.Check(err)
	w.drain()
	w.wantState(m, billing.MilestoneReleasing) // the account is there, its owner has not filled it in
	gatewaytest.Press(w, link)
	w.drain()
	w.wantState(m, billing.MilestoneReleased)
	if got := w.milestone(m.ID); got.HoldReason != "" {
		t.Errorf("it is still held for %q", got.HoldReason)
	}
	a, err := w.billing.PayoutAccount(ctx, w.yumi.Actor)
	w.Check(err)
	if a.State != billing.AccountActive || !a.Transfers || !a.Payouts {
		t.Errorf("the account is %+v", a)
	}
}

func TestSilenceAcceptsDeliveredWorkOnItsDay(t *testing.T) {
	w := newWorld(t)
	w.onboard()
	m := w.contract()(100_000).Milestones[0]
	w.fund(m)
	w.deliver(m)
	due := *w.milestone(m.ID).AutoAcceptAt
	if want := day("2026-12-08"); !due.Equal(want.In(w.aoi.Zone())) { // 14 days, the last of them whole
		t.Fatalf("silence accepts at %s, want the beginning of %s in Tokyo", due, want)
	}
	w.Clock.Set(due.Add(-1))
	if n, err := w.billing.AutoAccept(ctx); n != 0 || err != nil {
		t.Fatalf("accepted %d, %v, too early", n, err)
	}
	w.Clock.Set(due)
	if n, err := w.billing.AutoAccept(ctx); n != 1 || err != nil {
		t.Fatalf("accepted %d, %v, want 1", n, err)
	}
	w.drain()
	w.wantState(m, billing.MilestoneReleased)
	if s := w.milestone(m.ID).Timeline; s[len(s)-3].By != billing.TheClock {
		t.Errorf("accepted by %s, want the clock", s[len(s)-3].By)
	}
}

func TestTheFeesDueDayCountsFromTheFirstDelivery(t *testing.T) {
	w := newWorld(t)
	m := w.contract()(100_000).Milestones[0]
	w.fund(m)
	w.deliver(m)
	first := w.milestone(m.ID)
	if *first.ReceivedOn != day("2026-11-23") || *first.PayBy != day("2026-12-22") || first.Quote().LatestPayment != *first.PayBy {
		t.Fatalf("received on %s, to be paid by %s", first.ReceivedOn, first.PayBy)
	}
	w.Clock.Advance(5 * 24 * time.Hour)
	_, err := w.billing.RequestChanges(ctx, w.aoi.Manager, m.ID, billing.NotAsAgreed, "The totals are missing.")
	w.Check(err)
	w.deliver(m)
	again := w.milestone(m.ID)
	if *again.ReceivedOn != *first.ReceivedOn || *again.PayBy != *first.PayBy {
		t.Errorf("delivered again: received on %s, to be paid by %s", again.ReceivedOn, again.PayBy)
	}
	if !again.AutoAcceptAt.After(*first.AutoAcceptAt) {
		t.Error("silence counts from the first delivery")
	}
}

func TestAnUndeliveredMilestoneIsRefundedAndADeliveredOneIsNot(t *testing.T) {
	w := newWorld(t)
	c := w.contract()(100_000, 50_000)
	first, second := c.Milestones[0], c.Milestones[1]
	w.fund(first)
	w.fund(second)
	w.deliver(second)
	_, err := w.billing.Refund(ctx, w.aoi.Manager, second.ID, "Changed our minds.")
	w.wantErr(err, billing.ErrWrongState)
	_, err = w.billing.RequestChanges(ctx, w.aoi.Manager, second.ID, billing.NotAsAgreed, "More.")
	w.Check(err)
	_, err = w.billing.Start(ctx, w.yumi.Actor, second.ID)
	w.Check(err)
	_, err = w.billing.Refund(ctx, w.aoi.Manager, second.ID, "Changed our minds.")
	w.wantErr(err, billing.ErrDelivered)

	_, err = w.billing.Refund(ctx, w.aoi.Manager, first.ID, "The project was stopped.")
	w.Check(err)
	w.drain()
	w.wantState(first, billing.MilestoneRefunded)
	if w.balance("refund_payable:"+first.ID.String()) != 0 || w.balance("held:"+first.ID.String()) != 0 {
		t.Error("something is left of the refunded money")
	}
	w.wantReconciled(3)
}

func TestACheckoutThatNobodyPaysGivesTheMilestoneBack(t *testing.T) {
	w := newWorld(t)
	m := w.contract()(100_000).Milestones[0]
	f, err := w.billing.Fund(ctx, w.aoi.Manager, m.ID)
	w.Check(err)
	again, err := w.billing.Fund(ctx, w.aoi.Manager, m.ID)
	w.Check(err)
	if f.CheckoutURL == "" || again.CheckoutURL != f.CheckoutURL {
		t.Fatalf("asked twice, two pages: %q and %q", f.CheckoutURL, again.CheckoutURL)
	}
	w.payday()
	w.wantState(m, billing.MilestoneDraft)
	w.wantState(w.fund(m), billing.MilestoneFunded)
	w.wantReconciled(1)
}

func TestAChargeWhoseFeeNobodyCoversIsRefused(t *testing.T) {
	w := newWorld(t)
	w.billing = billing.New(w.DB, w.Clock, w.Market, w.gateway, billing.Config{BaseURL: "http://product.test"})
	w.Exec("UPDATE companies SET platform_fee_bp = 0 WHERE id = ?", w.aoi.ID)
	m := w.contract()(100_000).Milestones[0]
	_, err := w.billing.Fund(ctx, w.aoi.Manager, m.ID)
	w.wantErr(err, billing.ErrFeeNotCovered)
	w.wantState(m, billing.MilestoneDraft)
}

func TestTheMoneyOverviewFollowsTheMoney(t *testing.T) {
	w := newWorld(t)
	w.onboard()
	c := w.contract(design)(100_000, 100_000)
	look := func() billing.MoneyOverview {
		t.Helper()
		o, err := w.billing.MoneyOverview(ctx, w.aoi.Finance, w.aoi.ID)
		w.Check(err)
		return o
	}
	if o := look(); o.Committed != 2*105_290 || o.Funded != 0 {
		t.Errorf("agreed: %+v", o)
	}
	w.fund(c.Milestones[0])
	w.fund(c.Milestones[1])
	w.deliver(c.Milestones[0])
	if o := look(); o.Committed != 0 || o.Funded != 2*105_290 || o.Held != 2*105_290 || len(o.Due) != 1 || o.Due[0].Net != 99_790 {
		t.Errorf("delivered: %+v", o)
	}
	w.accept(c.Milestones[0])
	w.payday()
	o := look()
	if o.Held != 105_290 || o.Paid != 99_790 || o.PlatformFee != 5_500 || o.Withheld != 10_210 {
		t.Errorf("paid: %+v", o)
	}
	if len(o.WithheldDue) != 1 || o.WithheldDue[0].Amount != 10_210 || o.WithheldDue[0].DueOn != day("2026-12-10") {
		t.Errorf("withheld: %+v", o.WithheldDue)
	}
}

func TestPayoutsShowACompanyItsOwnLinesAlone(t *testing.T) {
	w := newWorld(t)
	w.onboard()
	beni := w.Company("Beni")
	both := beni.Alumnus("Takahashi Yumi") // the same person at a second company
	w.yumi.Actor = w.Actor(w.yumi.PersonID)
	m := w.contract()(100_000).Milestones[0]
	w.fund(m)
	w.deliver(m)
	w.accept(m)

	bid := w.Bid(both, beni.Task("Count the stock", 40_000), 40_000)
	other, err := w.billing.AcceptBid(ctx, beni.Manager, bid.ID, bid.Version)
	w.Check(err)
	f, err := w.billing.Fund(ctx, beni.Manager, other.Milestones[0].ID)
	w.Check(err)
	gatewaytest.Press(w, f.CheckoutURL)
	w.drain()
	_, err = w.billing.Submit(ctx, w.yumi.Actor, other.Milestones[0].ID, "")
	w.Check(err)
	_, err = w.billing.Accept(ctx, beni.Manager, other.Milestones[0].ID)
	w.Check(err)
	w.drain()
	w.payday()

	mine, err := w.billing.MyPayouts(ctx, w.yumi.Actor, "", 0)
	w.Check(err)
	if len(mine) != 1 || len(mine[0].Lines) != 2 || mine[0].Amount != 110_000+44_000 {
		t.Fatalf("her payouts: %+v", mine)
	}
	theirs, err := w.billing.Payouts(ctx, beni.Finance, beni.ID, "", 0)
	w.Check(err)
	if len(theirs) != 1 || len(theirs[0].Lines) != 1 || theirs[0].Amount != 44_000 || theirs[0].PersonName == "" {
		t.Fatalf("Beni's payouts: %+v", theirs)
	}
	_, err = w.billing.Payouts(ctx, beni.Finance, w.aoi.ID, "", 0)
	w.wantErr(err, market.ErrNotFound)
	_, err = w.billing.Payouts(ctx, w.aoi.Manager, w.aoi.ID, "", 0)
	w.wantErr(err, market.ErrForbidden)
	if r := w.reconcile(); r.State != jobs.Succeeded || r.Matched != 2 {
		t.Errorf("Aoi's reconciliation sees %d", r.Matched)
	}
}

// aReturningBank is a provider whose payouts a test decides on; the stand-in's never fail.
type aReturningBank struct {
	billing.Gateway
	payouts map[string]billing.Payout
}

func (b *aReturningBank) Payout(ctx context.Context, account, id string) (billing.Payout, error) {
	if p, ok := b.payouts[id]; ok {
		p.Account = account
		return p, nil
	}
	return b.Gateway.Payout(ctx, account, id)
}

// news stores and works an event about a payout, as if a webhook had brought it.
func (w *world) news(kind, payout string) {
	w.Helper()
	a, err := w.billing.PayoutAccount(ctx, w.yumi.Actor)
	w.Check(err)
	id := "evt_" + uuid.NewString()
	w.Exec(`INSERT INTO provider_events (id, endpoint, account, type, object, api_version, payload, created_at, received_at, next_at)
		VALUES (?, 'connect', ?, ?, ?, '2023-10-16', '{}', now(), now(), now())`, id, *a.ProviderID, kind, payout)
	w.Check(w.billing.WorkEvent(ctx, id))
}

func TestAReturnedPayoutIsPaidAgainWithTheNextInWhateverOrderTheNewsComes(t *testing.T) {
	for _, order := range [][]string{{"first paid", "first failed", "second paid"}, {"first failed", "second paid"}, {"second paid", "first failed"}, {"second paid"}} {
		t.Run(strings.Join(order, ", "), func(t *testing.T) {
			w := newWorld(t)
			bank := &aReturningBank{Gateway: w.gateway, payouts: map[string]billing.Payout{}}
			w.serve(bank)
			w.onboard()
			m := w.contract()(100_000).Milestones[0]
			w.fund(m)
			w.deliver(m)
			w.accept(m)
			var transfer string
			w.Check(w.DB.Gorm(ctx).Raw("SELECT provider_id FROM operations WHERE kind = 'transfer'").Scan(&transfer).Error)
			payout := func(id, state string, part billing.PayoutPart) {
				part.Amount = 110_000
				bank.payouts[id] = billing.Payout{ID: id, Amount: 110_000, Currency: "JPY", State: state, Automatic: true, ArrivesOn: w.Today(),
					CreatedAt: w.Clock.Now(), Parts: []billing.PayoutPart{part}}
			}
			payout("po_first", "failed", billing.PayoutPart{Transfer: transfer})
			payout("po_second", "paid", billing.PayoutPart{Failed: "po_first"})
			for _, news := range order {
				switch news {
				case "first paid":
					payout("po_first", "paid", billing.PayoutPart{Transfer: transfer})
					w.news("payout.paid", "po_first")
					w.wantState(m, billing.MilestonePaid)
					payout("po_first", "failed", billing.PayoutPart{Transfer: transfer})
				case "first failed":
					before := w.milestone(m.ID).State
					w.news("payout.failed", "po_first")
					if before == billing.MilestonePaid && order[0] == "first paid" {
						w.wantState(m, billing.MilestonePayoutFailed)
					}
				case "second paid":
					w.news("payout.paid", "po_second")
				}
			}
			w.wantState(m, billing.MilestonePaid)
			if got := w.Count("SELECT count(*) FROM ledger_entries WHERE kind IN ('payout', 'payout_failed')"); got != 3 {
				t.Errorf("%d entries about payouts, want 3 in any order", got)
			}
		})
	}
}
