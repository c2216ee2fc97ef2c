-- Skills attested by former colleagues, beside what the company's own records say. See market/attesting.go.
-- +goose Up
SET LOCAL lock_timeout = '5s';

-- Each former colleague's word is a row of its own; the company's has nobody here.
ALTER TABLE person_skills
    ADD COLUMN attested_by uuid REFERENCES people,
    DROP CONSTRAINT person_skill_once,
    ADD CONSTRAINT person_skill_once UNIQUE NULLS NOT DISTINCT (person_id, skill_id, evidence, company_id, attested_by),
    ADD CONSTRAINT nobody_attests_their_own CHECK (attested_by IS NULL OR evidence = 'attested' AND attested_by <> person_id);
CREATE INDEX person_skills_attested_by ON person_skills (attested_by) WHERE attested_by IS NOT NULL;

-- What somebody asked a former colleague to attest. asked_id and overlap are what we found out, which who asks never hears.
CREATE TABLE attestation_requests (
    id          uuid PRIMARY KEY,
    company_id  uuid NOT NULL REFERENCES companies,   -- where both worked
    person_id   uuid NOT NULL REFERENCES people,
    email       text NOT NULL,
    asked_id    uuid REFERENCES people,               -- empty: nobody
    overlap     integer NOT NULL DEFAULT 0,           -- days that both were there
    asked_at    timestamptz NOT NULL,
    expires_at  timestamptz NOT NULL,
    answered_at timestamptz,
    CONSTRAINT a_colleague_is_asked_once UNIQUE (company_id, person_id, email)
);
CREATE INDEX attestation_requests_person ON attestation_requests (person_id);
CREATE INDEX attestation_requests_asked ON attestation_requests (asked_id);
