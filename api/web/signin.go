package web

import (
	"errors"
	"net/http"
	"strings"

	"github.com/a-h/templ"
	"github.com/google/uuid"

	"homecoming/api/access"
	"homecoming/api/web/ui"
	"homecoming/internal/problem"
	"homecoming/market"
)

func (v *visit) getSignIn() error {
	if v.who.PersonID != uuid.Nil {
		return v.to("/", "")
	}
	return v.ok(signInPage(signIn{next: v.c.Query("next"), passkeys: v.Market.HavePasskeys()}, ui.Fault{}))
}

func (v *visit) postSignIn() error {
	typed := signIn{v.form().text("email"), v.c.PostForm("next"), v.Market.HavePasskeys()}
	again := func(err error) error {
		var p *problem.Error
		if !errors.As(err, &p) {
			return err
		}
		return v.show(access.Status(p), signInPage(typed, v.fault(p)))
	}
	if err := access.Attempt(v.ctx, typed.email); err != nil {
		return again(err)
	}
	who, err := v.Market.SignIn(v.ctx, typed.email, v.c.PostForm("password"))
	if ticket, asked := market.Ticket(err); asked {
		return v.ok(codePage(secondStep{typed.email, typed.next, ticket}, ui.Fault{}))
	}
	if err != nil {
		return again(err)
	}
	if err := access.SignIn(v.ctx, who); err != nil {
		return err
	}
	return v.to(local(typed.next), "")
}

// postSignInCode is the second step of those who have an authenticator.
func (v *visit) postSignInCode() error {
	typed := secondStep{v.form().text("email"), v.c.PostForm("next"), v.c.PostForm("ticket")}
	err := access.Attempt(v.ctx, typed.email)
	var who market.Actor
	if err == nil {
		who, err = v.Market.SignInByCode(v.ctx, typed.ticket, v.c.PostForm("code"))
	}
	var p *problem.Error
	if errors.As(err, &p) && p.Code != market.ErrLinkSpent.Code {
		return v.show(access.Status(p), codePage(typed, v.fault(p)))
	}
	if err != nil {
		return err
	}
	if err := access.SignIn(v.ctx, who); err != nil {
		return err
	}
	return v.to(local(typed.next), "")
}

// local keeps a way back within these pages.
func local(path string) string {
	if !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") || strings.ContainsAny(path, "\\\r\n") {
		return "/"
	}
	return path
}

// postSignInLink answers the same for every address, known or not.
func (v *visit) postSignInLink() error {
	typed := signIn{v.form().text("email"), v.c.PostForm("next"), v.Market.HavePasskeys()}
	again := func(f ui.Fault) templ.Component { return signInPage(typed, f) }
	if typed.email == "" {
		return v.refuse(market.ErrRequired.On("email"), again)
	}
	if err := access.Attempt(v.ctx, typed.email); err != nil {
		return v.refuse(err, again)
	}
	if err := v.Market.RequestLink(v.ctx, typed.email); err != nil {
		return v.refuse(err, again)
	}
	return v.ok(linkSentPage(typed.email))
}

func (v *visit) postSignOut() error {
	if err := access.SignOut(v.ctx); err != nil {
		return err
	}
	return v.to("/signin", "")
}

// linkLead is the sentence that says what a link is for: somebody who comes in for a role has worked nowhere yet.
func linkLead(l market.Link) string {
	if l.Purpose == market.PurposeJoin && !l.Alumnus {
		return "link.join.role"
	}
	return "link." + string(l.Purpose)
}

// getLink only shows where a link leads: programs that read mail follow links as well.
func (v *visit) getLink() error {
	l, err := v.Market.LookAtLink(v.ctx, v.c.Param("token"))
	if err != nil {
		return err
	}
	v.inLetterLanguage(l.Language)
	return v.ok(linkPage(l, ui.Fault{}))
}

func (v *visit) postLink() error {
	raw := v.c.Param("token")
	l, err := v.Market.LookAtLink(v.ctx, raw)
	if err != nil {
		return err
	}
	v.inLetterLanguage(l.Language)
	if l.NeedsCode {
		if err := access.Attempt(v.ctx, l.Email); err != nil {
			return v.refuse(err, func(f ui.Fault) templ.Component { return linkPage(l, f) })
		}
	}
	who, path, err := v.Market.UseLink(v.ctx, raw, v.c.PostForm("password"), v.c.PostForm("code"))
	var p *problem.Error
	if errors.As(err, &p) && p.Kind == problem.Unauthenticated {
		return v.show(access.Status(p), linkPage(l, v.fault(p)))
	}
	if err != nil {
		return v.refuse(err, func(f ui.Fault) templ.Component { return linkPage(l, f) })
	}
	if err := access.SignIn(v.ctx, who); err != nil {
		return err
	}
	return v.to(local(path), "link.done")
}

// getHome sends everybody to where their work is.
func (v *visit) getHome() error {
	if v.who.PersonID == uuid.Nil {
		return v.to("/signin", "")
	}
	v.keepFlash()
	for _, home := range []struct {
		needs market.Action
		path  string
	}{{market.PostTasks, "/tasks"}, {market.SeeMoney, "/money"}, {market.ManagePeople, "/people"}, {market.SeeContracts, "/contracts"}} {
		if v.may(home.needs) {
			return v.to(home.path, "")
		}
	}
	switch {
	case len(v.who.Memberships()) > 0:
		return v.to("/work", "")
	case v.who.MayAnywhere(market.SweepRevenue) == nil:
		return v.to(sweepsPath, "")
	}
	if len(v.who.Withheld) > 0 {
		return v.ok(companySignInPage(v.who.Email, ui.Fault{}))
	}
	return v.ok(welcomePage(v.who.Name))
}

// keepFlash leaves a message that waits for the page that this one sends the reader on to.
func (v *visit) keepFlash() {
	if cookie, err := v.c.Cookie(flashCookie); err == nil && cookie != "" {
		v.remember(flashCookie, cookie, 60)
	}
}

// getCheckoutDone is where the payment provider sends people back to. It answers whoever comes: the money is known by
// the provider's own message, never by this page.
func (v *visit) getCheckoutDone() error {
	return v.ok(checkoutDonePage(v.c.Query("canceled") != ""))
}

// problem shows an error as a page. Nobody is sent to the door, and from there back to where they wanted.
func (v *visit) problem(status int, p *problem.Error) error {
	if status == http.StatusUnauthorized && v.c.Request.Method == http.MethodGet {
		v.c.Redirect(http.StatusSeeOther, "/signin?next="+escape(v.c.Request.URL.RequestURI()))
		return nil
	}
	key := "error." + toText(status)
	if !known(key) {
		key = "error.400"
	}
	id := ""
	if status >= http.StatusInternalServerError {
		id = access.RequestID(v.ctx)
	}
	return v.show(status, errorPage(v.t(key), v.fault(p).Sentence, id))
}
