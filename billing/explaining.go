package billing

import (
	"context"
	"strings"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homecoming/market"
)

// A Link is one thing on the way from an amount back to where it came from.
type Link struct {
	Kind     string // entry, posting, adjustment, milestone, acceptance, contract, transaction, payout or bank_line
	Ref      string // stable; what is asked to explain it in turn
	What     string // its kind or title, as the books or the provider have it
	Who      string // the person concerned: who accepted, whom it was paid to
	Amount   int64  // minor units; 0 where it is about none
	Currency string
	At       time.Time
	ID       uuid.UUID // of a contract, for its page
}

// An Explanation is the way back from one amount: the thing asked about first, then entry, milestone, acceptance,
// contract, the provider's objects, payout and bank line, as far as each exists.
type Explanation struct {
	Ref   string
	Links []Link
}

// Has reports whether a kind of link is on the way.
func (e Explanation) Has(kind string) bool {
	for _, l := range e.Links {
		if l.Kind == kind {
			return true
		}
	}
	return false
}

// Explain goes back from a reference of a company's books: entry:<id>:<line>, payout:<po_…>, a balance transaction's or
// another object's id at the provider, bank_line:<id> or milestone:<id>. What is not the company's is not there.
func (s *Service) Explain(ctx context.Context, who market.Actor, company uuid.UUID, ref string) (Explanation, error) {
	if err := who.May(market.SeeMoney, company); err != nil {
		return Explanation{}, err
	}
	if ref == "" {
		return Explanation{}, market.ErrRequired.On("ref")
	}
	t := &trail{g: s.db.Gorm(ctx), company: company, seen: map[string]bool{}}
	if err := t.begin(ref); err != nil {
		return Explanation{}, err
	}
	for i := 0; i < len(t.milestones); i++ {
		if err := t.follow(t.milestones[i]); err != nil {
			return Explanation{}, err
		}
	}
	if len(t.links) == 0 {
		return Explanation{}, market.ErrNotFound
	}
	return Explanation{Ref: ref, Links: t.links}, nil
}

// A trail collects links, each once.
type trail struct {
	g          *gorm.DB
	company    uuid.UUID
	links      []Link
	seen       map[string]bool
	milestones []uuid.UUID // still to be followed
}

// begin finds what a reference names, and what that leads to.
func (t *trail) begin(ref string) error {
	kind, rest, _ := strings.Cut(ref, ":")
	id, line, _ := strings.Cut(rest, ":")
	switch kind {
	case "entry":
		return t.entry("e.id = ?", parsed(id), line)
	case "payout":
		return t.payout(rest)
	case "bank_line":
		return t.bankLine(parsed(rest))
	case "pay_item":
		return t.payItem(parsed(rest))
	case "milestone":
		t.milestone(parsed(id))
		return nil
	}
	return t.object(ref)
}

// parsed is an id, or nobody's where it is none.
func parsed(id string) uuid.UUID {
	u, _ := uuid.Parse(id)
	return u
}

// add appends what a query finds, each thing once.
func (t *trail) add(query string, args ...any) ([]Link, error) {
	var found, fresh []Link
	if err := t.g.Raw(query, args...).Scan(&found).Error; err != nil {
		return nil, err
	}
	for _, l := range found {
		if key := l.Kind + " " + l.Ref; !t.seen[key] {
			t.seen[key] = true
			fresh = append(fresh, l)
		}
	}
	t.links = append(t.links, fresh...)
	return fresh, nil
}

func (t *trail) milestone(id uuid.UUID) {
	if key := "follow " + id.String(); id != uuid.Nil && !t.seen[key] {
		t.seen[key] = true
		t.milestones = append(t.milestones, id)
	}
}

// entry adds an entry with the line that was asked about, who made it by hand, and what the provider says of its object.
func (t *trail) entry(condition string, arg any, line string) error {
	var e Entry
	if err := one(t.g.Table("ledger_entries e").Where("e.company_id = ?", t.company).Where(condition, arg).Order("e.id").Take(&e)); err != nil {
		return err
	}
	if line != "" {
		found, err := t.add(`SELECT 'posting' AS kind, 'entry:' || entry_id || ':' || line AS ref, account AS what, amount, currency, at FROM ledger_postings
			WHERE company_id = ? AND entry_id = ? AND line::text = ?`, t.company, e.ID, line)
		if err != nil {
			return err
		}
		if len(found) == 0 {
			return market.ErrNotFound
		}
	}
	_, err := t.add(`SELECT 'entry' AS kind, 'entry:' || e.id AS ref, e.kind AS what, e.at, (SELECT sum(p.amount) FROM ledger_postings p WHERE p.entry_id = e.id AND p.amount > 0) AS amount,
		(SELECT min(p.currency) FROM ledger_postings p WHERE p.entry_id = e.id) AS currency FROM ledger_entries e WHERE e.company_id = ? AND e.id = ?`, t.company, e.ID)
	if err != nil {
		return err
	}
	_, err = t.add(`SELECT 'adjustment' AS kind, 'adjustment:' || a.id AS ref, a.reason AS what, name_of(p) || ' → ' || name_of(d) AS who,
		a.decided_at AS at FROM adjustments a JOIN people p ON p.id = a.asked_by JOIN people d ON d.id = a.decided_by WHERE a.company_id = ? AND a.entry_id = ?`, t.company, e.ID)
	if err != nil {
		return err
	}
	if err := t.transactions(e.ExternalID); err != nil {
		return err
	}
	if name, ok := strings.CutPrefix(e.Source, "payout:"); ok {
		if err := t.payoutOf(strings.SplitN(name, ":", 2)[0]); err != nil {
			return err
		}
	}
	if e.MilestoneID != nil {
		t.milestone(*e.MilestoneID)
	}
	return nil
}

// transactions adds what the provider's balance did because of an object.
func (t *trail) transactions(source string) error {
	if source == "" {
		return nil
	}
	_, err := t.add(`SELECT 'transaction' AS kind, id AS ref, type || ' ' || source AS what, net AS amount, currency, created_at AS at FROM balance_transactions
		WHERE company_id = ? AND source = ? ORDER BY created_at`, t.company, source)
	return err
}

// object begins at an object of the provider: a balance transaction, or what caused one.
func (t *trail) object(id string) error {
	var source string
	err := t.g.Raw("SELECT source FROM balance_transactions WHERE company_id = ? AND id = ?", t.company, id).Scan(&source).Error
	if err != nil {
		return err
	}
	if source == "" {
		source = id
	}
	if err := t.transactions(source); err != nil {
		return err
	}
	err = t.entry("e.external_id = ? AND e.external_id <> ''", source, "")
	if ours(err) == nil && len(t.links) > 0 { // no entry explains it yet: its milestone may
		var m uuid.NullUUID
		err = t.g.Raw("SELECT milestone_id FROM balance_transactions WHERE company_id = ? AND source = ? LIMIT 1", t.company, source).Scan(&m).Error
		t.milestone(m.UUID)
	}
	return err
}

// payoutOf adds a payout as far as it is the company's.
func (t *trail) payoutOf(id string) error {
	_, err := t.add(`SELECT 'payout' AS kind, 'payout:' || p.id AS ref, p.state AS what, name_of(pe) AS who,
			(SELECT sum(l.amount) FROM payout_lines l WHERE l.payout_id = p.id AND l.company_id = @company) AS amount, p.currency, p.created_at AS at
		FROM payouts p JOIN people pe ON pe.id = p.person_id WHERE p.id = @id AND EXISTS (SELECT 1 FROM payout_lines l WHERE l.payout_id = p.id AND l.company_id = @company)`,
		map[string]any{"company": t.company, "id": id})
	return err
}

func (t *trail) payout(id string) error {
	if err := t.payoutOf(id); err != nil {
		return err
	}
	var ids []uuid.UUID
	err := t.g.Raw("SELECT milestone_id FROM payout_lines WHERE company_id = ? AND payout_id = ? ORDER BY milestone_id", t.company, id).Scan(&ids).Error
	for _, m := range ids {
		t.milestone(m)
	}
	return err
}

// payItem begins at a payment from the company's own bank.
func (t *trail) payItem(id uuid.UUID) error {
	_, err := t.add(payItemLinks+" AND i.id = ?", t.company, id)
	if err != nil {
		return err
	}
	var m uuid.NullUUID
	err = t.g.Raw("SELECT milestone_id FROM pay_items WHERE company_id = ? AND id = ?", t.company, id).Scan(&m).Error
	t.milestone(m.UUID)
	return err
}

// payItemLinks are payments from the company's own bank, with the pay run that they went with.
const payItemLinks = `SELECT 'payout' AS kind, 'pay_item:' || i.id AS ref, CASE i.state WHEN 'waiting' THEN 'pending' WHEN 'sent' THEN 'in_transit' WHEN 'confirmed' THEN 'paid'
		WHEN 'returned' THEN 'failed' ELSE 'canceled' END AS what, trim(p.family_name || ' ' || p.given_name) || ' · R-' || r.number AS who, i.amount, r.currency, r.proposed_at AS at
	FROM pay_items i JOIN pay_runs r ON r.id = i.run_id AND r.rail = 'bank_file' JOIN people p ON p.id = i.person_id WHERE i.company_id = ?`

// bankLine begins at a line of a bank statement.
func (t *trail) bankLine(id uuid.UUID) error {
	_, err := t.add(bankLinks+" AND l.id = ?", t.company, id)
	if err != nil {
		return err
	}
	var at struct {
		EntryID   uuid.NullUUID
		MatchedTo uuid.NullUUID
	}
	if err := t.g.Raw("SELECT entry_id, matched_to FROM bank_lines WHERE company_id = ? AND id = ?", t.company, id).Scan(&at).Error; err != nil {
		return err
	}
	var m []uuid.UUID
	if err := t.g.Raw("SELECT id FROM milestones WHERE company_id = @company AND id = @to UNION SELECT milestone_id FROM pay_items WHERE company_id = @company AND @line IN (line_id, return_id)",
		map[string]any{"company": t.company, "to": at.MatchedTo.UUID, "line": id}).Scan(&m).Error; err != nil {
		return err
	}
	for _, id := range m {
		t.milestone(id)
	}
	if at.EntryID.Valid {
		return t.entry("e.id = ?", at.EntryID.UUID, "")
	}
	return nil
}

const bankLinks = `SELECT 'bank_line' AS kind, 'bank_line:' || l.id AS ref, concat_ws(' ', nullif(l.name, ''), nullif(l.description, '')) AS what, l.amount, l.currency,
	l.booked_on::timestamp AT TIME ZONE 'UTC' AS at FROM bank_lines l WHERE l.company_id = ?`

// follow goes from a milestone to who accepted it, its contract, and what moved for it.
func (t *trail) follow(id uuid.UUID) error {
	for _, query := range []string{
		`SELECT 'milestone' AS kind, 'milestone:' || m.id AS ref, m.title AS what, name_of(p) AS who, m.amount + m.tax AS amount, m.currency, m.created_at AS at
			FROM milestones m JOIN contracts c ON c.id = m.contract_id JOIN people p ON p.id = c.person_id WHERE m.company_id = @company AND m.id = @milestone`,
		`SELECT 'acceptance' AS kind, 'acceptance:' || s.milestone_id AS ref, s.party AS what, name_of(p) AS who, s.at
			FROM milestone_steps s LEFT JOIN people p ON p.id = s.actor_id
			WHERE s.company_id = @company AND s.milestone_id = @milestone AND s.to_state IN ('accepted', 'releasing') AND s.from_state NOT IN ('accepted', 'releasing') ORDER BY s.id LIMIT 1`,
		`SELECT 'contract' AS kind, 'contract:' || c.id AS ref, 'C-' || c.number || ' ' || c.title AS what, name_of(p) AS who, c.amount, c.currency, c.created_at AS at, c.id
			FROM milestones m JOIN contracts c ON c.id = m.contract_id JOIN people p ON p.id = c.person_id WHERE m.company_id = @company AND m.id = @milestone`,
		`SELECT 'transaction' AS kind, b.id AS ref, b.type || ' ' || b.source AS what, b.net AS amount, b.currency, b.created_at AS at
			FROM balance_transactions b WHERE b.company_id = @company AND b.milestone_id = @milestone ORDER BY b.created_at, b.id LIMIT 50`,
		`SELECT 'payout' AS kind, 'payout:' || p.id AS ref, p.state AS what, name_of(pe) AS who, l.amount, p.currency, p.created_at AS at
			FROM payout_lines l JOIN payouts p ON p.id = l.payout_id JOIN people pe ON pe.id = p.person_id WHERE l.company_id = @company AND l.milestone_id = @milestone ORDER BY p.created_at`,
		strings.Replace(payItemLinks, "?", "@company", 1) + ` AND i.milestone_id = @milestone ORDER BY i.id`,
		`SELECT 'bank_line' AS kind, 'bank_line:' || l.id AS ref, concat_ws(' ', nullif(l.name, ''), nullif(l.description, '')) AS what, l.amount, l.currency, l.booked_on::timestamp AT TIME ZONE 'UTC' AS at
			FROM bank_lines l WHERE l.company_id = @company AND (l.matched_to = @milestone OR l.entry_id IN (SELECT e.id FROM ledger_entries e WHERE e.company_id = @company AND e.milestone_id = @milestone)
				OR l.id IN (SELECT unnest(ARRAY[line_id, return_id]) FROM pay_items WHERE company_id = @company AND milestone_id = @milestone))
			ORDER BY l.booked_on, l.id`,
	} {
		if _, err := t.add(query, map[string]any{"company": t.company, "milestone": id}); err != nil {
			return err
		}
	}
	return nil
}
