package path

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hookwalk/hookwalk/topology/nft"
)

// Handle says which kernel handle a rule of a checked ruleset got when it was loaded.
type Handle struct {
	Family string `json:"family"`
	Table  string `json:"table"`
	Chain  string `json:"chain"`
	Index  int    `json:"index"` // of the rule in its chain, from 0
	Handle uint64 `json:"handle"`
	// Kernel is the kernel's name of a chain that is written in braces, which has none in the rules; else "".
	Kernel string `json:"kernel,omitempty"`
}

// Rules is the ruleset of one node as the assembler needs it: the rule behind a handle, the chains of a hook in
// the kernel's order, and what the rules of a chain say to a packet. A nil *Rules is a node without rules.
// It may be used from many goroutines.
type Rules struct {
	chains  map[chainKey]*ruleChain
	order   []*ruleChain // in the order in which the kernel registered them
	handles map[handleKey]*nft.Rule
	of      map[*nft.Rule]uint64
	dir     string // removed from the front of file names
	tracks  bool   // something in the ruleset switches conntrack on
}

type handleKey struct {
	chain  chainKey
	handle uint64
}

// ruleChain is a chain with its place in the picture of a node.
type ruleChain struct {
	*nft.Chain
	Station Station
}

// NewRules indexes a checked ruleset. handles may miss rules; such rules are known by their text only. File names
// are shown relative to dir, the folder of the lab.
func NewRules(rs *nft.Ruleset, handles []Handle, dir string) *Rules {
	r := &Rules{dir: dir, chains: map[chainKey]*ruleChain{}, handles: map[handleKey]*nft.Rule{}, of: map[*nft.Rule]uint64{}}
	if rs == nil {
		return r
	}
	for _, t := range rs.Tables {
		for _, c := range t.Chains {
			rc := &ruleChain{Chain: c}
			if c.Base != nil {
				rc.Station = Station{Kind: KindHook, Hook: string(c.Base.Hook), Family: t.Family.String(), Table: t.Name,
					Chain: c.Name, Priority: c.Base.Priority, PriorityName: priorityName(t.Family, c.Base)}
			}
			r.chains[chainKey{t.Family.String(), t.Name, c.Name}] = rc
			r.order = append(r.order, rc)
			r.tracks = r.tracks || tracks(c)
		}
	}
	for _, h := range handles {
		key := chainKey{h.Family, h.Table, h.Chain}
		if c := r.chains[key]; c != nil && h.Index >= 0 && h.Index < len(c.Rules) {
			if h.Kernel != "" { // by which events name it
				key.chain = h.Kernel
				r.chains[key] = c
			}
			rule := c.Rules[h.Index]
			r.handles[handleKey{key, h.Handle}] = rule
			r.of[rule] = h.Handle
		}
	}
	return r
}

// priorityName is the standard name of a base chain's priority, tables 6 and 7 of nft(8); "" if it has none.
func priorityName(family nft.Family, b *nft.Base) string {
	names := map[int]string{-300: "raw", -150: "mangle", -100: "dstnat", 0: "filter", 50: "security", 100: "srcnat"}
	if family == nft.FamilyBridge {
		names = map[int]string{-300: "dstnat", -200: "filter", 100: "out", 300: "srcnat"}
	}
	return names[b.Priority]
}

// tracks reports whether a chain holds anything that makes the kernel register conntrack in the namespace: a ct
// expression or a NAT statement.
func tracks(c *nft.Chain) bool {
	for _, rule := range c.Rules {
		for _, s := range rule.Stmts {
			switch s := s.(type) {
			case *nft.NAT:
				return true
			case *nft.Match:
				if usesCT(s.Left) {
					return true
				}
			case *nft.Vmap:
				if usesCT(s.Key) {
					return true
				}
			case *nft.Assign:
				if usesCT(s.Target) || usesCT(s.Value) {
					return true
				}
			}
		}
	}
	return false
}

func usesCT(e nft.Expr) bool {
	switch e := e.(type) {
	case *nft.CT:
		return true
	case *nft.Bitwise:
		return usesCT(e.X)
	case *nft.MapLookup:
		return usesCT(e.Key)
	case *nft.ConcatExpr:
		return slices.ContainsFunc(e.Parts, usesCT)
	}
	return false
}

func (r *Rules) chain(k chainKey) *ruleChain {
	if r == nil {
		return nil
	}
	return r.chains[k]
}

// found is the checked rule that a trace event names. An event names the chain in which the rule stands, which
// after a jump is not the base chain.
func (r *Rules) found(e *Event) *nft.Rule {
	if r == nil {
		return nil
	}
	return r.handles[handleKey{chainKey{e.Family, e.Table, e.Chain}, e.Handle}]
}

// rule is the rule that a trace event names; ok is false for an event without one. A rule that is not from the
// lab's files is known by its handle only.
func (r *Rules) rule(e *Event) (Rule, bool) {
	if e.Type != EventRule || e.Handle == 0 {
		return Rule{}, false
	}
	if rule := r.found(e); rule != nil {
		return r.describe(rule), true
	}
	return Rule{Handle: e.Handle, Text: fmt.Sprintf("%s %s %s handle %d (not from the lab's files)", e.Family, e.Table, e.Chain, e.Handle)}, true
}

func (r *Rules) describe(rule *nft.Rule) Rule {
	text := rule.Text
	if rule.Comment != "" {
		text += ` comment "` + rule.Comment + `"`
	}
	return Rule{File: r.file(rule.Pos), Line: rule.Pos.Line, Text: text, Handle: r.of[rule]}
}

// file is the name of a source file as people say it: relative to the lab's folder.
func (r *Rules) file(pos nft.Pos) string {
	if rest, ok := strings.CutPrefix(pos.File, r.dir+"/"); ok && r.dir != "" {
		return rest
	}
	return pos.File
}

// policy is the policy of a base chain, as a rule without a handle.
func (r *Rules) policy(k chainKey) Rule {
	c := r.chain(k)
	if c == nil || c.Base == nil {
		return Rule{Text: "policy"}
	}
	pos := c.Base.PolicyPos
	if !pos.IsValid() {
		pos = c.Base.Pos
	}
	return Rule{File: r.file(pos), Line: pos.Line, Text: "policy " + policyWord(c.Base)}
}

func policyWord(b *nft.Base) string {
	if b.Policy == nft.VerdictDrop {
		return "drop"
	}
	return "accept"
}

// rejects reports whether the rule that a trace event names refuses the packet instead of just dropping it.
func (r *Rules) rejects(e *Event) bool {
	rule := r.found(e)
	return rule != nil && slices.ContainsFunc(rule.Stmts, func(s nft.Stmt) bool {
		_, ok := s.(*nft.Reject)
		return ok
	})
}

// MayAnswer reports whether the discarding that an event reports may have told the sender: a reject, or a rule that is
// not known. A policy never does.
func (r *Rules) MayAnswer(e *Event) bool {
	return e.Type == EventRule && e.Handle != 0 && (r.found(e) == nil || r.rejects(e))
}

// writes reports whether the rule that a trace event names can change the packet: its addresses or header fields
// (nat), or else its mark.
func (r *Rules) writes(e *Event, nat bool) bool {
	rule := r.found(e)
	return rule != nil && slices.ContainsFunc(rule.Stmts, func(s nft.Stmt) bool {
		switch s := s.(type) {
		case *nft.NAT:
			return nat
		case *nft.Assign:
			_, payload := s.Target.(*nft.Payload)
			return payload == nat
		}
		return false
	})
}

// at lists everything at a hook for packets of a family (ip, ip6, bridge) in the order in which the kernel runs
// it: by priority, and of equal ones the chain registered last first (nf_hook_entries_grow in
// net/netfilter/core.c).
func (r *Rules) at(hook, family string, conntrack bool) []Chain {
	var out []Chain
	if r != nil {
		for _, c := range slices.Backward(r.order) {
			f := c.Station.Family
			if c.Base == nil || c.Station.Hook != hook || f != family && (f != "inet" || family == "bridge") {
				continue
			}
			out = append(out, Chain{Station: c.Station, Rules: len(c.Rules), nat: c.Base.Type == "nat"})
		}
		conntrack = conntrack || r.tracks
	}
	if conntrack && family != "bridge" && (hook == "prerouting" || hook == "output") {
		out = append(out, Chain{Label: "conntrack", Station: Station{Kind: KindConntrack, Hook: hook, Priority: conntrackPriority}})
	}
	slices.SortStableFunc(out, func(a, b Chain) int { return a.Station.Priority - b.Station.Priority })
	return out
}
