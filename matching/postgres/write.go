package postgres

import (
	"context"
	"encoding/json"
	"time"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"
	"github.com/lib/pq"
	"gorm.io/gorm"

	"homecoming/matching"
)

// row is a document on its way into the two tables.
type row struct {
	MembershipID  uuid.UUID   `json:"membership_id"`
	CompanyID     uuid.UUID   `json:"company_id"`
	PersonID      uuid.UUID   `json:"person_id"`
	Candidate     bool        `json:"candidate"`
	P             int         `json:"p"`
	Tenure        int         `json:"tenure"`
	LeftOn        civil.Date  `json:"left_on"`
	Knows         []uuid.UUID `json:"knows"`
	Worked        []uuid.UUID `json:"worked"`
	Days          int         `json:"days"`
	AvailableFrom *civil.Date `json:"available_from"`
	HourlyRate    *int64      `json:"hourly_rate"`
	ChangesOn     *civil.Date `json:"changes_on"`

	// Of people from outside, whose CompanyID is nil.
	Currency string      `json:"currency"`
	GuestAt  *uuid.UUID  `json:"guest_at"` // the one company that it serves; nil for all but those that bar it
	CameFrom []uuid.UUID `json:"came_from"`
	Everyone bool        `json:"everyone"`
	Barred   []uuid.UUID `json:"barred"`
}

type held struct {
	MembershipID uuid.UUID `json:"membership_id"`
	CompanyID    uuid.UUID `json:"company_id"`
	SkillID      string    `json:"skill_id"`
	Strength     int       `json:"strength"`
}

// Put writes the documents in one transaction. Those from outside carry no company, so that no list of a company's own
// members meets them. Members that are gone lose their rows; those that are no candidates
// today keep theirs, because the day on which that changes is in it.
func (ix *Index) Put(ctx context.Context, docs []matching.Document) error {
	if len(docs) == 0 {
		return nil
	}
	rows, skills, gone := split(docs)
	err := ix.db.Tx(ctx, func(tx *gorm.DB) error {
		if len(gone) > 0 {
			if err := tx.Exec("DELETE FROM match_members WHERE membership_id = ANY(?::uuid[])", pq.Array(gone)).Error; err != nil {
				return err
			}
		}
		if err := putMembers(tx, rows); err != nil {
			return err
		}
		return putHeld(tx, rows, skills)
	})
	if err == nil && len(rows) >= many {
		err = ix.analyze(ctx, seldom)
	}
	return err
}

const (
	many   = 200              // so many members at once may make the planner's picture of a company wrong
	seldom = 10 * time.Second // how often it is drawn again, at most; autovacuum does the rest
)

// analyze tells the planner how large the companies are. Without it a company that was imported just now counts as a
// handful of people, and is joined in a way that takes seconds.
func (ix *Index) analyze(ctx context.Context, unlessWithin time.Duration) error {
	ix.mu.Lock()
	defer ix.mu.Unlock()
	if time.Since(ix.analyzed) < unlessWithin {
		return nil
	}
	ix.analyzed = time.Now()
	return ix.db.Gorm(ctx).Exec("ANALYZE match_members, match_held").Error
}

func split(docs []matching.Document) (rows []row, skills []held, gone []uuid.UUID) {
	for _, d := range docs {
		if !d.Candidate && d.Person == uuid.Nil {
			gone = append(gone, d.Membership)
			continue
		}
		left := d.LeftOn
		if left.IsZero() {
			left = civil.Date{Year: 1, Month: 1, Day: 1}
		}
		r := row{d.Membership, d.Company, d.Person, d.Candidate, int(d.P), int(d.Tenure), left,
			d.Knows, d.Worked, d.Days, d.AvailableFrom, d.HourlyRate, d.ChangesOn, d.Currency, nil, d.From, d.Everyone, d.Barred}
		if d.Outside && d.Company != uuid.Nil {
			r.CompanyID, r.GuestAt = uuid.Nil, &d.Company
		}
		rows = append(rows, r)
		for id, strength := range d.Held {
			skills = append(skills, held{d.Membership, r.CompanyID, id, strength})
		}
	}
	return rows, skills, gone
}

func putMembers(tx *gorm.DB, rows []row) error {
	body, err := json.Marshal(rows)
	if err != nil || len(rows) == 0 {
		return err
	}
	return tx.Exec(`INSERT INTO match_members AS m
			(membership_id, company_id, person_id, candidate, p, tenure, left_on, knows, worked, days, available_from, hourly_rate, changes_on,
			currency, guest_at, came_from, everyone, barred)
		SELECT membership_id, company_id, person_id, candidate, p, tenure, left_on, coalesce(knows, '{}'), coalesce(worked, '{}'),
			days, available_from, hourly_rate, changes_on, currency, guest_at, coalesce(came_from, '{}'), everyone, coalesce(barred, '{}')
		FROM jsonb_to_recordset(?::jsonb) AS x (membership_id uuid, company_id uuid, person_id uuid, candidate boolean, p smallint,
			tenure smallint, left_on date, knows uuid[], worked uuid[], days integer, available_from date, hourly_rate bigint, changes_on date,
			currency text, guest_at uuid, came_from uuid[], everyone boolean, barred uuid[])
		ORDER BY membership_id
		ON CONFLICT (membership_id) DO UPDATE SET (company_id, person_id, candidate, p, tenure, left_on, knows, worked, days, available_from,
			hourly_rate, changes_on, currency, guest_at, came_from, everyone, barred) = (excluded.company_id, excluded.person_id,
			excluded.candidate, excluded.p, excluded.tenure, excluded.left_on, excluded.knows, excluded.worked, excluded.days,
			excluded.available_from, excluded.hourly_rate, excluded.changes_on, excluded.currency, excluded.guest_at, excluded.came_from,
			excluded.everyone, excluded.barred)`,
		string(body)).Error
}

// putHeld replaces the strengths of these members, touching only what differs.
func putHeld(tx *gorm.DB, rows []row, skills []held) error {
	ids := make([]uuid.UUID, len(rows))
	for i, r := range rows {
		ids[i] = r.MembershipID
	}
	if skills == nil {
		skills = []held{}
	}
	body, err := json.Marshal(skills)
	if err != nil {
		return err
	}
	const wanted = `jsonb_to_recordset(?::jsonb) AS x (membership_id uuid, company_id uuid, skill_id text, strength smallint)`
	err = tx.Exec(`WITH wanted AS MATERIALIZED (SELECT * FROM `+wanted+`)
		DELETE FROM match_held h WHERE h.membership_id = ANY(?::uuid[]) AND NOT EXISTS (
			SELECT 1 FROM wanted w WHERE w.membership_id = h.membership_id AND w.skill_id = h.skill_id
				AND w.company_id = h.company_id AND w.strength = h.strength)`, string(body), pq.Array(ids)).Error
	if err != nil {
		return err
	}
	return tx.Exec(`INSERT INTO match_held (membership_id, company_id, skill_id, strength)
		SELECT membership_id, company_id, skill_id, strength FROM `+wanted+`
		ORDER BY membership_id, skill_id ON CONFLICT DO NOTHING`, string(body)).Error
}

// Replace writes every document and takes out the members that are no longer there. Rankings go on meanwhile: each
// batch is right as soon as it is in.
func (ix *Index) Replace(ctx context.Context, feed func(put func([]matching.Document) error) error) error {
	if err := feed(func(docs []matching.Document) error { return ix.Put(ctx, docs) }); err != nil {
		return err
	}
	err := ix.db.Gorm(ctx).Exec("DELETE FROM match_members m WHERE NOT EXISTS (SELECT 1 FROM ranked_as WHERE id = m.membership_id)").Error
	if err != nil {
		return err
	}
	return ix.analyze(ctx, 0)
}
