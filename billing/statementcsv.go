package billing

import (
	"bufio"
	"encoding/csv"
	"errors"
	"io"
	"iter"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"cloud.google.com/go/civil"
	legacy "golang.org/x/text/encoding/japanese"
	"golang.org/x/text/transform"
	"golang.org/x/text/unicode/norm"

	"homecoming/internal/problem"
	"homecoming/market"
)

// What can be wrong with a CSV statement, as a whole or in one row.
var (
	ErrNoHeadings = problem.Define(problem.Invalid, "statement_headings",
		"The column “{column}” is not among the headings of this file. Choose again which column says what.",
		"「{column}」という列がこのファイルの見出しにありません。列の対応を選び直してください。")
	ErrMappingIncomplete = problem.Define(problem.Invalid, "statement_mapping",
		"Say which columns hold the day and the amount, or money in and money out.", "日付の列と、金額の列（または入金・出金の列）を選んでください。")
	ErrStatementDay = problem.Define(problem.Invalid, "statement_day",
		"“{value}” is no day. 2026-11-30, 2026/11/30, 20261130 and R8.11.30 are.", "「{value}」を日付として読み取れません（例：2026-11-30、2026/11/30、20261130、R8.11.30）。")
	ErrStatementAmount = problem.Define(problem.Invalid, "statement_amount",
		"“{value}” is no amount.", "「{value}」を金額として読み取れません。")
	ErrStatementBoth = problem.Define(problem.Invalid, "statement_both",
		"This row has money both in and out.", "入金と出金の両方に金額があります。")
	ErrStatementNothing = problem.Define(problem.Invalid, "statement_nothing",
		"Nothing moved in this row.", "この行には入出金の金額がありません。")
	ErrStatementRow = problem.Define(problem.Invalid, "statement_row",
		"This row is no CSV: check its quotation marks.", "CSVとして読み取れない行です。引用符を確認してください。")
)

// A StatementMapping says which heading of a CSV statement means what. Amount is signed; a bank that has none has In and
// Out. The day is one column, or three. Empty: there is no such column.
type StatementMapping struct {
	Day         string `json:"day,omitempty"`
	Year        string `json:"year,omitempty"`
	Month       string `json:"month,omitempty"`
	DayOfMonth  string `json:"day_of_month,omitempty"`
	Amount      string `json:"amount,omitempty"`
	In          string `json:"in,omitempty"`
	Out         string `json:"out,omitempty"`
	Balance     string `json:"balance,omitempty"`
	Name        string `json:"name,omitempty"`
	Description string `json:"description,omitempty"`
	Reference   string `json:"reference,omitempty"`
}

// A MappedField is one thing that a column can say, with the headings that banks give it.
type MappedField struct {
	Name     string // as the API has it
	headings string
	of       func(*StatementMapping) *string
}

// In is the heading that stands for the field in a mapping; empty: none.
func (f MappedField) In(m *StatementMapping) string { return *f.of(m) }

// Set makes a heading stand for the field.
func (f MappedField) Set(m *StatementMapping, heading string) { *f.of(m) = heading }

// MappedFields are all of them, in the order in which people look for them.
var MappedFields = []MappedField{
	{"day", "日付 取引日 お取引日 取引日付 取扱日 取扱日付 勘定日 年月日 入出金日 操作日 計上日 date booked_on transaction_date posting_date", func(m *StatementMapping) *string { return &m.Day }},
	{"year", "操作日年 取引日年 年 year", func(m *StatementMapping) *string { return &m.Year }},
	{"month", "操作日月 取引日月 月 month", func(m *StatementMapping) *string { return &m.Month }},
	{"day_of_month", "操作日日 取引日日 日", func(m *StatementMapping) *string { return &m.DayOfMonth }},
	{"amount", "金額 入出金 入出金額 入出金金額 取引金額 amount", func(m *StatementMapping) *string { return &m.Amount }},
	{"in", "入金 入金額 入金金額 預入 預入額 預入金額 お預入金額 お預入れ お預入れ額 お預り金額 預り金額 受入金額 deposit deposits credit paid_in in", func(m *StatementMapping) *string { return &m.In }},
	{"out", "出金 出金額 出金金額 引出 引出額 引出金額 お引出金額 お引出し お引出し額 支払金額 お支払金額 払戻金額 払出金額 withdrawal withdrawals debit paid_out out", func(m *StatementMapping) *string { return &m.Out }},
	{"balance", "残高 差引残高 差し引き残高 取引後残高 お預り残高 現在高 balance", func(m *StatementMapping) *string { return &m.Balance }},
	{"name", "振込依頼人 振込依頼人名 振込依頼人名等 依頼人名 受取人 受取人名 相手先 取引先 取引先名 入出金先 name payer payee counterparty", func(m *StatementMapping) *string { return &m.Name }},
	{"description", "摘要 摘要内容 内容 取引内容 お取扱内容 お取り扱い内容 入出金先内容 取引名 明細 備考 メモ description details memo", func(m *StatementMapping) *string { return &m.Description }},
	{"reference", "取引番号 整理番号 edi情報 reference id transaction_id", func(m *StatementMapping) *string { return &m.Reference }},
}

// folded makes spellings of a heading one: width, case, blanks, brackets and the currency do not matter.
func folded(heading string) string {
	s := strings.Map(func(r rune) rune {
		if strings.ContainsRune(" _-()[]\t", r) {
			return -1
		}
		return r
	}, strings.ToLower(norm.NFKC.String(heading)))
	for _, unit := range []string{"円", "jpy", "usd"} {
		if cut := strings.TrimSuffix(s, unit); cut != "" {
			s = cut
		}
	}
	return s
}

// guessMapping reads headings as far as they are known.
func guessMapping(headings []string) StatementMapping {
	var m StatementMapping
	for _, f := range MappedFields {
		for _, known := range strings.Fields(f.headings) {
			i := slices.IndexFunc(headings, func(h string) bool { return folded(h) == folded(known) })
			if i >= 0 && *f.of(&m) == "" {
				*f.of(&m) = headings[i]
			}
		}
	}
	if m.Day != "" {
		m.Year, m.Month, m.DayOfMonth = "", "", ""
	}
	if m.In != "" && m.Out != "" {
		m.Amount = ""
	}
	return m
}

// complete reports whether the mapping says enough.
func (m StatementMapping) complete() bool {
	day := m.Day != "" || m.Year != "" && m.Month != "" && m.DayOfMonth != ""
	return day && (m.Amount != "" || m.In != "" && m.Out != "")
}

// columns finds where each field is among some headings; -1 is nowhere.
func (m StatementMapping) columns(headings []string) (map[string]int, error) {
	if !m.complete() {
		return nil, ErrMappingIncomplete
	}
	at := map[string]int{}
	for _, f := range MappedFields {
		wanted := *f.of(&m)
		i := slices.Index(headings, wanted)
		if wanted != "" && i < 0 {
			return nil, ErrNoHeadings.With("column", wanted).On("mapping." + f.Name)
		}
		if wanted != "" {
			at[f.Name] = i
		}
	}
	return at, nil
}

// fits reports whether some headings have all that the mapping names.
func (m StatementMapping) fits(headings []string) bool {
	_, err := m.columns(headings)
	return err == nil
}

// A StatementRow is one line of a statement as read from a file, whatever its format. Amounts are minor units.
type StatementRow struct {
	Row         int // in the file, from 1
	BookedOn    civil.Date
	Amount      int64  // positive in, negative out
	Balance     *int64 // after it; nil: the file does not say
	Name        string
	Description string
	Reference   string
}

// Text encodings of statements.
const (
	encodingUTF8 = "utf-8"
	encodingSJIS = "shift_jis"
	encodingJIS  = "jis"
)

// encodingOf tells how a CSV is written, or refuses what is none.
func encodingOf(file []byte) (string, error) {
	if utf8.Valid(file) {
		if slices.Contains(file, 0) {
			return "", market.ErrFileEncoding
		}
		return encodingUTF8, nil
	}
	decoded := bufio.NewReader(decodedFrom(file, encodingSJIS))
	for {
		r, _, err := decoded.ReadRune()
		switch {
		case errors.Is(err, io.EOF):
			return encodingSJIS, nil
		case err != nil || r == utf8.RuneError || r == 0:
			return "", market.ErrFileEncoding
		}
	}
}

func decodedFrom(file []byte, encoding string) io.Reader {
	in := strings.NewReader(strings.TrimPrefix(string(file), "\ufeff"))
	if encoding == encodingSJIS {
		return transform.NewReader(in, legacy.ShiftJIS.NewDecoder())
	}
	return in
}

// headingsWithin is how far down the headings may stand: banks put account and period above them.
const headingsWithin = 30

// openCSV finds the headings of a statement and leaves the reader behind them. With a mapping they are the first row
// that has all it names; without one, the first in which a day and an amount are recognised, or else the first row of
// three cells.
func openCSV(text io.Reader, mapping *StatementMapping) (*csv.Reader, []string, error) {
	r := csv.NewReader(text)
	r.FieldsPerRecord, r.LazyQuotes, r.ReuseRecord = -1, true, false
	for range headingsWithin {
		cells, err := r.Read()
		if err != nil {
			break
		}
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		if mapping != nil && mapping.fits(cells) || mapping == nil && guessMapping(cells).complete() {
			return r, cells, nil
		}
	}
	return nil, nil, ErrMappingIncomplete
}

// firstWideRow is what may be the headings where nothing is recognised.
func firstWideRow(text io.Reader) []string {
	r := csv.NewReader(text)
	r.FieldsPerRecord, r.LazyQuotes = -1, true
	for range headingsWithin {
		cells, err := r.Read()
		if err != nil {
			return nil
		}
		if len(cells) >= 3 {
			for i := range cells {
				cells[i] = strings.TrimSpace(cells[i])
			}
			return cells
		}
	}
	return nil
}

// csvRows reads a CSV statement in a currency, row by row. A row that cannot be read is yielded as its problem, and the
// walk goes on.
func csvRows(file []byte, encoding, currency string, m StatementMapping) iter.Seq2[StatementRow, error] {
	return func(yield func(StatementRow, error) bool) {
		r, headings, err := openCSV(decodedFrom(file, encoding), &m)
		if err != nil {
			yield(StatementRow{}, err)
			return
		}
		at, err := m.columns(headings)
		if err != nil {
			yield(StatementRow{}, err)
			return
		}
		for {
			cells, err := r.Read()
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil {
				var p *csv.ParseError
				row := StatementRow{}
				if errors.As(err, &p) {
					row.Row = p.StartLine
				}
				if !yield(row, ErrStatementRow.Because(err)) || p == nil {
					return
				}
				continue
			}
			line, _ := r.FieldPos(0)
			if !slices.ContainsFunc(cells, func(c string) bool { return strings.TrimSpace(c) != "" }) {
				continue // blank lines come with spreadsheets
			}
			if !yield(csvRow(line, cells, at, currency)) {
				return
			}
		}
	}
}

// csvRow reads one row.
func csvRow(line int, cells []string, at map[string]int, currency string) (StatementRow, error) {
	cell := func(field string) string {
		if i, there := at[field]; there && i < len(cells) {
			return strings.TrimSpace(cells[i])
		}
		return ""
	}
	row := StatementRow{Row: line, Name: cell("name"), Description: cell("description"), Reference: cell("reference")}
	var err error
	if _, split := at["year"]; split {
		row.BookedOn, err = statementDay(cell("year") + "/" + cell("month") + "/" + cell("day_of_month"))
	} else {
		row.BookedOn, err = statementDay(cell("day"))
	}
	if err != nil {
		return row, err
	}
	if row.Amount, err = movedAmount(cell("amount"), cell("in"), cell("out"), currency); err != nil {
		return row, err
	}
	if text := cell("balance"); text != "" {
		balance, err := statementAmount(text, currency)
		if err != nil {
			return row, err
		}
		row.Balance = &balance
	}
	return row, nil
}

// movedAmount is what a row moved: its signed amount, or what came in or went out.
func movedAmount(amount, in, out, currency string) (int64, error) {
	var moved [3]int64
	for i, text := range []string{amount, in, out} {
		n, err := statementAmount(text, currency)
		if err != nil {
			return 0, err
		}
		moved[i] = n
	}
	switch {
	case moved[1] != 0 && moved[2] != 0:
		return 0, ErrStatementBoth
	case moved[0]+moved[1]-moved[2] == 0:
		return 0, ErrStatementNothing
	}
	return moved[0] + moved[1] - moved[2], nil
}

// maxStatementDigits keep amounts within what can be summed.
const maxStatementDigits = 15

// statementAmount reads 1,234 · ¥1,234 · -1,234 · △1,234 · (1,234) · 12.50. Nothing, a hyphen or a star alone is zero.
func statementAmount(text, currency string) (int64, error) {
	s := norm.NFKC.String(text)
	negative := strings.ContainsAny(s, "-−△▲") || strings.HasPrefix(s, "(") && strings.HasSuffix(s, ")")
	s = strings.Map(func(r rune) rune {
		if strings.ContainsRune(" ,¥\\$+-−△▲()*円", r) {
			return -1
		}
		return r
	}, s)
	if s == "" {
		return 0, nil
	}
	whole, decimals, _ := strings.Cut(s, ".")
	exponent := market.Exponent(currency)
	if len(strings.TrimRight(decimals, "0")) > exponent || len(whole) > maxStatementDigits || !allDigits(whole+decimals) {
		return 0, ErrStatementAmount.With("value", text)
	}
	n, err := strconv.ParseInt(whole+(decimals + "00")[:exponent], 10, 64)
	if err != nil {
		return 0, ErrStatementAmount.With("value", text)
	}
	if negative {
		n = -n
	}
	return n, nil
}

// eras are the first years of the Japanese calendar's eras that statements may still name, less one.
var eras = map[string]int{"r": 2018, "令和": 2018, "令": 2018, "h": 1988, "平成": 1988, "平": 1988}

// statementDay reads 2026-11-30, 2026/11/30, 2026.11.30, 2026年11月30日, 20261130, R8.11.30 and 令和8年11月30日; what follows a
// blank is the time of day.
func statementDay(text string) (civil.Date, error) {
	s := strings.ToLower(norm.NFKC.String(strings.TrimSpace(text)))
	s, _, _ = strings.Cut(s, " ")
	base := 0
	for _, era := range []string{"令和", "平成", "r", "h", "令", "平"} {
		if rest, found := strings.CutPrefix(s, era); found {
			base, s = eras[era], strings.Replace(rest, "元年", "1年", 1)
			break
		}
	}
	parts := strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune("-/.年月日", r) })
	if len(parts) == 1 && len(s) == 8 && base == 0 {
		parts = []string{s[:4], s[4:6], s[6:]}
	}
	if len(parts) != 3 {
		return civil.Date{}, ErrStatementDay.With("value", text)
	}
	var n [3]int
	for i, p := range parts {
		v, err := strconv.Atoi(p)
		if err != nil || v < 0 || len(p) > 4 {
			return civil.Date{}, ErrStatementDay.With("value", text)
		}
		n[i] = v
	}
	d := date(base+n[0], time.Month(n[1]), n[2])
	if !d.IsValid() || d.Year < 1990 || d.Year > 2100 {
		return civil.Date{}, ErrStatementDay.With("value", text)
	}
	return d, nil
}
