package canvas

import (
	"strings"

	"github.com/hookwalk/hookwalk/tui/theme"
)

// Frame draws the frame of a pane with a title on the left and a note on the right of its upper edge, and returns
// the room inside. The title goes before the note where both do not fit.
func (c *Canvas) Frame(r Rect, g *theme.Glyphs, title, note string, focus bool) Rect {
	if r.W < 2 || r.H < 2 {
		return Rect{r.X, r.Y, 0, 0}
	}
	role := theme.Border
	if focus {
		role = theme.Focus
	}
	c.Clear(r)
	c.Line(r.X+1, r.Y, r.W-2, g.Horizontal, role)
	c.Line(r.X+1, r.Y+r.H-1, r.W-2, g.Horizontal, role)
	for y := r.Y + 1; y < r.Y+r.H-1; y++ {
		c.Set(r.X, y, g.Vertical, role)
		c.Set(r.X+r.W-1, y, g.Vertical, role)
	}
	c.Set(r.X, r.Y, g.TopLeft, role)
	c.Set(r.X+r.W-1, r.Y, g.TopRight, role)
	c.Set(r.X, r.Y+r.H-1, g.BottomLeft, role)
	c.Set(r.X+r.W-1, r.Y+r.H-1, g.BottomRight, role)
	end := r.X + 2
	if title != "" && r.W > 6 {
		end = c.Text(r.X+2, r.Y, r.W-4, " "+Shorten(title, r.W-6, g)+" ", theme.Title)
	}
	if room := r.X + r.W - 2 - end - 1; note != "" && Width(note)+2 <= room {
		c.TextRight(end, r.Y, r.X+r.W-1-end, " "+note+" ", theme.Dim)
	}
	return r.Inset()
}

// Shorten cuts s to width cells, with an ellipsis where something is missing.
func Shorten(s string, width int, g *theme.Glyphs) string {
	if Width(s) <= width {
		return s
	}
	mark := g.Ellipsis
	room := width - Width(mark)
	if room < 0 {
		return strings.Repeat(".", max(width, 0))
	}
	n := 0
	for i, r := range s {
		w := runeWidth(&r)
		if n+w > room {
			return s[:i] + mark
		}
		n += w
	}
	return s
}

// Wrap breaks s into lines of at most width cells, at blanks where it can.
func Wrap(s string, width int) []string {
	if width <= 0 {
		return nil
	}
	var lines []string
	line := ""
	for word := range strings.FieldsSeq(s) {
		for Width(word) > width { // longer than any line: cut it
			if line != "" {
				lines = append(lines, line)
				line = ""
			}
			cut := Cut(word, width)
			lines = append(lines, word[:cut])
			word = word[cut:]
		}
		switch {
		case line == "":
			line = word
		case Width(line)+1+Width(word) <= width:
			line += " " + word
		default:
			lines = append(lines, line)
			line = word
		}
	}
	if line != "" {
		lines = append(lines, line)
	}
	return lines
}

// Cut is how many bytes of s fit into width cells, at least one character.
func Cut(s string, width int) int {
	n := 0
	for i, r := range s {
		if n += runeWidth(&r); n > width && i > 0 {
			return i
		}
	}
	return len(s)
}
