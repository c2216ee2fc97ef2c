package billing

import (
	"cmp"
	"context"
	"io"
	"slices"
	"strings"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"

	"homecoming/billing/books"
	"homecoming/internal/problem"
	"homecoming/market"
)

// A Dimension is by what money is told apart.
type Dimension string

// The dimensions.
const (
	ByMonth      Dimension = "month"
	ByDepartment Dimension = "department"
	ByCostCentre Dimension = "cost_centre"
	ByPerson     Dimension = "person"
)

// InsightDimensions lists them in the order in which they are shown.
var InsightDimensions = []Dimension{ByMonth, ByDepartment, ByCostCentre, ByPerson}

// DueAhead is how many days ahead of today a payment is shown as due.
const DueAhead = 60

// ErrDimension is a question by something that nothing is told apart by.
var ErrDimension = problem.Define(problem.Invalid, "unknown_dimension", "Choose one of: {choices}.", "次から選択してください：{choices}")

// Figures are what finance asks about, in minor units of the company's currency.
type Figures struct {
	Committed int64 // charges of what was agreed within the period and was not canceled
	Funded    int64 // paid in within the period
	Held      int64 // still held at its end
	Paid      int64 // that arrived at the alumni's banks within the period
	Due       int64 // net, to be paid by the law or the terms within the next sixty days, or late already
}

func (f Figures) zero() bool { return f == Figures{} }

// add puts an amount where its measure belongs; people of one name are one row.
func (f *Figures) add(measure string, amount int64) {
	switch measure {
	case "committed":
		f.Committed += amount
	case "funded":
		f.Funded += amount
	case "held":
		f.Held += amount
	case "paid":
		f.Paid += amount
	case "due":
		f.Due += amount
	}
}

// An InsightRow is the figures of one department, person or month. Name is empty for what has none; a month is written
// 2026-11.
type InsightRow struct {
	Name string
	Figures
}

// An Insight is where a company's money went within some days, both ends included.
type Insight struct {
	From, To civil.Date
	AsOf     civil.Date // from which day on something is due
	Currency string
	Total    Figures
	Rows     map[Dimension][]InsightRow // months in order, the others by what was funded and committed
}

// insightQuery makes one row of every sum of money with its day and what it belongs to, and sums them every way at once.
const insightQuery = `WITH m AS (
		SELECT m.id, m.state, m.rail, m.funded_at, m.paid_at, m.amount + m.tax - m.withheld AS net,
			m.amount + m.tax - m.withheld + m.platform_fee + m.platform_tax AS charge, m.reversed,
			coalesce(m.pay_by, m.due_on + greatest(m.payment_days, 1) - 1) AS due_by, (c.created_at AT TIME ZONE @zone)::date AS agreed_on,
			coalesce(d.name, '') AS department, ` + costCentre + `, pe.family_name AS family, pe.given_name AS given, c.person_id
		FROM milestones m JOIN contracts c ON c.id = m.contract_id JOIN tasks t ON t.id = c.task_id JOIN people pe ON pe.id = c.person_id
		LEFT JOIN departments d ON d.id = t.department_id
		` + costCentreOfTask + ` WHERE m.company_id = @company),
	booked AS (
		SELECT p.milestone_id, e.kind, e.booked_on, -p.amount AS amount, split_part(p.account, ':', 1) AS class
		FROM ledger_postings p JOIN ledger_entries e ON e.id = p.entry_id
		WHERE p.company_id = @company AND split_part(p.account, ':', 1) IN ('held', 'receivable', 'uncharged') AND e.booked_on <= @to),
	sums AS (
		SELECT 'committed' AS measure, agreed_on AS day, charge AS amount, department, cost_centre, family, given, person_id FROM m
			WHERE agreed_on BETWEEN @from AND @to AND state <> 'canceled'
		UNION ALL SELECT 'funded', b.booked_on, b.amount, department, cost_centre, family, given, person_id FROM booked b JOIN m ON m.id = b.milestone_id
			WHERE b.kind = 'charge' AND b.booked_on >= @from
		UNION ALL SELECT 'held', b.booked_on, b.amount, department, cost_centre, family, given, person_id FROM booked b JOIN m ON m.id = b.milestone_id WHERE b.class = 'held'
		UNION ALL SELECT 'paid', (paid_at AT TIME ZONE @zone)::date, net - reversed, department, cost_centre, family, given, person_id FROM m
			WHERE state = 'paid' AND (paid_at AT TIME ZONE @zone)::date BETWEEN @from AND @to
		UNION ALL SELECT 'due', due_by, net, department, cost_centre, family, given, person_id FROM m
			WHERE due_by <= CAST(@today AS date) + CAST(@ahead AS integer) AND state IN ('draft', 'funding', 'part_funded', 'funded', 'in_progress', 'submitted', 'changes_requested', 'accepted', 'releasing')
				OR rail = 'bank_file' AND state = 'payout_failed' AND due_by <= CAST(@today AS date) + CAST(@ahead AS integer))
	SELECT measure, grouping(day_month, department, cost_centre, person_id) AS grouped, sum(amount)::bigint AS amount,
		coalesce(day_month, '') AS month, coalesce(department, '') AS department, coalesce(cost_centre, '') AS cost_centre, coalesce(family, '') AS family, coalesce(given, '') AS given
	FROM (SELECT *, to_char(day, 'YYYY-MM') AS day_month FROM sums) s
	GROUP BY GROUPING SETS ((measure), (measure, day_month), (measure, department), (measure, cost_centre), (measure, person_id, family, given))`

// What grouping() says of a row: which of the four it was not grouped by.
var insightSets = map[int]Dimension{0b0111: ByMonth, 0b1011: ByDepartment, 0b1101: ByCostCentre, 0b1110: ByPerson}

// Insight sums a company's money over some days, in two round trips. Without days they are the last twelve months.
func (s *Service) Insight(ctx context.Context, who market.Actor, company uuid.UUID, from, to *civil.Date) (Insight, error) {
	if err := who.May(market.SeeMoney, company); err != nil {
		return Insight{}, err
	}
	g := s.db.Gorm(ctx)
	c, err := market.CompanyByID(g, company)
	if err != nil {
		return Insight{}, err
	}
	today := c.Today(s.clock.Now())
	in := Insight{From: civil.Date{Year: today.Year, Month: today.Month, Day: 1}.AddMonths(-11), To: today, AsOf: today, Currency: c.Currency, Rows: map[Dimension][]InsightRow{}}
	if from != nil {
		in.From = *from
	}
	if to != nil {
		in.To = *to
	}
	if !in.From.IsValid() || !in.To.IsValid() || in.From.After(in.To) || in.To.DaysSince(in.From) > 3660 {
		return Insight{}, ErrExportDays.On("from")
	}
	var sums []insightSum
	err = g.Raw(insightQuery, map[string]any{"company": company, "zone": c.Zone().String(), "from": in.From, "to": in.To, "today": today, "ahead": DueAhead}).Scan(&sums).Error
	in.add(sums)
	return in, err
}

// insightSum is one sum, of one measure and one way of telling apart.
type insightSum struct {
	Measure    string
	Grouped    int
	Amount     int64
	Month      string
	Department string
	CostCentre string
	Family     string
	Given      string
}

func (r insightSum) name(d Dimension) string {
	return map[Dimension]string{ByMonth: r.Month, ByDepartment: r.Department, ByCostCentre: r.CostCentre, ByPerson: posted{Family: r.Family, Given: r.Given}.person()}[d]
}

// add puts the sums into their tables.
func (in *Insight) add(sums []insightSum) {
	for _, r := range sums {
		d, told := insightSets[r.Grouped]
		if !told {
			in.Total.add(r.Measure, r.Amount)
			continue
		}
		rows := in.Rows[d]
		i := slices.IndexFunc(rows, func(row InsightRow) bool { return row.Name == r.name(d) })
		if i < 0 {
			i, rows = len(rows), append(rows, InsightRow{Name: r.name(d)})
		}
		rows[i].add(r.Measure, r.Amount)
		in.Rows[d] = rows
	}
	for d, rows := range in.Rows {
		rows = slices.DeleteFunc(rows, func(r InsightRow) bool { return r.zero() })
		slices.SortFunc(rows, func(a, b InsightRow) int {
			if d == ByMonth {
				return strings.Compare(a.Name, b.Name)
			}
			return cmp.Or(cmp.Compare(b.Funded+b.Committed, a.Funded+a.Committed), strings.Compare(a.Name, b.Name))
		})
		if len(rows) == 1 && rows[0].Name == "" { // nobody tells anything apart by it
			rows = nil
		}
		in.Rows[d] = rows
	}
}

// CSV writes one of the tables.
func (in Insight) CSV(w io.Writer, by Dimension) error {
	if !slices.Contains(InsightDimensions, by) {
		return ErrDimension.On("by").With("choices", InsightDimensions)
	}
	sheet, err := books.NewSheet(books.One(w), books.UTF8, []string{string(by), "committed", "funded", "held", "paid", "due", "currency"}, 0)
	if err != nil {
		return err
	}
	exponent := market.Exponent(in.Currency)
	row := func(r InsightRow) []books.Cell {
		cells := []books.Cell{books.Text(r.Name)}
		for _, amount := range []int64{r.Committed, r.Funded, r.Held, r.Paid, r.Due} {
			cells = append(cells, books.Amount(amount, exponent))
		}
		return append(cells, books.Text(in.Currency))
	}
	for _, r := range in.Rows[by] {
		if err := sheet.Write(row(r)); err != nil {
			return err
		}
	}
	return sheet.Write(row(InsightRow{"total", in.Total}))
}
