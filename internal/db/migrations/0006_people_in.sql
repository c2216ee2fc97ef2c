-- A role given to somebody who is known elsewhere waits until that person takes it: nobody is claimed, and nobody's
-- name is shown, by typing their address. See market.Grant.
-- +goose Up
ALTER TABLE role_grants ADD COLUMN accepted_at timestamptz DEFAULT now();
CREATE INDEX one_time_links_person ON one_time_links (person_id);
CREATE INDEX tokens_person ON tokens (person_id);
CREATE INDEX link_proposals_person ON link_proposals (person_id) WHERE state = 'open';
