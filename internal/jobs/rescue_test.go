package jobs_test

import (
	"context"
	"testing"
	"time"

	"github.com/riverqueue/river"
	"gorm.io/gorm"

	"homecoming/internal/db/dbtest"
	"homecoming/internal/jobs"
)

// slow has a time limit of an hour, as long work has: River alone would leave it with its dead worker until then.
type slow struct {
	river.WorkerDefaults[greet]
	began chan int
	end   chan struct{}
}

func (*slow) Timeout(*river.Job[greet]) time.Duration { return time.Hour }

func (s *slow) Work(ctx context.Context, job *river.Job[greet]) error {
	s.began <- job.Args.Number
	select {
	case <-s.end:
	case <-ctx.Done():
	}
	return ctx.Err()
}

func TestAJobOfADeadWorkerIsTakenOverAndALivingOnesIsNot(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	d := dbtest.New(t)
	err := d.Tx(ctx, func(tx *gorm.DB) error { return jobs.Enqueue(tx, greet{1}, greet{2}) })
	if err != nil {
		t.Fatal(err)
	}
	left := d.Gorm(ctx).Exec("UPDATE river_job SET state = 'running', attempt = 1, attempted_at = now(), attempted_by = '{killed}' WHERE args->>'number' = '1'")
	if left.Error != nil || left.RowsAffected != 1 {
		t.Fatalf("%v, %d rows", left.Error, left.RowsAffected)
	}
	s := &slow{began: make(chan int, 4), end: make(chan struct{})}
	work(t, d, s)
	seen := map[int]bool{}
	for range 2 {
		select {
		case n := <-s.began:
			seen[n] = true
		case <-time.After(20 * time.Second):
			t.Fatalf("only %v began", seen)
		}
	}
	if !seen[1] || !seen[2] {
		t.Fatalf("began %v", seen)
	}
	work(t, d, s) // another worker looks around as it starts, while the first lives
	if got := count(t, d, "SELECT count(*) FROM river_job WHERE state = 'running'"); got != 2 {
		t.Errorf("%d jobs are running, not 2", got)
	}
	close(s.end)
}
