package billing

import (
	"time"

	"github.com/google/uuid"
)

// RefundState is where money on its way back to a company stands.
type RefundState string

// The states of a refund. Succeeded is not final: banks return refunds days later.
const (
	RefundSending   RefundState = "sending"   // planned or on its way to the provider
	RefundPending   RefundState = "pending"   // the provider has it, and waits for money or the bank
	RefundSucceeded RefundState = "succeeded" //
	RefundFailed    RefundState = "failed"    // it came back: the money is ours again and still owed
	RefundByHand    RefundState = "by_hand"   // paid by bank transfer, outside the provider
	RefundOvertaken RefundState = "overtaken" // the payer's bank took the money first
)

// refundMachine is the life of a refund.
var refundMachine = Machine[RefundState, RefundRecord]{
	Noun:  "refund",
	Start: RefundSending,
	Moves: []Move[RefundState, RefundRecord]{
		{RefundSending, "wait", RefundPending, TheProvider, nil},
		{RefundSending, "succeed", RefundSucceeded, TheProvider, nil},
		{RefundPending, "succeed", RefundSucceeded, TheProvider, nil},
		{RefundSending, "fail", RefundFailed, TheProvider, nil},
		{RefundPending, "fail", RefundFailed, TheProvider, nil},
		{RefundSucceeded, "fail", RefundFailed, TheProvider, nil},
		{RefundFailed, "retry", RefundSending, TheCompany, nil},
		{RefundFailed, "pay_by_hand", RefundByHand, TheCompany, nil},
		{RefundSending, "overtake", RefundOvertaken, TheProvider, nil},
		{RefundFailed, "overtake", RefundOvertaken, TheProvider, nil},
	},
	Stands: map[RefundState]Stand{
		RefundSending:   {Owner: TheProvider, Timer: "its operation"},
		RefundPending:   {Owner: TheProvider, Timer: "its operation is watched"},
		RefundSucceeded: {},
		RefundFailed:    {Owner: TheCompany}, // finance: once more, or by hand
		RefundByHand:    {},
		RefundOvertaken: {},
	},
}

// A RefundRecord is money that goes back to a company out of one charge: the whole of it, or what a split or a change
// leaves for it. Amount is minor units. Each try is an operation of its own.
type RefundRecord struct {
	ID          uuid.UUID
	CompanyID   uuid.UUID
	MilestoneID uuid.UUID
	Charge      string     // the payment that it goes out of
	OperationID *uuid.UUID // the latest try
	ProviderID  string     // re_…, of the latest try
	Amount      int64
	Currency    string
	State       RefundState
	Moved       bool // it has left our balance and not come back
	Reason      string
	Failure     string // the provider's word for why it failed
	Reference   string // of the bank transfer that was made by hand
	Tries       int
	CreatedAt   time.Time
	UpdatedAt   time.Time `gorm:"autoUpdateTime:false"`

	MilestoneTitle string    `gorm:"->"`
	ContractID     uuid.UUID `gorm:"->"`
	ContractNumber int       `gorm:"->"`
}

// TableName is where refunds are kept.
func (RefundRecord) TableName() string { return "refunds" }

// refundAsked: what was held is owed back to the company.
func refundAsked(m Milestone, r RefundRecord, at time.Time) Entry {
	return newEntry(m, "refund_asked", "refund_asked:"+r.ID.String(), "", at).
		debit(held(m), r.Currency, r.Amount).
		credit(refundPayable(m), r.Currency, r.Amount)
}

// refundedBack: it left the platform's balance. The provider keeps its fee, which stays our expense.
func refundedBack(m Milestone, r Refund) Entry {
	return newEntry(m, "refund", "refund:"+r.ID, r.ID, r.At).
		debit(refundPayable(m), r.Currency, r.Amount).
		credit(accountPlatform, r.Currency, r.Amount)
}

// refundReturned: the payer's bank did not take it, and it is ours again and owed as before.
func refundReturned(m Milestone, r Refund) Entry {
	return newEntry(m, "refund_failed", "refund_failed:"+r.ID, r.ID+movedBack, r.FailedAt).
		debit(accountPlatform, r.Currency, r.Amount).
		credit(refundPayable(m), r.Currency, r.Amount)
}

// refundedByHand: a bank transfer outside the provider paid it.
func refundedByHand(m Milestone, r RefundRecord, at time.Time) Entry {
	return newEntry(m, "refund_by_hand", "refund_by_hand:"+r.ID.String(), "", at).
		debit(refundPayable(m), r.Currency, r.Amount).
		credit(accountBank, r.Currency, r.Amount)
}
