-- The bank accounts of companies, and what their banks say happened on them. See billing/banking.go. Amounts are minor units.
-- +goose Up
CREATE TABLE bank_accounts (
    id          uuid PRIMARY KEY,                      -- the ledger calls it bank:<id>
    company_id  uuid NOT NULL REFERENCES companies,
    name        text NOT NULL CHECK (name <> ''),      -- what the company calls it
    bank        text NOT NULL CHECK (bank ~ '^[0-9]{4}$'),
    bank_name   text NOT NULL,                         -- half-width kana, as the bank's files have it
    branch      text NOT NULL CHECK (branch ~ '^[0-9]{3}$'),
    branch_name text NOT NULL,
    kind        text NOT NULL CHECK (kind IN ('ordinary', 'current', 'savings', 'other')),
    number      text NOT NULL CHECK (number ~ '^[0-9]{7}$'),
    holder      text NOT NULL CHECK (holder <> ''),    -- half-width kana
    consignor   text NOT NULL CHECK (consignor ~ '^([0-9]{10})?$'), -- what the bank calls the company in transfer files; empty: none are made
    currency    char(3) NOT NULL,
    mapping     jsonb,                                 -- which column of its CSV statements says what, as last confirmed
    created_by  uuid NOT NULL REFERENCES people,
    created_at  timestamptz NOT NULL,
    closed_at   timestamptz,
    UNIQUE (company_id, id),
    CONSTRAINT bank_account_once UNIQUE (company_id, bank, branch, kind, number)
);

-- A file as it came from the bank, kept as evidence. Its lines count once it is imported.
CREATE TABLE bank_statements (
    id          uuid PRIMARY KEY,
    company_id  uuid NOT NULL,
    account_id  uuid NOT NULL,
    file_name   text NOT NULL,
    format      text NOT NULL CHECK (format IN ('csv', 'zengin')),
    encoding    text NOT NULL CHECK (encoding IN ('utf-8', 'shift_jis', 'jis')),
    hash        text NOT NULL CONSTRAINT statement_is_what_was_hashed CHECK (hash = encode(sha256(content), 'hex')),
    content     bytea NOT NULL,
    mapping     jsonb,                                 -- of a CSV
    state       text NOT NULL CHECK (state IN ('uploaded', 'imported', 'discarded')),
    uploaded_by uuid NOT NULL REFERENCES people,
    uploaded_at timestamptz NOT NULL,
    imported_by uuid REFERENCES people,
    imported_at timestamptz,
    from_on     date,                                  -- the first and last day of its lines
    to_on       date,
    lines       integer NOT NULL DEFAULT 0,            -- read: new ones and those that were there
    fresh       integer NOT NULL DEFAULT 0,            -- new ones
    faulty      integer NOT NULL DEFAULT 0,            -- rows that could not be read
    faults      jsonb NOT NULL DEFAULT '[]',           -- the first of them: row, code, sentences
    UNIQUE (company_id, id),
    FOREIGN KEY (company_id, account_id) REFERENCES bank_accounts (company_id, id)
);
CREATE UNIQUE INDEX statement_once ON bank_statements (account_id, hash) WHERE state <> 'discarded';
CREATE INDEX bank_statements_company ON bank_statements (company_id, id DESC);

CREATE TABLE bank_lines (
    id           uuid PRIMARY KEY,
    company_id   uuid NOT NULL,
    account_id   uuid NOT NULL,
    statement_id uuid NOT NULL,                        -- the first that had it
    row          integer NOT NULL,                     -- there, counted from 1
    booked_on    date NOT NULL,
    amount       bigint NOT NULL CHECK (amount <> 0),  -- positive in, negative out
    currency     char(3) NOT NULL,
    balance      bigint,                               -- after it, if the bank says so
    name         text NOT NULL,                        -- of who paid or was paid
    description  text NOT NULL,
    reference    text NOT NULL,
    fingerprint  text NOT NULL,                        -- of what the bank says, and which of several that say the same
    matched_kind text NOT NULL DEFAULT '',             -- what it was matched to, empty: nothing yet
    matched_to   uuid,                                 -- the pay run, the milestone …, by matched_kind
    entry_id     uuid,                                 -- the ledger's entry, where it is one
    matched_by   uuid REFERENCES people,               -- empty where a rule did
    matched_at   timestamptz,
    UNIQUE (company_id, id),
    CONSTRAINT bank_line_once UNIQUE (account_id, fingerprint),
    CONSTRAINT matched_or_not CHECK ((matched_kind = '') = (matched_at IS NULL)),
    FOREIGN KEY (company_id, account_id) REFERENCES bank_accounts (company_id, id),
    FOREIGN KEY (company_id, statement_id) REFERENCES bank_statements (company_id, id),
    FOREIGN KEY (company_id, entry_id) REFERENCES ledger_entries (company_id, id)
);
CREATE INDEX bank_lines_account ON bank_lines (account_id, booked_on, id);
CREATE INDEX bank_lines_statement ON bank_lines (statement_id, row);
CREATE INDEX bank_lines_unmatched ON bank_lines (company_id, booked_on) WHERE matched_kind = '';
CREATE TRIGGER bank_lines_say_what_the_bank_said BEFORE UPDATE OF company_id, account_id, statement_id, row, booked_on, amount, currency, balance, name,
    description, reference, fingerprint ON bank_lines FOR EACH ROW EXECUTE FUNCTION refuse_change();
