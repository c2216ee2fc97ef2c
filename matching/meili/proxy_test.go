package meili_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"
)

// A proxy stands in front of the real server. It keeps what is sent, and does what the test wants done instead.
type proxy struct {
	url  string
	mu   sync.Mutex
	sent []sent
	// instead answers a request in the server's place, where it returns true. It may change the request.
	instead func(w http.ResponseWriter, r *http.Request, body []byte) bool
	target  *url.URL
}

type sent struct {
	method, path string
	body         []byte
}

func newProxy(t *testing.T, s server) *proxy {
	p := &proxy{}
	p.lead(t, s)
	pass := &httputil.ReverseProxy{
		Rewrite:      func(r *httputil.ProxyRequest) { r.SetURL(p.to()) },
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) { panic(http.ErrAbortHandler) },
	}
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body) // only a read connection notices that the caller has gone
		p.mu.Lock()
		p.sent = append(p.sent, sent{r.Method, r.URL.Path, body})
		instead := p.instead
		p.mu.Unlock()
		r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
		if instead == nil || !instead(w, r, body) {
			pass.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(front.Close)
	p.url = front.URL
	return p
}

// lead sends requests to another server from now on.
func (p *proxy) lead(t *testing.T, s server) {
	target, err := url.Parse(s.url)
	if err != nil {
		t.Fatal(err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.target = target
}

func (p *proxy) to() *url.URL {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.target
}

func (p *proxy) set(instead func(http.ResponseWriter, *http.Request, []byte) bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.instead = instead
}

// take gives what was sent since the last time.
func (p *proxy) take() []sent {
	p.mu.Lock()
	defer p.mu.Unlock()
	all := p.sent
	p.sent = nil
	return all
}

// written counts the documents that were written and deleted.
func written(all []sent) (put, deleted int) {
	for _, r := range all {
		switch {
		case r.method == http.MethodPost && strings.HasSuffix(r.path, "/documents"):
			put += bytes.Count(r.body, []byte("\n"))
		case strings.HasSuffix(r.path, "/documents/delete-batch"):
			var ids []string
			_ = json.Unmarshal(r.body, &ids)
			deleted += len(ids)
		}
	}
	return put, deleted
}
