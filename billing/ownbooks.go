package billing

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"

	"homecoming/billing/books"
	"homecoming/internal/problem"
	"homecoming/market"
)

// The company's own books are the ledger seen from the other side. What the platform holds for a company, owes it or has
// coming from it are accounts between the two; an entry that touches one is an entry of the company's too, with every
// sign turned round, and one that does not (a transfer, a payout) is the platform's own affair. A top-up, a partial
// refund or a second way of paying therefore needs no rule of its own here.

// A posted is an entry of the ledger with what the company's books want to know about it.
type posted struct {
	ID         uuid.UUID
	Kind       string
	Rail       market.Rail // by which its milestone is paid
	BookedOn   civil.Date
	Lines      []int64
	Accounts   []string
	Amounts    []int64
	Amount     int64 // the milestone's fee, tax and withheld tax; 0 without a milestone
	Tax        int64
	Withheld   int64
	PayBy      *civil.Date
	Title      string
	Number     int // the contract's
	Family     string
	Given      string
	Department string
	CostCentre string
	Registered bool // the supplier has a qualified-invoice number, by the contract's terms
	statedIn
}

// A statedIn is the number of the statement that was issued about a milestone; zero before one was.
type statedIn struct{ StatementYear, StatementSerial int }

func (s statedIn) number() string {
	if s.StatementSerial == 0 {
		return ""
	}
	return Paper{Kind: StatementPaper, Year: s.StatementYear, Serial: s.StatementSerial}.Number()
}

// between says which account of the company's own books stands across from one that lies between it and the platform.
// Money that came by bank transfer and is not applied yet, or is being applied, is an advance like what is held.
var between = map[string]books.Role{"held": books.Advance, "client_cash": books.Advance, "paying": books.Advance, "refund_payable": books.Receivable, "suspense": books.Suspense,
	"dispute_hold": books.Claimed, "receivable:client": books.Payable, "uncharged": books.Payable, "contract_cost": books.Payable}

// beyond is the same for those that move together with one of these.
var beyond = map[string]books.Role{"stripe": books.Bank, "bank": books.Bank, "stripe_fee": books.Bank, "dispute_fee": books.Bank,
	"payable": books.Outsourcing, "receivable:freelancer": books.Outsourcing, "platform_fee": books.Commission, "consumption_tax": books.Commission,
	"goodwill_loss": books.OtherIncome}

// own says what the accounts of entries about a payment from the company's own bank, and about tax that is withheld with a
// later payment, are in its books: they are its own, so signs stay as they are. What was accepted is booked whole as
// unpaid, and paid in two parts, of which the tax office's is due for the month of the payment.
var own = map[string]books.Role{"bank_in_transit": books.Payable, "payable": books.Payable, "memo": books.Payable, "bank": books.Bank, "withheld_tax": books.Withheld}

// ownKinds are the kinds of those entries.
var ownKinds = []string{"bank_paid", "bank_returned", "withheld"}

// ErrNoRole is an account of the ledger that the company's books know nothing of.
var ErrNoRole = problem.Define(problem.Conflict, "entry_not_exportable",
	"Entry {entry} moves {account}, which no export knows how to book yet. Ask the operator.",
	"仕訳{entry}の科目「{account}」は出力に対応していません。運営者にお問い合わせください。")

// accountClass is the part of an account's name that says what it is: held, stripe, receivable:client.
func accountClass(account string) string {
	class, rest, _ := strings.Cut(account, ":")
	if class == "receivable" {
		kind, _, _ := strings.Cut(rest, ":")
		return class + ":" + kind
	}
	return class
}

// ownAccount is the bank account of the company's that an account of the ledger is, or nothing.
func ownAccount(account string) string {
	id, is := strings.CutPrefix(account, "bank:")
	if !is {
		return ""
	}
	return id
}

// Ref is how an exported amount names a line of the ledger.
func entryRef(entry uuid.UUID, line int64) string {
	return "entry:" + entry.String() + ":" + strconv.FormatInt(line, 10)
}

// fact is the entry in the company's own books; ok is false for one that is none of them.
func (p posted) fact(r Rules) (f books.Fact, ok bool, err error) {
	f = books.Fact{Day: p.BookedOn, Due: p.PayBy, Partner: p.person(), Number: p.number(),
		Dimensions: map[string]string{"department": p.Department, "cost_centre": p.CostCentre}}
	if p.Number > 0 {
		f.Summary = strings.TrimSpace(fmt.Sprintf("C-%d %s %s", p.Number, f.Partner, p.Title))
	}
	if slices.Contains(ownKinds, p.Kind) {
		for i, account := range p.Accounts {
			f.Moves = withMove(f.Moves, books.Move{Role: own[accountClass(account)], Own: ownAccount(account), Amount: p.Amounts[i], Ref: entryRef(p.ID, p.Lines[i])})
		}
		f.Moves = inOrder(f.Moves)
		return f, true, nil
	}
	for i, account := range p.Accounts {
		if role, facing := between[accountClass(account)]; facing {
			f.Moves = withMove(f.Moves, books.Move{Role: role, Amount: -p.Amounts[i], Ref: entryRef(p.ID, p.Lines[i])})
		}
	}
	if len(f.Moves) == 0 {
		return f, false, nil
	}
	var others []books.Move
	for i, account := range p.Accounts {
		class := accountClass(account)
		if _, facing := between[class]; facing {
			continue
		}
		role, known := beyond[class]
		if !known {
			return f, false, ErrNoRole.With("entry", p.ID).With("account", class)
		}
		others = p.book(r, others, role, class, -p.Amounts[i], entryRef(p.ID, p.Lines[i]))
	}
	for _, m := range others {
		if m.Role == books.Withheld && p.Rail.PaysLater() {
			f.Keeps, m.Role = m, books.Payable
		}
		f.Moves = withMove(f.Moves, m)
	}
	f.Moves = inOrder(f.Moves)
	return f, len(f.Moves) > 0, nil
}

// book adds a move beside others. Two of one role are one, whose reference is that of the first; the fee of an accepted
// milestone is booked whole, and what was withheld from it against it.
func (p posted) book(r Rules, moves []books.Move, role books.Role, class string, amount int64, ref string) []books.Move {
	m := books.Move{Role: role, Amount: amount, Ref: ref}
	switch {
	case role == books.Outsourcing && p.Kind == "accept":
		m.Amount += p.Withheld
		m.Tax, m.TaxSum = p.taxKey(r), p.Tax
		if p.Withheld > 0 {
			moves = append(moves, books.Move{Role: books.Withheld, Amount: -p.Withheld, Ref: ref})
		}
	case role == books.Outsourcing && p.Amount+p.Tax > 0: // something of it comes back, its part of the tax with it
		m.Tax, m.TaxSum = p.taxKey(r), amount*p.Tax/(p.Amount+p.Tax)
	case class == "consumption_tax":
		m.Tax, m.TaxSum = books.TaxKey{Rate: r.value(TaxRule, "standard", p.BookedOn), Share: 10_000}, amount
	}
	return withMove(moves, m)
}

// withMove adds a move to the one of its role and account, or to the end.
func withMove(moves []books.Move, m books.Move) []books.Move {
	for i := range moves {
		if moves[i].Role == m.Role && moves[i].Own == m.Own {
			moves[i].Amount += m.Amount
			moves[i].TaxSum += m.TaxSum
			if m.Tax != (books.TaxKey{}) {
				moves[i].Tax = m.Tax
			}
			return moves
		}
	}
	return append(moves, m)
}

// taxKey says how the supplier's tax may be deducted on the day of the purchase. Without tax there is no key.
func (p posted) taxKey(r Rules) books.TaxKey {
	if p.Tax == 0 {
		return books.TaxKey{}
	}
	return books.TaxKey{Rate: r.value(TaxRule, "standard", p.BookedOn), Share: r.DeductibleTax(p.BookedOn, 10_000, p.Registered)}
}

// inOrder puts debits before credits, expenses first, and leaves out what came to nothing.
func inOrder(moves []books.Move) []books.Move {
	var debits, credits []books.Move
	for _, role := range []books.Role{books.Outsourcing, books.Commission} {
		for _, m := range moves {
			if m.Role == role && m.Amount > 0 {
				debits = append(debits, m)
			}
		}
	}
	for _, m := range moves {
		spent := m.Role == books.Outsourcing || m.Role == books.Commission
		switch {
		case m.Amount > 0 && !spent:
			debits = append(debits, m)
		case m.Amount < 0:
			credits = append(credits, m)
		}
	}
	return append(debits, credits...)
}

// person is the alumnus's name in the order of its script.
func (p posted) person() string {
	return market.Person{FamilyName: p.Family, GivenName: p.Given}.Name()
}
