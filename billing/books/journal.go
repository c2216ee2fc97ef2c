package books

import "cloud.google.com/go/civil"

// Our own form: a row for each line, debits before credits, with everything that a line has.
var journalHeader = []string{"entry_no", "date", "side", "account", "sub_account", "department", "partner", "tax_code", "invoice",
	"amount", "tax_amount", "currency", "summary", "number", "reference"}

func journalRows(e Entry, s style) (rows [][]Cell) {
	for _, side := range []struct {
		name  string
		lines []Line
	}{{"debit", e.Debits}, {"credit", e.Credits}} {
		for _, l := range side.lines {
			rows = append(rows, []Cell{Number(int64(e.No)), Day(e.Day), code(side.name), Text(l.Account), Text(l.Sub), Text(l.Department), Text(l.Partner),
				Text(l.Tax), Text(l.Invoice), Amount(l.Amount, s.exponent), Amount(l.TaxAmount, s.exponent), code(s.currency), Text(e.Summary), Text(e.Number), code(l.Ref)})
		}
	}
	return rows
}

func readJournal(rows [][]string, s style) ([]Entry, error) {
	var all entries
	for i, fields := range rows {
		r := reading{fields: fields, row: i + 2, style: s}
		e := all.of(r.number(0), r.day(1, yearFirst))
		e.Summary, e.Number = r.text(12), r.text(13)
		l := Line{Account: r.text(3), Sub: r.text(4), Department: r.text(5), Partner: r.text(6), Tax: r.text(7), Invoice: r.text(8),
			Amount: r.amount(9), TaxAmount: r.amount(10), Ref: fields[14]}
		switch fields[2] {
		case "debit":
			e.Debits = append(e.Debits, l)
		case "credit":
			e.Credits = append(e.Credits, l)
		default:
			r.fail("side", fields[2])
		}
		if r.err != nil {
			return nil, r.err
		}
	}
	return all.list, nil
}

// entries collects rows into entries: those that follow one another with one number and one day are one.
type entries struct{ list []Entry }

func (all *entries) of(no int, day civil.Date) *Entry {
	if n := len(all.list); n > 0 && all.list[n-1].No == no && all.list[n-1].Day == day {
		return &all.list[n-1]
	}
	all.list = append(all.list, Entry{No: no, Day: day})
	return &all.list[len(all.list)-1]
}
