package access

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"github.com/google/uuid"

	"homecoming/internal/problem"
	"homecoming/market"
)

const sessionKey = "session"

type visitKey struct{}

// A visit is what is known of one request.
type visit struct {
	gate           *Gate
	requestID      string
	language       problem.Language
	languageChosen bool
	actor          market.Actor
	address        string
	browser        string
}

func visitOf(ctx context.Context) *visit {
	v, ok := ctx.Value(visitKey{}).(*visit)
	if !ok {
		return &visit{language: problem.English}
	}
	return v
}

// Actor is the person on whose behalf the request is made; the zero Actor when nobody is signed in.
func Actor(ctx context.Context) market.Actor { return visitOf(ctx).actor }

// Again finds out anew on whose behalf a request is made that has lasted for a while: who has lost a role since is without it, and
// who was signed out is nobody.
func Again(r *http.Request) (market.Actor, error) { return visitOf(r.Context()).gate.person(r) }

// Language is the language to answer in.
func Language(ctx context.Context) problem.Language { return visitOf(ctx).language }

// LanguageChosen reports whether the reader chose that language, here or in their settings; else it is what their browser likes best.
func LanguageChosen(ctx context.Context) bool { return visitOf(ctx).languageChosen }

// RequestID names the request in logs, problems and the header X-Request-Id.
func RequestID(ctx context.Context) string { return visitOf(ctx).requestID }

// SignIn begins a session for somebody under a new cookie.
func SignIn(ctx context.Context, who market.Actor) error {
	v := visitOf(ctx)
	if err := v.gate.sessions.RenewToken(ctx); err != nil {
		return err
	}
	id, err := v.gate.cfg.Sessions.Begin(ctx, who, v.browser, v.address)
	v.gate.sessions.Put(ctx, sessionKey, id.String())
	return err
}

// SignOut ends the session.
func SignOut(ctx context.Context) error {
	v := visitOf(ctx)
	if v.actor.Session != uuid.Nil {
		err := v.gate.cfg.Sessions.End(ctx, v.actor, v.actor.Session)
		if err != nil && !errors.Is(err, market.ErrNotFound) { // a second click finds it ended
			return err
		}
	}
	return v.gate.sessions.Destroy(ctx)
}

// sane is what a request id from outside may look like: nothing that could break a log line.
var sane = regexp.MustCompile(`^[A-Za-z0-9._-]{8,64}$`)

func requestID(r *http.Request) string {
	if id := r.Header.Get("X-Request-Id"); sane.MatchString(id) {
		return id
	}
	return uuid.Must(uuid.NewV7()).String()
}

// addressOf is the peer's address, or the last one before the proxies that are believed.
func (g *Gate) addressOf(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for _, hop := range slices.Backward(hops) {
		next, err := netip.ParseAddr(strings.TrimSpace(hop))
		if err != nil || !g.believes(host) {
			break
		}
		host = next.Unmap().String()
	}
	return host
}

func (g *Gate) believes(host string) bool {
	a, err := netip.ParseAddr(host)
	return err == nil && slices.ContainsFunc(g.cfg.Proxies, func(p netip.Prefix) bool { return p.Contains(a.Unmap()) })
}
