package market

import (
	"context"
	"errors"
	"time"

	"github.com/riverqueue/river"
	"gorm.io/gorm"
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
	_, loose := w.market.SweepFiles(ctx)
	_, reports := w.market.ForgetReports(ctx)
	return errors.Join(w.market.Sweep(ctx), loose, reports)
}

// HourlyJob does what days and hours ask for: farewells of those who leave, ends that nobody said, calendars that go on,
// wishes to return that expire, customers who never answered, reports that wait for their desk, suspensions whose last day has passed,
// and people who asked to be forgotten.
type HourlyJob struct{}

// Kind names the job.
func (HourlyJob) Kind() string { return "market.hourly" }

type hourlyWorker struct {
	river.WorkerDefaults[HourlyJob]
	market *Service
}

// Work does it; what fails does not keep the rest from being done.
func (w *hourlyWorker) Work(ctx context.Context, _ *river.Job[HourlyJob]) error {
	_, farewells := w.market.SendFarewells(ctx)
	_, claims := w.market.ExpireClaims(ctx)
	_, calendars := w.market.TurnCalendars(ctx)
	_, returns := w.market.ExpireReturns(ctx)
	referrals := w.market.TurnReferrals(ctx)
	_, reports := w.market.TellDesk(ctx)
	_, suspensions := w.market.EndSuspensions(ctx)
	erasures := w.market.TurnErasures(ctx)
	return errors.Join(farewells, claims, calendars, returns, referrals, reports, suspensions, erasures)
}

// rowsKept is how long the report of an import names the people of its rows; the counts stay.
const rowsKept = 90 * 24 * time.Hour

// Sweep forgets one-time links, challenges and sessions that ended more than 30 days ago, mails in the outbox as old, who looked at whom
// more than 90 days ago and the rows of imports as old, news older than half a year, what webhooks were told more than 30 days ago, and
// the files of checks that nobody went on with for a day.
func (s *Service) Sweep(ctx context.Context) error {
	before := s.clock.Now().Add(-kept)
	if err := s.db.Gorm(ctx).Exec("DELETE FROM one_time_links WHERE expires_at < ?", before).Error; err != nil {
		return err
	}
	for _, table := range []string{"passkey_challenges", "provider_visits", "address_changes", "knocks"} {
		if err := s.db.Gorm(ctx).Exec("DELETE FROM "+table+" WHERE expires_at < ?", before).Error; err != nil {
			return err
		}
	}
	if err := s.forgetDeliveries(s.db.Gorm(ctx)); err != nil {
		return err
	}
	if err := s.db.Gorm(ctx).Exec("DELETE FROM profile_looks WHERE day <= ?", s.looksSince()).Error; err != nil {
		return err
	}
	if err := s.db.Gorm(ctx).Exec("DELETE FROM outbox WHERE created_at < ?", before).Error; err != nil {
		return err
	}
	if err := s.forgetRows(s.db.Gorm(ctx)); err != nil {
		return err
	}
	if err := s.db.Gorm(ctx).Exec("DELETE FROM notices WHERE made_at < ?", s.clock.Now().Add(-noticesKept)).Error; err != nil {
		return err
	}
	if err := s.forgetFiles(ctx, s.clock.Now().Add(-rehearsalKept)); err != nil {
		return err
	}
	return s.db.Gorm(ctx).Exec("DELETE FROM person_sessions WHERE began_at < ?", before.Add(-SessionLife)).Error
}

// forgetRows takes the people out of the reports of old imports.
func (s *Service) forgetRows(g *gorm.DB) error {
	return g.Exec(`UPDATE runs SET report = report || '{"changes": [], "faults": []}' WHERE kind = ? AND finished_at < ?
		AND (report->'changes' <> '[]' OR report->'faults' <> '[]')`, RunImport, s.clock.Now().Add(-rowsKept)).Error
}

// forgetFiles lets go of the files of checks that ended before a moment, and of files that no run works on.
func (s *Service) forgetFiles(ctx context.Context, before time.Time) error {
	return s.db.Tx(ctx, func(tx *gorm.DB) error {
		if err := tx.Exec("UPDATE runs SET input = NULL WHERE kind = ? AND input IS NOT NULL AND finished_at < ?", RunImport, before).Error; err != nil {
			return err
		}
		return tx.Exec(`DELETE FROM import_files f WHERE made_at < ? AND NOT EXISTS (SELECT 1 FROM runs r
			WHERE r.kind = ? AND r.company_id = f.company_id AND r.input = convert_to(f.id::text, 'UTF8'))`, before, RunImport).Error
	})
}

// Periodic is what of this room runs by the clock.
func Periodic() []*river.PeriodicJob {
	return []*river.PeriodicJob{river.NewPeriodicJob(river.PeriodicInterval(6*time.Hour),
		func() (river.JobArgs, *river.InsertOpts) { return SweepJob{}, nil }, &river.PeriodicJobOpts{RunOnStart: true}),
		river.NewPeriodicJob(river.PeriodicInterval(time.Hour),
			func() (river.JobArgs, *river.InsertOpts) { return HourlyJob{}, nil }, &river.PeriodicJobOpts{RunOnStart: true}),
		river.NewPeriodicJob(river.PeriodicInterval(eventsRhythm),
			func() (river.JobArgs, *river.InsertOpts) { return EventsJob{}, nil }, &river.PeriodicJobOpts{RunOnStart: true}),
		river.NewPeriodicJob(river.PeriodicInterval(digestsRhythm),
			func() (river.JobArgs, *river.InsertOpts) { return DigestsJob{}, nil }, &river.PeriodicJobOpts{RunOnStart: true}),
		river.NewPeriodicJob(river.PeriodicInterval(eventsRhythm),
			func() (river.JobArgs, *river.InsertOpts) { return PostsJob{}, nil }, &river.PeriodicJobOpts{RunOnStart: true})}
}
