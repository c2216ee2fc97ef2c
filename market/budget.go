package market

import (
	"strings"
	"time"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"

	"homecoming/internal/problem"
)

// BudgetKind says what money was set aside as.
type BudgetKind string

// The kinds of budget. An order may be taken from a cost centre; what it promises then counts in both.
const (
	PurchaseOrder BudgetKind = "purchase_order"
	CostCentre    BudgetKind = "cost_centre"
)

// A Budget is money that a company set aside for work. Tasks are paid from it, and together they never promise more
// than its limit: the database keeps that, whoever awards at the same moment. Amounts are minor units without
// consumption tax, as fees are agreed.
type Budget struct {
	ID         uuid.UUID
	CompanyID  uuid.UUID
	Kind       BudgetKind
	Code       string // as the books have it: PO-4471; once a company
	Name       string
	WithinID   *uuid.UUID // the cost centre that an order is taken from
	Amount     *int64     // the limit; nil, of a cost centre alone, is none
	Committed  int64      // what its tasks have been awarded for, less what was given back
	Currency   string
	ValidFrom  *civil.Date `gorm:"type:date"`
	ValidUntil *civil.Date `gorm:"type:date"` // the last day on which something may be promised
	ClosedAt   *time.Time
	Version    int // raised by every edit
	CreatedBy  uuid.UUID
	CreatedAt  time.Time
	UpdatedAt  time.Time

	WithinCode string `gorm:"->;-:migration"` // where budgets are listed
}

// What can be wrong with a budget, or with promising money from one.
var (
	ErrOverBudget = problem.Define(problem.Conflict, "over_budget",
		"This would take {budget} {over} over its limit. Raise the limit or lower the fee.", "{budget}の限度額を{over}超過します。限度額を引き上げるか、金額を下げてください。")
	ErrBudgetClosed = problem.Define(problem.Conflict, "budget_closed",
		"{budget} is closed. Choose another, or open it again.", "{budget}は締め切られています。別の予算を選ぶか、再開してください。")
	ErrBudgetPeriod = problem.Define(problem.Conflict, "budget_period",
		"{budget} is for {from} to {until}. Choose one that is valid today.", "{budget}の有効期間は{from}〜{until}です。本日有効な予算を選んでください。")
	ErrUnknownBudget = problem.Define(problem.Invalid, "unknown_budget",
		"“{value}” is no purchase order or cost centre here. Give its code, or ask finance for one.", "「{value}」という発注番号・コストセンターはありません。コードを確認するか、経理にご相談ください。")
	ErrBudgetExists = problem.Define(problem.Conflict, "budget_exists",
		"There is a budget with this code already. Choose another code, or change that one.", "このコードはすでに使われています。別のコードにするか、既存の予算を変更してください。")
	ErrBelowCommitted = problem.Define(problem.Conflict, "below_committed",
		"{committed} of it is promised already. The limit cannot be lower.", "すでに{committed}が契約済みのため、それより低い限度額にはできません。")
	ErrOrderNeedsLimit = problem.Define(problem.Invalid, "order_needs_limit",
		"A purchase order has a limit. Give its amount.", "発注書には限度額が必要です。金額を入力してください。")
	ErrWithin = problem.Define(problem.Invalid, "within_a_cost_centre",
		"Only a purchase order is taken from something, and only from a cost centre.", "充当元には、発注書に対してコストセンターだけを指定できます。")
	ErrWithinFixed = problem.Define(problem.Conflict, "within_fixed",
		"Tasks hold money of this order already, which counts in its cost centre. Make a new order instead.", "すでに契約済みの金額があるため、充当元は変更できません。新しい発注書を作成してください。")
	ErrSpendingNotCleared = problem.Define(problem.Conflict, "spending_not_cleared",
		"The company has not cleared the spending for these terms yet. Ask your contact there to do so, and try again then.", "この条件の支出について、会社側の手続きがまだ済んでいません。担当者に確認のうえ、もう一度お試しください。")
)

// Label is how people name the budget: its code, with the name where it has one.
func (b Budget) Label() string {
	if b.Name == "" {
		return b.Code
	}
	return b.Code + " " + b.Name
}

// Left is what may still be promised; limited is false where there is no limit.
func (b Budget) Left() (left Money, limited bool) {
	if b.Amount == nil {
		return Money{0, b.Currency}, false
	}
	return Money{*b.Amount - b.Committed, b.Currency}, true
}

// Promise answers whether the budget can carry so much more on a day: ErrBudgetClosed, ErrBudgetPeriod or ErrOverBudget.
// Giving back, a negative amount, is always possible.
func (b Budget) Promise(more int64, today civil.Date) error {
	if more <= 0 {
		return nil
	}
	left, limited := b.Left()
	switch {
	case b.ClosedAt != nil:
		return ErrBudgetClosed.With("budget", b.Label())
	case b.ValidFrom != nil && today.Before(*b.ValidFrom), b.ValidUntil != nil && today.After(*b.ValidUntil):
		return ErrBudgetPeriod.With("budget", b.Label()).With("from", dayOrDash(b.ValidFrom)).With("until", dayOrDash(b.ValidUntil))
	case limited && more > left.Amount:
		return ErrOverBudget.With("budget", b.Label()).With("over", Money{more - left.Amount, b.Currency})
	}
	return nil
}

func dayOrDash(d *civil.Date) string {
	if d == nil {
		return "–"
	}
	return d.String()
}

// check finds what is wrong with a budget as it was filled in; the first fault is returned.
func (b *Budget) check() error {
	b.Code, b.Name = strings.TrimSpace(b.Code), strings.TrimSpace(b.Name)
	switch {
	case b.Kind != PurchaseOrder && b.Kind != CostCentre:
		return ErrNotOneOf.On("kind").With("value", b.Kind).With("allowed", "purchase_order, cost_centre")
	case b.Code == "":
		return ErrRequired.On("code")
	case len([]rune(b.Code)) > maxBudgetCode:
		return ErrTooLong.On("code").With("max", maxBudgetCode)
	case len([]rune(b.Name)) > maxName:
		return ErrTooLong.On("name").With("max", maxName)
	case b.Kind == PurchaseOrder && b.Amount == nil:
		return ErrOrderNeedsLimit.On("amount")
	case b.Amount != nil && *b.Amount < 0:
		return ErrAmountNotPositive.On("amount")
	case b.Amount != nil && *b.Amount > maxAmount:
		return ErrAmountTooLarge.On("amount").With("max", Money{maxAmount, b.Currency})
	case b.Amount != nil && *b.Amount < b.Committed:
		return ErrBelowCommitted.On("amount").With("committed", Money{b.Committed, b.Currency})
	case b.WithinID != nil && b.Kind != PurchaseOrder:
		return ErrWithin.On("within")
	}
	for field, d := range map[string]*civil.Date{"valid_from": b.ValidFrom, "valid_until": b.ValidUntil} {
		if d != nil && !d.IsValid() {
			return ErrDay.On(field).With("value", *d)
		}
	}
	if b.ValidFrom != nil && b.ValidUntil != nil && b.ValidUntil.Before(*b.ValidFrom) {
		return ErrPeriodOrder.On("valid_until").With("date", *b.ValidFrom)
	}
	return nil
}

const maxBudgetCode = 40

// A Commitment is what one task holds of a budget.
type Commitment struct {
	TaskID uuid.UUID
	Title  string
	Number int
	Amount int64
	Since  time.Time
}
