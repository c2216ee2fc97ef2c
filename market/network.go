package market

import (
	"context"

	"github.com/google/uuid"
	"github.com/lib/pq"
	"gorm.io/gorm"
)

// A Figure is something that a company's alumni office asks of its network as a whole.
type Figure string

// The figures. What each counts, in this order:
const (
	FigureReach     Figure = "reach"     // alumni in the registry at the end; with an account; who take letters; whom their peers find
	FigureActivity  Figure = "activity"  // alumni who did something; for the first time; who bid; worked; came to an event; answered or wrote
	FigureMatching  Figure = "matching"  // tasks posted; with a contract; still open; tenths of days to the first fitting bid, median and 90th percentile; the same to the contract
	FigureRepeats   Figure = "repeats"   // contracts; of these, with somebody who had one here before
	FigureReferrals Figure = "referrals" // customers introduced; who said yes; won; revenue; fees: as in [ReferralFunnel], of introductions within the months
	FigureStages    Figure = "stages"    // of the same, how many came to a stage or further
	FigureReturns   Figure = "returns"   // returns that began; came to a talk; an interview; an offer; back
	FigureEvents    Figure = "events"    // events; people invited; who said yes; who came; of these who bid, posted, referred or agreed within 60 days; and each of the four
)

// A Tally is what was counted of one group, in the order of its figure.
type Tally struct {
	By     string        // by what the group is told from others: month, year, department, programme, stage; AllOfThem or AllBefore for all
	Key    string        // 2026-11, 2026, an id; empty for what belongs to none
	Name   string        // where it has one
	NameEN string        `gorm:"column:name_en"`
	N      pq.Int64Array `gorm:"type:bigint[]"` // NoFigure where there is none
}

// What a tally is by where it is of everything within the months, and of everything in as many months before.
const (
	AllOfThem = "total"
	AllBefore = "before"
)

// NoFigure stands for a number that there is not, as the median of nothing.
const NoFigure = -1

// figures are who may ask for each, and how it is counted. The numbers are exact: whoever shows them hides small groups, as package
// insight does. No query names a person, and each begins at its company.
var figures = map[Figure]struct {
	needs Action
	query string
}{
	FigureReach:     {ManagePeople, reachQuery},
	FigureActivity:  {ManagePeople, activityQuery},
	FigureMatching:  {ManagePeople, matchingQuery},
	FigureRepeats:   {ManagePeople, repeatsQuery},
	FigureReferrals: {RunReferrals, referralsQuery},
	FigureStages:    {RunReferrals, stagesQuery},
	FigureReturns:   {SeeReturns, returnsQuery},
	FigureEvents:    {RunEvents, eventsQuery},
}

// Needs is what somebody has to be allowed for a figure.
func (f Figure) Needs() Action { return figures[f].needs }

// ReportMonths reads a company for whoever may see its alumni as a whole, and which months are meant; see [MonthsOf].
func (s *Service) ReportMonths(ctx context.Context, who Actor, company uuid.UUID, from, to string) (Company, Months, error) {
	if err := who.May(ManagePeople, company); err != nil {
		return Company{}, Months{}, err
	}
	c, err := CompanyByID(s.db.Gorm(ctx), company)
	if err != nil {
		return c, Months{}, err
	}
	m, err := MonthsOf(from, to, c.Today(s.clock.Now()))
	return c, m, err
}

// Tallies counts a figure of a company over some months, for whoever may see its parts one by one.
func (s *Service) Tallies(ctx context.Context, who Actor, c Company, of Figure, m Months) ([]Tally, error) {
	f := figures[of]
	return CountIn(s.db.Gorm(ctx), who, f.needs, c, f.query, m.Args(c, s.clock.Now()))
}

// CountIn asks a query of a company's tallies for whoever may do what it needs there. Each room counts its own by it.
func CountIn(g *gorm.DB, who Actor, needs Action, c Company, query string, args map[string]any) ([]Tally, error) {
	if err := who.May(needs, c.ID); err != nil {
		return nil, err
	}
	var list []Tally
	return list, g.Raw(query, args).Scan(&list).Error
}

const (
	// inMonth and inWhole say of a row with the moment at which month it is of, and whether it is of the months or of those before.
	inMonth = "to_char(at AT TIME ZONE @zone, 'YYYY-MM') AS month"
	inWhole = "CASE WHEN at < @begin THEN 'before' ELSE 'total' END AS whole"

	// byMonth groups them by both, and leaves out single months before.
	byMonth      = "GROUP BY GROUPING SETS ((whole, month), (whole)) HAVING whole = 'total' OR month IS NULL ORDER BY 1, 2"
	monthOrWhole = "CASE WHEN month IS NULL THEN whole ELSE 'month' END AS by, coalesce(month, '') AS key"
)

// alumniThen are the memberships all of whose stints had ended by a day, with the last day and the midnight
// that ended it.
const alumniThen = `SELECT m.person_id, max(s.left_on) AS left_on, (max(s.left_on) + 1)::timestamp AT TIME ZONE @zone AS left_at, min(m.joined_at) AS joined_at, ends.whole, ends.moment
	FROM ends JOIN memberships m ON m.company_id = @company AND NOT m.outside AND m.created_at < ends.moment
	JOIN stints s ON s.membership_id = m.id AND s.joined_on < ends.day
	GROUP BY m.id, ends.whole, ends.moment, ends.day HAVING bool_and(coalesce(s.left_on < ends.day, false))`

// reachQuery looks at the registry twice: at the end of the months, and when they began. Consent is what was said last by then.
const reachQuery = `WITH ends AS (
		SELECT 'total' AS whole, CAST(@end AS timestamptz) AS moment, CAST(@today AS date) AS day
		UNION ALL SELECT 'before', @begin, CAST(@first AS date)),
	alumni AS (` + alumniThen + `),
	said AS (SELECT DISTINCT ON (ends.whole, x.purpose, x.person_id) ends.whole, x.purpose, x.person_id, x.choice = 'given' AS yes
		FROM ends JOIN consents x ON x.company_id = @company AND x.purpose IN ('news', 'directory') AND x.given_at < ends.moment
		ORDER BY ends.whole, x.purpose, x.person_id, x.id DESC),
	each AS (SELECT a.whole, a.joined_at < a.moment AS account, news.yes AS letters, peers.yes AS found,
			CASE WHEN a.left_on >= date_trunc('year', CAST(@today AS date)) - interval '9 years' THEN to_char(a.left_on, 'YYYY') ELSE '' END AS year
		FROM alumni a LEFT JOIN said news ON news.whole = a.whole AND news.person_id = a.person_id AND news.purpose = 'news'
		LEFT JOIN said peers ON peers.whole = a.whole AND peers.person_id = a.person_id AND peers.purpose = 'directory')
	SELECT CASE WHEN year IS NULL THEN whole ELSE 'year' END AS by, coalesce(year, '') AS key, '' AS name, '' AS name_en,
		ARRAY[count(*), count(*) FILTER (WHERE account), count(*) FILTER (WHERE letters), count(*) FILTER (WHERE found)] AS n
	FROM each GROUP BY GROUPING SETS ((whole, year), (whole)) HAVING whole = 'total' OR year IS NULL ORDER BY 1, 2`

// activityQuery reads what the log, the tickets and the news say of people after they left. Coming in alone is no act: sessions are
// forgotten after weeks, so that a year could not be told by them; the first time is one, and so is reading news.
const activityQuery = `WITH ends AS (SELECT 'total' AS whole, CAST(@end AS timestamptz) AS moment, CAST(@today AS date) AS day),
	alumni AS MATERIALIZED (` + alumniThen + `),
	edges AS MATERIALIZED (SELECT array_agg(edge ORDER BY edge) AS all FROM (SELECT d AT TIME ZONE @zone AS edge
		FROM generate_series(CAST(@start AS timestamptz) AT TIME ZONE @zone, CAST(@end AS timestamptz) AT TIME ZONE @zone, interval '1 month') d) e),
	acts AS (
		SELECT a.person_id, x.at, CASE split_part(x.action, '.', 1) WHEN 'bid' THEN 'bid' WHEN 'milestone' THEN 'work' WHEN 'week' THEN 'work' WHEN 'change' THEN 'work'
			WHEN 'contract' THEN 'work' ELSE 'word' END AS kind
		FROM alumni a JOIN audit x ON x.company_id = @company AND x.actor_id = a.person_id AND x.at >= a.left_at AND x.at < @end
		UNION ALL SELECT a.person_id, t.came_at, 'came' FROM event_tickets t JOIN rsvps r ON r.id = t.rsvp_id JOIN alumni a ON a.person_id = r.person_id
			WHERE t.company_id = @company AND t.position = 0 AND t.came_at >= a.left_at AND t.came_at < @end
		UNION ALL SELECT a.person_id, p.read_at, 'read' FROM post_reads p JOIN alumni a ON a.person_id = p.person_id
			WHERE p.company_id = @company AND p.read_at >= a.left_at AND p.read_at < @end
		UNION ALL SELECT person_id, joined_at, 'read' FROM alumni WHERE joined_at >= left_at AND joined_at < @end),
	monthly AS (SELECT person_id, width_bucket(at, (SELECT e.all FROM edges e)) AS bucket, bool_or(kind = 'bid') AS bid, bool_or(kind = 'work') AS worked, bool_or(kind = 'came') AS came, bool_or(kind = 'word') AS said
		FROM acts GROUP BY 1, 2),
	marked AS (SELECT *, min(bucket) OVER (PARTITION BY person_id) = bucket AS first FROM monthly),
	dated AS (SELECT m.*, to_char(e.all[bucket] AT TIME ZONE @zone, 'YYYY-MM') AS month, CASE WHEN e.all[bucket] < @begin THEN 'before' ELSE 'total' END AS whole FROM marked m, edges e WHERE bucket > 0),
	each AS (SELECT whole, month, person_id, bool_or(first) AS first, bool_or(bid) AS bid, bool_or(worked) AS worked, bool_or(came) AS came, bool_or(said) AS said
		FROM dated GROUP BY GROUPING SETS ((person_id, whole, month), (person_id, whole)))
	SELECT ` + monthOrWhole + `, '' AS name, '' AS name_en, ARRAY[count(*), count(*) FILTER (WHERE first), count(*) FILTER (WHERE bid), count(*) FILTER (WHERE worked),
		count(*) FILTER (WHERE came), count(*) FILTER (WHERE said)] AS n
	FROM each WHERE whole = 'total' OR month IS NULL GROUP BY whole, month ORDER BY 1, 2`

// matchingQuery follows the tasks that were posted within the months to today. A fitting bid is one that was neither put aside by the
// company nor withdrawn. Tasks that pay the fee of a referral were meant for somebody from the beginning, and are left out.
const matchingQuery = `WITH bid AS (SELECT task_id, min(created_at) AS at FROM bids WHERE company_id = @company AND NOT archived AND state <> 'withdrawn' GROUP BY 1),
	agreed AS (SELECT task_id, min(created_at) AS at FROM contracts WHERE company_id = @company GROUP BY 1),
	posted AS (SELECT t.published_at AS at, t.state, t.department_id, b.at AS bid_at, k.at AS agreed_at
		FROM tasks t LEFT JOIN bid b ON b.task_id = t.id LEFT JOIN agreed k ON k.task_id = t.id
		WHERE t.company_id = @company AND t.published_at >= @start AND t.published_at < @end AND t.fee_id IS NULL),
	told AS (SELECT state, agreed_at IS NOT NULL AS agreed, CASE WHEN bid_at IS NOT NULL THEN extract(epoch FROM greatest(bid_at, at) - at) / 8640 END AS to_bid,
			CASE WHEN agreed_at IS NOT NULL THEN extract(epoch FROM greatest(agreed_at, at) - at) / 8640 END AS to_contract,
			coalesce(department_id::text, '') AS department, ` + inMonth + `, ` + inWhole + ` FROM posted),
	summed AS (SELECT CASE WHEN month IS NOT NULL THEN 'month' WHEN department IS NOT NULL THEN 'department' ELSE whole END AS by, coalesce(month, department, '') AS key,
			ARRAY[count(*), count(*) FILTER (WHERE agreed), count(*) FILTER (WHERE state = 'published' AND NOT agreed),
				coalesce(round(percentile_cont(0.5) WITHIN GROUP (ORDER BY to_bid))::bigint, -1), coalesce(round(percentile_cont(0.9) WITHIN GROUP (ORDER BY to_bid))::bigint, -1),
				coalesce(round(percentile_cont(0.5) WITHIN GROUP (ORDER BY to_contract))::bigint, -1), coalesce(round(percentile_cont(0.9) WITHIN GROUP (ORDER BY to_contract))::bigint, -1)] AS n
		FROM told GROUP BY GROUPING SETS ((whole, month), (whole, department), (whole)) HAVING whole = 'total' OR month IS NULL AND department IS NULL)
	SELECT s.by, s.key, coalesce(d.name, '') AS name, coalesce(d.name_en, '') AS name_en, s.n
	FROM summed s LEFT JOIN departments d ON d.company_id = @company AND d.id::text = s.key ORDER BY s.by, d.name, s.key LIMIT 500`

// repeatsQuery counts from all contracts that a company ever gave, so that the first one stays the first.
const repeatsQuery = `WITH given AS (SELECT k.created_at AS at, row_number() OVER (PARTITION BY k.person_id ORDER BY k.created_at, k.id) > 1 AS again
		FROM contracts k JOIN tasks t ON t.id = k.task_id WHERE k.company_id = @company AND k.created_at < @end AND t.fee_id IS NULL),
	told AS (SELECT again, ` + inMonth + `, ` + inWhole + ` FROM given WHERE at >= @start)
	SELECT ` + monthOrWhole + `, '' AS name, '' AS name_en, ARRAY[count(*), count(*) FILTER (WHERE again)] AS n FROM told ` + byMonth

// referralsQuery counts as the report on referrals does, of those that were made within the months.
const referralsQuery = `WITH made AS (SELECT CASE WHEN r.created_at < @begin THEN 'before' ELSE 'total' END AS whole, r.programme_id, ` + referralCounts + `
		FROM referrals r ` + referralEarned + ` WHERE r.company_id = @company AND r.created_at >= @start AND r.created_at < @end
		GROUP BY GROUPING SETS ((1, r.programme_id), (1)))
	SELECT CASE WHEN m.programme_id IS NULL THEN m.whole ELSE 'programme' END AS by, coalesce(m.programme_id::text, '') AS key, coalesce(p.name, '') AS name, coalesce(p.name_en, '') AS name_en,
		ARRAY[introduced, agreed, won, revenue, fees]::bigint[] AS n
	FROM made m LEFT JOIN referral_programmes p ON p.id = m.programme_id WHERE m.whole = 'total' OR m.programme_id IS NULL ORDER BY 1, p.created_at, 2 LIMIT 500`

const stagesQuery = `SELECT 'stage' AS by, s.id::text AS key, p.name || ' · ' || s.name AS name, coalesce(nullif(p.name_en, ''), p.name) || ' · ' || coalesce(nullif(s.name_en, ''), s.name) AS name_en,
		ARRAY[s.reached] AS n
	FROM (` + stagesReached + ` AND r.created_at >= @begin AND r.created_at < @end` + stagesInOrder + `) s JOIN referral_programmes p ON p.id = s.programme_id
	ORDER BY p.created_at, s.programme_id, s.position LIMIT 500`

// returnsQuery counts how far returns came, each step in the month in which it was first taken.
const returnsQuery = `WITH steps AS (SELECT opened_at AS at, 'interest' AS stage FROM return_cases WHERE company_id = @company
		UNION ALL SELECT min(n.noted_at), n.stage FROM return_cases k JOIN return_notes n ON n.case_id = k.id
			WHERE k.company_id = @company AND n.stage IN ('talking', 'interview', 'offer', 'returned') GROUP BY k.id, n.stage),
	told AS (SELECT stage, ` + inMonth + `, ` + inWhole + ` FROM steps WHERE at >= @start AND at < @end)
	SELECT ` + monthOrWhole + `, '' AS name, '' AS name_en, ARRAY[count(*) FILTER (WHERE stage = 'interest'), count(*) FILTER (WHERE stage = 'talking'),
		count(*) FILTER (WHERE stage = 'interview'), count(*) FILTER (WHERE stage = 'offer'), count(*) FILTER (WHERE stage = 'returned')] AS n FROM told ` + byMonth

// eventsQuery follows people from the letter to what they did in the sixty days after an event had begun. Somebody at two events is
// counted at both.
const eventsQuery = `WITH held AS (SELECT id, starts_at AS at FROM events WHERE company_id = @company AND state IN ('published', 'over') AND starts_at >= @start AND starts_at < @end),
	asked AS (
		SELECT i.event_id, i.person_id, 1 AS step FROM event_invitations i JOIN held h ON h.id = i.event_id WHERE i.company_id = @company
		UNION ALL SELECT r.event_id, r.person_id, CASE WHEN t.came_at IS NULL THEN 2 ELSE 3 END FROM rsvps r JOIN held h ON h.id = r.event_id
			LEFT JOIN event_tickets t ON t.rsvp_id = r.id AND t.position = 0 WHERE r.company_id = @company AND (r.state IN ('coming', 'waiting') OR t.came_at IS NOT NULL)),
	people AS (SELECT h.at, a.event_id, a.person_id, bool_or(step = 1) AS invited, bool_or(step > 1) AS yes, bool_or(step = 3) AS came FROM held h JOIN asked a ON a.event_id = h.id GROUP BY 1, 2, 3),
	did AS (
		SELECT person_id, created_at, 'bid' AS kind FROM bids WHERE company_id = @company AND created_at >= @start
		UNION ALL SELECT person_id, created_at, 'contract' FROM contracts WHERE company_id = @company AND created_at >= @start
		UNION ALL SELECT person_id, created_at, 'referral' FROM referrals WHERE company_id = @company AND created_at >= @start
		UNION ALL SELECT created_by, created_at, 'task' FROM tasks WHERE company_id = @company AND created_at >= @start AND fee_id IS NULL),
	led AS (SELECT p.event_id, p.person_id, bool_or(kind = 'bid') AS bid, bool_or(kind = 'task') AS task, bool_or(kind = 'referral') AS referral, bool_or(kind = 'contract') AS contract
		FROM people p JOIN did d ON d.person_id = p.person_id AND d.created_at >= p.at AND d.created_at < p.at + interval '60 days' WHERE p.came GROUP BY 1, 2),
	told AS (SELECT p.event_id, p.invited, p.yes, p.came, led.event_id IS NOT NULL AS led, led.bid, led.task, led.referral, led.contract, ` + inMonth + `, ` + inWhole + `
		FROM people p LEFT JOIN led ON led.event_id = p.event_id AND led.person_id = p.person_id)
	SELECT ` + monthOrWhole + `, '' AS name, '' AS name_en, ARRAY[count(DISTINCT event_id), count(*) FILTER (WHERE invited), count(*) FILTER (WHERE yes), count(*) FILTER (WHERE came), count(*) FILTER (WHERE led),
		count(*) FILTER (WHERE bid), count(*) FILTER (WHERE task), count(*) FILTER (WHERE referral), count(*) FILTER (WHERE contract)] AS n FROM told ` + byMonth
