package path

import (
	"fmt"
	"strings"

	"github.com/hookwalk/hookwalk/topology/nft"
)

// byTrace is the observer of all steps that an nft trace event shows.
const byTrace = "nft trace"

// stepper turns one traversal into steps.
type stepper struct {
	a     *assembler
	w     *walk
	t     *traversal
	rules *Rules
	steps []Step
	prev  *visit // the one before that has headers
	hook  string // the hook the packet is in
	// user says at which hooks a chain of the user's was visited since the packet entered them. A bridge may call the
	// hooks of IP inside its own (br_netfilter).
	user    map[hookKey]bool
	bridged bool
	wrote   *visit // the user chain visited last, until the next headers show what it wrote
}

// hookKey is a hook of the bridge, or of IP.
type hookKey struct {
	bridge bool
	hook   string
}

func (v *visit) hook() hookKey { return hookKey{v.key.family == "bridge", hookOf(v.key.chain)} }

// steps makes the steps of one traversal. first marks the one that begins at the sender's socket.
func (a *assembler) steps(w *walk, t *traversal, first bool) []Step {
	w.dnat = nil
	s := &stepper{a: a, w: w, t: t, rules: a.net.Rules(t.node), user: map[hookKey]bool{}, bridged: t.bridged()}
	for i, v := range t.visits {
		known := v.packet.Src.IsValid()
		var changes, early []Change
		if known && s.prev != nil {
			early, changes = s.early(v, diff(&s.prev.packet, &v.packet))
		}
		whole := len(changes) == 0 // what changed since the visit before is what the first rule here changed
		changes = s.attribute(changes, v)
		switch {
		case v.own() && v.key.chain == ChainRX:
			s.add(v, Station{Kind: KindDevice, Hook: "rx", Dev: v.packet.Iif}, "RX", "")
		case v.own() && v.key.chain == ChainTX:
			s.add(v, Station{Kind: KindDevice, Hook: "tx", Dev: v.packet.Oif}, "TX", "")
		case v.own() && strings.HasSuffix(v.key.chain, SuffixFirst):
			s.enter(v, first && i == 0, changes)
		case v.own():
			s.leave(v)
		default:
			s.chain(v, early, whole)
		}
		if known {
			s.prev = v
		}
	}
	return s.steps
}

func (s *stepper) add(v *visit, st Station, event, detail string) *Step {
	s.steps = append(s.steps, Step{Node: s.t.node, At: v.events[0].At, Station: st, Event: event, Detail: detail,
		Proof: Observed, By: byTrace, Packet: v.packet, CT: ctOf(&v.events[0])})
	return &s.steps[len(s.steps)-1]
}

// enter is the first chain of a hook. Between two hooks lies the routing decision.
func (s *stepper) enter(v *visit, send bool, changes []Change) {
	from := s.hook
	s.hook = hookOf(v.key.chain)
	s.user[v.hook()] = false
	p := &v.packet
	route := Station{Kind: KindRoute, Hook: "route"}
	bridge := v.key.family == "bridge"
	switch {
	case s.hook == "output" && v == s.t.first():
		event, detail := "SEND", p.String()
		if !send {
			event = "REPLY"
		}
		s.add(v, Station{Kind: KindSocket, Hook: "socket"}, event, detail)
		route.Dev = p.Oif
		s.add(v, route, "OUT", "dev "+p.Oif)
	case bridge && (s.hook == "forward" || s.hook == "output"):
		route.Dev = p.Oif
		s.add(v, route, "BRIDGE", "to port "+p.Oif)
	case bridge && s.hook == "input":
		s.add(v, route, "LOCAL", "for this bridge")
	case s.bridged && !bridge: // called by the bridge: nobody routes
	case s.hook == "forward":
		route.Dev = p.Oif
		st := s.add(v, route, "FORWARD", "dev "+p.Oif)
		st.Changes = changes
		for _, c := range changes {
			st.Detail += fmt.Sprintf(", ttl %s", c.To)
		}
	case s.hook == "input":
		s.add(v, route, "LOCAL", "for this host")
	case s.hook == "postrouting" && from == "":
		s.add(v, route, "OUT", "dev "+p.Oif) // the beginning was not recorded
	}
}

// leave is the last chain of a hook: what entered came out alive.
func (s *stepper) leave(v *visit) {
	if !s.user[v.hook()] {
		s.add(v, Station{Kind: KindHook, Hook: hookOf(v.key.chain), Family: v.key.family}, "PASS", s.skipped(v))
	}
}

// skipped says why no chain of the user's was visited at a hook that the packet passed.
func (s *stepper) skipped(v *visit) string {
	family := "ip"
	switch {
	case v.key.family == "bridge":
		family = "bridge"
	case v.packet.Dst.Is6():
		family = "ip6"
	}
	nat := false
	for _, c := range s.rules.at(hookOf(v.key.chain), family, false) {
		switch {
		case c.Label != "":
		case c.nat:
			nat = true
		default:
			return "no chain was entered"
		}
	}
	where := "here"
	if s.bridged && family != "bridge" {
		where = "of " + family + " here (called by br_netfilter)"
	}
	switch {
	case nat && !s.rules.tracks:
		return "nat chains need connection tracking, which no rule here switches on"
	case nat:
		return "nat chains are for the first packet of a flow only"
	}
	return "no chain " + where
}

// chain is a base chain of the user's. early is what its first rule changed; whole says that nothing else changed since
// the visit before.
func (s *stepper) chain(v *visit, early []Change, whole bool) {
	s.user[hookKey{v.key.family == "bridge", s.hook}] = true
	info := s.rules.chain(v.key)
	st := Station{Kind: KindHook, Hook: s.hook, Family: v.key.family, Table: v.key.table, Chain: v.key.chain}
	switch {
	case info != nil && info.Base != nil:
		st = info.Station
	default:
		st.Foreign = true
	}
	switch {
	case !st.Foreign:
	case v.key.family == "netdev" && s.hook == "":
		st.Hook = "ingress"
	case v.key.family == "netdev":
		st.Hook = "egress"
	}
	if st.Hook == "ingress" || st.Hook == "egress" {
		st.Dev = orElse(v.packet.Oif, v.packet.Iif)
	}
	step := s.add(v, st, "", "")
	matched := map[*nft.Rule]bool{}
	policy := false
	for i := range v.events {
		e := &v.events[i]
		if rule := s.rules.found(e); rule != nil {
			matched[rule] = true
		}
		policy = policy || e.Type == EventPolicy
	}
	packet := s.evalPacket(v)
	if len(early) > 0 {
		packet.Meta.Mark = nft.Some(s.prev.packet.Mark)
		if whole {
			packet.NH, packet.TH = s.prev.events[0].NH, s.prev.events[0].TH
		}
	}
	ev := s.rules.evaluate(v.key, packet, matched, s.a.rec.Lost[s.t.node] == 0)
	step.Rules = s.rules.evals(v, ev, matched, policy)
	s.decide(step, v)
	if len(early) > 0 {
		rule, _ := s.rules.rule(&v.events[0])
		step.change(early, &rule, v.key)
	}
	s.wrote = v
	switch {
	case ev == nil:
	case s.rules.foreignEnd(v): // no rule is known to have been looked at
	case v.end() == "drop":
		s.w.dropped = ev
	case info.Base != nil && info.Base.Type == "nat" && (s.hook == "prerouting" || s.hook == "output"):
		s.w.dnat = append(s.w.dnat, ev)
	}
}

// decide fills event, detail and rule of a chain's step from the verdict that the kernel gave.
func (s *stepper) decide(step *Step, v *visit) {
	verdict := v.end()
	last := &v.events[len(v.events)-1]
	if last.Type == EventPolicy || verdict == "" {
		policy := s.rules.policy(v.key)
		if last.Policy != "" {
			policy.Text = "policy " + last.Policy
		}
		step.Rule = &policy
		step.Detail = policy.Text
	} else if r, ok := s.rules.rule(last); ok {
		rule := r
		step.Rule = &rule
		step.Detail = rule.Text
	}
	switch verdict {
	case "accept":
		step.Event = "ACCEPT"
	case "drop":
		step.Event = "DROP"
		if step.Rule != nil && s.rules.rejects(last) {
			step.Event = "REJECT"
		}
	case "queue":
		step.Event = "QUEUE"
	case "stolen":
		step.Event = "STOLEN"
	default:
		step.Event = "EVAL"
		step.Detail = "its verdict was not recorded"
	}
}
