package api

import (
	"context"
	"time"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"

	"homecoming/api/access"
	"homecoming/billing"
	"homecoming/market"
)

// bankDetails are an account at a Japanese bank; names are answered as bank files have them.
type bankDetails struct {
	Bank       string `json:"bank" example:"0001" doc:"The bank's four digits"`
	BankName   string `json:"bank_name,omitempty" example:"ミズホ" doc:"In kana"`
	Branch     string `json:"branch" example:"001" doc:"The branch's three digits"`
	BranchName string `json:"branch_name,omitempty" doc:"In kana"`
	Kind       string `json:"kind" enum:"ordinary,current,savings,other"`
	Number     string `json:"number" example:"1234567" doc:"Up to seven digits; masked in others' accounts"`
	Holder     string `json:"holder" example:"タカハシ ユミ" doc:"The name on the account, in kana"`
}

func detailsOf(d billing.BankDetails) bankDetails {
	return bankDetails{d.Bank, d.BankName, d.Branch, d.BranchName, string(d.Kind), d.Number, d.Holder}
}

func (d bankDetails) details() billing.BankDetails {
	return billing.BankDetails{Bank: d.Bank, BankName: d.BankName, Branch: d.Branch, BranchName: d.BranchName, Kind: billing.AccountKind(d.Kind), Number: d.Number, Holder: d.Holder}
}

// bankAccount is one that a company pays from.
type bankAccount struct {
	ID            uuid.UUID   `json:"id" format:"uuid"`
	Name          string      `json:"name"`
	Account       bankDetails `json:"account"`
	Consignor     string      `json:"consignor" doc:"What the bank calls the company in transfer files; empty: none are made"`
	Currency      string      `json:"currency"`
	LedgerAccount string      `json:"ledger_account"`
	Closed        bool        `json:"closed"`
}

func bankAccountOf(a billing.BankAccount) bankAccount {
	return bankAccount{ID: a.ID, Name: a.Name, Account: detailsOf(a.BankDetails), Consignor: a.Consignor, Currency: a.Currency,
		LedgerAccount: a.LedgerAccount(), Closed: a.ClosedAt != nil}
}

func (s *Server) bankAccounts(ctx context.Context, in *OfID) (*out[list[bankAccount]], error) {
	all, err := s.cfg.Billing.BankAccounts(ctx, access.Actor(ctx), in.ID)
	return answer(whole(all, bankAccountOf), err)
}

type newBankAccount struct {
	OfID
	Body struct {
		Name      string      `json:"name"`
		Account   bankDetails `json:"account"`
		Consignor string      `json:"consignor,omitempty" doc:"Ten digits"`
	}
}

func (s *Server) addBankAccount(ctx context.Context, in *newBankAccount) (*made[bankAccount], error) {
	a, err := s.cfg.Billing.AddBankAccount(ctx, access.Actor(ctx), in.ID,
		billing.BankAccount{Name: in.Body.Name, BankDetails: in.Body.Account.details(), Consignor: in.Body.Consignor})
	if err != nil {
		return nil, err
	}
	return created("/companies/"+in.ID.String()+"/bank-accounts", bankAccountOf(a)), nil
}

func (s *Server) closeBankAccount(ctx context.Context, in *act) (*out[bankAccount], error) {
	a, err := s.cfg.Billing.CloseBankAccount(ctx, access.Actor(ctx), in.ID)
	return answer(bankAccountOf(a), err)
}

// bankStatement is a file as it came from the bank.
type bankStatement struct {
	ID        uuid.UUID                 `json:"id" format:"uuid"`
	AccountID uuid.UUID                 `json:"account_id" format:"uuid"`
	FileName  string                    `json:"file_name"`
	Format    string                    `json:"format" enum:"csv,zengin"`
	State     string                    `json:"state" enum:"uploaded,imported,discarded"`
	Headings  []string                  `json:"headings" doc:"Of a CSV, to choose the mapping from; where one is read"`
	Mapping   *billing.StatementMapping `json:"mapping" doc:"Which heading means what; null: nobody knows yet"`
	From      *civil.Date               `json:"from" format:"date"`
	To        *civil.Date               `json:"to" format:"date"`
	Lines     int                       `json:"lines" doc:"Read, or that would be"`
	Fresh     int                       `json:"fresh" doc:"Of them, those that no earlier statement had"`
	Faulty    int                       `json:"faulty" doc:"Rows that cannot be read"`
	Faults    []market.RowFault         `json:"faults" doc:"The first of them"`
}

func bankStatementOf(b billing.BankStatement) bankStatement {
	return bankStatement{ID: b.ID, AccountID: b.AccountID, FileName: b.FileName, Format: b.Format, State: string(b.State), Headings: orEmpty(b.Headings()), Mapping: b.Mapping,
		From: b.FromOn, To: b.ToOn, Lines: b.Lines, Fresh: b.Fresh, Faulty: b.Faulty, Faults: orEmpty([]market.RowFault(b.Faults))}
}

// previewed is what an uploaded statement would bring.
func previewed(b billing.BankStatement, a billing.BankAccount) bankStatement {
	v := bankStatementOf(b)
	if b.State == billing.StatementUploaded && (b.Mapping != nil || b.Format != billing.FormatCSV) {
		p := b.Preview(a)
		v.Lines, v.Faulty, v.Faults = p.Lines, p.Faulty, orEmpty(p.Faults)
		if p.Lines > 0 {
			v.From, v.To = &p.From, &p.To
		}
	}
	return v
}

type statementFile struct {
	OfID
	Name    string `query:"name" doc:"The file's name"`
	RawBody []byte `contentType:"application/octet-stream"`
}

func (s *Server) uploadStatement(ctx context.Context, in *statementFile) (*out[bankStatement], error) {
	who := access.Actor(ctx)
	b, err := s.cfg.Billing.UploadStatement(ctx, who, in.ID, in.Name, in.RawBody)
	if err != nil {
		return nil, err
	}
	return s.statement(ctx, b.ID)
}

func (s *Server) statement(ctx context.Context, id uuid.UUID) (*out[bankStatement], error) {
	b, a, err := s.cfg.Billing.BankStatement(ctx, access.Actor(ctx), id)
	if err != nil {
		return nil, err
	}
	return answer(previewed(b, a), nil)
}

func (s *Server) bankStatement(ctx context.Context, in *OfID) (*out[bankStatement], error) {
	return s.statement(ctx, in.ID)
}

func (s *Server) bankStatements(ctx context.Context, in *ofIDPaged) (*out[list[bankStatement]], error) {
	before, err := in.before()
	if err != nil {
		return nil, err
	}
	all, err := s.cfg.Billing.BankStatements(ctx, access.Actor(ctx), in.ID, before, in.Limit)
	return answer(listed(in.Page, all, func(b billing.BankStatement) string { return b.ID.String() }, bankStatementOf), err)
}

type mapped struct {
	OfID
	Body struct {
		Mapping *billing.StatementMapping `json:"mapping,omitempty" doc:"Which heading means what; the proposed one when left out"`
	}
}

func (s *Server) importStatement(ctx context.Context, in *mapped) (*out[bankStatement], error) {
	if _, err := s.cfg.Billing.ImportStatement(ctx, access.Actor(ctx), in.ID, in.Body.Mapping); err != nil {
		return nil, err
	}
	return s.statement(ctx, in.ID)
}

func (s *Server) discardStatement(ctx context.Context, in *act) (*out[bankStatement], error) {
	if err := s.cfg.Billing.DiscardStatement(ctx, access.Actor(ctx), in.ID); err != nil {
		return nil, err
	}
	return s.statement(ctx, in.ID)
}

// bankLine is one movement on a company's account, as its bank says.
type bankLine struct {
	ID          uuid.UUID     `json:"id" format:"uuid"`
	BookedOn    civil.Date    `json:"booked_on" format:"date"`
	Amount      market.Money  `json:"amount" doc:"Positive in, negative out"`
	Balance     *market.Money `json:"balance" doc:"After it; null: the bank does not say"`
	Name        string        `json:"name"`
	Description string        `json:"description"`
	Reference   string        `json:"reference"`
	MatchedKind string        `json:"matched_kind" doc:"What it was matched to: pay_run, pay_item, pay_return, other; empty: nothing yet"`
	MatchedTo   *uuid.UUID    `json:"matched_to" format:"uuid"`
	MatchedAt   *time.Time    `json:"matched_at"`
}

func bankLineOf(l billing.BankLine) bankLine {
	v := bankLine{ID: l.ID, BookedOn: l.BookedOn, Amount: market.Money{Amount: l.Amount, Currency: l.Currency}, Name: l.Name, Description: l.Description,
		Reference: l.Reference, MatchedKind: string(l.MatchedKind), MatchedTo: l.MatchedTo, MatchedAt: l.MatchedAt}
	if l.Balance != nil {
		v.Balance = &market.Money{Amount: *l.Balance, Currency: l.Currency}
	}
	return v
}

func (s *Server) bankLines(ctx context.Context, in *ofIDPaged) (*out[list[bankLine]], error) {
	before, err := in.before()
	if err != nil {
		return nil, err
	}
	all, err := s.cfg.Billing.BankLines(ctx, access.Actor(ctx), in.ID, before, in.Limit)
	return answer(listed(in.Page, all, func(l billing.BankLine) string { return l.ID.String() }, bankLineOf), err)
}

type lineMatch struct {
	OfID
	Body struct {
		Kind string    `json:"kind" enum:"pay_run,pay_item,pay_return,other" doc:"The whole of a run's open payments, one payment, one that came back, or nothing of this product's"`
		To   uuid.UUID `json:"to,omitempty" format:"uuid" doc:"The run's or the payment's id"`
	}
}

func (s *Server) matchLine(ctx context.Context, in *lineMatch) (*out[bankLine], error) {
	l, err := s.cfg.Billing.MatchLine(ctx, access.Actor(ctx), in.ID, billing.MatchKind(in.Body.Kind), in.Body.To)
	return answer(bankLineOf(l), err)
}

func (s *Server) myBankAccount(ctx context.Context, _ *nothing) (*out[bankDetails], error) {
	d, err := s.cfg.Billing.PayeeAccount(ctx, access.Actor(ctx))
	return answer(detailsOf(d), err)
}

type givenAccount struct{ Body bankDetails }

func (s *Server) setMyBankAccount(ctx context.Context, in *givenAccount) (*out[bankDetails], error) {
	d, err := s.cfg.Billing.SetPayeeAccount(ctx, access.Actor(ctx), in.Body.details())
	return answer(detailsOf(d), err)
}
