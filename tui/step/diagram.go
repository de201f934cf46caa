package step

import (
	"github.com/hookwalk/hookwalk/tui/canvas"
	"github.com/hookwalk/hookwalk/tui/record"
	"github.com/hookwalk/hookwalk/tui/theme"
)

// boxedRows is how many rows the diagram needs to draw hooks as boxes.
const boxedRows = 12

// diagram draws one track. It is laid out on a canvas as wide as it needs, of which the pane shows the part with
// the current station.
type diagram struct {
	*Model
	track   *track
	visit   *record.Visit
	boxed   bool
	x       []int   // of each segment
	w       []int   // of each segment
	cols    [][]int // x of the columns of each segment
	width   int
	gap     int // between segments
	colGap  int
	rows    rows
	end     place // where the visit ended
	stopped bool  // so did the packet, without arriving
	c       *canvas.Canvas
}

// rows says in which line of the diagram things are; -1: there is no room for it.
type rows struct{ title, top, name, priority, line, note, verdict, bottom, change, branch, here int }

func (d *diagram) plan(h int) {
	switch {
	case h >= boxedRows:
		d.boxed = true
		d.rows = rows{title: 0, top: 1, name: 2, priority: 3, line: 4, note: 5, verdict: 6, bottom: 7, change: 8, branch: 9, here: 11}
	case h >= 7:
		d.rows = rows{title: 0, top: -1, name: 1, priority: -1, line: 2, note: 3, verdict: 4, bottom: -1, change: 5, branch: h - 1, here: h - 1}
	default:
		d.rows = rows{title: 0, top: -1, name: 1, priority: -1, line: 2, note: -1, verdict: 3, bottom: -1, change: 4, branch: 5, here: 5}
	}
}

// layout gives every segment and column its place, as narrow as the texts allow, and then spends what is left of
// width on the gaps.
func (d *diagram) layout(width int) {
	d.gap, d.colGap = 2, 2
	if !d.boxed {
		d.gap = 1
	}
	d.place()
	slack := width - d.width
	if slack <= 0 {
		return
	}
	columns := 0
	for i := range d.track.segments {
		columns += max(len(d.track.segments[i].columns)-1, 0)
	}
	if more := min(slack/(columns+len(d.track.segments)), 4); columns > 0 && more > 0 {
		d.colGap += more
		slack -= more * columns
	}
	if n := len(d.track.segments) - 1; n > 0 {
		d.gap += min(slack/n, 14)
	}
	d.place()
}

func (d *diagram) place() {
	d.x, d.w, d.cols = nil, nil, nil
	x := 0
	for i := range d.track.segments {
		if i > 0 {
			x += d.gap
		}
		w, cols := d.segment(i, x)
		d.x, d.w, d.cols = append(d.x, x), append(d.w, w), append(d.cols, cols)
		x += w
	}
	d.width = x
}

// segment lays out segment i from x on and returns its width and where its columns are.
func (d *diagram) segment(i, x int) (w int, cols []int) {
	seg := &d.track.segments[i]
	switch seg.kind {
	case segDevice, segWire, segLocal:
		return max(canvas.Width(d.label(seg))+2, len(seg.columns[0].verdict)), []int{x}
	case segRoute:
		w = max(canvas.Width(seg.title), canvas.Width(seg.columns[0].note), 4) | 1
		return w, []int{x + w/2}
	}
	at := x
	if d.boxed {
		at += 2
	}
	start := at
	for c := range seg.columns {
		if c > 0 {
			at += d.colGap
		}
		cols = append(cols, at)
		at += d.columnWidth(&seg.columns[c])
	}
	at = max(at, start+len(seg.title))
	if d.boxed {
		at += 2
	}
	return at - x, cols
}

func (d *diagram) label(seg *segment) string {
	if seg.kind == segLocal {
		return "[ " + seg.title + " ]"
	}
	return seg.title
}

func (d *diagram) name(c *column) string {
	if !d.boxed && c.name == "conntrack" {
		return "ct"
	}
	return c.name
}

func (d *diagram) columnWidth(c *column) int {
	w := canvas.Width(d.name(c))
	if d.rows.priority >= 0 {
		w = max(w, canvas.Width(c.priority))
	}
	if d.rows.note >= 0 {
		w = max(w, canvas.Width(c.note))
	}
	return max(w, canvas.Width(d.below(c)))
}

// below is the word under a column's glyph in the row of verdicts.
func (d *diagram) below(c *column) string {
	if c.unreached {
		return "never reached"
	}
	if c.verdict == "" && d.rows.note < 0 && c.tracked {
		return c.note
	}
	return c.verdict
}

// drawPath draws the pane of the netfilter path.
func (m *Model) drawPath(c *canvas.Canvas, r canvas.Rect) {
	if m.current() == nil || r.Empty() {
		return
	}
	visit := &m.packet.Visits[m.packet.VisitOf(m.step)]
	d := &diagram{Model: m, track: newTrack(m.packet, visit), visit: visit}
	d.end = d.track.at[visit.Last]
	d.stopped = visit.Last == len(m.packet.Path.Steps)-1 && record.Ended(m.packet.Path)
	d.plan(r.H)
	d.layout(r.W)
	d.c = canvas.New(max(d.width, r.W), r.H)
	d.draw()
	off := d.offset(r.W)
	c.Blit(r.X, r.Y, d.c, canvas.Rect{X: off, Y: 0, W: r.W, H: r.H})
	if off > 0 {
		c.Set(r.X, r.Y+d.rows.line, m.glyphs.Left, theme.Key)
	}
	if off+r.W < d.width {
		c.Set(r.X+r.W-1, r.Y+d.rows.line, m.glyphs.Right, theme.Key)
	}
	d.captions(c, r, off)
}

// offset is the first column of the canvas that the pane shows: the current station is in the middle if not all fits.
func (d *diagram) offset(width int) int {
	if d.width <= width {
		return 0
	}
	at := d.here()
	return max(min(at-width/2, d.width-width), 0)
}

// here is the x of the current station.
func (d *diagram) here() int {
	p, ok := d.track.at[d.step]
	if !ok {
		return 0
	}
	return d.cols[p.segment][p.column]
}
