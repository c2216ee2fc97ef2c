package books

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"cloud.google.com/go/civil"
)

// A Role is what an account is for, whatever a company calls it.
type Role string

// The roles.
const (
	Advance     Role = "advance"     // 前渡金: paid before the work is accepted
	Outsourcing Role = "outsourcing" // 外注費
	Withheld    Role = "withheld"    // 預り金: income tax kept back
	Commission  Role = "commission"  // 支払手数料: the platform's fee
	Bank        Role = "bank"        // 普通預金: what paid, and what is paid back to
	Receivable  Role = "receivable"  // 未収入金: owed back and not here yet
	Payable     Role = "payable"     // 未払金: accepted and not paid yet
	Suspense    Role = "suspense"    // 仮払金: paid, for what nobody has said
	Claimed     Role = "claimed"     // 仮受金: taken back by the bank, not decided yet
	OtherIncome Role = "income"      // 雑収入: a debt of ours that was given up
	InputTax    Role = "input_tax"   // 仮払消費税, where the program does not compute it
	Wallet      Role = "wallet"      // 決済口座 of freee, from which prefunded work is settled
)

// Roles lists those that a target has accounts for.
func Roles(t Target) []Role {
	all := []Role{Advance, Outsourcing, Withheld, Commission, Bank, Receivable, Payable, Suspense, Claimed, OtherIncome}
	switch t {
	case ToQuickBooks:
		all = append(all, InputTax)
	case ToFreee:
		all = append(all, Wallet)
	}
	return all
}

// A TaxKey says how consumption tax stands on a line: its rate, and the share of it that the buyer may deduct, in basis
// points. The zero key is a line without it.
type TaxKey struct{ Rate, Share int64 }

// String is the key's name in a mapping: none, purchase-10-full, purchase-10-70.
func (k TaxKey) String() string {
	switch {
	case k.Rate == 0:
		return "none"
	case k.Share == 10_000:
		return fmt.Sprintf("purchase-%g-full", float64(k.Rate)/100)
	}
	return fmt.Sprintf("purchase-%g-%g", float64(k.Rate)/100, float64(k.Share)/100)
}

// A Move is what happened on one account: positive is a debit. Amounts are minor units with the tax in them.
type Move struct {
	Role   Role
	Own    string // which of the company's bank accounts it was, by its key in a chart; empty: none of them
	Amount int64
	Tax    TaxKey
	TaxSum int64 // with the sign of Amount
	Ref    string
}

// A Fact is what happened, before anybody's names are put to it.
type Fact struct {
	No         int
	Day        civil.Date
	Due        *civil.Date // by when an unpaid one is to be paid
	Summary    string
	Number     string // of a statement; empty where there is none
	Partner    string
	Dimensions map[string]string // department, cost_centre
	Moves      []Move
	Keeps      Move // what will be kept back when it is paid, where that comes later: a deal says it at once, so that what the bank pays settles it
}

// A Chart gives the names that a company uses in one program.
type Chart struct {
	Target      Target
	Accounts    map[Role]string
	Subs        map[Role]string
	Taxes       map[string]string // 税区分 by key
	Invoices    map[string]string // インボイス by key
	Departments map[string]string // by the company's own name; what is missing is spelled the same
	Dimension   string            // which dimension is the program's department: department or cost_centre
	Own         map[string]OwnAccount
}

// An OwnAccount is what the program calls one of the company's bank accounts. Without an account of its own it is a
// sub-account (補助科目) of what the role Bank is called.
type OwnAccount struct{ Account, Sub string }

// Unmapped is a role or a tax key that has no name in a chart.
type Unmapped struct {
	Target Target
	Field  Field
	Key    string
}

// Error names what is missing.
func (u *Unmapped) Error() string {
	return fmt.Sprintf("books: %s has no name for %s %s", u.Target, u.Field, u.Key)
}

// A Field is a table of a chart.
type Field string

// The fields.
const (
	AccountField    Field = "account"
	SubField        Field = "sub"
	TaxField        Field = "tax"
	InvoiceField    Field = "invoice"
	DepartmentField Field = "department"
	DimensionField  Field = "dimension" // its only key is "department"
	OwnField        Field = "bank"      // the account of a bank account of the company's own, by its key
	OwnSubField     Field = "bank_sub"
)

// Dimensions are those that may stand for the program's department.
var Dimensions = []string{"department", "cost_centre"}

// With is the chart with one name changed; it leaves the original as it is.
func (c Chart) With(f Field, key, value string) Chart {
	set := func(m map[string]string) map[string]string {
		m = maps.Clone(m)
		if m == nil {
			m = map[string]string{}
		}
		m[key] = value
		return m
	}
	own := c.Own[key]
	owning := func(a OwnAccount) map[string]OwnAccount {
		m := maps.Clone(c.Own)
		if m == nil {
			m = map[string]OwnAccount{}
		}
		m[key] = a
		return m
	}
	roles := func(m map[Role]string) map[Role]string {
		m = maps.Clone(m)
		m[Role(key)] = value
		return m
	}
	switch f {
	case AccountField:
		c.Accounts = roles(c.Accounts)
	case SubField:
		c.Subs = roles(c.Subs)
	case TaxField:
		c.Taxes = set(c.Taxes)
	case InvoiceField:
		c.Invoices = set(c.Invoices)
	case DepartmentField:
		c.Departments = set(c.Departments)
	case DimensionField:
		c.Dimension = value
	case OwnField:
		c.Own = owning(OwnAccount{value, own.Sub})
	case OwnSubField:
		c.Own = owning(OwnAccount{own.Account, value})
	}
	return c
}

// TaxKeys lists the keys that the chart knows, those of which most may be deducted first.
func (c Chart) TaxKeys() []string {
	keys := slices.Sorted(maps.Keys(c.Taxes))
	slices.Reverse(keys)
	return keys
}

// Entry puts the chart's names to a fact. It returns *[Unmapped] for what has none.
func (c Chart) Entry(kind Kind, f Fact) (Entry, error) {
	e := Entry{No: f.No, Day: f.Day, Summary: f.Summary, Number: f.Number}
	if kind != Journal && kind != Yayoi && f.Number != "" { // no column for it
		e.Summary, e.Number = f.Summary+" "+f.Number, ""
	}
	for _, m := range c.split(f.Moves) {
		l, err := c.line(f, m)
		switch {
		case err != nil:
			return e, err
		case m.Amount > 0:
			e.Debits = append(e.Debits, l)
		case m.Amount < 0:
			e.Credits = append(e.Credits, l)
		}
	}
	return e, nil
}

// split takes the tax that may be deducted out of the amounts, for programs that do not compute it.
func (c Chart) split(moves []Move) []Move {
	if c.Target != ToQuickBooks {
		return moves
	}
	var out []Move
	for _, m := range moves {
		deductible := m.TaxSum * m.Tax.Share / 10_000
		tax := Move{Role: InputTax, Amount: deductible, Ref: m.Ref}
		m.Amount, m.Tax, m.TaxSum = m.Amount-deductible, TaxKey{}, 0
		out = append(out, m)
		if tax.Amount != 0 {
			out = append(out, tax)
		}
	}
	return out
}

func (c Chart) line(f Fact, m Move) (Line, error) {
	account, sub, err := c.called(m)
	if err != nil {
		return Line{}, err
	}
	tax, err := c.tax(m.Tax)
	if err != nil {
		return Line{}, err
	}
	if tax == c.Taxes[TaxKey{}.String()] { // it says that there is none
		m.TaxSum = 0
	}
	return Line{Account: account, Sub: sub, Department: c.department(f), Partner: f.Partner, Tax: tax,
		Invoice: c.Invoices[m.Tax.String()], Amount: abs(m.Amount), TaxAmount: abs(m.TaxSum), Ref: m.Ref}, nil
}

// called is the account that moved and its sub-account: those of the company's bank account, where it was one, or the
// role's.
func (c Chart) called(m Move) (account, sub string, err error) {
	own, is := c.Own[m.Own]
	if is && own.Account != "" {
		return own.Account, own.Sub, nil
	}
	account, err = c.account(m.Role)
	return account, cmp.Or(own.Sub, c.Subs[m.Role]), err
}

func (c Chart) account(r Role) (string, error) {
	if name := c.Accounts[r]; name != "" {
		return name, nil
	}
	return "", &Unmapped{c.Target, AccountField, string(r)}
}

// tax is the program's word for a key. QuickBooks has no column for it.
func (c Chart) tax(k TaxKey) (string, error) {
	if name := c.Taxes[k.String()]; name != "" || c.Target == ToQuickBooks {
		return name, nil
	}
	return "", &Unmapped{c.Target, TaxField, k.String()}
}

func (c Chart) department(f Fact) string {
	own := f.Dimensions[cmp.Or(c.Dimension, "department")]
	if name, renamed := c.Departments[own]; renamed {
		return name
	}
	return own
}

// Deal makes a deal of a fact about an expense; ok is false for a fact about none, such as a payment in advance.
func (c Chart) Deal(f Fact) (d Deal, ok bool, err error) {
	d = Deal{Number: f.Number, Day: f.Day, Partner: f.Partner}
	sign := int64(1)
	if spent(f.Moves) < 0 {
		sign, d.Income = -1, true
	}
	about := slices.ContainsFunc(f.Moves, func(m Move) bool { return m.Role == Outsourcing || m.Role == Commission })
	for _, m := range append(slices.Clone(f.Moves), f.Keeps) {
		switch m.Role {
		case Outsourcing, Commission, Withheld:
			l, err := c.dealLine(f, m, sign)
			if err != nil {
				return d, false, err
			}
			d.Lines = append(d.Lines, l)
		case Advance, Bank:
			day := f.Day
			if m.Role == Advance {
				m = Move{Role: Wallet}
			}
			if d.Wallet, _, err = c.called(m); err != nil {
				return d, false, err
			}
			d.PaidOn = &day
		}
	}
	if d.PaidOn == nil {
		d.Due = f.Due
	}
	return d, about, nil
}

func (c Chart) dealLine(f Fact, m Move, sign int64) (DealLine, error) {
	l, err := c.line(f, m)
	tax := l.TaxAmount
	if sign*m.Amount < 0 {
		tax = -tax
	}
	return DealLine{Account: l.Account, Tax: l.Tax, Amount: sign * m.Amount, TaxAmount: tax, Item: l.Sub, Department: l.Department,
		Summary: f.Summary, Ref: m.Ref}, err
}

// spent is what a fact adds to expenses; it is below zero where something comes back.
func spent(moves []Move) (sum int64) {
	for _, m := range moves {
		if m.Role == Outsourcing || m.Role == Commission {
			sum += m.Amount
		}
	}
	return sum
}

func abs(n int64) int64 { return max(n, -n) }
