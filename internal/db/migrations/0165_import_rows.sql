-- The rows of an HR file that wait to be taken in, so that an import reads a few at a time and goes on where it ended,
-- however long the file is. See market/staging.go.
-- +goose Up
CREATE TABLE import_files (
    id         uuid PRIMARY KEY,
    company_id uuid NOT NULL REFERENCES companies,
    rows       integer NOT NULL,                   -- good ones, which wait below
    report     jsonb NOT NULL,                     -- what reading alone told
    made_at    timestamptz NOT NULL
);
CREATE INDEX import_files_age ON import_files (made_at);

-- In the order of people's first lines; last is the seq of the same person's last row.
CREATE TABLE import_rows (
    file_id uuid NOT NULL REFERENCES import_files ON DELETE CASCADE,
    seq     integer NOT NULL,
    last    integer NOT NULL,
    line    integer NOT NULL,
    email   text NOT NULL,
    cells   text[] NOT NULL,                       -- by market.HRColumns
    PRIMARY KEY (file_id, seq)
);
