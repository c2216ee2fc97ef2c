package billing

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/google/uuid"
	"github.com/lib/pq"
	"gorm.io/gorm"

	"homecoming/market"
)

// Contract reads one contract that the actor may see, with its terms, notice, parties, milestones and reviews.
func (s *Service) Contract(ctx context.Context, who market.Actor, id uuid.UUID) (Contract, error) {
	g := s.db.Gorm(ctx)
	c, err := s.visibleContract(ctx, who, id)
	if err != nil {
		return c, err
	}
	list := []Contract{c}
	if err := withParties(g, list); err != nil {
		return c, err
	}
	c = list[0]
	if err := withDocuments(g, &c); err != nil {
		return c, err
	}
	side := market.ByCompany
	if c.PersonID == who.PersonID {
		side = market.ByAlumnus
	}
	c.Reviews, err = market.ReadableReviews(g, c.ID, side, s.clock.Now())
	return c, err
}

// withDocuments reads the terms and notice in force.
func withDocuments(g *gorm.DB, c *Contract) error {
	var docs []document
	if err := g.Where("contract_id = ? AND version = ? AND kind IN ('terms', 'notice')", c.ID, c.Version).Find(&docs).Error; err != nil {
		return err
	}
	for _, d := range docs {
		into, hash := any(&c.Terms), &c.TermsHash
		if d.Kind == "notice" {
			into, hash = &c.Notice, &c.NoticeHash
		}
		if err := json.Unmarshal([]byte(d.Body), into); err != nil {
			return err
		}
		*hash = d.Hash
	}
	return nil
}

// withParties fills in names and milestones, one statement each for the whole list.
func withParties(g *gorm.DB, list []Contract) error {
	var contracts, companies, people []uuid.UUID
	for _, c := range list {
		contracts, companies, people = append(contracts, c.ID), append(companies, c.CompanyID), append(people, c.PersonID)
	}
	if len(list) == 0 {
		return nil
	}
	var ms []Milestone
	if err := g.Where("contract_id IN ?", contracts).Order("position").Find(&ms).Error; err != nil {
		return err
	}
	var cs []market.Company
	if err := g.Where("id IN ?", companies).Find(&cs).Error; err != nil {
		return err
	}
	names, err := personNames(g, people)
	if err != nil {
		return err
	}
	byCompany := map[uuid.UUID]string{}
	for _, c := range cs {
		byCompany[c.ID] = c.Name
	}
	for i := range list {
		c := &list[i]
		c.CompanyName, c.PersonName = byCompany[c.CompanyID], names[c.PersonID]
		for _, m := range ms {
			if m.ContractID == c.ID {
				c.Milestones = append(c.Milestones, m)
			}
		}
	}
	return nil
}

func personNames(g *gorm.DB, ids []uuid.UUID) (map[uuid.UUID]string, error) {
	var ps []market.Person
	if err := g.Where("id IN ?", ids).Find(&ps).Error; err != nil {
		return nil, err
	}
	names := map[uuid.UUID]string{}
	for _, p := range ps {
		names[p.ID] = p.Name()
	}
	return names, nil
}

// A ContractFilter narrows a list of contracts; zero fields do not.
type ContractFilter struct {
	CompanyID uuid.UUID
	TaskID    uuid.UUID
	State     ContractState
	Before    uuid.UUID // the cursor: contracts older than this one
	Limit     int       // at most 100; 0 means 20
}

// Contracts lists what the actor may see, newest first, with parties and milestones.
func (s *Service) Contracts(ctx context.Context, who market.Actor, f ContractFilter) ([]Contract, error) {
	q := who.VisibleContracts(s.db.Gorm(ctx).Model(&Contract{}))
	for column, id := range map[string]uuid.UUID{"company_id": f.CompanyID, "task_id": f.TaskID} {
		if id != uuid.Nil {
			q = q.Where("contracts."+column+" = ?", id)
		}
	}
	if f.State != "" {
		q = q.Where("contracts.state = ?", f.State)
	}
	if f.Before != uuid.Nil {
		q = q.Where("contracts.id < ?", f.Before)
	}
	var list []Contract
	if err := q.Order("contracts.id DESC").Limit(market.Page(f.Limit)).Find(&list).Error; err != nil {
		return nil, err
	}
	return list, withParties(s.db.Gorm(ctx), list)
}

// Milestone reads one milestone of a contract that the actor may see, with the contract's head and its timeline.
func (s *Service) Milestone(ctx context.Context, who market.Actor, id uuid.UUID) (Milestone, error) {
	g := s.db.Gorm(ctx)
	var m Milestone
	if err := one(g.Where("id = ?", id).Take(&m)); err != nil {
		return m, err
	}
	c, err := s.visibleContract(ctx, who, m.ContractID)
	if err != nil {
		return Milestone{}, err
	}
	m.Contract = &c
	err = g.Where("milestone_id = ? AND state = ?", id, ApprovalAsked).Order("id").Find(&m.Asked).Error
	if err != nil {
		return m, err
	}
	if m.Charges, err = chargesOf(g, id); err != nil {
		return m, err
	}
	return m, g.Where("milestone_id = ?", id).Order("id").Find(&m.Timeline).Error
}

// Timeline is everything that happened to a contract's milestones, oldest first.
func (s *Service) Timeline(ctx context.Context, who market.Actor, contract uuid.UUID) ([]Step, error) {
	g := s.db.Gorm(ctx)
	c, err := s.visibleContract(ctx, who, contract)
	if err != nil {
		return nil, err
	}
	var steps []Step
	return steps, g.Where("milestone_id IN (SELECT id FROM milestones WHERE contract_id = ?)", c.ID).Order("id").Find(&steps).Error
}

// Payouts lists the payouts that carried a company's money, newest first, each with the company's lines alone; Amount
// is their sum.
func (s *Service) Payouts(ctx context.Context, who market.Actor, company uuid.UUID, before string, limit int) ([]PayoutRecord, error) {
	if err := who.May(market.SeeMoney, company); err != nil {
		return nil, err
	}
	g := s.db.Gorm(ctx)
	q := g.Where("id IN (SELECT payout_id FROM payout_lines WHERE company_id = ?)", company)
	list, err := payoutPage(g, q, before, limit, func(q *gorm.DB) *gorm.DB { return q.Where("l.company_id = ?", company) })
	for i := range list {
		list[i].Amount, list[i].Account = 0, "" // the rest is another company's, and the person's own affair
		for _, l := range list[i].Lines {
			list[i].Amount += l.Amount
		}
	}
	return list, err
}

// MyPayouts lists the payouts to the actor's own bank, newest first, with every line.
func (s *Service) MyPayouts(ctx context.Context, who market.Actor, before string, limit int) ([]PayoutRecord, error) {
	g := s.db.Gorm(ctx)
	return payoutPage(g, g.Where("person_id = ?", who.PersonID), before, limit, func(q *gorm.DB) *gorm.DB { return q })
}

// payoutPage reads a page of payouts, older than the one whose id is before, with the lines that may be shown.
func payoutPage(g, q *gorm.DB, before string, limit int, shown func(*gorm.DB) *gorm.DB) ([]PayoutRecord, error) {
	if before != "" {
		q = q.Where("(created_at, id) < (SELECT created_at, id FROM payouts WHERE id = ?)", before)
	}
	var list []PayoutRecord
	if err := q.Order("created_at DESC, id DESC").Limit(market.Page(limit)).Find(&list).Error; err != nil || len(list) == 0 {
		return list, err
	}
	var ids []string
	var people []uuid.UUID
	for _, p := range list {
		ids, people = append(ids, p.ID), append(people, p.PersonID)
	}
	var lines []PayoutLine
	err := shown(g.Table("payout_lines l").Select("l.*, m.title AS milestone_title, m.amount AS fee, m.tax, m.withheld, c.id AS contract_id, c.number AS contract_number").
		Joins("JOIN milestones m ON m.id = l.milestone_id").Joins("JOIN contracts c ON c.id = m.contract_id").
		Where("l.payout_id IN ?", ids)).Order("l.milestone_id").Find(&lines).Error
	if err != nil {
		return nil, err
	}
	names, err := personNames(g, people)
	for i := range list {
		list[i].PersonName = names[list[i].PersonID]
		for _, l := range lines {
			if l.PayoutID == list[i].ID {
				list[i].Lines = append(list[i].Lines, l)
			}
		}
	}
	return list, err
}

// Entries lists a company's ledger, newest first, each entry with its postings in order.
func (s *Service) Entries(ctx context.Context, who market.Actor, company, before uuid.UUID, limit int) ([]Entry, error) {
	if err := who.May(market.SeeMoney, company); err != nil {
		return nil, err
	}
	q := s.db.Gorm(ctx).Where("company_id = ?", company)
	if before != uuid.Nil {
		q = q.Where("id < ?", before)
	}
	var list []Entry
	if err := q.Order("id DESC").Limit(market.Page(limit)).Find(&list).Error; err != nil || len(list) == 0 {
		return list, err
	}
	at := map[uuid.UUID]int{}
	var ids []uuid.UUID
	for i, e := range list {
		at[e.ID], ids = i, append(ids, e.ID)
	}
	var lines []struct {
		EntryID uuid.UUID
		Posting
	}
	err := s.db.Gorm(ctx).Table("ledger_postings").Where("entry_id IN ?", ids).Order("entry_id, line").Find(&lines).Error
	for _, l := range lines {
		e := &list[at[l.EntryID]]
		e.Postings = append(e.Postings, l.Posting)
	}
	return list, err
}

// Accounts lists a company's accounts by name with what was ever debited and credited; those of single milestones and
// people only while they are not even.
func (s *Service) Accounts(ctx context.Context, who market.Actor, company uuid.UUID) ([]AccountBalance, error) {
	if err := who.May(market.SeeMoney, company); err != nil {
		return nil, err
	}
	var list []AccountBalance
	return list, s.db.Gorm(ctx).Raw(`SELECT account, currency, coalesce(sum(amount) FILTER (WHERE amount > 0), 0) AS debit,
			coalesce(-sum(amount) FILTER (WHERE amount < 0), 0) AS credit
		FROM ledger_postings WHERE company_id = ? GROUP BY account, currency
		HAVING sum(amount) <> 0 OR split_part(account, ':', 1) NOT IN ('held', 'payable', 'refund_payable', 'connected', 'dispute_hold', 'receivable', 'uncharged')
		ORDER BY account, currency`, company).Scan(&list).Error
}

// AccountNames says whom accounts of a company's books are about: C-1042 and the title for what belongs to a milestone, a
// name for what belongs to a person, nothing for the company's own. What is about nobody is left out.
func (s *Service) AccountNames(ctx context.Context, who market.Actor, company uuid.UUID, accounts []string) (map[string]string, error) {
	if err := who.May(market.SeeMoney, company); err != nil {
		return nil, err
	}
	names, of := map[string]string{}, map[uuid.UUID][]string{}
	var ids pq.StringArray
	for _, account := range accounts {
		id, err := uuid.Parse(account[strings.LastIndex(account, ":")+1:])
		switch {
		case err != nil:
		case id == company:
			names[account] = ""
		case len(of[id]) == 0:
			ids = append(ids, id.String())
			fallthrough
		default:
			of[id] = append(of[id], account)
		}
	}
	var rows []struct {
		ID   uuid.UUID
		Name string
	}
	err := s.db.Gorm(ctx).Raw(`SELECT i.id, coalesce('C-' || c.number || ' ' || m.title, name_of(p)) AS name FROM unnest(?::uuid[]) i(id)
		LEFT JOIN milestones m ON m.id = i.id AND m.company_id = ? LEFT JOIN contracts c ON c.id = m.contract_id
		LEFT JOIN people p ON p.id = i.id AND EXISTS (SELECT 1 FROM contracts k WHERE k.person_id = p.id AND k.company_id = ?)
		WHERE m.id IS NOT NULL OR p.id IS NOT NULL`, ids, company, company).Scan(&rows).Error
	for _, row := range rows {
		for _, account := range of[row.ID] {
			names[account] = row.Name
		}
	}
	return names, err
}
