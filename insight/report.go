package insight

import (
	"context"

	"github.com/google/uuid"

	"homecoming/billing"
	"homecoming/market"
	"homecoming/matching"
)

// Rooms are where things are counted.
type Rooms struct {
	Market   *market.Service
	Matching *matching.Service
	Billing  *billing.Service
}

// A Report is how a company's network did over some months.
type Report struct {
	Company market.Company
	Months  market.Months
	Tables  []Table // those that the reader may see
}

// Table is one of the report's; it is not ok where the reader may not see it.
func (r Report) Table(key string) (t Table, ok bool) {
	for _, t := range r.Tables {
		if t.Key == key {
			return t, true
		}
	}
	return t, false
}

// Gather makes the report for whoever keeps the company's register; from and to are months as 2026-11, the twelve up to
// this one where neither is written. Each table needs what its room needs, by the reader's role and by their token. Errors are those of
// [market.Service.ReportMonths].
func Gather(ctx context.Context, rooms Rooms, who market.Actor, company uuid.UUID, from, to string) (Report, error) {
	c, months, err := rooms.Market.ReportMonths(ctx, who, company, from, to)
	if err != nil {
		return Report{}, err
	}
	r := Report{Company: c, Months: months}
	counted := map[source][]market.Tally{}
	for _, s := range specs {
		if who.May(s.source.needs(), company) != nil || who.Within(market.Reading(s.source.subject())) != nil {
			continue
		}
		if _, known := counted[s.source]; !known {
			if counted[s.source], err = rooms.count(ctx, who, c, s.source, months); err != nil {
				return Report{}, err
			}
		}
		r.Tables = append(r.Tables, s.build(counted[s.source], months))
	}
	return r, nil
}

// A source is who counts: one of the market's figures, or one of the three below.
type source string

const (
	newcomers   source = "newcomers"
	spend       source = "spend"
	punctuality source = "punctuality"
)

func (r Rooms) count(ctx context.Context, who market.Actor, c market.Company, from source, m market.Months) ([]market.Tally, error) {
	switch from {
	case newcomers:
		return r.Matching.NewcomerShares(ctx, who, c, m)
	case spend:
		return r.Billing.Spend(ctx, who, c, m)
	case punctuality:
		return r.Billing.PaidInTime(ctx, who, c, m)
	}
	return r.Market.Tallies(ctx, who, c, market.Figure(from), m)
}

// needs is what its room asks of a reader.
func (s source) needs() market.Action {
	switch s {
	case newcomers, punctuality:
		return market.ManagePeople
	case spend:
		return market.SeeMoney
	}
	return market.Figure(s).Needs()
}

// subject is what a token has to be good for.
func (s source) subject() string {
	switch s {
	case spend:
		return "money"
	case punctuality, source(market.FigureRepeats):
		return "contracts"
	case newcomers, source(market.FigureMatching):
		return "tasks"
	case source(market.FigureReferrals), source(market.FigureStages):
		return "referrals"
	case source(market.FigureEvents):
		return "events"
	}
	return "people"
}

func people(key string) Column { return Column{Key: key, Unit: People} }
func things(key string) Column { return Column{Key: key, Unit: Things} }
func days(key string) Column   { return Column{Key: key, Unit: Days} }

// moving are people who are counted in every month in which they do something.
func moving(key string) Column { return Column{Key: key, Unit: People, overlaps: true} }

func partOf(whole, key string) Column { return Column{Key: key, Unit: People, of: whole} }

func share(key, part, whole string) Column {
	return Column{Key: key, Unit: Share, part: part, of: whole}
}

// money went to people who are counted in another column, or came by them.
func money(key, with string) Column { return Column{Key: key, Unit: Money, with: with} }

var matched = []Column{things("posted"), things("agreed"), things("open"), days("bid_median"), days("bid_p90"), days("contract_median"), days("contract_p90")}

// specs are the tables, in the order in which people read them. What is counted stands as [market.Figure] says.
var specs = []spec{
	{"reach", "year", source(market.FigureReach), []Column{people("registry"), people("account"), people("letters"), people("directory")}, true},
	{"activity", "month", source(market.FigureActivity), []Column{moving("active"), people("first"), moving("bid"), moving("worked"), moving("came"), moving("answered")}, true},
	{"matching", "month", source(market.FigureMatching), matched, true},
	{"matching_by_department", "department", source(market.FigureMatching), matched, false},
	{"repeats", "month", source(market.FigureRepeats), []Column{things("contracts"), partOf("contracts", "again"), share("again_share", "again", "contracts")}, true},
	{"newcomers", "step", newcomers, []Column{things("all"), partOf("all", "fresh"), share("fresh_share", "fresh", "all"),
		things("all_before"), partOf("all_before", "fresh_before"), share("fresh_share_before", "fresh_before", "all_before")}, false},
	{"spend_by_department", "department", spend, []Column{people("people"), money("committed", "people")}, true},
	{"spend_by_skill", "skill", spend, []Column{people("people"), money("committed", "people")}, true},
	{"punctuality", "month", punctuality, []Column{things("due"), things("in_time"), share("in_time_share", "in_time", "due")}, true},
	{"referrals", "programme", source(market.FigureReferrals), []Column{people("introduced"), people("agreed"), people("won"), money("revenue", "won"), money("fees", "won")}, true},
	{"stages", "stage", source(market.FigureStages), []Column{people("reached")}, false},
	{"returns", "month", source(market.FigureReturns), []Column{people("interest"), people("talking"), people("interview"), people("offer"), people("returned")}, true},
	{"events", "month", source(market.FigureEvents), []Column{things("events"), people("invited"), people("yes"), people("came"), people("followed"),
		people("then_bid"), people("then_task"), people("then_referral"), people("then_contract")}, true},
}
