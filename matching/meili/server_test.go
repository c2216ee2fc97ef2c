package meili_test

import (
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
type server struct{ url, key string }

// start uses the server at MEILI_URL, else starts the meilisearch on PATH for as long as the test runs. With neither,
// the test is skipped.
func start(t *testing.T) server {
	if url := os.Getenv("MEILI_URL"); url != "" {
		return server{url, os.Getenv("MEILI_API_KEY")}
	}
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
	cmd := exec.Command(binary, "--no-analytics", "--env", "development", "--http-addr", address, "--db-path", t.TempDir()+"/data")
	cmd.Dir = t.TempDir()
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	s := server{url: "http://" + address}
	for deadline := time.Now().Add(30 * time.Second); ; {
		if resp, err := http.Get(s.url + "/health"); err == nil {
			resp.Body.Close()
			return s
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
	t.Cleanup(func() {
		for _, u := range []string{uid, uid + "_next"} {
			s.send(t, "DELETE", "/indexes/"+u, "", http.StatusAccepted)
		}
	})
	return uid
}

func (s server) send(t testing.TB, method, path, body string, want int) {
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
	resp.Body.Close()
	if resp.StatusCode != want {
		t.Fatalf("%s %s: %s", method, path, resp.Status)
	}
}
