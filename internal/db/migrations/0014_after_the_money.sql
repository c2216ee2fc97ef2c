-- What happens after money has moved: refunds with a life of their own, chargebacks, disputes between the parties,
-- reversals, debts, and contracts that rest or end early. See package billing.
-- +goose Up
-- Above this amount (minor units) one person asks for a refund and another approves it; 0: always; empty: never.
ALTER TABLE companies ADD COLUMN refund_limit bigint CHECK (refund_limit >= 0);

-- refunded: the part of the charge that went, goes or is owed back to the company; lost: the part that the bank took;
-- reversed: the part of the transfer that was taken back; recovered: the part kept for an old debt, by agreement.
ALTER TABLE milestones ADD COLUMN refunded bigint NOT NULL DEFAULT 0 CHECK (refunded >= 0),
    ADD COLUMN lost bigint NOT NULL DEFAULT 0 CHECK (lost >= 0),
    ADD COLUMN reversed bigint NOT NULL DEFAULT 0 CHECK (reversed >= 0),
    ADD COLUMN recovered bigint NOT NULL DEFAULT 0 CHECK (recovered >= 0),
    ADD COLUMN frozen_at timestamptz;
ALTER TABLE milestones DROP CONSTRAINT milestones_state_check;
ALTER TABLE milestones ADD CONSTRAINT milestones_state_check CHECK (state IN ('draft', 'funding', 'funded', 'in_progress', 'submitted',
    'changes_requested', 'accepted', 'releasing', 'released', 'paid', 'payout_failed', 'refunding', 'refunded', 'canceled', 'charged_back', 'reversed'));
ALTER TABLE contracts ADD COLUMN paused_at timestamptz, ADD COLUMN ends_on date, ADD COLUMN notice_on date, ADD COLUMN end_reason text NOT NULL DEFAULT '';
CREATE INDEX contracts_ending ON contracts (ends_on) WHERE ends_on IS NOT NULL AND state IN ('active', 'paused');

ALTER TABLE operations DROP CONSTRAINT operations_kind_check, DROP CONSTRAINT operations_state_check;
ALTER TABLE operations ADD CONSTRAINT operations_kind_check CHECK (kind IN ('checkout', 'transfer', 'refund', 'account', 'reversal', 'evidence')),
    ADD CONSTRAINT operations_state_check CHECK (state IN ('planned', 'sending', 'created', 'rejected', 'unknown', 'expired', 'settled', 'part_reversed', 'reversed', 'failed'));
-- A refund that failed may be sent again as another operation, and a person whose account is gone may have another.
DROP INDEX one_live_refund;
CREATE UNIQUE INDEX one_live_refund ON operations (milestone_id) WHERE kind = 'refund' AND state NOT IN ('settled', 'failed');
DROP INDEX one_account_a_person;
CREATE UNIQUE INDEX one_account_a_person ON operations (person_id) WHERE kind = 'account' AND state <> 'expired';
CREATE UNIQUE INDEX one_live_reversal ON operations (milestone_id) WHERE kind = 'reversal' AND state NOT IN ('settled', 'failed', 'rejected');

CREATE TABLE refunds (
    id           uuid PRIMARY KEY,
    company_id   uuid NOT NULL,
    milestone_id uuid NOT NULL,
    operation_id uuid REFERENCES operations,           -- the latest try
    provider_id  text NOT NULL DEFAULT '',             -- re_… of the latest try
    amount       bigint NOT NULL CHECK (amount > 0),
    currency     char(3) NOT NULL,
    state        text NOT NULL CHECK (state IN ('sending', 'pending', 'succeeded', 'failed', 'by_hand', 'overtaken')),
    moved        boolean NOT NULL DEFAULT false,       -- it has left our balance and not come back
    reason       text NOT NULL DEFAULT '' CHECK (length(reason) <= 5000),
    failure      text NOT NULL DEFAULT '',             -- the provider's word for why it failed
    reference    text NOT NULL DEFAULT '',             -- of the bank transfer that was made by hand
    tries        integer NOT NULL DEFAULT 1,
    created_at   timestamptz NOT NULL,
    updated_at   timestamptz NOT NULL,
    UNIQUE (company_id, id),
    FOREIGN KEY (company_id, milestone_id) REFERENCES milestones (company_id, id)
);
CREATE INDEX refunds_milestone ON refunds (milestone_id);
CREATE INDEX refunds_company ON refunds (company_id, id DESC);
CREATE INDEX refunds_operation ON refunds (operation_id);

-- A step about money that one person asks for and another approves.
CREATE TABLE approvals (
    id           uuid PRIMARY KEY,
    company_id   uuid NOT NULL,
    milestone_id uuid NOT NULL,
    refund_id    uuid REFERENCES refunds,              -- of by_hand
    kind         text NOT NULL CHECK (kind IN ('refund', 'reversal', 'by_hand', 'write_off')),
    account      text NOT NULL DEFAULT '',             -- of write_off: the receivable
    amount       bigint NOT NULL CHECK (amount > 0),
    currency     char(3) NOT NULL,
    reason       text NOT NULL CHECK (length(reason) <= 5000),
    state        text NOT NULL CHECK (state IN ('asked', 'approved', 'declined', 'withdrawn')),
    asked_by     uuid NOT NULL REFERENCES people,
    asked_at     timestamptz NOT NULL,
    decided_by   uuid REFERENCES people,
    decided_at   timestamptz,
    UNIQUE (company_id, id),
    FOREIGN KEY (company_id, milestone_id) REFERENCES milestones (company_id, id),
    CONSTRAINT four_eyes CHECK (state <> 'approved' OR decided_by <> asked_by)
);
CREATE UNIQUE INDEX asked_once ON approvals (milestone_id, kind, account) WHERE state = 'asked';
CREATE INDEX approvals_company ON approvals (company_id, id DESC);

-- A payment that the payer's bank took back, or asks about. The provider calls it a dispute.
CREATE TABLE chargebacks (
    id           text PRIMARY KEY,                     -- dp_… or du_…
    company_id   uuid NOT NULL,
    milestone_id uuid NOT NULL,
    charge       text NOT NULL,
    amount       bigint NOT NULL CHECK (amount > 0),
    currency     char(3) NOT NULL,
    reason       text NOT NULL,
    state        text NOT NULL CHECK (state IN ('inquiry', 'needs_response', 'under_review', 'won', 'lost', 'inquiry_closed')),
    stage        text NOT NULL CHECK (stage IN ('before_acceptance', 'after_acceptance', 'after_payout')), -- when it was opened
    borne_by     text NOT NULL DEFAULT '' CHECK (borne_by IN ('', 'held', 'refund', 'client')),              -- who a lost one fell on
    due_by       timestamptz,
    evidence     text NOT NULL DEFAULT '',             -- what was sent
    evidence_by  uuid REFERENCES people,
    evidence_at  timestamptz,
    opened_at    timestamptz NOT NULL,
    closed_at    timestamptz,
    updated_at   timestamptz NOT NULL,
    UNIQUE (company_id, id),
    FOREIGN KEY (company_id, milestone_id) REFERENCES milestones (company_id, id)
);
CREATE INDEX chargebacks_milestone ON chargebacks (milestone_id);
CREATE INDEX chargebacks_company ON chargebacks (company_id, opened_at DESC);

-- A quarrel between the parties about a milestone whose money is held. release is the part of the fee, without tax,
-- that goes to the alumnus; what follows from it is computed.
CREATE TABLE disputes (
    id           uuid PRIMARY KEY,
    company_id   uuid NOT NULL,
    milestone_id uuid NOT NULL,
    opened_by    uuid NOT NULL REFERENCES people,
    side         text NOT NULL CHECK (side IN ('company', 'alumnus')),
    reason       text NOT NULL CHECK (reason <> '' AND length(reason) <= 5000),
    state        text NOT NULL CHECK (state IN ('open', 'for_ruling', 'proposed_ruling', 'agreed', 'ruled', 'withdrawn')),
    deadline     timestamptz NOT NULL,                 -- until then the parties have it for themselves
    release      bigint CHECK (release >= 0),          -- once it is settled
    opened_at    timestamptz NOT NULL,
    closed_at    timestamptz,
    UNIQUE (company_id, id),
    FOREIGN KEY (company_id, milestone_id) REFERENCES milestones (company_id, id)
);
CREATE UNIQUE INDEX one_open_dispute ON disputes (milestone_id) WHERE state IN ('open', 'for_ruling', 'proposed_ruling');
CREATE INDEX disputes_deadline ON disputes (deadline) WHERE state = 'open';

CREATE TABLE dispute_proposals (
    id         uuid PRIMARY KEY,
    company_id uuid NOT NULL,
    dispute_id uuid NOT NULL,
    party      text NOT NULL CHECK (party IN ('company', 'alumnus', 'ruling')),
    person_id  uuid NOT NULL REFERENCES people,
    release    bigint NOT NULL CHECK (release >= 0),
    message    text NOT NULL DEFAULT '' CHECK (length(message) <= 5000),
    at         timestamptz NOT NULL,
    FOREIGN KEY (company_id, dispute_id) REFERENCES disputes (company_id, id)
);
CREATE INDEX dispute_proposals_dispute ON dispute_proposals (dispute_id, id);
CREATE TRIGGER dispute_proposals_append_only BEFORE UPDATE OR DELETE ON dispute_proposals FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- A person's written agreement that a debt is kept back from later transfers. Without one nothing is.
CREATE TABLE recoveries (
    id           uuid PRIMARY KEY,
    company_id   uuid NOT NULL,
    milestone_id uuid NOT NULL,                        -- whose reversal left the debt
    person_id    uuid NOT NULL REFERENCES people,
    amount       bigint NOT NULL CHECK (amount > 0),
    currency     char(3) NOT NULL,
    terms        text NOT NULL CHECK (terms <> ''),    -- what was agreed to, as it was read
    agreed_at    timestamptz NOT NULL,
    FOREIGN KEY (company_id, milestone_id) REFERENCES milestones (company_id, id),
    CONSTRAINT recovery_once UNIQUE (milestone_id)
);
CREATE TRIGGER recoveries_append_only BEFORE UPDATE OR DELETE ON recoveries FOR EACH ROW EXECUTE FUNCTION refuse_change();
