package billing

import (
	"context"
	"encoding/json"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homecoming/internal/jobs"
	"homecoming/market"
	"time"
)

// refundWatch is how soon a pending refund is looked at again.
const refundWatch = time.Minute

// Refund gives the whole payment of a milestone back that was never delivered, and ends the milestone.
func (s *Service) Refund(ctx context.Context, who market.Actor, id uuid.UUID, reason string) (Milestone, error) {
	if err := checkMessage(reason, true); err != nil {
		return Milestone{}, err
	}
	return s.step(ctx, who, id, TheCompany, func(tx *gorm.DB, c Contract, m *Milestone) error {
		now := s.clock.Now()
		if err := s.move(tx, who, m, TheCompany, doRefund, reason); err != nil {
			return err
		}
		if _, err := Post(tx, refundAsked(*m, now)); err != nil {
			return err
		}
		o := Operation{ID: newID(), CompanyID: &c.CompanyID, Kind: RefundOperation, MilestoneID: &m.ID}
		o, err := s.plan(tx, o, RefundOrder{Operation: o.ID, Milestone: m.ID, Charge: m.Charge, Amount: m.Quote().Charge, Currency: m.Currency}, now)
		if err != nil {
			return err
		}
		return jobs.Enqueue(tx, OperationJob{Operation: o.ID})
	})
}

func (s *Service) refunds() procedure {
	return procedure{
		find: func(ctx context.Context, o Operation) (outcome, error) {
			order, err := refundOrder(o)
			if err != nil {
				return outcome{}, err
			}
			r, err := s.gateway.FindRefund(ctx, order.Charge, o.ID)
			return s.refundMade(r), err
		},
		send: func(ctx context.Context, o Operation) (outcome, error) {
			order, err := refundOrder(o)
			if err != nil {
				return outcome{}, err
			}
			r, err := s.gateway.CreateRefund(ctx, o.Key(), order)
			return s.refundMade(r), err
		},
		watched: func(ctx context.Context, o Operation) error { return s.lookAtRefund(ctx, o.ProviderID) },
		again:   retryRefused,
	}
}

func refundOrder(o Operation) (RefundOrder, error) {
	var order RefundOrder
	return order, json.Unmarshal(o.Input, &order)
}

func (s *Service) refundMade(r Refund) outcome {
	out := outcome{id: r.ID, watch: refundWatch}
	if r.State == "succeeded" {
		out.watch, out.settle = 0, func(tx *gorm.DB, o *Operation) error { return s.refunded(tx, o, r) }
	}
	return out
}

// refunded books a refund that has left the platform's balance, once.
func (s *Service) refunded(tx *gorm.DB, o *Operation, r Refund) error {
	c, m, err := lockMilestone(tx, *o.MilestoneID)
	if err != nil || m.State != MilestoneRefunding {
		return err
	}
	e := refundedBack(m, r)
	e.PostedAt = s.clock.Now()
	if _, err := Post(tx, e); err != nil {
		return err
	}
	if to, err := operationMachine.Next(o.State, doSettle, TheProvider, *o); err == nil {
		if err := s.saveOperation(tx, o, to, 0); err != nil {
			return err
		}
	}
	m.HoldReason = ""
	if err := s.move(tx, market.Actor{}, &m, TheProvider, doRefunded, ""); err != nil {
		return err
	}
	return s.close(tx, c)
}

// lookAtRefund reads a refund again and settles it if it has succeeded. A failed one stays refunding, with its state
// as the reason, until a person sees to it.
func (s *Service) lookAtRefund(ctx context.Context, id string) error {
	r, err := s.gateway.Refund(ctx, id)
	if err != nil || r.Operation == uuid.Nil {
		return err
	}
	return s.db.Tx(ctx, func(tx *gorm.DB) error {
		o, err := lockOperation(tx, r.Operation)
		if err != nil || o.Kind != RefundOperation {
			return ours(err)
		}
		if r.State == "failed" || r.State == "canceled" {
			return holdMilestone(tx, o, "refund_"+r.State)
		}
		return s.created(tx, &o, s.refundMade(r))
	})
}
