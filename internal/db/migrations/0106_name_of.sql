-- A person's name in the order of its script, as people read it: 高橋 由美, Daniel Okafor. The same as market.Person's Name,
-- for lists that only SQL sees.
-- +goose Up
CREATE FUNCTION name_of(p people) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE WHEN p.family_name || p.given_name ~ '[^\u0001-\u024F\u1E00-\u1EFF\u2010-\u2027]' THEN trim(p.family_name || ' ' || p.given_name)
        ELSE trim(p.given_name || ' ' || p.family_name) END;
