package billing

import (
	"context"
	"encoding/json"
	"time"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"
	"gorm.io/gorm"

	"homecoming/internal/problem"
	"homecoming/market"
)

// ClosingState is where a closed month stands.
type ClosingState string

// The states of a closing.
const (
	MonthClosed   ClosingState = "closed"
	ReopenAsked   ClosingState = "reopen_asked"
	MonthReopened ClosingState = "reopened"
)

// A reopening is a closing with who tries to move it.
type reopening struct {
	Closing
	who uuid.UUID
}

// closingMachine is the life of a closing.
var closingMachine = Machine[ClosingState, reopening]{
	Noun:  "closing",
	Start: MonthClosed,
	Moves: []Move[ClosingState, reopening]{
		{MonthClosed, "ask", ReopenAsked, TheCompany, nil},
		{ReopenAsked, "confirm", MonthReopened, TheCompany, &Guard[reopening]{"not who asked", func(r reopening) error {
			if r.ReopenAskedBy != nil && *r.ReopenAskedBy == r.who {
				return ErrSamePerson
			}
			return nil
		}}},
		{ReopenAsked, "decline", MonthClosed, TheCompany, nil},
	},
	Stands: map[ClosingState]Stand{
		MonthClosed:   {},
		ReopenAsked:   {Owner: TheCompany}, // anybody else who may approve
		MonthReopened: {},
	},
}

// A Closing is a month of a company's books that no entry is added to any more. What happens to it later is booked in the
// first open month. Months are closed in their order, each with everything before it.
type Closing struct {
	ID            uuid.UUID
	CompanyID     uuid.UUID
	Month         civil.Date `gorm:"type:date"` // its first day
	Checklist     string     // what was looked at, as JSON
	ClosedAt      time.Time
	ClosedBy      uuid.UUID
	ReopenAskedAt *time.Time
	ReopenAskedBy *uuid.UUID
	ReopenReason  string
	ReopenedAt    *time.Time
	ReopenedBy    *uuid.UUID

	ClosedByName string `gorm:"->"`
	AskedByName  string `gorm:"->"`
}

// TableName is where closings are kept.
func (Closing) TableName() string { return "closed_months" }

// State is where it stands.
func (c Closing) State() ClosingState {
	switch {
	case c.ReopenedAt != nil:
		return MonthReopened
	case c.ReopenAskedAt != nil:
		return ReopenAsked
	}
	return MonthClosed
}

// A Check is one line of a month's checklist: how many of all are left.
type Check struct {
	Key    string `json:"key"`
	Left   int    `json:"left"`
	Total  int    `json:"total"`
	Amount int64  `json:"amount"` // minor units of the company's currency, where it is about a sum
	Blocks bool   `json:"blocks"` // the month stays open while any is left
}

// monthChecks are what is looked at before a month closes. Each query gives left, total and amount.
var monthChecks = []struct {
	key    string
	blocks bool
	ask    string
}{
	{"read", true, `SELECT CASE WHEN EXISTS (SELECT 1 FROM balance_copies WHERE from_at <= @start AND through_at >= @end) THEN 0 ELSE 1 END AS left, 1 AS total`},
	{"explained", true, `SELECT (SELECT count(*) FROM exceptions WHERE company_id = @company AND level <> 'bank' AND state IN ('open', 'proposed') AND day < @next) AS left,
		(SELECT count(*) FROM balance_transactions WHERE company_id = @company AND created_at >= @start AND created_at < @end) AS total`},
	{"bank", true, `SELECT count(*) FILTER (WHERE matched_kind = '' AND NOT EXISTS (SELECT 1 FROM exceptions x WHERE x.company_id = @company AND x.level = 'bank'
			AND x.subject = 'bank_line:' || l.id AND x.state = 'resolved')) AS left, count(*) FILTER (WHERE booked_on >= @first) AS total
		FROM bank_lines l WHERE company_id = @company AND booked_on < @next`},
	{"statements", true, `SELECT count(*) FILTER (WHERE state = 'uploaded') AS left, count(*) FILTER (WHERE state = 'uploaded' OR from_on < @next AND to_on >= @first) AS total
		FROM bank_statements WHERE company_id = @company AND (state = 'imported' OR state = 'uploaded' AND uploaded_at < @end)`},
	{"payments", true, `SELECT count(*) FILTER (WHERE i.state = 'sent') AS left, count(*) FILTER (WHERE r.pay_on >= @first) AS total,
			coalesce(sum(i.amount) FILTER (WHERE i.state = 'sent'), 0)::bigint AS amount
		FROM pay_items i JOIN pay_runs r ON r.id = i.run_id WHERE i.company_id = @company AND r.rail = 'bank_file' AND i.state IN ('sent', 'confirmed', 'returned') AND r.pay_on < @next`},
	{"runs", false, `SELECT count(*) FILTER (WHERE state IN ('proposed', 'approved', 'filed')) AS left, count(*) FILTER (WHERE pay_on >= @first) AS total
		FROM pay_runs WHERE company_id = @company AND pay_on < @next AND state NOT IN ('declined', 'withdrawn', 'recalled')`},
	{"adjustments", true, `SELECT count(*) FILTER (WHERE state = 'asked') AS left, count(*) AS total FROM adjustments WHERE company_id = @company AND asked_at < @end`},
	{"due", false, `SELECT count(*) FILTER (WHERE released_at IS NULL OR (released_at AT TIME ZONE @zone)::date > pay_by) AS left, count(*) AS total
		FROM milestones WHERE company_id = @company AND pay_by >= @first AND pay_by < @next AND state NOT IN ('refunding', 'refunded', 'canceled', 'charged_back')`},
	{"withheld", true, `SELECT (SELECT count(*) FROM milestones m WHERE m.company_id = @company AND m.withheld > 0 AND m.released_at < @end AND m.state IN ` + given + `
			AND NOT EXISTS (SELECT 1 FROM ledger_entries e WHERE e.company_id = @company AND e.milestone_id = m.id AND e.kind = 'withheld')) AS left,
		count(*) AS total, coalesce(-sum(p.amount), 0)::bigint AS amount
		FROM ledger_entries e JOIN ledger_postings p ON p.entry_id = e.id AND p.account = 'withheld_tax:' || CAST(@company AS text)
		WHERE e.company_id = @company AND e.kind = 'withheld' AND e.booked_on >= @first AND e.booked_on < @next`},
}

// A MonthView is a month with what has to be seen to before it closes, or its closing.
type MonthView struct {
	Month    civil.Date // its first day
	Next     civil.Date // the month that closes next
	Over     bool       // its last day is past
	Checks   []Check
	Closing  *Closing  // the one in force
	Closings []Closing // the company's last twelve, newest first
}

// Ready reports whether nothing blocks.
func (m MonthView) Ready() bool {
	for _, c := range m.Checks {
		if c.Blocks && c.Left > 0 {
			return false
		}
	}
	return m.Over && m.Closing == nil && m.Month == m.Next
}

// What can be wrong with closing a month.
var (
	ErrMonthOrder = problem.Define(problem.Conflict, "month_out_of_order",
		"Months close in their order. Close {month} first.", "月次締めは順番に行います。先に{month}を締めてください。")
	ErrMonthRunning = problem.Define(problem.Conflict, "month_not_over",
		"{month} is not over yet. Close it from the first day of the next month on.", "{month}はまだ終わっていません。翌月1日以降に締めてください。")
	ErrMonthNotReady = problem.Define(problem.Conflict, "month_not_ready",
		"{left} things of this month still need somebody. See to them on the list, then close.", "未処理の項目が{left}件あります。一覧で処理してから締めてください。")
	ErrNotClosed = problem.Define(problem.Conflict, "month_not_closed",
		"Only the newest closed month can be opened again.", "再開できるのは、直近に締めた月のみです。")
)

func firstOf(d civil.Date) civil.Date { return civil.Date{Year: d.Year, Month: d.Month, Day: 1} }

// Month shows a month of a company's books; a zero day means the one that closes next.
func (s *Service) Month(ctx context.Context, who market.Actor, company uuid.UUID, day civil.Date) (MonthView, error) {
	if err := who.May(market.SeeMoney, company); err != nil {
		return MonthView{}, err
	}
	g := s.db.Gorm(ctx)
	c, err := market.CompanyByID(g, company)
	if err != nil {
		return MonthView{}, err
	}
	return monthOf(g, c, day, s.clock.Now())
}

func monthOf(g *gorm.DB, c market.Company, day civil.Date, now time.Time) (MonthView, error) {
	var v MonthView
	var err error
	if v.Next, err = nextToClose(g, c); err != nil {
		return v, err
	}
	if v.Month = firstOf(day); day.IsZero() {
		v.Month = v.Next
	}
	v.Over = !c.Today(now).Before(v.Month.AddMonths(1))
	err = g.Table("closed_months m").Select("m.*, name_of(p) AS closed_by_name, name_of(a) AS asked_by_name").
		Joins("JOIN people p ON p.id = m.closed_by").Joins("LEFT JOIN people a ON a.id = m.reopen_asked_by").
		Where("m.company_id = ?", c.ID).Order("m.month DESC, m.closed_at DESC").Limit(12).Scan(&v.Closings).Error
	if err != nil {
		return v, err
	}
	for i, closed := range v.Closings {
		if closed.Month == v.Month && closed.State() != MonthReopened {
			v.Closing = &v.Closings[i]
			return v, json.Unmarshal([]byte(closed.Checklist), &v.Checks)
		}
	}
	v.Checks, err = checksOf(g, c, v.Month)
	return v, err
}

// nextToClose is the first day of the month that closes next: after the newest closed one, or that of the first entry.
func nextToClose(g *gorm.DB, c market.Company) (civil.Date, error) {
	var found []struct {
		Next civil.Date `gorm:"type:date"`
	}
	err := g.Raw(`SELECT coalesce(books_closed_through + 1, (SELECT min(booked_on) FROM ledger_entries e WHERE e.company_id = c.id), (created_at AT TIME ZONE time_zone)::date) AS next
		FROM companies c WHERE id = ?`, c.ID).Scan(&found).Error
	if err != nil || len(found) == 0 {
		return civil.Date{}, err
	}
	return firstOf(found[0].Next), nil
}

func checksOf(g *gorm.DB, c market.Company, month civil.Date) ([]Check, error) {
	next := month.AddMonths(1)
	args := map[string]any{"company": c.ID, "zone": c.TimeZone, "first": month, "next": next, "start": month.In(c.Zone()), "end": next.In(c.Zone())}
	var list []Check
	for _, m := range monthChecks {
		check := Check{}
		if err := g.Raw(m.ask, args).Scan(&check).Error; err != nil {
			return nil, err
		}
		check.Key, check.Blocks = m.key, m.blocks
		list = append(list, check)
	}
	return list, nil
}

// CloseMonth closes a month: the next in order, once it is over and nothing in it is unexplained. Everything is compared
// once more under the lock that posting an entry needs, so that what is closed is what was looked at.
func (s *Service) CloseMonth(ctx context.Context, who market.Actor, company uuid.UUID, day civil.Date) (MonthView, error) {
	if err := who.May(market.ReconcileMoney, company); err != nil {
		return MonthView{}, err
	}
	var v MonthView
	err := s.db.Tx(ctx, func(tx *gorm.DB) error {
		c, err := lockBooks(tx, company)
		if err != nil {
			return err
		}
		now := s.clock.Now()
		if v, err = monthOf(tx, c, day, now); err != nil {
			return err
		}
		switch {
		case v.Closing != nil:
			return nil
		case v.Month != v.Next:
			return ErrMonthOrder.With("month", monthName(v.Next))
		case !v.Over:
			return ErrMonthRunning.With("month", monthName(v.Month))
		}
		closing := Closing{ID: newID(), CompanyID: company, Month: v.Month, ClosedAt: now, ClosedBy: who.PersonID}
		if _, err := compare(comparison{tx: tx, company: c, run: closing.ID, asOf: now, from: v.Month, until: v.Month.AddMonths(1)}); err != nil {
			return err
		}
		if v.Checks, err = checksOf(tx, c, v.Month); err != nil {
			return err
		}
		if left := leftOf(v.Checks); left > 0 {
			return ErrMonthNotReady.With("left", left)
		}
		return s.closeBooks(tx, who, closing, &v)
	})
	return v, err
}

// lockBooks holds a company's row so that no entry is posted meanwhile.
func lockBooks(tx *gorm.DB, company uuid.UUID) (market.Company, error) {
	if err := tx.Exec("SELECT 1 FROM companies WHERE id = ? FOR UPDATE", company).Error; err != nil {
		return market.Company{}, err
	}
	return market.CompanyByID(tx, company)
}

func leftOf(checks []Check) (left int) {
	for _, c := range checks {
		if c.Blocks {
			left += c.Left
		}
	}
	return left
}

func monthName(month civil.Date) string { return month.String()[:7] }

func (s *Service) closeBooks(tx *gorm.DB, who market.Actor, closing Closing, v *MonthView) error {
	list, err := json.Marshal(v.Checks)
	if err != nil {
		return err
	}
	closing.Checklist = string(list)
	if err := tx.Create(&closing).Error; err != nil {
		return err
	}
	closing.ClosedByName = who.Name
	v.Closing, v.Closings, v.Next = &closing, append([]Closing{closing}, v.Closings...), v.Month.AddMonths(1)
	if err := setClosedThrough(tx, closing.CompanyID); err != nil {
		return err
	}
	return market.Audit(tx, who, closing.CompanyID, "month.close", "month:"+monthName(closing.Month), v.Checks)
}

// setClosedThrough writes down through which day the books are closed, from the closings in force.
func setClosedThrough(tx *gorm.DB, company uuid.UUID) error {
	return tx.Exec(`UPDATE companies SET books_closed_through = (SELECT (max(month) + interval '1 month')::date - 1 FROM closed_months
		WHERE company_id = companies.id AND reopened_at IS NULL) WHERE id = ?`, company).Error
}

// MoveClosing asks to open the newest closed month again, with a reason, and confirms or declines what somebody else
// asked: do is the machine's word.
func (s *Service) MoveClosing(ctx context.Context, who market.Actor, company uuid.UUID, day civil.Date, do, reason string) (MonthView, error) {
	needs := market.ApproveMoney
	if do == "ask" {
		needs = market.ReconcileMoney
		if err := checkMessage(reason, true); err != nil {
			return MonthView{}, err
		}
	}
	if err := who.May(needs, company); err != nil {
		return MonthView{}, err
	}
	var v MonthView
	err := s.db.Tx(ctx, func(tx *gorm.DB) error {
		c, err := lockBooks(tx, company)
		if err != nil {
			return err
		}
		if v, err = monthOf(tx, c, day, s.clock.Now()); err != nil {
			return err
		}
		if v.Closing == nil || v.Month.AddMonths(1) != v.Next {
			return ErrNotClosed
		}
		if err := s.moveClosing(tx, who, v.Closing, do, reason); err != nil {
			return err
		}
		v, err = monthOf(tx, c, day, s.clock.Now())
		return err
	})
	return v, err
}

func (s *Service) moveClosing(tx *gorm.DB, who market.Actor, c *Closing, do, reason string) error {
	to, err := closingMachine.Next(c.State(), do, TheCompany, reopening{*c, who.PersonID})
	if err != nil {
		return err
	}
	now := s.clock.Now()
	switch to {
	case ReopenAsked:
		c.ReopenAskedAt, c.ReopenAskedBy, c.ReopenReason = &now, &who.PersonID, reason
	case MonthReopened:
		c.ReopenedAt, c.ReopenedBy = &now, &who.PersonID
	default:
		c.ReopenAskedAt, c.ReopenAskedBy, c.ReopenReason = nil, nil, ""
	}
	if err := tx.Save(c).Error; err != nil {
		return err
	}
	if err := setClosedThrough(tx, c.CompanyID); err != nil {
		return err
	}
	return market.Audit(tx, who, c.CompanyID, "month.reopen_"+do, "month:"+monthName(c.Month), map[string]any{"reason": reason})
}
