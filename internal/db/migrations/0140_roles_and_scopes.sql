-- Roles that companies make themselves, given beside the fixed ones, and what a token is good for. See market/customrole.go
-- and market/scope.go.
-- +goose Up
CREATE TABLE custom_roles (
    id          uuid PRIMARY KEY,
    company_id  uuid NOT NULL REFERENCES companies,
    name        text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    permissions text[] NOT NULL CHECK (cardinality(permissions) > 0), -- actions of market's policy
    version     int NOT NULL,
    created_at  timestamptz NOT NULL,
    UNIQUE (company_id, id)
);
CREATE UNIQUE INDEX custom_role_name ON custom_roles (company_id, lower(name));

-- A grant of such a role names it by its id, so that all that asks whether somebody has a role at a company stays as it is.
ALTER TABLE role_grants ADD COLUMN custom_id uuid;
ALTER TABLE role_grants DROP CONSTRAINT role_grants_role_check;
ALTER TABLE role_grants ADD CONSTRAINT role_grants_role_check CHECK (CASE WHEN custom_id IS NULL
    THEN role IN ('administrator', 'manager', 'approver', 'finance', 'office', 'staff', 'operator') ELSE role = custom_id::text END) NOT VALID;
ALTER TABLE role_grants VALIDATE CONSTRAINT role_grants_role_check;
ALTER TABLE role_grants ADD CONSTRAINT role_grants_custom FOREIGN KEY (company_id, custom_id) REFERENCES custom_roles (company_id, id) NOT VALID;
ALTER TABLE role_grants VALIDATE CONSTRAINT role_grants_custom;
CREATE INDEX role_grants_of_custom ON role_grants (custom_id) WHERE custom_id IS NOT NULL;

ALTER TABLE tokens ADD COLUMN scopes text[] NOT NULL DEFAULT '{all}' CHECK (cardinality(scopes) > 0);
