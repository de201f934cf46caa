package path

import (
	"slices"
	"strings"
)

// Assemble makes the path of a probe from what was recorded. It is deterministic and never fails: what does not
// fit together is an ERROR verdict that says why. The recording is not kept.
func Assemble(net Network, rec *Recording) *Path {
	a := &assembler{net: net, rec: rec, byNode: map[string][]*traversal{}}
	events := map[string][]Event{}
	for _, e := range rec.Events {
		events[e.Node] = append(events[e.Node], e)
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
	net    Network
	rec    *Recording
	byNode map[string][]*traversal
}

// original assembles the probe itself, and then what was sent back.
func (a *assembler) original() *Path {
	w := a.walk(a.rec.Probe.From, a.isProbe)
	w.reply = false
	p := w.finish()
	p.Probe = a.rec.Probe
	p.Answer = a.answer()
	if node, ok := w.answerer(); ok {
		back := a.walk(node, w.isAnswer)
		if len(back.traversals) > 0 {
			back.reply, back.forward = true, w
			p.Reply = back.finish()
			p.Reply.Probe = a.replyProbe(node, back)
		}
	}
	w.conclude(p)
	return p
}

// replyProbe describes the packet that came back.
func (a *assembler) replyProbe(node string, back *walk) Probe {
	first := back.traversals[0].first().packet
	return Probe{From: node, To: a.rec.Probe.From, Node: a.rec.Probe.From, Src: first.Src, Dst: first.Dst,
		Proto: first.Proto, Sport: first.Sport, Dport: first.Dport}
}

// isProbe recognises the probe where it leaves its socket.
func (a *assembler) isProbe(t *traversal) bool {
	p := &t.first().packet
	q := &a.rec.Probe
	switch q.Proto {
	case "tcp":
		return p.TCPFlags == "syn" && p.Seq == a.rec.ISN
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
	}
	return s.Errno
}

// walk is the way of one packet: its traversals in order, with the cables between them.
type walk struct {
	a          *assembler
	start      string // node
	traversals []*traversal
	reply      bool
	forward    *walk // of a reply: the walk it answers
	steps      []Step
	lastHop    hop        // the cable the packet went into last
	dropped    *evaluated // the rules of the chain that discarded it, nil if none did or if they are not known
}

// hop is one crossing from a device to the one at the other end of its cable.
type hop struct {
	node, dev         string
	peerNode, peerDev string
	ok                bool // the device has a cable
	arrived           bool
}

// walk follows the first packet that starts at a socket of node and that is the right one.
func (a *assembler) walk(node string, is func(*traversal) bool) *walk {
	w := &walk{a: a, start: node}
	t := a.take(node, func(t *traversal) bool {
		return t.first().key == chainKey{"inet", TracerTable, "output" + SuffixFirst} && is(t)
	})
	for t != nil {
		w.traversals = append(w.traversals, t)
		t = w.next(t)
	}
	return w
}

// take finds the first traversal of a node that is not yet part of a path.
func (a *assembler) take(node string, is func(*traversal) bool) *traversal {
	for _, t := range a.byNode[node] {
		if !t.used && is(t) {
			t.used = true
			return t
		}
	}
	return nil
}

// next is the traversal in which the packet goes on after t, nil if it was not seen again.
func (w *walk) next(t *traversal) *traversal {
	last := t.last()
	packet := &last.packet
	switch {
	case last.end() == "drop":
		return nil
	case last.key.family == "bridge" && last.key.chain == "input"+SuffixLast:
		// the bridge device receives what was for its own address
		return w.a.take(t.node, func(n *traversal) bool {
			return n.first().key.chain == ChainRX && n.first().packet.Iif != t.in() && same(&n.first().packet, packet)
		})
	case last.key.chain == "postrouting"+SuffixLast && packet.Oif == "lo":
		return w.a.take(t.node, func(n *traversal) bool {
			return n.first().key.chain == "prerouting"+SuffixFirst && same(&n.first().packet, packet)
		})
	case last.key.chain != ChainTX && !w.blindTX(t):
		return nil
	}
	w.lastHop = hop{node: t.node, dev: packet.Oif}
	w.lastHop.peerNode, w.lastHop.peerDev, w.lastHop.ok = w.a.net.Peer(t.node, packet.Oif)
	if !w.lastHop.ok {
		return nil
	}
	n := w.a.take(w.lastHop.peerNode, func(n *traversal) bool {
		return n.in() == w.lastHop.peerDev && same(&n.first().packet, packet)
	})
	w.lastHop.arrived = n != nil
	return n
}

// blindTX reports whether t left the node without an egress event: the kernel has no egress hook there (before
// 5.16), so the last chain of postrouting has to do.
func (w *walk) blindTX(t *traversal) bool {
	if t.last().key.chain != "postrouting"+SuffixLast {
		return false
	}
	for _, o := range w.a.byNode[t.node] {
		if o.find(ChainTX) != nil {
			return false
		}
	}
	return w.a.rec.Blind[t.node] != ""
}

// same reports whether two records show the same packet on both ends of a cable, where nothing may change it.
func same(a, b *Packet) bool {
	return a.Src == b.Src && a.Dst == b.Dst && a.Proto == b.Proto && a.Sport == b.Sport && a.Dport == b.Dport &&
		a.ID == b.ID && a.Seq == b.Seq && a.Ack == b.Ack && a.TCPFlags == b.TCPFlags &&
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
	}
	return out
}

// finish makes the path of one packet: its steps, where it ended, and what could be learned from that.
func (w *walk) finish() *Path {
	p := &Path{V: Version, Lab: w.a.net.Lab(), Nodes: w.nodes(), Changes: []Change{}, NearMiss: []NearMiss{}}
	for i, t := range w.traversals {
		w.steps = append(w.steps, w.a.steps(w, t, i == 0)...)
	}
	w.ending(p)
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

// hookOf is the hook name in the name of one of the tracer's chains: "forward" of "forward-first".
func hookOf(chain string) string {
	hook, _, _ := strings.Cut(chain, "-")
	return hook
}
