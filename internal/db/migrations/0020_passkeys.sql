-- Passkeys (WebAuthn level 2): a key pair in somebody's phone, computer or password manager signs them in without a
-- password. Only the public half is here.
-- +goose Up
CREATE TABLE passkeys (
    id           bytea PRIMARY KEY,             -- the authenticator's name for it
    person_id    uuid NOT NULL REFERENCES people,
    name         text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    credential   jsonb NOT NULL,                -- public key, counter and flags, as the library keeps them
    created_at   timestamptz NOT NULL,
    last_used_at timestamptz
);
CREATE INDEX passkeys_person ON passkeys (person_id);

-- A challenge that was sent and not answered yet. Each is taken out by its answer, so it works once.
CREATE TABLE passkey_challenges (
    id         uuid PRIMARY KEY,
    person_id  uuid REFERENCES people,          -- null at the door, where nobody is known yet
    data       jsonb NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX passkey_challenges_age ON passkey_challenges (expires_at);
