package matching

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
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

func memberRows(g *gorm.DB, ids []uuid.UUID) (found []located, err error) {
	var r struct {
		located
		outside  bool
		shownTo  market.ShownTo
		currency string
		bars     []byte
	}
	q := g.Raw(`SELECT m.id, m.company_id, m.person_id, m.hidden, m.outside, p.shown_to, p.rate_currency, `+barsOf+` AS bars, c.time_zone AS zone, c.formula, p.available_from,
			CASE WHEN p.rate_currency = c.currency THEN p.hourly_rate END AS hourly_rate, r.stars, r.ratings
		FROM memberships m
		JOIN people p ON p.id = m.person_id
		JOIN companies c ON c.id = m.company_id
		CROSS JOIN LATERAL (SELECT coalesce(sum(rating), 0) AS stars, count(*) AS ratings
			FROM reviews WHERE person_id = m.person_id AND by_side = 'company') r
		WHERE m.id = ANY(?::uuid[])`, pq.Array(ids))
	into := []any{&r.ID, &r.Company, &r.Person, &r.Hidden, &r.outside, &r.shownTo, &r.currency, &r.bars, &r.Zone, &r.Formula, &r.AvailableFrom,
		&r.HourlyRate, &r.Stars, &r.Ratings}
	err = eachRow(q, into, func() error {
		m := r.located
		if r.outside {
			m.Beyond = &Outside{To: r.shownTo, Currency: r.currency}
		}
		found = append(found, m)
		return json.Unmarshal(r.bars, &found[len(found)-1].Bars)
	})
	return found, err
}

// addStints adds what each member did at the company. A member's stints come as one text: rows cost more than their
// contents where everybody is read.
func addStints(g *gorm.DB, at map[uuid.UUID]*Member) error {
	return eachText(g, `SELECT membership_id, string_agg(concat_ws(' ', joined_on, coalesce(left_on::text, '-'), department_id), ',' ORDER BY joined_on, id)
		FROM stints WHERE membership_id = ANY(?::uuid[]) GROUP BY 1`, keys(at), func(membership uuid.UUID, word string) (err error) {
		joined, rest, _ := strings.Cut(word, " ")
		left, department, _ := strings.Cut(rest, " ")
		var s Stint
		if s.JoinedOn, err = civil.ParseDate(joined); err != nil {
			return err
		}
		if left != "-" {
			last, err := civil.ParseDate(left)
			if err != nil {
				return err
			}
			s.LeftOn = &last
		}
		if department != "" {
			s.Department, err = uuid.Parse(department)
		}
		m := at[membership]
		m.Stints = append(m.Stints, s)
		return err
	})
}

// addHeld adds the skills of people to their memberships: skills count at every company.
func addHeld(g *gorm.DB, people map[uuid.UUID][]*Member) error {
	return eachText(g, `WITH held AS (SELECT person_id, skill_id, evidence, level FROM person_skills WHERE person_id = ANY(?::uuid[])),
		said AS (
			SELECT person_id, skill_id, evidence, level, '' AS via FROM held
			UNION ALL
			SELECT person_id, l.broader_id, evidence, level, skill_id FROM held JOIN skill_links l ON l.narrower_id = skill_id)
		SELECT person_id, string_agg(skill_id || ' ' || evidence || ' ' || level || ' ' || via, ',' ORDER BY skill_id, via, evidence)
		FROM said GROUP BY 1`, keys(people), func(person uuid.UUID, word string) error {
		parts := strings.SplitN(word, " ", 4) // no skill's id has a space or a comma
		if len(parts) < 4 {
			return fmt.Errorf("matching: %q is no skill", word)
		}
		level, err := strconv.Atoi(parts[2])
		for _, m := range people[person] {
			m.Held = append(m.Held, Held{Skill: parts[0], Evidence: market.Evidence(parts[1]), Level: level, Via: parts[3]})
		}
		return err
	})
}

// eachText reads an id and a list of texts in each row, and hands over one text after the other.
func eachText(g *gorm.DB, sql string, ids []uuid.UUID, each func(id uuid.UUID, word string) error) error {
	var id uuid.UUID
	var list string
	return eachRow(g.Raw(sql, pq.Array(ids)), []any{&id, &list}, func() error {
		for word := range strings.SplitSeq(list, ",") {
			if err := each(id, word); err != nil {
				return err
			}
		}
		return nil
	})
}

// eachRow scans one row after the other, which is several times faster than having them scanned into structs.
func eachRow(q *gorm.DB, into []any, each func() error) error {
	rows, err := q.Rows()
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return err
		}
		if err := each(); err != nil {
			return err
		}
	}
	return rows.Err()
}

func keys[V any](m map[uuid.UUID]V) []uuid.UUID {
	ids := make([]uuid.UUID, 0, len(m))
	for id := range m {
		ids = append(ids, id)
	}
	return ids
}
