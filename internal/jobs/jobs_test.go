package jobs_test

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/riverqueue/river"
	"gorm.io/gorm"

	"homecoming/internal/db"
	"homecoming/internal/db/dbtest"
	"homecoming/internal/jobs"
)

type greet struct {
	Number int `json:"number"`
}

func (greet) Kind() string { return "test_greet" }

// greeter remembers whom it greeted and tells when it has greeted want of them.
type greeter struct {
	river.WorkerDefaults[greet]
	mu      sync.Mutex
	greeted map[int]int
	each    chan int
}

func (g *greeter) Work(_ context.Context, job *river.Job[greet]) error {
	g.mu.Lock()
	g.greeted[job.Args.Number]++
	g.mu.Unlock()
	g.each <- job.Args.Number
	return nil
}

var errChanged = errors.New("changed my mind")

func TestJobsExistExactlyForCommittedTransactions(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	d := dbtest.New(t)
	const commits, rollbacks = 60, 30
	var wg sync.WaitGroup
	for n := range commits + rollbacks {
		wg.Go(func() {
			err := d.Tx(ctx, func(tx *gorm.DB) error {
				if _, err := jobs.NewRun(tx, jobs.Run{Kind: "test"}); err != nil {
					return err
				}
				if err := jobs.Enqueue(tx, greet{n}); err != nil {
					return err
				}
				if n >= commits {
					return errChanged
				}
				return nil
			})
			if n < commits && err != nil || n >= commits && !errors.Is(err, errChanged) {
				t.Errorf("transaction %d: %v", n, err)
			}
		})
	}
	wg.Wait()
	if got := count(t, d, "SELECT count(*) FROM runs"); got != commits {
		t.Fatalf("%d rows, want %d", got, commits)
	}
	if got := count(t, d, "SELECT count(*) FROM river_job"); got != commits {
		t.Fatalf("%d jobs, want %d", got, commits)
	}

	g := &greeter{greeted: map[int]int{}, each: make(chan int, commits)}
	work(t, d, g)
	for range commits {
		select {
		case <-g.each:
		case <-time.After(20 * time.Second):
			t.Fatal("not every job was worked")
		}
	}
	for n := range commits {
		if g.greeted[n] != 1 {
			t.Errorf("job %d was worked %d times", n, g.greeted[n])
		}
	}
}

func TestAJobAndItsCauseBelongToOneTransaction(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	err := d.Tx(context.Background(), func(tx *gorm.DB) error {
		if _, err := jobs.NewRun(tx, jobs.Run{Kind: "test"}); err != nil {
			return err
		}
		return jobs.Enqueue(tx, greet{1}, greet{2})
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := count(t, d, "SELECT count(DISTINCT x) FROM (SELECT xmin::text x FROM runs UNION ALL SELECT xmin::text FROM river_job) AS written"); got != 1 {
		t.Fatalf("written by %d transactions", got)
	}
	if got := count(t, d, "SELECT count(*) FROM river_job"); got != 2 {
		t.Fatalf("%d jobs, want 2", got)
	}
}

func TestASavepointTakesItsJobsBack(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	err := d.Tx(context.Background(), func(tx *gorm.DB) error {
		inner := tx.Transaction(func(tx *gorm.DB) error {
			if err := jobs.Enqueue(tx, greet{1}); err != nil {
				return err
			}
			return errChanged
		})
		if !errors.Is(inner, errChanged) {
			return inner
		}
		return jobs.Enqueue(tx, greet{2})
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := count(t, d, "SELECT count(*) FROM river_job WHERE (args->>'number')::int = 2"); got != 1 {
		t.Fatalf("%d jobs for 2, want 1", got)
	}
	if got := count(t, d, "SELECT count(*) FROM river_job"); got != 1 {
		t.Fatalf("%d jobs, want 1", got)
	}
}

func TestEnqueueOutsideATransactionIsRefused(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	if err := jobs.Enqueue(d.Gorm(context.Background()), greet{1}); err == nil {
		t.Fatal("a job without a transaction must be refused")
	}
	if got := count(t, d, "SELECT count(*) FROM river_job"); got != 0 {
		t.Fatalf("%d jobs, want 0", got)
	}
}

func TestEnqueueOfNothingIsNothing(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	err := d.Tx(context.Background(), func(tx *gorm.DB) error { return jobs.Enqueue(tx) })
	if err != nil {
		t.Fatal(err)
	}
}

func TestAJobStartsSoonAfterItsCommit(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	g := &greeter{greeted: map[int]int{}, each: make(chan int, 1)}
	work(t, d, g)
	if err := d.Tx(context.Background(), func(tx *gorm.DB) error { return jobs.Enqueue(tx, greet{7}) }); err != nil {
		t.Fatal(err)
	}
	select {
	case <-g.each:
	case <-time.After(10 * time.Second):
		t.Fatal("the job was not worked")
	}
}

func TestAFinishedRunStaysAsItEnded(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	d := dbtest.New(t)
	var run jobs.Run
	err := d.Tx(ctx, func(tx *gorm.DB) (err error) {
		run, err = jobs.NewRun(tx, jobs.Run{Kind: "test", Input: []byte("in")})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	g := d.Gorm(ctx)
	steps := []error{
		jobs.Progress(g, run.ID, 1, 2),
		jobs.Finish(g, run.ID, jobs.Succeeded, map[string]int{"good": 2}),
		jobs.Progress(g, run.ID, 2, 2),
		jobs.Finish(g, run.ID, jobs.Failed, map[string]int{"good": 0}),
	}
	if err := errors.Join(steps...); err != nil {
		t.Fatal(err)
	}
	var after jobs.Run
	if err := d.Gorm(ctx).First(&after, "id = ?", run.ID).Error; err != nil {
		t.Fatal(err)
	}
	if after.State != jobs.Succeeded || after.Done != 1 || string(after.Report) != `{"good": 2}` || after.FinishedAt == nil {
		t.Fatalf("the run is now %+v", after)
	}
}

// work runs a worker until the test ends.
func work(t *testing.T, d *db.DB, g river.Worker[greet]) {
	t.Helper()
	workers := river.NewWorkers()
	river.AddWorker(workers, g)
	w, err := jobs.Start(context.Background(), d, workers, jobs.Config{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := w.Stop(ctx); err != nil {
			t.Error(err)
		}
	})
}

func count(t *testing.T, d *db.DB, query string) (n int) {
	t.Helper()
	if err := d.Gorm(context.Background()).Raw(query).Scan(&n).Error; err != nil {
		t.Fatal(err)
	}
	return n
}
