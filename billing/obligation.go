package billing

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"
	"gorm.io/gorm"

	"homecoming/internal/jobs"
	"homecoming/market"
)

// An ObligationKind is what the law wants done.
type ObligationKind string

// The kinds.
const (
	PayFee      ObligationKind = "pay_fee"      // a fee for work that was received
	PayWithheld ObligationKind = "pay_withheld" // income tax that was kept back, to the tax office
	SayEnding   ObligationKind = "say_ending"   // whether a long engagement goes on
)

// An Obligation is something that the law wants a company to do by a day.
type Obligation struct {
	Kind        ObligationKind
	Article     Article
	Due         civil.Date
	Left        int // days from today to Due; below zero: late by so many
	Amount      market.Money
	ContractID  uuid.UUID // uuid.Nil for PayWithheld
	Contract    string    // C-1042
	MilestoneID uuid.UUID // of PayFee
	Title       string
	Person      string
	State       MilestoneState // of PayFee
	HoldReason  string         // of PayFee: why the transfer waits
}

// Late reports whether its day has passed.
func (o Obligation) Late() bool { return o.Left < 0 }

// A Punctuality is how a company has paid over some months: fees by their legal due day, and after it.
type Punctuality struct {
	Since     civil.Date
	Paid      int
	InTime    int
	WorstLate int // days
}

// Percent is the share that was paid in time, rounded down so that one late payment shows; 100 where nothing was paid.
func (p Punctuality) Percent() int {
	if p.Paid == 0 {
		return 100
	}
	return p.InTime * 100 / p.Paid
}

// A Duties is what a company has to do by law, and how it has done.
type Duties struct {
	Today       civil.Date
	List        []Obligation // by due day
	Punctuality Punctuality
}

// Late are those whose day has passed.
func (d Duties) Late() []Obligation {
	return slices.DeleteFunc(slices.Clone(d.List), func(o Obligation) bool { return !o.Late() })
}

// Soon are those due within so many days, today included.
func (d Duties) Soon(days int) []Obligation {
	return slices.DeleteFunc(slices.Clone(d.List), func(o Obligation) bool { return o.Late() || o.Left > days })
}

const (
	punctualMonths = 12
	endingAhead    = 45 // days before its day from which the notice of an ending is listed
)

// Duties lists what a company has to do by law, and by when.
func (s *Service) Duties(ctx context.Context, who market.Actor, company uuid.UUID) (Duties, error) {
	if err := who.May(market.SeeMoney, company); err != nil {
		return Duties{}, err
	}
	g := s.db.Gorm(ctx)
	c, err := market.CompanyByID(g, company)
	if err != nil {
		return Duties{}, err
	}
	rules, err := rulesFor(g, company)
	if err != nil {
		return Duties{}, err
	}
	d := Duties{Today: c.Today(s.clock.Now())}
	for _, find := range []func(*gorm.DB, market.Company, Rules, civil.Date) ([]Obligation, error){s.feesDue, s.withheldDue, s.endingsDue} {
		found, err := find(g, c, rules, d.Today)
		if err != nil {
			return d, err
		}
		d.List = append(d.List, found...)
	}
	for i := range d.List {
		d.List[i].Left = d.List[i].Due.DaysSince(d.Today)
	}
	slices.SortStableFunc(d.List, func(a, b Obligation) int { return cmp.Compare(a.Left, b.Left) })
	d.Punctuality, err = punctuality(g, c, d.Today.AddMonths(-punctualMonths))
	return d, err
}

// feesDue are the fees for what was received and is not on its way yet.
func (s *Service) feesDue(g *gorm.DB, c market.Company, _ Rules, _ civil.Date) ([]Obligation, error) {
	var rows []struct {
		Milestone
		Number int
		Person string
	}
	err := g.Raw(`SELECT m.*, c.number, name_of(p) AS person
		FROM milestones m JOIN contracts c ON c.id = m.contract_id JOIN people p ON p.id = c.person_id
		WHERE m.company_id = ? AND m.pay_by IS NOT NULL AND m.state IN ('submitted', 'changes_requested', 'in_progress', 'accepted', 'releasing')
		ORDER BY m.pay_by, m.id LIMIT 500`, c.ID).Scan(&rows).Error
	list := make([]Obligation, len(rows))
	for i, r := range rows {
		q := r.Quote()
		list[i] = Obligation{Kind: PayFee, Article: ArticlePayment, Due: *r.PayBy, Amount: q.Money(q.Net - r.Recovered), ContractID: r.ContractID,
			Contract: Contract{Number: r.Number}.Label(), MilestoneID: r.ID, Title: r.Title, Person: r.Person, State: r.State, HoldReason: r.HoldReason}
	}
	return list, err
}

// withheldDue is the tax of past months and of this one whose day has not come. Whether it was paid in, the books of the
// company know and not these.
func (s *Service) withheldDue(g *gorm.DB, c market.Company, _ Rules, today civil.Date) ([]Obligation, error) {
	months, err := s.withheldByMonth(g.Statement.Context, c)
	var list []Obligation
	for _, m := range months {
		if m.Amount > 0 && !m.DueOn.Before(today) {
			list = append(list, Obligation{Kind: PayWithheld, Article: ArticleWithheld, Due: m.DueOn, Amount: market.Money{Amount: m.Amount, Currency: c.Currency},
				Title: fmt.Sprintf("%d-%02d", m.Month.Year, m.Month.Month)})
		}
	}
	return list, err
}

// endingsDue are the last days to say that a long engagement is not renewed, where nothing was said and nothing follows:
// one an engagement, by its last contract, and not before that was ordered.
func (s *Service) endingsDue(g *gorm.DB, c market.Company, rules Rules, today civil.Date) ([]Obligation, error) {
	var rows []struct {
		Contract
		Person string
	}
	err := g.Raw(`SELECT c.*, name_of(p) AS person FROM contracts c JOIN people p ON p.id = c.person_id
		WHERE c.company_id = ? AND c.state IN ('active', 'paused') AND c.ends_on IS NULL AND c.deliver_on >= ? ORDER BY c.deliver_on, c.id LIMIT 500`,
		c.ID, today).Scan(&rows).Error
	if err != nil {
		return nil, err
	}
	last := map[uuid.UUID]int{} // by person
	var list []Obligation
	for _, r := range rows {
		by := rules.NoticeOfEnding(r.DeliverOn)
		if by.DaysSince(today) > endingAhead {
			continue
		}
		e, err := engagementOf(g, c, r.Contract)
		if err != nil {
			return nil, err
		}
		if !rules.TakesNotice(e) || e.Until != r.DeliverOn { // short, or something follows it
			continue
		}
		if ordered := c.Today(r.CreatedAt); by.Before(ordered) {
			by = ordered
		}
		at, known := last[r.PersonID]
		if !known {
			at = len(list)
			last[r.PersonID], list = at, append(list, Obligation{})
		}
		list[at] = Obligation{Kind: SayEnding, Article: ArticleEnding, Due: by, Amount: market.Money{Amount: r.Amount, Currency: r.Currency},
			ContractID: r.ID, Contract: r.Label(), Title: r.Title, Person: r.Person}
	}
	return list, nil
}

// punctuality counts the fees whose transfer left from a day on.
func punctuality(g *gorm.DB, c market.Company, since civil.Date) (Punctuality, error) {
	p := Punctuality{Since: since}
	err := g.Raw(`SELECT count(*) AS paid, count(*) FILTER (WHERE sent <= pay_by) AS in_time, coalesce(max(sent - pay_by) FILTER (WHERE sent > pay_by), 0) AS worst_late
		FROM (SELECT (released_at AT TIME ZONE ?)::date AS sent, pay_by FROM milestones WHERE company_id = ? AND released_at IS NOT NULL AND pay_by IS NOT NULL) m
		WHERE sent >= ?`, c.Zone().String(), c.ID, since).Scan(&p).Error
	return p, err
}

// endingDays are how many days before the last day letters are written about an engagement that may not be renewed.
var endingDays = []int{7, 3, 1, 0}

// warnOfEndings writes to the managers of long engagements whose notice is due, and returns how many letters it wrote.
func (s *Service) warnOfEndings(ctx context.Context) (int, error) {
	var companies []uuid.UUID
	err := s.db.Gorm(ctx).Raw(`SELECT DISTINCT company_id FROM contracts WHERE state IN ('active', 'paused') AND ends_on IS NULL
		AND deliver_on > CAST(? AS date)`, s.clock.Now().AddDate(0, 0, -1)).Scan(&companies).Error
	if err != nil {
		return 0, err
	}
	written := 0
	for _, id := range companies {
		err := s.db.Tx(ctx, func(tx *gorm.DB) error {
			c, err := market.CompanyByID(tx, id)
			if err != nil || s.clock.Now().Before(morning(c.Today(s.clock.Now()), c.Zone())) {
				return err
			}
			n, err := s.warnOfEndingsAt(tx, c)
			written += n
			return err
		})
		if err != nil {
			return written, err
		}
	}
	return written, nil
}

// warnOfEndingsAt writes one company's letters, each once; of several that have become due the latest alone.
func (s *Service) warnOfEndingsAt(tx *gorm.DB, c market.Company) (written int, err error) {
	rules, err := rulesFor(tx, c.ID)
	if err != nil {
		return 0, err
	}
	today := c.Today(s.clock.Now())
	due, err := s.endingsDue(tx, c, rules, today)
	if err != nil {
		return 0, err
	}
	for _, o := range due {
		left := o.Due.DaysSince(today)
		isNew := false
		for _, n := range endingDays {
			if left > n || left < 0 {
				continue
			}
			done := tx.Exec("INSERT INTO ending_alarms (contract_id, company_id, due_on, days, at) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
				o.ContractID, c.ID, o.Due, n, s.clock.Now())
			if done.Error != nil {
				return written, done.Error
			}
			isNew = isNew || done.RowsAffected > 0
		}
		if !isNew {
			continue
		}
		written++
		if err := s.tellOfEnding(tx, o); err != nil {
			return written, err
		}
	}
	return written, nil
}

func (s *Service) tellOfEnding(tx *gorm.DB, o Obligation) error {
	var c Contract
	if err := tx.Where("id = ?", o.ContractID).Take(&c).Error; err != nil {
		return err
	}
	facts := map[string]any{"date": o.Due.String(), "until": c.DeliverOn.String()}
	return jobs.Enqueue(tx, contractLetter(market.LetterRenewal, c.ManagerID, c, market.Actor{}, facts).Naming("person", c.PersonID, o.Person))
}
