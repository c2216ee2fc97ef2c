package matching

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
	"gorm.io/gorm"

	"homecoming/internal/jobs"
)

// The jobs of this room. Each may run at any time, any number of times.
type (
	// DrainJob writes pending changes into the indexes.
	DrainJob struct{}
	// DueJob notes the members whose day it is.
	DueJob struct{}
	// RecountJob looks whether an index holds as many documents as it should.
	RecountJob struct{}
	// PrepareJob builds indexes that are missing or broken.
	PrepareJob struct{}
	// SweepJob takes out the shown lists that are older than they are kept.
	SweepJob struct{}
	// ReindexJob builds all indexes anew, or a company's part of them, under the eyes of a run (see package jobs).
	ReindexJob struct {
		Run       uuid.UUID   `json:"run"`
		Companies []uuid.UUID `json:"companies,omitempty"`
	}
)

// Kind names the job in the queue.
func (DrainJob) Kind() string { return "matching_drain" }

// Kind names the job in the queue.
func (DueJob) Kind() string { return "matching_due" }

// Kind names the job in the queue.
func (RecountJob) Kind() string { return "matching_recount" }

// Kind names the job in the queue.
func (PrepareJob) Kind() string { return "matching_prepare" }

// Kind names the job in the queue.
func (SweepJob) Kind() string { return "matching_sweep" }

// Kind names the job in the queue.
func (ReindexJob) Kind() string { return "matching_reindex" }

// Workers adds this room's workers.
func Workers(workers *river.Workers, s *Service) {
	river.AddWorker(workers, river.WorkFunc(func(ctx context.Context, _ *river.Job[DrainJob]) error {
		_, err := s.Drain(ctx)
		return err
	}))
	river.AddWorker(workers, river.WorkFunc(func(ctx context.Context, _ *river.Job[DueJob]) error {
		_, err := s.TouchDue(ctx)
		return err
	}))
	river.AddWorker(workers, river.WorkFunc(func(ctx context.Context, _ *river.Job[SweepJob]) error {
		_, err := s.SweepRankings(ctx)
		return err
	}))
	river.AddWorker(workers, &unhurried[PrepareJob]{work: func(ctx context.Context, _ PrepareJob) error { return s.Prepare(ctx) }})
	river.AddWorker(workers, &unhurried[RecountJob]{work: func(ctx context.Context, _ RecountJob) error {
		_, err := s.Recount(ctx)
		return err
	}})
	river.AddWorker(workers, &unhurried[ReindexJob]{work: s.reindexJob})
}

// Periodic is what of this room runs by the clock.
func Periodic() []*river.PeriodicJob {
	alone := &river.InsertOpts{MaxAttempts: 1, UniqueOpts: river.UniqueOpts{ByArgs: true, ByState: []rivertype.JobState{
		rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRunning, rivertype.JobStateScheduled, rivertype.JobStateRetryable}}}
	every := func(d time.Duration, args river.JobArgs) *river.PeriodicJob {
		return river.NewPeriodicJob(river.PeriodicInterval(d),
			func() (river.JobArgs, *river.InsertOpts) { return args, alone }, &river.PeriodicJobOpts{RunOnStart: true})
	}
	return []*river.PeriodicJob{every(time.Second, DrainJob{}), every(15*time.Minute, DueJob{}), every(10*time.Minute, RecountJob{}), every(15*time.Second, PrepareJob{}), every(24*time.Hour, SweepJob{})}
}

// unhurried is a worker with a time limit of its own: a rebuild of millions takes minutes. It has one all the same,
// because the queue gives a job that was killed midway to another worker only after its limit.
type unhurried[A river.JobArgs] struct {
	river.WorkerDefaults[A]
	work func(context.Context, A) error
}

func (u *unhurried[A]) Timeout(*river.Job[A]) time.Duration { return 20 * time.Minute }

func (u *unhurried[A]) Work(ctx context.Context, job *river.Job[A]) error {
	return u.work(ctx, job.Args)
}

// reindexJob rebuilds and tells the run how far it is. Where somebody else rebuilds already, the run says so.
func (s *Service) reindexJob(ctx context.Context, job ReindexJob) error {
	if err := s.watched(ctx, job.Run, nil, job.Companies); err != nil {
		return river.JobCancel(err) // the run has ended, and says why
	}
	return nil
}

// ReindexKind is what the run of a rebuild is called.
const ReindexKind = "reindex"

// WatchedReindex is Reindex with a run of its own, so that pages show how far it is; progress may be nil.
func (s *Service) WatchedReindex(ctx context.Context, progress func(done, total int), companies ...uuid.UUID) error {
	var run jobs.Run
	err := s.db.Tx(ctx, func(tx *gorm.DB) (err error) {
		run, err = jobs.NewRun(tx, jobs.Run{Kind: ReindexKind})
		return err
	})
	if err != nil {
		return err
	}
	return s.watched(ctx, run.ID, progress, companies)
}

// watched reindexes under the eyes of a run, which is told how far it is a few times a second at most, and how it ended.
func (s *Service) watched(ctx context.Context, run uuid.UUID, progress func(done, total int), companies []uuid.UUID) error {
	told := time.Time{}
	err := s.Reindex(ctx, func(done, total int) {
		if told.IsZero() && len(companies) == 0 {
			_ = s.buryRuns(ctx, run) // only their rows would tell a different story
		}
		if progress != nil {
			progress(done, total)
		}
		if done == total || time.Since(told) > 300*time.Millisecond {
			told = time.Now()
			_ = jobs.Progress(s.db.Gorm(ctx), run, done, total) // the next one says it again
		}
	}, companies...)
	state, report := jobs.Succeeded, map[string]any{"indexes": s.indexNames()}
	if err != nil {
		state, report["error"] = jobs.Failed, err.Error()
	}
	return errors.Join(err, jobs.Finish(s.db.Gorm(context.WithoutCancel(ctx)), run, state, report))
}

// buryRuns ends the runs of other rebuilds that nobody works on: we hold the lock, so their processes were killed.
func (s *Service) buryRuns(ctx context.Context, but uuid.UUID) error {
	return s.db.Gorm(ctx).Exec(`UPDATE runs SET state = 'failed', finished_at = now(), report = '{"error": "the process was killed"}'
		WHERE kind = ? AND state = 'running' AND id <> ? AND NOT EXISTS (
			SELECT 1 FROM river_job j WHERE j.kind = 'matching_reindex' AND j.finalized_at IS NULL AND j.args->>'run' = runs.id::text)`,
		ReindexKind, but).Error
}
