package stripesim

import (
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A logged request is one line of the control panel's log.
type logged struct {
	At      time.Time     `json:"at"`
	Request string        `json:"request"`
	Method  string        `json:"method"`
	Path    string        `json:"path"`
	Status  int           `json:"status"`
	Took    time.Duration `json:"took"`
}

// longestLog is how many requests and events the control panel shows.
const longestLog = 50

func (s *Server) remember(l logged) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.recent = append([]logged{l}, s.recent[:min(len(s.recent), longestLog-1)]...)
}

// A command is one thing the control panel can be asked to do, with the fields of its form.
type command func(field func(string) string) error

// controlRoutes are the control panel. Each command takes a form or a flat JSON object, and answers a form with the panel and
// everything else with JSON.
func (s *Server) controlRoutes(page func(string, http.HandlerFunc)) {
	page("GET /_stand-in", s.showPanel)
	for name, do := range map[string]command{
		"clock": s.commandClock, "payouts": s.commandPayout, "faults": s.commandFault, "faults/clear": s.commandClearFaults,
		"events": s.commandEvents, "topups": s.commandTopUp, "accounts": s.commandAccount, "disputes": s.commandDispute, "refunds": s.commandRefund, "keys": s.commandKeys,
		"bank-transfers": s.commandBankTransfer, "debits": s.commandDebit,
	} {
		page("POST /_stand-in/"+name, func(w http.ResponseWriter, r *http.Request) { s.obey(w, r, do) })
	}
}

func (s *Server) obey(w http.ResponseWriter, r *http.Request, do command) {
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	field, isForm, err := fields(r)
	if err == nil {
		err = do(field)
	}
	switch {
	case err != nil && isForm:
		http.Error(w, err.Error(), http.StatusUnprocessableEntity)
	case err != nil:
		send(w, newID("req_"), jsonAnswer(http.StatusUnprocessableEntity, map[string]string{"error": err.Error()}))
	case isForm && strings.Contains(r.Header.Get("Accept"), "text/html"):
		http.Redirect(w, r, "/_stand-in", http.StatusSeeOther)
	default:
		send(w, newID("req_"), jsonAnswer(http.StatusOK, s.overview()))
	}
}

// fields gives access to the request's fields, whichever way they were sent.
func fields(r *http.Request) (field func(string) string, isForm bool, err error) {
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind != "application/json" {
		return r.PostFormValue, true, nil
	}
	var body map[string]any
	d := json.NewDecoder(r.Body)
	d.UseNumber()
	if err := d.Decode(&body); err != nil {
		return nil, false, fmt.Errorf("the body is not a JSON object: %w", err)
	}
	return func(name string) string {
		if v, ok := body[name]; ok && v != nil {
			return fmt.Sprint(v)
		}
		return ""
	}, false, nil
}

func number(field func(string) string, name string, absent int64) (int64, error) {
	v := field(name)
	if v == "" {
		return absent, nil
	}
	n, err := strconv.ParseInt(v, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%s must be a whole number", name)
	}
	return n, nil
}

func (s *Server) commandClock(field func(string) string) error {
	seconds, err := number(field, "advance_seconds", 0)
	if err != nil {
		return err
	}
	if seconds > int64(longestAdvance/time.Second) {
		seconds = int64(longestAdvance/time.Second) + 1 // refused by Advance, without overflowing on the way
	}
	return s.Advance(time.Duration(seconds) * time.Second)
}

func (s *Server) commandPayout(field func(string) string) error {
	switch field("action") {
	case "cancel":
		return s.CancelPayout(field("payout"))
	case "fail":
	default:
		return s.PayOut(field("account"))
	}
	code := field("reason")
	if code == "" {
		code = "account_closed"
	}
	return s.FailPayout(field("payout"), code)
}

func (s *Server) commandFault(field func(string) string) error {
	times, err := number(field, "times", 1)
	if err != nil {
		return err
	}
	millis, err := number(field, "delay_ms", 0)
	if err != nil {
		return err
	}
	return s.PlanFault(Fault{Method: field("method"), PathPrefix: field("path_prefix"), Kind: FaultKind(field("kind")),
		Times: int(times), Delay: time.Duration(millis) * time.Millisecond})
}

func (s *Server) commandClearFaults(func(string) string) error {
	s.faults.clear()
	return nil
}

// commandKeys forgets every idempotency key, as Stripe may after a day.
func (s *Server) commandKeys(field func(string) string) error {
	if field("action") != "forget" {
		return errors.New("action must be forget")
	}
	return s.update(durable, func(t *tx) error {
		for _, a := range t.answers.all() {
			if old := *a; !old.expired(t.now) {
				old.At = 0
				t.answers.put(t, platform, old)
			}
		}
		return nil
	})
}

func (s *Server) commandTopUp(field func(string) string) error {
	amount, err := number(field, "amount", 0)
	if err != nil || amount < 1 || amount > largestAmount {
		return errors.New("amount must be a whole number of minor units")
	}
	return s.update(durable, func(t *tx) error {
		t.topUp(amount, "jpy", "from the control panel", map[string]string{})
		return nil
	})
}

func (s *Server) commandAccount(field func(string) string) error {
	if field("action") == "deauthorize" {
		return s.Deauthorize(field("account"))
	}
	return s.update(durable, func(t *tx) error {
		a, ok := t.accounts.get(field("account"))
		if !ok {
			return fmt.Errorf("there is no account %q", field("account"))
		}
		switch field("action") {
		case "onboard":
			t.onboard(a, "TEST")
		case "restrict":
			t.restrict(a)
		default:
			return errors.New("action must be onboard, restrict or deauthorize")
		}
		return nil
	})
}

// commandEvents holds, releases, redelivers, duplicates or drops events. Without an event it is about all that are waiting.
func (s *Server) commandEvents(field func(string) string) error {
	action, id := field("action"), field("event")
	defer s.announce()
	return s.update(durable, func(t *tx) error {
		switch action {
		case "hold":
			s.held = true
		case "release":
			s.held = false
			t.reorder(field("order"))
		case "redeliver", "duplicate":
			return t.deliverAgain(id, map[string]int{"redeliver": 1, "duplicate": 2}[action])
		case "drop":
			return t.drop(id)
		default:
			return errors.New("action must be hold, release, redeliver, duplicate or drop")
		}
		t.nudge()
		return nil
	})
}

// deliverAgain puts the event in the post as often as asked, whatever has become of it before.
func (t *tx) deliverAgain(id string, times int) error {
	e, ok := t.events.get(id)
	if !ok {
		return fmt.Errorf("there is no event %q", id)
	}
	endpoint := platformEndpoint
	if e.Account != platform {
		endpoint = connectEndpoint
	}
	for range times {
		t.mailTo(endpoint, e)
	}
	return nil
}

func (t *tx) drop(id string) error {
	dropped := 0
	for _, d := range t.mail.all() {
		if d.State == "waiting" && (id == "" || d.Event == id) {
			gone := *d
			gone.State = "dropped"
			t.mail.put(t, platform, gone)
			dropped++
		}
	}
	if id != "" && dropped == 0 {
		return fmt.Errorf("no delivery of event %q is waiting", id)
	}
	return nil
}

// reorder makes what waits go out in another order: reversed, or by its random id. Otherwise it stays as it is.
func (t *tx) reorder(order string) {
	var waiting []delivery
	for _, d := range t.mail.all() {
		if d.State == "waiting" {
			waiting = append(waiting, *d)
		}
	}
	switch order {
	case "reversed":
		slices.Reverse(waiting)
	case "shuffled":
		slices.SortFunc(waiting, func(a, b delivery) int { return strings.Compare(a.ID, b.ID) })
	}
	start := time.Now().Add(-time.Duration(len(waiting)) * time.Microsecond)
	for i, d := range waiting {
		d.Next = start.Add(time.Duration(i) * time.Microsecond)
		t.mail.put(t, platform, d)
	}
}
