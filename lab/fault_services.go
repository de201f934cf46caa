package lab

import (
	"io"

	"github.com/hookwalk/hookwalk/lab/netns"
	"github.com/hookwalk/hookwalk/lab/traffic"
	"github.com/hookwalk/hookwalk/topology"
)

// openServices starts those services of a node that do not run. h.changes is held.
func (h *holder) openServices(n *topology.Node) error {
	if len(n.Services) == 0 {
		return nil
	}
	return netns.Do(n.Name, func() error {
		for _, s := range n.Services {
			key := serviceKey(n.Name, s)
			if h.services[key] != nil {
				continue
			}
			c, err := h.startService(n.Name, s)
			if err != nil {
				return err
			}
			h.services[key] = c
		}
		return nil
	})
}

// closeServices ends those services of a node that run.
func closeServices(running map[string]io.Closer, n *topology.Node) {
	for _, s := range n.Services {
		key := serviceKey(n.Name, s)
		if c := running[key]; c != nil {
			_ = c.Close() // a socket has nothing to flush
			delete(running, key)
		}
	}
}

// gate is what holds a node's services back.
func (h *holder) gate(node string) *traffic.Gate {
	h.mu.Lock()
	defer h.mu.Unlock()
	g := h.gates[node]
	if g == nil {
		g = &traffic.Gate{}
		h.gates[node] = g
	}
	return g
}
