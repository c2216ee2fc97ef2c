-- The life of an index that is not PostgreSQL's own: whether it is the one we filled, whether it is being filled again,
-- and what goes wrong while it is written. See matching/record.go.
-- +goose Up
-- moment is the index's own when it last confirmed a change: an index that is behind it is an older copy that somebody
-- restored, and one of another generation is not ours. format is what its documents look like; a program that writes
-- others builds it anew. Both are empty where nobody noted them.
ALTER TABLE match_indexes
    ADD COLUMN moment text NOT NULL DEFAULT '',
    ADD COLUMN format text NOT NULL DEFAULT '';
DELETE FROM match_indexes; -- nobody noted what the indexes hold, so they are built once more

-- A rebuild under way. Changes that every index has confirmed meanwhile stay in index_pending, one stage further, until
-- the new copy has them too. swapping is set for the moment in which either copy may be the one that answers.
CREATE TABLE match_builds (
    name     text PRIMARY KEY,
    build    uuid NOT NULL,
    run_id   uuid,
    swapping boolean NOT NULL DEFAULT false,
    began_at timestamptz NOT NULL DEFAULT now()
);

-- Writes that failed since the last one that did not.
CREATE TABLE match_failures (
    name     text PRIMARY KEY,
    failures integer NOT NULL CHECK (failures > 0),
    since    timestamptz NOT NULL DEFAULT now(),
    reason   text NOT NULL
);
