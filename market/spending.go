package market

import (
	"slices"
	"time"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"

	"homecoming/internal/problem"
)

// An ApprovalRule names who says yes before a task may cost more than an amount. A company's rules are asked in order,
// so that a chain is several of them. Above is minor units without consumption tax.
type ApprovalRule struct {
	CompanyID    uuid.UUID
	Position     int // from 1
	Above        int64
	DepartmentID *uuid.UUID // tasks of this one alone; nil: of any
	ApproverID   *uuid.UUID // nil: anybody who may approve spending
}

// asks reports whether the rule is about a task of such a cost.
func (r ApprovalRule) asks(t Task, amount int64) bool {
	return amount > r.Above && (r.DepartmentID == nil || same(r.DepartmentID, t.DepartmentID))
}

// chain is who has to say yes to a task's cost, in order, when asker asks: nil stands for anybody who may. Nobody is
// asked twice in a row, and nobody about their own request: somebody else who may decides in their place.
func chain(rules []ApprovalRule, t Task, amount int64, asker uuid.UUID) []*uuid.UUID {
	var steps []*uuid.UUID
	for _, r := range rules {
		if !r.asks(t, amount) {
			continue
		}
		approver := r.ApproverID
		if approver != nil && *approver == asker {
			approver = nil
		}
		if len(steps) > 0 && same(steps[len(steps)-1], approver) {
			continue
		}
		steps = append(steps, approver)
	}
	return steps
}

// SpendingState is where a request stands.
type SpendingState string

// The states of a request: asked until the last of its chain said yes, one of them said no, or it was taken back.
const (
	SpendingAsked     SpendingState = "asked"
	SpendingApproved  SpendingState = "approved"
	SpendingDeclined  SpendingState = "declined"
	SpendingWithdrawn SpendingState = "withdrawn"
)

var spendingStateWords = map[SpendingState]problem.Word{SpendingAsked: {EN: "waiting", JA: "承認待ち"}, SpendingApproved: {EN: "approved", JA: "承認済み"},
	SpendingDeclined: {EN: "declined", JA: "却下"}, SpendingWithdrawn: {EN: "taken back", JA: "取り下げ"}}

// In is the state in the reader's language.
func (s SpendingState) In(lang problem.Language) string { return spendingStateWords[s].In(lang) }

// A SpendingRequest asks a chain of people to agree that a task may cost an amount (minor units, without consumption
// tax). Bids come in meanwhile; what waits is the award.
type SpendingRequest struct {
	ID        uuid.UUID
	CompanyID uuid.UUID
	TaskID    uuid.UUID
	Amount    int64
	Currency  string
	Reason    string
	State     SpendingState
	AskedBy   uuid.UUID
	AskedAt   time.Time
	EndedAt   *time.Time
	Steps     []SpendingStep `gorm:"foreignKey:RequestID"` // in order

	AskedByName string `gorm:"->;-:migration"`
	TaskTitle   string `gorm:"->;-:migration"`
	BudgetLabel string `gorm:"->;-:migration"` // what the task is paid from; empty for nothing
	BudgetLeft  *int64 `gorm:"->;-:migration"` // what may still be promised of it; nil: no limit
}

// A SpendingStep is one yes or no of a request's chain, as the rules were when it was asked for.
type SpendingStep struct {
	RequestID  uuid.UUID
	CompanyID  uuid.UUID
	Position   int
	ApproverID *uuid.UUID // nil: anybody who may approve spending
	Approved   *bool      // nil: not decided yet
	DecidedBy  *uuid.UUID
	StoodFor   *uuid.UUID // whom the decider stood in for
	ByMail     bool
	Comment    string
	DecidedAt  *time.Time

	ApproverName  string `gorm:"->;-:migration"`
	DecidedByName string `gorm:"->;-:migration"`
	StoodForName  string `gorm:"->;-:migration"`
}

// What can be wrong with spending.
var (
	ErrApprovalNeeded = problem.Define(problem.Conflict, "approval_needed",
		"{amount} has to be approved first, and {approved} is so far. Ask for it on the task's page; bids stay open meanwhile.", "{amount}の支出には承認が必要です（承認済み：{approved}）。案件のページから承認を依頼してください。その間も応募は受け付けられます。")
	ErrNothingToApprove = problem.Define(problem.Conflict, "nothing_to_approve",
		"The company's rules ask nobody about {amount}. Go ahead.", "社内規程では、{amount}の支出に承認は必要ありません。そのまま進めてください。")
	ErrSpendingAsked = problem.Define(problem.Conflict, "spending_asked",
		"This task's spending was asked for already and waits. Take that request back to ask for another amount.", "この案件の支出はすでに承認待ちです。金額を変えるには、先に依頼を取り下げてください。")
	ErrSpendingEnded = problem.Define(problem.Conflict, "spending_ended",
		"This request is {state}; nothing is left to decide.", "この依頼は現在「{state}」のため、判断は不要です。")
	ErrNotYourStep = problem.Define(problem.Forbidden, "not_your_step",
		"This waits for {name}. They can have somebody stand in for them.", "現在は{name}さんの承認待ちです。不在の場合は代理を設定してもらってください。")
	ErrOwnSpending = problem.Define(problem.Conflict, "own_spending",
		"You asked for this yourself. Somebody else has to say yes.", "ご自身が依頼したため承認できません。別の承認者に依頼してください。")
	ErrCommentNeeded = problem.Define(problem.Invalid, "comment_needed",
		"Say why not, so that they know what to change.", "却下の理由を入力してください。")
	ErrNoApprover = problem.Define(problem.Invalid, "no_approver",
		"{name} may not approve spending here. Give them the role approver first.", "{name}さんには支出の承認権限がありません。先に「承認者」の役割を付与してください。")
)

// Waiting is the step that waits, and its place; nil when nothing does.
func (r *SpendingRequest) Waiting() *SpendingStep {
	if r.State != SpendingAsked {
		return nil
	}
	for i := range r.Steps {
		if r.Steps[i].Approved == nil {
			return &r.Steps[i]
		}
	}
	return nil
}

// A Decision is a yes or no by somebody, who may stand in for others on the day.
type Decision struct {
	By        uuid.UUID
	StandsFor []uuid.UUID // who delegated to them for today
	Superior  bool        // an administrator, who may decide in anybody's place but their own
	Yes       bool
	Comment   string
	ByMail    bool
}

// Decide says yes or no to the step that waits, at a moment. It returns ErrSpendingEnded when none does, ErrOwnSpending
// for who asked, ErrNotYourStep for whom it does not wait for, and ErrCommentNeeded for a no without a reason.
func (r *SpendingRequest) Decide(d Decision, now time.Time) error {
	step := r.Waiting()
	switch {
	case step == nil:
		return ErrSpendingEnded.With("state", r.State)
	case d.By == r.AskedBy:
		return ErrOwnSpending
	case !d.Yes && d.Comment == "":
		return ErrCommentNeeded.On("comment")
	case len([]rune(d.Comment)) > maxMessage:
		return ErrTooLong.On("comment").With("max", maxMessage)
	}
	if who := step.ApproverID; who != nil && *who != d.By {
		stands := slices.Contains(d.StandsFor, *who)
		if !stands && !d.Superior {
			return ErrNotYourStep.With("name", step.ApproverName)
		}
		step.StoodFor = who
	}
	step.Approved, step.DecidedBy, step.ByMail, step.Comment, step.DecidedAt = &d.Yes, &d.By, d.ByMail, d.Comment, &now
	switch {
	case !d.Yes:
		r.State, r.EndedAt = SpendingDeclined, &now
	case r.Waiting() == nil:
		r.State, r.EndedAt = SpendingApproved, &now
	}
	return nil
}

// A Delegation has somebody stand in for an approver from one day to another, both included.
type Delegation struct {
	ID        uuid.UUID
	CompanyID uuid.UUID
	FromID    uuid.UUID // who is away
	ToID      uuid.UUID
	FromOn    civil.Date `gorm:"type:date"`
	UntilOn   civil.Date `gorm:"type:date"`
	CreatedAt time.Time
	EndedAt   *time.Time

	FromName string `gorm:"->;-:migration"`
	ToName   string `gorm:"->;-:migration"`
}
