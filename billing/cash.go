package billing

import (
	"context"
	"encoding/json"
	"log/slog"
	"slices"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homecoming/internal/jobs"
	"homecoming/market"
)

// cashOverlap is how much older than the newest known movement the listing begins: a second may hold several.
const cashOverlap = time.Hour

// lookAtCash books what moved a customer's cash since the last look, in the order it happened, and applies what is
// certain. Every event about it ends here; the movement itself is read from the provider's list.
func (s *Service) lookAtCash(ctx context.Context, customer string) error {
	var who struct {
		CompanyID uuid.UUID
		Since     time.Time
	}
	err := s.db.Gorm(ctx).Raw(`SELECT p.company_id, coalesce((SELECT max(at) FROM cash_movements WHERE company_id = p.company_id), p.created_at) AS since
		FROM provider_customers p WHERE p.provider_id = ?`, customer).Scan(&who).Error
	if err != nil || who.CompanyID == uuid.Nil {
		return err // a customer that is none of ours
	}
	var found []CashMovement
	for m, err := range s.gateway.CashMovements(ctx, customer, who.Since.Add(-cashOverlap)) {
		if err != nil {
			return err
		}
		found = append(found, m)
	}
	slices.Reverse(found)
	return s.db.Tx(ctx, func(tx *gorm.DB) error { return s.bookCash(tx, who.CompanyID, found) })
}

// bookCash books movements, oldest first, each once.
func (s *Service) bookCash(tx *gorm.DB, company uuid.UUID, found []CashMovement) error {
	if err := lockPaying(tx, company, found); err != nil {
		return err
	}
	if err := lockCash(tx, company); err != nil {
		return err
	}
	var arrived []CashMovement
	for _, m := range found {
		isNew, err := s.bookMovement(tx, company, m)
		if err != nil {
			return err
		}
		if isNew && m.Kind == CashFunded {
			arrived = append(arrived, m)
		}
	}
	for _, m := range arrived {
		if err := s.applyArrived(tx, company, m); err != nil {
			return err
		}
	}
	return nil
}

// lockPaying holds the contracts and milestones of all bank transfers that may be concerned, in one order.
func lockPaying(tx *gorm.DB, company uuid.UUID, found []CashMovement) error {
	var intents []string
	for _, m := range found {
		intents = append(intents, m.Intent)
	}
	if len(intents) == 0 {
		return nil
	}
	for _, lock := range []string{
		`SELECT 1 FROM contracts WHERE id IN (SELECT m.contract_id FROM bank_transfers b JOIN milestones m ON m.id = b.milestone_id
			WHERE b.company_id = @company AND (b.intent IN @intents OR b.state IN ('waiting', 'part_paid'))) ORDER BY id FOR NO KEY UPDATE`,
		`SELECT 1 FROM milestones WHERE id IN (SELECT milestone_id FROM bank_transfers
			WHERE company_id = @company AND (intent IN @intents OR state IN ('waiting', 'part_paid'))) ORDER BY id FOR NO KEY UPDATE`} {
		if err := tx.Exec(lock, map[string]any{"company": company, "intents": intents}).Error; err != nil {
			return err
		}
	}
	return nil
}

// lockCash holds a company's cash. Milestones are held first.
func lockCash(tx *gorm.DB, company uuid.UUID) error {
	return tx.Exec("SELECT 1 FROM provider_customers WHERE company_id = ? FOR NO KEY UPDATE", company).Error
}

// bookMovement books one movement and reports whether it is new.
func (s *Service) bookMovement(tx *gorm.DB, company uuid.UUID, m CashMovement) (bool, error) {
	of, err := transferOf(tx, company, m)
	if err != nil {
		return false, err
	}
	var id *uuid.UUID
	if of != nil {
		id = &of.ID
	}
	done := tx.Exec(`INSERT INTO cash_movements (id, company_id, kind, amount, balance, currency, bank_transfer_id, reference, sender, at, booked_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING`,
		m.ID, company, m.Kind, m.Amount, m.Balance, m.Currency, id, m.Reference, m.Sender, m.At, s.clock.Now())
	if done.Error != nil || done.RowsAffected == 0 {
		return false, done.Error
	}
	if err := s.post(tx, cashMoved(company, of, m)); err != nil {
		return false, err
	}
	if of == nil || m.Kind == CashOverdrawn {
		return true, nil
	}
	return true, s.moveTransfer(tx, of.ID, "receive", func(b *BankTransfer) { b.Received -= m.Amount })
}

// transferOf is the bank transfer that a movement is about: by its intent, or for an overdraft the last that was paid.
func transferOf(tx *gorm.DB, company uuid.UUID, m CashMovement) (*BankTransfer, error) {
	q := tx.Where("company_id = ? AND intent = ? AND intent <> ''", company, m.Intent)
	if m.Kind == CashOverdrawn {
		q = tx.Where("company_id = ?", company).Order("received > 0 DESC, updated_at DESC")
	}
	var list []BankTransfer
	if err := q.Limit(1).Find(&list).Error; err != nil || len(list) == 0 {
		return nil, err
	}
	return &list[0], nil
}

// freeCash is what a company has sent and nobody has spoken for, in minor units of its currency.
func freeCash(g *gorm.DB, company uuid.UUID) (int64, error) {
	var free int64
	return free, g.Raw(`SELECT coalesce((SELECT sum(amount) FROM cash_movements WHERE company_id = @c AND kind <> 'transferred_to_balance'), 0)
		- coalesce((SELECT sum((input->>'amount')::bigint) FROM operations o WHERE company_id = @c AND kind IN ('apply', 'return')
			AND state NOT IN ('rejected', 'failed', 'settled')), 0)`, map[string]any{"c": company}).Scan(&free).Error
}

// openTransfers are a company's bank transfers to which money can be applied now, oldest first.
func openTransfers(g *gorm.DB, company uuid.UUID) ([]BankTransfer, error) {
	var list []BankTransfer
	return list, shownTransfers(g).Where("b.company_id = ? AND b.state IN ?", company, []BankTransferState{TransferWaiting, TransferPartPaid}).
		Where("NOT EXISTS (SELECT 1 FROM operations o WHERE o.milestone_id = b.milestone_id AND o.purpose = b.purpose AND o.kind = 'apply' AND o.state NOT IN ('rejected', 'failed', 'settled'))").
		Order("b.id").Scan(&list).Error
}

// applyArrived applies money that has just come where it is certain what it was meant for, and otherwise leaves word of it
// with those who look after the company's money.
func (s *Service) applyArrived(tx *gorm.DB, company uuid.UUID, m CashMovement) error {
	parts, sure, err := s.proposal(tx, company, m)
	if err != nil {
		return err
	}
	var used int64
	if sure {
		for _, p := range parts {
			used += p.Amount
			if _, err := s.planApply(tx, p, s.clock.Now()); err != nil {
				return err
			}
		}
	}
	if used == m.Amount {
		return nil
	}
	readers, err := market.Holders(tx, company, market.Finance)
	if err != nil {
		return err
	}
	for _, p := range readers {
		err := jobs.Enqueue(tx, market.Letter{Letter: market.LetterCash, PersonID: p, CompanyID: company, Path: "/money/cash", Facts: map[string]any{
			"amount": market.Money{Amount: m.Amount, Currency: m.Currency}.String(), "left": market.Money{Amount: m.Amount - used, Currency: m.Currency}.String(), "from": m.Sender}})
		if err != nil {
			return err
		}
	}
	return nil
}

// proposal is what a movement's money was meant for, as far as it is free.
func (s *Service) proposal(g *gorm.DB, company uuid.UUID, m CashMovement) (parts []Application, sure bool, err error) {
	free, err := freeCash(g, company)
	if err != nil {
		return nil, false, err
	}
	open, err := openTransfers(g, company)
	if err != nil {
		return nil, false, err
	}
	var over []BankTransfer
	err = g.Where("company_id = ? AND state IN ? AND reference <> ''", company, []BankTransferState{TransferCanceling, TransferPaid, TransferCanceled}).Find(&over).Error
	parts, sure = propose(min(m.Amount, free), m.Reference, len(namedIn(m.Reference, over)) > 0, open)
	return parts, sure, err
}

// planApply commits one application before anything is asked, and has a job carry it out.
func (s *Service) planApply(tx *gorm.DB, a Application, next time.Time) (Operation, error) {
	var customer string
	if err := tx.Raw("SELECT provider_id FROM provider_customers WHERE company_id = ?", a.BankTransfer.CompanyID).Scan(&customer).Error; err != nil {
		return Operation{}, err
	}
	b := a.BankTransfer
	o := Operation{ID: newID(), CompanyID: &b.CompanyID, Kind: ApplyOperation, Purpose: b.Purpose, MilestoneID: &b.MilestoneID}
	o, err := s.plan(tx, o, ApplyOrder{Operation: o.ID, Customer: customer, Intent: b.Intent, Amount: a.Amount, Applied: b.Received, Currency: b.Currency}, next)
	if err != nil {
		return o, err
	}
	return o, jobs.Enqueue(tx, OperationJob{Operation: o.ID})
}

func (s *Service) applies() procedure {
	done := func(ctx context.Context, order ApplyOrder, m CashMovement, err error) (outcome, error) {
		if err != nil {
			return outcome{}, err
		}
		return outcome{id: m.ID, settle: s.over}, s.lookAtCash(ctx, order.Customer)
	}
	order := func(o Operation) (a ApplyOrder, err error) { return a, json.Unmarshal(o.Input, &a) }
	return procedure{
		find: func(ctx context.Context, o Operation) (outcome, error) {
			a, err := order(o)
			if err != nil {
				return outcome{}, err
			}
			m, err := s.gateway.FindApplied(ctx, a)
			return done(ctx, a, m, err)
		},
		send: func(ctx context.Context, o Operation) (outcome, error) {
			a, err := order(o)
			if err != nil {
				return outcome{}, err
			}
			m, err := s.gateway.ApplyCash(ctx, o.Key(), a)
			return done(ctx, a, m, err)
		},
		persists: true,
	}
}

// ApplyCash pays for a bank transfer out of the company's cash: so much, or with 0 as much as there is and is missing.
func (s *Service) ApplyCash(ctx context.Context, who market.Actor, transfer uuid.UUID, amount int64) (BankTransfer, error) {
	var op Operation
	err := s.onTransfer(ctx, who, transfer, func(tx *gorm.DB, _ Contract, _ Milestone, b BankTransfer) error {
		if err := lockCash(tx, b.CompanyID); err != nil {
			return err
		}
		free, err := freeCash(tx, b.CompanyID)
		if err != nil {
			return err
		}
		open, err := openTransfers(tx, b.CompanyID)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(open, func(o BankTransfer) bool { return o.ID == b.ID }) {
			if b.Open() {
				return ErrCashBusy
			}
			return ErrWrongState.With("noun", word(bankTransferMachine.Noun)).With("state", word(string(b.State)))
		}
		part := min(b.Missing(), free)
		if amount > 0 {
			part = min(amount, b.Missing())
		}
		if part <= 0 || max(part, amount) > free {
			return ErrNotEnoughCash.On("amount").With("free", market.Money{Amount: free, Currency: b.Currency})
		}
		if op, err = s.planApply(tx, Application{b, part}, s.clock.Now().Add(s.lease())); err != nil {
			return err
		}
		return market.Audit(tx, who, b.CompanyID, "cash.apply", "milestone:"+b.MilestoneID.String(), map[string]any{"amount": part, "bank_transfer": b.ID})
	})
	if err != nil {
		return BankTransfer{}, err
	}
	if op, err = s.perform(ctx, op.ID, true); err != nil {
		return BankTransfer{}, err
	}
	if op.State == OpRejected {
		return BankTransfer{}, ErrProviderRefused.With("reason", op.Problem)
	}
	b, err := s.BankTransfer(ctx, who, transfer)
	if err != nil {
		return b, err
	}
	if err := s.lookAtTransferRequest(ctx, b.Intent); err != nil { // the last part makes it a payment; the news of it comes as well
		slog.Warn("a bank transfer cannot be looked at", "bank_transfer", b.ID, "error", err)
	}
	return s.BankTransfer(ctx, who, transfer)
}

// ReturnCash sends a part of a company's cash back to the bank it came from.
func (s *Service) ReturnCash(ctx context.Context, who market.Actor, company uuid.UUID, amount int64) (Cash, error) {
	if err := who.May(market.SettleMoney, company); err != nil {
		return Cash{}, err
	}
	var op Operation
	err := s.db.Tx(ctx, func(tx *gorm.DB) error {
		if err := lockCash(tx, company); err != nil {
			return err
		}
		var p payer
		if err := one(tx.Where("company_id = ? AND provider_id IS NOT NULL", company).Take(&p)); err != nil {
			return err
		}
		c, err := market.CompanyByID(tx, company)
		if err != nil {
			return err
		}
		free, err := freeCash(tx, company)
		if err != nil {
			return err
		}
		if amount <= 0 || amount > free {
			return ErrNotEnoughCash.On("amount").With("free", market.Money{Amount: free, Currency: c.Currency})
		}
		var running int64
		err = tx.Table("operations").Where("company_id = ? AND kind = ? AND state NOT IN ?", company, ReturnOperation, []OperationState{OpRejected, OpSettled, OpFailed}).Count(&running).Error
		if err != nil {
			return err
		}
		if running > 0 {
			return ErrCashBusy
		}
		op = Operation{ID: newID(), CompanyID: &company, Kind: ReturnOperation, PersonID: &who.PersonID}
		op, err = s.plan(tx, op, CashReturn{Operation: op.ID, Customer: *p.ProviderID, Amount: amount, Currency: c.Currency, Email: who.Email}, s.clock.Now().Add(s.lease()))
		if err != nil {
			return err
		}
		return market.Audit(tx, who, company, "cash.return", "operation:"+op.ID.String(), map[string]any{"amount": amount})
	})
	if err != nil {
		return Cash{}, err
	}
	if op, err = s.perform(ctx, op.ID, true); err != nil {
		return Cash{}, err
	}
	if op.State == OpRejected {
		return Cash{}, ErrProviderRefused.With("reason", op.Problem)
	}
	return s.Cash(ctx, who, company)
}

func (s *Service) returns() procedure {
	done := func(ctx context.Context, order CashReturn, r Refund, err error) (outcome, error) {
		if err != nil {
			return outcome{}, err
		}
		return outcome{id: r.ID, settle: s.over}, s.lookAtCash(ctx, order.Customer)
	}
	order := func(o Operation) (r CashReturn, err error) { return r, json.Unmarshal(o.Input, &r) }
	return procedure{
		find: func(ctx context.Context, o Operation) (outcome, error) {
			c, err := order(o)
			if err != nil {
				return outcome{}, err
			}
			r, err := s.gateway.FindReturn(ctx, o.ID, o.CreatedAt)
			return done(ctx, c, r, err)
		},
		send: func(ctx context.Context, o Operation) (outcome, error) {
			c, err := order(o)
			if err != nil {
				return outcome{}, err
			}
			r, err := s.gateway.ReturnCash(ctx, o.Key(), c)
			return done(ctx, c, r, err)
		},
	}
}

// Cash is what a company has sent to its virtual account and nothing was paid with yet, in minor units.
type Cash struct {
	Currency  string
	Balance   int64 // all of it
	Free      int64 // less what is being applied or returned
	Movements []CashRecord
	Open      []BankTransfer
	Proposal  []Application // the one thing to do with what is free; empty: return it, or wait for the next milestone
}

// A CashRecord is one movement of a company's cash, as it was booked.
type CashRecord struct {
	CashMovement   `gorm:"embedded"`
	MilestoneTitle string    `gorm:"->"`
	ContractID     uuid.UUID `gorm:"->"`
	ContractNumber int       `gorm:"->"`
}

// Cash reads a company's cash with its latest hundred movements and a proposal.
func (s *Service) Cash(ctx context.Context, who market.Actor, company uuid.UUID) (Cash, error) {
	if err := mayPay(who, company); err != nil {
		return Cash{}, err
	}
	g := s.db.Gorm(ctx)
	c, err := market.CompanyByID(g, company)
	if err != nil {
		return Cash{}, err
	}
	out := Cash{Currency: c.Currency}
	if err := g.Raw("SELECT coalesce(sum(amount), 0) FROM cash_movements WHERE company_id = ? AND kind <> 'transferred_to_balance'", company).Scan(&out.Balance).Error; err != nil {
		return out, err
	}
	if out.Free, err = freeCash(g, company); err != nil {
		return out, err
	}
	err = g.Raw(`SELECT v.id, v.kind, v.amount, v.balance, v.currency, v.reference, v.sender, v.at, coalesce(m.title, '') AS milestone_title,
			coalesce(c.id, '00000000-0000-0000-0000-000000000000') AS contract_id, coalesce(c.number, 0) AS contract_number
		FROM cash_movements v LEFT JOIN bank_transfers b ON b.id = v.bank_transfer_id LEFT JOIN milestones m ON m.id = b.milestone_id LEFT JOIN contracts c ON c.id = m.contract_id
		WHERE v.company_id = ? ORDER BY v.seq DESC LIMIT 100`, company).Scan(&out.Movements).Error
	if err != nil {
		return out, err
	}
	if out.Open, err = openTransfers(g, company); err != nil {
		return out, err
	}
	last := CashMovement{Amount: out.Free}
	if at := slices.IndexFunc(out.Movements, func(m CashRecord) bool { return m.Kind == CashFunded }); at >= 0 {
		last.Reference = out.Movements[at].Reference
	}
	out.Proposal, _, err = s.proposal(g, company, last)
	return out, err
}
