package billing

import (
	"time"

	"github.com/google/uuid"
)

// What a company is at the provider, what it saved there and what it sent there, in our own terms.

// A CustomerOrder makes a company the provider's customer, whose cash is applied by us and never by the provider.
type CustomerOrder struct {
	Operation uuid.UUID `json:"operation"`
	Company   uuid.UUID `json:"company"`
	Name      string    `json:"name"`
	Email     string    `json:"email"`
}

// A Customer is a company as the provider knows it.
type Customer struct {
	ID        string
	Operation uuid.UUID
	Company   uuid.UUID
}

// A Card is one that a company agreed to be charged again.
type Card struct {
	ID        string
	Brand     string // visa, mastercard …
	Last4     string
	ExpMonth  int
	ExpYear   int
	CreatedAt time.Time
}

// A CardOrder charges a saved card with nobody there.
type CardOrder struct {
	Operation uuid.UUID `json:"operation"`
	Milestone uuid.UUID `json:"milestone"`
	Company   uuid.UUID `json:"company"`
	Purpose   Purpose   `json:"purpose"`
	Customer  string    `json:"customer"`
	Card      string    `json:"card"`
	Title     string    `json:"title"`
	Amount    int64     `json:"amount"`
	Currency  string    `json:"currency"`
}

// A TransferRequest asks a company to send money to its virtual account.
type TransferRequest struct {
	Operation uuid.UUID `json:"operation"`
	Milestone uuid.UUID `json:"milestone"`
	Company   uuid.UUID `json:"company"`
	Purpose   Purpose   `json:"purpose"`
	Customer  string    `json:"customer"`
	Title     string    `json:"title"`
	Amount    int64     `json:"amount"`
	Currency  string    `json:"currency"`
}

// An Intent is one attempt to be paid. State is requires_payment_method, requires_action, processing, succeeded or canceled.
type Intent struct {
	ID        string
	Operation uuid.UUID
	Customer  string
	Amount    int64
	Remaining int64 // of a bank transfer: what has not been applied yet
	Currency  string
	State     string
	Refusal   string // why the last attempt to charge failed; empty when none did
	Reference string // what the sender of a bank transfer should write
	Account   *VirtualAccount
}

// A VirtualAccount is where a company's bank transfers go. It is the company's own, and stays the same.
type VirtualAccount struct {
	BankCode   string `json:"bank_code"`
	BankName   string `json:"bank_name"`
	BranchCode string `json:"branch_code"`
	BranchName string `json:"branch_name"`
	Kind       string `json:"kind"` // futsu or toza
	Number     string `json:"number"`
	Holder     string `json:"holder"`
	Page       string `json:"page,omitempty"` // the provider's own page with what to send, for whoever makes the transfer
}

// An ApplyOrder pays for an intent out of its customer's cash. Applied is what had been applied to the intent when this
// was planned, by which it is told apart from the others.
type ApplyOrder struct {
	Operation uuid.UUID `json:"operation"`
	Customer  string    `json:"customer"`
	Intent    string    `json:"intent"`
	Amount    int64     `json:"amount"`
	Applied   int64     `json:"applied"`
	Currency  string    `json:"currency"`
}

// A CashReturn sends a part of a customer's cash back to the bank it came from.
type CashReturn struct {
	Operation uuid.UUID `json:"operation"`
	Customer  string    `json:"customer"`
	Amount    int64     `json:"amount"`
	Currency  string    `json:"currency"`
	Email     string    `json:"email"` // where the provider asks for the bank account
}

// CashKind is what changed a customer's cash.
type CashKind string

// The kinds of change.
const (
	CashFunded    CashKind = "funded"                 // a bank transfer arrived
	CashApplied   CashKind = "applied_to_payment"     // it paid for something, or for a part of it
	CashUnapplied CashKind = "unapplied_from_payment" // what it paid for was given up
	CashRefunded  CashKind = "refunded_from_payment"  // a payment was given back
	CashReturning CashKind = "return_initiated"       // it goes back to the bank it came from
	CashStayed    CashKind = "return_canceled"        // and did not arrive there
	CashReversed  CashKind = "funding_reversed"       // the sender's bank took a transfer back
	CashOverdrawn CashKind = "adjusted_for_overdraft" // and we paid for what was not there any more
	CashSwept     CashKind = "transferred_to_balance" // the provider moved what nobody claimed to our own balance
)

// A CashMovement is one change of a customer's cash: Amount is positive into it, negative out of it.
type CashMovement struct {
	ID        string
	Customer  string
	Kind      CashKind
	Amount    int64
	Balance   int64 // what the customer had afterwards
	Currency  string
	Intent    string // of what was applied or given up
	Reference string // what the sender wrote
	Sender    string
	At        time.Time
}
