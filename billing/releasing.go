package billing

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homecoming/internal/jobs"
	"homecoming/market"
	"time"
)

// Why a transfer waits, apart from the provider's own codes.
const (
	waitNoAccount  = "payout_account_missing"
	waitInactive   = "payout_account_inactive"
	waitGone       = "payout_account_gone"
	waitRestricted = "payout_account_restricted"
	waitFrozen     = "frozen"
)

// retryRefused is how soon a refused transfer or refund is tried again, unless something changes before.
const retryRefused = time.Hour

// planTransfers writes the transfers of an accepted milestone, one out of each charge that it takes, and has jobs send them.
func (s *Service) planTransfers(tx *gorm.DB, c Contract, m Milestone) error {
	charges, err := chargesOf(tx, m.ID)
	if err != nil {
		return err
	}
	for _, part := range draw(charges, m.Transferred()) {
		o := Operation{ID: newID(), CompanyID: &c.CompanyID, Kind: TransferOperation, MilestoneID: &m.ID, Subject: part.charge, PersonID: &c.PersonID}
		o, err := s.plan(tx, o, TransferOrder{Operation: o.ID, Milestone: m.ID, Charge: part.charge, Amount: part.amount, Currency: m.Currency,
			Title: c.Label() + " " + m.Title}, s.clock.Now())
		if err != nil {
			return err
		}
		if err := jobs.Enqueue(tx, OperationJob{Operation: o.ID}); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) transfers() procedure {
	done := func(t Transfer) outcome {
		return outcome{id: t.ID, settle: func(tx *gorm.DB, o *Operation) error { return s.released(tx, *o, t) }}
	}
	return procedure{
		ready: s.payoutAccountReady,
		find: func(ctx context.Context, o Operation) (outcome, error) {
			t, err := s.gateway.FindTransfer(ctx, *o.MilestoneID, o.ID)
			return done(t), err
		},
		send: func(ctx context.Context, o Operation) (outcome, error) {
			var order TransferOrder
			if err := json.Unmarshal(o.Input, &order); err != nil {
				return outcome{}, err
			}
			a, err := payoutAccount(s.db.Gorm(ctx), *o.PersonID)
			if err != nil {
				return outcome{}, err
			}
			order.Account = deref(a.ProviderID)
			t, err := s.gateway.CreateTransfer(ctx, o.Key(), order)
			return done(t), err
		},
		again: retryRefused,
	}
}

// payoutAccountReady names what keeps a transfer from being sent; empty when nothing does.
func (s *Service) payoutAccountReady(tx *gorm.DB, o Operation) (string, error) {
	var m Milestone
	if err := tx.Where("id = ?", o.MilestoneID).Take(&m).Error; err != nil {
		return "", err
	}
	a, err := payoutAccount(tx, *o.PersonID)
	switch {
	case errors.Is(err, market.ErrNotFound) || err == nil && a.ProviderID == nil:
		return waitNoAccount, nil
	case err != nil:
		return "", err
	case m.Frozen != "":
		return waitFrozen, nil
	case a.State == AccountDeauthorized:
		return waitGone, nil
	case a.State == AccountRestricted:
		return waitRestricted, nil
	case !a.Transfers:
		return waitInactive, nil
	}
	return "", nil
}

// released books a transfer, once, and goes on with the contract when it was the last. The job, the event and the
// look-up all end here.
func (s *Service) released(tx *gorm.DB, o Operation, t Transfer) error {
	c, m, err := lockMilestone(tx, *o.MilestoneID)
	if err != nil || m.State != MilestoneReleasing {
		return err
	}
	for _, e := range transferred(m, c.PersonID, t) {
		e.PostedAt = s.clock.Now()
		if _, err := Post(tx, e); err != nil {
			return err
		}
	}
	var waiting int64
	err = tx.Model(&Operation{}).Where("milestone_id = ? AND kind = ? AND provider_id = ''", m.ID, TransferOperation).Count(&waiting).Error
	if err != nil || waiting > 0 {
		return err
	}
	m.ReleasedAt, m.HoldReason = &t.At, ""
	if err := s.move(tx, market.Actor{}, &m, TheProvider, doTransferred, ""); err != nil {
		return err
	}
	if err := s.close(tx, c); err != nil {
		return err
	}
	return jobs.Enqueue(tx, letter(market.LetterReleased, c.PersonID, c, m, nil))
}

// lookAtTransfer settles a transfer that an event told us of.
func (s *Service) lookAtTransfer(ctx context.Context, id string) error {
	t, err := s.gateway.Transfer(ctx, id)
	if err != nil {
		return err
	}
	return s.db.Tx(ctx, func(tx *gorm.DB) error {
		o, err := lockOperation(tx, t.Operation)
		if err != nil || o.Kind != TransferOperation {
			return ours(err)
		}
		return s.created(tx, &o, outcome{id: t.ID, settle: func(tx *gorm.DB, o *Operation) error { return s.released(tx, *o, t) }})
	})
}

// wakeTransfers lets the transfers to a person go on at once, because their account has changed.
func (s *Service) wakeTransfers(tx *gorm.DB, person uuid.UUID) error {
	var waiting []uuid.UUID
	err := tx.Raw(`UPDATE operations SET next_at = ? WHERE person_id = ? AND kind = ? AND state IN ? RETURNING id`,
		s.clock.Now(), person, TransferOperation, []OperationState{OpPlanned, OpRejected}).Scan(&waiting).Error
	if err != nil {
		return err
	}
	for _, id := range waiting {
		if err := jobs.Enqueue(tx, OperationJob{Operation: id}); err != nil {
			return err
		}
	}
	return nil
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
