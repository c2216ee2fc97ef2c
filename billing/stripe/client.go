package stripe

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/client"
	"golang.org/x/time/rate"

	"homecoming/billing"
)

// A Config says where Stripe is and how to speak to it. Zero fields but Key and the secrets take the defaults.
type Config struct {
	Key                  string
	APIBase              string // https://api.stripe.com
	WebhookSecret        string // of the platform's endpoint
	ConnectWebhookSecret string // of the connected accounts' endpoint
	Country              string // of the connected accounts: the platform's own; JP

	Timeout   time.Duration    // of one request; 30 s, shortened by the caller's context
	PerSecond float64          // requests to one kind of object; Stripe allows 25
	InAll     float64          // requests to all together; Stripe allows 100
	Now       func() time.Time // for the age of signatures; time.Now
	Transport http.RoundTripper
}

// A gateway is billing.Gateway on Stripe.
type gateway struct {
	api *client.API
	cfg Config
}

// New speaks to Stripe with a key. It sends nothing yet, and returns an error when there is no key.
func New(cfg Config) (billing.Gateway, error) {
	if cfg.Key == "" {
		return nil, errors.New("stripe: no secret key")
	}
	cfg.APIBase = cmp.Or(strings.TrimRight(cfg.APIBase, "/"), stripe.APIURL)
	cfg.Country = cmp.Or(cfg.Country, "JP")
	cfg.Timeout = cmp.Or(cfg.Timeout, 30*time.Second)
	cfg.PerSecond = cmp.Or(cfg.PerSecond, 25)
	cfg.InAll = cmp.Or(cfg.InAll, max(100, cfg.PerSecond))
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Transport == nil {
		cfg.Transport = http.DefaultTransport
	}
	httpClient := &http.Client{Timeout: cfg.Timeout, Transport: &limited{to: cfg.Transport, perSecond: rate.Limit(cfg.PerSecond),
		inAll: rate.NewLimiter(rate.Limit(cfg.InAll), burst(cfg.InAll))}}
	backend := func(kind stripe.SupportedBackend) stripe.Backend {
		return stripe.GetBackendWithConfig(kind, &stripe.BackendConfig{
			URL:               stripe.String(cfg.APIBase),
			HTTPClient:        httpClient,
			MaxNetworkRetries: stripe.Int64(0), // repeating is billing's to decide, and the library's pauses ignore the context
			EnableTelemetry:   stripe.Bool(false),
			LeveledLogger:     &stripe.LeveledLogger{Level: stripe.LevelNull},
		})
	}
	return &gateway{cfg: cfg, api: client.New(cfg.Key, &stripe.Backends{
		API: backend(stripe.APIBackend), Connect: backend(stripe.ConnectBackend), Uploads: backend(stripe.UploadsBackend)})}, nil
}

// with prepares a request: our key on what changes something, the caller's context on all.
func with(ctx context.Context, key string) stripe.Params {
	p := stripe.Params{Context: ctx}
	if key != "" {
		p.IdempotencyKey = stripe.String(key)
	}
	return p
}

// pages prepares a listing, a hundred objects a request.
func pages(ctx context.Context) stripe.ListParams {
	return stripe.ListParams{Context: ctx, Limit: stripe.Int64(100)}
}

// since narrows a listing to what was created at or after a moment.
func since(t time.Time) *stripe.RangeQueryParams {
	return &stripe.RangeQueryParams{GreaterThanOrEqual: t.Unix()}
}

// limited keeps to Stripe's rate for each kind of object, /v1/transfers, /v1/refunds …, and for all of them together.
type limited struct {
	to        http.RoundTripper
	perSecond rate.Limit
	inAll     *rate.Limiter
	mu        sync.Mutex
	limiters  map[string]*rate.Limiter
}

// errNotSent is a request that waited for its turn until its caller had gone.
var errNotSent = errors.New("stripe: not sent, too many requests were waiting")

// RoundTrip sends a request when it is its turn.
func (l *limited) RoundTrip(r *http.Request) (*http.Response, error) {
	err := l.limiter(r.URL.Path).Wait(r.Context())
	if err == nil {
		err = l.inAll.Wait(r.Context())
	}
	if err != nil {
		if r.Body != nil {
			_ = r.Body.Close()
		}
		return nil, errors.Join(errNotSent, err)
	}
	return l.to.RoundTrip(r)
}

func (l *limited) limiter(path string) *rate.Limiter {
	kind := path
	if parts := strings.SplitN(path, "/", 4); len(parts) == 4 {
		kind = strings.Join(parts[:3], "/")
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.limiters == nil {
		l.limiters = map[string]*rate.Limiter{}
	}
	if l.limiters[kind] == nil {
		l.limiters[kind] = rate.NewLimiter(l.perSecond, burst(float64(l.perSecond)))
	}
	return l.limiters[kind]
}

// burst is a second's worth after a rest.
func burst(perSecond float64) int { return max(1, int(perSecond)) }
