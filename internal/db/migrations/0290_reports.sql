-- The reporting desk: what somebody reports about behaviour in a company's network, who looks into it and what comes of it. See
-- market/report.go. None of it is in the audit log, in which a company's administrators read.
-- +goose Up
SET LOCAL lock_timeout = '5s';

CREATE TABLE reports (
    id           uuid PRIMARY KEY,                   -- random: a number that grows would tell when
    company_id   uuid NOT NULL REFERENCES companies,
    category     text NOT NULL,
    subject      text NOT NULL DEFAULT '',           -- task:<id> and the like; empty: nothing in particular
    state        text NOT NULL CHECK (state IN ('received', 'looking', 'answered', 'measures', 'closed')),
    reporter_id  uuid REFERENCES people,             -- empty: anonymous, or forgotten
    code_hash    bytea UNIQUE,                       -- of the code by which an anonymous reporter comes back
    outcome      text NOT NULL DEFAULT '',           -- of a closed one
    received_on  date NOT NULL,                      -- the company's day; nothing tells the hour
    acknowledged_at timestamptz,
    answered_at  timestamptz,
    closed_at    timestamptz,
    told         boolean NOT NULL DEFAULT false,     -- the desk was written to
    reminded     integer NOT NULL DEFAULT 0,         -- of how many of its days
    forgotten_at timestamptz,                        -- when names and texts were removed
    version      integer NOT NULL DEFAULT 1,
    UNIQUE (company_id, id),
    CONSTRAINT report_closed_in_time CHECK ((state = 'closed') = (closed_at IS NOT NULL)),
    CONSTRAINT report_forgets_names CHECK (forgotten_at IS NULL OR reporter_id IS NULL AND code_hash IS NULL AND subject = '')
);
CREATE INDEX reports_company ON reports (company_id, received_on);
CREATE INDEX reports_reporter ON reports (reporter_id);
CREATE INDEX reports_running ON reports (received_on) WHERE state <> 'closed';

-- Whom it is about: they never look into it, and never see it.
CREATE TABLE report_people (
    report_id  uuid NOT NULL,
    company_id uuid NOT NULL,
    person_id  uuid NOT NULL REFERENCES people,
    PRIMARY KEY (report_id, person_id),
    FOREIGN KEY (company_id, report_id) REFERENCES reports (company_id, id)
);
CREATE INDEX report_people_person ON report_people (person_id);

CREATE TABLE report_entries (
    id         uuid PRIMARY KEY,
    report_id  uuid NOT NULL,
    company_id uuid NOT NULL,
    position   integer NOT NULL,
    side       text NOT NULL CHECK (side IN ('reporter', 'desk', 'note')), -- a note is the desk's own
    author_id  uuid REFERENCES people,               -- of the desk; empty for a reporter, whose name stands in the report or nowhere
    text       text NOT NULL,
    on_day     date NOT NULL,
    UNIQUE (report_id, position),
    FOREIGN KEY (company_id, report_id) REFERENCES reports (company_id, id)
);

-- Who of the desk opened a report, and did what about it.
CREATE TABLE report_looks (
    id         uuid PRIMARY KEY,
    report_id  uuid NOT NULL,
    company_id uuid NOT NULL,
    person_id  uuid NOT NULL REFERENCES people,
    did        text NOT NULL,
    at         timestamptz NOT NULL,
    FOREIGN KEY (company_id, report_id) REFERENCES reports (company_id, id)
);
CREATE INDEX report_looks_of ON report_looks (report_id, at);
CREATE TRIGGER report_looks_append_only BEFORE UPDATE ON report_looks FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- Keeping somebody out of the network for a while takes two people of the desk.
CREATE TABLE suspensions (
    id         uuid PRIMARY KEY,
    report_id  uuid NOT NULL,
    company_id uuid NOT NULL,
    person_id  uuid NOT NULL REFERENCES people,
    until_on   date,
    reason     text NOT NULL,                        -- which its person reads
    state      text NOT NULL CHECK (state IN ('asked', 'held', 'declined', 'lifted')),
    asked_by   uuid NOT NULL REFERENCES people,
    asked_at   timestamptz NOT NULL,
    decided_by uuid REFERENCES people,
    decided_at timestamptz,
    bar_id     uuid REFERENCES bars,
    CONSTRAINT suspension_takes_two CHECK (state <> 'held' OR decided_by IS NOT NULL AND decided_by <> asked_by),
    FOREIGN KEY (company_id, report_id) REFERENCES reports (company_id, id)
);
CREATE UNIQUE INDEX one_suspension ON suspensions (company_id, person_id) WHERE state IN ('asked', 'held');
CREATE INDEX suspensions_report ON suspensions (report_id);
CREATE INDEX suspensions_person ON suspensions (person_id);

ALTER TABLE bars DROP CONSTRAINT bars_kind_check;
ALTER TABLE bars ADD CONSTRAINT bars_kind_check CHECK (kind IN ('by_person', 'by_company', 'conflict', 'suspended')) NOT VALID;

ALTER TABLE companies ADD COLUMN reports_kept integer NOT NULL DEFAULT 3 CHECK (reports_kept BETWEEN 1 AND 10); -- years after the end

-- Who can look into reports of a company: those whom it named (1), its administrators (2), and who runs the installation (3).
CREATE VIEW report_officers (company_id, person_id, level) AS
SELECT c.id, g.person_id, min(CASE WHEN g.company_id = c.id AND r.permissions @> ARRAY['handle_reports'] THEN 1 WHEN g.company_id = c.id AND g.role = 'administrator' THEN 2 ELSE 3 END)
FROM companies c JOIN role_grants g ON g.company_id = c.id OR g.role = 'operator' LEFT JOIN custom_roles r ON r.id = g.custom_id
WHERE g.accepted_at IS NOT NULL AND (g.role = 'operator' OR g.role = 'administrator' OR r.permissions @> ARRAY['handle_reports'])
GROUP BY c.id, g.person_id;

-- Who looks into one of them: nobody whom it is about, nor who made it. They are two where there are two, so that nobody alone can
-- sit on a report: where those whom the company named are fewer, its administrators join them, and then the operators.
CREATE VIEW report_desk (report_id, company_id, person_id, level) AS
SELECT report_id, company_id, person_id, level FROM (
    SELECT k.id AS report_id, k.company_id, o.person_id, o.level,
        count(*) FILTER (WHERE o.level = 1) OVER (PARTITION BY k.id) AS named, count(*) FILTER (WHERE o.level <= 2) OVER (PARTITION BY k.id) AS ours
    FROM reports k JOIN report_officers o ON o.company_id = k.company_id
    WHERE o.person_id IS DISTINCT FROM k.reporter_id AND NOT EXISTS (SELECT 1 FROM report_people a WHERE a.report_id = k.id AND a.person_id = o.person_id)) all_of_them
WHERE level = 1 OR level = 2 AND named < 2 OR level = 3 AND ours < 2;
