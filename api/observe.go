package api

import (
	"context"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"homecoming/api/access"
	"homecoming/internal/db"
	"homecoming/internal/jobs"
	"homecoming/matching"
)

// A note is what the log says of a request. Addresses are logged as the table has them, because those of one-time
// links are secrets.
type note struct {
	route  string
	id     string
	person uuid.UUID
	logger *slog.Logger
}

type noteKey struct{}

// logger is the log of the server that works on a request.
func logger(ctx context.Context) *slog.Logger {
	if n, ok := ctx.Value(noteKey{}).(*note); ok {
		return n.logger
	}
	return slog.Default()
}

// observe logs and counts every request.
func (s *Server) observe(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		begun := time.Now()
		n := &note{route: "none", logger: s.cfg.Logger}
		rec := &recorder{ResponseWriter: w}
		method := r.Method
		r = r.WithContext(context.WithValue(r.Context(), noteKey{}, n))
		if method == http.MethodHead {
			r.Method = http.MethodGet // the connection leaves the body out
		}
		defer func() {
			took := time.Since(begun)
			s.metrics.count(n.route, method, rec.code(), took)
			s.log(r, method, n, rec, took)
		}()
		next.ServeHTTP(rec, r)
	})
}

// noted tells the log what the engine found.
func (s *Server) noted(c *gin.Context) {
	n, ok := c.Request.Context().Value(noteKey{}).(*note)
	if ok && c.FullPath() != "" {
		n.route = c.FullPath()
		if s.routes[c.Request.Method+" "+n.route].Quiet {
			return
		}
		n.person = access.Actor(c.Request.Context()).PersonID
		if id, err := uuid.Parse(c.Param("id")); err == nil {
			n.id = id.String()
		}
	}
}

func (s *Server) log(r *http.Request, method string, n *note, rec *recorder, took time.Duration) {
	level := slog.LevelInfo
	switch {
	case rec.code() >= http.StatusInternalServerError:
		level = slog.LevelError
	case n.route == "/healthz" || n.route == "/readyz" || n.route == "/metrics":
		level = slog.LevelDebug
	}
	attrs := []slog.Attr{slog.String("request_id", rec.Header().Get("X-Request-Id")), slog.String("method", method), slog.String("route", n.route),
		slog.Int("status", rec.code()), slog.Duration("took", took), slog.Int64("bytes", rec.bytes)}
	if n.id != "" {
		attrs = append(attrs, slog.String("id", n.id))
	}
	if n.person != uuid.Nil {
		attrs = append(attrs, slog.String("person", n.person.String()))
	}
	s.cfg.Logger.LogAttrs(r.Context(), level, "request", attrs...)
}

// A recorder notes status and size of an answer.
type recorder struct {
	http.ResponseWriter
	status int
	bytes  int64
}

// WriteHeader notes the status.
func (w *recorder) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write notes the size.
func (w *recorder) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	n, err := w.ResponseWriter.Write(b)
	w.bytes += int64(n)
	return n, err
}

// Unwrap lets http.ResponseController reach the connection.
func (w *recorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *recorder) code() int {
	if w.status == 0 {
		return http.StatusOK
	}
	return w.status
}

// metrics are what Prometheus reads of this server.
type metrics struct {
	registry *prometheus.Registry
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
}

func newMetrics(d *db.DB, fits *matching.Service) *metrics {
	m := &metrics{registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "http_requests_total", Help: "Requests answered."}, []string{"route", "method", "status"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "http_request_seconds", Help: "How long answers took.",
			Buckets: []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}}, []string{"route", "method"})}
	m.registry.MustRegister(m.requests, m.seconds, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	m.registry.MustRegister(backlog{d, fits})
	m.gauge("db_connections", "Connections of the pool.", func() float64 { return float64(d.Pool().Stat().TotalConns()) })
	m.gauge("db_connections_used", "Connections of the pool at work.", func() float64 { return float64(d.Pool().Stat().AcquiredConns()) })
	m.gauge("db_connections_most", "Connections that the pool may have.", func() float64 { return float64(d.Pool().Stat().MaxConns()) })
	return m
}

// backlog tells how much work waits, when it is asked.
type backlog struct {
	db       *db.DB
	matching *matching.Service
}

var (
	jobsWaiting   = prometheus.NewDesc("jobs_waiting", "Jobs that are due and not done.", nil, nil)
	jobsOldest    = prometheus.NewDesc("jobs_oldest_seconds", "How long the longest of them has been due.", nil, nil)
	indexPending  = prometheus.NewDesc("index_pending", "Changes that an index has not confirmed.", nil, nil)
	indexOldest   = prometheus.NewDesc("index_oldest_seconds", "How long the oldest of them waits.", nil, nil)
	indexFailures = prometheus.NewDesc("index_write_failures", "Writes in a row that an index has refused or not confirmed.", nil, nil)
	indexDegraded = prometheus.NewDesc("index_degraded", "1 while rankings are answered without the index that is asked first.", nil, nil)
)

// Describe names the gauges.
func (b backlog) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{jobsWaiting, jobsOldest, indexPending, indexOldest, indexFailures, indexDegraded} {
		to <- d
	}
}

// Collect asks for the numbers. What does not answer gives none.
func (b backlog) Collect(to chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
	defer cancel()
	gauge := func(d *prometheus.Desc, value float64) {
		to <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value)
	}
	if waiting, oldest, err := jobs.Waiting(ctx, b.db); err == nil {
		gauge(jobsWaiting, float64(waiting))
		gauge(jobsOldest, oldest.Seconds())
	}
	if h, err := b.matching.Health(ctx); err == nil {
		gauge(indexPending, float64(h.Pending))
		gauge(indexOldest, h.OldestFor.Seconds())
		gauge(indexFailures, float64(h.Failures))
		degraded := 0.0
		if h.Degraded {
			degraded = 1
		}
		gauge(indexDegraded, degraded)
	}
}

func (m *metrics) gauge(name, help string, value func() float64) {
	m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, value))
}

// methods bounds the label: a client may send any word.
var methods = map[string]bool{"GET": true, "HEAD": true, "POST": true, "PUT": true, "PATCH": true, "DELETE": true, "OPTIONS": true}

func (m *metrics) count(route, method string, status int, took time.Duration) {
	if !methods[method] {
		method = "other"
	}
	m.requests.WithLabelValues(route, method, strconv.Itoa(status)).Inc()
	m.seconds.WithLabelValues(route, method).Observe(took.Seconds())
}
