package bench

import (
	"os"
	"os/exec"
	"runtime"
	"syscall"
)

// A process is a program of ours that a campaign started. It ends with the campaign, however that ends.
type process struct {
	cmd   *exec.Cmd
	ended chan struct{}
}

// startProcess starts the program with nothing in its environment but env. What it says goes to the end of the file log.
func startProcess(program, log string, env []string, args ...string) (*process, error) {
	return startProcessSaying(program, log, nil, env, args...)
}

// startProcessSaying has its standard output go elsewhere.
func startProcessSaying(program, log string, out *os.File, env []string, args ...string) (*process, error) {
	file, err := os.OpenFile(log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	p := &process{cmd: exec.Command(program, args...), ended: make(chan struct{})}
	p.cmd.Env, p.cmd.Stderr, p.cmd.Stdout = env, file, file
	if out != nil {
		p.cmd.Stdout = out
	}
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	started := make(chan error)
	go func() { // on a thread that stays as long as the child does: the kernel ties the death signal to it
		runtime.LockOSThread()
		err := p.cmd.Start()
		started <- err
		if err == nil {
			_ = p.cmd.Wait()
			close(p.ended)
		}
	}()
	return p, <-started
}

// kill is kill -9; it returns when the process is gone.
func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	<-p.ended
}
