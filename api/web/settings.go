package web

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"homecoming/api/web/ui"
	"homecoming/billing"
	"homecoming/market"
)

// A settingsView is the page for a company's rules and team, and for everybody's own tokens.
type settingsView struct {
	company market.Company
	form    companyForm
	team    []market.TeamMember
	allies  []market.Partnership
	ally    string // the number of a company, as it was typed
	grant   market.Colleague
	own     []market.CustomRole // the company's
	tokens  []market.Token
	scopes  []market.Scope // of a token that is being made
	cards   []billing.Card // that the company can be charged with
	payer   bool           // the reader may pay with them
	admin   bool
	raw     string // a token that was just made, shown this once
}

// A companyForm is a company's settings as they are typed.
type companyForm struct {
	name, nameEN, address, taxNumber, language, timeZone, autoAccept, paymentDays, refundLimit, rail string

	namesViewers bool
}

func formOfCompany(c market.Company) companyForm {
	return companyForm{c.Name, c.NameEN, c.Address, c.TaxNumber, c.Language, c.TimeZone, strconv.Itoa(c.AutoAcceptDays), strconv.Itoa(c.PaymentDays), limitText(c), string(c.Rail), c.NamesViewers}
}

func (v *visit) settings() (settingsView, error) {
	s := settingsView{company: v.company, form: formOfCompany(v.company), admin: v.may(market.Administer), grant: market.Colleague{Role: market.Manager}}
	var err error
	if s.admin {
		if s.team, err = v.Market.Team(v.ctx, v.who, v.company.ID); err != nil {
			return s, err
		}
		if s.own, err = v.Market.CustomRoles(v.ctx, v.who, v.company.ID); err != nil {
			return s, err
		}
		if s.allies, err = v.Market.Partnerships(v.ctx, v.who, v.company.ID); err != nil {
			return s, err
		}
	}
	if s.payer = v.may(market.PayBills); s.payer {
		s.cards = v.savedCards(v.company.ID)
	}
	s.tokens, err = v.Market.Tokens(v.ctx, v.who)
	return s, err
}

func (v *visit) getSettings() error {
	s, err := v.settings()
	if err != nil {
		return err
	}
	return v.ok(settingsPage(s, "", ui.Fault{}))
}

// refuseIn shows the settings again with what is wrong in one of their forms.
func (v *visit) refuseIn(part string, wrong error, change func(*settingsView)) error {
	s, err := v.settings()
	if err != nil {
		return err
	}
	change(&s)
	return v.refuse(wrong, func(f ui.Fault) templ.Component { return settingsPage(s, part, f) })
}

func (v *visit) postSettings() error {
	f := v.form()
	typed := companyForm{f.text("name"), f.text("name_en"), f.text("address"), plain(f.text("tax_number")), f.text("language"), f.text("time_zone"),
		f.text("auto_accept_days"), f.text("payment_days"), f.text("refund_limit"), f.text("rail"), f.text("names_viewers") != ""}
	rail := market.Rail(typed.rail)
	accept, pay := f.number("auto_accept_days"), f.number("payment_days")
	limit, err := refundLimit(typed.refundLimit, v.company.Currency)
	if err != nil {
		return v.refuseIn("company", err, func(s *settingsView) { s.form = typed })
	}
	_, err = v.Market.UpdateCompany(v.ctx, v.who, v.company.ID, market.CompanyEdit{Name: &typed.name, NameEN: &typed.nameEN, TimeZone: &typed.timeZone,
		Language: &typed.language, Address: &typed.address, TaxNumber: &typed.taxNumber, AutoAcceptDays: &accept, PaymentDays: &pay, Rail: &rail, RefundLimit: &limit,
		NamesViewers: &typed.namesViewers})
	if err != nil {
		return v.refuseIn("company", err, func(s *settingsView) { s.form = typed })
	}
	return v.to("/settings", "settings.saved")
}

// limitText is the amount above which a refund takes two people, as it is typed; empty for none.
func limitText(c market.Company) string {
	if c.RefundLimit == nil {
		return ""
	}
	return figures(&market.Money{Amount: *c.RefundLimit, Currency: c.Currency})
}

// refundLimit reads it; nothing typed means that no refund does.
func refundLimit(typed, currency string) (int64, error) {
	m, err := parseMoney(typed, currency)
	switch {
	case err != nil:
		return 0, ErrAmountForm.On("refund_limit")
	case m == nil:
		return -1, nil
	}
	return m.Amount, nil
}

func (v *visit) postGrant() error {
	f := v.form()
	c := market.Colleague{Email: f.text("email"), FamilyName: f.text("family_name"), GivenName: f.text("given_name"), Role: market.Role(f.text("role"))}
	if _, err := v.Market.Grant(v.ctx, v.who, v.company.ID, c); err != nil {
		return v.refuseIn("team", err, func(s *settingsView) { s.grant = c })
	}
	return v.to("/settings#team", "team.granted")
}

func (v *visit) postRevoke() error {
	f := v.form()
	if err := v.Market.Revoke(v.ctx, v.who, v.company.ID, f.uuid("person"), market.Role(f.text("role"))); err != nil {
		return v.retreat(err, "/settings")
	}
	return v.to("/settings#team", "team.revoked")
}

// postToken makes a token and shows it, which cannot be done again: so there is no redirect here.
func (v *visit) postToken() error {
	f := v.form()
	var expires *time.Time
	if day := f.day("expires_on"); day != nil {
		end := day.AddDays(1).In(ui.FrameOf(v.ctx).Zone) // the whole of the last day is theirs
		expires = &end
	}
	err := f.err
	raw := ""
	scopes := v.readScopes()
	if err == nil {
		raw, _, err = v.Market.MintToken(v.ctx, v.who, f.text("name"), expires, scopes)
	}
	if err != nil {
		return v.refuseIn("token", err, func(s *settingsView) { s.scopes = scopes })
	}
	s, err := v.settings()
	if err != nil {
		return err
	}
	s.raw = raw
	return v.ok(settingsPage(s, "", ui.Fault{}))
}

// readScopes are the scopes that were ticked, where not everything was chosen.
func (v *visit) readScopes() []market.Scope {
	if v.c.PostForm("reach") != "some" {
		return []market.Scope{market.Everything}
	}
	var scopes []market.Scope
	for _, s := range v.c.PostFormArray("scopes") {
		scopes = append(scopes, market.Scope(s))
	}
	return scopes
}

// narrow reports whether a token that is being made shall be good for less than everything.
func narrow(chosen []market.Scope, fault ui.Fault) bool {
	return fault.On("scopes") != "" || len(chosen) > 0 && chosen[0] != market.Everything
}

// scopesLine says what a token is good for: Tasks and bids (change), Money and documents (read).
func scopesLine(ctx context.Context, t market.Token) string {
	var parts []string
	for _, scope := range t.Scopes {
		subject, verb, narrow := strings.Cut(scope, ":")
		name := ui.T(ctx, "scope."+subject)
		if narrow {
			name += " (" + ui.T(ctx, "token."+verb) + ")"
		}
		parts = append(parts, name)
	}
	return ui.T(ctx, "token.good", "scopes", inLine(ctx, parts))
}

// roleText is what a role is called: a fixed one here, the company's own by its own name.
func roleText(ctx context.Context, role market.Role, own []market.CustomRole) string {
	for _, c := range own {
		if c.ID.String() == string(role) {
			return c.Name
		}
	}
	return ui.T(ctx, "role."+string(role))
}

// roleOptions are the roles that an administrator gives, the company's own after the usual ones.
func roleOptions(ctx context.Context, own []market.CustomRole) []ui.Option {
	options := named(ctx, "role.", grantable...)
	for _, c := range own {
		options = append(options, ui.Option{Value: c.ID.String(), Label: c.Name})
	}
	return options
}

func (v *visit) postRevokeToken() error {
	id, err := v.id()
	if err != nil {
		return err
	}
	if err := v.Market.RevokeToken(v.ctx, v.who, id); err != nil {
		return v.retreat(err, "/settings")
	}
	return v.to("/settings#tokens", "token.revoked")
}

// grantable are the roles that an administrator gives.
var grantable = []string{string(market.Manager), string(market.Finance), string(market.Office), string(market.Approver), string(market.Administrator), string(market.Staff)}
