package billing

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"homecoming/internal/problem"
)

// BankTransferState is where a bank transfer stands that a company was asked for.
type BankTransferState string

// The states of a bank transfer.
const (
	TransferAsked     BankTransferState = "asked"     // the provider is asked where it goes
	TransferWaiting   BankTransferState = "waiting"   // nothing has come
	TransferPartPaid  BankTransferState = "part_paid" // some is missing
	TransferCanceling BankTransferState = "canceling" // being given up
	TransferPaid      BankTransferState = "paid"
	TransferCanceled  BankTransferState = "canceled" // what had come is the company's cash
	TransferRefused   BankTransferState = "refused"  // the provider would not wait for it
)

// bankTransferMachine is the life of a bank transfer. Money that comes after its end stays the company's cash.
var bankTransferMachine = Machine[BankTransferState, BankTransfer]{
	Noun:  "bank_transfer",
	Start: TransferAsked,
	Moves: []Move[BankTransferState, BankTransfer]{
		{TransferAsked, "open", TransferWaiting, TheProvider, nil},
		{TransferAsked, "refuse", TransferRefused, TheProvider, nil},
		{TransferWaiting, "receive", TransferPartPaid, TheProvider, nil},
		{TransferPartPaid, "receive", TransferPartPaid, TheProvider, nil},
		{TransferCanceling, "receive", TransferCanceling, TheProvider, nil},
		{TransferWaiting, "pay", TransferPaid, TheProvider, nil},
		{TransferPartPaid, "pay", TransferPaid, TheProvider, nil},
		{TransferCanceling, "pay", TransferPaid, TheProvider, nil},
		{TransferWaiting, doCancel, TransferCanceling, TheCompany, nil},
		{TransferPartPaid, doCancel, TransferCanceling, TheCompany, nil},
		{TransferWaiting, doExpire, TransferCanceling, TheClock, nil},
		{TransferWaiting, "close", TransferCanceled, TheProvider, nil},
		{TransferPartPaid, "close", TransferCanceled, TheProvider, nil},
		{TransferCanceling, "close", TransferCanceled, TheProvider, nil},
	},
	Stands: map[BankTransferState]Stand{
		TransferAsked:     {Owner: TheClock, Timer: "its operation"},
		TransferWaiting:   {Owner: TheCompany, Timer: "14 days"},
		TransferPartPaid:  {Owner: TheCompany}, // they send the rest or cancel
		TransferCanceling: {Owner: TheClock, Timer: "its operation"},
		TransferPaid:      {},
		TransferCanceled:  {},
		TransferRefused:   {},
	},
}

// transferLife is how long a bank transfer is waited for.
const transferLife = 14 * 24 * time.Hour

// A BankTransfer is an amount that a company was asked to send to its virtual account. Amounts are minor units.
type BankTransfer struct {
	ID          uuid.UUID // of the operation that asked for it
	CompanyID   uuid.UUID
	MilestoneID uuid.UUID
	Purpose     Purpose
	Amount      int64
	Received    int64 // applied so far
	Currency    string
	State       BankTransferState
	Intent      string
	Reference   string // what the sender should write
	Account     json.RawMessage
	AskedBy     uuid.UUID
	ExpiresAt   time.Time // given up then, if nothing has come
	CreatedAt   time.Time
	UpdatedAt   time.Time `gorm:"autoUpdateTime:false"`

	MilestoneTitle string    `gorm:"->"`
	ContractID     uuid.UUID `gorm:"->"`
	ContractNumber int       `gorm:"->"`
}

// Missing is what has not come yet.
func (b BankTransfer) Missing() int64 { return b.Amount - b.Received }

// Open reports whether money can still be applied to it.
func (b BankTransfer) Open() bool { return b.State == TransferWaiting || b.State == TransferPartPaid }

// Virtual is the account to send to; nil while the provider has not said.
func (b BankTransfer) Virtual() *VirtualAccount {
	var a VirtualAccount
	if len(b.Account) == 0 || json.Unmarshal(b.Account, &a) != nil {
		return nil
	}
	return &a
}

// What can be wrong with a bank transfer or a company's cash.
var (
	ErrNotEnoughCash = problem.Define(problem.Conflict, "not_enough_cash",
		"The company's balance has {free} that is not spoken for. Choose at most that.", "会社の残高のうち利用できるのは{free}です。この範囲で指定してください。")
	ErrCashBusy = problem.Define(problem.Conflict, "cash_busy",
		"The last step with this money is still on its way. Try again in a minute.", "直前の手続きが処理中です。しばらくしてからもう一度お試しください。")
	ErrYenAlone = problem.Define(problem.Invalid, "bank_transfer_in_yen_alone",
		"Bank transfers are taken in yen alone. Pay by card.", "銀行振込は日本円のみ対応しています。カードでお支払いください。")
)

// An Application is a part of a company's cash with the bank transfer that it pays for.
type Application struct {
	BankTransfer BankTransfer
	Amount       int64
}

// fewAtOnce is how many bank transfers one sum is tried against together.
const fewAtOnce = 12

// propose says for which of the open bank transfers, oldest first, a sum was meant; sure says that nobody needs to be
// asked: the sender named them, only one is open, only one is missing exactly this, or all together are. late says that
// the sender named one that is not open any more, so that nothing is sure.
func propose(sum int64, reference string, late bool, open []BankTransfer) (parts []Application, sure bool) {
	if sum <= 0 || len(open) == 0 {
		return nil, false
	}
	if named := namedIn(reference, open); len(named) > 0 {
		return fill(sum, named), true
	}
	exact := slices.Collect(func(yield func(BankTransfer) bool) {
		for _, b := range open {
			if b.Missing() == sum && !yield(b) {
				return
			}
		}
	})
	switch {
	case len(open) == 1:
		return fill(sum, open), !late
	case len(exact) == 1:
		return fill(sum, exact), !late
	case missing(open) == sum:
		return fill(sum, open), !late
	}
	if some := together(sum, open[:min(len(open), fewAtOnce)]); some != nil {
		return fill(sum, some), false
	}
	return fill(sum, open), false
}

// namedIn are the bank transfers whose reference stands in what a sender wrote.
func namedIn(written string, open []BankTransfer) (named []BankTransfer) {
	written = plain(written)
	for _, b := range open {
		if r := plain(b.Reference); r != "" && strings.Contains(written, r) {
			named = append(named, b)
		}
	}
	return named
}

// plain is a reference without what people and banks add to it.
func plain(reference string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z':
			return r - 'a' + 'A'
		case r >= 'A' && r <= 'Z', r >= '0' && r <= '9':
			return r
		case r >= 'Ａ' && r <= 'Ｚ':
			return r - 'Ａ' + 'A'
		case r >= '０' && r <= '９':
			return r - '０' + '0'
		}
		return -1
	}, reference)
}

func missing(list []BankTransfer) (sum int64) {
	for _, b := range list {
		sum += b.Missing()
	}
	return sum
}

// fill gives a sum to bank transfers, in order, each what it is missing.
func fill(sum int64, list []BankTransfer) (parts []Application) {
	for _, b := range list {
		part := min(sum, b.Missing())
		if part <= 0 {
			continue
		}
		parts, sum = append(parts, Application{b, part}), sum-part
	}
	return parts
}

// together finds the fewest bank transfers that are missing exactly a sum together, the oldest where several fit; nil
// when none are.
func together(sum int64, open []BankTransfer) (best []BankTransfer) {
	for chosen := 1; chosen < 1<<len(open); chosen++ {
		var some []BankTransfer
		for i, b := range open {
			if chosen>>i&1 == 1 {
				some = append(some, b)
			}
		}
		if missing(some) == sum && (best == nil || len(some) < len(best)) {
			best = some
		}
	}
	return best
}

const accountCash = "stripe:cash" // asset: what companies sent and the provider holds for us, apart from our balance

// clientCash is what a company has sent and that was applied to nothing; paying is what was applied to a milestone and
// is no payment yet, because some is missing.
func clientCash(c uuid.UUID) string { return "client_cash:" + c.String() }
func paying(m uuid.UUID) string     { return "paying:" + m.String() }

// cashMoved books a change of a company's cash. of is the bank transfer that it was applied to or taken from, or that
// an overdraft is about; nil where there is none.
func cashMoved(company uuid.UUID, of *BankTransfer, m CashMovement) Entry {
	e := Entry{CompanyID: company, At: m.At, Kind: "cash_" + string(m.Kind), Source: "cash:" + m.ID}
	other := accountUnmatched
	if of != nil {
		e.MilestoneID, other = &of.MilestoneID, paying(of.MilestoneID)
	}
	switch m.Kind {
	case CashApplied, CashUnapplied:
		return e.debit(other, m.Currency, m.Amount).credit(clientCash(company), m.Currency, m.Amount)
	case CashOverdrawn: // we paid the bank for what the company had already spent: it owes us that
		e.ExternalID = m.ID
		return e.debit(accountCash, m.Currency, m.Amount).credit(accountPlatform, m.Currency, m.Amount).
			debit(receivableClient(company), m.Currency, m.Amount).credit(clientCash(company), m.Currency, m.Amount)
	case CashSwept: // it is still the company's
		e.ExternalID = m.ID
		return e.debit(accountPlatform, m.Currency, -m.Amount).credit(accountCash, m.Currency, -m.Amount)
	}
	return e.debit(accountCash, m.Currency, m.Amount).credit(clientCash(company), m.Currency, m.Amount)
}
