package bench

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/riverqueue/river"

	"homecoming/billing"
	"homecoming/internal/clock"
	"homecoming/internal/jobs"
)

// PayoutsOptions say how the sender of transfers is measured.
type PayoutsOptions struct {
	N         int     // transfers
	PerSecond float64 // the limit that Stripe sets on one kind of object
	Workers   int
}

// A PayoutsResult is how fast accepted milestones are transferred, with the rate limit as the yardstick.
type PayoutsResult struct {
	N         int     `json:"n"`
	Limit     float64 `json:"limit_per_second"`
	Seconds   float64 `json:"seconds"`
	PerSecond float64 `json:"sends_per_second"`
	Ratio     float64 `json:"ratio"`    // of what was sent a second and the limit
	Requests  int64   `json:"requests"` // that reached the stand-in; as many as n, where each was sent once
	Resumed   bool    `json:"resumed"`  // the sender was stopped half way and another one went on
	Unsound   string  `json:"unsound,omitempty"`
	Measured  string  `json:"measured"`
}

// partsOfOne is how many milestones a contract of this measurement has.
const partsOfOne = 20

// Payouts has n milestones accepted and measures how long the queue takes to transfer them.
func Payouts(ctx context.Context, o PayoutsOptions, progress io.Writer) (PayoutsResult, error) {
	result := PayoutsResult{N: o.N, Limit: o.PerSecond, Measured: "the queue's workers in this process, on the stand-in; the sender is stopped once half way"}
	p, err := startPostgres(ctx, careless)
	if err != nil {
		return result, err
	}
	defer p.stop()
	s, err := openShop(ctx, p, clock.System, 4, nil)
	if err != nil {
		return result, err
	}
	defer s.close()
	if err := s.payRun(ctx, o.N, progress); err != nil {
		return result, err
	}
	sent := &counter{}
	limited, err := s.serve(o.PerSecond, sent)
	if err != nil {
		return result, err
	}
	began := time.Now()
	half := fmt.Sprintf("SELECT greatest(0, count(*) - %d) FROM milestones WHERE state = 'releasing'", o.N/2)
	for _, until := range []string{half, "SELECT count(*) FROM milestones WHERE state = 'releasing'"} {
		if err := s.send(ctx, limited, o.Workers, until); err != nil {
			return result, err
		}
		fmt.Fprintf(progress, "%d sent after %.0f s\n", sent.transfers.Load(), time.Since(began).Seconds())
	}
	result.Seconds, result.Requests, result.Resumed = time.Since(began).Seconds(), sent.transfers.Load(), true
	result.PerSecond = float64(o.N) / result.Seconds
	result.Ratio = result.PerSecond / o.PerSecond
	if err := billing.CheckLedger(ctx, s.db); err != nil {
		result.Unsound = err.Error()
	}
	return result, nil
}

// A counter counts the transfers that are asked for.
type counter struct{ transfers atomic.Int64 }

// RoundTrip counts, and sends the request on.
func (c *counter) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method == http.MethodPost && r.URL.Path == "/v1/transfers" {
		c.transfers.Add(1)
	}
	return http.DefaultTransport.RoundTrip(r)
}

// send works the queue until a count has come down to nothing.
func (s *shop) send(ctx context.Context, b *billing.Service, workers int, until string) error {
	crew := river.NewWorkers()
	river.AddWorker(crew, river.WorkFunc(func(ctx context.Context, j *river.Job[billing.OperationJob]) error {
		return b.Work(ctx, j.Args.Operation)
	}))
	river.AddWorker(crew, river.WorkFunc(func(ctx context.Context, _ *river.Job[billing.SweepJob]) error {
		_, err := b.Sweep(ctx)
		return err
	}))
	again := river.NewPeriodicJob(river.PeriodicInterval(5*time.Second), func() (river.JobArgs, *river.InsertOpts) { return billing.SweepJob{}, nil }, nil)
	w, err := jobs.Start(ctx, s.db, crew, jobs.Config{MaxWorkers: workers, Periodic: []*river.PeriodicJob{again}, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	err = s.untilNone(ctx, until)
	patience, cancel := context.WithTimeout(context.WithoutCancel(ctx), 20*time.Second)
	defer cancel()
	if stopped := w.Stop(patience); err == nil {
		err = stopped
	}
	return err
}

// payRun has n milestones delivered and accepted, several contracts at a time. Letters and the rest of the queue are
// thrown away: they are not what is measured.
func (s *shop) payRun(ctx context.Context, n int, progress io.Writer) error {
	began := time.Now()
	work := make(chan int)
	errs := make([]error, 4)
	var all sync.WaitGroup
	for hand := range errs {
		all.Go(func() {
			for first := range work {
				if errs[hand] == nil {
					errs[hand] = s.batch(ctx, hand, first, min(partsOfOne, n-first))
				}
			}
		})
	}
	for first := 0; first < n; first += partsOfOne {
		work <- first
	}
	close(work)
	all.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	fmt.Fprintf(progress, "%d milestones accepted in %.0f s\n", n, time.Since(began).Seconds())
	return s.db.Gorm(ctx).Exec("DELETE FROM river_job WHERE kind <> 'billing.operation'").Error
}

// batch is one contract of the pay run.
func (s *shop) batch(ctx context.Context, hand, first, milestones int) error {
	alumna := s.alumni[hand%len(s.alumni)]
	c, err := s.contract(ctx, fmt.Sprintf("Run %d", first), alumna, milestones, func(i int) int64 { return 10_000 + int64(first+i) })
	if err != nil {
		return err
	}
	for _, m := range c.Milestones {
		if err := s.accepted(ctx, alumna, m.ID); err != nil {
			return err
		}
	}
	return nil
}
