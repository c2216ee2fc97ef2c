package market

import (
	"context"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

// CreateEvent writes a draft for a company's office. Whoever writes it is its first host.
func (s *Service) CreateEvent(ctx context.Context, who Actor, company uuid.UUID, d DraftEvent) (Event, error) {
	if err := who.May(RunEvents, company); err != nil {
		return Event{}, err
	}
	var e Event
	err := s.db.Tx(ctx, func(tx *gorm.DB) error {
		a, err := s.checkEvent(tx, company, &d)
		if err != nil {
			return err
		}
		now := s.clock.Now()
		e = Event{ID: newID(), CompanyID: company, State: EventDraft, Version: 1, CreatedBy: who.PersonID, CreatedAt: now, UpdatedAt: now}.becomes(d, a)
		if err := tx.Create(&e).Error; err != nil {
			return err
		}
		if err := addHost(tx, e, who.PersonID, who.PersonID, now); err != nil {
			return err
		}
		return Audit(tx, who, company, "event.create", "event:"+e.ID.String(), map[string]any{"title": e.Title})
	})
	return e, err
}

// checkEvent finds what is wrong with a draft, and turns the names in it into ids.
func (s *Service) checkEvent(tx *gorm.DB, company uuid.UUID, d *DraftEvent) (Circle, error) {
	c, err := CompanyByID(tx, company)
	if err != nil {
		return Circle{}, err
	}
	if err := d.check(c, s.clock.Now()); err != nil {
		return Circle{}, err
	}
	return resolveCircle(tx, company, d.Audience)
}

// lockEvent reads an event that nobody else changes meanwhile, and who hosts it; ErrNotFound for whoever does not see it.
func (s *Service) lockEvent(tx *gorm.DB, who Actor, id uuid.UUID) (Event, []uuid.UUID, error) {
	var e Event
	q := who.VisibleEvents(tx.Clauses(clause.Locking{Strength: "NO KEY UPDATE"}).Where("events.id = ?", id), s.clock.Now())
	if err := one(q.Take(&e)); err != nil {
		return e, nil, err
	}
	hosts, err := hostsOf(tx, id)
	return e, hosts, err
}

func hostsOf(g *gorm.DB, event uuid.UUID) (ids []uuid.UUID, err error) {
	return ids, g.Raw("SELECT person_id FROM event_hosts WHERE event_id = ? ORDER BY added_at, person_id", event).Scan(&ids).Error
}

// lockForHost is lockEvent for who may run it.
func (s *Service) lockForHost(tx *gorm.DB, who Actor, id uuid.UUID) (Event, error) {
	e, hosts, err := s.lockEvent(tx, who, id)
	if err != nil {
		return e, err
	}
	return e, who.MayHost(e, hosts)
}

// EditEvent replaces what an event says, seen being the version that the host looked at. Whoever comes hears of another time or
// place, and whoever waits gets in where there is room now.
func (s *Service) EditEvent(ctx context.Context, who Actor, id uuid.UUID, seen int, d DraftEvent) (Event, error) {
	var e Event
	err := s.db.Tx(ctx, func(tx *gorm.DB) error {
		old, err := s.lockForHost(tx, who, id)
		if err != nil {
			return err
		}
		if err := old.editable(seen); err != nil {
			return err
		}
		a, err := s.checkEvent(tx, old.CompanyID, &d)
		if err != nil {
			return err
		}
		if e, err = s.saveEvent(tx, old.becomes(d, a)); err != nil {
			return err
		}
		if old.State == EventPublished && old.moved(e) {
			if err := tellAnswered(tx, e, newsChanged); err != nil {
				return err
			}
		}
		if err := s.fillPlaces(tx, e); err != nil {
			return err
		}
		return Audit(tx, who, e.CompanyID, "event.edit", "event:"+id.String(), map[string]any{"version": e.Version})
	})
	return e, err
}

func (s *Service) saveEvent(tx *gorm.DB, e Event) (Event, error) {
	e.Version, e.UpdatedAt = e.Version+1, s.clock.Now()
	return e, tx.Save(&e).Error
}

// PublishEvent opens a draft to its audience. Invitations go out by [Service.InviteToEvent].
func (s *Service) PublishEvent(ctx context.Context, who Actor, id uuid.UUID) (Event, error) {
	return s.moveEvent(ctx, who, id, "event.publish", func(_ *gorm.DB, e *Event) error { return e.publish(s.clock.Now()) })
}

// CancelEvent calls an event off. Whoever comes or waits is told why.
func (s *Service) CancelEvent(ctx context.Context, who Actor, id uuid.UUID, reason string) (Event, error) {
	reason = strings.TrimSpace(reason)
	return s.moveEvent(ctx, who, id, "event.cancel", func(tx *gorm.DB, e *Event) error {
		was := e.State
		if err := e.step(cancelEvent); err != nil {
			return err
		}
		switch {
		case was == EventPublished && reason == "":
			return ErrRequired.On("reason")
		case utf8.RuneCountInString(reason) > maxMessage:
			return ErrTooLong.On("reason").With("max", maxMessage)
		}
		e.CancelReason = reason
		return tellAnswered(tx, *e, newsCanceled)
	})
}

func (s *Service) moveEvent(ctx context.Context, who Actor, id uuid.UUID, action string, rule func(*gorm.DB, *Event) error) (Event, error) {
	var e Event
	err := s.db.Tx(ctx, func(tx *gorm.DB) (err error) {
		if e, err = s.lockForHost(tx, who, id); err != nil {
			return err
		}
		if err := rule(tx, &e); err != nil {
			return err
		}
		if e, err = s.saveEvent(tx, e); err != nil {
			return err
		}
		return Audit(tx, who, e.CompanyID, action, "event:"+id.String(), map[string]any{"title": e.Title})
	})
	return e, err
}

// EventReach counts whom an audience reaches at a company now, for its office and for the hosts of an event of its. event may be
// the nil id, for one that is not written yet.
func (s *Service) EventReach(ctx context.Context, who Actor, company, event uuid.UUID, d DraftCircle) (int, error) {
	g := s.db.Gorm(ctx)
	if event != uuid.Nil {
		e, err := s.hostedEvent(g, who, event)
		if err != nil {
			return 0, err
		}
		company = e.CompanyID
	} else if err := who.May(RunEvents, company); err != nil {
		return 0, err
	}
	return circleReach(g, company, d, s.clock.Now())
}

// hostedEvent reads an event for who may run it.
func (s *Service) hostedEvent(g *gorm.DB, who Actor, id uuid.UUID) (Event, error) {
	var e Event
	if err := one(who.VisibleEvents(g.Where("events.id = ?", id), s.clock.Now()).Take(&e)); err != nil {
		return e, err
	}
	hosts, err := hostsOf(g, id)
	if err != nil {
		return e, err
	}
	return e, who.MayHost(e, hosts)
}

// EndEvents says of events whose end has passed that they are over, and tells how many.
func (s *Service) EndEvents(ctx context.Context) (n int, err error) {
	err = s.db.Tx(ctx, func(tx *gorm.DB) error {
		var list []Event
		if err := tx.Clauses(clause.Locking{Strength: "NO KEY UPDATE", Options: "SKIP LOCKED"}).
			Where("state = ? AND ends_at <= ?", EventPublished, s.clock.Now()).Order("id").Limit(lettersAtOnce).Find(&list).Error; err != nil {
			return err
		}
		for _, e := range list {
			if err := e.step(endEvent); err != nil {
				return err
			}
			if _, err := s.saveEvent(tx, e); err != nil {
				return err
			}
			if err := Audit(tx, Actor{}, e.CompanyID, "event.end", "event:"+e.ID.String(), map[string]any{"title": e.Title}); err != nil {
				return err
			}
		}
		n = len(list)
		return nil
	})
	return n, err
}

func addHost(tx *gorm.DB, e Event, person, by uuid.UUID, now time.Time) error {
	return tx.Exec("INSERT INTO event_hosts (event_id, company_id, person_id, added_by, added_at) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING", e.ID, e.CompanyID, person, by, now).Error
}

// AddHost makes somebody of the company's network a host of the event, by their address, and tells them. Hosts hand an event on
// by adding another and taking themselves out.
func (s *Service) AddHost(ctx context.Context, who Actor, id uuid.UUID, email string) error {
	return s.db.Tx(ctx, func(tx *gorm.DB) error {
		e, err := s.lockForHost(tx, who, id)
		if err != nil {
			return err
		}
		var found []uuid.UUID
		err = tx.Raw(`SELECT p.id FROM people p WHERE p.email IS NOT NULL AND (p.email = @email OR EXISTS (SELECT 1 FROM memberships m WHERE m.person_id = p.id
				AND m.company_id = @company AND m.email = @email)) AND (EXISTS (SELECT 1 FROM memberships m WHERE m.person_id = p.id AND m.company_id = @company AND NOT m.outside)
			OR EXISTS (SELECT 1 FROM role_grants r WHERE r.person_id = p.id AND r.company_id = @company AND r.accepted_at IS NOT NULL)) ORDER BY p.id LIMIT 1`,
			map[string]any{"email": Address(email), "company": e.CompanyID}).Scan(&found).Error
		if err != nil {
			return err
		}
		if len(found) == 0 {
			return ErrUnknownHost.On("email").With("value", email)
		}
		if err := addHost(tx, e, found[0], who.PersonID, s.clock.Now()); err != nil {
			return err
		}
		if found[0] != who.PersonID {
			if err := tellOfEvent(tx, e, newsHost, "", found[0]); err != nil {
				return err
			}
		}
		return Audit(tx, who, e.CompanyID, "event.add_host", "event:"+id.String(), map[string]any{"person_id": found[0]})
	})
}

// RemoveHost takes a host out. Where none is left, the company's office runs the event.
func (s *Service) RemoveHost(ctx context.Context, who Actor, id, person uuid.UUID) error {
	return s.db.Tx(ctx, func(tx *gorm.DB) error {
		e, err := s.lockForHost(tx, who, id)
		if err != nil {
			return err
		}
		done := tx.Exec("DELETE FROM event_hosts WHERE event_id = ? AND person_id = ?", id, person)
		if done.Error != nil {
			return done.Error
		}
		if done.RowsAffected == 0 {
			return ErrNotFound
		}
		return Audit(tx, who, e.CompanyID, "event.remove_host", "event:"+id.String(), map[string]any{"person_id": person})
	})
}
