package api

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"homecoming/internal/db"
	"homecoming/internal/jobs"
)

// tooLong is how long a job may wait before the queue counts as ailing.
const tooLong = 2 * time.Minute

// alive says that the process answers, and nothing of what it depends on.
func (s *Server) alive(c *gin.Context) { c.JSON(http.StatusOK, gin.H{"status": "alive"}) }

// readiness is what /readyz says.
type readiness struct {
	Ready    bool              `json:"ready"`
	Degraded map[string]string `json:"degraded,omitempty"` // what does not work well, by part, and why
	Missing  map[string]string `json:"missing,omitempty"`  // without these nothing works
}

// ready says whether requests should be sent here: the database answers with this program's schema, and the server
// is not about to leave. Other parts are named when they ail.
func (s *Server) ready(c *gin.Context) {
	ctx, cancel := context.WithTimeout(c.Request.Context(), 3*time.Second)
	defer cancel()
	r := readiness{Degraded: map[string]string{}, Missing: map[string]string{}}
	if s.draining.Load() {
		r.Missing["server"] = "leaving"
	}
	if err := s.cfg.DB.Pool().Ping(ctx); err != nil {
		r.Missing["database"] = "does not answer"
	} else if err := s.schema.check(func() error { return db.CheckSchema(ctx, s.cfg.DB) }); err != nil {
		r.Missing["schema"] = err.Error()
	} else {
		s.ailing(ctx, r.Degraded)
	}
	r.Ready = len(r.Missing) == 0
	status := http.StatusOK
	if !r.Ready {
		status = http.StatusServiceUnavailable
	}
	c.JSON(status, r)
}

func (s *Server) ailing(ctx context.Context, degraded map[string]string) {
	h, err := s.cfg.Matching.Health(ctx)
	if err != nil {
		degraded["ranking"] = "cannot be asked"
	} else if h.Degraded {
		degraded["ranking"] = "answered without " + h.Index
	}
	if h.Failing() {
		degraded["index"] = fmt.Sprintf("refused the last %d writes; %d changes wait", h.Failures, h.Pending)
	}
	if waiting, oldest, err := jobs.Waiting(ctx, s.cfg.DB); err != nil {
		degraded["queue"] = "cannot be asked"
	} else if oldest > tooLong {
		degraded["queue"] = fmt.Sprintf("%d jobs wait, the longest for %s", waiting, oldest.Round(time.Second))
	}
	for name, check := range s.cfg.Parts {
		if err := check(ctx); err != nil {
			degraded[name] = err.Error()
		}
	}
}

// checked remembers an answer for a few seconds: probes come often and the schema changes seldom.
type checked struct {
	mu   sync.Mutex
	till time.Time
	err  error
}

func (k *checked) check(ask func() error) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if time.Now().After(k.till) {
		k.err, k.till = ask(), time.Now().Add(5*time.Second)
	}
	return k.err
}

func (s *Server) scrape(c *gin.Context) {
	promhttp.HandlerFor(s.metrics.registry, promhttp.HandlerOpts{}).ServeHTTP(c.Writer, c.Request)
}
