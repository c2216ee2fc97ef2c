package main

import (
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-rod/rod"
	"github.com/go-rod/rod/lib/launcher"
	"github.com/go-rod/rod/lib/proto"

	"homecoming/cmd/homecoming/mainjob"
)

// A person sits before a browser window of their own.
type person struct {
	t    *testing.T
	page *rod.Page
	base string
}

// chromium starts one browser for a test; each person gets a window that shares nothing with the others'.
func chromium(t *testing.T) *rod.Browser {
	t.Helper()
	bin, found := launcher.LookPath()
	if !found {
		t.Fatal("these tests need Chromium: apt-get install chromium")
	}
	l := launcher.New().Bin(bin).Leakless(false).NoSandbox(true).Headless(true).
		Set("disable-gpu").Set("disable-quic").Set("no-first-run").Set("disable-background-networking").Set("disable-component-update").Set("disable-sync")
	address, err := l.Launch()
	if err != nil {
		t.Fatal(err)
	}
	b := rod.New().ControlURL(address).MustConnect()
	t.Cleanup(func() { _ = b.Close(); l.Kill(); l.Cleanup() })
	return b
}

// sit opens a window and signs in. Width 390 is a phone.
func sit(t *testing.T, b *rod.Browser, i info, l mainjob.Login, lang string, width int) *person {
	t.Helper()
	alone := b.MustIncognito()
	p := &person{t: t, base: i.URL, page: alone.MustPage()}
	p.page = p.page.Timeout(5 * time.Minute)
	p.page.MustSetViewport(width, 900, 1, width < 500)
	p.open("/signin?lang=" + lang)
	p.fill("email", l.Email)
	p.fill("password", l.Password)
	p.send(`form[action="/signin"]`)
	return p
}

// open goes to a page of the program.
func (p *person) open(path string) {
	p.t.Helper()
	p.page.MustNavigate(p.base + path).MustWaitLoad()
	p.wantWhole()
}

// wantWhole holds each page that is passed to what every page promises: it is no error page, it does not scroll
// sideways, and it asked nobody but us.
func (p *person) wantWhole() {
	p.t.Helper()
	sideways := p.page.MustEval(`() => document.documentElement.scrollWidth > window.innerWidth + 1`).Bool()
	if sideways {
		p.t.Errorf("%s scrolls sideways", p.where())
	}
	for _, asked := range p.page.MustEval(`() => performance.getEntriesByType("resource").map(r => r.name)`).Arr() {
		at, err := url.Parse(asked.Str())
		if err != nil || at.Hostname() != "127.0.0.1" {
			p.t.Errorf("%s asks %s", p.where(), asked.Str())
		}
	}
}

func (p *person) where() string { return p.page.MustInfo().URL }

// path is where the person is, without the address of the program.
func (p *person) path() string {
	at, err := url.Parse(p.where())
	if err != nil {
		p.t.Fatal(err)
	}
	return at.Path
}

// fill types into the field of that name, over what is there.
func (p *person) fill(name, value string) {
	p.t.Helper()
	e := p.page.MustElement(`:is(input, select, textarea)[name="` + name + `"]`)
	switch kind := e.MustProperty("type").Str(); kind {
	case "date", "datetime-local":
		e.MustEval(`(v) => { this.value = v; this.dispatchEvent(new Event("input", {bubbles: true})) }`, value)
	case "select-one":
		e.MustSelect(value)
	default:
		e.MustSelectAllText().MustInput(value)
	}
}

// send presses the first button of the form that the selector means, and waits for the page it leads to.
func (p *person) send(form string) {
	p.t.Helper()
	p.press(form + ` button:not(.away)`)
}

// press clicks what the selector means and waits for the page it leads to.
func (p *person) press(selector string) {
	p.t.Helper()
	e := p.page.MustElement(selector)
	e.MustScrollIntoView()
	p.page.MustEval(`() => { window.left = false }`) // the next page knows nothing of it
	e.MustClick()
	arrived := `() => window.left === undefined && document.readyState === "complete"`
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
		if there, err := p.page.Eval(arrived); err == nil && there.Value.Bool() { // between two pages there is nobody to ask
			break
		}
		if time.Now().After(deadline) {
			p.t.Fatalf("%s of %s leads nowhere", selector, p.where())
		}
	}
	p.wantWhole()
}

// has reports whether the page shows the selector now.
func (p *person) has(selector string) bool {
	ok, _, err := p.page.Has(selector)
	return err == nil && ok
}

// until opens the page again and again until it shows the selector.
func (p *person) until(path, selector string) {
	p.t.Helper()
	for deadline := time.Now().Add(90 * time.Second); ; time.Sleep(150 * time.Millisecond) {
		p.open(path)
		if p.has(selector) {
			return
		}
		if time.Now().After(deadline) {
			p.t.Fatalf("%s never shows %s:\n%s", path, selector, p.text())
		}
	}
}

// text is what a reader sees.
func (p *person) text() string { return p.page.MustEval(`() => document.body.innerText`).Str() }

// wantText holds the page to a sentence.
func (p *person) wantText(s string) {
	p.t.Helper()
	if !strings.Contains(p.text(), s) {
		p.t.Errorf("%s does not say %q:\n%s", p.where(), s, p.text())
	}
}

// shoot keeps a picture of the whole page in the directory HOMECOMING_PICTURES, if there is one.
func (p *person) shoot(name string) {
	p.t.Helper()
	dir := os.Getenv("HOMECOMING_PICTURES")
	if dir == "" {
		return
	}
	for _, scheme := range []string{"light", "dark"} {
		err := proto.EmulationSetEmulatedMedia{Features: []*proto.EmulationMediaFeature{{Name: "prefers-color-scheme", Value: scheme}}}.Call(p.page)
		if err != nil {
			p.t.Fatal(err)
		}
		time.Sleep(400 * time.Millisecond) // colours fade over
		p.page.MustScreenshotFullPage(filepath.Join(dir, name+"-"+scheme+".png"))
	}
}
