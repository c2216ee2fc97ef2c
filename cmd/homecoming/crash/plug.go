package crash

import (
	"strings"
	"sync"
)

// A Boundary is a place where a crash could lose or double something.
type Boundary string

// The boundaries.
const (
	BeforeCommit Boundary = "before commit"
	DuringCommit Boundary = "during commit" // the server has the word and has not answered
	AfterCommit  Boundary = "after commit"
	BeforeCall   Boundary = "before call"
	DuringCall   Boundary = "during call" // Stripe is at it
	AfterCall    Boundary = "after call"
)

// Boundaries are all of them.
var Boundaries = []Boundary{BeforeCommit, DuringCommit, AfterCommit, BeforeCall, DuringCall, AfterCall}

// A Plug counts boundaries of one kind and pulls at the chosen one.
type Plug struct {
	mu     sync.Mutex
	kind   Boundary
	path   string
	seen   int
	target int
	near   func()
	pull   func()
	pulled bool
}

// Arm makes the plug pull at the n-th boundary of the kind from now, counted from 1. pull must not return before the
// process is dead. Zero never pulls.
func (p *Plug) Arm(kind Boundary, n int, pull func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.kind, p.path, p.seen, p.target, p.near, p.pull, p.pulled = kind, "", 0, n, nil, pull, false
}

// ArmAt makes the plug pull during or after the next call whose path begins with path; near is called once just before
// that call reaches Stripe.
func (p *Plug) ArmAt(kind Boundary, path string, near, pull func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.kind, p.path, p.seen, p.target, p.near, p.pull, p.pulled = kind, path, 0, 1, near, pull, false
}

// approach tells the plug that a call is about to reach Stripe.
func (p *Plug) approach(path string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.near != nil && strings.HasPrefix(path, p.path) {
		p.near()
		p.near = nil
	}
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

// pass counts a boundary, of a call to path or of a commit, and reports whether the process is dead now.
func (p *Plug) pass(b Boundary, path string) (dead bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if b != p.kind || p.pulled || !strings.HasPrefix(path, p.path) {
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
