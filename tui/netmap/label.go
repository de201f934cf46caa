package netmap

import "strconv"

// label is the text for an end of a cable, and "" if there is none that says more than the boxes do.
func (l *layout) label(t *term, want labels) string {
	if t.count > 1 {
		if two := len(t.net.terms) == 2; t.net.mesh == "" && (two && t.side == down || !two && t.side == up) {
			return l.d.sign.times + strconv.Itoa(t.count)
		}
		return ""
	}
	if !t.one {
		return ""
	}
	if t.fixed || want == noLabels {
		return ""
	}
	e := t.end
	name := printable(e.Iface)
	if e.Master != "" {
		for _, o := range t.net.terms {
			if o.end.Node == e.Iface {
				return "" // a port that is called after the node at the other end
			}
		}
	}
	if want < addresses || len(e.Addrs) == 0 || l.st.level == Detail {
		return name
	}
	if l.sideways {
		return name + " " + hostPart(e.Addrs[0])
	}
	return name + " " + e.Addrs[0].String()
}

// labelWidth is the room that the label of a terminal needs.
func (l *layout) labelWidth(t *term) int {
	if l.st.labels == noLabels {
		return 0
	}
	return width(l.label(t, l.st.labels))
}

// unlabelled counts the labels that have no room.
func (l *layout) unlabelled() int {
	c := newCanvas(l.w, l.h)
	l.paint(c)
	return l.paintLabels(c)
}

// paintLabels writes the labels of cables where there is room, and counts those that the style wants and that have
// none.
func (l *layout) paintLabels(c *canvas) int {
	missing := 0
	for _, x := range l.nets {
		if len(x.terms) < 2 {
			continue
		}
		for _, want := range []labels{addresses, ifaces, noLabels} {
			if want == addresses && l.st.labels != addresses {
				continue
			}
			if l.paintNet(c, x, want) {
				break
			}
			if want == l.st.labels {
				missing++
			}
		}
	}
	return missing
}

// paintNet writes the labels of one net, all or none.
func (l *layout) paintNet(c *canvas, x *net, want labels) bool {
	type spot struct {
		at   point
		text string
	}
	var spots []spot
	for i, t := range x.terms {
		text := l.label(t, want)
		if text == "" {
			continue
		}
		other := ""
		if x.straight || x.side {
			other = l.label(x.terms[1-i], want)
		}
		at, ok := l.onLine(c, t, text, other)
		if t.port.x == t.elbow.x {
			at, ok = l.besideLine(c, t, text, other)
		}
		if !ok {
			return false
		}
		spots = append(spots, spot{at, text})
	}
	for _, s := range spots {
		c.text(s.at.x, s.at.y, s.text)
	}
	return true
}

// onLine finds the place for a label on a horizontal line: the second cell from the box on, with a part of the line
// left at both ends. other is a second label on the same line.
func (l *layout) onLine(c *canvas, t *term, text, other string) (point, bool) {
	n := width(text)
	room := max(t.port.x-t.elbow.x, t.elbow.x-t.port.x) - 1
	need := n + 2
	if other != "" {
		need = n + width(other) + 3
	}
	if room < need {
		return point{}, false
	}
	x := t.port.x + 2
	if t.elbow.x < t.port.x {
		x = t.port.x - 1 - n
	}
	for i := -1; i <= n; i++ {
		if p := c.at(x+i, t.port.y); p == nil || p.text != "" || p.arms[north] != none || p.arms[south] != none {
			return point{}, false
		}
	}
	return point{x, t.port.y}, true
}

// besideLine finds the place for a label next to a vertical line, in the line next to the box.
func (l *layout) besideLine(c *canvas, t *term, text, other string) (point, bool) {
	step := 1
	if t.elbow.y < t.port.y {
		step = -1
	}
	y := t.port.y + step
	shared := t.net.straight || t.net.side
	room := (t.elbow.y-t.port.y)*step - 1 // lines with nothing but the cable
	if room < 1 || shared && other != "" && room < 2 {
		return point{}, false
	}
	n := width(text)
	right, left := t.port.x+2, t.port.x-1-n
	places := []int{right, left}
	switch ports := t.b.ports[t.side]; {
	case len(ports) > 1 && ports[0] == t:
		places = []int{left, right}
	case len(ports) > 1:
		places = []int{right} // between two cables it would be taken for the label of the other
	}
	for _, x := range places {
		if c.blank(min(x, t.port.x+1), y, n+1) && (c.at(x-1, y) == nil || c.blank(x-1, y, 1)) && (c.at(x+n, y) == nil || c.blank(x+n, y, 1)) {
			return point{x, y}, true
		}
	}
	return point{}, false
}
