package books

import "strings"

// Yayoi's import form, 25 columns, Shift_JIS, no header. The names are for people who read this.
var yayoiHeader = []string{"識別フラグ", "伝票No", "決算", "取引日付",
	"借方勘定科目", "借方補助科目", "借方部門", "借方税区分", "借方金額", "借方税金額",
	"貸方勘定科目", "貸方補助科目", "貸方部門", "貸方税区分", "貸方金額", "貸方税金額",
	"摘要", "番号", "期日", "タイプ", "生成元", "仕訳メモ", "付箋1", "付箋2", "調整"}

// How many half-width columns Yayoi keeps of a name, 摘要, 番号 and 仕訳メモ, and the largest 伝票No.
const (
	yayoiName    = 24
	yayoiSummary = 64
	yayoiNumber  = 10
	yayoiMemo    = 180
	yayoiLastNo  = 999_999
)

// yayoiFlag says where a row stands: an entry of one row is no slip, one of several is a transfer slip (タイプ 3).
func yayoiFlag(i, height int) (flag, kind string) {
	switch {
	case height == 1:
		return "2000", "0"
	case i == 0:
		return "2110", "3"
	case i == height-1:
		return "2101", "3"
	}
	return "2100", "3"
}

func yayoiRows(e Entry, _ style) (rows [][]Cell) {
	no := Number(int64((e.No-1)%yayoiLastNo + 1)) // six digits; the flags keep entries apart
	for i := range e.height() {
		debit, hasDebit := at(e.Debits, i)
		credit, hasCredit := at(e.Credits, i)
		flag, kind := yayoiFlag(i, e.height())
		row := []Cell{code(flag), no, {}, slashed(e.Day)}
		row = append(row, yayoiSide(debit, hasDebit)...)
		row = append(row, yayoiSide(credit, hasCredit)...)
		refs := strings.TrimSpace(debit.Ref + " " + credit.Ref)
		rows = append(rows, append(row, short(e.Summary, yayoiSummary), short(e.Number, yayoiNumber), Cell{}, code(kind), Cell{},
			short(refs, yayoiMemo), Cell{}, Cell{}, code("no")))
	}
	return rows
}

// yayoiSide is one side of a row. The side that a compound entry leaves empty still has a tax code and an amount of 0.
func yayoiSide(l Line, there bool) []Cell {
	if !there {
		return []Cell{{}, {}, {}, code("対象外"), Number(0), {}}
	}
	return []Cell{short(l.Account, yayoiName), short(l.Sub, yayoiName), short(l.Department, yayoiName), Text(l.Tax), Number(l.Amount), Number(l.TaxAmount)}
}

func readYayoi(rows [][]string, s style) ([]Entry, error) {
	var list []Entry
	open := false // within a slip
	for i, fields := range rows {
		r := reading{fields: fields, row: i + 1, style: s}
		switch fields[0] {
		case "2000", "2111", "2110":
			if open {
				r.fail("flag", fields[0])
			}
			list = append(list, Entry{No: r.number(1), Day: r.day(3, yearFirst), Summary: r.text(16), Number: r.text(17)})
			open = fields[0] == "2110"
		case "2100", "2101":
			if !open {
				return nil, bad(r.row, "flag", fields[0])
			}
			open = fields[0] == "2100"
		default:
			return nil, bad(r.row, "flag", fields[0])
		}
		debit, credit := r.yayoiSide(4), r.yayoiSide(10)
		_, refs := parted(fields[21])
		pair(refs, debit, credit)
		list[len(list)-1].add(debit, credit)
		if r.err != nil {
			return nil, r.err
		}
	}
	if open {
		return nil, bad(len(rows), "flag", "the last slip has no end")
	}
	return list, nil
}

func (r *reading) yayoiSide(i int) *Line {
	if r.fields[i] == "" && r.amount(i+4) == 0 {
		return nil
	}
	return &Line{Account: r.text(i), Sub: r.text(i + 1), Department: r.text(i + 2), Tax: r.text(i + 3), Amount: r.amount(i + 4), TaxAmount: r.amount(i + 5)}
}
