package market

import (
	"time"

	"gorm.io/gorm"
)

// Whom a task reaches, as SQL over tasks and the person @person at the moment @now. It is the only place that says so:
// lists and single reads, counts of them, invitations and bids ask it, and matching's filters say the same about
// documents; a generated test holds the two together.

// today is the company's day at @now; it stands where a company is called c.
const today = `(CAST(@now AS timestamptz) AT TIME ZONE c.time_zone)::date`

// barred is true while the person and the company c are kept apart.
const barred = `EXISTS (SELECT 1 FROM bars x WHERE x.company_id = c.id AND x.person_id = @person AND x.lifted_at IS NULL
	AND x.from_on <= ` + today + ` AND coalesce(x.until_on >= ` + today + `, true))`

// left is true of a membership called m all of whose stints have ended, by the day of the company c.
const left = `EXISTS (SELECT 1 FROM stints s WHERE s.membership_id = m.id)
	AND NOT EXISTS (SELECT 1 FROM stints s WHERE s.membership_id = m.id AND coalesce(s.left_on >= ` + today + `, true))`

// within is the rule inside the company: m is the person's membership there.
const within = `CASE tasks.visibility->>'kind'
	WHEN 'named' THEN jsonb_exists(tasks.visibility->'membership_ids', m.id::text)
	WHEN 'rule' THEN ` + byRule + `
	ELSE tasks.visibility->>'kind' IN ('own_alumni', 'partners', 'open') END`

// byRule holds a membership against every condition that the rule has. The last day of a stint counts as one, so that
// April to March is a year.
const byRule = `coalesce((SELECT bool_or(jsonb_exists(tasks.visibility->'departments', s.department_id::text)) FROM stints s
		WHERE s.membership_id = m.id) OR tasks.visibility->'departments' IS NULL, false)
	AND (tasks.visibility->'skills' IS NULL OR EXISTS (SELECT 1 FROM person_skills h LEFT JOIN skill_links l ON l.narrower_id = h.skill_id
		WHERE h.person_id = @person AND (jsonb_exists(tasks.visibility->'skills', h.skill_id) OR jsonb_exists(tasks.visibility->'skills', l.broader_id))))
	AND (tasks.visibility->'min_years' IS NULL OR (tasks.visibility->>'min_years')::int * 365 <= 1 + (SELECT coalesce(sum(upper(r) - lower(r)), 0)
		FROM (SELECT unnest(range_agg(daterange(s.joined_on, s.left_on))) AS r FROM stints s WHERE s.membership_id = m.id) AS employed))
	AND (tasks.visibility->'left_within_years' IS NULL OR EXISTS (SELECT 1 FROM stints s WHERE s.membership_id = m.id
		AND s.left_on > ` + today + ` - make_interval(years => (tasks.visibility->>'left_within_years')::int)))`

// beyond is the rule outside the company: who has no part in it, left another, and agreed to be shown.
const beyond = `tasks.visibility->>'kind' IN ('partners', 'open')
	AND NOT EXISTS (SELECT 1 FROM memberships o WHERE o.person_id = @person AND o.company_id = c.id AND NOT o.outside)
	AND NOT EXISTS (SELECT 1 FROM role_grants o WHERE o.person_id = @person AND o.company_id = c.id AND o.accepted_at IS NOT NULL)
	AND EXISTS (SELECT 1 FROM memberships m JOIN people p ON p.id = m.person_id WHERE m.person_id = @person AND ` + left + `
		AND (p.shown_to = 'everyone' AND tasks.visibility->>'kind' = 'open' OR p.shown_to <> 'nobody' AND ` + partner + `
			AND (tasks.visibility->'companies' IS NULL OR jsonb_exists(tasks.visibility->'companies', m.company_id::text))))`

// partner is true where the companies c and m.company_id have agreed.
const partner = `EXISTS (SELECT 1 FROM partnerships w WHERE w.state = 'agreed' AND (w.asker_id = c.id AND w.other_id = m.company_id
	OR w.other_id = c.id AND w.asker_id = m.company_id))`

// reaches is the whole of it for one person.
const reaches = `tasks.state = 'published' AND EXISTS (SELECT 1 FROM companies c WHERE c.id = tasks.company_id AND NOT ` + barred + ` AND (
	EXISTS (SELECT 1 FROM memberships m WHERE m.person_id = @person AND m.company_id = c.id AND ` + left + ` AND ` + within + `)
	OR ` + beyond + `))`

// asked is true where the person was invited and nothing keeps the two apart.
const asked = `EXISTS (SELECT 1 FROM invitations i JOIN memberships m ON m.id = i.membership_id JOIN companies c ON c.id = i.company_id
	WHERE i.task_id = tasks.id AND m.person_id = @person AND NOT ` + barred + `)`

// ReachedTasks narrows a query over tasks to those that are offered to the actor at a moment: the published ones that
// reach them, and those they were invited to.
func (a Actor) ReachedTasks(q *gorm.DB, now time.Time) *gorm.DB {
	return q.Where("("+reaches+" OR tasks.state <> 'draft' AND "+asked+")", map[string]any{"person": a.Self(), "now": now})
}

// VisibleTasks narrows a query over tasks to what the actor may see at a moment: all of a company's for those who may,
// and for alumni the published ones that reach them, those they were invited to, and those they have bid on.
func (a Actor) VisibleTasks(q *gorm.DB, now time.Time) *gorm.DB {
	return q.Where("(tasks.company_id IN @companies OR tasks.state <> 'draft' AND ("+bidOn+" OR "+asked+") OR "+reaches+")",
		map[string]any{"companies": orNone(a.Companies(SeeTasks)), "mine": orNone(a.Memberships()), "person": a.Self(), "now": now})
}

const bidOn = "EXISTS (SELECT 1 FROM bids b WHERE b.task_id = tasks.id AND b.membership_id IN @mine)"
