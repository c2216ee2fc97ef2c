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
func (ix *Index) Browse(ctx context.Context, from string) (there []matching.Entry, next string, err error) {
	err = ix.db.Gorm(ctx).Raw("SELECT membership_id::text AS id, company_id AS company FROM match_members WHERE membership_id > ? ORDER BY membership_id LIMIT ?",
		cmp.Or(from, uuid.Nil.String()), page).Scan(&there).Error
	if len(there) == page {
		next = there[page-1].ID
	}
	return there, next, err
}

// Count leaves out those who are no candidates, of whom no other index has a document.
func (ix *Index) Count(ctx context.Context) (n int64, err error) {
	err = ix.db.Pool().QueryRow(ctx, "SELECT count(*) FROM match_members WHERE candidate").Scan(&n)
	return n, err
}

// Remove deletes the rows.
func (ix *Index) Remove(ctx context.Context, ids []string) error {
	return ix.db.Gorm(ctx).Exec("DELETE FROM match_members WHERE membership_id::text = ANY(?::text[])", pq.Array(ids)).Error
}

// Differ compares the rows with those that Put would write.
func (ix *Index) Differ(ctx context.Context, docs []matching.Document) (missing, changed []uuid.UUID, err error) {
	ids := make([]uuid.UUID, len(docs))
	for i, d := range docs {
		ids[i] = d.Membership
	}
	var have []struct {
		ID        uuid.UUID
		Row, Held string
	}
	err = ix.db.Gorm(ctx).Raw(`SELECT m.membership_id AS id, to_jsonb(m) AS row,
			(SELECT coalesce(jsonb_object_agg(skill_id, strength), '{}') FROM match_held h WHERE h.membership_id = m.membership_id AND h.company_id = m.company_id) AS held
		FROM match_members m WHERE m.membership_id = ANY(?::uuid[])`, pq.Array(ids)).Scan(&have).Error
	rows, skills := map[uuid.UUID]string{}, map[uuid.UUID]string{}
	for _, h := range have {
		rows[h.ID], skills[h.ID] = h.Row, h.Held
	}
	for _, d := range docs {
		want, _, _ := split([]matching.Document{d})
		row, there := rows[d.Membership]
		switch {
		case there && len(want) == 0:
			changed = append(changed, d.Membership)
		case len(want) == 0:
		case !there:
			missing = append(missing, d.Membership)
		case !equal(want[0], row) || !same(d.Held, skills[d.Membership]):
			changed = append(changed, d.Membership)
		}
	}
	return missing, changed, err
}

// equal compares a row as Put writes it with one as the database has it.
func equal(want row, have string) bool {
	var got row
	return json.Unmarshal([]byte(have), &got) == nil && plain(want) == plain(got)
}

func same(want map[string]int, have string) bool {
	var got map[string]int
	return json.Unmarshal([]byte(have), &got) == nil && maps.Equal(want, got)
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
