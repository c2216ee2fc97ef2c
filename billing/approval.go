package billing

import (
	"context"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homecoming/internal/db"
	"homecoming/internal/problem"
	"homecoming/market"
)

// ApprovalState is where a step stands that needs two people.
type ApprovalState string

// The states of an approval.
const (
	ApprovalAsked     ApprovalState = "asked"
	ApprovalApproved  ApprovalState = "approved"
	ApprovalDeclined  ApprovalState = "declined"
	ApprovalWithdrawn ApprovalState = "withdrawn"
)

// An ApprovalKind is what is asked for.
type ApprovalKind string

// The kinds of approval.
const (
	ApproveRefund   ApprovalKind = "refund"    // an undelivered milestone's money goes back, above the company's limit
	ApproveReversal ApprovalKind = "reversal"  // money that was transferred is taken back, and goes to the company
	ApproveByHand   ApprovalKind = "by_hand"   // a failed refund was paid by bank transfer
	ApproveWriteOff ApprovalKind = "write_off" // a debt is given up
)

// An attempt is an approval with who tries to move it.
type attempt struct {
	Approval
	who uuid.UUID
}

// What can be wrong with approving.
var (
	ErrSamePerson = problem.Define(problem.Conflict, "same_person",
		"You took part in this yourself. Somebody else has to say yes.", "ご自身が関わった手続きのため承認できません。別の担当者が承認してください。")
	ErrAskedAlready = problem.Define(problem.Conflict, "asked_already",
		"This was asked for already and waits for a second person. Approve or decline that first.", "同じ手続きが承認待ちです。先にそちらを承認または却下してください。")
)

var (
	somebodyElse = &Guard[attempt]{"not who asked", func(a attempt) error {
		if a.who == a.AskedBy {
			return ErrSamePerson
		}
		return nil
	}}
	theAsker = &Guard[attempt]{"who asked", func(a attempt) error {
		if a.who != a.AskedBy {
			return market.ErrForbidden.With("action", string(market.ApproveMoney))
		}
		return nil
	}}
)

// approvalMachine is the life of a step that needs two people.
var approvalMachine = Machine[ApprovalState, attempt]{
	Noun:  "approval",
	Start: ApprovalAsked,
	Moves: []Move[ApprovalState, attempt]{
		{ApprovalAsked, "approve", ApprovalApproved, TheCompany, somebodyElse},
		{ApprovalAsked, "decline", ApprovalDeclined, TheCompany, somebodyElse},
		{ApprovalAsked, "withdraw", ApprovalWithdrawn, TheCompany, theAsker},
	},
	Stands: map[ApprovalState]Stand{
		ApprovalAsked:     {Owner: TheCompany}, // anybody else who may approve
		ApprovalApproved:  {},
		ApprovalDeclined:  {},
		ApprovalWithdrawn: {},
	},
}

// An Approval is a step about money that one person asks for and another approves. Amount is minor units.
type Approval struct {
	ID          uuid.UUID
	CompanyID   uuid.UUID
	MilestoneID uuid.UUID
	RefundID    *uuid.UUID // of ApproveByHand
	Kind        ApprovalKind
	Account     string // of ApproveWriteOff: the receivable in the ledger
	Amount      int64
	Currency    string
	Reason      string // for ApproveByHand the bank transfer's reference
	State       ApprovalState
	AskedBy     uuid.UUID
	AskedAt     time.Time
	DecidedBy   *uuid.UUID
	DecidedAt   *time.Time

	AskedByName    string    `gorm:"->"`
	MilestoneTitle string    `gorm:"->"`
	ContractID     uuid.UUID `gorm:"->"`
	ContractNumber int       `gorm:"->"`
}

// askFor writes down what somebody wants, and tells those who may approve it.
func (s *Service) askFor(tx *gorm.DB, who market.Actor, c Contract, m Milestone, a Approval) error {
	a.ID, a.CompanyID, a.MilestoneID, a.Currency, a.State = newID(), c.CompanyID, m.ID, m.Currency, approvalMachine.Start
	a.AskedBy, a.AskedAt = who.PersonID, s.clock.Now()
	if err := tx.Create(&a).Error; err != nil {
		if db.Violated(err) == "asked_once" {
			return ErrAskedAlready
		}
		return err
	}
	if err := market.Audit(tx, who, c.CompanyID, "approval.ask", "approval:"+a.ID.String(), map[string]any{"kind": a.Kind, "amount": a.Amount, "milestone": m.ID}); err != nil {
		return err
	}
	l := letter(market.LetterApproval, uuid.Nil, c, m, map[string]any{"amount": a.money().String(), "reason": a.Reason})
	l.Path = "/money/settling"
	return askApprovers(tx, who, l, a.CostsPlatform())
}

func (a Approval) money() market.Money { return market.Money{Amount: a.Amount, Currency: a.Currency} }

// Approve carries out what somebody else asked for.
func (s *Service) Approve(ctx context.Context, who market.Actor, id uuid.UUID) (Approval, error) {
	return s.decide(ctx, who, id, "approve", func(tx *gorm.DB, c Contract, m *Milestone, a Approval) error {
		switch a.Kind {
		case ApproveRefund:
			if a.Amount != m.Held() {
				return ErrChanged
			}
			return s.giveBack(tx, who, c, m, TheCompany, doRefund, a.Reason)
		case ApproveReversal:
			return s.startReversal(tx, who, c, *m, a)
		case ApproveByHand:
			return s.paidByHand(tx, c, m, a)
		}
		return s.writeOff(tx, *m, a)
	})
}

// ErrChanged is an approval of something that is no longer what was asked for.
var ErrChanged = problem.Define(problem.Conflict, "changed_since",
	"The amount has changed since this was asked for. Decline it and ask again.", "承認依頼の後に金額が変更されています。却下のうえ、あらためて依頼してください。")

// Decline says no to what somebody else asked for.
func (s *Service) Decline(ctx context.Context, who market.Actor, id uuid.UUID) (Approval, error) {
	return s.decide(ctx, who, id, "decline", nil)
}

// WithdrawApproval takes back what the actor asked for.
func (s *Service) WithdrawApproval(ctx context.Context, who market.Actor, id uuid.UUID) (Approval, error) {
	return s.decide(ctx, who, id, "withdraw", nil)
}

// decide moves an approval, with its milestone held first, and does what follows from it.
func (s *Service) decide(ctx context.Context, who market.Actor, id uuid.UUID, do string, then func(*gorm.DB, Contract, *Milestone, Approval) error) (Approval, error) {
	var a Approval
	err := s.db.Tx(ctx, func(tx *gorm.DB) error {
		a = Approval{}
		if err := one(tx.Where("id = ?", id).Take(&a)); err != nil {
			return err
		}
		if err := mayDecide(who, a, do); err != nil {
			return err
		}
		c, m, err := lockMilestone(tx, a.MilestoneID)
		if err != nil {
			return err
		}
		a = Approval{}
		if err := tx.Clauses(hold).Where("id = ?", id).Take(&a).Error; err != nil {
			return err
		}
		if a.State, err = approvalMachine.Next(a.State, do, TheCompany, attempt{a, who.PersonID}); err != nil {
			return err
		}
		now := s.clock.Now()
		a.DecidedBy, a.DecidedAt = &who.PersonID, &now
		if err := tx.Save(&a).Error; err != nil {
			return err
		}
		if then != nil {
			if err := then(tx, c, &m, a); err != nil {
				return err
			}
		}
		return market.Audit(tx, who, c.CompanyID, "approval."+do, "approval:"+a.ID.String(), map[string]any{"kind": a.Kind, "amount": a.Amount})
	})
	return a, err
}

// mayDecide lets those approve who may, and who asked take it back.
func mayDecide(who market.Actor, a Approval, do string) error {
	if do == "withdraw" && who.PersonID == a.AskedBy {
		return nil
	}
	return mayApprove(who, a.CompanyID, a.CostsPlatform())
}

// Approvals lists what waits for a second person at a company, oldest first, or what was decided, newest first.
func (s *Service) Approvals(ctx context.Context, who market.Actor, company uuid.UUID, waiting bool) ([]Approval, error) {
	if who.May(market.ApproveMoney, company) != nil {
		if err := who.May(market.SeeMoney, company); err != nil {
			return nil, err
		}
	}
	q := shownApprovals(s.db.Gorm(ctx)).Where("a.company_id = ?", company)
	if waiting {
		q = q.Where("a.state = ?", ApprovalAsked).Order("a.id")
	} else {
		q = q.Where("a.state <> ?", ApprovalAsked).Order("a.decided_at DESC")
	}
	var list []Approval
	return list, q.Limit(100).Scan(&list).Error
}

func shownApprovals(g *gorm.DB) *gorm.DB {
	return g.Table("approvals a").Select("a.*, name_of(p) AS asked_by_name, m.title AS milestone_title, c.id AS contract_id, c.number AS contract_number").
		Joins("JOIN people p ON p.id = a.asked_by").Joins("JOIN milestones m ON m.id = a.milestone_id").Joins("JOIN contracts c ON c.id = m.contract_id")
}
