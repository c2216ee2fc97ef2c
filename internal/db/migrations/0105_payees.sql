-- Whom fees are paid to, as far as withholding asks: a corporation that the person contracts through, or somebody who
-- lives abroad. The terms of a contract keep what it was when they were agreed.
-- +goose Up
ALTER TABLE people
    ADD COLUMN corporate_name text NOT NULL DEFAULT '' CHECK (length(corporate_name) <= 200), -- empty: an individual
    ADD COLUMN non_resident   boolean NOT NULL DEFAULT false;
