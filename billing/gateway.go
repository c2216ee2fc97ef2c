package billing

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"
)

// A Gateway asks the payment provider, in our own terms. Keys make a repeated request harmless; ours are made of the
// operation and its attempt. Every method may return ErrUnknown, a *Refusal or ErrBusy; anything else is a fault of ours.
// No method may be called inside a database transaction.
type Gateway interface {
	// CreateCheckout opens a page on which the company pays.
	CreateCheckout(ctx context.Context, key string, o CheckoutOrder) (Checkout, error)
	// FindCheckout looks for the page of an operation among those opened since a moment; ErrNotThere when there is none.
	FindCheckout(ctx context.Context, operation uuid.UUID, since time.Time) (Checkout, error)
	// Checkout reads a page again.
	Checkout(ctx context.Context, id string) (Checkout, error)
	// ExpireCheckout closes a page. One that was paid or has expired is refused.
	ExpireCheckout(ctx context.Context, key, id string) (Checkout, error)
	// Payment reads what was paid, given a checkout page's, an intent's or a charge's id.
	Payment(ctx context.Context, id string) (Payment, error)

	// CreateCustomer makes a company the provider's customer.
	CreateCustomer(ctx context.Context, key string, o CustomerOrder) (Customer, error)
	// FindCustomer looks for the customer of an operation among those made since a moment; ErrNotThere when there is none.
	FindCustomer(ctx context.Context, operation uuid.UUID, since time.Time) (Customer, error)
	// Cards lists what a customer agreed to be charged again, newest first.
	Cards(ctx context.Context, customer string) ([]Card, error)
	// ForgetCard takes a saved card away. One that is gone already is ErrNotThere or refused.
	ForgetCard(ctx context.Context, card string) error
	// ChargeCard charges a saved card with nobody there. Where its owner has to be, it is refused as authentication_required.
	ChargeCard(ctx context.Context, key string, o CardOrder) (Intent, error)
	// RequestTransfer asks for a bank transfer, and says where it goes.
	RequestTransfer(ctx context.Context, key string, o TransferRequest) (Intent, error)
	// FindIntent looks for the intent of an operation among those of a customer since a moment; ErrNotThere when there is none.
	FindIntent(ctx context.Context, customer string, operation uuid.UUID, since time.Time) (Intent, error)
	// Intent reads one again.
	Intent(ctx context.Context, id string) (Intent, error)
	// CancelIntent gives up an intent that was not paid. What had been applied to it is the customer's cash again.
	CancelIntent(ctx context.Context, key, id string) (Intent, error)
	// ApplyCash pays for an intent out of its customer's cash, in whole or in part.
	ApplyCash(ctx context.Context, key string, o ApplyOrder) (CashMovement, error)
	// FindApplied looks for what an ApplyOrder did; ErrNotThere when it did nothing.
	FindApplied(ctx context.Context, o ApplyOrder) (CashMovement, error)
	// ReturnCash sends a part of a customer's cash back to its bank.
	ReturnCash(ctx context.Context, key string, o CashReturn) (Refund, error)
	// FindReturn looks for the return of an operation among those made since a moment; ErrNotThere when there is none.
	FindReturn(ctx context.Context, operation uuid.UUID, since time.Time) (Refund, error)
	// CashMovements walks what changed a customer's cash since a moment, newest first.
	CashMovements(ctx context.Context, customer string, since time.Time) iter.Seq2[CashMovement, error]

	// CreateTransfer sends money to a connected account.
	CreateTransfer(ctx context.Context, key string, o TransferOrder) (Transfer, error)
	// FindTransfer looks for the transfer of an operation in a milestone's group; ErrNotThere when there is none.
	FindTransfer(ctx context.Context, milestone, operation uuid.UUID) (Transfer, error)
	// Transfer reads one again.
	Transfer(ctx context.Context, id string) (Transfer, error)

	// ReverseTransfer takes a transfer back, or a part of it. It is refused while the account has too little.
	ReverseTransfer(ctx context.Context, key string, o ReversalOrder) (Reversal, error)
	// FindReversal looks for the reversal of an operation among those of a transfer; ErrNotThere when there is none.
	FindReversal(ctx context.Context, transfer string, operation uuid.UUID) (Reversal, error)

	// Chargeback reads a payment that the payer's bank took back or asks about, with all that moved for it.
	Chargeback(ctx context.Context, id string) (Chargeback, error)
	// SendEvidence answers the payer's bank, once and for good.
	SendEvidence(ctx context.Context, key string, e EvidenceOrder) (Chargeback, error)

	// CreateRefund gives a charge back.
	CreateRefund(ctx context.Context, key string, o RefundOrder) (Refund, error)
	// FindRefund looks for the refund of an operation among those of a charge; ErrNotThere when there is none.
	FindRefund(ctx context.Context, charge string, operation uuid.UUID) (Refund, error)
	// Refund reads one again.
	Refund(ctx context.Context, id string) (Refund, error)

	// CreateAccount makes a connected account for a person.
	CreateAccount(ctx context.Context, key string, o AccountOrder) (Account, error)
	// FindAccount looks for the account of an operation among those made since a moment; ErrNotThere when there is none.
	FindAccount(ctx context.Context, operation uuid.UUID, since time.Time) (Account, error)
	// Account reads one again.
	Account(ctx context.Context, id string) (Account, error)
	// OnboardingLink is a page, good for minutes and one visit, on which the person completes their account.
	OnboardingLink(ctx context.Context, account, refreshURL, returnURL string) (string, error)

	// CreateSweep pays a part of the platform's own balance out to the platform's bank.
	CreateSweep(ctx context.Context, key string, o SweepOrder) (Payout, error)
	// FindSweep looks for the payout of an operation among those made since a moment; ErrNotThere when there is none.
	FindSweep(ctx context.Context, operation uuid.UUID, since time.Time) (Payout, error)

	// Payout reads a payout of a connected account with the transfers it is made of, or one of the platform's own
	// (account empty).
	Payout(ctx context.Context, account, id string) (Payout, error)

	// BalanceTransactions walks the platform's balance transactions created since one moment and before another, newest
	// first; a zero end is the present. The walk ends with its error, if there was one.
	BalanceTransactions(ctx context.Context, since, until time.Time) iter.Seq2[BalanceTransaction, error]
	// Events walks what happened since a moment on the platform (account empty) or on a connected account, newest
	// first; the provider keeps 30 days.
	Events(ctx context.Context, account string, since time.Time) iter.Seq2[Event, error]
	// Verify checks an event's signature and age and reads it. It returns ErrForged for everything that is not right.
	Verify(payload []byte, signature string, from Endpoint) (Event, error)
}

// What a Gateway may answer instead of a result.
var (
	// ErrUnknown: the request may or may not have happened. Look before sending again, and then with the same key.
	ErrUnknown = errors.New("billing: the provider's answer is unknown")
	// ErrBusy: nothing happened; ask again later with the same key.
	ErrBusy = errors.New("billing: the provider asks to wait")
	// ErrNotThere: there is no such thing at the provider.
	ErrNotThere = errors.New("billing: the provider knows no such thing")
	// ErrForged: an event that the provider did not sign, or not just now.
	ErrForged = errors.New("billing: the event is not signed by the provider")
)

// A Refusal is a definitive no: nothing happened, and the same key will be told the same again.
type Refusal struct {
	Code    string // the provider's word for it
	Message string
	Passing bool // its cause is over, so that another key may succeed at once
}

func (r *Refusal) Error() string { return fmt.Sprintf("billing: refused (%s): %s", r.Code, r.Message) }

// An Endpoint is one of the two addresses that events are sent to, each with a secret of its own.
type Endpoint string

// The endpoints.
const (
	PlatformEndpoint Endpoint = "platform"
	ConnectEndpoint  Endpoint = "connect"
)

// A CheckoutOrder is what a checkout page is to charge, with what must come back with it.
type CheckoutOrder struct {
	Operation  uuid.UUID `json:"operation"`
	Milestone  uuid.UUID `json:"milestone"`
	Company    uuid.UUID `json:"company"`
	Purpose    Purpose   `json:"purpose"`
	Title      string    `json:"title"` // what the payer reads
	Amount     int64     `json:"amount"`
	Currency   string    `json:"currency"`
	Email      string    `json:"email"`    // the payer's, to prefill
	Language   string    `json:"language"` // ja or en
	SuccessURL string    `json:"success_url"`
	CancelURL  string    `json:"cancel_url"`
	ExpiresAt  time.Time `json:"expires_at"`
	Customer   string    `json:"customer,omitempty"`  // empty: nobody known
	KeepCard   bool      `json:"keep_card,omitempty"` // the payer agrees that the customer's card is charged again
}

// A Checkout is a page on which somebody pays. State is open, complete or expired.
type Checkout struct {
	ID, URL, State string
	Operation      uuid.UUID
}

// A Payment is money that a company paid. Paid is false while it has not succeeded; Settled while the provider has not
// said what it keeps of it.
type Payment struct {
	Charge    string
	Intent    string    // the provider's id of the attempt that it succeeded in
	Milestone uuid.UUID // uuid.Nil where the provider's object names none
	Operation uuid.UUID
	Purpose   Purpose // empty where the provider's object names none
	Customer  string
	FromCash  bool // it came out of the customer's cash: a bank transfer
	Amount    int64
	Fee       int64 // the provider's
	Currency  string
	Paid      bool
	Settled   bool
	At        time.Time
}

// purpose is what was paid for; payments made before purposes were named are fundings.
func (p Payment) purpose() Purpose { return cmp.Or(p.Purpose, ForFunding) }

// A TransferOrder sends a milestone's net to its alumnus out of the charge that funded it.
type TransferOrder struct {
	Operation uuid.UUID `json:"operation"`
	Milestone uuid.UUID `json:"milestone"`
	Charge    string    `json:"charge"`
	Account   string    `json:"account"`
	Amount    int64     `json:"amount"`
	Currency  string    `json:"currency"`
	Title     string    `json:"title"`
}

// A Transfer is money on its way to, or on, a connected account.
type Transfer struct {
	ID        string
	Operation uuid.UUID
	Milestone uuid.UUID
	Account   string
	Amount    int64
	Currency  string
	Reversed  int64
	At        time.Time
}

// A RefundOrder gives a charge back, or a part of it.
type RefundOrder struct {
	Operation uuid.UUID `json:"operation"`
	Milestone uuid.UUID `json:"milestone"`
	Charge    string    `json:"charge"`
	Amount    int64     `json:"amount"`
	Currency  string    `json:"currency"`
}

// A Refund is money on its way back. State is pending, requires_action, succeeded, failed or canceled.
type Refund struct {
	ID        string
	Operation uuid.UUID
	Charge    string
	Amount    int64
	Currency  string
	State     string
	Failure   string    // the provider's word for why it failed
	Moved     bool      // it has left the platform's balance
	Returned  bool      // and come back to it
	At        time.Time // when it left
	FailedAt  time.Time // when it came back
}

// ended reports whether nothing is expected of it soon; one that succeeded may still come back days later.
func (r Refund) ended() bool {
	return r.State == "succeeded" || r.State == "failed" || r.State == "canceled"
}

// movedBack ends the name of a balance transaction that undoes an earlier one of the same object.
const movedBack = ":back"

// A ReversalOrder takes a part of a transfer back.
type ReversalOrder struct {
	Operation uuid.UUID `json:"operation"`
	Milestone uuid.UUID `json:"milestone"`
	Transfer  string    `json:"transfer"`
	Charge    string    `json:"charge"` // that the transfer had gone out of; the money goes back to its payer
	Amount    int64     `json:"amount"`
	Currency  string    `json:"currency"`
}

// A Reversal is money of a transfer that was taken back.
type Reversal struct {
	ID        string
	Operation uuid.UUID
	Transfer  string
	Amount    int64
	Currency  string
	At        time.Time
}

// A Chargeback is a payment that the payer's bank took back or asks about. State is warning_needs_response,
// warning_under_review, warning_closed, needs_response, under_review, won or lost.
type Chargeback struct {
	ID        string
	Charge    string
	Amount    int64
	Currency  string
	Reason    string
	State     string
	DueBy     time.Time  // the deadline for evidence; zero when there is none
	Answered  bool       // evidence was sent
	Movements []Movement // of the platform's balance: negative taken, positive given back
	At        time.Time
}

// A Movement is one change of the platform's balance because of a chargeback.
type Movement struct {
	ID     string
	Amount int64
	Fee    int64
	At     time.Time
}

// An EvidenceOrder is what the payer's bank is told.
type EvidenceOrder struct {
	Operation  uuid.UUID `json:"operation"`
	Chargeback string    `json:"chargeback"`
	Product    string    `json:"product"`  // what was sold
	Customer   string    `json:"customer"` // the payer's name
	Served     string    `json:"served"`   // the day of delivery; empty when nothing was delivered
	Text       string    `json:"text"`     // all the rest
}

// An AccountOrder asks for a connected account in the platform's country.
type AccountOrder struct {
	Operation uuid.UUID `json:"operation"`
	Person    uuid.UUID `json:"person"`
	Email     string    `json:"email"`
}

// An Account is a connected account as the provider sees it.
type Account struct {
	ID        string
	Operation uuid.UUID
	Person    uuid.UUID
	Submitted bool     // the person has given what was asked
	Transfers bool     // it may receive transfers
	Payouts   bool     // it may pay out to the bank
	Missing   []string // what is still asked for
	Disabled  string   // why it is restricted; empty when it is not
}

// A SweepOrder pays a part of the platform's own balance out to its bank.
type SweepOrder struct {
	Operation uuid.UUID `json:"operation"`
	Sweep     uuid.UUID `json:"sweep"`
	Amount    int64     `json:"amount"`
	Currency  string    `json:"currency"`
}

// A Payout is the provider's payment to a person's bank, or to the platform's own. State is pending, in_transit, paid, failed or canceled.
type Payout struct {
	ID        string
	Account   string
	Operation uuid.UUID // of a sweep; uuid.Nil for the rest
	Amount    int64
	Currency  string
	State     string
	Automatic bool
	ArrivesOn civil.Date
	Failure   string
	CreatedAt time.Time
	Parts     []PayoutPart // for automatic payouts alone; the provider itemises no others
}

// A PayoutPart is one transfer that a payout carries, one that was taken back out of it, or an earlier payout that had
// failed and is paid again.
type PayoutPart struct {
	Transfer string
	Reversal string // the id of the reversal; Amount is negative then
	Failed   string // the id of the failed payout; Transfer is empty then
	Amount   int64
}

// A BalanceTransaction is one movement of the platform's balance: Net is Amount less Fee.
type BalanceTransaction struct {
	ID        string
	Source    string // the charge, transfer, refund … that caused it; with ":back" what undoes an earlier one of the same
	Type      string
	Amount    int64
	Fee       int64
	Net       int64
	Currency  string
	CreatedAt time.Time
	Milestone uuid.UUID // by what its source carries; uuid.Nil where nothing does
}

// An Event says that something happened. What it says is only a hint: the object is read again before anything moves.
type Event struct {
	ID         string
	Account    string // the connected account; empty for the platform
	Type       string
	Object     string // the id of what it is about
	APIVersion string
	CreatedAt  time.Time
	Payload    []byte
}
