package market

import (
	"context"
	"fmt"
	"slices"
	"time"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"homecoming/internal/problem"
)

// A ReferralFee is what a company says that it earned by a referral, once or for a month, and the fee that follows. It is paid as
// work is: by a task that only the referrer sees, whose one bid is the company's offer of exactly the fee. When they accept, the
// bid becomes a contract like any other, with its notice, approvals, budget, funding, withholding, statement and books.
type ReferralFee struct {
	ID         uuid.UUID
	CompanyID  uuid.UUID
	ReferralID uuid.UUID
	Period     string // 2026-11 where the fee is a share of revenue; otherwise empty
	Revenue    int64  // minor units, without consumption tax
	Amount     int64  // of the fee: minor units, without consumption tax
	Currency   string
	ReportedBy uuid.UUID
	ReportedAt time.Time

	TaskID     *uuid.UUID `gorm:"->;-:migration"` // that pays it; nil before it is offered, or when the offer came to nothing
	TaskState  TaskState  `gorm:"->;-:migration"`
	BidID      *uuid.UUID `gorm:"->;-:migration"` // the offer, for the referrer to accept
	BidState   BidState   `gorm:"->;-:migration"`
	ContractID *uuid.UUID `gorm:"->;-:migration"` // that it became
	Money      string     `gorm:"->;-:migration"` // where the contract's money is: the state of its milestone; empty before there is one
}

// Offered reports whether the fee is on its way: offered, or agreed to.
func (f ReferralFee) Offered() bool { return f.TaskID != nil }

// LetterReferralFee offers a referrer their fee.
const LetterReferralFee LetterKind = "referral_fee"

// feeDays is how long a fee's offer is open.
const feeDays = 30

// What can be wrong with a fee.
var (
	ErrFeeFixed    = problem.Define(problem.Conflict, "fee_is_fixed", "A referral fee follows from its terms and the revenue; it is neither edited nor haggled over. Correct the revenue on the referral.", "紹介料は条件と売上から決まるため、変更や交渉はできません。紹介の画面で売上を訂正してください。")
	ErrFeePeriod   = problem.Define(problem.Invalid, "fee_period", "Write the month of the revenue as 2026-11: not before the customer agreed, and not to come.", "売上の月は「2026-11」の形で、同意した月から今月までを指定してください。")
	ErrFeeOffered  = problem.Define(problem.Conflict, "fee_offered", "This fee was offered already. Cancel the offer before you correct the revenue.", "この紹介料は提示済みです。訂正するには、先に提示を取り消してください。")
	ErrNothingDue  = problem.Define(problem.Conflict, "no_fee_due", "No fee follows from this revenue, so there is nothing to offer.", "この売上に対する紹介料はありません。")
	ErrFeeForStaff = problem.Define(problem.Conflict, "fee_for_staff", "Who works here is paid through payroll, not by contract. Settle it there.", "従業員への紹介料は契約では支払えません。給与で精算してください。")
)

// period checks for which month revenue is reported, between a customer's yes and a day.
func (r Referral) period(text string, c Company, today civil.Date) (string, error) {
	if r.Terms.Fee != ShareFee {
		if text != "" {
			return "", ErrFeePeriod.On("period")
		}
		return "", nil
	}
	month, err := civil.ParseDate(text + "-01")
	since := c.Today(*r.AgreedAt)
	if err != nil || month.After(today) || month.Before(civil.Date{Year: since.Year, Month: since.Month, Day: 1}) {
		return "", ErrFeePeriod.On("period")
	}
	return text, nil
}

// A RevenueReport is what a company earned by a customer who was introduced to it.
type RevenueReport struct {
	Period  string // 2026-11 where the fee is a share; otherwise empty
	Revenue Money
}

// ReportRevenue says what the company earned by a referral that was won. Reported again before the fee is offered, it corrects.
func (s *Service) ReportRevenue(ctx context.Context, who Actor, id uuid.UUID, d RevenueReport) (ReferralFee, error) {
	var f ReferralFee
	err := s.db.Tx(ctx, func(tx *gorm.DB) error {
		r, err := lockFollowed(tx, who, id)
		if err != nil {
			return err
		}
		if r.State != ReferralWon {
			return ErrReferralState.With("state", r.State)
		}
		c, err := CompanyByID(tx, r.CompanyID)
		if err != nil {
			return err
		}
		period, err := r.period(d.Period, c, c.Today(s.clock.Now()))
		if err != nil {
			return err
		}
		if d.Revenue.Amount != 0 { // nothing earned is an answer, too
			if err := checkAmount(d.Revenue, c, "revenue"); err != nil {
				return err
			}
		}
		if f, err = feeOf(tx, r.ID, period); err != nil {
			return err
		}
		if f.Offered() {
			return ErrFeeOffered
		}
		return s.saveFee(tx, who, r, c, &f, period, d.Revenue.Amount)
	})
	return f, err
}

// feeOf reads the fee of a period; the zero fee where there is none.
func feeOf(tx *gorm.DB, referral uuid.UUID, period string) (ReferralFee, error) {
	var list []ReferralFee
	if err := tx.Raw(feesWithTasks+" WHERE f.referral_id = ? AND f.period = ?", referral, period).Scan(&list).Error; err != nil || len(list) == 0 {
		return ReferralFee{}, err
	}
	return list[0], nil
}

// feesWithTasks are fees with what pays them, unless that was canceled or taken back.
const feesWithTasks = `SELECT f.*, t.id AS task_id, coalesce(t.state, '') AS task_state, b.id AS bid_id, coalesce(b.state, '') AS bid_state, k.id AS contract_id,
		coalesce((SELECT state FROM milestones WHERE contract_id = k.id ORDER BY position LIMIT 1), '') AS money
	FROM referral_fees f LEFT JOIN tasks t ON t.fee_id = f.id AND t.state <> 'canceled'
		LEFT JOIN LATERAL (SELECT id, state FROM bids WHERE task_id = t.id ORDER BY id DESC LIMIT 1) b ON true
		LEFT JOIN LATERAL (SELECT id FROM contracts WHERE task_id = t.id ORDER BY number DESC LIMIT 1) k ON true`

func (s *Service) saveFee(tx *gorm.DB, who Actor, r Referral, c Company, f *ReferralFee, period string, revenue int64) error {
	var before int64
	if err := tx.Raw("SELECT coalesce(sum(amount), 0) FROM referral_fees WHERE referral_id = ? AND period <> ?", r.ID, period).Scan(&before).Error; err != nil {
		return err
	}
	if f.ID == uuid.Nil {
		f.ID = newID()
	}
	f.CompanyID, f.ReferralID, f.Period, f.Revenue, f.Currency, f.ReportedBy, f.ReportedAt = r.CompanyID, r.ID, period, revenue, c.Currency, who.PersonID, s.clock.Now()
	f.Amount = r.Terms.FeeFor(revenue, before)
	if f.Amount > maxAmount {
		return ErrAmountTooLarge.On("revenue").With("max", Money{maxAmount, c.Currency})
	}
	err := tx.Exec(`INSERT INTO referral_fees (id, company_id, referral_id, period, revenue, amount, currency, reported_by, reported_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT ON CONSTRAINT one_fee_a_period DO UPDATE SET revenue = excluded.revenue, amount = excluded.amount, reported_by = excluded.reported_by, reported_at = excluded.reported_at`,
		f.ID, f.CompanyID, f.ReferralID, f.Period, f.Revenue, f.Amount, f.Currency, f.ReportedBy, f.ReportedAt).Error
	if err != nil {
		return err
	}
	return Audit(tx, who, r.CompanyID, "referral.report_revenue", "referral:"+r.ID.String(), map[string]any{"period": period, "revenue": revenue, "fee": f.Amount})
}

// ReferralFees lists what was reported of a referral that the actor may see, by period.
func (s *Service) ReferralFees(ctx context.Context, who Actor, referral uuid.UUID) ([]ReferralFee, error) {
	g := s.db.Gorm(ctx)
	if _, err := referralView(g, who, referral); err != nil {
		return nil, err
	}
	var list []ReferralFee
	return list, g.Raw(feesWithTasks+" WHERE f.referral_id = ? ORDER BY f.period, f.id", referral).Scan(&list).Error
}

// OfferFee offers a referrer their fee on the company's behalf, paid out of a budget where one is named. It takes somebody who may
// post tasks and is not the referrer. Where the referrer has an interest of their own, the offer cannot be accepted before a second
// person has looked at it: see [OwnInterest].
func (s *Service) OfferFee(ctx context.Context, who Actor, fee uuid.UUID, budget string) (ReferralFee, error) {
	var f ReferralFee
	err := s.db.Tx(ctx, func(tx *gorm.DB) error {
		r, err := s.lockFee(tx, who, fee, &f)
		if err != nil {
			return err
		}
		c, err := lockCompany(tx, r.CompanyID) // numbers tasks
		if err != nil {
			return err
		}
		member, err := s.payable(tx, r, c)
		if err != nil {
			return err
		}
		now := s.clock.Now()
		t, err := feeTask(tx, c, r, f, member, c.Today(now))
		if err != nil {
			return err
		}
		if t.PaidFrom, err = paidFrom(tx, c.ID, budget); err != nil {
			return err
		}
		t.CreatedBy, t.CreatedAt, t.UpdatedAt, t.PublishedAt = who.PersonID, now, now, &now
		if err := tx.Omit("Skills").Create(&t).Error; err != nil {
			return err
		}
		if err := s.offerFee(tx, who, c, t, r, member); err != nil {
			return err
		}
		if _, err := s.ask(tx, who, t, f.Amount, ""); err != nil {
			return err
		}
		f, err = feeOf(tx, r.ID, f.Period)
		return err
	})
	return f, err
}

// lockFee reads a fee that can be offered, with its referral, and holds the referral.
func (s *Service) lockFee(tx *gorm.DB, who Actor, fee uuid.UUID, f *ReferralFee) (Referral, error) {
	var r Referral
	if err := one(tx.Where("id = (SELECT referral_id FROM referral_fees WHERE id = ?)", fee).Take(&r)); err != nil {
		return r, err
	}
	if err := who.May(PostTasks, r.CompanyID); err != nil {
		return r, err
	}
	if r.PersonID == who.PersonID {
		return r, ErrOwnReferral
	}
	r = Referral{ID: r.ID}
	if err := tx.Clauses(clause.Locking{Strength: "NO KEY UPDATE"}).Take(&r).Error; err != nil {
		return r, err
	}
	var list []ReferralFee
	if err := tx.Raw(feesWithTasks+" WHERE f.id = ?", fee).Scan(&list).Error; err != nil {
		return r, err
	}
	*f = list[0]
	switch {
	case f.Offered():
		return r, ErrFeeOffered
	case f.Amount == 0:
		return r, ErrNothingDue
	case f.Currency == "JPY" && f.Amount < smallestYen:
		return r, ErrSmallestCharge.On("amount").With("min", Yen(smallestYen))
	}
	return r, r.licensed()
}

// payable is the membership of the referrer as somebody who left, under which they are paid. Who works there is not paid by contract.
func (s *Service) payable(tx *gorm.DB, r Referral, c Company) (uuid.UUID, error) {
	var ids []uuid.UUID
	err := tx.Raw("SELECT m.id FROM memberships m JOIN companies c ON c.id = m.company_id WHERE m.company_id = @company AND m.person_id = @person AND NOT m.outside AND "+left+" ORDER BY m.id LIMIT 1",
		map[string]any{"company": c.ID, "person": r.PersonID, "now": s.clock.Now()}).Scan(&ids).Error
	if err == nil && len(ids) == 0 {
		err = ErrFeeForStaff
	}
	return first(ids), err
}

// feeTask is the task that pays a fee. Only its referrer sees it, and it wants no skills.
func feeTask(tx *gorm.DB, c Company, r Referral, f ReferralFee, member uuid.UUID, today civil.Date) (Task, error) {
	due := today.AddDays(feeDays)
	t := Task{ID: newID(), CompanyID: c.ID, Title: feeTitle(c, r, f), Brief: feeBrief(c, r, f), Budget: &f.Amount, Currency: f.Currency, DueOn: &due, WithholdingCategory: r.Terms.Category,
		Visibility: Visibility{Kind: Named, MembershipIDs: []uuid.UUID{member}}, State: Published, Version: 1, FeeID: &f.ID}
	return t, tx.Raw("SELECT coalesce(max(number), 0) + 1 FROM tasks WHERE company_id = ?", c.ID).Scan(&t.Number).Error
}

// feeTitle names a fee as it stands on notices and statements, in the company's language. The customer's name stays out of them:
// they go to a tax office as well.
func feeTitle(c Company, r Referral, f ReferralFee) string {
	title := "紹介料 " + r.Label()
	if c.Language == string(problem.English) {
		title = "Referral fee " + r.Label()
	}
	if f.Period != "" {
		title += " (" + f.Period + ")"
	}
	return title
}

// feeBrief says how the fee comes about.
func feeBrief(c Company, r Referral, f ReferralFee) string {
	fee, revenue := Money{f.Amount, f.Currency}, Money{f.Revenue, f.Currency}
	switch english := c.Language == string(problem.English); {
	case r.Terms.Fee == ShareFee && english:
		return fmt.Sprintf("The agreed share of the revenue by the customer introduced as %s in %s: %s × %s%% = %s, as far as no cap ends it. Nothing more is to be delivered.", r.Label(), f.Period, revenue, Percent(r.Terms.BP), fee)
	case r.Terms.Fee == ShareFee:
		return fmt.Sprintf("%sとしてご紹介いただいたお客様の%sの売上に対する紹介料：%s × %s％ ＝ %s（上限がある場合はその範囲内）。追加の納品物はありません。", r.Label(), f.Period, revenue, Percent(r.Terms.BP), fee)
	case english:
		return fmt.Sprintf("The agreed fee for the customer introduced as %s: %s. Nothing more is to be delivered.", r.Label(), fee)
	}
	return fmt.Sprintf("%sとしてご紹介いただいたお客様の成約に対する紹介料：%s。追加の納品物はありません。", r.Label(), fee)
}

// Percent writes basis points as a percentage: 2.5.
func Percent(bp int64) string {
	text := fmt.Sprintf("%d.%02d", bp/100, bp%100)
	for text[len(text)-1] == '0' {
		text = text[:len(text)-1]
	}
	if text[len(text)-1] == '.' {
		text = text[:len(text)-1]
	}
	return text
}

// offerFee makes the one bid on a fee's task: the company's offer, for the referrer to accept.
func (s *Service) offerFee(tx *gorm.DB, who Actor, c Company, t Task, r Referral, member uuid.UUID) error {
	now := s.clock.Now()
	terms := Terms{Amount: Money{*t.Budget, t.Currency}, DeliverOn: *t.DueOn, Message: t.Brief}
	if err := terms.checkOffer(c, t, c.Today(now)); err != nil {
		return err
	}
	b := Bid{ID: newID(), CompanyID: c.ID, TaskID: t.ID, MembershipID: member, PersonID: r.PersonID, State: Open, Version: 1, OfferedBy: ByCompany, CreatedAt: now}
	s.fill(&b, terms)
	if err := tx.Create(&b).Error; err != nil {
		return refused(err, bidProblems)
	}
	return s.recordOffer(tx, who, t, b, b.PersonID, LetterReferralFee)
}

// interested reports whether the referrer whom a fee's task pays declared an interest in the customer, or is on the paying side:
// may award, approve or follow there, or works there.
func interested(g *gorm.DB, t Task) (bool, error) {
	var facts struct {
		PersonID uuid.UUID
		Declared bool
		Works    bool
	}
	err := g.Raw(`SELECT r.person_id, r.relation <> 'none' AS declared, EXISTS (SELECT 1 FROM memberships m JOIN stints s ON s.membership_id = m.id
			WHERE m.company_id = r.company_id AND m.person_id = r.person_id AND s.left_on IS NULL) AS works
		FROM referral_fees f JOIN referrals r ON r.id = f.referral_id WHERE f.id = ?`, t.FeeID).Scan(&facts).Error
	if err != nil || facts.Declared || facts.Works {
		return facts.Declared || facts.Works, err
	}
	for _, do := range []Action{PostTasks, ApproveSpend, ApproveMoney, FollowReferrals} {
		able, err := Able(g, t.CompanyID, do)
		if err != nil || slices.Contains(able, facts.PersonID) {
			return true, err
		}
	}
	return false, nil
}
