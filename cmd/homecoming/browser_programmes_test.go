package main

import (
	"slices"
	"testing"

	"github.com/go-rod/rod"

	"homecoming/cmd/homecoming/mainjob"
)

// TestTheProgrammesAreLivedThroughByBrowser plays each programme that companies run today as the people it names would,
// one after the other in one inhabited installation.
func TestTheProgrammesAreLivedThroughByBrowser(t *testing.T) {
	s := &stage{info: inhabited(t), browser: chromium(t)}
	t.Run("somebody without an account sees nothing", s.closedSite)
}

// A stage is the installation in which the programmes are played.
type stage struct {
	info    info
	browser *rod.Browser
}

// sit gives whoever holds that role a window of their own. Width 390 is a phone.
func (s *stage) sit(t *testing.T, role, lang string, width int) *person {
	t.Helper()
	return sit(t, s.browser, s.info, s.info.login(t, role), lang, width)
}

// stranger opens a window without signing in.
func (s *stage) stranger(t *testing.T, width int) *person {
	t.Helper()
	p := &person{t: t, base: s.info.URL, page: s.browser.MustIncognito().MustPage()}
	p.page.MustSetViewport(width, 900, 1, width < 500)
	return p
}

// logins are all accounts of a role.
func (i info) logins(role string) (all []mainjob.Login) {
	for _, a := range i.Accounts {
		if a.Role == role {
			all = append(all, mainjob.Login{Email: a.Email, Password: a.Password, Role: a.Role, CompanyID: a.CompanyID.String(), Token: a.Token})
		}
	}
	return all
}

func (s *stage) closedSite(t *testing.T) {
	p := s.stranger(t, 390)
	for _, path := range []string{"/", "/events", "/news", "/people", "/work", "/referrals", "/money"} {
		p.open(path)
		if !slices.Contains([]string{"/signin", "/"}, p.path()) || !p.has(`a[href^="/signin"], form[action="/signin"]`) {
			t.Errorf("%s shows a stranger %s", path, p.path())
		}
	}
}
