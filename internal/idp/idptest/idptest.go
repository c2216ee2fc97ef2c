package idptest

import (
	"context"
	"crypto/sha256"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/zitadel/oidc/v3/example/server/storage"
	"github.com/zitadel/oidc/v3/pkg/op"
)

// Password is everybody's.
const Password = "a password at the provider"

// What a client is known by.
const (
	ClientID     = "homecoming"
	ClientSecret = "a secret between the two"
)

// A Provider is one that runs.
type Provider struct {
	testing.TB
	URL    string
	people people
	down   atomic.Bool
}

// people is zitadel's store of users, open to change.
type people struct {
	mu   sync.Mutex
	byID map[string]*storage.User
}

// GetUserByID finds somebody by their subject.
func (p *people) GetUserByID(id string) *storage.User {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.byID[id]
}

// GetUserByUsername finds somebody by what they type.
func (p *people) GetUserByUsername(name string) *storage.User { return p.GetUserByID(name) }

// ExampleClientID is asked for by the example storage alone.
func (p *people) ExampleClientID() string { return storage.ServiceUserID }

// Start runs a provider that sends browsers back to one address of ours.
func Start(tb testing.TB, back string) *Provider {
	tb.Helper()
	p := &Provider{TB: tb, people: people{byID: map[string]*storage.User{}}}
	mux := http.NewServeMux()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if p.down.Load() {
			http.Error(w, "down", http.StatusServiceUnavailable)
			return
		}
		mux.ServeHTTP(w, r)
	}))
	tb.Cleanup(server.Close)
	p.URL = server.URL
	kept := storage.NewStorageWithClients(&p.people, map[string]*storage.Client{ClientID: storage.WebClient(ClientID, ClientSecret, back)})
	provider, err := op.NewProvider(&op.Config{CryptoKey: sha256.Sum256([]byte("idptest")), CodeMethodS256: true, AuthMethodPost: true}, kept, op.StaticIssuer(p.URL), op.WithAllowInsecure())
	if err != nil {
		tb.Fatal(err)
	}
	back = p.URL + provider.AuthorizationEndpoint().Relative() + "/callback?id="
	mux.HandleFunc("GET /login/username", func(w http.ResponseWriter, r *http.Request) { askName(w, r.FormValue("authRequestID")) })
	mux.HandleFunc("POST /login/username", func(w http.ResponseWriter, r *http.Request) {
		if err := kept.CheckUsernamePassword(r.FormValue("username"), r.FormValue("password"), r.FormValue("id")); err != nil {
			http.Error(w, err.Error(), http.StatusForbidden)
			return
		}
		http.Redirect(w, r, back+url.QueryEscape(r.FormValue("id")), http.StatusSeeOther)
	})
	mux.Handle("/", provider)
	return p
}

// askName is the provider's page to sign in at.
func askName(w http.ResponseWriter, request string) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = io.WriteString(w, `<!doctype html><html lang="en"><title>Provider</title><form method="post" action="/login/username"><input type="hidden" name="id" value="`+html.EscapeString(request)+`">
<label>Name <input name="username"></label><label>Password <input type="password" name="password"></label><button>Sign in</button></form>`)
}

// Person adds somebody, or changes what is known of them. id is their subject, and the name that they type.
func (p *Provider) Person(id, email string, verified bool) {
	p.people.mu.Lock()
	defer p.people.mu.Unlock()
	p.people.byID[id] = &storage.User{ID: id, Username: id, Password: Password, FirstName: "Test", LastName: id, Email: email, EmailVerified: verified}
}

// Dismiss takes somebody out.
func (p *Provider) Dismiss(id string) {
	p.people.mu.Lock()
	defer p.people.mu.Unlock()
	delete(p.people.byID, id)
}

// Down makes the provider fail, or work again.
func (p *Provider) Down(down bool) { p.down.Store(down) }

// Walk follows an address of the provider's as a browser, signs in as somebody, and returns where the browser is sent back
// to; nil when the provider does not let them through.
func (p *Provider) Walk(start, name string) *url.URL {
	p.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		p.Fatal(err)
	}
	var back *url.URL
	browser := &http.Client{Jar: jar, CheckRedirect: func(r *http.Request, _ []*http.Request) error {
		if !strings.HasPrefix(r.URL.String(), p.URL+"/") {
			back = r.URL
			return http.ErrUseLastResponse
		}
		return nil
	}}
	request := p.get(browser, start)
	if back != nil || request == "" {
		return back
	}
	form := url.Values{"username": {name}, "password": {Password}, "id": {request}}
	r, err := http.NewRequestWithContext(context.Background(), http.MethodPost, p.URL+"/login/username", strings.NewReader(form.Encode()))
	if err != nil {
		p.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	answer, err := browser.Do(r)
	if err != nil {
		p.Fatal(err)
	}
	_ = answer.Body.Close()
	return back
}

// get opens an address and returns the request that the page it ends at asks to sign in for.
func (p *Provider) get(browser *http.Client, address string) string {
	p.Helper()
	r, err := http.NewRequestWithContext(context.Background(), http.MethodGet, address, nil)
	if err != nil {
		p.Fatal(err)
	}
	answer, err := browser.Do(r)
	if err != nil {
		p.Fatal(err)
	}
	_ = answer.Body.Close()
	return answer.Request.URL.Query().Get("authRequestID")
}
