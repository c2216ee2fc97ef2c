package market

import (
	"context"
	"strings"
	"time"

	"github.com/google/uuid"

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

// Feed is the calendar behind an address: the events to which its person comes or waits for a place, from a month ago on.
// ErrNotFound for an address that is none, or not any more.
func (s *Service) Feed(ctx context.Context, raw string) ([]byte, error) {
	g := s.db.Gorm(ctx)
	who, err := s.behind(ctx, EventsFeed, strings.TrimSuffix(raw, ".ics"))
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
