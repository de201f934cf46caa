package lab

import (
	"slices"
	"strings"

	"github.com/hookwalk/hookwalk/tui/canvas"
	"github.com/hookwalk/hookwalk/tui/netmap"
	"github.com/hookwalk/hookwalk/tui/theme"
)

// mapCache keeps the picture of the map as long as nothing in it changes: laying out hundreds of nodes takes longer
// than drawing everything else.
type mapCache struct {
	in      netmap.Input
	drops   int // packets that were dropped in all when it was drawn
	drawn   bool
	picture netmap.Picture
}

func (c *mapCache) draw(in netmap.Input, drops int) {
	same := c.drawn && c.drops == drops && c.in.Plan == in.Plan && c.in.Selected == in.Selected && c.in.Width == in.Width &&
		c.in.Height == in.Height && c.in.Zoom == in.Zoom && c.in.ASCII == in.ASCII && slices.Equal(c.in.Path, in.Path)
	if !same {
		c.in, c.drops, c.drawn = in, drops, true
		c.picture = netmap.Draw(in)
	}
}

// next is the node in a direction. Before the map was drawn once it is the same node.
func (c *mapCache) next(from string, dx, dy int) string {
	if !c.drawn {
		return from
	}
	return c.picture.Next(from, dx, dy)
}

// path are the nodes that the selected packet passed.
func (m *Model) path() []string {
	e, ok := m.Event()
	if !ok {
		return nil
	}
	var out []string
	for i := range e.Packet.Visits {
		out = append(out, e.Packet.Visits[i].Node)
	}
	return out
}

// layMap lays the map out for a size.
func (m *Model) layMap(r canvas.Rect) {
	m.maps.draw(netmap.Input{Plan: m.plan, Selected: m.node, Path: m.path(), Drops: m.log.DropsAt(), Down: m.down, Impaired: m.impaired, Width: r.W, Height: r.H,
		Zoom: m.zoom, ASCII: m.glyphs.Name == "ascii"}, m.log.Drops)
}

// heavy are the lines with which package netmap draws the way of the packet.
const heavy = "━┃┏┓┗┛┣┫┳┻╋╸╹╺╻="

// drawMap draws the map, and what is special about its nodes.
func (m *Model) drawMap(c *canvas.Canvas, r canvas.Rect) {
	path, drops := m.maps.in.Path, m.maps.in.Drops
	for y, line := range m.maps.picture.Lines {
		row := r.Row(y)
		c.Text(row.X, row.Y, row.W, line, theme.Plain)
		for x := row.X; x < row.X+row.W; x++ {
			if strings.ContainsRune(heavy, c.At(x, row.Y)) {
				c.Paint(canvas.Rect{X: x, Y: row.Y, W: 1, H: 1}, theme.Path)
			}
		}
	}
	for i := range m.maps.picture.Boxes {
		b := &m.maps.picture.Boxes[i]
		box := canvas.Rect{X: r.X + b.X, Y: r.Y + b.Y, W: min(b.W, r.W-b.X), H: min(b.H, r.H-b.Y)}
		switch {
		case b.Has(m.node):
			role := theme.Focus
			if box.H <= 1 || m.pane == PaneMap {
				role = theme.Here
			}
			c.Paint(box, role)
		case slices.ContainsFunc(append([]string{b.Node}, b.Members...), func(n string) bool { return drops[n] > 0 }):
			c.Paint(box, theme.Bad)
		case slices.ContainsFunc(path, b.Has):
			c.Paint(box, theme.Path)
		}
		c.Zone(box, nodeZone(b.Node))
	}
}
