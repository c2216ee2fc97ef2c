-- What kind of work a milestone is for withholding: a mixed contract is split into parts. Those of before are what their
-- terms say.
-- +goose Up
ALTER TABLE milestones ADD COLUMN withholding_category text NOT NULL DEFAULT '';
