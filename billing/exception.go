package billing

import (
	"strings"
	"time"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"
)

// An ExceptionKind is what does not match between two sides.
type ExceptionKind string

// The kinds of exception.
const (
	MissingInLedger ExceptionKind = "missing_in_ledger"
	MissingAtStripe ExceptionKind = "missing_at_stripe"
	WrongAmount     ExceptionKind = "amount"
	WrongFee        ExceptionKind = "fee"
	WrongCurrency   ExceptionKind = "currency"
	WrongTime       ExceptionKind = "timing" // both sides agree, days apart
	Duplicate       ExceptionKind = "duplicate"
	OrphanTransfer  ExceptionKind = "orphan_transfer"
	UnappliedCash   ExceptionKind = "unapplied_cash" // booked to suspense: somebody has to say what it was for
	UnknownCategory ExceptionKind = "unknown_category"
	ReturnedPayout  ExceptionKind = "returned_payout"  // the bank sent it back, or never took it
	NegativeAccount ExceptionKind = "negative_account" // more was taken from a connected account than it had
	UnmatchedLine   ExceptionKind = "unmatched_bank_line"
	MissingAtBank   ExceptionKind = "missing_at_bank"  // a payment that the company's bank was told to make, and no statement shows
	SweepDiffers    ExceptionKind = "sweep_allocation" // what companies have of a sweep is not what left the provider
)

// ExceptionKinds are all of them, for the words and the documents.
var ExceptionKinds = []ExceptionKind{MissingInLedger, MissingAtStripe, WrongAmount, WrongFee, WrongCurrency, WrongTime, Duplicate, OrphanTransfer,
	UnappliedCash, UnknownCategory, ReturnedPayout, NegativeAccount, UnmatchedLine, MissingAtBank, SweepDiffers}

// A Fix is the one thing that the product proposes about an exception.
type Fix string

// The fixes. Look again and remind are one person's; what changes the books takes two.
const (
	FixLookAgain Fix = "look_again" // read the object at the provider again and book what it says, as its event would have
	FixBook      Fix = "book"       // the prepared entry
	FixAccept    Fix = "accept"     // take it as explained, with a reason
	FixRemind    Fix = "remind"     // ask the alumnus for an account that works
	FixSettle    Fix = "settle"     // apply the money where payments are settled
)

// fixes are what is proposed for each kind.
var fixes = map[ExceptionKind]Fix{
	MissingInLedger: FixLookAgain, MissingAtStripe: FixBook, WrongAmount: FixBook, WrongFee: FixBook, WrongCurrency: FixBook, WrongTime: FixAccept,
	Duplicate: FixBook, OrphanTransfer: FixBook, UnappliedCash: FixSettle, UnknownCategory: FixBook, ReturnedPayout: FixRemind, NegativeAccount: FixAccept, UnmatchedLine: FixAccept, MissingAtBank: FixAccept, SweepDiffers: FixAccept,
}

// An ExceptionState is where an exception stands.
type ExceptionState string

// The states of an exception.
const (
	ExceptionOpen      ExceptionState = "open"
	ExceptionProposed  ExceptionState = "proposed"  // one person proposed what to do; it waits for another
	ExceptionResolved  ExceptionState = "resolved"  // two people decided
	ExceptionExplained ExceptionState = "explained" // gone by itself: the other side came later
)

// exceptionMachine is the life of an exception. Runs move it by the set, in SQL that says the same; people one by one.
var exceptionMachine = Machine[ExceptionState, Exception]{
	Noun:  "exception",
	Start: ExceptionOpen,
	Moves: []Move[ExceptionState, Exception]{
		{ExceptionOpen, "propose", ExceptionProposed, TheCompany, nil},
		{ExceptionProposed, "approve", ExceptionResolved, TheCompany, nil},
		{ExceptionProposed, "decline", ExceptionOpen, TheCompany, nil},
		{ExceptionProposed, "withdraw", ExceptionOpen, TheCompany, nil},
		{ExceptionOpen, "vanish", ExceptionExplained, TheClock, nil},
		{ExceptionProposed, "vanish", ExceptionExplained, TheClock, nil},
		{ExceptionExplained, "return", ExceptionOpen, TheClock, nil},
		{ExceptionResolved, "return", ExceptionOpen, TheClock, nil}, // with other figures
	},
	Stands: map[ExceptionState]Stand{
		ExceptionOpen:      {Owner: TheCompany, Timer: "the next run"}, // its owner, or all of finance
		ExceptionProposed:  {Owner: TheCompany, Timer: "the next run"}, // anybody else who may approve
		ExceptionResolved:  {},
		ExceptionExplained: {},
	},
}

// An Exception is one thing that finance has to look at. It is the same thing from run to run, known by its level and
// subject. Amounts are minor units; at the provider they are as they change the platform's balance.
type Exception struct {
	ID          uuid.UUID      `json:"id"`
	CompanyID   uuid.UUID      `json:"company_id"`
	Level       Level          `json:"level"`
	Subject     string         `json:"subject"`
	Kind        ExceptionKind  `json:"kind"`
	Source      string         `json:"source"` // the object that both sides speak of
	Type        string         `json:"type"`   // of the balance transaction, or the entry's kind
	Ledger      int64          `json:"ledger"`
	Other       int64          `json:"other"` // what the other side has
	LedgerFee   int64          `json:"ledger_fee"`
	OtherFee    int64          `json:"other_fee"`
	Currency    string         `json:"currency"`
	Day         civil.Date     `json:"day" gorm:"type:date"`
	AgeDays     int            `json:"age_days" gorm:"-"`
	Age         int            `json:"age" gorm:"-"` // business days
	EntryID     *uuid.UUID     `json:"entry_id,omitempty"`
	MilestoneID *uuid.UUID     `json:"milestone_id,omitempty"`
	State       ExceptionState `json:"state"`
	OwnerID     *uuid.UUID     `json:"owner_id,omitempty"`
	FoundAt     time.Time      `json:"found_at"`
	SeenAt      time.Time      `json:"-"`
	EndedAt     *time.Time     `json:"-"`

	OwnerName      string     `json:"-" gorm:"->"`
	PersonName     string     `json:"-" gorm:"->"` // the alumnus of its milestone
	MilestoneTitle string     `json:"-" gorm:"->"`
	ContractID     *uuid.UUID `json:"-" gorm:"->"`
	ContractNumber int        `json:"-" gorm:"->"`
}

// Ref is what is asked to explain it.
func (e Exception) Ref() string {
	switch {
	case e.Level == PayoutLevel && strings.HasPrefix(e.Source, "po_"):
		return "payout:" + e.Source
	case e.MilestoneID != nil:
		return "milestone:" + e.MilestoneID.String()
	}
	return e.Source
}

// Off is by how much the two sides differ.
func (e Exception) Off() int64 {
	if e.Kind == WrongFee {
		return e.LedgerFee - e.OtherFee
	}
	return e.Ledger - e.Other
}

// Fix is what is proposed. Inside one payout, between a milestone and its entries, or about a bank line, nothing is booked by hand.
func (e Exception) Fix() Fix {
	switch {
	case e.Level == PayoutLevel && e.Kind != ReturnedPayout && e.Kind != NegativeAccount:
		return FixLookAgain
	case e.Level == ContractLevel, e.Level == BankLevel && (e.Kind == MissingInLedger || e.Kind == WrongAmount):
		return FixAccept
	}
	return fixes[e.Kind]
}

// aged says on a day how old the exception is: in days, and in business days.
func (e *Exception) aged(r Rules, today civil.Date) {
	e.AgeDays, e.Age = max(0, today.DaysSince(e.Day)), r.businessDays(e.Day, today)
}

// businessDays counts the business days after one day up to another.
func (r Rules) businessDays(from, to civil.Date) int {
	n := 0
	for d := from.AddDays(1); !d.After(to); d = d.AddDays(1) {
		if r.isBusinessDay(d) {
			n++
		}
	}
	return n
}

// ageSpans are the last business day of each span that finance sorts by; the last one has no end.
var ageSpans = []struct {
	last int
	name string
}{{1, "0-1"}, {5, "2-5"}, {10, "6-10"}, {30, "11-30"}}

// AgeSpan is the span that an exception's age falls into: 0-1, 2-5, 6-10, 11-30 or over-30 business days.
func (e Exception) AgeSpan() string {
	for _, s := range ageSpans {
		if e.Age <= s.last {
			return s.name
		}
	}
	return "over-30"
}
