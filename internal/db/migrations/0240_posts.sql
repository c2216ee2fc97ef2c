-- News of a company, what it said before it was changed, who has read it and whom a letter told. See market/post.go.
-- +goose Up
CREATE TABLE posts (
    id           uuid PRIMARY KEY,
    company_id   uuid NOT NULL REFERENCES companies,
    kind         text NOT NULL CHECK (kind IN ('news', 'opening')),
    title        text NOT NULL DEFAULT '',
    title_en     text NOT NULL DEFAULT '',
    body         text NOT NULL DEFAULT '',             -- Markdown
    body_en      text NOT NULL DEFAULT '',
    audience     jsonb NOT NULL,
    pinned       boolean NOT NULL DEFAULT false,
    by_mail      boolean NOT NULL DEFAULT false,       -- a letter goes to those who agreed
    state        text NOT NULL CHECK (state IN ('draft', 'scheduled', 'published', 'withdrawn')),
    publish_at   timestamptz,                          -- while it is scheduled
    published_at timestamptz,
    edited_at    timestamptz,                          -- the latest change of its text after it was published
    version      integer NOT NULL DEFAULT 1,
    created_by   uuid NOT NULL REFERENCES people,
    created_at   timestamptz NOT NULL,
    updated_at   timestamptz NOT NULL,
    CONSTRAINT post_has_text CHECK (title <> '' AND body <> '' OR title_en <> '' AND body_en <> ''),
    CONSTRAINT post_scheduled CHECK ((state = 'scheduled') = (publish_at IS NOT NULL))
);
CREATE INDEX posts_company ON posts (company_id, published_at);
CREATE INDEX posts_due ON posts (publish_at) WHERE state = 'scheduled';

-- What readers could read before it was changed.
CREATE TABLE post_revisions (
    post_id    uuid NOT NULL REFERENCES posts,
    company_id uuid NOT NULL REFERENCES companies,
    version    integer NOT NULL,
    title      text NOT NULL,
    title_en   text NOT NULL,
    body       text NOT NULL,
    body_en    text NOT NULL,
    changed_by uuid NOT NULL REFERENCES people,
    changed_at timestamptz NOT NULL,                   -- when it gave way
    PRIMARY KEY (post_id, version)
);

-- A person's own mark. The office sees how many there are, and no more.
CREATE TABLE post_reads (
    post_id    uuid NOT NULL REFERENCES posts,
    company_id uuid NOT NULL REFERENCES companies,
    person_id  uuid NOT NULL REFERENCES people,
    read_at    timestamptz NOT NULL,
    PRIMARY KEY (post_id, person_id)
);
CREATE INDEX post_reads_person ON post_reads (person_id);

-- Whom a letter told, so that nobody is told twice.
CREATE TABLE post_letters (
    post_id    uuid NOT NULL REFERENCES posts,
    company_id uuid NOT NULL REFERENCES companies,
    person_id  uuid NOT NULL REFERENCES people,
    sent_at    timestamptz NOT NULL,
    PRIMARY KEY (post_id, person_id)
);
CREATE INDEX post_letters_person ON post_letters (person_id);

-- Beside a calendar of events, a feed of news has an address.
ALTER TABLE calendar_feeds ADD COLUMN kind text NOT NULL DEFAULT 'calendar' CHECK (kind IN ('calendar', 'news'));
ALTER TABLE calendar_feeds DROP CONSTRAINT calendar_feeds_pkey, ADD PRIMARY KEY (person_id, kind);
