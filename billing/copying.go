package billing

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// How the platform's balance transactions are copied: by slices of time, so that a killed worker repeats one slice at
// most; again from some time before the last, so that nothing falls between two copies; and so many rows at a time, so
// that memory stays flat however many there are.
const (
	copyOverlap = 48 * time.Hour
	copySlice   = 24 * time.Hour
	copySlices  = 32 // at most about so many a copy
	copyBatch   = 10_000
)

// A stretch is a slice of time, its end excluded; a zero end is the present.
type stretch struct{ from, until time.Time }

// A coverage is between which moments the copy has everything; the zero one has nothing.
type coverage struct{ FromAt, ThroughAt time.Time }

// missing lists what has to be copied so that all since a moment is there, in an order in which the coverage grows
// without a hole: first up to the present, then backwards.
func (c coverage) missing(since, now time.Time) []stretch {
	var out []stretch
	if c.ThroughAt.IsZero() {
		c = coverage{now, now}
		out = append(out, stretch{now.Add(-copyOverlap), time.Time{}})
		c.FromAt = out[0].from
	} else {
		out = append(out, stretch{c.ThroughAt.Add(-copyOverlap), time.Time{}})
	}
	step := max(copySlice, c.FromAt.Sub(since)/copySlices)
	for end := c.FromAt; end.After(since); end = end.Add(-step) {
		out = append(out, stretch{end.Add(-step), end})
	}
	return out
}

// copyTransactions brings the copy up to the present and back to a moment. Rows that are there stay as they are.
func (s *Service) copyTransactions(ctx context.Context, since time.Time, progress func(done, total int) error) error {
	now := s.clock.Now()
	var have coverage
	if err := s.db.Gorm(ctx).Raw("SELECT from_at, through_at FROM balance_copies").Scan(&have).Error; err != nil {
		return err
	}
	slices := have.missing(since, now)
	for i, part := range slices {
		if err := s.copyStretch(ctx, part); err != nil {
			return err
		}
		end := part.until
		if end.IsZero() {
			end = now
		}
		err := s.db.Gorm(ctx).Exec(`INSERT INTO balance_copies (from_at, through_at) VALUES (?, ?) ON CONFLICT (one) DO UPDATE
			SET from_at = least(balance_copies.from_at, excluded.from_at), through_at = greatest(balance_copies.through_at, excluded.through_at)`, part.from, end).Error
		if err != nil {
			return err
		}
		if err := progress(i+1, len(slices)); err != nil {
			return err
		}
	}
	return s.attribute(ctx)
}

// copyStretch copies one slice.
func (s *Service) copyStretch(ctx context.Context, part stretch) error {
	batch := make([]BalanceTransaction, 0, copyBatch)
	for b, err := range s.gateway.BalanceTransactions(ctx, part.from, part.until) {
		if err != nil {
			return err
		}
		if batch = append(batch, b); len(batch) == copyBatch {
			if err := s.keepTransactions(ctx, batch); err != nil {
				return err
			}
			batch = batch[:0]
		}
	}
	return s.keepTransactions(ctx, batch)
}

// freshColumns are those of the table that a batch passes through.
var freshColumns = []string{"id", "milestone_id", "source", "type", "amount", "fee", "net", "currency", "created_at"}

// keepTransactions writes a batch: by COPY into a table of its own, and from there, with its company, to the others.
func (s *Service) keepTransactions(ctx context.Context, batch []BalanceTransaction) error {
	if len(batch) == 0 {
		return nil
	}
	return pgx.BeginFunc(ctx, s.db.Pool(), func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `CREATE TEMP TABLE fresh (id text, milestone_id uuid, source text, type text, amount bigint, fee bigint, net bigint,
			currency char(3), created_at timestamptz) ON COMMIT DROP`)
		if err != nil {
			return err
		}
		rows := pgx.CopyFromSlice(len(batch), func(i int) ([]any, error) {
			b := batch[i]
			milestone := &b.Milestone
			if b.Milestone == uuid.Nil {
				milestone = nil
			}
			return []any{b.ID, milestone, b.Source, b.Type, b.Amount, b.Fee, b.Net, b.Currency, b.CreatedAt}, nil
		})
		if _, err := tx.CopyFrom(ctx, pgx.Identifier{"fresh"}, freshColumns, rows); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `INSERT INTO balance_transactions (id, company_id, milestone_id, source, type, amount, fee, net, currency, created_at, fetched_at)
			SELECT f.id, m.company_id, m.id, f.source, f.type, f.amount, f.fee, f.net, f.currency, f.created_at, $1
			FROM fresh f LEFT JOIN milestones m ON m.id = f.milestone_id ON CONFLICT (id) DO NOTHING`, s.clock.Now())
		return err
	})
}

// attribute gives each transaction that names no milestone to the company whose entry explains it: chargebacks name
// none, and an entry may be posted after its transaction was copied.
func (s *Service) attribute(ctx context.Context) error {
	return s.db.Gorm(ctx).Exec(`UPDATE balance_transactions b SET company_id = e.company_id, milestone_id = e.milestone_id
		FROM ledger_entries e WHERE b.company_id IS NULL AND e.external_id = b.source AND e.external_id <> ''`).Error
}
