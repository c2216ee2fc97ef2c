package cluster

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/gofrs/flock"
)

// ErrInUse says that another living process holds the directory.
var ErrInUse = errors.New("in use by another process")

// hold takes the directory for this process; the kernel lets go of it when the process ends. It is unlocked and not
// merely closed: a child that is being started holds a copy of every file until it becomes its program.
func hold(dir string) (*flock.Flock, error) {
	lock := flock.New(filepath.Join(dir, "lock"))
	held, err := lock.TryLock()
	if err != nil {
		return nil, err
	}
	if !held {
		holder, _ := os.ReadFile(lock.Path())
		return nil, fmt.Errorf("%s is %w (%s)", dir, ErrInUse, strings.TrimSpace(string(holder)))
	}
	if err := os.WriteFile(lock.Path(), fmt.Appendf(nil, "process %d\n", os.Getpid()), 0o600); err != nil {
		return nil, errors.Join(err, lock.Unlock())
	}
	return lock, nil
}

// bury ends a server that a killed parent left behind, which is on its way out anyway, and removes the pid file of
// one that is dead. PostgreSQL does the latter itself, except when the pid has a new owner.
func bury(ctx context.Context, data string) error {
	file := filepath.Join(data, "postmaster.pid")
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	giveUp := time.After(15 * time.Second)
	for {
		pid := pidIn(file)
		if !serves(pid, data) {
			if err := os.Remove(file); err != nil && !errors.Is(err, os.ErrNotExist) {
				return err
			}
			return nil
		}
		_ = syscall.Kill(pid, syscall.SIGINT)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-giveUp:
			return fmt.Errorf("an old PostgreSQL (process %d) still holds %s and does not stop", pid, data)
		case <-tick.C:
		}
	}
}

// pidIn is the process named on the first line of a postmaster.pid, 0 when there is none.
func pidIn(file string) int {
	b, _ := os.ReadFile(file)
	line, _, _ := bytes.Cut(b, []byte("\n"))
	pid, _ := strconv.Atoi(strings.TrimSpace(string(line)))
	return pid
}

// serves reports whether the process is alive and a PostgreSQL server of this data directory.
func serves(pid int, data string) bool {
	if pid <= 0 {
		return false
	}
	cmdline, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	if err != nil {
		return false
	}
	args := strings.Split(string(cmdline), "\x00")
	for i, arg := range args[:len(args)-1] {
		if arg == "-D" && args[i+1] == data {
			return strings.Contains(args[0], "postgres")
		}
	}
	return false
}
