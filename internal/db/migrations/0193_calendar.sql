-- When somebody has time: stretches of days with so many hours a week. See market/calendar.go.
-- +goose Up
SET LOCAL lock_timeout = '5s';

CREATE TABLE availability_periods (
    person_id uuid NOT NULL REFERENCES people ON DELETE CASCADE,
    from_on   date NOT NULL,
    until_on  date NOT NULL,                                          -- the last day
    hours     smallint NOT NULL CHECK (hours BETWEEN 0 AND 80),       -- a week; 0: none
    PRIMARY KEY (person_id, from_on),
    CHECK (until_on >= from_on)
);
CREATE INDEX availability_busy ON availability_periods (from_on, until_on) WHERE hours = 0;
