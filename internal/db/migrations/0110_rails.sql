-- Ways of paying other than prefunding: which one holds for a company's next contracts and for a milestone, pay runs, and
-- the bank accounts of those who are paid. See billing/payrun.go. Amounts are minor units.
-- +goose Up
ALTER TABLE companies ADD COLUMN rail text NOT NULL DEFAULT 'prefunded' CHECK (rail IN ('prefunded', 'on_acceptance', 'bank_file'));
ALTER TABLE milestones ADD COLUMN rail text NOT NULL DEFAULT 'prefunded' CHECK (rail IN ('prefunded', 'on_acceptance', 'bank_file'));
CREATE INDEX milestones_payable ON milestones (company_id, pay_by) WHERE rail <> 'prefunded' AND state IN ('accepted', 'payout_failed');

-- Where somebody is paid who is paid from a company's own bank. It belongs to the person, whatever company pays.
CREATE TABLE payee_accounts (
    person_id  uuid PRIMARY KEY REFERENCES people,
    details    bytea NOT NULL,                          -- JSON of the account
    sealed     boolean NOT NULL,                        -- with the installation's key, where there is one
    masked     jsonb NOT NULL,                          -- what others may see of it
    changed_at timestamptz NOT NULL
);

-- Payments that one person proposes and another approves.
CREATE TABLE pay_runs (
    id          uuid PRIMARY KEY,
    company_id  uuid NOT NULL REFERENCES companies,
    number      integer NOT NULL,                       -- counted within the company
    rail        text NOT NULL CHECK (rail IN ('on_acceptance', 'bank_file')),
    account_id  uuid,                                   -- that it is paid from
    pay_on      date NOT NULL,
    currency    char(3) NOT NULL,
    state       text NOT NULL CHECK (state IN ('proposed', 'approved', 'filed', 'sent', 'confirmed', 'partly_returned', 'declined', 'withdrawn', 'recalled')),
    proposed_by uuid NOT NULL REFERENCES people,
    proposed_at timestamptz NOT NULL,
    decided_by  uuid REFERENCES people,
    decided_at  timestamptz,
    filed_at    timestamptz,
    file_hash   text NOT NULL DEFAULT '',               -- of the transfer file
    file        bytea,                                  -- the file, with the payees' accounts as they stood
    file_sealed boolean NOT NULL DEFAULT false,         -- with the installation's key, where there is one
    sent_by     uuid REFERENCES people,
    sent_at     timestamptz,
    closed_at   timestamptz,                            -- nothing of it is open any more
    UNIQUE (company_id, id),
    UNIQUE (company_id, number),
    FOREIGN KEY (company_id, account_id) REFERENCES bank_accounts (company_id, id),
    CONSTRAINT run_has_its_account CHECK ((rail = 'bank_file') = (account_id IS NOT NULL)),
    CONSTRAINT run_four_eyes CHECK (state IN ('proposed', 'declined', 'withdrawn') OR decided_by <> proposed_by)
);
CREATE INDEX pay_runs_account ON pay_runs (account_id) WHERE state IN ('sent', 'confirmed', 'partly_returned');

CREATE TABLE pay_items (
    id           uuid PRIMARY KEY,
    company_id   uuid NOT NULL,
    run_id       uuid NOT NULL,
    milestone_id uuid NOT NULL,
    person_id    uuid NOT NULL REFERENCES people,
    amount       bigint NOT NULL CHECK (amount > 0),
    state        text NOT NULL CHECK (state IN ('waiting', 'sent', 'confirmed', 'returned', 'dropped')),
    holder       text NOT NULL DEFAULT '',              -- of the account that the file pays, to find it in a statement
    line_id      uuid,                                  -- the statement's line that says it was paid
    return_id    uuid,                                  -- the one that says it came back
    UNIQUE (company_id, id),
    CONSTRAINT pay_item_once UNIQUE (run_id, milestone_id),
    FOREIGN KEY (company_id, run_id) REFERENCES pay_runs (company_id, id),
    FOREIGN KEY (company_id, milestone_id) REFERENCES milestones (company_id, id),
    FOREIGN KEY (company_id, line_id) REFERENCES bank_lines (company_id, id),
    FOREIGN KEY (company_id, return_id) REFERENCES bank_lines (company_id, id)
);
CREATE UNIQUE INDEX one_live_payment ON pay_items (milestone_id) WHERE state IN ('waiting', 'sent');
CREATE INDEX pay_items_milestone ON pay_items (milestone_id);
CREATE INDEX pay_items_return ON pay_items (return_id) WHERE return_id IS NOT NULL;
CREATE INDEX pay_items_line ON pay_items (line_id) WHERE line_id IS NOT NULL;
