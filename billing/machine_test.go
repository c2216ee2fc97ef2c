package billing

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"homecoming/market"
)

// sound asserts what holds for every machine: its states are all there, all reached, all watched, and all come to an end.
func sound[S ~string, T any](t *testing.T, m Machine[S, T]) {
	t.Helper()
	next := map[S][]S{}
	for _, move := range m.Moves {
		next[move.From] = append(next[move.From], move.To)
		for _, s := range []S{move.From, move.To} {
			if _, ok := m.Stands[s]; !ok {
				t.Errorf("%s: nobody says what keeps %s from standing still", m.Noun, s)
			}
		}
	}
	reached := closure(m.Start, next)
	for s, stand := range m.Stands {
		if !reached[s] {
			t.Errorf("%s: nothing leads to %s", m.Noun, s)
		}
		if stand != (Stand{}) && !slices.ContainsFunc(slices.Collect(maps.Keys(closure(s, next))), func(to S) bool { return m.Stands[to] == Stand{} }) {
			t.Errorf("%s: from %s no end is reached", m.Noun, s)
		}
		if stand != (Stand{}) && len(next[s]) == 0 {
			t.Errorf("%s: %s has an owner or a timer, and nowhere to go", m.Noun, s)
		}
	}
}

func closure[S comparable](from S, next map[S][]S) map[S]bool {
	seen := map[S]bool{from: true}
	for todo := []S{from}; len(todo) > 0; {
		s := todo[0]
		todo = todo[1:]
		for _, to := range next[s] {
			if !seen[to] {
				seen[to] = true
				todo = append(todo, to)
			}
		}
	}
	return seen
}

func TestEveryStateIsReachedWatchedAndComesToAnEnd(t *testing.T) {
	t.Parallel()
	sound(t, contractMachine)
	sound(t, milestoneMachine)
	sound(t, operationMachine)
	sound(t, payoutMachine)
	sound(t, refundMachine)
	sound(t, approvalMachine)
	sound(t, chargebackMachine)
	sound(t, disputeMachine)
	sound(t, accountMachine)
	sound(t, sweepMachine)
	sound(t, bankTransferMachine)
	sound(t, changeMachine)
	for noun, drawn := range Diagrams() {
		if !strings.HasPrefix(drawn, "stateDiagram-v2") || strings.Count(drawn, "-->") < 4 {
			t.Errorf("%s is drawn as %s", noun, drawn)
		}
	}
}

// A place is a milestone's state with what the guards look at.
type place struct {
	state     MilestoneState
	delivered bool
}

// places explores every move that its guard lets through, with all timers long run out. by narrows who moves.
func places(from place, by ...Party) map[place]bool {
	next := map[place][]place{}
	today, long := date(2026, 1, 1), time.Unix(0, 0)
	for state := range milestoneMachine.Stands {
		for _, delivered := range []bool{false, true} {
			m := Milestone{State: state, AutoAcceptAt: &long}
			if delivered {
				m.ReceivedOn = &today
			}
			for _, move := range milestoneMachine.Moves {
				if move.From != state || len(by) > 0 && !slices.Contains(by, move.By) {
					continue
				}
				if to, err := milestoneMachine.Next(state, move.Do, move.By, moment{m, time.Now()}); err == nil {
					next[place{state, delivered}] = append(next[place{state, delivered}], place{to, delivered || to == MilestoneSubmitted})
				}
			}
		}
	}
	return closure(from, next)
}

func TestDeliveredWorkIsNeverRefundedBySilenceNorByOneSide(t *testing.T) {
	t.Parallel()
	for at := range places(place{MilestoneSubmitted, true}, TheCompany, TheAlumnus, TheProvider, TheClock) {
		if at.state == MilestoneRefunding || at.state == MilestoneRefunded {
			t.Errorf("delivered work reaches %s", at.state)
		}
	}
	silence := places(place{MilestoneSubmitted, true}, TheClock, TheProvider)
	if !silence[place{MilestonePaid, true}] {
		t.Error("silence does not pay for delivered work")
	}
}

func TestReleaseAndRefundNeverMeet(t *testing.T) {
	t.Parallel()
	released := []MilestoneState{MilestoneAccepted, MilestoneReleasing, MilestoneReleased, MilestonePaid, MilestonePayoutFailed}
	refunded := []MilestoneState{MilestoneRefunding, MilestoneRefunded}
	for _, pair := range [][2][]MilestoneState{{released, refunded}, {refunded, released}} {
		for _, from := range pair[0] {
			for _, delivered := range []bool{false, true} {
				for at := range places(place{from, delivered}) {
					if slices.Contains(pair[1], at.state) {
						t.Errorf("from %s there is a way to %s", from, at.state)
					}
				}
			}
		}
	}
}

func TestWhereMoneyIsHeldSomebodyMustActOrATimerRuns(t *testing.T) {
	t.Parallel()
	for _, s := range []MilestoneState{MilestoneFunded, MilestoneInProgress, MilestoneSubmitted, MilestoneChangesRequested, MilestoneAccepted,
		MilestoneReleasing, MilestoneReleased, MilestonePayoutFailed, MilestoneRefunding} {
		if milestoneMachine.Stands[s] == (Stand{}) {
			t.Errorf("money may rest for ever in %s", s)
		}
	}
}

func TestAFrozenMilestoneIsMovedByNobodyButTheProviderAndWhatSettlesIt(t *testing.T) {
	t.Parallel()
	long := time.Unix(0, 0)
	for _, move := range milestoneMachine.Moves {
		m := Milestone{State: move.From, Frozen: "dispute", AutoAcceptAt: &long}
		_, err := milestoneMachine.Next(move.From, move.Do, move.By, moment{m, time.Now()})
		ends := move.Do == doSplit || move.Do == doGiveBack // what settles the dispute
		if (err == nil) != (move.By == TheProvider || ends) {
			t.Errorf("%s a frozen %s by %s: %v", move.Do, move.From, move.By, err)
		}
	}
}

// A model is the books of one milestone in memory, moved by the same tables and entries as the real ones.
type model struct {
	*rapid.T
	m        Milestone
	person   uuid.UUID
	balances map[string]int64
	posted   map[string]bool
	now      time.Time
	bp       int64
	category string
}

func (b *model) post(entries ...Entry) {
	for _, e := range entries {
		if err := e.balanced(); err != nil {
			b.Fatal(err)
		}
		if b.posted[e.Source] {
			continue
		}
		b.posted[e.Source] = true
		for _, p := range e.Postings {
			b.balances[p.Account] += p.Amount
		}
	}
}

// paid is the entry of a payment, with the provider's fee.
func (b *model) paid(charge string, amount int64) Entry {
	b.m.PaidIn += amount
	return charged(b.m, Payment{Charge: charge, Amount: amount, Fee: amount * 36 / 1000, Currency: "JPY", At: b.now})
}

// follow is what the use cases do after a move.
func (b *model) follow(do string) {
	q, today := b.m.Quote(), date(2026, 11, 23)
	switch do {
	case doSettlePart:
		if b.m.PaidIn == 0 {
			b.post(b.paid("ch_1", q.Charge/3))
		}
	case doSettle:
		if b.m.PaidIn < q.Charge {
			b.post(b.paid("ch_2", q.Charge-b.m.PaidIn))
		}
	case doSubmit:
		silence := b.now.Add(time.Hour)
		b.m.ReceivedOn, b.m.AutoAcceptAt = &today, &silence
	case doRelease:
		b.post(accepted(b.m, b.person, b.now))
	case doTransferred:
		b.post(transferred(b.m, b.person, Transfer{ID: "tr_1", Amount: q.Net, Currency: "JPY", At: b.now})...)
	case doPaidOut:
		b.post(paidOut(b.m, b.person, "po_1", q.Net, b.now))
	case doRefund, doGiveBack, doDrop:
		b.post(refundAsked(b.m, RefundRecord{ID: b.m.ID, Amount: b.m.PaidIn, Currency: "JPY"}, b.now))
	case doSplit: // half of it, and the rest goes back
		if b.m.Refunded == 0 {
			split, err := SplitOf(statute, b.m, Terms{PlatformFeeBP: b.bp, WithholdingCategory: b.category}, b.m.Amount/2)
			if err != nil || split.Paid.Charge+split.Refund != q.Charge {
				b.Fatalf("%+v does not sum to %d: %v", split, q.Charge, err)
			}
			b.post(refundAsked(b.m, RefundRecord{ID: b.m.ID, Amount: split.Refund, Currency: "JPY"}, b.now))
			b.m.shrink(split)
		}
	case doChargeBack:
		c := ChargebackRecord{ID: "dp_1", Amount: b.m.PaidIn, Currency: "JPY"}
		b.post(claimed(b.m, c, Movement{ID: "txn_1", Amount: -b.m.PaidIn, Fee: 1_500, At: b.now}), lostTo(b.m, c, held(b.m), b.m.PaidIn, b.now))
	case doRefunded:
		b.post(refundedBack(b.m, Refund{ID: "re_1", Amount: b.m.PaidIn, Currency: "JPY", At: b.now}))
	}
}

// check asserts the invariants that concern one milestone.
func (b *model) check() {
	q, state := b.m.Quote(), b.m.State
	want := map[string]int64{held(b.m): 0, payable(b.person): 0, refundPayable(b.m): 0}
	switch state {
	case MilestoneFunded, MilestoneInProgress, MilestoneSubmitted, MilestoneChangesRequested, MilestoneAccepted:
		want[held(b.m)] = -q.Charge
	case MilestonePartFunded:
		want[held(b.m)] = -b.m.PaidIn
	case MilestoneReleasing:
		want[payable(b.person)] = -q.Net
	case MilestoneRefunding:
		want[refundPayable(b.m)] = -b.m.PaidIn
	}
	if b.m.Refunded > 0 { // of a split
		want[refundPayable(b.m)] = -b.m.Refunded
	}
	for account, w := range want {
		if got := b.balances[account]; got != w {
			b.Fatalf("in %s, %s has %d, want %d", state, account, got, w)
		}
	}
	var sum int64
	for _, v := range b.balances {
		sum += v
	}
	if sum != 0 {
		b.Fatalf("the books are off by %d", sum)
	}
}

// TestTheBooksFollowEveryWalkThroughTheTable walks at random, every move tried by every party, each entry posted now
// and then a second time.
func TestTheBooksFollowEveryWalkThroughTheTable(t *testing.T) {
	t.Parallel()
	var doings []string
	for _, move := range milestoneMachine.Moves {
		if !slices.Contains(doings, move.Do) {
			doings = append(doings, move.Do)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		company := market.Company{PlatformFeeBP: rapid.Int64Range(0, 5000).Draw(t, "fee_bp"), PaymentDays: 30}
		category := rapid.SampledFrom(market.WithholdingCategories).Draw(t, "category")
		q := QuoteFor(statute, company, category,
			market.Yen(rapid.Int64Range(50, 5_000_000).Draw(t, "fee")), market.Payee{}, date(2026, 11, 23))
		if q.Net+q.PlatformFee+q.PlatformTax != q.Charge || q.Fee+q.Tax-q.Withheld != q.Net || q.Net <= 0 {
			t.Fatalf("the line of money does not sum: %+v", q)
		}
		b := &model{T: t, person: uuid.New(), balances: map[string]int64{}, posted: map[string]bool{}, now: time.Now(),
			bp: company.PlatformFeeBP, category: category, m: Milestone{ID: uuid.New(), CompanyID: uuid.New(), State: milestoneMachine.Start, Currency: "JPY", Amount: q.Fee, Tax: q.Tax,
				Withheld: q.Withheld, PlatformFee: q.PlatformFee, PlatformTax: q.PlatformTax}}
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			do := rapid.SampledFrom(doings).Draw(t, "do")
			by := rapid.SampledFrom([]Party{TheCompany, TheAlumnus, TheProvider, TheClock, TheParties, TheRuling}).Draw(t, "by")
			b.now = b.now.Add(time.Duration(rapid.IntRange(0, 90).Draw(t, "minutes")) * time.Minute)
			to, err := milestoneMachine.Next(b.m.State, do, by, moment{b.m, b.now})
			if err != nil {
				continue
			}
			b.m.State = to
			for range rapid.IntRange(1, 2).Draw(t, "times") {
				b.follow(do)
			}
			b.check()
		}
	})
}
