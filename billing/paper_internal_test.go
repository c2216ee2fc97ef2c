package billing

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"homecoming/billing/paper/papertest"
	"homecoming/internal/problem"
	"homecoming/market"
)

var write = flag.Bool("write-documents", false, "write the golden documents anew, and their files to $HOMECOMING_PICTURES")

var (
	aoi     = market.Company{Name: "株式会社葵", NameEN: "Aoi Inc.", Address: "東京都千代田区丸の内1-1-1", TaxNumber: "T7010705000725", TimeZone: "Asia/Tokyo", Currency: "JPY", Language: "ja", AutoAcceptDays: 7, PaymentDays: 30, PlatformFeeBP: 500}
	yoshino = market.Person{FamilyName: "𠮷野", GivenName: "由美", RegistrationNumber: "T1234567890123"}
	someone = uuid.MustParse("00000000-0000-7000-8000-000000000001")
)

// quoted is an accepted milestone of a fee.
func quoted(fee int64, category string) (Contract, Milestone) {
	due, received := date(2026, 11, 23), date(2026, 11, 23)
	q := QuoteFor(statute, aoi, category, market.Yen(fee), market.Payee{}, due)
	at := time.Date(2026, 11, 25, 3, 0, 0, 0, time.UTC)
	c := Contract{ID: someone, Number: 1042, PersonID: someone, Title: "月次決算の補助", Currency: "JPY"}
	return c, Milestone{ID: someone, Title: "十一月分", DueOn: due, ReceivedOn: &received, PayBy: &q.LatestPayment, AcceptedAt: &at, Currency: "JPY", Amount: q.Fee, Tax: q.Tax,
		Withheld: q.Withheld, PlatformFee: q.PlatformFee, PlatformTax: q.PlatformTax, PaymentDays: 30}
}

// documents are one of each kind, and those that take another form.
func documents() map[string]draft {
	c, m := quoted(300_000, "design")
	st := statementOf(aoi, yoshino, c, m, "design", statute)
	unregistered := yoshino
	unregistered.RegistrationNumber = ""
	m.Recovered, m.Reversed = 20_000, 9_370
	other := statementOf(aoi, unregistered, c, m, "design", statute)
	s := &Service{cfg: Config{Platform: PaperParty{Name: "Homecoming株式会社", Address: "東京都港区1-2-3", Number: "T9011101097073"}}}
	n := Notice{Schema: 1, Contract: "C-1042", Client: aoi.Name, ClientAddress: aoi.Address, ClientNumber: aoi.TaxNumber, Supplier: yoshino.Name(), SupplierNumber: yoshino.RegistrationNumber,
		OrderedOn: date(2026, 11, 1), Work: "月次決算の補助", Brief: "仕訳の確認と試算表の作成。\n\n質問はいつでもどうぞ。", Rights: "as_in_brief", Place: "online", DeliverOn: date(2026, 11, 23), PaymentDays: 30,
		Parts: []NoticePart{{Title: "十一月分", DeliverOn: date(2026, 11, 23), InspectBy: date(2026, 11, 30), PayBy: date(2026, 12, 22), Quote: m.Quote()}}, Total: m.Quote(), Means: "transfer",
		Undecided: []NoticeUndecided{{Item: "納品の方法", Why: "社内の準備中", DecidedBy: date(2026, 11, 10)}}}
	later := n
	later.Undecided = nil
	paid := []PaidWork{{PersonID: someone, Person: yoshino.Name(), Contract: "C-1042", Title: "十一月分", Paid: date(2026, 11, 26), Category: "design", Fee: 300_000, Tax: 30_000, Withheld: 30_630},
		{PersonID: someone, Person: yoshino.Name(), Contract: "C-1043", Title: "登記の手続き", Paid: date(2026, 11, 27), Category: "scrivener", Fee: 60_000, Tax: 6_000, Withheld: 5_105},
		{PersonID: uuid.MustParse("00000000-0000-7000-8000-000000000002"), Person: "Daniel Okafor", Contract: "C-1050", Title: "Translation", Paid: date(2026, 11, 30), Category: "translation", Fee: 20_000, Tax: 2_000, Withheld: 2_042}}
	return map[string]draft{
		"notice": draftNotice(c, n, nil, strings.Repeat("ab", 32), statute), "supplement": draftNotice(c, later, &n, strings.Repeat("cd", 32), statute),
		"statement": {kind: StatementPaper, content: st, amount: st.Transfer}, "statement-unregistered": {kind: StatementPaper, content: other, amount: other.Transfer},
		"receipt":     s.draftReceipt(aoi, c, m, statute),
		"monthly":     {kind: MonthlyPaper, content: Monthly{Month: date(2026, 11, 1), Company: partyOf(aoi), Person: PaperParty{Name: yoshino.Name()}, Payments: paid[:2], Currency: "JPY"}},
		"withholding": {kind: WithholdingPaper, content: withholdingOf(aoi, date(2026, 11, 1), paid, statute)},
		"records":     {kind: RecordsPaper, content: recordsOf(aoi, 2026, paid, statute)},
	}
}

// written is a draft as the 42nd of its kind, corrected once.
func written(t *testing.T, d draft, lang string) Paper {
	t.Helper()
	body, err := json.Marshal(d.content)
	if err != nil {
		t.Fatal(err)
	}
	p := Paper{ID: someone, Kind: d.kind, Year: 2026, Serial: 42, Version: 2, Language: lang, RulesVersion: 34, IssuedOn: date(2026, 12, 1), IssuedAt: time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)}
	if err := p.write(body, Paper{Version: 1, IssuedOn: date(2026, 11, 28), DataHash: strings.Repeat("0", 64)}, d.content, "https://homecoming.example"); err != nil {
		t.Fatal(err)
	}
	return p
}

func TestEveryKindReadsAndIsKeptAsItWas(t *testing.T) {
	t.Parallel()
	for name, d := range documents() {
		for _, lang := range []string{"ja", "en"} {
			p := written(t, d, lang)
			f, err := papertest.Read(p.PDF)
			if err != nil {
				t.Fatal(err)
			}
			golden(t, name+"."+lang+".txt", strings.Join(f.Lines(), "\n")+"\n")
			if dir := os.Getenv("HOMECOMING_PICTURES"); *write && dir != "" {
				if err := os.WriteFile(filepath.Join(dir, name+"."+lang+".pdf"), p.PDF, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if lang == "ja" {
				golden(t, name+".json", p.Data+"\n")
			}
			again, err := p.redrawn("https://homecoming.example")
			if err != nil {
				t.Fatal(err)
			}
			if again.Title == "" || again.Footer[1] != "SHA-256 "+p.DataHash {
				t.Errorf("%s drawn from its data: %+v", name, again)
			}
		}
	}
}

// golden compares with a file byte by byte.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", "documents", name)
	if *write {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s is now\n%s", name, got)
	}
}

func TestAStatementsLinesSumToItsTotalsWithOneRoundingARate(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		category := rapid.SampledFrom(market.WithholdingCategories).Draw(t, "category")
		c, m := quoted(rapid.Int64Range(50, 9_999_999).Draw(t, "fee"), category)
		m.Recovered = rapid.Int64Range(0, m.Quote().Net/2).Draw(t, "kept")
		st := statementOf(aoi, yoshino, c, m, category, statute)
		var lines []int64
		var sum, taxed, tax int64
		for _, l := range st.Lines {
			lines, sum = append(lines, l.Amount), sum+l.Amount
		}
		for _, r := range st.Rates {
			taxed, tax = taxed+r.Amount, tax+r.Tax
		}
		var withheld int64
		if st.Withholding != nil {
			withheld = st.Withholding.Amount
		}
		switch {
		case sum != taxed || sum != m.Amount:
			t.Fatalf("lines %d, by rate %d, milestone %d", sum, taxed, m.Amount)
		case tax != statute.ConsumptionTax(m.DueOn, lines...):
			t.Fatalf("tax %d, rounded once %d", tax, statute.ConsumptionTax(m.DueOn, lines...))
		case st.Transfer != sum+tax-withheld-st.Kept-st.Returned:
			t.Fatalf("%d is transferred of %+v", st.Transfer, st)
		case st.Transfer != m.Transferred():
			t.Fatalf("the statement says %d, the books move %d", st.Transfer, m.Transferred())
		}
	})
}

func TestAStatementNamesTheCorporationThatAgreedAndNoLaterOne(t *testing.T) {
	t.Parallel()
	c, m := quoted(100_000, "design")
	now := yoshino
	now.CorporateName = "株式会社由美工房"
	if st := statementOf(aoi, now, c, m, "design", statute); st.Supplier.Name != yoshino.Name() {
		t.Errorf("agreed as an individual, stated as %s", st.Supplier.Name)
	}
	c.Terms.Corporate = true
	if st := statementOf(aoi, now, c, m, "design", statute); st.Supplier.Name != "株式会社由美工房 "+yoshino.Name() {
		t.Errorf("agreed as a corporation, stated as %s", st.Supplier.Name)
	}
}

func TestRecordsAreMadeOfPayeesAboveTheLimitAndCountEverybodyOnTheCover(t *testing.T) {
	t.Parallel()
	pay := func(n byte, category string, fee, tax int64) PaidWork {
		return PaidWork{PersonID: uuid.UUID{15: n}, Person: string('A' + rune(n)), Paid: date(2026, 5, 1), Category: category, Fee: fee, Tax: tax, Withheld: fee / 10}
	}
	recs := recordsOf(aoi, 2026, []PaidWork{pay(1, "design", 45_455, 4_545), pay(2, "design", 45_456, 4_545), pay(3, "none", 900_000, 90_000),
		pay(4, "lecture", 20_000, 2_000), pay(4, "manuscript", 30_000, 3_000)}, statute)
	var who []string
	for _, r := range recs.Rows {
		who = append(who, r.Person+" "+r.Category)
	}
	if got := strings.Join(who, ", "); got != "C design, E lecture, E manuscript" { // 50,000 none, 50,001 one; programming none
		t.Errorf("records: %s", got)
	}
	for _, total := range recs.Totals {
		if total.Category == "design" && (total.People != 2 || total.Paid != 100_001 || total.RecordedPeople != 1 || total.RecordedPaid != 50_001) {
			t.Errorf("the cover says %+v", total)
		}
	}
	abroad := pay(5, "lecture", 100_000, 10_000)
	abroad.Abroad = true
	if w := withholdingOf(aoi, date(2026, 5, 1), []PaidWork{abroad, pay(4, "lecture", 20_000, 2_000)}, statute); len(w.Rows) != 2 || w.Rows[1].Slip != "non_residents" || w.Rows[1].Withheld != 10_000 || w.Total != 12_000 {
		t.Errorf("what was withheld abroad has no slip of its own: %+v", w.Rows)
	}
	rows := recs.CSV(problem.Japanese)
	if len(rows) != 4 || rows[1][3] != "50001" {
		t.Errorf("as a table: %v", rows)
	}
}

func TestAPeriodIsAMonthOrAYearAndNothingElse(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]span{"2026-02": {date(2026, 2, 1), date(2026, 2, 28)}, "2028": {date(2028, 1, 1), date(2028, 12, 31)}} {
		if got, ok := periodNamed(name); !ok || got != want {
			t.Errorf("%s is %v", name, got)
		}
	}
	for _, name := range []string{"", "2026-13", "26-01", "2026-11-01", "November", "2026-1"} {
		if got, ok := periodNamed(name); ok {
			t.Errorf("%q is %v", name, got)
		}
	}
}
