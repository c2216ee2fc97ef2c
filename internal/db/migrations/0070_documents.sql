-- The documents that were issued: numbered without gaps, each version for ever, with the very data and the very file that
-- their hashes speak of; and what suppliers said of their statements. Kept for as long as tax law asks, by never being
-- deleted. See package billing, paper.go.
-- +goose Up
CREATE TABLE issued_documents (
    id            uuid PRIMARY KEY,
    company_id    uuid NOT NULL REFERENCES companies,
    kind          text NOT NULL CHECK (kind IN ('terms_notice', 'statement', 'monthly_statement', 'receipt', 'payment_records', 'withholding_summary')),
    year          integer NOT NULL,                     -- of the first issue, the company's
    serial        integer NOT NULL CHECK (serial > 0),  -- ST-2026-000042: counted within company, kind and year
    version       integer NOT NULL CHECK (version > 0), -- a correction is another version, which names what it replaces
    subject       text NOT NULL,                        -- what it is about: milestone:…, contract:…, person:…:2026-11, 2026-11, 2026
    contract_id   uuid,
    person_id     uuid REFERENCES people,               -- the supplier, where it is about one
    counterparty  text NOT NULL,
    title         text NOT NULL,
    day           date NOT NULL,                        -- of what it records: the day of the dealing, the last of a month
    amount        bigint NOT NULL,
    currency      char(3) NOT NULL,
    language      text NOT NULL CHECK (language IN ('ja', 'en')),
    rules_version bigint NOT NULL,                      -- the rules that it was made with
    confirm_by    timestamptz,                          -- silence until then confirms it; empty where nobody is asked
    issued_on     date NOT NULL,
    issued_at     timestamptz NOT NULL,
    data          text NOT NULL,
    data_hash     text NOT NULL CONSTRAINT document_data_is_what_was_hashed CHECK (data_hash = encode(sha256(convert_to(data, 'UTF8')), 'hex')),
    pdf           bytea NOT NULL,
    pdf_hash      text NOT NULL CONSTRAINT document_pdf_is_what_was_hashed CHECK (pdf_hash = encode(sha256(pdf), 'hex')),
    UNIQUE (company_id, id),
    CONSTRAINT document_number_once UNIQUE (company_id, kind, year, serial, version),
    CONSTRAINT document_version_once UNIQUE (company_id, kind, subject, version),
    FOREIGN KEY (company_id, contract_id) REFERENCES contracts (company_id, id)
);
CREATE INDEX issued_documents_day ON issued_documents (company_id, day);
CREATE INDEX issued_documents_person ON issued_documents (person_id, id DESC);
CREATE INDEX issued_documents_contract ON issued_documents (contract_id, kind);
CREATE INDEX issued_documents_data ON issued_documents (data_hash);
CREATE INDEX issued_documents_pdf ON issued_documents (pdf_hash);
CREATE INDEX issued_documents_unanswered ON issued_documents (confirm_by) WHERE confirm_by IS NOT NULL;
CREATE TRIGGER issued_documents_append_only BEFORE UPDATE OR DELETE ON issued_documents FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER issued_documents_kept BEFORE TRUNCATE ON issued_documents EXECUTE FUNCTION refuse_change();

-- The last number that was given; its row is held while one is, so that a failed attempt leaves no gap.
CREATE TABLE document_series (
    company_id uuid NOT NULL REFERENCES companies,
    kind       text NOT NULL,
    year       integer NOT NULL,
    last       integer NOT NULL DEFAULT 0,
    PRIMARY KEY (company_id, kind, year)
);

-- The evidence that a supplier confirmed a statement, or may be taken to have, or did not: who, when, how, of which hash.
CREATE TABLE document_answers (
    id          uuid PRIMARY KEY,
    company_id  uuid NOT NULL,
    document_id uuid NOT NULL,
    answer      text NOT NULL CHECK (answer IN ('confirmed', 'deemed', 'objected')),
    means       text NOT NULL CHECK (means IN ('page', 'api', 'silence')),
    person_id   uuid REFERENCES people,                 -- empty where it was silence
    data_hash   text NOT NULL,
    message     text NOT NULL DEFAULT '' CHECK (length(message) <= 5000),
    at          timestamptz NOT NULL,
    FOREIGN KEY (company_id, document_id) REFERENCES issued_documents (company_id, id),
    CONSTRAINT silence_has_no_person CHECK ((answer = 'deemed') = (person_id IS NULL) AND (answer = 'deemed') = (means = 'silence'))
);
CREATE UNIQUE INDEX document_confirmed_once ON document_answers (document_id) WHERE answer IN ('confirmed', 'deemed');
CREATE INDEX document_answers_document ON document_answers (document_id, id);
CREATE TRIGGER document_answers_append_only BEFORE UPDATE OR DELETE ON document_answers FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER document_answers_kept BEFORE TRUNCATE ON document_answers EXECUTE FUNCTION refuse_change();
