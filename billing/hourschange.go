package billing

import (
	"slices"
	"strings"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"

	"homecoming/market"
)

// ChangedHours is how the weeks of an hourly contract are to read from one on that has not begun. Days stand for the weeks
// that hold them; Until is the last.
type ChangedHours struct {
	Rate          int64      `json:"rate"` // minor units an hour, without consumption tax
	WeeklyMinutes int64      `json:"weekly_minutes"`
	From          civil.Date `json:"from"`
	Until         civil.Date `json:"until"`
}

// hourly is what the change agrees to, from its first week on.
func (h ChangedHours) hourly() market.Hourly {
	from := market.MondayOf(h.From)
	return market.Hourly{Rate: h.Rate, WeeklyMinutes: h.WeeklyMinutes, StartsOn: from, Weeks: market.MondayOf(h.Until).DaysSince(from)/7 + 1}
}

// check finds what is wrong with changed hours on a day of the company's.
func (h ChangedHours) check(c Contract, today civil.Date) error {
	next := market.MondayOf(today).AddDays(7)
	switch {
	case !h.From.IsValid():
		return market.ErrDay.On("hourly.starts_on").With("value", h.From)
	case !h.Until.IsValid():
		return market.ErrDay.On("hours.until").With("value", h.Until)
	case h.From.Before(next):
		return ErrWeekBegun.On("hourly.starts_on").With("date", next)
	case h.Until.Before(h.From) && market.MondayOf(h.Until) != market.MondayOf(h.From).AddDays(-7):
		return market.ErrPastDate.On("hours.until").With("date", h.Until)
	}
	agreed := h.hourly()
	agreed.Weeks = max(1, agreed.Weeks) // none are left where the week before is the last
	return agreed.Check(c.Currency, today)
}

// planHours says what a draft would do to the weeks of an hourly contract now, or why it may not. Weeks that have begun
// stay as they are.
func (d ChangeDraft) planHours(r Rules, c Contract, company market.Company, side Party, today civil.Date) (changePlan, error) {
	p := changePlan{brief: c.Terms.Brief}
	switch {
	case d.Hours == nil:
		return p, market.ErrRequired.On("hours")
	case len([]rune(d.Scope)) > maxChangedScope:
		return p, market.ErrTooLong.On("scope").With("max", maxChangedScope)
	}
	if d.Scope != "" {
		p.brief = d.Scope
	}
	if err := d.Hours.check(c, today); err != nil {
		return p, err
	}
	agreed := d.Hours.hourly()
	if agreed.Weeks > 0 {
		p.hourly = &agreed
	}
	for i, m := range c.Milestones {
		switch was := &c.Milestones[i]; {
		case !m.Alterable() || !m.IsWeek():
			if m.counts() {
				p.after = append(p.after, m)
			}
		case m.WeekOf.Before(agreed.StartsOn):
			p.alterations = append(p.alterations, alteration{was, was})
		case m.WeekOf.After(agreed.EndsOn()):
			p.alterations = append(p.alterations, alteration{was: was})
		default:
			a, err := c.alteredWeek(r, company, agreed, *m.WeekOf, &m.ID, m.Position)
			if err != nil {
				return p, err
			}
			p.alterations = append(p.alterations, a)
		}
	}
	if err := p.addWeeks(r, c, company, agreed); err != nil {
		return p, err
	}
	return p.weighed(d, c, side)
}

// addWeeks plans the weeks that the contract does not have yet.
func (p *changePlan) addWeeks(r Rules, c Contract, company market.Company, agreed market.Hourly) error {
	position := 0
	for _, m := range c.Milestones {
		position = max(position, m.Position)
	}
	for _, part := range agreed.Parts() {
		monday := part.DueOn.AddDays(-6)
		if slices.ContainsFunc(c.Milestones, func(m Milestone) bool { return m.IsWeek() && *m.WeekOf == monday && m.counts() }) {
			continue
		}
		position++
		a, err := c.alteredWeek(r, company, agreed, monday, nil, position)
		if err != nil {
			return err
		}
		p.alterations = append(p.alterations, a)
	}
	return nil
}

// alteredWeek is a week as it is to read.
func (c Contract) alteredWeek(r Rules, company market.Company, agreed market.Hourly, monday civil.Date, id *uuid.UUID, position int) (alteration, error) {
	a, err := c.altered(r, ChangedMilestone{ID: id, Title: market.WeekTitle(monday), Amount: agreed.WeeklyFee(), DueOn: monday.AddDays(6)}, position)
	if err != nil {
		return a, err
	}
	w := weekOf(monday, agreed.Rate, agreed.WeeklyMinutes, company.Zone())
	if a.was != nil {
		w.WeekOf, w.OpensAt, w.ClosesAt, w.Minutes = a.was.WeekOf, a.was.OpensAt, a.was.ClosesAt, a.was.Minutes
	}
	a.is.Worktime = w
	return a, nil
}

// reads reports whether a milestone reads otherwise after a change.
func (a alteration) reads() bool {
	return a.is == nil || a.is.Title != a.was.Title || a.is.Amount != a.was.Amount || a.is.DueOn != a.was.DueOn ||
		a.is.Rate != a.was.Rate || a.is.CapMinutes != a.was.CapMinutes
}

// rateChange is what a change does to the price of an hour: fewer hours are less work, a lower rate is a lower price.
func (a alteration) rateChange(d ChangeDraft) FeeChange {
	q := a.was.Quote()
	return FeeChange{Was: q.Money(a.was.Rate), Is: q.Money(a.is.Rate), Received: a.was.ReceivedOn != nil, LessWork: strings.TrimSpace(d.Scope) != ""}
}
