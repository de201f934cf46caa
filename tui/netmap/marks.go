package netmap

import "github.com/hookwalk/hookwalk/topology"

// mark is the sign of an end of a cable that is down, or that impairs what it sends; "": of another.
func (d *drawing) mark(e *topology.End) string {
	name := e.Name()
	impaired := !e.Impair.IsZero()
	if d.in.Impaired != nil {
		impaired = d.in.Impaired[name]
	}
	switch {
	case d.in.Down[name]:
		return d.sign.down
	case impaired:
		return d.sign.impaired
	}
	return ""
}

// leafMark is the sign of the cable of a leaf.
func (d *drawing) leafMark(l leaf) string {
	own := d.mark(&l.end)
	peer, _, ok := d.in.Plan.Peer(l.end.Node, l.end.Iface)
	if !ok || own == d.sign.down {
		return own
	}
	if other := d.mark(&peer); other != "" {
		return other
	}
	return own
}

// paintMarks writes the signs of cables, each in the first cell of the cable behind its box. A line that several cables
// share, or that has no cell of its own, has none.
func (l *layout) paintMarks(c *canvas) {
	for _, x := range l.nets {
		if len(x.terms) < 2 {
			continue
		}
		for _, t := range x.terms {
			if !t.one {
				continue
			}
			at := t.port
			switch {
			case t.elbow.x > at.x:
				at.x++
			case t.elbow.x < at.x:
				at.x--
			case t.elbow.y > at.y:
				at.y++
			default:
				at.y--
			}
			mark := l.d.mark(&t.end)
			if cell := c.at(at.x, at.y); mark == "" || at == t.elbow || cell == nil || cell.text == l.d.sign.down {
				continue
			}
			c.text(at.x, at.y, mark)
		}
	}
}
