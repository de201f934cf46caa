package netmap

import (
	"cmp"
	"math"
	"slices"
)

// pack puts the blocks of each layer beside each other, the layers centred: a start for everything else.
func (l *layout) pack() {
	for _, layer := range l.layers {
		at := 0
		for i, b := range layer {
			from, _ := l.extent(b)
			if i > 0 {
				at += l.gap(layer[i-1], b)
			}
			b.u = at - from
			_, to := l.extent(b)
			at = b.u + to
		}
		for _, b := range layer {
			b.u -= at / 2
		}
	}
}

// sortPorts puts the ports of each side into the order of what they lead to.
func (l *layout) sortPorts() {
	for _, layer := range l.layers {
		for _, b := range layer {
			for side := range b.ports {
				slices.SortStableFunc(b.ports[side], func(s, t *term) int {
					return cmp.Compare(l.leadsTo(s), l.leadsTo(t))
				})
			}
		}
	}
}

// leadsTo is the mean place of the other terminals of a net.
func (l *layout) leadsTo(t *term) float64 {
	sum, n := 0, 0
	for _, o := range t.net.terms {
		if o != t {
			sum += 2*o.b.u + l.along(o.b)
			n += 2
		}
	}
	if n == 0 {
		return float64(t.b.u)
	}
	return float64(sum) / float64(n)
}

// grow makes faces large enough for their ports, and gives each port a place on its face.
func (l *layout) grow() {
	for _, x := range l.nets {
		if x.side {
			l.growSide(x)
		}
	}
	for _, layer := range l.layers {
		for _, b := range layer {
			if l.sideways {
				l.growSideways(b)
			} else {
				l.growUpright(b)
			}
		}
	}
}

// growSide makes room for a cable between two neighbours in a layer; x.at becomes its place.
func (l *layout) growSide(x *net) {
	parallel := 0
	for _, o := range l.nets {
		if o.side && o.terms[0].b == x.terms[0].b && o.terms[1].b == x.terms[1].b {
			parallel++
		}
	}
	a, b := &x.terms[0].b.face, &x.terms[1].b.face
	for _, f := range []*face{a, b} {
		switch {
		case l.sideways:
			f.w = max(f.w, 2*parallel+1)
		case f.shape == framed:
			f.h = max(f.h, parallel+2)
		}
	}
	order := 0
	for _, o := range l.nets {
		if o == x {
			break
		}
		if o.side && o.terms[0].b == x.terms[0].b && o.terms[1].b == x.terms[1].b {
			order++
		}
	}
	switch {
	case l.sideways:
		x.at = (min(a.w, b.w)-2*parallel+1)/2 + 2*order
	case a.shape == framed && b.shape == framed:
		x.at = 1 + (min(a.h, b.h)-2-parallel)/2 + order
	default:
		x.at = min(order, min(a.h, b.h)-1)
	}
}

// growSideways places ports on the left and on the right side of a face.
func (l *layout) growSideways(b *block) {
	f := &b.face
	for side, ports := range b.ports {
		if len(ports) == 0 {
			continue
		}
		if f.shape != framed && len(ports) > 1 {
			f.shape = framed
			f.w, f.h = width(f.lines[0])+4, 3
		}
		if f.shape != framed {
			ports[0].off = 0
			continue
		}
		free := 0
		for _, t := range ports {
			row, ok := f.rows[printable(t.end.Iface)]
			if t.fixed = ok && t.one; t.fixed {
				t.off = row
			} else {
				free++
			}
		}
		f.h = max(f.h, len(ports)+2)
		if free < len(ports) {
			slices.SortStableFunc(b.ports[side], func(s, t *term) int { return cmp.Compare(s.off, t.off) })
			l.fill(b, side)
			continue
		}
		spare := f.h - 2 - len(ports)
		for i, t := range ports {
			t.off = 1 + i + spare*(i+1)/(len(ports)+1)
		}
	}
}

// fill gives ports without a line of their own the lines that are free.
func (l *layout) fill(b *block, side int) {
	used := map[int]bool{}
	for _, t := range b.ports[side] {
		if t.fixed {
			t.fixed = !used[t.off]
			used[t.off] = true
		}
	}
	for _, t := range b.ports[side] {
		for row := 1; !t.fixed; row++ {
			if !used[row] {
				t.off, t.fixed, used[row] = row, true, true
				b.face.h = max(b.face.h, row+2)
			}
		}
	}
}

// growUpright places ports on the upper and lower side of a face.
func (l *layout) growUpright(b *block) {
	f := &b.face
	b.before, b.after = 0, 0
	for side, ports := range b.ports {
		k := len(ports)
		if k == 0 {
			continue
		}
		least, end := l.span(b, side)
		need := 0
		for i := range k - 1 {
			need += l.portGap(ports, i)
		}
		if grow := least + need + end - (f.w - 1); grow > 0 {
			f.w += grow
			if f.shape == letter {
				f.w = max(f.w, 3)
			}
		}
	}
	for side, ports := range b.ports {
		least, end := l.span(b, side)
		spare := f.w - 1 - end - least
		for i := range len(ports) - 1 {
			spare -= l.portGap(ports, i)
		}
		at := least
		for i, t := range ports {
			t.off = at + spare*(i+1)/(len(ports)+1)
			if len(ports) == 1 {
				t.off = max((f.w-1)/2, least) // boxes of a chain stand below each other
			}
			if i < len(ports)-1 {
				at += l.portGap(ports, i)
			}
		}
		if l.st.labels == noLabels {
			continue
		}
		// Room for labels wherever ports slide to.
		for i, t := range ports {
			n := l.labelWidth(t)
			switch {
			case n == 0:
			case i == 0 && len(ports) > 1:
				b.before = max(b.before, n+2-least)
			case i == len(ports)-1:
				b.after = max(b.after, f.w-1-end+2+n-max(f.w, b.stackAt()+b.stack.w))
			}
		}
	}
}

// span says how many cells at the start and at the end of a side have no ports: corners, the title, leaves below.
func (l *layout) span(b *block, side int) (least, end int) {
	f := &b.face
	k := len(b.ports[side])
	least, end = 1, 1
	switch {
	case f.shape == letter && (side == up || b.stack.h == 0):
		return 0, 0
	case side == up && f.title != "":
		return width(f.title) + 4, 1
	case side == down && b.stack.h > 0:
		least = b.stackAt() + b.stack.w + 1
	case f.shape == chip && 2*k-1 > f.w-2:
		least = 0
	}
	if f.shape != framed && side == down && b.stack.h > 0 || least == 0 {
		end = 0 // a bracket may have a port, too
	}
	return least, end
}

// portGap is the room between port i and the next. The label of the first stands on its left, those of the others
// on their right.
func (l *layout) portGap(ports []*term, i int) int {
	if l.st.labels == noLabels || i == 0 {
		return 2
	}
	if n := l.labelWidth(ports[i]); n > 0 {
		return n + 3
	}
	return 2
}

// place finds the places of blocks along their layers: each as near as the others allow to where its cables would
// be straight.
func (l *layout) place() {
	at := make(map[*block]float64, len(l.blocks))
	for _, layer := range l.layers {
		for _, b := range layer {
			at[b] = float64(b.u)
		}
	}
	want := func(b *block, sides ...int) (float64, bool) {
		sum, n := 0.0, 0
		for _, side := range sides {
			for _, t := range b.ports[side] {
				s, k := 0.0, 0
				for _, o := range t.net.terms {
					if o != t && o.b.layer != b.layer {
						s += at[o.b] + float64(o.off-t.off)
						k++
					}
				}
				if k > 0 {
					sum += s / float64(k)
					n++
				}
			}
		}
		if n == 0 {
			return at[b], false
		}
		return sum / float64(n), true
	}
	pass := func(i int, sides ...int) {
		layer := l.layers[i]
		wanted := make([]float64, len(layer))
		offset := 0.0
		offsets := make([]float64, len(layer))
		for j, b := range layer {
			if j > 0 {
				offset += float64(l.separation(layer[j-1], b))
			}
			offsets[j] = offset
			w, _ := want(b, sides...)
			wanted[j] = w - offset
		}
		for j, y := range isotonic(wanted) {
			at[layer[j]] = y + offsets[j]
		}
	}
	n := len(l.layers)
	for i := 1; i < n; i++ {
		pass(i, up)
	}
	for i := n - 2; i >= 0; i-- {
		pass(i, down)
	}
	for range 3 {
		for i := range n {
			pass(i, up, down)
		}
		for i := n - 1; i >= 0; i-- {
			pass(i, up, down)
		}
	}
	for _, layer := range l.layers {
		for i, b := range layer {
			b.u = int(math.Round(at[b]))
			if i > 0 {
				b.u = max(b.u, layer[i-1].u+l.separation(layer[i-1], b))
			}
		}
	}
}

// separation is the least distance from the face of a to that of b, which follows it.
func (l *layout) separation(a, b *block) int {
	_, to := l.extent(a)
	from, _ := l.extent(b)
	return to - from + l.gap(a, b)
}

// isotonic is the sequence that never falls and lies nearest to y (least squares; pool adjacent violators).
func isotonic(y []float64) []float64 {
	type pool struct {
		sum float64
		n   int
	}
	var pools []pool
	for _, v := range y {
		p := pool{v, 1}
		for len(pools) > 0 {
			last := pools[len(pools)-1]
			if last.sum/float64(last.n) <= p.sum/float64(p.n) {
				break
			}
			p = pool{p.sum + last.sum, p.n + last.n}
			pools = pools[:len(pools)-1]
		}
		pools = append(pools, p)
	}
	out := y[:0]
	for _, p := range pools {
		for range p.n {
			out = append(out, p.sum/float64(p.n))
		}
	}
	return out
}
