package cluster

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/gofrs/flock"
	"github.com/jackc/pgx/v5"
)

// user is the superuser of every private cluster.
const user = "homecoming"

// A Config says where a cluster lives and how careful it is.
type Config struct {
	Dir       string // holds the data, the socket and the log; made when missing
	Ephemeral bool   // nothing survives Stop, and nothing waits for the disk: for tests
}

// A Cluster is a running PostgreSQL server.
type Cluster struct {
	dir    string
	socket string
	cfg    Config
	lock   *flock.Flock
	server *exec.Cmd
	ended  chan struct{} // closed when the server has ended

	stopOnce sync.Once
	stopErr  error
}

// Start runs the server of cfg.Dir, making its data directory first when there is none. The server lives until Stop
// or until this process ends. It returns ErrInUse when another process runs it.
func Start(ctx context.Context, cfg Config) (*Cluster, error) {
	place, err := settle(cfg.Dir)
	if err != nil {
		return nil, err
	}
	lock, err := hold(place.dir)
	if err != nil {
		return nil, err
	}
	c := &Cluster{dir: place.dir, socket: place.socket, cfg: cfg, lock: lock, ended: make(chan struct{})}
	if err := c.start(ctx, place.as); err != nil {
		return nil, errors.Join(err, lock.Unlock())
	}
	return c, nil
}

func (c *Cluster) start(ctx context.Context, as *syscall.Credential) error {
	data := filepath.Join(c.dir, "data")
	if c.cfg.Ephemeral {
		if err := bury(ctx, data); err != nil {
			return err
		}
		if err := os.RemoveAll(data); err != nil {
			return err
		}
	}
	bin, err := binaries(dataVersion(data))
	if err != nil {
		return err
	}
	if err := initialise(ctx, bin, c.dir, as, c.cfg.Ephemeral); err != nil {
		return err
	}
	if err := bury(ctx, data); err != nil {
		return err
	}
	if err := c.launch(bin, data, as); err != nil {
		return err
	}
	if err := c.await(ctx); err != nil {
		return errors.Join(err, c.Stop())
	}
	return nil
}

// launch runs the server as our child. The kernel ties the death signal to the thread that forked, so that thread
// stays with the child until it ends.
func (c *Cluster) launch(bin, data string, as *syscall.Credential) error {
	log, err := os.OpenFile(c.Log(), os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	args := []string{"-D", data, "-k", c.socket, "-c", "listen_addresses=", "-c", "unix_socket_permissions=0700"}
	args = append(args, "-c", "jit=off") // it compiles for seconds what runs for milliseconds, where tables have no statistics yet
	if c.cfg.Ephemeral {
		args = append(args, "-c", "max_connections=1000", "-c", "fsync=off", "-c", "full_page_writes=off", "-c", "synchronous_commit=off",
			"-c", "wal_level=minimal", "-c", "max_wal_senders=0", "-c", "autovacuum=off")
	}
	c.server = command(context.Background(), as, filepath.Join(bin, "postgres"), args...)
	c.server.Dir = c.dir
	c.server.Stdout, c.server.Stderr = log, log
	c.server.SysProcAttr.Pdeathsig = syscall.SIGINT // a fast shutdown
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		err := c.server.Start()
		started <- err
		if err == nil {
			_ = c.server.Wait()
			close(c.ended)
		}
	}()
	return <-started
}

// await returns when the server takes connections.
func (c *Cluster) await(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 60*time.Second)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		conn, err := pgx.Connect(ctx, c.URL("postgres"))
		if err == nil {
			return conn.Close(ctx)
		}
		select {
		case <-c.ended:
			return fmt.Errorf("PostgreSQL did not start; its last word in %s: %s", c.Log(), lastLine(c.Log()))
		case <-ctx.Done():
			return fmt.Errorf("PostgreSQL does not answer: %w", err)
		case <-tick.C:
		}
	}
}

// URL is the address of one of the cluster's databases.
func (c *Cluster) URL(dbname string) string {
	return "postgres://" + user + "@/" + dbname + "?" + url.Values{"host": {c.socket}, "sslmode": {"disable"}}.Encode()
}

// Create makes an empty database unless there is one.
func (c *Cluster) Create(ctx context.Context, dbname string) error {
	conn, err := pgx.Connect(ctx, c.URL("postgres"))
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	var there bool
	err = conn.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", dbname).Scan(&there)
	if err != nil || there {
		return err
	}
	_, err = conn.Exec(ctx, "CREATE DATABASE "+pgx.Identifier{dbname}.Sanitize())
	return err
}

// Dir is where the cluster really lives, which differs from Config.Dir when the user PostgreSQL runs as may not
// enter that one.
func (c *Cluster) Dir() string { return c.dir }

// Log is the file the server writes to.
func (c *Cluster) Log() string { return filepath.Join(c.dir, "postgres.log") }

// Ended is closed when the server has ended, whether by Stop or by itself.
func (c *Cluster) Ended() <-chan struct{} { return c.ended }

// Stop ends the server in an orderly way, and within twenty seconds in any way. It may be called more than once.
func (c *Cluster) Stop() error {
	c.stopOnce.Do(func() { c.stopErr = c.stop() })
	return c.stopErr
}

func (c *Cluster) stop() (err error) {
	defer func() { err = errors.Join(err, c.lock.Unlock()) }()
	for _, sig := range []os.Signal{syscall.SIGINT, syscall.SIGQUIT} {
		_ = c.server.Process.Signal(sig)
		select {
		case <-c.ended:
			return c.clean()
		case <-time.After(10 * time.Second):
		}
	}
	return fmt.Errorf("PostgreSQL (process %d) does not stop", c.server.Process.Pid)
}

func (c *Cluster) clean() error {
	if !c.cfg.Ephemeral {
		return nil
	}
	return errors.Join(os.RemoveAll(filepath.Join(c.dir, "data")), os.RemoveAll(c.Log()), os.RemoveAll(c.socket))
}

// initialise makes the data directory in one step: a killed initdb leaves nothing that looks finished.
func initialise(ctx context.Context, bin, dir string, as *syscall.Credential, ephemeral bool) error {
	data, fresh := filepath.Join(dir, "data"), filepath.Join(dir, "data.new")
	if dataVersion(data) != "" {
		return nil
	}
	if err := os.RemoveAll(fresh); err != nil {
		return err
	}
	args := []string{"-D", fresh, "-U", user, "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8"}
	if ephemeral {
		args = append(args, "--no-sync")
	}
	cmd := command(ctx, as, filepath.Join(bin, "initdb"), args...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w: %s", err, strings.TrimSpace(string(out)))
	}
	return os.Rename(fresh, data)
}

// command prepares a program of PostgreSQL's with a clean environment, away from the terminal's Ctrl-C.
func command(ctx context.Context, as *syscall.Credential, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C.UTF-8", "TZ=UTC"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: as, Setpgid: true}
	return cmd
}

func lastLine(file string) string {
	b, _ := os.ReadFile(file)
	s := strings.TrimSpace(string(b))
	return s[strings.LastIndexByte(s, '\n')+1:]
}
