package billing_test

import (
	"context"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homecoming/billing"
	"homecoming/billing/stripesim"
)

// survived is every line of what billing must survive, with the tests in which it really happens.
var survived = map[string][]string{
	"crash before, during, after the POST": {"TestAProcessKilledAtAnyCallToStripeLosesAndDoublesNothing", "TestAServerKilledAtAnyBoundaryLosesAndDoublesNothing",
		"TestTheCrashCampaignLosesAndDoublesNothing", "TestTheCrashCampaignWithoutTheLookUpReportsADoubledTransfer"},
	"lost response, replayed 500":                   {"TestEveryFaultOfTheProvidersIsSurvived", "TestARefundSurvivesItsFaults", "TestWhenThePageIsNotKnownFundingAnswersLaterAndGivesTheSamePage"},
	"key pruned after 24 h":                         {"TestALostAnswerIsLookedUpEvenWhenTheKeyIsForgotten"},
	"key stuck on a cached balance_insufficient":    {"TestAKeyStuckOnACachedRefusalIsLeftBehindByTheNextAttempt"},
	"debit, compensate, retry with the same key":    {"TestATransferThatWasTakenBackIsNeverAskedForAgain"},
	"same key, other amount, racing":                {"TestTheSameKeyForAnotherAmountMovesMoneyOnce"},
	"duplicate, reordered, missing events":          {"TestReplayingAllEventsShuffledAndDoubledChangesNothing", "TestEventsThatNeverCameAreCaughtUpWith", "TestWithoutAnyEventTheLookUpSettlesAPayment"},
	"event before the response":                     {"TestAnEventThatComesBeforeTheAnswerSettlesOnce"},
	"double accept":                                 {"TestAcceptingWorkTwiceAtOncePaysOnce", "TestAcceptingTwoBidsAtOnceAwardsOne"},
	"accept against refund against chargeback":      {"TestAcceptAgainstRefundTakesOneOfThem", "TestAcceptAgainstRefundAgainstChargebackNeverPaysTwice"},
	"bank transfer under":                           {"TestABankTransferUnderWaitsForTheRest", "TestEveryFaultOfABankTransferIsSurvived"},
	"bank transfer over":                            {"TestABankTransferOverLeavesTheRestForTheNextMilestoneOrTheBank"},
	"bank transfer merged":                          {"TestABankTransferMergedForSeveralMilestonesFundsThemAll", "TestAnAmbiguousBankTransferWaitsForAPersonWithOneProposal"},
	"bank transfer late":                            {"TestABankTransferLateStaysTheCompanysCash"},
	"bank transfer reversed":                        {"TestABankTransferReversedIsTheCompanysDebtWhereItWasSpent", "TestABankTransferReversedBeforeItIsSpentIsGone"},
	"refund pending or failed":                      {"TestARefundWaitsForMoneyAndOneThatFailsStaysOwedUntilItIsSentAgain", "TestARefundThatComesBackDaysLaterIsOwedAgainAndPaidByHandOnlyByTwoPeople"},
	"dispute after payout":                          {"TestALostChargebackTakesWhatIsHeldBeforeAcceptanceAndIsTheCompanysDebtAfter"},
	"reversal refused":                              {"TestAReversalThatIsRefusedLeavesADebtThatIsKeptOnlyByWrittenAgreement"},
	"account restricted or deauthorised in between": {"TestAnAccountLostBetweenAcceptAndTransferKeepsTheMoneyWaitingForItsOwner"},
	"payout failed after paid":                      {"TestAPayoutThatFailsAfterItWasPaidGoesOutAgainWhenTheBankAccountIsMended", "TestAReturnedPayoutIsPaidAgainWithTheNextInWhateverOrderTheNewsComes"},
	"iterator cut at page 3":                        {"TestAReconciliationCutAtItsThirdPageStartsAgain", "TestWhileTheLookUpFailsNothingIsSentAgain"},
	"holding and legal clocks":                      {"TestMoneyHeldForLongRaisesAlarmsAndGoesBackOnDay90", "TestDeliveredWorkIsNotGivenBackOnDay90", "TestTheLegalDueDayIsAnnounced", "TestTheFeesDueDayCountsFromTheFirstDelivery"},
	"fee and tax rounding":                          {"TestConsumptionTaxIsRoundedOnceAStatement", "TestWithholdingIsWhatTheTaxOfficeComputes", "TestASplitAlwaysSumsToTheCharge"},
	"JST month end against UTC":                     {"TestTheMonthEndsInTokyoAndNotInGreenwich", "TestDaysAreTheCompanysAndBothEndsBelong"},
}

func TestEveryLineOfWhatMustBeSurvivedHasItsTests(t *testing.T) {
	t.Parallel()
	var there []string
	for _, pattern := range []string{"*_test.go", "../cmd/homecoming/*_test.go"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			tree, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range tree.Decls {
				if f, ok := d.(*ast.FuncDecl); ok {
					there = append(there, f.Name.Name)
				}
			}
		}
	}
	for line, tests := range survived {
		for _, name := range tests {
			if !slices.Contains(there, name) {
				t.Errorf("%s: there is no %s", line, name)
			}
		}
	}
}

// releasing is a milestone that was accepted and whose transfer nobody has sent yet.
func (w *world) releasing() billing.Milestone {
	w.Helper()
	w.onboard()
	m := w.contract()(100_000).Milestones[0]
	w.fund(m)
	w.deliver(m)
	_, err := w.billing.Accept(ctx, w.aoi.Manager, m.ID)
	w.Check(err)
	return w.milestone(m.ID)
}

// transfer is the operation of a milestone's transfer.
func (w *world) transfer(m billing.Milestone) (o billing.Operation) {
	w.Helper()
	w.Check(w.DB.Gorm(ctx).Where("milestone_id = ? AND kind = 'transfer'", m.ID).Take(&o).Error)
	return o
}

// sent counts the transfers at the provider that have not been taken back.
func (w *world) sent() (live, all int) {
	w.Helper()
	for b, err := range w.gateway.BalanceTransactions(ctx, w.Clock.Now().AddDate(-1, 0, 0), time.Time{}) {
		w.Check(err)
		switch b.Type {
		case "transfer":
			live, all = live+1, all+1
		case "transfer_refund":
			live--
		}
	}
	return live, all
}

func TestAKeyStuckOnACachedRefusalIsLeftBehindByTheNextAttempt(t *testing.T) {
	w := newWorld(t)
	m := w.releasing()
	// Somebody at Stripe's dashboard sends most of the charge away by mistake.
	a, err := w.gateway.CreateTransfer(ctx, "by hand", billing.TransferOrder{Operation: uuid.New(), Milestone: m.ID, Charge: m.Charges[0].ID, Account: w.account(), Amount: 90_000, Currency: "JPY", Title: "Oops"})
	w.Check(err)
	w.workOperations()
	if o := w.transfer(m); o.State != billing.OpRejected || o.Problem != "balance_insufficient" {
		t.Fatalf("the transfer is %s (%s)", o.State, o.Problem)
	}
	_, err = w.gateway.ReverseTransfer(ctx, "by hand, back", billing.ReversalOrder{Operation: uuid.New(), Milestone: m.ID, Transfer: a.ID, Amount: 90_000, Currency: "JPY"})
	w.Check(err)
	w.Clock.Advance(2 * time.Hour)
	w.workOperations()
	w.wantState(m, billing.MilestoneReleased)
	if o := w.transfer(m); o.Attempt != 2 {
		t.Errorf("after %d attempts: the first key says no for a day", o.Attempt)
	}
	if live, all := w.sent(); live != 1 || all != 2 {
		t.Errorf("%d transfers, %d of them live", all, live)
	}
}

func TestATransferThatWasTakenBackIsNeverAskedForAgain(t *testing.T) {
	w := newWorld(t)
	w.topUp()
	m := w.releasing()
	w.drain()
	o := w.transfer(m)
	w.takeBack(m, m.Quote().Net)
	w.drain()
	w.Exec("UPDATE operations SET next_at = ? WHERE id = ?", w.Clock.Now(), o.ID) // as if somebody woke it
	if err := w.billing.Work(ctx, o.ID); err == nil {
		t.Error("a transfer that is over was worked")
	}
	w.Exec("UPDATE operations SET next_at = NULL WHERE id = ?", o.ID)
	w.Clock.Advance(30 * time.Hour)
	w.drain()
	if live, all := w.sent(); live != 0 || all != 1 {
		t.Errorf("%d transfers, %d of them live", all, live)
	}
}

func TestTheSameKeyForAnotherAmountMovesMoneyOnce(t *testing.T) {
	w := newWorld(t)
	m := w.releasing()
	send := func(amount int64) func() error {
		return func() error {
			_, err := w.gateway.CreateTransfer(ctx, "tr:same:1", billing.TransferOrder{Operation: uuid.New(), Milestone: m.ID, Charge: m.Charges[0].ID, Account: w.account(), Amount: amount, Currency: "JPY", Title: "x"})
			return err
		}
	}
	refused := 0
	for _, err := range w.Together(send(100), send(101), send(102), send(103)) {
		switch {
		case errors.Is(err, billing.ErrUnknown):
			refused++ // the key was somebody else's: look, and never take it for a no
		case err != nil:
			t.Error(err)
		}
	}
	if _, all := w.sent(); all != 1 || refused != 3 {
		t.Errorf("%d transfers, %d refused", all, refused)
	}
}

// aQuickMessenger is a provider whose events arrive before its answers.
type aQuickMessenger struct {
	billing.Gateway
	w *world
}

func (q aQuickMessenger) CreateTransfer(ctx context.Context, key string, o billing.TransferOrder) (billing.Transfer, error) {
	t, err := q.Gateway.CreateTransfer(ctx, key, o)
	q.w.hear()
	return t, err
}

func (q aQuickMessenger) CreateCheckout(ctx context.Context, key string, o billing.CheckoutOrder) (billing.Checkout, error) {
	co, err := q.Gateway.CreateCheckout(ctx, key, o)
	q.w.hear()
	return co, err
}

// hear lists events and works them, and nothing else.
func (w *world) hear() {
	w.Helper()
	_, err := w.billing.CatchUp(ctx)
	w.Check(err)
	w.workEvents()
}

func TestAnEventThatComesBeforeTheAnswerSettlesOnce(t *testing.T) {
	w := newWorld(t)
	w.serve(aQuickMessenger{w.gateway, w})
	m := w.releasing()
	w.workOperations()
	w.wantState(m, billing.MilestoneReleased)
	w.payday()
	w.wantOneOfEach()
}

func TestTheMonthEndsInTokyoAndNotInGreenwich(t *testing.T) {
	w := newWorld(t)
	w.onboard()
	m := w.contract(design)(100_000).Milestones[0]
	w.fund(m)
	w.Clock.Set(time.Date(2026, 11, 30, 15, 30, 0, 0, time.UTC)) // half past midnight on December 1 in Tokyo
	w.Check(w.sim.Advance(0))
	w.deliver(m)
	m = w.accept(m)
	if got := m.ReceivedOn.String(); got != "2026-12-01" {
		t.Errorf("received on %s", got)
	}
	o, err := w.billing.MoneyOverview(ctx, w.aoi.Finance, w.aoi.ID)
	w.Check(err)
	if len(o.WithheldDue) != 1 || o.WithheldDue[0].Month.String() != "2026-12-01" || o.WithheldDue[0].DueOn.String() != "2027-01-12" {
		t.Errorf("withheld by month: %+v", o.WithheldDue) // January 10 is a Sunday, the 11th a holiday
	}
}

func TestARequestIsAlwaysSentUnderItsAttemptsKey(t *testing.T) {
	w := newWorld(t)
	m := w.releasing()
	o := w.transfer(m)
	if again := w.transfer(m); o.Key() != again.Key() || o.Key() != "tr:"+o.ID.String()+":1" {
		t.Errorf("keys %s and %s", o.Key(), again.Key())
	}
	w.Check(w.sim.PlanFault(stripesim.Fault{Method: "POST", PathPrefix: "/v1/transfers", Kind: stripesim.CutAfter}))
	w.workOperations()
	w.drain()
	if _, all := w.sent(); all != 1 {
		t.Errorf("%d transfers", all)
	}
}

func TestAMilestoneIsHeldOnlyAfterItsContract(t *testing.T) {
	w := newWorld(t)
	m := w.contract()(100_000).Milestones[0]
	w.fund(m)
	accepted := make(chan error, 1)
	w.Tx(func(tx *gorm.DB) error {
		w.Check(tx.Exec("SELECT 1 FROM contracts WHERE id = ? FOR UPDATE", m.ContractID).Error)
		go func() {
			_, err := w.billing.Start(ctx, w.yumi.Actor, m.ID)
			accepted <- err
		}()
		for w.Count("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'") == 0 {
			time.Sleep(time.Millisecond) // until it waits for the contract
		}
		if err := tx.Exec("SELECT 1 FROM milestones WHERE id = ? FOR UPDATE NOWAIT", m.ID).Error; err != nil {
			t.Error("who waits for the contract holds the milestone: two of them can wait for each other")
			return err
		}
		return nil
	})
	w.Check(<-accepted)
}

// account is the alumna's at the provider.
func (w *world) account() (id string) {
	w.Helper()
	w.Check(w.DB.Gorm(ctx).Raw("SELECT provider_id FROM payout_accounts WHERE person_id = ?", w.yumi.PersonID).Scan(&id).Error)
	return id
}
