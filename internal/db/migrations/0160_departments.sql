-- Departments over time: renamed, put under another, merged; and why somebody left. See market/department.go and departure.go.
-- +goose Up
SET LOCAL lock_timeout = '5s';

-- merged_into is the department of today, never one that was merged itself.
ALTER TABLE departments
    ADD COLUMN above_id    uuid,
    ADD COLUMN merged_into uuid,
    ADD COLUMN merged_on   date,                   -- the first day on which it was part of the other
    ADD FOREIGN KEY (company_id, above_id) REFERENCES departments (company_id, id),
    ADD FOREIGN KEY (company_id, merged_into) REFERENCES departments (company_id, id),
    ADD CONSTRAINT merged_on_a_day CHECK ((merged_into IS NULL) = (merged_on IS NULL)),
    ADD CONSTRAINT no_department_of_itself CHECK (above_id <> id AND merged_into <> id);

-- What a department was until a day: its name, and the name of the one above it.
CREATE TABLE department_pasts (
    company_id    uuid NOT NULL,
    department_id uuid NOT NULL,
    until         date NOT NULL,                   -- the first day on which it was not so any more
    name          text NOT NULL CHECK (name <> ''),
    name_en       text NOT NULL DEFAULT '',
    above_id      uuid,
    PRIMARY KEY (department_id, until),
    FOREIGN KEY (company_id, department_id) REFERENCES departments (company_id, id),
    FOREIGN KEY (company_id, above_id) REFERENCES departments (company_id, id)
);

-- A stint counts for today's department; formerly_id is the one it was in where that was merged since. departure is a
-- personnel fact: the alumni office sees it, nobody else, and no ranking reads it.
ALTER TABLE stints
    ADD COLUMN formerly_id uuid,
    ADD COLUMN departure   text NOT NULL DEFAULT '' CHECK (departure IN ('', 'retirement', 'contract_end', 'voluntary', 'company', 'transfer', 'other')),
    ADD FOREIGN KEY (company_id, formerly_id) REFERENCES departments (company_id, id),
    DROP CONSTRAINT stint_once;
CREATE UNIQUE INDEX stint_once ON stints (membership_id, coalesce(formerly_id, department_id), joined_on) NULLS NOT DISTINCT;
CREATE INDEX stints_department ON stints (department_id);
