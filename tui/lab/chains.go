package lab

import (
	"cmp"
	"slices"

	"github.com/hookwalk/hookwalk/lab/path"
	"github.com/hookwalk/hookwalk/tui/record"
)

// chain is a base chain of a node in the inspector.
type chain struct {
	key      record.ChainKey
	priority int
	name     string // prerouting/dstnat
	rules    int
}

var hookOrder = map[string]int{"ingress": 0, "prerouting": 1, "input": 2, "forward": 3, "output": 4, "postrouting": 5, "egress": 6}

// chainsOf lists the base chains of a node in the order in which a packet meets them: those that packets showed, or
// else those of the ruleset in the plan.
func (m *Model) chainsOf(node string) []chain {
	if list, ok := m.chains[node]; ok {
		return list
	}
	list := m.planned(node)
	if list == nil {
		list = m.shown(node)
	}
	slices.SortStableFunc(list, func(a, b chain) int {
		return cmp.Or(hookOrder[a.key.Hook]-hookOrder[b.key.Hook], a.priority-b.priority)
	})
	m.chains[node] = list
	return list
}

// planned reads the ruleset of the plan.
func (m *Model) planned(node string) []chain {
	n := m.plan.Node(node)
	if n == nil || n.Ruleset == nil {
		return nil
	}
	rs, errs := n.Ruleset.Check()
	if rs == nil || len(errs) > 0 {
		return nil
	}
	var list []chain
	for _, t := range rs.Tables {
		for _, c := range t.Chains {
			if c.Base == nil {
				continue
			}
			st := path.Station{Kind: path.KindHook, Hook: string(c.Base.Hook), Family: t.Family.String(), Table: t.Name,
				Chain: c.Name, Priority: c.Base.Priority, PriorityName: priorityName(c.Base.Priority)}
			list = append(list, newChain(node, &st, len(c.Rules)))
		}
	}
	return list
}

// shown takes the chains from the pictures of packets that crossed the node.
func (m *Model) shown(node string) []chain {
	for _, p := range m.log.Packets {
		for i := range p.Path.Views {
			v := &p.Path.Views[i]
			if v.Node != node {
				continue
			}
			list := []chain{}
			for _, h := range v.Hooks {
				for j := range h.Chains {
					if c := &h.Chains[j]; c.Label == "" {
						list = append(list, newChain(node, &c.Station, c.Rules))
					}
				}
			}
			return list
		}
	}
	return nil
}

func newChain(node string, st *path.Station, rules int) chain {
	return chain{record.ChainKey{Node: node, Hook: st.Hook, Family: st.Family, Table: st.Table, Chain: st.Chain},
		st.Priority, st.Name(), rules}
}

// priorityName is the standard name of a priority, table 6 of nft(8).
func priorityName(n int) string {
	return map[int]string{-300: "raw", -150: "mangle", -100: "dstnat", 0: "filter", 50: "security", 100: "srcnat"}[n]
}
