package web_test

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"homecoming/api"
	"homecoming/api/web"
	"homecoming/billing"
	"homecoming/billing/stripe"
	"homecoming/billing/stripesim"
	"homecoming/internal/idp"
	"homecoming/internal/mail"
	"homecoming/internal/outward"
	"homecoming/internal/seal"
	"homecoming/market"
	"homecoming/market/markettest"
	"homecoming/matching"
	"homecoming/matching/postgres"
)

var ctx = context.Background()

// A world has the pages in front of it, behind the API's own door, and a stand-in to pay through.
type world struct {
	*markettest.World
	server  *httptest.Server
	sim     *stripesim.Server
	billing *billing.Service
	fits    *matching.Service
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{World: markettest.New(t)}
	w.server = httptest.NewUnstartedServer(nil)
	box, err := seal.New("the key of these tests")
	w.Check(err)
	w.Market = market.New(w.DB, w.Clock, matching.ResolveSkill, markettest.CheapPasswords, markettest.Files(t), market.WithBox(box), market.WithAddress(w.named()),
		market.WithProviders(idp.NewClient(time.Now, true), "http://"+w.server.Listener.Addr().String()), market.WithWebhooks(outward.NewClient(true), true))
	w.Check(matching.SyncTaxonomy(ctx, w.DB))
	w.payThrough()
	w.fits = matching.New(w.DB, w.Clock, postgres.New(w.DB))
	s, err := api.New(api.Config{DB: w.DB, Clock: w.Clock, Market: w.Market, Matching: w.fits, Billing: w.billing, Logger: slog.New(slog.DiscardHandler),
		Pages: web.Pages(web.Config{Market: w.Market, Matching: w.fits, Billing: w.billing, Clock: w.Clock, Dev: true, Outbox: mail.NewOutbox(w.DB)})})
	w.Check(err)
	w.server.Config.Handler = s
	w.server.Start()
	t.Cleanup(w.server.Close)
	return w
}

// named is the server by a name, because browsers take no passkeys at an address without one.
func (w *world) named() string {
	_, port, err := net.SplitHostPort(w.server.Listener.Addr().String())
	w.Check(err)
	return "http://localhost:" + port
}

// payThrough opens a stand-in of the payment provider.
func (w *world) payThrough() {
	w.Helper()
	const key = "sk_test_of_the_stand_in"
	var err error
	w.sim, err = stripesim.Open(stripesim.Config{SecretKey: key, Clock: w.Clock.Now})
	w.Check(err)
	w.Check(w.sim.Start())
	w.Cleanup(func() { w.Check(w.sim.Close()) })
	gateway, err := stripe.New(stripe.Config{Key: key, APIBase: w.sim.URL(), WebhookSecret: "whsec_1", ConnectWebhookSecret: "whsec_2", PerSecond: 1000})
	w.Check(err)
	w.billing = billing.New(w.DB, w.Clock, w.Market, gateway, billing.Config{BaseURL: "http://product.test", ToppedUp: true})
}

// settle lets everything that waits for the provider or for a job of billing's happen.
func (w *world) settle() {
	w.Helper()
	for range 20 {
		found, err := w.billing.CatchUp(ctx)
		w.Check(err)
		var events []string
		var operations []uuid.UUID
		w.Check(w.DB.Gorm(ctx).Raw("SELECT id FROM provider_events WHERE worked_at IS NULL").Scan(&events).Error)
		for _, id := range events {
			w.Check(w.billing.WorkEvent(ctx, id))
		}
		w.Check(w.DB.Gorm(ctx).Raw("SELECT id FROM operations WHERE next_at <= ?", w.Clock.Now()).Scan(&operations).Error)
		for _, id := range operations {
			w.Check(w.billing.Work(ctx, id))
		}
		if found+len(events)+len(operations) == 0 {
			return
		}
	}
	w.Fatal("there is always something left to do")
}

// payday lets two weeks pass, at the provider as here.
func (w *world) payday() {
	w.Helper()
	w.Clock.Advance(15 * 24 * time.Hour)
	w.Check(w.sim.Advance(0))
	w.settle()
}

// A browser keeps its cookies and follows no redirect by itself.
type browser struct {
	*world
	client *http.Client
}

// as is a browser in which somebody has signed in; lang is the language they chose.
func (w *world) as(who market.Actor, lang string) *browser {
	w.Helper()
	jar, err := cookiejar.New(nil)
	w.Check(err)
	b := &browser{w, &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
	if who.Email != "" {
		b.post("/signin", url.Values{"email": {who.Email}, "password": {markettest.Password}}).leads("/")
	}
	b.get("/signin?lang=" + lang)
	return b
}

// A shown is what came back.
type shown struct {
	*world
	*http.Response
	body string
}

func (b *browser) get(path string) shown {
	b.Helper()
	r, err := b.client.Get(b.server.URL + path)
	b.Check(err)
	return b.read(r)
}

func (b *browser) post(path string, form url.Values) shown {
	b.Helper()
	r, err := b.client.PostForm(b.server.URL+path, form)
	b.Check(err)
	return b.read(r)
}

func (b *browser) read(r *http.Response) shown {
	b.Helper()
	body, err := io.ReadAll(r.Body)
	r.Body.Close()
	b.Check(err)
	return shown{b.world, r, string(body)}
}

// is fails unless the page has this status.
func (s shown) is(status int) shown {
	s.Helper()
	if s.StatusCode != status {
		s.Fatalf("%s answered %d, not %d: %.600s", s.Request.URL.Path, s.StatusCode, status, s.body)
	}
	return s
}

// leads fails unless the answer sends the reader on to an address that begins so, and returns the whole of it.
func (s shown) leads(path string) string {
	s.Helper()
	at := s.Header.Get("Location")
	if s.StatusCode != http.StatusSeeOther || !strings.HasPrefix(at, path) {
		s.Fatalf("%s answered %d to %q, not on to %q: %.900s", s.Request.URL.Path, s.StatusCode, at, path, s.body)
	}
	return at
}

// says fails unless every text stands on the page.
func (s shown) says(texts ...string) shown {
	s.Helper()
	for _, text := range texts {
		if !strings.Contains(s.body, text) {
			s.Fatalf("%s does not say %q:\n%s", s.Request.URL.Path, text, s.body[max(0, strings.Index(s.body, "<main")):])
		}
	}
	return s
}
