package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/uuid"

	"homecoming/api"
	"homecoming/billing"
	"homecoming/billing/stripe"
	"homecoming/billing/stripesim"
	"homecoming/internal/clock"
	"homecoming/market"
	"homecoming/market/markettest"
	"homecoming/matching"
	"homecoming/matching/postgres"
)

// A world has the API in front of it.
type world struct {
	*markettest.World
	server   *api.Server
	matching *matching.Service
	billing  *billing.Service
	sim      *stripesim.Server
	logs     *bytes.Buffer
	tokens   map[uuid.UUID]string
}

const platformSecret = "whsec_of_the_platform"

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{World: markettest.New(t), logs: &bytes.Buffer{}, tokens: map[uuid.UUID]string{}}
	w.Market = market.New(w.DB, w.Clock, matching.ResolveSkill, markettest.CheapPasswords, markettest.Files(t))
	w.matching = matching.New(w.DB, w.Clock, postgres.New(w.DB))
	w.stripe()
	w.serve(api.Config{Clock: w.Clock})
	return w
}

// stripe opens a stand-in and points billing at it. Its events are fetched by drain.
func (w *world) stripe() {
	w.Helper()
	const key = "sk_test_of_the_stand_in"
	var err error
	w.sim, err = stripesim.Open(stripesim.Config{SecretKey: key, Clock: w.Clock.Now})
	w.Check(err)
	w.Check(w.sim.Start())
	w.Cleanup(func() { w.Check(w.sim.Close()) })
	gateway, err := stripe.New(stripe.Config{Key: key, APIBase: w.sim.URL(), WebhookSecret: platformSecret, ConnectWebhookSecret: "whsec_of_accounts", PerSecond: 1000, Now: w.Clock.Now})
	w.Check(err)
	w.billing = billing.New(w.DB, w.Clock, w.Market, gateway, billing.Config{BaseURL: "http://product.test", ToppedUp: true})
}

// drain works everything of billing's that waits, until nothing does.
func (w *world) drain() {
	w.Helper()
	ctx := context.Background()
	for range 20 {
		found, err := w.billing.CatchUp(ctx)
		w.Check(err)
		var events []string
		w.Check(w.DB.Gorm(ctx).Raw("SELECT id FROM provider_events WHERE worked_at IS NULL").Scan(&events).Error)
		for _, id := range events {
			w.Check(w.billing.WorkEvent(ctx, id))
		}
		var operations []uuid.UUID
		w.Check(w.DB.Gorm(ctx).Raw("SELECT id FROM operations WHERE next_at <= ?", w.Clock.Now()).Scan(&operations).Error)
		for _, id := range operations {
			w.Check(w.billing.Work(ctx, id))
		}
		if found+len(events)+len(operations) == 0 {
			return
		}
	}
	w.Fatal("there is always something left to do")
}

// serve builds the server anew.
func (w *world) serve(cfg api.Config) {
	w.Helper()
	cfg.DB, cfg.Market, cfg.Billing = w.DB, w.Market, w.billing
	if cfg.Clock == nil {
		cfg.Clock = clock.System
	}
	cfg.Matching = w.matching
	cfg.Logger = slog.New(slog.NewJSONHandler(w.logs, nil))
	var err error
	w.server, err = api.New(cfg)
	w.Check(err)
}

// token is a token of somebody, made when it is first needed.
func (w *world) token(who market.Actor) string {
	w.Helper()
	if w.tokens[who.PersonID] == "" {
		raw, _, err := w.Market.CreateToken(context.Background(), who, "test", nil)
		w.Check(err)
		w.tokens[who.PersonID] = raw
	}
	return w.tokens[who.PersonID]
}

// An answer is what came back.
type answer struct {
	*httptest.ResponseRecorder
	t testing.TB
}

// as calls the API as somebody; the zero actor is nobody. A string body goes as it is, anything else as JSON. Further
// words are header lines: "Accept-Language: ja".
func (w *world) as(who market.Actor, method, path string, body any, header ...string) answer {
	w.Helper()
	var reader io.Reader
	switch b := body.(type) {
	case nil:
	case string:
		reader = strings.NewReader(b)
	default:
		raw, err := json.Marshal(b)
		w.Check(err)
		reader = bytes.NewReader(raw)
	}
	r := httptest.NewRequest(method, path, reader)
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	if who.PersonID != uuid.Nil {
		r.Header.Set("Authorization", "Bearer "+w.token(who))
	}
	for _, line := range header {
		name, value, _ := strings.Cut(line, ": ")
		r.Header.Set(name, value)
	}
	rec := httptest.NewRecorder()
	w.server.ServeHTTP(rec, r)
	return answer{rec, w}
}

// wants fails unless the status is the one given.
func (a answer) wants(status int) answer {
	a.t.Helper()
	if a.Code != status {
		a.t.Fatalf("answered %d, not %d: %s", a.Code, status, a.Body)
	}
	return a
}

// refuses fails unless the answer is a problem with this status, code and field.
func (a answer) refuses(status int, code, field string) {
	a.t.Helper()
	p := a.problem()
	if a.Code != status || p.Code != code || p.Field != field {
		a.t.Errorf("answered %d %q on %q, not %d %q on %q: %s", a.Code, p.Code, p.Field, status, code, field, a.Body)
	}
}

type problemDocument struct {
	Type, Title, Code, Detail, Field, Instance string
	Status                                     int
	RequestID                                  string `json:"request_id"`
	Errors                                     []struct{ Code, Field, Detail string }
}

// problem reads the answer as a problem and checks its shape.
func (a answer) problem() problemDocument {
	a.t.Helper()
	var p problemDocument
	if got := a.Header().Get("Content-Type"); got != "application/problem+json" {
		a.t.Fatalf("the answer %d is %q, not a problem: %s", a.Code, got, a.Body)
	}
	a.into(&p)
	if p.Status != a.Code || p.Title == "" || p.Detail == "" || p.Code == "" || p.Type != "urn:homecoming:problem:"+p.Code ||
		p.Instance == "" || p.RequestID == "" || p.RequestID != a.Header().Get("X-Request-Id") {
		a.t.Errorf("no whole problem: %s", a.Body)
	}
	return p
}

func (a answer) into(v any) answer {
	a.t.Helper()
	if err := json.Unmarshal(a.Body.Bytes(), v); err != nil {
		a.t.Fatalf("%v: %s", err, a.Body)
	}
	return a
}

// tree is any JSON object.
type tree = map[string]any

// object reads the answer as an object.
func (a answer) object() tree {
	a.t.Helper()
	var v tree
	a.into(&v)
	return v
}

var nobody = market.Actor{}

// draft is a good task of a company, with changes.
func draft(company uuid.UUID, changes tree) tree {
	d := tree{"company_id": company, "title": "Close the books", "skills": []tree{{"skill": "bookkeeping"}}, "budget": tree{"amount": 300000, "currency": "JPY"}}
	for k, v := range changes {
		if d[k] = v; v == nil {
			delete(d, k)
		}
	}
	return d
}

func offer(w *world, yen int64) tree {
	return tree{"amount": tree{"amount": yen, "currency": "JPY"}, "deliver_on": w.Today().AddDays(20).String(), "message": "I would do this."}
}
