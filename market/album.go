package market

import (
	"context"
	"errors"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homecoming/internal/problem"
)

// An Album is what stays of an event: what its hosts say afterwards, and pictures. It is for those who were on the list, for hosts
// and for the office; nobody else sees who is in them.
type Album struct {
	Thanks    string // Markdown
	ThanksEN  string
	ThankedAt *time.Time // when they were written to about it; nil: not yet
	Pictures  []File     // in the order in which they came
	Mine      bool       // whether the actor may see it at all
}

// ThanksIn is what hosts say, in a language: the other one where there is none.
func (a Album) ThanksIn(language string) string {
	if language == "en" && a.ThanksEN != "" || a.Thanks == "" {
		return a.ThanksEN
	}
	return a.Thanks
}

const (
	maxPictures = 100
	fileOfEvent = FileSubject("event")

	newsThanks eventNews = "thanks" // it was good to have you: pictures are there
)

// What can be wrong with an album.
var (
	ErrAlbumEarly   = problem.Define(problem.Conflict, "event_not_begun", "Pictures can be added once the event has begun.", "写真は、イベントの開始後に追加できます。")
	ErrAlbumFull    = problem.Define(problem.Conflict, "album_full", "An event keeps at most {max} pictures. Take some out first.", "写真は{max}枚までです。不要なものを削除してください。")
	ErrThanksEarly  = problem.Define(problem.Conflict, "thanks_early", "Write to those who came once the event is over.", "参加者への連絡は、イベントの終了後に送信できます。")
	ErrThanksAgain  = problem.Define(problem.Conflict, "thanks_again", "They were written to on {date}. What you change now stands on the page.", "{date}に送信済みです。変更した内容はページに表示されます。")
	ErrThanksNobody = problem.Define(problem.Conflict, "thanks_nobody", "Nobody was on the list of this event.", "このイベントに参加登録した方はいません。")
)

func init() {
	fileReaders[fileOfEvent] = func(s *Service, g *gorm.DB, who Actor, event uuid.UUID) error {
		_, err := s.seesAlbum(g, who, event)
		return err
	}
}

// seesAlbum reads an event for somebody who was on its list or may run it; ErrNotFound for anybody else.
func (s *Service) seesAlbum(g *gorm.DB, who Actor, event uuid.UUID) (Event, error) {
	var e Event
	if err := one(who.VisibleEvents(g.Where("events.id = ?", event), s.clock.Now()).Take(&e)); err != nil {
		return e, err
	}
	var hosts []uuid.UUID
	if err := g.Raw("SELECT person_id FROM event_hosts WHERE event_id = ?", event).Scan(&hosts).Error; err != nil {
		return e, err
	}
	if who.MayHost(e, hosts) == nil {
		return e, nil
	}
	var came bool
	err := g.Raw("SELECT EXISTS (SELECT 1 FROM rsvps WHERE event_id = ? AND person_id = ? AND state = ?)", event, who.PersonID, Coming).Scan(&came).Error
	if err == nil && (!came || e.State == EventDraft || e.State == EventCanceled) {
		return e, ErrNotFound
	}
	return e, err
}

// Album reads what stays of an event. Whoever sees the event and not its album gets an empty one that is not theirs.
func (s *Service) Album(ctx context.Context, who Actor, event uuid.UUID) (Album, error) {
	g := s.db.Gorm(ctx)
	e, err := s.seesAlbum(g, who, event)
	if errors.Is(err, ErrNotFound) && e.ID != uuid.Nil {
		return Album{}, nil
	}
	if err != nil {
		return Album{}, err
	}
	of, err := filesOf(g, fileOfEvent, []uuid.UUID{event})
	a := Album{ThankedAt: e.ThankedAt, Pictures: of[event], Mine: true}
	if e.ThankedAt != nil || who.can(RunEvents, e.CompanyID) {
		a.Thanks, a.ThanksEN = e.Thanks, e.ThanksEN
	}
	return a, err
}

// AddPicture draws a picture anew and puts it into the album of an event that has begun.
func (s *Service) AddPicture(ctx context.Context, who Actor, event uuid.UUID, u Upload) (File, error) {
	e, err := s.hostedEvent(s.db.Gorm(ctx), who, event)
	switch {
	case err != nil:
		return File{}, err
	case e.State == EventDraft || e.State == EventCanceled || s.clock.Now().Before(e.StartsAt):
		return File{}, ErrAlbumEarly
	}
	if u, err = redrawn(u); err != nil {
		return File{}, err
	}
	f, err := s.KeepFile(ctx, who, u)
	if err != nil {
		return f, err
	}
	return f, s.db.Tx(ctx, func(tx *gorm.DB) error {
		if _, err := s.lockForHost(tx, who, event); err != nil {
			return err
		}
		var there int64
		if err := tx.Model(&File{}).Where("subject = ? AND subject_id = ? AND dropped_at IS NULL", fileOfEvent, event).Count(&there).Error; err != nil {
			return err
		}
		if there >= maxPictures {
			return ErrAlbumFull.On("file").With("max", maxPictures)
		}
		if err := takeFiles(tx, who, &e.CompanyID, fileOfEvent, event, []uuid.UUID{f.ID}); err != nil {
			return err
		}
		return Audit(tx, who, e.CompanyID, "event.picture", "event:"+event.String(), map[string]any{"file": f.ID})
	})
}

// RemovePicture takes a picture out of an event's album, for good.
func (s *Service) RemovePicture(ctx context.Context, who Actor, event, picture uuid.UUID) error {
	return s.db.Tx(ctx, func(tx *gorm.DB) error {
		e, err := s.lockForHost(tx, who, event)
		if err != nil {
			return err
		}
		done := tx.Exec("UPDATE files SET dropped_at = ? WHERE id = ? AND subject = ? AND subject_id = ? AND dropped_at IS NULL", s.clock.Now(), picture, fileOfEvent, event)
		if done.Error == nil && done.RowsAffected == 0 {
			return ErrNotFound
		}
		if done.Error != nil {
			return done.Error
		}
		return Audit(tx, who, e.CompanyID, "event.picture_removed", "event:"+event.String(), map[string]any{"file": picture})
	})
}

// OpenPicture gives a picture of an event to be shown: it was drawn here, so that no browser finds anything else in it. The caller
// closes it.
func (s *Service) OpenPicture(ctx context.Context, who Actor, event, picture uuid.UUID) (File, io.ReadCloser, error) {
	f, body, err := s.OpenFile(ctx, who, picture)
	if err != nil {
		return f, nil, err
	}
	if f.Subject != fileOfEvent || *f.SubjectID != event {
		return File{}, nil, closed(body)
	}
	return f, body, nil
}

func closed(body io.Closer) error {
	if err := body.Close(); err != nil {
		return err
	}
	return ErrNotFound
}

// ThankFor keeps what the hosts say of an event that is over. With send, those who were on the list are written to, once.
func (s *Service) ThankFor(ctx context.Context, who Actor, event uuid.UUID, words, wordsEN string, send bool) (Event, error) {
	words, wordsEN = strings.TrimSpace(sayable(words)), strings.TrimSpace(sayable(wordsEN))
	var e Event
	err := s.db.Tx(ctx, func(tx *gorm.DB) (err error) {
		if e, err = s.lockForHost(tx, who, event); err != nil {
			return err
		}
		now := s.clock.Now()
		switch {
		case e.State == EventDraft || e.State == EventCanceled || now.Before(e.EndsAt):
			return ErrThanksEarly
		case words == "" && wordsEN == "":
			return ErrRequired.On("thanks")
		case utf8.RuneCountInString(words) > maxBrief:
			return ErrTooLong.On("thanks").With("max", maxBrief)
		case utf8.RuneCountInString(wordsEN) > maxBrief:
			return ErrTooLong.On("thanks_en").With("max", maxBrief)
		case send && e.ThankedAt != nil:
			return ErrThanksAgain.With("date", e.ThankedAt.In(e.Location()).Format(time.DateOnly))
		}
		e.Thanks, e.ThanksEN = words, wordsEN
		if send {
			e.ThankedAt = &now
			if err := tellComing(tx, e); err != nil {
				return err
			}
		}
		err = tx.Exec("UPDATE events SET thanks = ?, thanks_en = ?, thanked_at = ? WHERE id = ?", e.Thanks, e.ThanksEN, e.ThankedAt, e.ID).Error
		if err != nil {
			return err
		}
		return Audit(tx, who, e.CompanyID, "event.thanks", "event:"+event.String(), map[string]any{"sent": send})
	})
	return e, err
}

// tellComing writes to those who were on the list of an event that is over.
func tellComing(tx *gorm.DB, e Event) error {
	all, err := answersOf(tx, e.ID)
	if err != nil {
		return err
	}
	told := 0
	for _, r := range all {
		if r.State != Coming {
			continue
		}
		if err := tellOfEvent(tx, e, newsThanks, r.Way, r.PersonID); err != nil {
			return err
		}
		told++
	}
	if told == 0 {
		return ErrThanksNobody
	}
	return nil
}
