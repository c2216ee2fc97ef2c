package dbtest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"homecoming/internal/db/cluster"
)

const (
	keeperEnv = "HOMECOMING_DBTEST_KEEPER" // set in the process that keeps the server, to its directory
	grace     = 20 * time.Second           // how long the server waits for the next test process
	ready     = "ready "                   // what the keeper says when the server takes connections
)

// A keeper is this same binary: it must not go on to run the tests.
func init() {
	if dir := os.Getenv(keeperEnv); dir != "" {
		os.Exit(keep(dir))
	}
}

// join makes this process one of the server's users, for as long as the returned file is open, and gives the server's
// address. It starts the server when none runs.
func join() (address string, user *os.File, err error) {
	dir, err := directory()
	if err != nil {
		return "", nil, err
	}
	start, err := locked(filepath.Join(dir, "start"), syscall.LOCK_EX)
	if err != nil {
		return "", nil, err
	}
	defer start.Close()
	if user, err = locked(filepath.Join(dir, "users"), syscall.LOCK_SH); err != nil {
		return "", nil, err
	}
	if address, running := runningAt(dir); running {
		return address, user, nil
	}
	address, err = startKeeper(dir)
	return address, user, err
}

// directory is in memory when the machine has room there, and only ours.
func directory() (string, error) {
	parent := os.TempDir()
	var fs syscall.Statfs_t
	if err := syscall.Statfs("/dev/shm", &fs); err == nil && fs.Bavail*uint64(fs.Bsize) > 2<<30 {
		parent = "/dev/shm"
	}
	dir := filepath.Join(parent, fmt.Sprintf("homecoming-test-%d", os.Geteuid()))
	if err := os.MkdirAll(dir, 0o711); err != nil {
		return "", err
	}
	st, err := os.Lstat(dir)
	if err != nil {
		return "", err
	}
	if !st.IsDir() || st.Sys().(*syscall.Stat_t).Uid != uint32(os.Geteuid()) {
		return "", fmt.Errorf("%s belongs to another user", dir)
	}
	return dir, os.Chmod(dir, 0o711) // the user that the server runs as must get through
}

// locked opens the file and waits for its lock; closing it, or the end of the process, lets go.
func locked(path string, how int) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	for {
		err = syscall.Flock(int(f.Fd()), how)
		if !errors.Is(err, syscall.EINTR) {
			break
		}
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// runningAt gives the address the keeper left, when a keeper lives: it holds a lock for as long as it does.
func runningAt(dir string) (string, bool) {
	f, err := os.OpenFile(filepath.Join(dir, "keeper"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return "", false
	}
	defer f.Close()
	if syscall.Flock(int(f.Fd()), syscall.LOCK_SH|syscall.LOCK_NB) == nil {
		return "", false
	}
	address, err := os.ReadFile(filepath.Join(dir, "address"))
	return string(address), err == nil && len(address) > 0
}

// startKeeper runs this binary once more, in a session of its own, and waits for its word.
func startKeeper(dir string) (string, error) {
	self, err := os.Executable()
	if err != nil {
		return "", err
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), keeperEnv+"="+dir)
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return "", err
	}
	if err := cmd.Start(); err != nil {
		return "", err
	}
	line, _ := bufio.NewReader(out).ReadString('\n') // a keeper that ends without a word is told by its empty line
	_ = out.Close()
	go func() { _ = cmd.Wait() }()
	if address, ok := strings.CutPrefix(strings.TrimSpace(line), ready); ok {
		return address, nil
	}
	return "", fmt.Errorf("the test server did not start: %s", strings.TrimSpace(line))
}

// keep runs the server until nobody has used it for a while.
func keep(dir string) int {
	mine, err := locked(filepath.Join(dir, "keeper"), syscall.LOCK_EX)
	if err != nil {
		fmt.Println(err)
		return 1
	}
	defer mine.Close()
	c, err := cluster.Start(context.Background(), cluster.Config{Dir: filepath.Join(dir, "postgres"), Ephemeral: true})
	if err != nil {
		fmt.Println(err)
		return 1
	}
	address := filepath.Join(dir, "address")
	if err := os.WriteFile(address, []byte(c.URL("postgres")), 0o600); err != nil {
		fmt.Println(err)
		return 1
	}
	fmt.Println(ready + c.URL("postgres"))
	for {
		last, err := unused(dir)
		if err != nil {
			return 1
		}
		if last == nil {
			continue
		}
		// Whoever comes now waits for the lock of users, and then finds no keeper.
		_ = os.Remove(address)
		_ = c.Stop()
		_ = mine.Close()
		_ = last.Close()
		return 0
	}
}

// unused waits until no test process is left and, when none came during the grace, keeps the next ones out by the
// lock it returns.
func unused(dir string) (*os.File, error) {
	path := filepath.Join(dir, "users")
	f, err := locked(path, syscall.LOCK_EX)
	if err != nil {
		return nil, err
	}
	_ = f.Close()
	time.Sleep(grace)
	f, err = os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) != nil {
		return nil, f.Close()
	}
	return f, nil
}
