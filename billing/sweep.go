package billing

import (
	"time"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"

	"homecoming/internal/problem"
)

// SweepState is where money of the platform's own stands on its way from the provider to the platform's bank.
type SweepState string

// The states of a sweep. Paid is not final: banks return payouts days later.
const (
	SweepProposed  SweepState = "proposed"
	SweepDeclined  SweepState = "declined"
	SweepSending   SweepState = "sending"    // two people want it
	SweepInTransit SweepState = "in_transit" // the provider has let it go
	SweepPaid      SweepState = "paid"
	SweepFailed    SweepState = "failed"   // the bank sent it back
	SweepCanceled  SweepState = "canceled" // at the provider, before it left
	SweepRejected  SweepState = "rejected" // the provider would not: most often not all of it was available yet
)

// A decision is a sweep with who decides about it.
type decision struct {
	Sweep
	who uuid.UUID
}

var anotherOperator = &Guard[decision]{"not who proposed it", func(d decision) error {
	if d.who == d.ProposedBy {
		return ErrSamePerson
	}
	return nil
}}

// sweepMachine is the life of a sweep. What is over without having been paid gives its lines back to the next one.
var sweepMachine = Machine[SweepState, decision]{
	Noun:  "sweep",
	Start: SweepProposed,
	Moves: []Move[SweepState, decision]{
		{SweepProposed, "approve", SweepSending, TheOperator, anotherOperator},
		{SweepProposed, "decline", SweepDeclined, TheOperator, nil},
		{SweepSending, "reject", SweepRejected, TheProvider, nil},
		{SweepSending, "send", SweepInTransit, TheProvider, nil},
		{SweepInTransit, "pay", SweepPaid, TheProvider, nil},
		{SweepInTransit, "fail", SweepFailed, TheProvider, nil},
		{SweepInTransit, "cancel", SweepCanceled, TheProvider, nil},
		{SweepPaid, "fail", SweepFailed, TheProvider, nil},
	},
	Stands: map[SweepState]Stand{
		SweepProposed:  {Owner: TheOperator}, // anybody else of them
		SweepDeclined:  {},
		SweepSending:   {Owner: TheClock, Timer: "its operation"},
		SweepInTransit: {Owner: TheProvider, Timer: "arrival day"},
		SweepPaid:      {},
		SweepFailed:    {},
		SweepCanceled:  {},
		SweepRejected:  {},
	},
}

// A Sweep is money of the platform's own that goes from its balance at the provider to its bank: an explicit list of
// what was earned, less what the provider kept and what is out on receivables. Amount is minor units, the sum of its lines.
type Sweep struct {
	ID          uuid.UUID
	OperationID *uuid.UUID
	ProviderID  string // po_…; empty until the provider has it
	Amount      int64
	Currency    string
	State       SweepState
	ProposedBy  uuid.UUID
	ProposedAt  time.Time
	DecidedBy   *uuid.UUID
	DecidedAt   *time.Time
	ArrivesOn   *civil.Date `gorm:"type:date"`
	Failure     string      // the provider's or the bank's word
	PaidAt      *time.Time
	UpdatedAt   time.Time `gorm:"autoUpdateTime:false"`

	ProposedByName string      `gorm:"->"`
	DecidedByName  string      `gorm:"->"`
	Lines          []SweepLine `gorm:"-"` // where a single sweep is read
}

// A SweepLine is one entry of the ledger in a sweep: positive for what was earned, negative for what was kept from us.
type SweepLine struct {
	SweepID        uuid.UUID
	EntryID        uuid.UUID
	CompanyID      uuid.UUID
	Amount         int64
	Live           bool      // false once the sweep is over without having been paid
	Kind           string    `gorm:"->"` // of the entry
	At             time.Time `gorm:"->"`
	CompanyName    string    `gorm:"->"`
	MilestoneTitle string    `gorm:"->"`
	ContractNumber int       `gorm:"->"`
}

// What can be wrong with sweeping.
var (
	ErrNothingToSweep = problem.Define(problem.Conflict, "nothing_to_sweep",
		"Nothing of the platform's own is left at the payment provider. Sweep again when more has been earned.",
		"決済サービスに引き出せる自社の収益がありません。収益が計上されてからあらためて実行してください。")
	ErrSweepOpen = problem.Define(problem.Conflict, "sweep_open",
		"A sweep is open already. Approve or decline it first.", "手続き中の引出しがあります。先に承認または却下してください。")
)

const accountInTransit = "stripe:payout_in_transit" // asset: left the provider, not yet at our bank

// ownMoney are the accounts that make up the platform's own money at the provider: income and its tax, less fees, losses,
// and what was laid out for others.
const ownMoney = `(split_part(p.account, ':', 1) IN ('platform_fee', 'consumption_tax', 'stripe_fee', 'dispute_fee', 'goodwill_loss', 'receivable', 'dispute_hold')
	OR p.account LIKE 'uncharged:fee:%' OR p.account = '` + accountBank + `')`

// entry begins an entry of the part of a sweep that one company's work earned.
func (w Sweep) entry(kind string, company uuid.UUID, at time.Time) Entry {
	return Entry{CompanyID: company, At: at, PostedAt: at, Kind: kind, Source: kind + ":" + w.ID.String() + ":" + company.String()}
}

// swept: it left the provider.
func (w Sweep) swept(company uuid.UUID, amount int64, at time.Time) Entry {
	return w.entry("sweep", company, at).debit(accountInTransit, w.Currency, amount).credit(accountPlatform, w.Currency, amount)
}

// arrived: it is at our bank.
func (w Sweep) arrived(company uuid.UUID, amount int64, at time.Time) Entry {
	return w.entry("sweep_paid", company, at).debit(accountBank, w.Currency, amount).credit(accountInTransit, w.Currency, amount)
}

// returned: our bank does not have it after all.
func (w Sweep) returned(company uuid.UUID, amount int64, at time.Time) Entry {
	return w.entry("sweep_returned", company, at).debit(accountInTransit, w.Currency, amount).credit(accountBank, w.Currency, amount)
}

// back: it is in our balance at the provider again.
func (w Sweep) back(company uuid.UUID, amount int64, at time.Time) Entry {
	return w.entry("sweep_back", company, at).debit(accountPlatform, w.Currency, amount).credit(accountInTransit, w.Currency, amount)
}
