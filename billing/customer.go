package billing

import (
	"context"
	"encoding/json"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homecoming/internal/db"
	"homecoming/market"
)

// A payer is a company as the provider's customer.
type payer struct {
	CompanyID   uuid.UUID
	OperationID uuid.UUID
	ProviderID  *string
	CreatedAt   time.Time
}

func (payer) TableName() string { return "provider_customers" }

// customerOf is a company's id at the provider, which is made when it is first needed. It returns
// ErrProviderUnavailable while the provider's answer is unknown; it is looked up by itself.
func (s *Service) customerOf(ctx context.Context, who market.Actor, company uuid.UUID) (string, error) {
	p, mine, err := s.planCustomer(ctx, who, company)
	if err != nil {
		return "", err
	}
	if p.ProviderID == nil {
		if _, err := s.perform(ctx, p.OperationID, mine); err != nil {
			return "", err
		}
		if p.ProviderID, err = s.knownCustomer(ctx, company); err != nil {
			return "", err
		}
	}
	if p.ProviderID == nil {
		return "", ErrProviderUnavailable
	}
	return *p.ProviderID, nil
}

// knownCustomer is a company's id at the provider; nil where it has none yet.
func (s *Service) knownCustomer(ctx context.Context, company uuid.UUID) (*string, error) {
	var p payer
	err := ours(one(s.db.Gorm(ctx).Where("company_id = ?", company).Take(&p)))
	return p.ProviderID, err
}

func (s *Service) planCustomer(ctx context.Context, who market.Actor, company uuid.UUID) (p payer, mine bool, err error) {
	err = s.db.Tx(ctx, func(tx *gorm.DB) error {
		p, mine = payer{}, false
		err := one(tx.Where("company_id = ?", company).Take(&p))
		if ours(err) != nil || err == nil {
			return err
		}
		c, err := market.CompanyByID(tx, company)
		if err != nil {
			return err
		}
		now := s.clock.Now()
		o := Operation{ID: newID(), CompanyID: &company, Kind: CustomerOperation, PersonID: &who.PersonID}
		if o, err = s.plan(tx, o, CustomerOrder{Operation: o.ID, Company: company, Name: c.Name, Email: who.Email}, now.Add(s.lease())); err != nil {
			return err
		}
		mine, p = true, payer{CompanyID: company, OperationID: o.ID, CreatedAt: now}
		return tx.Create(&p).Error
	})
	if db.Violated(err) == "provider_customers_pkey" { // somebody was faster
		return s.planCustomer(ctx, who, company)
	}
	return p, mine, err
}

func (s *Service) customers() procedure {
	made := func(c Customer) outcome {
		return outcome{id: c.ID, settle: func(tx *gorm.DB, o *Operation) error {
			return tx.Exec("UPDATE provider_customers SET provider_id = ? WHERE operation_id = ?", c.ID, o.ID).Error
		}}
	}
	return procedure{
		find: func(ctx context.Context, o Operation) (outcome, error) {
			c, err := s.gateway.FindCustomer(ctx, o.ID, o.CreatedAt)
			return made(c), err
		},
		send: func(ctx context.Context, o Operation) (outcome, error) {
			var order CustomerOrder
			if err := json.Unmarshal(o.Input, &order); err != nil {
				return outcome{}, err
			}
			c, err := s.gateway.CreateCustomer(ctx, o.Key(), order)
			return made(c), err
		},
		again: retryRefused,
	}
}
