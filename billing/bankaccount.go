package billing

import (
	"strings"
	"time"

	"github.com/google/uuid"

	"homecoming/billing/zengin"
	"homecoming/internal/problem"
	"homecoming/market"
)

// An AccountKind is what sort of account a bank calls it.
type AccountKind string

// The kinds of bank account.
const (
	OrdinaryAccount AccountKind = "ordinary" // 普通
	CurrentAccount  AccountKind = "current"  // 当座
	SavingsAccount  AccountKind = "savings"  // 貯蓄
	OtherAccount    AccountKind = "other"
)

// AccountKinds are all of them, the usual first.
var AccountKinds = []AccountKind{OrdinaryAccount, CurrentAccount, SavingsAccount, OtherAccount}

// zenginKinds are the kinds as the banks' files have them.
var zenginKinds = map[AccountKind]zengin.Kind{OrdinaryAccount: zengin.Ordinary, CurrentAccount: zengin.Current, SavingsAccount: zengin.Savings, OtherAccount: zengin.Other}

// BankDetails are an account at a Japanese bank. Names are in half-width kana once they have been checked.
type BankDetails struct {
	Bank       string      `json:"bank"` // four digits
	BankName   string      `json:"bank_name"`
	Branch     string      `json:"branch"` // three digits
	BranchName string      `json:"branch_name"`
	Kind       AccountKind `json:"kind"`
	Number     string      `json:"number"` // seven digits
	Holder     string      `json:"holder"`
}

// What can be wrong with a bank account.
var (
	ErrBankDigits = problem.Define(problem.Invalid, "bank_digits",
		"This must be {count} digits.", "{count}桁の数字で入力してください。")
	ErrAccountKind = problem.Define(problem.Invalid, "bank_account_kind",
		"“{value}” is no kind of account. Choose ordinary, current, savings or other.", "口座種別「{value}」は選択できません。普通・当座・貯蓄・その他から選んでください。")
	ErrBankAccountThere = problem.Define(problem.Conflict, "bank_account_there",
		"This account is listed already.", "この口座はすでに登録されています。")
	ErrBankAccountClosed = problem.Define(problem.Conflict, "bank_account_closed",
		"This bank account was taken out of use. Choose another one, or add it again.", "この口座は使用を終了しています。別の口座を選ぶか、登録し直してください。")
)

// maxBankName bounds names of banks, branches and holders as people type them.
const maxBankName = 60

// checked is the account as the banks' files have it, or what is wrong with it. A number that lacks its leading zeros
// is given them.
func (d BankDetails) checked() (BankDetails, error) {
	for _, f := range []struct {
		value *string
		field string
		count int
	}{{&d.Bank, "bank", 4}, {&d.Branch, "branch", 3}, {&d.Number, "number", 7}} {
		*f.value = asciiDigits(*f.value)
		if f.field == "number" && *f.value != "" && len(*f.value) < f.count {
			*f.value = strings.Repeat("0", f.count-len(*f.value)) + *f.value
		}
		if len(*f.value) != f.count || !allDigits(*f.value) {
			return d, ErrBankDigits.On(f.field).With("count", f.count)
		}
	}
	if _, known := zenginKinds[d.Kind]; !known {
		return d, ErrAccountKind.On("kind").With("value", d.Kind)
	}
	for _, f := range []struct {
		value  *string
		field  string
		needed bool
	}{{&d.BankName, "bank_name", false}, {&d.BranchName, "branch_name", false}, {&d.Holder, "holder", true}} {
		kana, err := kanaName(*f.value, f.field)
		if err != nil {
			return d, err
		}
		if *f.value = kana; kana == "" && f.needed {
			return d, market.ErrRequired.On(f.field)
		}
	}
	return d, nil
}

// kanaName writes a name as bank files have it.
func kanaName(name, field string) (string, error) {
	if len([]rune(name)) > maxBankName {
		return "", market.ErrTooLong.On(field).With("max", maxBankName)
	}
	kana, err := zengin.Kana(name)
	if p, is := err.(*problem.Error); is { //nolint:errorlint // Kana returns it bare
		return "", p.On(field)
	}
	return kana, err
}

// asciiDigits takes blanks and hyphens out of a number, and makes wide digits narrow.
func asciiDigits(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= '０' && r <= '９':
			return r - '０' + '0'
		case strings.ContainsRune(" \u3000-‐−ー", r):
			return -1
		}
		return r
	}, s)
}

func allDigits(s string) bool { return strings.Trim(s, "0123456789") == "" }

// zengin is the account as the banks' files have it.
func (d BankDetails) zengin() zengin.Account {
	return zengin.Account{Bank: d.Bank, BankName: d.BankName, Branch: d.Branch, BranchName: d.BranchName, Kind: zenginKinds[d.Kind], Number: d.Number, Holder: d.Holder}
}

// Masked is the account for others to see: enough to tell which it is, too little to use it.
func (d BankDetails) Masked() BankDetails {
	if len(d.Number) > 3 {
		d.Number = strings.Repeat("•", len(d.Number)-3) + d.Number[len(d.Number)-3:]
	}
	return d
}

// A BankAccount is one that a company pays from and is paid to. The ledger calls it bank:<id>.
type BankAccount struct {
	ID        uuid.UUID
	CompanyID uuid.UUID
	Name      string // what the company calls it
	BankDetails
	Consignor string            // ten digits, what the bank calls the company in transfer files; empty: it takes none
	Currency  string            // ISO 4217
	Mapping   *StatementMapping `gorm:"serializer:json"` // of its CSV statements, as last confirmed; nil: none was
	CreatedBy uuid.UUID
	CreatedAt time.Time
	ClosedAt  *time.Time // since when it is used no more
}

// LedgerAccount is its account in the ledger.
func (a BankAccount) LedgerAccount() string { return "bank:" + a.ID.String() }

// check finds what is wrong with an account, and writes it as the banks do.
func (a BankAccount) check() (BankAccount, error) {
	a.Name = strings.TrimSpace(a.Name)
	switch {
	case a.Name == "":
		return a, market.ErrRequired.On("name")
	case len([]rune(a.Name)) > maxBankName:
		return a, market.ErrTooLong.On("name").With("max", maxBankName)
	}
	a.Consignor = asciiDigits(a.Consignor)
	if a.Consignor != "" && (len(a.Consignor) != 10 || !allDigits(a.Consignor)) {
		return a, ErrBankDigits.On("consignor").With("count", 10)
	}
	var err error
	a.BankDetails, err = a.checked()
	return a, err
}
