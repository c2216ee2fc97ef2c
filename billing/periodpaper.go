package billing

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strconv"
	"time"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"
	"gorm.io/gorm"

	"homecoming/billing/paper"
	"homecoming/internal/cell"
	"homecoming/internal/problem"
	"homecoming/market"
)

// A PaidWork is one milestone that was paid for, as the documents about a period list it. Amounts are minor units.
type PaidWork struct {
	PersonID uuid.UUID  `json:"-"`
	Person   string     `json:"-"`
	Contract string     `json:"contract"`
	Title    string     `json:"title"`
	Paid     civil.Date `json:"paid_on"`
	Category string     `json:"category"`
	Abroad   bool       `json:"non_resident,omitempty"` // the payee was a non-resident, by the terms
	Fee      int64      `json:"fee"`
	Tax      int64      `json:"tax"`
	Withheld int64      `json:"withheld"`
	Kept     int64      `json:"kept"`
	Returned int64      `json:"returned"`
	Stated   string     `json:"statement,omitempty"` // the number of its purchase statement
	Currency string     `json:"-"`
}

// Received is what reached the payee.
func (p PaidWork) Received() int64 { return p.Fee + p.Tax - p.Withheld - p.Kept - p.Returned }

// A span is a stretch of a company's days, both ends included.
type span struct{ from, to civil.Date }

// periodNamed reads a month, 2026-11, or a year, 2026.
func periodNamed(name string) (span, bool) {
	if m, err := time.Parse("2006-01", name); err == nil {
		from := civil.DateOf(m)
		return span{from, endOfMonth(from)}, true
	}
	if y, err := time.Parse("2006", name); err == nil {
		return span{civil.DateOf(y), date(y.Year(), 12, 31)}, true
	}
	return span{}, false
}

// payments reads what a company paid in a period, by the day on which it left, oldest first.
func payments(tx *gorm.DB, company market.Company, in span) ([]PaidWork, error) {
	var rows []struct {
		PaidWork
		StatementYear, StatementSerial int
		Number                         int
		ReleasedAt                     time.Time
		Family                         string
		Given                          string
	}
	err := tx.Raw(`SELECT coalesce(st.year, 0) AS statement_year, coalesce(st.serial, 0) AS statement_serial, c.person_id, c.number, m.title, m.released_at, m.amount AS fee, m.tax, m.withheld, m.recovered AS kept, m.reversed AS returned, m.currency,
			p.family_name AS family, p.given_name AS given, coalesce(nullif(m.withholding_category, ''), d.body::jsonb->>'withholding_category', 'none') AS category,
			coalesce((d.body::jsonb->>'non_resident')::boolean, false) AS abroad
		FROM milestones m JOIN contracts c ON c.id = m.contract_id JOIN payees p ON p.id = c.person_id
		LEFT JOIN contract_documents d ON d.contract_id = c.id AND d.kind = 'terms' AND d.version = c.version
		LEFT JOIN issued_documents st ON st.company_id = m.company_id AND st.kind = 'statement' AND st.subject = 'milestone:' || m.id AND st.version = 1
		WHERE m.company_id = ? AND m.released_at >= ? AND m.released_at < ? ORDER BY m.released_at, m.id`,
		company.ID, in.from.In(company.Zone()), in.to.AddDays(1).In(company.Zone())).Scan(&rows).Error
	list := make([]PaidWork, len(rows))
	for i, r := range rows {
		list[i] = r.PaidWork
		list[i].Stated = statedIn{r.StatementYear, r.StatementSerial}.number()
		list[i].Contract, list[i].Paid = Contract{Number: r.Number}.Label(), civil.DateOf(r.ReleasedAt.In(company.Zone()))
		list[i].Person = market.Person{FamilyName: r.Family, GivenName: r.Given}.Name()
	}
	return list, err
}

// A Monthly is what a company paid one person in a month, over all their contracts.
type Monthly struct {
	Month    civil.Date `json:"month"` // its first day
	Company  PaperParty `json:"company"`
	Person   PaperParty `json:"person"`
	Payments []PaidWork `json:"payments"`
	Currency string     `json:"currency"`
}

// sum adds up what the payments have in a respect.
func sum(list []PaidWork, of func(PaidWork) int64) (total int64) {
	for _, p := range list {
		total += of(p)
	}
	return total
}

func feeOf(p PaidWork) int64      { return p.Fee }
func taxOf(p PaidWork) int64      { return p.Tax }
func withheldOf(p PaidWork) int64 { return p.Withheld }
func paidOf(p PaidWork) int64     { return p.Fee + p.Tax }

func (m Monthly) sheet(l wording) paper.Document {
	money := func(amount int64) string { return market.Money{Amount: amount, Currency: m.Currency}.String() }
	d := paper.Document{Title: l.say("Payment statement", "支払明細書"), Meta: l.period(l.month(m.Month)), To: l.to(m.Person, false), From: paper.Party{Label: l.say("Paid by", "支払者"), Name: m.Company.Name, Lines: l.lines(m.Company)}}
	d.To.Label = l.say("To", "宛名")
	d.Figure = &paper.Figure{Label: l.say("Paid to you", "お支払額合計"), Amount: money(sum(m.Payments, PaidWork.Received)),
		Parts: []paper.Fact{{Label: l.say("Fees", "報酬"), Value: money(sum(m.Payments, feeOf))}, {Label: l.say("Tax", "消費税"), Value: money(sum(m.Payments, taxOf))},
			{Label: l.say("Withheld", "源泉徴収税額"), Value: money(-sum(m.Payments, withheldOf))}}}
	t := &paper.Table{Columns: []paper.Column{{Title: l.say("Work", "内容"), Weight: 4.4}, {Title: l.say("Paid", "支払日"), Weight: 2.3}, {Title: l.say("Fee", "報酬"), Weight: 1.7, Number: true},
		{Title: l.say("Tax", "消費税"), Weight: 1.5, Number: true}, {Title: l.say("Withheld", "源泉徴収"), Weight: 1.5, Number: true}, {Title: l.say("Paid to you", "支払額"), Weight: 1.8, Number: true}}}
	var other int64
	stated := slices.ContainsFunc(m.Payments, func(p PaidWork) bool { return p.Stated != "" })
	if stated {
		t.Columns = slices.Insert(t.Columns, 1, paper.Column{Title: l.say("Purchase statement", "仕入明細書"), Weight: 2.6})
	}
	row := func(what, number string, rest ...string) []string {
		if stated {
			return append([]string{what, number}, rest...)
		}
		return append([]string{what}, rest...)
	}
	for _, p := range m.Payments {
		other += p.Kept + p.Returned
		t.Rows = append(t.Rows, paper.Row{Cells: row(p.Contract+" "+p.Title, p.Stated, l.day(p.Paid), money(p.Fee), money(p.Tax), money(-p.Withheld), money(p.Received()))})
	}
	t.Rows = append(t.Rows, paper.Row{Cells: row(l.say("Total", "合計"), "", "", money(sum(m.Payments, feeOf)), money(sum(m.Payments, taxOf)), money(-sum(m.Payments, withheldOf)), money(sum(m.Payments, PaidWork.Received))), Sum: true})
	d.Sections = []paper.Section{{Heading: l.say("Payments", "お支払いの内訳"), Table: t}}
	if stated {
		d.Closing = append(d.Closing, l.say("Consumption tax is rounded once on each purchase statement that is numbered here. Together with them this is the statement of the month.",
			"消費税額は、番号を記載した仕入明細書ごとに1回端数処理しています。本書は、各仕入明細書とあわせて当月分の明細となります。"))
	}
	if other > 0 {
		d.Closing = append(d.Closing, l.say("Kept for a debt or taken back, as stated on the purchase statements: ", "仕入明細書に記載の相殺・返還額：")+money(other))
	}
	return d
}

// A Withholding is the tax withheld in a month as it is to be paid in (納付書): by slip and category.
type Withholding struct {
	Month   civil.Date       `json:"month"` // its first day
	Company PaperParty       `json:"company"`
	DueOn   civil.Date       `json:"due_on"`
	Rows    []WithholdingSum `json:"rows"`
	Total   int64            `json:"total"`
}

// A WithholdingSum is one line: how many people were paid how much, without tax shown apart, and what was withheld.
type WithholdingSum struct {
	Slip     string `json:"slip"` // fees: 報酬・料金等; salaries: 給与所得等, whose slip has the line for professions; non_residents: 非居住者・外国法人
	Category string `json:"category"`
	People   int    `json:"people"`
	Paid     int64  `json:"paid"`
	Withheld int64  `json:"withheld"`
}

// slipOf is the payment slip on which a category's tax is paid in: that of 所得税法204条1項2号 goes with the salaries, and
// what was withheld from people abroad on one of its own.
func slipOf(w kindOfWork) string {
	switch {
	case w.abroad:
		return "non_residents"
	case w.category == "profession" || w.category == "scrivener":
		return "salaries"
	}
	return "fees"
}

// slipWords are the slips as the tax office calls them, in English and Japanese.
var slipWords = map[string][2]string{
	"fees":          {"Fees and charges", "報酬・料金等の所得税徴収高計算書"},
	"salaries":      {"Salaries, line for tax accountants and the like", "給与所得・退職所得等の所得税徴収高計算書（税理士等の報酬）"},
	"non_residents": {"Income of non-residents and foreign corporations", "非居住者・外国法人の所得についての所得税徴収高計算書"},
}

// A kindOfWork is what the tax office tells apart: the category of work, and whether it was paid for abroad.
type kindOfWork struct {
	category string
	abroad   bool
}

func (p PaidWork) kind() kindOfWork { return kindOfWork{p.Category, p.Abroad} }

// kindsOfWork are all of them in the order in which they are shown.
func kindsOfWork() (all []kindOfWork) {
	for _, category := range market.WithholdingCategories {
		all = append(all, kindOfWork{category, false}, kindOfWork{category, true})
	}
	return all
}

// word is how it is called on documents.
func (w kindOfWork) word(l wording) string {
	if w.abroad {
		return categoryWord(l, w.category) + l.say(" (non-resident)", "（非居住者）")
	}
	return categoryWord(l, w.category)
}

// withholdingOf sums a month's payments by category; what is not withheld on is left out.
func withholdingOf(company market.Company, month civil.Date, list []PaidWork, r Rules) Withholding {
	w := Withholding{Month: month, Company: partyOf(company), DueOn: r.WithholdingDue(month), Rows: []WithholdingSum{}}
	for _, kind := range kindsOfWork() {
		row, people := WithholdingSum{Slip: slipOf(kind), Category: kind.category}, map[uuid.UUID]bool{}
		for _, p := range list {
			if p.kind() == kind && p.Withheld > 0 {
				people[p.PersonID] = true
				row.Paid, row.Withheld = row.Paid+p.Fee, row.Withheld+p.Withheld
			}
		}
		if row.People = len(people); row.People > 0 {
			w.Rows, w.Total = append(w.Rows, row), w.Total+row.Withheld
		}
	}
	slices.SortStableFunc(w.Rows, func(a, b WithholdingSum) int { return cmp.Compare(a.Slip, b.Slip) })
	return w
}

func (w Withholding) sheet(l wording) paper.Document {
	yen := func(amount int64) string { return market.Yen(amount).String() }
	d := paper.Document{Title: l.say("Income tax withheld", "源泉所得税 納付額集計表"), Meta: l.period(l.month(w.Month)), From: paper.Party{Label: l.say("Withheld by", "徴収義務者"), Name: w.Company.Name, Lines: l.lines(w.Company)},
		To: paper.Party{Label: l.say("To be paid in by", "納期限"), Name: l.day(w.DueOn)}}
	d.Figure = &paper.Figure{Label: l.say("To be paid in", "納付税額"), Amount: yen(w.Total)}
	t := &paper.Table{Columns: []paper.Column{{Title: l.say("Slip", "納付書"), Weight: 4}, {Title: l.say("Category", "区分"), Weight: 2.5}, {Title: l.say("People", "人員"), Weight: 1, Number: true},
		{Title: l.say("Paid", "支払額"), Weight: 2, Number: true}, {Title: l.say("Withheld", "税額"), Weight: 2, Number: true}}}
	for _, r := range w.Rows {
		slip := l.say(slipWords[r.Slip][0], slipWords[r.Slip][1])
		t.Rows = append(t.Rows, paper.Row{Cells: []string{slip, categoryWord(l, r.Category), strconv.Itoa(r.People), yen(r.Paid), yen(r.Withheld)}})
	}
	t.Rows = append(t.Rows, paper.Row{Cells: []string{l.say("Total", "合計"), "", "", "", yen(w.Total)}, Sum: true})
	d.Sections = []paper.Section{{Heading: l.say("By slip and category", "納付書・区分別"), Table: t}}
	d.Closing = []string{l.say("Paid amounts are without consumption tax, which the statements show apart. Your tax adviser decides on which slip a category belongs.",
		"支払額は、消費税額を区分表示しているため税抜金額です。区分と納付書の別は顧問税理士にご確認ください。")}
	return d
}

// Records are a year's payment records 支払調書 with the totals that go on their cover (法定調書合計表). No My Number is held.
type Records struct {
	Year    int          `json:"year"`
	Company PaperParty   `json:"company"`
	Rows    []RecordRow  `json:"rows"` // of payees above the limit
	Totals  []RecordsSum `json:"totals"`
	Above   int64        `json:"above"` // yen a payee and year, tax included
}

// A RecordRow is one record: a payee and a category.
type RecordRow struct {
	PersonID uuid.UUID `json:"person_id"`
	Person   string    `json:"person"`
	Category string    `json:"category"`
	Abroad   bool      `json:"non_resident,omitempty"` // the record is that of payments to non-residents
	Paid     int64     `json:"paid"`                   // tax included
	Tax      int64     `json:"tax"`                    // consumption tax in it
	Withheld int64     `json:"withheld"`
}

// A RecordsSum is a line of the cover: everybody of a category, and of those who has a record.
type RecordsSum struct {
	Category         string `json:"category"`
	Abroad           bool   `json:"non_resident,omitempty"`
	People           int    `json:"people"`
	Paid             int64  `json:"paid"`
	Withheld         int64  `json:"withheld"`
	RecordedPeople   int    `json:"recorded_people"`
	RecordedPaid     int64  `json:"recorded_paid"`
	RecordedWithheld int64  `json:"recorded_withheld"`
}

// recordsOf makes the records of a year. The limit is on all that a payee was paid in categories that are withheld on:
// rather one record too many than one too few.
func recordsOf(company market.Company, year int, list []PaidWork, r Rules) Records {
	recs := Records{Year: year, Company: partyOf(company), Rows: []RecordRow{}, Totals: []RecordsSum{}, Above: r.value(RecordRule, "above", date(year, 12, 31))}
	inYear := map[uuid.UUID]int64{}
	byRow := map[uuid.UUID]map[kindOfWork]*RecordRow{}
	for _, p := range list {
		if r.WithholdingMethod(p.Category, p.Paid) == NotWithheld {
			continue
		}
		if byRow[p.PersonID] == nil {
			byRow[p.PersonID] = map[kindOfWork]*RecordRow{}
		}
		row := byRow[p.PersonID][p.kind()]
		if row == nil {
			row = &RecordRow{PersonID: p.PersonID, Person: p.Person, Category: p.Category, Abroad: p.Abroad}
			byRow[p.PersonID][p.kind()] = row
		}
		row.Paid, row.Tax, row.Withheld = row.Paid+paidOf(p), row.Tax+p.Tax, row.Withheld+p.Withheld
		inYear[p.PersonID] += paidOf(p)
	}
	for _, kind := range kindsOfWork() {
		total := RecordsSum{Category: kind.category, Abroad: kind.abroad}
		for person, rows := range byRow {
			row := rows[kind]
			if row == nil {
				continue
			}
			total.People, total.Paid, total.Withheld = total.People+1, total.Paid+row.Paid, total.Withheld+row.Withheld
			if r.NeedsPaymentRecord(year, inYear[person]) {
				recs.Rows = append(recs.Rows, *row)
				total.RecordedPeople, total.RecordedPaid, total.RecordedWithheld = total.RecordedPeople+1, total.RecordedPaid+row.Paid, total.RecordedWithheld+row.Withheld
			}
		}
		if total.People > 0 {
			recs.Totals = append(recs.Totals, total)
		}
	}
	slices.SortFunc(recs.Rows, func(a, b RecordRow) int {
		return cmp.Or(cmp.Compare(a.Person, b.Person), cmp.Compare(a.PersonID.String(), b.PersonID.String()), cmp.Compare(a.Category, b.Category))
	})
	return recs
}

func (recs Records) sheet(l wording) paper.Document {
	yen := func(amount int64) string { return market.Yen(amount).String() }
	var paid, withheld int64
	d := paper.Document{Title: l.say("Payment records", "報酬・料金等の支払調書 一覧"), Meta: l.period(strconv.Itoa(recs.Year) + l.say("", "年分")),
		From: paper.Party{Label: l.say("Paid by", "支払者"), Name: recs.Company.Name, Lines: l.lines(recs.Company)}}
	rows := &paper.Table{Columns: []paper.Column{{Title: l.say("Payee", "支払を受ける者"), Weight: 3.4}, {Title: l.say("Category", "区分"), Weight: 2.6}, {Title: l.say("Paid, with tax", "支払金額（税込）"), Weight: 2.2, Number: true},
		{Title: l.say("Tax in it", "うち消費税"), Weight: 1.8, Number: true}, {Title: l.say("Withheld", "源泉徴収税額"), Weight: 2, Number: true}}}
	for _, r := range recs.Rows {
		paid, withheld = paid+r.Paid, withheld+r.Withheld
		rows.Rows = append(rows.Rows, paper.Row{Cells: []string{r.Person, kindOfWork{r.Category, r.Abroad}.word(l), yen(r.Paid), yen(r.Tax), yen(r.Withheld)}})
	}
	rows.Rows = append(rows.Rows, paper.Row{Cells: []string{l.say("Total", "合計"), strconv.Itoa(len(recs.Rows)) + l.say(" records", "件"), yen(paid), "", yen(withheld)}, Sum: true})
	cover := &paper.Table{Columns: []paper.Column{{Title: l.say("Category", "区分"), Weight: 2.6}, {Title: l.say("People", "人員"), Weight: 1, Number: true}, {Title: l.say("Paid", "支払金額"), Weight: 2.1, Number: true},
		{Title: l.say("Withheld", "源泉徴収税額"), Weight: 2, Number: true}, {Title: l.say("With a record", "調書提出人員"), Weight: 1.6, Number: true}, {Title: l.say("Paid", "同 支払金額"), Weight: 2.1, Number: true}, {Title: l.say("Withheld", "同 源泉徴収税額"), Weight: 2, Number: true}}}
	for _, t := range recs.Totals {
		cover.Rows = append(cover.Rows, paper.Row{Cells: []string{kindOfWork{t.Category, t.Abroad}.word(l), strconv.Itoa(t.People), yen(t.Paid), yen(t.Withheld), strconv.Itoa(t.RecordedPeople), yen(t.RecordedPaid), yen(t.RecordedWithheld)}})
	}
	d.Sections = []paper.Section{{Heading: l.say("Records of payees above ", "提出対象（年間支払額 ") + yen(recs.Above) + l.say("", " 超）"), Table: rows},
		{Heading: l.say("Totals for the cover sheet", "法定調書合計表用の集計"), Table: cover}}
	d.Closing = []string{l.say("No My Number is held here; add it to the records that are filed.", "個人番号（マイナンバー）は保管していません。提出する調書には別途ご記入ください。")}
	return d
}

// CSV is the records as a table, its head in the document's language.
func (recs Records) CSV(lang problem.Language) [][]string {
	l := wording{lang}
	rows := [][]string{{l.say("Year", "年"), l.say("Payee", "支払を受ける者"), l.say("Category", "区分"), l.say("Paid, with tax", "支払金額（税込）"), l.say("Tax in it", "うち消費税"), l.say("Withheld", "源泉徴収税額")}}
	number := func(n int64) string { return strconv.FormatInt(n, 10) }
	for _, r := range recs.Rows {
		rows = append(rows, []string{strconv.Itoa(recs.Year), cell.Neutral(r.Person), kindOfWork{r.Category, r.Abroad}.word(l), number(r.Paid), number(r.Tax), number(r.Withheld)})
	}
	return rows
}

// categoryWords are the categories of withholding as the tax office calls them, in English and Japanese.
var categoryWords = map[string][2]string{
	"none": {"not withheld on", "源泉徴収対象外"}, "manuscript": {"manuscripts", "原稿料"}, "illustration": {"illustration", "さし絵・画料"}, "design": {"design", "デザイン料"},
	"lecture": {"lectures", "講演料"}, "teaching": {"teaching", "教授・指導料"}, "translation": {"translation", "翻訳料"}, "interpreting": {"interpreting", "通訳料"},
	"proofreading": {"proofreading", "校正料"}, "royalty": {"royalties", "著作権使用料"}, "profession": {"listed professions", "士業・企業診断員等の報酬"}, "scrivener": {"judicial scriveners and the like", "司法書士等の報酬"},
}

func categoryWord(l wording, category string) string {
	w, known := categoryWords[category]
	if !known {
		return category
	}
	return l.say(w[0], w[1])
}

// IssuePeriods issues what every company's last month and, from January on, last year call for, and returns how many
// documents are new. A company that fails does not keep the others waiting.
func (s *Service) IssuePeriods(ctx context.Context) (int, error) {
	var companies []uuid.UUID
	err := s.db.Gorm(ctx).Raw(`SELECT DISTINCT m.company_id FROM milestones m WHERE m.released_at >= ?::timestamptz - interval '62 days'`, s.clock.Now()).Scan(&companies).Error
	if err != nil {
		return 0, err
	}
	issued := 0
	var failures []error
	for _, id := range companies {
		failures = append(failures, s.db.Tx(ctx, func(tx *gorm.DB) error {
			company, err := market.CompanyByID(tx, id)
			if err != nil {
				return err
			}
			n, err := s.issuePeriods(tx, company)
			issued += n
			return err
		}))
	}
	return issued, errors.Join(failures...)
}

func (s *Service) issuePeriods(tx *gorm.DB, company market.Company) (issued int, err error) {
	today := company.Today(s.clock.Now())
	last := date(today.Year, today.Month, 1).AddMonths(-1)
	names := []string{last.String()[:7]}
	if today.Month == time.January {
		names = append(names, strconv.Itoa(last.Year))
	}
	for _, name := range names {
		in, _ := periodNamed(name)
		for _, kind := range []PaperKind{MonthlyPaper, WithholdingPaper, RecordsPaper} {
			n, err := s.issuePeriod(tx, company, kind, name, in, false)
			if issued += n; err != nil {
				return issued, err
			}
		}
	}
	return issued, nil
}

// issuePeriod issues what a kind has to say of a period: one document a payee, or one in all where there is anything. By
// the clock, a document that comes to the same amount stands, whatever has become of names and addresses since.
func (s *Service) issuePeriod(tx *gorm.DB, company market.Company, kind PaperKind, name string, in span, asked bool) (issued int, err error) {
	if (kind == RecordsPaper) != (len(name) == 4) {
		return 0, nil
	}
	list, err := payments(tx, company, in)
	if err != nil {
		return 0, err
	}
	rules, err := rulesFor(tx, company.ID)
	if err != nil {
		return 0, err
	}
	for _, d := range draftPeriod(company, kind, name, in, list, rules) {
		d.amountAlone = !asked
		_, isNew, err := s.issue(tx, company, d)
		if err != nil {
			return issued, err
		}
		if isNew {
			issued++
		}
	}
	return issued, nil
}

func draftPeriod(company market.Company, kind PaperKind, name string, in span, list []PaidWork, r Rules) []draft {
	base := draft{kind: kind, subject: name, title: name, day: in.to, currency: company.Currency, rules: r, counterparty: company.NameIn(company.Language)}
	switch kind {
	case MonthlyPaper:
		return draftMonthly(base, company, in, list)
	case WithholdingPaper:
		w := withholdingOf(company, in.from, list, r)
		base.amount, base.currency, base.content = w.Total, "JPY", w
		if w.Total > 0 {
			return []draft{base}
		}
	case RecordsPaper:
		recs := recordsOf(company, in.from.Year, list, r)
		for _, row := range recs.Rows {
			base.amount += row.Paid
		}
		base.currency, base.content = "JPY", recs
		if len(recs.Totals) > 0 {
			return []draft{base}
		}
	case NoticePaper, StatementPaper, ReceiptPaper:
	}
	return nil
}

// draftMonthly makes a document for each person and currency that was paid.
func draftMonthly(base draft, company market.Company, in span, list []PaidWork) []draft {
	type whom struct {
		person   uuid.UUID
		currency string
	}
	var order []whom
	of := map[whom][]PaidWork{}
	for _, p := range list {
		key := whom{p.PersonID, p.Currency}
		if of[key] == nil {
			order = append(order, key)
		}
		of[key] = append(of[key], p)
	}
	var drafts []draft
	for _, key := range order {
		d, paid := base, of[key]
		d.subject, d.person, d.counterparty, d.currency = "person:"+key.person.String()+":"+key.currency+":"+base.subject, &key.person, paid[0].Person, key.currency
		d.amount = sum(paid, PaidWork.Received)
		d.content = Monthly{Month: in.from, Company: partyOf(company), Person: PaperParty{Name: paid[0].Person}, Payments: paid, Currency: key.currency}
		drafts = append(drafts, d)
	}
	return drafts
}
