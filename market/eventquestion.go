package market

import (
	"context"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homecoming/internal/jobs"
	"homecoming/internal/problem"
)

// A Question is what somebody wants to have answered at an event, written beforehand. Others put a vote to it, and hosts answer in
// writing. Whoever asks may keep their name from the others, but not from the hosts; the page says so before they do.
type Question struct {
	ID           uuid.UUID
	EventID      uuid.UUID
	CompanyID    uuid.UUID
	PersonID     uuid.UUID
	Text         string
	Anonymous    bool
	AskedAt      time.Time
	Answer       string
	AnsweredBy   *uuid.UUID
	AnsweredAt   *time.Time
	HiddenReason string
	HiddenBy     *uuid.UUID
	HiddenAt     *time.Time

	Name  string `gorm:"->;-:migration"` // of who asks; empty for readers from whom it is kept
	Votes int    `gorm:"->;-:migration"`
	Voted bool   `gorm:"->;-:migration"` // by the reader
	Mine  bool   `gorm:"-"`
}

// TableName is where questions are kept.
func (Question) TableName() string { return "event_questions" }

const (
	maxQuestion  = 1000
	questionsOne = 20 // of one person at one event
)

// What can be wrong with a question.
var (
	ErrManyQuestions  = problem.Define(problem.Conflict, "too_many_questions", "You have asked {max} questions here. Put a vote to others' instead.", "質問は1人{max}件までです。ほかの方の質問への投票をご利用ください。")
	ErrQuestionHidden = problem.Define(problem.Conflict, "question_hidden", "This question is hidden. Show it again first.", "この質問は非表示です。先に表示に戻してください。")
)

// shownTo takes out what a reader who runs the event or not shall not learn, and reports whether they see the question at all:
// a hidden one is shown to hosts and to whoever asked it, with the reason.
func (q Question) shownTo(person uuid.UUID, host bool) (Question, bool) {
	q.Mine = q.PersonID == person
	if q.HiddenAt != nil && !host && !q.Mine {
		return Question{}, false
	}
	if q.Anonymous && !host && !q.Mine {
		q.Name, q.PersonID = "", uuid.Nil
	}
	return q, true
}

// Questions lists those of an event, those with the most votes first, for whoever sees it.
func (s *Service) Questions(ctx context.Context, who Actor, event uuid.UUID) ([]Question, error) {
	g := s.db.Gorm(ctx)
	var e Event
	if err := one(who.VisibleEvents(g.Where("events.id = ?", event), s.clock.Now()).Take(&e)); err != nil {
		return nil, err
	}
	hosts, err := hostsOf(g, event)
	if err != nil {
		return nil, err
	}
	var all []Question
	err = g.Table("event_questions").Select(`event_questions.*, name_of(p) AS name, (SELECT count(*) FROM event_votes v WHERE v.question_id = event_questions.id) AS votes,
		EXISTS (SELECT 1 FROM event_votes v WHERE v.question_id = event_questions.id AND v.person_id = ?) AS voted`, who.PersonID).
		Joins("JOIN people p ON p.id = event_questions.person_id").Where("event_id = ?", event).Order("votes DESC, event_questions.id").Limit(500).Find(&all).Error
	list, host := all[:0:0], who.MayHost(e, hosts) == nil
	for _, q := range all {
		if q, shown := q.shownTo(who.PersonID, host); shown {
			list = append(list, q)
		}
	}
	return list, err
}

// AskQuestion asks one before the event is over.
func (s *Service) AskQuestion(ctx context.Context, who Actor, event uuid.UUID, text string, anonymous bool) (Question, error) {
	q := Question{ID: newID(), EventID: event, PersonID: who.PersonID, Text: strings.TrimSpace(text), Anonymous: anonymous, Mine: true, Name: who.Name}
	err := s.db.Tx(ctx, func(tx *gorm.DB) error {
		e, _, err := s.lockEvent(tx, who, event)
		if err != nil {
			return err
		}
		switch {
		case e.State != EventPublished:
			return ErrEventState.With("state", e.State)
		case q.Text == "":
			return ErrRequired.On("text")
		case utf8.RuneCountInString(q.Text) > maxQuestion:
			return ErrTooLong.On("text").With("max", maxQuestion)
		}
		var n int64
		if err := tx.Model(&Question{}).Where("event_id = ? AND person_id = ?", event, who.PersonID).Count(&n).Error; err != nil {
			return err
		}
		if n >= questionsOne {
			return ErrManyQuestions.With("max", questionsOne)
		}
		q.CompanyID, q.AskedAt = e.CompanyID, s.clock.Now()
		if err := tx.Create(&q).Error; err != nil {
			return err
		}
		return Audit(tx, who, e.CompanyID, "question.ask", "question:"+q.ID.String(), nil)
	})
	return q, err
}

// lockQuestion reads a question of an event that the actor sees, and whether they run it. The event is held meanwhile.
func (s *Service) lockQuestion(tx *gorm.DB, who Actor, id uuid.UUID) (Question, bool, error) {
	var q Question
	if err := one(tx.Where("id = ?", id).Take(&q)); err != nil {
		return q, false, err
	}
	e, hosts, err := s.lockEvent(tx, who, q.EventID)
	if err != nil {
		return q, false, err
	}
	if err := one(tx.Where("id = ?", id).Take(&q)); err != nil {
		return q, false, err
	}
	host := who.MayHost(e, hosts) == nil
	if _, shown := q.shownTo(who.PersonID, host); !shown {
		return q, false, ErrNotFound
	}
	return q, host, nil
}

// Vote puts the actor's vote to a question, or takes it back; one a person.
func (s *Service) Vote(ctx context.Context, who Actor, question uuid.UUID, yes bool) error {
	return s.db.Tx(ctx, func(tx *gorm.DB) error {
		q, _, err := s.lockQuestion(tx, who, question)
		if err != nil {
			return err
		}
		if !yes {
			return tx.Exec("DELETE FROM event_votes WHERE question_id = ? AND person_id = ?", question, who.PersonID).Error
		}
		return tx.Exec("INSERT INTO event_votes (question_id, event_id, company_id, person_id, voted_at) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
			question, q.EventID, q.CompanyID, who.PersonID, s.clock.Now()).Error
	})
}

// AnswerQuestion answers one in writing, for a host; whoever asked hears of it. An empty text takes the answer back.
func (s *Service) AnswerQuestion(ctx context.Context, who Actor, question uuid.UUID, text string) error {
	text = strings.TrimSpace(text)
	return s.runQuestion(ctx, who, question, "question.answer", func(tx *gorm.DB, q *Question, now time.Time) error {
		first := q.Answer == "" && text != "" && q.PersonID != who.PersonID
		switch {
		case q.HiddenAt != nil:
			return ErrQuestionHidden
		case utf8.RuneCountInString(text) > maxMessage:
			return ErrTooLong.On("answer").With("max", maxMessage)
		}
		q.Answer, q.AnsweredBy, q.AnsweredAt = text, &who.PersonID, &now
		if text == "" {
			q.AnsweredBy, q.AnsweredAt = nil, nil
		}
		if first {
			return tellAnswer(tx, *q)
		}
		return nil
	})
}

// tellAnswer writes to whoever asked a question that it is answered now.
func tellAnswer(tx *gorm.DB, q Question) error {
	var e Event
	if err := tx.Where("id = ?", q.EventID).Take(&e).Error; err != nil {
		return err
	}
	facts := e.facts()
	facts["news"], facts["question"], facts["answer"] = string(newsAnswered), q.Text, q.Answer
	return jobs.Enqueue(tx, Letter{Letter: LetterEvent, PersonID: q.PersonID, CompanyID: e.CompanyID, Path: "/events/" + e.ID.String(), Facts: facts})
}

// HideQuestion hides one from everybody but hosts and whoever asked, with a reason for them; an empty reason shows it again.
func (s *Service) HideQuestion(ctx context.Context, who Actor, question uuid.UUID, hide bool, reason string) error {
	reason = strings.TrimSpace(reason)
	return s.runQuestion(ctx, who, question, "question.hide", func(_ *gorm.DB, q *Question, now time.Time) error {
		switch {
		case hide && reason == "":
			return ErrRequired.On("reason")
		case utf8.RuneCountInString(reason) > maxQuestion:
			return ErrTooLong.On("reason").With("max", maxQuestion)
		}
		q.HiddenReason, q.HiddenBy, q.HiddenAt = "", nil, nil
		if hide {
			q.HiddenReason, q.HiddenBy, q.HiddenAt = reason, &who.PersonID, &now
		}
		return nil
	})
}

// runQuestion changes a question as a host.
func (s *Service) runQuestion(ctx context.Context, who Actor, id uuid.UUID, action string, rule func(*gorm.DB, *Question, time.Time) error) error {
	return s.db.Tx(ctx, func(tx *gorm.DB) error {
		q, host, err := s.lockQuestion(tx, who, id)
		if err != nil {
			return err
		}
		if !host {
			return ErrForbidden.With("action", string(RunEvents))
		}
		if err := rule(tx, &q, s.clock.Now()); err != nil {
			return err
		}
		if err := tx.Save(&q).Error; err != nil {
			return err
		}
		return Audit(tx, who, q.CompanyID, action, "question:"+id.String(), map[string]any{"hidden": q.HiddenAt != nil, "reason": q.HiddenReason})
	})
}
