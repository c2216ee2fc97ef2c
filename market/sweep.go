package market

import (
	"context"
	"time"

	"github.com/riverqueue/river"
)

// kept is how long links and sessions that have ended are kept, so that a person can still be told what happened.
const kept = 30 * 24 * time.Hour

// SweepJob forgets what has ended: see [Service.Sweep].
type SweepJob struct{}

// Kind names the job.
func (SweepJob) Kind() string { return "market.sweep" }

type sweepWorker struct {
	river.WorkerDefaults[SweepJob]
	market *Service
}

// Work sweeps.
func (w *sweepWorker) Work(ctx context.Context, _ *river.Job[SweepJob]) error {
	return w.market.Sweep(ctx)
}

// Sweep forgets one-time links, challenges and sessions that ended more than 30 days ago, and the files of checks that nobody went
// on with for a day.
func (s *Service) Sweep(ctx context.Context) error {
	before := s.clock.Now().Add(-kept)
	if err := s.db.Gorm(ctx).Exec("DELETE FROM one_time_links WHERE expires_at < ?", before).Error; err != nil {
		return err
	}
	for _, table := range []string{"passkey_challenges", "provider_visits"} {
		if err := s.db.Gorm(ctx).Exec("DELETE FROM "+table+" WHERE expires_at < ?", before).Error; err != nil {
			return err
		}
	}
	err := s.db.Gorm(ctx).Exec("UPDATE runs SET input = NULL WHERE kind = ? AND input IS NOT NULL AND finished_at < ?", RunImport, s.clock.Now().Add(-rehearsalKept)).Error
	if err != nil {
		return err
	}
	return s.db.Gorm(ctx).Exec("DELETE FROM person_sessions WHERE began_at < ?", before.Add(-SessionLife)).Error
}

// Periodic is what of this room runs by the clock.
func Periodic() []*river.PeriodicJob {
	return []*river.PeriodicJob{river.NewPeriodicJob(river.PeriodicInterval(6*time.Hour),
		func() (river.JobArgs, *river.InsertOpts) { return SweepJob{}, nil }, &river.PeriodicJobOpts{RunOnStart: true})}
}
