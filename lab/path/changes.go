package path

import (
	"fmt"
	"net"
	"slices"
	"strings"

	"github.com/hookwalk/hookwalk/topology/nft"
)

// early takes out of changes those that the first rule made that matched in a user's chain. The kernel fills the
// headers into the first event of a chain, and sends it when a rule has run: what that rule wrote shows there already
// (nft_trace_notify, net/netfilter/nf_tables_trace.c).
func (s *stepper) early(v *visit, changes []Change) (early, rest []Change) {
	rule := s.rules.found(&v.events[0])
	if v.own() || rule == nil {
		return nil, changes
	}
	for _, c := range changes {
		assigns := slices.ContainsFunc(rule.Stmts, func(stmt nft.Stmt) bool {
			a, ok := stmt.(*nft.Assign)
			return ok && a.Target.String() == c.Field
		})
		if assigns {
			c.Node, c.Hook = s.t.node, s.hook
			early = append(early, c)
		} else {
			rest = append(rest, c)
		}
	}
	return early, rest
}

// attribute gives the changes that show in the headers of v to what made them: a rule of the chain visited
// before, or connection tracking. What it returns is left for the routing decision.
func (s *stepper) attribute(changes []Change, v *visit) []Change {
	wrote := s.wrote
	s.wrote = nil
	if len(changes) == 0 {
		return nil
	}
	for i := range changes {
		changes[i].Node, changes[i].Hook = s.t.node, s.hook
	}
	routing := changes[:0:0]
	var own []Change
	for _, c := range changes {
		if (c.Field == "ip ttl" || c.Field == "ip6 hoplimit") && v.own() && v.key.chain == "forward"+SuffixFirst {
			c.Hook = "route"
			routing = append(routing, c)
		} else {
			own = append(own, c)
		}
	}
	if len(own) == 0 {
		return routing
	}
	if rule, ok := s.writer(wrote, own); ok {
		step := &s.steps[len(s.steps)-1]
		step.change(own, &rule, wrote.key)
		oif := step.Packet.Oif
		step.Packet = v.packet
		step.Packet.Oif = oif
		return routing
	}
	// Nobody's rule: conntrack rewrites replies and the later packets of a flow from what it remembers.
	for i := range own {
		own[i].Rule = s.undone(&own[i])
	}
	_, detail := changeWords(own, "")
	step := s.add(v, Station{Kind: KindConntrack, Hook: s.hook}, "NAT", detail)
	step.Changes, step.Proof = own, Observed
	if r := own[0].Rule; r != nil {
		step.Rule = r
		step.Detail += ", undoing " + r.Text
	}
	return routing
}

// change writes into a chain's step what a rule of it changed. That a packet was discarded is more important.
func (s *Step) change(changes []Change, rule *Rule, chain chainKey) {
	for i := range changes {
		changes[i].Rule = rule
		changes[i].Chain = chainName(chain)
	}
	s.Changes = append(s.Changes, changes...)
	if s.Event != "DROP" && s.Event != "REJECT" {
		s.Rule = rule
		s.Event, s.Detail = changeWords(s.Changes, rule.Text)
	}
}

// writer is the rule in a chain just visited that made the changes: the last one that matched and that writes
// anything, or else the last one that nobody knows.
func (s *stepper) writer(v *visit, changes []Change) (Rule, bool) {
	if v == nil {
		return Rule{}, false
	}
	nat := slices.ContainsFunc(changes, func(c Change) bool { return c.Field != "meta mark" })
	var foreign *Event
	for i := len(v.events) - 1; i >= 0; i-- {
		e := &v.events[i]
		switch {
		case e.Type != EventRule || e.Handle == 0:
		case s.rules.writes(e, nat):
			return s.rules.rule(e)
		case foreign == nil && s.rules.found(e) == nil:
			foreign = e
		}
	}
	if foreign == nil {
		return Rule{}, false
	}
	return s.rules.rule(foreign)
}

// undone is the rule whose rewriting of the packet on its way there is reversed by c on the way back.
func (s *stepper) undone(c *Change) *Rule {
	if s.w.forward == nil {
		return nil
	}
	for _, step := range s.w.forward.steps {
		for _, f := range step.Changes {
			if f.Node == c.Node && f.Rule != nil && f.From == c.To && f.To == c.From {
				return f.Rule
			}
		}
	}
	return nil
}

// changeWords names a set of changes in an event word and a short text: DNAT, "dst 203.0.113.1:8080 -> 10.0.2.10:80".
func changeWords(changes []Change, rule string) (event, detail string) {
	var src, dst endChange
	var rest []string
	for i := range changes {
		c := &changes[i]
		switch field := c.Field[strings.LastIndexByte(c.Field, ' ')+1:]; field {
		case "saddr":
			src.addr = c
		case "sport":
			src.port = c
		case "daddr":
			dst.addr = c
		case "dport":
			dst.port = c
		default:
			rest = append(rest, fmt.Sprintf("%s %s -> %s", c.Field, c.From, c.To))
		}
	}
	var parts []string
	if s := dst.String(); s != "" {
		event = "DNAT"
		if strings.Contains(rule, "redirect") {
			event = "REDIRECT"
		}
		parts = append(parts, "dst "+s)
	}
	if s := src.String(); s != "" {
		if event == "" {
			event = "SNAT"
		}
		parts = append(parts, "src "+s)
	}
	if event == "" {
		event = "CHANGE"
		if strings.HasPrefix(changes[0].Field, "meta mark") {
			event = "MARK"
		}
	}
	return event, strings.Join(append(parts, rest...), ", ")
}

// endChange is what changed of one end of a flow.
type endChange struct{ addr, port *Change }

func (e endChange) String() string {
	switch {
	case e.addr == nil && e.port == nil:
		return ""
	case e.addr == nil:
		return "port " + e.port.From + " -> " + e.port.To
	case e.port == nil:
		return e.addr.From + " -> " + e.addr.To
	}
	return net.JoinHostPort(e.addr.From, e.port.From) + " -> " + net.JoinHostPort(e.addr.To, e.port.To)
}

func chainName(k chainKey) string { return k.family + " " + k.table + " " + k.chain }
