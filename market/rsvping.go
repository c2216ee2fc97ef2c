package market

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homecoming/internal/jobs"
)

// The letters about events.
const (
	LetterEventInvitation LetterKind = "event_invitation" // you are asked to an event (carries a one-time link)
	LetterEvent           LetterKind = "event"            // what became of your answer, or of the event
)

// eventNews is what a letter about an event tells.
type eventNews string

const (
	newsComing   eventNews = "coming"   // you are on the list
	newsWaiting  eventNews = "waiting"  // you wait for a place
	newsIn       eventNews = "in"       // a place is free, and yours
	newsChanged  eventNews = "changed"  // another time or place
	newsCanceled eventNews = "canceled" // it does not take place
	newsDay      eventNews = "day"      // it is tomorrow
	newsHour     eventNews = "hour"     // it begins within the hour
	newsHost     eventNews = "host"     // you run it
	newsAnswered eventNews = "answered" // the hosts have answered what you asked
)

// AnswerEvent says for the actor whether and how they come. Where there is no place they wait for one; a place that they give up
// goes to whoever waits, in the same transaction, and so the limits hold whoever answers at once.
func (s *Service) AnswerEvent(ctx context.Context, who Actor, id uuid.UUID, d AnswerDraft) (RSVP, error) {
	var r RSVP
	err := s.db.Tx(ctx, func(tx *gorm.DB) error {
		e, _, err := s.lockEvent(tx, who, id)
		if err != nil {
			return err
		}
		if err := d.check(e, s.clock.Now()); err != nil {
			return err
		}
		if r, err = s.answer(tx, who, e, d); err != nil {
			return err
		}
		if err := s.fillPlaces(tx, e); err != nil {
			return err
		}
		news := map[RSVPState]eventNews{Coming: newsComing, AwaitingPlace: newsWaiting}[r.State]
		if news != "" {
			if err := tellOfEvent(tx, e, news, r.Way, who.PersonID); err != nil {
				return err
			}
		}
		return Audit(tx, who, e.CompanyID, "event.answer", "event:"+id.String(), map[string]any{"state": r.State, "way": r.Way, "guests": len(r.Guests)})
	})
	return r, err
}

// answer writes what somebody answers in place of what they had answered before.
func (s *Service) answer(tx *gorm.DB, who Actor, e Event, d AnswerDraft) (RSVP, error) {
	all, err := answersOf(tx, e.ID)
	if err != nil {
		return RSVP{}, err
	}
	before, others := RSVP{}, all[:0:0]
	for _, r := range all {
		if r.PersonID == who.PersonID {
			before = r
		} else {
			others = append(others, r)
		}
	}
	now := s.clock.Now()
	r := before
	if r.ID == uuid.Nil {
		r = RSVP{ID: newID(), EventID: e.ID, CompanyID: e.CompanyID, PersonID: who.PersonID, AnsweredAt: now}
	}
	r.Way, r.Guests, r.UpdatedAt = d.Way, d.Guests, now
	if r.Guests == nil {
		r.Guests = []string{}
	}
	if r, err = seat(e, others, before, r); err != nil {
		return r, err
	}
	if err := tx.Save(&r).Error; err != nil {
		return r, err
	}
	return r, s.writeTickets(tx, &r)
}

func answersOf(tx *gorm.DB, event uuid.UUID) (list []RSVP, err error) {
	return list, tx.Where("event_id = ?", event).Order("turn, id").Find(&list).Error
}

// fillPlaces gives the free places of an event to those who wait, and tells them.
func (s *Service) fillPlaces(tx *gorm.DB, e Event) error {
	if e.State != EventPublished {
		return nil
	}
	all, err := answersOf(tx, e.ID)
	if err != nil {
		return err
	}
	for _, id := range promote(e, all) {
		for _, r := range all {
			if r.ID != id {
				continue
			}
			err := tx.Exec("UPDATE rsvps SET state = 'coming', turn = 0, updated_at = ? WHERE id = ?", s.clock.Now(), id).Error
			if err == nil {
				err = s.writeTickets(tx, &r)
			}
			if err == nil {
				err = tellOfEvent(tx, e, newsIn, r.Way, r.PersonID)
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// tellOfEvent writes to one person. What a letter says of the time is by the event's own clock.
func tellOfEvent(tx *gorm.DB, e Event, news eventNews, way EventWay, person uuid.UUID) error {
	facts := e.facts()
	facts["news"], facts["way"] = string(news), string(way)
	if news == newsCanceled {
		facts["reason"] = e.CancelReason
	}
	if news == newsThanks {
		facts["thanks"], facts["thanks_en"] = e.Thanks, e.ThanksEN
	}
	return jobs.Enqueue(tx, Letter{Letter: LetterEvent, PersonID: person, CompanyID: e.CompanyID, Path: "/events/" + e.ID.String(), Facts: facts})
}

// facts are what letters say of an event.
func (e Event) facts() map[string]any {
	f := map[string]any{"title": e.Title, "when": e.span(), "place": e.Place}
	if e.TitleEN != "" {
		f["title_en"] = e.TitleEN
	}
	return f
}

// span is when the event is, by its own clock, in every language: 2026-12-05 18:00–20:00 (Asia/Tokyo).
func (e Event) span() string {
	from, to := e.StartsAt.In(e.Location()), e.EndsAt.In(e.Location())
	end := to.Format("15:04")
	if from.Format("2006-01-02") != to.Format("2006-01-02") {
		end = to.Format("2006-01-02 15:04")
	}
	return fmt.Sprintf("%s–%s (%s)", from.Format("2006-01-02 15:04"), end, e.Zone)
}

// tellAnswered writes to everybody who comes, and to those who wait unless the event is about to begin.
func tellAnswered(tx *gorm.DB, e Event, news eventNews) error {
	all, err := answersOf(tx, e.ID)
	if err != nil {
		return err
	}
	for _, r := range all {
		if r.State == NotComing || r.State == AwaitingPlace && (news == newsDay || news == newsHour) {
			continue
		}
		if err := tellOfEvent(tx, e, news, r.Way, r.PersonID); err != nil {
			return err
		}
	}
	return nil
}
