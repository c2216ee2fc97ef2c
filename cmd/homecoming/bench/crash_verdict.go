package bench

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"homecoming/cmd/homecoming/mainjob"
)

// A movement is a charge, a transfer or a refund in the stand-in's books.
type movement struct {
	ID             string
	Amount         int64
	AmountReversed int64  `json:"amount_reversed"`
	TransferGroup  string `json:"transfer_group"`
	Charge         string
	Status         string
	Metadata       map[string]string
}

// milestone is whose money moved: the transfer group says it, or the metadata.
func (m movement) milestone() string {
	if id, ok := strings.CutPrefix(m.TransferGroup, "ms_"); ok {
		return id
	}
	return m.Metadata["milestone"]
}

// books are the movements of one kind by milestone, as Stripe knows them.
type books map[string][]movement

func (b books) count() (n int) {
	for _, all := range b {
		n += len(all)
	}
	return n
}

func (s *standIn) books(ctx context.Context, path string) (books, error) {
	b := books{}
	return b, s.list(ctx, path, func(raw json.RawMessage) error {
		var m movement
		if err := json.Unmarshal(raw, &m); err != nil {
			return err
		}
		if m.Status != "failed" {
			b[m.milestone()] = append(b[m.milestone()], m)
		}
		return nil
	})
}

// judge compares the stand-in's books with what was asked for and acknowledged, and reconciles.
func (v *victim) judge(ctx context.Context, l *load, result *CrashResult) error {
	result.Walks = len(l.walks)
	charges, err := v.stripe.books(ctx, "/v1/charges")
	if err != nil {
		return err
	}
	transfers, err := v.stripe.books(ctx, "/v1/transfers")
	if err != nil {
		return err
	}
	refunds, err := v.stripe.books(ctx, "/v1/refunds")
	if err != nil {
		return err
	}
	result.Charges, result.Transfers, result.Refunds = charges.count(), transfers.count(), refunds.count()
	result.doubled("charge", charges)
	result.doubled("transfer", transfers)
	result.doubled("refund", refunds)
	for _, w := range l.walks {
		if err := v.compare(ctx, w, charges, transfers, refunds, result); err != nil {
			return err
		}
	}
	if err := v.countTwins(ctx, result); err != nil {
		return err
	}
	return v.reconcile(ctx, l, result)
}

// doubled counts what moved more than once for one milestone.
func (r *CrashResult) doubled(kind string, b books) {
	for milestone, all := range b {
		if len(all) > 1 {
			r.Doubled += len(all) - 1
			r.trouble("%d %ss for milestone %q", len(all), kind, milestone)
		}
	}
}

// compare looks for everything that a finished main job was told had happened.
func (v *victim) compare(ctx context.Context, w *mainjob.Walk, charges, transfers, refunds books, result *CrashResult) error {
	for i, m := range w.Contract.Milestones {
		var row struct {
			State       string
			Net, Charge int64
		}
		err := v.db.Gorm(ctx).Raw(`SELECT state, amount + tax - withheld AS net, amount + tax - withheld + platform_fee + platform_tax AS charge
			FROM milestones WHERE id = ?`, m.ID).Scan(&row).Error
		if err != nil {
			return err
		}
		gone, state := transfers, "paid"
		amount := row.Net
		if w.CallOff && i == len(w.Contract.Milestones)-1 {
			gone, state, amount = refunds, "refunded", row.Charge
		}
		result.want("charge", charges[m.ID], row.Charge, m.ID)
		result.want(state, gone[m.ID], amount, m.ID)
		if row.State != state {
			result.Lost++
			result.trouble("%s: milestone %s was %s and is %s", w.Title, m.ID, state, row.State)
		}
	}
	return nil
}

func (r *CrashResult) want(what string, there []movement, amount int64, milestone string) {
	if len(there) == 0 || there[0].Amount != amount {
		r.Lost++
		r.trouble("milestone %s: %s over %d was acknowledged and Stripe has %v", milestone, what, amount, there)
	}
}

// twins are queries for what was made more often than it was asked for.
var twins = map[string]string{
	"tasks of one title":      "SELECT count(*) FROM (SELECT 1 FROM tasks GROUP BY title HAVING count(*) > 1) AS x",
	"contracts of one task":   "SELECT count(*) FROM (SELECT 1 FROM contracts GROUP BY task_id HAVING count(*) > 1) AS x",
	"bids of one task":        "SELECT count(*) FROM (SELECT 1 FROM bids GROUP BY task_id HAVING count(*) > 1) AS x",
	"payout lines over a net": "SELECT count(*) FROM (SELECT 1 FROM payout_lines l JOIN milestones m ON m.id = l.milestone_id JOIN payouts p ON p.id = l.payout_id WHERE p.state = 'paid' GROUP BY m.id HAVING sum(l.amount) <> max(m.amount + m.tax - m.withheld)) AS x",
}

func (v *victim) countTwins(ctx context.Context, result *CrashResult) error {
	for what, query := range twins {
		var n int
		if err := v.db.Gorm(ctx).Raw(query).Scan(&n).Error; err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
		if n > 0 {
			result.Doubled += n
			result.trouble("%d %s", n, what)
		}
	}
	return nil
}

// reconcile has finance compare the books with Stripe, which is to find every movement explained.
func (v *victim) reconcile(ctx context.Context, l *load, result *CrashResult) error {
	w := &mainjob.Walk{Finance: l.finance, Today: l.today}
	limited, cancel := context.WithTimeout(ctx, 3*time.Minute)
	defer cancel()
	if err := w.Reconcile(limited); err != nil {
		result.trouble("reconciliation: %v", err)
	}
	result.Matched = w.Result.Matched
	return nil
}
