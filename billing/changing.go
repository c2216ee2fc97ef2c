package billing

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homecoming/internal/db"
	"homecoming/internal/jobs"
	"homecoming/market"
)

// OfferChange offers the other side a change of the contract's terms. Where the other side's offer is open, this is the
// answer to it: a counter-offer.
func (s *Service) OfferChange(ctx context.Context, who market.Actor, contract uuid.UUID, d ChangeDraft) (Change, error) {
	if err := checkMessage(d.Reason, true); err != nil {
		return Change{}, err
	}
	var id uuid.UUID
	_, err := s.onContract(ctx, who, contract, func(tx *gorm.DB, c Contract, side Party) error {
		p, err := s.planOf(tx, &c, d, side)
		if err != nil {
			return err
		}
		if err := s.mayGiveBack(tx, who, c, side, p); err != nil {
			return err
		}
		if side == TheCompany {
			if err := s.affordable(tx, c, p, side); err != nil {
				return err
			}
		}
		if err := s.counterChange(tx, who, c, side); err != nil {
			return err
		}
		now := s.clock.Now()
		ch := Change{ID: newID(), CompanyID: c.CompanyID, ContractID: c.ID, Side: side, OfferedBy: who.PersonID, State: changeMachine.Start,
			Added: p.added, TopUp: p.topUp, MilestoneID: p.tops, ExpiresAt: now.Add(changeTerm), OfferedAt: now}
		if err := tx.Raw("SELECT coalesce(max(number), 0) + 1 FROM contract_changes WHERE contract_id = ?", c.ID).Scan(&ch.Number).Error; err != nil {
			return err
		}
		if err := ch.offered(d, c.Version); err != nil {
			return err
		}
		if err := tx.Create(&ch).Error; err != nil {
			if db.Violated(err) == "one_open_change" {
				return ErrChangeOpen
			}
			return err
		}
		id = ch.ID
		if err := market.Audit(tx, who, c.CompanyID, "change.offer", "contract:"+c.ID.String(), map[string]any{"change": ch.ID, "hash": ch.Hash, "added": ch.Added}); err != nil {
			return err
		}
		return s.tellChange(tx, who, c, ch, other(side), market.LetterChange, map[string]any{"message": d.Reason, "date": s.day(tx, c, ch.ExpiresAt)})
	})
	if err != nil {
		return Change{}, err
	}
	return s.Change(ctx, who, id)
}

func other(side Party) Party {
	if side == TheCompany {
		return TheAlumnus
	}
	return TheCompany
}

// planOf says what a draft does to a held contract, whose terms and notice it reads along.
func (s *Service) planOf(tx *gorm.DB, c *Contract, d ChangeDraft, side Party) (changePlan, error) {
	switch {
	case c.State != ContractActive && c.State != ContractPaused:
		return changePlan{}, ErrContractNotActive.With("state", word(string(c.State)))
	case c.EndsOn != nil:
		return changePlan{}, ErrNoticeGiven.With("date", *c.EndsOn)
	}
	if err := withDocuments(tx, c); err != nil {
		return changePlan{}, err
	}
	company, err := market.CompanyByID(tx, c.CompanyID)
	if err != nil {
		return changePlan{}, err
	}
	rules, err := rulesFor(tx, c.CompanyID)
	if err != nil {
		return changePlan{}, err
	}
	if c.Terms.Hourly != nil {
		return d.planHours(rules, *c, company, side, company.Today(s.clock.Now()))
	}
	return d.plan(rules, *c, side, company.Today(s.clock.Now()))
}

// mayGiveBack keeps a change from being a way round the rule that large refunds take two people.
func (s *Service) mayGiveBack(tx *gorm.DB, who market.Actor, c Contract, side Party, p changePlan) error {
	company, err := market.CompanyByID(tx, c.CompanyID)
	if err != nil || side != TheCompany || company.RefundLimit == nil || p.refund <= *company.RefundLimit || who.May(market.ApproveMoney, c.CompanyID) == nil {
		return err
	}
	return ErrNeedsApprover.With("amount", market.Money{Amount: p.refund, Currency: c.Currency})
}

// counterChange ends the other side's open offer, because this side makes one.
func (s *Service) counterChange(tx *gorm.DB, who market.Actor, c Contract, side Party) error {
	var open Change
	err := one(tx.Clauses(hold).Where("contract_id = ? AND state = ?", c.ID, ChangeOffered).Take(&open))
	if err != nil {
		return ours(err)
	}
	return s.moveChange(tx, who, &open, doCounter, side)
}

// moveChange takes a change one step on.
func (s *Service) moveChange(tx *gorm.DB, who market.Actor, ch *Change, do string, by Party) error {
	to, err := changeMachine.Next(ch.State, do, by, answer{*ch, by})
	if err != nil {
		return err
	}
	now := s.clock.Now()
	ch.State = to
	if !ch.Open() {
		ch.EndedAt = &now
	}
	if err := tx.Save(ch).Error; err != nil {
		return err
	}
	return market.Audit(tx, who, ch.CompanyID, "change."+do, "contract:"+ch.ContractID.String(), map[string]any{"change": ch.ID, "by": by})
}

// tellChange writes to a side about a change.
func (s *Service) tellChange(tx *gorm.DB, who market.Actor, c Contract, ch Change, to Party, kind market.LetterKind, facts map[string]any) error {
	reader := c.PersonID
	if to == TheCompany {
		reader = c.ManagerID
	}
	facts["outcome"] = string(ch.State)
	l := contractLetter(kind, reader, c, who, facts)
	l.Path = "/changes/" + ch.ID.String()
	return jobs.Enqueue(tx, l)
}

// onChange runs a use case on a change of a held contract for whichever side the actor stands on, and reads the result.
func (s *Service) onChange(ctx context.Context, who market.Actor, id uuid.UUID, do func(*gorm.DB, Contract, *Change, Party) error) (Change, error) {
	var head Change
	if err := one(s.db.Gorm(ctx).Where("id = ?", id).Take(&head)); err != nil {
		return Change{}, err
	}
	_, err := s.onContract(ctx, who, head.ContractID, func(tx *gorm.DB, c Contract, side Party) error {
		var ch Change
		if err := tx.Clauses(hold).Where("id = ?", id).Take(&ch).Error; err != nil {
			return err
		}
		if err := ch.read(); err != nil {
			return err
		}
		return do(tx, c, &ch, side)
	})
	if err != nil {
		return Change{}, err
	}
	return s.Change(ctx, who, id)
}

// SignChange agrees to what the other side offered; seen is the hash of the text that the actor looked at. It holds at
// once where nothing has to be paid first. It refuses what can no longer be done as it was offered.
func (s *Service) SignChange(ctx context.Context, who market.Actor, id uuid.UUID, seen string) (Change, error) {
	return s.onChange(ctx, who, id, func(tx *gorm.DB, c Contract, ch *Change, side Party) error {
		if ch.Hash != seen {
			return ErrOtherChange.On("hash")
		}
		p, err := s.planOf(tx, &c, ch.Draft, ch.Side)
		if err != nil {
			return err
		}
		if err := s.mayGiveBack(tx, who, c, side, p); err != nil {
			return err
		}
		now := s.clock.Now()
		ch.SignedBy, ch.SignedAt, ch.ExpiresAt = &who.PersonID, &now, now.Add(changeTerm)
		ch.Added, ch.TopUp, ch.MilestoneID = p.added, p.topUp, p.tops
		if err := s.moveChange(tx, who, ch, doSign, side); err != nil {
			return err
		}
		if err := s.promiseChange(tx, c, p, side); err != nil {
			return err
		}
		if p.topUp == 0 {
			return s.putInForce(tx, who, c, ch, p)
		}
		return s.tellChange(tx, who, c, *ch, TheCompany, market.LetterChangeSigned,
			map[string]any{"amount": market.Money{Amount: ch.TopUp, Currency: c.Currency}.String(), "date": s.day(tx, c, ch.ExpiresAt)})
	})
}

// sideOf is a party as the market calls it.
func sideOf(p Party) market.Side {
	if p == TheAlumnus {
		return market.ByAlumnus
	}
	return market.ByCompany
}

// affordable answers whether the company may spend what a change would add, as an award of so much: approved, and within
// the task's budget.
func (s *Service) affordable(g *gorm.DB, c Contract, p changePlan, side Party) error {
	if p.added <= 0 {
		return nil
	}
	now, err := costOf(g, c.ID)
	if err != nil {
		return err
	}
	return market.Raisable(g, now.TaskID, now.Amount+p.added, sideOf(side), s.clock.Now())
}

// promiseChange promises what a change that was just signed adds. This is the one place where a contract's fee grows after
// the award; it is given back when the change lapses.
func (s *Service) promiseChange(tx *gorm.DB, c Contract, p changePlan, side Party) error {
	if p.added <= 0 {
		return nil
	}
	signed, err := costOf(tx, c.ID)
	if err != nil {
		return err
	}
	return market.Raise(tx, signed.TaskID, signed.Amount, "change.sign", sideOf(side), s.clock.Now())
}

// DeclineChange says no to what the other side offered. The terms stay as they are.
func (s *Service) DeclineChange(ctx context.Context, who market.Actor, id uuid.UUID, reason string) (Change, error) {
	if err := checkMessage(reason, true); err != nil {
		return Change{}, err
	}
	return s.onChange(ctx, who, id, func(tx *gorm.DB, c Contract, ch *Change, side Party) error {
		ch.Answer = reason
		if err := s.moveChange(tx, who, ch, doDecline, side); err != nil {
			return err
		}
		return s.tellChange(tx, who, c, *ch, ch.Side, market.LetterChangeOver, map[string]any{"message": reason})
	})
}

// WithdrawChange takes an offer back.
func (s *Service) WithdrawChange(ctx context.Context, who market.Actor, id uuid.UUID) (Change, error) {
	return s.onChange(ctx, who, id, func(tx *gorm.DB, c Contract, ch *Change, side Party) error {
		if err := s.moveChange(tx, who, ch, doWithdraw, side); err != nil {
			return err
		}
		return s.tellChange(tx, who, c, *ch, other(ch.Side), market.LetterChangeOver, map[string]any{})
	})
}

// TopUp opens the page on which the company pays what a signed change adds, or gives the one that is open already.
func (s *Service) TopUp(ctx context.Context, who market.Actor, id uuid.UUID) (Funding, error) {
	m, err := s.toppedUpBy(ctx, who, id)
	if err != nil {
		return Funding{}, err
	}
	return s.payOnPage(ctx, who, m, ForChange, 0, nil)
}

// TopUpByCard is [Service.TopUp] with one of the company's saved cards.
func (s *Service) TopUpByCard(ctx context.Context, who market.Actor, id uuid.UUID, card string) (Funding, error) {
	m, err := s.toppedUpBy(ctx, who, id)
	if err != nil {
		return Funding{}, err
	}
	return s.PayByCard(ctx, who, m, ForChange, card)
}

// TopUpByBankTransfer asks the company to send what a signed change adds.
func (s *Service) TopUpByBankTransfer(ctx context.Context, who market.Actor, id uuid.UUID) (BankTransfer, error) {
	m, err := s.toppedUpBy(ctx, who, id)
	if err != nil {
		return BankTransfer{}, err
	}
	return s.PayByBankTransfer(ctx, who, m, ForChange)
}

// toppedUpBy is the milestone for which a signed change waits for money.
func (s *Service) toppedUpBy(ctx context.Context, who market.Actor, id uuid.UUID) (uuid.UUID, error) {
	ch, err := s.Change(ctx, who, id)
	switch {
	case err != nil:
		return uuid.Nil, err
	case ch.State != ChangeSigned || ch.MilestoneID == nil:
		return uuid.Nil, ErrWrongState.With("noun", word("change")).With("state", word(string(ch.State)))
	}
	return *ch.MilestoneID, nil
}

// topUps are payments of what a signed change adds.
func (s *Service) topUps() collection {
	return collection{
		by: market.RunContracts,
		begin: func(tx *gorm.DB, _ market.Actor, c Contract, m *Milestone, _ int64) (int64, error) {
			ch, err := signedFor(tx, c, *m)
			return ch.TopUp, err
		},
		settle: s.toppedUp,
	}
}

// signedFor finds the signed change that waits for money for a milestone.
func signedFor(tx *gorm.DB, c Contract, m Milestone) (Change, error) {
	var ch Change
	if err := one(tx.Clauses(hold).Where("contract_id = ? AND milestone_id = ? AND state = ?", c.ID, m.ID, ChangeSigned).Take(&ch)); err != nil {
		return ch, err
	}
	return ch, ch.read()
}

// toppedUp books what was paid for a change, once. When the change is not there to be paid for any more, the money goes
// back by itself.
func (s *Service) toppedUp(tx *gorm.DB, c Contract, m Milestone, p Payment) error {
	var known int64
	if err := tx.Model(&Charge{}).Where("id = ?", p.Charge).Count(&known).Error; err != nil || known > 0 {
		return err
	}
	if p.Currency != m.Currency {
		return s.unexplained(tx, m, p)
	}
	if err := s.charge(tx, &m, p); err != nil {
		return err
	}
	if err := s.settleWays(tx, m, p, true); err != nil {
		return err
	}
	if err := tx.Save(&m).Error; err != nil {
		return err
	}
	ch, err := signedFor(tx, c, m)
	if ours(err) != nil {
		return err
	}
	if err == nil && ch.TopUp == p.Amount && stands(m.State) {
		plan, err := s.paidPlan(tx, &c, ch)
		if err == nil {
			return s.putInForce(tx, market.Actor{}, c, &ch, plan)
		}
		slog.Warn("a change that was paid for cannot hold any more", "change", ch.ID, "error", err)
	}
	m.Refunded += p.Amount
	if err := tx.Save(&m).Error; err != nil {
		return err
	}
	return s.startRefund(tx, c, m, p.Amount, "")
}

// paidPlan is what a change does now that what it adds is held. An error is why it cannot any more.
func (s *Service) paidPlan(tx *gorm.DB, c *Contract, ch Change) (changePlan, error) {
	if err := tx.Where("contract_id = ?", c.ID).Order("position").Find(&c.Milestones).Error; err != nil {
		return changePlan{}, err
	}
	p, err := s.planOf(tx, c, ch.Draft, ch.Side)
	if err == nil && (p.topUp != 0 || p.refund != 0) {
		err = ErrChanged
	}
	return p, err
}

// putInForce makes a signed change the contract: its milestones, its documents of the new version, and what goes back.
func (s *Service) putInForce(tx *gorm.DB, who market.Actor, c Contract, ch *Change, p changePlan) error {
	now := s.clock.Now()
	version := c.Version + 1
	ch.Version = &version
	if err := s.moveChange(tx, who, ch, doTakeEffect, TheClock); err != nil {
		return err
	}
	for _, a := range p.alterations {
		if err := s.alter(tx, who, c, a, ch.Draft.Reason); err != nil {
			return err
		}
	}
	if err := keepBudget(tx, c.ID, "change.take_effect", now); err != nil {
		return err
	}
	before := c.Notice
	c.amend(p, *ch, version)
	err := tx.Exec("UPDATE contracts SET version = ?, amount = ?, deliver_on = ? WHERE id = ?", c.Version, c.Amount, c.DeliverOn, c.ID).Error
	if err != nil {
		return err
	}
	company, err := market.CompanyByID(tx, c.CompanyID)
	if err != nil {
		return err
	}
	day := company.Today(now)
	c.Notice.ChangedOn = &day
	if err := s.fix(tx, &c, c.Terms, c.Notice, now); err != nil {
		return err
	}
	d, err := c.write("supplement", supplementOf(c, *ch, before, day), now)
	if err != nil {
		return err
	}
	if err := tx.Create(&d).Error; err != nil {
		return err
	}
	for _, side := range []Party{TheCompany, TheAlumnus} {
		if err := s.tellChange(tx, who, c, *ch, side, market.LetterChangeOver, map[string]any{"message": ch.Draft.Reason}); err != nil {
			return err
		}
	}
	return s.close(tx, c)
}

// alter makes one milestone read as it was agreed to.
func (s *Service) alter(tx *gorm.DB, who market.Actor, c Contract, a alteration, reason string) error {
	now := s.clock.Now()
	if a.was == nil {
		a.is.CreatedAt, a.is.UpdatedAt = now, now
		return tx.Create(a.is).Error
	}
	if a.is == nil {
		m := *a.was
		switch {
		case m.holdsMoney():
			return s.giveBack(tx, who, c, &m, TheParties, doDrop, reason)
		case stands(m.State):
			return s.move(tx, who, &m, TheParties, doLetGo, reason)
		}
		return s.move(tx, who, &m, TheParties, doDrop, reason)
	}
	m := a.is
	m.UpdatedAt = now
	if err := tx.Save(m).Error; err != nil {
		return err
	}
	return s.squared(tx, c, m, reason)
}

// squared gives back what is held beyond the charge of a milestone, and lets the work begin where nothing is missing
// any more.
func (s *Service) squared(tx *gorm.DB, c Contract, m *Milestone, reason string) error {
	more := m.Held() - m.Quote().Charge
	if !m.holdsMoney() || more < 0 {
		return nil
	}
	m.Refunded += more
	if err := tx.Save(m).Error; err != nil {
		return err
	}
	if err := s.startRefund(tx, c, *m, more, reason); err != nil || m.State != MilestonePartFunded {
		return err
	}
	return s.move(tx, market.Actor{}, m, TheProvider, doSettle, "")
}

// amend makes the terms and the notice say what the change says.
func (c *Contract) amend(p changePlan, ch Change, version int) {
	c.Version, c.Amount, c.Terms.Milestones = version, 0, nil
	c.Terms.Version, c.Terms.ChangeHash, c.Terms.Brief, c.Terms.AgreedAt = version, ch.Hash, p.brief, ch.SignedAt.UTC().Truncate(time.Millisecond)
	if p.hourly != nil {
		c.Terms.Hourly, c.Notice.Hourly = p.hourly, p.hourly
	}
	c.Notice.Version, c.Notice.Brief, c.Notice.Parts, c.Notice.Total = version, p.brief, nil, Quote{Currency: c.Currency}
	for _, m := range p.after {
		c.Amount += m.Amount
		if m.DueOn.After(c.DeliverOn) || c.Terms.Milestones == nil {
			c.DeliverOn = m.DueOn
		}
		c.Terms.Milestones = append(c.Terms.Milestones, market.PlannedMilestone{Title: m.Title, Amount: m.Amount, DueOn: m.DueOn})
		c.Notice.add(m)
	}
	c.Terms.Amount, c.Terms.DeliverOn, c.Notice.DeliverOn = market.Money{Amount: c.Amount, Currency: c.Currency}, c.DeliverOn, c.DeliverOn
}

// ExpireChanges ends the offers that nobody answered and the signed changes that nobody paid for, and returns how many.
func (s *Service) ExpireChanges(ctx context.Context) (int, error) {
	var due []uuid.UUID
	err := s.db.Gorm(ctx).Raw("SELECT id FROM contract_changes WHERE state IN ('offered', 'signed') AND expires_at <= ? LIMIT 100", s.clock.Now()).Scan(&due).Error
	if err != nil {
		return 0, err
	}
	var failures []error
	for _, id := range due {
		failures = append(failures, s.db.Tx(ctx, func(tx *gorm.DB) error { return s.expireChange(tx, id) }))
	}
	return len(due), errors.Join(failures...)
}

func (s *Service) expireChange(tx *gorm.DB, id uuid.UUID) error {
	var ch Change
	if err := tx.Where("id = ?", id).Take(&ch).Error; err != nil {
		return err
	}
	var c Contract
	if err := tx.Clauses(hold).Where("id = ?", ch.ContractID).Take(&c).Error; err != nil {
		return err
	}
	ch = Change{}
	if err := tx.Clauses(hold).Where("id = ?", id).Take(&ch).Error; err != nil || !ch.Open() || ch.ExpiresAt.After(s.clock.Now()) {
		return err // answered or paid meanwhile
	}
	do := doExpire
	if ch.State == ChangeSigned {
		do = doLapse
	}
	return s.endChange(tx, c, &ch, do)
}

// endChange ends an open change by itself and tells both sides.
func (s *Service) endChange(tx *gorm.DB, c Contract, ch *Change, do string) error {
	if err := s.moveChange(tx, market.Actor{}, ch, do, TheClock); err != nil {
		return err
	}
	if err := keepBudget(tx, c.ID, "change."+do, s.clock.Now()); err != nil {
		return err
	}
	for _, side := range []Party{TheCompany, TheAlumnus} {
		if err := s.tellChange(tx, market.Actor{}, c, *ch, side, market.LetterChangeOver, map[string]any{}); err != nil {
			return err
		}
	}
	return nil
}

// dropChange ends what is still open about a contract that is over.
func (s *Service) dropChange(tx *gorm.DB, c Contract) error {
	var ch Change
	if err := one(tx.Clauses(hold).Where("contract_id = ? AND state IN ?", c.ID, []ChangeState{ChangeOffered, ChangeSigned}).Take(&ch)); err != nil {
		return ours(err)
	}
	return s.endChange(tx, c, &ch, doLapse)
}

// Change reads one with what it makes of the terms, side by side.
func (s *Service) Change(ctx context.Context, who market.Actor, id uuid.UUID) (Change, error) {
	g := s.db.Gorm(ctx)
	var ch Change
	if err := one(g.Where("id = ?", id).Take(&ch)); err != nil {
		return Change{}, err
	}
	c, err := s.Contract(ctx, who, ch.ContractID)
	if err != nil {
		return Change{}, err
	}
	if err := ch.read(); err != nil {
		return Change{}, err
	}
	ch.Contract = c
	if ch.State == ChangeInForce {
		was, is := Contract{ID: c.ID, Version: *ch.Version - 1}, Contract{ID: c.ID, Version: *ch.Version}
		err := errors.Join(withDocuments(g, &was), withDocuments(g, &is))
		ch.Was, ch.Is = was.Notice, is.Notice
		return ch, err
	}
	ch.Was, ch.Is = c.Notice, c.Notice
	if !ch.Open() {
		return ch, nil
	}
	p, err := s.planOf(g, &c, ch.Draft, ch.Side)
	if err != nil {
		ch.Blocked = err
		return ch, nil //nolint:nilerr // it is shown with the change
	}
	ch.Refund = p.refund
	if ch.State == ChangeOffered {
		ch.Blocked = s.affordable(g, c, p, sideFor(who, c))
	}
	signed := ch
	now := s.clock.Now()
	signed.SignedAt = &now
	c.amend(p, signed, c.Version+1)
	ch.Is = c.Notice
	return ch, nil
}

// Changes are all that was ever offered about a contract, latest first.
func (s *Service) Changes(ctx context.Context, who market.Actor, contract uuid.UUID) ([]Change, error) {
	g := s.db.Gorm(ctx)
	c, err := s.visibleContract(ctx, who, contract)
	if err != nil {
		return nil, err
	}
	var list []Change
	if err := g.Where("contract_id = ?", c.ID).Order("number DESC").Find(&list).Error; err != nil {
		return nil, err
	}
	for i := range list {
		if err := list[i].read(); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// A Version is the terms of a contract as they were from a day on, with the documents' hashes.
type Version struct {
	Number         int
	At             time.Time
	Notice         Notice
	TermsHash      string
	NoticeHash     string
	Supplement     *Supplement // what changed, when and why; nil for the first
	SupplementHash string
}

// Versions are all that a contract's terms ever were, first first.
func (s *Service) Versions(ctx context.Context, who market.Actor, contract uuid.UUID) ([]Version, error) {
	g := s.db.Gorm(ctx)
	c, err := s.visibleContract(ctx, who, contract)
	if err != nil {
		return nil, err
	}
	var docs []document
	if err := g.Where("contract_id = ?", c.ID).Order("version").Find(&docs).Error; err != nil {
		return nil, err
	}
	list := make([]Version, c.Version)
	for _, d := range docs {
		v := &list[d.Version-1]
		v.Number, v.At = d.Version, d.CreatedAt
		if err := v.take(d); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// take puts a document where it belongs.
func (v *Version) take(d document) error {
	switch d.Kind {
	case "terms":
		v.TermsHash = d.Hash
	case "notice":
		v.NoticeHash = d.Hash
		return json.Unmarshal([]byte(d.Body), &v.Notice)
	case "supplement":
		v.SupplementHash, v.Supplement = d.Hash, &Supplement{}
		return json.Unmarshal([]byte(d.Body), v.Supplement)
	}
	return nil
}
