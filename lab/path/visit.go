package path

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
	used   bool // it is part of a path already
}

func (t *traversal) first() *visit { return t.visits[0] }
func (t *traversal) last() *visit  { return t.visits[len(t.visits)-1] }

// find gives the visit of the tracer's chain, nil if the packet was not seen there.
func (t *traversal) find(chain string) *visit {
	for _, v := range t.visits {
		if v.own() && v.key.chain == chain {
			return v
		}
	}
	return nil
}

// in is the device the packet came in on, "" for a packet made here.
func (t *traversal) in() string {
	if t.first().key.chain == "output"+SuffixFirst {
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
		case ChainRX, "output" + SuffixFirst:
			return true
		case ChainTX: // twice when a bridge device hands the packet to its port
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
