-- What a company's people and an alumnus write to one another about a task, a bid or a contract. See market/thread.go.
-- +goose Up
SET LOCAL lock_timeout = '5s';

CREATE TABLE threads (
    id         uuid PRIMARY KEY,
    company_id uuid NOT NULL REFERENCES companies,
    kind       text NOT NULL CHECK (kind IN ('task', 'bid', 'contract')),
    task_id    uuid NOT NULL,                    -- whose work it is about, of whatever kind
    subject_id uuid NOT NULL,                    -- the task, the bid or the contract
    person_id  uuid NOT NULL REFERENCES people,  -- the alumnus; the other side is the company
    messages   integer NOT NULL DEFAULT 0,       -- how many there are, and the latest one's number
    last_at    timestamptz NOT NULL,
    created_at timestamptz NOT NULL,
    UNIQUE (company_id, id),
    CONSTRAINT one_thread_a_side UNIQUE (company_id, kind, subject_id, person_id),
    FOREIGN KEY (company_id, task_id) REFERENCES tasks (company_id, id)
);
CREATE INDEX threads_company ON threads (company_id, last_at DESC, id);
CREATE INDEX threads_person ON threads (person_id, last_at DESC, id);
CREATE INDEX threads_task ON threads (task_id);

CREATE TABLE messages (
    id         uuid PRIMARY KEY,
    company_id uuid NOT NULL,
    thread_id  uuid NOT NULL,
    number     integer NOT NULL CHECK (number > 0),   -- within the thread, without gaps
    author_id  uuid NOT NULL REFERENCES people,
    side       text NOT NULL CHECK (side IN ('company', 'alumnus')),
    body       text NOT NULL CHECK (length(body) <= 10000),
    sent_at    timestamptz NOT NULL,
    UNIQUE (thread_id, number),
    FOREIGN KEY (company_id, thread_id) REFERENCES threads (company_id, id)
);
CREATE INDEX messages_author ON messages (author_id, sent_at DESC);

-- Who hears of what is written, and how far they have read. Whoever else may see the thread reads it without a row.
CREATE TABLE thread_readers (
    thread_id  uuid NOT NULL,
    person_id  uuid NOT NULL REFERENCES people,
    company_id uuid NOT NULL,
    read_to    integer NOT NULL DEFAULT 0,
    read_at    timestamptz,
    PRIMARY KEY (thread_id, person_id),
    FOREIGN KEY (company_id, thread_id) REFERENCES threads (company_id, id)
);
CREATE INDEX thread_readers_person ON thread_readers (person_id);
