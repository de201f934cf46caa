package traffic

import (
	"io"
	"sync"
)

// Gate holds the built-in services of a node back: while it is shut they take connections and datagrams, as the kernel
// does for a program that is stopped, and answer nothing. The zero value is open, and so is nil.
type Gate struct{ mu sync.RWMutex }

// Shut shuts it. It returns when no answer is under way any more.
func (g *Gate) Shut() { g.mu.Lock() }

// Open opens a gate that is shut: what waits is answered.
func (g *Gate) Open() { g.mu.Unlock() }

// pass returns when the gate is open.
func (g *Gate) pass() {
	if g != nil {
		g.mu.RLock()
		defer g.mu.RUnlock()
	}
}

// gated is a reader behind a gate.
type gated struct {
	io.Reader
	gate *Gate
}

func (r gated) Read(b []byte) (int, error) {
	n, err := r.Reader.Read(b)
	r.gate.pass()
	return n, err
}
