package jobs

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverdatabasesql"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"gorm.io/gorm"

	"homecoming/internal/db"
)

// inserter only writes job rows into the caller's transaction; it never works any.
var inserter = func() *river.Client[*sql.Tx] {
	c, err := river.NewClient(riverdatabasesql.New(nil), &river.Config{})
	if err != nil {
		panic(err)
	}
	return c
}()

// Enqueue writes jobs in the caller's transaction: they run after its commit, or never. No args write none.
func Enqueue(tx *gorm.DB, args ...river.JobArgs) error {
	std, ok := tx.Statement.ConnPool.(*sql.Tx)
	if !ok {
		return errors.New("jobs: Enqueue needs a transaction")
	}
	if len(args) == 0 {
		return nil // River calls an empty batch an error
	}
	many := make([]river.InsertManyParams, len(args))
	for i, a := range args {
		many[i] = river.InsertManyParams{Args: a}
	}
	_, err := inserter.InsertManyTx(tx.Statement.Context, std, many)
	return err
}

// Paced is the queue of jobs that wait for their turn at somebody's rate limit: ten thousand of them must not keep letters
// and events waiting. A job is put there by its InsertOpts.
const Paced = "paced"

// Outward is the queue of calls to servers of other people's, which may be slow: they keep nothing of ours waiting.
const Outward = "outward"

// A Worker works the queue until it is stopped.
type Worker struct {
	client *river.Client[pgx.Tx]
	die    func() // ends the sign of life
}

// Config says how the queue is worked.
type Config struct {
	MaxWorkers int                  // jobs at a time; 0 means 8
	Periodic   []*river.PeriodicJob // what runs by the clock
	Logger     *slog.Logger
}

// Start works the queue with the given workers. Stop the returned Worker before closing the database.
func Start(ctx context.Context, d *db.DB, workers *river.Workers, cfg Config) (*Worker, error) {
	if cfg.MaxWorkers == 0 {
		cfg.MaxWorkers = 8
	}
	cfg.Logger = cmp.Or(cfg.Logger, slog.Default())
	name := "homecoming-" + uuid.NewString()
	client, err := river.NewClient(riverpgxv5.New(d.Pool()), &river.Config{
		ID:                   name,
		Workers:              workers,
		Queues:               map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: cfg.MaxWorkers}, Paced: {MaxWorkers: cfg.MaxWorkers}, Outward: {MaxWorkers: cfg.MaxWorkers}},
		PeriodicJobs:         cfg.Periodic,
		Logger:               cfg.Logger,
		FetchCooldown:        20 * time.Millisecond, // the cooldown bounds throughput
		FetchPollInterval:    250 * time.Millisecond,
		RescueStuckJobsAfter: 45 * time.Second, // the second net; see rescue.go for the first
		JobTimeout:           30 * time.Second,
	})
	if err != nil {
		return nil, err
	}
	alive := &sign{name: name, pool: d.Pool()}
	if err := alive.rescue(ctx); err != nil {
		return nil, err
	}
	if err := client.Start(ctx); err != nil {
		alive.drop()
		return nil, err
	}
	living, die := context.WithCancel(context.WithoutCancel(ctx))
	gone := make(chan struct{})
	go func() { defer close(gone); alive.keep(living, cfg.Logger) }()
	return &Worker{client, func() { die(); <-gone }}, nil
}

// Stop lets running jobs end, for at most as long as ctx lives, and then cancels them.
func (w *Worker) Stop(ctx context.Context) error {
	defer w.die()
	if err := w.client.Stop(ctx); err != nil {
		stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
		defer cancel()
		return w.client.StopAndCancel(stop)
	}
	return nil
}
