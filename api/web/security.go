package web

import (
	"encoding/base64"
	"errors"
	"net/http"
	"strings"

	"github.com/google/uuid"

	"homecoming/api/access"
	"homecoming/api/web/ui"
	"homecoming/internal/problem"
	"homecoming/market"
)

// A securityView is how somebody signs in, and where they are signed in.
type securityView struct {
	hasPassword  bool
	here         uuid.UUID
	sessions     []market.Session
	hasCode      bool // signing in asks for a code
	recoveryLeft int
	setup        *market.Authenticator // being set up now
	recovery     []string              // just made, shown this once
	passkeys     []market.Passkey
	canPasskey   bool // whether they can be used here
	accounts     []market.LinkedAccount
}

func (v *visit) security() (s securityView, err error) {
	p, err := v.Market.Profile(v.ctx, v.who)
	if err != nil {
		return s, err
	}
	s.hasPassword, s.here = p.HasPassword, v.who.Session
	if s.sessions, err = v.Market.Sessions(v.ctx, v.who); err != nil {
		return s, err
	}
	if s.accounts, err = v.Market.MyAccounts(v.ctx, v.who); err != nil {
		return s, err
	}
	s.canPasskey = v.Market.HavePasskeys()
	if s.passkeys, err = v.Market.Passkeys(v.ctx, v.who); err != nil {
		return s, err
	}
	s.hasCode, s.recoveryLeft, err = v.Market.HasAuthenticator(v.ctx, v.who)
	return s, err
}

func (v *visit) getSecurity() error {
	s, err := v.security()
	if err != nil {
		return err
	}
	return v.ok(securityPage(s, ui.Fault{}))
}

// postAuthenticator shows the secret for the app, which cannot be done again: so there is no redirect here.
func (v *visit) postAuthenticator() error {
	a, err := v.Market.BeginAuthenticator(v.ctx, v.who)
	if err != nil {
		return v.retreat(err, "/security")
	}
	s, err := v.security()
	if err != nil {
		return err
	}
	s.setup = &a
	return v.ok(securityPage(s, ui.Fault{}))
}

// withCode does what takes a code, as often as an account may try.
func (v *visit) withCode(do func(code string) error) error {
	if err := access.Attempt(v.ctx, v.who.Email); err != nil {
		return err
	}
	return do(v.c.PostForm("code"))
}

func (v *visit) postConfirmAuthenticator() error {
	var codes []string
	wrong := v.withCode(func(code string) (err error) {
		codes, err = v.Market.ConfirmAuthenticator(v.ctx, v.who, code)
		return err
	})
	if wrong != nil {
		return v.refuseCode(wrong, &market.Authenticator{Secret: v.c.PostForm("secret"), URL: v.c.PostForm("url")})
	}
	s, err := v.security()
	if err != nil {
		return err
	}
	s.recovery = codes
	return v.ok(securityPage(s, ui.Fault{}))
}

func (v *visit) postRemoveAuthenticator() error {
	wrong := v.withCode(func(code string) error { return v.Market.RemoveAuthenticator(v.ctx, v.who, code) })
	if wrong != nil {
		return v.refuseCode(wrong, nil)
	}
	return v.to("/security", "security.code.removed")
}

// refuseCode shows the page again with what is wrong with a code, and with the app that is being set up where one is.
func (v *visit) refuseCode(wrong error, setup *market.Authenticator) error {
	var p *problem.Error
	if !errors.As(wrong, &p) {
		return wrong
	}
	s, err := v.security()
	if err != nil {
		return err
	}
	s.setup = setup
	return v.show(access.Status(p), securityPage(s, v.fault(p)))
}

func (v *visit) postRemovePasskey() error {
	id, err := base64.RawURLEncoding.DecodeString(v.c.PostForm("passkey"))
	if err != nil {
		return market.ErrNotFound
	}
	if err := v.Market.RemovePasskey(v.ctx, v.who, id); err != nil {
		return v.retreat(err, "/security")
	}
	return v.to("/security", "passkey.removed")
}

func (v *visit) postPassword() error {
	err := v.Market.SetPassword(v.ctx, v.who, v.c.PostForm("old_password"), v.c.PostForm("new_password"))
	var p *problem.Error
	if errors.As(err, &p) {
		v.leave(flash{Text: v.fault(p).Sentence, Bad: true})
		v.c.Redirect(http.StatusSeeOther, "/security#password")
		return nil
	}
	if err != nil {
		return err
	}
	return v.to("/security", "security.password")
}

func (v *visit) postEndSession() error {
	id, err := v.id()
	if err != nil {
		return err
	}
	if err := v.Market.EndSession(v.ctx, v.who, id); err != nil {
		return v.retreat(err, "/security")
	}
	return v.to("/security", "security.ended")
}

func (v *visit) postEndSessions() error {
	if _, err := v.Market.EndOtherSessions(v.ctx, v.who); err != nil {
		return v.retreat(err, "/security")
	}
	return v.to("/security", "security.ended_others")
}

// browsers and systems as people call them, the more particular first: Edge calls itself Chrome as well, and
// Chrome calls itself Safari.
var browsers = []struct{ mark, name string }{
	{"Edg/", "Edge"}, {"OPR/", "Opera"}, {"Firefox/", "Firefox"}, {"FxiOS/", "Firefox"}, {"CriOS/", "Chrome"}, {"Chrome/", "Chrome"}, {"Safari/", "Safari"},
}

var systems = []struct{ mark, name string }{
	{"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Android", "Android"}, {"Windows", "Windows"}, {"Mac OS X", "Mac"}, {"CrOS", "ChromeOS"}, {"Linux", "Linux"},
}

// browserName is what people call a browser that names itself so, with its system; empty when neither is known.
func browserName(agent string) string {
	var words []string
	for _, list := range [][]struct{ mark, name string }{browsers, systems} {
		for _, one := range list {
			if strings.Contains(agent, one.mark) {
				words = append(words, one.name)
				break
			}
		}
	}
	return strings.Join(words, ", ")
}
