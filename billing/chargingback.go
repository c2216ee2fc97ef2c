package billing

import (
	"context"

	"github.com/google/uuid"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"homecoming/market"
)

// lookAtChargeback reads a chargeback again and books what has become of it. Every event about it ends here, in any
// order: all that moved and how it stands is on the object.
func (s *Service) lookAtChargeback(ctx context.Context, id string) error {
	p, err := s.gateway.Chargeback(ctx, id)
	if err != nil {
		return err
	}
	return s.db.Tx(ctx, func(tx *gorm.DB) error { return s.seenChargeback(tx, p) })
}

// seenChargeback writes down how the provider sees a chargeback, and does what follows.
func (s *Service) seenChargeback(tx *gorm.DB, p Chargeback) error {
	milestone, err := chargedMilestone(tx, p)
	if err != nil || milestone == uuid.Nil {
		return err
	}
	c, m, err := lockMilestone(tx, milestone)
	if err != nil {
		return ours(err)
	}
	rec, isNew, err := s.chargebackRecord(tx, m, p)
	if err != nil {
		return err
	}
	if err := s.bookMovements(tx, m, rec, p); err != nil {
		return err
	}
	to, moved := rec.State, isNew
	if next, err := chargebackMachine.Next(rec.State, chargebackDoing[p.State], TheProvider, rec); err == nil {
		to, moved = next, true
	}
	rec.State, rec.UpdatedAt = to, s.clock.Now()
	if !moved {
		return tx.Save(&rec).Error
	}
	return s.chargebackMoved(tx, c, &m, &rec, isNew)
}

// chargedMilestone finds whose payment it is; uuid.Nil when it is nobody's.
func chargedMilestone(tx *gorm.DB, p Chargeback) (uuid.UUID, error) {
	var ids []uuid.UUID
	err := tx.Raw(`SELECT milestone_id FROM charges WHERE id = @charge
		UNION SELECT milestone_id FROM ledger_entries WHERE external_id = @charge AND kind = 'receivable_paid'`,
		map[string]any{"charge": p.Charge}).Scan(&ids).Error
	if err != nil || len(ids) == 0 {
		return uuid.Nil, err
	}
	return ids[0], nil
}

// chargebackRecord finds or begins the record of a chargeback, with what may have changed on it.
func (s *Service) chargebackRecord(tx *gorm.DB, m Milestone, p Chargeback) (rec ChargebackRecord, isNew bool, err error) {
	err = one(tx.Clauses(hold).Where("id = ?", p.ID).Take(&rec))
	if isNew = ours(err) == nil && err != nil; isNew {
		state, known := chargebackStart[p.State]
		if !known {
			state = ChargebackNeedsResponse
		}
		rec = ChargebackRecord{ID: p.ID, CompanyID: m.CompanyID, MilestoneID: m.ID, Charge: p.Charge, Stage: stageOf(m.State), State: state, OpenedAt: p.At}
		err = nil
	}
	rec.Amount, rec.Currency, rec.Reason = p.Amount, p.Currency, p.Reason
	if !p.DueBy.IsZero() {
		rec.DueBy = &p.DueBy
	}
	return rec, isNew, err
}

// bookMovements posts what the bank took and gave back. What comes back after it was lost undoes the loss, where the
// company owes it; otherwise somebody has to say whose it is.
func (s *Service) bookMovements(tx *gorm.DB, m Milestone, rec ChargebackRecord, p Chargeback) error {
	from := rec.hold()
	switch {
	case rec.State == ChargebackLost && rec.BorneBy == BorneByClient:
		from = receivableClient(rec.CompanyID)
	case rec.State == ChargebackLost:
		from = accountUnmatched
	}
	for _, by := range p.Movements {
		e := claimed(m, rec, by)
		if by.Amount > 0 {
			e = reinstated(m, rec, by, from)
		}
		if err := s.post(tx, e); err != nil {
			return err
		}
	}
	return nil
}

// chargebackMoved does what follows from a new state: an open one freezes, an ended one thaws, a lost one costs.
func (s *Service) chargebackMoved(tx *gorm.DB, c Contract, m *Milestone, rec *ChargebackRecord, isNew bool) error {
	now := s.clock.Now()
	if !rec.Open() {
		rec.ClosedAt = &now
	}
	if rec.State == ChargebackLost {
		if err := s.bearLoss(tx, c, m, rec); err != nil {
			return err
		}
	}
	if err := tx.Clauses(clause.OnConflict{UpdateAll: true}).Create(rec).Error; err != nil {
		return err
	}
	if err := s.refreeze(tx, m); err != nil {
		return err
	}
	if err := market.Audit(tx, market.Actor{}, c.CompanyID, "chargeback."+string(rec.State), "milestone:"+m.ID.String(),
		map[string]any{"chargeback": rec.ID, "amount": rec.Amount, "borne_by": rec.BorneBy}); err != nil {
		return err
	}
	return s.tellChargeback(tx, c, *m, *rec, isNew)
}

// tellChargeback writes to the company's finance, and to the alumnus where it holds up or ends their work.
func (s *Service) tellChargeback(tx *gorm.DB, c Contract, m Milestone, rec ChargebackRecord, isNew bool) error {
	facts := map[string]any{"amount": market.Money{Amount: rec.Amount, Currency: rec.Currency}.String()}
	kind := market.LetterChargebackOver
	switch {
	case isNew && rec.Open():
		kind = market.LetterChargeback
		if rec.DueBy != nil {
			facts["date"] = rec.DueBy.Format("2006-01-02")
		}
	case rec.Open():
		return nil
	default:
		facts["outcome"], facts["borne"] = string(rec.State), string(rec.BorneBy)
	}
	if err := s.tellMoney(tx, kind, c, m, facts); err != nil {
		return err
	}
	if rec.Stage == AfterPayout {
		return nil // it is between the company and us
	}
	return tell(tx, kind, []uuid.UUID{c.PersonID}, c, m, facts)
}

// bearLoss books a lost chargeback. It falls on what is held for the milestone, or on what is owed back and was not
// sent; all else the company owes.
func (s *Service) bearLoss(tx *gorm.DB, c Contract, m *Milestone, rec *ChargebackRecord) error {
	now := s.clock.Now()
	var taken int64
	err := tx.Raw("SELECT coalesce(sum(amount), 0) FROM ledger_postings WHERE account = ?", rec.hold()).Scan(&taken).Error
	if err != nil || taken <= 0 {
		return err // nothing was taken
	}
	var funds int64
	if err := tx.Model(&Charge{}).Where("id = ?", rec.Charge).Count(&funds).Error; err != nil {
		return err
	}
	switch {
	case funds == 0: // it paid an earlier debt, which is owed again
	case m.holdsMoney() && taken == m.Held():
		rec.BorneBy = BorneByHeld
		if err := s.post(tx, lostTo(*m, *rec, held(*m), taken, now)); err != nil {
			return err
		}
		if err := tx.Exec("UPDATE charges SET lost = lost + ? WHERE id = ?", taken, rec.Charge).Error; err != nil {
			return err
		}
		m.Lost, m.Frozen, m.AutoAcceptAt = m.Lost+taken, "", nil
		if err := s.move(tx, market.Actor{}, m, TheProvider, doChargeBack, ""); err != nil {
			return err
		}
		if err := s.cutDisputes(tx, *m); err != nil {
			return err
		}
		return s.close(tx, c)
	case m.State == MilestoneRefunding:
		overtaken, err := s.overtakeRefund(tx, c, m, rec, taken)
		if err != nil || overtaken {
			return err
		}
	}
	rec.BorneBy = BorneByClient
	return s.post(tx, lostTo(*m, *rec, receivableClient(c.CompanyID), taken, now))
}

// stands reports whether all of a milestone's charge is held.
func stands(state MilestoneState) bool {
	switch state {
	case MilestoneFunded, MilestoneInProgress, MilestoneSubmitted, MilestoneChangesRequested:
		return true
	}
	return false
}

// overtakeRefund lets a lost chargeback stand for the refund of the same money, unless that may have been sent.
func (s *Service) overtakeRefund(tx *gorm.DB, c Contract, m *Milestone, rec *ChargebackRecord, taken int64) (bool, error) {
	var r RefundRecord
	err := one(tx.Clauses(hold).Where("milestone_id = ? AND charge = ? AND state IN ? AND NOT moved", m.ID, rec.Charge, []RefundState{RefundSending, RefundFailed}).Take(&r))
	if err != nil || r.Amount != taken {
		return false, ours(err)
	}
	var o Operation
	if err := tx.Clauses(hold).Where("id = ?", r.OperationID).Take(&o).Error; err != nil {
		return false, err
	}
	if o.State == OpSending || o.State == OpUnknown || o.State == OpCreated {
		return false, nil
	}
	if r.State, err = refundMachine.Next(r.State, "overtake", TheProvider, r); err != nil {
		return false, err
	}
	r.UpdatedAt = s.clock.Now()
	if err := tx.Save(&r).Error; err != nil {
		return false, err
	}
	if err := s.endOperation(tx, &o, doFail); err != nil {
		return false, err
	}
	rec.BorneBy, m.Frozen = BorneByRefund, ""
	if err := s.post(tx, lostTo(*m, *rec, refundPayable(*m), taken, s.clock.Now())); err != nil {
		return false, err
	}
	return true, s.refundDone(tx, c, m)
}

// refreeze says on a milestone why nothing may move, from all that is open about it. When it thaws, silence gets the
// time back that it was frozen for, and what waited goes on.
func (s *Service) refreeze(tx *gorm.DB, m *Milestone) error {
	var open struct{ Chargebacks, Disputes int }
	err := tx.Raw(`SELECT (SELECT count(*) FROM chargebacks WHERE milestone_id = @m AND state IN ('inquiry', 'needs_response', 'under_review')) AS chargebacks,
		(SELECT count(*) FROM disputes WHERE milestone_id = @m AND state IN ('open', 'for_ruling', 'proposed_ruling')) AS disputes`,
		map[string]any{"m": m.ID}).Scan(&open).Error
	if err != nil {
		return err
	}
	before, now := m.Frozen, s.clock.Now()
	switch {
	case open.Chargebacks > 0:
		m.Frozen = frozenByChargeback
	case open.Disputes > 0:
		m.Frozen = frozenByDispute
	default:
		m.Frozen = ""
	}
	if m.Frozen == before {
		return nil
	}
	if before == "" {
		m.FrozenAt = &now
	}
	if m.Frozen == "" {
		m.thaw(now)
	}
	m.UpdatedAt = now
	if err := tx.Save(m).Error; err != nil {
		return err
	}
	if m.Frozen != "" {
		return nil
	}
	return tx.Exec("UPDATE operations SET next_at = ? WHERE milestone_id = ? AND kind IN ? AND state IN ?", now, m.ID,
		[]OperationKind{TransferOperation, RefundOperation}, []OperationState{OpPlanned, OpRejected}).Error
}

// Chargebacks lists those on a company's payments, newest first.
func (s *Service) Chargebacks(ctx context.Context, who market.Actor, company uuid.UUID) ([]ChargebackRecord, error) {
	if err := who.May(market.SeeMoney, company); err != nil {
		return nil, err
	}
	var list []ChargebackRecord
	return list, shownChargebacks(s.db.Gorm(ctx)).Where("b.company_id = ?", company).Order("b.opened_at DESC, b.id DESC").Limit(100).Scan(&list).Error
}

// Chargeback reads one.
func (s *Service) Chargeback(ctx context.Context, who market.Actor, id string) (ChargebackRecord, error) {
	var list []ChargebackRecord
	if err := shownChargebacks(s.db.Gorm(ctx)).Where("b.id = ?", id).Scan(&list).Error; err != nil {
		return ChargebackRecord{}, err
	}
	if len(list) == 0 {
		return ChargebackRecord{}, market.ErrNotFound
	}
	return list[0], who.May(market.SeeMoney, list[0].CompanyID)
}

func shownChargebacks(g *gorm.DB) *gorm.DB {
	return g.Table("chargebacks b").Select("b.*, m.title AS milestone_title, c.id AS contract_id, c.number AS contract_number, name_of(p) AS person_name").
		Joins("JOIN milestones m ON m.id = b.milestone_id").Joins("JOIN contracts c ON c.id = m.contract_id").Joins("JOIN people p ON p.id = c.person_id")
}
