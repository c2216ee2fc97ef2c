package market

import (
	"context"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"homecoming/internal/jobs"
	"homecoming/internal/problem"
)

// A SuspensionDraft is what somebody of the desk asks for.
type SuspensionDraft struct {
	Member  uuid.UUID   // a membership of the company, or the id of somebody who works there or whom the report is about
	UntilOn *civil.Date // the last day; nil: until it is lifted
	Reason  string      // which its person reads
}

// AskSuspension asks that somebody whom a report is about be kept out of the company's network. Another of the desk decides.
func (s *Service) AskSuspension(ctx context.Context, who Actor, report uuid.UUID, d SuspensionDraft) (Suspension, error) {
	var asked Suspension
	d.Reason = sayable(tidyText(d.Reason))
	return asked, s.onDesk(ctx, who, report, "suspend", func(tx *gorm.DB, r *Report, c Company) error {
		now := s.clock.Now()
		switch {
		case d.Reason == "":
			return ErrRequired.On("reason")
		case len([]rune(d.Reason)) > maxReason:
			return ErrTooLong.On("reason").With("max", maxReason)
		case d.UntilOn != nil && (!d.UntilOn.IsValid() || d.UntilOn.Year > 2200):
			return ErrDay.On("until_on").With("value", d.UntilOn)
		case d.UntilOn != nil && d.UntilOn.Before(c.Today(now)):
			return ErrPastDate.On("until_on").With("date", *d.UntilOn)
		case r.ForgottenAt != nil || r.State == ReportClosed:
			return ErrReportState.With("state", r.State)
		}
		person, err := reportedIn(tx, *r, d.Member)
		if err != nil {
			return err
		}
		asked = Suspension{ID: newID(), ReportID: r.ID, CompanyID: r.CompanyID, PersonID: person, UntilOn: d.UntilOn, Reason: d.Reason, State: "asked", AskedBy: who.PersonID, AskedAt: now}
		if err := tx.Create(&asked).Error; err != nil {
			return refused(err, map[string]*problem.Error{"one_suspension": ErrSuspended})
		}
		if err := concern(tx, *r, person); err != nil {
			return err
		}
		return s.writeToDesk(tx, *r, "suspension", who.PersonID)
	})
}

// suspension reads one for the desk of its report, and holds it.
func suspension(tx *gorm.DB, id uuid.UUID) (s Suspension, err error) {
	return s, one(tx.Clauses(clause.Locking{Strength: "NO KEY UPDATE"}).Where("id = ?", id).Take(&s))
}

// DecideSuspension says yes or no to what another of the desk asked for. With a yes its person is told, and out of the network: of
// its lists and rankings, its tasks, events, news and their letters. Contracts and bids that are there stay.
func (s *Service) DecideSuspension(ctx context.Context, who Actor, id uuid.UUID, yes bool) error {
	return s.withSuspension(ctx, who, id, func(tx *gorm.DB, d *Suspension, r *Report, c Company) error {
		now := s.clock.Now()
		switch {
		case d.State != "asked":
			return ErrSuspension
		case d.AskedBy == who.PersonID && yes:
			return ErrOwnSuspension
		}
		d.State, d.DecidedBy, d.DecidedAt = "declined", &who.PersonID, &now
		if !yes {
			return tx.Save(d).Error
		}
		today := c.Today(now)
		b := Bar{ID: newID(), CompanyID: d.CompanyID, PersonID: d.PersonID, Kind: Suspended, FromOn: today, UntilOn: d.UntilOn, MadeBy: who.PersonID, MadeAt: now}
		if d.UntilOn != nil && d.UntilOn.Before(today) {
			return ErrPastDate.On("until_on").With("date", *d.UntilOn)
		}
		if err := tx.Create(&b).Error; err != nil {
			return refused(err, map[string]*problem.Error{"one_block_a_side": ErrSuspended})
		}
		d.State, d.BarID = "held", &b.ID
		if err := tx.Save(d).Error; err != nil {
			return err
		}
		if _, ok := reportLife[r.State][MeasureReport]; ok {
			if err := r.step(MeasureReport, now); err != nil {
				return err
			}
			if err := tx.Save(r).Error; err != nil {
				return err
			}
		}
		if err := b.note(tx, who, "suspension.hold"); err != nil {
			return err
		}
		return tellSuspended(tx, *d)
	})
}

// LiftSuspension ends one at once.
func (s *Service) LiftSuspension(ctx context.Context, who Actor, id uuid.UUID) error {
	return s.withSuspension(ctx, who, id, func(tx *gorm.DB, d *Suspension, _ *Report, _ Company) error {
		if d.State != "held" {
			return ErrSuspension
		}
		d.State = "lifted"
		if err := tx.Save(d).Error; err != nil {
			return err
		}
		var b Bar
		if err := one(tx.Where("id = ?", d.BarID).Take(&b)); err != nil {
			return err
		}
		if err := tx.Exec("UPDATE bars SET lifted_by = ?, lifted_at = ? WHERE id = ?", who.PersonID, s.clock.Now(), b.ID).Error; err != nil {
			return err
		}
		if err := b.note(tx, who, "suspension.lift"); err != nil {
			return err
		}
		return tellSuspended(tx, *d)
	})
}

// EndSuspensions ends those whose last day has passed, and tells how many.
func (s *Service) EndSuspensions(ctx context.Context) (n int, err error) {
	err = s.db.Tx(ctx, func(tx *gorm.DB) error {
		now := s.clock.Now()
		var list []Suspension
		err := tx.Raw(`SELECT s.* FROM suspensions s JOIN companies c ON c.id = s.company_id WHERE s.state = 'held' AND s.until_on < `+today+` ORDER BY s.id FOR UPDATE OF s SKIP LOCKED`,
			map[string]any{"now": now}).Scan(&list).Error
		if err != nil {
			return err
		}
		for _, d := range list {
			if err := tx.Exec("UPDATE suspensions SET state = 'lifted' WHERE id = ?", d.ID).Error; err != nil {
				return err
			}
			if err := tx.Exec("UPDATE bars SET lifted_at = ? WHERE id = ? AND lifted_at IS NULL", now, d.BarID).Error; err != nil {
				return err
			}
			d.State = "lifted"
			if err := tellSuspended(tx, d); err != nil {
				return err
			}
		}
		n = len(list)
		return nil
	})
	return n, err
}

// withSuspension finds a suspension for the desk of its report and runs what is done with it.
func (s *Service) withSuspension(ctx context.Context, who Actor, id uuid.UUID, do func(*gorm.DB, *Suspension, *Report, Company) error) error {
	var report []uuid.UUID
	if err := s.db.Gorm(ctx).Raw("SELECT report_id FROM suspensions WHERE id = ?", id).Scan(&report).Error; err != nil {
		return err
	}
	return s.onDesk(ctx, who, first(report), "decide", func(tx *gorm.DB, r *Report, c Company) error {
		d, err := suspension(tx, id)
		if err != nil {
			return err
		}
		return do(tx, &d, r, c)
	})
}

// tellSuspended writes to whom a suspension is about, with its reason and its last day; of a report it says nothing.
func tellSuspended(tx *gorm.DB, d Suspension) error {
	facts := map[string]any{"state": d.State, "reason": d.Reason, "until": ""}
	if d.UntilOn != nil {
		facts["until"] = d.UntilOn.String()
	}
	return jobs.Enqueue(tx, Letter{Letter: LetterSuspension, PersonID: d.PersonID, CompanyID: d.CompanyID, Path: "/conduct/" + d.CompanyID.String(), Facts: facts})
}
