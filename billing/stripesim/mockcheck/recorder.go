package mockcheck

import (
	"bytes"
	"io"
	"net/http"
	"slices"
	"sync"
)

// A Request is one recorded API request.
type Request struct {
	Method, Path, Query, ContentType, Body string
	Account                                string // the Stripe-Account header
	Status                                 int    // what it was answered with; 0 when there was no answer
}

// A Recorder is an http.RoundTripper that passes requests on and remembers them.
type Recorder struct {
	Next http.RoundTripper // nil means http.DefaultTransport

	mu       sync.Mutex
	requests []Request
}

// RoundTrip sends the request on and records it.
func (r *Recorder) RoundTrip(req *http.Request) (*http.Response, error) {
	rec := Request{Method: req.Method, Path: req.URL.Path, Query: req.URL.RawQuery, ContentType: req.Header.Get("Content-Type"),
		Account: req.Header.Get("Stripe-Account")}
	if req.Body != nil {
		body, err := io.ReadAll(req.Body)
		if err != nil {
			return nil, err
		}
		if err := req.Body.Close(); err != nil {
			return nil, err
		}
		rec.Body = string(body)
		req = req.Clone(req.Context())
		req.Body = io.NopCloser(bytes.NewReader(body))
	}
	next := r.Next
	if next == nil {
		next = http.DefaultTransport
	}
	resp, err := next.RoundTrip(req)
	if err == nil {
		rec.Status = resp.StatusCode
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.requests = append(r.requests, rec)
	return resp, err
}

// Requests returns what has been recorded so far, in order.
func (r *Recorder) Requests() []Request {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.requests)
}
