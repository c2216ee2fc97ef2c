-- Addresses of companies that are told what happens there, and each thing that each of them is told. See market/webhook.go.
-- +goose Up
CREATE TABLE webhooks (
    id            uuid PRIMARY KEY,
    company_id    uuid NOT NULL REFERENCES companies,
    url           text NOT NULL CHECK (url <> ''),
    note          text NOT NULL,
    about         text[] NOT NULL CHECK (cardinality(about) > 0), -- the nouns of the log's actions
    secret        bytea NOT NULL,                                 -- sealed
    old_secret    bytea,                                          -- sealed; signs beside the new one for a while
    old_until     timestamptz,
    state         text NOT NULL CHECK (state IN ('on', 'paused', 'off')),
    failures      integer NOT NULL DEFAULT 0,                     -- calls since the last one that went well
    failing_since timestamptz,
    rests_until   timestamptz,
    made_by       uuid NOT NULL REFERENCES people,
    created_at    timestamptz NOT NULL,
    CHECK ((old_secret IS NULL) = (old_until IS NULL)),
    CHECK ((failures = 0) = (failing_since IS NULL))
);
CREATE INDEX webhooks_company ON webhooks (company_id);

CREATE TABLE webhook_deliveries (
    id         uuid PRIMARY KEY,
    webhook_id uuid NOT NULL REFERENCES webhooks ON DELETE CASCADE,
    company_id uuid NOT NULL REFERENCES companies,
    event_id   uuid NOT NULL REFERENCES audit,                    -- the line of the log
    state      text NOT NULL CHECK (state IN ('waiting', 'delivered', 'failed')),
    attempts   integer NOT NULL DEFAULT 0,
    next_at    timestamptz,                                       -- of a waiting one that failed before
    tried_at   timestamptz,
    status     integer NOT NULL DEFAULT 0,                        -- of the last answer; 0: none came
    trouble    text NOT NULL DEFAULT '',
    took_ms    integer NOT NULL DEFAULT 0,
    UNIQUE (webhook_id, event_id)
);
CREATE INDEX webhook_deliveries_waiting ON webhook_deliveries (webhook_id) WHERE state <> 'delivered';
