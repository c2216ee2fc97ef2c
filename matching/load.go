package matching

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"homecoming/internal/db"
	"homecoming/market"
)

// members reads the facts about these memberships from the tables where they are true, whatever an index says. The id of
// a person who agreed to be shown beyond their companies gives what is known of them there. Ids that are none, or no
// longer, are left out. The statements go to the database together, in one round trip.
func members(ctx context.Context, d *db.DB, ids []uuid.UUID) ([]located, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	r := &reading{at: make(map[uuid.UUID]*Member, len(ids)), people: make(map[uuid.UUID][]*Member, len(ids))}
	var together pgx.Batch
	list := plain(ids)
	together.Queue(factsOfMembers, list).Query(r.members(len(ids)))
	together.Queue(factsOfStints, list).Query(r.stints)
	together.Queue(factsHeld("SELECT person_id FROM memberships WHERE id = ANY($1)"), list).Query(r.held)
	if err := d.Pool().SendBatch(ctx, &together).Close(); err != nil {
		return nil, err
	}
	if len(r.found) < len(ids) {
		if err := r.outside(ctx, d, ids); err != nil {
			return nil, err
		}
	}
	return r.found, addBeyond(d.Gorm(ctx), r.people)
}

// A reading is what has been read so far.
type reading struct {
	found  []located
	at     map[uuid.UUID]*Member   // by membership
	people map[uuid.UUID][]*Member // by person, who may have several memberships
}

// add takes members in and makes them known to what is read next.
func (r *reading) add(found []located) {
	r.found = append(r.found, found...)
	clear(r.people)
	for i := range r.found {
		m := &r.found[i].Member
		r.at[m.ID], r.people[m.Person] = m, append(r.people[m.Person], m)
	}
}

// outside reads those of the ids that are of people who agreed to be shown beyond the companies where they worked.
func (r *reading) outside(ctx context.Context, d *db.DB, ids []uuid.UUID) error {
	found, err := outsiders(d.Gorm(ctx), ids)
	if err != nil || len(found) == 0 {
		return err
	}
	alone := &reading{at: map[uuid.UUID]*Member{}, people: make(map[uuid.UUID][]*Member, len(found))}
	alone.add(found)
	rows, err := d.Pool().Query(ctx, factsHeld("SELECT unnest($1::uuid[])"), plain(keys(alone.people)))
	if err != nil {
		return err
	}
	if err := alone.held(rows); err != nil {
		return err
	}
	r.add(alone.found)
	return nil
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

// factsOfMembers are those of which there is one for each membership.
const factsOfMembers = `SELECT m.id, m.company_id, m.person_id, m.hidden, m.outside, p.shown_to, p.rate_currency, ` + barsOf + ` AS bars, c.time_zone AS zone, c.formula,
		p.available_from::text, CASE WHEN p.rate_currency = c.currency THEN p.hourly_rate END AS hourly_rate, r.stars, r.ratings
	FROM memberships m
	JOIN people p ON p.id = m.person_id
	JOIN companies c ON c.id = m.company_id
	CROSS JOIN LATERAL (SELECT coalesce(sum(rating), 0) AS stars, count(*) AS ratings
		FROM reviews WHERE person_id = m.person_id AND by_side = 'company') r
	WHERE m.id = ANY($1)`

func (r *reading) members(most int) func(pgx.Rows) error {
	return func(rows pgx.Rows) error {
		found := make([]located, 0, most)
		var m located
		var outside bool
		var shownTo, currency string
		var bars []byte
		var free *string
		into := []any{(*[16]byte)(&m.ID), (*[16]byte)(&m.Company), (*[16]byte)(&m.Person), &m.Hidden, &outside, &shownTo, &currency, &bars, &m.Zone, &m.Formula,
			&free, &m.HourlyRate, &m.Stars, &m.Ratings}
		_, err := pgx.ForEachRow(rows, into, func() (err error) {
			one := m
			if outside {
				one.Beyond = &Outside{To: market.ShownTo(shownTo), Currency: currency}
			}
			if len(bars) > 0 {
				err = json.Unmarshal(bars, &one.Bars)
			}
			if free != nil && err == nil {
				one.AvailableFrom, err = dayAt(*free)
			}
			found = append(found, one)
			m.Formula, m.HourlyRate = nil, nil // what was read stays with the one it was read for
			return err
		})
		r.add(found)
		return err
	}
}

// factsOfStints are what each member did at the company. A member's stints come as one text: rows cost more than their
// contents where everybody is read.
const factsOfStints = `SELECT membership_id, string_agg(concat_ws(' ', joined_on, coalesce(left_on::text, '-'), department_id), ',' ORDER BY joined_on, id)
	FROM stints WHERE membership_id = ANY($1) GROUP BY 1`

func (r *reading) stints(rows pgx.Rows) error {
	return eachText(rows, func(membership uuid.UUID, list string) error {
		m := r.at[membership]
		if m == nil {
			return nil // the membership went between the two statements
		}
		m.Stints = make([]Stint, 0, strings.Count(list, ",")+1)
		for word := range strings.SplitSeq(list, ",") {
			s, err := readStint(word)
			if err != nil {
				return err
			}
			m.Stints = append(m.Stints, s)
		}
		return nil
	})
}

func readStint(word string) (s Stint, err error) {
	joined, rest, _ := strings.Cut(word, " ")
	left, department, _ := strings.Cut(rest, " ")
	day, err := dayAt(joined)
	if err != nil {
		return s, err
	}
	s.JoinedOn = *day
	if left != "-" {
		if s.LeftOn, err = dayAt(left); err != nil {
			return s, err
		}
	}
	if department != "" {
		s.Department, err = uuid.Parse(department)
	}
	return s, err
}

// dayAt reads a date as PostgreSQL writes it. Four digits for the year are all that there are but for the oddest.
func dayAt(text string) (*civil.Date, error) {
	if len(text) == len("2006-01-02") {
		digits := func(from, to int) (n int) {
			for _, c := range []byte(text[from:to]) {
				n = 10*n + int(c-'0')
			}
			return n
		}
		day := civil.Date{Year: digits(0, 4), Month: time.Month(digits(5, 7)), Day: digits(8, 10)}
		if day.IsValid() {
			return &day, nil
		}
	}
	day, err := civil.ParseDate(text)
	return &day, err
}

// factsHeld are the skills of people, and what these say about broader ones: skills count at every company.
func factsHeld(people string) string {
	return `WITH held AS MATERIALIZED (SELECT person_id, skill_id, evidence, level FROM person_skills WHERE person_id = ANY(ARRAY(` + people + `))),
	said AS (
		SELECT person_id, skill_id, evidence, level, '' AS via FROM held
		UNION ALL
		SELECT person_id, l.broader_id, evidence, level, skill_id FROM held JOIN skill_links l ON l.narrower_id = skill_id)
	SELECT person_id, string_agg(skill_id || ' ' || evidence || ' ' || level || ' ' || via, ',' ORDER BY skill_id, via, evidence)
	FROM said GROUP BY 1`
}

func (r *reading) held(rows pgx.Rows) error {
	return eachText(rows, func(person uuid.UUID, list string) error {
		held := make([]Held, 0, strings.Count(list, ",")+1)
		for word := range strings.SplitSeq(list, ",") { // no skill's id has a space or a comma
			skill, rest, _ := strings.Cut(word, " ")
			evidence, rest, _ := strings.Cut(rest, " ")
			level, via, whole := strings.Cut(rest, " ")
			n, err := strconv.Atoi(level)
			if err != nil || !whole {
				return fmt.Errorf("matching: %q is no skill", word)
			}
			held = append(held, Held{Skill: skill, Evidence: market.Evidence(evidence), Level: n, Via: via})
		}
		for _, m := range r.people[person] {
			m.Held = held
		}
		return nil
	})
}

// eachText reads an id and a text in each row.
func eachText(rows pgx.Rows, each func(id uuid.UUID, text string) error) error {
	var id uuid.UUID
	var text string
	_, err := pgx.ForEachRow(rows, []any{(*[16]byte)(&id), &text}, func() error { return each(id, text) })
	return err
}

// plain are ids as the driver takes them quickest: others it would write as text and read again.
func plain(ids []uuid.UUID) [][16]byte {
	list := make([][16]byte, len(ids))
	for i, id := range ids {
		list[i] = id
	}
	return list
}

func keys[V any](m map[uuid.UUID]V) []uuid.UUID {
	ids := make([]uuid.UUID, 0, len(m))
	for id := range m {
		ids = append(ids, id)
	}
	return ids
}
