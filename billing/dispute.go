package billing

import (
	"cmp"
	"time"

	"github.com/google/uuid"

	"homecoming/internal/problem"
	"homecoming/market"
)

// DisputeState is where a quarrel between the parties stands.
type DisputeState string

// The states of a dispute.
const (
	DisputeOpen      DisputeState = "open"            // the parties have it for themselves
	DisputeForRuling DisputeState = "for_ruling"      // they did not agree in time: two people decide
	DisputeProposed  DisputeState = "proposed_ruling" // one of the two has decided, the other has to confirm
	DisputeAgreed    DisputeState = "agreed"
	DisputeRuled     DisputeState = "ruled"
	DisputeWithdrawn DisputeState = "withdrawn"
)

// frozenByDispute is what a milestone says while its parties quarrel.
const frozenByDispute = "dispute"

// disputeTerm is how long the parties have before two people decide.
const disputeTerm = 14 * 24 * time.Hour

// What can be wrong with a dispute.
var (
	ErrNothingHeld = problem.Define(problem.Conflict, "nothing_held",
		"This milestone is {state}: no money is held for it that could be split.", "このマイルストーンは「{state}」のため、分配できる預り金がありません。")
	ErrSplit = problem.Define(problem.Invalid, "split_out_of_range",
		"The part that is paid must be from 0 to {max}; the rest goes back.", "支払う報酬は0から{max}の範囲で入力してください。残りは返金されます。")
	ErrOwnProposal = problem.Define(problem.Conflict, "own_proposal",
		"This is your own side's proposal. The other side has to agree to it.", "ご自身の側の提案です。相手の同意が必要です。")
	ErrNoProposal = problem.Define(problem.Conflict, "no_such_proposal",
		"This is not the latest proposal any more. Look at the latest and agree to that.", "最新の提案ではありません。最新の提案を確認して同意してください。")
	ErrInvolved = problem.Define(problem.Forbidden, "involved_in_dispute",
		"You are part of this dispute. Two people who are not have to decide.", "異議の当事者のため裁定できません。当事者でない2名が裁定します。")
)

// A ruler is a dispute with who would decide.
type ruler struct {
	Dispute
	who uuid.UUID
}

var (
	opener = &Guard[ruler]{"who opened it", func(r ruler) error {
		if r.who != r.OpenedBy {
			return market.ErrForbidden.With("action", "withdraw_dispute")
		}
		return nil
	}}
	secondRuler = &Guard[ruler]{"not who ruled first", func(r ruler) error {
		if last := r.latest(TheRuling); last == nil || last.PersonID == r.who {
			return ErrSamePerson
		}
		return nil
	}}
)

// disputeMachine is the life of a dispute. The parties may agree until the very end.
var disputeMachine = Machine[DisputeState, ruler]{
	Noun:  "dispute",
	Start: DisputeOpen,
	Moves: []Move[DisputeState, ruler]{
		{DisputeOpen, "agree", DisputeAgreed, TheParties, nil},
		{DisputeForRuling, "agree", DisputeAgreed, TheParties, nil},
		{DisputeProposed, "agree", DisputeAgreed, TheParties, nil},
		{DisputeOpen, "withdraw", DisputeWithdrawn, TheCompany, opener},
		{DisputeOpen, "withdraw", DisputeWithdrawn, TheAlumnus, opener},
		{DisputeForRuling, "withdraw", DisputeWithdrawn, TheCompany, opener},
		{DisputeForRuling, "withdraw", DisputeWithdrawn, TheAlumnus, opener},
		{DisputeOpen, "escalate", DisputeForRuling, TheClock, nil},
		{DisputeForRuling, "rule", DisputeProposed, TheRuling, nil},
		{DisputeProposed, "rule", DisputeProposed, TheRuling, nil}, // another split: it needs another second
		{DisputeProposed, "confirm", DisputeRuled, TheRuling, secondRuler},
		{DisputeOpen, "cut", DisputeWithdrawn, TheProvider, nil}, // the payer's bank took the money
		{DisputeForRuling, "cut", DisputeWithdrawn, TheProvider, nil},
		{DisputeProposed, "cut", DisputeWithdrawn, TheProvider, nil},
	},
	Stands: map[DisputeState]Stand{
		DisputeOpen:      {Owner: TheParties, Timer: "the deadline"},
		DisputeForRuling: {Owner: TheRuling},
		DisputeProposed:  {Owner: TheRuling},
		DisputeAgreed:    {},
		DisputeRuled:     {},
		DisputeWithdrawn: {},
	},
}

// A Dispute is a quarrel between the parties about a milestone whose money is held. While it is open nothing moves.
type Dispute struct {
	ID          uuid.UUID
	CompanyID   uuid.UUID
	MilestoneID uuid.UUID
	OpenedBy    uuid.UUID
	Side        Party // of who opened it
	Reason      string
	State       DisputeState
	Deadline    time.Time // until then the parties have it for themselves
	Release     *int64    // once settled: the part of the fee that is paid, without tax, minor units
	OpenedAt    time.Time
	ClosedAt    *time.Time

	Proposals []Proposal `gorm:"-"` // oldest first
	Milestone Milestone  `gorm:"-"`
	Terms     Terms      `gorm:"-"`
	Rules     Rules      `gorm:"-"` // that the milestone was quoted under
}

// Open reports whether it is not settled yet.
func (d Dispute) Open() bool { return disputeMachine.Stands[d.State] != Stand{} }

// A Proposal is one split that somebody offered, or ruled. Release is the part of the fee, without tax, that is paid.
type Proposal struct {
	ID        uuid.UUID
	CompanyID uuid.UUID
	DisputeID uuid.UUID
	By        Party `gorm:"column:party"` // company, alumnus or ruling
	PersonID  uuid.UUID
	Release   int64
	Message   string
	At        time.Time

	Split Split `gorm:"-"`
}

// TableName is where proposals are kept.
func (Proposal) TableName() string { return "dispute_proposals" }

// latest is the last proposal of a party, nil when it made none.
func (d Dispute) latest(by ...Party) *Proposal {
	for i := len(d.Proposals) - 1; i >= 0; i-- {
		for _, p := range by {
			if d.Proposals[i].By == p {
				return &d.Proposals[i]
			}
		}
	}
	return nil
}

// Standing is the proposal of the other side that a party can agree to now; nil when there is none.
func (d Dispute) Standing(reader Party) *Proposal {
	if last := d.latest(TheCompany, TheAlumnus); last != nil && last.By != reader && d.Open() {
		return last
	}
	return nil
}

// Ruled is the ruling that a second person has to confirm; nil when there is none.
func (d Dispute) Ruled() *Proposal {
	if d.State != DisputeProposed {
		return nil
	}
	return d.latest(TheRuling)
}

// A Split is what becomes of a held charge: Paid is the line of money of the part that is paid for, Refund what goes
// back. Paid.Charge and Refund always sum to the charge.
type Split struct {
	Paid   Quote
	Refund int64
}

// SplitOf divides a milestone's charge by the part of its fee, without tax, that is paid. The part is taxed, withheld
// from and charged for as the terms said, by the rules of then. It returns ErrSplit for a part below nothing or above the fee.
func SplitOf(r Rules, m Milestone, t Terms, release int64) (Split, error) {
	whole := m.Quote()
	if release < 0 || release > m.Amount {
		return Split{}, ErrSplit.On("release").With("max", whole.Money(m.Amount))
	}
	switch release {
	case m.Amount:
		return Split{Paid: whole}, nil
	case 0:
		return Split{Paid: Quote{Currency: m.Currency, LatestPayment: whole.LatestPayment}, Refund: whole.Charge}, nil
	}
	part := QuoteFor(r, market.Company{PlatformFeeBP: t.PlatformFeeBP, PaymentDays: t.PaymentDays}, cmp.Or(m.WithholdingCategory, t.WithholdingCategory),
		market.Money{Amount: release, Currency: m.Currency}, t.Payee, m.DueOn)
	part.LatestPayment = whole.LatestPayment
	return Split{Paid: part, Refund: whole.Charge - part.Charge}, nil
}
