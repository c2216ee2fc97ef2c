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

// A Clarification is a question about a task with the company's answer, for everybody whom the task reaches, so that all bid on the
// same understanding. The company writes both: nobody learns who asked. What bids may rest on is not taken away; an answer that was
// wrong is corrected, and who heard the first one hears the second.
type Clarification struct {
	ID          uuid.UUID
	CompanyID   uuid.UUID
	TaskID      uuid.UUID
	Number      int // counted within the task
	Question    string
	Answer      string // Markdown
	MadeBy      uuid.UUID
	MadeAt      time.Time
	CorrectedAt *time.Time // the latest correction
}

const (
	maxClarifications = 50 // of one task
	maxClarified      = 1000
)

// ErrManyClarifications is for a task that takes no more of them.
var ErrManyClarifications = problem.Define(problem.Conflict, "too_many_clarifications", "A task takes {max} questions and answers. Put the rest into its brief.",
	"質問と回答は1案件{max}件までです。続きは依頼内容に追記してください。")

// LetterClarified says that a question about a task was answered for everybody, or answered anew.
const LetterClarified LetterKind = "clarified"

// check finds what is wrong with one, and puts it in order.
func (c *Clarification) check() error {
	c.Question, c.Answer = oneLine(c.Question), tidyText(c.Answer)
	switch {
	case c.Question == "":
		return ErrRequired.On("question")
	case utf8.RuneCountInString(c.Question) > maxClarified:
		return ErrTooLong.On("question").With("max", maxClarified)
	case c.Answer == "":
		return ErrRequired.On("answer")
	case utf8.RuneCountInString(c.Answer) > maxMessage:
		return ErrTooLong.On("answer").With("max", maxMessage)
	}
	return nil
}

// Clarifications lists the questions and answers of a task, in their order, for whoever sees it.
func (s *Service) Clarifications(ctx context.Context, who Actor, task uuid.UUID) ([]Clarification, error) {
	g := s.db.Gorm(ctx)
	var t Task
	if err := one(who.VisibleTasks(g.Where("tasks.id = ?", task), s.clock.Now()).Take(&t)); err != nil {
		return nil, err
	}
	var list []Clarification
	return list, g.Where("task_id = ?", task).Order("number").Find(&list).Error
}

// Clarify answers a question about a published task for everybody whom it reaches. Who has bid, was invited or has asked is told.
func (s *Service) Clarify(ctx context.Context, who Actor, task uuid.UUID, question, answer string) (Clarification, error) {
	c := Clarification{ID: newID(), TaskID: task, Question: question, Answer: answer, MadeBy: who.PersonID}
	err := s.clarify(ctx, who, task, "task.clarify", &c, func(tx *gorm.DB, now time.Time) error {
		if err := tx.Raw("SELECT coalesce(max(number), 0) + 1 FROM clarifications WHERE task_id = ?", task).Scan(&c.Number).Error; err != nil {
			return err
		}
		if c.Number > maxClarifications {
			return ErrManyClarifications.With("max", maxClarifications)
		}
		c.MadeAt = now
		return tx.Create(&c).Error
	})
	return c, err
}

// CorrectClarification answers a question anew.
func (s *Service) CorrectClarification(ctx context.Context, who Actor, id uuid.UUID, answer string) (Clarification, error) {
	var c Clarification
	if err := one(s.db.Gorm(ctx).Where("id = ?", id).Take(&c)); err != nil {
		return c, err
	}
	c.Answer = answer
	err := s.clarify(ctx, who, c.TaskID, "task.correct", &c, func(tx *gorm.DB, now time.Time) error {
		c.CorrectedAt = &now
		return tx.Exec("UPDATE clarifications SET answer = ?, corrected_at = ? WHERE id = ?", c.Answer, now, c.ID).Error
	})
	return c, err
}

// clarify writes one while its task is held, and tells of it.
func (s *Service) clarify(ctx context.Context, who Actor, task uuid.UUID, action string, c *Clarification, write func(*gorm.DB, time.Time) error) error {
	return s.db.Tx(ctx, func(tx *gorm.DB) error {
		t, _, err := s.lockTask(tx, who, task)
		switch {
		case err != nil:
			return err
		case t.State != Published:
			return ErrTaskState.With("state", t.State)
		}
		if err := c.check(); err != nil {
			return err
		}
		c.CompanyID = t.CompanyID
		if err := write(tx, s.clock.Now()); err != nil {
			return err
		}
		if err := s.tellClarified(tx, t, *c); err != nil {
			return err
		}
		return Audit(tx, who, t.CompanyID, action, "task:"+t.ID.String(), map[string]any{"number": c.Number})
	})
}

// concerned are the people who have a bid on the task @task, are asked for one, or wrote about it and may still bid. Of whom the
// company is kept apart from, none.
var concerned = strings.ReplaceAll(`SELECT DISTINCT h.person_id FROM tasks JOIN companies c ON c.id = tasks.company_id JOIN (
		SELECT task_id, person_id, false AS wrote FROM bids WHERE state = 'open'
		UNION ALL SELECT i.task_id, m.person_id, false FROM invitations i JOIN memberships m ON m.id = i.membership_id WHERE i.state = 'sent'
		UNION ALL SELECT subject_id, person_id, true FROM threads WHERE kind = 'task') h ON h.task_id = tasks.id
	WHERE tasks.id = @task AND NOT `+barred+" AND (NOT h.wrote OR "+reaches+") ORDER BY 1", "@person", "h.person_id")

func (s *Service) tellClarified(tx *gorm.DB, t Task, c Clarification) error {
	var people []uuid.UUID
	if err := tx.Raw(concerned, map[string]any{"task": t.ID, "now": s.clock.Now()}).Scan(&people).Error; err != nil {
		return err
	}
	for _, p := range people {
		err := jobs.Enqueue(tx, Letter{Letter: LetterClarified, PersonID: p, CompanyID: t.CompanyID, Path: "/tasks/" + t.ID.String() + "#answers",
			Facts: map[string]any{"title": t.Title, "question": c.Question, "answer": c.Answer, "again": c.CorrectedAt != nil}})
		if err != nil {
			return err
		}
	}
	return nil
}
