-- Free-text search over people and tasks, and searches that are kept and tell of what newly fits. See package matching,
-- search.go and saved.go.
-- +goose Up
-- PostgreSQL's own index of words: the folded text of every membership and every task (package matching/freetext).
CREATE TABLE search_texts (
    kind   text NOT NULL CHECK (kind IN ('people', 'tasks')),
    id     uuid NOT NULL,
    scope  uuid[] NOT NULL,             -- companies whose readers may find it at most; policy has the last word
    head   text NOT NULL,
    skills text NOT NULL,
    rest   text NOT NULL,
    PRIMARY KEY (kind, id)
);
CREATE INDEX search_texts_scope ON search_texts USING gin (scope);

-- What an index of words may have wrong, written by the triggers below in the change's own transaction: names and
-- words change in too many places for each of them to remember. The last index to confirm a row deletes it.
CREATE TABLE search_pending (
    seq        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind       text NOT NULL,
    company_id uuid NOT NULL,
    id         uuid NOT NULL,
    stage      smallint NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX search_pending_company ON search_pending (company_id, kind);

-- The indexes of words that hold everything; as match_indexes.
CREATE TABLE search_indexes (
    name     text PRIMARY KEY,
    built_at timestamptz NOT NULL DEFAULT now()
);

-- Who exists already is written by the first who looks after the indexes.
INSERT INTO search_pending (kind, company_id, id) SELECT 'people', company_id, id FROM memberships ORDER BY id;
INSERT INTO search_pending (kind, company_id, id) SELECT 'tasks', company_id, id FROM tasks ORDER BY id;

-- +goose StatementBegin
CREATE FUNCTION search_people_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO search_pending (kind, company_id, id)
        SELECT 'people', m.company_id, m.id FROM fresh f JOIN old_rows o USING (id) JOIN memberships m ON m.person_id = f.id
        WHERE (f.family_name, f.given_name, f.family_kana, f.given_kana, f.available_from, f.hourly_rate, f.rate_currency)
            IS DISTINCT FROM (o.family_name, o.given_name, o.family_kana, o.given_kana, o.available_from, o.hourly_rate, o.rate_currency);
    RETURN NULL;
END $$;
CREATE FUNCTION search_memberships_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO search_pending (kind, company_id, id) SELECT 'people', f.company_id, f.id FROM fresh f JOIN old_rows o USING (id)
        WHERE (f.email, f.hidden, f.person_id) IS DISTINCT FROM (o.email, o.hidden, o.person_id);
    RETURN NULL;
END $$;
-- For rows that came or went: of memberships and of stints (by membership_id), of held skills (by person_id).
CREATE FUNCTION search_membership_rows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO search_pending (kind, company_id, id) SELECT 'people', company_id, id FROM fresh;
    RETURN NULL;
END $$;
CREATE FUNCTION search_stint_rows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO search_pending (kind, company_id, id) SELECT DISTINCT 'people', company_id, membership_id FROM fresh;
    RETURN NULL;
END $$;
CREATE FUNCTION search_held_rows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO search_pending (kind, company_id, id) SELECT DISTINCT 'people', m.company_id, m.id FROM fresh f JOIN memberships m ON m.person_id = f.person_id;
    RETURN NULL;
END $$;
CREATE FUNCTION search_task_rows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO search_pending (kind, company_id, id) SELECT 'tasks', company_id, id FROM fresh;
    RETURN NULL;
END $$;
CREATE FUNCTION search_task_skill_rows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO search_pending (kind, company_id, id) SELECT DISTINCT 'tasks', company_id, task_id FROM fresh;
    RETURN NULL;
END $$;
-- For names that many texts hold: of departments, of skills and of companies.
CREATE FUNCTION search_department_renamed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO search_pending (kind, company_id, id)
        SELECT DISTINCT 'people', s.company_id, s.membership_id FROM fresh f JOIN old_rows o USING (id) JOIN stints s ON s.department_id = f.id
        WHERE (f.name, f.name_en, f.aliases) IS DISTINCT FROM (o.name, o.name_en, o.aliases)
        UNION ALL SELECT 'tasks', t.company_id, t.id FROM fresh f JOIN old_rows o USING (id) JOIN tasks t ON t.company_id = f.company_id AND t.department_id = f.id
        WHERE (f.name, f.name_en, f.aliases) IS DISTINCT FROM (o.name, o.name_en, o.aliases);
    RETURN NULL;
END $$;
CREATE FUNCTION search_company_renamed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO search_pending (kind, company_id, id) SELECT 'tasks', t.company_id, t.id FROM fresh f JOIN old_rows o USING (id) JOIN tasks t ON t.company_id = f.id
        WHERE (f.name, f.name_en) IS DISTINCT FROM (o.name, o.name_en);
    RETURN NULL;
END $$;
CREATE FUNCTION search_skill_renamed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    WITH changed AS (SELECT f.id FROM fresh f JOIN old_rows o USING (id) WHERE (f.name_en, f.name_ja) IS DISTINCT FROM (o.name_en, o.name_ja))
    INSERT INTO search_pending (kind, company_id, id)
        SELECT DISTINCT 'people', m.company_id, m.id FROM changed c JOIN person_skills h ON h.skill_id = c.id JOIN memberships m ON m.person_id = h.person_id
        UNION ALL SELECT 'tasks', k.company_id, k.task_id FROM changed c JOIN task_skills k ON k.skill_id = c.id;
    RETURN NULL;
END $$;
CREATE FUNCTION search_alias_rows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO search_pending (kind, company_id, id)
        SELECT DISTINCT 'people', m.company_id, m.id FROM fresh f JOIN person_skills h ON h.skill_id = f.skill_id JOIN memberships m ON m.person_id = h.person_id
        UNION SELECT 'tasks', k.company_id, k.task_id FROM fresh f JOIN task_skills k ON k.skill_id = f.skill_id;
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER search_people AFTER UPDATE ON people REFERENCING OLD TABLE AS old_rows NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION search_people_changed();
CREATE TRIGGER search_memberships AFTER UPDATE ON memberships REFERENCING OLD TABLE AS old_rows NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION search_memberships_changed();
CREATE TRIGGER search_memberships_in AFTER INSERT ON memberships REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION search_membership_rows();
CREATE TRIGGER search_memberships_out AFTER DELETE ON memberships REFERENCING OLD TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION search_membership_rows();
CREATE TRIGGER search_stints AFTER UPDATE ON stints REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION search_stint_rows();
CREATE TRIGGER search_stints_in AFTER INSERT ON stints REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION search_stint_rows();
CREATE TRIGGER search_stints_out AFTER DELETE ON stints REFERENCING OLD TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION search_stint_rows();
CREATE TRIGGER search_held AFTER UPDATE ON person_skills REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION search_held_rows();
CREATE TRIGGER search_held_in AFTER INSERT ON person_skills REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION search_held_rows();
CREATE TRIGGER search_held_out AFTER DELETE ON person_skills REFERENCING OLD TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION search_held_rows();
CREATE TRIGGER search_tasks AFTER UPDATE ON tasks REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION search_task_rows();
CREATE TRIGGER search_tasks_in AFTER INSERT ON tasks REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION search_task_rows();
CREATE TRIGGER search_tasks_out AFTER DELETE ON tasks REFERENCING OLD TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION search_task_rows();
CREATE TRIGGER search_task_skills AFTER UPDATE ON task_skills REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION search_task_skill_rows();
CREATE TRIGGER search_task_skills_in AFTER INSERT ON task_skills REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION search_task_skill_rows();
CREATE TRIGGER search_task_skills_out AFTER DELETE ON task_skills REFERENCING OLD TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION search_task_skill_rows();
CREATE TRIGGER search_departments AFTER UPDATE ON departments REFERENCING OLD TABLE AS old_rows NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION search_department_renamed();
CREATE TRIGGER search_companies AFTER UPDATE ON companies REFERENCING OLD TABLE AS old_rows NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION search_company_renamed();
CREATE TRIGGER search_skills AFTER UPDATE ON skills REFERENCING OLD TABLE AS old_rows NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION search_skill_renamed();
CREATE TRIGGER search_aliases_in AFTER INSERT ON skill_aliases REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION search_alias_rows();
CREATE TRIGGER search_aliases_out AFTER DELETE ON skill_aliases REFERENCING OLD TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION search_alias_rows();

-- A search that somebody keeps: for work, or for people of one company. Empty fields narrow nothing.
CREATE TABLE saved_searches (
    id           uuid PRIMARY KEY,
    person_id    uuid NOT NULL REFERENCES people,
    kind         text NOT NULL CHECK (kind IN ('work', 'talent')),
    company_id   uuid REFERENCES companies,        -- whose people; empty for work
    name         text NOT NULL CHECK (name <> '' AND length(name) <= 100),
    text         text NOT NULL DEFAULT '' CHECK (length(text) <= 200),
    skills       text[] NOT NULL DEFAULT '{}',
    companies    uuid[] NOT NULL DEFAULT '{}',     -- whose work
    departments  uuid[] NOT NULL DEFAULT '{}',     -- where people were
    budget_from  bigint CHECK (budget_from > 0),   -- minor units of each task's currency
    due_by       date,
    available_by date,
    max_rate     bigint CHECK (max_rate > 0),      -- minor units of the company's currency
    rhythm       text NOT NULL CHECK (rhythm IN ('instant', 'daily', 'weekly')),
    paused_at    timestamptz,
    version      integer NOT NULL DEFAULT 1,       -- raised by every edit: what was looked up for an older one is not told
    next_at      timestamptz NOT NULL,             -- when to look again
    stop_key     uuid NOT NULL UNIQUE,             -- of the link in each letter that pauses this search and can do nothing else
    created_at   timestamptz NOT NULL,
    updated_at   timestamptz NOT NULL,
    CHECK ((kind = 'talent') = (company_id IS NOT NULL))
);
CREATE INDEX saved_searches_person ON saved_searches (person_id, id DESC);
CREATE INDEX saved_searches_next ON saved_searches (next_at) WHERE paused_at IS NULL;

-- What each search knows of already: told once, in the letter of that id, or there when it was saved (no letter).
CREATE TABLE saved_told (
    search_id uuid NOT NULL REFERENCES saved_searches ON DELETE CASCADE,
    item_id   uuid NOT NULL,                       -- a task or a membership
    letter_id uuid,
    told_at   timestamptz NOT NULL,
    PRIMARY KEY (search_id, item_id)
);
CREATE INDEX saved_told_letter ON saved_told (letter_id) WHERE letter_id IS NOT NULL;

-- A letter of a search, written down before it is sent.
CREATE TABLE saved_letters (
    id        uuid PRIMARY KEY,
    search_id uuid NOT NULL REFERENCES saved_searches ON DELETE CASCADE,
    made_at   timestamptz NOT NULL,
    sent_at   timestamptz                          -- also set when there was nothing left to tell
);
