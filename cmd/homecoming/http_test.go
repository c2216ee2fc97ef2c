package main

import (
	"context"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// A swing is a door that a test can look behind.
type swing struct {
	answer  http.HandlerFunc
	leaving atomic.Bool
}

func (s *swing) Drain() { s.leaving.Store(true) }

func (s *swing) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/readyz" && s.leaving.Load() {
		http.Error(w, "leaving", http.StatusServiceUnavailable)
		return
	}
	s.answer(w, r)
}

func TestAStoppingServerIsNotReadyFinishesWhatItBeganAndEnds(t *testing.T) {
	t.Parallel()
	began, finish := make(chan struct{}), make(chan struct{})
	h := &swing{answer: func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/slow" {
			close(began)
			<-finish
		}
		io.WriteString(w, "done")
	}}
	ctx, stop := context.WithCancel(context.Background())
	l, err := listen(ctx, "127.0.0.1:0", "HOMECOMING_ADDR")
	if err != nil {
		t.Fatal(err)
	}
	url := "http://" + l.Addr().String()
	ended := make(chan error, 1)
	go func() { ended <- serveHTTP(ctx, l, h, farewell{Drain: 2 * time.Second, Patience: 10 * time.Second}) }()

	slow := make(chan string, 1)
	go func() { slow <- get(t, url+"/slow") }()
	<-began
	if got := get(t, url+"/readyz"); got != "200 done" {
		t.Fatalf("before: %s", got)
	}
	stop()
	for deadline := time.Now().Add(time.Second); get(t, url+"/readyz") != "503 leaving"; {
		if time.Now().After(deadline) {
			t.Fatal("still ready")
		}
	}
	if got := get(t, url+"/other"); got != "200 done" {
		t.Fatalf("while draining: %s", got)
	}
	close(finish)
	if got := <-slow; got != "200 done" {
		t.Fatalf("what had begun: %s", got)
	}
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	if _, err := http.Get(url); err == nil {
		t.Fatal("the door is still open")
	}
}

func TestATakenAddressIsOneClearLine(t *testing.T) {
	t.Parallel()
	l, err := listen(context.Background(), "127.0.0.1:0", "HOMECOMING_ADDR")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, err = listen(context.Background(), l.Addr().String(), "HOMECOMING_ADDR")
	if err == nil || !strings.Contains(err.Error(), "is taken by another program") || strings.Contains(err.Error(), "\n") {
		t.Fatalf("got %v", err)
	}
}

func get(t *testing.T, url string) string {
	t.Helper()
	res, err := http.Get(url)
	if err != nil {
		t.Error(err)
		return ""
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Error(err)
	}
	return res.Status[:3] + " " + strings.TrimSpace(string(body))
}
