package market

import (
	"context"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"
)

// A FeedKind is what programs that know no passwords read by an address that is a secret of its person's.
type FeedKind string

// The kinds of feed, each at most once a person.
const (
	EventsFeed FeedKind = "calendar" // the events to which they come
	NewsFeed   FeedKind = "news"     // the posts that are for them
)

// feedPaths are what addresses of feeds begin and end with.
var feedPaths = map[FeedKind][2]string{EventsFeed: {"/calendar/", ".ics"}, NewsFeed: {"/feeds/", ".atom"}}

// RenewFeed makes the address of a feed of the actor's. The one before ends. What is returned is shown once: its hash is kept.
func (s *Service) RenewFeed(ctx context.Context, who Actor, kind FeedKind) (string, error) {
	if who.Self() == uuid.Nil {
		return "", ErrOwnMeans
	}
	raw, hash := secret("")
	err := s.db.Tx(ctx, func(tx *gorm.DB) error {
		err := tx.Exec(`INSERT INTO calendar_feeds (person_id, kind, hash, made_at) VALUES (?, ?, ?, ?)
			ON CONFLICT (person_id, kind) DO UPDATE SET hash = excluded.hash, made_at = excluded.made_at`, who.PersonID, kind, hash, s.clock.Now()).Error
		if err != nil {
			return err
		}
		return Audit(tx, who, uuid.Nil, "calendar.renew", "person:"+who.PersonID.String(), map[string]any{"kind": kind})
	})
	return s.home + feedPaths[kind][0] + raw + feedPaths[kind][1], err
}

// EndFeed ends the address of a feed of the actor's.
func (s *Service) EndFeed(ctx context.Context, who Actor, kind FeedKind) error {
	return s.db.Tx(ctx, func(tx *gorm.DB) error {
		if err := tx.Exec("DELETE FROM calendar_feeds WHERE person_id = ? AND kind = ?", who.Self(), kind).Error; err != nil {
			return err
		}
		return Audit(tx, who, uuid.Nil, "calendar.end", "person:"+who.PersonID.String(), map[string]any{"kind": kind})
	})
}

// FeedSince is since when the actor has the address of a feed; nil: they have none.
func (s *Service) FeedSince(ctx context.Context, who Actor, kind FeedKind) (*time.Time, error) {
	var since []time.Time
	err := s.db.Gorm(ctx).Raw("SELECT made_at FROM calendar_feeds WHERE person_id = ? AND kind = ?", who.Self(), kind).Scan(&since).Error
	if err != nil || len(since) == 0 {
		return nil, err
	}
	return &since[0], nil
}

// behind is whose feed an address leads to. ErrNotFound for an address that is none, or not any more.
func (s *Service) behind(ctx context.Context, kind FeedKind, raw string) (Actor, error) {
	var people []uuid.UUID
	if err := s.db.Gorm(ctx).Raw("SELECT person_id FROM calendar_feeds WHERE hash = ? AND kind = ?", hashed(raw), kind).Scan(&people).Error; err != nil {
		return Actor{}, err
	}
	if len(people) == 0 {
		return Actor{}, ErrNotFound
	}
	return s.visitor(ctx, people[0], nil)
}
