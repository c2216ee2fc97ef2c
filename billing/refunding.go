package billing

import (
	"context"
	"encoding/json"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"homecoming/internal/jobs"
	"homecoming/market"
)

// refundWatch is how soon a pending refund is looked at again.
const refundWatch = time.Minute

// Why a milestone's money waits on its way back.
const waitRefundFailed = "refund_failed"

// Refund gives the whole payment of a milestone back that was never delivered, and ends the milestone. Above the
// company's limit it only asks: somebody else approves, see [Service.Approve]. An order that the law protects is not
// taken back: ErrOrderWithdrawn.
func (s *Service) Refund(ctx context.Context, who market.Actor, id uuid.UUID, reason string) (Milestone, error) {
	if err := checkMessage(reason, true); err != nil {
		return Milestone{}, err
	}
	return s.stepOpen(ctx, who, id, TheCompany, func(tx *gorm.DB, c Contract, m *Milestone) error {
		if _, err := milestoneMachine.Next(m.State, doRefund, TheCompany, moment{*m, s.clock.Now()}); err != nil {
			return err
		}
		if err := s.mayWithdraw(tx, c, *m); err != nil {
			return err
		}
		company, err := market.CompanyByID(tx, c.CompanyID)
		if err != nil {
			return err
		}
		amount := m.Held()
		if company.RefundLimit != nil && amount > *company.RefundLimit {
			return s.askFor(tx, who, c, *m, Approval{Kind: ApproveRefund, Amount: amount, Reason: reason})
		}
		return s.giveBack(tx, who, c, m, TheCompany, doRefund, reason)
	})
}

// giveBack ends a milestone of which all that is held goes back.
func (s *Service) giveBack(tx *gorm.DB, who market.Actor, c Contract, m *Milestone, by Party, do, reason string) error {
	all := m.Held()
	m.Refunded, m.AutoAcceptAt = m.Refunded+all, nil
	if err := s.move(tx, who, m, by, do, reason); err != nil {
		return err
	}
	return s.startRefund(tx, c, *m, all, reason)
}

// startRefund owes a part of what is held back to the company, out of the charges that it came by, and has jobs send it.
func (s *Service) startRefund(tx *gorm.DB, c Contract, m Milestone, amount int64, reason string) error {
	charges, err := chargesOf(tx, m.ID)
	if err != nil {
		return err
	}
	for _, part := range draw(newestFirst(charges), amount) {
		r := s.newRefund(c, m, part, reason)
		if err := s.post(tx, refundAsked(m, r, r.CreatedAt)); err != nil {
			return err
		}
		if err := giveFrom(tx, part.charge, part.amount); err != nil {
			return err
		}
		if err := s.sendRefund(tx, m, r); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) newRefund(c Contract, m Milestone, part drawing, reason string) RefundRecord {
	now := s.clock.Now()
	return RefundRecord{ID: newID(), CompanyID: c.CompanyID, MilestoneID: m.ID, Charge: part.charge, Amount: part.amount, Currency: m.Currency, Reason: reason,
		Tries: 1, State: refundMachine.Start, CreatedAt: now, UpdatedAt: now}
}

// sendRefund plans one try of a refund, which may be a new record.
func (s *Service) sendRefund(tx *gorm.DB, m Milestone, r RefundRecord) error {
	now := s.clock.Now()
	o := Operation{ID: newID(), CompanyID: &r.CompanyID, Kind: RefundOperation, MilestoneID: &m.ID, Subject: r.ID.String()}
	o, err := s.plan(tx, o, RefundOrder{Operation: o.ID, Milestone: m.ID, Charge: r.Charge, Amount: r.Amount, Currency: r.Currency}, now)
	if err != nil {
		return err
	}
	r.OperationID, r.ProviderID, r.Failure, r.UpdatedAt = &o.ID, "", "", now
	if err := tx.Clauses(clause.OnConflict{UpdateAll: true}).Create(&r).Error; err != nil {
		return err
	}
	return jobs.Enqueue(tx, OperationJob{Operation: o.ID})
}

func (s *Service) refunds() procedure {
	return procedure{
		ready: func(tx *gorm.DB, o Operation) (string, error) { return s.claimedByBank(tx, *o.MilestoneID) },
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

// claimedByBank names the reason why nothing is sent while the payer's bank has its hand on the money.
func (s *Service) claimedByBank(tx *gorm.DB, milestone uuid.UUID) (string, error) {
	var m Milestone
	if err := tx.Where("id = ?", milestone).Take(&m).Error; err != nil {
		return "", err
	}
	if m.Frozen == frozenByChargeback {
		return waitFrozen, nil
	}
	return "", nil
}

func refundOrder(o Operation) (RefundOrder, error) {
	var order RefundOrder
	return order, json.Unmarshal(o.Input, &order)
}

// refundMade is what the provider says of a refund; one that has not ended is looked at again.
func (s *Service) refundMade(r Refund) outcome {
	out := outcome{id: r.ID, settle: func(tx *gorm.DB, o *Operation) error { return s.settleRefund(tx, o, r) }}
	if !r.ended() {
		out.watch = refundWatch
	}
	return out
}

// refundDoing is what a state of the provider's does to ours.
var refundDoing = map[string]string{"succeeded": "succeed", "failed": "fail", "canceled": "fail", "pending": "wait", "requires_action": "wait"}

// settleRefund books what a refund has come to, once. The request, an event and the look-up all end here.
func (s *Service) settleRefund(tx *gorm.DB, o *Operation, r Refund) error {
	c, m, err := lockMilestone(tx, *o.MilestoneID)
	if err != nil {
		return err
	}
	var rec RefundRecord
	if err := one(tx.Where("operation_id = ?", o.ID).Take(&rec)); err != nil {
		return ours(err) // an earlier try, or nobody's
	}
	if err := s.bookRefund(tx, m, &rec, r); err != nil {
		return err
	}
	to, err := refundMachine.Next(rec.State, refundDoing[r.State], TheProvider, rec)
	if err != nil {
		return tx.Save(&rec).Error // it is there already
	}
	rec.State, rec.ProviderID, rec.Failure, rec.UpdatedAt = to, r.ID, r.Failure, s.clock.Now()
	if err := tx.Save(&rec).Error; err != nil {
		return err
	}
	switch to {
	case RefundSucceeded:
		if err := s.endOperation(tx, o, doSettle); err != nil {
			return err
		}
		return s.refundDone(tx, c, &m)
	case RefundFailed:
		if err := s.endOperation(tx, o, doFail); err != nil {
			return err
		}
		return s.refundFailed(tx, c, &m, rec)
	}
	return nil
}

// bookRefund posts what a refund moved: out of the balance, and back where it was returned. Whatever we hear first, the
// books end the same.
func (s *Service) bookRefund(tx *gorm.DB, m Milestone, rec *RefundRecord, r Refund) error {
	var entries []Entry
	if r.Moved {
		entries = append(entries, refundedBack(m, r))
	}
	if r.Returned {
		entries = append(entries, refundReturned(m, r))
	}
	rec.Moved = r.Moved && !r.Returned
	return s.post(tx, entries...)
}

// refundDone ends a milestone whose money has all gone back.
func (s *Service) refundDone(tx *gorm.DB, c Contract, m *Milestone) error {
	if m.State != MilestoneRefunding {
		return nil
	}
	var owed int64
	err := tx.Model(&RefundRecord{}).Where("milestone_id = ? AND state IN ?", m.ID, []RefundState{RefundSending, RefundPending, RefundFailed}).Count(&owed).Error
	if err != nil || owed > 0 {
		return err
	}
	m.HoldReason = ""
	if err := s.move(tx, market.Actor{}, m, TheProvider, doRefunded, ""); err != nil {
		return err
	}
	return s.close(tx, c)
}

// refundFailed tells those who must find another way.
func (s *Service) refundFailed(tx *gorm.DB, c Contract, m *Milestone, rec RefundRecord) error {
	if m.State == MilestoneRefunding {
		m.HoldReason = waitRefundFailed
		if err := tx.Exec("UPDATE milestones SET hold_reason = ? WHERE id = ?", m.HoldReason, m.ID).Error; err != nil {
			return err
		}
	}
	return s.tellMoney(tx, market.LetterRefundFailed, c, *m, map[string]any{"amount": market.Money{Amount: rec.Amount, Currency: rec.Currency}.String(), "reason": rec.Failure})
}

// lookAtRefund reads a refund again and settles what has become of it.
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
		return s.created(tx, &o, s.refundMade(r))
	})
}

// RetryRefund sends a failed refund once more.
func (s *Service) RetryRefund(ctx context.Context, who market.Actor, id uuid.UUID) (RefundRecord, error) {
	err := s.onRefund(ctx, who, id, func(tx *gorm.DB, _ Contract, m Milestone, r RefundRecord) error {
		to, err := refundMachine.Next(r.State, "retry", TheCompany, r)
		if err != nil {
			return err
		}
		r.State, r.Tries = to, r.Tries+1
		if err := holdMilestone(tx, Operation{MilestoneID: &m.ID}, ""); err != nil {
			return err
		}
		if err := s.sendRefund(tx, m, r); err != nil {
			return err
		}
		return market.Audit(tx, who, r.CompanyID, "refund.retry", "refund:"+r.ID.String(), map[string]any{"try": r.Tries})
	})
	if err != nil {
		return RefundRecord{}, err
	}
	return s.refundByID(ctx, who, id)
}

// AskRefundByHand says that a failed refund was paid by a bank transfer with this reference. It is booked when
// somebody else has approved it.
func (s *Service) AskRefundByHand(ctx context.Context, who market.Actor, id uuid.UUID, reference string) (RefundRecord, error) {
	if err := checkMessage(reference, true); err != nil {
		return RefundRecord{}, err
	}
	err := s.onRefund(ctx, who, id, func(tx *gorm.DB, c Contract, m Milestone, r RefundRecord) error {
		if _, err := refundMachine.Next(r.State, "pay_by_hand", TheCompany, r); err != nil {
			return err
		}
		return s.askFor(tx, who, c, m, Approval{Kind: ApproveByHand, RefundID: &r.ID, Amount: r.Amount, Reason: reference})
	})
	if err != nil {
		return RefundRecord{}, err
	}
	return s.refundByID(ctx, who, id)
}

// paidByHand books a refund that a person has paid.
func (s *Service) paidByHand(tx *gorm.DB, c Contract, m *Milestone, a Approval) error {
	r, err := lockRefund(tx, *a.RefundID)
	if err != nil {
		return err
	}
	to, err := refundMachine.Next(r.State, "pay_by_hand", TheCompany, r)
	if err != nil {
		return err
	}
	now := s.clock.Now()
	r.State, r.Reference, r.UpdatedAt = to, a.Reason, now
	if err := tx.Save(&r).Error; err != nil {
		return err
	}
	if err := s.post(tx, refundedByHand(*m, r, now)); err != nil {
		return err
	}
	return s.refundDone(tx, c, m)
}

// Refunds lists a company's refunds, newest first.
func (s *Service) Refunds(ctx context.Context, who market.Actor, company, before uuid.UUID, limit int) ([]RefundRecord, error) {
	if err := who.May(market.SeeMoney, company); err != nil {
		return nil, err
	}
	q := shownRefunds(s.db.Gorm(ctx)).Where("r.company_id = ?", company)
	if before != uuid.Nil {
		q = q.Where("r.id < ?", before)
	}
	var list []RefundRecord
	return list, q.Order("r.id DESC").Limit(market.Page(limit)).Scan(&list).Error
}

func shownRefunds(g *gorm.DB) *gorm.DB {
	return g.Table("refunds r").Select("r.*, m.title AS milestone_title, c.id AS contract_id, c.number AS contract_number").
		Joins("JOIN milestones m ON m.id = r.milestone_id").Joins("JOIN contracts c ON c.id = m.contract_id")
}

// refundByID reads one refund of a company whose money the actor may see.
func (s *Service) refundByID(ctx context.Context, who market.Actor, id uuid.UUID) (RefundRecord, error) {
	var list []RefundRecord
	if err := shownRefunds(s.db.Gorm(ctx)).Where("r.id = ?", id).Scan(&list).Error; err != nil {
		return RefundRecord{}, err
	}
	if len(list) == 0 {
		return RefundRecord{}, market.ErrNotFound
	}
	return list[0], who.May(market.SeeMoney, list[0].CompanyID)
}

func lockRefund(tx *gorm.DB, id uuid.UUID) (RefundRecord, error) {
	var r RefundRecord
	return r, one(tx.Clauses(hold).Where("id = ?", id).Take(&r))
}

// onRefund runs a use case of finance's on a refund, with its milestone held first.
func (s *Service) onRefund(ctx context.Context, who market.Actor, id uuid.UUID, do func(*gorm.DB, Contract, Milestone, RefundRecord) error) error {
	return s.db.Tx(ctx, func(tx *gorm.DB) error {
		var r RefundRecord
		if err := one(tx.Where("id = ?", id).Take(&r)); err != nil {
			return err
		}
		if err := who.May(market.SettleMoney, r.CompanyID); err != nil {
			return err
		}
		c, m, err := lockMilestone(tx, r.MilestoneID)
		if err != nil {
			return err
		}
		if r, err = lockRefund(tx, id); err != nil {
			return err
		}
		return do(tx, c, m, r)
	})
}
