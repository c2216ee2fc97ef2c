package idp

import (
	"cmp"
	"context"
	"crypto/subtle"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"homecoming/internal/outward"
	"homecoming/internal/problem"
)

const (
	// Skew is how far a provider's clock may be from ours.
	Skew = 2 * time.Minute
	// Remembered is how long a provider's endpoints and keys are used without asking again.
	Remembered = 10 * time.Minute

	maxRemembered = 1000
	oldest        = 10 * time.Minute // an identity token is fetched at once; an old one is a replay
)

// What can go wrong between us and a provider.
var (
	ErrUnreachable = problem.Define(problem.Unavailable, "provider_unreachable",
		"{host} does not answer at the moment. Try again in a few minutes; a link by mail lets you in meanwhile.",
		"{host}から応答がありません。数分後にもう一度お試しください。お急ぎの場合は、メールのリンクでもサインインできます。")
	ErrNoProvider = problem.Define(problem.Invalid, "no_openid_provider",
		"There is no OpenID provider at {host} that we can use: {reason}. Check the issuer with whoever runs it.",
		"{host}に利用できるOpenIDプロバイダーがありません（{reason}）。発行者（issuer）のURLを管理者にご確認ください。")
	ErrClient = problem.Define(problem.Conflict, "provider_refuses_client",
		"{host} does not accept us ({reason}). An administrator has to check client, secret and redirect address.",
		"{host}に接続を拒否されました（{reason}）。クライアントID・シークレット・リダイレクトURIを管理者にご確認ください。")
	ErrVouch = problem.Define(problem.Unauthenticated, "provider_token_refused",
		"What {host} sent does not prove who you are ({reason}). Begin again; if it stays so, tell your administrator.",
		"{host}からの応答で本人を確認できませんでした（{reason}）。もう一度お試しになり、繰り返す場合は管理者にご連絡ください。")
)

// A Registration is what a provider knows us by.
type Registration struct {
	Issuer   string // an URL, exactly as the provider writes it
	ClientID string
	Secret   string
	Return   string // where browsers come back to
}

// An Identity is whom a provider vouches for.
type Identity struct {
	Subject       string // never given to anybody else by this issuer
	Email         string // lower case; empty when the provider does not tell
	EmailVerified bool   // only where the provider says so
	Name          string
}

// A Ticket is what one way through the provider is tied to. All three are secrets until they are spent.
type Ticket struct{ State, Nonce, Verifier string }

// NewTicket makes a ticket around a state, which is the caller's to make and to find again.
func NewTicket(state, nonce string) Ticket {
	return Ticket{State: state, Nonce: nonce, Verifier: oauth2.GenerateVerifier()}
}

// A Client speaks with providers.
type Client struct {
	http    *http.Client
	now     func() time.Time
	private bool

	mu    sync.Mutex
	known map[string]remembered
}

type remembered struct {
	provider *oidc.Provider
	keys     oidc.KeySet
	until    time.Time
}

// NewClient makes a client. private lets providers stand on private addresses and without HTTPS, for development and tests.
func NewClient(now func() time.Time, private bool) *Client {
	return &Client{http: outward.NewClient(private), now: now, private: private, known: map[string]remembered{}}
}

// Host is how people know an address: its host.
func Host(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return address
	}
	return u.Host
}

// CheckIssuer refuses what cannot be an issuer: no URL, one with a query or a fragment, and anything but HTTPS.
func (c *Client) CheckIssuer(issuer string) error {
	u, err := url.Parse(issuer)
	switch {
	case err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || len(issuer) > 500:
		return ErrNoProvider.With("host", issuer).With("reason", "not an address like https://login.example.com")
	case !c.safe(issuer):
		return ErrNoProvider.With("host", u.Host).With("reason", "not HTTPS")
	}
	return nil
}

// safe reports whether an endpoint may be used: HTTPS, or HTTP where private addresses are allowed.
func (c *Client) safe(address string) bool {
	u, err := url.Parse(address)
	return err == nil && u.Host != "" && (u.Scheme == "https" || c.private && u.Scheme == "http")
}

// Check asks the provider anew for its endpoints and keys, and returns what is wrong with them. It says nothing about the
// client's secret, which only a whole way through the provider can prove.
func (c *Client) Check(ctx context.Context, r Registration) error {
	if err := c.CheckIssuer(r.Issuer); err != nil {
		return err
	}
	c.mu.Lock()
	delete(c.known, r.Issuer)
	c.mu.Unlock()
	found, err := c.discover(ctx, r.Issuer)
	if err != nil {
		return err
	}
	_, err = found.keys.VerifySignature(c.with(ctx), noToken)
	if e := (unread{}); errors.As(err, &e) {
		return ErrUnreachable.With("host", Host(r.Issuer)).Because(err)
	}
	return nil
}

// noToken is a well-formed token that nobody signed: looking for its key reads the provider's keys.
const noToken = "eyJhbGciOiJSUzI1NiIsImtpZCI6Im5vbmUifQ.e30.AA"

func (c *Client) with(ctx context.Context) context.Context { return oidc.ClientContext(ctx, c.http) }

// discover finds the provider's endpoints, or takes those it remembers.
func (c *Client) discover(ctx context.Context, issuer string) (remembered, error) {
	now := c.now()
	c.mu.Lock()
	known, there := c.known[issuer]
	c.mu.Unlock()
	if there && now.Before(known.until) {
		return known, nil
	}
	provider, err := oidc.NewProvider(c.with(ctx), issuer)
	if err != nil {
		return remembered{}, c.undiscovered(issuer, err)
	}
	var d struct {
		Keys string   `json:"jwks_uri"`
		PKCE []string `json:"code_challenge_methods_supported"`
	}
	if err := provider.Claims(&d); err != nil {
		return remembered{}, ErrNoProvider.With("host", Host(issuer)).With("reason", "its document cannot be read").Because(err)
	}
	for _, endpoint := range []string{provider.Endpoint().AuthURL, provider.Endpoint().TokenURL, d.Keys} {
		if !c.safe(endpoint) {
			return remembered{}, ErrNoProvider.With("host", Host(issuer)).With("reason", "an endpoint is not HTTPS")
		}
	}
	if len(d.PKCE) > 0 && !slices.Contains(d.PKCE, "S256") {
		return remembered{}, ErrNoProvider.With("host", Host(issuer)).With("reason", "no PKCE by S256")
	}
	found := remembered{provider, keys{oidc.NewRemoteKeySet(c.with(context.WithoutCancel(ctx)), d.Keys)}, now.Add(Remembered)}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.known) >= maxRemembered {
		clear(c.known)
	}
	c.known[issuer] = found
	return found, nil
}

// undiscovered tells an outage from an address where there is no provider.
func (c *Client) undiscovered(issuer string, err error) error {
	var call *url.Error
	host := Host(issuer)
	switch {
	case errors.Is(err, outward.ErrPrivate):
		return ErrNoProvider.With("host", host).With("reason", "its address is not public").Because(err)
	case errors.As(err, &call), serverFault(err.Error()):
		return ErrUnreachable.With("host", host).Because(err)
	case strings.Contains(err.Error(), "issuer did not match"):
		return ErrNoProvider.With("host", host).With("reason", "it calls itself another issuer").Because(err)
	}
	return ErrNoProvider.With("host", host).With("reason", "no discovery document").Because(err)
}

// serverFault reports whether the library's words for an answer begin with a status of 500 or more.
func serverFault(words string) bool { return len(words) > 3 && words[0] == '5' && words[3] == ' ' }

// keys tells keys that cannot be read from a signature that does not hold, which the library puts into the same words.
type keys struct{ oidc.KeySet }

// unread is the error of keys that could not be read.
type unread struct{ error }

// VerifySignature checks a token's signature.
func (k keys) VerifySignature(ctx context.Context, token string) ([]byte, error) {
	payload, err := k.KeySet.VerifySignature(ctx, token)
	if err != nil && strings.HasPrefix(err.Error(), "fetching keys") {
		err = unread{err}
		if told, ok := ctx.Value(toldKey{}).(*error); ok {
			*told = err
		}
	}
	return payload, err
}

// toldKey is under which a caller leaves a place for the error of unread keys, which does not come through the library.
type toldKey struct{}

func (c *Client) config(p *oidc.Provider, r Registration) *oauth2.Config {
	return &oauth2.Config{ClientID: r.ClientID, ClientSecret: r.Secret, RedirectURL: r.Return, Endpoint: p.Endpoint(), Scopes: []string{oidc.ScopeOpenID, "email", "profile"}}
}

// Begin is where to send a browser. hint is the address that the person typed, if any.
func (c *Client) Begin(ctx context.Context, r Registration, t Ticket, hint string) (string, error) {
	found, err := c.discover(ctx, r.Issuer)
	if err != nil {
		return "", err
	}
	options := []oauth2.AuthCodeOption{oidc.Nonce(t.Nonce), oauth2.S256ChallengeOption(t.Verifier)}
	if hint != "" {
		options = append(options, oauth2.SetAuthURLParam("login_hint", hint))
	}
	return c.config(found.provider, r).AuthCodeURL(t.State, options...), nil
}

// Finish exchanges the code that a browser brought back for an identity. The caller has found the ticket by its state.
func (c *Client) Finish(ctx context.Context, r Registration, t Ticket, code string) (Identity, error) {
	found, err := c.discover(ctx, r.Issuer)
	if err != nil {
		return Identity{}, err
	}
	token, err := c.config(found.provider, r).Exchange(c.with(ctx), code, oauth2.VerifierOption(t.Verifier))
	if err != nil {
		return Identity{}, notExchanged(r, err)
	}
	raw, _ := token.Extra("id_token").(string)
	who, err := c.read(ctx, found, r, t, raw)
	if err != nil || who.Email != "" {
		return who, err
	}
	return c.ask(ctx, found.provider, r, token, who)
}

// ask completes an identity with the address, which many providers tell only when they are asked for it. What they answer
// must be about the same subject (OpenID Connect Core, section 5.3.2).
func (c *Client) ask(ctx context.Context, p *oidc.Provider, r Registration, token *oauth2.Token, who Identity) (Identity, error) {
	if !c.safe(p.UserInfoEndpoint()) {
		return who, nil
	}
	info, err := p.UserInfo(c.with(ctx), oauth2.StaticTokenSource(token))
	if err != nil {
		return who, ErrUnreachable.With("host", Host(r.Issuer)).Because(err)
	}
	if info.Subject != who.Subject {
		return who, ErrVouch.With("host", Host(r.Issuer)).With("reason", "userinfo")
	}
	who.Email, who.EmailVerified = strings.ToLower(strings.TrimSpace(info.Email)), info.EmailVerified
	return who, nil
}

func notExchanged(r Registration, err error) error {
	host := Host(r.Issuer)
	var refused *oauth2.RetrieveError
	switch {
	case !errors.As(err, &refused) || refused.Response.StatusCode >= http.StatusInternalServerError:
		return ErrUnreachable.With("host", host).Because(err)
	case refused.ErrorCode == "invalid_grant":
		return ErrVouch.With("host", host).With("reason", "invalid_grant").Because(err)
	}
	return ErrClient.With("host", host).With("reason", cmp.Or(Word(refused.ErrorCode), refused.Response.Status)).Because(err)
}

// Word is an error code of OAuth as far as it is one: letters and underscores, and not long. Anything else is empty, for it
// comes with an address that anybody can write.
func Word(code string) string {
	if len(code) > 60 || strings.Trim(code, "abcdefghijklmnopqrstuvwxyz_") != "" {
		return ""
	}
	return code
}

// read takes an identity token apart once everything about it holds.
func (c *Client) read(ctx context.Context, found remembered, r Registration, t Ticket, raw string) (Identity, error) {
	refuse := func(reason string, err error) (Identity, error) {
		return Identity{}, ErrVouch.With("host", Host(r.Issuer)).With("reason", reason).Because(err)
	}
	var unreadable error
	now := c.now()
	algorithms := algorithmsOf(found.provider)
	verifier := oidc.NewVerifier(r.Issuer, found.keys, &oidc.Config{ClientID: r.ClientID, SupportedSigningAlgs: algorithms, Now: func() time.Time { return now.Add(-Skew) }})
	token, err := verifier.Verify(context.WithValue(c.with(ctx), toldKey{}, &unreadable), raw)
	switch {
	case unreadable != nil:
		return Identity{}, ErrUnreachable.With("host", Host(r.Issuer)).Because(err)
	case err != nil:
		return refuse("id_token", err)
	}
	var claims struct {
		Party    string `json:"azp"`
		Email    string `json:"email"`
		Verified any    `json:"email_verified"` // some providers send a text
		Name     string `json:"name"`
	}
	if err := token.Claims(&claims); err != nil {
		return refuse("claims", err)
	}
	switch {
	case subtle.ConstantTimeCompare([]byte(token.Nonce), []byte(t.Nonce)) != 1:
		return refuse("nonce", nil)
	case claims.Party != "" && claims.Party != r.ClientID, claims.Party == "" && len(token.Audience) > 1:
		return refuse("azp", nil)
	case token.IssuedAt.After(now.Add(Skew)) || token.IssuedAt.Before(now.Add(-oldest-Skew)):
		return refuse("iat", nil)
	case token.Subject == "" || len(token.Subject) > 255: // OpenID Connect Core, section 2
		return refuse("sub", nil)
	}
	return Identity{Subject: token.Subject, Email: strings.ToLower(strings.TrimSpace(claims.Email)), EmailVerified: claims.Verified == true || claims.Verified == "true", Name: claims.Name}, nil
}

// algorithmsOf are the signatures that the provider says it makes, as far as they are made with a key of its own.
func algorithmsOf(p *oidc.Provider) []string {
	var d struct {
		Algorithms []string `json:"id_token_signing_alg_values_supported"`
	}
	if p.Claims(&d) != nil {
		return nil
	}
	return slices.DeleteFunc(d.Algorithms, func(a string) bool { return !slices.Contains(signatures, a) })
}

// signatures are those by a private key: a shared secret proves less, and none proves nothing.
var signatures = []string{oidc.RS256, oidc.RS384, oidc.RS512, oidc.ES256, oidc.ES384, oidc.ES512, oidc.PS256, oidc.PS384, oidc.PS512, oidc.EdDSA}
