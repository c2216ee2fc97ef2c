package billing

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	legacy "golang.org/x/text/encoding/japanese"
	"pgregory.net/rapid"

	"homecoming/internal/problem"
)

// aStatement is a file as it lies on somebody's disk, with the mapping that is guessed.
func aStatement(t testing.TB, file []byte) BankStatement {
	t.Helper()
	format, encoding, mapping, err := recognise(file, nil)
	if err != nil {
		t.Fatal(err)
	}
	return BankStatement{Format: format, Encoding: encoding, Mapping: mapping, Content: file, UploadedAt: time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)}
}

var yenAccount = BankAccount{ID: uuid.New(), Currency: "JPY", BankDetails: BankDetails{Bank: "0001", Branch: "001", Number: "1234567"}}

func sjis(t testing.TB, text string) []byte {
	t.Helper()
	out, err := legacy.ShiftJIS.NewEncoder().Bytes([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestStatementsAreReadAsBanksWriteThem has the headings of several banks, with the same two movements in each.
func TestStatementsAreReadAsBanksWriteThem(t *testing.T) {
	t.Parallel()
	for bank, text := range map[string]string{
		"in and out":    "日付,摘要,お支払金額,お預り金額,差引残高\n2026/11/30,振込 ミドリ,,\"105,290\",\"1,105,290\"\n2026/11/30,タカハシ ユミ,\"99,790\",,\"1,005,500\"\n",
		"signed":        "取引日,入出金(円),残高(円),入出金先内容\n20261130,105290,1105290,振込 ミドリ\n20261130,-99790,1005500,タカハシ ユミ\n",
		"three columns": "操作日(年),操作日(月),操作日(日),摘要,お支払金額,お預り金額,残高\n2026,11,30,振込 ミドリ,,105290,1105290\n2026,11,30,タカハシ ユミ,99790,,1005500\n",
		"a preamble":    "口座番号,1234567\n照会期間,2026年11月1日～30日\n\n勘定日,摘要,出金金額（円）,入金金額（円）,残高（円）\n2026年11月30日,振込 ミドリ,－,105290,1105290\n2026年11月30日,タカハシ ユミ,99790,－,1005500\n",
		"eras":          "年月日,お引出し,お預入れ,お取り扱い内容,残高\nR8.11.30,,105290,振込 ミドリ,1105290\n令和8年11月30日,99790,,タカハシ ユミ,1005500\n",
		"English":       "\ufeffDate,Description,Debit,Credit,Balance\n2026-11-30,振込 ミドリ,,105290,1105290\n2026-11-30,タカハシ ユミ,99790,,1005500\n",
		"triangles":     "取引日,取引金額,摘要,残高\n2026-11-30,105290,振込 ミドリ,1105290\n2026-11-30,△99790,タカハシ ユミ,1005500\n",
	} {
		for letters, file := range map[string][]byte{"UTF-8": []byte(text), "Shift_JIS": sjis(t, strings.ReplaceAll(strings.TrimPrefix(text, "\ufeff"), "～", "-"))} {
			p := aStatement(t, file).Preview(yenAccount)
			if p.Lines != 2 || p.Faulty != 0 || p.In != 105_290 || p.Out != 99_790 || p.From != date(2026, 11, 30) || p.To != p.From {
				t.Errorf("%s in %s: %+v", bank, letters, p)
				continue
			}
			out := p.Rows[1]
			if out.Amount != -99_790 || out.Description != "タカハシ ユミ" || out.Balance == nil || *out.Balance != 1_005_500 {
				t.Errorf("%s in %s: %+v", bank, letters, out)
			}
		}
	}
}

func TestRowsThatCannotBeReadAreNamedAndTheOthersGoIn(t *testing.T) {
	t.Parallel()
	file := "Date,Amount,Memo\n2026-11-30,100,good\n2026-02-30,100,no day\n2026-11-30,1x0,no amount\n2026-11-30,,nothing\n\n2026-11-30,\"-1,000\",good\n"
	p := aStatement(t, []byte(file)).Preview(yenAccount)
	var codes []string
	var lines []int
	for _, f := range p.Faults {
		codes, lines = append(codes, f.Code), append(lines, f.Line)
	}
	if p.Lines != 2 || p.Faulty != 3 || strings.Join(codes, " ") != "statement_day statement_amount statement_nothing" || len(lines) != 3 || lines[0] != 3 || lines[2] != 5 {
		t.Errorf("%+v", p)
	}
}

func TestDecimalsAreTakenWhereTheCurrencyHasThem(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int64{"12.50": 1250, "1,234.5": 123450, "12": 1200, "(0.01)": -1, "-": 0} {
		if got, err := statementAmount(text, "USD"); err != nil || got != want {
			t.Errorf("%q is %d (%v), want %d", text, got, err, want)
		}
	}
	for _, text := range []string{"12.5", "1e3", "12.505", "9999999999999999999"} {
		if got, err := statementAmount(text, "JPY"); !errors.Is(err, ErrStatementAmount) {
			t.Errorf("%q is ¥%d (%v)", text, got, err)
		}
	}
	if got, err := statementAmount("1,234.00", "JPY"); err != nil || got != 1234 {
		t.Errorf("¥1,234.00 is %d (%v)", got, err)
	}
}

func TestFilesThatAreNoStatementsAreRefused(t *testing.T) {
	t.Parallel()
	for what, c := range map[string]struct {
		file []byte
		want error
	}{
		"nothing":      {[]byte(" \r\n"), ErrStatementEmpty},
		"a workbook":   {[]byte("PK\x03\x04and so on"), nil},
		"bytes":        {[]byte{0xff, 0xfe, 0x00, 0x41}, nil},
		"a PDF":        {[]byte("%PDF-1.7"), nil},
		"far too much": {bytes.Repeat([]byte("a"), maxStatement+1), nil},
	} {
		_, _, _, err := recognise(c.file, nil)
		var p *problem.Error
		if !errors.As(err, &p) || c.want != nil && !errors.Is(err, c.want) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// TestAnOverlappingFileBringsItsRowsUnderTheSameNames draws a month and two downloads that overlap in whole days.
func TestAnOverlappingFileBringsItsRowsUnderTheSameNames(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var month []StatementRow
		for day := range 20 {
			for range rapid.IntRange(0, 4).Draw(t, "rows") {
				month = append(month, StatementRow{BookedOn: date(2026, 11, day+1), Amount: rapid.SampledFrom([]int64{100, 200, -100}).Draw(t, "amount"),
					Name: rapid.SampledFrom([]string{"", "A", "B"}).Draw(t, "name")})
			}
		}
		cut := rapid.IntRange(1, 20).Draw(t, "until")
		from := rapid.IntRange(1, cut).Draw(t, "from")
		found := map[string]int{}
		for _, part := range [][2]int{{1, cut}, {from, 20}} {
			names := fingerprints{account: yenAccount.ID, seen: map[[32]byte]int{}}
			for _, r := range month {
				if r.BookedOn.Day >= part[0] && r.BookedOn.Day <= part[1] {
					found[names.of(r)]++
				}
			}
		}
		if len(found) != len(month) {
			t.Fatalf("%d movements became %d", len(month), len(found))
		}
	})
}

// FuzzStatement holds that no file does worse than to be refused, and that what is read of it is sound.
func FuzzStatement(f *testing.F) {
	f.Add([]byte("日付,摘要,出金,入金,残高\n2026/11/30,a,,1,1\n"))
	f.Add([]byte("Date,Amount\n20261130,\"1\n"))
	f.Add(sjis(f, "取引日,金額\nR8.11.30,△1\n"))
	f.Add([]byte("1030" + strings.Repeat("0", 196)))
	f.Fuzz(func(t *testing.T, file []byte) {
		format, encoding, mapping, err := recognise(file, nil)
		if err != nil {
			return
		}
		b := BankStatement{Format: format, Encoding: encoding, Mapping: mapping, Content: file, UploadedAt: time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)}
		b.Headings()
		for row, err := range b.rows(yenAccount, date(2026, 12, 1)) {
			if err == nil && (row.Amount == 0 || !row.BookedOn.IsValid()) {
				t.Errorf("%q has %+v", file, row)
			}
		}
	})
}
