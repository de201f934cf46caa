package netmap

import (
	"fmt"
	"strings"
)

// paint makes the picture of a scene. What does not fit is cut off round the selected node.
func (d *drawing) paint(s *scene, w, h int) Picture {
	pic := Picture{Level: s.level}
	c := newCanvas(w, h)
	notes := s.notes
	if s.piece.h+len(notes) > h {
		notes = nil
	}
	room := h - len(notes)
	hidden := d.hiddenLeaves(s)
	if s.piece.w > w || s.piece.h > room || hidden > 0 && s.piece.h < room {
		room = max(room-1, 0) // the last line says what is hidden
	}
	c.h = room
	c.dx, c.dy = d.view(s, w, room)
	for _, l := range s.piece.layouts {
		l.paint(c)
	}
	d.paintWay(s, c)
	for _, l := range s.piece.layouts {
		l.paintLabels(c)
	}
	for _, l := range s.piece.layouts {
		l.paintMarks(c)
		l.paintFaces(c)
		pic.Boxes = append(pic.Boxes, l.boxes(c)...)
	}
	c.h, c.dx, c.dy = h, 0, 0
	for i, note := range notes {
		c.text(0, room+i, cut(note, w, d.sign.ellipsis))
	}
	d.sayHidden(&pic, c)
	pic.Lines = c.lines(d.in.ASCII)
	return pic
}

// view is where the plane's origin lies: the map in the middle, or what is selected in the middle of the part of it
// that is shown.
func (d *drawing) view(s *scene, w, h int) (dx, dy int) {
	at := rect{}
	if p, ok := s.g.where[d.in.Selected]; ok {
		for _, l := range s.piece.layouts {
			if b := l.blocks[p.vertex]; b != nil {
				at = b.at
				if p.leaf >= 0 && p.leaf < len(b.stack.texts) {
					leaf := b.stack.at(p.leaf)
					at = rect{at.x + b.stackAt() + leaf.x, at.y + b.face.h + leaf.y, 1, 1}
				}
			}
		}
	}
	along := func(size, room, from, length int) int {
		if size <= room {
			return (room - size) / 2
		}
		return -min(max(from+length/2-room/2, 0), size-room)
	}
	return along(s.piece.w, w, at.x, at.w), along(s.piece.h, h, at.y, at.h)
}

// paint draws cables, frames, and lists of leaves.
func (l *layout) paint(c *canvas) {
	for _, x := range l.nets {
		if x.stub && len(x.terms) < 2 {
			continue
		}
		for _, t := range x.terms {
			c.line(t.port, t.elbow, light, x)
		}
		w := light
		if x.mesh != "" {
			w = double
		}
		x.paintBar(c, w, x.terms)
	}
	for _, row := range l.layers {
		for _, b := range row {
			if b.face.shape == framed {
				w := light
				if l.d.selected(b.v, -1, l.g) {
					w = double
				}
				c.frame(b.at, w)
			}
			b.paintStack(c, light, -1)
		}
	}
}

// paintBar draws the bar of a net between some of its terminals.
func (x *net) paintBar(c *canvas, w weight, terms []*term) {
	if x.straight || x.side {
		return
	}
	from, to := terms[0].elbow, terms[0].elbow
	for _, t := range terms {
		if t.elbow.x < from.x || t.elbow.y < from.y {
			from = t.elbow
		}
		if t.elbow.x > to.x || t.elbow.y > to.y {
			to = t.elbow
		}
	}
	c.line(from, to, w, x)
}

// paintStack draws the lines from a face to all its leaves, or to one.
func (b *block) paintStack(c *canvas, w weight, only int) {
	if b.stack.h == 0 {
		return
	}
	top := point{b.at.x + b.stackAt(), b.at.y + b.at.h - 1}
	trunk := point{top.x, top.y + 1}
	for i := range b.stack.texts {
		if only >= 0 && i != only {
			continue
		}
		p := b.stack.at(i)
		leaf := point{trunk.x + p.x, trunk.y + p.y}
		head := point{leaf.x, trunk.y}
		c.line(top, trunk, w, nil)
		c.line(trunk, head, w, nil)
		c.line(head, leaf, w, nil)
		c.arm(leaf.x, leaf.y, east, w, nil)
	}
}

// paintFaces writes what stands in the boxes and in the lists.
func (l *layout) paintFaces(c *canvas) {
	for _, row := range l.layers {
		for _, b := range row {
			b.paintFace(c, l.d.selected(b.v, -1, l.g), l.d.in.ASCII)
			for i, text := range b.stack.texts {
				p := b.leafAt(i)
				if i < len(b.stack.texts)-1 || b.stack.hidden == 0 {
					if l.d.selected(b.v, i, l.g) {
						c.text(p.x-1, p.y, l.d.sign.pick)
					}
				}
				c.text(p.x, p.y, text)
			}
		}
	}
}

// leafAt is where the text of a leaf begins.
func (b *block) leafAt(i int) point {
	p := b.stack.at(i)
	return point{b.at.x + b.stackAt() + p.x + 2, b.at.y + b.at.h + p.y}
}

func (b *block) paintFace(c *canvas, selected, ascii bool) {
	f := &b.face
	x, y := b.at.x, b.at.y
	switch f.shape {
	case letter:
		text := f.lines[0]
		if b.at.w > 1 {
			text = "[" + centre(text, b.at.w-2) + "]"
		}
		c.text(x, y, text)
		return
	case chip:
		left, right := "[", "]"
		if selected {
			left, right = "║", "║"
			if ascii {
				left, right = "#", "#"
			}
		}
		c.text(x, y, left+centre(f.lines[0], b.at.w-2)+right)
		return
	}
	if f.title != "" {
		c.text(x+1, y, " "+f.title+" ")
	}
	top := y + 1
	if f.mid {
		top = y + (b.at.h-len(f.lines))/2
	}
	for i, line := range f.lines {
		if f.mid {
			line = centre(line, b.at.w-4)
		}
		c.text(x+2, top+i, line)
	}
}

func centre(s string, w int) string {
	free := max(w-width(s), 0)
	return strings.Repeat(" ", free/2) + s + strings.Repeat(" ", free-free/2)
}

// selected reports whether a vertex, or one of its leaves, is what the user has selected.
func (d *drawing) selected(v, leaf int, g *graph) bool {
	p, ok := g.where[d.in.Selected]
	return ok && p == place{v, leaf}
}

// boxes are the places of nodes, as far as they are shown.
func (l *layout) boxes(c *canvas) []Box {
	var out []Box
	add := func(node string, members []string, r rect) {
		x0, y0 := max(r.x+c.dx, 0), max(r.y+c.dy, 0)
		x1, y1 := min(r.x+c.dx+r.w, c.w), min(r.y+c.dy+r.h, c.h)
		if x0 < x1 && y0 < y1 {
			out = append(out, Box{node, members, x0, y0, x1 - x0, y1 - y0})
		}
	}
	for _, row := range l.layers {
		for _, b := range row {
			v := &l.g.vertices[b.v]
			if v.node == nil {
				add(v.members[0], v.members, b.at)
			} else {
				add(v.name, nil, b.at)
			}
			for i, text := range b.stack.texts {
				if b.stack.hidden > 0 && i == len(b.stack.texts)-1 {
					continue
				}
				p := b.leafAt(i)
				add(v.leaves[i].node.Name, nil, rect{p.x, p.y, width(text), 1})
			}
		}
	}
	return out
}

func (d *drawing) hiddenLeaves(s *scene) int {
	n := 0
	for _, l := range s.piece.layouts {
		for _, b := range l.blocks {
			n += b.stack.hidden
		}
	}
	return n
}

// sayHidden counts the nodes that are in no box, and names them in the last line.
func (d *drawing) sayHidden(pic *Picture, c *canvas) {
	shown := make(map[string]bool, len(d.in.Plan.Nodes))
	for _, b := range pic.Boxes {
		shown[b.Node] = true
		for _, m := range b.Members {
			shown[m] = true
		}
	}
	var missing []string
	for i := range d.in.Plan.Nodes {
		if n := d.in.Plan.Nodes[i].Name; !shown[n] {
			shown[n] = true
			missing = append(missing, n)
		}
	}
	pic.Hidden = len(missing)
	if pic.Hidden == 0 || c.h == 0 || !c.blank(0, c.h-1, c.w) {
		return
	}
	verb := "do"
	if pic.Hidden == 1 {
		verb = "does"
	}
	text := fmt.Sprintf("%s %s not fit: %s", count(pic.Hidden, "node"), verb, printable(strings.Join(missing, " ")))
	if short := fmt.Sprintf("+%d", pic.Hidden); c.w < 24 {
		text = short
	}
	c.text(0, c.h-1, cut(text, c.w, d.sign.ellipsis))
}

// notes are the lines below a map that say how to read it.
func (d *drawing) notes(s *scene) []string {
	var notes []string
	var bars []string
	cables := 0
	for _, l := range s.piece.layouts {
		for _, x := range l.nets {
			if x.mesh != "" {
				cables += x.cables
				bars = append(bars, fmt.Sprintf("%s (%s)", x.mesh, count(x.cables, "link")))
			}
		}
	}
	switch {
	case len(bars) > 2:
		notes = append(notes, fmt.Sprintf("one bar = full mesh of what it joins (%d bars, %s)", len(bars), count(cables, "link")))
	case len(bars) > 0:
		notes = append(notes, "one bar = full mesh "+strings.Join(bars, ", "))
	}
	if s.level == Glyphs {
		note := "h host r router b bridge"
		if len(d.in.Drops) > 0 {
			note += " " + d.sign.drop + " drops"
		}
		notes = append(notes, note)
	}
	return notes
}
