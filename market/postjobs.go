package market

import (
	"context"

	"github.com/google/uuid"
	"github.com/riverqueue/river"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"homecoming/internal/jobs"
)

// LetterPost tells of news (carries a one-time link).
const LetterPost LetterKind = "post"

// PostLetters is the job that writes the letters of a post.
type PostLetters struct {
	Post uuid.UUID `json:"post"`
}

// Kind is the job's name in the queue.
func (PostLetters) Kind() string { return "market.post_letters" }

type postLettersWorker struct {
	river.WorkerDefaults[PostLetters]
	market *Service
}

// Work writes them, some at a time.
func (w *postLettersWorker) Work(ctx context.Context, job *river.Job[PostLetters]) error {
	_, err := w.market.SendPostLetters(ctx, job.Args.Post)
	return err
}

// SendPostLetters enqueues the letters of a post that are left, and tells how many. Each batch is written down in the transaction
// that enqueues it: whoever begins again after a crash writes to nobody twice.
func (s *Service) SendPostLetters(ctx context.Context, post uuid.UUID) (sent int, err error) {
	for {
		n := 0
		err := s.db.Tx(ctx, func(tx *gorm.DB) (err error) {
			n, err = s.sendPostLetters(tx, post)
			return err
		})
		sent += n
		if err != nil || n < lettersAtOnce {
			return sent, err
		}
	}
}

func (s *Service) sendPostLetters(tx *gorm.DB, post uuid.UUID) (int, error) {
	var p Post
	if err := one(tx.Clauses(clause.Locking{Strength: "NO KEY UPDATE"}).Where("id = ?", post).Take(&p)); err != nil {
		return 0, err
	}
	if p.State != PostPublished || !p.ByMail {
		return 0, nil
	}
	now := s.clock.Now()
	var people []uuid.UUID
	err := tx.Raw("SELECT p.id FROM posts, people p WHERE posts.id = @post AND p.email IS NOT NULL AND "+nearby+" AND "+postsFor.asks()+`
		AND NOT EXISTS (SELECT 1 FROM post_letters l WHERE l.post_id = posts.id AND l.person_id = p.id)
		AND `+postsFor.hears()+` ORDER BY p.id LIMIT @most`, map[string]any{"post": post, "company": p.CompanyID, "now": now, "most": lettersAtOnce}).Scan(&people).Error
	if err != nil {
		return 0, err
	}
	facts := map[string]any{"opening": p.Kind == Opening}
	for key, text := range map[string]string{"title": p.Title, "title_en": p.TitleEN, "text": excerpt(p.Body), "text_en": excerpt(p.BodyEN)} {
		if text != "" {
			facts[key] = text
		}
	}
	for _, reader := range people {
		err := tx.Exec("INSERT INTO post_letters (post_id, company_id, person_id, sent_at) VALUES (?, ?, ?, ?)", p.ID, p.CompanyID, reader, now).Error
		if err == nil {
			err = jobs.Enqueue(tx, Letter{Letter: LetterPost, PersonID: reader, CompanyID: p.CompanyID, Path: "/news/" + p.ID.String(), Facts: facts})
		}
		if err != nil {
			return 0, err
		}
	}
	return len(people), nil
}

// PostsJob publishes what is scheduled.
type PostsJob struct{}

// Kind names the job.
func (PostsJob) Kind() string { return "market.posts" }

type postsWorker struct {
	river.WorkerDefaults[PostsJob]
	market *Service
}

// Work publishes it.
func (w *postsWorker) Work(ctx context.Context, _ *river.Job[PostsJob]) error {
	_, err := w.market.PublishDuePosts(ctx)
	return err
}

// PublishDuePosts publishes the posts whose time has come, and tells how many.
func (s *Service) PublishDuePosts(ctx context.Context) (n int, err error) {
	err = s.db.Tx(ctx, func(tx *gorm.DB) error {
		now := s.clock.Now()
		var list []Post
		if err := tx.Clauses(clause.Locking{Strength: "NO KEY UPDATE", Options: "SKIP LOCKED"}).
			Where("state = ? AND publish_at <= ?", PostScheduled, now).Order("id").Limit(lettersAtOnce).Find(&list).Error; err != nil {
			return err
		}
		for _, p := range list {
			if err := p.publish(now); err != nil {
				return err
			}
			if _, err := s.savePost(tx, p); err != nil {
				return err
			}
			if err := tellOfPost(tx, p); err != nil {
				return err
			}
			if err := auditPost(tx, Actor{}, p, "publish"); err != nil {
				return err
			}
		}
		n = len(list)
		return nil
	})
	return n, err
}
