package api_test

import (
	"context"
	"errors"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"

	"homecoming/api"
	"homecoming/api/access"
	"homecoming/internal/problem"
)

func TestReadinessNamesWhatAilsAndSaysNoWhenTheServerLeaves(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.serve(api.Config{Parts: map[string]func(context.Context) error{"mail": func(context.Context) error { return errors.New("does not answer") }}})
	w.as(nobody, "HEAD", "/healthz", nil).wants(http.StatusOK)
	aoi := w.Company("Aoi")
	w.Check(w.Market.RequestLink(context.Background(), aoi.Manager.Email))
	w.Exec("UPDATE river_job SET scheduled_at = now() - interval '1 hour'")
	got := w.as(nobody, "GET", "/readyz", nil).wants(http.StatusOK).object()
	if got["degraded"].(tree)["queue"] == nil {
		t.Errorf("an hour's wait is no matter: %v", got)
	}
	if got["ready"] != true || got["degraded"].(tree)["mail"] != "does not answer" {
		t.Errorf("readiness is %v", got)
	}
	w.server.Drain()
	w.as(nobody, "GET", "/readyz", nil).wants(http.StatusServiceUnavailable)
	w.as(nobody, "GET", "/healthz", nil).wants(http.StatusOK)
}

func TestADatabaseOfAnotherSchemaIsNotReady(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Exec("INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, true)")
	got := w.as(nobody, "GET", "/readyz", nil).wants(http.StatusServiceUnavailable).object()
	if got["missing"].(tree)["schema"] == nil {
		t.Errorf("readiness is %v", got)
	}
}

func TestRequestsAreCountedByRouteAndLoggedWithoutSecrets(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.serve(api.Config{Pages: access.Pages{Routes: []access.Route{{Method: "GET", Path: "/link/{token}", Needs: access.Anybody,
		Handle: func(c *gin.Context) { c.String(http.StatusOK, "a link") }}}}})
	aoi := w.Company("Aoi")
	task := aoi.Draft("Close the books", 300_000)
	w.as(aoi.Manager, "GET", "/api/v1/tasks/"+task.ID.String(), nil, "X-Request-Id: given-by-proxy").wants(http.StatusOK)
	w.as(nobody, "GET", "/link/sesame", nil).wants(http.StatusOK)
	w.as(nobody, "GET", "/api/v1/sesame", nil, "X-Request-Id: two\nlines").wants(http.StatusNotFound)
	metrics := w.as(nobody, "GET", "/metrics", nil).wants(http.StatusOK).Body.String()
	for _, want := range []string{`http_requests_total{method="GET",route="/api/v1/tasks/:id",status="200"} 1`, `route="none"`, "go_goroutines", "db_connections", "jobs_waiting", "index_pending"} {
		if !strings.Contains(metrics, want) {
			t.Errorf("the metrics lack %s", want)
		}
	}
	logs := w.logs.String()
	if !strings.Contains(logs, `"request_id":"given-by-proxy"`) || !strings.Contains(logs, task.ID.String()) || !strings.Contains(logs, aoi.Manager.PersonID.String()) {
		t.Errorf("the log lacks who asked for what: %s", logs)
	}
	if strings.Contains(logs, "sesame") || strings.Contains(logs, w.token(aoi.Manager)) || strings.Contains(logs, "lines") {
		t.Errorf("the log holds a secret: %s", logs)
	}
}

func TestAPanicIsAnsweredWithAnApologyAndLogged(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.serve(api.Config{Pages: access.Pages{Routes: []access.Route{{Method: "GET", Path: "/boom", Needs: access.Anybody, Handle: func(*gin.Context) { panic("the cause") }}}}})
	got := w.as(nobody, "GET", "/boom", nil).wants(http.StatusInternalServerError)
	if strings.Contains(got.Body.String(), "the cause") || !strings.Contains(got.Body.String(), got.Header().Get("X-Request-Id")) {
		t.Errorf("the apology is %q", got.Body)
	}
	if !strings.Contains(w.logs.String(), "the cause") {
		t.Error("the cause is not logged")
	}
}

func TestAPageIsGuardedAndShowsItsOwnErrors(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.serve(api.Config{BaseURL: "https://homecoming.example", FormTargets: []string{"https://checkout.stripe.com"}, Pages: access.Pages{
		Routes: []access.Route{
			{Method: "GET", Path: "/secret", Needs: access.SignedIn, Handle: func(c *gin.Context) { c.String(http.StatusOK, "secret") }},
			{Method: "GET", Path: "/broken", Needs: access.Anybody, Handle: func(c *gin.Context) { access.Fail(c, errors.New("the cause")) }}},
		Problem: func(c *gin.Context, status int, p *problem.Error) { c.String(status, "page: "+p.Code) },
	}})
	for path, want := range map[string]string{"/secret": "page: not_signed_in", "/broken": "page: internal", "/nowhere": "page: not_found"} {
		if got := w.as(nobody, "GET", path, nil); got.Body.String() != want {
			t.Errorf("%s: %d %s", path, got.Code, got.Body)
		}
	}
	got := w.as(nobody, "GET", "/secret", nil)
	policy := got.Header().Get("Content-Security-Policy")
	if !regexp.MustCompile(`default-src 'none';.*form-action 'self' https://checkout.stripe.com;.*frame-ancestors 'none'`).MatchString(policy) ||
		got.Header().Get("X-Content-Type-Options") != "nosniff" || got.Header().Get("Strict-Transport-Security") == "" {
		t.Errorf("the headers are %v", got.Header())
	}
}
