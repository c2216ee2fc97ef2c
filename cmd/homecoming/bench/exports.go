package bench

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"time"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"

	"homecoming/billing"
	formats "homecoming/billing/books"
	"homecoming/internal/clock"
	"homecoming/internal/db"
	"homecoming/market"
)

// ExportsOptions say how exports are measured.
type ExportsOptions struct {
	Lines int // of the journal, about
	Kind  string
}

// An ExportsResult is how fast a journal is written and how much memory that takes, with ten times less beside it, and
// beside PostgreSQL's own COPY of the same entries with their postings.
type ExportsResult struct {
	Kind           string  `json:"kind"`
	Lines          int     `json:"lines"`
	Bytes          int64   `json:"bytes"`
	Seconds        float64 `json:"seconds"`
	LinesPerSecond float64 `json:"lines_per_second"`
	CopySeconds    float64 `json:"copy_seconds"`
	Ratio          float64 `json:"ratio"`            // our time over that of COPY
	HeapMB         float64 `json:"heap_mb"`          // the most that was alive at a time, above what was before
	TenthHeapMB    float64 `json:"tenth_heap_mb"`    // the same for a tenth of the lines
	TenthOfSeconds float64 `json:"tenth_of_seconds"` // and its time
}

// linesAnEntry is how many lines an accepted fee has in a journal: the work and the platform's fee against the advance.
const linesAnEntry = 3

// Exports measures a long export of a journal.
func Exports(ctx context.Context, o ExportsOptions, progress io.Writer) (ExportsResult, error) {
	result := ExportsResult{Kind: o.Kind, Lines: o.Lines / linesAnEntry * linesAnEntry}
	p, err := startPostgres(ctx, careless)
	if err != nil {
		return result, err
	}
	defer p.stop()
	house, err := p.database(ctx)
	if err != nil {
		return result, err
	}
	defer house.Close()
	company, err := oneCompany(ctx, house)
	if err != nil {
		return result, err
	}
	fmt.Fprintf(progress, "writing %d entries\n", o.Lines/linesAnEntry)
	if err := manyEntries(ctx, house, company, o.Lines/linesAnEntry); err != nil {
		return result, err
	}
	s := billing.New(house, clock.System, nil, nil, billing.Config{})
	if result.TenthOfSeconds, result.TenthHeapMB, _, err = exported(ctx, s, company, o.Kind, civil.Date{Year: 2026, Month: 1, Day: 3}); err != nil {
		return result, err
	}
	if result.Seconds, result.HeapMB, result.Bytes, err = exported(ctx, s, company, o.Kind, civil.Date{Year: 2026, Month: 1, Day: 31}); err != nil {
		return result, err
	}
	began := time.Now()
	conn, err := house.Pool().Acquire(ctx)
	if err != nil {
		return result, err
	}
	defer conn.Release()
	_, err = conn.Conn().PgConn().CopyTo(ctx, io.Discard, `COPY (SELECT e.*, p.* FROM ledger_entries e JOIN ledger_postings p ON p.entry_id = e.id ORDER BY e.booked_on, e.id, p.line) TO STDOUT (FORMAT csv)`)
	result.CopySeconds = time.Since(began).Seconds()
	result.LinesPerSecond, result.Ratio = float64(result.Lines)/result.Seconds, result.Seconds/result.CopySeconds
	return result, err
}

// manyEntries writes acceptances over the thirty days of a month, past the triggers that would look at each.
func manyEntries(ctx context.Context, d *db.DB, company uuid.UUID, n int) error {
	conn, err := d.Pool().Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	for _, statement := range []string{"SET session_replication_role = replica",
		fmt.Sprintf(`INSERT INTO ledger_entries (id, company_id, at, posted_at, kind, source, external_id, booked_on)
			SELECT gen_random_uuid(), '%s', now(), now(), 'accept', 'bench:' || i, '', date '2026-01-01' + i %% 30 FROM generate_series(1, %d) i`, company, n),
		`INSERT INTO ledger_postings (entry_id, line, company_id, account, currency, amount, at)
			SELECT e.id, p.line, e.company_id, p.account, 'JPY', p.amount, e.at FROM ledger_entries e,
				unnest(ARRAY['held:' || e.id, 'payable:' || e.id, 'platform_fee', 'consumption_tax'], ARRAY[115500, -110000, -5000, -500]) WITH ORDINALITY AS p(account, amount, line)`,
		"SET session_replication_role = origin", "ANALYZE ledger_entries, ledger_postings"} {
		if _, err := conn.Exec(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}

// exported exports the days up to one, and gives the seconds, the megabytes that were alive at most, and the bytes.
func exported(ctx context.Context, s *billing.Service, company uuid.UUID, kind string, to civil.Date) (seconds, mb float64, bytes int64, err error) {
	who := market.Actor{PersonID: uuid.New(), Grants: []market.Grant{{CompanyID: company, Role: market.Finance}}}
	o := billing.ExportOrder{Company: company, Kind: billing.ExportKind(kind), From: civil.Date{Year: 2026, Month: 1, Day: 1}, To: to}
	most, stop := watchHeap()
	began := time.Now()
	report, err := s.Export(ctx, who, o, formats.One(io.Discard))
	seconds = time.Since(began).Seconds()
	close(stop)
	for _, part := range report.Parts {
		bytes += part.Bytes
	}
	return seconds, float64(<-most) / 1e6, bytes, err
}

// watchHeap looks at what is alive until stop is closed, and then gives the most above what was alive at first.
func watchHeap() (most <-chan uint64, stop chan struct{}) {
	found := make(chan uint64, 1)
	stop = make(chan struct{})
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	before, peak := m.HeapAlloc, m.HeapAlloc
	go func() {
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-stop:
				found <- peak - before
				return
			case <-tick.C:
				runtime.ReadMemStats(&m)
				peak = max(peak, m.HeapAlloc)
			}
		}
	}()
	return found, stop
}
