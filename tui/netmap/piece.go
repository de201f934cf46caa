package netmap

import "slices"

// piece is a part of the graph that is arranged, in one layout or folded into several.
type piece struct {
	layouts []*layout
	w, h    int
	cost    float64
}

// move puts a piece elsewhere.
func (p *piece) move(dx, dy int) {
	for _, l := range p.layouts {
		l.move(dx, dy)
	}
}

func (l *layout) move(dx, dy int) {
	for _, b := range l.blocks {
		b.at.x += dx
		b.at.y += dy
	}
	for _, x := range l.nets {
		for _, t := range x.terms {
			if t.net == x {
				t.shift(dx, dy)
			}
		}
	}
}

func (t *term) shift(dx, dy int) {
	t.port.x += dx
	t.port.y += dy
	t.elbow.x += dx
	t.elbow.y += dy
}

// The room between the pieces of a map.
const (
	besides = 3
	beneath = 1
)

// shelve puts pieces in rows that are at most w wide, in their order.
func shelve(pieces []piece, w int) piece {
	var all piece
	x, y, high := 0, 0, 0
	for i := range pieces {
		p := &pieces[i]
		if x > 0 && x+p.w > w {
			x, y, high = 0, y+high+beneath, 0
		}
		p.move(x, y)
		all.layouts = append(all.layouts, p.layouts...)
		all.w, all.h = max(all.w, x+p.w), max(all.h, y+p.h)
		x, high = x+p.w+besides, max(high, p.h)
	}
	return all
}

// margin is the room at the side of folded layouts for the cable from one to the next.
const margin = 2

// maxBands is the largest number of rows that a chain is folded into.
const maxBands = 8

// folded is a long chain in several rows, every second from right to left; nil: the part cannot be folded so that
// it fits.
//
//	[r1]──[r2]──[r3]─┐
//	[r6]──[r5]──[r4]─┘
func (d *drawing) folded(sh *sheet, l *layering, w, h, rows int) *piece {
	if w >= unlimited {
		return nil
	}
	cuts := sh.g.cuts(l)
	n := len(l.layers)
	for bands := 2; bands <= min(maxBands, n/2); bands++ {
		at := []int{0}
		for i := 1; i < bands; i++ {
			if c := nearestCut(cuts, i*((n-1)/bands+1), at[len(at)-1]); c > 0 {
				at = append(at, c)
			}
		}
		if len(at) == 1 {
			return nil
		}
		if p := d.bands(sh, l, w, h, rows, append(at, n)); p != nil {
			return p
		}
	}
	return nil
}

// cuts are the layers before which exactly one cable crosses, and which have none within.
func (g *graph) cuts(l *layering) []int {
	across, within := make([]int, len(l.layers)+1), make([]int, len(l.layers)+1)
	for i, layer := range l.layers {
		for _, v := range layer {
			for _, e := range g.vertices[v].edges {
				switch o := g.edges[e].other(v); l.level[o] {
				case i:
					within[i]++
				case i - 1:
					across[i]++
				}
			}
		}
	}
	var cuts []int
	for i := 1; i < len(l.layers); i++ {
		if across[i] == 1 && within[i-1] == 0 && within[i] == 0 {
			cuts = append(cuts, i)
		}
	}
	return cuts
}

// nearestCut is the cut nearest to a layer that lies behind another; 0: there is none.
func nearestCut(cuts []int, layer, behind int) int {
	best := 0
	for _, c := range cuts {
		if c > behind && (best == 0 || distance(c, layer) < distance(best, layer)) {
			best = c
		}
	}
	return best
}

func distance(a, b int) int { return max(a-b, b-a) }

// bands folds a part before the layers of at; nil: it does not fit.
func (d *drawing) bands(sh *sheet, l *layering, w, h, rows int, at []int) *piece {
	high := beneath * (len(at) - 2)
	for i := range len(at) - 1 {
		lw, lh := sh.least(l.layers[at[i]:at[i+1]], true, rows)
		if high += lh; lw+margin > w || high > h {
			return nil
		}
	}
	p := &piece{cost: float64(len(at)) + l.oddity()}
	wide := 0
	for i := range len(at) - 1 {
		to := rightward
		if i%2 == 1 {
			to = leftward
		}
		lay := d.newLayout(sh, l, to, rows, at[i], at[i+1])
		lay.arrange()
		if lay.tangled || sh.st.labels != noLabels && lay.unlabelled() > 0 {
			return nil
		}
		wide = max(wide, lay.w)
		p.layouts = append(p.layouts, lay)
		p.cost += lay.ugliness()
	}
	left := 0
	if len(p.layouts) > 2 {
		left = margin
	}
	y := 0
	for i, lay := range p.layouts {
		x := left
		if i%2 == 1 {
			x += wide - lay.w
		}
		lay.move(x, y)
		y += lay.h + beneath
		if i > 0 {
			fasten(p.layouts[i-1], lay, i%2 == 1, left+wide+margin-1)
		}
	}
	p.w, p.h = left+wide+margin, y-beneath
	p.cost += fullness(p.w, p.h, w, h)
	if p.w > w || p.h > h {
		return nil
	}
	return p
}

// fasten joins the stub at the end of a band to the one at the start of the next.
func fasten(a, b *layout, right bool, edge int) {
	isStub := func(channel int) func(*net) bool {
		return func(x *net) bool { return x.stub && x.channel == channel }
	}
	i, j := slices.IndexFunc(a.nets, isStub(len(a.layers))), slices.IndexFunc(b.nets, isStub(0))
	if i < 0 || j < 0 {
		return
	}
	s, t := a.nets[i].terms[0], b.nets[j].terms[0]
	x := 0
	if right {
		x = edge
	}
	s.elbow, t.elbow = point{x, s.port.y}, point{x, t.port.y}
	a.nets[i].terms = append(a.nets[i].terms, t)
}
