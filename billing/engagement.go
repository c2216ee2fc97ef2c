package billing

import (
	"cmp"
	"slices"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"
	"gorm.io/gorm"

	"homecoming/market"
)

// A Span is a stretch of days, the first and the last counted. A contract's is from the day of the order to its delivery.
type Span struct {
	From  civil.Date `gorm:"column:from_on;type:date"`
	Until civil.Date `gorm:"column:until_on;type:date"`
}

// Lasts reports whether it is so many months or longer, as the civil code counts with the first day in (art. 143): a
// month from the 15th ends with the 14th, and one from the 31st of January with the last day of February.
func (s Span) Lasts(months int) bool {
	end := civil.Date{Year: s.From.Year, Month: s.From.Month, Day: 1}.AddMonths(months)
	if last := endOfMonth(end).Day; s.From.Day > last {
		end.Day = last
	} else {
		end = civil.Date{Year: end.Year, Month: end.Month, Day: s.From.Day}.AddDays(-1)
	}
	return !s.Until.Before(end)
}

// follows reports whether a span renews another: less than a month lies between. (Guidelines on the Freelance Act.)
func (s Span) follows(before Span) bool {
	gap := Span{before.Until.AddDays(1), s.From.AddDays(-1)}
	return !gap.Until.After(gap.From) || !gap.Lasts(1)
}

// Engagement is how long somebody has been and will be at work for a company without a break: the contracts between
// them that renew one another, with the given one among them.
func Engagement(of Span, contracts []Span) Span {
	sorted := slices.SortedFunc(slices.Values(append(slices.Clone(contracts), of)), func(a, b Span) int {
		return cmp.Compare(a.From.String(), b.From.String())
	})
	var run Span
	for _, s := range sorted {
		if run.From.IsZero() || !s.follows(run) {
			if !run.From.IsZero() && !run.Until.Before(of.From) && !run.From.After(of.From) {
				break // the run that holds it is complete
			}
			run = s
		}
		if s.Until.After(run.Until) {
			run.Until = s.Until
		}
	}
	return run
}

// Protected reports whether an engagement is long enough for the prohibitions of the Freelance Act (art. 5).
func (r Rules) Protected(e Span) bool { return r.lasts(e, "prohibitions") }

// TakesNotice reports whether it is so long that ending or not renewing it takes notice (art. 16).
func (r Rules) TakesNotice(e Span) bool { return r.lasts(e, "notice") }

func (r Rules) lasts(e Span, key string) bool {
	months := int(r.value(LengthRule, key, e.Until))
	return months > 0 && e.Lasts(months)
}

// spansOf reads the contracts of a person with a company. One that ended before its time counts until then.
func spansOf(g *gorm.DB, company market.Company, person uuid.UUID) ([]Span, error) {
	var spans []Span
	return spans, g.Raw(`SELECT (created_at AT TIME ZONE @zone)::date AS from_on, greatest((created_at AT TIME ZONE @zone)::date, CASE
			WHEN state = 'terminated' THEN least(deliver_on, (completed_at AT TIME ZONE @zone)::date)
			ELSE coalesce(ends_on, deliver_on) END) AS until_on
		FROM contracts WHERE company_id = @company AND person_id = @person`,
		map[string]any{"zone": company.Zone().String(), "company": company.ID, "person": person}).Scan(&spans).Error
}

// engagementOf is the engagement that a contract belongs to.
func engagementOf(g *gorm.DB, company market.Company, c Contract) (Span, error) {
	spans, err := spansOf(g, company, c.PersonID)
	own := Span{company.Today(c.CreatedAt), c.DeliverOn}
	if own.Until.Before(own.From) {
		own.Until = own.From
	}
	return Engagement(own, spans), err
}
