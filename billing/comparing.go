package billing

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"
	"github.com/lib/pq"
	"gorm.io/gorm"

	"homecoming/market"
)

// A comparison is one look at a company's books, from and until in the company's days, until excluded. All of it happens
// in one transaction and in SQL: what comes back is only what does not match.
type comparison struct {
	tx      *gorm.DB
	company market.Company
	run     uuid.UUID
	asOf    time.Time
	from    civil.Date
	until   civil.Date
}

// A levelTally is what one level came to: things compared in the days asked for.
type levelTally struct {
	Level    Level `json:"level"`
	Compared int   `json:"compared"`
	Open     int   `json:"open"` // exceptions that wait for somebody
}

// How far apart the two sides of one thing may lie: within the leeway they are one fact; within the reach they are still
// found in one pass, and beyond it by a second look.
const (
	leewayDays = 2
	reachDays  = 7
)

// args are what every level's query may name.
func (c comparison) args(more map[string]any) map[string]any {
	all := map[string]any{"company": c.company.ID, "run": c.run, "as_of": c.asOf, "zone": c.company.TimeZone, "currency": c.company.Currency,
		"from": c.from, "until": c.until, "start": c.from.In(c.company.Zone()), "end": c.until.In(c.company.Zone()),
		"leeway": leewayDays, "reach": reachDays, "net": pq.StringArray(netAccounts), "fees": pq.StringArray(feeAccounts), "moved": pq.StringArray(slices.Concat(netAccounts, feeAccounts)),
		"known": pq.StringArray(knownTypes()), "sent": pq.StringArray(sentTypes), "manual": manualKind, "shared": pq.StringArray(sharedKinds)}
	for k, v := range more {
		all[k] = v
	}
	return all
}

// A finding query gives rows of (subject, kind, source, type, ledger, other, ledger_fee, other_fee, currency, at, entry_id,
// milestone_id).

// waiting says of what an exception was found before: those are looked at again, whatever their day.
const waiting = ` FROM exceptions WHERE company_id = @company AND level = @level AND state <> 'explained'`

// suspects looks over the days, and a reach around them, in one pass over both sides put under each other. It counts the
// provider's objects that agree, and names the others. An object agrees at first sight where the provider has one
// transaction of it, and the books one posting to a net account and one at most to a fee's, of the same amounts and about
// the same time: the exclusive or of two equal amounts is nothing. All else, be it right in sum, is left to the second look.
const suspects = `WITH sides AS (
		SELECT CASE WHEN e.external_id = '' THEN 'entry:' || e.id ELSE e.external_id END AS source, p.currency, e.at, false AS theirs,
			CASE WHEN p.account = ANY(@net) THEN p.amount END AS net, CASE WHEN p.account = ANY(@fees) THEN p.amount END AS fee
		FROM ledger_entries e JOIN ledger_postings p ON p.entry_id = e.id
		WHERE e.company_id = @company AND NOT e.kind = ANY(@shared) AND e.posted_at <= @as_of
			AND e.booked_on >= CAST(@from AS date) - CAST(@reach AS int) AND e.booked_on < CAST(@until AS date) + CAST(@reach AS int)
			AND (p.account = ANY(@moved) OR p.account LIKE 'suspense:%' AND p.amount < 0)
		UNION ALL
		SELECT b.source, b.currency, b.created_at, true, b.net, b.fee FROM balance_transactions b WHERE b.company_id = @company
			AND b.created_at >= CAST(@start AS timestamptz) - @reach * interval '1 day' AND b.created_at < CAST(@end AS timestamptz) + @reach * interval '1 day'),
	objects AS (
		SELECT source, count(*) FILTER (WHERE theirs) = 1 AND count(net) = 2 AND count(*) = count(fee) + 1 AND count(*) <= 3 AND bit_xor(net) = 0 AND bit_xor(fee) = 0
			AND max(at) - min(at) <= @leeway * interval '1 day' AS agree
		FROM sides GROUP BY source, currency HAVING count(net) > 0 AND bool_or(at >= @start AND at < @end))
	SELECT count(*) FILTER (WHERE agree) AS agreeing, coalesce(array_agg(DISTINCT source) FILTER (WHERE NOT agree), '{}') AS names FROM objects`

// atProvider looks at some objects again, with all that either side ever had of them, and says what is wrong. It sums both
// sides by the provider's object. An entry on the provider's accounts that names none stands for itself, but for sweeps: one
// payout takes many companies' earnings, and is compared as a whole (see inSweeps).
const atProvider = `WITH l AS (
		SELECT CASE WHEN e.external_id = '' THEN 'entry:' || e.id ELSE e.external_id END AS source, min(p.currency) AS currency,
			sum(p.amount) FILTER (WHERE p.account = ANY(@net)) AS net, coalesce(sum(p.amount) FILTER (WHERE p.account = ANY(@fees)), 0) AS fee,
			min(e.at) AS at, max(e.posted_at) AS posted,
			count(*) FILTER (WHERE p.line = 1 AND e.kind <> @manual) AS entries, min(e.kind) FILTER (WHERE e.kind <> @manual) AS kind,
			bool_or(p.account LIKE 'suspense:%' AND p.amount < 0) AS unapplied
		FROM ledger_entries e JOIN ledger_postings p ON p.entry_id = e.id
		WHERE e.company_id = @company AND NOT e.kind = ANY(@shared)
			AND (e.external_id = ANY(@names) AND e.external_id <> '' OR e.external_id = '' AND e.id = ANY(CAST(@entries AS uuid[]))) GROUP BY 1 HAVING bool_or(p.account = ANY(@net))),
	s AS (
		SELECT b.source, min(b.currency) AS currency, sum(b.net) AS net, sum(b.fee) AS fee, min(b.created_at) AS at, count(*) AS transactions, min(b.type) AS type,
			(array_agg(b.milestone_id) FILTER (WHERE b.milestone_id IS NOT NULL))[1] AS milestone_id
		FROM balance_transactions b WHERE b.company_id = @company AND b.source = ANY(@names) GROUP BY 1),
	j AS (
		SELECT coalesce(l.source, s.source) AS source, CASE
			WHEN s.source IS NULL THEN 'missing_at_stripe'
			WHEN l.source IS NULL AND s.type = ANY(@sent) THEN 'orphan_transfer'
			WHEN l.source IS NULL AND NOT s.type = ANY(@known) THEN 'unknown_category'
			WHEN l.source IS NULL THEN 'missing_in_ledger'
			WHEN l.currency = s.currency AND l.net = s.net AND l.fee = s.fee THEN CASE
				WHEN l.unapplied AND (SELECT sum(p.amount) FROM ledger_postings p WHERE p.company_id = @company AND p.account LIKE 'suspense:%'
					AND p.milestone_id IS NOT DISTINCT FROM e.milestone_id) <> 0 THEN 'unapplied_cash'
				WHEN abs(extract(epoch FROM l.at - s.at)) > @leeway * 86400 THEN 'timing' END
			WHEN s.transactions > 1 OR l.entries > 1 THEN 'duplicate'
			WHEN l.currency <> s.currency THEN 'currency'
			WHEN l.net + l.fee <> s.net + s.fee THEN 'amount'
			ELSE 'fee' END AS kind,
			coalesce(s.type, l.kind, '') AS type, coalesce(l.net, 0) AS ledger, coalesce(s.net, 0) AS other, coalesce(l.fee, 0) AS ledger_fee, coalesce(s.fee, 0) AS other_fee,
			coalesce(s.currency, l.currency) AS currency, coalesce(s.at, l.at) AS at, e.id AS entry_id, coalesce(e.milestone_id, s.milestone_id) AS milestone_id
		FROM l FULL JOIN s ON s.source = l.source
		LEFT JOIN LATERAL (SELECT id, milestone_id FROM ledger_entries WHERE company_id = @company AND kind <> @manual AND external_id = l.source AND external_id <> ''
			UNION ALL SELECT id, milestone_id FROM ledger_entries WHERE id = CASE WHEN l.source LIKE 'entry:%' THEN substr(l.source, 7)::uuid END LIMIT 1) e ON true
		WHERE NOT (s.source IS NULL AND l.posted > @as_of)) -- booked after the copy was made: the next run compares it
	SELECT source AS subject, kind, source, type, ledger, other, ledger_fee, other_fee, currency, at, entry_id, milestone_id FROM j WHERE kind IS NOT NULL`

// stripe compares entries and balance transactions object by object.
func (c comparison) stripe() (levelTally, error) {
	var seen struct {
		Agreeing int
		Names    pq.StringArray `gorm:"type:text[]"`
	}
	if err := c.tx.Raw(suspects, c.args(nil)).Scan(&seen).Error; err != nil {
		return levelTally{}, err
	}
	var before []string
	if err := c.tx.Raw("SELECT source"+waiting, c.args(map[string]any{"level": StripeLevel})).Scan(&before).Error; err != nil {
		return levelTally{}, err
	}
	names := slices.Concat(seen.Names, before)
	entries := pq.StringArray{}
	for _, n := range names {
		if id, own := strings.CutPrefix(n, "entry:"); own {
			entries = append(entries, id)
		}
	}
	open, err := c.keep(StripeLevel, atProvider, map[string]any{"names": names, "entries": entries})
	return levelTally{StripeLevel, seen.Agreeing + len(seen.Names), open}, err
}

// contracts compares what milestones say of themselves with their entries.
func (c comparison) contracts() (levelTally, error) {
	const looked = `WITH looked AS (SELECT id FROM milestones WHERE company_id = @company AND (updated_at >= @start AND updated_at < @end
		OR id IN (SELECT milestone_id FROM ledger_entries WHERE company_id = @company AND booked_on >= @from AND booked_on < @until)
		OR id IN (SELECT milestone_id` + waiting + `)))`
	var parts []string
	for _, r := range milestoneRules {
		parts = append(parts, fmt.Sprintf(`SELECT 'milestone:' || m.id || ':%[1]s' AS subject, CASE WHEN %[3]s = 0 THEN 'missing_in_ledger' ELSE 'amount' END AS kind,
			'milestone:' || m.id AS source, '%[1]s' AS type, %[3]s AS ledger, %[2]s AS other, 0 AS ledger_fee, 0 AS other_fee, m.currency, m.updated_at AS at,
			NULL::uuid AS entry_id, m.id AS milestone_id FROM m WHERE %[2]s <> %[3]s`, r.step, r.expected, r.posted))
	}
	t := levelTally{Level: ContractLevel}
	err := c.tx.Raw(looked+" SELECT count(*) FROM looked", c.args(map[string]any{"level": ContractLevel})).Scan(&t.Compared).Error
	if err != nil {
		return t, err
	}
	t.Open, err = c.keep(ContractLevel, looked+", "+summedOfLooked+strings.Join(parts, " UNION ALL "), nil)
	return t, err
}

// ofPayouts are the payouts that carry the company's money.
const ofPayouts = `WITH po AS (SELECT p.* FROM payouts p WHERE p.id IN (SELECT payout_id FROM payout_lines WHERE company_id = @company)
		AND (p.created_at >= @start AND p.created_at < @end OR p.updated_at >= @start AND p.updated_at < @end OR p.id IN (SELECT source` + waiting + `))),
	lines AS (SELECT l.*, po.state, po.currency, po.created_at FROM payout_lines l JOIN po ON po.id = l.payout_id WHERE l.company_id = @company)`

// inPayouts compares each payout with what it is made of, each line with the mirror of the connected account, and says
// which money came back from a bank. A payout that does not add up shows a company by how much, and nothing of others.
const inPayouts = ofPayouts + `, odd AS (
		SELECT po.id AS subject, 'amount' AS kind, po.id AS source, 'payout' AS type, made.amount - po.amount AS ledger, 0 AS other, po.currency, po.created_at AS at,
			NULL::uuid AS entry_id, NULL::uuid AS milestone_id
		FROM po, LATERAL (SELECT sum(amount) AS amount FROM payout_lines WHERE payout_id = po.id) made WHERE po.automatic AND made.amount <> po.amount
		UNION ALL
		SELECT l.payout_id || ':' || l.milestone_id, CASE WHEN e.id IS NULL THEN 'missing_in_ledger' ELSE 'amount' END, l.payout_id, 'payout', coalesce(e.amount, 0), l.amount,
			l.currency, l.created_at, e.id, l.milestone_id
		FROM lines l LEFT JOIN LATERAL (SELECT e.id, -sum(p.amount) AS amount FROM ledger_entries e JOIN ledger_postings p ON p.entry_id = e.id
			WHERE e.source = 'payout:' || l.payout_id || ':' || l.milestone_id AND p.account LIKE 'connected:%' GROUP BY e.id) e ON true
		WHERE l.state IN ('paid', 'failed', 'canceled') AND e.amount IS DISTINCT FROM l.amount
		UNION ALL
		SELECT l.payout_id || ':' || l.milestone_id || ':returned', 'returned_payout', l.payout_id, 'payout', l.amount, 0, l.currency, l.created_at, NULL, l.milestone_id
		FROM lines l JOIN milestones m ON m.id = l.milestone_id
		WHERE l.state IN ('failed', 'canceled') AND m.state = 'payout_failed' AND NOT EXISTS (SELECT 1 FROM payout_lines n JOIN payouts p ON p.id = n.payout_id
			WHERE n.milestone_id = l.milestone_id AND p.created_at > l.created_at)
		UNION ALL
		SELECT e.source, 'missing_at_stripe', split_part(e.source, ':', 2), 'payout', -p.amount, 0, p.currency, e.at, e.id, e.milestone_id
		FROM ledger_entries e JOIN ledger_postings p ON p.entry_id = e.id AND p.account LIKE 'connected:%'
		WHERE e.company_id = @company AND e.kind = 'payout' AND (e.booked_on >= @from AND e.booked_on < @until OR e.source IN (SELECT subject` + waiting + `))
			AND NOT EXISTS (SELECT 1 FROM payout_lines l WHERE l.payout_id = split_part(e.source, ':', 2) AND l.milestone_id = e.milestone_id)
		UNION ALL
		SELECT p.account, 'negative_account', p.account, 'account', sum(p.amount), 0, p.currency, max(p.at), NULL, NULL
		FROM ledger_postings p WHERE p.company_id = @company AND p.account LIKE 'connected:%' GROUP BY p.account, p.currency HAVING sum(p.amount) < 0)
	SELECT subject, kind, source, type, ledger, other, 0 AS ledger_fee, 0 AS other_fee, currency, at, entry_id, milestone_id FROM odd`

func (c comparison) payouts() (levelTally, error) {
	t := levelTally{Level: PayoutLevel}
	err := c.tx.Raw(ofPayouts+" SELECT count(*) FROM lines", c.args(map[string]any{"level": PayoutLevel})).Scan(&t.Compared).Error
	if err != nil {
		return t, err
	}
	t.Open, err = c.keep(PayoutLevel, inPayouts, nil)
	return t, err
}

// ofBanks are the lines of the company's bank statements.
const ofBanks = `WITH lines AS (SELECT l.* FROM bank_lines l WHERE l.company_id = @company AND (l.booked_on >= @from AND l.booked_on < @until
		OR 'bank_line:' || l.id IN (SELECT subject` + waiting + `)))`

// atBank says which lines nothing explains yet.
const atBank = ofBanks + `SELECT 'bank_line:' || l.id AS subject, 'unmatched_bank_line' AS kind, 'bank_line:' || l.id AS source, 'bank_line' AS type, 0 AS ledger, l.amount AS other,
		0 AS ledger_fee, 0 AS other_fee, l.currency, l.booked_on::timestamp AT TIME ZONE @zone AS at, NULL::uuid AS entry_id, NULL::uuid AS milestone_id
	FROM lines l WHERE l.matched_kind = ''`

// ofPayments says which payments from the company's own bank no statement confirms, days after the bank was to make them;
// which came back and are owed still; and which lines say another amount than the books have of what they were matched to.
const ofPayments = `SELECT 'pay_item:' || i.id AS subject, CASE i.state WHEN 'sent' THEN 'missing_at_bank' ELSE 'returned_payout' END AS kind, 'pay_item:' || i.id AS source, 'payout' AS type,
		i.amount AS ledger, 0 AS other, 0 AS ledger_fee, 0 AS other_fee, r.currency, coalesce(b.booked_on, r.pay_on)::timestamp AT TIME ZONE @zone AS at, NULL::uuid AS entry_id, i.milestone_id
	FROM pay_items i JOIN pay_runs r ON r.id = i.run_id AND r.rail = 'bank_file' JOIN milestones m ON m.id = i.milestone_id LEFT JOIN bank_lines b ON b.id = i.return_id
	WHERE i.company_id = @company AND (i.state = 'sent' AND r.pay_on + CAST(@leeway AS int) < (CAST(@as_of AS timestamptz) AT TIME ZONE @zone)::date
			OR i.state = 'returned' AND m.state = 'payout_failed' AND NOT EXISTS (SELECT 1 FROM pay_items n WHERE n.milestone_id = i.milestone_id AND n.id > i.id AND n.state <> 'dropped'))
		AND (coalesce(b.booked_on, r.pay_on) >= @from AND coalesce(b.booked_on, r.pay_on) < @until OR 'pay_item:' || i.id IN (SELECT subject` + waiting + `))
	UNION ALL
	SELECT 'bank_line:' || l.id, CASE WHEN b.amount IS NULL THEN 'missing_in_ledger' ELSE 'amount' END, 'bank_line:' || l.id, 'bank_line', coalesce(b.amount, 0), l.amount,
		0, 0, l.currency, l.booked_on::timestamp AT TIME ZONE @zone, NULL, NULL
	FROM bank_lines l LEFT JOIN LATERAL (SELECT sum(p.amount) AS amount FROM pay_items i
			JOIN ledger_entries e ON e.source = CASE l.matched_kind WHEN '` + string(MatchReturn) + `' THEN 'bank_returned:' ELSE 'bank_paid:' END || i.id
			JOIN ledger_postings p ON p.entry_id = e.id AND p.account = 'bank:' || l.account_id WHERE i.line_id = l.id OR i.return_id = l.id) b ON true
	WHERE l.company_id = @company AND l.matched_kind IN ('` + string(MatchPayRun) + `', '` + string(MatchPayItem) + `', '` + string(MatchReturn) + `') AND b.amount IS DISTINCT FROM l.amount
		AND (l.booked_on >= @from AND l.booked_on < @until OR 'bank_line:' || l.id IN (SELECT subject` + waiting + `))`

// inSweeps says of which sweeps the parts that companies have in their books are not what left the provider. A company is
// shown by how much, and nothing of others.
const inSweeps = `SELECT 'sweep:' || w.id AS subject, CASE WHEN t.net IS NULL THEN 'missing_at_stripe' ELSE 'sweep_allocation' END AS kind, w.provider_id AS source, 'payout' AS type,
		b.amount - coalesce(t.net, 0) AS ledger, 0 AS other, 0 AS ledger_fee, 0 AS other_fee, w.currency, b.at, NULL::uuid AS entry_id, NULL::uuid AS milestone_id
	FROM sweeps w
	JOIN LATERAL (SELECT sum(p.amount) AS amount, min(e.at) AS at, max(e.posted_at) AS posted FROM ledger_entries e JOIN ledger_postings p ON p.entry_id = e.id AND p.account = ANY(@net)
		WHERE e.kind = ANY(@shared) AND e.source IN (SELECT k || ':' || w.id || ':' || l.company_id FROM sweep_lines l, unnest(@shared) k WHERE l.sweep_id = w.id)) b ON b.posted <= @as_of
	LEFT JOIN LATERAL (SELECT sum(net) AS net FROM balance_transactions WHERE source = w.provider_id) t ON true
	WHERE w.id IN (SELECT sweep_id FROM sweep_lines WHERE company_id = @company) AND b.amount IS DISTINCT FROM t.net
		AND (b.at >= @start AND b.at < @end OR 'sweep:' || w.id IN (SELECT subject` + waiting + `))`

func (c comparison) banks() (levelTally, error) {
	t := levelTally{Level: BankLevel}
	err := c.tx.Raw(ofBanks+" SELECT count(*) FROM lines", c.args(map[string]any{"level": BankLevel})).Scan(&t.Compared).Error
	if err != nil {
		return t, err
	}
	t.Open, err = c.keep(BankLevel, "("+atBank+") UNION ALL ("+ofPayments+") UNION ALL ("+strings.ReplaceAll(inSweeps, "unnest(@shared)", "unnest(CAST(@shared AS text[]))")+")", nil)
	return t, err
}

// again is when an exception that had ended opens once more: it had gone by itself, or what two people decided was about
// other figures.
const again = `exceptions.state = 'explained' OR exceptions.state = 'resolved' AND (exceptions.kind, exceptions.ledger, exceptions.other, exceptions.ledger_fee,
	exceptions.other_fee) IS DISTINCT FROM (excluded.kind, excluded.ledger, excluded.other, excluded.ledger_fee, excluded.other_fee)`

// keep writes down what a query found on a level, each thing under its subject, and lets those end that are not found any
// more. What was resolved stays so as long as its figures do. It gives how many of the days asked for wait for somebody.
func (c comparison) keep(level Level, found string, more map[string]any) (open int, err error) {
	args := c.args(more)
	args["level"] = level
	err = c.tx.Exec(`INSERT INTO exceptions (id, company_id, level, subject, kind, source, type, ledger, other, ledger_fee, other_fee, currency, day, entry_id, milestone_id,
			state, found_at, seen_at, seen_run)
		SELECT gen_random_uuid(), @company, @level, subject, kind, source, type, ledger, other, ledger_fee, other_fee, currency, (at AT TIME ZONE @zone)::date, entry_id, milestone_id,
			'open', @as_of, @as_of, @run FROM (`+found+`) f
		ON CONFLICT ON CONSTRAINT exception_has_one_identity DO UPDATE SET kind = excluded.kind, type = excluded.type, ledger = excluded.ledger, other = excluded.other,
			ledger_fee = excluded.ledger_fee, other_fee = excluded.other_fee, currency = excluded.currency, day = excluded.day, entry_id = excluded.entry_id,
			milestone_id = excluded.milestone_id, seen_at = excluded.seen_at, seen_run = excluded.seen_run,
			state = CASE WHEN `+again+` THEN 'open' ELSE exceptions.state END, ended_at = CASE WHEN `+again+` THEN NULL ELSE exceptions.ended_at END`, args).Error
	if err != nil {
		return 0, err
	}
	err = c.tx.Exec(`UPDATE exceptions SET state = 'explained', ended_at = @as_of WHERE company_id = @company AND level = @level AND state IN ('open', 'proposed') AND seen_run <> @run`, args).Error
	if err != nil {
		return 0, err
	}
	err = c.tx.Exec(`UPDATE adjustments a SET state = 'withdrawn', decided_at = @as_of FROM exceptions x
		WHERE x.id = a.exception_id AND x.company_id = @company AND x.state = 'explained' AND a.state = 'asked'`, args).Error
	if err != nil {
		return 0, err
	}
	return open, c.tx.Raw(`SELECT count(*) FROM exceptions WHERE company_id = @company AND level = @level AND state IN ('open', 'proposed')
		AND day >= @from AND day < @until`, args).Scan(&open).Error
}
