package netmap

import (
	"strings"
	"unicode"

	"github.com/mattn/go-runewidth"
)

// cells measures as terminals do that draw box characters one cell wide, whatever the locale of this process says.
var cells = &runewidth.Condition{StrictEmojiNeutral: true}

// width is the number of cells that s takes.
func width(s string) int {
	n := 0
	for _, r := range s {
		n += cells.RuneWidth(r)
	}
	return n
}

// printable replaces every character that is not a letter, a number or a sign with a place of its own. The names of
// a plan have none, but a map may not fall apart over one.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r == ' ' || cells.RuneWidth(r) > 0 && r != '\uFFFD' && (unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.IsPunct(r) || r < 0x7f && unicode.IsSymbol(r)) {
			return r
		}
		return '?'
	}, s)
}

// cut shortens s to n cells, with a mark where something is missing.
func cut(s string, n int, mark string) string {
	if width(s) <= n {
		return s
	}
	if n < width(mark) {
		return strings.Repeat(".", max(n, 0))
	}
	n -= width(mark)
	var b strings.Builder
	for _, r := range s {
		if n -= cells.RuneWidth(r); n < 0 {
			break
		}
		b.WriteRune(r)
	}
	return b.String() + mark
}

// cell is one place of a canvas. Text hides lines.
type cell struct {
	text string // "": none; covered: the right half of a wide character
	arms arms
	of   [2]*net // whose the vertical and the horizontal arms are; nil: a frame's or a list's
}

const covered = "\x00"

// canvas is the part of the plane that is shown. Drawing outside of it does nothing.
type canvas struct {
	w, h   int
	dx, dy int // added to what is drawn
	cells  []cell
}

func newCanvas(w, h int) *canvas { return &canvas{w: w, h: h, cells: make([]cell, w*h)} }

// at is the cell at a place of the plane; nil if it is not shown.
func (c *canvas) at(x, y int) *cell {
	x, y = x+c.dx, y+c.dy
	if x < 0 || y < 0 || x >= c.w || y >= c.h {
		return nil
	}
	return &c.cells[y*c.w+x]
}

// text writes s. A wide character of which one half is not shown is left out.
func (c *canvas) text(x, y int, s string) {
	for _, r := range s {
		n := cells.RuneWidth(r)
		first, last := c.at(x, y), c.at(x+n-1, y)
		switch {
		case first == nil || last == nil:
		case n == 1:
			first.text = string(r)
		default:
			first.text = string(r)
			for i := 1; i < n; i++ {
				c.at(x+i, y).text = covered
			}
		}
		x += n
	}
}

// arm adds a line from the middle of a cell to one of its sides. A heavy line replaces what was there, others
// replace only what is lighter.
func (c *canvas) arm(x, y, direction int, w weight, of *net) {
	p := c.at(x, y)
	if p == nil {
		return
	}
	if w == heavy || p.arms[direction] < w {
		p.arms[direction] = w
	}
	p.of[direction%2] = of
}

// line draws from one place to another in the same row or column, both included.
func (c *canvas) line(a, b point, w weight, of *net) {
	for a.y < b.y {
		c.arm(a.x, a.y, south, w, of)
		a.y++
		c.arm(a.x, a.y, north, w, of)
	}
	for a.y > b.y {
		c.arm(a.x, a.y, north, w, of)
		a.y--
		c.arm(a.x, a.y, south, w, of)
	}
	for a.x < b.x {
		c.arm(a.x, a.y, east, w, of)
		a.x++
		c.arm(a.x, a.y, west, w, of)
	}
	for a.x > b.x {
		c.arm(a.x, a.y, west, w, of)
		a.x--
		c.arm(a.x, a.y, east, w, of)
	}
}

// frame draws a border.
func (c *canvas) frame(r rect, w weight) {
	nw, ne := point{r.x, r.y}, point{r.x + r.w - 1, r.y}
	sw, se := point{r.x, r.y + r.h - 1}, point{r.x + r.w - 1, r.y + r.h - 1}
	c.line(nw, ne, w, nil)
	c.line(sw, se, w, nil)
	c.line(nw, sw, w, nil)
	c.line(ne, se, w, nil)
}

// blank reports whether n cells are shown and empty.
func (c *canvas) blank(x, y, n int) bool {
	for i := range n {
		p := c.at(x+i, y)
		if p == nil || p.text != "" || p.arms != (arms{}) {
			return false
		}
	}
	return true
}

// lines are the arms that are drawn. Where two cables cross, one passes over the other, so that a crossing is not
// taken for a joint: the packet's way before others, else the vertical one.
func (p *cell) lines() arms {
	a := p.arms
	for _, w := range a {
		if w == none {
			return a
		}
	}
	if p.of[0] == p.of[1] {
		return a
	}
	if max(a[east], a[west]) == heavy && max(a[north], a[south]) < heavy {
		return arms{east: a[east], west: a[west]}
	}
	return arms{north: a[north], south: a[south]}
}

// lines are the rows of the canvas, each of exactly its width.
func (c *canvas) lines(ascii bool) []string {
	out := make([]string, c.h)
	var b strings.Builder
	for y := range out {
		b.Reset()
		for x := range c.w {
			switch p := &c.cells[y*c.w+x]; {
			case p.text == covered:
			case p.text != "":
				b.WriteString(p.text)
			case p.arms != arms{}:
				b.WriteRune(p.lines().joint(ascii))
			default:
				b.WriteByte(' ')
			}
		}
		out[y] = b.String()
	}
	return out
}

type point struct{ x, y int }

type rect struct{ x, y, w, h int }
