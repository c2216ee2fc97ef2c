-- What rankings read: see package matching. Everything in match_members and match_held can be made again from the
-- tables of 0002 and 0003; a row in index_pending says that it must.
-- +goose Up
-- How many indexes have confirmed the change, in their order: PostgreSQL's own, then the faster one where there is one.
-- The last one to confirm deletes the row.
ALTER TABLE index_pending ADD COLUMN stage smallint NOT NULL DEFAULT 0;

-- One row for every membership that ever worked there. Scores are hundredths.
CREATE TABLE match_members (
    membership_id  uuid PRIMARY KEY,
    company_id     uuid NOT NULL,
    person_id      uuid NOT NULL,
    candidate      boolean NOT NULL,       -- false for current staff and for people who hid themselves
    p              smallint NOT NULL,      -- tenure + record
    tenure         smallint NOT NULL,
    left_on        date NOT NULL,
    knows          uuid[] NOT NULL,        -- departments with 365 days and more
    worked         uuid[] NOT NULL,        -- every department
    available_from date,
    hourly_rate    bigint,                 -- minor units of the company's currency
    changes_on     date                    -- the day on which the row goes stale by itself
);
CREATE INDEX match_members_company ON match_members (company_id, p DESC, membership_id);
CREATE INDEX match_members_due ON match_members (company_id, changes_on);

-- Strength by skill, broader skills included. The second index answers a ranking without touching the table.
CREATE TABLE match_held (
    membership_id uuid NOT NULL REFERENCES match_members ON DELETE CASCADE,
    company_id    uuid NOT NULL,
    skill_id      text NOT NULL,
    strength      smallint NOT NULL CHECK (strength BETWEEN 1 AND 3),
    PRIMARY KEY (membership_id, skill_id)
);
CREATE INDEX match_held_covering ON match_held (company_id, skill_id, membership_id) INCLUDE (strength);

-- The indexes that hold every document. A process that runs without one of them takes its row away, because the index
-- misses the changes of that time; it is then built anew.
CREATE TABLE match_indexes (
    name     text PRIMARY KEY,
    built_at timestamptz NOT NULL DEFAULT now()
);

-- Every way to write a skill, normalised (package matching/taxonomy): what text is resolved by. company_id is set for
-- a company's own names. The key makes two people who type the same new name at once get one skill.
CREATE TABLE skill_names (
    name       text NOT NULL CHECK (name <> ''),
    company_id uuid REFERENCES companies,
    skill_id   text NOT NULL REFERENCES skills,
    CONSTRAINT skill_name_once UNIQUE NULLS NOT DISTINCT (name, company_id)
);
CREATE INDEX skill_names_skill ON skill_names (skill_id);
CREATE INDEX skill_aliases_skill ON skill_aliases (skill_id);

-- Which starter taxonomy is in the tables, so that the next start need not compare.
CREATE TABLE taxonomy_versions (
    checksum   text PRIMARY KEY,
    applied_at timestamptz NOT NULL DEFAULT now()
);
