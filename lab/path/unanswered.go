package path

import (
	"fmt"
	"strings"
)

// awaitsAnswer reports whether what was delivered should be answered: an echo request, the handshake of TCP, and what a
// service that echoes gets. Of other datagrams nobody knows.
func (w *walk) awaitsAnswer() bool {
	p := w.last()
	switch {
	case p.Proto == "tcp", p.isEchoRequest():
		return true
	}
	node := w.traversals[len(w.traversals)-1].node
	return strings.HasPrefix(w.a.net.Service(node, p.Proto, p.Dport), "echo:")
}

// unanswered is the way back of an answer that was never seen: one step, on the node that should have sent it.
func (w *walk) unanswered() *Path {
	last := &w.steps[len(w.steps)-1]
	asked := &last.Packet
	node := last.Node
	facts := w.facts(node)
	at := Place{Node: node, Hook: "socket", Reason: "it sent no answer" + facts.unseen()}
	verdict, proof, by := Lost, Inferred, "no answer in output"
	switch {
	case w.a.rec.Lost[node] > 0:
		verdict, proof, by = Error, Observed, "the tracer"
		at.Reason = fmt.Sprintf("%d trace events of %s were lost, so it may have answered", w.a.rec.Lost[node], node)
	case facts.EchoIgnored:
		verdict, by = Drop, "sysctl"
		at.Reason = "icmp echo_ignore_all is 1"
	case special(facts.ReverseType):
		verdict, by, at.Hook = Drop, "FIB lookup", "route"
		at.Reason = fmt.Sprintf("%s route to %s", facts.ReverseType, asked.Src)
	case facts.ReverseErr != "":
		verdict, by, at.Hook = Drop, "FIB lookup", "route"
		at.Reason = "no route to " + asked.Src.String()
	}
	packet := Packet{Src: asked.Dst, Dst: asked.Src, Proto: asked.Proto, Sport: asked.Dport, Dport: asked.Sport, ICMPID: asked.ICMPID}
	_, packet.ICMPType = echoTypes(packet.Proto)
	p := &Path{V: Version, Lab: w.a.net.Lab(), Verdict: verdict, At: &at, Nodes: []string{node}, Toward: w.a.net.Owner(packet.Dst),
		Changes: []Change{}, NearMiss: []NearMiss{}}
	p.Probe = Probe{From: node, To: w.a.rec.Probe.From, Node: w.a.rec.Probe.From, Src: packet.Src, Dst: packet.Dst,
		Proto: packet.Proto, Sport: packet.Sport, Dport: packet.Dport}
	p.Steps = []Step{{N: 1, Node: node, At: last.At, Station: Station{Kind: stationKind(at.Hook), Hook: at.Hook}, Event: string(verdict),
		Detail: at.Reason, Proof: proof, By: by, Packet: packet}}
	p.Proof = ProofList{Observed: []string{}, Inferred: []string{}}
	if proof == Inferred {
		p.Proof.Inferred = append(p.Proof.Inferred, fmt.Sprintf("%s at %s (%s)", strings.ToLower(string(verdict)), node, by))
	}
	return p
}

// Unsent reports whether p, a reply, is only the conclusion that nothing was sent: no event shows it.
func (p *Path) Unsent() bool { return len(p.Steps) == 1 }

// strange says why the sender's socket does not take an answer: it comes from another place than was asked, because
// nothing translated it back. It is "" for one that it takes. What the socket says that it got is right.
func (w *walk) strange(p *Packet) string {
	asked := &w.a.rec.Probe
	if w.a.rec.Sent.Answer != "" || p.IsICMPError() || !asked.Dst.IsValid() || asked.Dst.IsMulticast() {
		return ""
	}
	const untranslated = ": no NAT translated it back"
	id := w.a.rec.Sent.Packet.ICMPID
	switch {
	case p.Src != asked.Dst || p.Sport != asked.Dport:
		return fmt.Sprintf("comes from %s, but %s asked %s", p.Source(), asked.From, hostPort(asked.Dst, asked.Dport)) + untranslated
	case p.Dport != asked.Sport:
		return fmt.Sprintf("comes to port %d, but %s asked from port %d", p.Dport, asked.From, asked.Sport) + untranslated
	case p.isEcho() && id != 0 && p.ICMPID != id:
		return fmt.Sprintf("has icmp id %d, but %s asked with %d", p.ICMPID, asked.From, id) + untranslated
	}
	return ""
}
