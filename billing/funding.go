package billing

import (
	"context"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homecoming/internal/jobs"
	"homecoming/internal/problem"
	"homecoming/market"
)

// ErrFeeNotCovered is a charge whose processing fee nobody pays for.
var ErrFeeNotCovered = problem.Define(problem.Conflict, "processing_fee_not_covered",
	"The provider would keep {fee} of this payment; the platform fee of {covered} does not cover it. Ask the operator to top up.",
	"決済手数料{fee}がプラットフォーム手数料{covered}を上回るため入金できません。運営者に残高の補充をご依頼ください。")

// Fund opens the checkout page for all that a milestone is missing, or gives the one that is open already.
func (s *Service) Fund(ctx context.Context, who market.Actor, id uuid.UUID) (Funding, error) {
	return s.FundPart(ctx, who, id, 0)
}

// FundPart is [Service.Fund] for a part of what is missing, in minor units; 0 is all of it. The work can begin when the
// parts sum to what is owed; until then they go back by [Service.Refund].
func (s *Service) FundPart(ctx context.Context, who market.Actor, id uuid.UUID, amount int64) (Funding, error) {
	return s.payOnPage(ctx, who, id, ForFunding, amount, nil)
}

// fundings are payments of what a milestone is missing.
func (s *Service) fundings() collection {
	return collection{
		by:  market.RunContracts,
		may: s.mayFund,
		begin: func(tx *gorm.DB, who market.Actor, _ Contract, m *Milestone, part int64) (int64, error) {
			if err := s.feeCovered(*m); err != nil {
				return 0, err
			}
			if m.chargeable() {
				return m.part(part)
			}
			if err := s.move(tx, who, m, TheCompany, doFund, ""); err != nil {
				return 0, err
			}
			return m.part(part)
		},
		end: func(tx *gorm.DB, m *Milestone) error {
			if m.State != MilestoneFunding {
				return nil
			}
			return s.move(tx, market.Actor{}, m, TheProvider, doExpire, "")
		},
		settle: s.settleFunding,
	}
}

// mayFund refuses what the contract's rest or ending refuses. What was delivered is paid for even then.
func (s *Service) mayFund(tx *gorm.DB, c Contract, m Milestone) error {
	if m.chargeable() {
		return nil
	}
	return s.working(tx, c)
}

// chargeable reports whether an approved pay run waits for the company's money.
func (m Milestone) chargeable() bool {
	return m.Rail == market.OnAcceptance && m.State == MilestoneReleasing && m.PaidIn == 0
}

// feeCovered refuses a charge whose processing fee would come out of nobody's pocket.
func (s *Service) feeCovered(m Milestone) error {
	fee := (m.Quote().Charge*s.cfg.CardFeeBP + 5_000) / 10_000
	if s.cfg.ToppedUp || fee <= m.PlatformFee {
		return nil
	}
	return ErrFeeNotCovered.With("fee", m.Quote().Money(fee)).With("covered", m.Quote().Money(m.PlatformFee))
}

// settleFunding books the payment of what a milestone was missing, or of a part of it. What it is not missing waits in
// suspense for somebody to say what it was for.
func (s *Service) settleFunding(tx *gorm.DB, c Contract, m Milestone, p Payment) error {
	var known int64
	if err := tx.Model(&Charge{}).Where("id = ?", p.Charge).Count(&known).Error; err != nil || known > 0 {
		return err
	}
	asked, err := askedFor(tx, m, p)
	switch {
	case err != nil:
		return err
	case m.chargeable() && p.Amount == m.Quote().Charge && p.Currency == m.Currency:
		return s.paidUp(tx, c, m, p)
	case !m.chargeable() && p.Currency == m.Currency && m.Missing() > 0 && (asked || p.Amount <= m.Missing()):
		return s.funded(tx, c, m, p)
	}
	return s.unexplained(tx, m, p)
}

// funded books a payment that funds a milestone, wholly or in part.
func (s *Service) funded(tx *gorm.DB, c Contract, m Milestone, p Payment) error {
	if err := s.charge(tx, &m, p); err != nil {
		return err
	}
	do := doSettlePart
	surplus := m.PaidIn - m.Refunded - m.Lost - m.Quote().Charge
	if surplus >= 0 {
		do, m.Refunded = doSettle, m.Refunded+surplus
	}
	if err := s.move(tx, market.Actor{}, &m, TheProvider, do, ""); err != nil {
		return err
	}
	if err := s.settleWays(tx, m, p, m.Missing() == 0); err != nil || do == doSettlePart {
		return err
	}
	if surplus > 0 {
		if err := s.startRefund(tx, c, m, surplus, ""); err != nil {
			return err
		}
	}
	return jobs.Enqueue(tx, letter(market.LetterFunded, c.PersonID, c, m, nil))
}

// askedFor reports whether a payment is just what a page of the milestone's asked for.
func askedFor(tx *gorm.DB, m Milestone, p Payment) (bool, error) {
	var n int64
	err := tx.Model(&Operation{}).Where("id = ? AND kind = ? AND milestone_id = ? AND (input->>'amount')::bigint = ?", p.Operation, CheckoutOperation, m.ID, p.Amount).Count(&n).Error
	return n > 0, err
}

// charge writes a payment down for a milestone and books it.
func (s *Service) charge(tx *gorm.DB, m *Milestone, p Payment) error {
	return s.keepCharge(tx, m, p, charged(*m, p))
}

// keepCharge writes a payment down and books it by an entry.
func (s *Service) keepCharge(tx *gorm.DB, m *Milestone, p Payment, e Entry) error {
	if err := s.post(tx, e); err != nil {
		return err
	}
	m.PaidIn, m.HoldReason = m.PaidIn+p.Amount, ""
	if m.FundedAt == nil {
		m.FundedAt = &p.At
	}
	return tx.Create(&Charge{ID: p.Charge, CompanyID: m.CompanyID, MilestoneID: m.ID, Amount: p.Amount, Currency: p.Currency, PaidAt: p.At}).Error
}

// paidUp books that the company has paid for accepted work, and sends it on to the alumnus.
func (s *Service) paidUp(tx *gorm.DB, c Contract, m Milestone, p Payment) error {
	if err := s.keepCharge(tx, &m, p, chargedLater(m, p)); err != nil {
		return err
	}
	if err := tx.Save(&m).Error; err != nil {
		return err
	}
	if err := s.settleWays(tx, m, p, true); err != nil {
		return err
	}
	if err := s.charged(tx, m); err != nil {
		return err
	}
	if err := jobs.Enqueue(tx, PaperJob{Milestone: m.ID}); err != nil {
		return err
	}
	return s.planTransfers(tx, c, m)
}
