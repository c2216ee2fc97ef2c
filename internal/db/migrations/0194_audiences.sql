-- Who sees which field of a profile; what is not named is as usual, and all of it where there is nothing. See market/audience.go. What search may find somebody by
-- follows from it, and now also from their introduction.
-- +goose Up
SET LOCAL lock_timeout = '5s';

ALTER TABLE people ADD COLUMN audiences jsonb;
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION search_people_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO search_pending (kind, company_id, id)
        SELECT 'people', m.company_id, m.id FROM fresh f JOIN old_rows o USING (id) JOIN memberships m ON m.person_id = f.id
        WHERE (f.family_name, f.given_name, f.family_kana, f.given_kana, f.available_from, f.hourly_rate, f.rate_currency, f.introduction, f.audiences)
            IS DISTINCT FROM (o.family_name, o.given_name, o.family_kana, o.given_kana, o.available_from, o.hourly_rate, o.rate_currency, o.introduction, o.audiences);
    RETURN NULL;
END $$;
-- +goose StatementEnd
