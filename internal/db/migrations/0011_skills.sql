-- A taxonomy that grows: published lists are imported beside the starter's, companies keep their own skills in order,
-- and what nobody knows yet is kept as it was typed. See packages matching and matching/taxonomy.
-- +goose Up
SET LOCAL lock_timeout = '5s';

-- An obsolete skill can still be held and named, but is not offered. One that was merged stays as a signpost.
ALTER TABLE skills
    ADD COLUMN obsolete    boolean NOT NULL DEFAULT false,
    ADD COLUMN merged_into text REFERENCES skills,
    ADD COLUMN stands_in   text NOT NULL DEFAULT '';   -- the language of name_en where it is not English (nothing better came yet)
CREATE INDEX skills_company ON skills (company_id) WHERE company_id IS NOT NULL;

-- Where an alias came from ('' the starter or the company, 'esco', 'merge') and its language; an import replaces only its own.
ALTER TABLE skill_aliases
    ADD COLUMN source   text NOT NULL DEFAULT '',
    ADD COLUMN language text NOT NULL DEFAULT '';
ALTER TABLE skill_links ADD COLUMN source text NOT NULL DEFAULT '';

-- Which concept of a published list is which skill here: an import that runs again finds what it made.
CREATE TABLE skill_concepts (
    uri      text PRIMARY KEY,
    skill_id text NOT NULL REFERENCES skills
);
CREATE INDEX skill_concepts_skill ON skill_concepts (skill_id);

-- One word may name two skills (PM): all of them stand here now, and rank says which go first.
ALTER TABLE skill_names
    ADD COLUMN rank smallint NOT NULL DEFAULT 0,       -- 0 a name, 1 an alias, 2 without its long vowels; an obsolete skill's 10 more
    DROP CONSTRAINT skill_name_once,
    ADD CONSTRAINT skill_name_once UNIQUE NULLS NOT DISTINCT (name, company_id, skill_id);
DELETE FROM taxonomy_versions;                         -- the names are written anew at the next start

-- One row for each change of the shared skills (no company) or a company's own; their number is the version that every
-- process compares its memory with. Rows instead of a counter, because two who add skills must not wait for each other.
CREATE TABLE skill_changes (
    seq        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    company_id uuid,
    at         timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX skill_changes_company ON skill_changes (company_id);

-- The words in which the person or the file named the skill, where they are not its name.
ALTER TABLE person_skills ADD COLUMN typed text NOT NULL DEFAULT '';

-- What was said of a person and means no skill, or several: kept as it was typed until it means one.
CREATE TABLE person_words (
    person_id  uuid NOT NULL REFERENCES people ON DELETE CASCADE,
    key        text NOT NULL CHECK (key <> ''),        -- the words normalised
    words      text NOT NULL CHECK (words <> '' AND length(words) <= 200),
    evidence   text NOT NULL CHECK (evidence IN ('self', 'attested', 'proven')),
    company_id uuid REFERENCES companies,              -- who attests it; empty for self
    level      smallint NOT NULL CHECK (level BETWEEN 1 AND 3),
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT person_words_once UNIQUE NULLS NOT DISTINCT (person_id, key, evidence, company_id),
    CHECK ((evidence = 'self') = (company_id IS NULL))
);

-- What a merge did, in full: the rows as they were and as it left them, so that it can be taken back.
CREATE TABLE skill_merges (
    id         uuid PRIMARY KEY,
    company_id uuid REFERENCES companies,              -- empty for the operator's, of shared skills
    from_id    text NOT NULL REFERENCES skills,
    into_id    text NOT NULL REFERENCES skills,
    before     jsonb NOT NULL,
    after      jsonb NOT NULL,
    merged_by  uuid REFERENCES people,
    merged_at  timestamptz NOT NULL,
    undone_by  uuid REFERENCES people,
    undone_at  timestamptz,
    CHECK (from_id <> into_id)
);
CREATE INDEX skill_merges_company ON skill_merges (company_id, merged_at DESC);

-- The licence that reserved work needs, as the bidder states it and a person of the company confirms it.
CREATE TABLE bid_licences (
    bid_id       uuid NOT NULL,
    company_id   uuid NOT NULL,
    licence      text NOT NULL,                        -- skills.reserved: 税理士
    number       text NOT NULL CHECK (number <> '' AND length(number) <= 60),
    body         text NOT NULL CHECK (length(body) <= 200), -- where it is registered: 東京税理士会
    confirmed_by uuid REFERENCES people,
    confirmed_at timestamptz,
    created_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (bid_id, licence),
    FOREIGN KEY (company_id, bid_id) REFERENCES bids (company_id, id),
    CHECK ((confirmed_by IS NULL) = (confirmed_at IS NULL))
);

-- A row that arrives while its skill is being merged would stay behind on the signpost. The merge holds the skill, so the
-- check for the reference waits for it, and this makes the transaction run again, which finds the other skill.
-- +goose StatementBegin
CREATE FUNCTION refuse_merged_skill() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM fresh f JOIN skills s ON s.id = f.skill_id WHERE s.merged_into IS NOT NULL) THEN
        RAISE EXCEPTION 'a skill was merged meanwhile' USING ERRCODE = '40001';
    END IF;
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER person_skills_merged AFTER INSERT ON person_skills REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION refuse_merged_skill();
CREATE TRIGGER task_skills_merged AFTER INSERT ON task_skills REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION refuse_merged_skill();
