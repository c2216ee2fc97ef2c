package market

import (
	"context"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"homecoming/internal/jobs"
)

// CreatePost writes a draft for a company's office.
func (s *Service) CreatePost(ctx context.Context, who Actor, company uuid.UUID, d DraftPost) (Post, error) {
	if err := who.May(PublishNews, company); err != nil {
		return Post{}, err
	}
	if err := d.check(); err != nil {
		return Post{}, err
	}
	var p Post
	err := s.db.Tx(ctx, func(tx *gorm.DB) error {
		a, err := resolveCircle(tx, company, d.Audience)
		if err != nil {
			return err
		}
		now := s.clock.Now()
		p = Post{ID: newID(), CompanyID: company, State: PostDraft, Version: 1, CreatedBy: who.PersonID, CreatedAt: now, UpdatedAt: now}.becomes(d, a)
		if err := tx.Create(&p).Error; err != nil {
			return err
		}
		return auditPost(tx, who, p, "create")
	})
	return p, err
}

func auditPost(tx *gorm.DB, who Actor, p Post, verb string) error {
	return Audit(tx, who, p.CompanyID, "post."+verb, "post:"+p.ID.String(), map[string]any{"title": p.TitleIn("ja"), "version": p.Version})
}

// lockPost reads a post for the office that writes it, which nobody else changes meanwhile. ErrNotFound for whoever does not see
// it, ErrForbidden for its other readers.
func (s *Service) lockPost(tx *gorm.DB, who Actor, id uuid.UUID) (Post, error) {
	var p Post
	if err := one(who.VisiblePosts(tx.Clauses(clause.Locking{Strength: "NO KEY UPDATE"}).Where("posts.id = ?", id), s.clock.Now()).Take(&p)); err != nil {
		return p, err
	}
	if !who.can(PublishNews, p.CompanyID) {
		return p, ErrForbidden.With("action", string(PublishNews))
	}
	return p, nil
}

// EditPost replaces what a post says, seen being the version that was looked at. What its readers could read until then is kept,
// and they see that it was changed.
func (s *Service) EditPost(ctx context.Context, who Actor, id uuid.UUID, seen int, d DraftPost) (Post, error) {
	return s.movePost(ctx, who, id, "edit", func(tx *gorm.DB, p *Post) error {
		if err := p.editable(seen); err != nil {
			return err
		}
		if err := d.check(); err != nil {
			return err
		}
		a, err := resolveCircle(tx, p.CompanyID, d.Audience)
		if err != nil {
			return err
		}
		old := *p
		*p = p.becomes(d, a)
		if old.State != PostPublished || old.says(*p) {
			return nil
		}
		now := s.clock.Now()
		p.EditedAt = &now
		return tx.Exec(`INSERT INTO post_revisions (post_id, company_id, version, title, title_en, body, body_en, changed_by, changed_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			old.ID, old.CompanyID, old.Version, old.Title, old.TitleEN, old.Body, old.BodyEN, who.PersonID, now).Error
	})
}

// PublishPost shows a post to its readers, or has that done at a time (nil: now). byMail has a letter go to those of them who
// agreed to letters with news, once each, when it is published.
func (s *Service) PublishPost(ctx context.Context, who Actor, id uuid.UUID, at *time.Time, byMail bool) (Post, error) {
	verb := "publish"
	if at != nil {
		verb = "schedule"
	}
	return s.movePost(ctx, who, id, verb, func(tx *gorm.DB, p *Post) error {
		now := s.clock.Now()
		p.ByMail = byMail
		if at != nil {
			return p.schedule(*at, now)
		}
		if err := p.publish(now); err != nil {
			return err
		}
		return tellOfPost(tx, *p)
	})
}

// HoldPost takes a scheduled post back to the drafts.
func (s *Service) HoldPost(ctx context.Context, who Actor, id uuid.UUID) (Post, error) {
	return s.movePost(ctx, who, id, "hold", func(_ *gorm.DB, p *Post) error { return p.step(holdPost) })
}

// WithdrawPost takes a post from its readers for good; the office keeps it. Letters that have not gone out yet do not.
func (s *Service) WithdrawPost(ctx context.Context, who Actor, id uuid.UUID) (Post, error) {
	return s.movePost(ctx, who, id, "withdraw", func(_ *gorm.DB, p *Post) error { return p.step(withdrawPost) })
}

func (s *Service) movePost(ctx context.Context, who Actor, id uuid.UUID, verb string, rule func(*gorm.DB, *Post) error) (Post, error) {
	var p Post
	err := s.db.Tx(ctx, func(tx *gorm.DB) (err error) {
		if p, err = s.lockPost(tx, who, id); err != nil {
			return err
		}
		if err := rule(tx, &p); err != nil {
			return err
		}
		if p, err = s.savePost(tx, p); err != nil {
			return err
		}
		return auditPost(tx, who, p, verb)
	})
	return p, err
}

func (s *Service) savePost(tx *gorm.DB, p Post) (Post, error) {
	p.Version, p.UpdatedAt = p.Version+1, s.clock.Now()
	return p, tx.Save(&p).Error
}

// tellOfPost has the letters of a post that was published written by a job, where it wants any.
func tellOfPost(tx *gorm.DB, p Post) error {
	if !p.ByMail {
		return nil
	}
	return jobs.Enqueue(tx, PostLetters{Post: p.ID})
}

// PostReach counts whom an audience reaches at a company now, for its office.
func (s *Service) PostReach(ctx context.Context, who Actor, company uuid.UUID, d DraftCircle) (int, error) {
	if err := who.May(PublishNews, company); err != nil {
		return 0, err
	}
	return circleReach(s.db.Gorm(ctx), company, d, s.clock.Now())
}
