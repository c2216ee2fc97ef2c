-- What a law has kept of somebody who was forgotten: the name by which they dealt, and until when. While the row is there, their
-- contracts and bids are in no list, and finance alone opens them. See market/keeping.go.
-- +goose Up
SET LOCAL lock_timeout = '5s';

CREATE TABLE kept_payees (
    person_id           uuid PRIMARY KEY REFERENCES people,
    family_name         text NOT NULL,
    given_name          text NOT NULL,
    corporate_name      text NOT NULL,
    registration_number text NOT NULL,
    kept_until          date NOT NULL                 -- the last day
);
CREATE INDEX kept_payees_until ON kept_payees (kept_until);

-- How books and papers name who is paid.
CREATE VIEW payees AS SELECT p.id, coalesce(k.family_name, p.family_name) AS family_name, coalesce(k.given_name, p.given_name) AS given_name,
    coalesce(k.corporate_name, p.corporate_name) AS corporate_name, coalesce(k.registration_number, p.registration_number) AS registration_number
FROM people p LEFT JOIN kept_payees k ON k.person_id = p.id;

ALTER TABLE erasures DROP CONSTRAINT erasures_state_check;
ALTER TABLE erasures ADD CONSTRAINT erasures_state_check CHECK (state IN ('asked', 'canceled', 'erasing', 'kept', 'done')) NOT VALID;
CREATE INDEX erasures_kept ON erasures (person_id) WHERE state = 'kept';

-- Papers lose their words too when their time is over, and what was hashed becomes the hash of what is left.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION refuse_change_but_erasure() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    empty   CONSTANT jsonb[] := ARRAY['""', '{}', '[]', '"{}"', '"—"', '"\\x"']::jsonb[] || to_jsonb(encode(sha256(''), 'hex')) || to_jsonb(encode(sha256('{}'), 'hex'));
    was     jsonb := to_jsonb(OLD);
    becomes jsonb;
    emptied text;
BEGIN
    IF TG_OP = 'UPDATE' AND EXISTS (SELECT 1 FROM erasures WHERE id::text = current_setting('homecoming.erasing', true) AND state = 'erasing') THEN
        becomes := to_jsonb(NEW);
        FOREACH emptied IN ARRAY TG_ARGV LOOP
            IF becomes -> emptied = ANY (empty) THEN
                was := was - emptied;
                becomes := becomes - emptied;
            END IF;
        END LOOP;
        IF was = becomes THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = '23514', CONSTRAINT = 'append_only';
END $$;
-- +goose StatementEnd
DROP TRIGGER contract_documents_append_only ON contract_documents;
CREATE TRIGGER contract_documents_append_only BEFORE UPDATE OR DELETE ON contract_documents FOR EACH ROW EXECUTE FUNCTION refuse_change_but_erasure('body', 'hash');
DROP TRIGGER milestone_steps_append_only ON milestone_steps;
CREATE TRIGGER milestone_steps_append_only BEFORE UPDATE OR DELETE ON milestone_steps FOR EACH ROW EXECUTE FUNCTION refuse_change_but_erasure('message');
DROP TRIGGER dispute_proposals_append_only ON dispute_proposals;
CREATE TRIGGER dispute_proposals_append_only BEFORE UPDATE OR DELETE ON dispute_proposals FOR EACH ROW EXECUTE FUNCTION refuse_change_but_erasure('message');
DROP TRIGGER recoveries_append_only ON recoveries;
CREATE TRIGGER recoveries_append_only BEFORE UPDATE OR DELETE ON recoveries FOR EACH ROW EXECUTE FUNCTION refuse_change_but_erasure('terms');
DROP TRIGGER issued_documents_append_only ON issued_documents;
CREATE TRIGGER issued_documents_append_only BEFORE UPDATE OR DELETE ON issued_documents FOR EACH ROW
    EXECUTE FUNCTION refuse_change_but_erasure('counterparty', 'title', 'data', 'data_hash', 'pdf', 'pdf_hash');
DROP TRIGGER document_answers_append_only ON document_answers;
CREATE TRIGGER document_answers_append_only BEFORE UPDATE OR DELETE ON document_answers FOR EACH ROW EXECUTE FUNCTION refuse_change_but_erasure('message');
DROP TRIGGER timesheet_entries_append_only ON timesheet_entries;
CREATE TRIGGER timesheet_entries_append_only BEFORE UPDATE OR DELETE ON timesheet_entries FOR EACH ROW EXECUTE FUNCTION refuse_change_but_erasure('note');
DROP TRIGGER bank_lines_say_what_the_bank_said ON bank_lines;
CREATE TRIGGER bank_lines_say_what_the_bank_said BEFORE UPDATE OF company_id, account_id, statement_id, row, booked_on, amount, currency, balance, name,
    description, reference, fingerprint ON bank_lines FOR EACH ROW EXECUTE FUNCTION refuse_change_but_erasure('name', 'description');
