package books

import (
	"cloud.google.com/go/civil"
)

// freee takes journals in a form of its own (freee汎用形式), and deals (取引) in another. Files of up to 5 MB.
var (
	freeeJournalHeader = []string{"日付", "伝票番号", "決算整理仕訳",
		"借方勘定科目", "借方科目コード", "借方補助科目", "借方取引先", "借方取引先コード", "借方部門", "借方品目", "借方メモタグ", "借方セグメント1", "借方セグメント2", "借方セグメント3", "借方金額", "借方税区分", "借方税額",
		"貸方勘定科目", "貸方科目コード", "貸方補助科目", "貸方取引先", "貸方取引先コード", "貸方部門", "貸方品目", "貸方メモタグ", "貸方セグメント1", "貸方セグメント2", "貸方セグメント3", "貸方金額", "貸方税区分", "貸方税額",
		"摘要"}
	dealHeader = []string{"収支区分", "管理番号", "発生日", "決済期日", "取引先", "勘定科目", "税区分", "金額", "税計算区分", "税額", "備考", "品目", "部門",
		"メモタグ（複数指定可、カンマ区切り）", "セグメント1", "セグメント2", "セグメント3", "決済日", "決済口座", "決済金額"}
)

// How many half-width columns freee keeps of 摘要 and 備考 (250 characters), and of 管理番号.
const (
	freeeText   = 500
	freeeNumber = 20
)

func freeeJournalRows(e Entry, _ style) (rows [][]Cell) {
	for i := range e.height() {
		debit, hasDebit := at(e.Debits, i)
		credit, hasCredit := at(e.Credits, i)
		row := []Cell{slashed(e.Day), Number(int64(e.No)), {}}
		row = append(row, freeeSide(debit, hasDebit)...)
		row = append(row, freeeSide(credit, hasCredit)...)
		rows = append(rows, append(row, withRefs(e.Summary, freeeText, debit.Ref, credit.Ref)))
	}
	return rows
}

func freeeSide(l Line, there bool) []Cell {
	side := make([]Cell, 14)
	if there {
		side[0], side[2], side[3], side[5] = Text(l.Account), Text(l.Sub), Text(l.Partner), Text(l.Department)
		side[11], side[12], side[13] = Number(l.Amount), Text(l.Tax), Number(l.TaxAmount)
	}
	return side
}

func readFreeeJournal(rows [][]string, s style) ([]Entry, error) {
	var all entries
	for i, fields := range rows {
		r := reading{fields: fields, row: i + 2, style: s}
		e := all.of(r.number(1), r.day(0, yearFirst))
		summary, refs := parted(r.text(31))
		e.Summary = summary
		debit, credit := r.freeeSide(3), r.freeeSide(17)
		pair(refs, debit, credit)
		e.add(debit, credit)
		if r.err != nil {
			return nil, r.err
		}
	}
	return all.list, nil
}

func (r *reading) freeeSide(i int) *Line {
	if r.fields[i] == "" && r.fields[i+11] == "" {
		return nil
	}
	return &Line{Account: r.text(i), Sub: r.text(i + 2), Partner: r.text(i + 3), Department: r.text(i + 5), Amount: r.amount(i + 11), Tax: r.text(i + 12), TaxAmount: r.amount(i + 13)}
}

// inclusive says that amounts have the tax in them.
const inclusive = "内税"

// dealRows writes a deal: the first row says what it is and how it was settled, the others leave that empty and add
// their lines to it.
func dealRows(d Deal, _ style) (rows [][]Cell) {
	for i, l := range d.Lines {
		row := make([]Cell, len(dealHeader))
		if i == 0 {
			row[0], row[1], row[2], row[4] = code("支出"), short(d.Number, freeeNumber), slashed(d.Day), Text(d.Partner)
			if d.Income {
				row[0] = code("収入")
			}
			if d.Due != nil {
				row[3] = slashed(*d.Due)
			}
			if d.PaidOn != nil {
				row[17], row[18], row[19] = slashed(*d.PaidOn), Text(d.Wallet), Number(d.Total())
			}
		}
		row[5], row[6], row[7], row[8], row[9] = Text(l.Account), Text(l.Tax), Number(l.Amount), code(inclusive), Number(l.TaxAmount)
		row[10], row[11], row[12] = withRefs(l.Summary, freeeText, l.Ref), Text(l.Item), Text(l.Department)
		rows = append(rows, row)
	}
	return rows
}

func readDeals(rows [][]string) ([]Deal, error) {
	var list []Deal
	for i, fields := range rows {
		r := reading{fields: fields, row: i + 2}
		switch fields[0] {
		case "支出", "収入":
			list = append(list, r.deal())
		case "":
			if len(list) == 0 {
				return nil, bad(r.row, "収支区分", "")
			}
		default:
			return nil, bad(r.row, "収支区分", fields[0])
		}
		d := &list[len(list)-1]
		d.Lines = append(d.Lines, r.dealLine())
		if r.err != nil {
			return nil, r.err
		}
	}
	for _, d := range list {
		if err := d.Sound(); err != nil {
			return nil, bad(1, "deal", err)
		}
	}
	return list, settled(rows, list)
}

// settled holds every settlement to the sum of its deal.
func settled(rows [][]string, list []Deal) error {
	n := -1
	for i, fields := range rows {
		r := reading{fields: fields, row: i + 2}
		if fields[0] != "" {
			n++
		}
		if paid := r.amount(19); fields[19] != "" && paid != list[n].Total() || (fields[19] == "") != (fields[17] == "") || r.err != nil {
			return bad(r.row, "決済金額", fields[19])
		}
	}
	return nil
}

func (r *reading) deal() Deal {
	d := Deal{Income: r.fields[0] == "収入", Number: r.text(1), Day: r.day(2, yearFirst), Partner: r.text(4), Wallet: r.text(18)}
	for i, into := range map[int]**civil.Date{3: &d.Due, 17: &d.PaidOn} {
		if r.fields[i] != "" {
			day := r.day(i, yearFirst)
			*into = &day
		}
	}
	return d
}

func (r *reading) dealLine() DealLine {
	summary, refs := parted(r.text(10))
	l := DealLine{Account: r.text(5), Tax: r.text(6), Amount: r.amount(7), TaxAmount: r.amount(9), Summary: summary, Item: r.text(11), Department: r.text(12)}
	if len(refs) == 1 {
		l.Ref = refs[0]
	}
	if r.fields[8] != inclusive {
		r.fail("税計算区分", r.fields[8])
	}
	return l
}
