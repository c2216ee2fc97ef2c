-- What requests leave behind: sessions of browsers, and the keys under which a POST is done only once. See api/access
-- and internal/idempotency.
-- +goose Up
CREATE TABLE sessions (
    token  text PRIMARY KEY,        -- hashed
    data   bytea NOT NULL,
    expiry timestamptz NOT NULL
);
CREATE INDEX sessions_expiry ON sessions (expiry);

-- started: a request is at work; committed: its work is done and its answer is not kept; answered: both.
CREATE TABLE idempotency_keys (
    person_id  uuid NOT NULL REFERENCES people,
    key        text NOT NULL CHECK (length(key) BETWEEN 1 AND 255),
    route      text NOT NULL,       -- "POST /api/v1/tasks": what to look at when the answer is lost
    input      bytea NOT NULL,      -- hash of the address and the body
    attempt    uuid NOT NULL,       -- of the request that holds the key now
    state      text NOT NULL CHECK (state IN ('started', 'committed', 'answered')),
    status     smallint,
    header     jsonb,
    body       bytea,
    started_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (person_id, key),
    CHECK ((state = 'answered') = (status IS NOT NULL))
);
CREATE INDEX idempotency_keys_age ON idempotency_keys (started_at);
