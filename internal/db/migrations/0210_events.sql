-- Events of a company, who runs them, who was invited and who comes. See market/event.go and market/rsvp.go.
-- +goose Up
CREATE TABLE events (
    id             uuid PRIMARY KEY,
    company_id     uuid NOT NULL REFERENCES companies,
    title          text NOT NULL CHECK (title <> ''),
    title_en       text NOT NULL DEFAULT '',
    description    text NOT NULL DEFAULT '',           -- Markdown
    description_en text NOT NULL DEFAULT '',
    way            text NOT NULL CHECK (way IN ('on_site', 'online', 'hybrid')),
    place          text NOT NULL DEFAULT '',
    address        text NOT NULL DEFAULT '',
    link           text NOT NULL DEFAULT '',           -- for those who are coming, from link_from on
    link_from      timestamptz,
    starts_at      timestamptz NOT NULL,
    ends_at        timestamptz NOT NULL CHECK (ends_at > starts_at),
    zone           text NOT NULL,                      -- IANA name: the event's own clock
    answer_by      timestamptz,
    seats          integer NOT NULL DEFAULT 0 CHECK (seats >= 0),        -- on site, guests included; 0: no limit
    seats_online   integer NOT NULL DEFAULT 0 CHECK (seats_online >= 0),
    guests         integer NOT NULL DEFAULT 0 CHECK (guests >= 0),       -- that one person may bring
    audience       jsonb NOT NULL,
    state          text NOT NULL CHECK (state IN ('draft', 'published', 'over', 'canceled')),
    cancel_reason  text NOT NULL DEFAULT '',
    version        integer NOT NULL DEFAULT 1,
    created_by     uuid NOT NULL REFERENCES people,
    created_at     timestamptz NOT NULL,
    updated_at     timestamptz NOT NULL,
    published_at   timestamptz,
    told_day_at    timestamptz,                        -- when the reminders went out
    told_hour_at   timestamptz
);
CREATE INDEX events_company ON events (company_id, starts_at);
CREATE INDEX events_to_come ON events (starts_at) WHERE state = 'published';

CREATE TABLE event_hosts (
    event_id   uuid NOT NULL REFERENCES events ON DELETE CASCADE,
    company_id uuid NOT NULL REFERENCES companies,
    person_id  uuid NOT NULL REFERENCES people,
    added_by   uuid NOT NULL REFERENCES people,
    added_at   timestamptz NOT NULL,
    PRIMARY KEY (event_id, person_id)
);
CREATE INDEX event_hosts_person ON event_hosts (person_id);

-- Whom a letter asked, so that nobody is asked twice.
CREATE TABLE event_invitations (
    event_id   uuid NOT NULL REFERENCES events ON DELETE CASCADE,
    company_id uuid NOT NULL REFERENCES companies,
    person_id  uuid NOT NULL REFERENCES people,
    sent_at    timestamptz NOT NULL,
    PRIMARY KEY (event_id, person_id)
);

CREATE TABLE rsvps (
    id          uuid PRIMARY KEY,
    event_id    uuid NOT NULL REFERENCES events,
    company_id  uuid NOT NULL REFERENCES companies,
    person_id   uuid NOT NULL REFERENCES people,
    state       text NOT NULL CHECK (state IN ('coming', 'waiting', 'declined')),
    way         text NOT NULL CHECK (way IN ('on_site', 'online', '')),
    guests      text[] NOT NULL DEFAULT '{}',          -- their names
    turn        bigint NOT NULL DEFAULT 0,             -- on the waiting list: the lower, the sooner
    answered_at timestamptz NOT NULL,
    updated_at  timestamptz NOT NULL,
    CONSTRAINT one_answer UNIQUE (event_id, person_id),
    CONSTRAINT way_of_coming CHECK ((state = 'declined') = (way = ''))
);
CREATE INDEX rsvps_person ON rsvps (person_id);

-- One for each person and guest who comes. A code lets nobody in by itself: a host has to be signed in to use it.
CREATE TABLE event_tickets (
    code       text PRIMARY KEY,
    event_id   uuid NOT NULL REFERENCES events,
    company_id uuid NOT NULL REFERENCES companies,
    rsvp_id    uuid NOT NULL REFERENCES rsvps,
    position   integer NOT NULL,                       -- 0: the person; from 1: guests as they are named
    came_at    timestamptz,
    let_in_by  uuid REFERENCES people,
    UNIQUE (rsvp_id, position)
);
CREATE INDEX event_tickets_event ON event_tickets (event_id);
