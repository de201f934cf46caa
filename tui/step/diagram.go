package step

import (
	"strings"

	"github.com/hookwalk/hookwalk/lab/path"
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
	track  *track
	visit  *record.Visit
	boxed  bool
	x      []int   // of each segment
	w      []int   // of each segment
	cols   [][]int // x of the columns of each segment
	width  int
	gap    int // between segments
	colGap int
	rows   rows
	c      *canvas.Canvas
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
	d.texts(c, r, off)
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

// draw draws what belongs to the stations.
func (d *diagram) draw() {
	end := d.track.at[d.visit.Last]
	stopped := d.visit.Last == len(d.packet.Path.Steps)-1 && record.Ended(d.packet.Path)
	for i := range d.track.segments {
		seg := &d.track.segments[i]
		d.box(i, seg)
		if i > 0 {
			from, role := d.line(stopped && i > end.segment)
			d.c.Line(d.x[i]-d.gap, d.rows.line, d.gap, from, role)
		}
		for j := range seg.columns {
			beyond := stopped && (i > end.segment || i == end.segment && j > end.column)
			d.through(i, j, beyond)
			d.station(i, j, seg, &seg.columns[j], beyond)
		}
	}
}

func (d *diagram) line(beyond bool) (rune, theme.Role) {
	if beyond {
		return d.glyphs.NotTaken, theme.Dim
	}
	return d.glyphs.Taken, theme.Path
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
func (d *diagram) through(i, j int, beyond bool) {
	seg := &d.track.segments[i]
	if seg.kind != segHook && seg.kind != segRoute {
		return
	}
	r, role := d.line(beyond)
	from, to := d.cols[i][j], d.x[i]+d.w[i]
	if j == 0 {
		d.c.Line(d.x[i], d.rows.line, from-d.x[i], r, role)
	}
	if j+1 < len(seg.columns) {
		to = d.cols[i][j+1]
	}
	if last := d.track.at[d.visit.Last]; last == (place{i, j}) && record.Ended(d.packet.Path) &&
		d.visit.Last == len(d.packet.Path.Steps)-1 {
		r, role = d.line(true)
	}
	d.c.Line(from, d.rows.line, to-from, r, role)
}

// station draws one column: its name, its glyph and what was decided there.
func (d *diagram) station(i, j int, seg *segment, col *column, beyond bool) {
	x := d.cols[i][j]
	g := d.glyphs
	current := d.track.at[d.step] == place{i, j}
	glyph, role := g.Unseen, theme.Dim
	switch {
	case col.step >= 0:
		glyph, role = record.Look(&d.packet.Path.Steps[col.step], g)
	case col.tracked && !beyond:
		glyph, role = g.Seen, theme.Good
	}
	text := theme.Plain
	if beyond {
		text = theme.Dim
	}
	name := text
	if current {
		name = theme.Here
	}
	zone := canvas.Rect{X: x, Y: d.rows.line, W: 1, H: 1}
	switch seg.kind {
	case segDevice, segWire, segLocal:
		d.edge(i, seg, col, glyph, role, name)
		zone.W = d.w[i]
	case segRoute:
		d.c.Set(x, d.rows.line, glyph, role)
		if current {
			d.c.Paint(zone, theme.Here)
		}
		d.centre(i, d.rows.name, seg.title, text)
		verdict := ""
		if bad(col.verdict) {
			verdict = col.verdict
		}
		if d.rows.note >= 0 {
			d.centre(i, d.rows.note, col.note, text)
			d.centre(i, d.rows.verdict, verdict, role)
		} else if verdict != "" {
			d.centre(i, d.rows.verdict, verdict, role)
		} else {
			d.centre(i, d.rows.verdict, col.note, text)
		}
	default:
		d.c.Text(x, d.rows.name, d.w[i], d.name(col), name)
		if d.rows.priority >= 0 {
			d.c.Text(x, d.rows.priority, d.w[i], col.priority, theme.Dim)
		}
		d.c.Set(x, d.rows.line, glyph, role)
		if current {
			d.c.Paint(zone, theme.Here)
		}
		if d.rows.note >= 0 {
			d.c.Text(x, d.rows.note, d.w[i], col.note, text)
		}
		verdict := d.below(col)
		if !seg.reached {
			role = theme.Dim
		}
		d.c.Text(x, d.rows.verdict, d.columnWidth(col), verdict, role)
		zone = canvas.Rect{X: x, Y: d.rows.name, W: max(d.columnWidth(col), 1), H: d.rows.verdict - d.rows.name + 1}
	}
	if col.step >= 0 {
		d.c.Zone(zone, stepZone(col.step))
	}
	if current {
		d.mark(x)
	}
}

// edge draws a device, a cable or a process: the ends of the track.
func (d *diagram) edge(i int, seg *segment, col *column, glyph rune, role, name theme.Role) {
	x, y, label := d.cols[i][0], d.rows.line, d.label(seg)
	switch {
	case seg.kind == segWire || bad(col.verdict):
		d.c.Set(x, y, glyph, role)
		d.c.Set(x+1, y, ' ', theme.Plain)
		d.c.Text(x+2, y, canvas.Width(label), label, name)
		d.c.Text(x, d.rows.verdict, d.w[i], col.verdict, role)
	case i == 0:
		end := d.c.Text(x, y, canvas.Width(label), label, name)
		r, lineRole := d.line(col.step < 0 && len(d.track.segments) == 1)
		d.c.Line(end, y, x+d.w[i]-end, r, lineRole)
	default:
		d.c.Set(x, y, ' ', theme.Plain)
		d.c.Text(x+1, y, canvas.Width(label), label, name)
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

// mark points at the current station from the lower edge of its box.
func (d *diagram) mark(x int) {
	if d.boxed {
		d.c.Set(x, d.rows.bottom, d.glyphs.Here, theme.Key)
	}
}

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

// texts writes what does not scroll: the branch not taken, and where the packet is.
func (d *diagram) texts(c *canvas.Canvas, r canvas.Rect, off int) {
	g := d.glyphs
	d.changes(c, r, off)
	if y := d.rows.branch; d.boxed && y < r.H {
		x, text := 2, d.branch()
		{
			if i := d.turn(); i >= 0 && text != "" {
				x = d.cols[i][0] - off
				text = string([]rune{g.BottomLeft, g.NotTaken, g.Arrow}) + " " + text
				if x+canvas.Width(text) > r.W {
					text = strings.Replace(text, "local process", "local", 1)
				}
				if x+canvas.Width(text) > r.W || x < 0 {
					x = max(r.W-canvas.Width(text), 0)
				} else {
					for above := d.rows.bottom; above < y; above++ {
						if c.At(r.X+x, r.Y+above) == ' ' {
							c.Set(r.X+x, r.Y+above, g.Vertical, theme.Dim)
						}
					}
				}
			}
		}
		c.Text(r.X+x, r.Y+y, r.W-x, text, theme.Dim)
	}
	if d.rows.here >= r.H {
		return
	}
	row := r.Row(d.rows.here)
	if d.boxed {
		x := c.Text(row.X+2, row.Y, row.W-2, "you are here: ", theme.Dim)
		x = c.Text(x, row.Y, row.X+row.W-x, d.current().Station.Name(), theme.Key)
		c.Text(x, row.Y, row.X+row.W-x, "   "+canvas.Shorten(d.where(), row.X+row.W-x-3, g), theme.Plain)
		return
	}
	d.under(c, row, off)
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
