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

// A Plug counts boundaries of one kind and pulls at the chosen one.
type Plug struct {
	mu     sync.Mutex
	kind   Boundary
	seen   int
	target int
	pull   func()
	pulled bool
}

// Arm makes the plug pull at the n-th boundary of the kind from now, counted from 1. pull must not return before the
// process is dead. Zero never pulls.
func (p *Plug) Arm(kind Boundary, n int, pull func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.kind, p.seen, p.target, p.pull, p.pulled = kind, 0, n, pull, false
}

// Seen is how many boundaries of the kind have passed since Arm.
func (p *Plug) Seen() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.seen
}

// Pulled reports whether the plug was pulled since Arm.
func (p *Plug) Pulled() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.pulled
}

// pass counts a boundary and reports whether the process is dead now.
func (p *Plug) pass(b Boundary) (dead bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if b != p.kind || p.pulled {
		return false
	}
	p.seen++
	if p.seen != p.target {
		return false
	}
	p.pulled = true
	p.pull()
	return true
}
