-- Consent by purpose and version, at one company or, for shown_to, beyond all of them. See market/consent.go.
-- +goose Up
SET LOCAL lock_timeout = '5s';

ALTER TABLE consents
    ADD COLUMN company_id uuid REFERENCES companies,
    ADD COLUMN how text NOT NULL DEFAULT 'profile' CHECK (how IN ('profile', 'farewell')), -- where it was said
    DROP CONSTRAINT consents_purpose_check,
    ADD CONSTRAINT consents_purpose_check CHECK (purpose IN ('shown_to', 'directory', 'work', 'news', 'group')),
    ADD CONSTRAINT consent_has_its_company CHECK ((purpose = 'shown_to') = (company_id IS NULL));
CREATE INDEX consents_latest ON consents (company_id, purpose, person_id, id DESC);
