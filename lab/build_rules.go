package lab

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
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
		if b.nodes[i].Ruleset != nil && !b.nodes[i].there {
			busy = append(busy, &b.nodes[i])
		}
	}
	if len(busy) == 0 {
		return "", nil
	}
	var mu sync.Mutex // guards b.handles, rules and binary
	rules := 0
	var binary []string // nodes whose rules the nft program loaded
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
			b.handles[n.Name] = list.handles
			rules += len(list.handles)
			if list.binary {
				binary = append(binary, n.Name)
			}
			mu.Unlock()
		}
		return nil
	})
	if err != nil {
		return "", err
	}
	slices.Sort(binary)
	text := count(rules, "rule")
	switch {
	case len(binary) == len(busy):
		text = "loaded by the nft program"
	case len(binary) > 0:
		text += ", those of " + strings.Join(binary, ", ") + " by the nft program"
	}
	if len(busy) > 1 {
		return fmt.Sprintf("%d nodes: %s", len(busy), text), nil
	}
	file := filepath.Base(busy[0].Ruleset.Main)
	if len(binary) == 1 {
		return fmt.Sprintf("%s: %s %s", busy[0].Name, file, text), nil
	}
	return fmt.Sprintf("%s: %s from %s", busy[0].Name, text, file), nil
}

// rulesError is an error of a node's rules: at its place in the rules, if it has one there.
func rulesError(node string, r *topology.Ruleset, err error) error {
	e := &OpError{Op: "load the rules", Node: node, Pos: r.Pos, Err: err}
	var refused *ruleset.Error
	if errors.As(err, &refused) {
		e.Hint, e.Bad = refused.Hint, refused.Bad
	}
	return e
}

// loadedRules are the kernel's handles of a node's rules. binary says that the nft program loaded them: then there are
// no handles.
type loadedRules struct {
	handles []path.Handle
	binary  bool
}

// loadRuleset loads rules into the network namespace of the calling thread and gives the kernel's handles of them. With
// replace it removes all that are there, in the same transaction.
func loadRuleset(r *topology.Ruleset, replace bool) (loadedRules, error) {
	loaded, err := ruleset.Load(r, replace)
	if err != nil {
		return loadedRules{}, err
	}
	return loadedRules{handles: handlesOf[path.Handle](loaded.Handles), binary: loaded.Binary}, nil
}

// handlesOf turns the handles of one package into those of another.
func handlesOf[To, From path.Handle | ruleset.Handle](list []From) []To {
	out := make([]To, len(list))
	for i, h := range list {
		out[i] = To(h)
	}
	return out
}
