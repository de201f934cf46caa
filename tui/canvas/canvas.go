// Package canvas is a grid of cells that the screens draw on, and the regions of it that the mouse can hit.
package canvas

import (
	"strings"
	"unicode"

	"github.com/charmbracelet/x/ansi"

	"github.com/hookwalk/hookwalk/tui/theme"
)

// Rect is a part of a canvas.
type Rect struct{ X, Y, W, H int }

// Inset is the part of r inside a frame.
func (r Rect) Inset() Rect { return Rect{r.X + 1, r.Y + 1, max(r.W-2, 0), max(r.H-2, 0)} }

// Contains reports whether a cell lies in r.
func (r Rect) Contains(x, y int) bool { return x >= r.X && x < r.X+r.W && y >= r.Y && y < r.Y+r.H }

// Empty reports whether no cell lies in r.
func (r Rect) Empty() bool { return r.W <= 0 || r.H <= 0 }

// Row is line i of r, empty if r has no such line.
func (r Rect) Row(i int) Rect {
	if i < 0 || i >= r.H {
		return Rect{r.X, r.Y + i, 0, 0}
	}
	return Rect{r.X, r.Y + i, r.W, 1}
}

// wide is in the second cell of a character that takes two.
const wide = rune(0)

type cell struct {
	r    rune
	role theme.Role
}

type zone struct {
	rect Rect
	id   any
}

// Canvas is a grid of cells. Drawing outside of it does nothing. It is not safe for concurrent use.
type Canvas struct {
	W, H  int
	cells []cell
	zones []zone
}

// New makes a blank canvas.
func New(w, h int) *Canvas {
	c := &Canvas{W: max(w, 0), H: max(h, 0)}
	c.cells = make([]cell, c.W*c.H)
	c.Clear(c.Bounds())
	return c
}

// Bounds is the whole canvas.
func (c *Canvas) Bounds() Rect { return Rect{0, 0, c.W, c.H} }

// Clear blanks a part of the canvas.
func (c *Canvas) Clear(r Rect) {
	for y := max(r.Y, 0); y < min(r.Y+r.H, c.H); y++ {
		for x := max(r.X, 0); x < min(r.X+r.W, c.W); x++ {
			c.cells[y*c.W+x] = cell{' ', theme.Plain}
		}
	}
}

// Set draws one character of width one.
func (c *Canvas) Set(x, y int, r rune, role theme.Role) {
	if x >= 0 && x < c.W && y >= 0 && y < c.H {
		c.cells[y*c.W+x] = cell{r, role}
	}
}

// At is the character of a cell, a blank outside of the canvas.
func (c *Canvas) At(x, y int) rune {
	if x < 0 || x >= c.W || y < 0 || y >= c.H {
		return ' '
	}
	return c.cells[y*c.W+x].r
}

// Paint gives a part of the canvas another role, and keeps what is written there.
func (c *Canvas) Paint(r Rect, role theme.Role) {
	for y := max(r.Y, 0); y < min(r.Y+r.H, c.H); y++ {
		for x := max(r.X, 0); x < min(r.X+r.W, c.W); x++ {
			c.cells[y*c.W+x].role = role
		}
	}
}

// Text writes s at x, y in at most width cells and returns the cell behind it. Control characters become blanks,
// so that nothing from a file or a packet can steer the terminal.
func (c *Canvas) Text(x, y, width int, s string, role theme.Role) int {
	end := min(x+width, c.W)
	for _, r := range s {
		w := runeWidth(&r)
		if w == 0 {
			continue
		}
		if x+w > end {
			break
		}
		c.Set(x, y, r, role)
		if w == 2 {
			c.Set(x+1, y, wide, role)
		}
		x += w
	}
	return x
}

// TextRight writes s so that it ends before cell x+width, and returns where it begins.
func (c *Canvas) TextRight(x, y, width int, s string, role theme.Role) int {
	start := max(x+width-Width(s), x)
	c.Text(start, y, x+width-start, s, role)
	return start
}

// Line draws n cells of r to the right.
func (c *Canvas) Line(x, y, n int, r rune, role theme.Role) {
	for i := range n {
		c.Set(x+i, y, r, role)
	}
}

// Blit copies the part src of another canvas to x, y, with its zones.
func (c *Canvas) Blit(x, y int, from *Canvas, src Rect) {
	for dy := range src.H {
		for dx := range src.W {
			fx, fy := src.X+dx, src.Y+dy
			if fx < 0 || fy < 0 || fx >= from.W || fy >= from.H || x+dx < 0 || x+dx >= c.W || y+dy < 0 || y+dy >= c.H {
				continue
			}
			c.cells[(y+dy)*c.W+x+dx] = from.cells[fy*from.W+fx]
		}
	}
	for _, z := range from.zones {
		x0, y0 := max(z.rect.X, src.X), max(z.rect.Y, src.Y)
		x1, y1 := min(z.rect.X+z.rect.W, src.X+src.W), min(z.rect.Y+z.rect.H, src.Y+src.H)
		c.Zone(Rect{x + x0 - src.X, y + y0 - src.Y, x1 - x0, y1 - y0}, z.id)
	}
}

// Zone makes a region that Hit finds. A later zone lies above an earlier one.
func (c *Canvas) Zone(r Rect, id any) {
	if !r.Empty() {
		c.zones = append(c.zones, zone{r, id})
	}
}

// Hit is the id of the topmost zone at a cell, nil if there is none.
func (c *Canvas) Hit(x, y int) any {
	for i := len(c.zones) - 1; i >= 0; i-- {
		if c.zones[i].rect.Contains(x, y) {
			return c.zones[i].id
		}
	}
	return nil
}

// Render is the canvas as text with the attributes of a theme, without blanks at the ends of lines.
func (c *Canvas) Render(t *theme.Theme) string {
	var b strings.Builder
	b.Grow(c.W*c.H + c.H*16)
	for y := range c.H {
		if y > 0 {
			b.WriteByte('\n')
		}
		row := c.cells[y*c.W : (y+1)*c.W]
		end := len(row)
		for end > 0 && row[end-1].r == ' ' && t.SGR(row[end-1].role) == "" {
			end--
		}
		open := ""
		for _, cell := range row[:end] {
			if cell.r == wide {
				continue
			}
			if sgr := t.SGR(cell.role); sgr != open {
				if open != "" {
					b.WriteString(ansi.ResetStyle)
				}
				b.WriteString(sgr)
				open = sgr
			}
			b.WriteRune(cell.r)
		}
		if open != "" {
			b.WriteString(ansi.ResetStyle)
		}
	}
	return b.String()
}

// runeWidth is how many cells a character takes. What must not reach a terminal is replaced.
func runeWidth(r *rune) int {
	if *r >= ' ' && *r < 0x7f {
		return 1
	}
	switch {
	case *r == '\t' || *r == '\n':
		*r = ' '
		return 1
	case unicode.IsControl(*r) || *r == unicode.ReplacementChar || unicode.Is(unicode.Bidi_Control, *r):
		*r = '?'
		return 1
	}
	return ansi.StringWidth(string(*r))
}

// Width is how many cells Text needs for s.
func Width(s string) int {
	n := 0
	for _, r := range s {
		n += runeWidth(&r)
	}
	return n
}
