-- People who asked to be forgotten, from their asking on; and how lines that only grow lose what they say of somebody. See
-- market/erasing.go.
-- +goose Up
SET LOCAL lock_timeout = '5s';

CREATE TABLE erasures (
    id        uuid PRIMARY KEY,
    person_id uuid NOT NULL REFERENCES people,
    state     text NOT NULL CHECK (state IN ('asked', 'canceled', 'erasing', 'done')),
    asked_at  timestamptz NOT NULL,
    due_at    timestamptz NOT NULL,                   -- until then the person may think again
    hid       uuid[] NOT NULL,                        -- memberships that the asking hid, to be shown again
    shown_to  text NOT NULL CHECK (shown_to IN ('nobody', 'partners', 'everyone')), -- as it was before
    begun_at  timestamptz,                            -- when the last letter was written
    erased    text[] NOT NULL DEFAULT '{}',           -- tables that are done
    ended_at  timestamptz,
    CHECK ((state IN ('canceled', 'done')) = (ended_at IS NOT NULL)),
    CHECK (state NOT IN ('erasing', 'done') OR begun_at IS NOT NULL)
);
CREATE UNIQUE INDEX one_erasure ON erasures (person_id) WHERE state IN ('asked', 'erasing');
CREATE INDEX erasures_due ON erasures (due_at) WHERE state IN ('asked', 'erasing');

-- Whom a notice or a kept mail names: they are found by it, and never by the name itself. What is older goes by its age.
ALTER TABLE notices ADD COLUMN tells_of uuid;
CREATE INDEX notices_of ON notices (tells_of) WHERE tells_of IS NOT NULL;
ALTER TABLE outbox ADD COLUMN tells_of uuid[] NOT NULL DEFAULT '{}';

-- The report of an import without the rows, and without the faults, in which somebody's address stands: the one that they sign in
-- with, or one that the importing company's own records have.
-- +goose StatementBegin
CREATE FUNCTION report_without(report jsonb, company uuid, person uuid, address text) RETURNS jsonb LANGUAGE sql STABLE AS $$
    WITH theirs AS (SELECT lower(address) AS a WHERE address <> '' UNION SELECT lower(m.email) FROM memberships m WHERE m.person_id = person AND m.company_id = company AND m.email <> '')
    SELECT CASE WHEN NOT report ? 'changes' OR NOT report ? 'faults' THEN report ELSE report || jsonb_build_object(
        'changes', (SELECT coalesce(jsonb_agg(c.item ORDER BY c.n), '[]') FROM jsonb_array_elements(report->'changes') WITH ORDINALITY c(item, n)
            WHERE NOT EXISTS (SELECT 1 FROM theirs WHERE a = lower(c.item->>'email'))),
        'faults', (SELECT coalesce(jsonb_agg(f.item ORDER BY f.n), '[]') FROM jsonb_array_elements(report->'faults') WITH ORDINALITY f(item, n)
            WHERE NOT EXISTS (SELECT 1 FROM theirs WHERE lower(f.item::text) ~ ('(?<![a-z0-9._%+-])' || regexp_replace(a, '([]*+?(){}|^$.[\\])', '\\\1', 'g') || '(?![a-z0-9-]|\.[a-z0-9])')))) END $$;
-- +goose StatementEnd

-- Lines that only grow stay lines: while an erasure is under way, the columns that a trigger names may become empty, and nothing
-- else may change, appear or go.
-- +goose StatementBegin
CREATE FUNCTION refuse_change_but_erasure() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    was     jsonb := to_jsonb(OLD);
    becomes jsonb;
    emptied text;
BEGIN
    IF TG_OP = 'UPDATE' AND EXISTS (SELECT 1 FROM erasures WHERE id::text = current_setting('homecoming.erasing', true) AND state = 'erasing') THEN
        becomes := to_jsonb(NEW);
        FOREACH emptied IN ARRAY TG_ARGV LOOP
            IF becomes -> emptied IN ('""'::jsonb, '{}'::jsonb, '[]'::jsonb) THEN
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
DROP TRIGGER audit_append_only ON audit;
CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE ON audit FOR EACH ROW EXECUTE FUNCTION refuse_change_but_erasure('detail');
DROP TRIGGER bid_versions_append_only ON bid_versions;
CREATE TRIGGER bid_versions_append_only BEFORE UPDATE OR DELETE ON bid_versions FOR EACH ROW EXECUTE FUNCTION refuse_change_but_erasure('message', 'milestones');
