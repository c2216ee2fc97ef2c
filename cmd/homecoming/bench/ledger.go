package bench

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homecoming/billing"
	"homecoming/internal/db"
)

// LedgerOptions say how the ledger is measured.
type LedgerOptions struct {
	Turn    time.Duration // how long each turn of each side lasts
	Rounds  int           // turns of each side
	Clients int           // how many write at a time
	Seed    uint64
}

// A LedgerResult is how fast entries of four postings are written, each in a transaction of its own, with fsync on.
type LedgerResult struct {
	Measured string       `json:"measured"`
	Seed     uint64       `json:"seed"`
	Clients  int          `json:"clients"`
	Cases    []LedgerCase `json:"cases"`
}

// A LedgerCase is one distribution of accounts: entries per second of ours and of pgbench with the same statements,
// medians over the rounds, and the median of the ratios of turns that followed each other.
type LedgerCase struct {
	Accounts  string  `json:"accounts"`
	Ours      float64 `json:"entries_per_second"`
	Yardstick float64 `json:"pgbench_per_second"`
	Ratio     float64 `json:"ratio"`
	Balanced  bool    `json:"balanced"` // the sum of everything written is zero
}

// spreadOver is how many accounts there are where they are spread.
const spreadOver = 100_000

// A distribution says which of an entry's four accounts everybody writes to.
type distribution struct {
	name string
	hot  int
}

var distributions = []distribution{{"spread", 0}, {"one shared", 1}, {"all hot", 4}}

// account is the i-th account of an entry.
func (d distribution) account(i int, r *rand.Rand) string {
	if i < d.hot {
		return fmt.Sprintf("hot_%d", i)
	}
	return fmt.Sprintf("spread_%d_%d", i, r.IntN(spreadOver))
}

// Ledger measures billing.Post against the same statements through pgbench, on one server, taking turns.
func Ledger(ctx context.Context, o LedgerOptions, progress io.Writer) (LedgerResult, error) {
	result := LedgerResult{Measured: "entries of 4 postings, each its own transaction, fsync on", Seed: o.Seed, Clients: o.Clients}
	p, err := startPostgres(ctx, careful)
	if err != nil {
		return result, err
	}
	defer p.stop()
	for _, d := range distributions {
		c, err := measureLedger(ctx, p, d, o)
		if err != nil {
			return result, fmt.Errorf("%s: %w", d.name, err)
		}
		fmt.Fprintf(progress, "%-10s %6.0f entries/s, pgbench %6.0f, ratio %.2f\n", d.name, c.Ours, c.Yardstick, c.Ratio)
		result.Cases = append(result.Cases, c)
	}
	return result, nil
}

func measureLedger(ctx context.Context, p *pgServer, d distribution, o LedgerOptions) (LedgerCase, error) {
	c := LedgerCase{Accounts: d.name}
	house, err := p.database(ctx)
	if err != nil {
		return c, err
	}
	defer house.Close()
	company, err := oneCompany(ctx, house)
	if err != nil {
		return c, err
	}
	yard := &pgbench{url: p.url(house), company: company, hot: d.hot, clients: o.Clients}
	var ours, theirs, ratios []float64
	for round := range o.Rounds {
		mine, err := writeEntries(ctx, house, company, d, o, round)
		if err != nil {
			return c, err
		}
		other, err := yard.run(ctx, o.Turn, round)
		if err != nil {
			return c, err
		}
		ours, theirs, ratios = append(ours, mine), append(theirs, other), append(ratios, mine/other)
	}
	c.Ours, c.Yardstick, c.Ratio = median(ours), median(theirs), median(ratios)
	return c, house.Gorm(ctx).Raw("SELECT coalesce(sum(amount), 0) = 0 FROM ledger_postings").Scan(&c.Balanced).Error
}

// oneCompany is what an entry belongs to.
func oneCompany(ctx context.Context, d *db.DB) (uuid.UUID, error) {
	id := uuid.Must(uuid.NewV7())
	return id, d.Gorm(ctx).Exec("INSERT INTO companies (id, name, name_en, created_at) VALUES (?, 'Bench', 'Bench', now())", id).Error
}

// writeEntries has the clients post as fast as they can for one turn, and gives entries per second.
func writeEntries(ctx context.Context, d *db.DB, company uuid.UUID, dist distribution, o LedgerOptions, round int) (float64, error) {
	var written atomic.Int64
	errs := make([]error, o.Clients)
	began := time.Now()
	var all sync.WaitGroup
	for client := range o.Clients {
		all.Go(func() {
			r := rand.New(rand.NewPCG(o.Seed, uint64(round*1000+client)))
			for n := 0; time.Since(began) < o.Turn && errs[client] == nil; n++ {
				e := entryOf(company, dist, r, fmt.Sprintf("ours:%d:%d:%d", round, client, n))
				errs[client] = d.Tx(ctx, func(tx *gorm.DB) error { _, err := billing.Post(tx, e); return err })
				written.Add(1)
			}
		})
	}
	all.Wait()
	for _, err := range errs {
		if err != nil {
			return 0, err
		}
	}
	return float64(written.Load()) / time.Since(began).Seconds(), nil
}

// entryOf is an entry of four postings that sums to zero.
func entryOf(company uuid.UUID, d distribution, r *rand.Rand, source string) billing.Entry {
	now := time.Now().UTC()
	e := billing.Entry{CompanyID: company, At: now, PostedAt: now, Kind: "bench", Source: source}
	for i, amount := range []int64{105_290, -99_790, -5_000, -500} {
		e.Postings = append(e.Postings, billing.Posting{Account: d.account(i, r), Currency: "JPY", Amount: amount})
	}
	return e
}

func median(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}
