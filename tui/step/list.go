package step

import (
	"fmt"

	"github.com/hookwalk/hookwalk/tui/canvas"
	"github.com/hookwalk/hookwalk/tui/record"
	"github.com/hookwalk/hookwalk/tui/theme"
)

// drawList draws the steps as lines of text, for screens too small for panes.
func (m *Model) drawList(c *canvas.Canvas, r canvas.Rect) {
	if m.packet == nil || r.Empty() {
		return
	}
	steps := m.packet.Path.Steps
	top := max(min(m.step-r.H/2, len(steps)-r.H), 0)
	for y := 0; y < r.H && top+y < len(steps); y++ {
		s := &steps[top+y]
		glyph, role := record.Look(s, m.glyphs)
		row := r.Row(y)
		text := fmt.Sprintf("%s %s %s", s.Node, s.Station.Name(), s.Event)
		if s.Rule != nil && s.Rule.Line > 0 {
			text += " " + s.Rule.Where()
		} else if s.Detail != "" {
			text += " " + record.Arrows(s.Detail, m.glyphs)
		}
		c.Set(row.X+1, row.Y, glyph, role)
		c.Text(row.X+3, row.Y, row.W-3, canvas.Shorten(text, row.W-3, m.glyphs), theme.Plain)
		if top+y == m.step {
			c.Set(row.X, row.Y, '>', theme.Key)
			c.Paint(row, theme.Selected)
		}
		c.Zone(row, stepZone(top+y))
	}
}
