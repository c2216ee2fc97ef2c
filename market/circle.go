package market

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homecoming/internal/problem"
)

// A Circle says whom of a company's people something is for: an event, or news. As with a task's visibility, the conditions are
// met by somebody's stints.
type Circle struct {
	Who             CircleKind  `json:"who"`
	Departments     []uuid.UUID `json:"departments,omitempty"`       // worked in one of them
	Entities        []uuid.UUID `json:"entities,omitempty"`          // was employed by one of them
	MinYears        int         `json:"min_years,omitempty"`         // employed for so long, of 365 days
	LeftWithinYears int         `json:"left_within_years,omitempty"` // left less than so many years ago
	Group           bool        `json:"group,omitempty"`             // and the same of the other companies of its group
}

// A CircleKind is who of a company's people.
type CircleKind string

// The kinds of circle.
const (
	ForMembers CircleKind = "members" // who left and who works there
	ForAlumni  CircleKind = "alumni"
	ForStaff   CircleKind = "staff"
)

// CircleKinds are all of them.
var CircleKinds = []CircleKind{ForMembers, ForAlumni, ForStaff}

// DraftCircle is a Circle as a person writes it: departments and entities by id, name or alias.
type DraftCircle struct {
	Who             CircleKind
	Departments     []string
	Entities        []string
	MinYears        int
	LeftWithinYears int
	Group           bool
}

// Draft is the circle as it would be written.
func (c Circle) Draft() DraftCircle {
	return DraftCircle{Who: c.Who, Departments: idTexts(c.Departments), Entities: idTexts(c.Entities), MinYears: c.MinYears, LeftWithinYears: c.LeftWithinYears, Group: c.Group}
}

func idTexts(ids []uuid.UUID) (list []string) {
	for _, id := range ids {
		list = append(list, id.String())
	}
	return list
}

// What can be wrong with a circle.
var (
	ErrCircleGroup   = problem.Define(problem.Invalid, "audience_departments", "Departments and entities are the company's own. Leave them out, or leave out the group.", "部署・法人の条件は自社だけのものです。部署・法人かグループ会社のどちらかを外してください。")
	ErrUnknownEntity = problem.Define(problem.Invalid, "unknown_entity", "“{value}” is no entity of this company. Choose one of its list.", "「{value}」という法人は登録されていません。一覧から選んでください。")
)

func (a *DraftCircle) check() error {
	if a.Who == "" {
		a.Who = ForMembers
	}
	switch {
	case !slices.Contains(CircleKinds, a.Who):
		return ErrNotOneOf.On("audience.who").With("value", a.Who).With("allowed", "members, alumni, staff")
	case a.MinYears < 0 || a.MinYears > mostYears:
		return ErrBetween.On("audience.min_years").With("min", 0).With("max", mostYears)
	case a.LeftWithinYears < 0 || a.LeftWithinYears > mostYears:
		return ErrBetween.On("audience.left_within_years").With("min", 0).With("max", mostYears)
	case a.Group && len(a.Departments)+len(a.Entities) > 0:
		return ErrCircleGroup.On("audience.group")
	}
	return nil
}

func resolveCircle(g *gorm.DB, company uuid.UUID, a DraftCircle) (Circle, error) {
	out := Circle{Who: a.Who, MinYears: a.MinYears, LeftWithinYears: a.LeftWithinYears, Group: a.Group}
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
	if len(a.Entities) == 0 {
		return out, nil
	}
	all, err := entitiesOf(g, company)
	for i, name := range a.Entities {
		at := slices.IndexFunc(all, func(e Entity) bool { return e.ID.String() == name || e.called(name) })
		if at < 0 {
			return out, ErrUnknownEntity.On("audience.entities["+itoa(i)+"]").With("value", name)
		}
		out.Entities = append(out.Entities, all[at].ID)
	}
	return out, err
}

// Whom something is for, as SQL over its table, which is called about here, and the person @person at the moment @now. It is the
// only place that says so: lists, single reads, counts, letters and answers of events and of news ask it. The conditions are those
// of a task's rule.

// A circled is a table of things that are for a circle: it has company_id and audience.
type circled string

// The tables.
const (
	eventsFor circled = "events"
	postsFor  circled = "posts"
)

func (t circled) in(sql string) string { return strings.ReplaceAll(sql, "about.", string(t)+".") }

// asksMe is true where a row is for the person and nothing keeps them and the company apart.
func (t circled) asksMe() string { return t.in(circleAsks) }

// asks is the same for every person p.
func (t circled) asks() string { return strings.ReplaceAll(t.asksMe(), "@person", "p.id") }

// hears is true of people p who agree to letters with news and events, at the row's company or at theirs of its group; the
// company's own people hear of it as a part of their work.
func (t circled) hears() string { return t.in(circleHears) }

// worksThere is true of a membership called m with a stint that lasts, by the day of the company c.
const worksThere = `EXISTS (SELECT 1 FROM stints s WHERE s.membership_id = m.id AND coalesce(s.left_on >= ` + today + `, true))`

// circleRule holds a membership m of the person against the conditions of a circle.
var circleRule = strings.ReplaceAll(byRule, "tasks.visibility", "about.audience") + `
	AND (about.audience->'entities' IS NULL OR EXISTS (SELECT 1 FROM stints s WHERE s.membership_id = m.id AND jsonb_exists(about.audience->'entities', s.entity_id::text)))`

// asksAt is true where the person is one of the people of the company c whom the row is for. A role without a stint is a
// colleague's, and meets no condition.
var asksAt = `(EXISTS (SELECT 1 FROM memberships m WHERE m.person_id = @person AND m.company_id = c.id AND NOT m.outside
		AND (about.audience->>'who' <> 'staff' AND ` + left + ` OR about.audience->>'who' <> 'alumni' AND ` + worksThere + `) AND ` + circleRule + `)
	OR about.audience->>'who' <> 'alumni' AND about.audience->'departments' IS NULL AND about.audience->'entities' IS NULL
		AND about.audience->'min_years' IS NULL AND about.audience->'left_within_years' IS NULL
		AND EXISTS (SELECT 1 FROM role_grants r WHERE r.person_id = @person AND r.company_id = c.id AND r.accepted_at IS NOT NULL AND r.role <> 'operator'))`

// inItsGroup is true where the companies c and about.company_id are of one group.
const inItsGroup = `EXISTS (SELECT 1 FROM group_companies ours JOIN group_companies theirs USING (group_id)
	WHERE ours.company_id = about.company_id AND theirs.company_id = c.id AND ours.state = 'agreed' AND theirs.state = 'agreed')`

var circleAsks = `EXISTS (SELECT 1 FROM companies c WHERE c.id = about.company_id AND NOT ` + barred + `)
	AND EXISTS (SELECT 1 FROM companies c WHERE (c.id = about.company_id OR jsonb_exists(about.audience, 'group') AND ` + inItsGroup + `) AND ` + asksAt + `)`

var circleHears = `(EXISTS (SELECT 1 FROM role_grants r WHERE r.person_id = p.id AND r.company_id = about.company_id AND r.accepted_at IS NOT NULL)
	OR EXISTS (SELECT 1 FROM memberships m JOIN companies c ON c.id = m.company_id WHERE m.person_id = p.id AND NOT m.outside
		AND (c.id = about.company_id OR ` + inItsGroup + `) AND ` + agreedTo(ForNews) + `))`

// nearby narrows people p to those of the company and of its group, before anybody is looked at more closely.
const nearby = `p.id IN (WITH near AS (SELECT CAST(@company AS uuid) AS id UNION SELECT theirs.company_id FROM group_companies ours
		JOIN group_companies theirs USING (group_id) WHERE ours.company_id = @company AND ours.state = 'agreed' AND theirs.state = 'agreed')
	SELECT person_id FROM memberships WHERE company_id IN (SELECT id FROM near) UNION SELECT person_id FROM role_grants WHERE company_id IN (SELECT id FROM near))`

// circleReach counts whom a circle of a company reaches at a moment.
func circleReach(g *gorm.DB, company uuid.UUID, d DraftCircle, now time.Time) (n int, err error) {
	if err := d.check(); err != nil {
		return 0, err
	}
	a, err := resolveCircle(g, company, d)
	if err != nil {
		return 0, err
	}
	text, err := json.Marshal(a)
	if err != nil {
		return 0, err
	}
	return n, g.Raw("SELECT count(*) FROM (SELECT CAST(@company AS uuid) AS company_id, CAST(@audience AS jsonb) AS audience) events, people p WHERE "+nearby+" AND "+eventsFor.asks(),
		map[string]any{"company": company, "audience": string(text), "now": now}).Scan(&n).Error
}

// keptOut are the companies that wait for the actor to come through their provider, and of which they are no alumnus.
func (a Actor) keptOut() []uuid.UUID {
	return slices.DeleteFunc(slices.Clone(a.Withheld), a.InNetwork)
}
