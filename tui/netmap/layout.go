package netmap

// block is the place of a vertex in a layout: its face, and the list of its leaves below.
//
// Layers are rows in an upright layout, columns in a sideways one. Along a layer places are called u, across the
// layers v; only the end of layout knows x and y.
type block struct {
	v      int
	layer  int
	face   face
	stack  stack
	ports  [2][]*term // by side, in their order
	before int        // cells that labels need before the face, along the layer
	after  int        // and behind it
	u      int        // of the face
	at     rect       // of the face in the picture
}

// The sides of a face: towards the layer before and the layer after.
const (
	up = iota
	down
)

// direction is where the layers of a layout follow each other.
type direction int

const (
	downward direction = iota
	rightward
	leftward
)

// layout is a drawing of some layers of a part of the graph.
type layout struct {
	d        *drawing
	leftward bool // the first layer is at the right
	g        *graph
	st       style
	sideways bool
	layers   [][]*block
	blocks   map[int]*block
	nets     []*net
	w, h     int
	channels []int // the room before each layer, and behind the last
	tracks   []int // in each channel
	spread   int   // added to each channel between layers
	crossed  int   // crossings of cables
	bent     int   // cables that are not straight
	tangled  bool  // tracks could not be found without cables lying on each other
	long     int   // cables in a layer that pass by another box
}

// newLayout begins a layout of the layers from first on, without end.
func (d *drawing) newLayout(sh *sheet, l *layering, to direction, rows, first, end int) *layout {
	lay := &layout{d: d, g: sh.g, st: sh.st, sideways: to != downward, leftward: to == leftward, blocks: make(map[int]*block)}
	stacks := sh.stacksOf(rows)
	for i, layer := range l.layers[first:end] {
		row := make([]*block, len(layer))
		for j, v := range layer {
			row[j] = &block{v: v, layer: i, face: sh.faces[v], stack: stacks[v]}
			lay.blocks[v] = row[j]
		}
		lay.layers = append(lay.layers, row)
	}
	lay.join(sh.g, l)
	lay.pack()
	return lay
}

// arrange finds the places of everything.
func (l *layout) arrange() {
	for range 2 { // the order of ports follows from the places of boxes, these from the ports
		l.sortPorts()
		l.grow()
		l.place()
	}
	l.straighten()
	l.route()
	l.finish()
}

// along is the size of the face along the layer.
func (l *layout) along(b *block) int {
	if l.sideways {
		return b.face.h
	}
	return b.face.w
}

// extent is what a block takes along its layer, from the start of its face on.
func (l *layout) extent(b *block) (from, to int) {
	if l.sideways {
		return 0, b.face.h + b.stack.h
	}
	to = b.face.w
	if b.stack.h > 0 {
		to = max(to, b.stackAt()+b.stack.w)
	}
	return -b.before, to + b.after
}

// depth is what a block takes across its layer.
func (l *layout) depth(b *block) int {
	if !l.sideways {
		return b.face.h + b.stack.h
	}
	if b.stack.h > 0 {
		return max(b.face.w, b.stackAt()+b.stack.w)
	}
	return b.face.w
}

// stackAt is where the line to the leaves leaves the face.
func (b *block) stackAt() int {
	if b.face.shape == letter {
		return 0
	}
	return 1
}

// gap is the least room between two blocks of a layer.
func (l *layout) gap(a, b *block) int {
	n := 2
	if l.sideways {
		n = 0
		if l.st.level < Chips {
			n = 1
		}
	}
	for _, x := range l.nets {
		if x.side && x.terms[0].b == a && x.terms[1].b == b {
			n = max(n, l.sideGap(x))
		}
	}
	return n
}

// sideGap is the room that a cable between two neighbours in a layer needs.
func (l *layout) sideGap(x *net) int {
	if l.sideways {
		if l.st.labels != noLabels {
			return 2
		}
		return 1
	}
	if l.st.labels != noLabels {
		return l.labelWidth(x.terms[0]) + l.labelWidth(x.terms[1]) + 3
	}
	return 4
}

// finish turns u and v into x and y.
func (l *layout) finish() {
	v := make([]int, len(l.layers)) // where each layer begins
	at, size := 0, 0
	for i, layer := range l.layers {
		at += l.channels[i]
		v[i] = at
		deep := 0
		for _, b := range layer {
			deep = max(deep, l.depth(b))
		}
		at += deep
	}
	at += l.channels[len(l.layers)]
	least := 1 << 30
	for _, layer := range l.layers {
		for _, b := range layer {
			from, _ := l.extent(b)
			least = min(least, b.u+from)
		}
	}
	for _, x := range l.nets {
		for _, t := range x.terms {
			if !x.side {
				least = min(least, t.u)
			}
		}
	}
	for i, layer := range l.layers {
		for _, b := range layer {
			b.u -= least
			_, to := l.extent(b)
			size = max(size, b.u+to)
			if l.sideways {
				b.at = rect{v[i], b.u, b.face.w, b.face.h}
			} else {
				b.at = rect{b.u, v[i], b.face.w, b.face.h}
			}
		}
	}
	for _, x := range l.nets {
		for _, t := range x.terms {
			t.u -= least
		}
		l.draw(x, v)
	}
	l.w, l.h = size, at
	if l.sideways {
		l.w, l.h = at, size
	}
	if l.leftward {
		l.mirror()
	}
}

// draw gives a net its points.
func (l *layout) draw(x *net, v []int) {
	if x.side {
		l.drawSide(x)
		return
	}
	bar := 0
	if x.channel > 0 {
		bar = v[x.channel-1]
		deep := 0
		for _, b := range l.layers[x.channel-1] {
			deep = max(deep, l.depth(b))
		}
		bar += deep
	}
	bar += x.at
	for _, t := range x.terms {
		edge := v[t.b.layer]
		if t.side == down {
			edge += l.across(t.b) - 1
		}
		t.port = l.point(t.u, edge)
		t.elbow = l.point(t.u, bar)
	}
	x.face()
}

// across is the size of a face across the layers.
func (l *layout) across(b *block) int {
	if l.sideways {
		return b.face.w
	}
	return b.face.h
}

func (l *layout) point(u, v int) point {
	if l.sideways {
		return point{v, u}
	}
	return point{u, v}
}

// drawSide joins two neighbours in a layer.
func (l *layout) drawSide(x *net) {
	a, b := x.terms[0], x.terms[1]
	off := x.at
	if l.sideways {
		a.port = point{max(a.b.at.x, b.b.at.x) + off, a.b.at.y + a.b.face.h - 1}
		b.port = point{a.port.x, b.b.at.y}
	} else {
		a.port = point{a.b.at.x + a.b.face.w - 1, a.b.at.y + off}
		b.port = point{b.b.at.x, b.b.at.y + off}
	}
	x.face()
}

// mirror turns a layout round so that its first layer is at the right. Faces stay where they are in their blocks:
// lists of leaves below them still reach to the right.
func (l *layout) mirror() {
	for _, b := range l.blocks {
		b.at.x = l.w - b.at.x - l.depth(b)
	}
	for _, x := range l.nets {
		for _, t := range x.terms {
			t.port.x = t.b.at.x
			if t.side == up {
				t.port.x += t.b.at.w - 1
			}
			t.elbow.x = l.w - 1 - t.elbow.x
		}
		x.face()
	}
}

// face makes the ends of a straight net meet.
func (x *net) face() {
	if x.side || x.straight {
		x.terms[0].elbow, x.terms[1].elbow = x.terms[1].port, x.terms[0].port
	}
}
