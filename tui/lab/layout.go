package lab

import (
	"fmt"

	"github.com/hookwalk/hookwalk/tui/canvas"
	"github.com/hookwalk/hookwalk/tui/theme"
)

// nodeWidth is the width of the inspector.
const nodeWidth = 46

// Draw draws the screen.
func (m *Model) Draw(c *canvas.Canvas, r canvas.Rect, size canvas.Size) {
	m.size = size
	switch {
	case size == canvas.List:
		m.drawEvents(c, r)
	case size == canvas.Tabs:
		m.drawTabs(c, r.Row(0))
		m.drawPane(c, canvas.Rect{X: r.X, Y: r.Y + 1, W: r.W, H: r.H - 1}, m.pane, false)
	case m.Zoom:
		m.drawPane(c, r, m.pane, false)
	case size == canvas.Wide:
		events := max(9, r.H/4)
		m.drawPane(c, canvas.Rect{X: r.X, Y: r.Y, W: r.W - nodeWidth, H: r.H - events}, PaneMap, false)
		m.drawPane(c, canvas.Rect{X: r.X + r.W - nodeWidth, Y: r.Y, W: nodeWidth, H: r.H - events}, PaneNode, false)
		m.drawPane(c, canvas.Rect{X: r.X, Y: r.Y + r.H - events, W: r.W, H: events}, PaneEvents, false)
	default:
		events := max(8, r.H/3)
		top := PaneMap
		if m.pane == PaneNode {
			top = PaneNode
		}
		m.drawPane(c, canvas.Rect{X: r.X, Y: r.Y, W: r.W, H: r.H - events}, top, true)
		m.drawPane(c, canvas.Rect{X: r.X, Y: r.Y + r.H - events, W: r.W, H: events}, PaneEvents, false)
	}
}

// drawPane draws one pane with its frame; brief adds two lines about the selected node to the map.
func (m *Model) drawPane(c *canvas.Canvas, r canvas.Rect, p Pane, brief bool) {
	if r.Empty() {
		return
	}
	c.Zone(r, paneZone(p))
	room := r.Inset()
	if p == PaneMap {
		if brief { // the last two lines are for the node
			room.H = max(room.H-2, 0)
		}
		m.layMap(room)
	}
	title, note := m.title(p, brief)
	in := c.Frame(r, m.glyphs, title, note, p == m.pane)
	switch p {
	case PaneMap:
		m.drawMap(c, room)
		if brief {
			m.drawBrief(c, canvas.Rect{X: in.X, Y: room.Y + room.H, W: in.W, H: 2})
		}
	case PaneNode:
		m.drawNode(c, in)
	case PaneEvents:
		m.drawEvents(c, in)
	}
}

func (m *Model) title(p Pane, brief bool) (title, note string) {
	switch p {
	case PaneMap:
		note = "+/- zoom  0 fit"
		if brief {
			note += "  tab: node"
		}
		return fmt.Sprintf("Map %s %s", m.glyphs.Dot, m.maps.picture.Level), note
	case PaneNode:
		return m.nodeTitle(), ""
	}
	title = "Events"
	switch {
	case m.Frozen:
		title += fmt.Sprintf(" (frozen, %d new)", m.Unseen())
	case m.cursor >= m.rows()-1:
		title += " (follow)"
	}
	note = "/ filter   space freeze"
	if m.filter != "" {
		note = fmt.Sprintf("/ %s: %d of %d", m.filter, m.rows(), len(m.log.Events))
	}
	return title, note
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
		end := c.Text(x, r.Y, r.X+r.W-x, " "+p.String()+" ", role)
		c.Zone(canvas.Rect{X: x, Y: r.Y, W: end - x, H: 1}, paneZone(p))
		x = end + 1
	}
}
