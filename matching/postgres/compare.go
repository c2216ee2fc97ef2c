package postgres

import (
	"cmp"
	"context"
	"encoding/json"
	"maps"
	"reflect"

	"github.com/google/uuid"
	"github.com/lib/pq"

	"homecoming/matching"
)

// Mend does nothing: the tables are set up by migrations.
func (*Index) Mend(context.Context) error { return nil }

// Format is raised by hand when the rows of a document come to mean something else.
func (*Index) Format() string { return "1" }

const page = 5000 // ids read at a time

// Browse reads the ids from match_members.
func (ix *Index) Browse(ctx context.Context, from string) (docs []matching.Document, next string, err error) {
	var rows []struct{ MembershipID, CompanyID, PersonID uuid.UUID }
	err = ix.db.Gorm(ctx).Raw("SELECT membership_id, company_id, person_id FROM match_members WHERE membership_id > ? ORDER BY membership_id LIMIT ?",
		cmp.Or(from, uuid.Nil.String()), page).Scan(&rows).Error
	for _, r := range rows {
		docs = append(docs, matching.Document{Membership: r.MembershipID, Company: r.CompanyID, Person: r.PersonID})
	}
	if len(rows) == page {
		next = rows[page-1].MembershipID.String()
	}
	return docs, next, err
}

// Differ compares the rows with those that Put would write.
func (ix *Index) Differ(ctx context.Context, docs []matching.Document) ([]uuid.UUID, error) {
	ids := make([]uuid.UUID, len(docs))
	for i, d := range docs {
		ids[i] = d.Membership
	}
	var have []struct {
		ID        uuid.UUID
		Row, Held string
	}
	err := ix.db.Gorm(ctx).Raw(`SELECT m.membership_id AS id, to_jsonb(m) AS row,
			(SELECT coalesce(jsonb_object_agg(skill_id, strength), '{}') FROM match_held h WHERE h.membership_id = m.membership_id AND h.company_id = m.company_id) AS held
		FROM match_members m WHERE m.membership_id = ANY(?::uuid[])`, pq.Array(ids)).Scan(&have).Error
	if err != nil {
		return nil, err
	}
	rows, skills := map[uuid.UUID]string{}, map[uuid.UUID]string{}
	for _, h := range have {
		rows[h.ID], skills[h.ID] = h.Row, h.Held
	}
	var wrong []uuid.UUID
	for _, d := range docs {
		same, err := equal(d, rows[d.Membership], skills[d.Membership])
		if err != nil {
			return nil, err
		}
		if !same {
			wrong = append(wrong, d.Membership)
		}
	}
	return wrong, nil
}

// equal compares a document with its row as JSON; an empty row is none.
func equal(d matching.Document, have, held string) (bool, error) {
	want, _, _ := split([]matching.Document{d})
	if len(want) == 0 || have == "" {
		return len(want) == 0 && have == "", nil
	}
	var got row
	strengths := map[string]int{}
	if err := json.Unmarshal([]byte(have), &got); err != nil {
		return false, err
	}
	if err := json.Unmarshal([]byte(held), &strengths); err != nil {
		return false, err
	}
	same := maps.Equal(strengths, d.Held) && plain(want[0]) == plain(got)
	return same, nil
}

// plain is a row as text in which an empty list is one whichever way it is written.
func plain(r row) string {
	v := reflect.ValueOf(&r).Elem()
	for i := range v.NumField() {
		if f := v.Field(i); f.Kind() == reflect.Slice && f.IsNil() {
			f.Set(reflect.MakeSlice(f.Type(), 0, 0))
		}
	}
	body, _ := json.Marshal(r) // of plain fields
	return string(body)
}
