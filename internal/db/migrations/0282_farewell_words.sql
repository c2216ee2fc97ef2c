-- What a company says to people on their last day, in its own words. See market/farewell.go.
-- +goose Up
SET LOCAL lock_timeout = '5s';
ALTER TABLE companies ADD COLUMN farewell_words text NOT NULL DEFAULT '', ADD COLUMN farewell_words_en text NOT NULL DEFAULT '';
