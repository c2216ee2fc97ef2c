-- What companies say of work that they accepted, signed, for the person to show. See market/workrecord.go.
-- +goose Up
SET LOCAL lock_timeout = '5s';

-- The keys that a company signs with. sealed is empty for one that can be opened no more: what it signed is still checked.
CREATE TABLE signing_keys (
    id         text PRIMARY KEY,                     -- the thumbprint
    company_id uuid NOT NULL REFERENCES companies,
    public     jsonb NOT NULL,                       -- as JSON Web Key
    sealed     bytea NOT NULL,
    made_at    timestamptz NOT NULL,
    retired_at timestamptz
);
CREATE UNIQUE INDEX one_key_signs ON signing_keys (company_id) WHERE retired_at IS NULL;
CREATE INDEX signing_keys_company ON signing_keys (company_id);

CREATE TABLE work_records (
    id           uuid PRIMARY KEY,
    company_id   uuid NOT NULL REFERENCES companies,
    person_id    uuid NOT NULL REFERENCES people,
    contract_id  uuid NOT NULL REFERENCES contracts,
    milestone_id uuid REFERENCES milestones,          -- none: the whole of a contract by the hour
    title        text NOT NULL,
    skills       text[] NOT NULL,                    -- names, in the person's language
    began_on     date NOT NULL,
    accepted_on  date NOT NULL,
    key_id       text NOT NULL REFERENCES signing_keys,
    token        text NOT NULL,                      -- the signed credential
    issued_at    timestamptz NOT NULL,
    shown        boolean NOT NULL DEFAULT false,     -- on the person's own page
    revoked_at   timestamptz,
    revoked_by   uuid REFERENCES people,
    reason       text NOT NULL DEFAULT '' CHECK (length(reason) <= 1000),
    CHECK ((revoked_at IS NULL) = (reason = '')),
    CONSTRAINT recorded_once UNIQUE NULLS NOT DISTINCT (contract_id, milestone_id)
);
CREATE INDEX work_records_person ON work_records (person_id, id DESC);
CREATE INDEX work_records_company ON work_records (company_id, id DESC);

-- The page on which somebody shows them to everybody, while they wish it.
CREATE TABLE record_pages (
    person_id uuid PRIMARY KEY REFERENCES people,
    slug      text NOT NULL UNIQUE,
    made_at   timestamptz NOT NULL
);
