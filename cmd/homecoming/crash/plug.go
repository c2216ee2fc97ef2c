package crash

import "sync"

// A Boundary is a place where a crash could lose or double something.
type Boundary string

// The boundaries.
const (
	BeforeCommit Boundary = "before commit"
	AfterCommit  Boundary = "after commit"
	BeforeCall   Boundary = "before call"
	AfterCall    Boundary = "after call"
)

// A Plug counts boundaries and pulls at the chosen one.
type Plug struct {
	mu     sync.Mutex
	seen   int
	target int
	pull   func()
	pulled Boundary
}

// Arm makes the plug pull at the n-th boundary from now, counted from 1. pull must not return before the process
// is dead. Zero never pulls.
func (p *Plug) Arm(n int, pull func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.seen, p.target, p.pull, p.pulled = 0, n, pull, ""
}

// Seen is how many boundaries have passed since Arm.
func (p *Plug) Seen() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.seen
}

// Pulled is the boundary at which the plug was pulled, and "" while it was not.
func (p *Plug) Pulled() Boundary {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.pulled
}

// pass counts a boundary and reports whether the process is dead now.
func (p *Plug) pass(b Boundary) (dead bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.seen++
	if p.target == 0 || p.seen != p.target || p.pulled != "" {
		return false
	}
	p.pulled = b
	p.pull()
	return true
}
