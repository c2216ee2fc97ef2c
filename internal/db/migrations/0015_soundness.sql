-- The ledger's soundness in one check a statement instead of two a posting, nobody's right to change a posting, and which
-- alarm of a milestone was given when.
-- +goose Up

-- An entry and its postings arrive in one statement, which must leave it balanced per currency, whoever writes; and what
-- we hold for somebody is never less than nothing. The writers hold the milestone's row, so the sum cannot be outrun.
DROP TRIGGER ledger_postings_sound ON ledger_postings;
DROP FUNCTION ledger_posting_is_sound;
-- +goose StatementBegin
CREATE FUNCTION ledger_postings_are_sound() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    e uuid;
    f record;
BEGIN
    -- One row at a time, so that every look is by its index whatever the planner believes about the new rows.
    FOR e IN SELECT DISTINCT entry_id FROM fresh LOOP
        IF EXISTS (SELECT 1 FROM ledger_postings WHERE entry_id = e GROUP BY currency HAVING sum(amount) <> 0) THEN
            RAISE EXCEPTION 'entry % does not balance', e USING ERRCODE = '23514', CONSTRAINT = 'entry_is_balanced';
        END IF;
    END LOOP;
    FOR f IN SELECT account, milestone_id, currency FROM fresh WHERE amount > 0 AND split_part(account, ':', 1) IN ('held', 'payable', 'refund_payable') LOOP
        IF (SELECT sum(amount) FROM ledger_postings
            WHERE account = f.account AND milestone_id IS NOT DISTINCT FROM f.milestone_id AND currency = f.currency) > 0 THEN
            RAISE EXCEPTION '% would go below zero', f.account USING ERRCODE = '23514', CONSTRAINT = 'nothing_held_below_zero';
        END IF;
    END LOOP;
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER ledger_postings_sound AFTER INSERT ON ledger_postings REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_postings_are_sound();

-- The triggers refuse a change already; without the right, not even their owner's slip reaches them. (Entries keep theirs:
-- a foreign key locks the row it points at with its owner's right to update.)
REVOKE UPDATE, DELETE, TRUNCATE ON ledger_postings FROM CURRENT_USER, PUBLIC;

-- Letters about a milestone that the clock sends, each once: mark says which of its kind.
CREATE TABLE milestone_alarms (
    milestone_id uuid NOT NULL,
    company_id   uuid NOT NULL,
    kind         text NOT NULL CHECK (kind IN ('silence', 'holding', 'payment')),
    mark         text NOT NULL,
    at           timestamptz NOT NULL,
    PRIMARY KEY (milestone_id, kind, mark),
    FOREIGN KEY (company_id, milestone_id) REFERENCES milestones (company_id, id)
);
