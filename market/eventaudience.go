package market

import (
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"
)

// An EventAudience says whom an event is for. As with a task's visibility, the conditions are met by somebody's stints.
type EventAudience struct {
	Who             AudienceKind `json:"who"`
	Departments     []uuid.UUID  `json:"departments,omitempty"`       // worked in one of them
	MinYears        int          `json:"min_years,omitempty"`         // employed for so long, of 365 days
	LeftWithinYears int          `json:"left_within_years,omitempty"` // left less than so many years ago
	Group           bool         `json:"group,omitempty"`             // and the same of the other companies of its group
}

// An AudienceKind is who of a company's people.
type AudienceKind string

// The kinds of audience.
const (
	ForMembers AudienceKind = "members" // who left and who works there
	ForAlumni  AudienceKind = "alumni"
	ForStaff   AudienceKind = "staff"
)

// AudienceKinds are all of them.
var AudienceKinds = []AudienceKind{ForMembers, ForAlumni, ForStaff}

// DraftAudience is EventAudience as a person writes it: departments by id, name or alias.
type DraftAudience struct {
	Who             AudienceKind
	Departments     []string
	MinYears        int
	LeftWithinYears int
	Group           bool
}

func (a *DraftAudience) check() error {
	if a.Who == "" {
		a.Who = ForMembers
	}
	switch {
	case !slices.Contains(AudienceKinds, a.Who):
		return ErrNotOneOf.On("audience.who").With("value", a.Who).With("allowed", "members, alumni, staff")
	case a.MinYears < 0 || a.MinYears > mostYears:
		return ErrBetween.On("audience.min_years").With("min", 0).With("max", mostYears)
	case a.LeftWithinYears < 0 || a.LeftWithinYears > mostYears:
		return ErrBetween.On("audience.left_within_years").With("min", 0).With("max", mostYears)
	case a.Group && len(a.Departments) > 0:
		return ErrAudienceDeps.On("audience.group")
	}
	return nil
}

func resolveAudience(g *gorm.DB, company uuid.UUID, a DraftAudience) (EventAudience, error) {
	out := EventAudience{Who: a.Who, MinYears: a.MinYears, LeftWithinYears: a.LeftWithinYears, Group: a.Group}
	for i, name := range a.Departments {
		id, err := DepartmentKnown(g, company, name)
		if err != nil {
			return out, err
		}
		if id == uuid.Nil {
			return out, ErrUnknownDepartment.On("audience.departments["+itoa(i)+"]").With("value", name)
		}
		out.Departments = append(out.Departments, id)
	}
	return out, nil
}

// Whom an event asks, as SQL over events and the person @person at the moment @now. It is the only place that says so: lists,
// single reads, counts, invitations and answers ask it. The conditions are those of a task's rule.

// worksThere is true of a membership called m with a stint that lasts, by the day of the company c.
const worksThere = `EXISTS (SELECT 1 FROM stints s WHERE s.membership_id = m.id AND coalesce(s.left_on >= ` + today + `, true))`

// eventRule holds a membership m of the person against the conditions of an audience.
var eventRule = strings.ReplaceAll(byRule, "tasks.visibility", "events.audience")

// asksAt is true where the person is one of the people of the company c whom the event is for. A role without a stint is a
// colleague's, and meets no condition.
var asksAt = `(EXISTS (SELECT 1 FROM memberships m WHERE m.person_id = @person AND m.company_id = c.id AND NOT m.outside
		AND (events.audience->>'who' <> 'staff' AND ` + left + ` OR events.audience->>'who' <> 'alumni' AND ` + worksThere + `) AND ` + eventRule + `)
	OR events.audience->>'who' <> 'alumni' AND events.audience->'departments' IS NULL AND events.audience->'min_years' IS NULL
		AND events.audience->'left_within_years' IS NULL
		AND EXISTS (SELECT 1 FROM role_grants r WHERE r.person_id = @person AND r.company_id = c.id AND r.accepted_at IS NOT NULL AND r.role <> 'operator'))`

// inItsGroup is true where the companies c and events.company_id are of one group.
const inItsGroup = `EXISTS (SELECT 1 FROM group_companies ours JOIN group_companies theirs USING (group_id)
	WHERE ours.company_id = events.company_id AND theirs.company_id = c.id AND ours.state = 'agreed' AND theirs.state = 'agreed')`

// asksMe is true where the event is for the person and nothing keeps them and the company apart.
var asksMe = `EXISTS (SELECT 1 FROM companies c WHERE c.id = events.company_id AND NOT ` + barred + `)
	AND EXISTS (SELECT 1 FROM companies c WHERE (c.id = events.company_id OR jsonb_exists(events.audience, 'group') AND ` + inItsGroup + `) AND ` + asksAt + `)`

// asks is the same for every person p.
var asks = strings.ReplaceAll(asksMe, "@person", "p.id")

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
		OR events.state <> 'draft' AND (EXISTS (SELECT 1 FROM rsvps r WHERE r.event_id = events.id AND r.person_id = @person) OR `+asksMe+`)))`, args)
}

// stillThere is true while the host h belongs to the event's company other than from outside.
const stillThere = `(EXISTS (SELECT 1 FROM memberships m WHERE m.person_id = h.person_id AND m.company_id = events.company_id AND NOT m.outside)
	OR EXISTS (SELECT 1 FROM role_grants r WHERE r.person_id = h.person_id AND r.company_id = events.company_id AND r.accepted_at IS NOT NULL))`

// keptOut are the companies that wait for the actor to come through their provider, and of which they are no alumnus.
func (a Actor) keptOut() []uuid.UUID {
	return slices.DeleteFunc(slices.Clone(a.Withheld), a.InNetwork)
}
