package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// A child is a program that this one started and will stop. It ends with its parent, however that ends.
type child struct {
	cmd   *exec.Cmd
	ended chan struct{}
	err   error // how it ended; read after ended is closed
}

// startChild runs this same program with another command and waits for the first line it prints. What it says on
// standard error goes to the file log.
func startChild(ctx context.Context, log string, env []string, args ...string) (*child, string, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, "", err
	}
	trouble, err := os.OpenFile(log, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, "", err
	}
	defer trouble.Close()
	c := &child{cmd: exec.Command(self, args...), ended: make(chan struct{})}
	c.cmd.Env, c.cmd.Stderr = env, trouble
	// Away from the terminal's Ctrl-C: we stop it ourselves, after what depends on it.
	c.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
	said, w, err := os.Pipe()
	if err != nil {
		return nil, "", err
	}
	c.cmd.Stdout = w
	err = c.launch()
	w.Close()
	if err != nil {
		said.Close()
		return nil, "", err
	}
	line, err := c.firstLine(ctx, said)
	if err != nil {
		why, _ := os.ReadFile(log)
		return nil, "", errors.Join(fmt.Errorf("%s did not start: %s", args[0], strings.TrimSpace(string(why))), c.stop())
	}
	return c, line, nil
}

// launch starts the program on a thread that stays as long as the child does: the kernel ties the death signal to it.
func (c *child) launch() error {
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		err := c.cmd.Start()
		started <- err
		if err == nil {
			c.err = c.cmd.Wait()
			close(c.ended)
		}
	}()
	return <-started
}

func (c *child) firstLine(ctx context.Context, said *os.File) (string, error) {
	defer said.Close()
	if deadline, ok := ctx.Deadline(); ok {
		_ = said.SetReadDeadline(deadline)
	}
	stop := context.AfterFunc(ctx, func() { _ = said.SetReadDeadline(time.Now()) })
	defer stop()
	line, err := bufio.NewReader(said).ReadString('\n')
	return strings.TrimSpace(line), err
}

// stop asks the program to end, waits ten seconds, and then ends it.
func (c *child) stop() error {
	for _, sig := range []syscall.Signal{syscall.SIGTERM, syscall.SIGKILL} {
		_ = c.cmd.Process.Signal(sig)
		select {
		case <-c.ended:
			return nil
		case <-time.After(10 * time.Second):
		}
	}
	return fmt.Errorf("process %d does not end", c.cmd.Process.Pid)
}
