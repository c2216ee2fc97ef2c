-- Questions about a task that the company answers for everybody whom it reaches. See market/clarification.go.
-- +goose Up
CREATE TABLE clarifications (
    id           uuid PRIMARY KEY,
    company_id   uuid NOT NULL,
    task_id      uuid NOT NULL,
    number       integer NOT NULL,
    question     text NOT NULL CHECK (question <> ''),
    answer       text NOT NULL CHECK (answer <> ''),
    made_by      uuid NOT NULL REFERENCES people,
    made_at      timestamptz NOT NULL,
    corrected_at timestamptz,
    UNIQUE (task_id, number),
    FOREIGN KEY (company_id, task_id) REFERENCES tasks (company_id, id)
);
