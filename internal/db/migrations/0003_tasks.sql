-- Work that is offered and the offers made for it. See package market.
-- +goose Up
CREATE TABLE tasks (
    id                   uuid PRIMARY KEY,
    company_id           uuid NOT NULL REFERENCES companies,
    number               integer NOT NULL,                     -- T-1042: counted within the company
    title                text NOT NULL CHECK (title <> '' AND length(title) <= 200),
    brief                text NOT NULL DEFAULT '' CHECK (length(brief) <= 20000),
    department_id        uuid,
    budget               bigint CHECK (budget > 0),            -- minor units, without consumption tax
    currency             char(3) NOT NULL,
    due_on               date,
    withholding_category text NOT NULL DEFAULT 'none',
    visibility           jsonb NOT NULL DEFAULT '{"kind": "own_alumni"}',
    state                text NOT NULL CHECK (state IN ('draft', 'published', 'awarded', 'completed', 'canceled')),
    version              integer NOT NULL DEFAULT 1,           -- raised by every edit; a stale one is refused
    cancel_reason        text NOT NULL DEFAULT '',
    created_by           uuid NOT NULL REFERENCES people,
    created_at           timestamptz NOT NULL DEFAULT now(),
    updated_at           timestamptz NOT NULL DEFAULT now(),
    published_at         timestamptz,
    UNIQUE (company_id, id),
    UNIQUE (company_id, number),
    FOREIGN KEY (company_id, department_id) REFERENCES departments (company_id, id)
);
CREATE INDEX tasks_company ON tasks (company_id, state, id DESC);

CREATE TABLE task_skills (
    task_id    uuid NOT NULL,
    company_id uuid NOT NULL,
    skill_id   text NOT NULL REFERENCES skills,
    position   smallint NOT NULL,
    level      smallint NOT NULL DEFAULT 1 CHECK (level BETWEEN 1 AND 3),
    kind       text NOT NULL DEFAULT 'must' CHECK (kind IN ('must', 'nice')),
    strict     boolean NOT NULL DEFAULT false,
    PRIMARY KEY (task_id, skill_id),
    FOREIGN KEY (company_id, task_id) REFERENCES tasks (company_id, id),
    CONSTRAINT only_a_must_is_strict CHECK (kind = 'must' OR NOT strict)
);

CREATE TABLE invitations (
    id            uuid PRIMARY KEY,
    company_id    uuid NOT NULL,
    task_id       uuid NOT NULL,
    membership_id uuid NOT NULL,
    state         text NOT NULL DEFAULT 'sent' CHECK (state IN ('sent', 'declined', 'answered')),
    invited_by    uuid NOT NULL REFERENCES people,
    created_at    timestamptz NOT NULL DEFAULT now(),
    FOREIGN KEY (company_id, task_id) REFERENCES tasks (company_id, id),
    FOREIGN KEY (company_id, membership_id) REFERENCES memberships (company_id, id),
    CONSTRAINT invited_once UNIQUE (task_id, membership_id)
);
CREATE INDEX invitations_membership ON invitations (membership_id);

CREATE TABLE bids (
    id            uuid PRIMARY KEY,
    company_id    uuid NOT NULL,
    task_id       uuid NOT NULL,
    membership_id uuid NOT NULL,
    person_id     uuid NOT NULL REFERENCES people,
    state         text NOT NULL CHECK (state IN ('open', 'accepted', 'lost', 'withdrawn')),
    version       integer NOT NULL CHECK (version >= 1),      -- counter-offers raise it
    offered_by    text NOT NULL CHECK (offered_by IN ('alumnus', 'company')), -- who made the latest version
    amount        bigint NOT NULL CONSTRAINT bid_amount_is_positive CHECK (amount > 0),
    currency      char(3) NOT NULL,
    deliver_on    date NOT NULL,
    message       text NOT NULL DEFAULT '' CHECK (length(message) <= 5000),
    milestones    jsonb NOT NULL,                             -- [{title, amount, due_on}]; the amounts sum to amount
    shortlisted   boolean NOT NULL DEFAULT false,
    archived      boolean NOT NULL DEFAULT false,
    created_at    timestamptz NOT NULL DEFAULT now(),
    updated_at    timestamptz NOT NULL DEFAULT now(),
    UNIQUE (company_id, id),
    FOREIGN KEY (company_id, task_id) REFERENCES tasks (company_id, id),
    FOREIGN KEY (company_id, membership_id) REFERENCES memberships (company_id, id)
);
CREATE UNIQUE INDEX one_accepted_bid_a_task ON bids (task_id) WHERE state = 'accepted';
CREATE UNIQUE INDEX one_open_bid_a_person ON bids (task_id, person_id) WHERE state IN ('open', 'accepted');
CREATE INDEX bids_person ON bids (person_id, id DESC);

-- Every version ever offered; the thread is the evidence that the price was talked over (Freelance Act, price consultation).
CREATE TABLE bid_versions (
    bid_id     uuid NOT NULL,
    company_id uuid NOT NULL,
    version    integer NOT NULL,
    offered_by text NOT NULL,
    person_id  uuid NOT NULL REFERENCES people,
    amount     bigint NOT NULL CHECK (amount > 0),
    deliver_on date NOT NULL,
    message    text NOT NULL,
    milestones jsonb NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (bid_id, version),
    FOREIGN KEY (company_id, bid_id) REFERENCES bids (company_id, id)
);
CREATE TRIGGER bid_versions_append_only BEFORE UPDATE OR DELETE ON bid_versions FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- contract_id points into billing's room; the key is added there.
CREATE TABLE reviews (
    id          uuid PRIMARY KEY,
    company_id  uuid NOT NULL REFERENCES companies,
    contract_id uuid NOT NULL,
    person_id   uuid NOT NULL REFERENCES people,   -- the alumnus or alumna of the contract
    by_side     text NOT NULL CHECK (by_side IN ('company', 'alumnus')),
    rating      smallint NOT NULL CHECK (rating BETWEEN 1 AND 5),
    text        text NOT NULL DEFAULT '' CHECK (length(text) <= 5000),
    created_at  timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT reviewed_once UNIQUE (contract_id, by_side)
);
CREATE INDEX reviews_person ON reviews (person_id) WHERE by_side = 'company';
