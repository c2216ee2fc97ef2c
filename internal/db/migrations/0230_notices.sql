-- What people are told: the news in the app, what of it waits for a digest, and how each person wants to hear of it.
-- See market/notice.go and market/hearing.go.
-- +goose Up
SET LOCAL lock_timeout = '5s';

CREATE TABLE notice_settings (
    person_id   uuid PRIMARY KEY REFERENCES people ON DELETE CASCADE,
    zone        text NOT NULL DEFAULT 'Asia/Tokyo',       -- IANA name, of the hours below
    quiet_from  smallint NOT NULL DEFAULT 0 CHECK (quiet_from BETWEEN 0 AND 23),
    quiet_to    smallint NOT NULL DEFAULT 0 CHECK (quiet_to BETWEEN 0 AND 23),    -- as quiet_from: there are none
    digest_hour smallint NOT NULL DEFAULT 8 CHECK (digest_hour BETWEEN 0 AND 23),
    digest_day  smallint NOT NULL DEFAULT 1 CHECK (digest_day BETWEEN 0 AND 6),   -- of the weekly one; 0 is Sunday
    ways        jsonb NOT NULL DEFAULT '{}',              -- by kind; what is not named is as the kind has it
    stop_key    uuid NOT NULL,                            -- signs the links that stop letters
    updated_at  timestamptz NOT NULL
);

CREATE TABLE notices (
    id         uuid PRIMARY KEY,                          -- follows from the letter's job, so that a job done twice tells once
    person_id  uuid NOT NULL REFERENCES people ON DELETE CASCADE,
    company_id uuid REFERENCES companies,
    kind       text NOT NULL,
    title_en   text NOT NULL,
    title_ja   text NOT NULL,
    path       text NOT NULL,
    thread_id  uuid,                                      -- of a message: no longer told to whom may read it no more
    number     integer,
    made_at    timestamptz NOT NULL,
    read_at    timestamptz,
    mailed_at  timestamptz,                               -- by itself, or in its digest
    digest_at  timestamptz,                               -- it waits for a digest, which goes then
    digest_id  uuid,                                      -- the digest that took it
    CHECK (digest_id IS NULL OR digest_at IS NOT NULL)
);
CREATE INDEX notices_person ON notices (person_id, made_at DESC, id DESC);
CREATE INDEX notices_unread ON notices (person_id, path) WHERE read_at IS NULL;
CREATE INDEX notices_due ON notices (digest_at, person_id) WHERE digest_id IS NULL AND digest_at IS NOT NULL;
CREATE INDEX notices_digest ON notices (digest_id) WHERE digest_id IS NOT NULL;
CREATE INDEX notices_age ON notices (made_at);
