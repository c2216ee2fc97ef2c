package web

import (
	"context"
	"errors"
	"strings"

	"github.com/a-h/templ"
	"github.com/google/uuid"

	"homecoming/api/access"
	"homecoming/api/provisioning"
	"homecoming/api/web/ui"
	"homecoming/internal/problem"
	"homecoming/market"
)

const (
	providerPath      = "/settings/signin"
	companySignInPath = "/signin/company"

	// providerCookie ties a way through a provider to the browser that began it.
	providerCookie = "provider"
)

// A providerForm is a provider as it was typed. The secret is never shown again.
type providerForm struct{ issuer, clientID string }

// A providerView is the page of a company's own sign-in.
type providerView struct {
	market.IdentityProvider
	form    providerForm
	back    string // what the provider has to be told
	domains []market.Domain
	people  []market.LinkedAccount
	domain  string // as it was typed
	tested  *market.Arrival

	directory market.ProvisioningView
	roles     []market.CustomRole
	secret    string // of the directory, shown this once
}

func (v *visit) provider() (p providerView, err error) {
	if p.IdentityProvider, err = v.Market.Provider(v.ctx, v.who, v.company.ID); err != nil {
		return p, err
	}
	p.form, p.back = providerForm{p.Issuer, p.ClientID}, v.Market.ReturnAddress()
	if p.domains, err = v.Market.Domains(v.ctx, v.who, v.company.ID); err != nil {
		return p, err
	}
	if p.people, err = v.Market.LinkedPeople(v.ctx, v.who, v.company.ID); err != nil {
		return p, err
	}
	if p.directory, err = v.Market.Provisioning(v.ctx, v.who, v.company.ID); err != nil {
		return p, err
	}
	p.roles, err = v.Market.CustomRoles(v.ctx, v.who, v.company.ID)
	return p, err
}

func (v *visit) getProvider() error {
	p, err := v.provider()
	if err != nil {
		return err
	}
	return v.ok(providerPage(p, "", ui.Fault{}))
}

// refuseProvider shows the page again with what is wrong in one of its parts.
func (v *visit) refuseProvider(part string, wrong error, change func(*providerView)) error {
	p, err := v.provider()
	if err != nil {
		return err
	}
	change(&p)
	return v.showFault(wrong, func(f ui.Fault) templ.Component { return providerPage(p, part, f) })
}

// showFault shows a page with what is wrong, what a provider says among it.
func (v *visit) showFault(wrong error, page func(ui.Fault) templ.Component) error {
	var p *problem.Error
	if errors.As(wrong, &p) && p.Kind == problem.Unauthenticated {
		return v.show(access.Status(p), page(v.fault(p)))
	}
	return v.refuse(wrong, page)
}

func (v *visit) postProvider() error {
	f := v.form()
	if f.text("do") == "remove" {
		if err := v.Market.RemoveProvider(v.ctx, v.who, v.company.ID); err != nil {
			return v.retreat(err, providerPath)
		}
		return v.to(providerPath, "provider.removed")
	}
	typed := providerForm{f.text("issuer"), f.text("client_id")}
	_, err := v.Market.SaveProvider(v.ctx, v.who, v.company.ID, market.ProviderEdit{Issuer: typed.issuer, ClientID: typed.clientID,
		Secret: v.c.PostForm("client_secret"), Seen: f.number("version")})
	if err != nil {
		return v.refuseProvider("provider", err, func(p *providerView) { p.form = typed })
	}
	return v.to(providerPath, "provider.saved")
}

func (v *visit) postSwitchProvider() error {
	f := v.form()
	to := market.ProviderState(f.text("state"))
	if _, err := v.Market.SwitchProvider(v.ctx, v.who, v.company.ID, f.number("version"), to); err != nil {
		return v.retreat(err, providerPath)
	}
	return v.to(providerPath, "provider.is."+string(to))
}

func (v *visit) postTestProvider() error {
	d, err := v.Market.TestProvider(v.ctx, v.who, v.company.ID)
	if err != nil {
		return v.refuseProvider("provider", err, func(*providerView) {})
	}
	return v.depart(d)
}

// depart sends the browser to a provider. A form may lead nowhere but to us, so a page in between does.
func (v *visit) depart(d market.Departure) error {
	v.remember(providerCookie, d.Browser, 10*60)
	v.c.Header("Refresh", "0; url="+d.URL)
	return v.ok(departurePage(d))
}

// postCompanySignIn sends somebody to the provider of the company whose domain their address has.
func (v *visit) postCompanySignIn() error {
	typed := signIn{v.form().text("email"), v.c.PostForm("next"), v.Market.HavePasskeys()}
	again := func(f ui.Fault) templ.Component { return signInPage(typed, f) }
	if typed.email == "" {
		return v.refuse(market.ErrRequired.On("email"), again)
	}
	if err := access.Attempt(v.ctx, typed.email); err != nil {
		return v.refuse(err, again)
	}
	d, err := v.Market.BeginThrough(v.ctx, typed.email, typed.next)
	if err != nil {
		return v.showFault(err, again)
	}
	return v.depart(d)
}

// getProviderReturn is where a provider sends the browser back to. What it brings works once, and in the browser that left
// alone.
func (v *visit) getProviderReturn() error {
	kept, err := v.c.Cookie(providerCookie)
	if err != nil {
		kept = "" // the browser that left is another one
	}
	v.remember(providerCookie, "", -1)
	a, err := v.Market.ArriveThrough(v.ctx, market.Return{State: v.c.Query("state"), Code: v.c.Query("code"), Issuer: v.c.Query("iss"),
		Refusal: v.c.Query("error"), Browser: kept, Who: v.who})
	switch {
	case err != nil && a.Tested:
		return v.refuseProvider("provider", err, func(*providerView) {})
	case err != nil && v.who.PersonID != uuid.Nil:
		return v.showFault(err, func(f ui.Fault) templ.Component { return errorPage(v.t("provider.failed"), f.Sentence, "") })
	case err != nil:
		typed := signIn{passkeys: v.Market.HavePasskeys()}
		return v.showFault(err, func(f ui.Fault) templ.Component { return signInPage(typed, f) })
	case a.Tested:
		return v.showTested(a)
	case a.Actor.PersonID == uuid.Nil:
		return v.to(a.Path, "provider.linked")
	}
	if err := access.SignIn(v.ctx, a.Actor); err != nil {
		return err
	}
	return v.to(local(a.Path), "")
}

func (v *visit) showTested(a market.Arrival) error {
	p, err := v.provider()
	if err != nil {
		return err
	}
	p.tested = &a
	return v.ok(providerPage(p, "", ui.Fault{}))
}

func (v *visit) postDomain() error {
	typed := v.form().text("domain")
	if _, err := v.Market.AskDomain(v.ctx, v.who, v.company.ID, typed); err != nil {
		return v.refuseProvider("domains", err, func(p *providerView) { p.domain = typed })
	}
	return v.to(providerPath+"#domains", "domain.asked")
}

// postDomainStep proves a domain, or gives it up.
func (v *visit) postDomainStep() error {
	id, err := v.id()
	if err != nil {
		return err
	}
	f := v.form()
	if f.text("do") == "remove" {
		if err := v.Market.RemoveDomain(v.ctx, v.who, id); err != nil {
			return v.retreat(err, providerPath)
		}
		return v.to(providerPath+"#domains", "domain.removed")
	}
	if _, err := v.Market.ProveDomain(v.ctx, v.who, id, f.text("code")); err != nil {
		return v.retreat(err, providerPath+"#domains")
	}
	return v.to(providerPath+"#domains", "domain.proved")
}

func (v *visit) postUnlink() error {
	if err := v.Market.Unlink(v.ctx, v.who, v.company.ID, v.form().uuid("person")); err != nil {
		return v.retreat(err, providerPath)
	}
	return v.to(providerPath, "provider.unlinked")
}

// postDirectory makes the secret of the company's staff directory, and shows it this once; or has the directory write no more.
func (v *visit) postDirectory() error {
	if v.form().text("do") == "part" {
		if err := v.Market.PartDirectory(v.ctx, v.who, v.company.ID); err != nil {
			return v.retreat(err, providerPath)
		}
		return v.to(providerPath+"#directory", "directory.parted")
	}
	raw, err := v.Market.ConnectDirectory(v.ctx, v.who, v.company.ID)
	if err != nil {
		return v.retreat(err, providerPath)
	}
	p, err := v.provider()
	if err != nil {
		return err
	}
	p.secret = raw
	return v.ok(providerPage(p, "", ui.Fault{}))
}

func (v *visit) postDirectoryGroup() error {
	id, err := v.id()
	if err != nil {
		return err
	}
	if _, err := v.Market.MapGroup(v.ctx, v.who, v.company.ID, id, market.Role(v.form().text("role"))); err != nil {
		return v.retreat(err, providerPath+"#directory")
	}
	return v.to(providerPath+"#directory", "directory.mapped")
}

// postCompanyAccount connects the reader with their account at a company's provider, or parts them.
func (v *visit) postCompanyAccount() error {
	f := v.form()
	company := f.uuid("company")
	if f.text("do") == "unlink" {
		if err := v.Market.Unlink(v.ctx, v.who, company, v.who.PersonID); err != nil {
			return v.retreat(err, "/security")
		}
		return v.to("/security", "provider.unlinked")
	}
	d, err := v.Market.LinkAccount(v.ctx, v.who, company)
	if err != nil {
		return v.retreat(err, "/security")
	}
	return v.depart(d)
}

func providerMark(ctx context.Context, p market.IdentityProvider) ui.Mark {
	switch {
	case p.Version == 0:
		return ui.Mark{Text: ui.T(ctx, "provider.state.none")}
	case p.State == market.ProviderOff && p.TestedAt == nil:
		return ui.Mark{Text: ui.T(ctx, "provider.state.untested"), Tone: ui.Warn}
	case p.State == market.ProviderOff:
		return ui.Mark{Text: ui.T(ctx, "provider.state.off")}
	}
	return ui.Mark{Text: ui.T(ctx, "provider.state."+string(p.State)), Tone: ui.Good}
}

func directoryMark(ctx context.Context, d market.ProvisioningView) ui.Mark {
	switch {
	case d.Provisioning == nil:
		return ui.Mark{Text: ui.T(ctx, "directory.state.none")}
	case d.UsedAt == nil:
		return ui.Mark{Text: ui.T(ctx, "directory.state.waits"), Tone: ui.Warn}
	}
	return ui.Mark{Text: ui.T(ctx, "directory.state.on"), Tone: ui.Good}
}

// directoryAddress is what a directory has to be told, where providers send browsers back to an address.
func directoryAddress(comeBack string) string {
	return provisioning.Address(strings.TrimSuffix(comeBack, market.ReturnPath))
}

// directoryRoles are what the members of a group may do; the first is nothing.
func directoryRoles(ctx context.Context, own []market.CustomRole) []ui.Option {
	return append([]ui.Option{{Label: ui.T(ctx, "directory.role.none")}}, roleOptions(ctx, own)...)
}

func domainMark(ctx context.Context, d market.Domain) ui.Mark {
	if d.ProvedAt != nil {
		return ui.Mark{Text: ui.T(ctx, "domain.state.proved"), Tone: ui.Good}
	}
	return ui.Mark{Text: ui.T(ctx, "domain.state.asked"), Tone: ui.Warn}
}

// secretHint says that a secret is kept, where one is.
func secretHint(ctx context.Context, p providerView) string {
	if p.Version == 0 {
		return ui.T(ctx, "provider.secret.hint")
	}
	return ui.T(ctx, "provider.secret.kept")
}
