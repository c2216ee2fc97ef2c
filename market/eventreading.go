package market

import (
	"context"
	"strings"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"
)

// An EventView is an event as one person sees it.
type EventView struct {
	Event
	CompanyName string
	CompanyEN   string
	Hosts       []EventHost
	Counts      EventCounts
	Mine        *RSVP // what the person answered; nil: nothing yet
	Asked       bool  // whether they are of its audience
	MayHost     bool
}

// An EventHost is one who runs an event beside the company's office.
type EventHost struct {
	EventID  uuid.UUID `json:"-"`
	PersonID uuid.UUID
	Name     string
}

// An EventFilter narrows a list of events; zero fields do not.
type EventFilter struct {
	CompanyID uuid.UUID
	Past      bool      // those that are over or canceled, the latest first; else those to come, the next first, and drafts
	Before    uuid.UUID // the cursor: the last one of the page before
	Limit     int
}

// Events lists what the actor may see.
func (s *Service) Events(ctx context.Context, who Actor, f EventFilter) ([]EventView, error) {
	g, now := s.db.Gorm(ctx), s.clock.Now()
	q := who.VisibleEvents(g.Model(&Event{}), now)
	if f.CompanyID != uuid.Nil {
		q = q.Where("events.company_id = ?", f.CompanyID)
	}
	ended := "(events.state IN ('over', 'canceled') OR events.ends_at <= ?)"
	if f.Past {
		q = q.Where(ended, now).Order("events.starts_at DESC, events.id DESC")
	} else {
		q = q.Where("NOT "+ended, now).Order("events.starts_at, events.id")
	}
	if f.Before != uuid.Nil {
		sign := map[bool]string{true: "<", false: ">"}[f.Past]
		q = q.Where("(events.starts_at, events.id) "+sign+" (SELECT e.starts_at, e.id FROM events e WHERE e.id = ?)", f.Before)
	}
	var list []Event
	if err := q.Limit(Page(f.Limit)).Find(&list).Error; err != nil {
		return nil, err
	}
	return s.viewEvents(g, who, list)
}

// Event reads one for whoever may see it.
func (s *Service) Event(ctx context.Context, who Actor, id uuid.UUID) (EventView, error) {
	g := s.db.Gorm(ctx)
	var e Event
	if err := one(who.VisibleEvents(g.Where("events.id = ?", id), s.clock.Now()).Take(&e)); err != nil {
		return EventView{}, err
	}
	list, err := s.viewEvents(g, who, []Event{e})
	if err != nil {
		return EventView{}, err
	}
	if list[0].Mine != nil {
		mine := []RSVP{*list[0].Mine}
		err = addTickets(g, mine)
		list[0].Mine = &mine[0]
	}
	return list[0], err
}

// viewEvents puts to events what belongs to them, in four queries however many they are.
func (s *Service) viewEvents(g *gorm.DB, who Actor, list []Event) ([]EventView, error) {
	views, ids, at := make([]EventView, len(list)), make([]uuid.UUID, len(list)), map[uuid.UUID]*EventView{}
	for i, e := range list {
		views[i], ids[i] = EventView{Event: e}, e.ID
		at[e.ID] = &views[i]
	}
	if len(list) == 0 {
		return views, nil
	}
	var about []struct {
		ID           uuid.UUID
		Name, NameEN string
		Asked        bool
	}
	err := g.Raw("SELECT events.id, x.name, x.name_en, ("+eventsFor.asksMe()+") AS asked FROM events JOIN companies x ON x.id = events.company_id WHERE events.id IN @ids",
		map[string]any{"ids": ids, "person": who.PersonID, "now": s.clock.Now()}).Scan(&about).Error
	if err != nil {
		return nil, err
	}
	for _, a := range about {
		at[a.ID].CompanyName, at[a.ID].CompanyEN, at[a.ID].Asked = a.Name, a.NameEN, a.Asked
	}
	if err := addHosts(g, who, ids, at); err != nil {
		return nil, err
	}
	if err := addCounts(g, ids, at); err != nil {
		return nil, err
	}
	var mine []RSVP
	if err := g.Where("event_id IN ? AND person_id = ?", ids, who.PersonID).Find(&mine).Error; err != nil {
		return nil, err
	}
	for _, r := range mine {
		at[r.EventID].Mine = &r
	}
	return views, nil
}

func addHosts(g *gorm.DB, who Actor, ids []uuid.UUID, at map[uuid.UUID]*EventView) error {
	var hosts []EventHost
	err := g.Raw("SELECT h.event_id, h.person_id, name_of(p) AS name FROM event_hosts h JOIN people p ON p.id = h.person_id WHERE h.event_id IN ? ORDER BY h.added_at, h.person_id", ids).Scan(&hosts).Error
	for _, h := range hosts {
		at[h.EventID].Hosts = append(at[h.EventID].Hosts, h)
	}
	for _, v := range at {
		v.MayHost = who.MayHost(v.Event, v.hostIDs()) == nil
	}
	return err
}

func (v EventView) hostIDs() []uuid.UUID {
	ids := make([]uuid.UUID, len(v.Hosts))
	for i, h := range v.Hosts {
		ids[i] = h.PersonID
	}
	return ids
}

func addCounts(g *gorm.DB, ids []uuid.UUID, at map[uuid.UUID]*EventView) error {
	var rows []struct {
		EventID   uuid.UUID
		State     RSVPState
		Way       EventWay
		People, N int
	}
	err := g.Raw("SELECT event_id, state, way, sum(1 + cardinality(guests)) AS people, count(*) AS n FROM rsvps WHERE event_id IN ? GROUP BY 1, 2, 3", ids).Scan(&rows).Error
	if err != nil {
		return err
	}
	for _, r := range rows {
		c := &at[r.EventID].Counts
		switch {
		case r.State == NotComing:
			c.Declined += r.N
		case r.State == AwaitingPlace && r.Way == Online:
			c.WaitingOnline = r.People
		case r.State == AwaitingPlace:
			c.WaitingOnSite = r.People
		case r.Way == Online:
			c.Online = r.People
		default:
			c.OnSite = r.People
		}
	}
	var tickets []struct {
		EventID    uuid.UUID
		Came, Made int
	}
	err = g.Raw("SELECT t.event_id, count(t.came_at) AS came, count(*) AS made FROM event_tickets t WHERE t.event_id IN ? GROUP BY 1", ids).Scan(&tickets).Error
	for _, t := range tickets {
		at[t.EventID].Counts.CameIn, at[t.EventID].Counts.Expected = t.Came, t.Made
	}
	return err
}

// MeetingLink is the address of the online meeting as the person may know it at a moment: whoever comes, and hosts.
func (v EventView) MeetingLink(now time.Time) string {
	if v.MayHost {
		return v.Link
	}
	return v.LinkFor(v.Mine, now)
}

// RSVPs lists the answers to an event with their tickets, for its hosts: who comes, then who waits by turn, then who does not.
// words are parts of the name of the person or of a guest.
func (s *Service) RSVPs(ctx context.Context, who Actor, id uuid.UUID, words string) ([]RSVP, error) {
	g := s.db.Gorm(ctx)
	if _, err := s.hostedEvent(g, who, id); err != nil {
		return nil, err
	}
	q := g.Table("rsvps").Select("rsvps.*, name_of(p) AS name").Joins("JOIN people p ON p.id = rsvps.person_id").Where("rsvps.event_id = ?", id).
		Order("rsvps.state = 'declined', rsvps.state = 'waiting', rsvps.turn, p.family_kana, p.family_name, rsvps.id")
	for _, word := range strings.Fields(words) {
		q = q.Where("concat_ws(' ', p.family_name, p.given_name, p.family_kana, p.given_kana, array_to_string(rsvps.guests, ' ')) ILIKE ?", "%"+escapeLike(word)+"%")
	}
	var list []RSVP
	if err := q.Limit(answersShown).Find(&list).Error; err != nil {
		return nil, err
	}
	return list, addTickets(g, list)
}

// answersShown is how many answers a page or a file holds at most.
const answersShown = 5000

func addTickets(g *gorm.DB, list []RSVP) error {
	at, ids := map[uuid.UUID]*RSVP{}, make([]uuid.UUID, len(list))
	for i, r := range list {
		at[r.ID], ids[i] = &list[i], r.ID
	}
	var tickets []EventTicket
	err := g.Where("rsvp_id IN ?", orNone(ids)).Order("rsvp_id, position").Find(&tickets).Error
	for _, t := range tickets {
		at[t.RSVPID].Tickets = append(at[t.RSVPID].Tickets, t)
	}
	return err
}

// VisibleEvents narrows a query over events to what the actor may see at a moment: all of a company's for its office, those
// that they host, and otherwise the ones that are no drafts and ask them, or that they have answered. Whom a provider vouched
// for sees its company's alone.
func (a Actor) VisibleEvents(q *gorm.DB, now time.Time) *gorm.DB {
	args := map[string]any{"companies": orNone(a.Companies(RunEvents)), "person": a.PersonID, "now": now, "away": orNone(a.keptOut())}
	if a.Through != uuid.Nil {
		q = q.Where("events.company_id = ?", a.Through)
	}
	return q.Where(`(events.company_id IN @companies OR events.company_id NOT IN @away AND (
		EXISTS (SELECT 1 FROM event_hosts h WHERE h.event_id = events.id AND h.person_id = @person AND `+stillThere+`)
		OR events.state <> 'draft' AND (EXISTS (SELECT 1 FROM rsvps r WHERE r.event_id = events.id AND r.person_id = @person) OR `+eventsFor.asksMe()+`)))`, args)
}

// stillThere is true while the host h belongs to the event's company other than from outside.
const stillThere = `(EXISTS (SELECT 1 FROM memberships m WHERE m.person_id = h.person_id AND m.company_id = events.company_id AND NOT m.outside)
	OR EXISTS (SELECT 1 FROM role_grants r WHERE r.person_id = h.person_id AND r.company_id = events.company_id AND r.accepted_at IS NOT NULL))`
