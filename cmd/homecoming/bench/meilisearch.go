package bench

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"time"
)

// ErrNoMeilisearch says that there is no server to measure.
var ErrNoMeilisearch = errors.New("no Meilisearch to measure: set MEILI_URL (and MEILI_API_KEY), or put meilisearch on PATH")

// A Meilisearch is where a server is found. The zero value asks [Meilisearch.Start] to start one.
type Meilisearch struct {
	URL, Key string
	pid      int // where it is ours
}

// Start gives a server that is there: the one named, else one that is started on loopback from PATH and ends with this
// process. stop ends it and removes what it kept.
func (m Meilisearch) Start(ctx context.Context) (server Meilisearch, stop func(), err error) {
	if m.URL != "" {
		return m, func() {}, nil
	}
	binary, err := exec.LookPath("meilisearch")
	if err != nil {
		return m, nil, ErrNoMeilisearch
	}
	dir, err := os.MkdirTemp("", "homecoming-bench-meilisearch-")
	if err != nil {
		return m, nil, err
	}
	address, err := freeAddress(ctx)
	if err != nil {
		return m, nil, err
	}
	cmd := exec.Command(binary, "--no-analytics", "--env", "development", "--log-level", "ERROR", "--http-addr", address, "--db-path", filepath.Join(dir, "data"))
	cmd.Dir = dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
	ended, err := launch(cmd)
	if err != nil {
		return m, nil, err
	}
	stop = func() {
		_ = cmd.Process.Kill()
		<-ended
		_ = os.RemoveAll(dir)
	}
	server = Meilisearch{URL: "http://" + address, pid: cmd.Process.Pid}
	if err := server.await(ctx, ended); err != nil {
		stop()
		return m, nil, err
	}
	return server, stop, nil
}

// launch starts a program on a thread that stays as long as it runs: the kernel ties the death signal to the thread.
func launch(cmd *exec.Cmd) (ended chan struct{}, err error) {
	started, ended := make(chan error), make(chan struct{})
	go func() {
		runtime.LockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait()
			close(ended)
		}
	}()
	return ended, <-started
}

func freeAddress(ctx context.Context) (string, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	return l.Addr().String(), nil
}

func (m Meilisearch) await(ctx context.Context, ended <-chan struct{}) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, m.URL+"/health", nil)
		if err != nil {
			return err
		}
		if resp, err := http.DefaultClient.Do(req); err == nil {
			resp.Body.Close()
			return nil
		}
		select {
		case <-ended:
			return errors.New("meilisearch ended at once")
		case <-ctx.Done():
			return fmt.Errorf("meilisearch does not answer at %s", m.URL)
		case <-time.After(20 * time.Millisecond): // a foreign process tells nobody when it is ready
		}
	}
}

// forget deletes an index, so that a server that is not ours stays as it was.
func (m Meilisearch) forget(uid string) {
	req, err := http.NewRequest(http.MethodDelete, m.URL+"/indexes/"+uid, nil)
	if err != nil {
		return
	}
	if m.Key != "" {
		req.Header.Set("Authorization", "Bearer "+m.Key)
	}
	if resp, err := http.DefaultClient.Do(req); err == nil {
		resp.Body.Close()
	}
}
