-- How people behave to one another in a company's network, and who agreed to it. See market/conduct.go.
-- +goose Up
CREATE TABLE conduct_policies (
    company_id   uuid NOT NULL REFERENCES companies,
    version      integer NOT NULL CHECK (version > 0),  -- 0 is the house's own text, which stands in the program
    text         text NOT NULL DEFAULT '',               -- Markdown
    text_en      text NOT NULL DEFAULT '',
    change       text NOT NULL DEFAULT '',               -- what is new, in a line
    published_by uuid NOT NULL REFERENCES people,
    published_at timestamptz NOT NULL,
    PRIMARY KEY (company_id, version),
    CONSTRAINT conduct_has_text CHECK (text <> '' OR text_en <> '')
);
CREATE TRIGGER conduct_policies_append_only BEFORE UPDATE OR DELETE ON conduct_policies FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- It is no consent that could be taken back: whoever is in the network is asked to keep to it.
CREATE TABLE conduct_agreements (
    company_id uuid NOT NULL REFERENCES companies,
    person_id  uuid NOT NULL REFERENCES people,
    wording    text NOT NULL,
    agreed_at  timestamptz NOT NULL,
    PRIMARY KEY (company_id, person_id, wording)
);
CREATE INDEX conduct_agreements_person ON conduct_agreements (person_id);
