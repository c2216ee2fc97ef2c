package billing

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"homecoming/internal/db"
)

// How the platform's balance transactions are copied: newest first, so many at a time, each batch together with how far
// the copy reaches by it. A killed worker repeats one batch at most, memory stays flat however many there are, and what is
// copied for the first time goes straight into its table. What was copied last is asked for again, so that nothing falls
// between two copies.
const (
	copyOverlap = 48 * time.Hour
	copyBatch   = 10_000
	copyMargin  = time.Minute // so close together two may be listed in either order
	copySteps   = 50          // of a run's progress, before its levels
)

// A coverage is between which moments the copy has everything; the zero one has nothing.
type coverage struct{ FromAt, ThroughAt time.Time }

// A stretch is time to be copied, its end excluded; a zero end is the present. Below the coverage it grows with each batch;
// what is newer counts when all of it is there.
type stretch struct {
	from, until time.Time
	newer       bool
}

// missing lists what has to be copied so that all since a moment is there: the newer first.
func (c coverage) missing(since time.Time) []stretch {
	if c.ThroughAt.IsZero() {
		return []stretch{{from: since}}
	}
	out := []stretch{{from: c.ThroughAt.Add(-copyOverlap), newer: true}}
	if since.Before(c.FromAt) {
		out = append(out, stretch{from: since, until: c.FromAt})
	}
	return out
}

// end is where it ends, now being when the copy began.
func (p stretch) end(now time.Time) time.Time {
	if p.until.IsZero() {
		return now
	}
	return p.until
}

// reaches is the coverage that there is once it is copied down to a moment; the zero one is none.
func (p stretch) reaches(moment, now time.Time) coverage {
	if p.newer && moment.After(p.from) || moment.After(p.end(now)) {
		return coverage{}
	}
	return coverage{moment, p.end(now)}
}

// has says whether a moment is between the two.
func (c coverage) has(moment time.Time) bool {
	return !moment.Before(c.FromAt) && !moment.After(c.ThroughAt)
}

// copyTransactions brings the copy up to the present and back to a moment. Rows that are there stay as they are.
func (s *Service) copyTransactions(ctx context.Context, since time.Time, progress func(done, total int) error) error {
	var have coverage
	if err := s.db.Gorm(ctx).Raw("SELECT from_at, through_at FROM balance_copies").Scan(&have).Error; err != nil {
		return err
	}
	c := copying{Service: s, now: s.clock.Now(), have: have}
	var left time.Duration
	parts := have.missing(since)
	for _, p := range parts {
		left += p.end(c.now).Sub(p.from)
	}
	all := max(left, 1)
	for _, p := range parts {
		left -= p.end(c.now).Sub(p.from)
		err := c.stretch(ctx, p, func(more time.Duration) error { return progress(copySteps-int(copySteps*(left+more)/all), copySteps) })
		if err != nil {
			return err
		}
	}
	return s.attribute(ctx)
}

// A copying is one pass over what is missing.
type copying struct {
	*Service
	now  time.Time
	have coverage // when it began
}

// stretch copies one, batch by batch, and tells after each how much of it is left.
func (c copying) stretch(ctx context.Context, p stretch, told func(left time.Duration) error) error {
	keep := func(batch []BalanceTransaction, down time.Time) error {
		if err := c.keep(ctx, batch, p.reaches(down, c.now)); err != nil {
			return err
		}
		return told(down.Sub(p.from))
	}
	batch := make([]BalanceTransaction, 0, copyBatch)
	for b, err := range c.gateway.BalanceTransactions(ctx, p.from, p.until) {
		if err != nil {
			return err
		}
		if batch = append(batch, b); len(batch) == copyBatch {
			if err := keep(batch, b.CreatedAt.Add(copyMargin)); err != nil {
				return err
			}
			batch = batch[:0]
		}
	}
	return keep(batch, p.from)
}

// copiedOnce is the constraint that refuses a transaction that was copied before.
const copiedOnce = "balance_transactions_pkey"

// keep writes a batch, and what the copy covers with it. Where some of it may be there already, and where it turns out to be
// because another run copied it meanwhile or a killed one before, only the rest is written.
func (c copying) keep(ctx context.Context, batch []BalanceTransaction, covers coverage) error {
	whose, err := c.companiesOf(ctx, batch)
	if err != nil {
		return err
	}
	rows := copiedRows{batch: batch, whose: whose, at: c.now}
	write := rows.straight
	for _, b := range batch {
		if c.have.has(b.CreatedAt) {
			write = rows.merged
			break
		}
	}
	err = c.cover(ctx, write, covers)
	if db.Violated(err) == copiedOnce {
		err = c.cover(ctx, rows.merged, covers)
	}
	return err
}

// cover writes, and notes in the same transaction how far the copy reaches then.
func (c copying) cover(ctx context.Context, write func(context.Context, pgx.Tx) error, covers coverage) error {
	return pgx.BeginFunc(ctx, c.db.Pool(), func(tx pgx.Tx) error {
		if err := write(ctx, tx); err != nil || covers == (coverage{}) {
			return err
		}
		_, err := tx.Exec(ctx, `INSERT INTO balance_copies (from_at, through_at) VALUES ($1, $2) ON CONFLICT (one) DO UPDATE
			SET from_at = least(balance_copies.from_at, excluded.from_at), through_at = greatest(balance_copies.through_at, excluded.through_at)`, covers.FromAt, covers.ThroughAt)
		return err
	})
}

// companiesOf gives whose the milestones are that a batch names, as far as they are anybody's.
func (s *Service) companiesOf(ctx context.Context, batch []BalanceTransaction) (map[uuid.UUID]uuid.UUID, error) {
	whose := map[uuid.UUID]uuid.UUID{}
	var named []uuid.UUID
	for _, b := range batch {
		if _, known := whose[b.Milestone]; !known && b.Milestone != uuid.Nil {
			whose[b.Milestone] = uuid.Nil
			named = append(named, b.Milestone)
		}
	}
	clear(whose)
	if len(named) == 0 {
		return whose, nil
	}
	rows, err := s.db.Pool().Query(ctx, "SELECT id, company_id FROM milestones WHERE id = ANY($1)", named)
	if err != nil {
		return nil, err
	}
	var milestone, company uuid.UUID
	_, err = pgx.ForEachRow(rows, []any{&milestone, &company}, func() error {
		whose[milestone] = company
		return nil
	})
	return whose, err
}

// copiedRows are balance transactions on their way into their table.
type copiedRows struct {
	batch []BalanceTransaction
	whose map[uuid.UUID]uuid.UUID // companies, by milestone
	at    time.Time
}

// copiedColumns are those of their table, in the order of a row.
var copiedColumns = []string{"id", "company_id", "milestone_id", "source", "type", "amount", "fee", "net", "currency", "created_at", "fetched_at"}

// row is the i-th; one whose milestone is nobody's belongs to nobody until an entry explains it.
func (c copiedRows) row(i int) ([]any, error) {
	b := c.batch[i]
	var company, milestone any
	if owner, found := c.whose[b.Milestone]; found {
		company, milestone = owner, b.Milestone
	}
	return []any{b.ID, company, milestone, b.Source, b.Type, b.Amount, b.Fee, b.Net, b.Currency, b.CreatedAt, c.at}, nil
}

// straight writes rows none of which is there.
func (c copiedRows) straight(ctx context.Context, tx pgx.Tx) error {
	return c.into(ctx, tx, "balance_transactions")
}

func (c copiedRows) into(ctx context.Context, tx pgx.Tx, table string) error {
	_, err := tx.CopyFrom(ctx, pgx.Identifier{table}, copiedColumns, pgx.CopyFromSlice(len(c.batch), c.row))
	return err
}

// merged writes those of the rows that are not there, by a table of their own.
func (c copiedRows) merged(ctx context.Context, tx pgx.Tx) error {
	if _, err := tx.Exec(ctx, "CREATE TEMP TABLE fresh (LIKE balance_transactions) ON COMMIT DROP"); err != nil {
		return err
	}
	if err := c.into(ctx, tx, "fresh"); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, "INSERT INTO balance_transactions SELECT * FROM fresh ON CONFLICT (id) DO NOTHING")
	return err
}

// attribute gives each transaction that names no milestone to the company whose entry explains it: chargebacks name
// none, and an entry may be posted after its transaction was copied.
func (s *Service) attribute(ctx context.Context) error {
	return s.db.Gorm(ctx).Exec(`UPDATE balance_transactions b SET company_id = e.company_id, milestone_id = e.milestone_id
		FROM ledger_entries e WHERE b.company_id IS NULL AND e.external_id = b.source AND e.external_id <> ''`).Error
}
