-- The day of the company's books that an entry belongs to, and the months that are closed to new entries.
-- +goose Up

-- A month is closed with everything before it. A row stays when its month is opened again, and says who asked, who
-- agreed and why; closing it once more is a new row.
CREATE TABLE closed_months (
    id               uuid PRIMARY KEY,
    company_id       uuid NOT NULL REFERENCES companies,
    month            date NOT NULL CHECK (month = date_trunc('month', month)), -- its first day, in the company's zone
    checklist        jsonb NOT NULL,                     -- what was looked at, as it stood at the closing
    closed_at        timestamptz NOT NULL,
    closed_by        uuid NOT NULL REFERENCES people,
    reopen_asked_at  timestamptz,
    reopen_asked_by  uuid REFERENCES people,
    reopen_reason    text NOT NULL DEFAULT '' CHECK (length(reopen_reason) <= 2000),
    reopened_at      timestamptz,
    reopened_by      uuid REFERENCES people,
    UNIQUE (company_id, id),
    CONSTRAINT reopening_takes_two CHECK (reopened_by <> reopen_asked_by),
    CONSTRAINT reopening_has_a_reason CHECK ((reopen_asked_by IS NULL) = (reopen_reason = '')),
    CONSTRAINT reopened_after_asking CHECK (reopened_at IS NULL OR reopen_asked_by IS NOT NULL AND reopened_by IS NOT NULL)
);
CREATE UNIQUE INDEX month_closed_once ON closed_months (company_id, month) WHERE reopened_at IS NULL;

-- The last day of the newest closed month: one value that posting an entry reads under the lock it takes on the company
-- anyway. Closing holds the same row for update, so no entry slips into a month while it is being closed.
ALTER TABLE companies ADD COLUMN books_closed_through date;

ALTER TABLE ledger_entries ADD COLUMN booked_on date;
ALTER TABLE ledger_entries DISABLE TRIGGER ledger_entries_append_only;
UPDATE ledger_entries e SET booked_on = (e.at AT TIME ZONE c.time_zone)::date FROM companies c WHERE c.id = e.company_id;
ALTER TABLE ledger_entries ENABLE TRIGGER ledger_entries_append_only;
ALTER TABLE ledger_entries ALTER COLUMN booked_on SET NOT NULL;

-- The unique key over company and id already serves the newest first; the books are read by their days.
DROP INDEX ledger_entries_company;
CREATE INDEX ledger_entries_booked ON ledger_entries (company_id, booked_on, id);
