-- What a company's own bank accounts are called in the program that it keeps its books with, by their ids.
-- +goose Up
ALTER TABLE book_names DROP CONSTRAINT book_names_field_check, ADD CONSTRAINT book_names_field_check
    CHECK (field IN ('account', 'sub', 'tax', 'invoice', 'department', 'dimension', 'bank', 'bank_sub'));
