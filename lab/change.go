package lab

import (
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/hookwalk/hookwalk/lab/netns"
	"github.com/hookwalk/hookwalk/topology"
)

// rulesetRequest gives a node other rules.
type rulesetRequest struct {
	Node    string            `json:"node"`
	Ruleset *topology.Ruleset `json:"ruleset"`
}

// SetRuleset replaces all rules of a node in one transaction; an error leaves them as they were. Plan and Rules then
// speak of the new ones.
func (l *Lab) SetRuleset(ctx context.Context, node string, r *topology.Ruleset) error {
	_, err := l.query(ctx, msgRuleset, rulesetRequest{node, r}, nil)
	return err
}

// answerRuleset is the holder's part.
func (h *holder) answerRuleset(w *wire, r rulesetRequest) error {
	h.changes.Lock()
	defer h.changes.Unlock()
	old := h.plan()
	at := slices.IndexFunc(old.Nodes, func(n topology.Node) bool { return n.Name == r.Node })
	if at < 0 || r.Ruleset == nil {
		return &OpError{Op: "replace the rules", Node: r.Node, Err: errors.New("there is no such node" + old.Suggest(r.Node))}
	}
	var list loadedRules
	err := netns.Do(r.Node, func() (err error) {
		list, err = loadRuleset(r.Ruleset, true)
		return err
	})
	if err != nil {
		return rulesError(r.Node, r.Ruleset, err)
	}
	plan := *old // plans are shared, so never changed
	plan.Nodes = slices.Clone(old.Nodes)
	plan.Nodes[at].Ruleset = r.Ruleset
	h.mu.Lock()
	defer h.mu.Unlock()
	h.current = &plan
	h.handles = maps.Clone(h.handles)
	h.handles[r.Node] = list.handles
	return w.send(msgRuleset, nil)
}
