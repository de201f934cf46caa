package lab

import (
	"fmt"
	"strings"

	"github.com/hookwalk/hookwalk/lab/path"
	"github.com/hookwalk/hookwalk/tui/canvas"
	"github.com/hookwalk/hookwalk/tui/record"
	"github.com/hookwalk/hookwalk/tui/theme"
)

// columns says where the columns of the list of events begin. 0: the column is left out.
type columns struct {
	time, node, where, event, packet, note int
	short                                  bool // stations in a few letters, times without hours
}

// columns lays the list out. Each column is as wide as it needs to be for any lab, the packet and the note share
// what is left.
func (m *Model) columns(width int) columns {
	nodes := 4
	for i := range m.plan.Nodes {
		nodes = min(max(nodes, canvas.Width(m.plan.Nodes[i].Name)), 12)
	}
	c := columns{time: 7}
	if width < 110 {
		c.short, c.time = true, 6
		c.node = c.time + 8
		c.where = c.node + nodes + 1
		c.event = c.where + 8
		c.packet = c.event + 9
		if width < 60 {
			c.time, c.node = 0, 6
			c.where = c.node + nodes + 1
			c.event = c.where + 8
			c.packet = c.event + 9
		}
		return c
	}
	c.node = c.time + 13
	c.where = c.node + nodes + 2
	c.event = c.where + 21
	c.packet = c.event + 9
	c.note = c.packet + 43
	return c
}

// drawEvents draws the rows of the list that are visible, and nothing else of it.
func (m *Model) drawEvents(c *canvas.Canvas, r canvas.Rect) {
	if r.Empty() {
		return
	}
	cols := m.columns(r.W)
	if !cols.short && r.H > 3 {
		m.header(c, r.Row(0), cols)
		r = canvas.Rect{X: r.X, Y: r.Y + 1, W: r.W, H: r.H - 1}
	}
	m.page = r.H
	if m.rows() == 0 {
		text := "No packet was sent yet. i sends one."
		if m.filter != "" {
			text = fmt.Sprintf("No event has %q in it. esc shows all.", m.filter)
		}
		c.Text(r.X+2, r.Y, r.W-2, text, theme.Dim)
		return
	}
	m.keepInSight(r.H)
	for y := 0; y < r.H && m.top+y < m.rows(); y++ {
		m.drawEvent(c, r.Row(y), cols, m.top+y)
	}
}

// keepInSight scrolls the list as little as a step of the cursor needs, and puts the cursor in the middle after a
// jump.
func (m *Model) keepInSight(rows int) {
	switch {
	case m.cursor == m.top-1:
		m.top--
	case m.cursor == m.top+rows:
		m.top++
	case m.cursor < m.top || m.cursor > m.top+rows:
		m.top = m.cursor - rows/2
	}
	m.top = max(min(m.top, m.rows()-rows), 0)
}

func (m *Model) header(c *canvas.Canvas, row canvas.Rect, cols columns) {
	c.Text(row.X, row.Y, 6, "    #", theme.Dim)
	for _, h := range []struct {
		x    int
		name string
	}{{cols.time, "time"}, {cols.node, "node"}, {cols.where, "where"}, {cols.event, "event"}, {cols.packet, "packet"}, {cols.note, "note"}} {
		if h.x > 0 && h.x < row.W {
			c.Text(row.X+h.x, row.Y, row.W-h.x, h.name, theme.Dim)
		}
	}
}

func (m *Model) drawEvent(c *canvas.Canvas, row canvas.Rect, cols columns, i int) {
	e, index := m.event(i)
	s := e.At()
	_, role := record.Look(s, m.glyphs)
	put := func(from, to int, text string, role theme.Role) {
		if to <= from {
			to = row.W
		}
		to = min(to, row.W)
		c.Text(row.X+from, row.Y, to-from, canvas.Shorten(text, to-from, m.glyphs), role)
	}
	number := theme.Dim
	put(0, 6, fmt.Sprintf("%5d", index+1), number)
	layout := "15:04:05.000"
	where := s.Station.Name()
	if cols.short {
		layout, where = "04:05.0", record.Short(s)
	}
	if cols.time > 0 {
		put(cols.time, cols.node-1, e.Time().Format(layout), theme.Dim)
	}
	put(cols.node, cols.where-1, s.Node, theme.Plain)
	put(cols.where, cols.event-1, where, theme.Plain)
	put(cols.event, cols.packet-1, s.Event, role)
	if cols.note > 0 {
		put(cols.packet, cols.note-1, flow(&s.Packet, m.glyphs, false), theme.Plain)
		put(cols.note, row.W, m.note(s), theme.Dim)
	} else if row.W < 60 {
		put(cols.packet, row.W, flow(&s.Packet, m.glyphs, true), theme.Plain)
	} else {
		text := flow(&s.Packet, m.glyphs, true)
		room := row.W - cols.packet
		note := m.note(s)
		if canvas.Width(note) > room/2 {
			note = canvas.Shorten(note, room/2, m.glyphs)
		}
		put(cols.packet, row.W-canvas.Width(note)-2, text, theme.Plain)
		c.TextRight(row.X+cols.packet, row.Y, room-1, note, theme.Dim)
	}
	c.Zone(row, rowZone(i))
	if i == m.cursor {
		c.Set(row.X, row.Y, '>', theme.Key)
		if m.pane == PaneEvents {
			c.Paint(row, theme.Selected)
		}
	}
}

// note is what is special about a step, in a few words.
func (m *Model) note(s *path.Step) string {
	switch {
	case s.Event == "PASS" || s.Event == "RX" || s.Event == "TX":
		if s.Station.Dev != "" {
			return "dev " + s.Station.Dev
		}
		return ""
	case s.Event == "SEND" || s.Event == "REPLY":
		return ""
	case s.Rule != nil && s.Rule.Handle == 0 && s.Rule.Line > 0:
		return "policy " + s.Rule.Where()
	case s.Rule != nil && s.Rule.Where() != "":
		return s.Rule.Where()
	}
	return record.Arrows(s.Detail, m.glyphs)
}

// flow is a packet in one line: "tcp 198.51.100.7:40122 ▸ 203.0.113.1:8080", or short "…7:40122 ▸ 203.0.113.1:8080".
func flow(p *path.Packet, g *theme.Glyphs, short bool) string {
	src := p.Source()
	if short {
		src = Tail(src, g)
	}
	text := fmt.Sprintf("%s %s %c %s", p.Proto, src, g.Arrow, p.Destination())
	if p.Proto == "icmp" || p.Proto == "icmpv6" {
		text += " " + path.ICMPName(p.Proto, p.ICMPType, p.ICMPCode)
	}
	return text
}

// Tail is the end of an address that tells hosts of one network apart, with the port: ".7:40122".
func Tail(addr string, g *theme.Glyphs) string {
	if i := strings.LastIndexByte(addr, '.'); i > 0 {
		return addr[i:]
	}
	if i := strings.LastIndex(strings.TrimSuffix(addr, "]"), "::"); i > 1 {
		return g.Ellipsis + addr[i:]
	}
	return addr
}
