package market

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/riverqueue/river"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"homecoming/internal/jobs"
)

// lettersAtOnce is how many letters, or events, one transaction sees to.
const lettersAtOnce = 200

// InviteToEvent sends an invitation to everybody whom the event asks and who was not invited yet: those who have an address of
// their own here, did not answer, do not run it, and agree to hear of news and events. Where they are many, a job writes to the rest.
func (s *Service) InviteToEvent(ctx context.Context, who Actor, id uuid.UUID) error {
	return s.db.Tx(ctx, func(tx *gorm.DB) error {
		e, err := s.lockForHost(tx, who, id)
		if err != nil {
			return err
		}
		if !e.Open(s.clock.Now()) {
			return ErrAnswersClosed
		}
		sent, err := s.sendInvitations(tx, id)
		if err != nil {
			return err
		}
		if sent == lettersAtOnce {
			if err := jobs.Enqueue(tx, EventInvitations{Event: id}); err != nil {
				return err
			}
		}
		return Audit(tx, who, e.CompanyID, "event.invite", "event:"+id.String(), nil)
	})
}

// EventInvitations is the job that writes an event's invitations.
type EventInvitations struct {
	Event uuid.UUID `json:"event"`
}

// Kind is the job's name in the queue.
func (EventInvitations) Kind() string { return "market.event_invitations" }

type invitationsWorker struct {
	river.WorkerDefaults[EventInvitations]
	market *Service
}

// Work writes them, some at a time.
func (w *invitationsWorker) Work(ctx context.Context, job *river.Job[EventInvitations]) error {
	_, err := w.market.SendEventInvitations(ctx, job.Args.Event)
	return err
}

// SendEventInvitations enqueues the invitations that are left, and tells how many.
func (s *Service) SendEventInvitations(ctx context.Context, event uuid.UUID) (sent int, err error) {
	for {
		n := 0
		err := s.db.Tx(ctx, func(tx *gorm.DB) (err error) {
			n, err = s.sendInvitations(tx, event)
			return err
		})
		sent += n
		if err != nil || n < lettersAtOnce {
			return sent, err
		}
	}
}

// toInvite are the people p whom an invitation to the event @event is still for.
var toInvite = " FROM events, people p WHERE events.id = @event AND p.email IS NOT NULL AND " + nearby + " AND " + eventsFor.asks() + `
	AND NOT EXISTS (SELECT 1 FROM event_invitations i WHERE i.event_id = events.id AND i.person_id = p.id)
	AND NOT EXISTS (SELECT 1 FROM rsvps r WHERE r.event_id = events.id AND r.person_id = p.id)
	AND NOT EXISTS (SELECT 1 FROM event_hosts h WHERE h.event_id = events.id AND h.person_id = p.id)
	AND ` + eventsFor.hears()

// EventInvitees counts whom [Service.InviteToEvent] would write to now, for who runs the event.
func (s *Service) EventInvitees(ctx context.Context, who Actor, id uuid.UUID) (n int, err error) {
	g := s.db.Gorm(ctx)
	e, err := s.hostedEvent(g, who, id)
	if err != nil || !e.Open(s.clock.Now()) {
		return 0, err
	}
	return n, g.Raw("SELECT count(*)"+toInvite, map[string]any{"event": id, "company": e.CompanyID, "now": s.clock.Now()}).Scan(&n).Error
}

func (s *Service) sendInvitations(tx *gorm.DB, event uuid.UUID) (int, error) {
	var e Event
	if err := one(tx.Clauses(clause.Locking{Strength: "NO KEY UPDATE"}).Where("id = ?", event).Take(&e)); err != nil {
		return 0, err
	}
	now := s.clock.Now()
	if !e.Open(now) {
		return 0, nil
	}
	var people []uuid.UUID
	err := tx.Raw("SELECT p.id"+toInvite+" ORDER BY p.id LIMIT @most", map[string]any{"event": event, "company": e.CompanyID, "now": now, "most": lettersAtOnce}).Scan(&people).Error
	if err != nil {
		return 0, err
	}
	for _, p := range people {
		err := tx.Exec("INSERT INTO event_invitations (event_id, company_id, person_id, sent_at) VALUES (?, ?, ?, ?)", e.ID, e.CompanyID, p, now).Error
		if err == nil {
			err = jobs.Enqueue(tx, Letter{Letter: LetterEventInvitation, PersonID: p, CompanyID: e.CompanyID, Path: "/events/" + e.ID.String(), Facts: e.facts()})
		}
		if err != nil {
			return 0, err
		}
	}
	return len(people), nil
}

// EventsJob reminds of events that come near and ends those that are over.
type EventsJob struct{}

// Kind names the job.
func (EventsJob) Kind() string { return "market.events" }

type eventsWorker struct {
	river.WorkerDefaults[EventsJob]
	market *Service
}

// Work does both; what fails does not keep the other from being done.
func (w *eventsWorker) Work(ctx context.Context, _ *river.Job[EventsJob]) error {
	_, reminders := w.market.RemindOfEvents(ctx)
	_, ends := w.market.EndEvents(ctx)
	return errors.Join(reminders, ends)
}

// eventsRhythm is how often that is looked at.
const eventsRhythm = 5 * time.Minute

// reminders are the letters before an event: what is told, how long before, and until when there is a point in it.
var reminders = []struct {
	news    eventNews
	column  string
	from    time.Duration
	nearest time.Duration
}{
	{newsDay, "told_day_at", 24 * time.Hour, 2 * time.Hour},
	{newsHour, "told_hour_at", time.Hour, 0},
}

// RemindOfEvents writes to those who come to events of the next day and of the next hour, once each, and tells of how many events.
func (s *Service) RemindOfEvents(ctx context.Context) (n int, err error) {
	for _, r := range reminders {
		now := s.clock.Now()
		err := s.db.Tx(ctx, func(tx *gorm.DB) error {
			var list []Event
			err := tx.Clauses(clause.Locking{Strength: "NO KEY UPDATE", Options: "SKIP LOCKED"}).Where("state = ? AND "+r.column+" IS NULL AND starts_at <= ? AND starts_at > ?",
				EventPublished, now.Add(r.from), now.Add(r.nearest)).Order("starts_at, id").Limit(lettersAtOnce).Find(&list).Error
			if err != nil {
				return err
			}
			for _, e := range list {
				if err := tellAnswered(tx, e, r.news); err != nil {
					return err
				}
				if err := tx.Exec("UPDATE events SET "+r.column+" = ? WHERE id = ?", now, e.ID).Error; err != nil {
					return err
				}
			}
			n += len(list)
			return nil
		})
		if err != nil {
			return n, err
		}
	}
	return n, nil
}
