package access

import (
	"context"
	"errors"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/alexedwards/scs/pgxstore"
	"github.com/alexedwards/scs/v2"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"

	"homecoming/internal/clock"
	"homecoming/market"
)

// Config is what a Gate works with.
type Config struct {
	Pool    *pgxpool.Pool
	Clock   clock.Clock
	BaseURL string         // where people reach the program; https makes cookies secure
	Proxies []netip.Prefix // whose X-Forwarded-For is believed

	Sessions     Sessions
	ActorByToken func(ctx context.Context, raw string) (market.Actor, error)

	// Refuse answers a request that may not pass, in the shape that its reader expects.
	Refuse func(w http.ResponseWriter, r *http.Request, err error)
}

// Sessions is what the gate needs of the market to know a browser again.
type Sessions struct {
	Begin func(ctx context.Context, who market.Actor, browser, address string) (uuid.UUID, error)
	Actor func(ctx context.Context, session uuid.UUID) (market.Actor, error)
	End   func(ctx context.Context, who market.Actor, session uuid.UUID) error
}

// A Gate stands before every handler and finds out who asks.
type Gate struct {
	cfg       Config
	sessions  *scs.SessionManager
	origins   *http.CrossOriginProtection
	addresses *limiter
	accounts  *limiter
}

// NewGate makes a gate. Its session store clears expired sessions by itself every hour.
func NewGate(cfg Config) (*Gate, error) {
	g := &Gate{cfg: cfg, sessions: scs.New(), origins: http.NewCrossOriginProtection(),
		addresses: newLimiter(time.Second, 60), accounts: newLimiter(6*time.Second, 10)}
	secure := strings.HasPrefix(cfg.BaseURL, "https://")
	g.sessions.Store = pgxstore.NewWithCleanupInterval(cfg.Pool, time.Hour)
	g.sessions.HashTokenInStore = true
	g.sessions.Lifetime = market.SessionLife
	g.sessions.Cookie.Name = "homecoming"
	if secure {
		g.sessions.Cookie.Name, g.sessions.Cookie.Secure = "__Host-homecoming", true
	}
	g.sessions.ErrorFunc = cfg.Refuse
	if cfg.BaseURL != "" { // behind a proxy the host that we see may not be the one that people typed
		if err := g.origins.AddTrustedOrigin(strings.TrimRight(cfg.BaseURL, "/")); err != nil {
			return nil, err
		}
	}
	return g, nil
}

// Wrap puts who, language and request id into the context of everything behind it. It refuses forged forms and
// tokens that are not valid; a request without any passes as nobody.
func (g *Gate) Wrap(next http.Handler) http.Handler {
	known := g.sessions.LoadAndSave(g.identify(next))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v := &visit{gate: g, requestID: requestID(r), address: g.addressOf(r), browser: r.UserAgent()}
		v.language, _ = spoken(r, market.Actor{})
		w.Header().Set("X-Request-Id", v.requestID)
		r = r.WithContext(context.WithValue(r.Context(), visitKey{}, v))
		switch {
		case quiet(r.URL.Path):
			next.ServeHTTP(w, r)
		case g.origins.Check(r) != nil:
			g.cfg.Refuse(w, r, ErrCrossOrigin)
		default:
			known.ServeHTTP(w, r)
		}
	})
}

// quiet paths serve machines and files: nobody's session or token is looked up for them.
func quiet(path string) bool {
	return path == "/healthz" || path == "/readyz" || path == "/metrics" ||
		strings.HasPrefix(path, "/static/") || strings.HasPrefix(path, "/webhooks/") || strings.HasPrefix(path, "/scim/")
}

// identify finds the person by token or session.
func (g *Gate) identify(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v := visitOf(r.Context())
		who, err := g.person(r)
		if err != nil {
			g.cfg.Refuse(w, r, err)
			return
		}
		v.actor = who
		v.language, v.languageChosen = spoken(r, who)
		if chosen := language(r.URL.Query().Get("lang")); chosen != "" {
			SetLanguage(w, chosen)
		}
		next.ServeHTTP(flushing{w}, r)
	})
}

func (g *Gate) person(r *http.Request) (market.Actor, error) {
	if header := r.Header.Get("Authorization"); header != "" {
		scheme, token, _ := strings.Cut(header, " ")
		if !strings.EqualFold(scheme, "Bearer") || token == "" {
			return market.Actor{}, market.ErrToken
		}
		return g.cfg.ActorByToken(r.Context(), strings.TrimSpace(token))
	}
	id, err := uuid.Parse(g.sessions.GetString(r.Context(), sessionKey))
	if err != nil {
		return market.Actor{}, nil
	}
	who, err := g.cfg.Sessions.Actor(r.Context(), id)
	if errors.Is(err, market.ErrNobody) { // ended elsewhere, or the person is gone
		return market.Actor{}, g.sessions.Destroy(r.Context())
	}
	return who, err
}

// flushing lets an answer be sent piece by piece: the session's writer hides the connection's own Flush.
type flushing struct{ http.ResponseWriter }

// Flush sends what is there; gin has written the header by then.
func (f flushing) Flush() {
	_ = http.NewResponseController(f.ResponseWriter).Flush()
}

func (f flushing) Unwrap() http.ResponseWriter { return f.ResponseWriter }
