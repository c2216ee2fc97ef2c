package main

import (
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-rod/rod"

	"homecoming/cmd/homecoming/mainjob"
)

// TestTheProgrammesAreLivedThroughByBrowser plays each programme that companies run today as the people it names would,
// one after the other in one inhabited installation.
func TestTheProgrammesAreLivedThroughByBrowser(t *testing.T) {
	s := &stage{info: inhabited(t), browser: chromium(t)}
	t.Run("somebody without an account sees nothing", s.closedSite)
	t.Run("a homecoming day without a fixed head", s.homecomingDay)
	t.Run("what stays of an event", s.afterwards)
	t.Run("closed meetings of a group", s.closedMeetings)
	t.Run("leaving on good terms", s.goodTerms)
	t.Run("an alumna brings a borrower", s.broughtBorrower)
	t.Run("the registry is by invitation", s.registryByInvitation)
	t.Run("there is no collusion", s.noCollusion)
	t.Run("back-office work is outsourced to leavers", s.backOffice)
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
	p := &person{t: t, base: s.info.URL, page: s.browser.MustIncognito().MustPage().Timeout(5 * time.Minute)}
	p.page.MustSetViewport(width, 900, 1, width < 500)
	return p
}

// enter gives whoever has that address a window: by password where the installation told one, otherwise by the link that
// is sent to them.
func (s *stage) enter(t *testing.T, email, lang string, width int) *person {
	t.Helper()
	for _, a := range s.info.Accounts {
		if a.Email == email {
			return sit(t, s.browser, s.info, a.login(), lang, width)
		}
	}
	p := s.stranger(t, width)
	p.open("/signin?lang=" + lang)
	p.fill("email", email)
	p.press(`button[formaction="/signin/link"]`)
	p.follow(s.letter(t, email, "/link/", "/link/"))
	p.send(`form[name="link"]`)
	return p
}

// letter waits for a letter to that address that says so, and gives the link in it that begins with the path.
func (s *stage) letter(t *testing.T, to, says, path string) string {
	t.Helper()
	p := s.stranger(t, 1280)
	defer p.page.MustClose()
	find := `(says, link) => [...document.querySelectorAll("article")].filter(a => a.innerText.includes(says)).
		flatMap(a => [...a.querySelectorAll("a")]).map(a => a.href).find(href => href.startsWith(link)) || ""`
	for deadline := time.Now().Add(90 * time.Second); time.Now().Before(deadline); time.Sleep(150 * time.Millisecond) {
		p.open("/dev/mails?to=" + url.QueryEscape(to))
		if link := p.page.MustEval(find, says, s.info.URL+path).Str(); link != "" {
			return link
		}
	}
	t.Fatalf("no letter to %s says %q and leads to %s:\n%s", to, says, path, p.text())
	return ""
}

// follow opens an address of the program as a letter gives it.
func (p *person) follow(link string) {
	p.t.Helper()
	p.open(strings.TrimPrefix(link, p.base))
}

// tick sets the box of that name that carries the value.
func (p *person) tick(name, value string) {
	p.t.Helper()
	box := p.page.MustElement(`input[name="` + name + `"][value="` + value + `"]`)
	if !box.MustProperty("checked").Bool() {
		box.MustScrollIntoView().MustClick()
	}
}

// without holds the page to not saying what the reader should not know.
func (p *person) without(secrets ...string) {
	p.t.Helper()
	text := p.text()
	for _, secret := range secrets {
		if strings.Contains(text, secret) {
			p.t.Errorf("%s tells the reader %q:\n%s", p.where(), secret, text)
		}
	}
}

// want holds the page to several sentences.
func (p *person) want(sentences ...string) {
	p.t.Helper()
	for _, s := range sentences {
		p.wantText(s)
	}
}

// logins are all accounts of a role.
func (i info) logins(role string) (all []mainjob.Login) {
	for _, a := range i.Accounts {
		if a.Role == role {
			all = append(all, a.login())
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
