-- Companies, the people who worked there, what they can do, and who may do what. See package market.
-- company_id stands on every row that belongs to a company, so that every query can carry it and the tables can be
-- partitioned by it one day. A composite key (company_id, id) lets children prove that they share their parent's company.
-- +goose Up
CREATE TABLE companies (
    id                uuid PRIMARY KEY,
    name              text NOT NULL CHECK (name <> ''),
    name_en           text NOT NULL DEFAULT '',
    time_zone         text NOT NULL DEFAULT 'Asia/Tokyo',
    currency          char(3) NOT NULL DEFAULT 'JPY' CHECK (currency ~ '^[A-Z]{3}$'),
    language          text NOT NULL DEFAULT 'ja' CHECK (language IN ('ja', 'en')),
    address           text NOT NULL DEFAULT '',
    tax_number        text NOT NULL DEFAULT '',
    platform_fee_bp   integer NOT NULL DEFAULT 500 CHECK (platform_fee_bp BETWEEN 0 AND 5000), -- basis points, on top
    auto_accept_days  integer NOT NULL DEFAULT 14 CHECK (auto_accept_days BETWEEN 1 AND 45),
    payment_days      integer NOT NULL DEFAULT 30 CHECK (payment_days BETWEEN 0 AND 60),        -- Freelance Act art. 4
    created_at        timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE departments (
    id         uuid PRIMARY KEY,
    company_id uuid NOT NULL REFERENCES companies,
    name       text NOT NULL CHECK (name <> ''),
    name_en    text NOT NULL DEFAULT '',
    aliases    text[] NOT NULL DEFAULT '{}',
    UNIQUE (company_id, id)
);
CREATE UNIQUE INDEX departments_name_once ON departments (company_id, lower(name));

-- A person signs in with email. It is empty for somebody whom a company imported although the address is known
-- elsewhere: only the person can join the two (see link_proposals).
CREATE TABLE people (
    id                  uuid PRIMARY KEY,
    email               text CHECK (email = lower(email) AND email LIKE '%_@_%'),
    family_name         text NOT NULL DEFAULT '',
    given_name          text NOT NULL DEFAULT '',
    family_kana         text NOT NULL DEFAULT '',
    given_kana          text NOT NULL DEFAULT '',
    language            text NOT NULL DEFAULT 'ja' CHECK (language IN ('ja', 'en')),
    password_hash       text NOT NULL DEFAULT '',                        -- argon2id, in PHC form
    hourly_rate         bigint CHECK (hourly_rate > 0),                  -- minor units of the person's currency
    rate_currency       char(3) NOT NULL DEFAULT 'JPY',
    available_from      date,
    registration_number text NOT NULL DEFAULT '' CHECK (registration_number ~ '^(T[0-9]{13})?$'),
    first_sign_in_at    timestamptz,
    created_at          timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX people_email_once ON people (email);

CREATE TABLE memberships (
    id          uuid PRIMARY KEY,
    company_id  uuid NOT NULL REFERENCES companies,
    person_id   uuid NOT NULL REFERENCES people,
    email       text NOT NULL DEFAULT '',          -- as the company's records have it
    hidden      boolean NOT NULL DEFAULT false,    -- the person's own choice: no candidate here
    invited_at  timestamptz,
    joined_at   timestamptz,
    created_at  timestamptz NOT NULL DEFAULT now(),
    UNIQUE (company_id, id),
    CONSTRAINT membership_once UNIQUE (company_id, person_id)
);
CREATE INDEX memberships_person ON memberships (person_id);
CREATE UNIQUE INDEX memberships_email_once ON memberships (company_id, email) WHERE email <> '';

CREATE TABLE stints (
    id            uuid PRIMARY KEY,
    company_id    uuid NOT NULL,
    membership_id uuid NOT NULL,
    department_id uuid,
    entity        text NOT NULL DEFAULT '',
    joined_on     date NOT NULL,
    left_on       date,
    FOREIGN KEY (company_id, membership_id) REFERENCES memberships (company_id, id),
    FOREIGN KEY (company_id, department_id) REFERENCES departments (company_id, id),
    CONSTRAINT stint_ends_after_it_begins CHECK (left_on IS NULL OR left_on >= joined_on),
    CONSTRAINT stint_once UNIQUE NULLS NOT DISTINCT (membership_id, department_id, joined_on)
);

CREATE TABLE role_grants (
    company_id uuid NOT NULL REFERENCES companies,
    person_id  uuid NOT NULL REFERENCES people,
    role       text NOT NULL CHECK (role IN ('administrator', 'manager', 'approver', 'finance', 'office', 'staff', 'operator')),
    granted_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (company_id, person_id, role)
);
CREATE INDEX role_grants_person ON role_grants (person_id);

CREATE TABLE link_proposals (
    membership_id uuid PRIMARY KEY REFERENCES memberships,
    company_id    uuid NOT NULL REFERENCES companies,
    person_id     uuid NOT NULL REFERENCES people,
    state         text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'confirmed', 'refused')),
    created_at    timestamptz NOT NULL DEFAULT now()
);

-- company_id is set for a company's own skills and empty for the taxonomy that everybody shares.
CREATE TABLE skills (
    id         text PRIMARY KEY CHECK (id ~ '^[a-z0-9][a-z0-9.+#-]*$'),
    company_id uuid REFERENCES companies,
    name_en    text NOT NULL,
    name_ja    text NOT NULL,
    reserved   text NOT NULL DEFAULT '',           -- the licence that the work needs, empty for most
    created_at timestamptz NOT NULL DEFAULT now(),
    CHECK (name_en <> '' OR name_ja <> '')
);
CREATE TABLE skill_aliases (
    skill_id   text NOT NULL REFERENCES skills,
    company_id uuid REFERENCES companies,
    alias      text NOT NULL CHECK (alias <> ''),
    UNIQUE NULLS NOT DISTINCT (company_id, alias, skill_id)
);
CREATE TABLE skill_links (
    narrower_id text NOT NULL REFERENCES skills,
    broader_id  text NOT NULL REFERENCES skills,
    PRIMARY KEY (narrower_id, broader_id),
    CHECK (narrower_id <> broader_id)
);

-- What a person says, what a company attests, what a contract proved: each a row of its own.
CREATE TABLE person_skills (
    person_id  uuid NOT NULL REFERENCES people,
    skill_id   text NOT NULL REFERENCES skills,
    evidence   text NOT NULL CHECK (evidence IN ('self', 'attested', 'proven')),
    company_id uuid REFERENCES companies,          -- who attests it, or where it was proven; empty for self
    level      smallint NOT NULL CHECK (level BETWEEN 1 AND 3),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT person_skill_once UNIQUE NULLS NOT DISTINCT (person_id, skill_id, evidence, company_id),
    CHECK ((evidence = 'self') = (company_id IS NULL))
);

-- One row for every change that can move somebody in a ranking, written in the change's own transaction; see
-- matching. The row goes when the index has confirmed the change.
CREATE TABLE index_pending (
    seq           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    company_id    uuid NOT NULL,
    membership_id uuid NOT NULL,
    created_at    timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX index_pending_company ON index_pending (company_id, membership_id);

-- Who did what, for ever: no row is ever changed or taken away.
CREATE TABLE audit (
    id         uuid PRIMARY KEY,
    company_id uuid,
    at         timestamptz NOT NULL DEFAULT now(),
    actor_id   uuid,                               -- empty for the program itself
    action     text NOT NULL,
    subject    text NOT NULL,                      -- "task:<id>"
    detail     jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX audit_company ON audit (company_id, at DESC);
-- +goose StatementBegin
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = '23514', CONSTRAINT = 'append_only'; END $$;
-- +goose StatementEnd
CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE ON audit FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- Ways in. Only hashes are kept.
CREATE TABLE one_time_links (
    hash       bytea PRIMARY KEY,
    person_id  uuid NOT NULL REFERENCES people,
    company_id uuid REFERENCES companies,
    purpose    text NOT NULL CHECK (purpose IN ('join', 'sign_in', 'link')),
    path       text NOT NULL DEFAULT '/',          -- where the person lands afterwards
    expires_at timestamptz NOT NULL,
    used_at    timestamptz,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE tokens (
    id           uuid PRIMARY KEY,
    person_id    uuid NOT NULL REFERENCES people,
    name         text NOT NULL,
    hash         bytea NOT NULL UNIQUE,
    expires_at   timestamptz,
    last_used_at timestamptz,
    revoked_at   timestamptz,
    created_at   timestamptz NOT NULL DEFAULT now()
);
-- The development outbox, read at /dev/mails.
CREATE TABLE outbox (
    id         uuid PRIMARY KEY,
    recipient  text NOT NULL,
    subject    text NOT NULL,
    body       text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
