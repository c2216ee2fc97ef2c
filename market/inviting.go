package market

import (
	"context"
	"time"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"
	"gorm.io/gorm"

	"homecoming/internal/jobs"
	"homecoming/internal/problem"
)

// An Invitation asks one alumnus to look at one task.
type Invitation struct {
	ID           uuid.UUID
	CompanyID    uuid.UUID
	TaskID       uuid.UUID
	MembershipID uuid.UUID
	State        string // sent, declined, answered
	InvitedBy    uuid.UUID
	CreatedAt    time.Time
}

// What can be wrong with an invitation.
var (
	ErrNobodyInvited  = problem.Define(problem.Invalid, "nobody_invited", "Choose at least one person to invite.", "招待する人を1人以上選んでください。")
	ErrTooManyInvited = problem.Define(problem.Invalid, "too_many_invited", "Invite at most {max} people at a time.", "一度に招待できるのは{max}人までです。")
	ErrNotAlumnus     = problem.Define(problem.Conflict, "not_an_alumnus", "“{value}” still works here, so this cannot be offered to them.", "「{value}」は在籍中のため、依頼できません。")
	ErrNotInvited     = problem.Define(problem.Conflict, "not_invited", "There is no open invitation to decline.", "辞退できる招待がありません。")
)

const maxInvited = 100

// Invite asks people to look at a task, each once: inviting somebody again changes nothing. members are ids as the list of
// candidates has them: memberships at the task's company, or ids of people from outside whom the task reaches. It returns
// every invitation of the task.
func (s *Service) Invite(ctx context.Context, who Actor, task uuid.UUID, members []uuid.UUID) ([]Invitation, error) {
	if len(members) == 0 {
		return nil, ErrNobodyInvited.On("membership_ids")
	}
	if len(members) > maxInvited {
		return nil, ErrTooManyInvited.On("membership_ids").With("max", maxInvited)
	}
	err := s.db.Tx(ctx, func(tx *gorm.DB) error {
		t, c, err := s.lockTask(tx, who, task)
		if err != nil {
			return err
		}
		if t.State != Published {
			return ErrTaskNotOpen.With("state", t.State)
		}
		ids := members
		if members, err = s.guests(tx, t, ids); err != nil {
			return err
		}
		if err := mustBeFree(tx, c.ID, ids, members, s.clock.Now()); err != nil {
			return err
		}
		if err := mustHaveLeft(tx, members, c.Today(s.clock.Now())); err != nil {
			return err
		}
		return s.invite(tx, who, t, members)
	})
	if err != nil {
		return nil, err
	}
	return s.Invitations(ctx, who, task)
}

func (s *Service) invite(tx *gorm.DB, who Actor, t Task, members []uuid.UUID) error {
	for _, m := range members {
		var person []uuid.UUID
		err := tx.Raw(`WITH i AS (INSERT INTO invitations (id, company_id, task_id, membership_id, invited_by, created_at)
			VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT ON CONSTRAINT invited_once DO NOTHING RETURNING membership_id)
			SELECT person_id FROM memberships JOIN i ON i.membership_id = memberships.id`,
			newID(), t.CompanyID, t.ID, m, who.PersonID, s.clock.Now()).Scan(&person).Error
		if err != nil {
			return err
		}
		if len(person) == 0 {
			continue // invited before
		}
		letter := Letter{Letter: LetterInvitation, PersonID: person[0], CompanyID: t.CompanyID, Path: "/tasks/" + t.ID.String(),
			Facts: map[string]any{"title": t.Title}}
		if err := jobs.Enqueue(tx, letter); err != nil {
			return err
		}
	}
	return Audit(tx, who, t.CompanyID, "task.invite", "task:"+t.ID.String(), map[string]any{"membership_ids": members})
}

// mustHaveLeft refuses current employees: they are paid otherwise.
func mustHaveLeft(tx *gorm.DB, members []uuid.UUID, today civil.Date) error {
	var staff []uuid.UUID
	if err := tx.Raw("SELECT membership_id FROM stints WHERE membership_id IN ? AND (left_on IS NULL OR left_on >= ?)", members, today).Scan(&staff).Error; err != nil {
		return err
	}
	if len(staff) > 0 {
		return ErrNotAlumnus.On("membership_ids").With("value", staff[0])
	}
	return nil
}

// Invitations lists who was asked about a task, for those who run it.
func (s *Service) Invitations(ctx context.Context, who Actor, task uuid.UUID) ([]Invitation, error) {
	t, err := s.Task(ctx, who, task)
	if err != nil {
		return nil, err
	}
	if err := who.May(PostTasks, t.CompanyID); err != nil {
		return nil, err
	}
	var list []Invitation
	return list, s.db.Gorm(ctx).Where("task_id = ?", task).Order("id").Find(&list).Error
}

// DeclineInvitation answers "not this time" for the actor's own membership.
func (s *Service) DeclineInvitation(ctx context.Context, who Actor, task uuid.UUID) error {
	return s.db.Tx(ctx, func(tx *gorm.DB) error {
		done := tx.Exec("UPDATE invitations SET state = 'declined' WHERE task_id = ? AND membership_id IN ? AND state = 'sent'", task, orNone(who.Memberships()))
		if done.Error == nil && done.RowsAffected == 0 {
			if _, err := s.Task(ctx, who, task); err != nil {
				return err
			}
			return ErrNotInvited
		}
		return done.Error
	})
}
