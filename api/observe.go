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
)

// A note is what the log says of a request. Addresses are logged as the table has them, because those of one-time
// links are secrets.
type note struct {
	route  string
	id     string
	person uuid.UUID
}

type noteKey struct{}

// observe logs and counts every request.
func (s *Server) observe(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		begun := time.Now()
		n := &note{route: "none"}
		rec := &recorder{ResponseWriter: w}
		r = r.WithContext(context.WithValue(r.Context(), noteKey{}, n))
		defer func() {
			took := time.Since(begun)
			s.metrics.count(n.route, r.Method, rec.code(), took)
			s.log(r, n, rec, took)
		}()
		next.ServeHTTP(rec, r)
	})
}

// noted tells the log what the engine found.
func (s *Server) noted(c *gin.Context) {
	n, ok := c.Request.Context().Value(noteKey{}).(*note)
	if ok && c.FullPath() != "" {
		n.route, n.person = c.FullPath(), access.Actor(c.Request.Context()).PersonID
		if id, err := uuid.Parse(c.Param("id")); err == nil {
			n.id = id.String()
		}
	}
}

func (s *Server) log(r *http.Request, n *note, rec *recorder, took time.Duration) {
	level := slog.LevelInfo
	switch {
	case rec.code() >= http.StatusInternalServerError:
		level = slog.LevelError
	case n.route == "/healthz" || n.route == "/readyz" || n.route == "/metrics":
		level = slog.LevelDebug
	}
	attrs := []slog.Attr{slog.String("request_id", rec.Header().Get("X-Request-Id")), slog.String("method", r.Method), slog.String("route", n.route),
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

func newMetrics(d *db.DB) *metrics {
	m := &metrics{registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "http_requests_total", Help: "Requests answered."}, []string{"route", "method", "status"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "http_request_seconds", Help: "How long answers took.",
			Buckets: []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}}, []string{"route", "method"})}
	m.registry.MustRegister(m.requests, m.seconds, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	m.registry.MustRegister(queue{d})
	m.gauge("db_connections", "Connections of the pool.", func() float64 { return float64(d.Pool().Stat().TotalConns()) })
	m.gauge("db_connections_used", "Connections of the pool at work.", func() float64 { return float64(d.Pool().Stat().AcquiredConns()) })
	m.gauge("db_connections_most", "Connections that the pool may have.", func() float64 { return float64(d.Pool().Stat().MaxConns()) })
	return m
}

// A queue tells how much work waits, when it is asked.
type queue struct{ db *db.DB }

var (
	jobsWaiting = prometheus.NewDesc("jobs_waiting", "Jobs that are due and not done.", nil, nil)
	jobsOldest  = prometheus.NewDesc("jobs_oldest_seconds", "How long the longest of them has been due.", nil, nil)
)

// Describe names both gauges.
func (q queue) Describe(to chan<- *prometheus.Desc) {
	to <- jobsWaiting
	to <- jobsOldest
}

// Collect asks the queue's table. A database that does not answer gives no numbers.
func (q queue) Collect(to chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	waiting, oldest, err := jobs.Waiting(ctx, q.db)
	if err != nil {
		to <- prometheus.NewInvalidMetric(jobsWaiting, err)
		return
	}
	to <- prometheus.MustNewConstMetric(jobsWaiting, prometheus.GaugeValue, float64(waiting))
	to <- prometheus.MustNewConstMetric(jobsOldest, prometheus.GaugeValue, oldest.Seconds())
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
