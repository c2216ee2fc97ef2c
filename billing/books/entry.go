package books

import (
	"fmt"

	"cloud.google.com/go/civil"
)

// A Line is one side's amount on one account, in minor units and with consumption tax in it.
type Line struct {
	Account    string // as the program spells it
	Sub        string
	Department string
	Partner    string
	Tax        string // 税区分, as the program spells it
	Invoice    string // インボイス: 適格, 80%控除
	Amount     int64  // above zero
	TaxAmount  int64  // the consumption tax in Amount
	Ref        string // where it comes from: entry:<id>:<line>
}

// An Entry is one balanced entry of a journal, compound or not.
type Entry struct {
	No      int // from 1, counted within a file
	Day     civil.Date
	Debits  []Line
	Credits []Line
	Summary string // 摘要
	Number  string // of the statement it is about, where the form has a column for it
}

// Sound reports what is wrong with an entry: a side without lines, an amount that is none, sides that differ.
func (e Entry) Sound() error {
	var debit, credit int64
	for _, l := range e.Debits {
		debit += l.Amount
	}
	for _, l := range e.Credits {
		credit += l.Amount
	}
	if debit != credit || debit <= 0 || len(e.Debits) == 0 || len(e.Credits) == 0 {
		return fmt.Errorf("books: entry %d of %s has debits of %d and credits of %d", e.No, e.Day, debit, credit)
	}
	for _, lines := range [][]Line{e.Debits, e.Credits} {
		for _, l := range lines {
			if l.Amount <= 0 || l.Account == "" || l.TaxAmount < 0 || l.TaxAmount > l.Amount {
				return fmt.Errorf("books: entry %d of %s has a line of %d on %q", e.No, e.Day, l.Amount, l.Account)
			}
		}
	}
	return nil
}

// at is a line, or none where a side has fewer.
func at(lines []Line, i int) (Line, bool) {
	if i < len(lines) {
		return lines[i], true
	}
	return Line{}, false
}

// height is how many rows an entry needs where debit and credit stand side by side.
func (e Entry) height() int { return max(len(e.Debits), len(e.Credits)) }

// A Deal is one 取引 of freee: income or expense with its lines and how it was settled.
type Deal struct {
	Income  bool
	Number  string // 管理番号
	Day     civil.Date
	Due     *civil.Date
	Partner string
	Lines   []DealLine
	PaidOn  *civil.Date // nil: not settled yet
	Wallet  string      // 決済口座
}

// A DealLine is one line of a deal; a negative amount takes away, as withheld tax does.
type DealLine struct {
	Account    string
	Tax        string
	Amount     int64 // with tax
	TaxAmount  int64
	Item       string // 品目
	Department string
	Summary    string // 備考
	Ref        string
}

// Total is what the deal comes to.
func (d Deal) Total() (sum int64) {
	for _, l := range d.Lines {
		sum += l.Amount
	}
	return sum
}

// Sound reports what is wrong with a deal: freee takes none of nothing or less.
func (d Deal) Sound() error {
	if d.Total() <= 0 || len(d.Lines) == 0 {
		return fmt.Errorf("books: deal %s of %s comes to %d", d.Number, d.Day, d.Total())
	}
	for _, l := range d.Lines {
		if l.Amount == 0 || l.Account == "" {
			return fmt.Errorf("books: deal %s of %s has a line of %d on %q", d.Number, d.Day, l.Amount, l.Account)
		}
	}
	return nil
}
