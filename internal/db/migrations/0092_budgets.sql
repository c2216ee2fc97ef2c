-- What a company sets aside for work (purchase orders, cost centres), what its tasks have taken of it, and who has to say
-- yes before money is promised. See package market. Amounts are minor units, without consumption tax.
-- +goose Up
CREATE TABLE budgets (
    id          uuid PRIMARY KEY,
    company_id  uuid NOT NULL REFERENCES companies,
    kind        text NOT NULL CHECK (kind IN ('purchase_order', 'cost_centre')),
    code        text NOT NULL CHECK (code <> '' AND length(code) <= 40),   -- PO-4471
    name        text NOT NULL DEFAULT '' CHECK (length(name) <= 100),
    within_id   uuid,                                                      -- the cost centre that an order is taken from
    amount      bigint CHECK (amount >= 0),                                -- the limit; empty: none, of a cost centre alone
    committed   bigint NOT NULL DEFAULT 0 CHECK (committed >= 0),          -- the sum of its commitments
    currency    char(3) NOT NULL,
    valid_from  date,
    valid_until date,
    closed_at   timestamptz,
    version     integer NOT NULL DEFAULT 1,
    created_by  uuid NOT NULL REFERENCES people,
    created_at  timestamptz NOT NULL,
    updated_at  timestamptz NOT NULL,
    UNIQUE (company_id, id),
    FOREIGN KEY (company_id, within_id) REFERENCES budgets (company_id, id),
    CONSTRAINT never_over_its_limit CHECK (committed <= amount),
    CONSTRAINT an_order_has_a_limit CHECK (amount IS NOT NULL OR kind = 'cost_centre'),
    CONSTRAINT only_an_order_is_within CHECK (within_id IS NULL OR kind = 'purchase_order'),
    CONSTRAINT budget_period_order CHECK (valid_until >= valid_from)
);
CREATE UNIQUE INDEX budget_code_once ON budgets (company_id, lower(code));

-- What a task took of a budget, and what it gave back: one row a change, for ever.
CREATE TABLE commitments (
    id         uuid PRIMARY KEY,
    company_id uuid NOT NULL,
    budget_id  uuid NOT NULL,
    task_id    uuid NOT NULL,
    amount     bigint NOT NULL CHECK (amount <> 0),   -- negative: given back
    cause      text NOT NULL,
    at         timestamptz NOT NULL,
    FOREIGN KEY (company_id, budget_id) REFERENCES budgets (company_id, id),
    FOREIGN KEY (company_id, task_id) REFERENCES tasks (company_id, id)
);
CREATE INDEX commitments_budget ON commitments (budget_id, task_id);
CREATE INDEX commitments_task ON commitments (task_id);
CREATE TRIGGER commitments_append_only BEFORE UPDATE OR DELETE ON commitments FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- paid_from: the budget; approved_amount: how much was said yes to.
ALTER TABLE tasks ADD COLUMN paid_from uuid, ADD COLUMN approved_amount bigint NOT NULL DEFAULT 0 CHECK (approved_amount >= 0);
ALTER TABLE tasks ADD CONSTRAINT tasks_paid_from FOREIGN KEY (company_id, paid_from) REFERENCES budgets (company_id, id);

-- Who says yes to amounts of more than "above", one after the other.
CREATE TABLE approval_rules (
    company_id    uuid NOT NULL REFERENCES companies,
    position      integer NOT NULL,
    above         bigint NOT NULL CHECK (above >= 0),
    department_id uuid,                              -- empty: tasks of any
    approver_id   uuid REFERENCES people,            -- empty: any approver
    PRIMARY KEY (company_id, position),
    FOREIGN KEY (company_id, department_id) REFERENCES departments (company_id, id)
);

CREATE TABLE spending_requests (
    id         uuid PRIMARY KEY,
    company_id uuid NOT NULL,
    task_id    uuid NOT NULL,
    amount     bigint NOT NULL CHECK (amount > 0),
    currency   char(3) NOT NULL,
    reason     text NOT NULL DEFAULT '' CHECK (length(reason) <= 5000),
    state      text NOT NULL CHECK (state IN ('asked', 'approved', 'declined', 'withdrawn')),
    asked_by   uuid NOT NULL REFERENCES people,
    asked_at   timestamptz NOT NULL,
    ended_at   timestamptz,
    UNIQUE (company_id, id),
    FOREIGN KEY (company_id, task_id) REFERENCES tasks (company_id, id)
);
CREATE UNIQUE INDEX one_open_spending_request ON spending_requests (task_id) WHERE state = 'asked';
CREATE INDEX spending_requests_company ON spending_requests (company_id, id DESC);

-- The chain as it was when it was asked for.
CREATE TABLE spending_steps (
    request_id  uuid NOT NULL,
    company_id  uuid NOT NULL,
    position    integer NOT NULL,
    approver_id uuid REFERENCES people,              -- empty: any approver
    approved    boolean,                             -- empty: not decided yet
    decided_by  uuid REFERENCES people,
    stood_for   uuid REFERENCES people,              -- whom they stood in for
    by_mail     boolean NOT NULL DEFAULT false,
    comment     text NOT NULL DEFAULT '' CHECK (length(comment) <= 5000),
    decided_at  timestamptz,
    PRIMARY KEY (request_id, position),
    FOREIGN KEY (company_id, request_id) REFERENCES spending_requests (company_id, id),
    CONSTRAINT decided_by_somebody CHECK ((approved IS NULL) = (decided_by IS NULL))
);

CREATE TABLE delegations (
    id         uuid PRIMARY KEY,
    company_id uuid NOT NULL REFERENCES companies,
    from_id    uuid NOT NULL REFERENCES people,
    to_id      uuid NOT NULL REFERENCES people,
    from_on    date NOT NULL,
    until_on   date NOT NULL,                        -- the last day
    created_at timestamptz NOT NULL,
    ended_at   timestamptz,                          -- ended before its last day
    CONSTRAINT not_to_oneself CHECK (from_id <> to_id),
    CONSTRAINT delegation_period_order CHECK (until_on >= from_on)
);
CREATE INDEX delegations_to ON delegations (company_id, to_id) WHERE ended_at IS NULL;

-- A link may let somebody decide one thing, and no more.
ALTER TABLE one_time_links DROP CONSTRAINT one_time_links_purpose_check;
ALTER TABLE one_time_links ADD CONSTRAINT one_time_links_purpose_check CHECK (purpose IN ('join', 'sign_in', 'link', 'second_step', 'decide'));
