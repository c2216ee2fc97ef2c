package market

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"homecoming/internal/jobs"
)

// PostTask writes a draft. Its skills and department may be ids, names or aliases; unknown ones become the
// company's own in the same transaction.
func (s *Service) PostTask(ctx context.Context, who Actor, d TaskDraft) (Task, error) {
	if err := who.May(PostTasks, d.CompanyID); err != nil {
		return Task{}, err
	}
	var t Task
	err := s.db.Tx(ctx, func(tx *gorm.DB) error {
		c, err := lockCompany(tx, d.CompanyID) // the lock numbers tasks
		if err != nil {
			return err
		}
		if t, err = s.draft(tx, c, d); err != nil {
			return err
		}
		t.ID, t.State, t.Version, t.CreatedBy = newID(), Draft, 1, who.PersonID
		t.CreatedAt, t.UpdatedAt = s.clock.Now(), s.clock.Now()
		if err := tx.Raw("SELECT coalesce(max(number), 0) + 1 FROM tasks WHERE company_id = ?", c.ID).Scan(&t.Number).Error; err != nil {
			return err
		}
		if err := tx.Omit("Skills").Create(&t).Error; err != nil {
			return err
		}
		if err := saveSkills(tx, &t); err != nil {
			return err
		}
		return Audit(tx, who, c.ID, "task.post", "task:"+t.ID.String(), map[string]any{"title": t.Title})
	})
	return t, err
}

// EditTask replaces what a draft or a published task says. seen is the version that the editor looked at.
func (s *Service) EditTask(ctx context.Context, who Actor, id uuid.UUID, seen int, d TaskDraft) (Task, error) {
	var t Task
	err := s.db.Tx(ctx, func(tx *gorm.DB) error {
		old, c, err := s.lockTask(tx, who, id)
		if err != nil {
			return err
		}
		if err := old.Editable(seen); err != nil {
			return err
		}
		d.CompanyID = old.CompanyID
		if t, err = s.draft(tx, c, d); err != nil {
			return err
		}
		t.ID, t.Number, t.State, t.Version = old.ID, old.Number, old.State, old.Version+1
		if same(t.PaidFrom, old.PaidFrom) && same(t.DepartmentID, old.DepartmentID) {
			t.ApprovedAmount = old.ApprovedAmount // said yes to for this department's money
		}
		t.CreatedBy, t.CreatedAt, t.PublishedAt, t.UpdatedAt = old.CreatedBy, old.CreatedAt, old.PublishedAt, s.clock.Now()
		if err := tx.Omit("Skills").Save(&t).Error; err != nil {
			return err
		}
		if err := saveSkills(tx, &t); err != nil {
			return err
		}
		return Audit(tx, who, c.ID, "task.edit", "task:"+t.ID.String(), map[string]any{"version": t.Version})
	})
	return t, err
}

// draft checks what the manager filled in and turns names into ids.
func (s *Service) draft(tx *gorm.DB, c Company, d TaskDraft) (Task, error) {
	if err := d.check(c, c.Today(s.clock.Now())); err != nil {
		return Task{}, err
	}
	t := Task{CompanyID: c.ID, Title: d.Title, Brief: d.Brief, Currency: c.Currency, DueOn: d.DueOn, Hourly: d.Hourly, WithholdingCategory: d.WithholdingCategory}
	if d.Budget != nil {
		t.Budget = &d.Budget.Amount
	}
	department, err := DepartmentNamed(tx, c.ID, d.Department)
	if err != nil {
		return Task{}, err
	}
	if department != uuid.Nil {
		t.DepartmentID = &department
	}
	if t.PaidFrom, err = paidFrom(tx, c.ID, d.PaidFrom); err != nil {
		return Task{}, err
	}
	if t.Visibility, err = s.resolveVisibility(tx, c.ID, d.Visibility); err != nil {
		return Task{}, err
	}
	t.Skills, err = s.resolveSkills(tx, c.ID, d.Skills)
	return t, err
}

func (s *Service) resolveSkills(tx *gorm.DB, company uuid.UUID, wanted []WantedSkill) ([]TaskSkill, error) {
	skills := make([]TaskSkill, 0, len(wanted))
	for i, w := range wanted {
		id, err := s.resolve(tx, company, w.Skill)
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(skills, func(k TaskSkill) bool { return k.SkillID == id }) {
			return nil, ErrSkillTwice.On("skills["+itoa(i)+"].skill").With("skill", w.Skill)
		}
		skills = append(skills, TaskSkill{CompanyID: company, SkillID: id, Position: i, Level: w.Level, Kind: w.Kind, Strict: w.Strict})
	}
	return skills, nil
}

func saveSkills(tx *gorm.DB, t *Task) error {
	if err := tx.Exec("DELETE FROM task_skills WHERE task_id = ?", t.ID).Error; err != nil {
		return err
	}
	for i := range t.Skills {
		t.Skills[i].TaskID = t.ID
	}
	return tx.Create(&t.Skills).Error
}

// lockTask reads a task of a company where the actor may post, and holds it until the transaction ends.
func (s *Service) lockTask(tx *gorm.DB, who Actor, id uuid.UUID) (Task, Company, error) {
	var t Task
	if err := one(tx.Clauses(clause.Locking{Strength: "NO KEY UPDATE"}).Where("id = ?", id).Take(&t)); err != nil {
		return t, Company{}, err
	}
	if err := who.May(PostTasks, t.CompanyID); err != nil {
		// An alumna who sees the task in her feed learns that it is not hers to run; anybody else, nothing at all.
		return t, Company{}, err
	}
	c, err := CompanyByID(tx, t.CompanyID)
	return t, c, err
}

// PublishTask opens a draft to those whom its visibility covers. Where the company's rules ask somebody about its budget,
// they are asked at once, so that the yes is there by the time the bids are.
func (s *Service) PublishTask(ctx context.Context, who Actor, id uuid.UUID) (Task, error) {
	return s.moveTask(ctx, who, id, "task.publish", func(tx *gorm.DB, t *Task, c Company) error {
		if err := t.Publish(c.Today(s.clock.Now())); err != nil {
			return err
		}
		now := s.clock.Now()
		t.State, t.PublishedAt = Published, &now
		if t.Budget == nil {
			return nil
		}
		_, err := s.ask(tx, who, *t, *t.Budget, "")
		if ErrSpendingAsked.Is(err) {
			return nil // by hand, before
		}
		return err
	})
}

// CancelTask ends a task that is not awarded yet and tells everybody who bid why.
func (s *Service) CancelTask(ctx context.Context, who Actor, id uuid.UUID, reason string) (Task, error) {
	reason = strings.TrimSpace(reason)
	return s.moveTask(ctx, who, id, "task.cancel", func(_ *gorm.DB, t *Task, _ Company) error {
		if t.State != Draft && t.State != Published {
			return ErrTaskState.With("state", t.State)
		}
		if t.State == Published && reason == "" {
			return ErrRequired.On("reason") // bidders are told why
		}
		if len([]rune(reason)) > maxMessage {
			return ErrTooLong.On("reason").With("max", maxMessage)
		}
		t.State, t.CancelReason = TaskCanceled, reason
		return nil
	})
}

// moveTask locks a task, lets the rule change it and writes what came out.
func (s *Service) moveTask(ctx context.Context, who Actor, id uuid.UUID, action string, rule func(*gorm.DB, *Task, Company) error) (Task, error) {
	var t Task
	err := s.db.Tx(ctx, func(tx *gorm.DB) error {
		var c Company
		var err error
		if t, c, err = s.lockTask(tx, who, id); err != nil {
			return err
		}
		if err := rule(tx, &t, c); err != nil {
			return err
		}
		t.Version, t.UpdatedAt = t.Version+1, s.clock.Now()
		if err := tx.Omit("Skills").Save(&t).Error; err != nil {
			return err
		}
		if t.State == TaskCanceled {
			if err := dropSpending(tx, t.ID, t.UpdatedAt); err != nil {
				return err
			}
			if err := loseBids(tx, t, LetterCanceled, map[string]any{"reason": t.CancelReason}); err != nil {
				return err
			}
		}
		return Audit(tx, who, c.ID, action, "task:"+t.ID.String(), map[string]any{"state": t.State})
	})
	if err != nil {
		return Task{}, err
	}
	return s.Task(ctx, who, t.ID)
}

// loseBids closes the open bids of a task and writes to those who made them.
func loseBids(tx *gorm.DB, t Task, letter LetterKind, facts map[string]any) error {
	var people []uuid.UUID
	err := tx.Raw("UPDATE bids SET state = 'lost', updated_at = now() WHERE task_id = ? AND state = 'open' RETURNING person_id", t.ID).Scan(&people).Error
	if err != nil {
		return err
	}
	if facts == nil {
		facts = map[string]any{}
	}
	facts["title"] = t.Title
	for _, p := range people {
		if err := jobs.Enqueue(tx, Letter{Letter: letter, PersonID: p, CompanyID: t.CompanyID, Path: "/tasks/" + t.ID.String(), Facts: facts}); err != nil {
			return err
		}
	}
	return nil
}

// Task reads one task that the actor may see, with its skills in order.
func (s *Service) Task(ctx context.Context, who Actor, id uuid.UUID) (Task, error) {
	var t Task
	return t, one(who.VisibleTasks(s.db.Gorm(ctx).Where("tasks.id = ?", id), s.clock.Now()).Preload("Skills", inOrder).Take(&t))
}

func inOrder(q *gorm.DB) *gorm.DB { return q.Order("position") }

// A TaskFilter narrows a list of tasks; zero fields do not.
type TaskFilter struct {
	CompanyID uuid.UUID
	State     TaskState
	Before    uuid.UUID // the cursor: tasks older than this one
	Limit     int       // at most 100; 0 means 20
}

// Tasks lists what the actor may see, newest first.
func (s *Service) Tasks(ctx context.Context, who Actor, f TaskFilter) ([]Task, error) {
	q := who.VisibleTasks(s.db.Gorm(ctx).Model(&Task{}), s.clock.Now())
	if f.CompanyID != uuid.Nil {
		q = q.Where("tasks.company_id = ?", f.CompanyID)
	}
	if f.State != "" {
		q = q.Where("tasks.state = ?", f.State)
	}
	if f.Before != uuid.Nil {
		q = q.Where("tasks.id < ?", f.Before)
	}
	var ts []Task
	return ts, q.Preload("Skills", inOrder).Order("tasks.id DESC").Limit(Page(f.Limit)).Find(&ts).Error
}

// Page bounds how many rows a list gives: 1 to 100, 20 when not said.
func Page(limit int) int {
	if limit <= 0 {
		return 20
	}
	return min(limit, 100)
}

// CompleteTask ends an awarded task whose contract is done. Billing calls it in its own transaction.
func CompleteTask(tx *gorm.DB, id uuid.UUID, now time.Time) error {
	return tx.Exec("UPDATE tasks SET state = 'completed', version = version + 1, updated_at = ? WHERE id = ? AND state = 'awarded'", now, id).Error
}
