package billing

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homecoming/internal/jobs"
	"homecoming/internal/problem"
	"homecoming/market"
)

// How long a checkout page stays open, and how soon it is looked at when no event tells us.
const (
	checkoutLife  = 23 * time.Hour
	checkoutWatch = 2 * time.Minute
)

// ErrFeeNotCovered is a charge whose processing fee nobody pays for.
var ErrFeeNotCovered = problem.Define(problem.Conflict, "processing_fee_not_covered",
	"The provider would keep {fee} of this payment; the platform fee of {covered} does not cover it. Ask the operator to top up.",
	"決済手数料{fee}がプラットフォーム手数料{covered}を上回るため入金できません。運営者に残高の補充をご依頼ください。")

// A Funding is where the company pays. CheckoutURL is empty while the provider's answer is unknown: it is looked up by
// itself, and asking again gives the same page. It is empty as well when the page turns out to have been paid.
type Funding struct {
	CheckoutURL string
	Milestone   Milestone
}

// Fund opens the checkout page for all that a milestone is missing, or gives the one that is open already.
func (s *Service) Fund(ctx context.Context, who market.Actor, id uuid.UUID) (Funding, error) {
	return s.FundPart(ctx, who, id, 0)
}

// FundPart is [Service.Fund] for a part of what is missing, in minor units; 0 is all of it. The work can begin when the
// parts sum to what is owed; until then they go back by [Service.Refund].
func (s *Service) FundPart(ctx context.Context, who market.Actor, id uuid.UUID, amount int64) (Funding, error) {
	op, mine, err := s.planCheckout(ctx, who, id, amount)
	if err != nil {
		return Funding{}, err
	}
	if op.State == OpCreated {
		if err := s.watch(ctx, op); err != nil { // paid or expired since, and no event has told us yet
			slog.Warn("a checkout page cannot be looked at", "operation", op.ID, "error", err)
		}
	} else if op, err = s.perform(ctx, op.ID, mine); err != nil {
		return Funding{}, err
	}
	if op.State == OpRejected {
		return Funding{}, ErrProviderRefused.With("reason", op.Problem)
	}
	if err := s.db.Gorm(ctx).Where("id = ?", op.ID).Take(&op).Error; err != nil {
		return Funding{}, err
	}
	switch op.State {
	case OpExpired: // open another
		return s.FundPart(ctx, who, id, amount)
	case OpSettled:
		op.URL = ""
	}
	m, err := s.Milestone(ctx, who, id)
	return Funding{CheckoutURL: op.URL, Milestone: m}, err
}

// planCheckout commits the operation before anything is asked; mine says that it is new.
func (s *Service) planCheckout(ctx context.Context, who market.Actor, id uuid.UUID, part int64) (op Operation, mine bool, err error) {
	err = s.db.Tx(ctx, func(tx *gorm.DB) error {
		mine = false
		c, m, err := s.lockFor(tx, who, id, TheCompany)
		if err != nil {
			return err
		}
		if err := s.working(tx, c); err != nil {
			return err
		}
		if op, err = openCheckout(tx, id); ours(err) != nil || err == nil {
			return err
		}
		if err := s.feeCovered(m); err != nil {
			return err
		}
		if err := s.move(tx, who, &m, TheCompany, doFund, ""); err != nil {
			return err
		}
		amount, err := m.part(part)
		if err != nil {
			return err
		}
		mine, op = true, Operation{ID: newID(), CompanyID: &c.CompanyID, Kind: CheckoutOperation, MilestoneID: &m.ID, PersonID: &who.PersonID}
		now := s.clock.Now()
		page := s.cfg.BaseURL + "/contracts/" + c.ID.String()
		op, err = s.plan(tx, op, CheckoutOrder{Operation: op.ID, Milestone: m.ID, Company: c.CompanyID, Title: c.Label() + " " + m.Title,
			Amount: amount, Currency: m.Currency, Email: who.Email, Language: string(who.Language),
			SuccessURL: s.cfg.BaseURL + "/checkout/done?contract=" + c.ID.String(), CancelURL: page,
			ExpiresAt: now.Add(checkoutLife).Truncate(time.Second)}, now.Add(s.lease()))
		return err
	})
	return op, mine, err
}

// openCheckout finds the milestone's page that may still be paid; market.ErrNotFound when there is none.
func openCheckout(tx *gorm.DB, milestone uuid.UUID) (Operation, error) {
	var o Operation
	return o, one(tx.Where("milestone_id = ? AND kind = ? AND state NOT IN ?", milestone, CheckoutOperation,
		[]OperationState{OpSettled, OpRejected, OpExpired}).Take(&o))
}

// feeCovered refuses a charge whose processing fee would come out of nobody's pocket.
func (s *Service) feeCovered(m Milestone) error {
	fee := (m.Quote().Charge*s.cfg.CardFeeBP + 5_000) / 10_000
	if s.cfg.ToppedUp || fee <= m.PlatformFee {
		return nil
	}
	return ErrFeeNotCovered.With("fee", m.Quote().Money(fee)).With("covered", m.Quote().Money(m.PlatformFee))
}

func (s *Service) checkouts() procedure {
	opened := func(co Checkout) outcome { return outcome{id: co.ID, url: co.URL, watch: checkoutWatch} }
	return procedure{
		find: func(ctx context.Context, o Operation) (outcome, error) {
			co, err := s.gateway.FindCheckout(ctx, o.ID, o.CreatedAt)
			return opened(co), err
		},
		send: func(ctx context.Context, o Operation) (outcome, error) {
			var order CheckoutOrder
			if err := json.Unmarshal(o.Input, &order); err != nil {
				return outcome{}, err
			}
			co, err := s.gateway.CreateCheckout(ctx, o.Key(), order)
			return opened(co), err
		},
		refused: func(tx *gorm.DB, o Operation, _ *Refusal) error { return s.unfund(tx, o) },
		watched: func(ctx context.Context, o Operation) error { return s.lookAtCheckout(ctx, o.ProviderID) },
	}
}

// unfund takes a milestone back to draft when its page can no longer be paid.
func (s *Service) unfund(tx *gorm.DB, o Operation) error {
	_, m, err := lockMilestone(tx, *o.MilestoneID)
	if err != nil || m.State != MilestoneFunding {
		return err
	}
	return s.move(tx, market.Actor{}, &m, TheProvider, doExpire, "")
}

// lookAtCheckout reads a page again and settles what has become of it.
func (s *Service) lookAtCheckout(ctx context.Context, id string) error {
	co, err := s.gateway.Checkout(ctx, id)
	if err != nil {
		return err
	}
	if co.State == "expired" {
		return s.expireCheckout(ctx, co)
	}
	if co.State == "complete" {
		return s.lookAtPayment(ctx, id)
	}
	return s.db.Tx(ctx, func(tx *gorm.DB) error { return s.noteCheckout(tx, co) })
}

// noteCheckout records a page that we learn of by an event before our own request's answer.
func (s *Service) noteCheckout(tx *gorm.DB, co Checkout) error {
	o, err := lockOperation(tx, co.Operation)
	if err != nil || o.State == OpCreated {
		return ours(err)
	}
	return s.created(tx, &o, outcome{id: co.ID, url: co.URL, watch: checkoutWatch})
}

// ours forgives objects that no operation of ours explains; reconciliation shows them if they moved money.
func ours(err error) error {
	if errors.Is(err, market.ErrNotFound) {
		return nil
	}
	return err
}

func (s *Service) expireCheckout(ctx context.Context, co Checkout) error {
	return s.db.Tx(ctx, func(tx *gorm.DB) error {
		o, err := lockOperation(tx, co.Operation)
		if err != nil {
			return ours(err)
		}
		if err := s.created(tx, &o, outcome{id: co.ID}); err != nil {
			return err
		}
		to, err := operationMachine.Next(o.State, doExpire, TheProvider, o)
		if err != nil {
			return nil // settled or expired before
		}
		if err := s.saveOperation(tx, &o, to, 0); err != nil {
			return err
		}
		return s.unfund(tx, o)
	})
}

// lookAtPayment reads a payment, by its page's, its intent's or its charge's id, and settles it if it succeeded.
func (s *Service) lookAtPayment(ctx context.Context, id string) error {
	p, err := s.gateway.Payment(ctx, id)
	if err != nil {
		return err
	}
	return s.settlePayment(ctx, p)
}

// settlePayment books a payment, once: its source in the ledger is the charge. The return from the page, three kinds of
// event and the look-up all end here.
func (s *Service) settlePayment(ctx context.Context, p Payment) error {
	if !p.Paid || p.Milestone == uuid.Nil {
		return nil
	}
	if !p.Settled {
		return ErrBusy // the provider has not said yet what it keeps; charge.updated follows
	}
	return s.db.Tx(ctx, func(tx *gorm.DB) error {
		c, m, err := lockMilestone(tx, p.Milestone)
		if err != nil {
			return ours(err)
		}
		var known int64
		if err := tx.Model(&Charge{}).Where("id = ?", p.Charge).Count(&known).Error; err != nil || known > 0 {
			return err
		}
		if p.Amount > 0 && p.Amount <= m.Missing() && p.Currency == m.Currency {
			return s.funded(tx, c, m, p)
		}
		return s.unexplained(tx, m, p)
	})
}

// unexplained books money that fits no milestone to suspense and leaves word of it.
func (s *Service) unexplained(tx *gorm.DB, m Milestone, p Payment) error {
	e := unmatched(m, p)
	e.PostedAt = s.clock.Now()
	if isNew, err := Post(tx, e); err != nil || !isNew {
		return err
	}
	return market.Audit(tx, market.Actor{}, m.CompanyID, "payment.unmatched", "milestone:"+m.ID.String(),
		map[string]any{"charge": p.Charge, "amount": p.Amount, "currency": p.Currency, "state": m.State})
}

// funded books a payment that funds a milestone, wholly or in part.
func (s *Service) funded(tx *gorm.DB, c Contract, m Milestone, p Payment) error {
	if err := s.charge(tx, &m, p); err != nil {
		return err
	}
	do := doSettlePart
	if m.Quote().Charge == m.PaidIn-m.Refunded-m.Lost {
		do = doSettle
	}
	if err := s.move(tx, market.Actor{}, &m, TheProvider, do, ""); err != nil {
		return err
	}
	if err := s.endCheckout(tx, m, p.Operation); err != nil || do == doSettlePart {
		return err
	}
	return jobs.Enqueue(tx, letter(market.LetterFunded, c.PersonID, c, m, nil))
}

// charge writes a payment down for a milestone and books it.
func (s *Service) charge(tx *gorm.DB, m *Milestone, p Payment) error {
	if err := s.post(tx, charged(*m, p)); err != nil {
		return err
	}
	m.PaidIn, m.HoldReason = m.PaidIn+p.Amount, ""
	if m.FundedAt == nil {
		m.FundedAt = &p.At
	}
	return tx.Create(&Charge{ID: p.Charge, CompanyID: m.CompanyID, MilestoneID: m.ID, Amount: p.Amount, Currency: p.Currency, PaidAt: p.At}).Error
}

// endCheckout ends the page that was paid, and every other when nothing is missing any more.
func (s *Service) endCheckout(tx *gorm.DB, m Milestone, paid uuid.UUID) error {
	return tx.Exec("UPDATE operations SET state = ?, next_at = NULL, updated_at = ? WHERE milestone_id = ? AND kind = ? AND state NOT IN ? AND (id = ? OR ?)",
		OpSettled, s.clock.Now(), m.ID, CheckoutOperation, []OperationState{OpRejected, OpExpired}, paid, m.Missing() == 0).Error
}
