package market_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"gorm.io/gorm"
	"pgregory.net/rapid"

	"homecoming/internal/outward"
	"homecoming/internal/problem"
	"homecoming/internal/seal"
	"homecoming/market"
	"homecoming/market/markettest"
)

// A receiver is a server of a company's that is told what happens.
type receiver struct {
	*httptest.Server
	mu     sync.Mutex
	heard  []call
	answer func(http.ResponseWriter) // nil says 204
}

type call struct {
	header http.Header
	body   []byte
}

func newReceiver(t *testing.T) *receiver {
	t.Helper()
	r := &receiver{}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		body, _ := io.ReadAll(q.Body)
		r.mu.Lock()
		defer r.mu.Unlock()
		r.heard = append(r.heard, call{q.Header, body})
		if r.answer != nil {
			r.answer(w)
			return
		}
		w.WriteHeader(http.StatusNoContent)
	}))
	t.Cleanup(r.Close)
	return r
}

// says answers every call from now on with a status.
func (r *receiver) says(status int, header ...string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answer = func(w http.ResponseWriter) {
		for i := 0; i+1 < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
	}
}

// calls are what came since the last time.
func (r *receiver) calls() []call {
	r.mu.Lock()
	defer r.mu.Unlock()
	heard := r.heard
	r.heard = nil
	return heard
}

// A hooked world is one whose companies can have webhooks.
type hooked struct {
	*markettest.World
	*markettest.Company
	at *receiver
}

func newHooked(t *testing.T) *hooked {
	t.Helper()
	w := markettest.New(t)
	box, err := seal.New("a key that is long enough for a test")
	w.Check(err)
	w.Market = market.New(w.DB, w.Clock, markettest.Resolve, markettest.CheapPasswords, market.WithBox(box), market.WithAddress("https://home.test"),
		market.WithWebhooks(outward.NewClient(true), true))
	return &hooked{w, w.Company("Aoi"), newReceiver(t)}
}

// hook makes a webhook of the company's to the receiver.
func (h *hooked) hook(about ...string) (market.Webhook, string) {
	h.Helper()
	url := h.at.URL
	w, secret, err := h.Market.CreateWebhook(context.Background(), h.Administrator, h.ID, market.WebhookEdit{URL: &url, About: &about})
	h.Check(err)
	return w, secret
}

// waiting lists the deliveries of a webhook that wait, oldest first.
func (h *hooked) waiting(w market.Webhook) (ids []uuid.UUID) {
	h.Helper()
	h.Check(h.DB.Gorm(context.Background()).Raw("SELECT d.id FROM webhook_deliveries d JOIN audit a ON a.id = d.event_id WHERE d.webhook_id = ? AND d.state = 'waiting' ORDER BY a.at, a.id", w.ID).Scan(&ids).Error)
	return ids
}

func (h *hooked) deliver(id uuid.UUID) time.Duration {
	h.Helper()
	again, err := h.Market.Deliver(context.Background(), id)
	h.Check(err)
	return again
}

func verifies(t *testing.T, secret string, c call) error {
	t.Helper()
	w, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		t.Fatal(err)
	}
	return w.VerifyIgnoringTimestamp(c.body, c.header)
}

func TestAnAddressIsToldOfWhatItChoseWhenItIsCommittedAndNothingElse(t *testing.T) {
	t.Parallel()
	h := newHooked(t)
	w, secret := h.hook("task")
	other, _ := h.hook("bid")
	task := h.Task("Close the books", 300_000)
	undo := errors.New("changed my mind")
	if err := h.DB.Tx(context.Background(), func(tx *gorm.DB) error {
		return errors.Join(market.Audit(tx, h.Manager, h.ID, "task.edit", "task:"+task.ID.String(), nil), undo)
	}); !errors.Is(err, undo) {
		t.Fatal(err)
	}
	h.Tx(func(tx *gorm.DB) error {
		return market.Audit(tx, h.Manager, uuid.Nil, "task.edit", "task:"+task.ID.String(), nil)
	})
	h.World.Company("Beni").Task("Theirs", 100_000)
	waiting := h.waiting(w)
	if n := len(h.waiting(other)); len(waiting) != 2 || n != 0 {
		t.Fatalf("%d wait, and %d of the other", len(waiting), n)
	}
	if n := h.Count("SELECT count(*) FROM river_job WHERE kind = 'market.webhook' AND queue = 'outward'"); n != 2 {
		t.Errorf("%d jobs", n)
	}
	for _, id := range waiting {
		if again := h.deliver(id); again != 0 {
			t.Errorf("again in %v", again)
		}
	}
	calls := h.at.calls()
	if len(calls) != 2 {
		t.Fatalf("%d calls", len(calls))
	}
	var types []string
	for _, c := range calls {
		h.Check(verifies(t, secret, c))
		var body struct {
			Type      string
			Timestamp time.Time
			Data      map[string]string
		}
		h.Check(json.Unmarshal(c.body, &body))
		types = append(types, body.Type)
		want := map[string]string{"company_id": h.ID.String(), "subject": "task:" + task.ID.String(), "href": "https://home.test/api/v1/tasks/" + task.ID.String()}
		for name, v := range want {
			if body.Data[name] != v || len(body.Data) != len(want) {
				t.Errorf("the call says %s", c.body)
			}
		}
		if strings.Contains(string(c.body), "Close the books") {
			t.Error("a call tells what only those may read who may see the task")
		}
	}
	if !slices.Equal(types, []string{"task.post", "task.publish"}) {
		t.Errorf("it was told of %v", types)
	}
	if again := h.deliver(waiting[0]); again != 0 || len(h.at.calls()) != 0 {
		t.Error("what was delivered is told again")
	}
}

func TestASecretIsSealedAndAnOldOneSignsForADay(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	h := newHooked(t)
	w, old := h.hook("task")
	_, fresh, err := h.Market.RotateWebhook(ctx, h.Administrator, w.ID)
	h.Check(err)
	if h.Count("SELECT count(*) FROM webhooks WHERE encode(secret, 'escape') LIKE '%whsec%' OR encode(old_secret, 'escape') LIKE '%whsec%'") != 0 {
		t.Error("a secret is readable in the database")
	}
	for _, c := range []struct {
		after time.Duration
		old   bool
	}{{0, true}, {24*time.Hour - time.Second, true}, {2 * time.Second, false}} {
		h.Clock.Advance(c.after)
		d, err := h.Market.TryWebhook(ctx, h.Administrator, w.ID)
		h.Check(err)
		h.deliver(d.ID)
		calls := h.at.calls()
		if len(calls) != 1 || verifies(t, fresh, calls[0]) != nil || (verifies(t, old, calls[0]) == nil) != c.old {
			t.Errorf("after %v: %d calls, and the old secret is good: %v", c.after, len(calls), !c.old)
		}
	}
	calls := func() call {
		d, _ := h.Market.TryWebhook(ctx, h.Administrator, w.ID)
		h.deliver(d.ID)
		return h.at.calls()[0]
	}()
	calls.body = append(calls.body, ' ')
	if verifies(t, fresh, calls) == nil {
		t.Error("a changed body verifies")
	}
}

func TestACallThatFailsIsMadeAgainForThreeDaysAndThenGivenUpUntilSomebodyAsks(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	h := newHooked(t)
	w, _ := h.hook("task")
	h.Draft("Close the books", 300_000)
	id := h.waiting(w)[0]
	h.at.says(http.StatusInternalServerError)
	began := h.Clock.Now()
	for {
		again := h.deliver(id)
		if again == 0 {
			break
		}
		if early := h.deliver(id); early != again {
			t.Fatalf("called before its time: %v, %v", early, again)
		}
		h.Clock.Advance(again)
	}
	calls := h.at.calls()
	if took := h.Clock.Now().Sub(began); len(calls) != 10 || took < 72*time.Hour || took > 80*time.Hour {
		t.Errorf("%d calls in %v", len(calls), took)
	}
	for _, c := range calls {
		if c.header.Get("webhook-id") != calls[0].header.Get("webhook-id") {
			t.Error("one event has two ids")
		}
	}
	got, err := h.Market.Deliveries(ctx, h.Administrator, w.ID, market.DeliveryQuery{State: market.DeliveryFails})
	h.Check(err)
	if len(got) != 1 || got[0].Status != 500 || got[0].Trouble != market.TroubleStatus || got[0].Attempts != 10 {
		t.Fatalf("kept as %+v", got)
	}
	h.at.says(http.StatusOK)
	n, err := h.Market.ReplayFailed(ctx, h.Administrator, w.ID, began.Add(-24*365*time.Hour))
	h.Check(err)
	if again := h.deliver(id); n != 1 || again > time.Hour {
		t.Fatalf("%d replayed, again in %v", n, again)
	} else {
		h.Clock.Advance(again)
	}
	h.deliver(id)
	if calls := h.at.calls(); len(calls) != 1 || len(h.waiting(w)) != 0 {
		t.Errorf("%d calls after the replay, %d wait", len(calls), len(h.waiting(w)))
	}
	if _, err := h.Market.ReplayDelivery(ctx, h.Administrator, id); err != nil {
		t.Error(err)
	}
	if _, err := h.Market.ReplayDelivery(ctx, h.Administrator, id); !errors.Is(err, market.ErrDeliveryWaits) {
		t.Errorf("twice at once: %v", err)
	}
}

func TestAReceiverThatAsksForTimeGetsItAndOneThatIsGoneIsCalledNoMore(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	h := newHooked(t)
	w, _ := h.hook("task")
	h.Draft("Close the books", 300_000)
	id := h.waiting(w)[0]
	h.at.says(http.StatusServiceUnavailable, "Retry-After", "600")
	if again := h.deliver(id); again != 10*time.Minute {
		t.Errorf("again in %v", again)
	}
	h.Clock.Advance(10 * time.Minute)
	h.at.says(http.StatusGone)
	if again := h.deliver(id); again != 0 {
		t.Errorf("one that is gone is called in %v", again)
	}
	got, err := h.Market.Webhook(ctx, h.Administrator, w.ID)
	h.Check(err)
	if got.State != market.WebhookOff || got.Waiting != 1 {
		t.Errorf("it is %+v", got)
	}
	if letters := lettersOf(t, h.World, market.LetterWebhookOff); len(letters) != 1 || letters[0].PersonID != h.Administrator.PersonID {
		t.Errorf("letters: %+v", letters)
	}
	h.Draft("Another", 300_000)
	if n := len(h.waiting(w)); n != 1 {
		t.Errorf("%d wait of one that is off", n)
	}
	on := market.WebhookOn
	_, err = h.Market.EditWebhook(ctx, h.Administrator, w.ID, market.WebhookEdit{State: &on})
	h.Check(err)
	h.at.says(http.StatusOK)
	h.at.calls()
	if h.deliver(id); len(h.at.calls()) != 1 {
		t.Error("what it missed is not told when it is on again")
	}
}

func TestNoWebhookLeadsIntoAPrivateNetwork(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	h := newHooked(t)
	box, err := seal.New("a key that is long enough for a test")
	h.Check(err)
	real := market.New(h.DB, h.Clock, markettest.Resolve, markettest.CheapPasswords, market.WithBox(box), market.WithWebhooks(outward.NewClient(false), false))
	about := []string{"task"}
	for url, want := range map[string]error{
		"https://127.0.0.1/": market.ErrWebhookPrivate, "https://[::1]:8443/x": market.ErrWebhookPrivate, "https://10.1.2.3/": market.ErrWebhookPrivate,
		"https://169.254.169.254/latest": market.ErrWebhookPrivate, "https://[::ffff:127.0.0.1]/": market.ErrWebhookPrivate, "https://8.8.8.8/": nil,
		"http://example.com/": market.ErrWebhookURL, "ftp://example.com/": market.ErrWebhookURL, "https://user:pw@example.com/": market.ErrWebhookURL,
		"https://example.com/#x": market.ErrWebhookURL, "https:///x": market.ErrWebhookURL, "https:example.com": market.ErrWebhookURL, "example.com": market.ErrWebhookURL,
		"https://exa mple.com/": market.ErrWebhookURL, "https://example.com/\x00": market.ErrWebhookURL, "https://example.com/" + strings.Repeat("x", 2000): market.ErrTooLong,
		" https://example.com/hook?a=b ": nil, "": market.ErrRequired, "https://localhost/": nil,
	} {
		_, _, err := real.CreateWebhook(ctx, h.Administrator, h.ID, market.WebhookEdit{URL: &url, About: &about})
		if !errors.Is(err, want) {
			t.Errorf("%q: %v", url, err)
		}
	}
	// A name is judged when it is dialled: this one leads to the receiver, which never hears of it.
	h.Draft("Close the books", 300_000)
	var named []market.Webhook
	h.Check(h.DB.Gorm(ctx).Find(&named, "url = 'https://localhost/'").Error)
	id := h.waiting(named[0])[0]
	_, port, _ := strings.Cut(strings.TrimPrefix(h.at.URL, "http://"), ":")
	h.Exec("UPDATE webhooks SET url = ? WHERE url = 'https://localhost/'", "http://localhost:"+port)
	if _, err := real.Deliver(ctx, id); err != nil || len(h.at.calls()) != 0 {
		t.Errorf("%v", err)
	}
	if h.Count("SELECT count(*) FROM webhook_deliveries WHERE id = ? AND trouble = 'private' AND status = 0", id) != 1 {
		t.Error("the reason is not kept")
	}
}

func TestARedirectIsNotFollowed(t *testing.T) {
	t.Parallel()
	h := newHooked(t)
	w, _ := h.hook("task")
	h.Draft("Close the books", 300_000)
	h.at.says(http.StatusFound, "Location", h.at.URL+"/elsewhere")
	h.deliver(h.waiting(w)[0])
	if calls := h.at.calls(); len(calls) != 1 || h.Count("SELECT count(*) FROM webhook_deliveries WHERE trouble = 'redirect' AND status = 302") != 1 {
		t.Errorf("%d calls", len(calls))
	}
}

func TestACallWhoseOutcomeWasLostIsMadeAgainUnderTheSameID(t *testing.T) {
	t.Parallel()
	h := newHooked(t)
	w, _ := h.hook("task")
	h.Draft("Close the books", 300_000)
	id := h.waiting(w)[0]
	ctx, stop := context.WithCancel(context.Background())
	h.at.mu.Lock()
	h.at.answer = func(w http.ResponseWriter) { stop(); w.WriteHeader(http.StatusOK) }
	h.at.mu.Unlock()
	if _, err := h.Market.Deliver(ctx, id); !errors.Is(err, context.Canceled) {
		t.Fatalf("the outcome was written: %v", err)
	}
	h.at.says(http.StatusOK)
	h.deliver(id)
	calls := h.at.calls()
	if len(calls) != 2 || calls[0].header.Get("webhook-id") != calls[1].header.Get("webhook-id") {
		t.Errorf("%d calls", len(calls))
	}
}

func TestOnlyAdministratorsOfTheCompanyHaveToDoWithItsWebhooks(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	h := newHooked(t)
	w, _ := h.hook("task")
	h.Draft("Close the books", 300_000)
	delivery := h.waiting(w)[0]
	beni := h.World.Company("Beni")
	for who, want := range map[*market.Actor]error{&h.Manager: market.ErrForbidden, &h.Finance: market.ErrForbidden, &beni.Administrator: market.ErrNotFound} {
		tries := map[string]func() error{
			"list":       func() error { _, err := h.Market.Webhooks(ctx, *who, h.ID); return err },
			"read":       func() error { _, err := h.Market.Webhook(ctx, *who, w.ID); return err },
			"edit":       func() error { _, err := h.Market.EditWebhook(ctx, *who, w.ID, market.WebhookEdit{}); return err },
			"rotate":     func() error { _, _, err := h.Market.RotateWebhook(ctx, *who, w.ID); return err },
			"try":        func() error { _, err := h.Market.TryWebhook(ctx, *who, w.ID); return err },
			"deliveries": func() error { _, err := h.Market.Deliveries(ctx, *who, w.ID, market.DeliveryQuery{}); return err },
			"replay":     func() error { _, err := h.Market.ReplayDelivery(ctx, *who, delivery); return err },
			"replay all": func() error { _, err := h.Market.ReplayFailed(ctx, *who, w.ID, h.Clock.Now()); return err },
			"remove":     func() error { return h.Market.RemoveWebhook(ctx, *who, w.ID) },
			"create": func() error {
				_, _, err := h.Market.CreateWebhook(ctx, *who, h.ID, market.WebhookEdit{})
				return err
			},
		}
		for name, try := range tries {
			if err := try(); !errors.Is(err, want) {
				t.Errorf("%s by %s: %v", name, who.Name, err)
			}
		}
	}
	h.Check(h.Market.RemoveWebhook(ctx, h.Administrator, w.ID))
	if again, err := h.Market.Deliver(ctx, delivery); again != 0 || err != nil {
		t.Errorf("of one that was removed: %v, %v", again, err)
	}
}

func TestWhatIsTypedOfAWebhookIsChecked(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	h := newHooked(t)
	url, note, off := "https://example.com/", strings.Repeat("x", 201), market.WebhookOff
	for field, e := range map[string]market.WebhookEdit{
		"url": {About: &[]string{"task"}}, "about": {URL: &url}, "about[1]": {URL: &url, About: &[]string{"task", "consent"}},
		"note": {URL: &url, About: &[]string{"task"}, Note: &note}, "state": {URL: &url, About: &[]string{"task"}, State: &off},
	} {
		_, _, err := h.Market.CreateWebhook(ctx, h.Administrator, h.ID, e)
		var p *problem.Error
		if !errors.As(err, &p) || p.Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
	for range 10 {
		h.hook("task")
	}
	if _, _, err := h.Market.CreateWebhook(ctx, h.Administrator, h.ID, market.WebhookEdit{URL: &url, About: &[]string{"task"}}); !errors.Is(err, market.ErrTooManyWebhooks) {
		t.Errorf("the eleventh: %v", err)
	}
	bare := market.New(h.DB, h.Clock, markettest.Resolve, markettest.CheapPasswords)
	if _, _, err := bare.CreateWebhook(ctx, h.Administrator, h.ID, market.WebhookEdit{URL: &url, About: &[]string{"task"}}); !errors.Is(err, seal.ErrNoKey) {
		t.Errorf("without a key: %v", err)
	}
}

// Whatever a receiver does, and whenever: what happened while its webhook was on is told at least once in the end, nothing is told after it was
// delivered, and no call comes before its time.
func TestWhateverAReceiverDoesEverythingIsToldInTheEnd(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		now := markettest.Start
		w := market.Webhook{State: market.WebhookOn}
		var all []*market.Delivery
		told := map[*market.Delivery]bool{}
		outcomes := []market.Outcome{{Status: 200}, {Status: 500, Trouble: market.TroubleStatus}, {Trouble: market.TroubleTimeout},
			{Status: 429, Trouble: market.TroubleStatus, Wait: time.Hour}, {Status: 410, Trouble: market.TroubleStatus}}
		step := func(o market.Outcome) {
			for _, d := range all {
				if w.State != market.WebhookOn || d.State != market.DeliveryWaits || d.NextAt != nil && now.Before(*d.NextAt) || w.RestsUntil != nil && now.Before(*w.RestsUntil) {
					continue
				}
				market.Hear(&w, d, o, now)
				told[d] = told[d] || o.Trouble == ""
				if d.State == market.DeliveryWaits && (d.NextAt == nil || !d.NextAt.After(now)) {
					t.Fatalf("the next call is due at once: %+v", d)
				}
				if w.State == market.WebhookOn && w.RestsUntil != nil && w.RestsUntil.Sub(now) > time.Hour {
					t.Fatalf("it rests until %v", w.RestsUntil)
				}
			}
		}
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			now = now.Add(time.Duration(rapid.IntRange(0, 30*3600).Draw(t, "seconds")) * time.Second)
			if w.State == market.WebhookOn && rapid.Bool().Draw(t, "something happens") {
				all = append(all, &market.Delivery{State: market.DeliveryWaits})
			}
			step(rapid.SampledFrom(outcomes).Draw(t, "outcome"))
			if w.State == market.WebhookOff && rapid.Bool().Draw(t, "switched on") {
				w = market.Webhook{State: market.WebhookOn}
			}
		}
		w = market.Webhook{State: market.WebhookOn}
		for _, d := range all {
			if d.State == market.DeliveryFails {
				if d.Attempts != 10 {
					t.Fatalf("given up after %d calls", d.Attempts)
				}
				d.State, d.Attempts, d.NextAt = market.DeliveryWaits, 0, nil // as a replay does
			}
		}
		now = now.Add(25 * time.Hour)
		step(market.Outcome{Status: 204})
		for _, d := range all {
			if d.State != market.Delivered || !told[d] {
				t.Fatalf("never told: %+v", d)
			}
		}
	})
}
