package postgres

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"homecoming/internal/db"
	"homecoming/matching"
)

// An Index ranks from match_members and match_held.
type Index struct {
	db *db.DB

	mu       sync.Mutex
	analyzed time.Time
}

// New is the index of a migrated database.
func New(d *db.DB) *Index { return &Index{db: d} }

// Name is "postgres".
func (*Index) Name() string { return "postgres" }

// Ranks is true: lists come in the order of the whole score.
func (*Index) Ranks() bool { return true }

// Moment is always the same: every answer is one snapshot.
func (*Index) Moment(context.Context) (string, error) { return "", nil }

// Check asks whether the database answers.
func (ix *Index) Check(ctx context.Context) error { return ix.db.Pool().Ping(ctx) }

// Ask answers each list with one statement.
func (ix *Index) Ask(ctx context.Context, q matching.Question, lists []matching.List) ([][]matching.Hit, error) {
	answers := make([][]matching.Hit, len(lists))
	for i, l := range lists {
		hits, err := ix.list(ctx, q, l)
		if err != nil {
			return nil, err
		}
		answers[i] = hits
	}
	return answers, nil
}

func (ix *Index) list(ctx context.Context, q matching.Question, l matching.List) ([]matching.Hit, error) {
	sql, args := statement(q, l)
	rows, err := ix.db.Pool().Query(ctx, sql, args)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (h matching.Hit, err error) {
		var left time.Time
		err = row.Scan(&h.Membership, &h.Person, &h.P, &h.Tenure, &left, &h.Met, &h.Knows)
		h.LeftOn = civil.DateOf(left)
		return h, err
	})
}

// statement is one list as SQL. Filters that the question does not ask for are left out, so that each shape of
// question has a plan of its own.
func statement(q matching.Question, l matching.List) (string, pgx.NamedArgs) {
	f := q.Formula
	args := pgx.NamedArgs{
		"company": q.Company, "family": q.Company, "department": q.Department, "limit": l.Limit, "offset": l.Offset, "least": l.AtLeast,
		"skills": int(f.Skills), "known": int(f.Department), "weight": max(q.Weight(), 1),
	}
	if l.Outside { // their documents carry no company
		args["family"] = uuid.Nil
	}
	var sql strings.Builder
	met, join := "0", ""
	switch {
	case len(q.Skills) == 0:
	case l.AtLeast > 0 || slices.ContainsFunc(q.Skills, func(w matching.Wanted) bool { return w.Strict }):
		met, join = "c.met", "JOIN covered c USING (membership_id)"
	default: // everybody, also who meets nothing
		met, join = "coalesce(c.met, 0)", "LEFT JOIN covered c USING (membership_id)"
	}
	if join != "" {
		sql.WriteString(covered(q, args))
	}
	points := "(2 * @skills * " + met + " + @weight) / (2 * @weight)"
	sql.WriteString(`SELECT membership_id, m.person_id, m.p, m.tenure, m.left_on, ` + met + ` AS met, @department = ANY(m.knows) AS knows
FROM match_members m ` + join + `
WHERE m.company_id = @family AND m.candidate` + filters(q, l, args) + `
ORDER BY ` + points + ` + m.p + CASE WHEN @department = ANY(m.knows) THEN @known ELSE 0 END DESC,
	` + points + ` DESC, m.tenure DESC, m.left_on DESC, membership_id
LIMIT @limit OFFSET @offset`)
	return sql.String(), args
}

// covered sums what each member meets. Only members who meet every strict skill are in it.
func covered(q matching.Question, args pgx.NamedArgs) string {
	if len(q.Skills) == 1 { // nothing to add up
		w := q.Skills[0]
		args["skill"], args["level"], args["met"] = w.Skill, w.Level, w.Weight
		return `WITH covered AS (
	SELECT membership_id, @met::int AS met FROM match_held
	WHERE company_id = @family AND skill_id = @skill AND strength >= @level AND @met::int >= @least
)
`
	}
	var skills []string
	var levels, weights []int64
	strict := 0
	for _, w := range q.Skills {
		skills, levels, weights = append(skills, w.Skill), append(levels, int64(w.Level)), append(weights, int64(w.Weight))
		if w.Strict {
			strict++
			weights[len(weights)-1] = -int64(w.Weight) // the sign marks it
		}
	}
	args["ids"], args["levels"], args["weights"], args["strict"] = skills, levels, weights, strict
	return `WITH covered AS (
	SELECT h.membership_id, sum(abs(w.weight))::int AS met
	FROM unnest(CAST(@ids AS text[]), CAST(@levels AS int[]), CAST(@weights AS int[])) AS w (skill_id, level, weight)
	JOIN match_held h ON h.company_id = @family AND h.skill_id = w.skill_id AND h.strength >= w.level
	GROUP BY h.membership_id
	HAVING sum(abs(w.weight)) >= @least AND count(*) FILTER (WHERE w.weight < 0) >= @strict
)
`
}

func filters(q matching.Question, l matching.List, args pgx.NamedArgs) string {
	var sql strings.Builder
	if l.InDepartment {
		sql.WriteString(" AND @department = ANY(m.knows)")
	}
	if q.AvailableBy != nil {
		args["by"] = q.AvailableBy.String()
		sql.WriteString(" AND (m.available_from IS NULL OR m.available_from <= @by)")
	}
	if q.MaxRate != nil {
		args["rate"] = *q.MaxRate
		sql.WriteString(" AND m.hourly_rate <= @rate")
	}
	if l.Outside {
		return sql.String() + beyond(q, args)
	}
	return sql.String() + within(q.Reached, args)
}

// within is whom of the company's alumni a task reaches.
func within(r matching.Reach, args pgx.NamedArgs) string {
	switch {
	case !r.Restricted:
		return ""
	case len(r.Members) > 0:
		args["members"] = r.Members
		return " AND m.membership_id = ANY(CAST(@members AS uuid[]))"
	}
	var sql strings.Builder
	if len(r.Departments) > 0 {
		args["departments"] = r.Departments
		sql.WriteString(" AND m.worked && CAST(@departments AS uuid[])")
	}
	if len(r.Skills) > 0 {
		args["holds"] = r.Skills
		sql.WriteString(" AND EXISTS (SELECT 1 FROM match_held k WHERE k.membership_id = m.membership_id AND k.skill_id = ANY(CAST(@holds AS text[])))")
	}
	if r.MinDays > 0 {
		args["days"] = r.MinDays
		sql.WriteString(" AND m.days >= @days")
	}
	if r.LeftAfter != nil {
		args["after"] = r.LeftAfter.String()
		sql.WriteString(" AND m.left_on > @after")
	}
	return sql.String()
}

// beyond is whom from outside a task reaches.
func beyond(q matching.Question, args pgx.NamedArgs) string {
	args["partners"], args["everyone"] = q.Beyond.Partners, q.Beyond.Everyone
	sql := ` AND (m.guest_at = @company OR m.guest_at IS NULL AND NOT @company = ANY(m.barred))
	AND (m.everyone AND @everyone OR m.came_from && CAST(@partners AS uuid[]))`
	if q.MaxRate != nil {
		args["currency"] = q.Currency
		sql += " AND m.currency = @currency"
	}
	return sql
}
