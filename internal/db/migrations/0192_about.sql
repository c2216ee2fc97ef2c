-- What people show of themselves: an introduction, links to what they made, languages, and what shows a skill. See
-- market/about.go.
-- +goose Up
SET LOCAL lock_timeout = '5s';

ALTER TABLE people
    ADD COLUMN introduction text NOT NULL DEFAULT '' CHECK (length(introduction) <= 4000), -- Markdown
    ADD COLUMN portfolio    jsonb, -- addresses; empty for none
    ADD COLUMN languages    jsonb; -- code, level, note; empty for none
-- Of a skill that the person says of themselves: what they did with it, and addresses that show it, one a line.
ALTER TABLE person_skills
    ADD COLUMN about text NOT NULL DEFAULT '' CHECK (length(about) <= 500),
    ADD COLUMN links text NOT NULL DEFAULT '';
