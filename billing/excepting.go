package billing

import (
	"context"
	"slices"
	"strings"
	"time"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"
	"gorm.io/gorm"

	"homecoming/internal/jobs"
	"homecoming/internal/problem"
	"homecoming/market"
)

// exceptionsWhere reads a company's exceptions, oldest first, with whom they are about.
func exceptionsWhere(g *gorm.DB, c market.Company, now time.Time, condition string, args ...any) ([]Exception, error) {
	var list []Exception
	err := g.Table("exceptions x").Select(`x.*, name_of(o) AS owner_name, m.title AS milestone_title, k.id AS contract_id, k.number AS contract_number,
			name_of(p) AS person_name`).
		Joins("LEFT JOIN people o ON o.id = x.owner_id").Joins("LEFT JOIN milestones m ON m.id = x.milestone_id").
		Joins("LEFT JOIN contracts k ON k.id = m.contract_id").Joins("LEFT JOIN people p ON p.id = k.person_id").
		Where("x.company_id = ?", c.ID).Where(condition, args...).Order("x.day, x.found_at, x.subject").Limit(shownExceptions + 1).Scan(&list).Error
	if err != nil || len(list) == 0 {
		return list, err
	}
	rules, err := rulesFor(g, c.ID)
	for i := range list {
		list[i].aged(rules, c.Today(now))
	}
	return list, err
}

// An ExceptionFilter narrows the list: those that wait, or those that have ended; zero fields do not narrow.
type ExceptionFilter struct {
	Ended bool
	Level Level
	Owner uuid.UUID
}

// Exceptions lists what waits for somebody at a company, oldest first, or what has ended.
func (s *Service) Exceptions(ctx context.Context, who market.Actor, company uuid.UUID, f ExceptionFilter) ([]Exception, error) {
	if err := who.May(market.SeeMoney, company); err != nil {
		return nil, err
	}
	g := s.db.Gorm(ctx)
	c, err := market.CompanyByID(g, company)
	if err != nil {
		return nil, err
	}
	return exceptionsWhere(g, c, s.clock.Now(), `(x.state IN ('open', 'proposed')) <> @ended AND (@level = '' OR x.level = @level) AND (@owner = @nobody OR x.owner_id = @owner)`,
		map[string]any{"ended": f.Ended, "level": f.Level, "owner": f.Owner, "nobody": uuid.Nil})
}

// Exception reads one, with what was proposed about it, newest first.
func (s *Service) Exception(ctx context.Context, who market.Actor, id uuid.UUID) (Exception, []Adjustment, error) {
	g := s.db.Gorm(ctx)
	e, c, err := s.exceptionOf(g, who, id, market.SeeMoney)
	if err != nil {
		return e, nil, err
	}
	list, err := exceptionsWhere(g, c, s.clock.Now(), "x.id = ?", id)
	if err != nil {
		return e, nil, err
	}
	tried, err := adjustmentsWhere(g, "a.company_id = ? AND a.exception_id = ?", c.ID, id)
	return list[0], tried, err
}

// exceptionOf finds an exception that the actor may do something about.
func (s *Service) exceptionOf(g *gorm.DB, who market.Actor, id uuid.UUID, do market.Action) (Exception, market.Company, error) {
	var e Exception
	if err := one(g.Where("id = ?", id).Take(&e)); err != nil {
		return e, market.Company{}, err
	}
	if err := who.May(do, e.CompanyID); err != nil {
		return Exception{}, market.Company{}, err
	}
	c, err := market.CompanyByID(g, e.CompanyID)
	return e, c, err
}

// Assign gives an exception to somebody of the company's finance, or to nobody.
func (s *Service) Assign(ctx context.Context, who market.Actor, id uuid.UUID, owner *uuid.UUID) error {
	return s.db.Tx(ctx, func(tx *gorm.DB) error {
		e, _, err := s.exceptionOf(tx, who, id, market.ReconcileMoney)
		if err != nil {
			return err
		}
		if owner != nil {
			may, err := market.Able(tx, e.CompanyID, market.ReconcileMoney)
			if err != nil {
				return err
			}
			if !slices.Contains(may, *owner) {
				return ErrNoOwner.On("owner_id")
			}
		}
		if err := tx.Exec("UPDATE exceptions SET owner_id = ? WHERE id = ?", owner, id).Error; err != nil {
			return err
		}
		return market.Audit(tx, who, e.CompanyID, "exception.assign", "exception:"+id.String(), map[string]any{"owner": owner})
	})
}

// What can be wrong with seeing to an exception.
var (
	ErrNoOwner = problem.Define(problem.Invalid, "not_of_finance",
		"Only somebody who may reconcile can own this. Choose a person of finance.", "担当者には突合の権限を持つ方を選んでください。")
	ErrNothingToLookAt = problem.Define(problem.Conflict, "nothing_to_look_at",
		"There is no object of the payment provider to read again. Propose an entry, or take it as explained.",
		"決済会社側に読み直す対象がありません。仕訳を提案するか、理由を添えて説明済みにしてください。")
)

// LookAgain reads an exception's object at the provider once more, books what it says as its event would have done, and
// compares the exception's day anew.
func (s *Service) LookAgain(ctx context.Context, who market.Actor, id uuid.UUID) (Reconciliation, error) {
	e, c, err := s.exceptionOf(s.db.Gorm(ctx), who, id, market.ReconcileMoney)
	if err != nil {
		return Reconciliation{}, err
	}
	if err := s.lookAt(ctx, e); err != nil {
		return Reconciliation{}, err
	}
	today := c.Today(s.clock.Now())
	to := e.Day
	if to.After(today) {
		to = today
	}
	return s.StartReconciliation(ctx, who, e.CompanyID, e.Day, to)
}

// lookAt reads what an exception is about, by the kind of its id.
func (s *Service) lookAt(ctx context.Context, e Exception) error {
	object := strings.TrimSuffix(e.Source, movedBack)
	kind, _, _ := strings.Cut(object, "_")
	look := map[string]func(context.Context, string) error{
		"ch": s.lookAtPayment, "py": s.lookAtPayment, "tr": s.lookAtTransfer, "re": s.lookAtRefund, "pyr": s.lookAtRefund, "dp": s.lookAtChargeback, "du": s.lookAtChargeback,
		"po": s.lookAtOwnPayout}[kind]
	if look == nil {
		return ErrNothingToLookAt
	}
	err := look(ctx, object)
	if err != nil && ours(err) == nil {
		return nil
	}
	return err
}

// lookAtOwnPayout reads a payout that we know already.
func (s *Service) lookAtOwnPayout(ctx context.Context, id string) error {
	var p PayoutRecord
	if err := one(s.db.Gorm(ctx).Where("id = ?", id).Take(&p)); err != nil {
		return err
	}
	return s.lookAtPayout(ctx, p.Account, id)
}

// Remind asks the alumnus once more for a bank account that takes the money.
func (s *Service) Remind(ctx context.Context, who market.Actor, id uuid.UUID) error {
	return s.db.Tx(ctx, func(tx *gorm.DB) error {
		e, _, err := s.exceptionOf(tx, who, id, market.ReconcileMoney)
		if err != nil {
			return err
		}
		if e.Kind != ReturnedPayout || e.MilestoneID == nil {
			return ErrNothingToLookAt
		}
		c, m, err := lockMilestone(tx, *e.MilestoneID)
		if err != nil {
			return err
		}
		var failure string
		if err := tx.Raw("SELECT failure FROM payouts WHERE id = ?", e.Source).Scan(&failure).Error; err != nil {
			return err
		}
		if err := market.Audit(tx, who, e.CompanyID, "exception.remind", "exception:"+id.String(), map[string]any{"milestone": m.ID}); err != nil {
			return err
		}
		return jobs.Enqueue(tx, bankLetter(c, m, failure))
	})
}

// Owners are the people who may see to a company's exceptions.
func (s *Service) Owners(ctx context.Context, who market.Actor, company uuid.UUID) ([]market.Person, error) {
	if err := who.May(market.SeeMoney, company); err != nil {
		return nil, err
	}
	g := s.db.Gorm(ctx)
	ids, err := market.Able(g, company, market.ReconcileMoney)
	if err != nil {
		return nil, err
	}
	var list []market.Person
	return list, g.Where("id IN ?", ids).Order("family_name, given_name, id").Find(&list).Error
}

// Matched counts a month's balance transactions that need nobody, up to the latest run: day is any of the month.
func (s *Service) Matched(ctx context.Context, who market.Actor, company uuid.UUID, day civil.Date) (n int, err error) {
	if err := who.May(market.SeeMoney, company); err != nil {
		return 0, err
	}
	g := s.db.Gorm(ctx)
	c, err := market.CompanyByID(g, company)
	if err != nil {
		return 0, err
	}
	first := firstOf(day)
	return n, g.Raw(`SELECT count(*) FROM balance_transactions b WHERE b.company_id = @company AND b.created_at >= @start AND b.created_at < @end
			AND b.created_at <= coalesce((SELECT as_of FROM reconciled WHERE company_id = @company), 'epoch')
			AND NOT EXISTS (SELECT 1 FROM exceptions x WHERE x.company_id = @company AND x.source = b.source AND x.state IN ('open', 'proposed'))`,
		map[string]any{"company": company, "start": first.In(c.Zone()), "end": first.AddMonths(1).In(c.Zone())}).Scan(&n).Error
}
