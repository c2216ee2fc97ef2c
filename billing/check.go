package billing

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"homecoming/internal/db"
)

// An invariant is a sentence about the books with a query for what breaks it; the first column names the culprit.
type invariant struct{ says, breaks string }

const (
	notYetFunded = "('draft', 'funding', 'canceled')"
	holding      = "('funded', 'in_progress', 'submitted', 'changes_requested')"
	given        = "('released', 'paid', 'payout_failed')"
	chargeOf     = "(m.amount + m.tax - m.withheld + m.platform_fee + m.platform_tax)"
	netOf        = "(m.amount + m.tax - m.withheld)"
)

// balanceOf is SQL for a milestone's balance on accounts of a class, credits positive.
func balanceOf(class string) string {
	return `coalesce((SELECT -sum(p.amount) FROM ledger_postings p WHERE p.milestone_id = m.id AND split_part(p.account, ':', 1) = '` + class + `'), 0)`
}

// creditedBy is SQL for what entries of a kind credited to accounts of a class for a milestone.
func creditedBy(kind, class string) string {
	return `coalesce((SELECT -sum(p.amount) FROM ledger_postings p JOIN ledger_entries e ON e.id = p.entry_id
		WHERE p.milestone_id = m.id AND e.kind = '` + kind + `' AND split_part(p.account, ':', 1) = '` + class + `'), 0)`
}

// invariants are those of billing.md that apply so far. Each must hold at any moment, under any interleaving.
var invariants = []invariant{
	{"every entry sums to zero per currency",
		`SELECT e.source FROM ledger_entries e JOIN ledger_postings p ON p.entry_id = e.id GROUP BY e.source, p.currency HAVING sum(p.amount) <> 0`},
	{"every entry has at least two postings",
		`SELECT e.source FROM ledger_entries e LEFT JOIN ledger_postings p ON p.entry_id = e.id GROUP BY e.source HAVING count(p.line) < 2`},
	{"what is held is the charge while work goes on, and nothing before and after",
		`SELECT m.id::text FROM milestones m WHERE ` + balanceOf("held") + ` <> CASE WHEN m.state IN ` + holding + ` THEN ` + chargeOf + ` ELSE 0 END`},
	{"what is owed to the alumnus is the net while it is being released, and nothing before and after",
		`SELECT m.id::text FROM milestones m WHERE ` + balanceOf("payable") + ` <> CASE WHEN m.state IN ('accepted', 'releasing') THEN ` + netOf + ` ELSE 0 END`},
	{"what is owed back is the charge while it is being refunded, and nothing before and after",
		`SELECT m.id::text FROM milestones m WHERE ` + balanceOf("refund_payable") + ` <> CASE WHEN m.state = 'refunding' THEN ` + chargeOf + ` ELSE 0 END`},
	{"what was funded went to the alumnus, the platform, its tax, back, or is held",
		`SELECT m.id::text FROM milestones m WHERE ` + creditedBy("charge", "held") + ` <> ` + creditedBy("accept", "payable") + ` + ` +
			creditedBy("accept", "platform_fee") + ` + ` + creditedBy("accept", "consumption_tax") + ` + ` +
			creditedBy("refund_asked", "refund_payable") + ` + ` + balanceOf("held")},
	{"a milestone is charged, accepted, transferred and refunded at most once each",
		`SELECT min(source) FROM ledger_entries WHERE kind IN ('charge', 'accept', 'transfer', 'refund_asked', 'refund', 'withheld')
			GROUP BY milestone_id, kind HAVING count(*) > 1`},
	{"a milestone is charged if and only if its state says so",
		`SELECT m.id::text FROM milestones m WHERE (m.state NOT IN ` + notYetFunded + `) <> EXISTS (SELECT 1 FROM ledger_entries e WHERE e.milestone_id = m.id AND e.kind = 'charge')`},
	{"a milestone is transferred if and only if its state says so",
		`SELECT m.id::text FROM milestones m WHERE (m.state IN ` + given + `) <> EXISTS (SELECT 1 FROM ledger_entries e WHERE e.milestone_id = m.id AND e.kind = 'transfer')`},
	{"nothing is both released and refunded",
		`SELECT m.id::text FROM milestones m WHERE EXISTS (SELECT 1 FROM ledger_entries e WHERE e.milestone_id = m.id AND e.kind = 'accept')
			AND EXISTS (SELECT 1 FROM ledger_entries e WHERE e.milestone_id = m.id AND e.kind = 'refund_asked')`},
	{"the mirror of a connected account is the net until the bank has it",
		`SELECT m.id::text FROM milestones m WHERE ` + balanceOf("connected") + ` <> CASE WHEN m.state IN ('released', 'payout_failed') THEN -` + netOf + ` ELSE 0 END`},
	{"every transfer and refund has an operation that was committed before",
		`SELECT e.source FROM ledger_entries e WHERE e.kind IN ('transfer', 'refund')
			AND NOT EXISTS (SELECT 1 FROM operations o WHERE o.provider_id = e.external_id AND o.milestone_id = e.milestone_id AND o.created_at <= e.posted_at)`},
	{"every object of the provider is explained by one entry",
		`SELECT external_id FROM ledger_entries WHERE external_id <> '' GROUP BY external_id HAVING count(*) > 1`},
	{"every posting belongs to its entry's company and milestone",
		`SELECT e.source FROM ledger_entries e JOIN ledger_postings p ON p.entry_id = e.id
			WHERE p.company_id <> e.company_id OR p.milestone_id IS DISTINCT FROM e.milestone_id OR p.at <> e.at`},
	{"a contract is over if and only if all its milestones are",
		`SELECT c.id::text FROM contracts c WHERE (c.state IN ('completed', 'terminated')) <> NOT EXISTS (
			SELECT 1 FROM milestones m WHERE m.contract_id = c.id AND m.state NOT IN ('released', 'paid', 'payout_failed', 'refunded', 'canceled'))`},
}

// CheckLedger asserts every invariant over everything there is, in one snapshot. It returns nil, or one error that
// names each broken sentence and up to ten culprits.
func CheckLedger(ctx context.Context, d *db.DB) error {
	conn, err := d.Pool().Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	tx, err := conn.Begin(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
	if _, err := tx.Exec(ctx, "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"); err != nil {
		return err
	}
	var broken []error
	for _, inv := range invariants {
		rows, err := tx.Query(ctx, "SELECT * FROM ("+inv.breaks+") AS broken LIMIT 10")
		if err != nil {
			return fmt.Errorf("%s: %w", inv.says, err)
		}
		var culprits []string
		for rows.Next() {
			var c string
			if err := rows.Scan(&c); err != nil {
				rows.Close()
				return err
			}
			culprits = append(culprits, c)
		}
		if err := rows.Err(); err != nil {
			return fmt.Errorf("%s: %w", inv.says, err)
		}
		if len(culprits) > 0 {
			broken = append(broken, fmt.Errorf("not true that %s: %s", inv.says, strings.Join(culprits, ", ")))
		}
	}
	return errors.Join(broken...)
}
