package billing

import (
	"context"
	"fmt"
	"io"
	"iter"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"homecoming/billing/books"
	"homecoming/market"
)

// A task is paid from a cost centre, or from an order that is taken from one.
const (
	costCentre       = "CASE WHEN b.kind = 'cost_centre' THEN b.code ELSE coalesce(w.code, '') END AS cost_centre"
	costCentreOfTask = "LEFT JOIN budgets b ON b.id = t.paid_from LEFT JOIN budgets w ON w.id = b.within_id"
)

// entriesQuery reads the entries of some days of a company's books with all that its own books want to know of each, in
// the order of the books, one after another from the wire.
const entriesQuery = `SELECT e.id, e.kind, coalesce(m.rail, '') AS rail, e.booked_on, p.lines, p.accounts, p.amounts,
		coalesce(m.amount, 0) AS amount, coalesce(m.tax, 0) AS tax, coalesce(m.withheld, 0) AS withheld, m.pay_by, coalesce(m.title, '') AS title,
		coalesce(c.number, 0) AS number, coalesce(pe.family_name, '') AS family, coalesce(pe.given_name, '') AS given, coalesce(d.name, '') AS department,
		` + costCentre + `, coalesce(st.year, 0) AS statement_year, coalesce(st.serial, 0) AS statement_serial, coalesce((doc.body::jsonb ->> 'registered')::boolean, false) AS registered
	FROM ledger_entries e
	JOIN LATERAL (SELECT array_agg(line::bigint ORDER BY line) AS lines, array_agg(account ORDER BY line) AS accounts, array_agg(amount ORDER BY line) AS amounts
		FROM ledger_postings WHERE entry_id = e.id) p ON true
	LEFT JOIN milestones m ON m.id = e.milestone_id
	LEFT JOIN contracts c ON c.id = m.contract_id
	LEFT JOIN payees pe ON pe.id = c.person_id
	LEFT JOIN tasks t ON t.id = c.task_id
	LEFT JOIN departments d ON d.id = t.department_id
	` + costCentreOfTask + `
	LEFT JOIN issued_documents st ON st.company_id = e.company_id AND st.kind = 'statement' AND st.subject = 'milestone:' || m.id AND st.version = 1
		AND e.kind IN ('accept', 'take_back')
	LEFT JOIN contract_documents doc ON doc.contract_id = c.id AND doc.kind = 'terms' AND doc.version = c.version AND e.kind IN ('accept', 'take_back')
	WHERE e.company_id = $1 AND e.booked_on BETWEEN $2 AND $3
		AND e.kind NOT IN ('transfer', 'mirror', 'mirror_back', 'payout', 'payout_failed', 'reversal', 'bank_sent') -- never the company's own
		AND (e.kind <> 'withheld' OR m.rail <> 'prefunded') -- which is in the acceptance then
	ORDER BY e.booked_on, e.id`

// entriesOf are the entries of an order, as they come. Where only the first are wanted, not many more are read.
func (s *Service) entriesOf(ctx context.Context, x export) iter.Seq2[posted, error] {
	query := entriesQuery
	if x.most > 0 {
		query += fmt.Sprintf(" LIMIT %d", 10*x.most)
	}
	return streamed(ctx, s, query, pgx.RowToStructByName[posted], x.Company, x.From.String(), x.To.String())
}

// streamed gives the rows of a query one by one, without holding more than one.
func streamed[T any](ctx context.Context, s *Service, query string, to pgx.RowToFunc[T], args ...any) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		rows, err := s.db.Pool().Query(ctx, query, args...)
		if err != nil {
			yield(none, err)
			return
		}
		defer rows.Close()
		for rows.Next() {
			v, err := to(rows)
			if !yield(v, err) || err != nil {
				return
			}
		}
		if err := rows.Err(); err != nil {
			yield(none, err)
		}
	}
}

// countEntries is how many entries an order reads, for whoever waits.
func (s *Service) countEntries(ctx context.Context, o ExportOrder) (n int, err error) {
	if o.Kind == ExportPayouts {
		err = s.db.Pool().QueryRow(ctx, "SELECT count(*) FROM ("+payoutsQuery+") p", o.Company, o.From.String(), o.To.String()).Scan(&n)
		return n, err
	}
	err = s.db.Gorm(ctx).Raw("SELECT count(*) FROM ledger_entries WHERE company_id = ? AND booked_on BETWEEN ? AND ?", o.Company, o.From, o.To).Scan(&n).Error
	return n, err
}

// payoutHeader is what stands over payouts. In a column, amounts and what is unexplained sum to the deposits.
var payoutHeader = []string{"record", "payout", "arrives_on", "state", "person", "contract", "milestone", "department", "cost_centre", "statement", "fee", "tax", "withheld", "net",
	"amount", "deposit", "currency", "reference"}

// paidLine is one milestone in a payout, or one payment from the company's own bank.
type paidLine struct {
	Payout      string
	Ref         string // what is asked to explain it
	ArrivesOn   civil.Date
	State       PayoutState
	Currency    string
	Deposit     int64 // of the company's own part
	Amount      int64
	MilestoneID uuid.UUID
	Title       string
	Fee         int64
	Tax         int64
	Withheld    int64
	Number      int
	Family      string
	Given       string
	Department  string
	CostCentre  string
	statedIn
	Entry *uuid.UUID // that booked it, once it was paid
}

const payoutsQuery = `SELECT p.id AS payout, 'payout:' || p.id AS ref, p.arrives_on, p.state, p.currency, l.amount, l.milestone_id,
		p.amount - coalesce((SELECT sum(o.amount) FROM payout_lines o WHERE o.payout_id = p.id AND o.company_id <> $1), 0)::bigint AS deposit,
		m.title, m.amount AS fee, m.tax, m.withheld, c.number, pe.family_name AS family, pe.given_name AS given, coalesce(d.name, '') AS department, ` + costCentre + `,
		coalesce(st.year, 0) AS statement_year, coalesce(st.serial, 0) AS statement_serial, e.id AS entry
	FROM payout_lines l JOIN payouts p ON p.id = l.payout_id
	JOIN milestones m ON m.id = l.milestone_id JOIN contracts c ON c.id = m.contract_id JOIN payees pe ON pe.id = c.person_id
	JOIN tasks t ON t.id = c.task_id LEFT JOIN departments d ON d.id = t.department_id
	` + costCentreOfTask + `
	LEFT JOIN issued_documents st ON st.company_id = l.company_id AND st.kind = 'statement' AND st.subject = 'milestone:' || m.id AND st.version = 1
	LEFT JOIN ledger_entries e ON e.source = 'payout:' || p.id || ':' || l.milestone_id
	WHERE l.company_id = $1 AND p.arrives_on BETWEEN $2 AND $3
	UNION ALL SELECT 'R-' || r.number || ' C-' || c.number || '-' || m.position, 'pay_item:' || i.id, coalesce(bl.booked_on, r.pay_on),
		CASE i.state WHEN 'sent' THEN 'in_transit' WHEN 'confirmed' THEN 'paid' ELSE 'failed' END, r.currency, i.amount, i.milestone_id,
		CASE WHEN bl.matched_kind = '` + string(MatchPayItem) + `' THEN -bl.amount ELSE i.amount END,
		m.title, m.amount, m.tax, m.withheld, c.number, pe.family_name, pe.given_name, coalesce(d.name, ''), ` + costCentre + `,
		coalesce(st.year, 0), coalesce(st.serial, 0), e.id
	FROM pay_items i JOIN pay_runs r ON r.id = i.run_id AND r.rail = 'bank_file' LEFT JOIN bank_lines bl ON bl.id = i.line_id
	JOIN milestones m ON m.id = i.milestone_id JOIN contracts c ON c.id = m.contract_id JOIN payees pe ON pe.id = c.person_id
	JOIN tasks t ON t.id = c.task_id LEFT JOIN departments d ON d.id = t.department_id
	` + costCentreOfTask + `
	LEFT JOIN issued_documents st ON st.company_id = i.company_id AND st.kind = 'statement' AND st.subject = 'milestone:' || m.id AND st.version = 1
	LEFT JOIN ledger_entries e ON e.source = 'bank_paid:' || i.id
	WHERE i.company_id = $1 AND i.state IN ('sent', 'confirmed', 'returned') AND coalesce(bl.booked_on, r.pay_on) BETWEEN $2 AND $3
	ORDER BY arrives_on, payout, milestone_id`

// lineRef names where the amount comes from: the entry that booked it, or the milestone while none has.
func (l paidLine) lineRef() string {
	if l.Entry != nil {
		return entryRef(*l.Entry, 1)
	}
	return "milestone:" + l.MilestoneID.String()
}

// failed reports whether the bank did not take it: nothing was deposited then.
func (l paidLine) failed() bool { return l.State == PayoutFailed || l.State == PayoutCanceled }

// writePayouts writes the payouts that arrive within the days, each with its lines, and last what no line explains.
func (s *Service) writePayouts(ctx context.Context, x export, open func(part int) (io.Writer, error)) (books.Report, error) {
	sheet, err := books.NewSheet(open, x.Encoding, payoutHeader, 0)
	if err != nil {
		return books.Report{}, err
	}
	exponent := market.Exponent(x.company.Currency)
	var unexplained int64
	last, written := "", 0
	for l, err := range streamed(ctx, s, payoutsQuery, pgx.RowToStructByName[paidLine], x.Company, x.From.String(), x.To.String()) {
		if err != nil {
			return books.Report{}, err
		}
		var rows [][]books.Cell
		if l.Payout != last {
			last = l.Payout
			if !l.failed() {
				unexplained += l.Deposit
				rows = append(rows, l.deposited(exponent))
			}
		}
		rows = append(rows, l.row("line", l.Amount, exponent))
		if l.failed() {
			rows = append(rows, l.row("returned", -l.Amount, exponent))
		} else {
			unexplained -= l.Amount
		}
		if err := sheet.Write(rows...); err != nil {
			return books.Report{}, err
		}
		written++
		if written == x.most {
			return sheet.Close(), errEnough
		}
		if x.progress != nil && written%1000 == 0 {
			if err := x.progress(written); err != nil {
				return books.Report{}, err
			}
		}
	}
	rest := make([]books.Cell, len(payoutHeader))
	rest[0], rest[14], rest[16] = books.Text("unexplained"), books.Amount(unexplained, exponent), books.Text(x.company.Currency)
	if err := sheet.Write(rest); err != nil {
		return books.Report{}, err
	}
	return sheet.Close(), nil
}

// deposited is the row of a payout itself.
func (l paidLine) deposited(exponent int) []books.Cell {
	row := make([]books.Cell, len(payoutHeader))
	row[0], row[1], row[2], row[3], row[4] = books.Text("payout"), books.Text(l.Payout), books.Day(l.ArrivesOn), books.Text(string(l.State)), books.Text(l.person())
	row[15], row[16], row[17] = books.Amount(l.Deposit, exponent), books.Text(l.Currency), books.Text(l.Ref)
	return row
}

func (l paidLine) row(record string, amount int64, exponent int) []books.Cell {
	return []books.Cell{books.Text(record), books.Text(l.Payout), books.Day(l.ArrivesOn), books.Text(string(l.State)), books.Text(l.person()),
		books.Text(fmt.Sprintf("C-%d", l.Number)), books.Text(l.Title), books.Text(l.Department), books.Text(l.CostCentre), books.Text(l.number()), books.Amount(l.Fee, exponent), books.Amount(l.Tax, exponent),
		books.Amount(l.Withheld, exponent), books.Amount(l.Fee+l.Tax-l.Withheld, exponent), books.Amount(amount, exponent), {}, books.Text(l.Currency), books.Text(l.lineRef())}
}

func (l paidLine) person() string { return posted{Family: l.Family, Given: l.Given}.person() }
