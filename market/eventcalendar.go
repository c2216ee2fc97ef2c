package market

import (
	"context"
	"strings"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homecoming/internal/cell"
)

// canceledShown is for how long a calendar still carries an event that was called off or given up, so that every program notices.
const canceledShown = 60 * 24 * time.Hour

// EventFile is one event as a file for a calendar, for whoever sees it. Drafts have none.
func (s *Service) EventFile(ctx context.Context, who Actor, id uuid.UUID) ([]byte, error) {
	v, err := s.Event(ctx, who, id)
	if err != nil {
		return nil, err
	}
	if v.State == EventDraft {
		return nil, ErrNotFound
	}
	return CalendarFile(v.TitleIn(string(who.Language)), s.entry(v, who)), nil
}

func (s *Service) entry(v EventView, who Actor) CalendarEntry {
	return CalendarEntry{Event: v.Event, Link: v.MeetingLink(s.clock.Now()), Page: s.EventURL(v.ID), Language: string(who.Language),
		Tentative: v.Mine == nil || v.Mine.State != Coming}
}

// EventURL is where an event is on the web.
func (s *Service) EventURL(id uuid.UUID) string { return s.home + "/events/" + id.String() }

// TicketURL is what the picture of a ticket leads a host to.
func (s *Service) TicketURL(code string) string { return s.home + "/door/" + code }

// RenewFeed makes the address of a calendar that follows the events to which the actor comes. The one before ends. What is
// returned is shown once: its hash is kept.
func (s *Service) RenewFeed(ctx context.Context, who Actor) (string, error) {
	if who.Self() == uuid.Nil {
		return "", ErrOwnMeans
	}
	raw, hash := secret("")
	err := s.db.Tx(ctx, func(tx *gorm.DB) error {
		err := tx.Exec(`INSERT INTO calendar_feeds (person_id, hash, made_at) VALUES (?, ?, ?)
			ON CONFLICT (person_id) DO UPDATE SET hash = excluded.hash, made_at = excluded.made_at`, who.PersonID, hash, s.clock.Now()).Error
		if err != nil {
			return err
		}
		return Audit(tx, who, uuid.Nil, "calendar.renew", "person:"+who.PersonID.String(), nil)
	})
	return s.home + "/calendar/" + raw + ".ics", err
}

// EndFeed ends the actor's calendar address.
func (s *Service) EndFeed(ctx context.Context, who Actor) error {
	return s.db.Tx(ctx, func(tx *gorm.DB) error {
		if err := tx.Exec("DELETE FROM calendar_feeds WHERE person_id = ?", who.Self()).Error; err != nil {
			return err
		}
		return Audit(tx, who, uuid.Nil, "calendar.end", "person:"+who.PersonID.String(), nil)
	})
}

// FeedSince is since when the actor has a calendar address; nil: they have none.
func (s *Service) FeedSince(ctx context.Context, who Actor) (*time.Time, error) {
	var since []time.Time
	err := s.db.Gorm(ctx).Raw("SELECT made_at FROM calendar_feeds WHERE person_id = ?", who.Self()).Scan(&since).Error
	if err != nil || len(since) == 0 {
		return nil, err
	}
	return &since[0], nil
}

// Feed is the calendar behind an address: the events to which its person comes or waits for a place, from a month ago on.
// ErrNotFound for an address that is none, or not any more.
func (s *Service) Feed(ctx context.Context, raw string) ([]byte, error) {
	g := s.db.Gorm(ctx)
	var people []uuid.UUID
	if err := g.Raw("SELECT person_id FROM calendar_feeds WHERE hash = ?", hashed(strings.TrimSuffix(raw, ".ics"))).Scan(&people).Error; err != nil {
		return nil, err
	}
	if len(people) == 0 {
		return nil, ErrNotFound
	}
	who, err := s.visitor(ctx, people[0], nil)
	if err != nil {
		return nil, err
	}
	now := s.clock.Now()
	var list []Event
	err = who.VisibleEvents(g.Model(&Event{}), now).Where("events.ends_at > ? AND EXISTS (SELECT 1 FROM rsvps r WHERE r.event_id = events.id AND r.person_id = ? AND r.state <> ?)",
		now.Add(-canceledShown), who.PersonID, NotComing).Order("events.starts_at, events.id").Limit(500).Find(&list).Error
	if err != nil {
		return nil, err
	}
	views, err := s.viewEvents(g, who, list)
	if err != nil {
		return nil, err
	}
	entries := make([]CalendarEntry, len(views))
	for i, v := range views {
		entries[i] = s.entry(v, who)
	}
	return CalendarFile("Homecoming", entries...), nil
}

// Attendance is who answered and who was there, one line a person or guest, for hosts to take out as a file. It has no addresses:
// whoever answers an event agrees to be known by name to those who run it, and to no more.
func (s *Service) Attendance(ctx context.Context, who Actor, id uuid.UUID) ([][]string, error) {
	e, err := s.hostedEvent(s.db.Gorm(ctx), who, id)
	if err != nil {
		return nil, err
	}
	list, err := s.RSVPs(ctx, who, id, "")
	if err != nil {
		return nil, err
	}
	at := func(t *time.Time) string {
		if t == nil {
			return ""
		}
		return t.In(e.Location()).Format("2006-01-02 15:04")
	}
	lines := [][]string{{"name", "guest_of", "answer", "way", "answered_at", "came_at"}}
	for _, r := range list {
		for i := range r.heads() {
			name, host, came := r.Name, "", ""
			if i > 0 {
				name, host = r.Guests[i-1], r.Name
			}
			if i < len(r.Tickets) {
				came = at(r.Tickets[i].CameAt)
			}
			lines = append(lines, []string{cell.Neutral(cell.Clean(name)), cell.Neutral(cell.Clean(host)), string(r.State), string(r.Way), at(&r.UpdatedAt), came})
		}
	}
	return lines, nil
}
