-- Signing in through a company's own identity provider. See market/provider.go, market/domain.go and market/through.go.
-- +goose Up
CREATE TABLE identity_providers (
    company_id uuid PRIMARY KEY REFERENCES companies,
    issuer     text NOT NULL CHECK (length(issuer) BETWEEN 1 AND 500),
    client_id  text NOT NULL CHECK (length(client_id) BETWEEN 1 AND 500),
    secret     bytea NOT NULL,                                     -- sealed
    version    int NOT NULL,                                       -- raised by each change; a test is of one version
    tested_at  timestamptz,                                        -- when somebody came all the way through it as it is now
    state      text NOT NULL CHECK (state IN ('off', 'on', 'required')),
    edited_by  uuid NOT NULL REFERENCES people,
    edited_at  timestamptz NOT NULL,
    CONSTRAINT provider_tested_before_on CHECK (state = 'off' OR tested_at IS NOT NULL)
);

-- Domains of e-mail addresses that a company proved to be its own. One that is proved belongs to one company.
CREATE TABLE company_domains (
    id         uuid PRIMARY KEY,
    company_id uuid NOT NULL REFERENCES companies,
    domain     text NOT NULL CHECK (domain = lower(domain) AND length(domain) BETWEEN 4 AND 253),
    code       bytea,                                              -- hash of what the letter to admin@ says, once it was written
    asked_at   timestamptz NOT NULL,
    proved_at  timestamptz,
    CONSTRAINT domain_once UNIQUE (company_id, domain)
);
CREATE UNIQUE INDEX domain_of_one_company ON company_domains (domain) WHERE proved_at IS NOT NULL;

-- Whom a provider's subject is. Issuer and subject together never mean somebody else (OpenID Connect Core, section 5.7).
CREATE TABLE provider_subjects (
    company_id uuid NOT NULL REFERENCES companies,
    issuer     text NOT NULL,
    subject    text NOT NULL CHECK (length(subject) <= 255),
    person_id  uuid NOT NULL REFERENCES people,
    email      text NOT NULL,                                      -- as the provider said when they were linked
    linked_at  timestamptz NOT NULL,
    used_at    timestamptz NOT NULL,
    PRIMARY KEY (company_id, issuer, subject),
    CONSTRAINT subject_of_person UNIQUE (company_id, issuer, person_id)
);
CREATE INDEX provider_subjects_person ON provider_subjects (person_id);

-- Browsers that were sent to a provider and have not come back.
CREATE TABLE provider_visits (
    state      bytea PRIMARY KEY,                                  -- hash of the state that the provider gives back
    browser    bytea NOT NULL,                                     -- hash of what the browser that left keeps
    company_id uuid NOT NULL REFERENCES companies,
    version    int NOT NULL,
    purpose    text NOT NULL CHECK (purpose IN ('sign_in', 'test', 'link')),
    person_id  uuid REFERENCES people,                             -- who tests or links
    nonce      text NOT NULL,
    verifier   text NOT NULL,
    path       text NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX provider_visits_age ON provider_visits (expires_at);

-- Who came in through a company's provider acts at that company alone, and so do the tokens that they made then.
ALTER TABLE person_sessions ADD COLUMN company_id uuid REFERENCES companies;
ALTER TABLE tokens ADD COLUMN company_id uuid REFERENCES companies;
CREATE INDEX person_sessions_through ON person_sessions (company_id) WHERE company_id IS NOT NULL AND ended_at IS NULL;
