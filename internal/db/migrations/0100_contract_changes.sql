-- Changes of a contract's terms: offered by one side, signed by the other, in force once what they add is paid.
-- +goose Up
CREATE TABLE contract_changes (
    id           uuid PRIMARY KEY,
    company_id   uuid NOT NULL,
    contract_id  uuid NOT NULL,
    number       integer NOT NULL,                     -- counted within the contract
    side         text NOT NULL CHECK (side IN ('company', 'alumnus')),
    offered_by   uuid NOT NULL REFERENCES people,
    state        text NOT NULL CHECK (state IN ('offered', 'signed', 'in_force', 'declined', 'withdrawn', 'countered', 'expired', 'lapsed')),
    body         text NOT NULL,                        -- what was offered: the very text that both sides' word refers to
    hash         text NOT NULL CONSTRAINT change_is_what_was_hashed CHECK (hash = encode(sha256(convert_to(body, 'UTF8')), 'hex')),
    answer       text NOT NULL DEFAULT '' CHECK (length(answer) <= 5000), -- why it was declined
    added        bigint NOT NULL,                      -- to the fee of the whole contract, without tax; negative: taken away
    top_up       bigint NOT NULL DEFAULT 0 CHECK (top_up >= 0), -- what has to be paid before it holds
    milestone_id uuid,                                 -- whose money that adds to
    expires_at   timestamptz NOT NULL,                 -- an offer's; a signed one's for the payment
    offered_at   timestamptz NOT NULL,
    signed_by    uuid REFERENCES people,
    signed_at    timestamptz,
    version      integer,                              -- of the terms that it made
    ended_at     timestamptz,
    UNIQUE (company_id, id),
    UNIQUE (contract_id, number),
    FOREIGN KEY (company_id, contract_id) REFERENCES contracts (company_id, id),
    FOREIGN KEY (company_id, milestone_id) REFERENCES milestones (company_id, id),
    CONSTRAINT both_sides_signed CHECK (state NOT IN ('signed', 'in_force') OR signed_by IS NOT NULL AND signed_by <> offered_by),
    CONSTRAINT in_force_has_a_version CHECK ((state = 'in_force') = (version IS NOT NULL)),
    CONSTRAINT added_money_has_a_milestone CHECK (top_up = 0 OR milestone_id IS NOT NULL)
);
CREATE UNIQUE INDEX one_open_change ON contract_changes (contract_id) WHERE state IN ('offered', 'signed');
CREATE INDEX contract_changes_expiry ON contract_changes (expires_at) WHERE state IN ('offered', 'signed');

ALTER TABLE contract_documents DROP CONSTRAINT contract_documents_kind_check;
ALTER TABLE contract_documents ADD CONSTRAINT contract_documents_kind_check CHECK (kind IN ('terms', 'notice', 'supplement'));
