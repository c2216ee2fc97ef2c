package billing

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"homecoming/internal/db"
)

// An invariant is a sentence about the books: over what it speaks, and a query for what breaks it, whose first column
// names the culprit. Queries read ledger_entries, ledger_postings and the rest as they are, and two tables of sums, see
// sumsOfLooked.
type invariant struct{ says, over, breaks string }

const (
	notYetFunded = "('draft', 'funding', 'canceled')"
	holding      = "('funded', 'in_progress', 'submitted', 'changes_requested')"
	given        = "('released', 'paid', 'payout_failed', 'reversed')"
	chargeOf     = "(m.amount + m.tax - m.withheld + m.platform_fee + m.platform_tax)"
	sentOf       = "(m.amount + m.tax - m.withheld - m.recovered)"

	settledDispute = "SELECT 1 FROM disputes d WHERE d.milestone_id = m.id AND d.state IN ('agreed', 'ruled')"
	signedChange   = "SELECT 1 FROM contract_changes h WHERE h.contract_id = m.contract_id AND h.signed_at IS NOT NULL"
)

// Every query may read from two tables of sums, over the milestones of a table looked, whose only column is id: sums has what entries
// of a kind credited to accounts of a class for a milestone; m is every milestone with its balances and turnovers beside it,
// credits positive.
const (
	sumsOfLooked = `SELECT p.milestone_id, split_part(p.account, ':', 1) AS class, e.kind, -sum(p.amount) AS credit
	FROM ledger_postings p JOIN ledger_entries e ON e.id = p.entry_id WHERE p.milestone_id IN (SELECT id FROM looked) GROUP BY 1, 2, 3`
	balancesOfLooked = `SELECT milestones.*,
		coalesce(sum(credit) FILTER (WHERE class = 'held'), 0) AS held,
		coalesce(sum(credit) FILTER (WHERE class = 'payable'), 0) AS payable,
		coalesce(sum(credit) FILTER (WHERE class = 'refund_payable'), 0) AS refund_payable,
		coalesce(sum(credit) FILTER (WHERE class = 'connected'), 0) AS connected,
		coalesce(sum(credit) FILTER (WHERE class = 'held' AND kind = 'charge'), 0) AS charged,
		coalesce(sum(credit) FILTER (WHERE kind = 'accept' AND class NOT IN ('held', 'uncharged', 'receivable', 'contract_cost')), 0) AS accepted,
		coalesce(sum(credit) FILTER (WHERE kind = 'refund_asked' AND class = 'refund_payable'), 0) AS given_back,
		coalesce(sum(credit) FILTER (WHERE kind IN ('refund_asked', 'take_back') AND class = 'refund_payable'), 0) AS refund_owed,
		coalesce(-sum(credit) FILTER (WHERE kind = 'transfer' AND class = 'payable'), 0) AS transferred,
		coalesce(sum(credit) FILTER (WHERE class = 'uncharged' AND kind = 'charge'), 0) AS charged_later,
		coalesce(sum(credit) FILTER (WHERE class = 'bank_in_transit'), 0) AS in_transit,
		coalesce(sum(credit) FILTER (WHERE class = 'bank' AND kind IN ('bank_paid', 'bank_returned')), 0) AS paid_by_bank,
		coalesce(-sum(credit) FILTER (WHERE class = 'payable' AND kind IN ('bank_sent', 'bank_returned')), 0) AS sent_by_bank,
		count(*) FILTER (WHERE kind = 'bank_sent') > 0 AS has_sent,
		count(*) FILTER (WHERE kind = 'charge') > 0 AS has_charge,
		count(*) FILTER (WHERE kind = 'accept') > 0 AS has_accept,
		count(*) FILTER (WHERE kind = 'transfer') > 0 AS has_transfer,
		count(*) FILTER (WHERE kind = 'refund_asked') > 0 AS has_refund
	FROM milestones JOIN looked ON looked.id = milestones.id LEFT JOIN sums ON sums.milestone_id = milestones.id GROUP BY milestones.id`

	// summedOfLooked has both for one statement: one pass over the postings, however many milestones there are.
	summedOfLooked = "sums AS MATERIALIZED (" + sumsOfLooked + "), m AS MATERIALIZED (" + balancesOfLooked + ") "

	// summed makes both for a transaction: one pass for all of its statements, which know how many rows there are and find them
	// by milestone, so that twice the books take twice as long.
	everyMilestone = " ON COMMIT DROP AS WITH looked AS (SELECT id FROM milestones) "
	summed         = "CREATE TEMPORARY TABLE sums" + everyMilestone + sumsOfLooked + "; CREATE INDEX ON sums (milestone_id); ANALYZE sums;" +
		"CREATE TEMPORARY TABLE m" + everyMilestone + balancesOfLooked + "; CREATE INDEX ON m (id); CREATE INDEX ON m (contract_id); ANALYZE m"
)

// invariants are those of billing.md that apply so far. Each must hold at any moment, under any interleaving.
var invariants = []invariant{
	{"every entry sums to zero per currency", "ledger_entries",
		`SELECT e.source FROM ledger_entries e JOIN ledger_postings p ON p.entry_id = e.id GROUP BY e.source, p.currency HAVING sum(p.amount) <> 0`},
	{"every entry has at least two postings", "ledger_entries",
		`SELECT e.source FROM ledger_entries e LEFT JOIN ledger_postings p ON p.entry_id = e.id GROUP BY e.source HAVING count(p.line) < 2`},
	{"every posting belongs to its entry's company and milestone", "ledger_postings",
		`SELECT e.source FROM ledger_entries e JOIN ledger_postings p ON p.entry_id = e.id
			WHERE p.company_id <> e.company_id OR p.milestone_id IS DISTINCT FROM e.milestone_id OR p.at <> e.at`},
	{"a milestone's entries are in its own currency", "ledger_postings",
		`SELECT DISTINCT milestones.id::text FROM ledger_postings p JOIN milestones ON milestones.id = p.milestone_id
			JOIN ledger_entries e ON e.id = p.entry_id WHERE p.currency <> milestones.currency AND e.kind NOT IN ('unmatched', 'manual')`},
	{"nothing that is held or owed is below zero", "milestones",
		`SELECT m.id::text FROM m WHERE m.held < 0 OR m.payable < 0 OR m.refund_payable < 0`},
	{"what is held is the charge while work goes on, a part of it while the rest is missing, and nothing before and after", "milestones",
		`SELECT m.id::text FROM m WHERE m.state <> 'part_funded' AND m.held <> CASE WHEN m.rail = 'prefunded' AND m.state IN ` + holding + ` THEN ` + chargeOf + ` ELSE 0 END
			OR m.state = 'part_funded' AND m.held NOT BETWEEN 1 AND ` + chargeOf + ` - 1`},
	{"a milestone's charges are those in the books", "milestones",
		`SELECT m.id::text FROM m LEFT JOIN LATERAL (SELECT coalesce(sum(c.amount), 0) AS amount, coalesce(sum(c.refunded), 0) AS refunded, coalesce(sum(c.lost), 0) AS lost
			FROM charges c WHERE c.milestone_id = m.id) c ON true
			WHERE c.amount <> m.charged + m.charged_later OR c.amount <> m.paid_in OR c.refunded <> m.refunded OR c.lost <> m.lost`},
	{"what goes back out of a charge is what its refunds say", "charges",
		`SELECT c.id FROM charges c WHERE c.refunded <> coalesce((SELECT sum(r.amount) FROM refunds r WHERE r.charge = c.id), 0)`},
	{"no more is sent out of a charge than was paid in it", "charges",
		`SELECT c.id FROM charges c JOIN operations o ON o.subject = c.id AND o.kind = 'transfer' WHERE (o.input->>'amount')::bigint > c.amount - c.lost`},
	{"what is owed to the alumnus is the net less what was sent while it is being released, and nothing before and after", "milestones",
		`SELECT m.id::text FROM m WHERE m.payable <> CASE WHEN m.state IN ('accepted', 'releasing') OR m.rail = 'bank_file' AND m.state = 'payout_failed' THEN ` + sentOf + ` - m.transferred ELSE 0 END`},
	{"what is owed back is the sum of the refunds that have not left yet", "milestones",
		`SELECT m.id::text FROM m WHERE m.refund_payable <> coalesce((SELECT sum(r.amount) FROM refunds r
			WHERE r.milestone_id = m.id AND NOT r.moved AND r.state IN ('sending', 'pending', 'failed')), 0)`},
	{"a milestone that is being refunded has a refund that has not ended", "milestones",
		`SELECT m.id::text FROM m WHERE m.state = 'refunding' AND NOT EXISTS (SELECT 1 FROM refunds r
			WHERE r.milestone_id = m.id AND r.state IN ('sending', 'pending', 'failed'))`},
	{"what was refunded is what the refunds say", "milestones",
		`SELECT m.id::text FROM m WHERE m.refunded <> coalesce((SELECT sum(r.amount) FROM refunds r WHERE r.milestone_id = m.id), 0)`},
	{"what was funded went to the alumnus, the platform, its tax, back, to the payer's bank, or is held", "milestones",
		`SELECT m.id::text FROM m WHERE m.charged <> CASE m.rail WHEN 'prefunded' THEN m.accepted ELSE 0 END + m.given_back + m.lost + m.held`},
	{"no more is transferred than was charged", "milestones",
		`SELECT m.id::text FROM m WHERE m.transferred > m.charged + m.charged_later`},
	{"a milestone is accepted, withheld from and recovered from at most once each", "ledger_entries",
		`SELECT min(source) FROM ledger_entries WHERE kind IN ('accept', 'withheld', 'recovery')
			GROUP BY milestone_id, kind HAVING count(*) > 1`},
	{"a milestone is charged if and only if its state says so", "milestones",
		`SELECT m.id::text FROM m WHERE CASE m.rail WHEN 'prefunded' THEN m.state NOT IN ` + notYetFunded + `
			WHEN 'on_acceptance' THEN m.paid_in > 0 ELSE false END <> m.has_charge`},
	{"a milestone is transferred if and only if its state says so, and in part only while it is being released", "milestones",
		`SELECT m.id::text FROM m WHERE m.rail <> 'bank_file' AND m.state IN ` + given + ` AND m.transferred <> ` + sentOf + ` OR m.state = 'releasing' AND m.transferred >= ` + sentOf + `
			OR m.state <> 'releasing' AND m.state NOT IN ` + given + ` AND m.has_transfer
			OR m.rail = 'bank_file' AND m.has_transfer OR m.has_sent <> (m.rail = 'bank_file' AND m.state IN ` + given + `)`},
	{"nothing is both released and refunded unless both sides agreed or two people ruled, or it is what was not worked of a week", "milestones",
		`SELECT m.id::text FROM m WHERE m.has_accept AND m.has_refund AND m.week_of IS NULL AND NOT EXISTS (` + settledDispute + `) AND NOT EXISTS (` + signedChange + `)`},
	{"a contract has its terms and notice, a supplement for every later version, and the change that made it", "contracts",
		`SELECT c.id::text FROM contracts c WHERE (SELECT count(*) FROM contract_documents d WHERE d.contract_id = c.id AND d.kind IN ('terms', 'notice')) <> 2 * c.version
			OR (SELECT count(*) FROM contract_documents d WHERE d.contract_id = c.id AND d.kind = 'supplement') <> c.version - 1
			OR (SELECT count(*) FROM contract_changes h WHERE h.contract_id = c.id AND h.version BETWEEN 2 AND c.version) <> c.version - 1`},
	{"a contract that is over has no change under way", "contracts",
		`SELECT c.id::text FROM contracts c JOIN contract_changes h ON h.contract_id = c.id
			WHERE c.state IN ('completed', 'terminated') AND h.state IN ('offered', 'signed')`},
	{"delivered work is refunded only where both sides agreed or two people ruled", "milestones",
		`SELECT m.id::text FROM m WHERE m.state IN ('refunding', 'refunded') AND m.received_on IS NOT NULL AND NOT EXISTS (` + settledDispute + `)`},
	{"the mirror of a connected account is what was sent less what was taken back, until the bank has it", "milestones",
		`SELECT m.id::text FROM m WHERE CASE
			WHEN m.rail = 'bank_file' THEN m.connected <> 0
			WHEN m.state IN ('released', 'payout_failed') THEN m.connected NOT BETWEEN m.reversed - ` + sentOf + ` AND m.reversed
			WHEN m.state = 'releasing' THEN m.connected NOT BETWEEN -m.transferred AND 0
			WHEN m.state IN ('paid', 'reversed') THEN m.connected NOT BETWEEN 0 AND m.reversed
			ELSE m.connected <> 0 END`},
	{"no more is taken back than was sent", "milestones",
		`SELECT m.id::text FROM m WHERE m.reversed > ` + sentOf + ` AND m.state IN ` + given},
	{"a chargeback holds up nothing once it is lost, and never less than nothing", "chargebacks",
		`SELECT b.id FROM chargebacks b JOIN LATERAL (SELECT coalesce(sum(p.amount), 0) AS held FROM ledger_postings p WHERE p.account = 'dispute_hold:' || b.id) h ON true
			WHERE h.held < 0 OR h.held > 0 AND b.state = 'lost'`},
	{"a milestone is frozen if and only if a chargeback or a dispute about it is open", "milestones",
		`SELECT m.id::text FROM m WHERE (m.frozen <> '') <> (
			EXISTS (SELECT 1 FROM chargebacks b WHERE b.milestone_id = m.id AND b.state IN ('inquiry', 'needs_response', 'under_review'))
			OR EXISTS (SELECT 1 FROM disputes d WHERE d.milestone_id = m.id AND d.state IN ('open', 'for_ruling', 'proposed_ruling')))`},
	{"nobody owes less than nothing", "ledger_postings",
		`SELECT account FROM ledger_postings WHERE split_part(account, ':', 1) = 'receivable' GROUP BY company_id, account HAVING sum(amount) < 0`},
	{"nothing is kept for a debt beyond what was agreed in writing", "milestones",
		`SELECT c.person_id::text FROM m JOIN contracts c ON c.id = m.contract_id GROUP BY c.person_id, m.company_id
			HAVING sum(m.recovered) > coalesce((SELECT sum(r.amount) FROM recoveries r WHERE r.person_id = c.person_id AND r.company_id = m.company_id), 0)`},
	{"a release has at most one live transfer out of each charge", "operations",
		`SELECT min(id::text) FROM operations WHERE kind = 'transfer' AND state NOT IN ('reversed') GROUP BY milestone_id, subject HAVING count(*) > 1`},
	{"every transfer, refund and reversal has an operation that was committed before", "ledger_entries",
		`SELECT e.source FROM ledger_entries e WHERE e.kind IN ('transfer', 'refund', 'reversal')
			AND NOT EXISTS (SELECT 1 FROM operations o WHERE o.provider_id = e.external_id AND o.milestone_id = e.milestone_id AND o.created_at <= e.posted_at)`},
	{"a company's cash is what moved it", "provider_customers",
		`SELECT c.company_id::text FROM provider_customers c WHERE
			coalesce((SELECT -sum(p.amount) FROM ledger_postings p WHERE p.account = 'client_cash:' || c.company_id), 0)
			<> coalesce((SELECT sum(v.amount) FROM cash_movements v WHERE v.company_id = c.company_id AND v.kind <> 'transferred_to_balance'), 0)`},
	{"what is applied to a milestone and is no payment yet is what its bank transfers have received", "bank_transfers",
		`SELECT b.milestone_id::text FROM bank_transfers b GROUP BY b.milestone_id HAVING
			coalesce((SELECT -sum(p.amount) FROM ledger_postings p WHERE p.account = 'paying:' || b.milestone_id), 0)
			<> coalesce(sum(b.received) FILTER (WHERE b.state <> 'paid'), 0)`},
	{"a bank transfer that is paid has received all, and none more than it asked for", "bank_transfers",
		`SELECT b.id::text FROM bank_transfers b WHERE b.received > b.amount OR b.state = 'paid' AND b.received <> b.amount OR b.state = 'canceled' AND b.received <> 0`},
	{"a sweep is the sum of its lines", "sweeps",
		`SELECT w.id::text FROM sweeps w WHERE w.amount <> (SELECT coalesce(sum(l.amount), 0) FROM sweep_lines l WHERE l.sweep_id = w.id)`},
	{"a sweep has left the provider, is at our bank, or is back, as its state says", "sweeps",
		`SELECT w.id::text FROM sweeps w CROSS JOIN LATERAL (SELECT
				coalesce(sum(p.amount) FILTER (WHERE p.account = 'stripe:payout_in_transit'), 0) AS transit,
				coalesce(sum(p.amount) FILTER (WHERE p.account = 'bank:platform'), 0) AS bank
			FROM ledger_entries e JOIN ledger_postings p ON p.entry_id = e.id WHERE e.kind LIKE 'sweep%' AND split_part(e.source, ':', 2) = w.id::text) b
			WHERE b.transit <> CASE WHEN w.state = 'in_transit' THEN w.amount ELSE 0 END OR b.bank <> CASE WHEN w.state = 'paid' THEN w.amount ELSE 0 END`},
	{"an entry is swept at most once, and not at all where its sweep came to nothing", "sweep_lines",
		`SELECT l.entry_id::text FROM sweep_lines l JOIN sweeps w ON w.id = l.sweep_id
			WHERE l.live = (w.state IN ('declined', 'failed', 'canceled', 'rejected'))`},
	{"an operation that is done names what was done", "operations",
		`SELECT id::text FROM operations WHERE provider_id = '' AND state IN ('created', 'settled', 'part_reversed', 'reversed')`},
	{"every object of the provider is explained by one entry", "ledger_entries",
		`SELECT external_id FROM ledger_entries WHERE external_id <> '' AND kind <> 'manual' GROUP BY external_id HAVING count(*) > 1`},
	{"an entry made by hand is what two people agreed to", "ledger_entries",
		`SELECT e.source FROM ledger_entries e LEFT JOIN adjustments a ON a.entry_id = e.id AND a.company_id = e.company_id
			WHERE e.kind = 'manual' AND (a.id IS NULL OR a.state <> 'approved' OR a.asked_by = a.decided_by)`},
	{"no entry was booked into a month while it was closed", "ledger_entries",
		`SELECT e.source FROM ledger_entries e JOIN closed_months c ON c.company_id = e.company_id
			AND e.booked_on < c.month + interval '1 month' AND e.posted_at > c.closed_at AND e.posted_at < coalesce(c.reopened_at, 'infinity')`},
	{"a referral fee is paid by one contract at most, of exactly the fee as it was agreed", "referral_fees",
		`SELECT f.id::text FROM referral_fees f JOIN tasks t ON t.fee_id = f.id JOIN contracts c ON c.task_id = t.id WHERE c.state <> 'terminated'
			GROUP BY f.id HAVING count(*) > 1 OR bool_or(c.version = 1 AND (c.amount <> f.amount OR c.currency <> f.currency))`},
	{"the books are closed through the newest closed month", "companies",
		`SELECT c.id::text FROM companies c WHERE c.books_closed_through IS DISTINCT FROM (SELECT (max(n.month) + interval '1 month')::date - 1
			FROM closed_months n WHERE n.company_id = c.id AND n.reopened_at IS NULL)`},
	{"documents are numbered from one without a gap, and so are their versions", "issued_documents",
		`SELECT s.kind || ' ' || s.year FROM document_series s LEFT JOIN issued_documents d ON d.company_id = s.company_id AND d.kind = s.kind AND d.year = s.year AND d.version = 1
			GROUP BY s.company_id, s.kind, s.year, s.last HAVING count(d.id) <> s.last OR coalesce(max(d.serial), 0) <> s.last
		UNION ALL SELECT min(id::text) FROM issued_documents GROUP BY company_id, kind, subject HAVING max(version) <> count(*) OR count(DISTINCT (year, serial)) > 1`},
	{"a statement comes to what was, or is to be, transferred less what was taken back", "issued_documents",
		`SELECT d.id::text FROM issued_documents d JOIN m ON d.kind = 'statement' AND d.subject = 'milestone:' || m.id
			WHERE d.amount NOT BETWEEN ` + sentOf + ` - m.reversed AND ` + sentOf + ` OR m.reversed = 0 AND d.amount <> ` + sentOf},
	{"the income tax in the books is what the milestones that were paid for say", "milestones",
		`SELECT m.id::text FROM m WHERE m.state IN ` + given + ` AND m.withheld <> coalesce((SELECT sum(credit) FROM sums WHERE sums.milestone_id = m.id AND class = 'withheld_tax'), 0)`},
	{"what a company was not charged for yet is what was accepted on credit", "milestones",
		`SELECT m.id::text FROM m JOIN sums s ON s.milestone_id = m.id AND s.class = 'uncharged' AND s.kind = 'accept'
			WHERE m.rail = 'on_acceptance' AND (-s.credit <> ` + chargeOf + ` OR m.charged_later NOT IN (0, -s.credit))`},
	{"what a company's bank was told to pay is what its statements do not say yet", "milestones",
		`SELECT m.id::text FROM m WHERE m.in_transit <> coalesce((SELECT sum(i.amount) FROM pay_items i WHERE i.milestone_id = m.id AND i.state = 'sent'), 0)
			OR m.paid_by_bank <> coalesce((SELECT sum(i.amount) FROM pay_items i JOIN pay_runs r ON r.id = i.run_id
				WHERE i.milestone_id = m.id AND i.state = 'confirmed' AND r.rail = 'bank_file'), 0)`},
	{"a payment from a bank has its line in a statement, and the line says what was paid", "pay_items",
		`SELECT l.id::text FROM bank_lines l JOIN (SELECT line_id AS id, -sum(amount) AS paid FROM pay_items WHERE line_id IS NOT NULL GROUP BY 1
			UNION ALL SELECT return_id, amount FROM pay_items WHERE return_id IS NOT NULL) i ON i.id = l.id WHERE l.amount <> i.paid OR l.matched_kind = ''
			UNION ALL SELECT i.id::text FROM pay_items i JOIN pay_runs r ON r.id = i.run_id
				WHERE r.rail = 'bank_file' AND (i.state IN ('confirmed', 'returned')) <> (i.line_id IS NOT NULL) OR (i.state = 'returned') <> (i.return_id IS NOT NULL)`},
	{"what is being paid by a pay run is in one, which two people wanted", "milestones",
		`SELECT m.id::text FROM m WHERE m.rail <> 'prefunded' AND m.state = 'releasing' AND NOT EXISTS (SELECT 1 FROM pay_items i JOIN pay_runs r ON r.id = i.run_id
			WHERE i.milestone_id = m.id AND i.amount = m.amount + m.tax - m.withheld AND r.decided_by <> r.proposed_by AND r.state IN ('approved', 'filed', 'confirmed'))`},
	{"a week's minutes are those of its entries in force, and within its cap", "milestones",
		`SELECT m.id::text FROM m WHERE m.minutes > m.cap_minutes OR m.minutes <> coalesce((SELECT sum(e.minutes) FROM timesheet_entries e
			WHERE e.milestone_id = m.id AND NOT EXISTS (SELECT 1 FROM timesheet_entries r WHERE r.replaces = e.id)), 0)`},
	{"a week that was accepted comes to its hours at its rate, unless both sides agreed or two people ruled otherwise", "milestones",
		`SELECT m.id::text FROM m WHERE m.week_of IS NOT NULL AND m.accepted_at IS NOT NULL AND m.amount <> (m.rate * m.minutes + 30) / 60
			AND NOT EXISTS (` + settledDispute + `)`},
	{"a contract is over if and only if all its milestones are", "contracts",
		`SELECT c.id::text FROM contracts c WHERE (c.state IN ('completed', 'terminated')) <> NOT EXISTS (
			SELECT 1 FROM m WHERE m.contract_id = c.id AND m.state NOT IN ('released', 'paid', 'payout_failed', 'refunded', 'canceled', 'charged_back', 'reversed'))`},
}

// A Finding is what became of one invariant: how many things it was asked of, how many break it, and up to ten of those
// by name: an entry's source, or the id of a milestone, an operation or a contract.
type Finding struct {
	Says     string   `json:"says"`
	Over     string   `json:"over"` // the table whose rows were looked at
	Looked   int64    `json:"looked"`
	Broken   int64    `json:"broken"`
	Culprits []string `json:"culprits,omitempty"`
}

// fewCulprits are enough to begin with.
const fewCulprits = 10

// AuditLedger asks every invariant of everything there is, in one snapshot, and reports on each. It writes temporary tables and nothing
// else, so it wants a primary.
func AuditLedger(ctx context.Context, d *db.DB) ([]Finding, error) {
	conn, err := d.Pool().Acquire(ctx)
	if err != nil {
		return nil, err
	}
	defer conn.Release()
	tx, err := conn.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead})
	if err != nil {
		return nil, err
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
	return audit(ctx, tx)
}

func audit(ctx context.Context, tx pgx.Tx) ([]Finding, error) {
	if _, err := tx.Exec(ctx, summed, pgx.QueryExecModeSimpleProtocol); err != nil {
		return nil, err
	}
	found := make([]Finding, len(invariants))
	for i, inv := range invariants {
		var err error
		if found[i], err = inv.ask(ctx, tx); err != nil {
			return nil, fmt.Errorf("%s: %w", inv.says, err)
		}
	}
	return found, nil
}

func (inv invariant) ask(ctx context.Context, tx pgx.Tx) (Finding, error) {
	f := Finding{Says: inv.says, Over: inv.over}
	if err := tx.QueryRow(ctx, "SELECT count(*) FROM "+inv.over).Scan(&f.Looked); err != nil {
		return f, err
	}
	rows, err := tx.Query(ctx, "SELECT culprit::text, count(*) OVER () FROM ("+inv.breaks+") AS broken (culprit) LIMIT $1", fewCulprits)
	if err != nil {
		return f, err
	}
	defer rows.Close()
	for rows.Next() {
		var culprit string
		if err := rows.Scan(&culprit, &f.Broken); err != nil {
			return f, err
		}
		f.Culprits = append(f.Culprits, culprit)
	}
	return f, rows.Err()
}

// CheckLedger asserts every invariant over everything there is, in one snapshot. It returns nil, or one error that
// names each broken sentence and up to ten culprits.
func CheckLedger(ctx context.Context, d *db.DB) error {
	found, err := AuditLedger(ctx, d)
	if err != nil {
		return err
	}
	var broken []error
	for _, f := range found {
		if f.Broken > 0 {
			broken = append(broken, fmt.Errorf("not true that %s: %s", f.Says, strings.Join(f.Culprits, ", ")))
		}
	}
	return errors.Join(broken...)
}
