package path

import (
	"maps"
	"slices"
	"strings"
	"time"
)

// Assemble makes the path of a probe from what was recorded. It is deterministic and never fails: what does not
// fit together is an ERROR verdict that says why. The recording is not kept.
func Assemble(net Network, rec *Recording) *Path {
	a := &assembler{net: net, rec: rec, byNode: map[string][]*traversal{}}
	events := map[string][]Event{}
	for _, e := range rec.Events {
		events[e.Node] = append(events[e.Node], e)
		a.reportsCT = a.reportsCT || e.CT != nil
	}
	for node, list := range events {
		a.byNode[node] = segment(list)
	}
	p := a.original()
	for _, n := range rec.Lost {
		p.Lost += n
	}
	return p
}

// assembler walks one recording.
type assembler struct {
	net       Network
	rec       *Recording
	byNode    map[string][]*traversal
	reportsCT bool // this kernel says in its events what connection tracking knows
}

// original assembles the probe itself, and then what was sent back.
func (a *assembler) original() *Path {
	w := a.walk(a.rec.Probe.From, a.isProbe)
	p := w.finish()
	p.Probe = a.rec.Probe
	p.Answer = a.answer()
	if node, ok := w.answerer(); ok {
		back := a.walk(node, w.isAnswer)
		if len(back.traversals) > 0 {
			back.reply, back.forward = true, w
			p.Reply = back.finish()
			p.Reply.Probe = a.replyProbe(node, back)
		} else if p.Verdict == Delivered && w.awaitsAnswer() {
			p.Reply = w.unanswered()
		}
	}
	p.notLater()
	return p
}

// notLater corrects the times of the steps: an event is read some time after it happened, on each node another time,
// so it happened no later than any event behind it was read.
func (p *Path) notLater() {
	var limit time.Duration
	if p.Reply != nil {
		p.Reply.notLater()
		limit = p.Reply.Steps[0].At
	} else {
		limit = p.Steps[len(p.Steps)-1].At
	}
	for i := len(p.Steps) - 1; i >= 0; i-- {
		limit = min(limit, p.Steps[i].At)
		p.Steps[i].At = limit
	}
}

// replyProbe describes the packet that came back.
func (a *assembler) replyProbe(node string, back *walk) Probe {
	first := back.traversals[0].first().packet
	return Probe{From: node, To: a.rec.Probe.From, Node: a.rec.Probe.From, Src: first.Src, Dst: first.Dst,
		Proto: first.Proto, Sport: first.Sport, Dport: first.Dport}
}

// isProbe recognises the probe where it leaves its socket, among what the tracer's rules recognise.
func (a *assembler) isProbe(t *traversal) bool {
	p := &t.first().packet
	q := &a.rec.Probe
	switch q.Proto {
	case "tcp":
		return p.HasFlag("syn") && !p.HasFlag("ack") && p.Seq == a.rec.ISN
	case "udp":
		return p.Proto == "udp" && p.Dport == q.Dport && p.Dst == q.Dst
	}
	return p.isEchoRequest()
}

// answer is what the sender got back, in words.
func (a *assembler) answer() string {
	s := &a.rec.Sent
	switch {
	case s.ICMP != "" && s.From != "":
		return "icmp " + s.ICMP + " from " + s.From
	case s.Answer != "":
		return s.Answer
	case s.Errno == "invalid argument": // fib_props, net/ipv4/fib_semantics.c
		return s.Errno + " (EINVAL: the kernel's error for a blackhole route)"
	}
	return s.Errno
}

// walk is the way of one packet: its traversals in order, with the cables between them.
type walk struct {
	a          *assembler
	start      string // node
	traversals []*traversal
	parts      []part // the steps of each traversal
	reply      bool
	forward    *walk // of a reply: the walk it answers
	steps      []Step
	dropped    *evaluated   // the rules of the chain that discarded it, nil if none did or if they are not known
	dnat       []*evaluated // those of the nat chains that it met on the node where it ended, on the way in
}

// part says which of the walk's steps belong to one traversal: from is the first, to is behind the last.
type part struct{ from, to int }

// hop is one crossing from a device to the one at the other end of its cable.
type hop struct {
	node, dev         string
	peerNode, peerDev string
	ok                bool // the device has a cable
	unseen            bool // the peer was not traced, and the packet was seen again behind it
}

// walk follows the first packet that starts at a socket of node and that is the right one. A bridge sends its own
// packets past the IP hooks.
func (a *assembler) walk(node string, is func(*traversal) bool) *walk {
	w := &walk{a: a, start: node}
	t := a.take(node, func(t *traversal) bool { return t.starts() && is(t) })
	if t != nil {
		w.traversals = a.follow(t)
	}
	return w
}

// take finds the first traversal of a node that is not yet part of a path. A traversal counts if the tracer's own rule
// recognised the packet: others, of a tracer that looks at the same time, look alike. Where events were lost, the one
// that says so may be among them.
func (a *assembler) take(node string, is func(*traversal) bool) *traversal {
	for _, t := range a.byNode[node] {
		if !t.used && (t.picked() || a.rec.Lost[node] > 0) && is(t) {
			t.used = true
			return t
		}
	}
	return nil
}

// follow lists the traversals of a packet from t on. Where a bridge floods it, the way that leads furthest counts: the
// copies end at devices that they are not addressed to.
func (a *assembler) follow(t *traversal) []*traversal {
	var best []*traversal
	for _, b := range a.copies(t) {
		list := []*traversal{b}
		if n := a.next(b); n != nil {
			list = append(list, a.follow(n)...)
		}
		if best == nil || further(list, best) {
			best = list
		}
	}
	return best
}

func further(a, b []*traversal) bool {
	if x, y := a[len(a)-1].ignored(), b[len(b)-1].ignored(); x != y {
		return y
	}
	return len(a) > len(b)
}

// copies are t and, in a bridge that sends a packet to several ports, its clones, which have a trace id of their own
// and begin at the hook forward.
func (a *assembler) copies(t *traversal) []*traversal {
	out := []*traversal{t}
	split := t.index("bridge", "forward"+SuffixFirst)
	if split <= 0 {
		return out
	}
	for _, c := range a.byNode[t.node] {
		if !c.used && c.first().key == t.visits[split].key && same(&c.first().packet, &t.visits[split].packet) {
			c.used = true
			out = append(out, &traversal{node: t.node, id: t.id, used: true,
				visits: append(slices.Clone(t.visits[:split]), c.visits...)})
		}
	}
	return out
}

// next is the traversal in which the packet goes on after t, nil if it was not seen again.
func (a *assembler) next(t *traversal) *traversal {
	last := t.last()
	packet := &last.packet
	switch {
	case last.end() == "drop":
		return nil
	case last.key.family == "bridge" && last.key.chain == "input"+SuffixLast:
		// the bridge device receives what was for its own address
		return a.take(t.node, func(n *traversal) bool {
			return n.first().key.chain == ChainRX && n.first().packet.Iif != t.in() && same(&n.first().packet, packet)
		})
	case last.key.chain == ChainRX:
		// a device that sits on this one, or that this one belongs to, receives it again
		return a.take(t.node, func(n *traversal) bool {
			return n.first().key.chain == ChainRX && n.in() != t.in() && same(&n.first().packet, packet)
		})
	case last.key.chain == "prerouting"+SuffixLast:
		// a VRF receives again what came in by one of its members
		return a.take(t.node, func(n *traversal) bool {
			return n.first().key.chain == "prerouting"+SuffixFirst && n.in() != t.in() && same(&n.first().packet, packet)
		})
	case last.key.chain == "postrouting"+SuffixLast && packet.Oif == "lo":
		return a.take(t.node, func(n *traversal) bool {
			return n.first().key.chain == "prerouting"+SuffixFirst && same(&n.first().packet, packet)
		})
	case last.key.chain == "postrouting"+SuffixLast && !a.leftUnseen(t):
		return a.untold(t)
	case last.key.chain != ChainTX && !a.leftUnseen(t):
		return nil
	}
	h := &hop{node: t.node, dev: packet.Oif}
	h.peerNode, h.peerDev, h.ok = a.net.Peer(t.node, packet.Oif)
	t.hop = h
	if !h.ok {
		n := a.beyond(t.node, packet)
		if n != nil {
			h.peerNode, h.peerDev, h.ok = n.node, n.in(), true
		}
		return n
	}
	if a.rec.Blind[h.peerNode] != "" {
		n := a.behind(h.peerNode, packet)
		h.unseen = n != nil
		return n
	}
	return a.take(h.peerNode, func(n *traversal) bool {
		return n.in() == h.peerDev && same(&n.first().packet, packet)
	})
}

// untold looks at the other end of the cable for a packet whose leaving was not reported: the kernel does not tell of one
// that has a VLAN tag beside it (nf_trace_fill_ll_header, net/netfilter/nf_tables_trace.c). If it is not there, it did not
// leave.
func (a *assembler) untold(t *traversal) *traversal {
	packet := &t.last().packet
	h := &hop{node: t.node, dev: packet.Oif}
	if packet.Oif == "" {
		return nil
	}
	var n *traversal
	if h.peerNode, h.peerDev, h.ok = a.net.Peer(t.node, packet.Oif); h.ok {
		n = a.take(h.peerNode, func(n *traversal) bool { return n.in() == h.peerDev && same(&n.first().packet, packet) })
	}
	if n == nil { // it left by a member of a bond; or IPsec has put it into another one, which is opened behind some routers
		if n = a.emerges(t.node, packet, func(*traversal) bool { return true }); n != nil {
			h.peerNode, h.peerDev, h.ok = n.node, n.in(), true
		}
	}
	if n != nil {
		t.hop = h
	}
	return n
}

// emerges looks for a packet that comes in at another node as it was.
func (a *assembler) emerges(from string, p *Packet, where func(*traversal) bool) *traversal {
	for _, node := range slices.Sorted(maps.Keys(a.byNode)) {
		if node == from {
			continue
		}
		t := a.take(node, func(n *traversal) bool {
			return n.first().key.chain == ChainRX && same(&n.first().packet, p) && where(n)
		})
		if t != nil {
			return t
		}
	}
	return nil
}

// beyond looks for the packet where it comes out of a tunnel: at a device of another node that has no cable either.
func (a *assembler) beyond(from string, p *Packet) *traversal {
	return a.emerges(from, p, func(n *traversal) bool {
		_, _, cable := a.net.Peer(n.node, n.in())
		return !cable
	})
}

// behind looks for the packet where it comes out of a node that was not traced. That node may have rewritten one end of
// it, but not what makes it the probe.
func (a *assembler) behind(blind string, p *Packet) *traversal {
	for _, node := range slices.Sorted(maps.Keys(a.byNode)) {
		t := a.take(node, func(n *traversal) bool {
			q := &n.first().packet
			peer, _, ok := a.net.Peer(node, n.in())
			return ok && peer == blind && (q.Src == p.Src || q.Dst == p.Dst) && q.Proto == p.Proto && q.TCPFlags == p.TCPFlags && q.Seq == p.Seq &&
				q.ICMPType == p.ICMPType && q.TTL <= p.TTL
		})
		if t != nil {
			return t
		}
	}
	return nil
}

// leftUnseen reports whether t may have left the node without an egress event: the kernel has no egress hook there
// (before 5.16), so the last chain of postrouting has to do.
func (a *assembler) leftUnseen(t *traversal) bool {
	return t.last().key.chain == "postrouting"+SuffixLast && slices.Contains(a.rec.NoEgress, t.node)
}

// same reports whether two records show the same packet on both ends of a cable, where nothing may change it.
func same(a, b *Packet) bool {
	return a.Src == b.Src && a.Dst == b.Dst && a.Proto == b.Proto && a.Sport == b.Sport && a.Dport == b.Dport &&
		a.ID == b.ID && a.TTL == b.TTL && a.Seq == b.Seq && a.Ack == b.Ack && a.TCPFlags == b.TCPFlags &&
		a.ICMPType == b.ICMPType && a.ICMPID == b.ICMPID && a.ICMPSeq == b.ICMPSeq
}

// answerer is the node that sent something back: the one on which the packet ended.
func (w *walk) answerer() (string, bool) {
	if len(w.traversals) == 0 {
		return "", false
	}
	return w.traversals[len(w.traversals)-1].node, true
}

// isAnswer recognises what was sent back because of this packet.
func (w *walk) isAnswer(t *traversal) bool {
	p := &t.first().packet
	if p.IsICMPError() {
		return true
	}
	switch w.a.rec.Probe.Proto {
	case "tcp":
		return p.HasFlag("ack") && p.Ack == w.a.rec.ISN+1
	case "udp":
		return p.Proto == "udp" && p.Sport == w.last().Dport
	}
	return p.isEchoReply()
}

// last is the packet as it was seen last.
func (w *walk) last() *Packet {
	t := w.traversals[len(w.traversals)-1]
	return &t.last().packet
}

// nodes are the nodes that saw the packet, in order, each once in a row.
func (w *walk) nodes() []string {
	out := []string{}
	for _, t := range w.traversals {
		if len(out) == 0 || out[len(out)-1] != t.node {
			out = append(out, t.node)
		}
		if t.hop != nil && t.hop.unseen {
			out = append(out, t.hop.peerNode)
		}
	}
	return out
}

// finish makes the path of one packet: its steps, where it ended, and what could be learned from that.
func (w *walk) finish() *Path {
	p := &Path{V: Version, Lab: w.a.net.Lab(), Nodes: w.nodes(), Changes: []Change{}, NearMiss: []NearMiss{}}
	for i, t := range w.traversals {
		from := len(w.steps)
		w.steps = append(w.steps, w.a.steps(w, t, i == 0)...)
		if t.hop != nil && t.hop.unseen {
			w.steps = append(w.steps, w.gap(t.hop))
		}
		w.parts = append(w.parts, part{from, len(w.steps)})
	}
	w.ending(p)
	p.Toward = w.toward()
	if n := len(w.parts); n > 0 {
		w.parts[n-1].to = len(w.steps)
	}
	for i := range w.steps {
		w.steps[i].N = i + 1
		p.Changes = append(p.Changes, w.steps[i].Changes...)
	}
	p.Steps = slices.Clip(w.steps)
	if p.Steps == nil {
		p.Steps = []Step{}
	}
	p.NearMiss = append(p.NearMiss, w.nearMisses(p)...)
	p.Views = w.views()
	p.Proof = w.proof(p)
	return p
}

// gap is the crossing of a node that was not traced.
func (w *walk) gap(h *hop) Step {
	last := &w.steps[len(w.steps)-1]
	return Step{Node: h.peerNode, At: last.At, Station: Station{Kind: KindDevice, Hook: "gap"}, Event: "GAP", Packet: last.Packet,
		Detail: "crossed unseen: " + w.a.rec.Blind[h.peerNode], Proof: Inferred, By: "it was seen again behind"}
}

// toward is the node that the packet was going to when it was last seen.
func (w *walk) toward() string {
	if len(w.traversals) == 0 {
		return w.a.rec.Probe.Node
	}
	if dst := w.steps[len(w.steps)-1].Packet.Dst; dst.IsValid() {
		return w.a.net.Owner(dst)
	}
	return ""
}

// hookOf is the hook name in the name of one of the tracer's chains: "forward" of "forward-first".
func hookOf(chain string) string {
	hook, _, _ := strings.Cut(chain, "-")
	return hook
}
