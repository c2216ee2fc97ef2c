package books

import (
	"fmt"
	"strings"
)

// QuickBooks Online's journal entries: a row for each line, balanced per JournalNo, days as MM/DD/YYYY. JournalNo begins
// with the month, so that the files of two months never share one, and a sub-account is written "Parent:Sub". It computes no Japanese tax, so the chart has split it off before, see [Chart.Entry].
var quickBooksHeader = []string{"JournalNo", "JournalDate", "AccountName", "Debits", "Credits", "Description", "Name"}

// How much of Description and Name it keeps.
const (
	quickBooksText = 4000
	quickBooksName = 100
)

func quickBooksRows(e Entry, s style) (rows [][]Cell) {
	no := code(fmt.Sprintf("%04d%02d-%d", e.Day.Year, e.Day.Month, e.No))
	day := code(fmt.Sprintf("%02d/%02d/%04d", e.Day.Month, e.Day.Day, e.Day.Year))
	row := func(l Line, debit, credit Cell) {
		account := l.Account
		if l.Sub != "" {
			account += ":" + l.Sub
		}
		rows = append(rows, []Cell{no, day, Text(account), debit, credit, withRefs(e.Summary, quickBooksText, l.Ref), short(l.Partner, quickBooksName)})
	}
	for _, l := range e.Debits {
		row(l, Amount(l.Amount, s.exponent), Cell{})
	}
	for _, l := range e.Credits {
		row(l, Cell{}, Amount(l.Amount, s.exponent))
	}
	return rows
}

func readQuickBooks(rows [][]string, s style) ([]Entry, error) {
	var all entries
	for i, fields := range rows {
		r := reading{fields: fields, row: i + 2, style: s}
		_, fields[0], _ = strings.Cut(fields[0], "-")
		e := all.of(r.number(0), r.day(1, monthFirst))
		summary, refs := parted(r.text(5))
		e.Summary = summary
		l := Line{Account: r.text(2), Partner: r.text(6)}
		if len(refs) == 1 {
			l.Ref = refs[0]
		}
		switch debit, credit := r.amount(3), r.amount(4); {
		case debit != 0 && fields[4] == "":
			l.Amount = debit
			e.Debits = append(e.Debits, l)
		case credit != 0 && fields[3] == "":
			l.Amount = credit
			e.Credits = append(e.Credits, l)
		default:
			r.fail("amount", fields[3]+" and "+fields[4])
		}
		if r.err != nil {
			return nil, r.err
		}
	}
	return all.list, nil
}
