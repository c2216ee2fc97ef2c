-- Who leaves is invited on the day to stay in touch from an address of their own. See market/farewell.go and address.go.
-- +goose Up
CREATE TABLE farewells (
    membership_id uuid PRIMARY KEY,
    company_id    uuid NOT NULL,
    leaves_on     date NOT NULL,                  -- the last day, the company's
    next_on       date,                           -- when the next letter goes; empty: none is left
    sent          smallint NOT NULL DEFAULT 0,    -- letters so far
    answer        text NOT NULL DEFAULT '' CHECK (answer IN ('', 'kept', 'declined')),
    answered_at   timestamptz,
    made_at       timestamptz NOT NULL,
    FOREIGN KEY (company_id, membership_id) REFERENCES memberships (company_id, id),
    CHECK ((answer = '') = (answered_at IS NULL)),
    CHECK (answer = '' OR next_on IS NULL)
);
CREATE INDEX farewells_next ON farewells (next_on) WHERE next_on IS NOT NULL;
CREATE INDEX farewells_company ON farewells (company_id, leaves_on DESC);

-- An address that somebody wants to use from now on, until its own letter confirms that it is theirs.
CREATE TABLE address_changes (
    hash       bytea PRIMARY KEY,
    person_id  uuid NOT NULL REFERENCES people,
    email      text NOT NULL CHECK (email = lower(email)),
    expires_at timestamptz NOT NULL,
    used_at    timestamptz,
    created_at timestamptz NOT NULL
);
CREATE INDEX address_changes_person ON address_changes (person_id);
CREATE INDEX address_changes_age ON address_changes (expires_at);
