package lab

import (
	"fmt"
	"path/filepath"
	"sync"

	"github.com/hookwalk/hookwalk/lab/netns"
	"github.com/hookwalk/hookwalk/lab/path"
	"github.com/hookwalk/hookwalk/lab/ruleset"
	"github.com/hookwalk/hookwalk/topology"
)

// loadRules loads the rules of the nodes that have some, each node's in one transaction.
func (b *builder) loadRules() (string, error) {
	var busy []*nodeWork
	for i := range b.nodes {
		if b.nodes[i].Ruleset != nil {
			busy = append(busy, &b.nodes[i])
		}
	}
	if len(busy) == 0 {
		return "", nil
	}
	var mu sync.Mutex // guards handles and rules
	handles := map[string][]path.Handle{}
	rules := 0
	err := each(len(busy), func(hop *netns.Hopper, todo func() (int, bool)) error {
		for i, ok := todo(); ok; i, ok = todo() {
			n := busy[i]
			if err := hop.Enter(n.Name); err != nil {
				return &OpError{Op: "load the rules", Node: n.Name, Pos: n.Ruleset.Pos, Err: err}
			}
			list, err := loadRuleset(n.Ruleset, false)
			if err != nil {
				return rulesError(n.Name, n.Ruleset, err)
			}
			mu.Lock()
			handles[n.Name] = list
			rules += len(list)
			mu.Unlock()
		}
		return nil
	})
	if err != nil {
		return "", err
	}
	b.h.mu.Lock()
	b.h.handles = handles
	b.h.mu.Unlock()
	if len(busy) > 1 {
		return fmt.Sprintf("%d nodes: %s", len(busy), count(rules, "rule")), nil
	}
	return fmt.Sprintf("%s: %s from %s", busy[0].Name, count(rules, "rule"), filepath.Base(busy[0].Ruleset.Main)), nil
}

func rulesError(node string, r *topology.Ruleset, err error) error {
	return &OpError{Op: "load the rules", Node: node, Pos: r.Pos, Err: err}
}

// loadedRules are the kernel's handles of a node's rules.
type loadedRules = []path.Handle

// loadRuleset loads rules into the network namespace of the calling thread and gives the kernel's handles of them. With
// replace it removes all that are there, in the same transaction.
func loadRuleset(r *topology.Ruleset, replace bool) (loadedRules, error) {
	handles, err := ruleset.Load(r, replace)
	out := make(loadedRules, len(handles))
	for i, h := range handles {
		out[i] = path.Handle(h)
	}
	return out, err
}
