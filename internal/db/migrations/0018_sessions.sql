-- Which browsers a person is signed in with, so that they can look and end what is not theirs. The session store of
-- 0007 only keeps the cookie; a session lives while it is not ended here. See package market.
-- +goose Up
CREATE TABLE person_sessions (
    id        uuid PRIMARY KEY,
    person_id uuid NOT NULL REFERENCES people,
    browser   text NOT NULL CHECK (length(browser) <= 300), -- as it names itself
    address   text NOT NULL CHECK (length(address) <= 100), -- where the person came from
    began_at  timestamptz NOT NULL,
    seen_at   timestamptz NOT NULL,                         -- to five minutes
    ended_at  timestamptz
);
CREATE INDEX person_sessions_person ON person_sessions (person_id, id DESC) WHERE ended_at IS NULL;
CREATE INDEX person_sessions_age ON person_sessions (began_at);
CREATE INDEX one_time_links_age ON one_time_links (expires_at);
