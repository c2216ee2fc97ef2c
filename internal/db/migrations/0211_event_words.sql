-- What is asked before an event, what is said of it afterwards, and calendars that follow a person's events. See
-- market/eventquestion.go, market/survey.go and market/calendar.go.
-- +goose Up
CREATE TABLE event_questions (
    id            uuid PRIMARY KEY,
    event_id      uuid NOT NULL REFERENCES events,
    company_id    uuid NOT NULL REFERENCES companies,
    person_id     uuid NOT NULL REFERENCES people,
    text          text NOT NULL CHECK (text <> ''),
    anonymous     boolean NOT NULL,                    -- to the others; hosts see who asks, as the page says
    asked_at      timestamptz NOT NULL,
    answer        text NOT NULL DEFAULT '',
    answered_by   uuid REFERENCES people,
    answered_at   timestamptz,
    hidden_reason text NOT NULL DEFAULT '',
    hidden_by     uuid REFERENCES people,
    hidden_at     timestamptz
);
CREATE INDEX event_questions_event ON event_questions (event_id);
CREATE INDEX event_questions_person ON event_questions (person_id);

CREATE TABLE event_votes (
    question_id uuid NOT NULL REFERENCES event_questions,
    event_id    uuid NOT NULL REFERENCES events,
    company_id  uuid NOT NULL REFERENCES companies,
    person_id   uuid NOT NULL REFERENCES people,
    voted_at    timestamptz NOT NULL,
    PRIMARY KEY (question_id, person_id)
);

CREATE TABLE event_feedback (
    event_id   uuid NOT NULL REFERENCES events,
    company_id uuid NOT NULL REFERENCES companies,
    person_id  uuid NOT NULL REFERENCES people,
    rating     integer NOT NULL CHECK (rating BETWEEN 1 AND 5),
    words      text NOT NULL DEFAULT '',
    given_at   timestamptz NOT NULL,
    PRIMARY KEY (event_id, person_id)
);

-- The address of a calendar is a secret of its person's; its hash is kept.
CREATE TABLE calendar_feeds (
    person_id uuid PRIMARY KEY REFERENCES people,
    hash      bytea NOT NULL UNIQUE,
    made_at   timestamptz NOT NULL
);
