-- Staff directories that write a company's people here by SCIM: accounts, groups, and the roles that follow from them. See
-- market/provisioning.go.
-- +goose Up
SET LOCAL lock_timeout = '5s';

CREATE TABLE provisionings (
    company_id uuid PRIMARY KEY REFERENCES companies,
    hash       bytea NOT NULL,               -- of the secret that the directory shows
    made_by    uuid NOT NULL REFERENCES people,
    made_at    timestamptz NOT NULL,
    used_at    timestamptz                   -- to the minute
);
CREATE UNIQUE INDEX provisionings_secret ON provisionings (hash);

CREATE TABLE provisioned_accounts (
    id          uuid PRIMARY KEY,
    company_id  uuid NOT NULL REFERENCES companies,
    person_id   uuid REFERENCES people,      -- from the first time that it is active
    user_name   text NOT NULL,
    external_id text NOT NULL,               -- the directory's own name for it, empty where it has none
    email       text NOT NULL,
    family_name text NOT NULL,
    given_name  text NOT NULL,
    active      boolean NOT NULL,
    joined      boolean NOT NULL DEFAULT false, -- had taken a role here when it was switched off
    created_at  timestamptz NOT NULL,
    changed_at  timestamptz NOT NULL,
    UNIQUE (company_id, id)
);
CREATE UNIQUE INDEX provisioned_user_name ON provisioned_accounts (company_id, lower(user_name));
CREATE UNIQUE INDEX provisioned_person ON provisioned_accounts (company_id, person_id);
CREATE INDEX provisioned_accounts_external ON provisioned_accounts (company_id, external_id);
CREATE INDEX provisioned_accounts_email ON provisioned_accounts (company_id, email);
CREATE INDEX provisioned_accounts_of ON provisioned_accounts (person_id);

CREATE TABLE provisioned_groups (
    id          uuid PRIMARY KEY,
    company_id  uuid NOT NULL REFERENCES companies,
    external_id text NOT NULL,
    name        text NOT NULL,
    role        text NOT NULL DEFAULT '',    -- what its members may do, a fixed role or the id of the company's own; empty: nothing yet
    created_at  timestamptz NOT NULL,
    changed_at  timestamptz NOT NULL,
    UNIQUE (company_id, id)
);
CREATE UNIQUE INDEX provisioned_group_name ON provisioned_groups (company_id, lower(name));

CREATE TABLE provisioned_members (
    company_id uuid NOT NULL,
    group_id   uuid NOT NULL,
    account_id uuid NOT NULL,
    PRIMARY KEY (group_id, account_id),
    FOREIGN KEY (company_id, group_id) REFERENCES provisioned_groups (company_id, id) ON DELETE CASCADE,
    FOREIGN KEY (company_id, account_id) REFERENCES provisioned_accounts (company_id, id) ON DELETE CASCADE
);
CREATE INDEX provisioned_members_account ON provisioned_members (account_id);

-- A role that follows from the directory goes with what it follows from; one that was given by hand stays.
ALTER TABLE role_grants ADD COLUMN by_directory boolean NOT NULL DEFAULT false;
