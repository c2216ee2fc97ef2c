package billing_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"homecoming/billing"
	"homecoming/billing/gatewaytest"
	"homecoming/billing/stripesim"
	"homecoming/market"
)

// awaits asks for the bank transfer of a milestone.
func (w *world) awaits(m billing.Milestone) billing.BankTransfer {
	w.Helper()
	b, err := w.billing.PayByBankTransfer(ctx, w.aoi.Manager, m.ID, billing.ForFunding)
	w.Check(err)
	if b.State != billing.TransferWaiting || b.Reference == "" || b.Virtual() == nil {
		w.Fatalf("asked for: %+v", b)
	}
	return b
}

// send has the company's bank send money, and lets the news of it arrive.
func (w *world) send(b billing.BankTransfer, yen int64, reference string) (movement string) {
	w.Helper()
	id, err := w.sim.SendBankTransfer(stripesim.BankTransfer{Customer: b.Virtual().Number, Amount: yen, Reference: reference, Sender: "カ）アオイ"})
	w.Check(err)
	w.drain()
	return id
}

func (w *world) transferred(b billing.BankTransfer) billing.BankTransfer {
	w.Helper()
	b, err := w.billing.BankTransfer(ctx, w.aoi.Manager, b.ID)
	w.Check(err)
	return b
}

func (w *world) cash() billing.Cash {
	w.Helper()
	c, err := w.billing.Cash(ctx, w.aoi.Finance, w.aoi.ID)
	w.Check(err)
	return c
}

func TestABankTransferOfWhatWasAskedForFundsAMilestone(t *testing.T) {
	w := newWorld(t)
	w.onboard()
	m := w.contract(design)(100_000).Milestones[0]
	b := w.awaits(m)
	if again := w.awaits(m); again.ID != b.ID || again.Reference != b.Reference {
		t.Errorf("asked again: %+v", again)
	}
	_, err := w.billing.Fund(ctx, w.aoi.Manager, m.ID)
	w.wantErr(err, billing.ErrAnotherWay)
	w.send(b, 105_290, b.Reference)
	w.wantState(m, billing.MilestoneFunded)
	cash := "client_cash:" + w.aoi.ID.String()
	w.wantBalances("funded", map[string]int64{"held:" + m.ID.String(): -105_290, "stripe:cash": 0, cash: 0, "paying:" + m.ID.String(): 0, "stripe_fee": 1_579, "stripe:platform": 103_711})
	if w.transferred(b).State != billing.TransferPaid {
		t.Errorf("the bank transfer is %+v", w.transferred(b))
	}
	w.deliver(m)
	w.accept(m)
	w.payday()
	w.wantState(m, billing.MilestonePaid)
	w.reconciled()
}

func TestChoosingAnotherWayClosesThePageThatIsOpen(t *testing.T) {
	w := newWorld(t)
	c := w.contract()(100_000, 50_000)
	first, paid := c.Milestones[0], c.Milestones[1]
	f, err := w.billing.Fund(ctx, w.aoi.Manager, first.ID)
	w.Check(err)
	b := w.awaits(first)
	if page, err := w.gateway.Checkout(ctx, f.CheckoutURL[strings.LastIndex(f.CheckoutURL, "/")+1:]); err != nil || page.State != "expired" {
		t.Errorf("the page is %+v, %v", page, err)
	}
	w.send(b, b.Amount, b.Reference)
	w.wantState(first, billing.MilestoneFunded)

	f, err = w.billing.Fund(ctx, w.aoi.Manager, paid.ID)
	w.Check(err)
	gatewaytest.Press(w, f.CheckoutURL) // and nobody has heard of it
	_, err = w.billing.PayByBankTransfer(ctx, w.aoi.Manager, paid.ID, billing.ForFunding)
	w.wantErr(err, billing.ErrWrongState)
	w.wantState(paid, billing.MilestoneFunded)
	w.drain()
	w.reconciled()
}

func TestABankTransferUnderWaitsForTheRest(t *testing.T) {
	w := newWorld(t)
	m := w.contract()(100_000).Milestones[0]
	due := m.Quote().Charge
	b := w.awaits(m)
	w.send(b, due-5_000, "")
	w.wantState(m, billing.MilestoneFunding)
	if got := w.transferred(b); got.State != billing.TransferPartPaid || got.Missing() != 5_000 {
		t.Fatalf("after too little: %+v", got)
	}
	w.wantBalances("a part", map[string]int64{"paying:" + m.ID.String(): -(due - 5_000), "stripe:cash": due - 5_000, "stripe:platform": 0})
	w.reconciled()
	w.send(b, 5_000, "")
	w.wantState(m, billing.MilestoneFunded)
	w.reconciled()
}

func TestABankTransferOverLeavesTheRestForTheNextMilestoneOrTheBank(t *testing.T) {
	w := newWorld(t)
	c := w.contract()(100_000, 50_000)
	first, second := c.Milestones[0], c.Milestones[1]
	b := w.awaits(first)
	w.send(b, first.Quote().Charge+60_000, b.Reference)
	w.wantState(first, billing.MilestoneFunded)
	if got := w.cash(); got.Balance != 60_000 || got.Free != 60_000 || len(got.Proposal) != 0 {
		t.Fatalf("the rest: %+v", got)
	}
	w.wantLetter(market.LetterCash, w.aoi.Finance, 1)
	next := w.awaits(second)
	if got := w.cash(); len(got.Proposal) != 1 || got.Proposal[0].BankTransfer.ID != next.ID || got.Proposal[0].Amount != second.Quote().Charge {
		t.Fatalf("proposed: %+v", got.Proposal)
	}
	_, err := w.billing.ApplyCash(ctx, w.aoi.Finance, next.ID, 60_001)
	w.wantErr(err, billing.ErrNotEnoughCash)
	_, err = w.billing.ApplyCash(ctx, w.aoi.Finance, next.ID, 0)
	w.Check(err)
	w.wantState(second, billing.MilestoneFunded)
	left := 60_000 - second.Quote().Charge
	_, err = w.billing.ReturnCash(ctx, w.aoi.Manager, w.aoi.ID, left)
	w.wantErr(err, market.ErrForbidden)
	got, err := w.billing.ReturnCash(ctx, w.aoi.Finance, w.aoi.ID, left)
	w.Check(err)
	if got.Balance != 0 || got.Free != 0 {
		t.Errorf("after the return: %+v", got)
	}
	w.drain()
	w.wantBalances("all spent", map[string]int64{"client_cash:" + w.aoi.ID.String(): 0, "stripe:cash": 0})
	w.reconciled()
}

func TestABankTransferMergedForSeveralMilestonesFundsThemAll(t *testing.T) {
	w := newWorld(t)
	c := w.contract()(100_000, 50_000)
	b := w.awaits(c.Milestones[0])
	w.awaits(c.Milestones[1])
	w.send(b, c.Milestones[0].Quote().Charge+c.Milestones[1].Quote().Charge, "")
	for _, m := range c.Milestones {
		w.wantState(m, billing.MilestoneFunded)
	}
	w.wantBalances("both", map[string]int64{"client_cash:" + w.aoi.ID.String(): 0, "stripe:cash": 0})
	w.reconciled()
}

func TestAnAmbiguousBankTransferWaitsForAPersonWithOneProposal(t *testing.T) {
	w := newWorld(t)
	c := w.contract()(100_000, 50_000, 50_000)
	b := w.awaits(c.Milestones[0])
	second := w.awaits(c.Milestones[1])
	w.awaits(c.Milestones[2])
	sum := second.Amount // two milestones are missing exactly this
	w.send(b, sum, "")
	for _, m := range c.Milestones {
		w.wantState(m, billing.MilestoneFunding)
	}
	got := w.cash()
	if len(got.Proposal) != 1 || got.Proposal[0].BankTransfer.ID != second.ID || got.Free != sum {
		t.Fatalf("proposed: %+v", got)
	}
	w.wantLetter(market.LetterCash, w.aoi.Finance, 1)
	_, err := w.billing.ApplyCash(ctx, w.aoi.Finance, got.Proposal[0].BankTransfer.ID, got.Proposal[0].Amount)
	w.Check(err)
	w.drain()
	w.wantState(c.Milestones[1], billing.MilestoneFunded)
	w.reconciled()
}

func TestABankTransferLateStaysTheCompanysCash(t *testing.T) {
	for name, end := range map[string]func(*world, billing.BankTransfer){
		"after it was canceled": func(w *world, b billing.BankTransfer) {
			_, err := w.billing.CancelBankTransfer(ctx, w.aoi.Manager, b.ID)
			w.Check(err)
		},
		"after it expired": func(w *world, b billing.BankTransfer) {
			w.Clock.Set(b.ExpiresAt)
			w.Check(w.sim.Advance(0))
			n, err := w.billing.ExpireTransfers(ctx)
			w.Check(err)
			if n != 1 {
				w.Fatalf("%d expired", n)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			c := w.contract()(100_000, 50_000)
			b := w.awaits(c.Milestones[0])
			end(w, b)
			w.drain()
			w.wantState(c.Milestones[0], billing.MilestoneDraft)
			other := w.awaits(c.Milestones[1])
			w.send(b, b.Amount, b.Reference) // for the first, although only the second is open
			w.wantState(c.Milestones[1], billing.MilestoneFunding)
			if got := w.cash(); got.Free != b.Amount {
				t.Fatalf("the late money: %+v", got)
			}
			again := w.awaits(c.Milestones[0])
			_, err := w.billing.ApplyCash(ctx, w.aoi.Manager, again.ID, 0)
			w.Check(err)
			w.drain()
			w.wantState(c.Milestones[0], billing.MilestoneFunded)
			if w.transferred(other).Received != 0 {
				t.Error("the other one got a part of it")
			}
			w.reconciled()
		})
	}
}

func TestGivingUpABankTransferThatWasPartPaidKeepsTheMoneyTheCompanys(t *testing.T) {
	w := newWorld(t)
	m := w.contract()(100_000).Milestones[0]
	b := w.awaits(m)
	w.send(b, 30_000, b.Reference)
	_, err := w.billing.CancelBankTransfer(ctx, w.aoi.Manager, b.ID)
	w.Check(err)
	w.drain()
	w.wantState(m, billing.MilestoneDraft)
	w.wantBalances("given up", map[string]int64{"client_cash:" + w.aoi.ID.String(): -30_000, "paying:" + m.ID.String(): 0, "stripe:cash": 30_000})
	w.wantState(w.fund(m), billing.MilestoneFunded) // by card, after all
	w.reconciled()
}

func TestABankTransferReversedIsTheCompanysDebtWhereItWasSpent(t *testing.T) {
	w := newWorld(t)
	w.topUp()
	c := w.contract()(100_000, 50_000)
	m := c.Milestones[0]
	b := w.awaits(m)
	movement := w.send(b, b.Amount, b.Reference)
	w.wantState(m, billing.MilestoneFunded)
	w.Check(w.sim.ReverseBankTransfer(movement))
	w.drain()
	client := "receivable:client:" + w.aoi.ID.String()
	w.wantBalances("reversed", map[string]int64{client: b.Amount, "client_cash:" + w.aoi.ID.String(): 0, "stripe:cash": 0})
	w.reconciled()

	other := w.awaits(c.Milestones[1])
	w.send(other, 10_000, "for something else")
	w.wantBalances("a part", map[string]int64{"paying:" + c.Milestones[1].ID.String(): -10_000})
	// What is owed is paid back by bank transfer.
	debts, err := w.billing.Debts(ctx, w.aoi.Finance, w.aoi.ID)
	w.Check(err)
	back, err := w.billing.PayByBankTransfer(ctx, w.aoi.Finance, debts[0].MilestoneID, billing.ForReceivable)
	w.Check(err)
	w.send(back, back.Amount, back.Reference)
	w.wantBalances("paid back", map[string]int64{client: 0})
	w.reconciled()
}

func TestABankTransferReversedBeforeItIsSpentIsGone(t *testing.T) {
	w := newWorld(t)
	c := w.contract()(100_000, 50_000, 50_000)
	b := w.awaits(c.Milestones[1])
	w.awaits(c.Milestones[2])
	movement := w.send(b, b.Amount, "")
	w.Check(w.sim.ReverseBankTransfer(movement))
	w.drain()
	if got := w.cash(); got.Balance != 0 || got.Free != 0 {
		t.Errorf("the cash is %+v", got)
	}
	w.wantBalances("gone", map[string]int64{"stripe:cash": 0, "receivable:client:" + w.aoi.ID.String(): 0})
	w.reconciled()
}

func TestAMilestonePaidByBankTransferIsRefundedIntoTheCompanysCash(t *testing.T) {
	w := newWorld(t)
	w.topUp()
	m := w.contract()(100_000).Milestones[0]
	b := w.awaits(m)
	w.send(b, b.Amount, b.Reference)
	_, err := w.billing.Refund(ctx, w.aoi.Manager, m.ID, "Changed our minds.")
	w.Check(err)
	w.drain()
	w.wantState(m, billing.MilestoneRefunded)
	if got := w.cash(); got.Free != b.Amount {
		t.Fatalf("the refund went to %+v", got)
	}
	w.reconciled()
}

func TestEveryFaultOfABankTransferIsSurvived(t *testing.T) {
	for _, path := range []string{"/v1/customers", "/v1/payment_intents"} {
		for _, kind := range []stripesim.FaultKind{stripesim.CutBefore, stripesim.CutAfter, stripesim.Error500, stripesim.HTML502After, stripesim.TooMany} {
			t.Run(string(kind)+path, func(t *testing.T) {
				w := newWorld(t)
				m := w.contract()(100_000).Milestones[0]
				fault := stripesim.Fault{Method: "POST", PathPrefix: path, Kind: kind}
				w.Check(w.sim.PlanFault(fault))
				var b billing.BankTransfer
				for range 10 {
					var err error
					if b, err = w.billing.PayByBankTransfer(ctx, w.aoi.Manager, m.ID, billing.ForFunding); err == nil && b.State == billing.TransferWaiting {
						break
					}
					w.Clock.Advance(time.Minute)
					w.tryDrain()
				}
				if path == "/v1/payment_intents" { // and once more where money moves
					fault.PathPrefix += "/" + b.Intent
					w.Check(w.sim.PlanFault(fault))
				}
				_, err := w.sim.SendBankTransfer(stripesim.BankTransfer{Customer: b.Virtual().Number, Amount: b.Amount, Reference: b.Reference})
				w.Check(err)
				for range 10 {
					w.tryDrain()
					w.Clock.Advance(time.Minute)
				}
				w.wantState(m, billing.MilestoneFunded)
				if n := w.Count("SELECT count(*) FROM bank_transfers WHERE state <> 'refused'"); n != 1 {
					t.Errorf("%d bank transfers", n)
				}
				w.reconciled()
			})
		}
	}
}

// save pays a milestone on the page with the consent to charge the card again, and gives the saved card.
func (w *world) save(m billing.Milestone, press func(string) string) billing.Card {
	w.Helper()
	f, err := w.billing.FundKeepingCard(ctx, w.aoi.Manager, m.ID)
	w.Check(err)
	press(f.CheckoutURL)
	w.drain()
	cards, err := w.billing.Cards(ctx, w.aoi.Manager, w.aoi.ID)
	w.Check(err)
	if len(cards) != 1 {
		w.Fatalf("saved: %+v", cards)
	}
	return cards[0]
}

func TestASavedCardFundsTheNextMilestoneAtOnceAndCanBeTakenAway(t *testing.T) {
	w := newWorld(t)
	c := w.contract()(100_000, 50_000, 25_000)
	card := w.save(c.Milestones[0], func(page string) string { return gatewaytest.Press(w, page) })
	if card.Last4 != "4242" {
		t.Errorf("the card is %+v", card)
	}
	f, err := w.billing.PayByCard(ctx, w.aoi.Manager, c.Milestones[1].ID, billing.ForFunding, card.ID)
	w.Check(err)
	if f.CheckoutURL != "" || f.Milestone.State != billing.MilestoneFunded {
		t.Fatalf("paid by the saved card: %+v", f)
	}
	w.reconciled()
	_, err = w.billing.Cards(ctx, w.yumi.Actor, w.aoi.ID)
	w.wantErr(err, market.ErrForbidden)
	w.Check(w.billing.ForgetCard(ctx, w.aoi.Manager, w.aoi.ID, card.ID))
	w.wantErr(w.billing.ForgetCard(ctx, w.aoi.Manager, w.aoi.ID, card.ID), billing.ErrNoSuchCard)
	_, err = w.billing.PayByCard(ctx, w.aoi.Manager, c.Milestones[2].ID, billing.ForFunding, card.ID)
	w.wantErr(err, billing.ErrNoSuchCard)
}

func TestACardWhoseOwnerHasToBeThereIsPaidOnThePage(t *testing.T) {
	w := newWorld(t)
	c := w.contract()(100_000, 50_000)
	card := w.save(c.Milestones[0], func(page string) string {
		return gatewaytest.PressWith(w, page, map[string]string{"number": "4000 0027 6000 3184"})
	})
	f, err := w.billing.PayByCard(ctx, w.aoi.Manager, c.Milestones[1].ID, billing.ForFunding, card.ID)
	w.Check(err)
	if f.CheckoutURL == "" || f.Milestone.State != billing.MilestoneFunding {
		t.Fatalf("the owner was not asked: %+v", f)
	}
	gatewaytest.Press(w, f.CheckoutURL)
	w.drain()
	w.wantState(c.Milestones[1], billing.MilestoneFunded)
	w.reconciled()
}

func TestASavedCardThatIsDeclinedLeavesTheMilestoneToBeFunded(t *testing.T) {
	w := newWorld(t)
	c := w.contract()(100_000, 50_000)
	card := w.save(c.Milestones[0], func(page string) string {
		return gatewaytest.PressWith(w, page, map[string]string{"number": "4000 0000 0000 0341"})
	})
	_, err := w.billing.PayByCard(ctx, w.aoi.Manager, c.Milestones[1].ID, billing.ForFunding, card.ID)
	w.wantErr(err, billing.ErrProviderRefused)
	w.drain()
	w.wantState(c.Milestones[1], billing.MilestoneDraft)
	w.wantState(w.fund(c.Milestones[1]), billing.MilestoneFunded)
}

func TestEveryFaultOfASavedCardIsSurvivedAndChargesOnce(t *testing.T) {
	for _, kind := range []stripesim.FaultKind{stripesim.CutBefore, stripesim.CutAfter, stripesim.Error500, stripesim.HTML502After, stripesim.TooMany} {
		t.Run(string(kind), func(t *testing.T) {
			w := newWorld(t)
			c := w.contract()(100_000, 50_000)
			card := w.save(c.Milestones[0], func(page string) string { return gatewaytest.Press(w, page) })
			w.Check(w.sim.PlanFault(stripesim.Fault{Method: "POST", PathPrefix: "/v1/payment_intents", Kind: kind}))
			for range 10 {
				_, _ = w.billing.PayByCard(ctx, w.aoi.Manager, c.Milestones[1].ID, billing.ForFunding, card.ID)
				w.Clock.Advance(time.Minute)
				w.tryDrain()
				if w.milestone(c.Milestones[1].ID).State == billing.MilestoneFunded {
					break
				}
			}
			w.wantState(c.Milestones[1], billing.MilestoneFunded)
			charges := 0
			for b, err := range w.gateway.BalanceTransactions(ctx, w.Clock.Now().AddDate(-1, 0, 0), time.Time{}) {
				w.Check(err)
				if b.Milestone == c.Milestones[1].ID {
					charges++
				}
			}
			if charges != 1 {
				t.Errorf("charged %d times", charges)
			}
			w.reconciled()
		})
	}
}

// TestTheNewsOfABankTransferMayComeInAnyOrderTwiceOrNotAtAll works a transfer's events shuffled, doubled, and not at all.
func TestTheNewsOfABankTransferMayComeInAnyOrderTwiceOrNotAtAll(t *testing.T) {
	w := newWorld(t)
	c := w.contract()(100_000, 50_000)
	b := w.awaits(c.Milestones[0])
	w.send(b, 50_000, b.Reference)
	w.send(b, b.Amount-50_000+7_000, b.Reference)
	before := w.ledger()
	for range 3 {
		w.Check(w.DB.Gorm(ctx).Exec("UPDATE provider_events SET worked_at = NULL").Error)
		w.workEvents() // in a random order
	}
	if after := w.ledger(); after != before {
		t.Errorf("the ledger was %s and is %s", before, after)
	}
	// Without any event: the request's own look-up finds what came.
	other := w.awaits(c.Milestones[1])
	_, err := w.sim.SendBankTransfer(stripesim.BankTransfer{Customer: other.Virtual().Number, Amount: other.Amount, Reference: other.Reference})
	w.Check(err)
	for range 4 {
		w.Clock.Advance(2 * time.Hour)
		w.workOperations()
	}
	w.wantState(c.Milestones[1], billing.MilestoneFunded)
}

// ledger is every posting in one text.
func (w *world) ledger() (all string) {
	w.Helper()
	w.Check(w.DB.Gorm(ctx).Raw("SELECT coalesce(string_agg(source || account || amount, ',' ORDER BY source, line), '') FROM ledger_entries e JOIN ledger_postings p ON p.entry_id = e.id").Scan(&all).Error)
	return all
}

func TestAnotherCompanysBankTransfersAreNotThere(t *testing.T) {
	w := newWorld(t)
	b := w.awaits(w.contract()(100_000).Milestones[0])
	stranger := w.Company("Midori")
	for name, err := range map[string]error{
		"reading":   second(w.billing.BankTransfer(ctx, stranger.Finance, b.ID)),
		"canceling": second(w.billing.CancelBankTransfer(ctx, stranger.Manager, b.ID)),
		"applying":  second(w.billing.ApplyCash(ctx, stranger.Finance, b.ID, 0)),
		"asking":    second(w.billing.PayByBankTransfer(ctx, stranger.Manager, b.MilestoneID, billing.ForFunding)),
		"cash":      second(w.billing.Cash(ctx, stranger.Finance, w.aoi.ID)),
		"returning": second(w.billing.ReturnCash(ctx, stranger.Finance, w.aoi.ID, 1)),
		"cards":     second(w.billing.Cards(ctx, stranger.Manager, w.aoi.ID)),
		"nothing":   second(w.billing.BankTransfer(ctx, w.aoi.Finance, uuid.New())),
	} {
		if !errors.Is(err, market.ErrNotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func second[T any](_ T, err error) error { return err }
