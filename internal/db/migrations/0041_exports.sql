-- What a company calls things in the program that it keeps its books with, and files too long to wait for. See package
-- billing, naming.go and exporting.go.
-- +goose Up
-- A row stands only where a company uses another name than the program comes with; an empty one says that there is none.
CREATE TABLE book_names (
    company_id uuid NOT NULL REFERENCES companies,
    target     text NOT NULL CHECK (target IN ('journal', 'moneyforward', 'freee', 'yayoi', 'quickbooks')),
    field      text NOT NULL CHECK (field IN ('account', 'sub', 'tax', 'invoice', 'department', 'dimension')),
    key        text NOT NULL CHECK (length(key) <= 200),
    value      text NOT NULL CHECK (length(value) <= 100),
    updated_at timestamptz NOT NULL,
    updated_by uuid NOT NULL REFERENCES people,
    PRIMARY KEY (company_id, target, field, key)
);

-- The file of an export, in pieces. They go a week later; what was made, and its hash, stays in the audit log.
CREATE TABLE export_pieces (
    run_id     uuid NOT NULL REFERENCES runs,
    company_id uuid NOT NULL REFERENCES companies,
    part       integer NOT NULL,                         -- from 1; programs that take no large file get several
    seq        integer NOT NULL,
    body       bytea NOT NULL,
    PRIMARY KEY (run_id, part, seq)
);
CREATE INDEX audit_exports ON audit (company_id, at DESC) WHERE action = 'export.made';
