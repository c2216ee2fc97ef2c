package billing

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"homecoming/internal/problem"
)

// manualKind is the kind of the entries that two people made by hand.
const manualKind = "manual"

// An Adjustment is what one person proposes about the books and another approves: an entry made by hand or, without
// postings, that a difference counts as explained.
type Adjustment struct {
	ID          uuid.UUID
	CompanyID   uuid.UUID
	ExceptionID *uuid.UUID
	MilestoneID *uuid.UUID
	ExternalID  string    // the provider's object that the entry is about
	Postings    []Posting `gorm:"serializer:json"`
	Reason      string
	State       ApprovalState
	AskedBy     uuid.UUID
	AskedAt     time.Time
	DecidedBy   *uuid.UUID // nobody where the exception went away by itself
	DecidedAt   *time.Time
	EntryID     *uuid.UUID

	AskedByName   string `gorm:"->"`
	DecidedByName string `gorm:"->"`
}

// A change is an adjustment with who tries to move it.
type change struct {
	Adjustment
	who uuid.UUID
}

// adjustmentMachine is the life of an adjustment.
var adjustmentMachine = Machine[ApprovalState, change]{
	Noun:  "adjustment",
	Start: ApprovalAsked,
	Moves: []Move[ApprovalState, change]{
		{ApprovalAsked, "approve", ApprovalApproved, TheCompany, anotherPerson},
		{ApprovalAsked, "decline", ApprovalDeclined, TheCompany, anotherPerson},
		{ApprovalAsked, "withdraw", ApprovalWithdrawn, TheCompany, nil},
		{ApprovalAsked, "vanish", ApprovalWithdrawn, TheClock, nil},
	},
	Stands: map[ApprovalState]Stand{
		ApprovalAsked:     {Owner: TheCompany}, // anybody else who may approve
		ApprovalApproved:  {},
		ApprovalDeclined:  {},
		ApprovalWithdrawn: {},
	},
}

var anotherPerson = &Guard[change]{"not who asked", func(c change) error {
	if c.who == c.AskedBy {
		return ErrSamePerson
	}
	return nil
}}

// handAccounts are the classes of account that an entry made by hand may touch. What is held for a milestone or owed to an
// alumnus moves with the milestone alone.
var handAccounts = []string{"stripe", "stripe_fee", "dispute_fee", "goodwill_loss", "platform_fee", "suspense", "receivable", "bank"}

// mostHandPostings is how many lines an entry made by hand has at most.
const mostHandPostings = 20

// What can be wrong with an entry made by hand.
var (
	ErrUnbalanced = problem.Define(problem.Invalid, "entry_not_balanced",
		"Debits and credits differ by {amount}. Make them equal in each currency.", "借方と貸方の差額が{amount}あります。通貨ごとに一致させてください。")
	ErrHandAccount = problem.Define(problem.Invalid, "account_not_by_hand",
		"{account} cannot be changed by hand. Choose one of the offered accounts.", "{account}は手入力の仕訳では使えません。選択できる科目から選んでください。")
	ErrHandLines = problem.Define(problem.Invalid, "entry_lines",
		"An entry has 2 to 20 lines, none of them zero.", "仕訳は2行以上20行以内で、金額0の行は入れられません。")
	ErrPlatformByHand = problem.Define(problem.Invalid, "platform_balance_by_hand",
		"The balance at Stripe is changed by hand only to settle an exception about one of its objects. Open that exception.",
		"Stripe残高の手入力は、対象取引の要確認項目からのみ行えます。該当の項目を開いてください。")
	ErrNotOpen = problem.Define(problem.Conflict, "exception_not_open",
		"This was settled meanwhile, or waits for a second person already. Look at it again.", "この項目は処理済み、または承認待ちです。最新の状態を確認してください。")
)

// checkByHand answers whether somebody may propose these postings in a company's books about an object of the provider, if any.
func checkByHand(postings []Posting, company uuid.UUID, object string) error {
	if len(postings) < 2 || len(postings) > mostHandPostings {
		return ErrHandLines.On("postings")
	}
	sums := map[string]int64{}
	for _, p := range postings {
		class, _, _ := strings.Cut(p.Account, ":")
		others := strings.HasPrefix(p.Account, "receivable:client:") && p.Account != receivableClient(company)
		switch {
		case p.Amount == 0:
			return ErrHandLines.On("postings")
		case !slices.Contains(handAccounts, class) || others || len(p.Account) > 100:
			return ErrHandAccount.On("postings").With("account", p.Account)
		case slices.Contains(netAccounts, p.Account) && object == "":
			return ErrPlatformByHand.On("postings")
		}
		sums[p.Currency] += p.Amount
	}
	for currency, sum := range sums {
		if sum != 0 {
			return ErrUnbalanced.On("postings").With("amount", fmt.Sprintf("%s %d", currency, sum))
		}
	}
	return nil
}

// entry is what an approved adjustment posts, dated when its object moved.
func (a Adjustment) entry(at time.Time) Entry {
	return Entry{CompanyID: a.CompanyID, At: at, Kind: manualKind, Source: manualKind + ":" + a.ID.String(), ExternalID: a.ExternalID, MilestoneID: a.MilestoneID, Postings: a.Postings}
}

// A side is what the ledger and the provider have of one object in one currency.
type side struct {
	Currency       string
	LedgerNet, Net int64
	LedgerFee, Fee int64
}

// correction is the entry that makes the ledger say what the provider does about one object, currency by currency; what
// that leaves over goes to an account that somebody chooses.
func correction(sides []side, over string) []Posting {
	var out []Posting
	for _, s := range sides {
		net, fee := s.Net-s.LedgerNet, s.Fee-s.LedgerFee
		for _, line := range []Posting{{accountPlatform, s.Currency, net}, {accountFee, s.Currency, fee}, {over, s.Currency, -net - fee}} {
			if line.Amount != 0 {
				out = append(out, line)
			}
		}
	}
	return out
}
