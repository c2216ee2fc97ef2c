package billing

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homecoming/internal/db"
	"homecoming/internal/jobs"
	"homecoming/market"
)

// OpenDispute freezes a milestone whose money is held, for a reason that the other side reads. Either side may.
func (s *Service) OpenDispute(ctx context.Context, who market.Actor, milestone uuid.UUID, reason string) (Dispute, error) {
	if err := checkMessage(reason, true); err != nil {
		return Dispute{}, err
	}
	var id uuid.UUID
	err := s.db.Tx(ctx, func(tx *gorm.DB) error {
		side, err := s.sideOn(tx, who, milestone)
		if err != nil {
			return err
		}
		c, m, err := lockMilestone(tx, milestone)
		if err != nil {
			return err
		}
		if !stands(m.State) {
			return ErrNothingHeld.With("state", word(string(m.State)))
		}
		if err := notFrozen.Holds(moment{m, s.clock.Now()}); err != nil {
			return err
		}
		now := s.clock.Now()
		d := Dispute{ID: newID(), CompanyID: c.CompanyID, MilestoneID: m.ID, OpenedBy: who.PersonID, Side: side, Reason: reason,
			State: disputeMachine.Start, Deadline: now.Add(disputeTerm), OpenedAt: now}
		id = d.ID
		if err := tx.Create(&d).Error; err != nil {
			if db.Violated(err) == "one_open_dispute" {
				return ErrFrozen.With("reason", word(frozenByDispute))
			}
			return err
		}
		if err := s.refreeze(tx, &m); err != nil {
			return err
		}
		if err := market.Audit(tx, who, c.CompanyID, "dispute.open", "milestone:"+m.ID.String(), map[string]any{"dispute": d.ID, "side": side}); err != nil {
			return err
		}
		return s.tellOther(tx, market.LetterDispute, who, c, m, side, map[string]any{"message": reason, "date": s.day(tx, c, d.Deadline)})
	})
	if err != nil {
		return Dispute{}, err
	}
	return s.Dispute(ctx, who, id)
}

// sideOn is the side of a milestone's contract that the actor acts for.
func (s *Service) sideOn(tx *gorm.DB, who market.Actor, milestone uuid.UUID) (Party, error) {
	var c Contract
	err := one(who.VisibleContracts(tx.Where("contracts.id = (SELECT contract_id FROM milestones WHERE id = ?)", milestone)).Take(&c))
	if err != nil {
		return "", err
	}
	if who.PersonID == c.PersonID {
		return TheAlumnus, nil
	}
	return TheCompany, mayAct(who, c, TheCompany)
}

// tellOther writes to the other side of a contract.
func (s *Service) tellOther(tx *gorm.DB, kind market.LetterKind, who market.Actor, c Contract, m Milestone, side Party, facts map[string]any) error {
	to := c.PersonID
	if side == TheAlumnus {
		to = c.ManagerID
	}
	return jobs.Enqueue(tx, letter(kind, to, c, m, facts).Naming("from", who.PersonID, who.Name))
}

// day is the company's day of a moment, for letters.
func (s *Service) day(tx *gorm.DB, c Contract, at time.Time) string {
	company, err := market.CompanyByID(tx, c.CompanyID)
	if err != nil {
		return at.Format(time.DateOnly)
	}
	return company.Today(at).String()
}

// Propose offers the other side a split: release is the part of the fee, without tax, that is paid; the rest of the
// charge goes back. A later proposal replaces an earlier one.
func (s *Service) Propose(ctx context.Context, who market.Actor, dispute uuid.UUID, release int64, message string) (Dispute, error) {
	if err := checkMessage(message, false); err != nil {
		return Dispute{}, err
	}
	return s.onDispute(ctx, who, dispute, func(tx *gorm.DB, c Contract, m Milestone, d *Dispute) error {
		side, err := s.sideOn(tx, who, m.ID)
		if err != nil {
			return err
		}
		if !d.Open() {
			return ErrWrongState.With("noun", word("dispute")).With("state", word(string(d.State)))
		}
		p, err := s.offer(tx, who, d, side, release, message)
		if err != nil {
			return err
		}
		return s.tellOther(tx, market.LetterProposal, who, c, m, side, map[string]any{"message": message,
			"release": m.Quote().Money(p.Split.Paid.Net).String(), "refund": m.Quote().Money(p.Split.Refund).String()})
	})
}

// offer writes a proposal or a ruling down.
func (s *Service) offer(tx *gorm.DB, who market.Actor, d *Dispute, by Party, release int64, message string) (Proposal, error) {
	split, err := SplitOf(d.Rules, d.Milestone, d.Terms, release)
	if err != nil {
		return Proposal{}, err
	}
	p := Proposal{ID: newID(), CompanyID: d.CompanyID, DisputeID: d.ID, By: by, PersonID: who.PersonID, Release: release, Message: message, At: s.clock.Now(), Split: split}
	if err := tx.Create(&p).Error; err != nil {
		return p, err
	}
	d.Proposals = append(d.Proposals, p)
	return p, market.Audit(tx, who, d.CompanyID, "dispute.propose", "dispute:"+d.ID.String(), map[string]any{"by": by, "release": release, "refund": split.Refund})
}

// Agree settles a dispute by the other side's latest proposal; seen is the one the actor looked at.
func (s *Service) Agree(ctx context.Context, who market.Actor, dispute, seen uuid.UUID) (Dispute, error) {
	return s.onDispute(ctx, who, dispute, func(tx *gorm.DB, c Contract, m Milestone, d *Dispute) error {
		side, err := s.sideOn(tx, who, m.ID)
		if err != nil {
			return err
		}
		last := d.latest(TheCompany, TheAlumnus)
		switch {
		case last == nil || last.ID != seen:
			return ErrNoProposal.On("proposal")
		case last.By == side:
			return ErrOwnProposal.On("proposal")
		}
		return s.settleDispute(tx, who, c, m, d, *last, "agree", TheParties)
	})
}

// WithdrawDispute ends a dispute as if it had not been opened; whoever opened it may.
func (s *Service) WithdrawDispute(ctx context.Context, who market.Actor, dispute uuid.UUID) (Dispute, error) {
	return s.onDispute(ctx, who, dispute, func(tx *gorm.DB, c Contract, m Milestone, d *Dispute) error {
		if err := s.moveDispute(tx, d, "withdraw", d.Side, who.PersonID); err != nil {
			return err
		}
		if err := s.refreeze(tx, &m); err != nil {
			return err
		}
		if err := market.Audit(tx, who, c.CompanyID, "dispute.withdraw", "dispute:"+d.ID.String(), nil); err != nil {
			return err
		}
		return s.tellOther(tx, market.LetterDisputeOver, who, c, m, d.Side, map[string]any{"outcome": string(d.State)})
	})
}

// Rule decides a dispute that the parties did not settle in time. It counts when somebody else has confirmed it.
func (s *Service) Rule(ctx context.Context, who market.Actor, dispute uuid.UUID, release int64, message string) (Dispute, error) {
	if err := checkMessage(message, true); err != nil {
		return Dispute{}, err
	}
	return s.onDispute(ctx, who, dispute, func(tx *gorm.DB, c Contract, _ Milestone, d *Dispute) error {
		if err := mayRule(who, c, *d); err != nil {
			return err
		}
		if err := s.moveDispute(tx, d, "rule", TheRuling, who.PersonID); err != nil {
			return err
		}
		_, err := s.offer(tx, who, d, TheRuling, release, message)
		return err
	})
}

// ConfirmRuling carries out what somebody else ruled; seen is the ruling the actor looked at.
func (s *Service) ConfirmRuling(ctx context.Context, who market.Actor, dispute, seen uuid.UUID) (Dispute, error) {
	return s.onDispute(ctx, who, dispute, func(tx *gorm.DB, c Contract, m Milestone, d *Dispute) error {
		if err := mayRule(who, c, *d); err != nil {
			return err
		}
		ruling := d.Ruled()
		if ruling == nil || ruling.ID != seen {
			return ErrNoProposal.On("proposal")
		}
		return s.settleDispute(tx, who, c, m, d, *ruling, "confirm", TheRuling)
	})
}

// mayRule lets those rule who may at the company and stand on neither side: not the alumnus, not who runs the
// contract, not who opened the dispute or proposed anything in it.
func mayRule(who market.Actor, c Contract, d Dispute) error {
	if err := who.May(market.RuleDisputes, c.CompanyID); err != nil {
		return err
	}
	if who.PersonID == c.PersonID || who.PersonID == c.ManagerID || who.PersonID == d.OpenedBy {
		return ErrInvolved
	}
	for _, p := range d.Proposals {
		if p.PersonID == who.PersonID && p.By != TheRuling {
			return ErrInvolved
		}
	}
	return nil
}

// settleDispute pays one part of what is held and gives the other back, in one transaction.
func (s *Service) settleDispute(tx *gorm.DB, who market.Actor, c Contract, m Milestone, d *Dispute, by Proposal, do string, as Party) error {
	split, err := SplitOf(d.Rules, m, d.Terms, by.Release)
	if err != nil {
		return err
	}
	d.Release = &by.Release
	if err := s.moveDispute(tx, d, do, as, who.PersonID); err != nil {
		return err
	}
	if m.Frozen == frozenByDispute {
		m.Frozen, m.FrozenAt = "", nil
	}
	switch {
	case by.Release > 0:
		err = s.paySplit(tx, who, c, &m, as, split, by.Message)
	case m.Rail.PaysLater():
		if err = s.move(tx, who, &m, as, doLetGo, by.Message); err != nil {
			return err
		}
		if err = keepBudget(tx, c.ID, "milestone."+doLetGo, s.clock.Now()); err == nil {
			err = s.close(tx, c)
		}
	default:
		err = s.giveBack(tx, who, c, &m, as, doGiveBack, by.Message)
	}
	if err != nil {
		return err
	}
	facts := map[string]any{"outcome": string(d.State), "release": m.Quote().Money(split.Paid.Net).String(), "refund": m.Quote().Money(split.Refund).String()}
	return tell(tx, market.LetterDisputeOver, []uuid.UUID{c.PersonID, c.ManagerID}, c, m, facts)
}

// paySplit makes the paid part the whole of the milestone, gives the rest back, and releases.
func (s *Service) paySplit(tx *gorm.DB, who market.Actor, c Contract, m *Milestone, by Party, split Split, message string) error {
	if split.Refund > 0 && !m.Rail.PaysLater() {
		if err := s.startRefund(tx, c, *m, split.Refund, message); err != nil {
			return err
		}
	}
	m.shrink(split)
	if m.ReceivedOn == nil { // what is paid for counts as received with the settlement
		company, err := market.CompanyByID(tx, c.CompanyID)
		if err != nil {
			return err
		}
		m.receive(company, s.clock.Now())
	}
	if err := s.move(tx, who, m, by, doSplit, message); err != nil {
		return err
	}
	return s.release(tx, c, m)
}

// shrink makes the paid part of a split the milestone's money; what it was before stands in the terms.
func (m *Milestone) shrink(s Split) {
	m.Amount, m.Tax, m.Withheld, m.PlatformFee, m.PlatformTax = s.Paid.Fee, s.Paid.Tax, s.Paid.Withheld, s.Paid.PlatformFee, s.Paid.PlatformTax
	if !m.Rail.PaysLater() { // nothing was paid in
		m.Refunded += s.Refund
	}
}

func (s *Service) moveDispute(tx *gorm.DB, d *Dispute, do string, by Party, who uuid.UUID) error {
	to, err := disputeMachine.Next(d.State, do, by, ruler{*d, who})
	if err != nil {
		return err
	}
	d.State = to
	if !d.Open() {
		now := s.clock.Now()
		d.ClosedAt = &now
	}
	return tx.Save(d).Error
}

// cutDisputes ends the disputes about money that is not there any more.
func (s *Service) cutDisputes(tx *gorm.DB, m Milestone) error {
	var open []Dispute
	if err := tx.Where("milestone_id = ? AND closed_at IS NULL", m.ID).Find(&open).Error; err != nil {
		return err
	}
	for i := range open {
		if err := s.moveDispute(tx, &open[i], "cut", TheProvider, uuid.Nil); err != nil {
			return err
		}
	}
	return nil
}

// EscalateDisputes hands those whose parties did not agree in time to whoever rules, and returns how many.
func (s *Service) EscalateDisputes(ctx context.Context) (int, error) {
	var due []uuid.UUID
	if err := s.db.Gorm(ctx).Raw("SELECT id FROM disputes WHERE state = 'open' AND deadline <= ? LIMIT 100", s.clock.Now()).Scan(&due).Error; err != nil {
		return 0, err
	}
	var failures []error
	for _, id := range due {
		failures = append(failures, s.db.Tx(ctx, func(tx *gorm.DB) error {
			c, m, d, err := s.lockDispute(tx, id)
			if err != nil || d.State != DisputeOpen {
				return err
			}
			if err := s.moveDispute(tx, &d, "escalate", TheClock, uuid.Nil); err != nil {
				return err
			}
			rulers, err := market.Able(tx, c.CompanyID, market.RuleDisputes)
			if err != nil {
				return err
			}
			return tell(tx, market.LetterForRuling, rulers, c, m, nil)
		}))
	}
	return len(due), errors.Join(failures...)
}

// lockDispute holds a dispute's contract and milestone, and reads it with its proposals.
func (s *Service) lockDispute(tx *gorm.DB, id uuid.UUID) (Contract, Milestone, Dispute, error) {
	var d Dispute
	if err := one(tx.Where("id = ?", id).Take(&d)); err != nil {
		return Contract{}, Milestone{}, d, err
	}
	c, m, err := lockMilestone(tx, d.MilestoneID)
	if err != nil {
		return c, m, d, err
	}
	d = Dispute{}
	if err := tx.Clauses(hold).Where("id = ?", id).Take(&d).Error; err != nil {
		return c, m, d, err
	}
	return c, m, d, withProposals(tx, c, m, &d)
}

// withProposals reads what was proposed, each with what would follow from it.
func withProposals(g *gorm.DB, c Contract, m Milestone, d *Dispute) error {
	if err := g.Where("dispute_id = ?", d.ID).Order("id").Find(&d.Proposals).Error; err != nil {
		return err
	}
	if err := withDocuments(g, &c); err != nil {
		return err
	}
	rules, err := rulesAt(g, c.CompanyID, m.RulesVersion)
	if err != nil {
		return err
	}
	d.Milestone, d.Terms, d.Rules = m, c.Terms, rules
	if !d.Open() {
		return nil // the milestone is another since
	}
	for i := range d.Proposals {
		split, err := SplitOf(d.Rules, m, c.Terms, d.Proposals[i].Release)
		if err != nil {
			return err
		}
		d.Proposals[i].Split = split
	}
	return nil
}

// onDispute runs a use case on a dispute that the actor may see, and reads the result.
func (s *Service) onDispute(ctx context.Context, who market.Actor, id uuid.UUID, do func(*gorm.DB, Contract, Milestone, *Dispute) error) (Dispute, error) {
	err := s.db.Tx(ctx, func(tx *gorm.DB) error {
		c, m, d, err := s.lockDispute(tx, id)
		if err != nil {
			return err
		}
		if err := maySee(who, c); err != nil {
			return err
		}
		return do(tx, c, m, &d)
	})
	if err != nil {
		return Dispute{}, err
	}
	return s.Dispute(ctx, who, id)
}

// maySee lets both sides and those who rule look at a dispute.
func maySee(who market.Actor, c Contract) error {
	if who.Self() == c.PersonID || who.May(market.SeeContracts, c.CompanyID) == nil || who.May(market.RuleDisputes, c.CompanyID) == nil {
		return nil
	}
	return market.ErrNotFound
}

// Dispute reads one with its proposals and what would follow from each.
func (s *Service) Dispute(ctx context.Context, who market.Actor, id uuid.UUID) (Dispute, error) {
	g := s.db.Gorm(ctx)
	var d Dispute
	if err := one(g.Where("id = ?", id).Take(&d)); err != nil {
		return d, err
	}
	var m Milestone
	if err := g.Where("id = ?", d.MilestoneID).Take(&m).Error; err != nil {
		return d, err
	}
	var c Contract
	if err := g.Where("id = ?", m.ContractID).Take(&c).Error; err != nil {
		return d, err
	}
	if err := maySee(who, c); err != nil {
		return Dispute{}, err
	}
	m.Contract = &c
	return d, withProposals(g, c, m, &d)
}

// DisputesOf lists the disputes about a contract's milestones, oldest first.
func (s *Service) DisputesOf(ctx context.Context, who market.Actor, contract uuid.UUID) ([]Dispute, error) {
	g := s.db.Gorm(ctx)
	var ids []uuid.UUID
	err := g.Raw("SELECT d.id FROM disputes d JOIN milestones m ON m.id = d.milestone_id WHERE m.contract_id = ? ORDER BY d.id", contract).Scan(&ids).Error
	if err != nil {
		return nil, err
	}
	return s.disputes(ctx, who, ids)
}

// DisputesForRuling lists what waits for two people to decide at a company, oldest first.
func (s *Service) DisputesForRuling(ctx context.Context, who market.Actor, company uuid.UUID) ([]Dispute, error) {
	if err := who.May(market.RuleDisputes, company); err != nil {
		return nil, err
	}
	var ids []uuid.UUID
	err := s.db.Gorm(ctx).Raw("SELECT id FROM disputes WHERE company_id = ? AND state IN ('for_ruling', 'proposed_ruling') ORDER BY id LIMIT 100", company).Scan(&ids).Error
	if err != nil {
		return nil, err
	}
	return s.disputes(ctx, who, ids)
}

// disputes reads several, each as [Service.Dispute] does.
func (s *Service) disputes(ctx context.Context, who market.Actor, ids []uuid.UUID) ([]Dispute, error) {
	var list []Dispute
	for _, id := range ids {
		d, err := s.Dispute(ctx, who, id)
		if err != nil {
			return nil, err
		}
		list = append(list, d)
	}
	return list, nil
}
