package idp_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"homecoming/internal/idp"
	"homecoming/internal/idp/idptest"
)

const back = "https://home.test/signin/provider"

func TestAWholeWayThroughARealProvider(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	provider := idptest.Start(t, back)
	provider.Person("s-1", "Yumi@Aoi.test", true)
	provider.Person("s-2", "ken@aoi.test", false)
	client := idp.NewClient(time.Now, true)
	r := idp.Registration{Issuer: provider.URL, ClientID: idptest.ClientID, Secret: idptest.ClientSecret, Return: back}
	if err := client.Check(ctx, r); err != nil {
		t.Fatal(err)
	}
	way := func(r idp.Registration, name string, change func(url.Values), ticket idp.Ticket) (idp.Identity, error) {
		start, err := client.Begin(ctx, r, ticket, "yumi@aoi.test")
		if err != nil {
			return idp.Identity{}, err
		}
		address, err := url.Parse(start)
		if err != nil {
			t.Fatal(err)
		}
		q := address.Query()
		change(q)
		address.RawQuery = q.Encode()
		came := provider.Walk(address.String(), name)
		if came == nil {
			t.Fatalf("%s was not let through", name)
		}
		if came.Query().Get("state") != ticket.State {
			t.Errorf("the state came back as %q", came.Query().Get("state"))
		}
		return client.Finish(ctx, r, ticket, came.Query().Get("code"))
	}
	asIs := func(url.Values) {}
	who, err := way(r, "s-1", asIs, idp.NewTicket("state", "nonce"))
	if err != nil || who.Subject != "s-1" || who.Email != "yumi@aoi.test" || !who.EmailVerified {
		t.Errorf("%+v, %v", who, err)
	}
	if who, err := way(r, "s-2", asIs, idp.NewTicket("state", "nonce")); err != nil || who.EmailVerified {
		t.Errorf("an address that was not verified: %+v, %v", who, err)
	}
	wrongSecret := r
	wrongSecret.Secret = "another"
	for name, c := range map[string]struct {
		r      idp.Registration
		change func(url.Values)
		want   error
	}{
		"another nonce":     {r, func(q url.Values) { q.Set("nonce", "of somebody else") }, idp.ErrVouch},
		"another challenge": {r, func(q url.Values) { q.Set("code_challenge", strings.Repeat("A", 43)) }, idp.ErrVouch},
		"the wrong secret":  {wrongSecret, asIs, idp.ErrClient},
	} {
		if _, err := way(c.r, "s-1", c.change, idp.NewTicket("state", "nonce")); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := client.Finish(ctx, r, idp.NewTicket("state", "nonce"), "made-up"); !errors.Is(err, idp.ErrVouch) {
		t.Errorf("a made-up code: %v", err)
	}
	provider.Down(true)
	if _, err := client.Finish(ctx, r, idp.NewTicket("state", "nonce"), "code"); !errors.Is(err, idp.ErrUnreachable) {
		t.Errorf("a provider that is down: %v", err)
	}
	if err := client.Check(ctx, r); !errors.Is(err, idp.ErrUnreachable) {
		t.Errorf("a provider that is down: %v", err)
	}
}

// A forger is a provider whose tokens a test writes itself.
type forger struct {
	*httptest.Server
	key   *rsa.PrivateKey
	token string
	keys  int // the status that the keys are answered with
}

func newForger(t *testing.T, change func(document map[string]any)) *forger {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	f := &forger{key: key, keys: http.StatusOK}
	mux := http.NewServeMux()
	f.Server = httptest.NewServer(mux)
	t.Cleanup(f.Close)
	send := func(w http.ResponseWriter, v any) {
		w.Header().Set("Content-Type", "application/json")
		if err := json.NewEncoder(w).Encode(v); err != nil {
			t.Error(err)
		}
	}
	document := map[string]any{"issuer": f.URL, "authorization_endpoint": f.URL + "/auth", "token_endpoint": f.URL + "/token", "jwks_uri": f.URL + "/keys",
		"id_token_signing_alg_values_supported": []string{"HS256", "RS256", "none"}}
	if change != nil {
		change(document)
	}
	mux.HandleFunc("/.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) { send(w, document) })
	mux.HandleFunc("/token", func(w http.ResponseWriter, _ *http.Request) {
		send(w, map[string]any{"access_token": "x", "token_type": "Bearer", "id_token": f.token})
	})
	mux.HandleFunc("/keys", func(w http.ResponseWriter, _ *http.Request) {
		if f.keys != http.StatusOK {
			w.WriteHeader(f.keys)
			return
		}
		send(w, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: &f.key.PublicKey, KeyID: "k", Algorithm: "RS256", Use: "sig"}}})
	})
	return f
}

// sign writes a token with a key of any kind.
func sign(t *testing.T, algorithm jose.SignatureAlgorithm, key any, claims map[string]any) string {
	t.Helper()
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: algorithm, Key: jose.JSONWebKey{Key: key, KeyID: "k"}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := jwt.Signed(signer).Claims(claims).Serialize()
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func TestATokenCountsOnlyIfEverythingAboutItHolds(t *testing.T) {
	t.Parallel()
	ctx, now := context.Background(), time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	f := newForger(t, nil)
	client := idp.NewClient(func() time.Time { return now }, true)
	r := idp.Registration{Issuer: f.URL, ClientID: "us", Secret: "s", Return: back}
	ticket := idp.NewTicket("state", "nonce")
	good := func(changes map[string]any) map[string]any {
		claims := map[string]any{"iss": f.URL, "aud": "us", "sub": "s-1", "nonce": "nonce", "iat": now.Unix(), "exp": now.Add(time.Hour).Unix(), "email": "A@b.test", "email_verified": "true"}
		for k, v := range changes {
			if claims[k] = v; v == nil {
				delete(claims, k)
			}
		}
		return claims
	}
	stranger, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	by := func(changes map[string]any) string { return sign(t, jose.RS256, f.key, good(changes)) }
	at := func(d time.Duration) int64 { return now.Add(d).Unix() }
	for name, c := range map[string]struct {
		token string
		good  bool
	}{
		"as it should be":          {by(nil), true},
		"expired within the skew":  {by(map[string]any{"iat": at(-9 * time.Minute), "exp": at(-time.Minute)}), true},
		"issued within the skew":   {by(map[string]any{"iat": at(time.Minute)}), true},
		"several audiences, azp":   {by(map[string]any{"aud": []string{"us", "them"}, "azp": "us"}), true},
		"expired":                  {by(map[string]any{"exp": at(-3 * time.Minute)}), false},
		"issued in the future":     {by(map[string]any{"iat": at(3 * time.Minute)}), false},
		"issued long ago":          {by(map[string]any{"iat": at(-time.Hour)}), false},
		"not valid yet":            {by(map[string]any{"nbf": at(time.Hour)}), false},
		"another audience":         {by(map[string]any{"aud": "them"}), false},
		"several audiences":        {by(map[string]any{"aud": []string{"us", "them"}}), false},
		"another party":            {by(map[string]any{"azp": "them"}), false},
		"another issuer":           {by(map[string]any{"iss": "https://evil.test"}), false},
		"another nonce":            {by(map[string]any{"nonce": "other"}), false},
		"no nonce":                 {by(map[string]any{"nonce": nil}), false},
		"no subject":               {by(map[string]any{"sub": nil}), false},
		"a subject that is a book": {by(map[string]any{"sub": strings.Repeat("x", 256)}), false},
		"a stranger's key":         {sign(t, jose.RS256, stranger, good(nil)), false},
		"a shared secret":          {sign(t, jose.HS256, []byte(strings.Repeat("s", 32)), good(nil)), false},
		"no signature":             {"eyJhbGciOiJub25lIn0.e30.", false},
		"no token":                 {"", false},
	} {
		f.token = c.token
		who, err := client.Finish(ctx, r, ticket, "code")
		if c.good && (err != nil || who.Email != "a@b.test" || !who.EmailVerified) || !c.good && !errors.Is(err, idp.ErrVouch) {
			t.Errorf("%s: %+v, %v", name, who, err)
		}
	}
}

func TestAnOutageIsToldFromAnAddressWithoutAProvider(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	client := idp.NewClient(time.Now, true)
	f := newForger(t, nil)
	r := idp.Registration{Issuer: f.URL, ClientID: "us", Return: back}
	f.keys = http.StatusBadGateway
	if err := client.Check(ctx, r); !errors.Is(err, idp.ErrUnreachable) {
		t.Errorf("keys that cannot be read: %v", err)
	}
	f.token = sign(t, jose.RS256, f.key, map[string]any{"iss": f.URL})
	if _, err := client.Finish(ctx, r, idp.NewTicket("s", "n"), "code"); !errors.Is(err, idp.ErrUnreachable) {
		t.Errorf("keys that cannot be read: %v", err)
	}
	gone := newForger(t, nil)
	gone.Close()
	if err := client.Check(ctx, idp.Registration{Issuer: gone.URL}); !errors.Is(err, idp.ErrUnreachable) {
		t.Errorf("nobody listens: %v", err)
	}
	for name, change := range map[string]func(map[string]any){
		"another issuer":     func(d map[string]any) { d["issuer"] = "https://other.test" },
		"no keys":            func(d map[string]any) { delete(d, "jwks_uri") },
		"an odd endpoint":    func(d map[string]any) { d["token_endpoint"] = "file:///etc/passwd" },
		"PKCE in plain text": func(d map[string]any) { d["code_challenge_methods_supported"] = []string{"plain"} },
	} {
		if err := client.Check(ctx, idp.Registration{Issuer: newForger(t, change).URL}); !errors.Is(err, idp.ErrNoProvider) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestOutsideDevelopmentAProviderIsPublicAndSpeaksHTTPS(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	client := idp.NewClient(time.Now, false)
	called := false
	server := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { called = true }))
	t.Cleanup(server.Close)
	for _, issuer := range []string{"http://login.example.com", server.URL, "https://localhost:8443", "https://[::1]", "https://169.254.169.254", "login.example.com", "",
		"https://u:p@login.example.com", "https://login.example.com?x=1", "https://login.example.com#x", "javascript:alert(1)"} {
		if err := client.Check(ctx, idp.Registration{Issuer: issuer}); !errors.Is(err, idp.ErrNoProvider) {
			t.Errorf("%q: %v", issuer, err)
		}
	}
	if called {
		t.Error("a private address was called")
	}
}

func TestAnErrorCodeIsAWordOrNothing(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]string{"access_denied": "access_denied", "": "", "<b>": "", "a b": "", strings.Repeat("a", 61): ""} {
		if got := idp.Word(code); got != want {
			t.Errorf("%q: %q", code, got)
		}
	}
}
