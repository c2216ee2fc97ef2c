-- What hosts say of an event afterwards; its pictures are files of the event. See market/album.go.
-- +goose Up
SET LOCAL lock_timeout = '5s';

ALTER TABLE events ADD COLUMN thanks text NOT NULL DEFAULT '';
ALTER TABLE events ADD COLUMN thanks_en text NOT NULL DEFAULT '';
ALTER TABLE events ADD COLUMN thanked_at timestamptz; -- when the letter about it went out
