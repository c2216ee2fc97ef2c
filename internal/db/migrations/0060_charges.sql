-- Several payments may fund one milestone: a part now and the rest later, and what a change of the terms adds.
-- +goose Up
CREATE TABLE charges (
    id           text PRIMARY KEY,                     -- ch_…
    company_id   uuid NOT NULL,
    milestone_id uuid NOT NULL,
    amount       bigint NOT NULL CHECK (amount > 0),
    currency     char(3) NOT NULL,
    refunded     bigint NOT NULL DEFAULT 0 CHECK (refunded >= 0), -- of it: what went, goes or is owed back to the company
    lost         bigint NOT NULL DEFAULT 0 CHECK (lost >= 0),     -- of it: what the payer's bank took out of what was held
    paid_at      timestamptz NOT NULL,
    CONSTRAINT no_more_back_than_was_charged CHECK (refunded + lost <= amount),
    FOREIGN KEY (company_id, milestone_id) REFERENCES milestones (company_id, id)
);
CREATE INDEX charges_milestone ON charges (milestone_id);

-- paid_in: what the company has paid for it so far, over all its charges.
ALTER TABLE milestones ADD COLUMN paid_in bigint NOT NULL DEFAULT 0 CHECK (paid_in >= 0);
UPDATE milestones m SET paid_in = paid.amount FROM (SELECT p.milestone_id, -sum(p.amount)::bigint AS amount FROM ledger_postings p
    JOIN ledger_entries e ON e.id = p.entry_id WHERE e.kind = 'charge' AND p.account = 'held:' || p.milestone_id GROUP BY 1) paid WHERE paid.milestone_id = m.id;
INSERT INTO charges (id, company_id, milestone_id, amount, currency, refunded, lost, paid_at)
    SELECT m.charge, m.company_id, m.id, m.paid_in, m.currency, m.refunded, m.lost, m.funded_at FROM milestones m WHERE m.charge <> '' AND m.paid_in > 0;
ALTER TABLE milestones DROP COLUMN charge;
ALTER TABLE milestones DROP CONSTRAINT milestones_state_check;
ALTER TABLE milestones ADD CONSTRAINT milestones_state_check CHECK (state IN ('draft', 'funding', 'part_funded', 'funded', 'in_progress', 'submitted',
    'changes_requested', 'accepted', 'releasing', 'released', 'paid', 'payout_failed', 'refunding', 'refunded', 'canceled', 'charged_back', 'reversed'));

-- Which charge a refund goes out of.
ALTER TABLE refunds ADD COLUMN charge text NOT NULL DEFAULT '';
UPDATE refunds r SET charge = c.id FROM charges c WHERE c.milestone_id = r.milestone_id;

-- subject: what an operation is about within its milestone, of which one at a time is under way: the charge that a transfer
-- goes out of, the refund that is sent, the transfer that is taken back.
ALTER TABLE operations ADD COLUMN subject text NOT NULL DEFAULT '';
UPDATE operations SET subject = coalesce(input->>'charge', '') WHERE kind = 'transfer';
UPDATE operations SET subject = coalesce(input->>'transfer', '') WHERE kind = 'reversal';
UPDATE operations o SET subject = r.id::text FROM refunds r WHERE r.operation_id = o.id;
DROP INDEX one_live_transfer;
CREATE UNIQUE INDEX one_live_transfer ON operations (milestone_id, subject) WHERE kind = 'transfer';
DROP INDEX one_live_refund;
CREATE UNIQUE INDEX one_live_refund ON operations (milestone_id, subject) WHERE kind = 'refund' AND state NOT IN ('settled', 'failed');
DROP INDEX one_live_reversal;
CREATE UNIQUE INDEX one_live_reversal ON operations (milestone_id, subject) WHERE kind = 'reversal' AND state NOT IN ('settled', 'failed', 'rejected');
DROP INDEX one_live_checkout;
CREATE UNIQUE INDEX one_live_checkout ON operations (milestone_id) WHERE kind = 'checkout' AND state NOT IN ('settled', 'rejected', 'expired');
