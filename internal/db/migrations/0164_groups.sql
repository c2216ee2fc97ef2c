-- Companies of one group, which may share their directories, and the legal entities of one company. See market/group.go and
-- entity.go.
-- +goose Up
SET LOCAL lock_timeout = '5s';

CREATE TABLE entities (
    id         uuid PRIMARY KEY,
    company_id uuid NOT NULL REFERENCES companies,
    name       text NOT NULL CHECK (name <> ''),
    name_en    text NOT NULL DEFAULT '',
    tax_number text NOT NULL DEFAULT '' CHECK (tax_number ~ '^(T[0-9]{13})?$'),
    aliases    text[] NOT NULL DEFAULT '{}',
    UNIQUE (company_id, id)
);
CREATE UNIQUE INDEX entities_name_once ON entities (company_id, lower(name));

-- entity stays as the file wrote it; entity_id is the legal entity that it means.
ALTER TABLE stints
    ADD COLUMN entity_id uuid,
    ADD FOREIGN KEY (company_id, entity_id) REFERENCES entities (company_id, id);

CREATE TABLE company_groups (
    id      uuid PRIMARY KEY,
    name    text NOT NULL CHECK (name <> ''),
    name_en text NOT NULL DEFAULT '',
    made_by uuid NOT NULL REFERENCES people,
    made_at timestamptz NOT NULL
);

-- Every company that was asked, and what it said. shares: its directory, with those that share theirs.
CREATE TABLE group_companies (
    group_id    uuid NOT NULL REFERENCES company_groups,
    company_id  uuid NOT NULL REFERENCES companies,
    state       text NOT NULL CHECK (state IN ('asked', 'agreed', 'left')),
    shares      boolean NOT NULL DEFAULT false,
    asked_by    uuid NOT NULL REFERENCES people,
    asked_at    timestamptz NOT NULL,
    answered_by uuid REFERENCES people,
    answered_at timestamptz,
    PRIMARY KEY (group_id, company_id),
    CONSTRAINT who_shares_has_agreed CHECK (NOT shares OR state = 'agreed')
);
CREATE UNIQUE INDEX one_group_a_company ON group_companies (company_id) WHERE state = 'agreed';
CREATE INDEX group_companies_company ON group_companies (company_id);
