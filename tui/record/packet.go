// Package record is what a session has recorded: packets, and their steps as one list of events.
package record

import (
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/hookwalk/hookwalk/lab/path"
)

// Packet is one packet of the session: a probe, or what came back because of one.
type Packet struct {
	N      int // from 1; a probe and its answer share it
	Reply  bool
	Path   *path.Path
	Probe  path.Probe // the probe that was sent, also for an answer
	Sent   time.Time
	Visits []Visit
	Absent string // the node that it was meant for and that never saw it

	index int // in the log's packets
	event int // index of its first step in the log's events
}

// Visit is a packet's stay on one node: the steps from First to Last.
type Visit struct {
	Node        string
	First, Last int            // indexes into Path.Steps
	View        *path.NodeView // the node's hooks; nil if there is no picture of it
}

// NewPacket prepares a path for the screens. owner names the node that has an address; it may be nil.
func NewPacket(n int, p *path.Path, probe path.Probe, reply bool, sent time.Time, owner func(netip.Addr) string) *Packet {
	out := &Packet{N: n, Reply: reply, Path: p, Probe: probe, Sent: sent}
	used := make([]bool, len(p.Views))
	for i := range p.Steps {
		node := p.Steps[i].Node
		if last := len(out.Visits) - 1; last >= 0 && out.Visits[last].Node == node {
			out.Visits[last].Last = i
			continue
		}
		v := Visit{Node: node, First: i, Last: i}
		for j := range p.Views { // a node that was crossed twice has two pictures, in order
			if p.Views[j].Node == node && !used[j] {
				v.View, used[j] = &p.Views[j], true
				break
			}
		}
		out.Visits = append(out.Visits, v)
	}
	out.Absent = out.absent(owner)
	return out
}

// absent finds the node that a packet which ended early was on its way to: the owner of its destination, after all
// rewriting.
func (p *Packet) absent(owner func(netip.Addr) string) string {
	if p.Path.Verdict == path.Delivered || len(p.Path.Steps) == 0 {
		return ""
	}
	node := p.Path.Toward
	if dst := p.Path.Steps[len(p.Path.Steps)-1].Packet.Dst; node == "" && owner != nil && dst.IsValid() {
		node = owner(dst)
	}
	if node == "" {
		node = p.Path.Probe.Node
	}
	for i := range p.Visits {
		if p.Visits[i].Node == node {
			return ""
		}
	}
	return node
}

// Name is "P7", or "P7 reply".
func (p *Packet) Name() string {
	if p.Reply {
		return fmt.Sprintf("P%d reply", p.N)
	}
	return fmt.Sprintf("P%d", p.N)
}

// VisitOf is the index of the visit that a step belongs to.
func (p *Packet) VisitOf(step int) int {
	for i := range p.Visits {
		if step <= p.Visits[i].Last {
			return i
		}
	}
	return max(len(p.Visits)-1, 0)
}

// First is the packet as it set out.
func (p *Packet) First() *path.Packet {
	if len(p.Path.Steps) == 0 {
		return &path.Packet{}
	}
	return &p.Path.Steps[0].Packet
}

// Kind is the packet's sort in a word or two: "tcp SYN", "icmp echo-request".
func Kind(p *path.Packet) string {
	switch {
	case p.TCPFlags != "":
		return "tcp " + strings.ToUpper(strings.ReplaceAll(p.TCPFlags, ",", "-"))
	case p.Proto == "icmp" || p.Proto == "icmpv6":
		return p.Proto + " " + path.ICMPName(p.Proto, p.ICMPType, p.ICMPCode)
	}
	return p.Proto
}

// Ended reports whether a path is one that did not arrive: what people look for.
func Ended(p *path.Path) bool { return p.Verdict != path.Delivered }

// Fate is what became of a packet, as a verb: "dropped".
func Fate(v path.Verdict) string {
	switch v {
	case path.Delivered:
		return "delivered"
	case path.Drop:
		return "dropped"
	case path.Reject:
		return "rejected"
	case path.Lost:
		return "lost"
	}
	return "not measured"
}
