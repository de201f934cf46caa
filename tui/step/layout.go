package step

import (
	"fmt"

	"github.com/hookwalk/hookwalk/tui/canvas"
	"github.com/hookwalk/hookwalk/tui/theme"
)

// Draw draws the screen.
func (m *Model) Draw(c *canvas.Canvas, r canvas.Rect, size canvas.Size) {
	m.size = size
	if m.packet == nil {
		m.drawEmpty(c, r)
		return
	}
	switch {
	case size == canvas.List:
		m.drawList(c, r)
	case size == canvas.Tabs:
		m.drawTabs(c, canvas.Rect{X: r.X, Y: r.Y, W: r.W, H: min(r.H, 1)})
		m.drawPane(c, canvas.Rect{X: r.X, Y: r.Y + 1, W: r.W, H: r.H - 1}, m.pane)
	case m.Zoom:
		m.drawPane(c, r, m.pane)
	case size == canvas.Wide:
		m.drawWide(c, r)
	default:
		m.drawPanes(c, r)
	}
}

func (m *Model) drawEmpty(c *canvas.Canvas, r canvas.Rect) {
	in := c.Frame(r, m.glyphs, "Step", "", true)
	if in.Empty() {
		in = r
	}
	for i, line := range canvas.Wrap("No packet was sent yet. i sends one: FROM is a node, TO a node or an address, with :port/tcp or :port/udp if you like.", in.W-4) {
		row := in.Row(i + 1)
		c.Text(row.X+2, row.Y, row.W-2, line, theme.Plain)
	}
}

// drawWide has rules and headers side by side.
func (m *Model) drawWide(c *canvas.Canvas, r canvas.Rect) {
	pathH, stripH := boxedRows+2, 5
	left := r.W * 7 / 12
	m.drawPane(c, canvas.Rect{X: r.X, Y: r.Y, W: r.W, H: pathH}, PanePath)
	mid := canvas.Rect{X: r.X, Y: r.Y + pathH, W: left, H: r.H - pathH - stripH}
	m.drawPane(c, mid, PaneRules)
	m.drawPane(c, canvas.Rect{X: r.X + left, Y: mid.Y, W: r.W - left, H: mid.H}, PanePacket)
	m.drawPane(c, canvas.Rect{X: r.X, Y: r.Y + r.H - stripH, W: r.W, H: stripH}, PaneSteps)
}

// drawPanes has either the rules or the headers in the middle.
func (m *Model) drawPanes(c *canvas.Canvas, r canvas.Rect) {
	pathH, stripH := 8, 4
	if r.H >= 30 {
		pathH = boxedRows + 2
	}
	if r.H >= 26 {
		stripH = 5
	}
	m.drawPane(c, canvas.Rect{X: r.X, Y: r.Y, W: r.W, H: pathH}, PanePath)
	middle := PaneRules
	if m.pane == PanePacket {
		middle = PanePacket
	}
	m.drawPane(c, canvas.Rect{X: r.X, Y: r.Y + pathH, W: r.W, H: r.H - pathH - stripH}, middle)
	m.drawPane(c, canvas.Rect{X: r.X, Y: r.Y + r.H - stripH, W: r.W, H: stripH}, PaneSteps)
}

// drawPane draws one pane with its frame.
func (m *Model) drawPane(c *canvas.Canvas, r canvas.Rect, p Pane) {
	if r.Empty() {
		return
	}
	title, note := m.title(p, r.W)
	c.Zone(r, paneZone(p))
	in := c.Frame(r, m.glyphs, title, note, p == m.pane)
	switch p {
	case PanePath:
		m.drawPath(c, in)
	case PaneRules:
		m.drawRules(c, in)
	case PanePacket:
		m.drawPacket(c, in)
	case PaneSteps:
		m.drawSteps(c, in)
	}
}

func (m *Model) title(p Pane, width int) (title, note string) {
	g := m.glyphs
	switch p {
	case PanePath:
		title, note = m.Node(), fmt.Sprintf("observed %c inferred %c", g.Seen, g.Unseen)
		if title != "" {
			title += " " + g.Dot + " netfilter path"
		}
		if n := m.lost(); n > 0 {
			note = count(n, "trace event") + " lost here: there may be gaps"
		}
	case PaneRules:
		title, note = m.rulesTitle()
		if width < 110 && note != "" && width >= 76 {
			note += "   tab: packet"
		}
	case PanePacket:
		title, note = "Packet", fmt.Sprintf("%c since entering %s", g.Changed, m.Node())
	case PaneSteps:
		_, of := m.Step()
		title = "Steps"
		note = fmt.Sprintf("[ ] packets   %s %s %s", count(of, "step"), g.Dot, count(len(m.packet.Visits), "node"))
	}
	return title, note
}

// lost is how many trace events of the current node were lost.
func (m *Model) lost() int {
	if m.current() == nil {
		return 0
	}
	if v := m.packet.Visits[m.packet.VisitOf(m.step)].View; v != nil {
		return v.Lost
	}
	return 0
}

// drawTabs draws the names of the panes in one line.
func (m *Model) drawTabs(c *canvas.Canvas, r canvas.Rect) {
	if r.Empty() {
		return
	}
	x := r.X + 1
	for p := range panes {
		role := theme.Dim
		if p == m.pane {
			role = theme.Here
		}
		name := " " + p.String() + " "
		end := c.Text(x, r.Y, r.X+r.W-x, name, role)
		c.Zone(canvas.Rect{X: x, Y: r.Y, W: end - x, H: 1}, paneZone(p))
		x = end + 1
	}
}
