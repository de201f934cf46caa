package path

import (
	"fmt"
	"strings"
)

// ending finds out where the packet ended and writes verdict, place and the last step.
func (w *walk) ending(p *Path) {
	if len(w.traversals) == 0 {
		w.neverSent(p)
		return
	}
	t := w.traversals[len(w.traversals)-1]
	v := t.last()
	facts := w.a.facts(t.node)
	switch {
	case v.end() == "drop":
		w.killed(p)
	case v.end() == "queue" || v.end() == "stolen":
		w.ended(p, Lost, w.place(v, "handed to "+v.end()+" and not seen again"), "LOST", Observed, byTrace)
	case !v.own():
		w.ended(p, Lost, w.place(v, "entered "+v.key.chain+", never left the hook"), "LOST", Inferred, "order of events")
	case v.key.chain == ChainRX:
		w.ended(p, Lost, Place{Node: t.node, Hook: "rx", Reason: fmt.Sprintf(
			"reached %s:%s, entered no hook behind it (not addressed to this device, or dropped by XDP, tc or a netdev chain)",
			t.node, v.packet.Iif)}, "LOST", Inferred, "order of events")
	case v.key.chain == ChainTX:
		w.onTheWire(p, facts)
	case strings.HasSuffix(v.key.chain, SuffixFirst):
		w.ended(p, Lost, w.place(v, "entered "+hookOf(v.key.chain)+", never left it"), "LOST", Inferred, "order of events")
	case v.key.family == "bridge":
		w.ended(p, Lost, Place{Node: t.node, Hook: hookOf(v.key.chain),
			Reason: "the bridge had no port to send it to"}, "LOST", Inferred, "order of events")
	case hookOf(v.key.chain) == "input":
		w.delivered(p, t, facts)
	case hookOf(v.key.chain) == "postrouting":
		w.noNeighbour(p, t, facts)
	default: // prerouting, forward, output: routing had the last word
		w.noRoute(p, t, facts)
	}
}

// facts are what was looked up on a node, empty if nothing was.
func (a *assembler) facts(node string) *Facts {
	for i := range a.rec.Facts {
		if a.rec.Facts[i].Node == node {
			return &a.rec.Facts[i]
		}
	}
	return &Facts{Node: node}
}

// ended writes the end of the path, with a step of its own for it.
func (w *walk) ended(p *Path, verdict Verdict, at Place, event string, proof Proof, by string) {
	p.Verdict, p.At = verdict, &at
	step := Step{Node: at.Node, Station: Station{Kind: stationKind(at.Hook), Hook: at.Hook}, Event: event,
		Detail: at.Reason, Proof: proof, By: by, Rule: at.Rule}
	if n := len(w.steps); n > 0 {
		step.At = w.steps[n-1].At
		step.Packet = w.steps[n-1].Packet
	}
	w.steps = append(w.steps, step)
}

func stationKind(hook string) StationKind {
	switch hook {
	case "route":
		return KindRoute
	case "neighbour":
		return KindNeighbour
	case "socket":
		return KindSocket
	case "rx", "tx", "link":
		return KindDevice
	}
	return KindHook
}

// place is a hook of the traversal's node, without a rule.
func (w *walk) place(v *visit, reason string) Place {
	at := Place{Node: w.traversals[len(w.traversals)-1].node, Hook: hookOf(v.key.chain), Reason: reason}
	if !v.own() {
		at.Table, at.Chain = v.key.family+" "+v.key.table, v.key.chain
		if n := len(w.steps); n > 0 {
			at.Hook = w.steps[n-1].Station.Hook
		}
	}
	return at
}

// killed is the end by a rule or a policy: the last step has it already.
func (w *walk) killed(p *Path) {
	step := &w.steps[len(w.steps)-1]
	p.Verdict = Drop
	if step.Event == "REJECT" {
		p.Verdict = Reject
	}
	st := &step.Station
	p.At = &Place{Node: step.Node, Hook: st.Hook, Table: st.Family + " " + st.Table, Chain: st.Chain,
		Rule: step.Rule, Reason: step.Detail}
}

// neverSent is the end of a probe that did not even enter output.
func (w *walk) neverSent(p *Path) {
	from := w.start
	p.Nodes = []string{from}
	sent := &w.a.rec.Sent
	facts := w.a.facts(from)
	switch {
	case w.a.rec.Blind[from] != "":
		w.ended(p, Error, Place{Node: from, Reason: "not traced: " + w.a.rec.Blind[from]}, "ERROR", Observed, "the tracer")
	case sent.Errno != "" && (facts.RouteErr != "" || strings.Contains(sent.Errno, "unreachable")):
		w.ended(p, Drop, Place{Node: from, Hook: "route", Reason: fmt.Sprintf("no route to %s (%s)", w.a.rec.Probe.Dst, sent.Errno)},
			"DROP", Observed, "the error of the socket")
	case sent.Errno != "":
		w.ended(p, Error, Place{Node: from, Hook: "socket", Reason: "it could not be sent: " + sent.Errno}, "ERROR", Observed, "the error of the socket")
	default:
		w.ended(p, Error, Place{Node: from, Hook: "socket", Reason: "it was sent, but no trace event shows it in output"}, "ERROR", Observed, byTrace)
	}
	w.steps[len(w.steps)-1].Packet = sent.Packet
}

// onTheWire is the end between two devices.
func (w *walk) onTheWire(p *Path, facts *Facts) {
	h := w.lastHop
	left := h.node + ":" + h.dev
	switch {
	case !h.ok:
		w.ended(p, Lost, Place{Node: h.node, Hook: "link", Reason: "left " + left + ", which has no cable"}, "LOST", Inferred, "the topology")
	case w.a.rec.Blind[h.peerNode] != "":
		w.ended(p, Error, Place{Node: h.peerNode, Hook: "link", Reason: fmt.Sprintf("left %s; %s is not traced: %s", left, h.peerNode,
			w.a.rec.Blind[h.peerNode])}, "ERROR", Observed, "the tracer")
	case w.a.rec.Lost[h.peerNode] > 0:
		w.ended(p, Error, Place{Node: h.peerNode, Hook: "link", Reason: fmt.Sprintf("left %s; %d trace events of %s were lost, so its arrival is unknown",
			left, w.a.rec.Lost[h.peerNode], h.peerNode)}, "ERROR", Observed, "the tracer")
	default:
		reason := fmt.Sprintf("left %s, never reached %s:%s", left, h.peerNode, h.peerDev)
		by := "no event at the other end of the cable"
		if facts.LinkDown != "" {
			reason += ": " + facts.LinkDown + " is down"
			by += ", link state"
		}
		w.ended(p, Lost, Place{Node: h.node, Hook: "link", Reason: reason}, "LOST", Inferred, by)
	}
}

// delivered is the end at a socket of the node, or at the node's own ICMP.
func (w *walk) delivered(p *Path, t *traversal, facts *Facts) {
	packet := w.last()
	at := Place{Node: t.node, Hook: "socket"}
	if w.reply {
		at.Reason = "back at the sender"
		w.ended(p, Delivered, at, "DELIVER", Observed, byTrace)
		return
	}
	answered, reset := w.answered(t.node)
	port := fmt.Sprintf("%s/%d", packet.Proto, packet.Dport)
	service := w.a.net.Service(t.node, packet.Proto, packet.Dport)
	switch {
	case packet.isEcho():
		at.Reason = "the kernel answers echo requests"
		proof := Inferred
		if answered {
			proof = Observed
		}
		w.ended(p, Delivered, at, "DELIVER", proof, byTrace)
	case reset:
		at.Reason = "no socket listens on " + port
		w.ended(p, Reject, at, "REJECT", Observed, "the answer of "+t.node)
	case answered:
		at.Reason = orElse(service, port)
		w.ended(p, Delivered, at, "DELIVER", Observed, "the answer of "+t.node)
	case facts.Listened && facts.Listener == "":
		at.Reason = "no socket listens on " + port
		w.ended(p, Reject, at, "REJECT", Inferred, "the sockets of "+t.node)
	case facts.Listener != "":
		at.Reason = orElse(service, facts.Listener)
		w.ended(p, Delivered, at, "DELIVER", Inferred, "the sockets of "+t.node)
	default:
		at.Reason = port
		w.ended(p, Delivered, at, "DELIVER", Observed, byTrace+": it left input")
	}
}

// answered reports whether the node sent something back after the packet, and whether that was a refusal.
func (w *walk) answered(node string) (answered, reset bool) {
	for _, t := range w.a.byNode[node] {
		if t.first().key.chain != "output"+SuffixFirst || !w.isAnswer(t) {
			continue
		}
		p := &t.first().packet
		if p.IsICMPError() || p.HasFlag("rst") {
			return true, true
		}
		return true, false
	}
	return false, false
}

// noNeighbour is the end in front of a device: the next hop's link-layer address was not found.
func (w *walk) noNeighbour(p *Path, t *traversal, facts *Facts) {
	packet := w.last()
	by := "no egress event"
	reason := fmt.Sprintf("left postrouting, never sent on %s", packet.Oif)
	if facts.NextHop != "" && facts.Neighbour != "" && facts.Neighbour != "reachable" {
		what := "ARP"
		if packet.Dst.Is6() {
			what = "neighbour discovery"
		}
		reason = fmt.Sprintf("nobody answers %s for %s on %s (neighbour %s)", what, facts.NextHop, packet.Oif, facts.Neighbour)
		by += ", neighbour table"
	}
	w.ended(p, Lost, Place{Node: t.node, Hook: "neighbour", Reason: reason}, "LOST", Inferred, by)
}

// noRoute is the end at the routing decision.
func (w *walk) noRoute(p *Path, t *traversal, facts *Facts) {
	packet := w.last()
	by, proof := "FIB lookup", Inferred
	reason := "the routing decision discarded it"
	switch {
	case packet.TTL <= 1 && hookOf(t.last().key.chain) == "prerouting" && facts.RouteType != "local":
		reason, by = fmt.Sprintf("ttl %d is used up", packet.TTL), "ttl"
	case facts.Forwarding != nil && !*facts.Forwarding && facts.RouteType != "local":
		reason, by = fmt.Sprintf("%s does not forward (ip_forward is 0) and %s is not its address", t.node, packet.Dst), "sysctl"
		if packet.Dst.Is6() {
			reason = fmt.Sprintf("%s does not forward (ipv6 forwarding is 0) and %s is not its address", t.node, packet.Dst)
		}
	case facts.ReverseErr != "" && facts.RPFilter > 0:
		reason = fmt.Sprintf("rp_filter: %s came in on %s, but there is no route back to it", packet.Src, packet.Iif)
		by = "rp_filter, FIB lookup"
	case facts.RPFilter == 1 && facts.ReverseDev != "" && facts.ReverseDev != packet.Iif:
		reason = fmt.Sprintf("rp_filter: %s came in on %s, but the route back to it is dev %s", packet.Src, packet.Iif, facts.ReverseDev)
		by = "rp_filter, FIB lookup"
	case strings.Contains(facts.RouteErr, "unreachable"):
		reason = "no route to " + packet.Dst.String()
	case facts.RouteErr != "":
		reason = fmt.Sprintf("route to %s: %s", packet.Dst, facts.RouteErr)
	case facts.RouteType == "blackhole" || facts.RouteType == "unreachable" || facts.RouteType == "prohibit":
		reason = fmt.Sprintf("%s route to %s", facts.RouteType, packet.Dst)
	}
	if icmp := w.ownError(t.node); icmp != "" {
		proof, by = Observed, fmt.Sprintf("%s, %s sent icmp %s", by, t.node, icmp)
	}
	w.ended(p, Drop, Place{Node: t.node, Hook: "route", Reason: reason}, "DROP", proof, by)
}

// ownError is the ICMP error that the node itself sent about the packet, "" if none was seen.
func (w *walk) ownError(node string) string {
	for _, t := range w.a.byNode[node] {
		p := &t.first().packet
		if t.first().key.chain == "output"+SuffixFirst && p.IsICMPError() {
			return ICMPName(p.Proto, p.ICMPType, p.ICMPCode)
		}
	}
	return ""
}

func orElse(s, other string) string {
	if s != "" {
		return s
	}
	return other
}

// conclude settles what depends on the answer too.
func (w *walk) conclude(p *Path) {
	if p.Reply != nil && p.Reply.Steps == nil {
		p.Reply = nil
	}
}
