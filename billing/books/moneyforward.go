package books

import (
	"fmt"

	"cloud.google.com/go/civil"
)

// Money Forward's 仕訳帳, 27 columns. Rows with one 取引No and one 取引日 that balance are one compound entry; debit and
// credit stand side by side. 仕訳メモ carries the references.
var moneyForwardHeader = []string{"取引No", "取引日",
	"借方勘定科目", "借方補助科目", "借方部門", "借方取引先", "借方税区分", "借方インボイス", "借方金額(円)", "借方税額",
	"貸方勘定科目", "貸方補助科目", "貸方部門", "貸方取引先", "貸方税区分", "貸方インボイス", "貸方金額(円)", "貸方税額",
	"摘要", "仕訳メモ", "タグ", "MF仕訳タイプ", "決算整理仕訳", "作成日時", "作成者", "最終更新日時", "最終更新者"}

// moneyForwardSummary is how much of 摘要 it keeps: 200 characters.
const moneyForwardSummary = 400

func moneyForwardRows(e Entry, _ style) (rows [][]Cell) {
	for i := range e.height() {
		debit, hasDebit := at(e.Debits, i)
		credit, hasCredit := at(e.Credits, i)
		row := []Cell{Number(int64(e.No)), slashed(e.Day)}
		row = append(row, moneyForwardSide(debit, hasDebit)...)
		row = append(row, moneyForwardSide(credit, hasCredit)...)
		rows = append(rows, append(row, short(e.Summary, moneyForwardSummary), memo(debit.Ref, credit.Ref), Cell{}, Cell{}, Cell{}, Cell{}, Cell{}, Cell{}, Cell{}))
	}
	return rows
}

func moneyForwardSide(l Line, there bool) []Cell {
	if !there {
		return make([]Cell, 8)
	}
	return []Cell{Text(l.Account), Text(l.Sub), Text(l.Department), Text(l.Partner), Text(l.Tax), Text(l.Invoice), Number(l.Amount), Number(l.TaxAmount)}
}

// memo is the references of a row, debit first.
func memo(refs ...string) Cell { return withRefs("", 0, refs...) }

// slashed is a day as 2026/11/30.
func slashed(d civil.Date) Cell { return code(fmt.Sprintf("%04d/%02d/%02d", d.Year, d.Month, d.Day)) }

func readMoneyForward(rows [][]string, s style) ([]Entry, error) {
	var all entries
	for i, fields := range rows {
		r := reading{fields: fields, row: i + 2, style: s}
		e := all.of(r.number(0), r.day(1, yearFirst))
		e.Summary = r.text(18)
		debit, credit := r.moneyForwardSide(2), r.moneyForwardSide(10)
		_, refs := parted(fields[19])
		pair(refs, debit, credit)
		e.add(debit, credit)
		if r.err != nil {
			return nil, r.err
		}
	}
	return all.list, nil
}

// moneyForwardSide is one side of a row; nil where there is none.
func (r *reading) moneyForwardSide(i int) *Line {
	if r.fields[i] == "" && r.fields[i+6] == "" {
		return nil
	}
	return &Line{Account: r.text(i), Sub: r.text(i + 1), Department: r.text(i + 2), Partner: r.text(i + 3), Tax: r.text(i + 4), Invoice: r.text(i + 5),
		Amount: r.amount(i + 6), TaxAmount: r.amount(i + 7)}
}

// add appends the sides that are there.
func (e *Entry) add(debit, credit *Line) {
	if debit != nil {
		e.Debits = append(e.Debits, *debit)
	}
	if credit != nil {
		e.Credits = append(e.Credits, *credit)
	}
}
