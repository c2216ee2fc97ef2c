package billing

import (
	"context"
	"slices"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"
	"gorm.io/gorm"

	"homecoming/market"
)

// payableRow reads a milestone as a pay run shows it.
const payableRow = `SELECT m.id AS milestone, m.contract_id AS contract, c.number, m.position, m.title, c.person_id AS person,
		trim(p.family_name || ' ' || p.given_name) AS person_name, m.rail, m.state, m.amount + m.tax - m.withheld AS net,
		m.amount + m.tax - m.withheld + m.platform_fee + m.platform_tax AS charge, m.currency, m.pay_by, m.frozen, a.masked AS account
	FROM milestones m JOIN contracts c ON c.id = m.contract_id JOIN people p ON p.id = c.person_id LEFT JOIN payee_accounts a ON a.person_id = c.person_id `

// payables are a company's milestones that are owed and in no run.
const payables = payableRow + `WHERE m.company_id = ? AND m.rail <> 'prefunded' AND (m.state = 'accepted' OR m.rail = 'bank_file' AND m.state = 'payout_failed')
		AND NOT EXISTS (SELECT 1 FROM pay_items i WHERE i.milestone_id = m.id AND i.state IN ('waiting', 'sent'))`

// Payables lists what a company owes and has put into no run, the earliest legal due day first.
func (s *Service) Payables(ctx context.Context, who market.Actor, company uuid.UUID) ([]Payable, error) {
	if err := who.May(market.SeeMoney, company); err != nil {
		return nil, err
	}
	var all []Payable
	return all, s.db.Gorm(ctx).Raw(payables+" ORDER BY m.pay_by, m.id LIMIT 1000", company).Scan(&all).Error
}

// A PayRunDraft is what somebody proposes to pay.
type PayRunDraft struct {
	Rail       market.Rail
	AccountID  uuid.UUID // for market.BankFile
	PayOn      civil.Date
	Milestones []uuid.UUID
}

// ProposePayRun proposes to pay what is owed on a day; somebody else approves it. A day after a legal due day is refused
// while an earlier one would still do; what is late anyhow may be paid on any day.
func (s *Service) ProposePayRun(ctx context.Context, who market.Actor, company uuid.UUID, d PayRunDraft) (PayRun, error) {
	if err := who.May(market.SettleMoney, company); err != nil {
		return PayRun{}, err
	}
	r := PayRun{ID: newID(), CompanyID: company, Rail: d.Rail, PayOn: d.PayOn, State: payRunMachine.Start, ProposedBy: who.PersonID, ProposedAt: s.clock.Now()}
	err := s.db.Tx(ctx, func(tx *gorm.DB) error {
		c, err := market.CompanyByID(tx.Clauses(hold), company) // numbers runs
		if err != nil {
			return err
		}
		if r.Currency = c.Currency; d.Rail == market.BankFile {
			if err := s.fromAccount(tx, who, &r, d.AccountID); err != nil {
				return err
			}
		}
		if err := s.choose(tx, &r, d.Milestones); err != nil {
			return err
		}
		rules, err := rulesFor(tx, company)
		if err != nil {
			return err
		}
		if err := payableOn(tx, rules, r, c.Today(s.clock.Now())); err != nil {
			return err
		}
		if err := tx.Raw("SELECT coalesce(max(number), 0) + 1 FROM pay_runs WHERE company_id = ?", company).Scan(&r.Number).Error; err != nil {
			return err
		}
		if err := tx.Create(&r).Error; err != nil {
			return err
		}
		if err := tx.Create(&r.Items).Error; err != nil {
			return err
		}
		return s.askForRun(tx, who, r)
	})
	if err != nil {
		return PayRun{}, err
	}
	return s.PayRun(ctx, who, r.ID)
}

// fromAccount says which account a run is paid from.
func (s *Service) fromAccount(tx *gorm.DB, who market.Actor, r *PayRun, id uuid.UUID) error {
	a, err := bankAccount(tx, who, id, market.SettleMoney)
	switch {
	case err != nil:
		return err
	case a.CompanyID != r.CompanyID:
		return market.ErrNotFound
	case a.ClosedAt != nil:
		return ErrBankAccountClosed.On("account_id")
	case a.Consignor == "":
		return ErrNoConsignor.On("account_id")
	case a.Currency != "JPY":
		return ErrRunYenOnly
	}
	r.AccountID = &a.ID
	return nil
}

// choose turns milestones into the run's payments, with each held against other runs.
func (s *Service) choose(tx *gorm.DB, r *PayRun, milestones []uuid.UUID) error {
	milestones = slices.Clone(milestones)
	slices.SortFunc(milestones, func(a, b uuid.UUID) int { return slices.Compare(a[:], b[:]) })
	milestones = slices.Compact(milestones)
	if len(milestones) == 0 {
		return ErrRunEmpty.On("milestone_ids")
	}
	var found []Payable
	if err := tx.Raw(payables+" AND m.id IN ? AND m.rail = ? ORDER BY m.id FOR NO KEY UPDATE OF m", r.CompanyID, milestones, r.Rail).Scan(&found).Error; err != nil {
		return err
	}
	for _, id := range milestones {
		i := slices.IndexFunc(found, func(p Payable) bool { return p.Milestone == id })
		switch {
		case i < 0:
			return ErrNotPayable.On("milestone_ids").With("title", id)
		case found[i].Frozen != "":
			return ErrFrozen.On("milestone_ids").With("reason", word(found[i].Frozen))
		case found[i].Waits() != "":
			return ErrNoPayeeAccount.On("milestone_ids").With("name", found[i].PersonName)
		}
		p := found[i]
		r.Items = append(r.Items, PayItem{ID: newID(), CompanyID: r.CompanyID, RunID: r.ID, MilestoneID: id, PersonID: p.Person, Amount: p.Net, State: payItemMachine.Start, Of: p})
	}
	return nil
}

// payableOn refuses a day on which banks are closed, that is over, or that makes a payment late without need: later than
// its legal due day, where the bank could still be told in time, or than the first day on which it can, where not.
func payableOn(tx *gorm.DB, rules Rules, r PayRun, today civil.Date) error {
	if !r.PayOn.IsValid() || r.PayOn.Before(today) {
		return market.ErrPastDate.On("pay_on").With("date", r.PayOn)
	}
	if r.Rail == market.BankFile && !rules.isBusinessDay(r.PayOn) {
		return ErrNotBusinessDay.On("pay_on").With("date", r.PayOn).With("earlier", rules.lastBusinessDay(r.PayOn)).With("later", rules.NextBusinessDay(r.PayOn))
	}
	soonest := today
	if r.Rail == market.BankFile {
		soonest = rules.NextBusinessDay(today)
	}
	for _, i := range r.Items {
		var m Milestone
		if err := tx.Where("id = ?", i.MilestoneID).Take(&m).Error; err != nil {
			return err
		}
		if err := m.PayableOn(r.PayOn, soonest, i.Amount); err != nil {
			return err
		}
	}
	return nil
}

// lastBusinessDay is the day itself, or the last before it on which banks are open.
func (r Rules) lastBusinessDay(d civil.Date) civil.Date {
	for !r.isBusinessDay(d) {
		d = d.AddDays(-1)
	}
	return d
}

// askForRun tells those who may approve it.
func (s *Service) askForRun(tx *gorm.DB, who market.Actor, r PayRun) error {
	if err := market.Audit(tx, who, r.CompanyID, "pay_run.propose", "pay_run:"+r.ID.String(),
		map[string]any{"number": r.Number, "rail": r.Rail, "payments": len(r.Items), "total": r.Total(), "pay_on": r.PayOn}); err != nil {
		return err
	}
	readers, err := market.Able(tx, r.CompanyID, market.ApproveMoney)
	if err != nil {
		return err
	}
	return askOthers(tx, who, market.Letter{Letter: market.LetterPayRun, CompanyID: r.CompanyID, Path: "/money/payruns/" + r.ID.String(),
		Facts: map[string]any{"run": r.Label(), "count": len(r.Items), "amount": r.Money(r.Total()).String(), "date": r.PayOn.String()}}, readers)
}

// ApprovePayRun says yes to what somebody else proposed: its milestones are being paid from now on.
func (s *Service) ApprovePayRun(ctx context.Context, who market.Actor, id uuid.UUID) (PayRun, error) {
	return s.onRun(ctx, who, id, market.ApproveMoney, doApprove, func(tx *gorm.DB, r *PayRun) error {
		s.decided(r, who)
		for _, i := range r.Items {
			_, m, err := lockMilestone(tx, i.MilestoneID)
			if err != nil {
				return err
			}
			if m.Quote().Net != i.Amount {
				return ErrChanged
			}
			if err := notFrozen.Holds(moment{m, s.clock.Now()}); err != nil {
				return err
			}
			if m.State == MilestonePayoutFailed {
				continue // it stands in the open until it is sent again
			}
			if err := s.move(tx, who, &m, TheCompany, doRelease, r.Label()); err != nil {
				return err
			}
		}
		return nil
	})
}

func (s *Service) decided(r *PayRun, who market.Actor) {
	now := s.clock.Now()
	r.DecidedBy, r.DecidedAt = &who.PersonID, &now
}

// DeclinePayRun says no to what somebody else proposed. Its payments are owed as before.
func (s *Service) DeclinePayRun(ctx context.Context, who market.Actor, id uuid.UUID) (PayRun, error) {
	return s.onRun(ctx, who, id, market.ApproveMoney, doDecline, func(tx *gorm.DB, r *PayRun) error {
		s.decided(r, who)
		return s.drop(tx, who, r)
	})
}

// WithdrawPayRun takes back what the actor proposed.
func (s *Service) WithdrawPayRun(ctx context.Context, who market.Actor, id uuid.UUID) (PayRun, error) {
	return s.onRun(ctx, who, id, market.SettleMoney, doWithdraw, func(tx *gorm.DB, r *PayRun) error { return s.drop(tx, who, r) })
}

// RecallPayRun takes an approved run back of which nothing was sent or charged. Its payments are owed as before.
func (s *Service) RecallPayRun(ctx context.Context, who market.Actor, id uuid.UUID) (PayRun, error) {
	return s.onRun(ctx, who, id, market.SettleMoney, doRecall, func(tx *gorm.DB, r *PayRun) error { return s.drop(tx, who, r) })
}

// drop lets a run's payments go; what was about to be paid is merely owed again.
func (s *Service) drop(tx *gorm.DB, who market.Actor, r *PayRun) error {
	for n := range r.Items {
		i := &r.Items[n]
		_, m, err := lockMilestone(tx, i.MilestoneID)
		if err != nil {
			return err
		}
		if err := noPageOpen(tx, m); err != nil {
			return err
		}
		if i.State, err = payItemMachine.Next(i.State, doRecall, TheCompany, *i); err != nil {
			return err
		}
		if err := tx.Save(i).Error; err != nil {
			return err
		}
		if m.State == MilestoneReleasing {
			if err := s.move(tx, who, &m, TheCompany, doRecall, r.Label()); err != nil {
				return err
			}
		}
	}
	return nil
}

// onRun moves a run one step on for somebody, with its milestones held first, and reads the result.
func (s *Service) onRun(ctx context.Context, who market.Actor, id uuid.UUID, action market.Action, do string, then func(*gorm.DB, *PayRun) error) (PayRun, error) {
	err := s.db.Tx(ctx, func(tx *gorm.DB) error {
		r, err := lockRun(tx, id)
		if err != nil {
			return err
		}
		if err := who.May(action, r.CompanyID); err != nil {
			return err
		}
		to, err := payRunMachine.Next(r.State, do, TheCompany, runner{r, who.PersonID})
		if err != nil {
			return err
		}
		r.State = to
		if err := then(tx, &r); err != nil {
			return err
		}
		if err := s.saveRun(tx, &r); err != nil {
			return err
		}
		return market.Audit(tx, who, r.CompanyID, "pay_run."+do, "pay_run:"+r.ID.String(), map[string]any{"number": r.Number, "total": r.Total()})
	})
	if err != nil {
		return PayRun{}, err
	}
	return s.PayRun(ctx, who, id)
}

// saveRun writes a run, and that nothing of it is open any more where that is so.
func (s *Service) saveRun(tx *gorm.DB, r *PayRun) error {
	if r.ClosedAt == nil && r.In(ItemWaiting)+r.In(ItemSent) == 0 {
		now := s.clock.Now()
		r.ClosedAt = &now
	}
	return tx.Save(r).Error
}

// lockRun holds the contracts and milestones of a run in one order, and then the run, and reads it with its payments.
func lockRun(tx *gorm.DB, id uuid.UUID) (r PayRun, err error) {
	for _, rows := range []string{"SELECT 1 FROM contracts WHERE id IN (SELECT m.contract_id FROM milestones m JOIN pay_items i ON i.milestone_id = m.id WHERE i.run_id = ?) ORDER BY id FOR NO KEY UPDATE",
		"SELECT 1 FROM milestones WHERE id IN (SELECT milestone_id FROM pay_items WHERE run_id = ?) ORDER BY id FOR NO KEY UPDATE"} {
		if err := tx.Exec(rows, id).Error; err != nil {
			return r, err
		}
	}
	if err := one(tx.Clauses(hold).Where("id = ?", id).Take(&r)); err != nil {
		return r, err
	}
	return r, tx.Where("run_id = ?", id).Order("id").Find(&r.Items).Error
}

// PayRuns lists a company's runs, newest first, those before an id.
func (s *Service) PayRuns(ctx context.Context, who market.Actor, company, before uuid.UUID, limit int) ([]PayRun, error) {
	if err := mayLookAtRuns(who, company); err != nil {
		return nil, err
	}
	q := s.db.Gorm(ctx).Where("company_id = ?", company).Order("id DESC").Limit(market.Page(limit))
	if before != uuid.Nil {
		q = q.Where("id < ?", before)
	}
	var all []PayRun
	if err := q.Find(&all).Error; err != nil {
		return nil, err
	}
	return all, withItems(s.db.Gorm(ctx), all)
}

// mayLookAtRuns lets those look who see the money, and those who approve what is done with it.
func mayLookAtRuns(who market.Actor, company uuid.UUID) error {
	if who.May(market.ApproveMoney, company) == nil {
		return nil
	}
	return who.May(market.SeeMoney, company)
}

// PayRun reads one run with its payments.
func (s *Service) PayRun(ctx context.Context, who market.Actor, id uuid.UUID) (PayRun, error) {
	var r PayRun
	if err := one(s.db.Gorm(ctx).Where("id = ?", id).Take(&r)); err != nil {
		return r, err
	}
	if err := mayLookAtRuns(who, r.CompanyID); err != nil {
		return PayRun{}, err
	}
	list := []PayRun{r}
	err := withItems(s.db.Gorm(ctx), list)
	return list[0], err
}

// withItems fills in payments and names, one statement each for the whole list.
func withItems(g *gorm.DB, list []PayRun) error {
	var runs, people, accounts []uuid.UUID
	for _, r := range list {
		runs, people = append(runs, r.ID), append(people, r.ProposedBy)
		if r.DecidedBy != nil {
			people = append(people, *r.DecidedBy)
		}
		if r.AccountID != nil {
			accounts = append(accounts, *r.AccountID)
		}
	}
	if len(list) == 0 {
		return nil
	}
	var items []PayItem
	if err := g.Where("run_id IN ?", runs).Order("id").Find(&items).Error; err != nil {
		return err
	}
	of, err := described(g, items)
	if err != nil {
		return err
	}
	names, err := personNames(g, people)
	if err != nil {
		return err
	}
	var from []BankAccount
	if err := g.Where("id IN ?", append(accounts, uuid.Nil)).Find(&from).Error; err != nil {
		return err
	}
	for n := range list {
		r := &list[n]
		r.ProposedByName = names[r.ProposedBy]
		if r.DecidedBy != nil {
			r.DecidedByName = names[*r.DecidedBy]
		}
		for _, a := range from {
			if r.AccountID != nil && a.ID == *r.AccountID {
				r.AccountName = a.Name
			}
		}
		for _, i := range items {
			if i.RunID == r.ID {
				i.Of = of[i.MilestoneID]
				r.Items = append(r.Items, i)
			}
		}
	}
	return nil
}

// described reads what the payments are for.
func described(g *gorm.DB, items []PayItem) (map[uuid.UUID]Payable, error) {
	ids := []uuid.UUID{uuid.Nil}
	for _, i := range items {
		ids = append(ids, i.MilestoneID)
	}
	var found []Payable
	if err := g.Raw(payableRow+"WHERE m.id IN ?", ids).Scan(&found).Error; err != nil {
		return nil, err
	}
	of := map[uuid.UUID]Payable{}
	for _, p := range found {
		of[p.Milestone] = p
	}
	return of, nil
}

// noPageOpen refuses while the company may be paying for a milestone at this moment.
func noPageOpen(tx *gorm.DB, m Milestone) error {
	var open int64
	err := tx.Model(&Operation{}).Where("milestone_id = ? AND kind IN ? AND state NOT IN ?", m.ID, waysOfPaying, []OperationState{OpRejected, OpExpired, OpFailed}).Count(&open).Error
	if err == nil && open > 0 {
		return ErrRunBegun
	}
	return err
}

// charged notes in its run that a payment was charged. The milestone is held; the run is held after it, as everywhere.
func (s *Service) charged(tx *gorm.DB, m Milestone) error {
	var i PayItem
	if err := one(tx.Where("milestone_id = ? AND state = ?", m.ID, ItemWaiting).Take(&i)); err != nil {
		return err
	}
	var r PayRun
	if err := tx.Clauses(hold).Where("id = ?", i.RunID).Take(&r).Error; err != nil {
		return err
	}
	var err error
	if i.State, err = payItemMachine.Next(i.State, doConfirm, TheProvider, i); err != nil {
		return err
	}
	if err := tx.Save(&i).Error; err != nil {
		return err
	}
	if err := tx.Where("run_id = ?", r.ID).Order("id").Find(&r.Items).Error; err != nil {
		return err
	}
	return s.advance(tx, &fit{run: &r, kind: MatchPayRun})
}
