-- A second person's look at signs that a commission may be employment, dispatch or a conflict of interest in other
-- clothes. See package market, caution.go.
-- +goose Up
CREATE TABLE caution_looks (
    id         uuid PRIMARY KEY,
    company_id uuid NOT NULL,
    bid_id     uuid NOT NULL,
    task_id    uuid NOT NULL,
    cautions   text[] NOT NULL CHECK (cardinality(cautions) > 0),
    state      text NOT NULL CHECK (state IN ('asked', 'cleared', 'declined')),
    asked_by   uuid NOT NULL REFERENCES people,
    asked_at   timestamptz NOT NULL,
    decided_by uuid REFERENCES people,
    decided_at timestamptz,
    reason     text NOT NULL DEFAULT '' CHECK (length(reason) <= 1000),
    UNIQUE (company_id, id),
    FOREIGN KEY (company_id, bid_id) REFERENCES bids (company_id, id),
    FOREIGN KEY (company_id, task_id) REFERENCES tasks (company_id, id),
    CONSTRAINT look_four_eyes CHECK (decided_by <> asked_by),
    CONSTRAINT look_says_why CHECK (state = 'asked' OR reason <> '')
);
CREATE UNIQUE INDEX one_look_a_bid ON caution_looks (bid_id) WHERE state = 'asked';
CREATE INDEX caution_looks_company ON caution_looks (company_id, id DESC);
