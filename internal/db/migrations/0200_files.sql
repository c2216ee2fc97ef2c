-- Files that people give: whose they are and what they belong to. Their bytes are in the file store, see internal/files.
-- +goose Up
SET LOCAL lock_timeout = '5s';

-- The row comes first and the bytes after it, under its id: a file that was never finished, or that nothing took within a
-- day, is swept by its row.
CREATE TABLE files (
    id          uuid PRIMARY KEY,
    company_id  uuid REFERENCES companies,     -- whose affair it belongs to; empty for what is a person's own
    uploader_id uuid NOT NULL REFERENCES people,
    subject     text NOT NULL DEFAULT '',      -- the sort of thing that it belongs to; empty until something takes it
    subject_id  uuid,
    name        text NOT NULL CHECK (length(name) BETWEEN 1 AND 250),
    media       text NOT NULL,                 -- what its first bytes and its name agree on
    bytes       bigint NOT NULL CHECK (bytes BETWEEN 1 AND 20971520),
    sha256      bytea CHECK (length(sha256) = 32),
    made_at     timestamptz NOT NULL,
    stored_at   timestamptz,
    dropped_at  timestamptz,                   -- nobody shall see it any more; the sweep takes it away
    CHECK ((subject = '') = (subject_id IS NULL)),
    CHECK ((sha256 IS NULL) = (stored_at IS NULL)),
    CHECK (subject = '' OR stored_at IS NOT NULL)
);
CREATE INDEX files_subject ON files (subject_id, id) WHERE subject_id IS NOT NULL;
CREATE INDEX files_loose ON files (made_at) WHERE subject_id IS NULL OR dropped_at IS NOT NULL;
CREATE INDEX files_uploader ON files (uploader_id);
