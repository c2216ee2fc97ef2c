-- The second step of signing in: six digits of an authenticator app (RFC 6238), or one of ten recovery codes.
-- +goose Up
CREATE TABLE authenticators (
    person_id    uuid PRIMARY KEY REFERENCES people,
    secret       bytea NOT NULL,             -- sealed, see internal/seal
    confirmed_at timestamptz,                -- the first right code was given; only then it is asked for
    last_step    bigint NOT NULL DEFAULT 0,  -- the latest time step that was used: a code works once
    created_at   timestamptz NOT NULL
);
CREATE TABLE recovery_codes (
    person_id uuid NOT NULL REFERENCES people,
    hash      bytea NOT NULL,
    used_at   timestamptz,
    PRIMARY KEY (person_id, hash)
);
-- What a right password leads to while the code is still missing.
ALTER TABLE one_time_links DROP CONSTRAINT one_time_links_purpose_check;
ALTER TABLE one_time_links ADD CONSTRAINT one_time_links_purpose_check CHECK (purpose IN ('join', 'sign_in', 'link', 'second_step')) NOT VALID;
ALTER TABLE one_time_links VALIDATE CONSTRAINT one_time_links_purpose_check;
