-- Letters to a company that the notice of not renewing a long engagement is due, each once: so many days before.
-- +goose Up
CREATE TABLE ending_alarms (
    contract_id uuid NOT NULL,
    company_id  uuid NOT NULL,
    due_on      date NOT NULL,
    days        smallint NOT NULL,
    at          timestamptz NOT NULL,
    PRIMARY KEY (contract_id, due_on, days),
    FOREIGN KEY (company_id, contract_id) REFERENCES contracts (company_id, id)
);
