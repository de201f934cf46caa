package path

import (
	"fmt"
	"net"
	"slices"
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

// ctOf reads the conntrack attributes of a trace event. The state has one bit per ctinfo,
// NF_CT_STATE_BIT in include/net/netfilter/nf_conntrack.h; the status has the IPS_* bits.
func ctOf(e *Event) *CT {
	if e.CT == nil {
		return nil
	}
	ct := &CT{ID: e.CT.ID, Proof: Observed}
	for _, s := range []struct {
		bit  uint32
		name string
	}{{1, "invalid"}, {2, "established"}, {4, "related"}, {8, "new"}, {64, "untracked"}} {
		if e.CT.State&s.bit != 0 {
			ct.State = s.name
		}
	}
	if e.CT.ID != 0 {
		ct.Direction = "original"
		if e.CT.Direction == 1 {
			ct.Direction = "reply"
		}
	}
	var status []string
	for _, s := range []struct {
		bit  uint32
		name string
	}{{1 << 0, "expected"}, {1 << 1, "seen-reply"}, {1 << 2, "assured"}, {1 << 3, "confirmed"}, {1 << 4, "snat"},
		{1 << 5, "dnat"}, {1 << 9, "dying"}} {
		if e.CT.Status&s.bit != 0 {
			status = append(status, s.name)
		}
	}
	ct.Status = strings.Join(status, ",")
	return ct
}
