package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// program is the real binary, built once.
var program = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "homecoming-binary-")
	if err != nil {
		return "", err
	}
	file := filepath.Join(dir, "homecoming")
	out, err := exec.Command("go", "build", "-buildvcs=false", "-o", file, ".").CombinedOutput()
	if err != nil {
		return "", errors.New(string(out))
	}
	return file, nil
})

func TestMain(m *testing.M) {
	flag.Parse()
	_ = flag.Set("test.parallel", "6") // these tests wait for processes, not for the processor
	code := m.Run()
	if file, err := program(); err == nil {
		_ = os.RemoveAll(filepath.Dir(file))
	}
	os.Exit(code)
}

// A running is one started `homecoming dev`.
type running struct {
	cmd   *exec.Cmd
	said  bytes.Buffer // both outputs; read after ended
	ended chan struct{}
	info  info
	took  time.Duration
}

// home is a data directory that PostgreSQL's user may enter.
func home(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "homecoming-dev-")
	if err == nil {
		err = os.Chmod(dir, 0o711)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

// launch starts the program on a data directory, without the demo unless env says otherwise.
func launch(t *testing.T, dir, addr string, env ...string) *running {
	t.Helper()
	file, err := program()
	if err != nil {
		t.Fatal(err)
	}
	r := &running{cmd: exec.Command(file, "dev"), ended: make(chan struct{})}
	r.cmd.Env = append(os.Environ(), "HOMECOMING_DATA="+filepath.Join(dir, "data"), "HOMECOMING_DEMO=0",
		"HOMECOMING_ADDR="+addr, "HOMECOMING_DEV_INFO="+filepath.Join(dir, "info.json"))
	r.cmd.Env = append(r.cmd.Env, env...)
	r.cmd.Stdout, r.cmd.Stderr = &r.said, &r.said
	if err := r.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		_ = r.cmd.Wait()
		close(r.ended)
	}()
	t.Cleanup(func() { r.end(syscall.SIGKILL) })
	return r
}

// start launches the program and waits for its info file.
func start(t *testing.T, dir string, env ...string) *running {
	t.Helper()
	file := filepath.Join(dir, "info.json")
	_ = os.Remove(file)
	began := time.Now()
	r := launch(t, dir, "127.0.0.1:0", env...)
	patience := time.After(5 * time.Minute)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		body, err := os.ReadFile(file)
		if err == nil {
			r.took = time.Since(began)
			if err := json.Unmarshal(body, &r.info); err != nil {
				t.Fatal(err)
			}
			return r
		}
		select {
		case <-r.ended:
			t.Fatalf("dev ended by itself: %s", r.said.String())
		case <-patience:
			t.Fatal("no info file after three minutes")
		case <-tick.C:
		}
	}
}

// end sends a signal and waits for the program.
func (r *running) end(sig os.Signal) {
	_ = r.cmd.Process.Signal(sig)
	<-r.ended
}

// left lists the processes that name the directory on their command line.
func left(t *testing.T, dir string) (found []string) {
	t.Helper()
	files, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		line, _ := os.ReadFile(file) // a process may have ended since
		if s := strings.ReplaceAll(string(line), "\x00", " "); strings.Contains(s, dir) {
			found = append(found, s)
		}
	}
	return found
}

// signedIn asks who the account's token belongs to.
func (r *running) signedIn(t *testing.T, a account) {
	t.Helper()
	req, err := http.NewRequest(http.MethodGet, r.info.URL+"/api/v1/me", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+a.Token)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var me struct{ Email string }
	if err := json.NewDecoder(res.Body).Decode(&me); err != nil || res.StatusCode != http.StatusOK || me.Email != a.Email {
		t.Fatalf("%s: %s %+v %v", a.Email, res.Status, me, err)
	}
}

func TestDevKeepsItsDataStartsAgainInFiveSecondsAndStopsWhatItStarted(t *testing.T) {
	t.Parallel()
	dir := home(t)
	first := start(t, dir)
	if len(first.info.Accounts) != 1 || first.info.Accounts[0].Role != "administrator" {
		t.Fatalf("accounts: %+v", first.info.Accounts)
	}
	if st, err := os.Stat(filepath.Join(dir, "info.json")); err != nil || st.Mode().Perm() != 0o600 {
		t.Fatalf("the info file: %v %v", st.Mode(), err)
	}
	if got := get(t, first.info.URL+"/readyz"); !strings.HasPrefix(got, "200") {
		t.Fatalf("readyz: %s", got)
	}
	first.signedIn(t, first.info.Accounts[0])
	if len(left(t, dir)) < 2 {
		t.Fatal("PostgreSQL and the stand-in should run now")
	}
	first.end(syscall.SIGTERM)
	if code := first.cmd.ProcessState.ExitCode(); code != 0 {
		t.Fatalf("ended with %d: %s", code, first.said.String())
	}
	if found := left(t, dir); len(found) > 0 {
		t.Fatalf("still running: %v", found)
	}

	second := start(t, dir)
	if second.took > 5*time.Second {
		t.Errorf("the second start took %s", second.took)
	}
	second.signedIn(t, first.info.Accounts[0])
	second.end(os.Interrupt.(syscall.Signal))
	if found := left(t, dir); len(found) > 0 {
		t.Fatalf("still running: %v", found)
	}
}

func TestAKilledDevLeavesNothingRunningAndStartsAgain(t *testing.T) {
	t.Parallel()
	dir := home(t)
	first := start(t, dir)
	first.end(syscall.SIGKILL)
	second := start(t, dir)
	second.signedIn(t, first.info.Accounts[0])
	second.end(syscall.SIGTERM)
	if found := left(t, dir); len(found) > 0 {
		t.Fatalf("still running: %v", found)
	}
}

func TestTwoDevsOnOneDirectoryAndATakenPortAreOneLineEach(t *testing.T) {
	t.Parallel()
	dir := home(t)
	first := start(t, dir)
	for addr, want := range map[string]string{
		"127.0.0.1:0": "another homecoming dev runs on this HOMECOMING_DATA",
		strings.TrimPrefix(first.info.URL, "http://"): "is taken by another program",
	} {
		second := launch(t, dir, addr)
		<-second.ended
		said := strings.TrimSpace(second.said.String())
		if !strings.Contains(said, want) || strings.Contains(said, "\n") || second.cmd.ProcessState.ExitCode() == 0 {
			t.Errorf("ended with %d: %s", second.cmd.ProcessState.ExitCode(), said)
		}
	}
	first.signedIn(t, first.info.Accounts[0])
	first.end(syscall.SIGTERM)
}
