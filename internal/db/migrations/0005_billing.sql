-- Contracts, milestones, the ledger, and what passes between us and the payment provider. See package billing.
-- Amounts are minor units. The provider's ids are text.
-- +goose Up
CREATE TABLE contracts (
    id            uuid PRIMARY KEY,
    company_id    uuid NOT NULL REFERENCES companies,
    number        integer NOT NULL,                        -- C-1042: counted within the company
    task_id       uuid NOT NULL,
    bid_id        uuid NOT NULL,
    membership_id uuid NOT NULL,
    person_id     uuid NOT NULL REFERENCES people,
    state         text NOT NULL CHECK (state IN ('active', 'paused', 'completed', 'terminated')),
    title         text NOT NULL,
    amount        bigint NOT NULL CHECK (amount > 0),
    currency      char(3) NOT NULL,
    deliver_on    date NOT NULL,
    version       integer NOT NULL DEFAULT 1,
    manager_id    uuid NOT NULL REFERENCES people,         -- who posted the task; letters to the company go there
    created_at    timestamptz NOT NULL,
    completed_at  timestamptz,
    UNIQUE (company_id, id),
    UNIQUE (company_id, number),
    CONSTRAINT one_contract_a_bid UNIQUE (bid_id),
    FOREIGN KEY (company_id, task_id) REFERENCES tasks (company_id, id),
    FOREIGN KEY (company_id, bid_id) REFERENCES bids (company_id, id),
    FOREIGN KEY (company_id, membership_id) REFERENCES memberships (company_id, id)
);
CREATE INDEX contracts_person ON contracts (person_id, id DESC);
CREATE INDEX contracts_task ON contracts (task_id);
ALTER TABLE reviews ADD CONSTRAINT reviews_contract FOREIGN KEY (company_id, contract_id) REFERENCES contracts (company_id, id);

-- The terms and the statutory notice as the very text that was hashed, each version for ever.
CREATE TABLE contract_documents (
    contract_id uuid NOT NULL,
    company_id  uuid NOT NULL,
    kind        text NOT NULL CHECK (kind IN ('terms', 'notice')),
    version     integer NOT NULL,
    body        text NOT NULL,
    hash        text NOT NULL CONSTRAINT document_is_what_was_hashed CHECK (hash = encode(sha256(convert_to(body, 'UTF8')), 'hex')),
    created_at  timestamptz NOT NULL,
    PRIMARY KEY (contract_id, kind, version),
    FOREIGN KEY (company_id, contract_id) REFERENCES contracts (company_id, id)
);
CREATE TRIGGER contract_documents_append_only BEFORE UPDATE OR DELETE ON contract_documents FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TABLE milestones (
    id             uuid PRIMARY KEY,
    company_id     uuid NOT NULL,
    contract_id    uuid NOT NULL,
    position       integer NOT NULL,
    title          text NOT NULL,
    due_on         date NOT NULL,
    state          text NOT NULL CHECK (state IN ('draft', 'funding', 'funded', 'in_progress', 'submitted', 'changes_requested',
                       'accepted', 'releasing', 'released', 'paid', 'payout_failed', 'refunding', 'refunded', 'canceled')),
    currency       char(3) NOT NULL,
    amount         bigint NOT NULL CHECK (amount > 0),
    tax            bigint NOT NULL CHECK (tax >= 0),
    withheld       bigint NOT NULL CHECK (withheld >= 0 AND withheld < amount),
    platform_fee   bigint NOT NULL CHECK (platform_fee >= 0),
    platform_tax   bigint NOT NULL CHECK (platform_tax >= 0),
    payment_days   integer NOT NULL,
    auto_accept_days integer NOT NULL,
    frozen         text NOT NULL DEFAULT '',
    hold_reason    text NOT NULL DEFAULT '',
    charge         text NOT NULL DEFAULT '',
    funded_at      timestamptz,
    started_at     timestamptz,
    received_on    date,
    submitted_at   timestamptz,
    auto_accept_at timestamptz,
    pay_by         date,
    accepted_at    timestamptz,
    released_at    timestamptz,
    paid_at        timestamptz,
    created_at     timestamptz NOT NULL,
    updated_at     timestamptz NOT NULL,
    UNIQUE (company_id, id),
    UNIQUE (contract_id, position),
    FOREIGN KEY (company_id, contract_id) REFERENCES contracts (company_id, id)
);
CREATE INDEX milestones_waiting ON milestones (auto_accept_at) WHERE state = 'submitted';
CREATE INDEX milestones_company ON milestones (company_id, state);

CREATE TABLE milestone_steps (
    id           uuid PRIMARY KEY,
    company_id   uuid NOT NULL,
    milestone_id uuid NOT NULL,
    at           timestamptz NOT NULL,
    actor_id     uuid,                               -- empty where the provider or a timer moved it
    party        text NOT NULL,
    action       text NOT NULL,
    from_state   text NOT NULL,
    to_state     text NOT NULL,
    message      text NOT NULL DEFAULT '' CHECK (length(message) <= 5000),
    FOREIGN KEY (company_id, milestone_id) REFERENCES milestones (company_id, id)
);
CREATE INDEX milestone_steps_milestone ON milestone_steps (milestone_id, id);
CREATE TRIGGER milestone_steps_append_only BEFORE UPDATE OR DELETE ON milestone_steps FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- The ledger. A posting's amount is positive for a debit and negative for a credit. The milestone and the company stand
-- on every posting, so that a balance is one index range and no row is shared by all writers.
CREATE TABLE ledger_entries (
    id           uuid PRIMARY KEY,
    company_id   uuid NOT NULL REFERENCES companies,
    at           timestamptz NOT NULL,                 -- when it happened, by the clock of who made it happen
    posted_at    timestamptz NOT NULL,
    kind         text NOT NULL,
    source       text NOT NULL CONSTRAINT entry_source_once UNIQUE, -- "charge:ch_…": settling twice posts once
    external_id  text NOT NULL DEFAULT '',             -- the provider's object, which its balance transaction names as source
    milestone_id uuid,
    UNIQUE (company_id, id),
    FOREIGN KEY (company_id, milestone_id) REFERENCES milestones (company_id, id)
);
CREATE INDEX ledger_entries_company ON ledger_entries (company_id, id DESC);
CREATE INDEX ledger_entries_external ON ledger_entries (external_id) WHERE external_id <> '';

CREATE TABLE ledger_postings (
    entry_id     uuid NOT NULL,
    line         smallint NOT NULL,
    company_id   uuid NOT NULL,
    milestone_id uuid,
    account      text NOT NULL CHECK (account <> ''),
    currency     char(3) NOT NULL,
    amount       bigint NOT NULL CHECK (amount <> 0),
    at           timestamptz NOT NULL,
    PRIMARY KEY (entry_id, line),
    FOREIGN KEY (company_id, entry_id) REFERENCES ledger_entries (company_id, id)
);
CREATE INDEX ledger_postings_account ON ledger_postings (account, milestone_id);
CREATE INDEX ledger_postings_company ON ledger_postings (company_id, account);
CREATE TRIGGER ledger_entries_append_only BEFORE UPDATE OR DELETE ON ledger_entries FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER ledger_postings_append_only BEFORE UPDATE OR DELETE ON ledger_postings FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER ledger_entries_kept BEFORE TRUNCATE ON ledger_entries EXECUTE FUNCTION refuse_change();
CREATE TRIGGER ledger_postings_kept BEFORE TRUNCATE ON ledger_postings EXECUTE FUNCTION refuse_change();

-- Checked at the commit, whoever wrote: an entry balances per currency, and what we hold for somebody is never less
-- than nothing. The writers hold the milestone's row, so the sum cannot be outrun.
-- +goose StatementBegin
CREATE FUNCTION ledger_posting_is_sound() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM ledger_postings WHERE entry_id = NEW.entry_id GROUP BY currency HAVING sum(amount) <> 0) THEN
        RAISE EXCEPTION 'entry % does not balance', NEW.entry_id USING ERRCODE = '23514', CONSTRAINT = 'entry_is_balanced';
    END IF;
    IF NEW.amount > 0 AND split_part(NEW.account, ':', 1) IN ('held', 'payable', 'refund_payable') AND
        (SELECT sum(amount) FROM ledger_postings WHERE account = NEW.account AND milestone_id IS NOT DISTINCT FROM NEW.milestone_id AND currency = NEW.currency) > 0 THEN
        RAISE EXCEPTION '% would go below zero', NEW.account USING ERRCODE = '23514', CONSTRAINT = 'nothing_held_below_zero';
    END IF;
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE CONSTRAINT TRIGGER ledger_postings_sound AFTER INSERT ON ledger_postings
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger_posting_is_sound();

-- One row for every thing we ask the provider to do, committed before it is asked. company_id is empty for what
-- belongs to a person alone (their connected account).
CREATE TABLE operations (
    id           uuid PRIMARY KEY,
    company_id   uuid REFERENCES companies,
    kind         text NOT NULL CHECK (kind IN ('checkout', 'transfer', 'refund', 'account')),
    milestone_id uuid,
    person_id    uuid REFERENCES people,
    state        text NOT NULL CHECK (state IN ('planned', 'sending', 'created', 'rejected', 'unknown', 'expired', 'settled', 'part_reversed', 'reversed')),
    attempt      integer NOT NULL DEFAULT 1,           -- part of the idempotency key
    input        jsonb NOT NULL,
    input_hash   text NOT NULL,
    provider_id  text NOT NULL DEFAULT '',
    url          text NOT NULL DEFAULT '',
    problem      text NOT NULL DEFAULT '',
    tries        integer NOT NULL DEFAULT 0,           -- calls and look-ups so far, for the pauses between them
    next_at      timestamptz,                          -- when somebody else may take it up; empty when it is over
    created_at   timestamptz NOT NULL,
    updated_at   timestamptz NOT NULL,
    FOREIGN KEY (company_id, milestone_id) REFERENCES milestones (company_id, id)
);
CREATE UNIQUE INDEX one_live_transfer ON operations (milestone_id) WHERE kind = 'transfer';
CREATE UNIQUE INDEX one_live_refund ON operations (milestone_id) WHERE kind = 'refund';
CREATE UNIQUE INDEX one_live_checkout ON operations (milestone_id) WHERE kind = 'checkout' AND state NOT IN ('rejected', 'expired');
CREATE UNIQUE INDEX one_account_a_person ON operations (person_id) WHERE kind = 'account';
CREATE INDEX operations_next ON operations (next_at) WHERE next_at IS NOT NULL;
CREATE INDEX operations_provider ON operations (provider_id) WHERE provider_id <> '';

-- A person's connected account at the provider. It belongs to the person, whatever company pays.
CREATE TABLE payout_accounts (
    person_id       uuid PRIMARY KEY REFERENCES people,
    provider_id     text UNIQUE,
    state           text NOT NULL CHECK (state IN ('creating', 'onboarding', 'active', 'restricted', 'deauthorized')),
    transfers       boolean NOT NULL DEFAULT false,   -- may receive transfers
    payouts         boolean NOT NULL DEFAULT false,   -- may pay out to the bank
    missing         text NOT NULL DEFAULT '',         -- what the provider still asks for, comma-separated
    created_at      timestamptz NOT NULL,
    updated_at      timestamptz NOT NULL
);

CREATE TABLE payouts (
    id         text PRIMARY KEY,                      -- po_…
    person_id  uuid NOT NULL REFERENCES people,
    account    text NOT NULL,
    amount     bigint NOT NULL,
    currency   char(3) NOT NULL,
    state      text NOT NULL CHECK (state IN ('pending', 'in_transit', 'paid', 'failed', 'canceled')),
    automatic  boolean NOT NULL,
    arrives_on date NOT NULL,
    failure    text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);
CREATE INDEX payouts_person ON payouts (person_id, created_at DESC);
-- Which milestones a payout is made of; a company sees its own lines.
CREATE TABLE payout_lines (
    payout_id    text NOT NULL REFERENCES payouts,
    company_id   uuid NOT NULL,
    milestone_id uuid NOT NULL,
    amount       bigint NOT NULL,
    PRIMARY KEY (payout_id, milestone_id),
    FOREIGN KEY (company_id, milestone_id) REFERENCES milestones (company_id, id)
);
CREATE INDEX payout_lines_company ON payout_lines (company_id, payout_id);

-- Signed events, stored before they are answered and worked from the queue.
CREATE TABLE provider_events (
    id          text PRIMARY KEY,                     -- evt_…
    endpoint    text NOT NULL CHECK (endpoint IN ('platform', 'connect')),
    account     text NOT NULL DEFAULT '',
    type        text NOT NULL,
    object      text NOT NULL,                        -- the id of what it is about
    api_version text NOT NULL,
    payload     jsonb NOT NULL,
    created_at  timestamptz NOT NULL,                 -- by the provider's clock
    received_at timestamptz NOT NULL,
    caught_up   boolean NOT NULL DEFAULT false,       -- found by asking, not by its webhook
    worked_at   timestamptz,
    tries       integer NOT NULL DEFAULT 0,
    next_at     timestamptz NOT NULL,                 -- when it is worked again, if it has not been
    problem     text NOT NULL DEFAULT ''
);
CREATE INDEX provider_events_waiting ON provider_events (next_at) WHERE worked_at IS NULL;
CREATE INDEX provider_events_account ON provider_events (account, created_at DESC);

-- The platform's balance transactions, copied to be compared. company_id is empty for those that nobody's milestone explains.
CREATE TABLE balance_transactions (
    id           text PRIMARY KEY,                    -- txn_…
    company_id   uuid,
    milestone_id uuid,
    source       text NOT NULL,
    type         text NOT NULL,
    amount       bigint NOT NULL,
    fee          bigint NOT NULL,
    net          bigint NOT NULL CHECK (net = amount - fee),
    currency     char(3) NOT NULL,
    created_at   timestamptz NOT NULL,
    fetched_at   timestamptz NOT NULL
);
CREATE INDEX balance_transactions_company ON balance_transactions (company_id, created_at);
CREATE INDEX balance_transactions_source ON balance_transactions (source);
