package lab

import (
	"slices"

	"github.com/hookwalk/hookwalk/tui/canvas"
	"github.com/hookwalk/hookwalk/tui/theme"
)

// mapCache keeps the picture of the map as long as nothing in it changes: laying out hundreds of nodes takes longer
// than drawing everything else.
type mapCache struct {
	in   mapInput
	drop int // packets dropped in all when it was drawn
	mapPicture
	drawn bool
}

func (c *mapCache) draw(in mapInput, drops int) {
	same := c.drawn && c.drop == drops && c.in.Plan == in.Plan && c.in.Selected == in.Selected && c.in.Width == in.Width &&
		c.in.Height == in.Height && c.in.Zoom == in.Zoom && c.in.ASCII == in.ASCII && slices.Equal(c.in.Path, in.Path)
	if !same {
		c.in, c.drop, c.mapPicture, c.drawn = in, drops, drawMap(in), true
	}
}

// next is the node in a direction. Before the map was drawn once it is the same node.
func (c *mapCache) next(from string, dx, dy int) string {
	if !c.drawn {
		return from
	}
	return c.Next(from, dx, dy)
}

// drawMap draws the map, and what is special about its nodes.
func (m *Model) drawMap(c *canvas.Canvas, r canvas.Rect) {
	if r.Empty() {
		return
	}
	var path []string
	if e, ok := m.Event(); ok {
		for i := range e.Packet.Visits {
			path = append(path, e.Packet.Visits[i].Node)
		}
	}
	drops := m.log.DropsAt()
	m.picture.draw(mapInput{Plan: m.plan, Selected: m.node, Path: path, Drops: drops, Width: r.W, Height: r.H,
		Zoom: m.zoom, ASCII: m.glyphs.Name == "ascii"}, m.log.Drops)
	for y, line := range m.picture.Lines {
		row := r.Row(y)
		c.Text(row.X, row.Y, row.W, line, theme.Plain)
	}
	for _, b := range m.picture.Boxes {
		box := canvas.Rect{X: r.X + b.X, Y: r.Y + b.Y, W: min(b.W, r.W-b.X), H: min(b.H, r.H-b.Y)}
		switch {
		case b.Node == m.node:
			role := theme.Focus
			if box.H <= 1 || m.pane == PaneMap {
				role = theme.Here
			}
			c.Paint(box, role)
		case drops[b.Node] > 0:
			c.Paint(box, theme.Bad)
		case slices.Contains(path, b.Node):
			c.Paint(box, theme.Path)
		}
		c.Zone(box, nodeZone(b.Node))
	}
}
