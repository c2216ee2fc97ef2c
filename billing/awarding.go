package billing

import (
	"cmp"
	"context"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"homecoming/internal/jobs"
	"homecoming/market"
)

// firstContract is the number before the first, so that C-1001 is a company's first contract.
const firstContract = 1000

// AcceptBid turns a bid into an active contract, with its terms notice and milestones, in one transaction. seen is the
// version of the bid that the actor looked at. It refuses what [market.Bid.Accept] refuses, and what would lack an item of
// the notice of terms.
func (s *Service) AcceptBid(ctx context.Context, who market.Actor, bid uuid.UUID, seen int) (Contract, error) {
	var id uuid.UUID
	err := s.db.Tx(ctx, func(tx *gorm.DB) error {
		award, side, err := s.market.LockForAward(tx, who, bid)
		if err != nil {
			return err
		}
		if err := s.market.Award(tx, who, award, side, seen); err != nil {
			return err
		}
		c, err := s.open(tx, award)
		if err != nil {
			return err
		}
		id = c.ID
		return market.Audit(tx, who, c.CompanyID, "contract.open", "contract:"+c.ID.String(),
			map[string]any{"number": c.Number, "bid": bid, "terms": c.TermsHash, "notice": c.NoticeHash})
	})
	if err != nil {
		return Contract{}, err
	}
	return s.Contract(ctx, who, id)
}

// open writes the contract of an award: its head, its milestones, its terms and its notice.
func (s *Service) open(tx *gorm.DB, a market.Award) (Contract, error) {
	now := s.clock.Now()
	var p market.Person
	if err := tx.Where("id = ?", a.Bid.PersonID).Take(&p).Error; err != nil {
		return Contract{}, err
	}
	c := Contract{ID: newID(), CompanyID: a.Company.ID, TaskID: a.Task.ID, BidID: a.Bid.ID, MembershipID: a.Bid.MembershipID, PersonID: p.ID,
		State: ContractActive, Title: a.Task.Title, Amount: a.Bid.Amount, Currency: a.Bid.Currency, DeliverOn: a.Bid.DeliverOn, Version: 1,
		ManagerID: a.Task.CreatedBy, CreatedAt: now}
	if _, err := market.CompanyByID(tx.Clauses(clause.Locking{Strength: "NO KEY UPDATE"}), c.CompanyID); err != nil { // numbers contracts
		return c, err
	}
	err := tx.Raw("SELECT coalesce(max(number), ?) + 1 FROM contracts WHERE company_id = ?", firstContract, c.CompanyID).Scan(&c.Number).Error
	if err != nil {
		return c, err
	}
	if err := tx.Create(&c).Error; err != nil {
		return c, err
	}
	rules, err := rulesFor(tx, c.CompanyID)
	if err != nil {
		return c, err
	}
	terms := termsOf(rules, a, p, now)
	c.Milestones = milestonesOf(rules, c, a, terms, now)
	if err := tx.Create(&c.Milestones).Error; err != nil {
		return c, err
	}
	notice := noticeOf(c, a, terms, p, c.Milestones, now)
	if err := notice.complete(); err != nil {
		return c, err
	}
	return c, s.fix(tx, &c, terms, notice, now)
}

// fix writes terms and notice down for ever.
func (s *Service) fix(tx *gorm.DB, c *Contract, terms Terms, notice Notice, now time.Time) error {
	t, err := c.write("terms", terms, now)
	if err != nil {
		return err
	}
	n, err := c.write("notice", notice, now)
	if err != nil {
		return err
	}
	c.Terms, c.TermsHash, c.Notice, c.NoticeHash = terms, t.Hash, notice, n.Hash
	if err := tx.Create(&[]document{t, n}).Error; err != nil {
		return err
	}
	return jobs.Enqueue(tx, PaperJob{Contract: c.ID})
}

// milestonesOf is the bid's plan with the money of each part computed once, for good.
func milestonesOf(r Rules, c Contract, a market.Award, terms Terms, now time.Time) []Milestone {
	var ms []Milestone
	for i, part := range a.Bid.Milestones {
		category := cmp.Or(part.Category, terms.WithholdingCategory)
		q := QuoteFor(r, a.Company, category, market.Money{Amount: part.Amount, Currency: c.Currency}, terms.Payee, part.DueOn)
		ms = append(ms, Milestone{ID: newID(), CompanyID: c.CompanyID, ContractID: c.ID, Position: i + 1, Title: part.Title, DueOn: part.DueOn,
			State: MilestoneDraft, Rail: terms.PaidBy(), Currency: c.Currency, Amount: q.Fee, Tax: q.Tax, Withheld: q.Withheld, PlatformFee: q.PlatformFee,
			PlatformTax: q.PlatformTax, WithholdingCategory: category,
			RulesVersion: r.Version(), PaymentDays: terms.PaymentDays, AutoAcceptDays: terms.AutoAcceptDays, CreatedAt: now, UpdatedAt: now})
		if h := a.Bid.Hourly; h != nil {
			ms[i].Worktime = weekOf(h.StartsOn.AddDays(7*i), h.Rate, h.WeeklyMinutes, a.Company.Zone())
		}
	}
	return ms
}
