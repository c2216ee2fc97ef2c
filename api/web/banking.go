package web

import (
	"context"
	"errors"

	"github.com/a-h/templ"
	"github.com/google/uuid"

	"homecoming/api/web/ui"
	"homecoming/billing"
	"homecoming/market"
)

// A bankView is a company's accounts with the latest of their statements.
type bankView struct {
	accounts   []billing.BankAccount
	statements []billing.BankStatement
	typed      billing.BankAccount
	maySettle  bool
}

// nameOf is what the company calls an account.
func (b bankView) nameOf(account uuid.UUID) string {
	for _, a := range b.accounts {
		if a.ID == account {
			return a.Name
		}
	}
	return ""
}

// bankLine is an account on one line: 0001-001 ordinary ••••567 ﾀｶﾊｼ ﾕﾐ.
func bankLine(ctx context.Context, d billing.BankDetails) string {
	return d.Bank + "-" + d.Branch + " " + ui.T(ctx, "account.kind."+string(d.Kind)) + " " + d.Number + " " + d.Holder
}

func accountOptions(all []billing.BankAccount) (options []ui.Option) {
	for _, a := range all {
		if a.ClosedAt == nil {
			options = append(options, ui.Option{Value: a.ID.String(), Label: a.Name + " · " + a.Bank + "-" + a.Branch + " " + a.Masked().Number})
		}
	}
	return options
}

func accountKindOptions(ctx context.Context) []ui.Option {
	var kinds []string
	for _, k := range billing.AccountKinds {
		kinds = append(kinds, string(k))
	}
	return named(ctx, "account.kind.", kinds...)
}

var statementTones = map[billing.StatementState]ui.Tone{billing.StatementUploaded: ui.Warn, billing.StatementImported: ui.Good}

func statementMark(ctx context.Context, s billing.StatementState) ui.Mark {
	return ui.Mark{Text: ui.T(ctx, "state.statement."+string(s)), Tone: statementTones[s]}
}

func (v *visit) bank() (bankView, error) {
	view := bankView{maySettle: v.may(market.SettleMoney), typed: billing.BankAccount{BankDetails: billing.BankDetails{Kind: billing.OrdinaryAccount}}}
	var err error
	if view.accounts, err = v.Billing.BankAccounts(v.ctx, v.who, v.company.ID); err != nil {
		return view, err
	}
	view.statements, err = v.Billing.BankStatements(v.ctx, v.who, v.company.ID, uuid.Nil, pageSize)
	return view, err
}

func (v *visit) getBank() error {
	view, err := v.bank()
	if err != nil {
		return err
	}
	return v.ok(bankPage(view, ui.Fault{}))
}

// bankDetails reads an account from a form.
func (f *form) bankDetails() billing.BankDetails {
	return billing.BankDetails{Bank: f.text("bank"), BankName: f.text("bank_name"), Branch: f.text("branch"), BranchName: f.text("branch_name"),
		Kind: billing.AccountKind(f.text("kind")), Number: f.text("number"), Holder: f.text("holder")}
}

func (v *visit) refuseBank(wrong error, typed billing.BankAccount) error {
	view, err := v.bank()
	if err != nil {
		return err
	}
	view.typed = typed
	return v.refuse(wrong, func(f ui.Fault) templ.Component { return bankPage(view, f) })
}

func (v *visit) postBankAccount() error {
	f := v.form()
	typed := billing.BankAccount{Name: f.text("name"), BankDetails: f.bankDetails(), Consignor: f.text("consignor")}
	if _, err := v.Billing.AddBankAccount(v.ctx, v.who, v.company.ID, typed); err != nil {
		return v.refuseBank(err, typed)
	}
	return v.to(bankPath, "bank.added")
}

func (v *visit) postCloseBank() error {
	id, err := v.id()
	if err != nil {
		return err
	}
	if _, err := v.Billing.CloseBankAccount(v.ctx, v.who, id); err != nil {
		return v.retreat(err, bankPath)
	}
	return v.to(bankPath, "bank.closed")
}

// postStatement takes a file from the bank and shows what it would bring.
func (v *visit) postStatement() error {
	file, err := v.upload("file")
	account := v.form().uuid("account_id")
	var b billing.BankStatement
	if err == nil {
		name := ""
		if _, h, e := v.c.Request.FormFile("file"); e == nil {
			name = h.Filename
		}
		b, err = v.Billing.UploadStatement(v.ctx, v.who, account, name, file)
	}
	if err != nil {
		return v.refuseBank(err, billing.BankAccount{BankDetails: billing.BankDetails{Kind: billing.OrdinaryAccount}})
	}
	return v.to(statementPath(b.ID), "")
}

func statementPath(id uuid.UUID) string { return "/money/statements/" + id.String() }

// A statementView is a file with what it would bring, or brought.
type statementView struct {
	billing.BankStatement
	account   billing.BankAccount
	headings  []string
	mapping   billing.StatementMapping
	preview   billing.StatementPreview
	maySettle bool
}

// chosen is the heading that stands for a field of the mapping.
func (s statementView) chosen(f billing.MappedField) string { return f.In(&s.mapping) }

func (s statementView) open() bool { return s.State == billing.StatementUploaded && s.maySettle }

func headingOptions(ctx context.Context, headings []string) []ui.Option {
	options := []ui.Option{{Value: "", Label: ui.T(ctx, "statement.no.column")}}
	for _, h := range headings {
		if h != "" {
			options = append(options, ui.Option{Value: h, Label: h})
		}
	}
	return options
}

func (v *visit) statement() (statementView, error) {
	id, err := v.id()
	if err != nil {
		return statementView{}, err
	}
	b, a, err := v.Billing.BankStatement(v.ctx, v.who, id)
	if err != nil {
		return statementView{}, err
	}
	s := statementView{BankStatement: b, account: a, headings: b.Headings(), maySettle: v.may(market.SettleMoney)}
	if b.Mapping != nil {
		s.mapping = *b.Mapping
	}
	if b.Mapping != nil || b.Format != billing.FormatCSV {
		s.preview = b.Preview(a)
	}
	return s, nil
}

func (v *visit) getStatement() error {
	s, err := v.statement()
	if err != nil {
		return err
	}
	return v.ok(statementPage(s, ui.Fault{}))
}

// postStatementStep looks again with other columns, takes the file in, or takes it back.
func (v *visit) postStatementStep() error {
	s, err := v.statement()
	if err != nil {
		return err
	}
	f := v.form()
	if f.text("do") == "discard" {
		if err := v.Billing.DiscardStatement(v.ctx, v.who, s.ID); err != nil {
			return v.retreat(err, statementPath(s.ID))
		}
		return v.to(bankPath, "statement.discarded")
	}
	var mapping *billing.StatementMapping
	if s.Format == billing.FormatCSV {
		mapping = &billing.StatementMapping{}
		for _, field := range billing.MappedFields {
			field.Set(mapping, f.text("mapping."+field.Name))
		}
		s.mapping, s.Mapping = *mapping, mapping
	}
	if f.text("do") == "preview" {
		s.preview = s.Preview(s.account)
		return v.ok(statementPage(s, ui.Fault{}))
	}
	b, err := v.Billing.ImportStatement(v.ctx, v.who, s.ID, mapping)
	if err != nil {
		s.preview = s.Preview(s.account)
		return v.refuse(err, func(fault ui.Fault) templ.Component { return statementPage(s, fault) })
	}
	return v.to(statementPath(b.ID), "statement.imported", "fresh", b.Fresh, "known", b.Known())
}

// postPayee says where the reader is paid from companies' own banks.
func (v *visit) postPayee() error {
	typed := v.form().bankDetails()
	if _, err := v.Billing.SetPayeeAccount(v.ctx, v.who, typed); err != nil {
		view, again := v.payoutPage()
		if again != nil {
			return again
		}
		view.bank, view.typed = &typed, true
		return v.refuse(err, func(f ui.Fault) templ.Component { return payoutsPage(view, f) })
	}
	return v.to("/payouts", "payee.saved")
}

// ownBank is where the reader is paid; nil when they have not said.
func (v *visit) ownBank() (*billing.BankDetails, error) {
	d, err := v.Billing.PayeeAccount(v.ctx, v.who)
	if errors.Is(err, market.ErrNotFound) {
		return nil, nil
	}
	return &d, err
}

// statementName is the file's name, or what it is where it has none.
func statementName(ctx context.Context, s billing.BankStatement) string {
	if s.FileName == "" {
		return ui.T(ctx, "statement.one")
	}
	return s.FileName
}

// daysOf is from when to when a statement speaks.
func daysOf(ctx context.Context, s billing.BankStatement) string {
	if s.FromOn == nil || s.ToOn == nil {
		return ""
	}
	return ui.ShortDay(ctx, *s.FromOn) + " – " + ui.ShortDay(ctx, *s.ToOn)
}
