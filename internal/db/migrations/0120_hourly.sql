-- Work that is paid by the hour: what a task asks for and a bid offers, and contracts whose milestones are weeks, each with
-- the timesheet of what was worked in it. See market/hourly.go and billing/week.go. Rates are minor units an hour.
-- +goose Up
ALTER TABLE tasks ADD COLUMN hourly jsonb;          -- {rate, weekly_minutes, starts_on, weeks}; empty: at a fixed price
ALTER TABLE bids ADD COLUMN hourly jsonb;
ALTER TABLE bid_versions ADD COLUMN hourly jsonb;

-- minutes: those of the entries in force. opens_at and closes_at: from when the week can be paid in, and until when work is
-- written down in it.
ALTER TABLE milestones ADD COLUMN week_of date, ADD COLUMN rate bigint NOT NULL DEFAULT 0, ADD COLUMN cap_minutes bigint NOT NULL DEFAULT 0,
    ADD COLUMN minutes bigint NOT NULL DEFAULT 0, ADD COLUMN opens_at timestamptz, ADD COLUMN closes_at timestamptz;
ALTER TABLE milestones ADD CONSTRAINT a_week_is_whole CHECK (CASE WHEN week_of IS NULL THEN rate = 0 AND cap_minutes = 0 AND minutes = 0 AND closes_at IS NULL
    ELSE rate > 0 AND cap_minutes > 0 AND opens_at < closes_at AND extract(isodow FROM week_of) = 1 END) NOT VALID;
ALTER TABLE milestones ADD CONSTRAINT nothing_beyond_the_cap CHECK (minutes BETWEEN 0 AND cap_minutes) NOT VALID;
ALTER TABLE milestones VALIDATE CONSTRAINT a_week_is_whole;
ALTER TABLE milestones VALIDATE CONSTRAINT nothing_beyond_the_cap;
CREATE INDEX milestones_closing ON milestones (closes_at) WHERE received_on IS NULL AND state IN ('draft', 'part_funded', 'funded', 'in_progress');

-- What was worked, as it was written down. A correction is a later entry that replaces an earlier one, each at most once; one
-- of no minutes takes it out.
CREATE TABLE timesheet_entries (
    id           uuid PRIMARY KEY,
    company_id   uuid NOT NULL,
    milestone_id uuid NOT NULL,
    person_id    uuid NOT NULL REFERENCES people,
    day          date NOT NULL,
    minutes      bigint NOT NULL CHECK (minutes BETWEEN 0 AND 1440),
    note         text NOT NULL CHECK (length(note) <= 500),
    replaces     uuid CONSTRAINT replaced_once UNIQUE,
    at           timestamptz NOT NULL,
    UNIQUE (milestone_id, id),
    FOREIGN KEY (company_id, milestone_id) REFERENCES milestones (company_id, id),
    FOREIGN KEY (milestone_id, replaces) REFERENCES timesheet_entries (milestone_id, id),
    CONSTRAINT nothing_is_worked_only_instead CHECK (minutes > 0 OR replaces IS NOT NULL)
);
CREATE INDEX timesheet_entries_milestone ON timesheet_entries (milestone_id, id);
CREATE TRIGGER timesheet_entries_append_only BEFORE UPDATE OR DELETE ON timesheet_entries FOR EACH ROW EXECUTE FUNCTION refuse_change();

ALTER TABLE milestone_alarms DROP CONSTRAINT milestone_alarms_kind_check;
ALTER TABLE milestone_alarms ADD CONSTRAINT milestone_alarms_kind_check CHECK (kind IN ('silence', 'holding', 'payment', 'week'));
