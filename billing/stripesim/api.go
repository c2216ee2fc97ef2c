package stripesim

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// apiVersion is the version of Stripe's API that the stand-in speaks: the one stripe-go v76 is pinned to.
const apiVersion = "2023-10-16"

// A handler carries out one API request inside its transaction and returns the object or listing to send.
type handler func(*call) (any, error)

// A call is one API request being executed.
type call struct {
	*tx
	*params
	id, sub string // {id} and {sub} of the path
	owner   string // the account it acts on; empty is the platform
	base    string // the stand-in's address as the client sees it
}

// An answer is a finished response.
type answer struct {
	status int
	body   []byte
	header http.Header
	cut    bool // the connection breaks instead
}

// An incoming request has been authenticated and parsed, and not been executed.
type incoming struct {
	*http.Request
	requestID, owner, key string
	values                url.Values
}

// maxBody is the most that a request may send, in bytes.
const maxBody = 1 << 20

// api wraps a handler in what every request of the API goes through.
func (s *Server) api(h handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		requestID := newID("req_")
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		in, err := s.receive(r, requestID)
		var a answer
		if err != nil {
			a = errorAnswer(err)
		} else {
			a = s.perform(in, h)
		}
		s.remember(logged{At: start, Request: requestID, Method: r.Method, Path: r.URL.Path, Status: a.status, Took: time.Since(start)})
		send(w, requestID, a)
	}
}

func send(w http.ResponseWriter, requestID string, a answer) {
	if a.cut {
		breakOff(w)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Request-Id", requestID)
	w.Header().Set("Stripe-Version", apiVersion)
	w.Header().Set("Cache-Control", "no-cache, no-store")
	for k, v := range a.header {
		w.Header()[k] = v
	}
	w.WriteHeader(a.status)
	_, _ = w.Write(a.body)
}

// receive checks key, version and account, and parses the parameters.
func (s *Server) receive(r *http.Request, requestID string) (*incoming, error) {
	if err := s.authenticate(r); err != nil {
		return nil, err
	}
	if v := r.Header.Get("Stripe-Version"); v != "" && v != apiVersion {
		return nil, malformed("", "", "This stand-in speaks API version %s, not %s.", apiVersion, v)
	}
	if err := r.ParseForm(); err != nil {
		return nil, malformed("", "", "Invalid request body: %v", err)
	}
	in := &incoming{Request: r, requestID: requestID, values: r.Form}
	if r.Method == http.MethodPost {
		in.key = r.Header.Get("Idempotency-Key")
	}
	if len(in.key) > 255 {
		return nil, malformed("", "", "Idempotency keys have at most 255 characters.")
	}
	in.owner = r.Header.Get("Stripe-Account")
	if in.owner == platformID {
		in.owner = platform
	}
	return in, nil
}

func (s *Server) authenticate(r *http.Request) error {
	key, _, ok := r.BasicAuth()
	if !ok {
		key, ok = strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	}
	unauthorized := &apiError{Status: http.StatusUnauthorized, Type: "invalid_request_error", unstored: true}
	switch {
	case !ok || key == "":
		unauthorized.Message = "You did not provide an API key. You need to provide your API key in the Authorization header."
	case key != s.config.SecretKey:
		unauthorized.Message = "Invalid API Key provided: " + masked(key)
	default:
		return nil
	}
	return unauthorized
}

// masked shows no more of a key than tells it apart.
func masked(key string) string {
	if len(key) < 16 {
		return "****"
	}
	return key[:8] + "****" + key[len(key)-4:]
}

// execute runs the handler as one transaction, together with storing its answer under the idempotency key.
func (s *Server) execute(in *incoming, h handler) (a answer) {
	err := s.update(durable, func(t *tx) error {
		t.request = requestRef{ID: ref(in.requestID), IdempotencyKey: ref(in.key)}
		c := &call{tx: t, params: newParams(in.values), owner: in.owner, base: baseURL(in.Request),
			id: in.PathValue("id"), sub: in.PathValue("sub")}
		var err error
		if a, err = c.run(h); err == nil {
			t.store(in, a)
			return nil
		}
		var refusal *apiError
		if !errors.As(err, &refusal) || refusal.unstored {
			return err
		}
		if !refusal.kept {
			t.rollback()
		}
		a = errorAnswer(err)
		t.store(in, a)
		return nil
	})
	if err != nil {
		s.logUnexpected(in, err)
		return errorAnswer(err)
	}
	return a
}

func (s *Server) logUnexpected(in *incoming, err error) {
	if e := (*apiError)(nil); !errors.As(err, &e) {
		s.log.Error("Stripe stand-in failed", "request", in.requestID, "path", in.URL.Path, "error", err)
	}
}

func (c *call) run(h handler) (answer, error) {
	if c.owner != platform {
		if _, ok := c.here(c.owner); !ok {
			return answer{}, &apiError{Status: http.StatusForbidden, Type: "invalid_request_error", Code: "account_invalid", unstored: true,
				Message: "The provided key does not have access to account '" + c.owner + "' (or that account does not exist)."}
		}
	}
	expand := c.params.list("expand")
	out, err := h(c)
	if err != nil {
		return answer{}, err
	}
	var body any
	if l, ok := out.(listing); ok {
		body, err = c.renderList(l, expand)
	} else {
		body, err = c.render(out, expand)
	}
	if err != nil {
		return answer{}, err
	}
	return jsonAnswer(http.StatusOK, body), c.check()
}

func jsonAnswer(status int, body any) answer {
	raw, err := json.MarshalIndent(body, "", "  ")
	if err != nil {
		return errorAnswer(err)
	}
	return answer{status: status, body: raw}
}

func errorAnswer(err error) answer {
	e := failedAtStripe("An unknown error occurred on the stand-in.")
	errors.As(err, &e)
	return jsonAnswer(e.Status, map[string]any{"error": e})
}

// baseURL is the stand-in's address as this client reached it; hosted pages live on it.
func baseURL(r *http.Request) string { return "http://" + r.Host }
