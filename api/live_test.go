package api_test

import (
	"bufio"
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"homecoming/api"
	"homecoming/internal/live"
	"homecoming/market"
)

// listening opens the stream of somebody; line gives its next line that says something, and "" at its end.
func (w *world) listening(at string, who market.Actor, header ...string) (line func() string) {
	w.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, at+"/api/v1/live", nil)
	w.Check(err)
	r.Header.Set("Authorization", "Bearer "+w.token(who))
	if len(header) > 0 {
		r.Header.Set("Last-Event-ID", header[0])
	}
	answer, err := http.DefaultClient.Do(r)
	w.Check(err)
	w.Cleanup(func() { cancel(); _ = answer.Body.Close() })
	if media := answer.Header.Get("Content-Type"); answer.StatusCode != http.StatusOK || media != "text/event-stream" {
		w.Fatalf("answered %d with %q", answer.StatusCode, media)
	}
	lines := bufio.NewScanner(answer.Body)
	return func() string {
		for lines.Scan() {
			if lines.Text() != "" {
				return lines.Text()
			}
		}
		return ""
	}
}

func TestNewsReachTheirReaderAndNobodyElseAndEndWithTheServer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	aoi := w.Company("Aoi")
	yumi := aoi.Alumnus("Takahashi Yumi")
	bid := w.Bid(yumi, aoi.Task("Close the books", 300_000), 280_000)
	hub := live.NewHub(market.LiveChannel, market.ParseStir)
	hearing, deafen := context.WithCancel(context.Background())
	ready, ended := make(chan struct{}, 1), make(chan struct{})
	go func() {
		defer close(ended)
		hub.Run(hearing, w.DB.Pool().Config().ConnConfig, func() { ready <- struct{}{} })
	}()
	t.Cleanup(func() { deafen(); <-ended })
	<-ready
	beats := make(chan time.Time)
	w.serve(api.Config{Clock: w.Clock, Live: hub, Beat: func() (<-chan time.Time, func()) { return beats, func() {} }})
	server := httptest.NewServer(w.server)
	t.Cleanup(server.Close)

	line := w.listening(server.URL, yumi.Actor)
	wants := func(text string) {
		t.Helper()
		if got := line(); got != text {
			t.Errorf("the stream says %q, not %q", got, text)
		}
	}
	wants("retry: 3000")
	wants("event: unread")
	wants(`data: {"messages":0,"notices":0}`)
	said := w.as(aoi.Manager, "POST", "/api/v1/messages", tree{"subject": "bid:" + bid.ID.String(), "body": "Is March early enough?"}).wants(http.StatusCreated).object()
	wants("event: thread")
	if id := line(); !strings.HasPrefix(id, "id: ") {
		t.Errorf("the event has no id: %q", id)
	}
	wants(`data: {"thread_id":"` + said["thread_id"].(string) + `","subject":"bid:` + bid.ID.String() + `","messages":1,"unread":1}`)
	wants("event: unread")
	wants(`data: {"messages":1,"notices":0}`)
	beats <- time.Time{}
	wants(": still here")

	late := w.listening(server.URL, yumi.Actor, "1000") // it comes back after long, and hears what it missed
	for _, begins := range []string{"retry:", "event: thread", "id:", "data:", "event: unread", "data:"} {
		if got := late(); !strings.HasPrefix(got, begins) {
			t.Errorf("whoever comes back hears %q, not %s", got, begins)
		}
	}
	other := w.listening(server.URL, aoi.Finance)
	for _, begins := range []string{"retry:", "event: unread", `data: {"messages":0,"notices":0}`} {
		if got := other(); !strings.HasPrefix(got, begins) {
			t.Errorf("finance hears %q, not %s", got, begins)
		}
	}
	w.server.Drain()
	for _, stream := range []func() string{line, late, other} {
		if rest := stream(); rest != "" {
			t.Errorf("a stream goes on with %q", rest)
		}
	}
	if again := w.listening(server.URL, yumi.Actor); again() != "retry: 3000" || again() != "" {
		t.Error("a server that ends does not send its readers elsewhere")
	}
}

func TestFilesGoOutAsDownloadsAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	aoi := w.Company("Aoi")
	yumi := aoi.Alumnus("Takahashi Yumi")
	bid := w.Bid(yumi, aoi.Task("Close the books", 300_000), 280_000)
	given := w.as(yumi.Actor, "POST", "/api/v1/files?name=%E8%A6%8B%E7%A9%8D.csv", "a,b\n", "Content-Type: application/octet-stream").wants(http.StatusCreated).object()
	w.as(yumi.Actor, "POST", "/api/v1/files?name=bill.pdf", "MZ\x90", "Content-Type: application/octet-stream").refuses(http.StatusUnprocessableEntity, "file_type_refused", "file")
	path := "/api/v1/files/" + given["id"].(string)
	w.as(aoi.Manager, "GET", path, nil).wants(http.StatusNotFound)
	w.as(yumi.Actor, "POST", "/api/v1/messages", tree{"subject": "bid:" + bid.ID.String(), "file_ids": []any{given["id"]}}).wants(http.StatusCreated)
	got := w.as(aoi.Manager, "GET", path, nil).wants(http.StatusOK)
	for header, want := range map[string]string{"Content-Disposition": "attachment; filename*=utf-8''%E8%A6%8B%E7%A9%8D.csv", "X-Content-Type-Options": "nosniff",
		"Content-Security-Policy": "sandbox; default-src 'none'", "Content-Length": "4"} {
		if is := got.Header().Get(header); is != want {
			t.Errorf("%s is %q, not %q", header, is, want)
		}
	}
	if got.Body.String() != "a,b\n" {
		t.Errorf("%q came", got.Body)
	}
	list := w.as(aoi.Manager, "GET", "/api/v1/messages?subject=bid:"+bid.ID.String(), nil).wants(http.StatusOK).object()["items"].([]any)
	if len(list) != 1 || len(list[0].(tree)["files"].([]any)) != 1 {
		t.Errorf("the messages are %v", list)
	}
	w.as(aoi.Office, "GET", "/api/v1/messages?subject=bid:"+bid.ID.String(), nil).wants(http.StatusNotFound)
}
