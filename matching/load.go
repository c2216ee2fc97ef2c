package matching

import (
	"encoding/json"
	"time"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"
	"github.com/lib/pq"
	"gorm.io/gorm"

	"homecoming/market"
)

// members reads the facts about these memberships from the tables where they are true, whatever an index says. The id of
// a person who agreed to be shown beyond their companies gives what is known of them there. Ids that are none, or no
// longer, are left out.
func members(g *gorm.DB, ids []uuid.UUID) ([]located, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	found, err := memberRows(g, ids)
	if err == nil && len(found) < len(ids) {
		var outside []located
		outside, err = outsiders(g, ids)
		found = append(found, outside...)
	}
	if err != nil || len(found) == 0 {
		return nil, err
	}
	at, people := make(map[uuid.UUID]*Member, len(found)), map[uuid.UUID][]*Member{}
	for i := range found {
		m := &found[i].Member
		at[m.ID], people[m.Person] = m, append(people[m.Person], m)
	}
	if err := addStints(g, at); err != nil {
		return nil, err
	}
	if err := addBeyond(g, people); err != nil {
		return nil, err
	}
	return found, addHeld(g, people)
}

// located is a member with the zone that its company's days are counted in.
type located struct {
	Member
	Zone    string
	Formula []byte // the company's own constants, see [Service.formulaOf]
}

// asOf is the company's day. Outside every company it is the earliest day anywhere: what is known to come later stands in
// the document's ChangesOn, which is held against the day of whoever asks.
func (l located) asOf(now time.Time) civil.Date {
	if l.Company == uuid.Nil {
		return civil.DateOf(now.UTC().Add(-12 * time.Hour))
	}
	return market.Company{TimeZone: l.Zone}.Today(now)
}

func memberRows(g *gorm.DB, ids []uuid.UUID) ([]located, error) {
	var rows []struct {
		ID, CompanyID, PersonID uuid.UUID
		Hidden, Outside         bool
		ShownTo                 market.ShownTo
		RateCurrency            string
		Bars                    []byte
		Zone                    string
		Formula                 []byte
		AvailableFrom           *civil.Date
		HourlyRate              *int64
		Stars, Ratings          int
	}
	err := g.Raw(`SELECT m.id, m.company_id, m.person_id, m.hidden, m.outside, p.shown_to, p.rate_currency, `+barsOf+` AS bars, c.time_zone AS zone, c.formula, p.available_from,
			CASE WHEN p.rate_currency = c.currency THEN p.hourly_rate END AS hourly_rate, r.stars, r.ratings
		FROM memberships m
		JOIN people p ON p.id = m.person_id
		JOIN companies c ON c.id = m.company_id
		CROSS JOIN LATERAL (SELECT coalesce(sum(rating), 0) AS stars, count(*) AS ratings
			FROM reviews WHERE person_id = m.person_id AND by_side = 'company') r
		WHERE m.id = ANY(?::uuid[])`, pq.Array(ids)).Scan(&rows).Error
	found := make([]located, len(rows))
	for i, r := range rows {
		found[i] = located{Zone: r.Zone, Formula: r.Formula, Member: Member{ID: r.ID, Company: r.CompanyID, Person: r.PersonID, Hidden: r.Hidden,
			Ratings: r.Ratings, Stars: r.Stars, AvailableFrom: r.AvailableFrom, HourlyRate: r.HourlyRate}}
		if err := json.Unmarshal(r.Bars, &found[i].Bars); err != nil {
			return nil, err
		}
		if r.Outside {
			found[i].Beyond = &Outside{To: r.ShownTo, Currency: r.RateCurrency}
		}
	}
	return found, err
}

func addStints(g *gorm.DB, at map[uuid.UUID]*Member) error {
	var stints []struct {
		MembershipID uuid.UUID
		DepartmentID *uuid.UUID
		JoinedOn     civil.Date
		LeftOn       *civil.Date
	}
	err := g.Raw(`SELECT membership_id, department_id, joined_on, left_on FROM stints
		WHERE membership_id = ANY(?::uuid[]) ORDER BY membership_id, joined_on, id`, pq.Array(keys(at))).Scan(&stints).Error
	for _, s := range stints {
		stint := Stint{JoinedOn: s.JoinedOn, LeftOn: s.LeftOn}
		if s.DepartmentID != nil {
			stint.Department = *s.DepartmentID
		}
		m := at[s.MembershipID]
		m.Stints = append(m.Stints, stint)
	}
	return err
}

// addHeld adds the skills of people to their memberships: skills count at every company.
func addHeld(g *gorm.DB, people map[uuid.UUID][]*Member) error {
	var held []struct {
		PersonID uuid.UUID
		SkillID  string
		Evidence market.Evidence
		Level    int
		Via      string
	}
	err := g.Raw(`WITH held AS (SELECT person_id, skill_id, evidence, level FROM person_skills WHERE person_id = ANY(?::uuid[]))
		SELECT person_id, skill_id, evidence, level, '' AS via FROM held
		UNION ALL
		SELECT person_id, l.broader_id, evidence, level, skill_id FROM held JOIN skill_links l ON l.narrower_id = skill_id
		ORDER BY person_id, skill_id, via, evidence`, pq.Array(keys(people))).Scan(&held).Error
	for _, h := range held {
		for _, m := range people[h.PersonID] {
			m.Held = append(m.Held, Held{Skill: h.SkillID, Evidence: h.Evidence, Level: h.Level, Via: h.Via})
		}
	}
	return err
}

func keys[V any](m map[uuid.UUID]V) []uuid.UUID {
	ids := make([]uuid.UUID, 0, len(m))
	for id := range m {
		ids = append(ids, id)
	}
	return ids
}
