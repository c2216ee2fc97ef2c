//go:build !linux

package mockcheck

import "syscall"

func dieWithParent() *syscall.SysProcAttr { return nil }
