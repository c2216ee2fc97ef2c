package billing

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"homecoming/market"
)

// tables are the lives that touch one milestone's money, so that a test may explore a copy that lacks something.
type tables struct {
	contract   Machine[ContractState, []Milestone]
	milestone  Machine[MilestoneState, moment]
	operation  Machine[OperationState, Operation]
	payout     Machine[PayoutState, PayoutRecord]
	refund     Machine[RefundState, RefundRecord]
	dispute    Machine[DisputeState, ruler]
	chargeback Machine[ChargebackState, ChargebackRecord]
	payment    Machine[PayItemState, PayItem]
}

// theTables are copies of those in force.
func theTables() tables {
	return tables{copied(contractMachine), copied(milestoneMachine), copied(operationMachine), copied(payoutMachine), copied(refundMachine),
		copied(disputeMachine), copied(chargebackMachine), copied(payItemMachine)}
}

func copied[S ~string, T any](m Machine[S, T]) Machine[S, T] {
	m.Moves, m.Stands = slices.Clone(m.Moves), maps.Clone(m.Stands)
	return m
}

// A situation is where all of them stand; an empty state is a noun that does not exist yet.
type situation struct {
	rail       market.Rail
	contract   ContractState
	milestone  MilestoneState
	delivered  bool
	transfer   OperationState
	payout     PayoutState
	refund     RefundState
	dispute    DisputeState
	chargeback ChargebackState
	payment    PayItemState // in the latest approved pay run

	week, worked bool // a week of hourly work, and whether hours are written down
	rest         bool // what goes back is what was not worked of it
}

// A passage is one step from a situation: who takes it, and where it leads.
type passage struct {
	by Party
	to situation
}

func (x tables) open(s situation) (disputed, claimed bool) {
	return s.dispute != "" && x.dispute.Stands[s.dispute] != Stand{}, s.chargeback != "" && x.chargeback.Stands[s.chargeback] != Stand{}
}

// subject is the milestone as the guards see it, with every timer long run out.
func (x tables) subject(s situation) moment {
	long := time.Unix(0, 0)
	m := Milestone{State: s.milestone, Rail: s.rail, AutoAcceptAt: &long, FundedAt: &long}
	if s.delivered {
		day := date(2026, 1, 1)
		m.ReceivedOn = &day
	}
	if s.week {
		m.Worktime = weekOf(date(1970, 1, 5), 60, 60, time.UTC)
	}
	if s.worked {
		m.Minutes = 60
	}
	switch disputed, claimed := x.open(s); {
	case claimed:
		m.Frozen = frozenByChargeback
	case disputed:
		m.Frozen = frozenByDispute
	}
	return moment{m, time.Now()}
}

// passages are all steps that the tables allow and the guards let through, with what the use cases do along with them.
func (x tables) passages(s situation) []passage {
	return slices.Concat(x.ofContract(s), x.ofMilestone(s), x.ofTransfer(s), x.ofPayout(s), x.ofRefund(s), x.ofDispute(s), x.ofChargeback(s), x.ofPayment(s))
}

func (x tables) ofContract(s situation) (out []passage) {
	ms := []Milestone{{State: s.milestone}}
	for _, mv := range x.contract.Moves {
		if mv.From == s.contract && (mv.Guard == nil || mv.Guard.Holds(ms) == nil) {
			next := s
			next.contract = mv.To
			out = append(out, passage{mv.By, next})
		}
	}
	return out
}

// follows are the moves of a milestone that another noun's step brings about.
var follows = []string{doTransferred, doPaidOut, doReturned, doRefunded, doSplit, doGiveBack, doLetGo, doChargeBack, doReverse, doHandOver, doRecall}

func (x tables) ofMilestone(s situation) (out []passage) {
	for _, mv := range x.milestone.Moves {
		person := mv.By == TheCompany || mv.By == TheAlumnus
		if mv.From != s.milestone || slices.Contains(follows, mv.Do) || mv.Do == doRelease && person || person && s.contract != ContractActive {
			continue
		}
		if next, ok := x.moved(s, mv.Do, mv.By); ok {
			out = append(out, passage{mv.By, next})
			if s.week && mv.Do == doAccept && s.rail == market.Prefunded {
				next.refund, next.rest = x.refund.Start, true
				out = append(out, passage{mv.By, next})
			}
		}
	}
	if s.week && !s.worked && s.contract == ContractActive && x.subject(s).Records(time.Unix(0, 0)) == nil {
		s.worked = true
		if s.milestone != MilestoneInProgress {
			s = x.follow(s, doStart, TheAlumnus)
		}
		out = append(out, passage{TheAlumnus, s})
	}
	return out
}

// moved is a milestone's step with what is begun along with it.
func (x tables) moved(s situation, do string, by Party) (situation, bool) {
	at := slices.IndexFunc(x.milestone.Moves, func(mv Move[MilestoneState, moment]) bool {
		return mv.From == s.milestone && mv.Do == do && mv.By == by // as Next does, without wording the refusal
	})
	if at < 0 || x.milestone.Moves[at].Guard != nil && x.milestone.Moves[at].Guard.Holds(x.subject(s)) != nil {
		return s, false
	}
	s.milestone = x.milestone.Moves[at].To
	if s.milestone == MilestoneCanceled {
		return s, true // nothing was paid
	}
	switch do {
	case doSubmit:
		s.delivered = true
	case doRelease:
		if s.rail == market.Prefunded {
			s.transfer = x.operation.Start
		}
	case doRefund, doGiveBack, doDrop, doSkip:
		s.refund = x.refund.Start
	}
	return s, true
}

// follow takes the milestone along, where it can be.
func (x tables) follow(s situation, do string, by Party) situation {
	next, _ := x.moved(s, do, by)
	return next
}

// notOurs are the moves of an operation that no transfer makes.
var notOurs = []string{doSettle, doExpire, doFail}

func (x tables) ofTransfer(s situation) (out []passage) {
	_, claimed := x.open(s)
	for _, mv := range x.operation.Moves {
		if mv.From != s.transfer || slices.Contains(notOurs, mv.Do) || claimed && mv.By == TheClock {
			continue
		}
		next := s
		next.transfer = mv.To
		if mv.To == OpCreated && s.milestone == MilestoneReleasing {
			next = x.follow(next, doTransferred, TheProvider)
			next.payout = x.payout.Start
		}
		if mv.To == OpReversed {
			next = x.follow(next, doReverse, TheProvider)
		}
		out = append(out, passage{mv.By, next})
	}
	return out
}

func (x tables) ofPayout(s situation) (out []passage) {
	for _, mv := range x.payout.Moves {
		if mv.From != s.payout {
			continue
		}
		next := s
		next.payout = mv.To
		switch mv.To {
		case PayoutPaid:
			next = x.follow(next, doPaidOut, TheProvider)
		case PayoutFailed, PayoutCanceled:
			if next = x.follow(next, doReturned, TheProvider); next.milestone == MilestonePayoutFailed {
				next.payout = x.payout.Start // its money goes with the next one
			}
		}
		out = append(out, passage{mv.By, next})
	}
	return out
}

func (x tables) ofRefund(s situation) (out []passage) {
	for _, mv := range x.refund.Moves {
		if mv.From != s.refund || mv.Do == "overtake" {
			continue
		}
		next := s
		next.refund = mv.To
		if mv.To == RefundSucceeded || mv.To == RefundByHand {
			next = x.follow(next, doRefunded, TheProvider)
		}
		out = append(out, passage{mv.By, next})
	}
	return out
}

func (x tables) ofDispute(s situation) (out []passage) {
	held := stands(s.milestone)
	if disputed, claimed := x.open(s); held && !disputed && !claimed && s.contract == ContractActive && s.dispute == "" {
		for _, by := range []Party{TheCompany, TheAlumnus} {
			next := s
			next.dispute = x.dispute.Start
			out = append(out, passage{by, next})
		}
	}
	for _, mv := range x.dispute.Moves {
		if mv.From != s.dispute || mv.Do == "cut" {
			continue
		}
		next := s
		next.dispute = mv.To
		if mv.To != DisputeAgreed && mv.To != DisputeRuled {
			out = append(out, passage{mv.By, next})
			continue
		}
		if nothing, ok := x.moved(next, doLetGo, mv.By); ok {
			out = append(out, passage{mv.By, nothing})
		}
		if split, ok := x.moved(next, doSplit, mv.By); ok {
			whole := split
			if s.rail == market.Prefunded {
				split.refund = x.refund.Start // the part that goes back
			}
			out = append(out, passage{mv.By, split}, passage{mv.By, whole})
		}
		if back, ok := x.moved(next, doGiveBack, mv.By); ok {
			out = append(out, passage{mv.By, back})
		}
	}
	return out
}

func (x tables) ofChargeback(s situation) (out []passage) {
	charged := s.rail == market.Prefunded && s.milestone != MilestoneDraft && s.milestone != MilestoneFunding && s.milestone != MilestoneCanceled ||
		s.rail == market.OnAcceptance && s.payment == ItemConfirmed
	if charged && s.chargeback == "" {
		next := s
		next.chargeback = x.chargeback.Start
		out = append(out, passage{TheProvider, next})
	}
	for _, mv := range x.chargeback.Moves {
		if mv.From != s.chargeback {
			continue
		}
		next := s
		next.chargeback = mv.To
		if mv.To == ChargebackLost {
			next = x.follow(next, doChargeBack, TheProvider)
			if cut, err := x.dispute.Next(s.dispute, "cut", TheProvider, ruler{}); err == nil {
				next.dispute = cut
			}
			if to, err := x.refund.Next(s.refund, "overtake", TheProvider, RefundRecord{}); err == nil {
				next.refund = to
				next = x.follow(next, doRefunded, TheProvider)
			}
		}
		out = append(out, passage{mv.By, next})
	}
	return out
}

// ofPayment are the steps of pay runs: a second person approves what is owed, and it is charged or sent to the bank.
func (x tables) ofPayment(s situation) (out []passage) {
	_, claimed := x.open(s)
	live := s.payment != "" && x.payment.Stands[s.payment] != Stand{}
	if owed := (Milestone{State: s.milestone, Rail: s.rail}).owed(); owed && !live && !claimed && s.payment != ItemConfirmed {
		next := s
		next.payment = x.payment.Start
		if s.milestone == MilestoneAccepted {
			next = x.follow(next, doRelease, TheCompany)
		}
		if next.milestone != MilestoneAccepted {
			out = append(out, passage{TheCompany, next})
		}
	}
	for _, mv := range x.payment.Moves {
		bank, charge := s.rail == market.BankFile, mv.From == ItemWaiting && mv.Do == doConfirm
		if mv.From != s.payment || bank && charge || !bank && !charge && mv.Do != doRecall {
			continue
		}
		next, by := s, mv.By
		next.payment = mv.To
		switch {
		case mv.To == ItemConfirmed && !bank:
			next.transfer, by = x.operation.Start, TheCompany // it pays the page
		case mv.To == ItemConfirmed:
			next = x.follow(next, doPaidOut, TheProvider)
		case mv.To == ItemSent:
			next = x.follow(next, doHandOver, TheCompany)
		case mv.To == ItemReturned:
			next = x.follow(next, doReturned, TheProvider)
		case s.milestone == MilestoneReleasing:
			next = x.follow(next, doRecall, TheCompany)
		}
		out = append(out, passage{by, next})
	}
	return out
}

// ended reports whether nobody has anything to do any more.
func (x tables) ended(s situation) bool {
	return x.contract.Stands[s.contract] == Stand{} && x.milestone.Stands[s.milestone] == Stand{} && x.refund.Stands[s.refund] == Stand{} &&
		x.dispute.Stands[s.dispute] == Stand{} && x.chargeback.Stands[s.chargeback] == Stand{} && x.payout.Stands[s.payout] == Stand{} && x.payment.Stands[s.payment] == Stand{}
}

// explore visits every situation that can come about, of a milestone or of a week of hourly work, and says what is wrong in
// any.
func (x tables) explore(week bool) (visited int, wrong []string) {
	var todo []situation
	for _, rail := range market.Rails {
		if !week || rail != market.OnAcceptance { // until it is accepted a week knows only whether it is paid in
			todo = append(todo, situation{rail: rail, week: week, contract: x.contract.Start, milestone: x.milestone.Start})
		}
	}
	ways := map[situation][]passage{}
	for len(todo) > 0 {
		s := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if _, seen := ways[s]; seen {
			continue
		}
		ways[s] = x.passages(s)
		for _, p := range ways[s] {
			todo = append(todo, p.to)
		}
	}
	found := map[string]bool{}
	x.local(ways, found)
	x.silent(ways, found)
	x.endless(ways, found)
	x.unpaid(ways, found)
	return len(ways), slices.Sorted(maps.Keys(found))
}

// local looks at each situation by itself: is somebody named where money rests, and is it going one way only?
func (x tables) local(ways map[situation][]passage, found map[string]bool) {
	for s, out := range ways {
		stand := x.milestone.Stands[s.milestone]
		ours := Milestone{State: s.milestone}.holdsMoney() || slices.Contains([]MilestoneState{MilestoneAccepted, MilestoneReleasing, MilestoneReleased,
			MilestonePayoutFailed, MilestoneRefunding}, s.milestone)
		if ours && stand == (Stand{}) {
			found[fmt.Sprintf("money rests in %s and nobody has it", s.milestone)] = true
		}
		if ours && stand.Timer == "" && stand.Owner == "" || ours && len(out) == 0 {
			found[fmt.Sprintf("money rests in %s and nothing moves it", s.milestone)] = true
		}
		settled := s.dispute == DisputeAgreed || s.dispute == DisputeRuled || s.rest
		if s.transfer != "" && s.refund != "" && !settled {
			found["a release and a refund coincide"] = true
		}
		if s.delivered && s.refund != "" && !settled {
			found["delivered work is refunded without agreement or ruling"] = true
		}
		if s.worked && !settled && (s.refund != "" || s.milestone == MilestoneCanceled) {
			found["hours that were written down are taken back without agreement or ruling"] = true
		}
	}
}

// silent looks for a refund of delivered work that nobody but clock and provider brought about, and for delivered work
// that silence leaves lying: what was paid in is paid out by silence, and what was not is owed by it.
func (x tables) silent(ways map[situation][]passage, found map[string]bool) {
	ahead, back := map[situation][]situation{}, map[situation][]situation{}
	var waiting, paid []situation
	for s, out := range ways {
		if s.milestone == MilestoneSubmitted && s.dispute == "" && s.chargeback == "" {
			waiting = append(waiting, s)
		}
		if s.milestone == MilestoneInProgress && s.worked && s.dispute == "" && s.chargeback == "" {
			waiting = append(waiting, s)
		}
		if s.milestone == MilestonePaid || s.rail.PaysLater() && s.milestone == MilestoneAccepted {
			paid = append(paid, s)
		}
		for _, p := range out {
			if p.by == TheClock || p.by == TheProvider {
				ahead[s], back[p.to] = append(ahead[s], p.to), append(back[p.to], s)
			}
		}
	}
	for s := range reach(waiting, ahead) {
		if s.milestone == MilestoneRefunding || s.milestone == MilestoneRefunded {
			found["silence refunds delivered work"] = true
		}
	}
	isPaid := reach(paid, back)
	for _, s := range waiting {
		if !isPaid[s] {
			found["silence does not pay for delivered work"] = true
		}
	}
}

// reach is everything that is reached from somewhere.
func reach(from []situation, next map[situation][]situation) map[situation]bool {
	seen := map[situation]bool{}
	for todo := slices.Clone(from); len(todo) > 0; {
		s := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if !seen[s] {
			seen[s] = true
			todo = append(todo, next[s]...)
		}
	}
	return seen
}

// endless looks for situations from which no end is reached.
func (x tables) endless(ways map[situation][]passage, found map[string]bool) {
	back := map[situation][]situation{}
	var ends []situation
	for s, out := range ways {
		for _, p := range out {
			back[p.to] = append(back[p.to], s)
		}
		if x.ended(s) {
			ends = append(ends, s)
		}
	}
	comes := reach(ends, back)
	for s := range ways {
		if !comes[s] {
			found[fmt.Sprintf("from milestone %s, refund %q, chargeback %q no end is reached", s.milestone, s.refund, s.chargeback)] = true
		}
	}
}

// unpaid looks for work that is owed, and that nobody can pay any more.
func (x tables) unpaid(ways map[situation][]passage, found map[string]bool) {
	back := map[situation][]situation{}
	var paid []situation
	for s, out := range ways {
		if s.milestone == MilestonePaid {
			paid = append(paid, s)
		}
		for _, p := range out {
			back[p.to] = append(back[p.to], s)
		}
	}
	can := reach(paid, back)
	for s := range ways {
		if (Milestone{State: s.milestone, Rail: s.rail}).owed() && !can[s] {
			found[fmt.Sprintf("%s work that is %s cannot be paid any more", s.rail, s.milestone)] = true
		}
	}
}

func TestEverySituationThatCanComeAboutIsSound(t *testing.T) {
	t.Parallel()
	for _, week := range []bool{false, true} {
		visited, wrong := theTables().explore(week)
		t.Logf("%d situations", visited)
		if visited < 500 {
			t.Errorf("only %d situations were visited", visited)
		}
		for _, w := range wrong {
			t.Error(w)
		}
	}
}

// without takes the moves out that match.
func without[S ~string, T any](m Machine[S, T], gone func(Move[S, T]) bool) Machine[S, T] {
	m.Moves = slices.DeleteFunc(slices.Clone(m.Moves), gone)
	return m
}

// TestTheExplorationFindsWhatIsTakenAway is its control: each table below lacks one thing.
func TestTheExplorationFindsWhatIsTakenAway(t *testing.T) {
	t.Parallel()
	unguarded := func(x *tables, guard string) {
		for i, mv := range x.milestone.Moves {
			if mv.Guard != nil && mv.Guard.Name == guard {
				x.milestone.Moves[i].Guard = nil
			}
		}
	}
	for what, take := range map[string]func(x *tables){
		"the owner and timer of submitted":     func(x *tables) { x.milestone.Stands[MilestoneSubmitted] = Stand{} },
		"the owner and timer of refunding":     func(x *tables) { x.milestone.Stands[MilestoneRefunding] = Stand{} },
		"the guard that nothing was delivered": func(x *tables) { unguarded(x, undelivered.Name) },
		"the guard of the 90 days":             func(x *tables) { unguarded(x, overheld.Name) },
		"a refund of delivered work by the clock": func(x *tables) {
			x.milestone.Moves = append(x.milestone.Moves, Move[MilestoneState, moment]{MilestoneSubmitted, doRefund, MilestoneRefunding, TheClock, nil})
		},
		"a refund of what is being released": func(x *tables) {
			x.milestone.Moves = append(x.milestone.Moves, Move[MilestoneState, moment]{MilestoneReleasing, doRefund, MilestoneRefunding, TheCompany, nil})
		},
		"the owner and timer of accepted": func(x *tables) { x.milestone.Stands[MilestoneAccepted] = Stand{} },
		"pay runs for what is owed": func(x *tables) {
			x.milestone = without(x.milestone, func(m Move[MilestoneState, moment]) bool { return m.Do == doRelease && m.By == TheCompany })
		},
		"a refund of what was never paid in": func(x *tables) {
			x.milestone.Moves = append(x.milestone.Moves, Move[MilestoneState, moment]{MilestoneAccepted, doRefund, MilestoneRefunding, TheCompany, paysLater})
		},
		"the guard of hours that were written down": func(x *tables) {
			for i, mv := range x.milestone.Moves {
				if mv.Guard != nil && strings.Contains(mv.Guard.Name, unworked.Name) {
					x.milestone.Moves[i].Guard = &Guard[moment]{mv.Guard.Name, func(m moment) error { m.Minutes = 0; return mv.Guard.Holds(m) }}
				}
			}
		},
		"the submission of a week by the clock": func(x *tables) {
			x.milestone = without(x.milestone, func(m Move[MilestoneState, moment]) bool { return m.Do == doSubmit && m.By == TheClock })
		},
		"auto-accept": func(x *tables) {
			x.milestone = without(x.milestone, func(m Move[MilestoneState, moment]) bool { return m.Do == doAccept && m.By == TheClock })
		},
		"what becomes of a failed refund": func(x *tables) {
			x.refund = without(x.refund, func(m Move[RefundState, RefundRecord]) bool { return m.From == RefundFailed })
		},
		"the look-up of an unknown transfer": func(x *tables) {
			x.operation = without(x.operation, func(m Move[OperationState, Operation]) bool { return m.From == OpUnknown })
		},
		"the end of a dispute": func(x *tables) {
			x.dispute = without(x.dispute, func(m Move[DisputeState, ruler]) bool {
				return m.To == DisputeRuled || m.To == DisputeAgreed || m.To == DisputeWithdrawn
			})
		},
	} {
		x := theTables()
		take(&x)
		_, wrong := x.explore(false)
		if len(wrong) == 0 {
			_, wrong = x.explore(true)
		}
		if len(wrong) == 0 {
			t.Errorf("without %s nothing is found", what)
		}
	}
}
