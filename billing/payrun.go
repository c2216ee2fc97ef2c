package billing

import (
	"fmt"
	"slices"
	"time"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"

	"homecoming/internal/problem"
	"homecoming/market"
)

// PayRunState is where a pay run stands.
type PayRunState string

// The states of a pay run.
const (
	RunProposed       PayRunState = "proposed"
	RunApproved       PayRunState = "approved"        // by a second person; on acceptance it is charged from here
	RunFiled          PayRunState = "filed"           // the transfer file is made
	RunSent           PayRunState = "sent"            // the file was given to the bank
	RunConfirmed      PayRunState = "confirmed"       // everything is paid
	RunPartlyReturned PayRunState = "partly_returned" // something came back
	RunDeclined       PayRunState = "declined"
	RunWithdrawn      PayRunState = "withdrawn" // by who proposed it
	RunRecalled       PayRunState = "recalled"  // taken back before it was sent
)

// What is done to a pay run.
const (
	doApprove  = "approve"
	doMakeFile = "make_file"
	doGiveBank = "send"
	doRecall   = "recall"
	doConfirm  = "confirm"
	doReturn   = "return"
)

// A runner is a pay run with who tries to move it.
type runner struct {
	PayRun
	who uuid.UUID
}

var (
	notProposer = &Guard[runner]{"not who proposed it", func(r runner) error {
		if r.who == r.ProposedBy {
			return ErrSamePerson
		}
		return nil
	}}
	theProposer = &Guard[runner]{"who proposed it", func(r runner) error {
		if r.who != r.ProposedBy {
			return market.ErrForbidden.With("action", string(market.SettleMoney))
		}
		return nil
	}}
	fromBank = &Guard[runner]{"from the company's own bank", func(r runner) error {
		if r.Rail != market.BankFile {
			return ErrRunRail
		}
		return nil
	}}
	unspent = &Guard[runner]{"nothing of it is charged yet", func(r runner) error {
		if slices.ContainsFunc(r.Items, func(i PayItem) bool { return i.State != ItemWaiting }) {
			return ErrRunBegun
		}
		return nil
	}}
)

// payRunMachine is the life of a pay run. Confirmed is not final: banks return transfers days later.
var payRunMachine = Machine[PayRunState, runner]{
	Noun:  "pay run",
	Start: RunProposed,
	Moves: []Move[PayRunState, runner]{
		{RunProposed, doApprove, RunApproved, TheCompany, notProposer},
		{RunProposed, doDecline, RunDeclined, TheCompany, notProposer},
		{RunProposed, doWithdraw, RunWithdrawn, TheCompany, theProposer},
		{RunApproved, doMakeFile, RunFiled, TheCompany, fromBank},
		{RunApproved, doRecall, RunRecalled, TheCompany, unspent},
		{RunApproved, doConfirm, RunConfirmed, TheProvider, nil}, // every charge was paid
		{RunFiled, doGiveBank, RunSent, TheCompany, fromBank},
		{RunFiled, doRecall, RunRecalled, TheCompany, unspent},
		{RunSent, doConfirm, RunConfirmed, TheProvider, nil}, // by the statement
		{RunSent, doReturn, RunPartlyReturned, TheProvider, nil},
		{RunConfirmed, doReturn, RunPartlyReturned, TheProvider, nil},
	},
	Stands: map[PayRunState]Stand{
		RunProposed:       {Owner: TheCompany, Timer: "the alarms of the due days"}, // anybody else who may approve
		RunApproved:       {Owner: TheCompany, Timer: "the alarms of the due days"},
		RunFiled:          {Owner: TheCompany, Timer: "the alarms of the due days"},
		RunSent:           {Owner: TheProvider},
		RunConfirmed:      {},
		RunPartlyReturned: {}, // what came back is owed again, and goes with another run
		RunDeclined:       {},
		RunWithdrawn:      {},
		RunRecalled:       {},
	},
}

// PayItemState is where one payment of a run stands.
type PayItemState string

// The states of a payment.
const (
	ItemWaiting   PayItemState = "waiting"   // in a run that is not sent
	ItemSent      PayItemState = "sent"      // with the bank
	ItemConfirmed PayItemState = "confirmed" // paid
	ItemReturned  PayItemState = "returned"  // paid, and come back
	ItemDropped   PayItemState = "dropped"   // its run was not sent
)

// payItemMachine is the life of one payment.
var payItemMachine = Machine[PayItemState, PayItem]{
	Noun:  "payment",
	Start: ItemWaiting,
	Moves: []Move[PayItemState, PayItem]{
		{ItemWaiting, doGiveBank, ItemSent, TheCompany, nil},
		{ItemWaiting, doRecall, ItemDropped, TheCompany, nil},
		{ItemWaiting, doConfirm, ItemConfirmed, TheProvider, nil}, // a charge that was paid
		{ItemSent, doConfirm, ItemConfirmed, TheProvider, nil},
		{ItemConfirmed, doReturn, ItemReturned, TheProvider, nil},
	},
	Stands: map[PayItemState]Stand{
		ItemWaiting:   {Owner: TheCompany, Timer: "the alarms of the due days"},
		ItemSent:      {Owner: TheProvider},
		ItemConfirmed: {},
		ItemReturned:  {},
		ItemDropped:   {},
	},
}

// A PayRun is a number of payments that go out together. Amounts are minor units.
type PayRun struct {
	ID         uuid.UUID
	CompanyID  uuid.UUID
	Number     int // counted within the company
	Rail       market.Rail
	AccountID  *uuid.UUID // the bank account that it is paid from; nil on acceptance
	PayOn      civil.Date `gorm:"type:date"`
	Currency   string
	State      PayRunState
	ProposedBy uuid.UUID
	ProposedAt time.Time
	DecidedBy  *uuid.UUID
	DecidedAt  *time.Time
	FiledAt    *time.Time
	FileHash   string // SHA-256 of the transfer file
	File       []byte `json:"-"` // the file itself
	FileSealed bool
	SentBy     *uuid.UUID
	SentAt     *time.Time
	ClosedAt   *time.Time // nothing of it is open any more

	Items          []PayItem `gorm:"-"`
	ProposedByName string    `gorm:"-"`
	DecidedByName  string    `gorm:"-"`
	AccountName    string    `gorm:"-"`
}

// Label is the number as people quote it: R-7.
func (r PayRun) Label() string { return fmt.Sprintf("R-%d", r.Number) }

// Total is what all its payments come to.
func (r PayRun) Total() (sum int64) {
	for _, i := range r.Items {
		sum += i.Amount
	}
	return sum
}

// Money puts the run's currency to an amount of it.
func (r PayRun) Money(amount int64) market.Money {
	return market.Money{Amount: amount, Currency: r.Currency}
}

// Can lists what somebody may do now.
func (r PayRun) Can(who uuid.UUID) []string {
	var out []string
	for _, do := range payRunMachine.Can(r.State, TheCompany) {
		if payRunMachine.Allows(r.State, do, TheCompany, runner{r, who}) {
			out = append(out, do)
		}
	}
	return out
}

// In counts the payments in a state.
func (r PayRun) In(state PayItemState) (n int) {
	for _, i := range r.Items {
		if i.State == state {
			n++
		}
	}
	return n
}

// A PayItem is one milestone's payment in a run.
type PayItem struct {
	ID          uuid.UUID
	CompanyID   uuid.UUID
	RunID       uuid.UUID
	MilestoneID uuid.UUID
	PersonID    uuid.UUID
	Amount      int64 // the net
	State       PayItemState
	Holder      string     // the name of the account that the file pays, to find it in a statement
	LineID      *uuid.UUID // the statement's line that says it was paid
	ReturnID    *uuid.UUID // the one that says it came back

	Of Payable `gorm:"-"` // what it is for
}

// A Payable is a milestone that is owed and not in any run, as a pay run's proposal shows it.
type Payable struct {
	Milestone  uuid.UUID
	Contract   uuid.UUID
	Number     int // the contract's
	Position   int // within it
	Title      string
	Person     uuid.UUID
	PersonName string
	Rail       market.Rail
	State      MilestoneState
	Net        int64
	Charge     int64
	Currency   string
	PayBy      civil.Date `gorm:"type:date"` // the legal due day
	Frozen     string
	Account    *BankDetails `gorm:"serializer:json"` // masked; nil: they have given none
}

// Waits names what keeps it from being paid; empty when nothing does.
func (p Payable) Waits() string {
	switch {
	case p.Frozen != "":
		return p.Frozen
	case p.Rail == market.BankFile && p.Account == nil:
		return waitNoBankAccount
	}
	return ""
}

// waitNoBankAccount: somebody who is to be paid from a company's bank has not said where.
const waitNoBankAccount = "bank_account_missing"

// LateOn reports whether paying on a day would be after the day by which the law wants it paid.
func (p Payable) LateOn(day civil.Date) bool { return day.After(p.PayBy) }

// What can be wrong with a pay run.
var (
	ErrRunEmpty = problem.Define(problem.Invalid, "pay_run_empty",
		"Choose at least one payment.", "支払いを1件以上選択してください。")
	ErrNotPayable = problem.Define(problem.Conflict, "not_payable",
		"{title} cannot be put into a pay run: it is not owed, is in another run, or is paid another way. Look at the list again.",
		"「{title}」は支払対象ではありません（未検収、他の支払依頼に含まれている、または支払方法が異なります）。一覧を確認してください。")
	ErrNoPayeeAccount = problem.Define(problem.Conflict, "payee_account_missing",
		"{name} has not said to which bank account to pay. Ask them to give it on their payouts page.",
		"{name}さんの振込先口座が未登録です。支払ページで登録するよう依頼してください。")
	ErrPayDayOver = problem.Define(problem.Conflict, "pay_day_over",
		"{date} has passed, so no bank takes this file any more. Take the pay run back and propose it anew with a later day.",
		"支払日（{date}）を過ぎているため、銀行に提出できません。支払依頼を取り消し、新しい支払日で作成し直してください。")
	ErrNotBusinessDay = problem.Define(problem.Invalid, "not_a_business_day",
		"Banks are closed on {date}. Choose {earlier} or {later}.", "{date}は銀行休業日です。{earlier}または{later}を選択してください。")
	ErrNoConsignor = problem.Define(problem.Conflict, "consignor_missing",
		"This bank account has no consignor code, so no transfer file can be made. Add the ten digits that your bank gave you.",
		"この口座には委託者コードが登録されていないため、振込データを作成できません。銀行から通知された10桁のコードを登録してください。")
	ErrRunRail = problem.Define(problem.Conflict, "pay_run_rail",
		"This pay run is not paid from a bank account, so it has no transfer file.", "この支払依頼は銀行振込ではないため、振込データはありません。")
	ErrRunBegun = problem.Define(problem.Conflict, "pay_run_begun",
		"A part of this pay run was paid already, so it cannot be taken back.", "この支払依頼の一部は支払済みのため、取り消せません。")
	ErrRunYenOnly = problem.Define(problem.Conflict, "pay_run_yen_only",
		"Transfer files carry yen alone.", "振込データは日本円のみに対応しています。")
)
