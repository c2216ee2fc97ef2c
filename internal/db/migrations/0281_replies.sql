-- Answers by mail. See market/replying.go.
-- +goose Up
SET LOCAL lock_timeout = '5s';
-- The number of one reader of one thread, in the address that takes their answers.
ALTER TABLE thread_readers ADD COLUMN reply_no bigint GENERATED ALWAYS AS IDENTITY UNIQUE;
-- By which a mail that comes again is known; empty for a message that came another way.
ALTER TABLE messages ADD COLUMN mail_key bytea;
CREATE UNIQUE INDEX message_of_a_mail ON messages (author_id, mail_key);
