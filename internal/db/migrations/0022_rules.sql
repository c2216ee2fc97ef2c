-- What the law fixes and may change: every rate, threshold, category and day as a dated row with its source. Rows are
-- never changed: a correction is a later row for the same day. The version counts rows in the order of their commits,
-- so that "the rules as of version 34" is the same set for ever. See package billing, rules.go.
-- +goose Up
CREATE TABLE rules (
    version    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    company_id uuid REFERENCES companies,                -- empty: of the whole installation
    kind       text NOT NULL CHECK (kind IN ('withholding_category', 'withholding', 'consumption_tax', 'rounding', 'deductible',
                   'payment_record', 'payment_days', 'contract_length', 'confirmation', 'holiday')),
    key        text NOT NULL,
    valid_from date NOT NULL,
    value      bigint NOT NULL CHECK (value >= 0),       -- basis points, yen, days or months, by kind; 0 where choice says it
    choice     text NOT NULL,                            -- a method, a way of rounding, ...; 'house' ends a company's own row
    source     text NOT NULL CHECK (source <> '' AND length(source) <= 500),
    note       text NOT NULL CHECK (length(note) <= 2000),
    added_by   uuid REFERENCES people,                   -- empty: came with the program
    added_at   timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX rules_company ON rules (company_id);
CREATE TRIGGER rules_append_only BEFORE UPDATE OR DELETE ON rules FOR EACH ROW EXECUTE FUNCTION refuse_change();

INSERT INTO rules (kind, key, valid_from, value, choice, source, note) VALUES
    ('withholding', 'standard', '2013-01-01', 1021, '', '所得税法205条, 復興財源確保法28条', '2.1 % surtax from 2013'),
    ('withholding', 'standard_above', '2013-01-01', 2042, '', '所得税法205条, 復興財源確保法28条', 'on the part above the threshold'),
    ('withholding', 'threshold', '2013-01-01', 1000000, '', '所得税法205条1号', 'yen a payment'),
    ('withholding', 'scrivener', '2013-01-01', 1021, '', '所得税法205条2号, 復興財源確保法28条', ''),
    ('withholding', 'scrivener_allowance', '2013-01-01', 10000, '', '所得税法施行令322条', 'yen a payment'),
    ('withholding', 'non_resident', '2013-01-01', 2042, '', '所得税法212条・213条, 復興財源確保法28条', 'a treaty may say less'),
    ('withholding', 'due_day', '2013-01-01', 10, '', '所得税法204条1項', 'of the next month, rolled over holidays'),
    ('withholding_category', 'none', '2013-01-01', 0, 'none', '所得税法204条', 'programming, data entry and what is not listed'),
    ('withholding_category', 'manuscript', '2013-01-01', 0, 'standard', '所得税法204条1項1号', ''),
    ('withholding_category', 'illustration', '2013-01-01', 0, 'standard', '所得税法204条1項1号', ''),
    ('withholding_category', 'design', '2013-01-01', 0, 'standard', '所得税法204条1項1号', 'of web pages included'),
    ('withholding_category', 'lecture', '2013-01-01', 0, 'standard', '所得税法204条1項1号', ''),
    ('withholding_category', 'teaching', '2013-01-01', 0, 'standard', '所得税法204条1項1号, 所得税法施行令320条', ''),
    ('withholding_category', 'translation', '2013-01-01', 0, 'standard', '所得税法204条1項1号, 所得税法施行令320条', ''),
    ('withholding_category', 'interpreting', '2013-01-01', 0, 'standard', '所得税法204条1項1号, 所得税法施行令320条', ''),
    ('withholding_category', 'proofreading', '2013-01-01', 0, 'standard', '所得税法204条1項1号, 所得税法施行令320条', ''),
    ('withholding_category', 'royalty', '2013-01-01', 0, 'standard', '所得税法204条1項1号', ''),
    ('withholding_category', 'profession', '2013-01-01', 0, 'standard', '所得税法204条1項2号', 'listed professions, management consultants among them'),
    ('withholding_category', 'scrivener', '2013-01-01', 0, 'scrivener', '所得税法204条1項2号, 所得税法施行令322条', 'judicial scriveners and the like'),
    ('consumption_tax', 'standard', '2014-04-01', 800, '', '消費税法29条, 地方税法72条の83 (2014)', ''),
    ('consumption_tax', 'standard', '2019-10-01', 1000, '', '消費税法29条, 地方税法72条の83 (2019)', ''),
    ('consumption_tax', 'reduced', '2019-10-01', 800, '', '消費税法29条, 別表第一', 'food and newspapers'),
    ('rounding', 'consumption_tax', '2014-04-01', 0, 'down', '消費税法施行令70条の10', 'once a statement and rate'),
    ('deductible', 'unregistered', '2023-10-01', 8000, '', '平成28年改正法附則52条', 'of the tax in a purchase from an unregistered supplier'),
    ('deductible', 'unregistered', '2026-10-01', 7000, '', '令和8年度税制改正大綱', 'taken from the reform outline'),
    ('deductible', 'unregistered', '2028-10-01', 5000, '', '令和8年度税制改正大綱', 'taken from the reform outline'),
    ('deductible', 'unregistered', '2030-10-01', 3000, '', '令和8年度税制改正大綱', 'taken from the reform outline'),
    ('deductible', 'unregistered', '2031-10-01', 0, '', '令和8年度税制改正大綱', 'taken from the reform outline'),
    ('payment_record', 'above', '2013-01-01', 50000, '', '所得税法225条, 所得税法施行規則84条', 'yen a payee and year, tax included'),
    ('payment_days', 'latest', '2024-11-01', 60, '', 'フリーランス法4条1項', 'from receipt, receipt being day 1'),
    ('payment_days', 'reconsigned', '2024-11-01', 30, '', 'フリーランス法4条3項', 'from the original due day, that day being day 1'),
    ('contract_length', 'prohibitions', '2024-11-01', 1, '', 'フリーランス法5条, 同施行令1条', 'months, renewals counted'),
    ('contract_length', 'notice', '2024-11-01', 6, '', 'フリーランス法16条, 同施行令3条', 'months, renewals counted'),
    ('contract_length', 'notice_days', '2024-11-01', 30, '', 'フリーランス法16条1項', 'days before the end'),
    ('confirmation', 'statement', '2023-10-01', 14, '', '消費税法30条9項3号', 'days of silence after which a statement counts as confirmed, as agreed');

-- Which rules a milestone's money was quoted under. Those of before are today's rows.
ALTER TABLE milestones ADD COLUMN rules_version bigint REFERENCES rules;
UPDATE milestones SET rules_version = (SELECT max(version) FROM rules);
ALTER TABLE milestones ALTER COLUMN rules_version SET NOT NULL;
