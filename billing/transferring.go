package billing

import (
	"context"
	"encoding/json"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homecoming/internal/jobs"
	"homecoming/market"
)

// PayByBankTransfer asks a company to send what is due for a purpose to its virtual account, or gives what it was asked
// for already; a checkout page that is open for it is closed first. The account is empty while the provider's answer is unknown; it is looked up by itself.
func (s *Service) PayByBankTransfer(ctx context.Context, who market.Actor, milestone uuid.UUID, purpose Purpose) (BankTransfer, error) {
	m, err := s.Milestone(ctx, who, milestone)
	if err != nil {
		return BankTransfer{}, err
	}
	if err := who.May(s.collection(purpose).by, m.CompanyID); err != nil {
		return BankTransfer{}, err
	}
	if m.Currency != "JPY" {
		return BankTransfer{}, ErrYenAlone
	}
	customer, err := s.customerOf(ctx, who, m.CompanyID)
	if err != nil {
		return BankTransfer{}, err
	}
	if err := s.leavePage(ctx, milestone, purpose); err != nil {
		return BankTransfer{}, err
	}
	op, mine, err := s.planWay(ctx, who, milestone, purpose, 0, BankTransferOperation, func(tx *gorm.DB, b bill) (any, error) {
		now := s.clock.Now()
		asked := BankTransfer{ID: b.operation, CompanyID: b.contract.CompanyID, MilestoneID: b.milestone.ID, Purpose: purpose, Amount: b.amount,
			Currency: b.milestone.Currency, State: bankTransferMachine.Start, AskedBy: who.PersonID, ExpiresAt: now.Add(transferLife), CreatedAt: now, UpdatedAt: now}
		return TransferRequest{Operation: b.operation, Milestone: b.milestone.ID, Company: b.contract.CompanyID, Purpose: purpose, Customer: customer,
			Title: b.title(), Amount: b.amount, Currency: b.milestone.Currency}, tx.Create(&asked).Error
	})
	if err != nil {
		return BankTransfer{}, err
	}
	if op.State != OpCreated {
		if op, err = s.perform(ctx, op.ID, mine); err != nil {
			return BankTransfer{}, err
		}
	}
	if op.State == OpRejected {
		return BankTransfer{}, ErrProviderRefused.With("reason", op.Problem)
	}
	return s.BankTransfer(ctx, who, op.ID)
}

func (s *Service) bankTransfers() procedure {
	asked := func(in Intent) outcome {
		return outcome{id: in.ID, watch: time.Hour, settle: func(tx *gorm.DB, o *Operation) error { return s.transferOpened(tx, o, in) }}
	}
	return procedure{
		find: func(ctx context.Context, o Operation) (outcome, error) {
			var order TransferRequest
			if err := json.Unmarshal(o.Input, &order); err != nil {
				return outcome{}, err
			}
			in, err := s.gateway.FindIntent(ctx, order.Customer, o.ID, o.CreatedAt)
			return asked(in), err
		},
		send: func(ctx context.Context, o Operation) (outcome, error) {
			var order TransferRequest
			if err := json.Unmarshal(o.Input, &order); err != nil {
				return outcome{}, err
			}
			in, err := s.gateway.RequestTransfer(ctx, o.Key(), order)
			return asked(in), err
		},
		refused: func(tx *gorm.DB, o Operation, _ *Refusal) error {
			if err := s.moveTransfer(tx, o.ID, "refuse", nil); err != nil {
				return err
			}
			return s.closeWay(tx, o)
		},
		watched: func(ctx context.Context, o Operation) error { return s.lookAtTransferRequest(ctx, o.ProviderID) },
	}
}

// transferOpened notes where the money goes, once.
func (s *Service) transferOpened(tx *gorm.DB, o *Operation, in Intent) error {
	account, err := json.Marshal(in.Account)
	if err != nil {
		return err
	}
	return s.moveTransfer(tx, o.ID, "open", func(b *BankTransfer) { b.Intent, b.Reference, b.Account = in.ID, in.Reference, account })
}

// moveTransfer takes a bank transfer one step on, unless it is there already. Callers hold its milestone.
func (s *Service) moveTransfer(tx *gorm.DB, id uuid.UUID, do string, change func(*BankTransfer)) error {
	var b BankTransfer
	if err := one(tx.Clauses(hold).Where("id = ?", id).Take(&b)); err != nil {
		return ours(err)
	}
	to, err := bankTransferMachine.Next(b.State, do, TheProvider, b)
	if err != nil {
		return nil //nolint:nilerr // it is there already
	}
	b.State, b.UpdatedAt = to, s.clock.Now()
	if change != nil {
		change(&b)
	}
	return tx.Save(&b).Error
}

// lookAtTransferRequest reads an intent again and follows what has become of the bank transfer that it waits for. Other
// intents are their own ways' affair.
func (s *Service) lookAtTransferRequest(ctx context.Context, id string) error {
	in, err := s.gateway.Intent(ctx, id)
	if err != nil || in.Customer == "" {
		return err
	}
	if in.State == "succeeded" {
		return s.lookAtPayment(ctx, id)
	}
	if err := s.lookAtCash(ctx, in.Customer); err != nil || in.State != "canceled" {
		return err
	}
	return s.db.Tx(ctx, func(tx *gorm.DB) error {
		o, err := lockOperation(tx, in.Operation)
		if err != nil || o.Kind != BankTransferOperation {
			return ours(err)
		}
		if err := s.created(tx, &o, outcome{id: in.ID}); err != nil {
			return err
		}
		return s.transferClosed(tx, &o)
	})
}

// transferClosed ends a bank transfer that nobody can pay any more.
func (s *Service) transferClosed(tx *gorm.DB, o *Operation) error {
	if err := s.moveTransfer(tx, o.ID, "close", nil); err != nil {
		return err
	}
	return s.expireWay(tx, o)
}

// CancelBankTransfer gives a bank transfer up. What has come stays the company's cash.
func (s *Service) CancelBankTransfer(ctx context.Context, who market.Actor, id uuid.UUID) (BankTransfer, error) {
	var op uuid.UUID
	err := s.onTransfer(ctx, who, id, func(tx *gorm.DB, _ Contract, _ Milestone, b BankTransfer) (err error) {
		op, err = s.planCancel(tx, b, doCancel, TheCompany)
		return err
	})
	if err != nil {
		return BankTransfer{}, err
	}
	if _, err := s.perform(ctx, op, true); err != nil {
		return BankTransfer{}, err
	}
	return s.BankTransfer(ctx, who, id)
}

// A cancelOrder gives an intent up.
type cancelOrder struct {
	BankTransfer uuid.UUID `json:"bank_transfer"`
	Intent       string    `json:"intent"`
}

func (s *Service) planCancel(tx *gorm.DB, b BankTransfer, do string, by Party) (uuid.UUID, error) {
	to, err := bankTransferMachine.Next(b.State, do, by, b)
	if err != nil {
		return uuid.Nil, err
	}
	now := s.clock.Now()
	b.State, b.UpdatedAt = to, now
	if err := tx.Save(&b).Error; err != nil {
		return uuid.Nil, err
	}
	o := Operation{ID: newID(), CompanyID: &b.CompanyID, Kind: CancelOperation, Purpose: b.Purpose, MilestoneID: &b.MilestoneID}
	next := now
	if by == TheCompany { // who asks carries it out
		next = now.Add(s.lease())
	}
	o, err = s.plan(tx, o, cancelOrder{b.ID, b.Intent}, next)
	if err == nil && by != TheCompany {
		err = jobs.Enqueue(tx, OperationJob{Operation: o.ID})
	}
	return o.ID, err
}

func (s *Service) cancels() procedure {
	order := func(o Operation) (c cancelOrder, err error) { return c, json.Unmarshal(o.Input, &c) }
	follow := func(ctx context.Context, in Intent) (outcome, error) {
		return outcome{id: in.ID, settle: s.over}, s.lookAtTransferRequest(ctx, in.ID)
	}
	return procedure{
		find: func(ctx context.Context, o Operation) (outcome, error) {
			c, err := order(o)
			if err != nil {
				return outcome{}, err
			}
			in, err := s.gateway.Intent(ctx, c.Intent)
			switch {
			case err != nil:
				return outcome{}, err
			case in.State != "canceled":
				return outcome{}, ErrNotThere
			}
			return follow(ctx, in)
		},
		send: func(ctx context.Context, o Operation) (outcome, error) {
			c, err := order(o)
			if err != nil {
				return outcome{}, err
			}
			in, err := s.gateway.CancelIntent(ctx, o.Key(), c.Intent)
			if err != nil {
				return outcome{}, err
			}
			return follow(ctx, in)
		},
		persists: true,
	}
}

// ExpireTransfers gives up the bank transfers for which nothing has come in their time. It returns how many.
func (s *Service) ExpireTransfers(ctx context.Context) (n int, err error) {
	var due []BankTransfer
	err = s.db.Gorm(ctx).Where("state = ? AND expires_at <= ?", TransferWaiting, s.clock.Now()).Order("expires_at").Limit(100).Find(&due).Error
	for _, d := range due {
		if err := s.db.Tx(ctx, func(tx *gorm.DB) error {
			if _, _, err := lockMilestone(tx, d.MilestoneID); err != nil {
				return err
			}
			b, err := lockTransfer(tx, d.ID)
			if err != nil || !bankTransferMachine.Allows(b.State, doExpire, TheClock, b) {
				return err
			}
			n++
			_, err = s.planCancel(tx, b, doExpire, TheClock)
			return err
		}); err != nil {
			return n, err
		}
	}
	return n, err
}

func lockTransfer(tx *gorm.DB, id uuid.UUID) (BankTransfer, error) {
	var b BankTransfer
	return b, one(tx.Clauses(hold).Where("id = ?", id).Take(&b))
}

// onTransfer runs a use case on a bank transfer of a company whose contracts the actor runs or whose money they settle,
// with its milestone held first.
func (s *Service) onTransfer(ctx context.Context, who market.Actor, id uuid.UUID, do func(*gorm.DB, Contract, Milestone, BankTransfer) error) error {
	return s.db.Tx(ctx, func(tx *gorm.DB) error {
		var b BankTransfer
		if err := one(tx.Where("id = ?", id).Take(&b)); err != nil {
			return err
		}
		if err := mayPay(who, b.CompanyID); err != nil {
			return err
		}
		c, m, err := lockMilestone(tx, b.MilestoneID)
		if err != nil {
			return err
		}
		if b, err = lockTransfer(tx, id); err != nil {
			return err
		}
		return do(tx, c, m, b)
	})
}

// mayPay lets those pay who run the company's contracts or look after its money.
func mayPay(who market.Actor, company uuid.UUID) error { return who.May(market.PayBills, company) }

func shownTransfers(g *gorm.DB) *gorm.DB {
	return g.Table("bank_transfers b").Select("b.*, m.title AS milestone_title, c.id AS contract_id, c.number AS contract_number").
		Joins("JOIN milestones m ON m.id = b.milestone_id").Joins("JOIN contracts c ON c.id = m.contract_id")
}

// BankTransfer reads one.
func (s *Service) BankTransfer(ctx context.Context, who market.Actor, id uuid.UUID) (BankTransfer, error) {
	var list []BankTransfer
	if err := shownTransfers(s.db.Gorm(ctx)).Where("b.id = ?", id).Scan(&list).Error; err != nil {
		return BankTransfer{}, err
	}
	if len(list) == 0 {
		return BankTransfer{}, market.ErrNotFound
	}
	return list[0], mayPay(who, list[0].CompanyID)
}

// BankTransfers lists those of a contract that are not over, for who may pay them.
func (s *Service) BankTransfers(ctx context.Context, who market.Actor, contract uuid.UUID) ([]BankTransfer, error) {
	var list []BankTransfer
	err := shownTransfers(s.db.Gorm(ctx)).Where("c.id = ? AND b.state IN ?", contract,
		[]BankTransferState{TransferAsked, TransferWaiting, TransferPartPaid, TransferCanceling}).Order("b.id").Scan(&list).Error
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return list, mayPay(who, list[0].CompanyID)
}
