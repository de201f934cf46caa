package step

import (
	"strings"

	"github.com/hookwalk/hookwalk/tui/canvas"
	"github.com/hookwalk/hookwalk/tui/record"
	"github.com/hookwalk/hookwalk/tui/theme"
)

// draw draws what belongs to the stations.
func (d *diagram) draw() {
	for i := range d.track.segments {
		seg := &d.track.segments[i]
		d.box(i, seg)
		if i > 0 {
			d.line(d.x[i]-d.gap, d.x[i], d.beyond(i, -1))
		}
		for j := range seg.columns {
			d.through(i, j)
			d.station(i, j, seg, &seg.columns[j])
		}
	}
}

// beyond reports whether column j of segment i lies behind the place where the packet ended.
func (d *diagram) beyond(i, j int) bool {
	return d.stopped && (i > d.end.segment || i == d.end.segment && j > d.end.column)
}

// line draws the track between two cells.
func (d *diagram) line(from, to int, beyond bool) {
	r, role := d.glyphs.Taken, theme.Path
	if beyond {
		r, role = d.glyphs.NotTaken, theme.Dim
	}
	d.c.Line(from, d.rows.line, to-from, r, role)
}

// box draws the title of a hook, and its frame.
func (d *diagram) box(i int, seg *segment) {
	if seg.kind != segHook {
		return
	}
	role := theme.Title
	if !seg.reached {
		role = theme.Dim
	}
	d.c.Text(d.cols[i][0], d.rows.title, d.w[i], strings.ToUpper(seg.title), role)
	if !d.boxed {
		return
	}
	g, x, w := d.glyphs, d.x[i], d.w[i]
	for _, y := range []int{d.rows.top, d.rows.bottom} {
		d.c.Line(x, y, w, g.Horizontal, theme.Border)
	}
	d.c.Set(x, d.rows.top, g.TopLeft, theme.Border)
	d.c.Set(x+w-1, d.rows.top, g.TopRight, theme.Border)
	d.c.Set(x, d.rows.bottom, g.BottomLeft, theme.Border)
	d.c.Set(x+w-1, d.rows.bottom, g.BottomRight, theme.Border)
	for y := d.rows.top + 1; y < d.rows.bottom; y++ {
		d.c.Set(x, y, g.Vertical, theme.Border)
		d.c.Set(x+w-1, y, g.Vertical, theme.Border)
	}
}

// through draws the line of the track from column j of segment i to the next column, or to the end of the segment.
func (d *diagram) through(i, j int) {
	seg := &d.track.segments[i]
	if seg.kind != segHook && seg.kind != segRoute {
		return
	}
	from, to := d.cols[i][j], d.x[i]+d.w[i]
	if j == 0 {
		d.line(d.x[i], from, d.beyond(i, j))
	}
	if j+1 < len(seg.columns) {
		to = d.cols[i][j+1]
	}
	d.line(from, to, d.beyond(i, j+1))
}

// station draws one column: its name, its glyph and what was decided there.
func (d *diagram) station(i, j int, seg *segment, col *column) {
	l := d.looks(i, j, col)
	x := d.cols[i][j]
	zone := canvas.Rect{X: x, Y: d.rows.line, W: 1, H: 1}
	switch seg.kind {
	case segDevice, segWire, segLocal:
		d.edge(i, seg, col, l)
		zone.W = d.w[i]
	case segRoute:
		d.decision(i, seg, col, l)
	default:
		d.chain(i, x, seg, col, l)
		zone = canvas.Rect{X: x, Y: d.rows.name, W: max(d.columnWidth(col), 1), H: d.rows.verdict - d.rows.name + 1}
	}
	if col.step >= 0 {
		d.c.Zone(zone, stepZone(col.step))
	}
	if l.here && d.boxed { // point at it from the lower edge of the box
		d.c.Set(x, d.rows.bottom, d.glyphs.Here, theme.Key)
	}
}

// looks is how a station is drawn.
type looks struct {
	glyph  rune
	role   theme.Role // of the glyph and the verdict
	name   theme.Role
	text   theme.Role
	here   bool // the packet is at it
	behind bool // the packet never came to it
}

func (d *diagram) looks(i, j int, col *column) looks {
	l := looks{glyph: d.glyphs.Unseen, role: theme.Dim, here: d.track.at[d.step] == place{i, j}, behind: d.beyond(i, j)}
	switch {
	case col.step >= 0:
		l.glyph, l.role = record.Look(&d.packet.Path.Steps[col.step], d.glyphs)
	case col.tracked && !l.behind:
		l.glyph, l.role = d.glyphs.Seen, theme.Good
	}
	if l.behind {
		l.text = theme.Dim
	}
	l.name = l.text
	if l.here {
		l.name = theme.Here
	}
	return l
}

// set draws the glyph of a station.
func (d *diagram) set(x int, l looks) {
	if l.here {
		l.role = theme.Here
	}
	d.c.Set(x, d.rows.line, l.glyph, l.role)
}

// chain draws a chain of a hook, or connection tracking.
func (d *diagram) chain(i, x int, seg *segment, col *column, l looks) {
	d.c.Text(x, d.rows.name, d.w[i], d.name(col), l.name)
	d.set(x, l)
	if d.rows.priority >= 0 {
		d.c.Text(x, d.rows.priority, d.w[i], col.priority, theme.Dim)
	}
	if d.rows.note >= 0 {
		d.c.Text(x, d.rows.note, d.w[i], col.note, l.text)
	}
	role := l.role
	if !seg.reached {
		role = theme.Dim
	}
	d.c.Text(x, d.rows.verdict, d.columnWidth(col), d.below(col), role)
}

// decision draws the routing decision, with the device it chose below.
func (d *diagram) decision(i int, seg *segment, col *column, l looks) {
	d.set(d.cols[i][0], l)
	d.centre(i, d.rows.name, seg.title, l.text)
	switch {
	case bad(col.verdict):
		d.centre(i, d.rows.verdict, col.verdict, l.role)
	case d.rows.note >= 0:
		d.centre(i, d.rows.note, col.note, l.text)
	default:
		d.centre(i, d.rows.verdict, col.note, l.text)
	}
}

// edge draws a device, a cable or a process: the ends of the track.
func (d *diagram) edge(i int, seg *segment, col *column, l looks) {
	x, y, label := d.cols[i][0], d.rows.line, d.label(seg)
	w := canvas.Width(label)
	switch {
	case seg.kind == segWire || bad(col.verdict):
		d.c.Set(x, y, l.glyph, l.role)
		d.c.Set(x+1, y, ' ', theme.Plain)
		d.c.Text(x+2, y, w, label, l.name)
		d.c.Text(x, d.rows.verdict, d.w[i], col.verdict, l.role)
	case i == 0:
		d.c.Text(x, y, w, label, l.name)
		d.line(x+w, x+d.w[i], false)
	default:
		d.c.Set(x, y, ' ', theme.Plain)
		d.c.Text(x+1, y, w, label, l.name)
		d.c.Set(x+d.w[i]-1, y, ' ', theme.Plain)
	}
}

// centre writes a text in the middle of a segment.
func (d *diagram) centre(i, y int, text string, role theme.Role) {
	d.c.Text(d.x[i]+(d.w[i]-canvas.Width(text))/2, y, canvas.Width(text), text, role)
}

// bad reports whether an event ended the packet.
func bad(event string) bool {
	return event == "DROP" || event == "REJECT" || event == "LOST" || event == "ERROR"
}
