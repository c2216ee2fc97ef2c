package meili_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"homecoming/internal/clock"
	"homecoming/internal/db/dbtest"
	"homecoming/market"
	"homecoming/matching"
	"homecoming/matching/meili"
	"homecoming/matching/postgres"
)

// A fault stands between the program and the server, and is changed while the test runs.
type fault struct {
	now atomic.Pointer[http.HandlerFunc]
}

func (f *fault) set(h http.HandlerFunc) { f.now.Store(&h) }

// proxy puts the fault in front of the server.
func (f *fault) proxy(t *testing.T, s server) string {
	target, err := url.Parse(s.url)
	if err != nil {
		t.Fatal(err)
	}
	pass := httputil.NewSingleHostReverseProxy(target)
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if h := f.now.Load(); h != nil && *h != nil {
			(*h)(w, r)
			return
		}
		pass.ServeHTTP(w, r)
	}))
	t.Cleanup(front.Close)
	return front.URL
}

func trouble(t *testing.T, srv server) {
	d, f := dbtest.New(t), &fault{}
	ix := meili.New(f.proxy(t, srv), srv.key, srv.uid(t))
	s := matching.New(d, clock.At(time.Date(2026, 4, 1, 3, 0, 0, 0, time.UTC)), postgres.New(d), ix)
	s.Budget, s.Rest = 5*time.Second, 0
	company := uuid.New()
	g := d.Gorm(t.Context())
	for _, sql := range []string{
		"INSERT INTO companies (id, name) VALUES (@company, 'Aoi')",
		"INSERT INTO people (id, family_name) SELECT gen_random_uuid(), 'N' || n FROM generate_series(1, 40) n WHERE CAST(@company AS uuid) IS NOT NULL",
		"INSERT INTO memberships (id, company_id, person_id) SELECT gen_random_uuid(), @company, id FROM people",
		"INSERT INTO stints (id, company_id, membership_id, joined_on, left_on) SELECT gen_random_uuid(), company_id, id, '2015-01-01', '2020-01-01' FROM memberships WHERE company_id = @company",
	} {
		if err := g.Exec(sql, map[string]any{"company": company}).Error; err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	who := market.Actor{Grants: []market.Grant{{CompanyID: company, Role: market.Manager}}}
	rank := func() matching.Ranking {
		t.Helper()
		r, err := s.RankDraft(t.Context(), who, market.TaskDraft{CompanyID: company}, matching.Query{})
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	want := rank()
	if want.Index != "meilisearch" || len(want.Items) != 20 {
		t.Fatalf("%+v", want)
	}
	for name, h := range map[string]http.HandlerFunc{
		"refuses": func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "busy", http.StatusServiceUnavailable) },
		"is slow": func(_ http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body) // only a read connection notices that the caller has gone
			<-r.Context().Done()
		},
		"hangs up":       func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"talks nonsense": func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>")) },
		"gives unsorted hits": func(w http.ResponseWriter, r *http.Request) {
			if !strings.HasSuffix(r.URL.Path, "/multi-search") {
				_, _ = w.Write([]byte(`{"updatedAt": "now"}`))
				return
			}
			_, _ = w.Write([]byte(`{"results": [{"hits": [` + fake(1) + `, ` + fake(2) + `]}]}`))
		},
	} {
		s.Budget = time.Minute
		if name == "is slow" {
			s.Budget = 50 * time.Millisecond
		}
		f.set(h)
		got := rank()
		if got.Index != "postgres" || !got.Degraded || !got.Certificate.Exact || !same(got, want) {
			t.Errorf("a server that %s: %s, degraded %v, same %v", name, got.Index, got.Degraded, same(got, want))
		}
		f.set(nil)
		s.Budget = time.Minute
		if got := rank(); got.Index != "meilisearch" || got.Degraded || !same(got, want) {
			t.Errorf("after a server that %s: %s, degraded %v", name, got.Index, got.Degraded)
		}
	}
}

func fake(p int) string {
	return `{"id": "` + uuid.NewString() + `", "person": "` + uuid.NewString() + `", "p": ` + string(rune('0'+p)) + `}`
}

func same(a, b matching.Ranking) bool {
	if len(a.Items) != len(b.Items) {
		return false
	}
	for i := range a.Items {
		if a.Items[i].MembershipID != b.Items[i].MembershipID || a.Items[i].Parts != b.Items[i].Parts {
			return false
		}
	}
	return true
}
