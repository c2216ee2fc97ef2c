package market

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"cloud.google.com/go/civil"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/transform"
	"golang.org/x/text/unicode/norm"

	"homecoming/internal/problem"
)

// What can be wrong with a file as a whole; it is refused before anything is read from it.
var (
	ErrFileEmpty     = problem.Define(problem.Invalid, "file_empty", "There are no people in this file. It needs a line of headings and a line for each stint.", "ファイルにデータがありません。見出し行と、在籍期間ごとの行が必要です。")
	ErrFileTooLarge  = problem.Define(problem.Invalid, "file_too_large", "This file is over {max} MB. Split it.", "ファイルが{max}MBを超えています。分割してください。")
	ErrFileEncoding  = problem.Define(problem.Invalid, "file_encoding", "This file is neither UTF-8 nor Shift_JIS. Save it as “CSV UTF-8”.", "文字コードがUTF-8でもShift_JISでもありません。「CSV UTF-8」で保存してください。")
	ErrFileKind      = problem.Define(problem.Invalid, "file_kind", "This is no CSV file but {kind}. Save it as “CSV UTF-8”.", "CSVファイルではありません（{kind}）。「CSV UTF-8」で保存してください。")
	ErrMissingColumn = problem.Define(problem.Invalid, "missing_column", "The column {column} is missing. The headings must name it.", "「{column}」の列がありません。見出し行に追加してください。")
	ErrColumnTwice   = problem.Define(problem.Invalid, "column_twice", "The column {column} is there twice. Remove one.", "「{column}」の列が重複しています。一方を削除してください。")
)

// What can be wrong with one line of a file.
var (
	ErrLine         = problem.Define(problem.Invalid, "line_unreadable", "This line is no CSV: {detail}. Check its quotation marks.", "この行はCSVとして読み取れません（{detail}）。引用符を確認してください。")
	ErrTooManyCells = problem.Define(problem.Invalid, "too_many_cells", "This line has {count} cells, the headings {max}. A comma may need quotation marks.", "この行のセル数（{count}）が見出し（{max}）を超えています。カンマを含む値は引用符で囲んでください。")
	ErrLeftBefore   = problem.Define(problem.Invalid, "left_before_joined", "They left on {left}, before they joined on {joined}.", "退職日（{left}）が入社日（{joined}）より前です。")
	ErrSkillForm    = problem.Define(problem.Invalid, "skill_form", "“{value}” cannot be read as a skill. Write name:level:evidence, for instance Bookkeeping:3:attested.", "「{value}」をスキルとして読み取れません。「名称:レベル:根拠」の形で入力してください（例：簿記:3:attested）。")
	ErrAmountForm   = problem.Define(problem.Invalid, "amount_form", "“{value}” is no amount.", "「{value}」を金額として読み取れません。")
	ErrDuplicateRow = problem.Define(problem.Conflict, "duplicate_row", "Line {first} says the same stint already; this one was set aside.", "{first}行目と同じ在籍期間のため、取り込みませんでした。")
)

// maxImport is the largest file that is read, in bytes: 100,000 rows take about half of it.
const maxImport = 32 << 20

// An HRColumn is one column of an HR file.
type HRColumn struct {
	Name   string   // as the API's document has it
	Others []string // headings that mean the same
	Needed bool     // must be in every file; the others may be left out
}

// HRColumns are the headings of an HR file, in the usual order. Width, case, blanks, brackets and underscores do not
// matter: 姓（カナ）, 姓 カナ and 姓カナ are one.
var HRColumns = []HRColumn{
	{"email", []string{"メールアドレス", "メール", "Eメール", "電子メール", "mail"}, true},
	{"family_name", []string{"姓", "氏", "苗字", "last_name"}, true},
	{"given_name", []string{"名", "名前", "first_name"}, false},
	{"family_kana", []string{"姓カナ", "姓かな", "セイ", "姓フリガナ", "姓ふりがな", "氏カナ"}, false},
	{"given_kana", []string{"名カナ", "名かな", "メイ", "名フリガナ", "名ふりがな"}, false},
	{"department", []string{"部署", "部門", "所属", "所属部署", "部署名"}, false},
	{"joined_on", []string{"入社日", "入社年月日", "在籍開始日", "着任日"}, true},
	{"left_on", []string{"退職日", "退社日", "退職年月日", "退社年月日", "在籍終了日"}, false},
	{"skills", []string{"スキル", "技能", "保有スキル"}, false},
	{"hourly_rate", []string{"時給", "時間単価", "単価", "希望単価"}, false},
	{"available_from", []string{"稼働可能日", "稼働開始日", "稼働開始可能日"}, false},
	{"entity", []string{"在籍会社", "法人", "法人名", "会社名", "グループ会社"}, false},
	{"departure", []string{"退職区分", "退職事由", "退職理由", "退社区分", "退社理由", "離職理由"}, false},
	{"registration_number", []string{"登録番号", "適格請求書発行事業者登録番号", "インボイス登録番号", "インボイス番号"}, false},
}

// column finds what a heading means; "" is nothing we know.
func column(heading string) string { return byHeading[folded(heading)] }

var byHeading = func() map[string]string {
	known := map[string]string{}
	for _, c := range HRColumns {
		for _, heading := range append(c.Others, c.Name) {
			known[folded(heading)] = c.Name
		}
	}
	return known
}()

func folded(s string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(" _-()[]\t\u3000", r) {
			return -1
		}
		return r
	}, strings.ToLower(norm.NFKC.String(s)))
}

// An hrPerson is everything a file says about one address.
type hrPerson struct {
	email string
	rows  []hrRow
}

// An hrRow is one stint with what the same line says about the person.
type hrRow struct {
	line                                         int
	email                                        string
	familyName, givenName, familyKana, givenKana string
	department, entity, registrationNumber       string
	joinedOn                                     civil.Date
	leftOn, availableFrom                        *civil.Date
	departure                                    DepartureKind
	hourlyRate                                   *int64 // minor units
	skills                                       []hrSkill
}

// An hrLine is a line of a file as it waits: its cells by HRColumns.
type hrLine struct {
	line  int
	email string
	cells []string
}

// row reads the line again.
func (l hrLine) row(currency string) hrRow {
	row, _ := readRow(l.line, func(name string) string {
		for i, c := range HRColumns {
			if c.Name == name && i < len(l.cells) {
				return l.cells[i]
			}
		}
		return ""
	}, currency)
	return row
}

// An hrSkill is one statement of a row.
type hrSkill struct {
	name     string
	level    int
	evidence Evidence
}

// A RowFault says why a line was not taken, in both languages.
type RowFault struct {
	Line   int    `json:"line"`             // counted from 1, the headings included
	Column string `json:"column,omitempty"` // in English, whatever the file's headings
	Code   string `json:"code"`
	EN     string `json:"en"`
	JA     string `json:"ja"`
}

func faultOn(line int, column string, e *problem.Error) RowFault {
	return RowFault{Line: line, Column: column, Code: e.Code, EN: e.In(problem.English), JA: e.In(problem.Japanese)}
}

// An hrReader reads one file, line by line, and remembers of the bad ones how many there are and what is wrong with the first.
type hrReader struct {
	csv      *csv.Reader
	currency string
	at       map[string]int // where each column is
	width    int            // how many headings there are

	rows     int // good and bad, so far
	rejected int
	faults   []RowFault
	ignored  []string // headings that mean nothing to us
}

// openHR reads a file's headings. The error is one of the ErrFile family, ErrMissingColumn or ErrColumnTwice.
func openHR(file []byte, currency string) (*hrReader, error) {
	text, err := openText(file)
	if err != nil {
		return nil, err
	}
	r := &hrReader{csv: csv.NewReader(text), currency: currency, at: map[string]int{}}
	r.csv.FieldsPerRecord, r.csv.ReuseRecord = -1, true
	return r, r.headings()
}

// next is the next good line; false at the end of the file.
func (r *hrReader) next() (hrLine, bool) {
	for {
		cells, err := r.csv.Read()
		if errors.Is(err, io.EOF) {
			return hrLine{}, false
		}
		if err == nil && !slices.ContainsFunc(cells, func(c string) bool { return strings.TrimSpace(c) != "" }) {
			continue // blank lines come with spreadsheets
		}
		r.rows++
		line, faults := r.line(cells, err)
		if len(faults) == 0 {
			return line, true
		}
		r.rejected++
		r.faults = append(r.faults, faults[:min(len(faults), max(0, maxFaults-len(r.faults)))]...)
	}
}

// headings finds where each column is.
func (r *hrReader) headings() error {
	cells, err := r.csv.Read()
	switch {
	case errors.Is(err, io.EOF):
		return ErrFileEmpty
	case err != nil:
		return ErrLine.With("detail", parseDetail(err))
	}
	r.width = len(cells)
	for i, cell := range cells {
		name := column(cell)
		if name == "" {
			if cell = strings.TrimSpace(cell); cell != "" {
				r.ignored = append(r.ignored, cell)
			}
			continue
		}
		if _, twice := r.at[name]; twice {
			return ErrColumnTwice.With("column", name)
		}
		r.at[name] = i
	}
	for _, c := range HRColumns {
		if _, there := r.at[c.Name]; c.Needed && !there {
			return ErrMissingColumn.With("column", c.Name+" ("+c.Others[0]+")")
		}
	}
	return nil
}

// line reads one record, or says why it cannot be read.
func (r *hrReader) line(cells []string, err error) (hrLine, []RowFault) {
	if err != nil {
		return hrLine{}, []RowFault{faultOn(parseLine(err), "", ErrLine.With("detail", parseDetail(err)))}
	}
	line, _ := r.csv.FieldPos(0)
	if len(cells) > r.width {
		return hrLine{}, []RowFault{faultOn(line, "", ErrTooManyCells.With("count", len(cells)).With("max", r.width))}
	}
	cell := func(name string) string {
		if i, there := r.at[name]; there && i < len(cells) {
			return strings.TrimSpace(cells[i])
		}
		return ""
	}
	row, faults := readRow(line, cell, r.currency)
	l := hrLine{line: line, email: row.email, cells: make([]string, len(HRColumns))}
	for i, c := range HRColumns {
		l.cells[i] = cell(c.Name)
	}
	return l, faults
}

// openText reads a file as UTF-8 without a byte order mark, as it goes: nothing of it is copied whole.
func openText(file []byte) (io.Reader, error) {
	switch {
	case len(file) > maxImport:
		return nil, ErrFileTooLarge.With("max", maxImport>>20)
	case bytes.HasPrefix(file, []byte("PK\x03\x04")), bytes.HasPrefix(file, []byte("\xd0\xcf\x11\xe0")):
		return nil, ErrFileKind.With("kind", "Excel")
	case bytes.HasPrefix(file, []byte("%PDF")):
		return nil, ErrFileKind.With("kind", "PDF")
	case bytes.HasPrefix(file, []byte("\xff\xfe")), bytes.HasPrefix(file, []byte("\xfe\xff")), bytes.IndexByte(file, 0) >= 0:
		return nil, ErrFileEncoding // UTF-16, or no text at all
	}
	file = bytes.TrimPrefix(file, []byte("\xef\xbb\xbf"))
	if utf8.Valid(file) {
		return bytes.NewReader(file), nil
	}
	if err := checkShiftJIS(shiftJIS(file)); err != nil {
		return nil, err
	}
	return shiftJIS(file), nil
}

func shiftJIS(file []byte) io.Reader {
	return transform.NewReader(bytes.NewReader(file), japanese.ShiftJIS.NewDecoder())
}

// checkShiftJIS looks through a text once for what no Shift_JIS decodes to.
func checkShiftJIS(text io.Reader) error {
	runes := bufio.NewReader(text)
	for {
		switch r, _, err := runes.ReadRune(); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil, r == utf8.RuneError, r == 0:
			return ErrFileEncoding
		}
	}
}

func parseLine(err error) int {
	var p *csv.ParseError
	if errors.As(err, &p) {
		return p.StartLine
	}
	return 0
}

func parseDetail(err error) string {
	var p *csv.ParseError
	if errors.As(err, &p) {
		return p.Err.Error()
	}
	return err.Error()
}
