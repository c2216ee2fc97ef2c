package billing

import (
	"flag"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"homecoming/market"
)

// engineSteps is how many steps the engine takes in all: go test ./billing -run Engine -engine.steps 1000000
var engineSteps = flag.Int("engine.steps", 30_000, "steps of the state machine of the whole engine")

// An engine is one milestone after the other going through all tables at once, with their books.
type engine struct {
	*model
	x       tables
	s       situation
	refund  RefundRecord
	moved   bool // the refund has left our balance
	payouts int
	refunds int
	lost    bool
	item    PayItem // the latest payment from the company's bank
	bank    uuid.UUID
}

// begin starts a milestone of some fee, category and platform fee.
func (e *engine) begin(t *rapid.T) {
	company := market.Company{PlatformFeeBP: rapid.Int64Range(0, 5000).Draw(t, "fee_bp"), PaymentDays: 30}
	category := rapid.SampledFrom(market.WithholdingCategories).Draw(t, "category")
	q := QuoteFor(statute, company, category, market.Yen(rapid.Int64Range(50, 5_000_000).Draw(t, "fee")), market.Payee{}, date(2026, 11, 23))
	e.model = &model{T: t, person: uuid.New(), balances: map[string]int64{}, posted: map[string]bool{}, now: time.Now(), bp: company.PlatformFeeBP, category: category,
		m: Milestone{ID: uuid.New(), CompanyID: uuid.New(), State: milestoneMachine.Start, Currency: "JPY", Amount: q.Fee, Tax: q.Tax, Withheld: q.Withheld,
			PlatformFee: q.PlatformFee, PlatformTax: q.PlatformTax}}
	e.m.Rail = rapid.SampledFrom(market.Rails).Draw(t, "rail")
	e.s = situation{rail: e.m.Rail, contract: e.x.contract.Start, milestone: e.x.milestone.Start}
	e.bank = uuid.New()
	e.refund, e.moved, e.payouts, e.refunds, e.lost = RefundRecord{}, false, 0, 0, false
}

// step takes one of the steps that are open, and books it once or twice.
func (e *engine) step(t *rapid.T) {
	open := e.x.passages(e.s)
	if len(open) == 0 || rapid.IntRange(0, 60).Draw(t, "leave") == 0 {
		e.begin(t)
		return
	}
	to := open[rapid.IntRange(0, len(open)-1).Draw(t, "passage")].to
	was := e.s
	e.s, e.m.State = to, to.milestone
	e.plan(was)
	entries := e.entries(was)
	for range rapid.IntRange(1, 2).Draw(t, "times") {
		e.post(entries...)
	}
	e.assert()
}

// plan does what the use cases do before they book: a refund is begun, a split changes what the milestone is worth.
func (e *engine) plan(was situation) {
	q := e.m.Quote()
	if e.s.refund == RefundSending && was.refund == "" {
		e.refund = RefundRecord{ID: uuid.New(), Amount: e.m.PaidIn, Currency: "JPY"}
		if e.s.milestone == MilestoneAccepted {
			split, err := SplitOf(statute, e.m, Terms{PlatformFeeBP: e.bp, WithholdingCategory: e.category}, e.m.Amount/2)
			if err != nil || split.Paid.Charge+split.Refund != q.Charge {
				e.Fatalf("%+v does not sum to %d: %v", split, q.Charge, err)
			}
			e.refund.Amount = split.Refund
			e.post(refundAsked(e.m, e.refund, e.now))
			e.m.shrink(split)
		}
	}
	if e.s.payment == ItemWaiting && was.payment != ItemWaiting {
		e.item = PayItem{ID: uuid.New(), Amount: q.Net}
	}
	if e.s.refund == RefundSending && was.refund == RefundFailed {
		e.refunds++
	}
	if e.s.payout == PayoutPending && was.payout != PayoutPending {
		e.payouts++
	}
}

// entries are what a step puts into the books.
func (e *engine) entries(was situation) (out []Entry) {
	m, q, s := e.m, e.m.Quote(), e.s
	entered := func(state MilestoneState) bool { return s.milestone == state && was.milestone != state }
	switch {
	case entered(MilestonePartFunded):
		out = append(out, e.paid("ch_1", q.Charge/3))
	case entered(MilestoneFunded) && was.milestone != MilestoneInProgress:
		out = append(out, e.paid("ch_2", q.Charge-m.PaidIn))
	case entered(MilestoneAccepted) && m.Rail.PaysLater():
		out = append(out, acceptedOnCredit(m, e.person, e.now))
	case m.Rail == market.OnAcceptance && s.payment == ItemConfirmed && was.payment != ItemConfirmed:
		out = append(out, e.paidLater("ch_1", q.Charge))
	case m.Rail == market.BankFile && entered(MilestoneReleased):
		out = append(out, sentByBank(m, e.item, e.person, e.now, e.now)...)
	case m.Rail == market.BankFile && entered(MilestonePaid):
		out = append(out, paidByBank(m, e.item, e.bank, e.now))
	case m.Rail == market.BankFile && entered(MilestonePayoutFailed):
		out = append(out, returnedByBank(m, e.item, e.bank, e.person, e.now))
	case entered(MilestoneReleasing) && m.Rail == market.Prefunded:
		out = append(out, accepted(m, e.person, e.now))
	case entered(MilestoneReleased):
		out = append(out, transferred(m, e.person, Transfer{ID: "tr_1", Amount: q.Net, Currency: "JPY", At: e.now})...)
	case entered(MilestonePaid):
		out = append(out, paidOut(m, e.person, fmt.Sprint("po_", e.payouts), q.Net, e.now))
	case entered(MilestonePayoutFailed):
		id := fmt.Sprint("po_", e.payouts-1)
		out = append(out, paidOut(m, e.person, id, q.Net, e.now), returned(m, e.person, id, q.Net, e.now))
	case entered(MilestoneRefunding):
		out = append(out, refundAsked(m, e.refund, e.now))
	}
	return append(append(out, e.ofRefund(was)...), e.ofChargeback(was)...)
}

// ofRefund are the entries of a refund's own steps.
func (e *engine) ofRefund(was situation) []Entry {
	r := Refund{ID: fmt.Sprint("re_", e.refunds), Amount: e.refund.Amount, Currency: "JPY", At: e.now, FailedAt: e.now}
	if was.refund == e.s.refund || was.refund == "" {
		return nil
	}
	switch e.s.refund {
	case RefundSucceeded:
		e.moved = true
		return []Entry{refundedBack(e.m, r)}
	case RefundFailed:
		if was.refund == RefundSucceeded {
			e.moved = false
			return []Entry{refundedBack(e.m, r), refundReturned(e.m, r)}
		}
	case RefundByHand:
		e.moved = true
		return []Entry{refundedByHand(e.m, e.refund, e.now)}
	}
	return nil
}

// ofChargeback are the entries of a chargeback that is lost: out of what is held, of what is owed back, or as a debt.
func (e *engine) ofChargeback(was situation) []Entry {
	if e.s.chargeback != ChargebackLost || was.chargeback == ChargebackLost {
		return nil
	}
	charge := e.m.PaidIn
	account := "receivable:client"
	switch {
	case e.s.milestone == MilestoneChargedBack:
		account = held(e.m)
	case e.s.refund == RefundOvertaken && was.refund != RefundOvertaken:
		account, charge, e.moved = refundPayable(e.m), e.refund.Amount, true
	}
	e.lost = true
	c := ChargebackRecord{ID: "dp_1", Amount: charge, Currency: "JPY"}
	return []Entry{claimed(e.m, c, Movement{ID: "txn_1", Amount: -charge, Fee: 1_500, At: e.now}), lostTo(e.m, c, account, charge, e.now)}
}

// assert holds the books to the situation, whatever way led there.
func (e *engine) assert() {
	q, s := e.m.Quote(), e.s
	want := map[string]int64{held(e.m): 0, payable(e.person): 0, refundPayable(e.m): 0, connected(e.person): 0, accountBankInTransit: 0, bankOf(e.bank): 0}
	switch {
	case e.m.owed():
		want[payable(e.person)] = -q.Net
	case s.payment == ItemSent:
		want[accountBankInTransit] = -q.Net
	case s.payment == ItemConfirmed && e.m.Rail == market.BankFile:
		want[bankOf(e.bank)] = -q.Net
	}
	if e.m.Rail == market.Prefunded && (stands(s.milestone) || s.milestone == MilestoneAccepted) {
		want[held(e.m)] = -q.Charge
	}
	if s.milestone == MilestonePartFunded {
		want[held(e.m)] = -(q.Charge / 3)
	}
	if s.milestone == MilestoneReleasing {
		want[payable(e.person)] = -q.Net
	}
	if s.refund != "" && !e.moved {
		want[refundPayable(e.m)] = -e.refund.Amount
	}
	if e.m.Rail != market.BankFile && slices.Contains([]MilestoneState{MilestoneReleased, MilestonePayoutFailed}, s.milestone) {
		want[connected(e.person)] = q.Net
	}
	for account, w := range want {
		if got := e.balances[account]; got != w && s.milestone != MilestoneReversed {
			e.Fatalf("in %+v, %s has %d, want %d", s, account, got, w)
		}
	}
	var sum int64
	for _, v := range e.balances {
		sum += v
	}
	if sum != 0 {
		e.Fatalf("in %+v the books are off by %d", s, sum)
	}
}

// TestTheWholeEngineKeepsItsBooksOnEveryWay takes random steps through contract, milestone, transfer, payout, refund,
// dispute and chargeback at once, and asserts every balance after each.
func TestTheWholeEngineKeepsItsBooksOnEveryWay(t *testing.T) {
	t.Parallel()
	const long = 300
	done := 0
	for done < *engineSteps {
		rapid.Check(t, func(t *rapid.T) {
			e := &engine{x: theTables()}
			e.begin(t)
			for range long {
				e.step(t)
			}
			done += long
		})
		if t.Failed() {
			return
		}
	}
	t.Logf("%d steps", done)
}

// paidLater is a payment for work that was accepted already.
func (e *engine) paidLater(charge string, amount int64) Entry {
	e.m.PaidIn += amount
	return chargedLater(e.m, Payment{Charge: charge, Amount: amount, Fee: amount * 36 / 1000, Currency: "JPY", At: e.now})
}
