package cluster_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"homecoming/internal/db/cluster"
)

// parentEnv makes this binary start a cluster in the directory it names and then wait to be killed.
const parentEnv = "HOMECOMING_TEST_CLUSTER_PARENT"

func TestMain(m *testing.M) {
	if dir := os.Getenv(parentEnv); dir != "" {
		if _, err := cluster.Start(context.Background(), cluster.Config{Dir: dir}); err != nil {
			panic(err)
		}
		os.Stdout.WriteString("up\n")
		select {}
	}
	os.Exit(m.Run())
}

// home is a directory that an unprivileged server may enter; t.TempDir is 0700 on the way.
func home(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "cluster-test-")
	if err == nil {
		err = os.Chmod(dir, 0o711)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return filepath.Join(dir, "postgres")
}

func start(t *testing.T, cfg cluster.Config) *cluster.Cluster {
	t.Helper()
	c, err := cluster.Start(context.Background(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Stop(); err != nil {
			t.Error(err)
		}
	})
	return c
}

func run(t *testing.T, c *cluster.Cluster, dbname, query string) (answer string) {
	t.Helper()
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, c.URL(dbname))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	rows, err := conn.Query(ctx, query)
	if err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		if err := rows.Scan(&answer); err != nil {
			t.Fatal(err)
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return answer
}

func TestDataStaysBetweenStartsAndTheServerIsNotRoot(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	dir := home(t)
	c := start(t, cluster.Config{Dir: dir})
	for range 2 {
		if err := c.Create(ctx, "shop"); err != nil {
			t.Fatal(err)
		}
	}
	run(t, c, "shop", "CREATE TABLE kept AS SELECT 42 AS n")
	pid := pidOf(t, c)
	st, err := os.Stat("/proc/" + strconv.Itoa(pid))
	if err != nil {
		t.Fatal(err)
	}
	if st.Sys().(*syscall.Stat_t).Uid == 0 {
		t.Error("the server runs as root")
	}
	if sock, err := os.Stat(filepath.Join(c.Dir(), "socket")); err != nil || sock.Mode().Perm() != 0o700 {
		t.Errorf("the socket's directory is open to others: %v %v", sock, err)
	}
	if got := run(t, c, "postgres", "SHOW listen_addresses"); got != "" {
		t.Errorf("the server listens on %q", got)
	}
	if err := c.Stop(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat("/proc/" + strconv.Itoa(pid)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the server is still there after Stop: %v", err)
	}
	again := start(t, cluster.Config{Dir: dir})
	if got := run(t, again, "shop", "SELECT n::text FROM kept"); got != "42" {
		t.Fatalf("kept %q, want 42", got)
	}
}

func TestASecondStartOnOneDirectorySaysWhoHoldsIt(t *testing.T) {
	t.Parallel()
	dir := home(t)
	start(t, cluster.Config{Dir: dir})
	_, err := cluster.Start(context.Background(), cluster.Config{Dir: dir})
	if !errors.Is(err, cluster.ErrInUse) {
		t.Fatalf("got %v, want ErrInUse", err)
	}
	if !strings.Contains(err.Error(), strconv.Itoa(os.Getpid())) || strings.Contains(err.Error(), "\n") {
		t.Fatalf("the message should name the process on one line: %q", err)
	}
}

func TestAServerEndsWithItsKilledParentAndStartsAgain(t *testing.T) {
	t.Parallel()
	dir := home(t)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	parent := exec.Command(self)
	parent.Env = append(os.Environ(), parentEnv+"="+dir)
	out, err := parent.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := out.Read(make([]byte, 3)); err != nil {
		t.Fatal("the parent did not start its server: ", err)
	}
	old := firstLine(t, filepath.Join(dir, "data", "postmaster.pid"))
	if err := parent.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = parent.Wait()
	// The next start waits for the old server to go, whichever of the two is faster.
	c := start(t, cluster.Config{Dir: dir})
	if now := pidOf(t, c); now == old {
		t.Fatal("the killed parent's server is still the one that answers")
	}
	if cmdline, err := os.ReadFile("/proc/" + strconv.Itoa(old) + "/cmdline"); err == nil && strings.Contains(string(cmdline), dir) {
		t.Fatal("the killed parent's server still runs")
	}
}

func TestAStalePidFileWithANewOwnerDoesNotStopTheStart(t *testing.T) {
	t.Parallel()
	dir := home(t)
	if err := start(t, cluster.Config{Dir: dir}).Stop(); err != nil {
		t.Fatal(err)
	}
	stale := strconv.Itoa(os.Getpid()) + "\n" + filepath.Join(dir, "data") + "\n"
	if err := os.WriteFile(filepath.Join(dir, "data", "postmaster.pid"), []byte(stale), 0o600); err != nil {
		t.Fatal(err)
	}
	run(t, start(t, cluster.Config{Dir: dir}), "postgres", "SELECT 'here'")
}

func TestADirectoryTheServerMayNotEnterIsReplaced(t *testing.T) {
	t.Parallel()
	closed := filepath.Join(filepath.Dir(home(t)), "closed")
	if err := os.Mkdir(closed, 0o700); err != nil {
		t.Fatal(err)
	}
	c := start(t, cluster.Config{Dir: filepath.Join(closed, "postgres"), Ephemeral: true})
	inside := strings.HasPrefix(c.Dir(), closed)
	if asRoot := os.Geteuid() == 0; inside == asRoot {
		t.Fatalf("running as root is %v, and the cluster is in %s", asRoot, c.Dir())
	}
	if !inside {
		t.Cleanup(func() { _ = os.RemoveAll(c.Dir()) })
	}
	run(t, c, "postgres", "SELECT 'here'")
	if err := c.Stop(); err != nil {
		t.Fatal(err)
	}
	if again := start(t, cluster.Config{Dir: filepath.Join(closed, "postgres"), Ephemeral: true}); again.Dir() != c.Dir() {
		t.Fatalf("the second start is in %s, the first was in %s", again.Dir(), c.Dir())
	}
}

func TestALongPathStillHasASocket(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(home(t), strings.Repeat("long-", 20))
	c := start(t, cluster.Config{Dir: dir, Ephemeral: true})
	if c.Dir() != dir {
		t.Fatalf("the cluster is in %s", c.Dir())
	}
	run(t, c, "postgres", "SELECT 'here'")
}

func TestDataOfAnUninstalledVersionIsRefusedInOneLine(t *testing.T) {
	t.Parallel()
	dir := home(t)
	if err := os.MkdirAll(filepath.Join(dir, "data"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "data", "PG_VERSION"), []byte("9\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := cluster.Start(context.Background(), cluster.Config{Dir: dir})
	if err == nil || !strings.Contains(err.Error(), "PostgreSQL 9") || strings.Contains(err.Error(), "\n") {
		t.Fatalf("got %v", err)
	}
}

func TestAnEphemeralClusterLeavesNoData(t *testing.T) {
	t.Parallel()
	dir := home(t)
	c := start(t, cluster.Config{Dir: dir, Ephemeral: true})
	if err := c.Stop(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "data")); !errors.Is(err, os.ErrNotExist) {
		t.Fatalf("data is still there: %v", err)
	}
	select {
	case <-c.Ended():
	case <-time.After(time.Second):
		t.Fatal("Ended is not closed")
	}
}

func pidOf(t *testing.T, c *cluster.Cluster) int {
	t.Helper()
	return firstLine(t, filepath.Join(c.Dir(), "data", "postmaster.pid"))
}

func firstLine(t *testing.T, file string) int {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	line, _, _ := strings.Cut(string(b), "\n")
	n, err := strconv.Atoi(line)
	if err != nil {
		t.Fatal(err)
	}
	return n
}
