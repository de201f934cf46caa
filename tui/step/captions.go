package step

import (
	"strings"

	"github.com/hookwalk/hookwalk/lab/path"
	"github.com/hookwalk/hookwalk/tui/canvas"
	"github.com/hookwalk/hookwalk/tui/record"
	"github.com/hookwalk/hookwalk/tui/theme"
)

// changes writes what the stations rewrote, under each of them as far as they are in sight.
func (d *diagram) changes(c *canvas.Canvas, r canvas.Rect, off int) {
	free := 0
	for i := d.visit.First; i <= d.visit.Last; i++ {
		s := &d.packet.Path.Steps[i]
		p, ok := d.track.at[i]
		if !ok || s.Station.Kind == path.KindRoute || len(s.Changes) == 0 {
			continue
		}
		text, _, _ := strings.Cut(record.Arrows(s.Detail, d.glyphs), ", undoing ")
		w := canvas.Width(text)
		at := d.cols[p.segment][p.column] - off
		if at < 0 || at >= r.W {
			continue
		}
		x := min(at, r.W-w)
		if turn := d.turn(); d.boxed && turn >= 0 { // leave the line to the branch alone, if the text stays near
			if line := d.cols[turn][0] - off; x < line && x+w >= line && line-1-w > d.x[p.segment]-off-8 {
				x = line - 1 - w
			}
		}
		x = max(x, free)
		free = c.Text(r.X+x, r.Y+d.rows.change, r.W-x, text, theme.Changed) - r.X + 2
	}
}

// captions writes what does not scroll: what was rewritten, the branch not taken, and where the packet is.
func (d *diagram) captions(c *canvas.Canvas, r canvas.Rect, off int) {
	d.changes(c, r, off)
	if !d.boxed {
		d.under(c, r.Row(d.rows.here), off)
		return
	}
	d.branches(c, r, off)
	row := r.Row(d.rows.here)
	x := c.Text(row.X+2, row.Y, row.W-2, "you are here: ", theme.Dim)
	x = c.Text(x, row.Y, row.X+row.W-x, d.current().Station.Name(), theme.Key)
	c.Text(x, row.Y, row.X+row.W-x, "   "+canvas.Shorten(d.where(), row.X+row.W-x-3, d.glyphs), theme.Plain)
}

// branches draws the way not taken, as a line that turns off at the routing decision if that is in sight.
func (d *diagram) branches(c *canvas.Canvas, r canvas.Rect, off int) {
	g, text, turn := d.glyphs, d.branch(), d.turn()
	if text == "" {
		return
	}
	y := r.Y + d.rows.branch
	if turn < 0 {
		c.Text(r.X+2, y, r.W-2, text, theme.Dim)
		return
	}
	text = string([]rune{g.BottomLeft, g.NotTaken, g.Arrow}) + " " + text
	x := d.cols[turn][0] - off
	if x+canvas.Width(text) > r.W {
		text = strings.Replace(text, "local process", "local", 1)
	}
	if w := canvas.Width(text); x < 0 || x+w > r.W {
		c.TextRight(r.X, y, r.W, text, theme.Dim)
		return
	}
	for above := r.Y + d.rows.bottom; above < y; above++ {
		if c.At(r.X+x, above) == ' ' {
			c.Set(r.X+x, above, g.Vertical, theme.Dim)
		}
	}
	c.Text(r.X+x, y, r.W-x, text, theme.Dim)
}

// under writes the branch not taken and where the packet is into the last row, the latter under its mark.
func (d *diagram) under(c *canvas.Canvas, row canvas.Rect, off int) {
	here, branch := string(d.glyphs.Here)+" you are here", d.branch()
	x := d.here() - off
	if w := canvas.Width(here); x+w > row.W {
		here = "you are here " + string(d.glyphs.Here)
		x = max(x+1-w, 0)
	}
	switch {
	case branch == "" || x >= 2+canvas.Width(branch)+2:
		c.Text(row.X+2, row.Y, row.W-2, branch, theme.Dim)
	case x+canvas.Width(here)+2+canvas.Width(branch) < row.W:
		c.TextRight(row.X, row.Y, row.W-1, branch, theme.Dim)
	}
	c.Text(row.X+x, row.Y, row.W-x, here, theme.Key)
}

// turn is the segment of the routing decision, -1 if the track has none.
func (d *diagram) turn() int {
	for i := range d.track.segments {
		if d.track.segments[i].kind == segRoute {
			return i
		}
	}
	return -1
}

// branch is the half of the picture that the packet did not take.
func (d *diagram) branch() string {
	var not []string
	if d.visit.View == nil {
		return ""
	}
	for _, h := range d.visit.View.Hooks {
		if !d.track.has(h.Name) {
			not = append(not, h.Name)
		}
	}
	if len(not) == 0 {
		return ""
	}
	g := d.glyphs
	open := " " + string(g.Unseen) + " "
	if !d.boxed {
		return strings.ToUpper(strings.Join(not, "/")) + open + "not taken"
	}
	arrow := string([]rune{g.NotTaken, g.Arrow}) + " "
	local := "[ local process ] " + arrow
	text := ""
	for i, h := range not {
		switch {
		case i > 0 && not[i-1] == "input" && h == "output":
			text += arrow + local
		case i > 0 && h == "postrouting":
			text += arrow
		case i > 0:
			text += "  "
		}
		text += strings.ToUpper(h) + open
	}
	return text + " (not taken)"
}

// where describes the current station in one line.
func (d *diagram) where() string {
	s := d.current()
	st := &s.Station
	var parts []string
	if st.Chain != "" {
		parts = append(parts, st.Family+" "+st.Table+" "+st.Chain+",")
	}
	if s.Detail != "" {
		parts = append(parts, record.Arrows(s.Detail, d.glyphs))
	} else {
		parts = append(parts, strings.ToLower(s.Event))
	}
	if s.Proof == path.Inferred {
		parts = append(parts, "(inferred: "+s.By+")")
	}
	return strings.Join(parts, " ")
}
