package idempotency

import (
	"context"
	"time"

	"github.com/riverqueue/river"

	"homecoming/internal/db"
)

// pruneJob forgets old keys.
type pruneJob struct{}

// Kind is the job's name in the queue.
func (pruneJob) Kind() string { return "idempotency.prune" }

// AddWorkers lets the queue forget old keys.
func AddWorkers(workers *river.Workers, d *db.DB) {
	river.AddWorker(workers, river.WorkFunc(func(ctx context.Context, _ *river.Job[pruneJob]) error {
		_, err := Prune(ctx, d)
		return err
	}))
}

// Periodic is when it does: every hour.
func Periodic() []*river.PeriodicJob {
	return []*river.PeriodicJob{river.NewPeriodicJob(river.PeriodicInterval(time.Hour),
		func() (river.JobArgs, *river.InsertOpts) { return pruneJob{}, &river.InsertOpts{MaxAttempts: 1} }, nil)}
}
