package billing

import (
	"context"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"

	"homecoming/market"
)

// A MoneyOverview is where a company's money stands, in minor units of its currency.
type MoneyOverview struct {
	Currency      string
	Committed     int64           // what is missing of the charges of milestones that were agreed
	Funded        int64           // ever charged, less refunds
	Held          int64           // charged and not yet owed to anybody
	Releasing     int64           // accepted and owed, not yet transferred
	Released      int64           // transferred, not yet in a bank
	Paid          int64           // paid out to banks
	Refunding     int64           // on its way back
	PlatformFee   int64           // earned by the platform, its tax included
	Withheld      int64           // income tax kept back, for the tax office
	WithheldDue   []WithheldMonth `gorm:"-"`
	Due           []DueMilestone  `gorm:"-"` // accepted or delivered and not yet transferred, by legal due day
	HeldOver60    int             // milestones funded more than 60 days ago and not released: act before day 90
	OldestHeldDay int             // days
}

// A WithheldMonth is the tax withheld in a month with the day by which it is to be paid in.
type WithheldMonth struct {
	Month  civil.Date // its first day
	Amount int64
	DueOn  civil.Date
}

// A DueMilestone is a fee with the day by which the law wants it paid.
type DueMilestone struct {
	MilestoneID uuid.UUID
	ContractID  uuid.UUID
	Title       string
	State       MilestoneState
	Net         int64
	PayBy       civil.Date `gorm:"type:date"`
	HoldReason  string
}

// MoneyOverview sums a company's money from its milestones and its ledger.
func (s *Service) MoneyOverview(ctx context.Context, who market.Actor, company uuid.UUID) (MoneyOverview, error) {
	if err := who.May(market.SeeMoney, company); err != nil {
		return MoneyOverview{}, err
	}
	g := s.db.Gorm(ctx)
	c, err := market.CompanyByID(g, company)
	if err != nil {
		return MoneyOverview{}, err
	}
	o := MoneyOverview{Currency: c.Currency}
	const net, charge, stands = "(amount + tax - withheld)", "(amount + tax - withheld + platform_fee + platform_tax)", "(paid_in - refunded - lost)"
	err = g.Raw(`SELECT
			coalesce(sum(`+charge+` - CASE WHEN m.state = 'part_funded' THEN `+stands+` ELSE 0 END)
				FILTER (WHERE m.state IN ('draft', 'funding', 'part_funded') OR m.rail <> 'prefunded' AND m.state IN `+holding+`), 0) AS committed,
			coalesce(sum(CASE WHEN m.state = 'part_funded' THEN `+stands+` ELSE `+charge+` END)
				FILTER (WHERE m.paid_in > 0 AND m.state NOT IN ('draft', 'funding', 'canceled', 'refunded', 'charged_back')), 0) AS funded,
			coalesce(sum(`+stands+`) FILTER (WHERE m.state = 'part_funded' OR m.state IN `+holding+`), 0) AS held,
			coalesce(sum(`+net+`) FILTER (WHERE m.state IN ('accepted', 'releasing')), 0) AS releasing,
			coalesce(sum(`+net+`) FILTER (WHERE m.state IN ('released', 'payout_failed')), 0) AS released,
			coalesce(sum(`+net+`) FILTER (WHERE m.state = 'paid'), 0) AS paid,
			coalesce(sum(`+charge+`) FILTER (WHERE m.state = 'refunding'), 0) AS refunding,
			coalesce(sum(platform_fee + platform_tax) FILTER (WHERE m.state IN ('accepted', 'releasing', 'released', 'payout_failed', 'paid')), 0) AS platform_fee,
			coalesce(sum(withheld) FILTER (WHERE m.state IN ('released', 'payout_failed', 'paid')), 0) AS withheld,
			count(*) FILTER (WHERE m.state IN `+holding+` AND funded_at < ?::timestamptz - interval '60 days') AS held_over60,
			coalesce(max(extract(day FROM ?::timestamptz - funded_at)) FILTER (WHERE m.state IN `+holding+`), 0)::int AS oldest_held_day
		FROM milestones m WHERE company_id = ?`, s.clock.Now(), s.clock.Now(), company).Scan(&o).Error
	if err != nil {
		return o, err
	}
	err = g.Raw(`SELECT id AS milestone_id, contract_id, title, state, `+net+` AS net, pay_by, hold_reason FROM milestones
		WHERE company_id = ? AND pay_by IS NOT NULL AND (state IN ('submitted', 'changes_requested', 'in_progress', 'accepted', 'releasing') OR rail = 'bank_file' AND state = 'payout_failed')
		ORDER BY pay_by, id LIMIT 100`, company).Scan(&o.Due).Error
	if err != nil {
		return o, err
	}
	o.WithheldDue, err = s.withheldByMonth(ctx, c)
	return o, err
}

// withheldByMonth sums the tax withheld in each of the last months, newest first. A month is the company's.
func (s *Service) withheldByMonth(ctx context.Context, c market.Company) ([]WithheldMonth, error) {
	var months []WithheldMonth
	err := s.db.Gorm(ctx).Raw(`SELECT date_trunc('month', at AT TIME ZONE ?)::date AS month, -sum(amount)::bigint AS amount
		FROM ledger_postings WHERE company_id = ? AND account = ? GROUP BY 1 ORDER BY 1 DESC LIMIT 12`,
		c.Zone().String(), c.ID, withheldTax(c.ID)).Scan(&months).Error
	if err != nil {
		return nil, err
	}
	rules, err := rulesFor(s.db.Gorm(ctx), c.ID)
	for i := range months {
		months[i].DueOn = rules.WithholdingDue(months[i].Month)
	}
	return months, err
}
