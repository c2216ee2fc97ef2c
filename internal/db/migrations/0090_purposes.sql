-- What a company pays for stands on every operation that collects money, so that one milestone may have several payments:
-- its charge, and later what the company owes since a chargeback fell on it. See package billing.
-- +goose Up
ALTER TABLE operations ADD COLUMN purpose text NOT NULL DEFAULT '';
UPDATE operations SET purpose = 'funding' WHERE kind = 'checkout';

-- The company as the provider's customer: its saved cards and its cash balance hang on it.
CREATE TABLE provider_customers (
    company_id   uuid PRIMARY KEY REFERENCES companies,
    operation_id uuid NOT NULL UNIQUE REFERENCES operations,
    provider_id  text UNIQUE,                          -- cus_…; empty while it is being made
    created_at   timestamptz NOT NULL
);

-- Money of the platform's own that goes from its balance at the provider to its bank. One person proposes, another approves.
CREATE TABLE sweeps (
    id           uuid PRIMARY KEY,
    operation_id uuid REFERENCES operations,
    provider_id  text NOT NULL DEFAULT '',             -- po_…
    amount       bigint NOT NULL CHECK (amount > 0),   -- the sum of its lines
    currency     char(3) NOT NULL,
    state        text NOT NULL CHECK (state IN ('proposed', 'declined', 'sending', 'in_transit', 'paid', 'failed', 'canceled', 'rejected')),
    proposed_by  uuid NOT NULL REFERENCES people,
    proposed_at  timestamptz NOT NULL,
    decided_by   uuid REFERENCES people,
    decided_at   timestamptz,
    arrives_on   date,
    failure      text NOT NULL DEFAULT '',             -- the provider's or the bank's word
    paid_at      timestamptz,
    updated_at   timestamptz NOT NULL,
    CONSTRAINT sweep_takes_two CHECK (state IN ('proposed', 'declined') OR decided_by <> proposed_by)
);
CREATE INDEX sweeps_provider ON sweeps (provider_id) WHERE provider_id <> '';
CREATE UNIQUE INDEX one_open_sweep ON sweeps (currency) WHERE state IN ('proposed', 'sending');

-- Which entries a sweep takes: income with its tax, less the provider's fees. live is false once the money is back.
CREATE TABLE sweep_lines (
    sweep_id   uuid NOT NULL REFERENCES sweeps,
    entry_id   uuid NOT NULL,
    company_id uuid NOT NULL,
    amount     bigint NOT NULL CHECK (amount <> 0),    -- negative for a fee
    live       boolean NOT NULL DEFAULT true,
    PRIMARY KEY (sweep_id, entry_id),
    FOREIGN KEY (company_id, entry_id) REFERENCES ledger_entries (company_id, id)
);
CREATE UNIQUE INDEX an_entry_is_swept_once ON sweep_lines (entry_id) WHERE live;

ALTER TABLE operations DROP CONSTRAINT operations_kind_check;
ALTER TABLE operations ADD CONSTRAINT operations_kind_check CHECK (kind IN ('checkout', 'transfer', 'refund', 'account', 'reversal', 'evidence',
    'customer', 'card', 'bank_transfer', 'apply', 'return', 'cancel', 'sweep'));
-- One way of paying at a time for each purpose.
DROP INDEX one_live_checkout;
CREATE UNIQUE INDEX one_way_of_paying ON operations (milestone_id, purpose)
    WHERE kind IN ('checkout', 'card', 'bank_transfer') AND state NOT IN ('rejected', 'expired', 'settled', 'failed');
