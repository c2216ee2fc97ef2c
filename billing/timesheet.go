package billing

import (
	"context"
	"errors"
	"strings"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"
	"gorm.io/gorm"

	"homecoming/market"
)

// A Week is a milestone of an hourly contract with its timesheet.
type Week struct {
	Milestone
	Sheet Timesheet // everything that was written down, oldest first
}

// Work is what somebody writes down. Replaces names the entry that it corrects; no minutes take that one out.
type Work struct {
	Day      civil.Date
	Minutes  int64
	Note     string
	Replaces *uuid.UUID
}

// Record writes down what was worked on a day of a week; the contract's own alumnus alone may. The first entry begins the
// week.
func (s *Service) Record(ctx context.Context, who market.Actor, week uuid.UUID, w Work) (Week, error) {
	err := s.db.Tx(ctx, func(tx *gorm.DB) error {
		c, m, err := s.lockFor(tx, who, week, TheAlumnus)
		if err != nil {
			return err
		}
		if !m.IsWeek() {
			return market.ErrNotFound
		}
		if err := s.recordable(tx, c, m, w.Day); err != nil {
			return err
		}
		return s.writeDown(tx, who, c, &m, w)
	})
	if err != nil {
		return Week{}, err
	}
	return s.Week(ctx, who, week)
}

// recordable answers whether a day's work can be written down now.
func (s *Service) recordable(tx *gorm.DB, c Contract, m Milestone, day civil.Date) error {
	if err := m.Records(s.clock.Now()); err != nil {
		return err
	}
	if m.State == MilestoneChangesRequested {
		return nil // what was delivered is put right even while the contract rests or after its last day
	}
	if c.EndsOn != nil && day.After(*c.EndsOn) {
		return ErrNoticeGiven.With("date", *c.EndsOn)
	}
	return s.working(tx, c)
}

// writeDown adds an entry to a held week.
func (s *Service) writeDown(tx *gorm.DB, who market.Actor, c Contract, m *Milestone, w Work) error {
	company, err := market.CompanyByID(tx, c.CompanyID)
	if err != nil {
		return err
	}
	sheet, err := timesheetOf(tx, m.ID)
	if err != nil {
		return err
	}
	now := s.clock.Now()
	e := TimeEntry{ID: newID(), CompanyID: m.CompanyID, MilestoneID: m.ID, PersonID: who.PersonID, Day: w.Day, Minutes: w.Minutes,
		Note: strings.TrimSpace(w.Note), Replaces: w.Replaces, At: now}
	if sheet, err = sheet.With(e, *m, company.Today(now)); err != nil {
		return err
	}
	if err := tx.Create(&e).Error; err != nil {
		return err
	}
	m.Minutes, m.UpdatedAt = sheet.Minutes(), now
	if m.State == MilestoneFunded || m.State == MilestoneDraft {
		if m.StartedAt == nil {
			m.StartedAt = &now
		}
		err = s.move(tx, who, m, TheAlumnus, doStart, "")
	} else {
		err = tx.Save(m).Error
	}
	if err != nil {
		return err
	}
	return market.Audit(tx, who, m.CompanyID, "week.record", "milestone:"+m.ID.String(),
		map[string]any{"entry": e.ID, "day": e.Day, "minutes": e.Minutes, "replaces": e.Replaces, "sum": m.Minutes})
}

// timesheetOf reads everything that was written down for a week.
func timesheetOf(g *gorm.DB, week uuid.UUID) (Timesheet, error) {
	var sheet Timesheet
	return sheet, g.Where("milestone_id = ?", week).Order("id").Find(&sheet).Error
}

// Week reads one week of a contract that the actor may see.
func (s *Service) Week(ctx context.Context, who market.Actor, id uuid.UUID) (Week, error) {
	m, err := s.Milestone(ctx, who, id)
	if err != nil {
		return Week{}, err
	}
	if !m.IsWeek() {
		return Week{}, market.ErrNotFound
	}
	sheet, err := timesheetOf(s.db.Gorm(ctx), id)
	return Week{m, sheet}, err
}

// Weeks are all weeks of a contract that the actor may see, first first; none where it is not paid by the hour.
func (s *Service) Weeks(ctx context.Context, who market.Actor, contract uuid.UUID) ([]Week, error) {
	g := s.db.Gorm(ctx)
	c, err := s.visibleContract(ctx, who, contract)
	if err != nil {
		return nil, err
	}
	var ms []Milestone
	if err := g.Where("contract_id = ? AND week_of IS NOT NULL", c.ID).Order("week_of, position").Find(&ms).Error; err != nil {
		return nil, err
	}
	var entries Timesheet
	err = g.Where("milestone_id IN (SELECT id FROM milestones WHERE contract_id = ?)", c.ID).Order("id").Find(&entries).Error
	weeks := make([]Week, len(ms))
	for i, m := range ms {
		m.Contract = &c
		weeks[i].Milestone = m
		for _, e := range entries {
			if e.MilestoneID == m.ID {
				weeks[i].Sheet = append(weeks[i].Sheet, e)
			}
		}
	}
	return weeks, err
}

// reckon makes what was worked the whole of a week that a party may accept, and gives the rest back. Its tax, withholding and platform fee are what
// the terms say of that fee, by the rules that the week was quoted under.
func (s *Service) reckon(tx *gorm.DB, c Contract, m *Milestone, by Party) error {
	if _, err := milestoneMachine.Next(m.State, doAccept, by, moment{*m, s.clock.Now()}); err != nil {
		return err
	}
	if err := withDocuments(tx, &c); err != nil {
		return err
	}
	rules, err := rulesAt(tx, c.CompanyID, m.RulesVersion)
	if err != nil {
		return err
	}
	split, err := SplitOf(rules, *m, c.Terms, m.WorkedFee())
	if err != nil {
		return err
	}
	if split.Refund > 0 && !m.Rail.PaysLater() {
		if err := s.startRefund(tx, c, *m, split.Refund, ""); err != nil {
			return err
		}
	}
	m.shrink(split)
	return nil
}

// CloseWeeks sees to every week whose timesheet has closed, one transaction each, and returns how many: what was worked is
// submitted, and a week without work ends. One that fails does not keep the others waiting.
func (s *Service) CloseWeeks(ctx context.Context) (int, error) {
	var due []uuid.UUID
	err := s.db.Gorm(ctx).Raw(`SELECT id FROM milestones WHERE closes_at <= ? AND received_on IS NULL AND frozen = ''
		AND state IN ('draft', 'part_funded', 'funded', 'in_progress') ORDER BY closes_at LIMIT 500`, s.clock.Now()).Scan(&due).Error
	if err != nil {
		return 0, err
	}
	var failures []error
	for _, id := range due {
		failures = append(failures, s.db.Tx(ctx, func(tx *gorm.DB) error {
			c, m, err := lockMilestone(tx, id)
			if err != nil || m.ReceivedOn != nil || closed.Holds(moment{m, s.clock.Now()}) != nil {
				return err // answered meanwhile
			}
			return s.closeWeek(tx, c, &m)
		}))
	}
	return len(due), errors.Join(failures...)
}

// closeWeek submits a held week, or ends it where nothing was worked.
func (s *Service) closeWeek(tx *gorm.DB, c Contract, m *Milestone) error {
	moves := func(do string) bool { return milestoneMachine.Allows(m.State, do, TheClock, moment{*m, s.clock.Now()}) }
	switch {
	case moves(doSubmit):
		return s.deliver(tx, market.Actor{}, c, m, TheClock, "")
	case !moves(doSkip):
		return nil // its checkout page is open: it ends when that expires
	}
	covered := !m.Uncovered()
	var err error
	if m.holdsMoney() {
		err = s.giveBack(tx, market.Actor{}, c, m, TheClock, doSkip, "")
	} else {
		err = s.move(tx, market.Actor{}, m, TheClock, doSkip, "")
	}
	if err != nil {
		return err
	}
	if err := tell(tx, market.LetterWeek, []uuid.UUID{c.PersonID, c.ManagerID}, c, *m, map[string]any{"about": "skipped", "covered": covered}); err != nil {
		return err
	}
	return s.close(tx, c)
}

// endWeek closes the timesheet of a week that a contract's last day cuts short.
func (s *Service) endWeek(tx *gorm.DB, c Contract, m *Milestone) error {
	if now := s.clock.Now(); m.ClosesAt.After(now) {
		m.ClosesAt = &now
	}
	return s.closeWeek(tx, c, m)
}

// hoursOf says what a week's hours come to, for letters; empty where the milestone is none.
func hoursOf(m Milestone) string {
	if !m.IsWeek() || m.Minutes == 0 {
		return ""
	}
	money := func(n int64) string { return market.Money{Amount: n, Currency: m.Currency}.String() }
	return market.Clock(m.Minutes) + " × " + money(m.Rate) + " = " + money(m.WorkedFee())
}

// receivedOn is the day from which the fee of a delivery counts: of a week its last day, where it was submitted later.
// Services that go on are received with each period that is settled (guidelines on the Freelance Act, art. 4).
func (m Milestone) receivedOn(today civil.Date) civil.Date {
	if m.IsWeek() && today.After(m.Sunday()) {
		return m.Sunday()
	}
	return today
}

// weekAlarms are the letters about a week: that it can be paid in, that it has begun and is not covered, and that its
// timesheet closes today.
func weekAlarms(m Milestone) map[string]civil.Date {
	switch {
	case m.Uncovered():
		return map[string]civil.Date{"open": m.WeekOf.AddDays(-7), "begun": *m.WeekOf}
	case m.IsWeek() && m.ReceivedOn == nil:
		return map[string]civil.Date{"closing": m.Sunday().AddDays(1)}
	}
	return nil
}
