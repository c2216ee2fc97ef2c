package billing

import (
	"context"

	"homecoming/market"
)

// Spend tells on what a company committed money within some months, as [Figures].Committed counts it: by department and by skill, with
// how many people it went to. Its numbers are the people and the money, in minor units of the company's currency. What a task costs is
// divided evenly among its skills, so that the skills sum to the same as the departments; what does not divide goes to the first ones.
func (s *Service) Spend(ctx context.Context, who market.Actor, c market.Company, m market.Months) ([]market.Tally, error) {
	return market.CountIn(s.db.Gorm(ctx), who, market.SeeMoney, c, spendQuery, m.Args(c, s.clock.Now()))
}

// PaidInTime tells how many fees were to be paid by a day within some months, and how many of these left by then, as the close of a
// month counts them; fees that are not due yet and not paid are in neither. It holds no amounts.
func (s *Service) PaidInTime(ctx context.Context, who market.Actor, c market.Company, m market.Months) ([]market.Tally, error) {
	return market.CountIn(s.db.Gorm(ctx), who, market.ManagePeople, c, paidInTimeQuery, m.Args(c, s.clock.Now()))
}

const spendQuery = `WITH m AS (SELECT m.id, m.amount + m.tax - m.withheld + m.platform_fee + m.platform_tax AS charge, c.person_id, c.task_id,
			t.department_id, CASE WHEN c.created_at < @begin THEN 'before' ELSE 'total' END AS whole
		FROM contracts c JOIN milestones m ON m.contract_id = c.id JOIN tasks t ON t.id = c.task_id
		WHERE c.company_id = @company AND c.created_at >= @start AND c.created_at < @end AND m.state <> 'canceled'),
	parts AS (SELECT m.person_id, k.skill_id, m.charge / count(*) OVER w + CASE WHEN row_number() OVER (w ORDER BY k.position, k.skill_id) <= m.charge % count(*) OVER w THEN 1 ELSE 0 END AS charge
		FROM m LEFT JOIN task_skills k ON k.task_id = m.task_id WHERE m.whole = 'total' WINDOW w AS (PARTITION BY m.id))
	SELECT whole AS by, '' AS key, '' AS name, '' AS name_en, ARRAY[count(DISTINCT person_id), sum(charge)::bigint] AS n FROM m GROUP BY whole
	UNION ALL SELECT * FROM (SELECT 'department', coalesce(d.id::text, ''), coalesce(d.name, ''), coalesce(d.name_en, ''), ARRAY[count(DISTINCT m.person_id), sum(m.charge)::bigint]
		FROM m LEFT JOIN departments d ON d.id = m.department_id WHERE m.whole = 'total' GROUP BY d.id ORDER BY sum(m.charge) DESC, d.name LIMIT 500) d
	UNION ALL SELECT * FROM (SELECT 'skill', coalesce(k.id, ''), coalesce(nullif(k.name_ja, ''), k.name_en, ''), coalesce(nullif(k.name_en, ''), k.name_ja, ''), ARRAY[count(DISTINCT p.person_id), sum(p.charge)::bigint]
		FROM parts p LEFT JOIN skills k ON k.id = p.skill_id GROUP BY k.id ORDER BY sum(p.charge) DESC, k.id LIMIT 500) k`

const paidInTimeQuery = `WITH due AS (SELECT to_char(pay_by, 'YYYY-MM') AS month, CASE WHEN pay_by < CAST(@first AS date) THEN 'before' ELSE 'total' END AS whole,
			coalesce((released_at AT TIME ZONE @zone)::date <= pay_by, false) AS in_time
		FROM milestones WHERE company_id = @company AND pay_by >= CAST(@before AS date) AND pay_by < CAST(@next AS date) AND state NOT IN ('refunding', 'refunded', 'canceled', 'charged_back')
			AND (released_at IS NOT NULL OR pay_by < (CAST(@now AS timestamptz) AT TIME ZONE @zone)::date))
	SELECT CASE WHEN month IS NULL THEN whole ELSE 'month' END AS by, coalesce(month, '') AS key, '' AS name, '' AS name_en, ARRAY[count(*), count(*) FILTER (WHERE in_time)] AS n
	FROM due GROUP BY GROUPING SETS ((whole, month), (whole)) HAVING whole = 'total' OR month IS NULL ORDER BY 1, 2`
