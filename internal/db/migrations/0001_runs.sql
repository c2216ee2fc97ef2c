-- Long work that a person watches: imports, reconciliations, rebuilds. See internal/jobs.
-- +goose Up
CREATE TABLE runs (
    id          uuid PRIMARY KEY,
    company_id  uuid,
    kind        text        NOT NULL,
    state       text        NOT NULL CHECK (state IN ('queued', 'running', 'succeeded', 'failed')),
    done        integer     NOT NULL DEFAULT 0 CHECK (done >= 0),
    total       integer     NOT NULL DEFAULT 0 CHECK (total >= 0),
    input       bytea,
    report      jsonb       NOT NULL DEFAULT '{}',
    started_by  uuid,
    created_at  timestamptz NOT NULL DEFAULT now(),
    finished_at timestamptz
);
CREATE INDEX runs_company ON runs (company_id, created_at DESC);
