-- People who are in no company's file and say that they worked there, with the former colleagues who know. See market/claim.go
-- and knock.go.
-- +goose Up
SET LOCAL lock_timeout = '5s';

-- Why a membership is believed: the company's records (empty), its office, or former colleagues. Whom colleagues alone vouched
-- for vouches for nobody.
ALTER TABLE memberships ADD COLUMN verified_by text NOT NULL DEFAULT '' CHECK (verified_by IN ('', 'office', 'colleagues'));

-- Somebody at the door whose address is not proven yet.
CREATE TABLE knocks (
    hash       bytea PRIMARY KEY,
    company_id uuid NOT NULL REFERENCES companies,
    email      text NOT NULL CHECK (email = lower(email)),
    language   text NOT NULL CHECK (language IN ('ja', 'en')),
    expires_at timestamptz NOT NULL,
    used_at    timestamptz,
    created_at timestamptz NOT NULL
);
CREATE INDEX knocks_age ON knocks (expires_at);

CREATE TABLE claims (
    id            uuid PRIMARY KEY,
    company_id    uuid NOT NULL REFERENCES companies,
    person_id     uuid NOT NULL REFERENCES people,
    department    text NOT NULL DEFAULT '',        -- as the person calls it
    joined_on     date NOT NULL,
    left_on       date NOT NULL,
    note          text NOT NULL DEFAULT '' CHECK (length(note) <= 1000),
    state         text NOT NULL CHECK (state IN ('open', 'verified', 'refused', 'withdrawn', 'expired')),
    verified_by   text NOT NULL DEFAULT '' CHECK (verified_by IN ('', 'office', 'colleagues')),
    membership_id uuid,                            -- that it became
    reason        text NOT NULL DEFAULT '' CHECK (length(reason) <= 1000),
    asked_at      timestamptz NOT NULL,
    expires_at    timestamptz NOT NULL,
    decided_by    uuid REFERENCES people,
    decided_at    timestamptz,
    CHECK (left_on >= joined_on),
    CHECK ((state = 'open') = (decided_at IS NULL)),
    CHECK ((state = 'verified') = (verified_by <> ''))
);
CREATE UNIQUE INDEX one_open_claim ON claims (company_id, person_id) WHERE state = 'open';
CREATE INDEX claims_company ON claims (company_id, id DESC);
CREATE INDEX claims_person ON claims (person_id);
CREATE INDEX claims_expiry ON claims (expires_at) WHERE state = 'open';

-- A former colleague whom the claimant named. person_id and overlap are what we found out, which the claimant never hears.
CREATE TABLE claim_witnesses (
    claim_id    uuid NOT NULL REFERENCES claims,
    position    smallint NOT NULL,
    email       text NOT NULL,
    person_id   uuid REFERENCES people,            -- whom we asked; empty: nobody
    overlap     integer NOT NULL DEFAULT 0,        -- days that both were there
    answer      text NOT NULL DEFAULT '' CHECK (answer IN ('', 'yes', 'no')),
    answered_at timestamptz,
    PRIMARY KEY (claim_id, position),
    UNIQUE (claim_id, email),
    CONSTRAINT a_witness_once UNIQUE (claim_id, person_id)
);
CREATE INDEX claim_witnesses_person ON claim_witnesses (person_id);
