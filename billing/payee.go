package billing

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"
	"gorm.io/gorm"

	"homecoming/internal/jobs"
	"homecoming/market"
)

// A PayeeAccount is where somebody is paid who is paid from a company's own bank.
type PayeeAccount struct {
	PersonID  uuid.UUID   `gorm:"primaryKey"`
	Details   []byte      // JSON of the account
	Sealed    bool        // with the installation's key
	Masked    BankDetails `gorm:"serializer:json"`
	ChangedAt time.Time
}

// payeeOwner binds what is sealed to whose it is.
func payeeOwner(person uuid.UUID) string { return "payee:" + person.String() }

// conceal hides bank accounts from whoever reads the database, where the installation has a key.
func (s *Service) conceal(plain []byte, owner string) (kept []byte, sealed bool, err error) {
	if s.cfg.Box.Closed() {
		return plain, false, nil
	}
	kept, err = s.cfg.Box.Seal(plain, owner)
	return kept, true, err
}

func (s *Service) reveal(kept []byte, sealed bool, owner string) ([]byte, error) {
	if !sealed {
		return kept, nil
	}
	return s.cfg.Box.Open(kept, owner)
}

// details are the account as it was given.
func (s *Service) details(a PayeeAccount) (d BankDetails, err error) {
	plain, err := s.reveal(a.Details, a.Sealed, payeeOwner(a.PersonID))
	if err != nil {
		return d, err
	}
	return d, json.Unmarshal(plain, &d)
}

// PayeeAccount is the actor's own bank account, as they gave it; market.ErrNotFound when they gave none.
func (s *Service) PayeeAccount(ctx context.Context, who market.Actor) (BankDetails, error) {
	a, err := payeeAccount(s.db.Gorm(ctx), who.PersonID)
	if err != nil {
		return BankDetails{}, err
	}
	return s.details(a)
}

func payeeAccount(g *gorm.DB, person uuid.UUID) (a PayeeAccount, err error) {
	return a, one(g.Where("person_id = ?", person).Take(&a))
}

// SetPayeeAccount says where the actor is paid from now on. A change is kept in the audit log and written to them, so
// that somebody else's hand is noticed. Files that were made keep the account that they were made with.
func (s *Service) SetPayeeAccount(ctx context.Context, who market.Actor, d BankDetails) (BankDetails, error) {
	d, err := d.checked()
	if err != nil {
		return d, err
	}
	plain, err := json.Marshal(d)
	if err != nil {
		return d, err
	}
	details, sealed, err := s.conceal(plain, payeeOwner(who.PersonID))
	if err != nil {
		return d, err
	}
	return d, s.db.Tx(ctx, func(tx *gorm.DB) error {
		was, err := payeeAccount(tx.Clauses(hold), who.PersonID)
		if err != nil && !errors.Is(err, market.ErrNotFound) {
			return err
		}
		a := PayeeAccount{PersonID: who.PersonID, Details: details, Sealed: sealed, Masked: d.Masked(), ChangedAt: s.clock.Now()}
		if err := tx.Save(&a).Error; err != nil {
			return err
		}
		if err := market.Audit(tx, who, uuid.Nil, "payee_account.set", "person:"+who.PersonID.String(), map[string]any{"from": was.Masked.Number, "to": a.Masked.Number, "bank": d.Bank}); err != nil {
			return err
		}
		return jobs.Enqueue(tx, market.Letter{Letter: market.LetterBankAccount, PersonID: who.PersonID, Path: "/payouts",
			Facts: map[string]any{"number": a.Masked.Bank + "-" + a.Masked.Branch + " " + a.Masked.Number, "changed": was.PersonID != uuid.Nil}})
	})
}

// A BankPayment is one payment from a company's own bank, as its payee sees it. Amount is minor units.
type BankPayment struct {
	ID       uuid.UUID
	Company  string
	Contract uuid.UUID
	Number   int // the contract's
	Title    string
	Amount   int64
	Currency string
	State    PayItemState
	On       civil.Date `gorm:"type:date"` // when the bank paid it, or is to
}

// MyBankPayments lists the actor's latest payments from companies' own banks, newest first.
func (s *Service) MyBankPayments(ctx context.Context, who market.Actor) ([]BankPayment, error) {
	var list []BankPayment
	return list, s.db.Gorm(ctx).Raw(`SELECT i.id, o.name AS company, c.id AS contract, c.number, m.title, i.amount, r.currency, i.state, coalesce(l.booked_on, r.pay_on) AS "on"
		FROM pay_items i JOIN pay_runs r ON r.id = i.run_id JOIN milestones m ON m.id = i.milestone_id JOIN contracts c ON c.id = m.contract_id
		JOIN companies o ON o.id = i.company_id LEFT JOIN bank_lines l ON l.id = i.line_id
		WHERE i.person_id = ? AND r.rail = 'bank_file' AND i.state IN ('sent', 'confirmed', 'returned') ORDER BY i.id DESC LIMIT 100`, who.PersonID).Scan(&list).Error
}
