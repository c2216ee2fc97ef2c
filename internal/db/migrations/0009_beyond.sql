-- Work beyond a company's own alumni: companies that are partners, people who agree to be shown to others, and what keeps
-- a person and a company apart. See package market, partner.go, shown.go, bar.go and outside.go.
-- +goose Up
-- The person's present choice; consents has every one ever made, with the wording that was on the page.
ALTER TABLE people ADD COLUMN shown_to text NOT NULL DEFAULT 'nobody' CHECK (shown_to IN ('nobody', 'partners', 'everyone'));

CREATE TABLE consents (
    id        uuid PRIMARY KEY,
    person_id uuid NOT NULL REFERENCES people,
    purpose   text NOT NULL CHECK (purpose IN ('shown_to')),
    choice    text NOT NULL,
    wording   text NOT NULL,                         -- the version of the text that was agreed to
    given_at  timestamptz NOT NULL
);
CREATE INDEX consents_person ON consents (person_id, purpose, id DESC);
CREATE TRIGGER consents_append_only BEFORE UPDATE OR DELETE ON consents FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- Somebody who never worked here: invited from outside, or bid. It has no stints and counts as nobody's alumnus.
ALTER TABLE memberships ADD COLUMN outside boolean NOT NULL DEFAULT false;

-- Two companies whose alumni may see each other's work. One asks, the other agrees, either ends it.
CREATE TABLE partnerships (
    id        uuid PRIMARY KEY,
    asker_id  uuid NOT NULL REFERENCES companies,
    other_id  uuid NOT NULL REFERENCES companies,
    state     text NOT NULL CHECK (state IN ('asked', 'agreed', 'ended')),
    asked_by  uuid NOT NULL REFERENCES people,
    asked_at  timestamptz NOT NULL,
    agreed_by uuid REFERENCES people,
    agreed_at timestamptz,
    ended_by  uuid REFERENCES people,
    ended_at  timestamptz,
    CHECK (asker_id <> other_id)
);
CREATE UNIQUE INDEX partnership_once ON partnerships (least(asker_id, other_id), greatest(asker_id, other_id)) WHERE state <> 'ended';
CREATE INDEX partnerships_asker ON partnerships (asker_id);
CREATE INDEX partnerships_other ON partnerships (other_id);

-- What keeps a person and a company apart, for a while or until it is lifted.
CREATE TABLE bars (
    id         uuid PRIMARY KEY,
    company_id uuid NOT NULL REFERENCES companies,
    person_id  uuid NOT NULL REFERENCES people,
    kind       text NOT NULL CHECK (kind IN ('by_person', 'by_company', 'conflict')),
    from_on    date NOT NULL,                        -- the company's day
    until_on   date,                                 -- the last day; empty until it is lifted
    reason     text NOT NULL DEFAULT '' CHECK (length(reason) <= 1000),
    made_by    uuid NOT NULL REFERENCES people,
    made_at    timestamptz NOT NULL,
    lifted_by  uuid REFERENCES people,
    lifted_at  timestamptz,
    CHECK (until_on IS NULL OR until_on >= from_on)
);
CREATE UNIQUE INDEX one_block_a_side ON bars (company_id, person_id, kind) WHERE kind <> 'conflict' AND lifted_at IS NULL;
CREATE INDEX bars_person ON bars (person_id, company_id) WHERE lifted_at IS NULL;
CREATE INDEX bars_company ON bars (company_id) WHERE lifted_at IS NULL;

-- Documents from outside carry no company (the nil id), so that no list of a company's own members meets them.
ALTER TABLE match_members
    ADD COLUMN days      integer NOT NULL DEFAULT 0,     -- employed there
    ADD COLUMN currency  text NOT NULL DEFAULT '',       -- of hourly_rate, for documents from outside
    ADD COLUMN guest_at  uuid,                           -- the one company that a document from outside serves; empty for all
    ADD COLUMN came_from uuid[] NOT NULL DEFAULT '{}',   -- companies whose partners may see it
    ADD COLUMN everyone  boolean NOT NULL DEFAULT false, -- every company may
    ADD COLUMN barred    uuid[] NOT NULL DEFAULT '{}';   -- companies that it does not serve
DELETE FROM match_indexes; -- written without these columns: built anew at the next start

-- Every document that an index has to hold of a person: one for each membership, and one from outside for who agreed.
CREATE VIEW ranked_as (person_id, company_id, id) AS
    SELECT person_id, company_id, id FROM memberships
    UNION ALL
    SELECT id, '00000000-0000-0000-0000-000000000000'::uuid, id FROM people WHERE shown_to <> 'nobody';
