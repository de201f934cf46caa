package path

import "slices"

// chainKey names a chain of one node.
type chainKey struct{ family, table, chain string }

// visit is one packet in one base chain: the events from the one that carries headers to the verdict.
type visit struct {
	key    chainKey
	packet Packet  // headers on entry; empty when the first event was lost
	events []Event // at least one
}

// own reports whether the chain is one of the tracer's.
func (v *visit) own() bool { return v.key.table == TracerTable }

// end is what the base chain decided: accept, drop, queue, stolen; "" if that event was lost.
func (v *visit) end() string {
	for i := len(v.events) - 1; i >= 0; i-- {
		e := &v.events[i]
		if e.Type == EventPolicy {
			return e.Policy
		}
		switch e.Verdict {
		case "accept", "drop", "queue", "stolen":
			return e.Verdict
		}
	}
	return ""
}

// traversal is one skb on one node, from the device or socket it came from to where it went.
type traversal struct {
	node   string
	id     uint32
	visits []*visit
	hop    *hop // the cable it left into, nil if it did not leave
	used   bool // it is part of a path already
}

func (t *traversal) first() *visit { return t.visits[0] }
func (t *traversal) last() *visit  { return t.visits[len(t.visits)-1] }

// index is where the packet is in one of the tracer's chains, -1 if it was not seen there.
func (t *traversal) index(family, chain string) int {
	return slices.IndexFunc(t.visits, func(v *visit) bool { return v.own() && v.key.family == family && v.key.chain == chain })
}

// starts reports whether the packet was made on this node.
func (t *traversal) starts() bool {
	return t.first().own() && t.first().key.chain == "output"+SuffixFirst
}

// picked reports whether one of the tracer's own rules matched: those that recognise the probe, its answer, and errors
// about it.
func (t *traversal) picked() bool {
	return slices.ContainsFunc(t.visits, func(v *visit) bool {
		return slices.ContainsFunc(v.events, func(e Event) bool { return e.Picks() })
	})
}

// ignored reports whether the packet came in and nothing looked at it: a frame for somebody else.
func (t *traversal) ignored() bool {
	return len(t.visits) == 1 && t.first().key.chain == ChainRX && t.first().end() != "drop"
}

// in is the device the packet came in on, "" for a packet made here.
func (t *traversal) in() string {
	if t.starts() {
		return ""
	}
	return t.first().packet.Iif
}

// segment cuts the events of one node into traversals. A trace id is a hash that is used again for later
// packets, so a traversal also ends where the packet would enter a base chain for the second time.
func segment(events []Event) []*traversal {
	var out []*traversal
	open := map[uint32]*traversal{}
	for i := range events {
		e := events[i]
		t := open[e.ID]
		key := chainKey{e.Family, e.Table, e.Chain}
		switch {
		case e.HasHeaders():
			if t == nil || t.entered(key) {
				t = &traversal{node: e.Node, id: e.ID}
				open[e.ID] = t
				out = append(out, t)
			}
			p := Decode(e.LL, e.NH, e.TH)
			p.Iif, p.Oif, p.Mark = e.Iif, e.Oif, e.Mark
			t.visits = append(t.visits, &visit{key: key, packet: p, events: []Event{e}})
		case t == nil: // the beginning was lost
			t = &traversal{node: e.Node, id: e.ID}
			open[e.ID] = t
			out = append(out, t)
			t.visits = append(t.visits, &visit{key: key, events: []Event{e}})
		default:
			v := t.last()
			v.events = append(v.events, e)
		}
	}
	return out
}

// entered reports whether the packet was in this base chain before. Entering at a device, or leaving a socket,
// always begins a new traversal.
func (t *traversal) entered(key chainKey) bool {
	if key.table == TracerTable {
		switch key.chain {
		case ChainRX:
			return true
		case "output" + SuffixFirst:
			if key.family != "bridge" { // a bridge device hands packets of its own host to its ports
				return true
			}
		case ChainTX: // twice then
			return false
		}
	}
	for _, v := range t.visits {
		if v.key == key {
			return true
		}
	}
	return false
}
