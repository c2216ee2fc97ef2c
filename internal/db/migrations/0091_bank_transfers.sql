-- Bank transfers that companies are asked for, and what moved their cash at the provider. See package billing.
-- +goose Up
CREATE TABLE bank_transfers (
    id           uuid PRIMARY KEY REFERENCES operations DEFERRABLE INITIALLY DEFERRED, -- the operation that asked for it
    company_id   uuid NOT NULL,
    milestone_id uuid NOT NULL,
    purpose      text NOT NULL,
    amount       bigint NOT NULL CHECK (amount > 0),
    received     bigint NOT NULL DEFAULT 0 CHECK (received >= 0), -- applied so far
    currency     char(3) NOT NULL,
    state        text NOT NULL CHECK (state IN ('asked', 'waiting', 'part_paid', 'canceling', 'paid', 'canceled', 'refused')),
    intent       text NOT NULL DEFAULT '',               -- pi_…
    reference    text NOT NULL DEFAULT '',               -- what the sender should write
    account      jsonb,                                  -- where it goes
    asked_by     uuid NOT NULL REFERENCES people,
    expires_at   timestamptz NOT NULL,                   -- given up then, if nothing has come
    created_at   timestamptz NOT NULL,
    updated_at   timestamptz NOT NULL,
    UNIQUE (company_id, id),
    FOREIGN KEY (company_id, milestone_id) REFERENCES milestones (company_id, id)
);
CREATE UNIQUE INDEX bank_transfers_intent ON bank_transfers (intent) WHERE intent <> '';
CREATE INDEX bank_transfers_open ON bank_transfers (company_id) WHERE state IN ('asked', 'waiting', 'part_paid', 'canceling');
CREATE INDEX bank_transfers_milestone ON bank_transfers (milestone_id);

-- One row for every change of a company's cash at the provider, as the provider tells it; positive into the cash.
CREATE TABLE cash_movements (
    id               text PRIMARY KEY,                   -- ccsbtxn_…
    company_id       uuid NOT NULL REFERENCES companies,
    kind             text NOT NULL,
    amount           bigint NOT NULL CHECK (amount <> 0),
    balance          bigint NOT NULL,                    -- afterwards
    currency         char(3) NOT NULL,
    bank_transfer_id uuid,                               -- of what was applied or given up
    reference        text NOT NULL DEFAULT '',           -- what the sender wrote
    sender           text NOT NULL DEFAULT '',
    at               timestamptz NOT NULL,
    booked_at        timestamptz NOT NULL,
    seq              bigint GENERATED ALWAYS AS IDENTITY,
    FOREIGN KEY (company_id, bank_transfer_id) REFERENCES bank_transfers (company_id, id)
);
CREATE INDEX cash_movements_company ON cash_movements (company_id, seq DESC);
CREATE TRIGGER cash_movements_append_only BEFORE UPDATE OR DELETE ON cash_movements FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE UNIQUE INDEX one_live_apply ON operations (milestone_id, purpose) WHERE kind = 'apply' AND state NOT IN ('rejected', 'settled', 'failed');
CREATE UNIQUE INDEX one_live_cancel ON operations (milestone_id, purpose) WHERE kind = 'cancel' AND state NOT IN ('rejected', 'settled', 'failed');
CREATE UNIQUE INDEX one_live_return ON operations (company_id) WHERE kind = 'return' AND state NOT IN ('rejected', 'settled', 'failed');
