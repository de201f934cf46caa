package path

// inetHooks are the hooks of the IP families in the order in which pictures show them.
var inetHooks = []string{"prerouting", "input", "forward", "output", "postrouting"}

// conntrackPriority is NF_IP_PRI_CONNTRACK, include/uapi/linux/netfilter_ipv4.h; IPv6 has the same number.
const conntrackPriority = -200

// views draws every node of the walk: all hooks with all chains in the kernel's order, visited or not.
func (w *walk) views() []NodeView {
	var out []NodeView
	for i, t := range w.traversals {
		if n := len(out); n > 0 && out[n-1].Node == t.node {
			out[n-1].visit(t, w.steps[w.parts[i].from:w.parts[i].to]) // loopback, or a bridge and its own stack
			continue
		}
		v := NodeView{Node: t.node, In: t.in(), Lost: w.a.rec.Lost[t.node]}
		rules := w.a.net.Rules(t.node)
		family := "ip"
		if p := &t.first().packet; p.Src.Is6() {
			family = "ip6"
		}
		if t.bridged() && !t.starts() {
			family = "bridge"
		}
		for _, name := range inetHooks {
			h := Hook{Name: name, Chains: rules.at(name, family, t.tracked())}
			if h.Chains == nil {
				h.Chains = []Chain{}
			}
			v.Hooks = append(v.Hooks, h)
		}
		v.visit(t, w.steps[w.parts[i].from:w.parts[i].to])
		out = append(out, v)
	}
	return out
}

// visit writes one traversal with its steps into the picture.
func (v *NodeView) visit(t *traversal, steps []Step) {
	for _, visit := range t.visits {
		if visit.packet.Oif != "" {
			v.Out = visit.packet.Oif
		}
	}
	v.mark(steps)
}

// bridged reports whether the packet went through the node as a frame.
func (t *traversal) bridged() bool {
	for _, v := range t.visits {
		if v.key.family == "bridge" {
			return true
		}
	}
	return false
}

// tracked reports whether an event shows that connection tracking is on in the node.
func (t *traversal) tracked() bool {
	for _, v := range t.visits {
		for i := range v.events {
			if v.events[i].CT != nil {
				return true
			}
		}
	}
	return false
}

// mark writes into the picture which hooks and chains the steps visited.
func (v *NodeView) mark(steps []Step) {
	for _, s := range steps {
		for i := range v.Hooks {
			h := &v.Hooks[i]
			if h.Name != s.Station.Hook {
				continue
			}
			h.Taken = true
			for j := range h.Chains {
				c := &h.Chains[j]
				switch {
				case c.Label == "conntrack" && s.CT != nil && s.Station.Priority >= conntrackPriority && c.Step == 0:
					c.Step, c.Verdict = s.N, s.CT.State
				case c.Label == "" && c.Station.Family == s.Station.Family && c.Station.Table == s.Station.Table &&
					c.Station.Chain == s.Station.Chain && s.Station.Chain != "":
					c.Step, c.Verdict = s.N, s.Event
				}
			}
		}
	}
}
