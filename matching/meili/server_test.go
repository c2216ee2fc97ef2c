package meili_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"

	"homecoming/matching/meili"
)

// A server is where the tests of this package find Meilisearch.
type server struct {
	url, key string
	ours     bool // it ends with the test, and its data with it
}

// start uses the server at MEILI_URL, else starts the meilisearch on PATH for as long as the test runs. With neither,
// the test is skipped.
func start(t *testing.T) server {
	if url := os.Getenv("MEILI_URL"); url != "" {
		return server{url: url, key: os.Getenv("MEILI_API_KEY")}
	}
	s, _ := launch(t, t.TempDir()+"/data")
	return s
}

// launch starts a server on a directory. stop kills it; so does the end of the test.
func launch(t *testing.T, dir string) (s server, stop func()) {
	binary, err := exec.LookPath("meilisearch")
	if err != nil {
		t.Skip("no Meilisearch: set MEILI_URL (and MEILI_API_KEY), or put meilisearch on PATH")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	l.Close()
	cmd := exec.Command(binary, "--no-analytics", "--env", "development", "--http-addr", address, "--db-path", dir)
	cmd.Dir = t.TempDir()
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	stop = func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}
	t.Cleanup(stop)
	s = server{url: "http://" + address, ours: true}
	for deadline := time.Now().Add(30 * time.Second); ; {
		if resp, err := http.Get(s.url + "/health"); err == nil {
			resp.Body.Close()
			return s, stop
		}
		if time.Now().After(deadline) {
			t.Fatal("meilisearch does not answer at ", s.url)
		}
		<-time.After(20 * time.Millisecond) // a foreign process tells nobody when it is ready
	}
}

// index is a fresh index on the server, deleted when the test ends.
func (s server) index(t testing.TB) *meili.Index {
	return meili.New(s.url, s.key, s.uid(t))
}

func (s server) uid(t testing.TB) string {
	uid := "test_" + strings.ReplaceAll(uuid.NewString(), "-", "")
	if s.ours {
		return uid
	}
	t.Cleanup(func() {
		for _, u := range []string{uid, uid + "_next"} {
			s.send(t, "DELETE", "/indexes/"+u, "", http.StatusAccepted)
		}
	})
	return uid
}

// send asks the server itself, past every proxy.
func (s server) send(t testing.TB, method, path, body string, want int) (answer []byte) {
	t.Helper()
	req, err := http.NewRequest(method, s.url+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	if s.key != "" {
		req.Header.Set("Authorization", "Bearer "+s.key)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	answer, err = io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != want {
		t.Fatalf("%s %s: %s %s %v", method, path, resp.Status, answer, err)
	}
	return answer
}

// do has the server change something and waits until it has.
func (s server) do(t testing.TB, method, path, body string) {
	t.Helper()
	var task struct {
		TaskUID, UID int64
		Status       string
		Error        any
	}
	read := func(answer []byte) {
		if err := json.Unmarshal(answer, &task); err != nil {
			t.Fatal(err)
		}
	}
	for read(s.send(t, method, path, body, http.StatusAccepted)); task.Status != "succeeded"; {
		if task.Status == "failed" {
			t.Fatalf("%s %s: %v", method, path, task.Error)
		}
		<-time.After(5 * time.Millisecond) // the server tells nobody when it is done
		read(s.send(t, "GET", fmt.Sprint("/tasks/", task.TaskUID+task.UID), "", http.StatusOK))
		task.TaskUID = 0
	}
}

// rewritten is the request with another body.
func rewritten(r *http.Request, body []byte) *http.Request {
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	return r
}

// filters are those of the queries in the body of a search.
func filters(t *testing.T, body []byte) (all []string) {
	t.Helper()
	var asked struct{ Queries []struct{ Filter string } }
	if err := json.Unmarshal(body, &asked); err != nil {
		t.Fatal(err)
	}
	for _, q := range asked.Queries {
		all = append(all, q.Filter)
	}
	return all
}

// conjuncts are the conditions of a filter that must all hold.
func conjuncts(filter string) (all []string) {
	depth, from := 0, 0
	for i, c := range filter {
		switch {
		case c == '(' || c == '[':
			depth++
		case c == ')' || c == ']':
			depth--
		case depth == 0 && strings.HasPrefix(filter[i:], " AND "):
			all, from = append(all, filter[from:i]), i+len(" AND ")
		}
	}
	if strings.Contains(filter[from:], " OR ") && depth == 0 && !strings.HasPrefix(filter[from:], "(") {
		return nil // an alternative at the top makes every condition optional
	}
	return append(all, filter[from:])
}

func day(year int, month time.Month, day int) time.Time {
	return time.Date(year, month, day, 3, 0, 0, 0, time.UTC)
}
