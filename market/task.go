package market

import (
	"slices"
	"strings"
	"time"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"

	"homecoming/internal/problem"
)

// TaskState is where a task is in its life: draft → published → awarded → completed, and canceled from the first two.
type TaskState string

// The states of a task.
const (
	Draft         TaskState = "draft"
	Published     TaskState = "published"
	Awarded       TaskState = "awarded"
	TaskCompleted TaskState = "completed"
	TaskCanceled  TaskState = "canceled"
)

var taskStateWords = map[TaskState]problem.Word{Draft: {EN: "a draft", JA: "下書き"}, Published: {EN: "published", JA: "公開中"},
	Awarded: {EN: "awarded", JA: "契約済み"}, TaskCompleted: {EN: "completed", JA: "完了"}, TaskCanceled: {EN: "canceled", JA: "取り下げ"}}

// In is the state in the reader's language.
func (s TaskState) In(lang problem.Language) string { return taskStateWords[s].In(lang) }

// A Task is a piece of work that a company offers to its alumni.
type Task struct {
	ID                  uuid.UUID
	CompanyID           uuid.UUID
	Number              int // counted within the company: T-17
	Title               string
	Brief               string // Markdown
	DepartmentID        *uuid.UUID
	Budget              *int64 // minor units, without consumption tax; nil is open to offers
	Currency            string
	DueOn               *civil.Date `gorm:"type:date"`
	Hourly              *Hourly     `gorm:"serializer:json"` // nil: at a fixed price; else Budget is the most it comes to
	WithholdingCategory string      // one of WithholdingCategories
	PaidFrom            *uuid.UUID  // the budget; nil for none
	ApprovedAmount      int64       // minor units: what the task may cost, as far as the company's rules ask anybody
	FeeID               *uuid.UUID  // the referral fee that it pays; nil for work. Its terms follow from the fee and are not haggled over
	Visibility          Visibility  `gorm:"serializer:json"`
	State               TaskState
	Version             int // raised by every edit
	CancelReason        string
	CreatedBy           uuid.UUID
	CreatedAt           time.Time
	UpdatedAt           time.Time
	PublishedAt         *time.Time
	Skills              []TaskSkill `gorm:"foreignKey:TaskID"`
}

// SkillKind says how much a skill is wanted; a must weighs twice a nice.
type SkillKind string

// The kinds of wanted skill.
const (
	Must SkillKind = "must"
	Nice SkillKind = "nice"
)

// A TaskSkill is a skill that a task wants, at a level (1 basic, 2 solid, 3 expert). A strict one is a filter.
type TaskSkill struct {
	TaskID    uuid.UUID `json:"-"`
	CompanyID uuid.UUID `json:"-"`
	SkillID   string    `json:"skill"`
	Position  int       `json:"-"`
	Level     int       `json:"level"`
	Kind      SkillKind `json:"kind"`
	Strict    bool      `json:"strict"`
}

// WithholdingCategories are the kinds of work that decide whether income tax is withheld; billing holds the rates.
var WithholdingCategories = []string{"none", "manuscript", "illustration", "design", "lecture", "teaching",
	"translation", "interpreting", "proofreading", "royalty", "profession", "scrivener"}

// Limits of a task.
const (
	maxTitle  = 200
	maxBrief  = 20_000
	maxSkills = 12
	maxAmount = 1_000_000_000_000 // minor units
)

// What can be wrong with a task.
var (
	ErrTooManySkills  = problem.Define(problem.Invalid, "too_many_skills", "A task takes at most {max} skills. Keep those that matter.", "スキルは{max}個までです。重要なものに絞ってください。")
	ErrSkillTwice     = problem.Define(problem.Invalid, "skill_twice", "“{skill}” is there twice. Remove one.", "「{skill}」が重複しています。一方を削除してください。")
	ErrStrictNice     = problem.Define(problem.Invalid, "strict_needs_must", "Only a must-have can be strict. Make it a must-have, or not strict.", "「必須」のスキルだけを厳密条件にできます。")
	ErrLevel          = problem.Define(problem.Invalid, "level_out_of_range", "A level is 1 (basic), 2 (solid) or 3 (expert).", "レベルは1（基礎）・2（実務）・3（熟練）のいずれかです。")
	ErrTaskState      = problem.Define(problem.Conflict, "task_state", "This task is {state}; that cannot be done any more.", "この仕事は現在「{state}」のため、その操作はできません。")
	ErrDeadlinePassed = problem.Define(problem.Conflict, "deadline_passed", "The due date {date} has passed. Set a later one first.", "期日（{date}）を過ぎています。先に期日を変更してください。")
)

// A WantedSkill is a skill as a person writes it: an id, a name or an alias.
type WantedSkill struct {
	Skill  string
	Level  int // 0 means 1
	Kind   SkillKind
	Strict bool
}

// A TaskDraft is what a manager fills in. Department and skills may be ids, names or aliases; unknown ones become
// the company's own.
type TaskDraft struct {
	CompanyID           uuid.UUID
	Title               string
	Brief               string
	Department          string
	Skills              []WantedSkill
	Budget              *Money
	DueOn               *civil.Date
	Hourly              *Hourly // paid by the hour: budget and day follow from it
	WithholdingCategory string
	PaidFrom            string // a purchase order or a cost centre, by code, name or id
	Visibility          DraftVisibility
}

// check finds what is wrong with a draft on a day of a company, field by field; the first fault is returned.
func (d *TaskDraft) check(c Company, today civil.Date) error {
	d.Title = strings.TrimSpace(d.Title)
	if d.WithholdingCategory == "" {
		d.WithholdingCategory = "none"
	}
	if d.Visibility.Kind == "" {
		d.Visibility.Kind = OwnAlumni
	}
	if d.Hourly != nil {
		if err := d.askHourly(c, today); err != nil {
			return err
		}
	}
	switch {
	case d.Title == "":
		return ErrRequired.On("title")
	case len([]rune(d.Title)) > maxTitle:
		return ErrTooLong.On("title").With("max", maxTitle)
	case len([]rune(d.Brief)) > maxBrief:
		return ErrTooLong.On("brief").With("max", maxBrief)
	case len(d.Skills) == 0:
		return ErrRequired.On("skills")
	case len(d.Skills) > maxSkills:
		return ErrTooManySkills.On("skills").With("max", maxSkills)
	case d.DueOn != nil && !d.DueOn.IsValid():
		return ErrDay.On("due_on").With("value", *d.DueOn)
	case d.DueOn != nil && d.DueOn.Before(today):
		return ErrPastDate.On("due_on").With("date", *d.DueOn)
	case !slices.Contains(WithholdingCategories, d.WithholdingCategory):
		return ErrNotOneOf.On("withholding_category").With("value", d.WithholdingCategory).With("allowed", strings.Join(WithholdingCategories, ", "))
	}
	if d.Budget != nil {
		if err := checkAmount(*d.Budget, c, "budget"); err != nil {
			return err
		}
	}
	if err := d.Visibility.check(); err != nil {
		return err
	}
	return checkWanted(d.Skills)
}

func checkWanted(skills []WantedSkill) error {
	for i := range skills {
		s, field := &skills[i], "skills["+itoa(i)+"]"
		if s.Level == 0 {
			s.Level = 1
		}
		if s.Kind == "" {
			s.Kind = Must
		}
		switch {
		case strings.TrimSpace(s.Skill) == "":
			return ErrRequired.On(field + ".skill")
		case s.Level < 1 || s.Level > 3:
			return ErrLevel.On(field + ".level")
		case s.Kind != Must && s.Kind != Nice:
			return ErrNotOneOf.On(field+".kind").With("value", s.Kind).With("allowed", "must, nice")
		case s.Strict && s.Kind != Must:
			return ErrStrictNice.On(field + ".strict")
		}
	}
	return nil
}

// checkAmount refuses money that is not positive, too large, or not the company's currency.
func checkAmount(m Money, c Company, field string) error {
	switch {
	case m.Currency != "" && m.Currency != c.Currency:
		return ErrWrongCurrency.On(field+".currency").With("currency", c.Currency)
	case m.Amount <= 0:
		return ErrAmountNotPositive.On(field)
	case m.Amount > maxAmount:
		return ErrAmountTooLarge.On(field).With("max", Money{maxAmount, c.Currency})
	}
	return nil
}

// Publish opens a draft to those whom its visibility covers.
func (t Task) Publish(today civil.Date) error {
	switch {
	case t.State != Draft:
		return ErrTaskState.With("state", t.State)
	case t.DueOn != nil && t.DueOn.Before(today):
		return ErrDeadlinePassed.On("due_on").With("date", *t.DueOn)
	}
	return nil
}

// Editable answers whether the task can still be changed: until it is awarded or canceled.
func (t Task) Editable(seen int) error {
	switch {
	case t.State != Draft && t.State != Published:
		return ErrTaskState.With("state", t.State)
	case t.FeeID != nil:
		return ErrFeeFixed
	case t.Version != seen:
		return ErrStaleVersion.On("version")
	}
	return nil
}
