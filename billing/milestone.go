package billing

import (
	"slices"
	"time"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"

	"homecoming/internal/problem"
	"homecoming/market"
)

// MilestoneState is where a milestone is; see milestoneMachine.
type MilestoneState string

// The states of a milestone.
const (
	MilestoneDraft            MilestoneState = "draft"
	MilestoneFunding          MilestoneState = "funding"           // a checkout page is open
	MilestonePartFunded       MilestoneState = "part_funded"       // a part of the money is held, the rest is missing
	MilestoneFunded           MilestoneState = "funded"            // the money is held
	MilestoneInProgress       MilestoneState = "in_progress"       // the alumnus has started
	MilestoneSubmitted        MilestoneState = "submitted"         // delivered, waiting for acceptance
	MilestoneChangesRequested MilestoneState = "changes_requested" // delivered, and not yet right
	MilestoneAccepted         MilestoneState = "accepted"          // owed; passed through within one transaction when prefunded
	MilestoneReleasing        MilestoneState = "releasing"         // being paid: a pay run is approved, or the transfer is on its way or waits for the payout account
	MilestoneReleased         MilestoneState = "released"          // transferred to the connected account, or the company's bank was told to pay
	MilestonePaid             MilestoneState = "paid"              // paid out to the bank
	MilestonePayoutFailed     MilestoneState = "payout_failed"     // the bank returned it
	MilestoneRefunding        MilestoneState = "refunding"
	MilestoneRefunded         MilestoneState = "refunded"
	MilestoneCanceled         MilestoneState = "canceled"
	MilestoneChargedBack      MilestoneState = "charged_back" // the payer's bank took the held money back
	MilestoneReversed         MilestoneState = "reversed"     // all that was transferred was taken back
)

// What the parties do to a milestone.
const (
	doFund           = "fund"
	doExpire         = "expire"
	doCancel         = "cancel"
	doSettle         = "settle"
	doSettlePart     = "settle_part"
	doStart          = "start"
	doSubmit         = "submit"
	doRequestChanges = "request_changes"
	doAccept         = "accept"
	doRelease        = "release"
	doTransferred    = "transferred"
	doPaidOut        = "paid_out"
	doReturned       = "returned"
	doRefund         = "refund"
	doRefunded       = "refunded"
	doSplit          = "settle_split"  // a dispute ends, and something goes to the alumnus
	doGiveBack       = "settle_refund" // a dispute ends, and nothing does
	doChargeBack     = "charge_back"
	doReverse        = "reverse"
	doDrop           = "drop"      // a change of the terms that both sides signed leaves it out
	doLetGo          = "let_go"    // the same, or a dispute ends with nothing for the alumnus, where nothing was paid in
	doHandOver       = "hand_over" // the company's bank was told to pay
)

// What can be wrong with a step of a milestone.
var (
	ErrFrozen = problem.Define(problem.Conflict, "milestone_frozen",
		"This milestone is frozen ({reason}). It goes on when that is settled.", "このマイルストーンは凍結中です（{reason}）。解決後に再開できます。")
	ErrDelivered = problem.Define(problem.Conflict, "already_delivered",
		"This was delivered once. Delivered work is refunded only by agreement or ruling: ask for changes, or open a dispute and propose a split.",
		"一度納品された成果物は、合意または裁定なしに返金できません。修正を依頼するか、異議を申し立てて分配を提案してください。")
	ErrNotDueYet = problem.Define(problem.Conflict, "not_due_yet",
		"Silence accepts this on {date}, not before.", "自動検収は{date}です。まだ実行できません。")
	ErrPaysLater = problem.Define(problem.Conflict, "pays_later",
		"This company pays once the work is accepted, so there is nothing to pay in and nothing to give back.",
		"この契約は検収後払いのため、事前の入金や返金はありません。")
	ErrNotFunded = problem.Define(problem.Conflict, "not_funded",
		"This milestone is paid in before work begins. Wait until it is.", "このマイルストーンは事前入金制です。入金されるまでお待ちください。")
	ErrContractNotActive = problem.Define(problem.Conflict, "contract_not_active",
		"This contract is {state}. Its milestones rest until it is active.", "この契約は現在「{state}」のため、マイルストーンを進められません。")
)

// A moment is a milestone at a point in time, which is what guards look at.
type moment struct {
	Milestone
	now time.Time
}

var (
	notFrozen = &Guard[moment]{"not frozen", func(m moment) error {
		if m.Frozen != "" {
			return ErrFrozen.With("reason", word(m.Frozen))
		}
		return nil
	}}
	undelivered = both(&Guard[moment]{"not frozen, never delivered", func(m moment) error {
		if m.ReceivedOn != nil {
			return ErrDelivered
		}
		return notFrozen.Holds(m)
	}}, unworked)
	unclaimed = &Guard[moment]{"no chargeback open", func(m moment) error {
		if m.Frozen == frozenByChargeback {
			return notFrozen.Holds(m)
		}
		return nil
	}}
	silent = &Guard[moment]{"not frozen, auto-accept day reached", func(m moment) error {
		if m.AutoAcceptAt == nil || m.now.Before(*m.AutoAcceptAt) {
			return ErrNotDueYet.With("date", m.AutoAcceptAt)
		}
		return notFrozen.Holds(m)
	}}
)

// prepaid and postpaid tell apart what is charged before the work begins, and what is paid for once it is accepted.
var (
	prepaid = &Guard[moment]{"prefunded", func(m moment) error {
		if m.Rail.PaysLater() {
			return ErrPaysLater
		}
		return nil
	}}
	postpaid = &Guard[moment]{"not prefunded", func(m moment) error {
		if !m.Rail.PaysLater() {
			return ErrNotFunded
		}
		return nil
	}}
	paysAhead        = both(prepaid, notFrozen)
	paysLater        = both(postpaid, notFrozen)
	aheadUndelivered = both(prepaid, undelivered)
	laterUndelivered = both(postpaid, undelivered)
	aheadUnclaimed   = both(prepaid, unclaimed)
	laterUnclaimed   = both(postpaid, unclaimed)
	byBank           = &Guard[moment]{"from the company's own bank", func(m moment) error {
		if m.Rail != market.BankFile {
			return ErrRunRail
		}
		return nil
	}}
)

// both is a guard that holds when two do.
func both(a, b *Guard[moment]) *Guard[moment] {
	return &Guard[moment]{a.Name + ", " + b.Name, func(m moment) error {
		if err := a.Holds(m); err != nil {
			return err
		}
		return b.Holds(m)
	}}
}

// overheld lets money go back by itself that may not be held any longer, where nothing was ever delivered.
var overheld = both(prepaid, &Guard[moment]{"not frozen, never delivered, held for 90 days", func(m moment) error {
	if m.FundedAt == nil || m.now.Before(m.FundedAt.AddDate(0, 0, holdingLimit)) {
		return ErrNotDueYet.With("date", m.FundedAt)
	}
	return undelivered.Holds(m)
}})

// milestoneMachine is the life of a milestone. A delivered one reaches refunding only when both sides agree or two
// people rule; money that arrives is settled even when its checkout page had expired for us.
var milestoneMachine = Machine[MilestoneState, moment]{
	Noun:  "milestone",
	Start: MilestoneDraft,
	Moves: slices.Concat(weekMoves, []Move[MilestoneState, moment]{
		{MilestoneDraft, doFund, MilestoneFunding, TheCompany, both(paysAhead, opened)},
		{MilestoneDraft, doCancel, MilestoneCanceled, TheCompany, notFrozen},
		{MilestoneFunding, doExpire, MilestoneDraft, TheProvider, nil},
		{MilestoneFunding, doSettle, MilestoneFunded, TheProvider, prepaid},
		{MilestoneDraft, doSettle, MilestoneFunded, TheProvider, prepaid},
		{MilestoneDraft, doSettlePart, MilestonePartFunded, TheProvider, prepaid},
		{MilestoneFunding, doSettlePart, MilestonePartFunded, TheProvider, prepaid},
		{MilestonePartFunded, doFund, MilestonePartFunded, TheCompany, notFrozen}, // a page for the rest, or a part of it
		{MilestonePartFunded, doSettlePart, MilestonePartFunded, TheProvider, prepaid},
		{MilestonePartFunded, doSettle, MilestoneFunded, TheProvider, prepaid},
		{MilestoneDraft, doStart, MilestoneInProgress, TheAlumnus, laterWorked},
		{MilestoneDraft, doSubmit, MilestoneSubmitted, TheAlumnus, laterWorked},
		{MilestoneInProgress, doCancel, MilestoneCanceled, TheCompany, laterUndelivered},
		{MilestoneFunded, doStart, MilestoneInProgress, TheAlumnus, worked},
		{MilestoneChangesRequested, doStart, MilestoneInProgress, TheAlumnus, notFrozen},
		{MilestoneFunded, doSubmit, MilestoneSubmitted, TheAlumnus, worked}, // starting is implied
		{MilestoneInProgress, doSubmit, MilestoneSubmitted, TheAlumnus, worked},
		{MilestoneChangesRequested, doSubmit, MilestoneSubmitted, TheAlumnus, worked},
		{MilestoneSubmitted, doRequestChanges, MilestoneChangesRequested, TheCompany, notFrozen},
		{MilestoneSubmitted, doAccept, MilestoneAccepted, TheCompany, notFrozen},
		{MilestoneSubmitted, doAccept, MilestoneAccepted, TheClock, silent},
		{MilestoneAccepted, doRelease, MilestoneReleasing, TheClock, paysAhead},
		{MilestoneAccepted, doRelease, MilestoneReleasing, TheCompany, paysLater}, // a pay run was approved
		{MilestoneReleasing, doRecall, MilestoneAccepted, TheCompany, paysLater},  // and taken back
		{MilestoneReleasing, doHandOver, MilestoneReleased, TheCompany, byBank},
		{MilestonePayoutFailed, doHandOver, MilestoneReleased, TheCompany, byBank},
		{MilestoneReleasing, doTransferred, MilestoneReleased, TheProvider, nil},
		{MilestoneReleased, doPaidOut, MilestonePaid, TheProvider, nil},
		{MilestonePayoutFailed, doPaidOut, MilestonePaid, TheProvider, nil},
		{MilestonePaid, doReturned, MilestonePayoutFailed, TheProvider, nil},
		{MilestoneReleased, doReturned, MilestonePayoutFailed, TheProvider, nil},
		{MilestonePartFunded, doRefund, MilestoneRefunding, TheCompany, undelivered},
		{MilestonePartFunded, doRefund, MilestoneRefunding, TheClock, overheld},
		{MilestoneFunded, doRefund, MilestoneRefunding, TheCompany, undelivered},
		{MilestoneInProgress, doRefund, MilestoneRefunding, TheCompany, aheadUndelivered},
		{MilestoneFunded, doRefund, MilestoneRefunding, TheClock, overheld},
		{MilestoneInProgress, doRefund, MilestoneRefunding, TheClock, overheld},
		{MilestoneRefunding, doRefunded, MilestoneRefunded, TheProvider, nil},

		{MilestoneFunded, doSplit, MilestoneAccepted, TheParties, unclaimed},
		{MilestoneInProgress, doSplit, MilestoneAccepted, TheParties, unclaimed},
		{MilestoneSubmitted, doSplit, MilestoneAccepted, TheParties, unclaimed},
		{MilestoneChangesRequested, doSplit, MilestoneAccepted, TheParties, unclaimed},
		{MilestoneFunded, doSplit, MilestoneAccepted, TheRuling, unclaimed},
		{MilestoneInProgress, doSplit, MilestoneAccepted, TheRuling, unclaimed},
		{MilestoneSubmitted, doSplit, MilestoneAccepted, TheRuling, unclaimed},
		{MilestoneChangesRequested, doSplit, MilestoneAccepted, TheRuling, unclaimed},
		{MilestoneFunded, doGiveBack, MilestoneRefunding, TheParties, aheadUnclaimed},
		{MilestoneInProgress, doGiveBack, MilestoneRefunding, TheParties, aheadUnclaimed},
		{MilestoneSubmitted, doGiveBack, MilestoneRefunding, TheParties, aheadUnclaimed},
		{MilestoneChangesRequested, doGiveBack, MilestoneRefunding, TheParties, aheadUnclaimed},
		{MilestoneFunded, doGiveBack, MilestoneRefunding, TheRuling, aheadUnclaimed},
		{MilestoneInProgress, doGiveBack, MilestoneRefunding, TheRuling, aheadUnclaimed},
		{MilestoneSubmitted, doGiveBack, MilestoneRefunding, TheRuling, aheadUnclaimed},
		{MilestoneChangesRequested, doGiveBack, MilestoneRefunding, TheRuling, aheadUnclaimed},
		{MilestoneInProgress, doLetGo, MilestoneCanceled, TheParties, laterUnclaimed},
		{MilestoneSubmitted, doLetGo, MilestoneCanceled, TheParties, laterUnclaimed},
		{MilestoneChangesRequested, doLetGo, MilestoneCanceled, TheParties, laterUnclaimed},
		{MilestoneInProgress, doLetGo, MilestoneCanceled, TheRuling, laterUnclaimed},
		{MilestoneSubmitted, doLetGo, MilestoneCanceled, TheRuling, laterUnclaimed},
		{MilestoneChangesRequested, doLetGo, MilestoneCanceled, TheRuling, laterUnclaimed},

		{MilestoneDraft, doDrop, MilestoneCanceled, TheParties, notFrozen},
		{MilestonePartFunded, doDrop, MilestoneRefunding, TheParties, undelivered},
		{MilestoneFunded, doDrop, MilestoneRefunding, TheParties, undelivered},
		{MilestoneInProgress, doDrop, MilestoneRefunding, TheParties, aheadUndelivered},

		{MilestonePartFunded, doChargeBack, MilestoneChargedBack, TheProvider, nil},
		{MilestoneFunded, doChargeBack, MilestoneChargedBack, TheProvider, nil},
		{MilestoneInProgress, doChargeBack, MilestoneChargedBack, TheProvider, nil},
		{MilestoneSubmitted, doChargeBack, MilestoneChargedBack, TheProvider, nil},
		{MilestoneChangesRequested, doChargeBack, MilestoneChargedBack, TheProvider, nil},
		{MilestoneReleased, doReverse, MilestoneReversed, TheProvider, nil},
		{MilestonePaid, doReverse, MilestoneReversed, TheProvider, nil},
		{MilestonePayoutFailed, doReverse, MilestoneReversed, TheProvider, nil},
	}),
	Stands: map[MilestoneState]Stand{
		MilestoneDraft:            {Owner: TheCompany},
		MilestoneFunding:          {Owner: TheCompany, Timer: "the checkout page expires"},
		MilestonePartFunded:       {Owner: TheCompany, Timer: "holding alarms"},
		MilestoneFunded:           {Owner: TheAlumnus, Timer: "holding alarms"},
		MilestoneInProgress:       {Owner: TheAlumnus, Timer: "holding alarms"},
		MilestoneSubmitted:        {Owner: TheCompany, Timer: "auto-accept"},
		MilestoneChangesRequested: {Owner: TheAlumnus, Timer: "holding alarms"},
		MilestoneAccepted:         {Owner: TheCompany, Timer: "at once when prefunded, else the alarms of the due day"},
		MilestoneReleasing:        {Owner: TheAlumnus, Timer: "the transfer is retried"}, // theirs: the payout account
		MilestoneReleased:         {Owner: TheProvider, Timer: "weekly payout"},
		MilestonePaid:             {},
		MilestonePayoutFailed:     {Owner: TheAlumnus, Timer: "the next payout, or the alarms of the due day"},
		MilestoneRefunding:        {Owner: TheProvider, Timer: "the refund is retried"},
		MilestoneRefunded:         {},
		MilestoneCanceled:         {},
		MilestoneChargedBack:      {},
		MilestoneReversed:         {},
	},
}

// A Milestone is one part of a contract that is funded, delivered, accepted and paid by itself. Amounts are minor units.
type Milestone struct {
	ID          uuid.UUID
	CompanyID   uuid.UUID
	ContractID  uuid.UUID
	Position    int // from 1
	Title       string
	DueOn       civil.Date `gorm:"type:date"`
	State       MilestoneState
	Rail        market.Rail // from the terms
	Currency    string
	Amount      int64 // the fee, without consumption tax
	Tax         int64
	Withheld    int64
	PlatformFee int64
	PlatformTax int64

	RulesVersion int64 // the rules that its money was quoted under

	Worktime `gorm:"embedded"` // where it is a week of hourly work

	WithholdingCategory string // what kind of work it is for withholding; empty: what the terms say

	PaymentDays    int         // from the terms, within what the law allows
	AutoAcceptDays int         // from the terms
	PaidIn         int64       // what the company has paid for it so far, over all its charges
	Refunded       int64       // of that: what went, goes or is owed back to the company
	Lost           int64       // of that: what the payer's bank took out of what was held
	Reversed       int64       // of the transfer: what was taken back
	Recovered      int64       // of the net: what was kept for an old debt, by agreement
	Frozen         string      // why nothing may move: chargeback or dispute; empty: not frozen
	FrozenAt       *time.Time  // since when
	HoldReason     string      // why the transfer waits: payout_account_missing, payout_account_inactive, or the provider's code
	FundedAt       *time.Time  // when the first payment was made: the days of holding count from it
	StartedAt      *time.Time  //
	ReceivedOn     *civil.Date `gorm:"type:date"` // first delivery, the company's day: day 1 of the payment term
	SubmittedAt    *time.Time  // latest delivery
	AutoAcceptAt   *time.Time  // silence until then accepts
	PayBy          *civil.Date `gorm:"type:date"` // the legal due day, from ReceivedOn
	AcceptedAt     *time.Time
	ReleasedAt     *time.Time
	PaidAt         *time.Time
	CreatedAt      time.Time
	UpdatedAt      time.Time `gorm:"autoUpdateTime:false"` // by our own clock

	Contract *Contract  `gorm:"-"` // its head, where a single milestone is read
	Charges  []Charge   `gorm:"-"` // oldest first, where a single milestone is read
	Timeline []Step     `gorm:"-"` // where a single milestone is read
	Asked    []Approval `gorm:"-"` // steps that wait for a second person, where a single milestone is read
}

// Quote is the milestone's line of money. LatestPayment is the legal due day once delivered, and until then the one
// that holds if it is delivered on its due day.
func (m Milestone) Quote() Quote {
	q := Quote{Currency: m.Currency, Fee: m.Amount, Tax: m.Tax, Withheld: m.Withheld, PlatformFee: m.PlatformFee, PlatformTax: m.PlatformTax,
		LatestPayment: nthDay(m.DueOn, m.PaymentDays)}
	if m.PayBy != nil {
		q.LatestPayment = *m.PayBy
	}
	q.Net = q.Fee + q.Tax - q.Withheld
	q.Charge = q.Net + q.PlatformFee + q.PlatformTax
	return q
}

// Can lists what a party may do at a moment: fund, cancel, start, submit, request_changes, accept, refund.
func (m Milestone) Can(by Party, now time.Time) []string {
	var out []string
	for _, do := range milestoneMachine.Can(m.State, by) {
		if milestoneMachine.Allows(m.State, do, by, moment{m, now}) {
			out = append(out, do)
		}
	}
	return out
}

// whileResting are what stays open of a milestone while its contract is paused: what was delivered is answered for, and what
// was not may be taken back.
var whileResting = []string{doSubmit, doAccept, doCancel, doRefund}

// Can lists what a party may do at a moment with a milestone of the contract.
func (c Contract) Can(m Milestone, by Party, now time.Time) []string {
	all := m.Can(by, now)
	if c.State != ContractPaused {
		return all
	}
	return slices.DeleteFunc(all, func(do string) bool { return !slices.Contains(whileResting, do) })
}

// thaw lets silence have the time back during which nothing could be answered.
func (m *Milestone) thaw(now time.Time) {
	if m.FrozenAt != nil && m.AutoAcceptAt != nil {
		later := m.AutoAcceptAt.Add(now.Sub(*m.FrozenAt))
		m.AutoAcceptAt = &later
	}
	m.FrozenAt = nil
}

// A Step is one move of a milestone, kept for ever: its timeline.
type Step struct {
	ID          uuid.UUID
	CompanyID   uuid.UUID
	MilestoneID uuid.UUID
	At          time.Time
	ActorID     *uuid.UUID     // nil where the provider or a timer moved it
	By          Party          `gorm:"column:party"`
	Do          string         `gorm:"column:action"`
	From        MilestoneState `gorm:"column:from_state"`
	To          MilestoneState `gorm:"column:to_state"`
	Message     string
}

// TableName is where timelines are kept.
func (Step) TableName() string { return "milestone_steps" }
