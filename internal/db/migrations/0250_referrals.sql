-- Customers whom people of a company's network introduce to it, with the customer's consent. See market/referral.go.
-- +goose Up
SET LOCAL lock_timeout = '5s';

CREATE TABLE referral_programmes (
    id          uuid PRIMARY KEY,
    company_id  uuid NOT NULL REFERENCES companies,
    name        text NOT NULL CHECK (name <> ''),
    name_en     text NOT NULL DEFAULT '',
    wanted      text NOT NULL DEFAULT '',
    wanted_en   text NOT NULL DEFAULT '',
    checklist   jsonb NOT NULL,                      -- what a referrer says of a customer's readiness
    open_to     text NOT NULL CHECK (open_to IN ('members', 'alumni', 'staff')),
    terms       jsonb NOT NULL,                      -- the fee and what goes with it; each referral keeps its own copy
    closed_at   timestamptz,                         -- takes no referrals any more
    version     integer NOT NULL DEFAULT 1,
    created_by  uuid NOT NULL REFERENCES people,
    created_at  timestamptz NOT NULL,
    updated_at  timestamptz NOT NULL,
    UNIQUE (company_id, id)
);

CREATE TABLE referral_stages (
    id           uuid PRIMARY KEY,
    company_id   uuid NOT NULL,
    programme_id uuid NOT NULL,
    position     integer NOT NULL,
    name         text NOT NULL CHECK (name <> ''),
    name_en      text NOT NULL DEFAULT '',
    UNIQUE (company_id, programme_id, id),
    FOREIGN KEY (company_id, programme_id) REFERENCES referral_programmes (company_id, id)
);

CREATE TABLE referrals (
    id               uuid PRIMARY KEY,
    company_id       uuid NOT NULL REFERENCES companies,
    number           integer NOT NULL,               -- counted within the company: R-12
    programme_id     uuid NOT NULL,
    person_id        uuid NOT NULL REFERENCES people, -- who introduces
    as_staff         boolean NOT NULL,
    event_id         uuid REFERENCES events,         -- where they met the customer
    state            text NOT NULL CHECK (state IN ('asked', 'agreed', 'won', 'lost', 'known', 'refused', 'expired', 'taken', 'withdrawn')),
    stage_id         uuid,
    organisation     text NOT NULL CHECK (organisation <> ''),
    organisation_key text NOT NULL,                  -- by which the same one is known again; see OrganisationKey
    domain           text NOT NULL DEFAULT '',       -- of the contact's address, unless anybody can have one there
    contact_name     text NOT NULL,
    contact_email    text NOT NULL,
    contact_language text NOT NULL CHECK (contact_language IN ('en', 'ja')),
    why              text NOT NULL,
    answers          jsonb NOT NULL,                 -- to the checklist as it was
    relation         text NOT NULL CHECK (relation IN ('none', 'own', 'family', 'employer', 'official')),
    relation_note    text NOT NULL DEFAULT '',
    terms            jsonb NOT NULL,                 -- as the programme offered them on the day
    licence_number   text NOT NULL DEFAULT '',
    licence_body     text NOT NULL DEFAULT '',
    licence_confirmed_by uuid REFERENCES people,
    licence_confirmed_at timestamptz,
    owner_id         uuid REFERENCES people,         -- who of the company is responsible
    holds            boolean NOT NULL DEFAULT false, -- the first introduction of this customer, which keeps others out
    holds_until      date,
    consent_hash     bytea UNIQUE,                   -- of the link in the customer's mail
    expires_at       timestamptz NOT NULL,           -- when the question lapses
    agreed_at        timestamptz,
    ended_at         timestamptz,
    reason           text NOT NULL DEFAULT '',       -- why it was lost, or that the customer was known
    forgotten_at     timestamptz,                    -- when the contact's data was removed
    version          integer NOT NULL DEFAULT 1,
    created_at       timestamptz NOT NULL,
    updated_at       timestamptz NOT NULL,
    UNIQUE (company_id, id),
    UNIQUE (company_id, number),
    FOREIGN KEY (company_id, programme_id) REFERENCES referral_programmes (company_id, id),
    CONSTRAINT referral_stage_is_in_use FOREIGN KEY (company_id, programme_id, stage_id) REFERENCES referral_stages (company_id, programme_id, id),
    CONSTRAINT seen_only_after_a_yes CHECK (agreed_at IS NOT NULL OR state NOT IN ('agreed', 'won', 'lost', 'known')),
    CONSTRAINT holder_has_a_yes CHECK (NOT holds OR state IN ('agreed', 'won', 'lost') AND holds_until IS NOT NULL),
    CONSTRAINT no_means_forgotten CHECK (state NOT IN ('known', 'refused', 'expired', 'taken', 'withdrawn') OR forgotten_at IS NOT NULL),
    CONSTRAINT forgotten_is_gone CHECK (forgotten_at IS NULL OR contact_name = '' AND contact_email = '' AND why = '' AND domain = ''
        AND relation_note = '' AND consent_hash IS NULL AND organisation_key = '')
);
-- First come, first served: whichever of two wins a race, the other is told.
CREATE UNIQUE INDEX one_referral_a_customer ON referrals (company_id, organisation_key) WHERE holds;
CREATE UNIQUE INDEX one_referral_a_domain ON referrals (company_id, domain) WHERE holds AND domain <> '';
CREATE INDEX referrals_company ON referrals (company_id, id DESC);
CREATE INDEX referrals_person ON referrals (person_id, id DESC);
CREATE INDEX referrals_asked ON referrals (expires_at) WHERE state = 'asked';
CREATE INDEX referrals_held ON referrals (holds_until) WHERE holds;

CREATE TABLE referral_moves (
    id          uuid PRIMARY KEY,
    company_id  uuid NOT NULL,
    referral_id uuid NOT NULL,
    did         text NOT NULL,                       -- the step; see referralLife
    stage_id    uuid REFERENCES referral_stages,     -- that it led to
    note        text NOT NULL DEFAULT '',            -- the company's own
    told        text NOT NULL DEFAULT '',            -- and what the referrer reads
    actor_id    uuid REFERENCES people,              -- nobody: the customer, or the clock
    at          timestamptz NOT NULL,
    FOREIGN KEY (company_id, referral_id) REFERENCES referrals (company_id, id)
);
CREATE INDEX referral_moves_of ON referral_moves (referral_id, at, id);

-- What a company says it earned by a referral, and the fee that follows. A fee is paid by a task's contract; see tasks.fee_id.
CREATE TABLE referral_fees (
    id          uuid PRIMARY KEY,
    company_id  uuid NOT NULL,
    referral_id uuid NOT NULL,
    period      text NOT NULL,                       -- 2026-11 where the fee is a share, else empty
    revenue     bigint NOT NULL CHECK (revenue >= 0), -- minor units, without consumption tax
    amount      bigint NOT NULL CHECK (amount >= 0), -- minor units, without consumption tax
    currency    text NOT NULL,
    reported_by uuid NOT NULL REFERENCES people,
    reported_at timestamptz NOT NULL,
    UNIQUE (company_id, id),
    CONSTRAINT one_fee_a_period UNIQUE (referral_id, period),
    FOREIGN KEY (company_id, referral_id) REFERENCES referrals (company_id, id)
);

ALTER TABLE tasks ADD COLUMN fee_id uuid;             -- the referral fee that the task pays
ALTER TABLE tasks ADD CONSTRAINT task_pays_its_companys_fee FOREIGN KEY (company_id, fee_id) REFERENCES referral_fees (company_id, id) NOT VALID;
CREATE UNIQUE INDEX one_task_a_fee ON tasks (fee_id) WHERE fee_id IS NOT NULL AND state <> 'canceled';

ALTER TABLE threads ALTER COLUMN task_id DROP NOT NULL;
ALTER TABLE threads DROP CONSTRAINT threads_kind_check;
ALTER TABLE threads ADD CONSTRAINT threads_kind_check CHECK (kind IN ('task', 'bid', 'contract', 'referral')) NOT VALID;
ALTER TABLE threads ADD CONSTRAINT thread_about_a_task CHECK ((task_id IS NULL) = (kind = 'referral')) NOT VALID;
