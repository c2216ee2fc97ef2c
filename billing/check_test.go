package billing_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"homecoming/billing"
)

// plants break one invariant each, known by a part of its sentence, behind every trigger's back. $paid, $funded and
// $releasing are milestones.
var plants = map[string]string{
	"every entry sums to zero per currency":                      "UPDATE ledger_postings SET amount = amount + 1 WHERE account = 'stripe_fee'",
	"every entry has at least two postings":                      "DELETE FROM ledger_postings WHERE account LIKE 'connected:%'",
	"every posting belongs to its entry's company and milestone": "UPDATE ledger_postings SET milestone_id = '$funded' WHERE milestone_id = '$paid' AND account = 'stripe_fee'",
	"a milestone's entries are in its own currency":              "UPDATE ledger_postings SET currency = 'USD' WHERE milestone_id = '$funded'",
	"nothing that is held or owed is below zero":                 "UPDATE ledger_postings SET amount = amount - 1 WHERE account = 'held:$paid' AND amount < 0; UPDATE ledger_postings SET amount = amount + 2 WHERE account = 'held:$paid' AND amount > 0",
	"what is held is": "UPDATE milestones SET amount = amount + 1 WHERE id = '$funded'",
	"a contract has its terms and notice, a supplement":                              "UPDATE contracts SET version = 2",
	"a contract that is over has no change under way":                                "INSERT INTO contract_changes (id, company_id, contract_id, number, side, offered_by, state, body, hash, added, expires_at, offered_at) SELECT gen_random_uuid(), company_id, id, 1, 'company', manager_id, 'offered', '', encode(sha256(''), 'hex'), 0, now(), now() FROM contracts; UPDATE contracts SET state = 'completed'",
	"a milestone's charges are those in the books":                                   "UPDATE charges SET amount = amount + 1 WHERE milestone_id = '$funded'",
	"what goes back out of a charge is what":                                         "UPDATE charges SET refunded = 1 WHERE milestone_id = '$funded'",
	"no more is sent out of a charge than was paid in it":                            "UPDATE operations SET input = input || '{\"amount\": 9000000}' WHERE kind = 'transfer' AND milestone_id = '$paid'",
	"what is owed to the alumnus":                                                    "UPDATE milestones SET state = 'paid' WHERE id = '$releasing'",
	"what is owed back is":                                                           "INSERT INTO refunds (id, company_id, milestone_id, amount, currency, state, created_at, updated_at) SELECT gen_random_uuid(), company_id, id, 5, 'JPY', 'failed', now(), now() FROM milestones WHERE id = '$funded'",
	"what was funded went to the alumnus":                                            "UPDATE ledger_postings SET amount = amount - 1 WHERE account = 'consumption_tax'",
	"no more is transferred than was charged":                                        "UPDATE ledger_postings SET amount = 9000000 WHERE milestone_id = '$paid' AND account LIKE 'payable:%' AND amount > 0",
	"from at most once each":                                                         "INSERT INTO ledger_entries SELECT gen_random_uuid(), company_id, at, posted_at, kind, source || ' again', '', milestone_id, booked_on FROM ledger_entries WHERE kind = 'accept' AND milestone_id = '$paid'",
	"a milestone is charged if and only if its state says so":                        "UPDATE milestones SET state = 'draft' WHERE id = '$funded'",
	"a milestone is transferred if and only if its state says so":                    "UPDATE milestones SET state = 'released' WHERE id = '$releasing'",
	"nothing is both released and refunded":                                          "WITH e AS (INSERT INTO ledger_entries SELECT gen_random_uuid(), company_id, at, posted_at, 'refund_asked', 'refund_asked:x', '', milestone_id, booked_on FROM ledger_entries WHERE kind = 'accept' AND milestone_id = '$paid' RETURNING *) INSERT INTO ledger_postings SELECT id, 1, company_id, milestone_id, 'refund_payable:x', 'JPY', -5, at FROM e",
	"the mirror of a connected account":                                              "UPDATE milestones SET state = 'releasing' WHERE id = '$paid'; UPDATE ledger_postings SET amount = amount * 3 WHERE milestone_id = '$paid' AND account LIKE 'connected:%' AND amount > 0",
	"a release has at most one live transfer":                                        "DROP INDEX one_live_transfer; INSERT INTO operations (id, company_id, kind, milestone_id, subject, state, input, input_hash, created_at, updated_at) SELECT gen_random_uuid(), company_id, kind, milestone_id, subject, 'planned', input, input_hash, now(), now() FROM operations WHERE kind = 'transfer' AND milestone_id = '$paid'",
	"a milestone that is being refunded has a refund":                                "UPDATE milestones SET state = 'refunding' WHERE id = '$funded'",
	"what was refunded is what":                                                      "UPDATE milestones SET refunded = 1 WHERE id = '$funded'",
	"delivered work is refunded only":                                                "UPDATE milestones SET state = 'refunded' WHERE id = '$paid'",
	"no more is taken back than was sent":                                            "UPDATE milestones SET reversed = 9000000 WHERE id = '$paid'",
	"a chargeback holds up nothing once it is lost":                                  "INSERT INTO chargebacks (id, company_id, milestone_id, charge, amount, currency, reason, state, stage, opened_at, updated_at) SELECT 'dp_x', company_id, id, 'ch_x', 1, 'JPY', 'x', 'lost', 'after_payout', now(), now() FROM milestones WHERE id = '$paid'; UPDATE ledger_postings SET account = 'dispute_hold:dp_x' WHERE milestone_id = '$paid' AND account = 'stripe_fee'",
	"a milestone is frozen if and only if":                                           "UPDATE milestones SET frozen = 'dispute' WHERE id = '$paid'",
	"nobody owes less than nothing":                                                  "UPDATE ledger_postings SET account = 'receivable:client:x' WHERE milestone_id = '$paid' AND account = 'platform_fee'",
	"nothing is kept for a debt beyond":                                              "UPDATE milestones SET recovered = 1 WHERE id = '$paid'",
	"every transfer, refund and reversal has an operation that was committed before": "DELETE FROM operations WHERE kind = 'transfer' AND milestone_id = '$paid'",
	"a company's cash is what moved it":                                              "INSERT INTO provider_customers (company_id, operation_id, created_at) SELECT id, gen_random_uuid(), now() FROM companies; UPDATE ledger_postings SET account = 'client_cash:' || company_id WHERE milestone_id = '$paid' AND account = 'platform_fee'",
	"what is applied to a milestone and is no payment yet":                           "INSERT INTO bank_transfers (id, company_id, milestone_id, purpose, amount, received, currency, state, asked_by, expires_at, created_at, updated_at) SELECT gen_random_uuid(), company_id, id, 'milestone', 10, 5, 'JPY', 'part_paid', (SELECT min(id::text)::uuid FROM people), now(), now(), now() FROM milestones WHERE id = '$funded'",
	"a bank transfer that is paid has received all":                                  "INSERT INTO bank_transfers (id, company_id, milestone_id, purpose, amount, received, currency, state, asked_by, expires_at, created_at, updated_at) SELECT gen_random_uuid(), company_id, id, 'milestone', 10, 5, 'JPY', 'paid', (SELECT min(id::text)::uuid FROM people), now(), now(), now() FROM milestones WHERE id = '$funded'",
	"a sweep is the sum of its lines":                                                "INSERT INTO sweeps (id, amount, currency, state, proposed_by, proposed_at, updated_at) VALUES (gen_random_uuid(), 5, 'JPY', 'proposed', (SELECT min(id::text)::uuid FROM people), now(), now())",
	"a sweep has left the provider, is at our bank":                                  "INSERT INTO sweeps (id, amount, currency, state, proposed_by, decided_by, proposed_at, updated_at) VALUES (gen_random_uuid(), 5, 'JPY', 'paid', (SELECT min(id::text)::uuid FROM people), (SELECT max(id::text)::uuid FROM people), now(), now())",
	"an entry is swept at most once":                                                 "INSERT INTO sweeps (id, amount, currency, state, proposed_by, proposed_at, updated_at) VALUES (gen_random_uuid(), 5, 'JPY', 'declined', (SELECT min(id::text)::uuid FROM people), now(), now()); INSERT INTO sweep_lines (sweep_id, entry_id, company_id, amount, live) SELECT w.id, e.id, e.company_id, 5, true FROM sweeps w, (SELECT id, company_id FROM ledger_entries LIMIT 1) e",
	"an operation that is done names what was done":                                  "UPDATE operations SET provider_id = '' WHERE kind = 'transfer' AND milestone_id = '$paid'",
	"every object of the provider is explained by one entry":                         "UPDATE ledger_entries SET external_id = (SELECT max(external_id) FROM ledger_entries WHERE kind = 'charge') WHERE kind = 'charge'",
	"an entry made by hand is what two people agreed to":                             "UPDATE ledger_entries SET kind = 'manual' WHERE kind = 'payout'",
	"no entry was booked into a month while it was closed":                           "INSERT INTO closed_months (id, company_id, month, checklist, closed_at, closed_by) SELECT gen_random_uuid(), company_id, date_trunc('month', booked_on), '{}', min(posted_at) - interval '1 second', (SELECT min(id::text)::uuid FROM people) FROM ledger_entries GROUP BY 2, 3",
	"a referral fee is paid by one contract at most":                                 "INSERT INTO referral_fees (id, company_id, referral_id, period, revenue, amount, currency, reported_by, reported_at) SELECT gen_random_uuid(), id, gen_random_uuid(), '', 0, 5, 'JPY', (SELECT min(id::text)::uuid FROM people), now() FROM companies; UPDATE tasks SET fee_id = (SELECT id FROM referral_fees)",
	"the books are closed through the newest closed month":                           "UPDATE companies SET books_closed_through = '2026-01-31'",
	"documents are numbered from one without a gap":                                  "UPDATE document_series SET last = last + 1",
	"a statement comes to what was":                                                  "UPDATE issued_documents SET amount = amount + 1 WHERE kind = 'statement'",
	"the income tax in the books is what":                                            "UPDATE milestones SET withheld = 1, tax = tax + 1 WHERE id = '$paid'",
	"what a company was not charged for yet":                                         "UPDATE milestones SET rail = 'on_acceptance' WHERE id = '$paid'; UPDATE ledger_postings SET account = 'uncharged:net:x', amount = amount + 1 WHERE milestone_id = '$paid' AND account LIKE 'held:%' AND amount > 0",
	"what a company's bank was told to pay":                                          "UPDATE ledger_postings SET account = 'bank_in_transit' WHERE milestone_id = '$paid' AND account = 'stripe_fee'",
	"a payment from a bank has its line":                                             "INSERT INTO pay_runs (id, company_id, number, rail, account_id, pay_on, currency, state, proposed_by, proposed_at, decided_by) SELECT gen_random_uuid(), id, 1, 'bank_file', gen_random_uuid(), '2026-11-24', 'JPY', 'confirmed', (SELECT min(id::text)::uuid FROM people), now(), (SELECT max(id::text)::uuid FROM people) FROM companies; INSERT INTO pay_items (id, company_id, run_id, milestone_id, person_id, amount, state) SELECT gen_random_uuid(), company_id, id, '$paid', proposed_by, 5, 'confirmed' FROM pay_runs",
	"what is being paid by a pay run is in one":                                      "UPDATE milestones SET rail = 'on_acceptance' WHERE id = '$releasing'",
	"a week's minutes are those of its entries in force":                             "UPDATE milestones SET week_of = '2026-11-23', rate = 6000, cap_minutes = 600, minutes = 60, opens_at = '2026-11-16', closes_at = '2026-12-01' WHERE id = '$funded'",
	"a week that was accepted comes to its hours at its rate":                        "UPDATE milestones SET week_of = '2026-11-23', rate = 6000, cap_minutes = 600, minutes = 60, opens_at = '2026-11-16', closes_at = '2026-12-01' WHERE id = '$paid'",
	"a contract is over if and only if all its milestones are":                       "UPDATE contracts SET state = 'completed'",
}

// TestEachInvariantIsFoundBroken plants a violation of each, in a transaction that is taken back.
func TestEachInvariantIsFoundBroken(t *testing.T) {
	w := newWorld(t)
	ms := w.contract()(100_000, 200_000, 300_000).Milestones
	for _, m := range ms {
		w.fund(m)
	}
	w.onboard()
	w.deliver(ms[0])
	w.accept(ms[0])
	w.payday()
	w.deliver(ms[2])
	_, err := w.billing.Accept(ctx, w.aoi.Manager, ms[2].ID) // and nothing is sent yet
	w.Check(err)
	w.Check(w.billing.WorkPapers(ctx, billing.PaperJob{Milestone: ms[0].ID}))
	w.wantState(ms[0], billing.MilestonePaid)
	w.wantState(ms[1], billing.MilestoneFunded)
	w.wantState(ms[2], billing.MilestoneReleasing)
	found, err := billing.AuditLedger(ctx, w.DB)
	w.Check(err)
	for _, f := range found {
		if !slices.ContainsFunc(slices.Collect(maps.Keys(plants)), func(part string) bool { return strings.Contains(f.Says, part) }) {
			t.Errorf("nothing is planted against %q", f.Says)
		}
		if f.Broken != 0 {
			t.Errorf("before anything is planted, %q: %v", f.Says, f.Culprits)
		}
	}
	for part, plant := range plants {
		if !slices.ContainsFunc(w.brokenBy(plant, ms), func(says string) bool { return strings.Contains(says, part) }) {
			t.Errorf("planted, and not found: %q", part)
		}
	}
}

// brokenBy is what the audit says after a plant, which is then taken back.
func (w *world) brokenBy(plant string, ms []billing.Milestone) (says []string) {
	w.Helper()
	conn, err := w.DB.Pool().Acquire(ctx)
	w.Check(err)
	defer conn.Release()
	tx, err := conn.Begin(ctx)
	w.Check(err)
	defer func() { w.Check(tx.Rollback(ctx)) }()
	plant = strings.NewReplacer("$paid", ms[0].ID.String(), "$funded", ms[1].ID.String(), "$releasing", ms[2].ID.String()).Replace(plant)
	_, err = tx.Exec(ctx, "SET LOCAL session_replication_role = replica; "+plant, pgx.QueryExecModeSimpleProtocol)
	w.Check(err)
	found, err := billing.Audit(ctx, tx)
	w.Check(err)
	for _, f := range found {
		if f.Broken > 0 && len(f.Culprits) > 0 {
			says = append(says, f.Says)
		}
	}
	return says
}
