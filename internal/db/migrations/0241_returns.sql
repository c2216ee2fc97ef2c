-- Who would come back, and how far it is. It is nobody's business but the office's and theirs whom the company names for it. See
-- market/returning.go.
-- +goose Up
CREATE TABLE return_interests (
    membership_id uuid PRIMARY KEY,
    company_id    uuid NOT NULL,
    person_id     uuid NOT NULL REFERENCES people,
    openness      text NOT NULL CHECK (openness IN ('now', 'later')),
    roles         text NOT NULL DEFAULT '',
    hours         integer NOT NULL DEFAULT 0 CHECK (hours BETWEEN 0 AND 80), -- a week; 0: not said
    place         text NOT NULL DEFAULT '',
    from_on       date,
    note          text NOT NULL DEFAULT '',
    said_at       timestamptz NOT NULL,
    expires_on    date NOT NULL,                  -- the company's day on which it is asked again
    FOREIGN KEY (company_id, membership_id) REFERENCES memberships (company_id, id)
);
CREATE INDEX return_interests_expiry ON return_interests (expires_on);
CREATE INDEX return_interests_person ON return_interests (person_id);

CREATE TABLE return_cases (
    id            uuid PRIMARY KEY,
    company_id    uuid NOT NULL,
    membership_id uuid NOT NULL,
    person_id     uuid NOT NULL REFERENCES people,
    stage         text NOT NULL CHECK (stage IN ('interest', 'talking', 'interview', 'offer', 'returned', 'not_now')),
    owner_id      uuid REFERENCES people,
    next_step     text NOT NULL DEFAULT '',
    next_on       date,
    version       integer NOT NULL DEFAULT 1,
    opened_at     timestamptz NOT NULL,
    updated_at    timestamptz NOT NULL,
    FOREIGN KEY (company_id, membership_id) REFERENCES memberships (company_id, id)
);
CREATE UNIQUE INDEX one_open_return ON return_cases (membership_id) WHERE stage NOT IN ('returned', 'not_now');
CREATE INDEX return_cases_company ON return_cases (company_id, updated_at);
CREATE INDEX return_cases_person ON return_cases (person_id);

-- What was noted and how the stage moved. Its person can take all of it out.
CREATE TABLE return_notes (
    id         uuid PRIMARY KEY,
    company_id uuid NOT NULL REFERENCES companies,
    case_id    uuid NOT NULL REFERENCES return_cases,
    author_id  uuid REFERENCES people,            -- empty: its person, or the clock
    stage      text NOT NULL,                     -- from then on
    text       text NOT NULL DEFAULT '',
    noted_at   timestamptz NOT NULL
);
CREATE INDEX return_notes_case ON return_notes (case_id);

-- Kinds of departure after which a company does not take people back, by its own rule.
ALTER TABLE companies ADD COLUMN return_excludes text[] NOT NULL DEFAULT '{}';
