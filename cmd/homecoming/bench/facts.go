package bench

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"homecoming/internal/db"
)

// fillFacts writes a company with so many former members into the market's own tables, drawn by the database from the
// seed: a few skills each, one or two stints, some ratings. It returns the company.
func fillFacts(ctx context.Context, d *db.DB, members int, seed uint64) (company uuid.UUID, err error) {
	company = uuid.New()
	conn, err := d.Pool().Acquire(ctx)
	if err != nil {
		return company, err
	}
	defer conn.Release()
	seeded := float64(seed%1000) / 1000
	for _, sql := range []string{
		fmt.Sprintf("SELECT setseed(%f)", seeded),
		"SET session_replication_role = replica", // reviews hang in the air: their contracts are another room's
		fmt.Sprintf("INSERT INTO companies (id, name) VALUES ('%s', 'Measured')", company),
		fmt.Sprintf("INSERT INTO departments (id, company_id, name) SELECT gen_random_uuid(), '%s', 'department ' || n FROM generate_series(1, 12) n", company),
		"INSERT INTO skills (id, name_en, name_ja) SELECT 'skill' || n, 'skill ' || n, 'skill ' || n FROM generate_series(1, 300) n",
		fmt.Sprintf(`INSERT INTO people (id, family_name, hourly_rate, available_from)
			SELECT gen_random_uuid(), 'N' || n, CASE WHEN random() < 0.7 THEN 3000 + 500 * floor(random() * 16) END,
				CASE WHEN random() < 0.3 THEN current_date + (random() * 180)::int - 60 END FROM generate_series(1, %d) n`, members),
		fmt.Sprintf("INSERT INTO memberships (id, company_id, person_id) SELECT gen_random_uuid(), '%s', id FROM people", company),
		fmt.Sprintf(`INSERT INTO stints (id, company_id, membership_id, department_id, joined_on, left_on)
			SELECT gen_random_uuid(), company_id, m.id, (SELECT d.id FROM departments d WHERE d.company_id = m.company_id ORDER BY name OFFSET (abs(hashtext(m.id::text || k)) %% 12) LIMIT 1),
				current_date - 4000 * k - (random() * 3500)::int, current_date - 4000 * (k - 1) - 1 - (random() * 400)::int
			FROM memberships m CROSS JOIN generate_series(1, 2) k WHERE m.company_id = '%s' AND (k = 1 OR random() < 0.3)`, company),
		fmt.Sprintf(`INSERT INTO person_skills (person_id, skill_id, evidence, company_id, level)
			SELECT DISTINCT ON (p.id, s) p.id, 'skill' || s, 'attested', '%s'::uuid, 1 + floor(random() * 3)
			FROM people p CROSS JOIN LATERAL (SELECT 1 + floor(300 * power(random(), 1.6))::int AS s FROM generate_series(1, 3 + (abs(hashtext(p.id::text)) %% 6)) g WHERE p.id IS NOT NULL) drawn`, company),
		fmt.Sprintf(`INSERT INTO reviews (id, company_id, contract_id, person_id, by_side, rating)
			SELECT gen_random_uuid(), '%s', gen_random_uuid(), id, 'company', 3 + floor(random() * 3) FROM people WHERE random() < 0.25`, company),
		"RESET session_replication_role",
		"ANALYZE",
	} {
		if _, err := conn.Exec(ctx, sql); err != nil {
			return company, fmt.Errorf("%.80s: %w", sql, err)
		}
	}
	return company, nil
}
