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
	facts := w.facts(t.node)
	switch {
	case v.end() == "drop":
		w.killed(p, t)
	case v.end() == "queue" || v.end() == "stolen":
		w.ended(p, Lost, w.place(v, "handed to "+v.end()+" and not seen again"), "LOST", Observed, byTrace)
	case !v.own():
		w.ended(p, Lost, w.place(v, "entered "+v.key.chain+", never left the hook"+facts.unseen()), "LOST", Inferred, byOrder)
	case v.key.chain == ChainRX:
		w.ended(p, Lost, Place{Node: t.node, Hook: "rx", Reason: fmt.Sprintf(
			"reached %s:%s, entered no hook behind it (not addressed to this device, or dropped by XDP, tc or the port's state)",
			t.node, v.packet.Iif)}, "LOST", Inferred, byOrder)
	case v.key.chain == ChainTX || t.hop != nil:
		w.onTheWire(p, t, facts)
	case strings.HasSuffix(v.key.chain, SuffixFirst):
		w.ended(p, Lost, w.place(v, "entered "+hookOf(v.key.chain)+", never left it"+facts.unseen()), "LOST", Inferred, byOrder)
	case v.key.family == "bridge" && hookOf(v.key.chain) == "input":
		w.ended(p, Lost, Place{Node: t.node, Hook: "input", Reason: "it was for the bridge itself, whose device did not receive it"},
			"LOST", Inferred, byOrder)
	case v.key.family == "bridge":
		w.ended(p, Lost, Place{Node: t.node, Hook: "route", Reason: "the bridge had no port to send it to"}, "LOST", Inferred, byOrder)
	case hookOf(v.key.chain) == "input":
		w.delivered(p, t, facts)
	case hookOf(v.key.chain) == "postrouting":
		w.noNeighbour(p, t, facts)
	default: // prerouting, forward, output: routing had the last word
		w.noRoute(p, t, facts)
	}
}

// byOrder is the reason for what is concluded from the events that were expected next and did not come.
const byOrder = "no event after it"

// facts are what was looked up on a node about this packet, empty if nothing was.
func (w *walk) facts(node string) *Facts {
	for i := range w.a.rec.Facts {
		if f := &w.a.rec.Facts[i]; f.Node == node && f.Reply == w.reply {
			return f
		}
	}
	return &Facts{Node: node}
}

// unseen names rules that no trace shows and that may have discarded the packet.
func (f *Facts) unseen() string {
	if len(f.Legacy) == 0 {
		return ""
	}
	return "; " + f.Node + " has iptables-legacy rules (" + strings.Join(f.Legacy, ", ") + "), which nft trace cannot see"
}

// ended writes the end of the path, with a step of its own for it. What is concluded from events that did not come is
// worth nothing on a node where events were lost.
func (w *walk) ended(p *Path, verdict Verdict, at Place, event string, proof Proof, by string) {
	if n := w.a.rec.Lost[at.Node]; n > 0 && verdict != Delivered && (proof == Inferred || at.Hook == "route") {
		at.Reason = fmt.Sprintf("%d trace events of %s were lost, so it may have gone on from there (without them: %s)", n, at.Node, at.Reason)
		verdict, event, proof, by = Error, "ERROR", Observed, "the tracer"
	}
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

// killed is the end by a rule or a policy: the last step has it already. The rule may be one that is not from the
// lab's files, so whether it refused shows in what the node sent.
func (w *walk) killed(p *Path, t *traversal) {
	step := &w.steps[len(w.steps)-1]
	if _, refused := w.answered(t.node); refused && !w.reply && step.Event == "DROP" {
		step.Event = "REJECT"
	}
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
	facts := w.facts(from)
	const bySocket = "the error of the socket"
	switch {
	case w.a.rec.Blind[from] != "":
		w.ended(p, Error, Place{Node: from, Reason: "not traced: " + w.a.rec.Blind[from]}, "ERROR", Observed, "the tracer")
	case sent.Errno == "network is unreachable", sent.Errno == "no route to host", // ENETUNREACH, EHOSTUNREACH
		sent.Errno == "permission denied", sent.Errno == "invalid argument": // EACCES of a prohibit route, EINVAL of a blackhole
		reason := fmt.Sprintf("no route to %s (%s)", w.a.rec.Probe.Dst, sent.Errno)
		if special(facts.RouteType) {
			reason = fmt.Sprintf("%s route to %s (%s)", facts.RouteType, w.a.rec.Probe.Dst, sent.Errno)
		}
		reason += facts.downText()
		w.ended(p, Drop, Place{Node: from, Hook: "route", Reason: reason}, "DROP", Observed, bySocket)
	case sent.Errno != "":
		w.ended(p, Error, Place{Node: from, Hook: "socket", Reason: "it could not be sent: " + sent.Errno}, "ERROR", Observed, bySocket)
	default:
		w.ended(p, Error, Place{Node: from, Hook: "socket", Reason: "it was sent, but no trace event shows it in output"}, "ERROR", Observed, byTrace)
	}
	packet := sent.Packet
	packet.ICMPType, _ = echoTypes(packet.Proto) // the socket knows no more than that it asks for an echo
	w.steps[len(w.steps)-1].Packet = packet
}

// special reports whether a route of this type discards what it is taken for.
func special(routeType string) bool {
	return routeType == "blackhole" || routeType == "unreachable" || routeType == "prohibit"
}

// onTheWire is the end between two devices.
func (w *walk) onTheWire(p *Path, t *traversal, facts *Facts) {
	h := t.hop
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
		if t.node != w.a.rec.Probe.From {
			at.Reason = fmt.Sprintf("%s took it, which did not ask", t.node)
			w.ended(p, Lost, at, "LOST", Observed, byTrace)
			return
		}
		if reason := w.strange(packet); reason != "" {
			at.Reason = reason
			verdict := Reject // TCP answers with a reset, UDP with port unreachable
			if packet.isEcho() {
				verdict = Drop
			}
			w.ended(p, verdict, at, string(verdict), Inferred, "its source is not what was asked, and the socket got no answer")
			return
		}
		w.ended(p, Delivered, at, "DELIVER", Observed, byTrace)
		return
	}
	answered, refused := w.answered(t.node)
	port := fmt.Sprintf("%s/%d", packet.Proto, packet.Dport)
	service := w.a.net.Service(t.node, packet.Proto, packet.Dport)
	const byAnswer = "its answer"
	switch {
	case packet.isEcho() && answered:
		at.Reason = "the kernel answers echo requests"
		w.ended(p, Delivered, at, "DELIVER", Observed, byAnswer)
	case packet.isEcho():
		at.Reason = "the kernel got the echo request and sent no reply"
		if facts.EchoIgnored {
			at.Reason += " (icmp echo_ignore_all is 1)"
		}
		w.ended(p, Delivered, at, "DELIVER", Observed, byTrace+": it left input")
	case refused:
		at.Reason = "no socket listens on " + port
		w.ended(p, Reject, at, "REJECT", Observed, byAnswer)
	case answered:
		at.Reason = orElse(service, port)
		w.ended(p, Delivered, at, "DELIVER", Observed, byAnswer)
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

// answered reports whether the node sent something back because of the packet, and whether that was a refusal.
func (w *walk) answered(node string) (answered, refused bool) {
	for _, t := range w.a.byNode[node] {
		if !t.starts() || !t.picked() || !w.isAnswer(t) {
			continue
		}
		p := &t.first().packet
		return true, p.IsICMPError() || p.HasFlag("rst")
	}
	return false, false
}

// noNeighbour is the end in front of a device: the next hop's link-layer address was not found.
func (w *walk) noNeighbour(p *Path, t *traversal, facts *Facts) {
	packet := w.last()
	by := "no egress event"
	reason := fmt.Sprintf("left postrouting, never sent on %s", packet.Oif)
	switch facts.Neighbour {
	case "incomplete", "failed", "none":
		what := "ARP"
		if packet.Dst.Is6() {
			what = "neighbour discovery"
		}
		reason = fmt.Sprintf("nobody answers %s for %s on %s (neighbour %s)", what, facts.NextHop, packet.Oif, facts.Neighbour)
		by += ", neighbour table"
		switch {
		case facts.LinkDown != "":
			reason += facts.downText()
			by += ", link state"
		case facts.NextHopOwner == "":
			reason += "; no node has this address in the lab's file"
		default:
			reason += "; " + facts.NextHopOwner + " has this address in the lab's file"
		}
	}
	w.ended(p, Lost, Place{Node: t.node, Hook: "neighbour", Reason: reason}, "LOST", Inferred, by)
}

// noRoute is the end at the routing decision.
func (w *walk) noRoute(p *Path, t *traversal, facts *Facts) {
	packet := w.last()
	reason, by := facts.refusal(packet, hookOf(t.last().key.chain))
	if by == byTTL && w.rounds(t.node) > 2 {
		reason += " in a routing loop"
	}
	reason += facts.downText()
	proof := Inferred
	if icmp := w.ownError(t.node); icmp != "" {
		proof, by = Observed, fmt.Sprintf("icmp %s from %s, %s", icmp, t.node, by)
	}
	w.ended(p, Drop, Place{Node: t.node, Hook: "route", Reason: reason}, "DROP", proof, by)
}

// rounds is how often the packet was on a node.
func (w *walk) rounds(node string) int {
	n := 0
	for _, t := range w.traversals {
		if t.node == node {
			n++
		}
	}
	return n
}

// downText names a link that is down, behind a reason.
func (f *Facts) downText() string {
	if f.LinkDown == "" {
		return ""
	}
	return "; " + f.LinkDown + " is down"
}

// byTTL is what a used up ttl is concluded from.
const byTTL = "ttl"

// refusal is why the routing decision behind a hook discards a packet, and what that is concluded from. The order is
// that of the kernel: ip_route_input_slow in net/ipv4/route.c, then the ttl in ip_forward.
func (f *Facts) refusal(p *Packet, hook string) (reason, by string) {
	const byFIB, byRPFilter = "FIB lookup", "rp_filter, FIB lookup"
	switch {
	case f.Forwarding != nil && !*f.Forwarding && f.RouteType != "local" && p.Dst.Is6():
		return fmt.Sprintf("%s does not forward (net.ipv6.conf.all.forwarding is 0), and %s is not its address", f.Node, p.Dst), "sysctl"
	case f.Forwarding != nil && !*f.Forwarding && f.RouteType != "local":
		return fmt.Sprintf("%s does not forward (net.ipv4.ip_forward is 0), and %s is not its address", f.Node, p.Dst), "sysctl"
	case special(f.RouteType):
		return fmt.Sprintf("%s route to %s", f.RouteType, p.Dst), byFIB
	case strings.Contains(f.RouteErr, "unreachable") || strings.Contains(f.RouteErr, "no route"):
		return "no route to " + p.Dst.String(), byFIB
	case f.RPFilter > 0 && f.ReverseErr != "":
		return fmt.Sprintf("rp_filter: %s came in on %s, but there is no route back to it", p.Src, p.Iif), byRPFilter
	case f.RPFilter == 1 && f.ReverseDev != "" && f.ReverseDev != p.Iif:
		return fmt.Sprintf("rp_filter: %s came in on %s, but the route back to it is dev %s", p.Src, p.Iif, f.ReverseDev), byRPFilter
	case f.Martian:
		return fmt.Sprintf("martian source: %s came in on %s, but it is an address of %s itself", p.Src, p.Iif, f.Node), byFIB
	case f.RouteErr != "":
		return fmt.Sprintf("route to %s: %s", p.Dst, f.RouteErr), byFIB
	case p.TTL <= 1 && hook == "prerouting" && f.RouteType != "local":
		return fmt.Sprintf("ttl %d is used up", p.TTL), byTTL
	}
	return "the routing decision discarded it" + f.unseen(), byOrder
}

// Decided reports whether what was looked up explains the end of the path by itself: waiting longer would bring nothing.
func (p *Path) Decided(f *Facts) bool {
	if p.At == nil || len(p.Steps) == 0 {
		return false
	}
	last := &p.Steps[len(p.Steps)-1].Packet
	switch p.At.Hook {
	case "route":
		_, by := f.refusal(last, "prerouting")
		return by != byOrder
	case "link":
		return f.LinkDown != ""
	case "neighbour":
		return f.NextHop != "" && f.Neighbour != "reachable" && (f.NextHopOwner == "" || f.LinkDown != "")
	}
	return false
}

// ownError is the ICMP error that the node itself sent about the packet, "" if none was seen.
func (w *walk) ownError(node string) string {
	for _, t := range w.a.byNode[node] {
		if p := &t.first().packet; t.starts() && t.picked() && p.IsICMPError() {
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
