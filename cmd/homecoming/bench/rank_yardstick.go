package bench

import (
	"context"
	"fmt"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"homecoming/internal/db"
	"homecoming/matching"
)

const handWrittenSays = "the hand-written SQL: coverage from the covering index, department and p, best 20 by score alone; prepared, over the same pool"

// handWritten is the yardstick on PostgreSQL: what somebody would write who wants a top 20 and no more. It filters
// nobody and breaks no ties.
func handWritten(d *db.DB) func(context.Context, matching.Question) error {
	return func(ctx context.Context, q matching.Question) error {
		args := []any{q.Company, q.Weight(), q.Department}
		var values []string
		for _, w := range q.Skills {
			values = append(values, fmt.Sprintf("($%d::text, $%d::int, $%d::int)", len(args)+1, len(args)+2, len(args)+3))
			args = append(args, w.Skill, w.Level, w.Weight)
		}
		rows, err := d.Pool().Query(ctx, `SELECT h.membership_id, 65.0*sum(w.weight)/$2::int + CASE WHEN $3::uuid = ANY(m.knows) THEN 5 ELSE 0 END + m.p/100.0 AS score
			FROM match_held h JOIN (VALUES `+strings.Join(values, ", ")+`) w (skill, level, weight) ON h.skill_id = w.skill AND h.strength >= w.level
			JOIN match_members m USING (membership_id)
			WHERE h.company_id = $1 GROUP BY h.membership_id, m.p, m.knows ORDER BY score DESC LIMIT 20`, args...)
		if err != nil {
			return err
		}
		_, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (score float64, err error) {
			var id uuid.UUID
			return score, row.Scan(&id, &score)
		})
		return err
	}
}
