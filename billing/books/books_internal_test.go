package books

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"cloud.google.com/go/civil"
	"pgregory.net/rapid"

	"homecoming/internal/cell"
)

func day(y int, m time.Month, d int) civil.Date { return civil.Date{Year: y, Month: m, Day: d} }

var full = TaxKey{1000, 10_000}

// accepted is the example that the design works out: a fee of 300,000 and its tax, with tax withheld, and the platform's
// fee. wallet is where it is paid from.
func accepted(wallet Role) Fact {
	return Fact{No: 1, Day: day(2026, 11, 30), Summary: "C-1001 佐藤 健 月次決算", Number: "S-2611-1", Partner: "佐藤 健",
		Dimensions: map[string]string{"department": "経理部", "cost_centre": "CC-7"}, Moves: []Move{
			{Role: Outsourcing, Amount: 330_000, Tax: full, TaxSum: 30_000, Ref: "entry:0001:2"},
			{Role: wallet, Amount: -299_370, Ref: "entry:0001:1"},
			{Role: Withheld, Amount: -30_630, Ref: "entry:0001:2"},
		}}
}

func written(t testing.TB, kind Kind, o Options, entries ...Entry) ([]byte, Report) {
	t.Helper()
	var file bytes.Buffer
	w, err := NewWriter(One(&file), kind, o)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if err := w.Entry(e); err != nil {
			t.Fatal(err)
		}
	}
	return file.Bytes(), w.Close()
}

// month is a small month with everything in it that a form may stumble over.
func month() []Fact {
	facts := []Fact{
		{Day: day(2026, 11, 2), Summary: "C-1001 佐藤 健 月次決算", Partner: "佐藤 健", Moves: []Move{
			{Role: Advance, Amount: 315_870, Ref: "entry:0000:3"}, {Role: Bank, Amount: -315_870, Ref: "entry:0000:1"}}},
		{Day: day(2026, 11, 30), Due: &civil.Date{Year: 2026, Month: 12, Day: 29}, Summary: "C-1001 佐藤 健 月次決算", Number: "S-2611-1", Partner: "佐藤 健",
			Dimensions: map[string]string{"department": "経理部"}, Moves: []Move{
				{Role: Outsourcing, Amount: 330_000, Tax: full, TaxSum: 30_000, Ref: "entry:0001:2"},
				{Role: Commission, Amount: 16_500, Tax: full, TaxSum: 1_500, Ref: "entry:0001:3"},
				{Role: Advance, Amount: -315_870, Ref: "entry:0001:1"},
				{Role: Withheld, Amount: -30_630, Ref: "entry:0001:2"}}},
		{Day: day(2026, 11, 30), Due: &civil.Date{Year: 2026, Month: 12, Day: 29}, Summary: `C-1002 "Kita, Ltd" =SUM(A1)`, Partner: "=cmd|' /C calc'!A0",
			Dimensions: map[string]string{"department": "-広報部"}, Moves: []Move{
				{Role: Outsourcing, Amount: 110_000, Tax: TaxKey{1000, 7000}, TaxSum: 10_000, Ref: "entry:0002:2"},
				{Role: Payable, Amount: -110_000, Ref: "entry:0002:1"}}},
		{Day: day(2026, 11, 30), Summary: "C-1001 返金 𠮷田 〜", Partner: "髙橋", Moves: []Move{
			{Role: Receivable, Amount: 11_000, Ref: "entry:0003:2"},
			{Role: Outsourcing, Amount: -11_000, Tax: full, TaxSum: -1_000, Ref: "entry:0003:1"}}},
		// Paid from the company's own bank: owed whole, then the tax office's part and the payee's.
		{Day: day(2026, 11, 30), Due: &civil.Date{Year: 2026, Month: 12, Day: 29}, Summary: "C-1003 佐藤 健 翻訳", Partner: "佐藤 健",
			Keeps: Move{Role: Withheld, Amount: -10_210, Ref: "entry:0004:3"}, Moves: []Move{
				{Role: Outsourcing, Amount: 110_000, Tax: full, TaxSum: 10_000, Ref: "entry:0004:3"},
				{Role: Commission, Amount: 5_500, Tax: full, TaxSum: 500, Ref: "entry:0004:4"},
				{Role: Payable, Amount: -115_500, Ref: "entry:0004:1"}}},
		{Day: day(2026, 12, 25), Summary: "C-1003 佐藤 健 翻訳", Partner: "佐藤 健", Moves: []Move{
			{Role: Payable, Amount: 10_210, Ref: "entry:0005:1"}, {Role: Withheld, Amount: -10_210, Ref: "entry:0005:2"}}},
		{Day: day(2026, 12, 25), Summary: "C-1003 佐藤 健 翻訳", Partner: "佐藤 健", Moves: []Move{
			{Role: Payable, Amount: 99_790, Ref: "entry:0006:1"}, {Role: Bank, Own: "mizuho", Amount: -99_790, Ref: "entry:0006:2"}}},
	}
	for i := range facts {
		facts[i].No = i + 1
	}
	return facts
}

func charted(t testing.TB, kind Kind, facts []Fact) (entries []Entry) {
	t.Helper()
	chart := DefaultChart(kind.Target(), "ja").Owning("mizuho", "みずほ 本店", true)
	for _, f := range facts {
		e, err := chart.Entry(kind, f)
		if err != nil {
			t.Fatal(err)
		}
		entries = append(entries, e)
	}
	return entries
}

// Change the files by HOMECOMING_GOLDEN=write, and look at every byte that changed.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if os.Getenv("HOMECOMING_GOLDEN") == "write" {
		if err := os.WriteFile(path, got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s is now\n%s\nand was\n%s", name, got, want)
	}
}

func TestEveryFormIsWhatItWasByteByByte(t *testing.T) {
	t.Parallel()
	for _, kind := range Kinds {
		for _, enc := range kind.Encodings() {
			var file []byte
			if kind == FreeeDeals {
				file, _ = dealFile(t, enc, month())
			} else {
				file, _ = written(t, kind, Options{Encoding: enc, Currency: "JPY"}, charted(t, kind, month())...)
			}
			golden(t, fmt.Sprintf("%s.%s.csv", kind, enc), file)
		}
	}
}

func dealFile(t testing.TB, enc Encoding, facts []Fact) ([]byte, []Deal) {
	t.Helper()
	var file bytes.Buffer
	w, err := NewWriter(One(&file), FreeeDeals, Options{Encoding: enc})
	if err != nil {
		t.Fatal(err)
	}
	var deals []Deal
	for _, f := range facts {
		d, ok, err := DefaultChart(ToFreee, "ja").Deal(f)
		if err != nil {
			t.Fatal(err)
		}
		if !ok {
			continue
		}
		deals = append(deals, d)
		if err := w.Deal(d); err != nil {
			t.Fatal(err)
		}
	}
	w.Close()
	return file.Bytes(), deals
}

func TestTheExampleOfTheDesignComesOutAsItStandsThere(t *testing.T) {
	t.Parallel()
	file, _ := written(t, MoneyForward, Options{}, charted(t, MoneyForward, []Fact{accepted(Bank)})...)
	const want = "1,2026/11/30,外注費,,経理部,佐藤 健,課税仕入 10%,適格,330000,30000,普通預金,,経理部,佐藤 健,対象外,,299370,0,C-1001 佐藤 健 月次決算 S-2611-1,entry:0001:2 entry:0001:1,,,,,,,\r\n" +
		"1,2026/11/30,,,,,,,,,預り金,源泉所得税,経理部,佐藤 健,対象外,,30630,0,C-1001 佐藤 健 月次決算 S-2611-1,entry:0001:2,,,,,,,\r\n"
	if !strings.HasSuffix(string(file), "\r\n"+want) {
		t.Fatalf("got\n%s", file)
	}
	yayoi, _ := written(t, Yayoi, Options{}, charted(t, Yayoi, []Fact{accepted(Bank)})...)
	text, err := decode(yayoi)
	if err != nil {
		t.Fatal(err)
	}
	rows := strings.Split(text, "\r\n")
	if len(rows) != 3 || !strings.HasPrefix(rows[0], "2110,1,,2026/11/30,外注費,,経理部,課対仕入込10%適格,330000,30000,普通預金,,経理部,対象外,299370,0,C-1001 佐藤 健 月次決算,S-2611-1,,3,,entry:") ||
		!strings.HasPrefix(rows[1], "2101,1,,2026/11/30,,,,対象外,0,,預り金,源泉所得税,経理部,対象外,30630,0,") || strings.Count(rows[0], ",") != 24 {
		t.Fatalf("got\n%s", text)
	}
}

func TestTheShareOfTheTaxIsSaidAsEachProgramSaysIt(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		share                           int64
		moneyForward, mfInvoice         string
		freee, yayoi                    string
		quickBooksTax, quickBooksAmount int64
	}{
		{10_000, "課税仕入 10%", "適格", "課対仕入10%", "課対仕入込10%適格", 10_000, 100_000},
		{8000, "課税仕入 10%", "80%控除", "課対仕入（控80）10%", "課対仕入込10%区分80%", 8_000, 102_000},
		{7000, "課税仕入 10%", "70%控除", "課対仕入（控70）10%", "課対仕入込10%区分70%", 7_000, 103_000},
		{5000, "課税仕入 10%", "50%控除", "課対仕入（控50）10%", "課対仕入込10%区分50%", 5_000, 105_000},
		{3000, "課税仕入 10%", "30%控除", "課対仕入（控30）10%", "課対仕入込10%区分30%", 3_000, 107_000},
		{0, "課税仕入 10%", "控除不可", "対象外", "課対仕入込10%区分控不", 0, 110_000},
	} {
		f := Fact{No: 1, Day: day(2026, 11, 30), Moves: []Move{{Role: Outsourcing, Amount: 110_000, Tax: TaxKey{1000, c.share}, TaxSum: 10_000, Ref: "entry:1:1"}, {Role: Payable, Amount: -110_000, Ref: "entry:1:2"}}}
		first := func(k Kind) Line { return charted(t, k, []Fact{f})[0].Debits[0] }
		if l := first(MoneyForward); l.Tax != c.moneyForward || l.Invoice != c.mfInvoice {
			t.Errorf("%d: Money Forward says %q, %q", c.share, l.Tax, l.Invoice)
		}
		if l := first(FreeeJournal); l.Tax != c.freee {
			t.Errorf("%d: freee says %q", c.share, l.Tax)
		}
		if l := first(Yayoi); l.Tax != c.yayoi {
			t.Errorf("%d: Yayoi says %q", c.share, l.Tax)
		}
		debits := charted(t, QuickBooks, []Fact{f})[0].Debits
		if debits[0].Amount != c.quickBooksAmount || len(debits) > 1 && debits[1].Amount != c.quickBooksTax {
			t.Errorf("%d: QuickBooks gets %+v", c.share, debits)
		}
	}
}

// texts are what people may type, the awkward included; refs what we make.
var (
	texts = rapid.OneOf(rapid.String(), rapid.StringMatching(`['=+\-@＝＋－＠\t\r]{0,3}[a-z"',\n/: ]{0,20}`), rapid.SampledFrom([]string{"", "前渡金", "髙橋 〜 𠮷", "ｶﾞ－¥", " / entry:1:2", "entry:1:2"}))
	refs  = rapid.StringMatching(`entry:[0-9a-f]{8}:[1-9]`)
	days  = rapid.Custom(func(t *rapid.T) civil.Date {
		return day(2000, 1, 1).AddDays(rapid.IntRange(0, 40_000).Draw(t, "day"))
	})
)

func anEntry(t *rapid.T, no int) Entry {
	e := Entry{No: no, Day: days.Draw(t, "day"), Summary: texts.Draw(t, "summary"), Number: texts.Draw(t, "number")}
	line := func(amount int64) Line {
		return Line{Account: "a" + texts.Draw(t, "account"), Sub: texts.Draw(t, "sub"), Department: texts.Draw(t, "department"), Partner: texts.Draw(t, "partner"),
			Tax: texts.Draw(t, "tax"), Invoice: texts.Draw(t, "invoice"), Amount: amount, TaxAmount: rapid.Int64Range(0, amount).Draw(t, "tax amount"), Ref: refs.Draw(t, "ref")}
	}
	var sum int64
	for range rapid.IntRange(1, 4).Draw(t, "debits") {
		l := line(rapid.Int64Range(5, 1<<50).Draw(t, "amount"))
		sum += l.Amount
		e.Debits = append(e.Debits, l)
	}
	for n := rapid.IntRange(0, 3).Draw(t, "more credits"); n > 0 && sum > 1; n-- {
		l := line(rapid.Int64Range(1, sum-1).Draw(t, "amount"))
		sum -= l.Amount
		e.Credits = append(e.Credits, l)
	}
	e.Credits = append(e.Credits, line(sum))
	return e
}

// kept is what is left of an entry in a file of a kind: the columns that it has, in text as the encoding and the
// program's limits leave it.
func kept(kind Kind, enc Encoding, e Entry) Entry {
	held := func(s string, most int) string {
		s, _ = fit(cell.Neutral(cell.Clean(s)), most)
		text, _ := decode(enc.encode(s, map[rune]int{}))
		return cell.Original(text)
	}
	tailed := func(s string, most int, refs ...string) string {
		tail := strings.TrimSpace(strings.Join(refs, " "))
		s, _ = fit(cell.Neutral(cell.Clean(s)), most-len(refMark)-len(tail))
		text, _ := decode(enc.encode(cell.Original(s), map[rune]int{}))
		return text
	}
	line := func(l Line) Line {
		k := Line{Account: held(l.Account, 0), Sub: held(l.Sub, 0), Department: held(l.Department, 0), Partner: held(l.Partner, 0), Tax: held(l.Tax, 0),
			Invoice: held(l.Invoice, 0), Amount: l.Amount, TaxAmount: l.TaxAmount, Ref: l.Ref}
		switch kind {
		case FreeeJournal:
			k.Invoice = ""
		case Yayoi:
			k.Account, k.Sub, k.Department = held(l.Account, yayoiName), held(l.Sub, yayoiName), held(l.Department, yayoiName)
			k.Partner, k.Invoice = "", ""
		case QuickBooks:
			if l.Sub != "" {
				k.Account = held(l.Account+":"+l.Sub, 0)
			}
			k.Sub, k.Department, k.Tax, k.Invoice, k.TaxAmount, k.Partner = "", "", "", "", 0, held(l.Partner, quickBooksName)
		}
		return k
	}
	k := Entry{No: e.No, Day: e.Day, Summary: held(e.Summary, 0), Number: held(e.Number, 0)}
	switch kind {
	case MoneyForward:
		k.Summary, k.Number = held(e.Summary, moneyForwardSummary), ""
	case Yayoi:
		k.Summary, k.Number = held(e.Summary, yayoiSummary), held(e.Number, yayoiNumber)
	case FreeeJournal, QuickBooks:
		k.Number = ""
		k.Summary = tailed(e.Summary, quickBooksText, "entry:00000000:1")
	}
	for _, l := range e.Debits {
		k.Debits = append(k.Debits, line(l))
	}
	for _, l := range e.Credits {
		k.Credits = append(k.Credits, line(l))
	}
	return k
}

func TestWhatWasWrittenIsReadBack(t *testing.T) {
	t.Parallel()
	for _, kind := range Kinds {
		if kind == FreeeDeals {
			continue
		}
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(t *rapid.T) {
				enc := rapid.SampledFrom(kind.Encodings()).Draw(t, "encoding")
				exponent := 0
				if !kind.YenOnly() {
					exponent = rapid.SampledFrom([]int{0, 2}).Draw(t, "decimals")
				}
				var list, want []Entry
				for no := range rapid.IntRange(0, 4).Draw(t, "entries") {
					e := anEntry(t, no+1)
					list, want = append(list, e), append(want, kept(kind, enc, e))
				}
				var file bytes.Buffer
				w, err := NewWriter(One(&file), kind, Options{Encoding: enc, Currency: "JPY", Exponent: exponent})
				if err != nil {
					t.Fatal(err)
				}
				for _, e := range list {
					if err := w.Entry(e); err != nil {
						t.Fatal(err)
					}
				}
				report := w.Close()
				if report.Records() != int64(len(list)) || report.Parts[0].Bytes != int64(file.Len()) {
					t.Fatalf("reports %+v of %d entries in %d bytes", report, len(list), file.Len())
				}
				got, err := Read(bytes.NewReader(file.Bytes()), kind, exponent)
				if err != nil {
					t.Fatalf("%v\n%s", err, file.Bytes())
				}
				if !reflect.DeepEqual(got, want) {
					t.Fatalf("read\n%+v\nwant\n%+v\n%s", got, want, file.Bytes())
				}
			})
		})
	}
}

func TestDealsAreReadBack(t *testing.T) {
	t.Parallel()
	for _, enc := range FreeeDeals.Encodings() {
		facts := month()
		facts[2].Partner, facts[3].Summary, facts[3].Partner = "=Kita", "C-1001 返金", "髙橋"
		file, want := dealFile(t, enc, facts)
		got, err := ReadDeals(bytes.NewReader(file))
		if err != nil {
			t.Fatal(err)
		}
		if len(got) != 4 || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: read\n%+v\nwant\n%+v", enc, got, want)
		}
		if d := got[0]; d.Income || d.Total() != 315_870 || d.Wallet != "Homecoming" || d.Lines[2].Amount != -30_630 {
			t.Errorf("the acceptance is %+v", d)
		}
		if d := got[3]; d.Total() != 105_290 || d.PaidOn != nil {
			t.Errorf("what the company's own bank is to pay is %+v", d)
		}
		if d := got[1]; d.PaidOn != nil || d.Due == nil || d.Lines[0].Tax != "課対仕入（控70）10%" {
			t.Errorf("what is not paid yet is %+v", d)
		}
		if d := got[2]; !d.Income || d.Total() != 11_000 {
			t.Errorf("what comes back is %+v", d)
		}
	}
}

func TestAFileIsCutBetweenEntriesWhereTheProgramTakesNoLarger(t *testing.T) {
	t.Parallel()
	var parts []*bytes.Buffer
	w, err := NewWriter(func(n int) (io.Writer, error) {
		parts = append(parts, &bytes.Buffer{})
		if n != len(parts) {
			t.Errorf("part %d came as the %dth", n, len(parts))
		}
		return parts[n-1], nil
	}, FreeeJournal, Options{Limit: 3000})
	if err != nil {
		t.Fatal(err)
	}
	entries := charted(t, FreeeJournal, month())
	for n := range 20 {
		e := entries[n%len(entries)]
		e.No = n + 1
		if err := w.Entry(e); err != nil {
			t.Fatal(err)
		}
	}
	report := w.Close()
	read := 0
	for i, p := range parts {
		if p.Len() > 3000 || report.Parts[i].Bytes != int64(p.Len()) || len(report.Parts[i].SHA256) != 64 {
			t.Errorf("part %d has %d bytes, reported %+v", i+1, p.Len(), report.Parts[i])
		}
		list, err := Read(p, FreeeJournal, 0)
		if err != nil {
			t.Fatal(err)
		}
		read += len(list)
	}
	if read != 20 || len(parts) < 3 {
		t.Errorf("%d entries in %d parts", read, len(parts))
	}
}

func TestNoTextIsAFormulaAndNoNumberIsTouched(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{"=1+1": "'=1+1", "+81": "'+81", "-x": "'-x", "@a": "'@a", "\t=1": "'=1", "\rx": "x", "＝1": "'＝1", "'=1": "''=1", "'a": "'a", "": "", "a=b": "a=b"} {
		if got := cell.Neutral(cell.Clean(in)); got != want {
			t.Errorf("%q is written %q, want %q", in, got, want)
		}
		if back := cell.Original(cell.Neutral(cell.Clean(in))); back != cell.Clean(in) {
			t.Errorf("%q comes back as %q", in, back)
		}
	}
	var file bytes.Buffer
	s, err := NewSheet(One(&file), UTF8, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Write([]Cell{Number(-5), Amount(-1234, 2), Amount(-5, 2), Text("-5")}); err != nil {
		t.Fatal(err)
	}
	if got := file.String(); got != mark+"-5,-12.34,-0.05,'-5\r\n" {
		t.Errorf("wrote %q", got)
	}
}

func TestWhatShiftJISLacksIsShownAndReported(t *testing.T) {
	t.Parallel()
	var file bytes.Buffer
	s, err := NewSheet(One(&file), ShiftJIS, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Write([]Cell{Text("𠮷野 髙橋 ①㈱ 🍣 〜−¥ が"), Text("가")}); err != nil {
		t.Fatal(err)
	}
	report := s.Close()
	text, err := decode(file.Bytes())
	if err != nil || text != "〓野 髙橋 ①㈱ 〓 ～－￥ が,〓\r\n" || report.Replaced != "가🍣𠮷" {
		t.Errorf("wrote %q, replaced %q (%v)", text, report.Replaced, err)
	}
}

func TestANameThatIsMissingIsNamed(t *testing.T) {
	t.Parallel()
	chart := DefaultChart(ToMoneyForward, "ja").With(AccountField, "outsourcing", "")
	_, err := chart.Entry(MoneyForward, accepted(Advance))
	var missing *Unmapped
	if !errors.As(err, &missing) || missing.Field != AccountField || missing.Key != "outsourcing" {
		t.Errorf("got %v", err)
	}
	f := accepted(Advance)
	f.Moves[0].Tax = TaxKey{1200, 10_000}
	_, err = DefaultChart(ToFreee, "ja").Entry(FreeeJournal, f)
	if !errors.As(err, &missing) || missing.Field != TaxField || missing.Key != "purchase-12-full" {
		t.Errorf("got %v", err)
	}
}

func TestAChartRenamesWithoutChangingAnother(t *testing.T) {
	t.Parallel()
	before := DefaultChart(ToFreee, "ja")
	after := before.With(AccountField, "outsourcing", "業務委託費").With(SubField, "outsourcing", "OB").With(DepartmentField, "CC-7", "第7").With(DimensionField, "department", "cost_centre")
	e, err := after.Entry(FreeeJournal, accepted(Advance))
	if err != nil {
		t.Fatal(err)
	}
	if l := e.Debits[0]; l.Account != "業務委託費" || l.Sub != "OB" || l.Department != "第7" {
		t.Errorf("got %+v", l)
	}
	if before.Accounts[Outsourcing] != "外注費" || len(before.Departments) != 0 {
		t.Errorf("the first chart is now %+v", before)
	}
}

func TestAnEntryThatDoesNotBalanceIsNotWritten(t *testing.T) {
	t.Parallel()
	w, err := NewWriter(One(io.Discard), Journal, Options{})
	if err != nil {
		t.Fatal(err)
	}
	e := charted(t, Journal, []Fact{accepted(Bank)})[0]
	e.Credits[0].Amount++
	if w.Entry(e) == nil {
		t.Error("it was written")
	}
	if _, err := NewWriter(One(io.Discard), Yayoi, Options{Encoding: UTF8}); err == nil {
		t.Error("Yayoi in UTF-8 was begun")
	}
}

func FuzzRead(f *testing.F) {
	for i, kind := range Kinds {
		if kind == FreeeDeals {
			file, _ := dealFile(f, UTF8, month())
			f.Add(byte(i), file)
			continue
		}
		file, _ := written(f, kind, Options{}, charted(f, kind, month())...)
		f.Add(byte(i), file)
	}
	f.Fuzz(func(t *testing.T, n byte, file []byte) {
		kind := Kinds[int(n)%len(Kinds)]
		if kind == FreeeDeals {
			deals, err := ReadDeals(bytes.NewReader(file))
			if err == nil {
				dealsAgain(t, deals)
			}
			return
		}
		entries, err := Read(bytes.NewReader(file), kind, 0)
		if err != nil {
			return
		}
		again, _ := written(t, kind, Options{}, entries...)
		if back, err := Read(bytes.NewReader(again), kind, 0); err != nil || len(back) != len(merged(kind, entries)) {
			t.Errorf("%d entries were read, and %d of what was written (%v)", len(entries), len(back), err)
		}
	})
}

// merged are entries as a reader sees them that tells entries apart by number and day.
func merged(kind Kind, list []Entry) []Entry {
	if kind == Yayoi {
		return list
	}
	var all entries
	for _, e := range list {
		all.of(e.No, e.Day)
	}
	return all.list
}

func dealsAgain(t *testing.T, deals []Deal) {
	t.Helper()
	var file bytes.Buffer
	w, err := NewWriter(One(&file), FreeeDeals, Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range deals {
		if err := w.Deal(d); err != nil {
			t.Fatal(err)
		}
	}
	back, err := ReadDeals(&file)
	if err != nil || len(back) != len(deals) {
		t.Errorf("%d deals were read, and %d of what was written (%v)", len(deals), len(back), err)
	}
}

func TestCuttingCountsAsJapaneseProgramsDo(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		in   string
		most int
		want string
	}{{"前渡金abc", 6, "前渡金"}, {"前渡金abc", 7, "前渡金a"}, {"前渡金", 5, "前渡"}, {"ｱｲｳｴ", 3, "ｱｲｳ"}, {"", 3, ""}, {"abc", 0, "abc"}} {
		if got, cut := fit(c.in, c.most); got != c.want || cut != (len(got) < len(c.in)) || !utf8.ValidString(got) {
			t.Errorf("%q in %d columns is %q", c.in, c.most, got)
		}
	}
}
