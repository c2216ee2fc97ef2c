package market

import (
	"context"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"
)

// A Session is one browser that a person is signed in with. Its cookie is the session store's affair.
type Session struct {
	ID       uuid.UUID
	PersonID uuid.UUID
	Browser  string // as it names itself
	Address  string // where the person came from
	BeganAt  time.Time
	SeenAt   time.Time // to five minutes
	EndedAt  *time.Time

	CompanyID *uuid.UUID // whose provider vouched for the person; nil when they came in by themselves
}

// TableName is where sessions are kept.
func (Session) TableName() string { return "person_sessions" }

// SessionLife is how long a session lasts after signing in, used or not.
const SessionLife = 14 * 24 * time.Hour

// VouchedLife is how long one lasts that a company's provider vouched for: whom the provider lets go is out by then.
const VouchedLife = 12 * time.Hour

const (
	seenEvery  = 5 * time.Minute
	maxBrowser = 300
	maxAddress = 100
)

// BeginSession notes that somebody signed in with a browser from an address, and names the session.
func (s *Service) BeginSession(ctx context.Context, who Actor, browser, address string) (uuid.UUID, error) {
	now := s.clock.Now()
	session := Session{ID: newID(), PersonID: who.PersonID, Browser: cut(browser, maxBrowser), Address: cut(address, maxAddress), BeganAt: now, SeenAt: now, CompanyID: who.voucher()}
	return session.ID, s.db.Gorm(ctx).Create(&session).Error
}

// cut keeps the beginning of a text that a stranger sent, and of it what is text.
func cut(text string, most int) string {
	text = sayable(text)
	if letters := []rune(text); len(letters) > most {
		return string(letters[:most])
	}
	return text
}

// ActorBySession finds who is signed in by a session, or ErrNobody when it was ended. That a session grows too old is
// the cookie store's affair.
func (s *Service) ActorBySession(ctx context.Context, id uuid.UUID) (Actor, error) {
	now := s.clock.Now()
	var session Session
	err := s.db.Gorm(ctx).Where("id = ? AND ended_at IS NULL", id).Limit(1).Find(&session).Error
	if err != nil {
		return Actor{}, err
	}
	if session.ID == uuid.Nil || session.CompanyID != nil && now.After(session.BeganAt.Add(VouchedLife)) {
		return Actor{}, ErrNobody
	}
	if now.Sub(session.SeenAt) > seenEvery {
		if err := s.db.Gorm(ctx).Model(&session).Update("seen_at", now).Error; err != nil {
			return Actor{}, err
		}
	}
	who, err := s.visitor(ctx, session.PersonID, session.CompanyID)
	who.Session = session.ID
	return who, err
}

// Sessions lists where the actor is signed in, the latest first.
func (s *Service) Sessions(ctx context.Context, who Actor) ([]Session, error) {
	var list []Session
	return list, s.db.Gorm(ctx).Where("person_id = ? AND ended_at IS NULL AND began_at > ?", who.PersonID, s.clock.Now().Add(-SessionLife)).
		Order("id DESC").Find(&list).Error
}

// EndSession signs one of the actor's browsers out; ErrNotFound for anybody else's.
func (s *Service) EndSession(ctx context.Context, who Actor, id uuid.UUID) error {
	return s.db.Tx(ctx, func(tx *gorm.DB) error {
		done := tx.Exec("UPDATE person_sessions SET ended_at = ? WHERE id = ? AND person_id = ? AND ended_at IS NULL", s.clock.Now(), id, who.PersonID)
		if done.Error != nil {
			return done.Error
		}
		if done.RowsAffected == 0 {
			return ErrNotFound
		}
		return Audit(tx, who, uuid.Nil, "session.end", "session:"+id.String(), nil)
	})
}

// EndOtherSessions signs the actor out everywhere but here, and says of how many browsers.
func (s *Service) EndOtherSessions(ctx context.Context, who Actor) (ended int, err error) {
	err = s.db.Tx(ctx, func(tx *gorm.DB) error {
		if ended, err = endSessions(tx, who.PersonID, who.Session, s.clock.Now()); err != nil || ended == 0 {
			return err
		}
		return Audit(tx, who, uuid.Nil, "session.end_others", "person:"+who.PersonID.String(), map[string]any{"ended": ended})
	})
	return ended, err
}

// endSessions ends all sessions of a person but one, which may be none.
func endSessions(tx *gorm.DB, person, but uuid.UUID, now time.Time) (int, error) {
	done := tx.Exec("UPDATE person_sessions SET ended_at = ? WHERE person_id = ? AND id <> ? AND ended_at IS NULL", now, person, but)
	return int(done.RowsAffected), done.Error
}
