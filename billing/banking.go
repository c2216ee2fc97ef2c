package billing

import (
	"context"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homecoming/internal/db"
	"homecoming/market"
)

// BankAccounts lists a company's accounts, those in use first.
func (s *Service) BankAccounts(ctx context.Context, who market.Actor, company uuid.UUID) ([]BankAccount, error) {
	if err := who.May(market.SeeMoney, company); err != nil {
		return nil, err
	}
	var all []BankAccount
	return all, s.db.Gorm(ctx).Where("company_id = ?", company).Order("closed_at IS NOT NULL, id").Find(&all).Error
}

// BankAccount reads one.
func (s *Service) BankAccount(ctx context.Context, who market.Actor, id uuid.UUID) (BankAccount, error) {
	return bankAccount(s.db.Gorm(ctx), who, id, market.SeeMoney)
}

// bankAccount reads an account on which the actor may do something.
func bankAccount(g *gorm.DB, who market.Actor, id uuid.UUID, do market.Action) (BankAccount, error) {
	var a BankAccount
	if err := one(g.Where("id = ?", id).Take(&a)); err != nil {
		return a, err
	}
	return a, who.May(do, a.CompanyID)
}

// AddBankAccount lists an account of a company's. One that was taken out of use comes back.
func (s *Service) AddBankAccount(ctx context.Context, who market.Actor, company uuid.UUID, a BankAccount) (BankAccount, error) {
	if err := who.May(market.SettleMoney, company); err != nil {
		return a, err
	}
	a, err := a.check()
	if err != nil {
		return a, err
	}
	err = s.db.Tx(ctx, func(tx *gorm.DB) error {
		c, err := market.CompanyByID(tx, company)
		if err != nil {
			return err
		}
		var there BankAccount
		back := tx.Clauses(hold).Where("company_id = ? AND bank = ? AND branch = ? AND kind = ? AND number = ? AND closed_at IS NOT NULL",
			company, a.Bank, a.Branch, a.Kind, a.Number).Take(&there).Error == nil
		a.ID, a.CompanyID, a.Currency, a.CreatedBy, a.CreatedAt = newID(), company, c.Currency, who.PersonID, s.clock.Now()
		if back {
			a.ID, a.Mapping, a.CreatedBy, a.CreatedAt = there.ID, there.Mapping, there.CreatedBy, there.CreatedAt
		}
		return s.saveBankAccount(tx, who, a, "bank_account.add")
	})
	return a, err
}

// EditBankAccount changes what is known of an account. The account itself stays the same: another number is another
// account.
func (s *Service) EditBankAccount(ctx context.Context, who market.Actor, id uuid.UUID, e BankAccount) (BankAccount, error) {
	return s.changeBankAccount(ctx, who, id, "bank_account.change", func(a *BankAccount) error {
		a.Name, a.BankName, a.BranchName, a.Holder, a.Consignor = e.Name, e.BankName, e.BranchName, e.Holder, e.Consignor
		var err error
		*a, err = a.check()
		return err
	})
}

// CloseBankAccount takes an account out of use; what happened on it stays.
func (s *Service) CloseBankAccount(ctx context.Context, who market.Actor, id uuid.UUID) (BankAccount, error) {
	return s.changeBankAccount(ctx, who, id, "bank_account.close", func(a *BankAccount) error {
		now := s.clock.Now()
		a.ClosedAt = &now
		return nil
	})
}

func (s *Service) changeBankAccount(ctx context.Context, who market.Actor, id uuid.UUID, action string, change func(*BankAccount) error) (BankAccount, error) {
	var a BankAccount
	err := s.db.Tx(ctx, func(tx *gorm.DB) (err error) {
		if a, err = bankAccount(tx.Clauses(hold), who, id, market.SettleMoney); err != nil {
			return err
		}
		if a.ClosedAt != nil {
			return ErrBankAccountClosed
		}
		if err := change(&a); err != nil {
			return err
		}
		return s.saveBankAccount(tx, who, a, action)
	})
	return a, err
}

func (s *Service) saveBankAccount(tx *gorm.DB, who market.Actor, a BankAccount, action string) error {
	if err := tx.Save(&a).Error; err != nil {
		if db.Violated(err) == "bank_account_once" {
			return ErrBankAccountThere
		}
		return err
	}
	return market.Audit(tx, who, a.CompanyID, action, "bank_account:"+a.ID.String(),
		map[string]any{"name": a.Name, "bank": a.Bank, "branch": a.Branch, "number": a.Masked().Number, "holder": a.Holder, "consignor": a.Consignor})
}
