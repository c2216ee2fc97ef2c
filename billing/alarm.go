package billing

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"
	"gorm.io/gorm"

	"homecoming/market"
)

// What the clock says about a milestone before it acts. Letters go out at nine in the morning of a company's day, each
// once; when several have become due at once, because nobody worked the queue, the latest alone is sent.

// Days on which letters are written.
var (
	silenceDays = []int{7, 3, 1, 0}         // before the last day on which silence does not accept yet
	holdingDays = []int{60, 75, 85}         // after the payment
	paymentDays = []int{14, 7, 3, 1, 0, -1} // before the day by which the law wants the fee paid, and when it has passed
)

// holdingLimit is how many days a payment may be held. On that day an undelivered milestone's money goes back by itself;
// delivered work is never refunded by silence, so it stays held and both sides are told to agree or to open a dispute.
const holdingLimit = 90

// letterHour is the hour of the company's day at which these letters are written.
const letterHour = 9

// An AlarmKind is what an alarm is about.
type AlarmKind string

// The alarms.
const (
	SilenceAlarm AlarmKind = "silence" // silence is about to accept
	HoldingAlarm AlarmKind = "holding" // money has been held for long
	PaymentAlarm AlarmKind = "payment" // the legal due day comes near
	WeekAlarm    AlarmKind = "week"    // a week wants to be paid in, or its timesheet closes
)

// An alarm is one letter that is due. mark tells it from the others of its kind for the same milestone.
type alarm struct {
	kind  AlarmKind
	mark  string
	due   time.Time
	facts map[string]any
}

// alarmsOf are the alarms of a milestone that are due at a moment, the latest of each kind last.
func alarmsOf(m Milestone, zone *time.Location, now time.Time) []alarm {
	var all []alarm
	add := func(kind AlarmKind, mark string, day civil.Date, facts map[string]any) {
		if at := morning(day, zone); !at.After(now) {
			all = append(all, alarm{kind, mark, at, facts})
		}
	}
	if m.State == MilestoneSubmitted && m.AutoAcceptAt != nil && m.SubmittedAt != nil {
		last, delivered := civil.DateOf(m.AutoAcceptAt.In(zone)).AddDays(-1), civil.DateOf(m.SubmittedAt.In(zone))
		for _, n := range silenceDays {
			if day := last.AddDays(-n); day.After(delivered) {
				add(SilenceAlarm, fmt.Sprintf("%s -%d", last, n), day, map[string]any{"date": last.String(), "days": n})
			}
		}
	}
	if m.holdsMoney() && m.FundedAt != nil {
		paid := civil.DateOf(m.FundedAt.In(zone))
		for _, n := range append(slices.Clone(holdingDays), holdingLimit) {
			add(HoldingAlarm, fmt.Sprint(n), paid.AddDays(n), map[string]any{"days": n, "date": paid.AddDays(holdingLimit).String(), "over": n >= holdingLimit})
		}
	}
	if m.PayBy != nil && m.owesPayment() {
		for _, n := range paymentDays {
			add(PaymentAlarm, fmt.Sprintf("%s -%d", m.PayBy, n), m.PayBy.AddDays(-n), map[string]any{"date": m.PayBy.String(), "days": n, "late": n < 0, "owed": m.owed()})
		}
	}
	if m.IsWeek() && now.Before(*m.ClosesAt) {
		for _, about := range []string{"open", "begun", "closing"} {
			if day, due := weekAlarms(m)[about]; due {
				add(WeekAlarm, about, day, map[string]any{"about": about, "date": m.WeekOf.String(), "until": m.Sunday().AddDays(1).String(), "hours": hoursOf(m)})
			}
		}
	}
	return all
}

func morning(day civil.Date, zone *time.Location) time.Time {
	return day.In(zone).Add(letterHour * time.Hour)
}

// holdsMoney reports whether the charge, or a part of it, is held for the milestone.
func (m Milestone) holdsMoney() bool {
	return !m.Rail.PaysLater() && slices.Contains([]MilestoneState{MilestonePartFunded, MilestoneFunded, MilestoneInProgress, MilestoneSubmitted, MilestoneChangesRequested}, m.State)
}

// owed reports whether a pay run has to pay for it.
func (m Milestone) owed() bool {
	return m.Rail.PaysLater() && (m.State == MilestoneAccepted || m.State == MilestoneReleasing) || m.Rail == market.BankFile && m.State == MilestonePayoutFailed
}

// owesPayment reports whether work was delivered that is not paid for yet.
func (m Milestone) owesPayment() bool {
	return m.owed() || slices.Contains([]MilestoneState{MilestoneInProgress, MilestoneSubmitted, MilestoneChangesRequested, MilestoneAccepted, MilestoneReleasing}, m.State)
}

// alarmLetters are the letters of the alarms.
var alarmLetters = map[AlarmKind]market.LetterKind{SilenceAlarm: market.LetterReminder, HoldingAlarm: market.LetterHolding, PaymentAlarm: market.LetterPayBy, WeekAlarm: market.LetterWeek}

// watchful are the milestones that an alarm may be about.
const watchful = `SELECT m.id FROM milestones m JOIN contracts c ON c.id = m.contract_id JOIN companies o ON o.id = m.company_id
	WHERE (m.state IN ('part_funded', 'funded', 'in_progress', 'submitted', 'changes_requested', 'accepted', 'releasing') OR m.rail = 'bank_file' AND m.state = 'payout_failed') AND (
		m.state = 'submitted' AND m.auto_accept_at <= CAST(@now AS timestamptz) + interval '9 days'
		OR (m.state = 'part_funded' OR m.state IN ` + holding + `) AND m.funded_at <= CAST(@now AS timestamptz) - interval '59 days'
		OR m.pay_by <= (CAST(@now AS timestamptz) AT TIME ZONE o.time_zone)::date + 14)
	OR c.state = 'active' AND m.received_on IS NULL AND m.opens_at <= @now AND m.closes_at > @now AND m.state IN ('draft', 'funding', 'part_funded', 'funded', 'in_progress') ORDER BY m.id`

// Alarm writes the letters that have become due and gives back what may be held no longer, one milestone a transaction.
// It returns how many milestones it did something about. One that fails does not keep the others waiting.
func (s *Service) Alarm(ctx context.Context) (int, error) {
	var ids []uuid.UUID
	if err := s.db.Gorm(ctx).Raw(watchful, map[string]any{"now": s.clock.Now()}).Scan(&ids).Error; err != nil {
		return 0, err
	}
	var failures []error
	done := 0
	for _, id := range ids {
		var acted bool
		err := s.db.Tx(ctx, func(tx *gorm.DB) (err error) {
			acted, err = s.alarm(tx, id)
			return err
		})
		if acted && err == nil {
			done++
		}
		failures = append(failures, err)
	}
	warned, err := s.warnOfEndings(ctx)
	return done + warned, errors.Join(append(failures, err)...)
}

// alarm sees to one milestone.
func (s *Service) alarm(tx *gorm.DB, id uuid.UUID) (acted bool, err error) {
	c, m, err := lockMilestone(tx, id)
	if err != nil {
		return false, err
	}
	company, err := market.CompanyByID(tx, c.CompanyID)
	if err != nil {
		return false, err
	}
	latest := map[AlarmKind]alarm{}
	for _, a := range alarmsOf(m, company.Zone(), s.clock.Now()) {
		isNew, err := s.mark(tx, m, a)
		if err != nil {
			return false, err
		}
		if isNew {
			latest[a.kind] = a
		}
	}
	for _, kind := range []AlarmKind{SilenceAlarm, HoldingAlarm, PaymentAlarm, WeekAlarm} {
		if a, due := latest[kind]; due {
			acted = true
			if err := s.sound(tx, c, m, a); err != nil {
				return acted, err
			}
		}
	}
	if !milestoneMachine.Allows(m.State, doRefund, TheClock, moment{m, s.clock.Now()}) {
		return acted, nil // not at its limit, or delivered, or frozen
	}
	return true, s.giveBack(tx, market.Actor{}, c, &m, TheClock, doRefund, "")
}

// mark notes an alarm, and reports whether it is new.
func (s *Service) mark(tx *gorm.DB, m Milestone, a alarm) (bool, error) {
	done := tx.Exec(`INSERT INTO milestone_alarms (milestone_id, company_id, kind, mark, at) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
		m.ID, m.CompanyID, a.kind, a.mark, s.clock.Now())
	return done.RowsAffected > 0, done.Error
}

// sound writes to whom an alarm concerns: the manager alone about silence, those who look after the money as well about
// the rest, and at the limit the alumnus too.
func (s *Service) sound(tx *gorm.DB, c Contract, m Milestone, a alarm) error {
	if a.kind == SilenceAlarm {
		return tell(tx, alarmLetters[a.kind], []uuid.UUID{c.ManagerID}, c, m, a.facts)
	}
	if a.kind == WeekAlarm {
		readers := map[string][]uuid.UUID{"open": {c.ManagerID}, "begun": {c.ManagerID, c.PersonID}, "closing": {c.PersonID}}
		return tell(tx, alarmLetters[a.kind], readers[a.mark], c, m, a.facts)
	}
	a.facts["delivered"] = m.ReceivedOn != nil
	if err := s.tellMoney(tx, alarmLetters[a.kind], c, m, a.facts); err != nil || a.facts["over"] != true {
		return err
	}
	return tell(tx, alarmLetters[a.kind], []uuid.UUID{c.PersonID}, c, m, a.facts)
}
