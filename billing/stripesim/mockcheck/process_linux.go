package mockcheck

import "syscall"

// dieWithParent has the kernel end stripe-mock when the test process is killed.
func dieWithParent() *syscall.SysProcAttr { return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }
