package billing

import (
	"time"

	"github.com/google/uuid"
)

// ChargebackState is where a payment stands that the payer's bank took back or asks about.
type ChargebackState string

// The states of a chargeback. During an inquiry no money has moved.
const (
	ChargebackInquiry       ChargebackState = "inquiry"
	ChargebackNeedsResponse ChargebackState = "needs_response"
	ChargebackUnderReview   ChargebackState = "under_review"
	ChargebackWon           ChargebackState = "won"
	ChargebackLost          ChargebackState = "lost"
	ChargebackClosed        ChargebackState = "inquiry_closed"
)

// frozenByChargeback is what a milestone says while the payer's bank has its hand on the money.
const frozenByChargeback = "chargeback"

// chargebackMachine is the life of a chargeback. The provider alone moves it; we read it again at every hint.
var chargebackMachine = Machine[ChargebackState, ChargebackRecord]{
	Noun:  "chargeback",
	Start: ChargebackInquiry,
	Moves: []Move[ChargebackState, ChargebackRecord]{
		{ChargebackInquiry, "escalate", ChargebackNeedsResponse, TheProvider, nil},
		{ChargebackInquiry, "close", ChargebackClosed, TheProvider, nil},
		{ChargebackInquiry, "review", ChargebackUnderReview, TheProvider, nil},
		{ChargebackNeedsResponse, "review", ChargebackUnderReview, TheProvider, nil},
		{ChargebackNeedsResponse, "win", ChargebackWon, TheProvider, nil},
		{ChargebackNeedsResponse, "lose", ChargebackLost, TheProvider, nil},
		{ChargebackUnderReview, "win", ChargebackWon, TheProvider, nil},
		{ChargebackUnderReview, "lose", ChargebackLost, TheProvider, nil},
		{ChargebackInquiry, "win", ChargebackWon, TheProvider, nil},
		{ChargebackInquiry, "lose", ChargebackLost, TheProvider, nil},
	},
	Stands: map[ChargebackState]Stand{
		ChargebackInquiry:       {Owner: TheCompany, Timer: "the bank's deadline"}, // finance: the evidence
		ChargebackNeedsResponse: {Owner: TheCompany, Timer: "the bank's deadline"},
		ChargebackUnderReview:   {Owner: TheProvider, Timer: "the bank decides"},
		ChargebackWon:           {},
		ChargebackLost:          {},
		ChargebackClosed:        {},
	},
}

// chargebackDoing is what a status of the provider's does to ours, and chargebackStart where one begins that is first
// seen in it.
var (
	chargebackDoing = map[string]string{"warning_closed": "close", "needs_response": "escalate", "warning_under_review": "review",
		"under_review": "review", "won": "win", "lost": "lose"}
	chargebackStart = map[string]ChargebackState{"warning_needs_response": ChargebackInquiry, "warning_under_review": ChargebackInquiry, "warning_closed": ChargebackInquiry}
)

// A Stage is how far a milestone's money had come when its payer's bank took it back.
type Stage string

// The stages.
const (
	BeforeAcceptance Stage = "before_acceptance"
	AfterAcceptance  Stage = "after_acceptance"
	AfterPayout      Stage = "after_payout"
)

// stageOf is the stage of a milestone in a state.
func stageOf(state MilestoneState) Stage {
	switch state {
	case MilestoneAccepted, MilestoneReleasing:
		return AfterAcceptance
	case MilestoneReleased, MilestonePaid, MilestonePayoutFailed, MilestoneReversed:
		return AfterPayout
	}
	return BeforeAcceptance
}

// A Bearer is on whom a lost chargeback falls.
type Bearer string

// The bearers. What was accepted is owed to the alumnus whatever the payer's bank does, so the company owes it to us.
const (
	BorneByHeld   Bearer = "held"   // what was held is gone: the milestone ends
	BorneByRefund Bearer = "refund" // what was owed back is gone: it has gone back this way
	BorneByClient Bearer = "client" // the company owes it: receivable
)

// A ChargebackRecord is a payment that the payer's bank took back, or asks about. Amount is minor units.
type ChargebackRecord struct {
	ID          string
	CompanyID   uuid.UUID
	MilestoneID uuid.UUID
	Charge      string
	Amount      int64
	Currency    string
	Reason      string // the bank's word: product_not_received, fraudulent …
	State       ChargebackState
	Stage       Stage      // when it was opened
	BorneBy     Bearer     // of a lost one
	DueBy       *time.Time // the bank's deadline for evidence
	Evidence    string     // what was sent
	EvidenceBy  *uuid.UUID
	EvidenceAt  *time.Time
	OpenedAt    time.Time
	ClosedAt    *time.Time
	UpdatedAt   time.Time `gorm:"autoUpdateTime:false"`

	MilestoneTitle string    `gorm:"->"`
	ContractID     uuid.UUID `gorm:"->"`
	ContractNumber int       `gorm:"->"`
	PersonName     string    `gorm:"->"`
}

// TableName is where chargebacks are kept.
func (ChargebackRecord) TableName() string { return "chargebacks" }

// Open reports whether the bank has not decided yet.
func (c ChargebackRecord) Open() bool { return chargebackMachine.Stands[c.State] != Stand{} }

// Answerable reports whether evidence can still be sent.
func (c ChargebackRecord) Answerable() bool {
	return c.State == ChargebackInquiry || c.State == ChargebackNeedsResponse
}

func disputeHold(id string) string                { return "dispute_hold:" + id }
func receivableClient(c uuid.UUID) string         { return "receivable:client:" + c.String() }
func receivableAlumnus(p uuid.UUID) string        { return "receivable:freelancer:" + p.String() }
func (c ChargebackRecord) hold() string           { return disputeHold(c.ID) }
func (c ChargebackRecord) source() string         { return "chargeback:" + c.ID }
func (c ChargebackRecord) back(m Movement) string { return c.source() + ":" + m.ID }

// claimed: the bank took the money, and the provider a fee for the trouble.
func claimed(m Milestone, c ChargebackRecord, by Movement) Entry {
	return newEntry(m, "chargeback", c.source(), c.ID, by.At).
		debit(c.hold(), c.Currency, -by.Amount).
		debit(accountDisputeFee, c.Currency, by.Fee).
		credit(accountPlatform, c.Currency, -by.Amount+by.Fee)
}

// reinstated: the bank gave it back.
func reinstated(m Milestone, c ChargebackRecord, by Movement, from string) Entry {
	return newEntry(m, "chargeback_won", c.back(by), c.ID+movedBack, by.At).
		debit(accountPlatform, c.Currency, by.Amount-by.Fee).
		debit(accountDisputeFee, c.Currency, by.Fee).
		credit(from, c.Currency, by.Amount)
}

// lostTo: the bank keeps what it took, at the cost of an account.
func lostTo(m Milestone, c ChargebackRecord, account string, amount int64, at time.Time) Entry {
	return newEntry(m, "chargeback_lost", c.source()+":lost", "", at).
		debit(account, c.Currency, amount).
		credit(c.hold(), c.Currency, amount)
}
