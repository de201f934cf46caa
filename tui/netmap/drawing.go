package netmap

import (
	"cmp"
	"slices"
)

// drawing is the work on one picture.
type drawing struct {
	in     Input
	sign   signs
	loose  bool // lines that are left over go between layers
	graphs map[stacking]*graph
	groups map[bool]*graph // true: few groups
	sheets map[style]*sheet
}

func newDrawing(in Input) *drawing {
	d := &drawing{in: in, sign: unicodeSigns, graphs: map[stacking]*graph{}, groups: map[bool]*graph{}, sheets: map[style]*sheet{}}
	if in.ASCII {
		d.sign = asciiSigns
	}
	return d
}

// graph is the plan's graph as a style wants it.
func (d *drawing) graph(st style) *graph {
	if st.level == Groups {
		if d.groups[st.few] == nil {
			d.groups[st.few] = newGroups(d.in.Plan, st.few)
		}
		return d.groups[st.few]
	}
	g := d.graphs[st.stack]
	if g == nil {
		g = newGraph(d.in.Plan, st.stack)
		d.graphs[st.stack] = g
	}
	return g
}

// scene is a finished arrangement of all parts.
type scene struct {
	level Level
	g     *graph
	piece piece
	cost  float64
	notes []string // lines below the map
}

// fitting is the most detailed scene that fits. Its level is List if none does.
func (d *drawing) fitting() *scene {
	if len(d.in.Plan.Nodes) <= groupsFrom {
		for _, level := range []Level{Detail, Boxes, Chips, Glyphs} {
			if s := d.best(level); s != nil {
				return s
			}
		}
	}
	if d.groupable() {
		if s := d.best(Groups); s != nil {
			return s
		}
	}
	return &scene{level: List}
}

// leastCells is what a node takes at least: one letter, and a cable.
const leastCells = 2

// best is the scene of a level that fits and is the easiest to read: one that shows less may win if its cables run
// straighter. nil: none fits.
func (d *drawing) best(level Level) *scene {
	if level < Groups && len(d.in.Plan.Nodes)*leastCells > d.in.Width*d.in.Height {
		return nil
	}
	var best *scene
	for _, st := range stylesOf(level) {
		if best != nil && st.penalty >= best.cost {
			break
		}
		if s := d.try(st); s != nil && (best == nil || s.cost < best.cost) {
			best = s
		}
	}
	return best
}

func stylesOf(level Level) []style {
	all := styles
	if level == Groups {
		all = groupStyles
	}
	var of []style
	for _, st := range all {
		if st.level == level {
			of = append(of, st)
		}
	}
	return of
}

// forced is a scene of a level, whether it fits or not.
func (d *drawing) forced(level Level) *scene {
	if s := d.best(level); s != nil {
		return s
	}
	st := stylesOf(level)[0]
	for _, s := range stylesOf(level) {
		if s.stack == stackBridges && s.max == 0 {
			st = s // the smallest that shows everything
		}
	}
	return d.compose(d.sheet(st), unlimited, unlimited, 16, d.smallest)
}

// unlimited is more than any map needs.
const unlimited = 1 << 20

// groupable reports whether groups make the map smaller.
func (d *drawing) groupable() bool {
	g := d.graph(style{level: Groups})
	return len(g.vertices) > 1 && len(g.vertices) < len(d.in.Plan.Nodes)
}

// try is the scene in one style that fits; nil: there is none.
func (d *drawing) try(st style) *scene {
	sh := d.sheet(st)
	if st.max > 0 && sh.most <= st.max {
		return nil // the same as the style without a limit
	}
	before := 0
	for _, rows := range rowLimits {
		if rows = min(rows, max(sh.most, 1)); rows == before {
			continue
		}
		before = rows
		if s := d.compose(sh, d.in.Width, d.in.Height, rows, d.prettiest); s != nil {
			return s
		}
	}
	return nil
}

// compose arranges every part and puts them together; nil: it does not fit.
func (d *drawing) compose(sh *sheet, w, h, rows int, pick func(options []piece) piece) *scene {
	if w < unlimited && sh.area(rows) > w*h {
		return nil
	}
	var pieces []piece
	s := &scene{level: sh.st.level, g: sh.g, cost: sh.st.penalty}
	for i := range sh.g.parts {
		options := d.options(sh, &sh.g.parts[i], w, h, rows)
		if len(options) == 0 {
			return nil
		}
		p := pick(options)
		s.cost += p.cost
		pieces = append(pieces, p)
	}
	s.piece = shelve(pieces, w)
	s.notes = d.notes(s)
	if s.piece.w > w || s.piece.h+len(s.notes) > h {
		return nil
	}
	return s
}

// options are the arrangements of a part that fit on their own.
func (d *drawing) options(sh *sheet, p *part, w, h, rows int) []piece {
	var found []piece
	for i := range p.layers {
		l := &p.layers[i]
		for _, to := range []direction{downward, rightward} {
			if to == rightward && len(l.layers) == 1 && len(p.vertices) > 1 {
				continue
			}
			if one := d.unfolded(sh, l, to, w, h, rows); one != nil {
				found = append(found, *one)
			} else if to == rightward {
				if folded := d.folded(sh, l, w, h, rows); folded != nil {
					found = append(found, *folded)
				}
			}
		}
		if w >= unlimited {
			break
		}
	}
	return found
}

// unfolded is a part in one piece; nil: it does not fit.
func (d *drawing) unfolded(sh *sheet, l *layering, to direction, w, h, rows int) *piece {
	if lw, lh := sh.least(l.layers, to != downward, rows); lw > w || lh > h {
		return nil
	}
	lay := d.newLayout(sh, l, to, rows, 0, len(l.layers))
	lay.arrange()
	if lay.tangled && w < unlimited || lay.w > w || lay.h > h || sh.st.labels != noLabels && lay.unlabelled() > 0 {
		return nil
	}
	if w < unlimited {
		lay.widen(w, h)
	}
	p := &piece{layouts: []*layout{lay}, w: lay.w, h: lay.h}
	p.cost = lay.ugliness() + l.oddity() + fullness(lay.w, lay.h, w, h)
	return p
}

// oddity is the cost of an order of layers that is not what people expect.
func (l *layering) oddity() float64 {
	n := 1.5 * float64(l.astray)
	if l.guess {
		n += 6
	}
	return n
}

// fullness is the cost of a piece that has just enough room.
func fullness(w, h, roomW, roomH int) float64 {
	return 2 * max(float64(w)/float64(roomW), float64(h)/float64(roomH))
}

// ugliness is what an eye has to follow.
func (l *layout) ugliness() float64 {
	return 3*float64(l.crossed) + 2*float64(l.bent) + 6*float64(l.long)
}

// widen gives channels room that is left over.
func (l *layout) widen(w, h int) {
	inner := len(l.layers) - 1
	if inner < 1 {
		return
	}
	if l.sideways {
		l.spread = min((w-l.w)/inner, 8)
	} else if l.d.loose {
		l.spread = min((h-l.h)/inner, 1)
	}
	if l.spread > 0 {
		l.route()
		l.finish()
	}
}

func (d *drawing) prettiest(options []piece) piece {
	return slices.MinFunc(options, func(a, b piece) int { return cmp.Compare(a.cost, b.cost) })
}

func (d *drawing) smallest(options []piece) piece {
	return slices.MinFunc(options, func(a, b piece) int { return cmp.Compare(a.w*a.h, b.w*b.h) })
}
