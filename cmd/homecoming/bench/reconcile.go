package bench

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"iter"
	"runtime"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"homecoming/billing"
	"homecoming/internal/clock"
	"homecoming/internal/db"
	"homecoming/market"
)

// ReconcileOptions say how the reconciliation is measured.
type ReconcileOptions struct {
	N       int // balance transactions
	Planted int // of them with another fee than the ledger's
	Rounds  int // turns of each side
}

// A ReconcileResult is how long copying and comparing takes, beside PostgreSQL's own COPY of the same rows into a table of the
// same definition and one hash join of it with the ledger, on the same server and with as much memory to hash in. Seconds are
// medians over the rounds; the ratio is the median of the turns' ratios.
type ReconcileResult struct {
	Measured   string  `json:"measured"`
	N          int     `json:"n"`
	Ours       float64 `json:"seconds"`
	Copy       float64 `json:"copy_seconds"`
	Join       float64 `json:"join_seconds"`
	Ratio      float64 `json:"ratio"`
	Matched    int     `json:"matched"`
	Exceptions int     `json:"exceptions"`
	Planted    int     `json:"planted"`
	PeakHeapMB float64 `json:"peak_heap_mb"`  // of this process, while it copied
	BaseHeapMB float64 `json:"start_heap_mb"` // before
}

// Reconcile measures one run over n balance transactions of one month.
func Reconcile(ctx context.Context, o ReconcileOptions, progress io.Writer) (ReconcileResult, error) {
	result := ReconcileResult{N: o.N, Planted: o.Planted, Measured: "one company's month, nothing copied before; fsync on"}
	p, err := startPostgres(ctx, careful)
	if err != nil {
		return result, err
	}
	defer p.stop()
	d, err := p.database(ctx)
	if err != nil {
		return result, err
	}
	defer d.Close()
	m := &monthOfMoney{d: d, n: o.N, planted: o.Planted, end: time.Now().UTC().Add(-time.Hour).Truncate(time.Second)}
	if err := m.fill(ctx); err != nil {
		return result, err
	}
	fmt.Fprintf(progress, "%d entries are in the ledger\n", o.N)
	var ours, copies, joins, ratios []float64
	for range o.Rounds {
		mine, err := m.reconcile(ctx, &result)
		if err != nil {
			return result, err
		}
		copying, joining, err := m.yardstick(ctx)
		if err != nil {
			return result, err
		}
		fmt.Fprintf(progress, "reconciled in %.1f s, COPY %.1f s and join %.1f s\n", mine, copying, joining)
		ours, copies, joins, ratios = append(ours, mine), append(copies, copying), append(joins, joining), append(ratios, mine/(copying+joining))
	}
	result.Ours, result.Copy, result.Join, result.Ratio = median(ours), median(copies), median(joins), median(ratios)
	return result, nil
}

// monthOfMoney is a ledger of n entries, by turns charges and transfers, and the provider's side of them.
type monthOfMoney struct {
	d                  *db.DB
	n, planted         int
	end                time.Time
	company, milestone uuid.UUID
	finance            market.Actor
}

const monthsDays = 28

// at is when the i-th movement happened, spread evenly over the month.
func (m *monthOfMoney) at(i int) time.Time {
	return m.end.Add(-monthsDays * 24 * time.Hour).Add(time.Duration(float64(i) / float64(m.n) * float64(monthsDays*24*time.Hour))).Truncate(time.Second)
}

// movement is the i-th balance transaction; the first few have a fee of one more than the ledger's.
func (m *monthOfMoney) movement(i int) billing.BalanceTransaction {
	b := billing.BalanceTransaction{ID: fmt.Sprintf("txn_%09d", i), Currency: "JPY", CreatedAt: m.at(i), Milestone: m.milestone}
	if i%2 == 0 {
		b.Source, b.Type, b.Amount, b.Fee = fmt.Sprintf("ch_%09d", i), "charge", 105_290, 3_790
	} else {
		b.Source, b.Type, b.Amount = fmt.Sprintf("tr_%09d", i), "transfer", -99_790
	}
	if i < m.planted {
		b.Fee++
	}
	b.Net = b.Amount - b.Fee
	return b
}

// fill writes the ledger's side by COPY. Its triggers rest meanwhile: they are not what is measured.
func (m *monthOfMoney) fill(ctx context.Context) error {
	var err error
	if m.company, err = oneCompany(ctx, m.d); err != nil {
		return err
	}
	m.milestone = uuid.Must(uuid.NewV7())
	person := uuid.Must(uuid.NewV7())
	m.finance = market.Actor{PersonID: person, Grants: []market.Grant{{CompanyID: m.company, Role: market.Finance}}}
	err = pgx.BeginFunc(ctx, m.d.Pool(), func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "SET LOCAL session_replication_role = replica"); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, "INSERT INTO people (id, email) VALUES ($1, 'finance@bench.example')", person); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `INSERT INTO milestones (id, company_id, contract_id, position, title, due_on, state, currency, amount, tax, withheld, platform_fee, platform_tax,
			payment_days, auto_accept_days, rules_version, created_at, updated_at) VALUES ($1, $2, $1, 1, 'Bench', now(), 'draft', 'JPY', 1, 0, 0, 0, 0, 30, 14, 1, now(), now())`, m.milestone, m.company)
		if err != nil {
			return err
		}
		return m.copyLedger(ctx, tx)
	})
	if err != nil {
		return err
	}
	_, err = m.d.Pool().Exec(ctx, "VACUUM (ANALYZE) ledger_entries, ledger_postings")
	return err
}

func (m *monthOfMoney) copyLedger(ctx context.Context, tx pgx.Tx) error {
	ids := make([]uuid.UUID, m.n)
	for i := range ids {
		ids[i] = uuid.Must(uuid.NewV7())
	}
	tokyo := time.FixedZone("JST", 9*3600)
	_, err := tx.CopyFrom(ctx, pgx.Identifier{"ledger_entries"}, []string{"id", "company_id", "at", "posted_at", "booked_on", "kind", "source", "external_id"},
		pgx.CopyFromSlice(m.n, func(i int) ([]any, error) {
			b := m.movement(i)
			return []any{ids[i], m.company, b.CreatedAt, b.CreatedAt, b.CreatedAt.In(tokyo), b.Type, b.Type + ":" + b.Source, b.Source}, nil
		}))
	if err != nil {
		return err
	}
	_, err = tx.CopyFrom(ctx, pgx.Identifier{"ledger_postings"}, []string{"entry_id", "line", "company_id", "account", "currency", "amount", "at"}, &postings{m: m, ids: ids, lines: 0, i: -1})
	return err
}

// postings are the lines of all entries, one after the other: pgx.CopyFromSource.
type postings struct {
	m        *monthOfMoney
	ids      []uuid.UUID
	i, lines int
	rest     [][]any
}

func (p *postings) Next() bool {
	if len(p.rest) > 1 {
		p.rest = p.rest[1:]
		return true
	}
	if p.i++; p.i == p.m.n {
		return false
	}
	row := func(line int, account string, amount int64) []any {
		return []any{p.ids[p.i], line, p.m.company, account, "JPY", amount, p.m.at(p.i)}
	}
	if p.i%2 == 0 {
		p.rest = [][]any{row(1, "stripe:platform", 101_500), row(2, "stripe_fee", 3_790), row(3, "held:bench", -105_290)}
	} else {
		p.rest = [][]any{row(1, "payable:bench", 99_790), row(2, "stripe:platform", -99_790)}
	}
	return true
}

// Values is the line at hand.
func (p *postings) Values() ([]any, error) { return p.rest[0], nil }

// Err is nil: lines are made, not read.
func (p *postings) Err() error { return nil }

// stripeList is a provider that knows the month's balance transactions and nothing else. It watches the heap while it lists.
type stripeList struct {
	billing.Gateway
	m    *monthOfMoney
	peak uint64
}

func (l *stripeList) BalanceTransactions(_ context.Context, since, until time.Time) iter.Seq2[billing.BalanceTransaction, error] {
	return func(yield func(billing.BalanceTransaction, error) bool) {
		for i := l.m.n - 1; i >= 0; i-- {
			if at := l.m.at(i); at.Before(since) || !until.IsZero() && !at.Before(until) {
				continue
			}
			if i%50_000 == 0 {
				l.peak = max(l.peak, heap())
			}
			if !yield(l.m.movement(i), nil) {
				return
			}
		}
	}
}

func heap() uint64 {
	var s runtime.MemStats
	runtime.ReadMemStats(&s)
	return s.HeapAlloc
}

// reconcile copies and compares everything once, from nothing, and gives the seconds it took.
func (m *monthOfMoney) reconcile(ctx context.Context, result *ReconcileResult) (float64, error) {
	if _, err := m.d.Pool().Exec(ctx, "TRUNCATE balance_transactions, balance_copies, exceptions, adjustments, reconciled"); err != nil {
		return 0, err
	}
	provider := &stripeList{m: m}
	runtime.GC()
	base := heap()
	books := billing.New(m.d, clock.System, nil, provider, billing.Config{})
	company := market.Company{TimeZone: "Asia/Tokyo"}
	today := company.Today(m.end)
	run, err := books.StartReconciliation(ctx, m.finance, m.company, today.AddDays(-monthsDays-1), today.AddDays(1))
	if err != nil {
		return 0, err
	}
	began := time.Now()
	if err := books.Reconcile(ctx, run.ID); err != nil {
		return 0, err
	}
	took := time.Since(began).Seconds()
	if run, err = books.Reconciliation(ctx, m.finance, run.ID); err != nil {
		return 0, err
	}
	const mega = 1 << 20
	result.Matched, result.Exceptions, result.BaseHeapMB, result.PeakHeapMB = run.Matched, run.Open, float64(base)/mega, max(result.PeakHeapMB, float64(provider.peak)/mega)
	return took, nil
}

// yardstick has PostgreSQL COPY the same rows, ready as text, into a table of the same definition with the same indexes,
// and join it with the ledger's sums by the provider's object.
func (m *monthOfMoney) yardstick(ctx context.Context) (copying, joining float64, err error) {
	var text bytes.Buffer
	for i := range m.n {
		b := m.movement(i)
		fmt.Fprintf(&text, "%s\t%s\t%s\t%s\t%s\t%d\t%d\t%d\t%s\t%s\t%s\n", b.ID, m.company, b.Milestone, b.Source, b.Type, b.Amount, b.Fee, b.Net, b.Currency,
			b.CreatedAt.Format(time.RFC3339), b.CreatedAt.Format(time.RFC3339))
	}
	conn, err := m.d.Pool().Acquire(ctx)
	if err != nil {
		return 0, 0, err
	}
	defer conn.Release()
	if _, err := conn.Exec(ctx, "DROP TABLE IF EXISTS yardstick; CREATE TABLE yardstick (LIKE balance_transactions INCLUDING ALL)", pgx.QueryExecModeSimpleProtocol); err != nil {
		return 0, 0, err
	}
	began := time.Now()
	if _, err := conn.Conn().PgConn().CopyFrom(ctx, &text, "COPY yardstick (id, company_id, milestone_id, source, type, amount, fee, net, currency, created_at, fetched_at) FROM STDIN"); err != nil {
		return 0, 0, err
	}
	copying = time.Since(began).Seconds()
	began = time.Now()
	tx, err := conn.Begin(ctx)
	if err != nil {
		return 0, 0, err
	}
	defer func() { _ = tx.Rollback(ctx) }()
	if _, err := tx.Exec(ctx, "SELECT set_config('work_mem', '64MB', true), set_config('jit', 'off', true)"); err != nil { // as a comparison has it
		return 0, 0, err
	}
	var differ int
	err = tx.QueryRow(ctx, `SELECT count(*) FROM yardstick y JOIN (SELECT e.external_id, sum(p.amount) FILTER (WHERE p.account = 'stripe:platform') AS net
			FROM ledger_entries e JOIN ledger_postings p ON p.entry_id = e.id WHERE e.company_id = $1 GROUP BY 1) l ON l.external_id = y.source WHERE l.net <> y.net`, m.company).Scan(&differ)
	if err == nil && differ != m.planted {
		err = fmt.Errorf("the yardstick finds %d, not %d", differ, m.planted)
	}
	return copying, time.Since(began).Seconds(), err
}
