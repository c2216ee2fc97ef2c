-- What was shown, so that it can be shown again and counted; and the constants that a company sets for its score. See
-- matching/replay.go and matching/formula.go.
-- +goose Up
-- Empty for the constants of the house. It stands on the company's own row because every ranking reads that anyway.
ALTER TABLE companies ADD COLUMN formula jsonb;

-- One row for every list that was shown about a saved task, unless the same list was the last one shown. The body is
-- the very text that was hashed: ids and what was scored, no names of people. Rows go only by the sweep, which says so.
CREATE TABLE rankings (
    id         uuid PRIMARY KEY,
    company_id uuid NOT NULL,
    task_id    uuid NOT NULL,
    shown_at   timestamptz NOT NULL,       -- for the first time
    as_of      date NOT NULL,              -- the company's day that the scores are of
    formula    integer NOT NULL,           -- the version of the constants, which are in the body
    listed     uuid[] NOT NULL,            -- best first
    discovered uuid[] NOT NULL,            -- the labelled places after the list
    hash       text NOT NULL CONSTRAINT ranking_is_what_was_hashed CHECK (hash = encode(sha256(convert_to(body, 'UTF8')), 'hex')),
    body       text NOT NULL,
    FOREIGN KEY (company_id, task_id) REFERENCES tasks (company_id, id)
);
CREATE INDEX rankings_task ON rankings (task_id, id DESC);
CREATE INDEX rankings_company ON rankings (company_id, as_of);
CREATE INDEX rankings_age ON rankings (shown_at);

-- +goose StatementBegin
CREATE FUNCTION keep_rankings() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND current_setting('homecoming.sweeping', true) = 'rankings' THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'rankings is append-only' USING ERRCODE = '23514', CONSTRAINT = 'append_only';
END $$;
-- +goose StatementEnd
CREATE TRIGGER rankings_append_only BEFORE UPDATE OR DELETE ON rankings FOR EACH ROW EXECUTE FUNCTION keep_rankings();
