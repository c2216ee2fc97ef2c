-- Who looked at somebody's page: a row a day for each viewer, kept for 90 days. See market/looks.go.
-- +goose Up
SET LOCAL lock_timeout = '5s';

CREATE TABLE profile_looks (
    person_id  uuid NOT NULL REFERENCES people ON DELETE CASCADE, -- who was looked at
    company_id uuid NOT NULL REFERENCES companies,
    viewer_id  uuid NOT NULL REFERENCES people,
    day        date NOT NULL,                                     -- the company's
    role       text NOT NULL,                                     -- the viewer's there, that day
    named      boolean NOT NULL,                                  -- the company showed its people's names, that day
    PRIMARY KEY (person_id, company_id, viewer_id, day)
);
CREATE INDEX profile_looks_age ON profile_looks (day);
CREATE INDEX profile_looks_viewer ON profile_looks (viewer_id);

-- Whether people learn the names of those of the company who looked at them, or their role alone.
ALTER TABLE companies ADD COLUMN names_viewers boolean NOT NULL DEFAULT false;
