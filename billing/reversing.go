package billing

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homecoming/internal/jobs"
	"homecoming/internal/problem"
	"homecoming/market"
)

// ErrNothingToReverse is a reversal of more than is left of a transfer.
var ErrNothingToReverse = problem.Define(problem.Invalid, "more_than_transferred",
	"At most {left} of this transfer is left to take back.", "取り戻せる金額は{left}までです。")

// ErrPaidByBank is a reversal of what never went through the provider.
var ErrPaidByBank = problem.Define(problem.Conflict, "paid_from_own_bank",
	"This was paid from the company's own bank, so nothing can be taken back here. Ask the payee to send it back.",
	"会社の銀行口座から振り込まれた報酬のため、ここでは取り戻せません。受取人に返金を依頼してください。")

// AskReversal asks to take a part of what was transferred back from the alumnus and give it to the company. It always
// takes two people; it is for what was agreed or ruled after payment, not for regrets. amount is minor units.
func (s *Service) AskReversal(ctx context.Context, who market.Actor, milestone uuid.UUID, amount int64, reason string) (Milestone, error) {
	if err := checkMessage(reason, true); err != nil {
		return Milestone{}, err
	}
	err := s.db.Tx(ctx, func(tx *gorm.DB) error {
		var m Milestone
		if err := one(tx.Where("id = ?", milestone).Take(&m)); err != nil {
			return err
		}
		if err := who.May(market.SettleMoney, m.CompanyID); err != nil {
			return err
		}
		c, m, err := lockMilestone(tx, milestone)
		if err != nil {
			return err
		}
		if err := m.reversible(amount); err != nil {
			return err
		}
		return s.askFor(tx, who, c, m, Approval{Kind: ApproveReversal, Amount: amount, Reason: reason})
	})
	if err != nil {
		return Milestone{}, err
	}
	return s.Milestone(ctx, who, milestone)
}

// reversible answers whether so much of the milestone's transfer can be taken back.
func (m Milestone) reversible(amount int64) error {
	switch m.State {
	case MilestoneReleased, MilestonePaid, MilestonePayoutFailed:
	default:
		return ErrWrongState.With("noun", word("milestone")).With("state", word(string(m.State)))
	}
	if m.Rail == market.BankFile {
		return ErrPaidByBank
	}
	if left := m.Transferred() - m.Reversed; amount <= 0 || amount > left {
		return ErrNothingToReverse.On("amount").With("left", m.Quote().Money(left))
	}
	return nil
}

// Transferred is what was, or is to be, sent to the alumnus: the net less what was kept for an old debt.
func (m Milestone) Transferred() int64 { return m.Quote().Net - m.Recovered }

// startReversal plans the reversals that two people want, out of the latest transfers.
func (s *Service) startReversal(tx *gorm.DB, who market.Actor, c Contract, m Milestone, a Approval) error {
	if err := m.reversible(a.Amount); err != nil {
		return err
	}
	sent, err := sendingsOf(tx, m.ID)
	if err != nil {
		return err
	}
	for left := a.Amount; left > 0; {
		i := slices.IndexFunc(sent, func(t sending) bool { return t.left() > 0 })
		if i < 0 {
			return ErrNothingToReverse.On("amount").With("left", m.Quote().Money(a.Amount-left))
		}
		take := min(left, sent[i].left())
		if err := s.planReversal(tx, c, m, sent[i], take); err != nil {
			return err
		}
		left, sent[i].Reversed = left-take, sent[i].Reversed+take
	}
	if err := market.Audit(tx, who, c.CompanyID, "transfer.reverse", "milestone:"+m.ID.String(), map[string]any{"amount": a.Amount}); err != nil {
		return err
	}
	return tell(tx, market.LetterReversal, []uuid.UUID{c.PersonID}, c, m, map[string]any{"amount": a.money().String(), "reason": a.Reason})
}

// A sending is one transfer of a milestone with what is taken back of it, about to be, or owed instead.
type sending struct {
	Transfer string
	Charge   string // the payment that it went out of
	Amount   int64
	Reversed int64
}

func (t sending) left() int64 { return t.Amount - t.Reversed }

// sendingsOf reads a milestone's transfers, latest first.
func sendingsOf(tx *gorm.DB, milestone uuid.UUID) ([]sending, error) {
	var list []sending
	return list, tx.Raw(`SELECT t.provider_id AS transfer, t.subject AS charge, (t.input->>'amount')::bigint AS amount,
			coalesce((SELECT sum((r.input->>'amount')::bigint) FROM operations r
				WHERE r.milestone_id = t.milestone_id AND r.kind = 'reversal' AND r.subject = t.provider_id
					AND (r.state <> 'rejected' OR r.problem = 'balance_insufficient')), 0)::bigint AS reversed
		FROM operations t WHERE t.milestone_id = ? AND t.kind = 'transfer' AND t.provider_id <> '' ORDER BY t.created_at DESC, t.id DESC`, milestone).Scan(&list).Error
}

// planReversal plans to take a part of one transfer back.
func (s *Service) planReversal(tx *gorm.DB, c Contract, m Milestone, t sending, amount int64) error {
	o := Operation{ID: newID(), CompanyID: &c.CompanyID, Kind: ReversalOperation, MilestoneID: &m.ID, Subject: t.Transfer, PersonID: &c.PersonID}
	o, err := s.plan(tx, o, ReversalOrder{Operation: o.ID, Milestone: m.ID, Transfer: t.Transfer, Charge: t.Charge, Amount: amount, Currency: m.Currency}, s.clock.Now())
	if err != nil {
		return err
	}
	return jobs.Enqueue(tx, OperationJob{Operation: o.ID})
}

func (s *Service) reversals() procedure {
	made := func(r Reversal) outcome {
		return outcome{id: r.ID, settle: func(tx *gorm.DB, o *Operation) error { return s.reversed(tx, o, r) }}
	}
	return procedure{
		find: func(ctx context.Context, o Operation) (outcome, error) {
			order, err := reversalOrder(o)
			if err != nil {
				return outcome{}, err
			}
			r, err := s.gateway.FindReversal(ctx, order.Transfer, o.ID)
			return made(r), err
		},
		send: func(ctx context.Context, o Operation) (outcome, error) {
			order, err := reversalOrder(o)
			if err != nil {
				return outcome{}, err
			}
			r, err := s.gateway.ReverseTransfer(ctx, o.Key(), order)
			return made(r), err
		},
		refused: s.reversalRefused,
	}
}

func reversalOrder(o Operation) (ReversalOrder, error) {
	var order ReversalOrder
	return order, json.Unmarshal(o.Input, &order)
}

// reversed books a reversal, once: the money is owed to the company and sent there.
func (s *Service) reversed(tx *gorm.DB, o *Operation, r Reversal) error {
	c, m, err := lockMilestone(tx, *o.MilestoneID)
	if err != nil || o.State == OpSettled {
		return err
	}
	if err := s.post(tx, takenBack(m, c.PersonID, r)...); err != nil {
		return err
	}
	if err := s.endOperation(tx, o, doSettle); err != nil {
		return err
	}
	charge, err := s.markReversed(tx, m, *o)
	if err != nil {
		return err
	}
	return s.passOn(tx, c, &m, drawing{charge, r.Amount}, payable(c.PersonID), "take_back:"+r.ID)
}

// markReversed notes on the operation of a transfer that a part of it is gone, or all, and says which charge it was of.
func (s *Service) markReversed(tx *gorm.DB, m Milestone, o Operation) (charge string, err error) {
	var t Operation
	if err := tx.Clauses(hold).Where("milestone_id = ? AND kind = ? AND provider_id = ?", m.ID, TransferOperation, o.Subject).Take(&t).Error; err != nil {
		return "", err
	}
	sent, err := sendingsOf(tx, m.ID)
	if err != nil {
		return "", err
	}
	do := "reverse_part"
	if i := slices.IndexFunc(sent, func(s sending) bool { return s.Transfer == o.Subject }); i >= 0 && sent[i].left() == 0 {
		do = "reverse"
	}
	return t.Subject, s.endOperation(tx, &t, do)
}

// passOn owes the company what came out of an account, and sends it by way of the charge that it had gone out of.
func (s *Service) passOn(tx *gorm.DB, c Contract, m *Milestone, part drawing, from, source string) error {
	now, amount := s.clock.Now(), part.amount
	m.Refunded += amount
	if from == payable(c.PersonID) {
		m.Reversed += amount
		if err := jobs.Enqueue(tx, PaperJob{Milestone: m.ID}); err != nil {
			return err
		}
	}
	if err := s.post(tx, newEntry(*m, "take_back", source, "", now).debit(from, m.Currency, amount).credit(refundPayable(*m), m.Currency, amount)); err != nil {
		return err
	}
	if err := giveFrom(tx, part.charge, amount); err != nil {
		return err
	}
	if err := s.sendRefund(tx, *m, s.newRefund(c, *m, part, "")); err != nil {
		return err
	}
	if m.Reversed == m.Transferred() {
		return s.move(tx, market.Actor{}, m, TheProvider, doReverse, "")
	}
	m.UpdatedAt = now
	return tx.Save(m).Error
}

// reversalRefused is an account that has too little: the company gets its money all the same, and the alumnus owes it.
// A refusal for another reason leaves everything as it was.
func (s *Service) reversalRefused(tx *gorm.DB, o Operation, no *Refusal) error {
	c, m, err := lockMilestone(tx, *o.MilestoneID)
	if err != nil {
		return err
	}
	order, err := reversalOrder(o)
	if err != nil {
		return err
	}
	facts := map[string]any{"amount": market.Money{Amount: order.Amount, Currency: order.Currency}.String(), "reason": no.Code}
	if err := s.tellMoney(tx, market.LetterReversalRefused, c, m, facts); err != nil || no.Code != "balance_insufficient" {
		return err
	}
	if err := tell(tx, market.LetterDebt, []uuid.UUID{c.PersonID}, c, m, facts); err != nil {
		return err
	}
	return s.passOn(tx, c, &m, drawing{order.Charge, order.Amount}, receivableAlumnus(c.PersonID), "debt:"+o.ID.String())
}

// takenBack: money of a transfer came back from the connected account.
func takenBack(m Milestone, person uuid.UUID, r Reversal) []Entry {
	return []Entry{
		newEntry(m, "reversal", "reversal:"+r.ID, r.ID, r.At).
			debit(accountPlatform, r.Currency, r.Amount).
			credit(payable(person), r.Currency, r.Amount),
		newEntry(m, "mirror_back", "mirror:"+r.ID, "", r.At).
			debit(accountMirror, r.Currency, r.Amount).
			credit(connected(person), r.Currency, r.Amount),
	}
}

// A Debt is what somebody owes the platform: a company the fees of what it pays from its own bank, or what a lost chargeback
// left; an alumnus what their account could not bear to give back. Amount is minor units.
type Debt struct {
	Account     string // in the ledger
	Who         string // the company's or the person's name
	PersonID    *uuid.UUID
	MilestoneID uuid.UUID // of its oldest part
	Amount      int64
	Currency    string
	Since       time.Time
	Agreed      bool // its owner agreed in writing that it is kept from later transfers
}

// AgeDays is how long it has been owed.
func (d Debt) AgeDays(now time.Time) int { return max(0, int(now.Sub(d.Since).Hours()/24)) }

const debts = `SELECT p.account, sum(p.amount)::bigint AS amount, min(p.currency) AS currency, min(p.at) AS since,
		(array_agg(p.milestone_id ORDER BY p.at, p.entry_id))[1] AS milestone_id
	FROM ledger_postings p WHERE p.company_id = @company AND split_part(p.account, ':', 1) = 'receivable' GROUP BY p.account HAVING sum(p.amount) > 0`

// Debts lists what is owed at a company, oldest first.
func (s *Service) Debts(ctx context.Context, who market.Actor, company uuid.UUID) ([]Debt, error) {
	if err := who.May(market.SeeMoney, company); err != nil {
		return nil, err
	}
	var list []Debt
	return list, s.db.Gorm(ctx).Raw(`SELECT d.*, coalesce(name_of(pe), co.name) AS who, pe.id AS person_id,
			EXISTS (SELECT 1 FROM recoveries r JOIN contracts c ON c.person_id = r.person_id WHERE r.person_id = pe.id AND r.company_id = @company) AS agreed
		FROM (`+debts+`) d LEFT JOIN people pe ON d.account = 'receivable:freelancer:' || pe.id
		JOIN companies co ON co.id = @company ORDER BY d.since`, map[string]any{"company": company}).Scan(&list).Error
}

// MyDebts lists what the actor owes, one for each company.
func (s *Service) MyDebts(ctx context.Context, who market.Actor) ([]Debt, error) {
	var list []Debt
	return list, s.db.Gorm(ctx).Raw(`SELECT p.account, sum(p.amount)::bigint AS amount, min(p.currency) AS currency, min(p.at) AS since, co.name AS who,
			(array_agg(p.milestone_id ORDER BY p.at, p.entry_id))[1] AS milestone_id,
			EXISTS (SELECT 1 FROM recoveries r WHERE r.person_id = @person AND r.company_id = p.company_id) AS agreed
		FROM ledger_postings p JOIN companies co ON co.id = p.company_id WHERE p.account = @account
		GROUP BY p.account, p.company_id, co.name HAVING sum(p.amount) > 0 ORDER BY since`,
		map[string]any{"person": who.PersonID, "account": receivableAlumnus(who.PersonID)}).Scan(&list).Error
}

// ErrNoDebt is about a debt that is not there.
var ErrNoDebt = problem.Define(problem.Conflict, "no_such_debt", "Nothing is owed here any more.", "該当する債権はありません。")

// AgreeRecovery is the actor's own written agreement that what they owe because of a milestone is kept from later
// transfers, at most half of each. terms is what they read.
func (s *Service) AgreeRecovery(ctx context.Context, who market.Actor, milestone uuid.UUID, terms string) error {
	if err := checkMessage(terms, true); err != nil {
		return err
	}
	return s.db.Tx(ctx, func(tx *gorm.DB) error {
		c, m, err := s.lockFor(tx, who, milestone, TheAlumnus)
		if err != nil {
			return err
		}
		owed, err := owedBy(tx, c)
		if err != nil {
			return err
		}
		if owed <= 0 {
			return ErrNoDebt
		}
		err = tx.Exec(`INSERT INTO recoveries (id, company_id, milestone_id, person_id, amount, currency, terms, agreed_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT ON CONSTRAINT recovery_once DO NOTHING`, newID(), c.CompanyID, m.ID, who.PersonID, owed, m.Currency, terms, s.clock.Now()).Error
		if err != nil {
			return err
		}
		return market.Audit(tx, who, c.CompanyID, "recovery.agree", "milestone:"+m.ID.String(), map[string]any{"amount": owed})
	})
}

// owedBy is what the contract's alumnus owes at its company.
func owedBy(tx *gorm.DB, c Contract) (int64, error) {
	var owed int64
	return owed, tx.Raw("SELECT coalesce(sum(amount), 0) FROM ledger_postings WHERE account = ? AND company_id = ?",
		receivableAlumnus(c.PersonID), c.CompanyID).Scan(&owed).Error
}

// recoverable is how much of a milestone's net is kept for an old debt: nothing without an agreement, and never more
// than what was agreed to, nor more than half.
func (s *Service) recoverable(tx *gorm.DB, c Contract, m Milestone) (int64, error) {
	owed, err := owedBy(tx, c)
	if err != nil || owed <= 0 {
		return 0, err
	}
	var left int64
	err = tx.Raw(`SELECT coalesce((SELECT sum(amount) FROM recoveries WHERE person_id = @p AND company_id = @c), 0)
		- coalesce((SELECT sum(m.recovered) FROM milestones m JOIN contracts k ON k.id = m.contract_id WHERE k.person_id = @p AND m.company_id = @c), 0)`,
		map[string]any{"p": c.PersonID, "c": c.CompanyID}).Scan(&left).Error
	return max(0, min(owed, left, m.Quote().Net/2)), err
}

// recovered: a part of what is owed to the alumnus pays for what they owe.
func recovered(m Milestone, person uuid.UUID, at time.Time) Entry {
	return newEntry(m, "recovery", "recovery:"+m.ID.String(), "", at).
		debit(payable(person), m.Currency, m.Recovered).
		credit(receivableAlumnus(person), m.Currency, m.Recovered)
}

// AskWriteOff asks to give a debt up. Because the platform is who then goes without, an operator decides, see [Concession].
func (s *Service) AskWriteOff(ctx context.Context, who market.Actor, company uuid.UUID, account, reason string) error {
	if err := checkMessage(reason, true); err != nil {
		return err
	}
	if err := who.May(market.SettleMoney, company); err != nil {
		return err
	}
	return s.db.Tx(ctx, func(tx *gorm.DB) error {
		d, err := debtOf(tx, company, account)
		if err != nil {
			return err
		}
		c, m, err := lockMilestone(tx, d.MilestoneID)
		if err != nil {
			return err
		}
		return s.askFor(tx, who, c, m, Approval{Kind: ApproveWriteOff, Account: account, Amount: d.Amount, Reason: reason})
	})
}

func debtOf(tx *gorm.DB, company uuid.UUID, account string) (Debt, error) {
	var list []Debt
	err := tx.Raw("SELECT * FROM ("+debts+") d WHERE account = @account", map[string]any{"company": company, "account": account}).Scan(&list).Error
	if err == nil && len(list) == 0 {
		err = ErrNoDebt.On("account")
	}
	return append(list, Debt{})[0], err
}

// writeOff books a debt that two people gave up.
func (s *Service) writeOff(tx *gorm.DB, m Milestone, a Approval) error {
	d, err := debtOf(tx, a.CompanyID, a.Account)
	if err != nil {
		return err
	}
	if d.Amount < a.Amount {
		return errors.Join(ErrChanged)
	}
	return s.post(tx, newEntry(m, "write_off", "write_off:"+a.ID.String(), "", s.clock.Now()).
		debit(accountGoodwill, a.Currency, a.Amount).credit(a.Account, a.Currency, a.Amount))
}
