package market

import (
	"context"
	"strings"
	"time"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"homecoming/internal/db"
)

// A BudgetEdit is a budget as finance fills it in. Within is the code, name or id of the cost centre that an order is
// taken from; Closed ends or reopens it. The kind stays what it was at the beginning.
type BudgetEdit struct {
	Budget
	Within string
	Closed bool
}

// CreateBudget sets money aside.
func (s *Service) CreateBudget(ctx context.Context, who Actor, company uuid.UUID, e BudgetEdit) (Budget, error) {
	if err := who.May(ManageBudgets, company); err != nil {
		return Budget{}, err
	}
	now := s.clock.Now()
	b := Budget{ID: newID(), CompanyID: company, Kind: e.Kind, Version: 1, CreatedBy: who.PersonID, CreatedAt: now}
	err := s.db.Tx(ctx, func(tx *gorm.DB) error {
		if err := fillBudget(tx, &b, e, now); err != nil {
			return err
		}
		if err := tx.Create(&b).Error; err != nil {
			return refusedBudget(err)
		}
		return Audit(tx, who, company, "budget.create", "budget:"+b.ID.String(), map[string]any{"code": b.Code, "amount": b.Amount})
	})
	return b, err
}

// EditBudget changes a budget. seen is the version that the editor looked at.
func (s *Service) EditBudget(ctx context.Context, who Actor, id uuid.UUID, seen int, e BudgetEdit) (Budget, error) {
	var b Budget
	err := s.db.Tx(ctx, func(tx *gorm.DB) error {
		b = Budget{}
		if err := one(tx.Clauses(clause.Locking{Strength: "NO KEY UPDATE"}).Where("id = ?", id).Take(&b)); err != nil {
			return err
		}
		if err := who.May(ManageBudgets, b.CompanyID); err != nil {
			return err
		}
		if b.Version != seen {
			return ErrStaleVersion.On("version")
		}
		b.Version++
		if err := fillBudget(tx, &b, e, s.clock.Now()); err != nil {
			return err
		}
		if err := tx.Save(&b).Error; err != nil {
			return refusedBudget(err)
		}
		return Audit(tx, who, b.CompanyID, "budget.edit", "budget:"+b.ID.String(), map[string]any{"code": b.Code, "amount": b.Amount, "closed": e.Closed})
	})
	return b, err
}

// fillBudget takes over what was filled in, and checks it.
func fillBudget(tx *gorm.DB, b *Budget, e BudgetEdit, now time.Time) error {
	c, err := CompanyByID(tx, b.CompanyID)
	if err != nil {
		return err
	}
	before := b.WithinID
	b.Code, b.Name, b.Amount, b.Currency, b.ValidFrom, b.ValidUntil, b.WithinID, b.UpdatedAt = e.Code, e.Name, e.Amount, c.Currency, e.ValidFrom, e.ValidUntil, nil, now
	switch {
	case !e.Closed:
		b.ClosedAt = nil
	case b.ClosedAt == nil:
		b.ClosedAt = &now
	}
	if e.Within != "" {
		centre, err := budgetNamed(tx, b.CompanyID, e.Within, "within")
		if err != nil {
			return err
		}
		if centre.Kind != CostCentre {
			return ErrWithin.On("within")
		}
		b.WithinID = &centre.ID
	}
	if b.Committed > 0 && !same(before, b.WithinID) {
		return ErrWithinFixed.On("within")
	}
	return b.check()
}

func refusedBudget(err error) error {
	if db.Violated(err) == "budget_code_once" {
		return ErrBudgetExists.On("code")
	}
	return err
}

// budgetNamed finds the budget that text means: an id, a code or a name; ErrUnknownBudget when there is none.
func budgetNamed(tx *gorm.DB, company uuid.UUID, text, field string) (Budget, error) {
	var b Budget
	err := tx.Where("company_id = ? AND (id::text = ? OR lower(code) = lower(?) OR lower(name) = lower(?))", company, text, text, text).
		Order(clause.Expr{SQL: "lower(code) = lower(?) DESC, id", Vars: []any{text}}).Limit(1).Find(&b).Error
	if err == nil && b.ID == uuid.Nil {
		return b, ErrUnknownBudget.On(field).With("value", text)
	}
	return b, err
}

// Budgets lists a company's budgets with what is promised of each, cost centres first: for those who keep them and for
// those who post tasks to be paid from one, who see the open ones alone.
func (s *Service) Budgets(ctx context.Context, who Actor, company uuid.UUID) ([]Budget, error) {
	q := shownBudgets(s.db.Gorm(ctx)).Where("budgets.company_id = ?", company)
	if who.May(ManageBudgets, company) != nil {
		if err := who.May(PostTasks, company); err != nil {
			return nil, err
		}
		q = q.Where("budgets.closed_at IS NULL")
	}
	var list []Budget
	return list, q.Order("budgets.kind, lower(budgets.code)").Find(&list).Error
}

// shownBudgets reads budgets with the code of the cost centre behind each.
func shownBudgets(g *gorm.DB) *gorm.DB {
	return g.Joins("LEFT JOIN budgets w ON w.id = budgets.within_id").Select("budgets.*, coalesce(w.code, '') AS within_code")
}

// BudgetOf reads the budget that a task is paid from, for those who post tasks there; ErrNotFound where it is paid from none.
func (s *Service) BudgetOf(ctx context.Context, who Actor, t Task) (b Budget, err error) {
	if err := who.May(PostTasks, t.CompanyID); err != nil {
		return b, err
	}
	return b, one(shownBudgets(s.db.Gorm(ctx)).Where("budgets.id = ? AND budgets.company_id = ?", t.PaidFrom, t.CompanyID).Take(&b))
}

// Budget reads one with the tasks that hold something of it, the largest first.
func (s *Service) Budget(ctx context.Context, who Actor, id uuid.UUID) (Budget, []Commitment, error) {
	g := s.db.Gorm(ctx)
	var b Budget
	if err := one(shownBudgets(g).Where("budgets.id = ?", id).Take(&b)); err != nil {
		return b, nil, err
	}
	if err := who.May(ManageBudgets, b.CompanyID); err != nil {
		return Budget{}, nil, err
	}
	var list []Commitment
	return b, list, g.Raw(`SELECT t.id AS task_id, t.title, t.number, sum(c.amount) AS amount, min(c.at) AS since
		FROM commitments c JOIN tasks t ON t.id = c.task_id WHERE c.budget_id = ?
		GROUP BY t.id HAVING sum(c.amount) <> 0 ORDER BY amount DESC, t.id LIMIT 500`, id).Scan(&list).Error
}

// Commit brings what a task holds of its budget, and of the cost centre behind it, to a total, in the caller's
// transaction: an award and a signed change promise more, a canceled or refunded part gives back. It refuses what
// [Budget.Promise] refuses. A task that is paid from no budget holds nothing. cause says why, for the record.
func Commit(tx *gorm.DB, task uuid.UUID, total int64, cause string, now time.Time) error {
	var t Task
	if err := tx.Select("id", "company_id", "paid_from").Where("id = ?", task).Take(&t).Error; err != nil || t.PaidFrom == nil {
		return err
	}
	c, err := CompanyByID(tx, t.CompanyID)
	if err != nil {
		return err
	}
	var held []Budget
	if err := behind(tx.Clauses(clause.Locking{Strength: "NO KEY UPDATE"}), t).Find(&held).Error; err != nil {
		return err
	}
	for _, b := range held {
		if err := b.commit(tx, t, total, cause, c.Today(now), now); err != nil {
			return err
		}
	}
	return nil
}

// commit writes the difference between what the task holds of a locked budget and what it shall hold.
func (b Budget) commit(tx *gorm.DB, t Task, total int64, cause string, today civil.Date, now time.Time) error {
	has, err := b.holds(tx, t)
	more := total - has
	if err != nil || more == 0 {
		return err
	}
	if err := b.Promise(more, today); err != nil {
		return err
	}
	if err := tx.Exec("UPDATE budgets SET committed = committed + ? WHERE id = ?", more, b.ID).Error; err != nil {
		return err
	}
	return tx.Exec("INSERT INTO commitments (id, company_id, budget_id, task_id, amount, cause, at) VALUES (?, ?, ?, ?, ?, ?, ?)",
		newID(), t.CompanyID, b.ID, t.ID, more, cause, now).Error
}

// holds is what a task holds of the budget.
func (b Budget) holds(tx *gorm.DB, t Task) (amount int64, err error) {
	return amount, tx.Raw("SELECT coalesce(sum(amount), 0) FROM commitments WHERE budget_id = ? AND task_id = ?", b.ID, t.ID).Scan(&amount).Error
}

// carries answers whether a task's budget could carry a total today, and promises nothing.
func carries(tx *gorm.DB, t Task, c Company, total int64, now time.Time) error {
	if t.PaidFrom == nil {
		return nil
	}
	var asked []Budget
	if err := behind(tx, t).Find(&asked).Error; err != nil {
		return err
	}
	for _, b := range asked {
		has, err := b.holds(tx, t)
		if err != nil {
			return err
		}
		if err := b.Promise(total-has, c.Today(now)); err != nil {
			return err
		}
	}
	return nil
}

// Raise promises what a change of an awarded task's terms brings it to, as its award did: once the company's chain has
// approved so much, and as far as its budget carries it. The alumnus learns no more than at an award of why it cannot.
func Raise(tx *gorm.DB, task uuid.UUID, total int64, cause string, by Side, now time.Time) error {
	var t Task
	if err := tx.Where("id = ?", task).Take(&t).Error; err != nil {
		return err
	}
	err := cleared(tx, t, total)
	if err == nil {
		err = Commit(tx, task, total, cause, now)
	}
	return asTold(err, by)
}

// Raisable answers what [Raise] would, and promises nothing.
func Raisable(tx *gorm.DB, task uuid.UUID, total int64, by Side, now time.Time) error {
	var t Task
	if err := tx.Where("id = ?", task).Take(&t).Error; err != nil {
		return err
	}
	c, err := CompanyByID(tx, t.CompanyID)
	if err != nil {
		return err
	}
	return asTold(affordable(tx, t, c, total, now), by)
}

// behind are a task's budget and the cost centre that it is taken from, in one order everywhere, so that two awards wait
// for each other and never in a ring.
func behind(tx *gorm.DB, t Task) *gorm.DB {
	return tx.Where("company_id = ? AND (id = ? OR id = (SELECT within_id FROM budgets WHERE id = ?))", t.CompanyID, *t.PaidFrom, *t.PaidFrom).Order("id")
}

// paidFrom finds the budget that a draft names; nil for none.
func paidFrom(tx *gorm.DB, company uuid.UUID, text string) (*uuid.UUID, error) {
	if text = strings.TrimSpace(text); text == "" {
		return nil, nil
	}
	b, err := budgetNamed(tx, company, text, "paid_from")
	if err != nil {
		return nil, err
	}
	if b.ClosedAt != nil {
		return nil, ErrBudgetClosed.On("paid_from").With("budget", b.Label())
	}
	return &b.ID, nil
}
