-- +goose NO TRANSACTION
-- +goose Up
-- What people did at a company, by person and time: the office asks in which months its alumni were active, and since when. Only
-- the index is read for that; a year of a large company's log has millions of rows.
CREATE INDEX CONCURRENTLY audit_acts ON audit (company_id, actor_id, at) INCLUDE (action) WHERE actor_id IS NOT NULL;

-- +goose Down
DROP INDEX CONCURRENTLY audit_acts;
