package matching

import (
	"context"
	"time"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"
	"github.com/lib/pq"
	"gorm.io/gorm"

	"homecoming/market"
	"homecoming/matching/freetext"
)

// A TalentQuery looks for people of one company; zero fields do not narrow.
type TalentQuery struct {
	Company     uuid.UUID
	Text        string
	Skills      []string    // ids; who has stated or was attested every one of them
	Departments []uuid.UUID // who was in one of them
	AvailableBy *civil.Date // free by then; who says nothing is free
	MaxRate     *int64      // minor units an hour of the company's currency; who states no rate is not within it
	Free        string      // a value of the facet FacetFree
	Away        string      // a value of the facet FacetAway
	Alumni      bool        // without current staff
	Limit       int         // at most 100; 0 means 20
	Offset      int
}

// The facets of people.
const (
	FacetSkill      Facet = "skill"      // ids
	FacetDepartment Facet = "department" // ids
	FacetFree       Facet = "free"       // now, month (within 31 days), quarter (within 92), later
	FacetAway       Facet = "away"       // years since leaving: staff, 0 (under one), 1 (to three), 3 (to five), 5 (to ten), 10
)

// Talent is what a search for people found.
type Talent struct {
	Found
	Items []FoundPerson
}

// A FoundPerson is one of them, with what was found.
type FoundPerson struct {
	market.Member
	Marks []Mark
}

// SearchPeople finds people of a company whom the actor may see in its directory, the best first; without a text, the
// newest first. Errors are those of the directory.
func (s *Service) SearchPeople(ctx context.Context, who market.Actor, q TalentQuery) (Talent, error) {
	if err := who.May(market.SeePeople, q.Company); err != nil {
		return Talent{}, err
	}
	c, err := market.CompanyByID(s.db.Gorm(ctx), q.Company)
	if err != nil {
		return Talent{}, err
	}
	text := freetext.Parse(q.Text)
	var m matched
	if !text.Empty() {
		if m, err = s.lookUp(ctx, freetext.People, []uuid.UUID{q.Company}, text); err != nil {
			return Talent{}, err
		}
	}
	ids, found, err := s.countPeople(ctx, who, c, q, m)
	if err != nil {
		return Talent{}, err
	}
	found.Index, found.Tolerant, found.Degraded = m.index, m.tolerant, m.degraded
	if err := s.nameFacets(ctx, who, q.Company, found.Facets); err != nil {
		return Talent{}, err
	}
	members, err := market.VisibleMembersByID(s.db.Gorm(ctx), who, q.Company, ids, s.now())
	t := Talent{Found: found}
	for _, member := range inOrder(ids, members, func(m market.Member) uuid.UUID { return m.ID }) {
		t.Items = append(t.Items, FoundPerson{member, marksOfPerson(text, member, m.tolerant)})
	}
	return t, err
}

// countPeople asks PostgreSQL for the page, the total and the facets, in one statement.
func (s *Service) countPeople(ctx context.Context, who market.Actor, c market.Company, q TalentQuery, m matched) ([]uuid.UUID, Found, error) {
	p := pageOf{market.Page(q.Limit), max(q.Offset, 0)}
	return s.tallied(ctx, func(g *gorm.DB) *gorm.DB {
		return g.Raw(`WITH found AS MATERIALIZED (?)
		SELECT 'total' AS facet, '' AS value, count(*) AS n FROM found
		UNION ALL (SELECT 'hit', id::text, 0 FROM found ORDER BY place, id DESC LIMIT ? OFFSET ?)
		UNION ALL (SELECT 'department', s.department_id::text, count(DISTINCT f.id) FROM found f JOIN stints s ON s.membership_id = f.id
			WHERE s.department_id IS NOT NULL GROUP BY 2 ORDER BY 3 DESC, 2 LIMIT ?)
		UNION ALL (SELECT 'skill', k.id, count(DISTINCT f.id) FROM found f JOIN person_skills h ON h.person_id = f.person_id
			JOIN skills k ON k.id = h.skill_id AND (k.company_id IS NULL OR k.company_id = ?) GROUP BY 2 ORDER BY 3 DESC, 2 LIMIT ?)
		UNION ALL (SELECT 'free', free, count(*) FROM found GROUP BY 2 ORDER BY array_position(ARRAY['now', 'month', 'quarter', 'later'], free))
		UNION ALL (SELECT 'away', away, count(*) FROM found GROUP BY 2 ORDER BY array_position(ARRAY['staff', '0', '1', '3', '5', '10'], away))`,
			s.peopleFound(g, who, c, q, m), p.limit, p.offset, mostValues, q.Company, mostValues)
	})
}

// mostValues is how many values of a facet are counted: the most frequent ones.
const mostValues = 20

// peopleFound is the query over those whom the search finds and the actor may see.
func (s *Service) peopleFound(g *gorm.DB, who market.Actor, c market.Company, q TalentQuery, m matched) *gorm.DB {
	today := c.Today(s.clock.Now())
	away := `CASE WHEN x.staff THEN 'staff' WHEN x.left_on + interval '1 year' > CAST(@today AS date) THEN '0' WHEN x.left_on + interval '3 years' > CAST(@today AS date) THEN '1'
		WHEN x.left_on + interval '5 years' > CAST(@today AS date) THEN '3' WHEN x.left_on + interval '10 years' > CAST(@today AS date) THEN '5' ELSE '10' END`
	// What somebody does not show to choosers counts as never said.
	rateShown, freeShown := market.FieldRate.ShownSQL(market.Chooser), market.FieldAvailability.ShownSQL(market.Chooser)
	free := `CASE WHEN NOT ` + freeShown + ` OR coalesce(p.available_from <= CAST(@today AS date), true) THEN 'now' WHEN p.available_from <= CAST(@today AS date) + 31 THEN 'month'
		WHEN p.available_from <= CAST(@today AS date) + 92 THEN 'quarter' ELSE 'later' END`
	from, args := `(SELECT id, company_id, person_id, hidden, outside, 0 AS place FROM memberships)`, []any{today}
	if m.index != "" {
		from, args = `(SELECT a.id, a.company_id, a.person_id, a.hidden, a.outside, i.place FROM unnest(CAST(? AS uuid[])) WITH ORDINALITY AS i (id, place) JOIN memberships a ON a.id = i.id)`, []any{uuids(m.ids), today}
	}
	sub := g.Table(from+` AS m JOIN people p ON p.id = m.person_id CROSS JOIN LATERAL (SELECT max(left_on) AS left_on,
		coalesce(bool_or(coalesce(left_on >= CAST(? AS date), true)), false) AS staff FROM stints WHERE membership_id = m.id) AS x`, args...).
		Select(`m.id, m.person_id, m.place, `+free+` AS free, `+away+` AS away`, map[string]any{"today": today})
	sub = who.VisibleMembers(sub, c.ID, s.clock.Now())
	if len(q.Departments) > 0 {
		sub = sub.Where("EXISTS (SELECT 1 FROM stints d WHERE d.membership_id = m.id AND d.department_id = ANY(?::uuid[]))", pq.Array(q.Departments))
	}
	for _, skill := range q.Skills {
		sub = sub.Where(`EXISTS (SELECT 1 FROM person_skills h JOIN skills k ON k.id = h.skill_id WHERE h.person_id = m.person_id AND h.skill_id = ?
			AND (k.company_id IS NULL OR k.company_id = m.company_id))`, skill)
	}
	if q.AvailableBy != nil {
		sub = sub.Where("(NOT "+freeShown+" OR p.available_from IS NULL OR p.available_from <= ?)", *q.AvailableBy)
	}
	if q.MaxRate != nil {
		sub = sub.Where(rateShown+" AND p.rate_currency = ? AND p.hourly_rate <= ?", c.Currency, *q.MaxRate)
	}
	if q.Free != "" {
		sub = sub.Where(free+" = @free", map[string]any{"today": today, "free": q.Free})
	}
	if q.Away != "" {
		sub = sub.Where(away+" = @away", map[string]any{"today": today, "away": q.Away})
	}
	if q.Alumni {
		sub = sub.Where("NOT x.staff")
	}
	return sub
}

// marksOfPerson shows where the words are in what is shown of somebody.
func marksOfPerson(text freetext.Query, m market.Member, tolerant bool) []Mark {
	marks := collect{text: text, tolerant: tolerant}
	marks.add("name", m.Name)
	marks.add("reading", m.Reading)
	for _, d := range m.Stints {
		marks.add("department", d.Department)
		marks.add("department", d.DepartmentEN)
	}
	for _, k := range m.Skills {
		marks.add("skill", k.NameJA)
		marks.add("skill", k.NameEN)
	}
	marks.add("introduction", m.Introduction)
	marks.add("email", m.Email)
	return marks.all
}

// A collect gathers marks: of each text once, and only where something is found in it.
type collect struct {
	text     freetext.Query
	tolerant bool
	all      []Mark
	seen     map[string]bool
}

func (c *collect) add(field, text string) {
	if c.text.Empty() || c.seen[field+text] {
		return
	}
	if c.seen == nil {
		c.seen = map[string]bool{}
	}
	c.seen[field+text] = true
	if parts := c.text.Excerpt(text, 120, c.tolerant); parts != nil {
		c.all = append(c.all, Mark{field, parts})
	}
}

// nameFacets puts the names of skills, departments and companies into the reader's language.
func (s *Service) nameFacets(ctx context.Context, who market.Actor, company uuid.UUID, facets map[Facet][]FacetCount) error {
	var ids []string
	for _, facet := range []Facet{FacetSkill, FacetDepartment, FacetCompany} {
		for _, c := range facets[facet] {
			ids = append(ids, c.Value)
		}
	}
	var rows []struct{ ID, NameEN, NameJA string }
	err := s.db.Gorm(ctx).Raw(`SELECT id, name_en, name_ja FROM skills WHERE id = ANY(CAST(@ids AS text[])) UNION ALL SELECT id::text, name_en, name FROM departments WHERE id::text = ANY(CAST(@ids AS text[]))
		UNION ALL SELECT id::text, name_en, name FROM companies WHERE id::text = ANY(CAST(@ids AS text[]))`, map[string]any{"ids": pq.Array(append([]string{}, ids...))}).Scan(&rows).Error
	names := map[string]string{}
	for _, r := range rows {
		names[r.ID] = either(japanese(who), r.NameEN, r.NameJA)
	}
	for facet, counts := range facets {
		for i, c := range counts {
			facets[facet][i].Name = names[c.Value]
		}
	}
	return err
}

func japanese(who market.Actor) bool { return who.Language == "ja" }

// now is the moment that visibility is asked for.
func (s *Service) now() time.Time { return s.clock.Now() }
