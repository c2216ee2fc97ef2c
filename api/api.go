package api

import (
	"context"
	"log/slog"
	"net/http"
	"net/netip"
	"sync/atomic"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gin-gonic/gin"

	"homecoming/api/access"
	"homecoming/api/provisioning"
	"homecoming/billing"
	"homecoming/internal/clock"
	"homecoming/internal/db"
	"homecoming/internal/live"
	"homecoming/market"
	"homecoming/matching"
)

const prefix = "/api/v1"

// Config is what the API works with.
type Config struct {
	DB       *db.DB
	Clock    clock.Clock
	Market   *market.Service
	Matching *matching.Service
	Billing  *billing.Service

	Pages access.Pages // of package web; without them every error is a problem document

	BaseURL     string         // where people reach the program
	FormTargets []string       // origins that a form may lead to besides our own: checkout and onboarding
	Proxies     []netip.Prefix // whose X-Forwarded-For is believed
	Version     string         // shown in the document
	Logger      *slog.Logger   // of requests; nil is slog's default

	Live *live.Hub                                   // hears what changes for people; nil makes one that hears nothing
	Beat func() (beat <-chan time.Time, stop func()) // of live streams; nil is every 25 seconds

	// Parts are asked for readiness, by name. A failing part is named and does not make the program unready.
	Parts map[string]func(context.Context) error
}

// A Server answers every request.
type Server struct {
	cfg      Config
	engine   *gin.Engine
	handler  http.Handler
	document []byte
	routes   map[string]endpoint // by method and gin's pattern
	metrics  *metrics
	schema   checked
	draining atomic.Bool

	directories *provisioning.Server
}

// New builds the server: the table's routes and the pages on one engine, and what stands before all of them.
func New(cfg Config) (*Server, error) {
	if cfg.Logger == nil {
		cfg.Logger = slog.Default()
	}
	if cfg.Live == nil {
		cfg.Live = live.NewHub(market.LiveChannel, market.ParseStir)
	}
	gin.SetMode(gin.ReleaseMode)
	s := &Server{cfg: cfg, engine: gin.New(), routes: map[string]endpoint{}, metrics: newMetrics(cfg.DB, cfg.Matching)}
	gate, err := access.NewGate(access.Config{Pool: cfg.DB.Pool(), Clock: cfg.Clock, BaseURL: cfg.BaseURL, Proxies: cfg.Proxies,
		Sessions:     access.Sessions{Begin: cfg.Market.BeginSession, Actor: cfg.Market.ActorBySession, End: cfg.Market.EndSession},
		ActorByToken: cfg.Market.ActorByToken, Refuse: s.refuse})
	if err != nil {
		return nil, err
	}
	if s.directories, err = provisioning.New(cfg.Market, cfg.BaseURL, cfg.Logger); err != nil {
		return nil, err
	}
	if err := s.mount(); err != nil {
		return nil, err
	}
	s.handler = s.observe(s.protect(gate.Wrap(s.engine)))
	return s, nil
}

// ServeHTTP answers a request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.handler.ServeHTTP(w, r) }

// Drain makes readiness say no, so that nobody sends new requests while those under way end; live streams end now, since
// they would not by themselves.
func (s *Server) Drain() {
	s.draining.Store(true)
	s.cfg.Live.Close()
}

// Routes lists every route, the pages' included.
func (s *Server) Routes() []access.Route {
	var all []access.Route
	for _, e := range s.endpoints() {
		all = append(all, e.Route)
	}
	return append(all, s.cfg.Pages.Routes...)
}

// mount puts every line of the table and every page on the engine.
func (s *Server) mount() error {
	s.engine.HandleMethodNotAllowed, s.engine.RedirectTrailingSlash = true, false
	s.engine.NoRoute(func(c *gin.Context) { s.fail(c, market.ErrNotFound) })
	s.engine.NoMethod(func(c *gin.Context) { s.fail(c, ErrMethod.With("method", c.Request.Method)) })
	s.engine.Use(s.noted, s.recovered, s.refused, s.guard, s.bounded, s.idempotent)
	api := newDocument(s.engine, s.cfg)
	for _, e := range s.endpoints() {
		s.routes[e.Method+" "+e.Pattern()] = e
		e.mount(s.engine, api)
	}
	for _, r := range s.cfg.Pages.Routes {
		s.routes[r.Method+" "+r.Pattern()] = endpoint{Route: r}
		s.engine.Handle(r.Method, r.Pattern(), s.page(r.Handle))
	}
	return s.write(api)
}

// page runs a page's handler and shows the error that it ended with.
func (s *Server) page(handle gin.HandlerFunc) gin.HandlerFunc {
	return func(c *gin.Context) {
		handle(c)
		if err := c.Errors.Last(); err != nil && !c.Writer.Written() {
			s.fail(c, err.Err)
		}
	}
}

// Document is the OpenAPI document.
func (s *Server) Document() []byte { return s.document }

func (s *Server) write(api huma.API) (err error) {
	s.document, err = api.OpenAPI().MarshalJSON()
	return err
}
