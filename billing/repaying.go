package billing

import (
	"context"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homecoming/market"
)

// PayReceivable opens the checkout page on which a company pays what it owes: fees of what it paid from its own bank,
// or what a lost chargeback left.
// milestone is the debt's oldest, see [Service.Debts]. It returns ErrNoDebt when nothing is owed any more.
func (s *Service) PayReceivable(ctx context.Context, who market.Actor, milestone uuid.UUID) (Funding, error) {
	return s.payOnPage(ctx, who, milestone, ForReceivable, 0, nil)
}

// receivables are payments of what a company owes.
func (s *Service) receivables() collection {
	return collection{
		by: market.SettleMoney,
		begin: func(tx *gorm.DB, _ market.Actor, c Contract, _ *Milestone, _ int64) (int64, error) {
			d, err := debtOf(tx, c.CompanyID, receivableClient(c.CompanyID))
			return d.Amount, err
		},
		settle: s.settleReceivable,
	}
}

// settleReceivable books a payment against the debt. What the debt does not take, because it was written off or won
// back meanwhile, waits in suspense.
func (s *Service) settleReceivable(tx *gorm.DB, c Contract, m Milestone, p Payment) error {
	owed, err := owedByCompany(tx, c.CompanyID, p.Currency)
	if err != nil {
		return err
	}
	e := repaid(m, p, min(p.Amount, max(0, owed)))
	e.PostedAt = s.clock.Now()
	if isNew, err := Post(tx, e); err != nil || !isNew {
		return err
	}
	if err := s.settleWays(tx, m, p, true); err != nil {
		return err
	}
	return market.Audit(tx, market.Actor{}, c.CompanyID, "receivable.paid", "milestone:"+m.ID.String(),
		map[string]any{"charge": p.Charge, "amount": p.Amount, "owed": owed})
}

// owedByCompany is what a company owes us, in minor units. It holds the company's account, so that two payments of one
// debt do not both count.
func owedByCompany(tx *gorm.DB, company uuid.UUID, currency string) (owed int64, err error) {
	account := receivableClient(company)
	if err := tx.Exec("SELECT pg_advisory_xact_lock(hashtextextended(?, 0))", account).Error; err != nil {
		return 0, err
	}
	return owed, tx.Raw("SELECT coalesce(sum(amount), 0) FROM ledger_postings WHERE account = ? AND company_id = ? AND currency = ?",
		account, company, currency).Scan(&owed).Error
}

// repaid: the company paid what it owes, the provider kept its fee.
func repaid(m Milestone, p Payment, owed int64) Entry {
	return received(m, "receivable_paid", p).
		credit(receivableClient(m.CompanyID), p.Currency, owed).
		credit(accountUnmatched, p.Currency, p.Amount-owed)
}
