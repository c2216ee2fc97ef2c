-- What does not match, as things that live on from run to run; and what two people decide about the books.
-- +goose Up

-- How far the copy of the platform's balance transactions reaches: nothing is missing between the two moments.
CREATE TABLE balance_copies (
    one        boolean PRIMARY KEY DEFAULT true CHECK (one),
    from_at    timestamptz NOT NULL,
    through_at timestamptz NOT NULL
);
CREATE INDEX balance_transactions_nobodys ON balance_transactions (source) WHERE company_id IS NULL;

-- How far a company's books were compared, and by which run: the daily one goes on from here, with some days of overlap.
CREATE TABLE reconciled (
    company_id uuid PRIMARY KEY REFERENCES companies,
    through_on date NOT NULL,
    as_of      timestamptz NOT NULL,
    run_id     uuid NOT NULL
);

-- One difference between two things that should tell the same. It is found again under its subject, whatever run sees it.
CREATE TABLE exceptions (
    id           uuid PRIMARY KEY,
    company_id   uuid NOT NULL REFERENCES companies,
    level        text NOT NULL CHECK (level IN ('contract', 'stripe', 'payout', 'bank')),
    subject      text NOT NULL,                          -- what it is about, within its level
    kind         text NOT NULL,
    source       text NOT NULL,                          -- the object that both sides speak of
    type         text NOT NULL,
    ledger       bigint NOT NULL,
    other        bigint NOT NULL,                        -- what the other side has
    ledger_fee   bigint NOT NULL DEFAULT 0,
    other_fee    bigint NOT NULL DEFAULT 0,
    currency     char(3) NOT NULL,
    day          date NOT NULL,                          -- when it happened, in the company's zone
    entry_id     uuid,
    milestone_id uuid,
    state        text NOT NULL CHECK (state IN ('open', 'proposed', 'resolved', 'explained')),
    owner_id     uuid REFERENCES people,
    found_at     timestamptz NOT NULL,
    seen_at      timestamptz NOT NULL,
    seen_run     uuid NOT NULL,
    ended_at     timestamptz,
    UNIQUE (company_id, id),
    CONSTRAINT exception_has_one_identity UNIQUE (company_id, level, subject),
    CONSTRAINT ended_when_it_is_over CHECK ((ended_at IS NULL) = (state IN ('open', 'proposed'))),
    FOREIGN KEY (company_id, milestone_id) REFERENCES milestones (company_id, id)
);
CREATE INDEX exceptions_waiting ON exceptions (company_id, day) WHERE state IN ('open', 'proposed');

-- What one person proposes about the books and another approves: a manual entry, or taking a difference as explained
-- (no postings). An approved one names its entry.
CREATE TABLE adjustments (
    id           uuid PRIMARY KEY,
    company_id   uuid NOT NULL REFERENCES companies,
    exception_id uuid,
    milestone_id uuid,
    external_id  text NOT NULL DEFAULT '',               -- the provider's object that the entry is about
    postings     jsonb NOT NULL DEFAULT '[]',
    reason       text NOT NULL CHECK (reason <> '' AND length(reason) <= 2000),
    state        text NOT NULL CHECK (state IN ('asked', 'approved', 'declined', 'withdrawn')),
    asked_by     uuid NOT NULL REFERENCES people,
    asked_at     timestamptz NOT NULL,
    decided_by   uuid REFERENCES people,
    decided_at   timestamptz,
    entry_id     uuid,
    FOREIGN KEY (company_id, exception_id) REFERENCES exceptions (company_id, id),
    FOREIGN KEY (company_id, milestone_id) REFERENCES milestones (company_id, id),
    CONSTRAINT adjusting_takes_two CHECK (state NOT IN ('approved', 'declined') OR decided_by IS NOT NULL AND decided_by <> asked_by)
);
CREATE INDEX adjustments_company ON adjustments (company_id, id DESC);
CREATE UNIQUE INDEX one_proposal_an_exception ON adjustments (exception_id) WHERE state = 'asked';
