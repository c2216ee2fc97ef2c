package billing

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/google/uuid"
	"github.com/riverqueue/river"

	"homecoming/internal/jobs"
)

// An OperationJob takes one operation further.
type OperationJob struct {
	Operation uuid.UUID `json:"operation"`
}

// Kind is the job's name in the queue.
func (OperationJob) Kind() string { return "billing.operation" }

// InsertOpts keeps a long pay run from holding up everything else.
func (OperationJob) InsertOpts() river.InsertOpts { return river.InsertOpts{Queue: jobs.Paced} }

// An EventJob works one stored event.
type EventJob struct {
	Event string `json:"event"`
}

// Kind is the job's name in the queue.
func (EventJob) Kind() string { return "billing.event" }

// A SweepJob finds operations and events that wait for somebody, and deliveries that silence has accepted.
type SweepJob struct{}

// Kind is the job's name in the queue.
func (SweepJob) Kind() string { return "billing.sweep" }

// InsertOpts keeps the queue from retrying what comes round again by itself.
func (SweepJob) InsertOpts() river.InsertOpts { return river.InsertOpts{MaxAttempts: 1} }

// An AlarmJob writes the letters that the clock wants written, and issues and confirms documents by it.
type AlarmJob struct{}

// Kind is the job's name in the queue.
func (AlarmJob) Kind() string { return "billing.alarm" }

// InsertOpts keeps the queue from retrying what comes round again by itself.
func (AlarmJob) InsertOpts() river.InsertOpts { return river.InsertOpts{MaxAttempts: 1} }

// A MatchJob matches the lines of a bank account to what was paid from it.
type MatchJob struct {
	Account uuid.UUID `json:"account"`
}

// Kind is the job's name in the queue.
func (MatchJob) Kind() string { return "billing.match" }

// A CatchUpJob asks the provider for events that never came.
type CatchUpJob struct{}

// Kind is the job's name in the queue.
func (CatchUpJob) Kind() string { return "billing.catch_up" }

// InsertOpts keeps the queue from retrying what comes round again by itself.
func (CatchUpJob) InsertOpts() river.InsertOpts { return river.InsertOpts{MaxAttempts: 1} }

// A ReconcileJob works one reconciliation.
type ReconcileJob struct {
	Run uuid.UUID `json:"run"`
}

// Kind is the job's name in the queue.
func (ReconcileJob) Kind() string { return "billing.reconcile" }

// InsertOpts gives up after some twenty minutes, so that nobody watches a run that will not end.
func (ReconcileJob) InsertOpts() river.InsertOpts { return river.InsertOpts{MaxAttempts: 6} }

// A DailyJob starts the reconciliations of the day.
type DailyJob struct{}

// Kind is the job's name in the queue.
func (DailyJob) Kind() string { return "billing.daily" }

// InsertOpts keeps the queue from retrying what comes round again by itself.
func (DailyJob) InsertOpts() river.InsertOpts { return river.InsertOpts{MaxAttempts: 1} }

// AddWorkers teaches a queue to do billing's jobs.
func AddWorkers(w *river.Workers, s *Service) {
	river.AddWorker(w, river.WorkFunc(func(ctx context.Context, j *river.Job[OperationJob]) error {
		return s.Work(ctx, j.Args.Operation)
	}))
	river.AddWorker(w, river.WorkFunc(func(ctx context.Context, j *river.Job[EventJob]) error {
		return s.WorkEvent(ctx, j.Args.Event)
	}))
	river.AddWorker(w, river.WorkFunc(func(ctx context.Context, _ *river.Job[SweepJob]) error { return s.sweepAll(ctx) }))
	river.AddWorker(w, river.WorkFunc(func(ctx context.Context, _ *river.Job[CatchUpJob]) error {
		n, err := s.CatchUp(ctx)
		if n > 0 {
			slog.Info("events found that no webhook had brought", "events", n)
		}
		return err
	}))
	river.AddWorker(w, river.WorkFunc(func(ctx context.Context, j *river.Job[MatchJob]) error {
		_, err := s.MatchPayments(ctx, j.Args.Account)
		return err
	}))
	river.AddWorker(w, river.WorkFunc(func(ctx context.Context, _ *river.Job[AlarmJob]) error {
		_, err := s.Alarm(ctx)
		_, deemed := s.DeemConfirmed(ctx)
		_, issued := s.IssuePeriods(ctx)
		return errors.Join(err, deemed, issued)
	}))
	river.AddWorker(w, river.WorkFunc(func(ctx context.Context, j *river.Job[PaperJob]) error {
		return s.WorkPapers(ctx, j.Args)
	}))
	river.AddWorker(w, river.WorkFunc(func(ctx context.Context, j *river.Job[RecordJob]) error {
		return s.WorkRecord(ctx, j.Args)
	}))
	river.AddWorker(w, river.WorkFunc(func(ctx context.Context, _ *river.Job[DailyJob]) error {
		_, err := s.ReconcileDue(ctx)
		return err
	}))
	river.AddWorker(w, &reconciler{s: s})
	river.AddWorker(w, &exporter{s: s})
	river.AddWorker(w, river.WorkFunc(func(ctx context.Context, _ *river.Job[ForgetExportsJob]) error { return s.ForgetExports(ctx) }))
}

// Resume takes up at once what an earlier process left behind; the periodic sweep begins only when the queue has agreed
// on who runs it. Call it when a worker starts.
func (s *Service) Resume(ctx context.Context) error { return s.sweepAll(ctx) }

func (s *Service) sweepAll(ctx context.Context) error {
	if _, err := s.Sweep(ctx); err != nil {
		return err
	}
	if _, err := s.SweepEvents(ctx); err != nil {
		return err
	}
	var failures []error
	for _, sweep := range []func(context.Context) (int, error){s.CloseWeeks, s.AutoAccept, s.ExpireTransfers, s.EscalateDisputes, s.EndContracts, s.ExpireChanges} {
		_, err := sweep(ctx)
		failures = append(failures, err)
	}
	return errors.Join(failures...)
}

// Periodic is what billing does by the clock, soon after every start as well.
func Periodic(*Service) []*river.PeriodicJob {
	every := func(d time.Duration, args river.JobArgs) *river.PeriodicJob {
		return river.NewPeriodicJob(river.PeriodicInterval(d), func() (river.JobArgs, *river.InsertOpts) { return args, nil },
			&river.PeriodicJobOpts{RunOnStart: true})
	}
	return []*river.PeriodicJob{every(5*time.Second, SweepJob{}), every(3*time.Minute, CatchUpJob{}), every(20*time.Minute, AlarmJob{}), every(time.Hour, DailyJob{}), every(time.Hour, ForgetExportsJob{})}
}

// A reconciler works reconciliations; listing a busy month takes longer than other jobs.
type reconciler struct {
	river.WorkerDefaults[ReconcileJob]
	s *Service
}

// Timeout is how long one may take.
func (*reconciler) Timeout(*river.Job[ReconcileJob]) time.Duration { return 10 * time.Minute }

// Work compares ledger and provider for one run. When the last try fails, the run says so.
func (r *reconciler) Work(ctx context.Context, j *river.Job[ReconcileJob]) error {
	err := r.s.Reconcile(ctx, j.Args.Run)
	if err != nil && j.Attempt >= j.MaxAttempts {
		err = errors.Join(err, r.s.failReconciliation(context.WithoutCancel(ctx), j.Args.Run))
	}
	return err
}
