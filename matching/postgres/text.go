package postgres

import (
	"context"
	"encoding/json"

	"github.com/google/uuid"
	"github.com/lib/pq"
	"gorm.io/gorm"

	"homecoming/internal/db"
	"homecoming/matching/freetext"
)

// Text finds words in search_texts. A word is looked for as it is typed: there is no allowance for slips.
type Text struct{ db *db.DB }

// Text is the index of words in the same database.
func (ix *Index) Text() freetext.Index { return &Text{ix.db} }

// Name is "postgres".
func (*Text) Name() string { return "postgres" }

// Tolerant is false.
func (*Text) Tolerant() bool { return false }

// Check asks whether the database answers.
func (t *Text) Check(ctx context.Context) error { return t.db.Pool().Ping(ctx) }

// Find puts those first where the words are in the name or title, then those where they are skills, the newest first.
func (t *Text) Find(ctx context.Context, kind freetext.Kind, scope []uuid.UUID, q freetext.Query, limit int) ([]uuid.UUID, error) {
	patterns := make([]string, len(q.Words))
	for i, w := range q.Words {
		patterns[i] = pattern(w)
	}
	var ids []uuid.UUID
	err := t.db.Gorm(ctx).Raw(`SELECT id FROM search_texts
		WHERE kind = @kind AND scope && CAST(@scope AS uuid[]) AND concat(' ', head, ' ', skills, ' ', rest) LIKE ALL (CAST(@words AS text[]))
		ORDER BY (SELECT sum(CASE WHEN ' ' || head LIKE w THEN 4 WHEN ' ' || skills LIKE w THEN 2 ELSE 1 END) FROM unnest(CAST(@words AS text[])) w) DESC, id DESC
		LIMIT @limit`,
		map[string]any{"kind": kind, "scope": pq.Array(scope), "words": pq.Array(patterns), "limit": limit}).Scan(&ids).Error
	return ids, err
}

// pattern is a word for LIKE. Folded words are letters and digits, so none of its signs is among them.
func pattern(w freetext.Word) string {
	if w.Japanese {
		return "%" + w.Text + "%"
	}
	return "% " + w.Text + "%"
}

// textRow is a document on its way into the table.
type textRow struct {
	Kind   freetext.Kind `json:"kind"`
	ID     uuid.UUID     `json:"id"`
	Scope  []uuid.UUID   `json:"scope"`
	Head   string        `json:"head"`
	Skills string        `json:"skills"`
	Rest   string        `json:"rest"`
}

// Put writes the documents in one transaction, touching only what differs.
func (t *Text) Put(ctx context.Context, docs []freetext.Document) error {
	var rows []textRow
	gone := map[freetext.Kind][]uuid.UUID{}
	for _, d := range docs {
		if d.Gone {
			gone[d.Kind] = append(gone[d.Kind], d.ID)
			continue
		}
		rows = append(rows, textRow{d.Kind, d.ID, d.Scope, d.Head, d.Skills, d.Rest})
	}
	return t.db.Tx(ctx, func(tx *gorm.DB) error {
		for kind, ids := range gone {
			if err := tx.Exec("DELETE FROM search_texts WHERE kind = ? AND id = ANY(?::uuid[])", kind, pq.Array(ids)).Error; err != nil {
				return err
			}
		}
		return putTexts(tx, rows)
	})
}

func putTexts(tx *gorm.DB, rows []textRow) error {
	body, err := json.Marshal(rows)
	if err != nil || len(rows) == 0 {
		return err
	}
	return tx.Exec(`INSERT INTO search_texts AS t (kind, id, scope, head, skills, rest)
		SELECT kind, id, scope, head, skills, rest
		FROM jsonb_to_recordset(?::jsonb) AS x (kind text, id uuid, scope uuid[], head text, skills text, rest text) ORDER BY kind, id
		ON CONFLICT (kind, id) DO UPDATE SET (scope, head, skills, rest) = (excluded.scope, excluded.head, excluded.skills, excluded.rest)
		WHERE (t.scope, t.head, t.skills, t.rest) <> (excluded.scope, excluded.head, excluded.skills, excluded.rest)`, string(body)).Error
}

// Replace writes every document and takes out the others. Searches go on meanwhile.
func (t *Text) Replace(ctx context.Context, feed func(put func([]freetext.Document) error) error) error {
	kept := []uuid.UUID{}
	err := feed(func(docs []freetext.Document) error {
		for _, d := range docs {
			kept = append(kept, d.ID)
		}
		return t.Put(ctx, docs)
	})
	if err != nil {
		return err
	}
	return t.db.Gorm(ctx).Exec(`DELETE FROM search_texts t WHERE NOT EXISTS (SELECT 1 FROM unnest(?::uuid[]) AS kept (id) WHERE kept.id = t.id)`, pq.Array(kept)).Error
}
