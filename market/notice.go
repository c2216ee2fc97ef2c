package market

import (
	"context"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

// A Notice is one piece of news in the app, made from the letter that tells the same. It is read when its reader opens the page
// that it leads to, by whatever way.
//
// It also holds what became of the letter: one that has a MailedAt has gone, by itself or in a digest, and never goes again; one
// that has a DigestAt belongs to digests, and to nothing else.
type Notice struct {
	ID        uuid.UUID
	PersonID  uuid.UUID
	CompanyID *uuid.UUID
	Kind      NoticeKind
	TitleEN   string
	TitleJA   string
	Path      string // where it leads
	ThreadID  *uuid.UUID
	Number    *int // of a message in the thread
	MadeAt    time.Time
	ReadAt    *time.Time
	MailedAt  *time.Time
	DigestAt  *time.Time
	DigestID  *uuid.UUID
	TellsOf   *uuid.UUID // whom its title may name besides its reader

	Company Company `gorm:"-"` // zero where it is about none
}

// TableName is where they are kept.
func (Notice) TableName() string { return "notices" }

// Title says in a language what happened.
func (n Notice) Title(language string) string {
	if language == "ja" {
		return n.TitleJA
	}
	return n.TitleEN
}

// noticesKept is how long news stand in the app.
const noticesKept = 180 * 24 * time.Hour

// note makes the notice of a letter that its job tells for the first time, and says what becomes of the letter. id follows from the
// job. Nothing has to be done any more for a letter that has gone, or that a digest has taken.
func (s *Service) note(ctx context.Context, id uuid.UUID, l Letter, p Person) (h Hearing, course Course, at time.Time, err error) {
	kind, now := l.Letter.News(), s.clock.Now()
	err = s.db.Tx(ctx, func(tx *gorm.DB) error {
		if h, err = hearing(tx, p.ID, now, toDecide); err != nil {
			return err
		}
		course, at = h.Decide(kind, now)
		if kind.Unlisted {
			return nil
		}
		var n Notice
		if err := tx.Clauses(clause.Locking{Strength: "NO KEY UPDATE"}).Where("id = ?", id).Limit(1).Find(&n).Error; err != nil {
			return err
		}
		switch {
		case n.MailedAt != nil || n.DigestAt != nil || n.ReadAt != nil && kind.Chosen():
			course = List // it has gone, waits for its digest, or was read while it waited for a letter that nobody needs then
			return nil
		case course == Drop:
			return nil
		case n.ID == uuid.Nil:
			n, err = newNotice(tx, id, l, p, now)
			if err == nil {
				err = tx.Create(&n).Error
			}
			if err == nil {
				err = stir(tx, p.ID, id)
			}
		}
		if err == nil && course == Gather {
			err = tx.Exec("UPDATE notices SET digest_at = ? WHERE id = ?", at, id).Error
		}
		return err
	})
	return h, course, at, err
}

// newNotice says what a letter says, in one line.
func newNotice(tx *gorm.DB, id uuid.UUID, l Letter, p Person, now time.Time) (Notice, error) {
	n := Notice{ID: id, PersonID: p.ID, Kind: l.Letter.News().Kind, Path: localPath(l.Path), MadeAt: now}
	var c Company
	if l.CompanyID != uuid.Nil {
		var err error
		if c, err = CompanyByID(tx, l.CompanyID); err != nil {
			return n, err
		}
		n.CompanyID = &c.ID
	}
	if l.TellsOf != uuid.Nil {
		n.TellsOf = &l.TellsOf
	}
	if l.About != nil {
		n.ThreadID, n.Number = &l.About.Thread, &l.About.Number
	}
	for language, title := range map[string]*string{"en": &n.TitleEN, "ja": &n.TitleJA} {
		d := letterData{Name: or(oneLine(p.Name()), p.address()), Facts: l.Facts}
		if c.ID != uuid.Nil {
			d.Company = oneLine(c.NameIn(language))
		}
		var err error
		if *title, _, err = renderLetter(l.Letter, language, d); err != nil {
			return n, err
		}
	}
	return n, nil
}

// mailed notes that a letter has gone, so that no second try sends it again.
func (s *Service) mailed(ctx context.Context, notices ...uuid.UUID) error {
	return s.db.Gorm(ctx).Exec("UPDATE notices SET mailed_at = ? WHERE id IN ? AND mailed_at IS NULL", s.clock.Now(), orNone(notices)).Error
}

// ownNotices are what the actor hears of: everything, or what is about the company whose provider vouched for them.
func (a Actor) ownNotices(q *gorm.DB) *gorm.DB {
	q = q.Where("notices.person_id = ?", a.PersonID)
	if a.Through != uuid.Nil {
		q = q.Where("notices.company_id = ?", a.Through)
	}
	return q
}

// A NoticeFilter says which news are wanted.
type NoticeFilter struct {
	Unread bool
	Before uuid.UUID // older than this one; uuid.Nil begins with the latest
	Limit  int
}

// Notices lists the actor's news, the latest first.
func (s *Service) Notices(ctx context.Context, who Actor, f NoticeFilter) ([]Notice, error) {
	g := s.db.Gorm(ctx)
	q := who.ownNotices(g)
	if f.Unread {
		q = q.Where("read_at IS NULL")
	}
	if f.Before != uuid.Nil {
		q = q.Where("(made_at, id) < (SELECT o.made_at, o.id FROM notices o WHERE o.id = ? AND o.person_id = ?)", f.Before, who.PersonID)
	}
	var list []Notice
	if err := q.Order("made_at DESC, id DESC").Limit(Page(f.Limit)).Find(&list).Error; err != nil {
		return nil, err
	}
	return list, withCompanies(g, list)
}

// withCompanies adds their companies to news.
func withCompanies(g *gorm.DB, list []Notice) error {
	var ids []uuid.UUID
	for _, n := range list {
		if n.CompanyID != nil {
			ids = append(ids, *n.CompanyID)
		}
	}
	var companies []Company
	if err := g.Where("id IN ?", orNone(ids)).Find(&companies).Error; err != nil {
		return err
	}
	for i, n := range list {
		list[i].Company = found(companies, func(c Company) bool { return n.CompanyID != nil && c.ID == *n.CompanyID })
	}
	return nil
}

// UnreadNotices counts the news that the actor has not read.
func (s *Service) UnreadNotices(ctx context.Context, who Actor) (n int64, err error) {
	return n, who.ownNotices(s.db.Gorm(ctx).Model(&Notice{})).Where("read_at IS NULL").Count(&n).Error
}

// Opened notes that the actor opened a page, which reads the news that lead there, and counts those that are left.
func (s *Service) Opened(ctx context.Context, who Actor, path string) (unread int64, err error) {
	unread, err = s.UnreadNotices(ctx, who)
	if err != nil || unread == 0 {
		return unread, err
	}
	done := who.ownNotices(s.db.Gorm(ctx).Model(&Notice{})).Where("read_at IS NULL AND path = ?", path).Update("read_at", s.clock.Now())
	return unread - done.RowsAffected, done.Error
}

// ReadNotice notes that the actor has read one piece of news; ErrNotFound for what is not theirs.
func (s *Service) ReadNotice(ctx context.Context, who Actor, id uuid.UUID) error {
	return s.db.Tx(ctx, func(tx *gorm.DB) error {
		var n Notice
		if err := one(who.ownNotices(tx.Clauses(clause.Locking{Strength: "NO KEY UPDATE"})).Where("id = ?", id).Take(&n)); err != nil || n.ReadAt != nil {
			return err
		}
		if err := tx.Model(&n).Update("read_at", s.clock.Now()).Error; err != nil {
			return err
		}
		return stir(tx, who.PersonID, id)
	})
}

// ReadNotices notes that the actor has read all news up to a moment: what came since they looked stays new.
func (s *Service) ReadNotices(ctx context.Context, who Actor, upTo time.Time) error {
	return s.db.Tx(ctx, func(tx *gorm.DB) error {
		done := who.ownNotices(tx.Model(&Notice{})).Where("read_at IS NULL AND made_at <= ?", upTo).Update("read_at", s.clock.Now())
		if done.Error != nil || done.RowsAffected == 0 {
			return done.Error
		}
		return stir(tx, who.PersonID, who.PersonID)
	})
}
