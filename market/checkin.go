package market

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homecoming/internal/problem"
)

// An EventTicket is the place of one person or guest who comes. Its code stands on a page as a picture that a host's phone reads. Nobody
// can guess it, and it lets nobody in by itself: a host has to be signed in to use it.
type EventTicket struct {
	Code      string `gorm:"primaryKey"`
	EventID   uuid.UUID
	CompanyID uuid.UUID
	RSVPID    uuid.UUID `gorm:"column:rsvp_id"`
	Position  int       // 0: the person; from 1: guests as they are named
	CameAt    *time.Time
	LetInBy   *uuid.UUID
}

// TableName is where tickets are kept.
func (EventTicket) TableName() string { return "event_tickets" }

// What can be wrong at the door.
var (
	ErrNoTicket    = problem.Define(problem.NotFound, "no_ticket", "This is no ticket of an event that you run. Look for the person in the list.", "担当イベントの受付コードではありません。名簿から検索してください。")
	ErrDoorsClosed = problem.Define(problem.Conflict, "doors_closed", "People can be checked in from a day before the event until a day after it.", "受付ができるのは、イベントの前日から翌日までです。")
)

// doorsOpen is how long before and after an event people are checked in.
const doorsOpen = 24 * time.Hour

// DoorsFrom is from when on people are checked in.
func (e Event) DoorsFrom() time.Time { return e.StartsAt.Add(-doorsOpen) }

// DoorsUntil is until when they are.
func (e Event) DoorsUntil() time.Time { return e.EndsAt.Add(doorsOpen) }

// Doors reports whether people are checked in at a moment.
func (e Event) Doors(now time.Time) bool {
	return (e.State == EventPublished || e.State == EventOver) && !now.Before(e.DoorsFrom()) && !now.After(e.DoorsUntil())
}

// writeTickets gives an answer as many tickets as people come with it; those that there are keep their codes. Who was checked in
// cannot be taken off.
func (s *Service) writeTickets(tx *gorm.DB, r *RSVP) error {
	heads := 0
	if r.State == Coming {
		heads = r.heads()
	}
	var there []EventTicket
	if err := tx.Where("rsvp_id = ?", r.ID).Order("position").Find(&there).Error; err != nil {
		return err
	}
	for _, t := range there {
		if t.CameAt != nil && t.Position >= heads {
			return ErrCameAlready
		}
	}
	if err := tx.Exec("DELETE FROM event_tickets WHERE rsvp_id = ? AND position >= ?", r.ID, heads).Error; err != nil {
		return err
	}
	r.Tickets = there[:min(len(there), heads)]
	for i := len(r.Tickets); i < heads; i++ {
		t := EventTicket{Code: ticketCode(), EventID: r.EventID, CompanyID: r.CompanyID, RSVPID: r.ID, Position: i}
		if err := tx.Create(&t).Error; err != nil {
			return err
		}
		r.Tickets = append(r.Tickets, t)
	}
	return nil
}

// ticketCode is 128 bits that nobody guesses, short enough for a small picture.
func ticketCode() string {
	b := make([]byte, 16)
	_, _ = rand.Read(b) // crypto/rand never fails
	return base64.RawURLEncoding.EncodeToString(b)
}

// Holder is whom a ticket of an answer is for.
func (r RSVP) Holder(t EventTicket) string {
	if t.Position > 0 && t.Position <= len(r.Guests) {
		return r.Guests[t.Position-1]
	}
	return r.Name
}

// An Admission is a ticket as a host sees it at the door.
type Admission struct {
	EventTicket
	Event    Event
	Holder   string
	With     string // whose guest it is; empty: nobody's
	Way      EventWay
	LetInNow bool // whether it was used just now
	Party    []Companion
}

// A Companion is one of those who come with the holder of a ticket, as they were named in one answer.
type Companion struct {
	EventTicket
	Holder string
}

// LookAtTicket reads a ticket for a host of its event, without using it. ErrNoTicket for everybody else.
func (s *Service) LookAtTicket(ctx context.Context, who Actor, code string) (Admission, error) {
	return s.admission(s.db.Gorm(ctx), who, code)
}

func (s *Service) admission(g *gorm.DB, who Actor, code string) (Admission, error) {
	var found []EventTicket
	if err := g.Where("code = ?", code).Find(&found).Error; err != nil {
		return Admission{}, err
	}
	if len(found) == 0 {
		return Admission{}, ErrNoTicket
	}
	e, err := s.hostedEvent(g, who, found[0].EventID)
	if err != nil {
		return Admission{}, ErrNoTicket.Because(err)
	}
	var r RSVP
	if err := one(g.Table("rsvps").Select("rsvps.*, name_of(p) AS name").Joins("JOIN people p ON p.id = rsvps.person_id").Where("rsvps.id = ?", found[0].RSVPID).Take(&r)); err != nil {
		return Admission{}, err
	}
	a := Admission{EventTicket: found[0], Event: e, Holder: r.Holder(found[0]), Way: r.Way}
	if a.Position > 0 {
		a.With = r.Name
	}
	var all []EventTicket
	if err := g.Where("rsvp_id = ? AND code <> ?", r.ID, code).Order("position").Find(&all).Error; err != nil {
		return Admission{}, err
	}
	for _, t := range all {
		a.Party = append(a.Party, Companion{t, r.Holder(t)})
	}
	return a, nil
}

// CheckIn lets the holder of a ticket in, once: asked again it says when that was. Only a host may, and only a POST may call it.
func (s *Service) CheckIn(ctx context.Context, who Actor, code string) (Admission, error) {
	var a Admission
	err := s.db.Tx(ctx, func(tx *gorm.DB) (err error) {
		if a, err = s.admission(tx, who, code); err != nil {
			return err
		}
		now := s.clock.Now()
		switch {
		case a.CameAt != nil:
			return nil
		case a.Event.State != EventPublished && a.Event.State != EventOver:
			return ErrEventState.With("state", a.Event.State)
		case !a.Event.Doors(now):
			return ErrDoorsClosed
		}
		done := tx.Exec("UPDATE event_tickets SET came_at = ?, let_in_by = ? WHERE code = ? AND came_at IS NULL", now, who.PersonID, code)
		if done.Error != nil {
			return done.Error
		}
		if done.RowsAffected == 0 { // another host was faster, or the person has just given the place up
			a, err = s.admission(tx, who, code)
			return err
		}
		a.CameAt, a.LetInBy, a.LetInNow = &now, &who.PersonID, true
		return Audit(tx, who, a.CompanyID, "event.check_in", "event:"+a.EventID.String(), map[string]any{"rsvp_id": a.RSVPID, "position": a.Position})
	})
	return a, err
}

// TakeBack says that the holder of a ticket was checked in by mistake.
func (s *Service) TakeBack(ctx context.Context, who Actor, code string) error {
	return s.db.Tx(ctx, func(tx *gorm.DB) error {
		a, err := s.admission(tx, who, code)
		if err != nil || a.CameAt == nil {
			return err
		}
		if err := tx.Exec("UPDATE event_tickets SET came_at = NULL, let_in_by = NULL WHERE code = ?", code).Error; err != nil {
			return err
		}
		return Audit(tx, who, a.CompanyID, "event.take_back", "event:"+a.EventID.String(), map[string]any{"rsvp_id": a.RSVPID, "position": a.Position})
	})
}
