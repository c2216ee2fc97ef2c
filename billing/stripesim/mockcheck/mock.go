package mockcheck

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// Version is the stripe-mock that requests are checked against.
const Version = "v0.203.0"

const module = "github.com/stripe/stripe-mock@" + Version

// A Mock is a running stripe-mock on a loopback port of its own.
type Mock struct {
	url    string
	kill   func() error
	exited chan struct{}
}

// Start finds or installs stripe-mock and runs it. The error says why there is none.
func Start() (*Mock, error) {
	path, err := find()
	if err != nil {
		return nil, fmt.Errorf("no stripe-mock to check requests against: %w", err)
	}
	m, err := run(path)
	if err != nil {
		return nil, fmt.Errorf("stripe-mock does not start: %w", err)
	}
	return m, nil
}

func find() (string, error) {
	if path, err := exec.LookPath("stripe-mock"); err == nil {
		return path, nil
	}
	out, err := exec.Command("go", "env", "GOBIN", "GOPATH").Output()
	if err != nil {
		return "", err
	}
	dirs := strings.Split(strings.TrimRight(string(out), "\n"), "\n")
	bin := dirs[0]
	if bin == "" {
		bin = filepath.Join(filepath.SplitList(dirs[len(dirs)-1])[0], "bin")
	}
	path := filepath.Join(bin, "stripe-mock")
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	if out, err := exec.Command("go", "install", module).CombinedOutput(); err != nil {
		return "", fmt.Errorf("go install %s: %w: %s", module, err, out)
	}
	return path, nil
}

const startTime = 30 * time.Second

func run(path string) (*Mock, error) {
	cmd := exec.Command(path, "-http-addr", "127.0.0.1:0", "-https-addr", "127.0.0.1:0")
	cmd.SysProcAttr = dieWithParent()
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	m := &Mock{exited: make(chan struct{})}
	started := make(chan error, 1)
	urls := make(chan string, 1)
	go func() {
		defer close(m.exited)
		runtime.LockOSThread() // the kernel watches the thread that started the child, so this one stays until the child has ended
		err := cmd.Start()
		started <- err
		if err != nil {
			return
		}
		read(out, urls)
		_ = cmd.Wait()
	}()
	if err := <-started; err != nil {
		return nil, err
	}
	m.kill = cmd.Process.Kill
	select {
	case m.url = <-urls:
		return m, nil
	case <-m.exited:
		return nil, errors.New("it ended at once")
	case <-time.After(startTime):
		_ = m.Close()
		return nil, fmt.Errorf("no address after %s", startTime)
	}
}

// read takes the address from what stripe-mock prints, and then keeps reading so that it never blocks on its log.
func read(out io.Reader, urls chan<- string) {
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if addr, ok := strings.CutPrefix(lines.Text(), "Listening for HTTP at address: "); ok {
			urls <- "http://" + addr
		}
	}
}

// Close ends stripe-mock and waits until it has ended.
func (m *Mock) Close() error {
	err := m.kill()
	<-m.exited
	if errors.Is(err, os.ErrProcessDone) {
		return nil
	}
	return err
}

// Check replays the requests and fails the test for every one that Stripe's description of its API does not allow. Requests to
// anything but the API are left out.
func (m *Mock) Check(t testing.TB, requests []Request) {
	t.Helper()
	seen := map[string]bool{}
	for _, r := range requests {
		r.Status = 0
		if line := fmt.Sprint(r); strings.HasPrefix(r.Path, "/v1/") && !seen[line] {
			seen[line] = true
			if err := m.try(r); err != nil {
				t.Errorf("stripe-mock: %s %s?%s %s: %v", r.Method, r.Path, r.Query, r.Body, err)
			}
		}
	}
}

// try returns an error when stripe-mock does not accept the request.
func (m *Mock) try(r Request) error {
	req, err := http.NewRequest(r.Method, m.url+r.Path+"?"+r.Query, strings.NewReader(r.Body))
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer sk_test_123")
	if r.ContentType != "" {
		req.Header.Set("Content-Type", r.ContentType)
	}
	if r.Account != "" {
		req.Header.Set("Stripe-Account", r.Account)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if resp.StatusCode >= 400 {
		return fmt.Errorf("%s: %s", resp.Status, body)
	}
	return nil
}
