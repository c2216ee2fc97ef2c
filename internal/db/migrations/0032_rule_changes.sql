-- A row of the rules that somebody wants to add. One that would change what somebody was shown waits for a second person.
-- +goose Up
CREATE TABLE rule_changes (
    id         uuid PRIMARY KEY,
    company_id uuid NOT NULL REFERENCES companies,       -- where it was asked for
    statute    boolean NOT NULL,                         -- a row of the whole installation
    kind       text NOT NULL,
    key        text NOT NULL,
    valid_from date NOT NULL,
    value      bigint NOT NULL CHECK (value >= 0),
    choice     text NOT NULL,
    source     text NOT NULL,
    note       text NOT NULL,
    affected   integer NOT NULL,                         -- open offers whose figures it changes
    state      text NOT NULL CHECK (state IN ('asked', 'approved', 'declined', 'withdrawn')),
    version    bigint REFERENCES rules,                  -- the row that came of it
    asked_by   uuid NOT NULL REFERENCES people,
    asked_at   timestamptz NOT NULL,
    decided_by uuid REFERENCES people,
    decided_at timestamptz,
    UNIQUE (company_id, id),
    CONSTRAINT rule_change_four_eyes CHECK (state <> 'approved' OR affected = 0 OR decided_by <> asked_by)
);
CREATE INDEX rule_changes_company ON rule_changes (company_id, id DESC);
