package market

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"
	"gorm.io/gorm"
)

// A Moment is one thing that happened between a company and somebody of its network: what they were there, work, referrals, events,
// return. A timeline holds nothing that its reader does not see elsewhere: each kind is narrowed by the policy of its own list.
type Moment struct {
	At      time.Time
	On      civil.Date `gorm:"-"` // the day of it by the company's clock
	Kind    MomentKind
	Title   string // of the contract, the event, the department or the customer; empty where the kind says all
	TitleEN string `gorm:"column:title_en"` // where it has one
	Ref     uuid.UUID
}

// A MomentKind says what happened, and what Ref leads to.
type MomentKind string

// The kinds.
const (
	CameToCompany  MomentKind = "came_to_company" // a stint; no Ref
	LeftCompany    MomentKind = "left_company"
	AskedToJoin    MomentKind = "asked_to_join" // the network
	JoinedNetwork  MomentKind = "joined_network"
	WorkAgreed     MomentKind = "work_agreed" // a contract
	WorkDone       MomentKind = "work_done"
	WorkEnded      MomentKind = "work_ended"     // before it was done
	CustomerNamed  MomentKind = "customer_named" // a referral
	CustomerWon    MomentKind = "customer_won"
	HostedEvent    MomentKind = "hosted_event" // an event
	HostsEvent     MomentKind = "hosts_event"  // it is still to be
	CameToEvent    MomentKind = "came_to_event"
	ComesToEvent   MomentKind = "comes_to_event" // it is still to be
	WouldReturn    MomentKind = "would_return"   // a return
	ReturnedToWork MomentKind = "returned"
)

// MomentKinds are all of them.
var MomentKinds = []MomentKind{CameToCompany, LeftCompany, AskedToJoin, JoinedNetwork, WorkAgreed, WorkDone, WorkEnded, CustomerNamed, CustomerWon,
	HostedEvent, HostsEvent, CameToEvent, ComesToEvent, WouldReturn, ReturnedToWork}

// momentsShown is how many of the latest moments a timeline holds.
const momentsShown = 300

// Timeline tells what happened between a company and one of its network, the latest first, to whoever was given the member: nothing
// of it that their own lists would not show them, nor that their token is not good for.
func (s *Service) Timeline(ctx context.Context, who Actor, m Member) ([]Moment, error) {
	g := s.db.Gorm(ctx)
	c, err := CompanyByID(g, m.CompanyID)
	if err != nil {
		return nil, err
	}
	all := employment(m, c.Zone())
	if parts := s.momentsOf(g, who, m); len(parts) > 0 {
		var found []Moment
		union := strings.TrimSuffix(strings.Repeat("(?) UNION ALL ", len(parts)), " UNION ALL ")
		if err := g.Raw(union+" ORDER BY at DESC, kind, ref LIMIT ?", append(parts, momentsShown)...).Scan(&found).Error; err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	slices.SortStableFunc(all, func(a, b Moment) int { return cmp.Or(b.At.Compare(a.At), cmp.Compare(a.Kind, b.Kind)) })
	all = all[:min(len(all), momentsShown)]
	for i := range all {
		all[i].On = c.Today(all[i].At)
	}
	return all, nil
}

// employment is what the register says, each day at its midnight by the company's clock.
func employment(m Member, zone *time.Location) (list []Moment) {
	for _, s := range m.Stints {
		list = append(list, Moment{At: s.JoinedOn.In(zone), Kind: CameToCompany, Title: s.Department, TitleEN: s.DepartmentEN})
		if s.LeftOn != nil {
			list = append(list, Moment{At: s.LeftOn.In(zone), Kind: LeftCompany, Title: s.Department, TitleEN: s.DepartmentEN})
		}
	}
	if m.InvitedAt != nil {
		list = append(list, Moment{At: *m.InvitedAt, Kind: AskedToJoin})
	}
	if m.JoinedAt != nil {
		list = append(list, Moment{At: *m.JoinedAt, Kind: JoinedNetwork})
	}
	return list
}

// A momentSource is where moments come from: a table with what is joined to it and the column that says whose it is, what is taken
// of it, and the subject of the scope that reads it.
type momentSource struct{ subject, table, joins, person, at, kind, title, titleEN, where string }

const noTitle = "''"

var (
	agreedWork    = momentSource{"contracts", "contracts", "", "person_id", "created_at", "'work_agreed'", "title", noTitle, "true"}
	endedWork     = momentSource{"contracts", "contracts", "", "person_id", "completed_at", "CASE state WHEN 'completed' THEN 'work_done' ELSE 'work_ended' END", "title", noTitle, "completed_at IS NOT NULL"}
	namedCustomer = momentSource{"referrals", "referrals", "", "person_id", "coalesce(agreed_at, created_at)", "'customer_named'", "organisation", noTitle, "true"}
	wonCustomer   = momentSource{"referrals", "referrals", "", "person_id", "ended_at", "'customer_won'", "organisation", noTitle, "state = 'won' AND ended_at IS NOT NULL"}
	hostedEvent   = momentSource{"events", "events", "JOIN event_hosts h ON h.event_id = events.id", "h.person_id", "events.starts_at", "CASE events.state WHEN 'published' THEN 'hosts_event' ELSE 'hosted_event' END", "events.title", "events.title_en",
		"events.state IN ('published', 'over')"}
	attendedEvent = momentSource{"events", "events", "JOIN rsvps r ON r.event_id = events.id JOIN event_tickets t ON t.rsvp_id = r.id AND t.position = 0", "r.person_id", "events.starts_at",
		"CASE WHEN t.came_at IS NULL THEN 'comes_to_event' ELSE 'came_to_event' END", "events.title", "events.title_en",
		"events.state IN ('published', 'over') AND r.state = 'coming' AND (t.came_at IS NOT NULL OR events.ends_at > @now) AND NOT " +
			"EXISTS (SELECT 1 FROM event_hosts h WHERE h.event_id = events.id AND h.person_id = @person)"}
	wishedReturn = momentSource{"people", "return_cases", "", "person_id", "opened_at", "'would_return'", noTitle, noTitle, "true"}
	returnMade   = momentSource{"people", "return_cases", "", "person_id", "updated_at", "'returned'", noTitle, noTitle, "stage = 'returned'"}
)

// momentsOf are queries for everything that is in no stint, by what the reader may see and their token may read.
func (s *Service) momentsOf(g *gorm.DB, who Actor, m Member) (parts []any) {
	add := func(narrow func(*gorm.DB) *gorm.DB, sources ...momentSource) {
		for _, from := range sources {
			if who.Within(Reading(from.subject)) == nil {
				parts = append(parts, narrow(from.about(g, m, s.clock.Now())))
			}
		}
	}
	add(who.VisibleContracts, agreedWork, endedWork)
	add(who.VisibleReferrals, namedCustomer, wonCustomer)
	own := m.PersonID == who.Self()
	if own || who.can(RunEvents, m.CompanyID) {
		add(func(q *gorm.DB) *gorm.DB { return who.VisibleEvents(q, s.clock.Now()) }, hostedEvent, attendedEvent)
	}
	if own || who.can(SeeReturns, m.CompanyID) {
		add(func(q *gorm.DB) *gorm.DB { return q }, wishedReturn, returnMade)
	}
	return parts
}

// about narrows a source to one member.
func (from momentSource) about(g *gorm.DB, m Member, now time.Time) *gorm.DB {
	return g.Table(from.table).Joins(from.joins).Select(from.at+" AS at, "+from.kind+" AS kind, "+from.title+" AS title, "+from.titleEN+" AS title_en, "+from.table+".id AS ref").
		Where(from.table+".company_id = @company AND "+from.person+" = @person AND ("+from.where+")", map[string]any{"company": m.CompanyID, "person": m.PersonID, "now": now})
}
