package cluster

import (
	"os/exec"
	"testing"
)

func TestADirectoryIsFreeAtOnceWhileChildrenAreStarted(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for {
			select {
			case <-done:
				return
			default:
				_ = exec.Command("true").Run()
			}
		}
	}()
	defer func() { close(done); <-ended }()
	for i := range 2000 {
		lock, err := hold(dir)
		if err != nil {
			t.Fatalf("attempt %d: %v", i, err)
		}
		if err := lock.Unlock(); err != nil {
			t.Fatal(err)
		}
	}
}
