package netmap

import "slices"

// straighten moves boxes by a cell or two, then ports on their faces, so that cables need no corner.
func (l *layout) straighten() {
	n := len(l.layers)
	for i := range n {
		l.shift(l.layers[i])
	}
	for i := n - 1; i >= 0; i-- {
		l.shift(l.layers[i])
	}
	for _, x := range l.nets {
		for _, t := range x.terms {
			t.u = t.b.u + t.off
		}
	}
	for i := range n {
		for _, b := range l.layers[i] {
			l.slide(b, up)
		}
	}
	for i := range n {
		for _, b := range l.layers[i] {
			l.slide(b, down)
		}
	}
}

// shift moves the boxes of a layer where that lets more cables be straight.
func (l *layout) shift(layer []*block) {
	for i, b := range layer {
		votes := map[int]int{}
		for _, ports := range b.ports {
			for _, t := range ports {
				o := t.facing()
				if o == nil {
					continue
				}
				lo, hi := l.reach(t)
				from, to := l.reach(o)
				for delta := -2; delta <= 2; delta++ {
					if lo+delta <= to && from <= hi+delta {
						votes[delta]++
					}
				}
			}
		}
		best := 0
		for _, delta := range []int{-1, 1, -2, 2} {
			if votes[delta] <= votes[best] {
				continue
			}
			if i > 0 && b.u+delta < layer[i-1].u+l.separation(layer[i-1], b) {
				continue
			}
			if i < len(layer)-1 && layer[i+1].u < b.u+delta+l.separation(b, layer[i+1]) {
				continue
			}
			best = delta
		}
		b.u += best
	}
}

// reach is where along the layer a port can be.
func (l *layout) reach(t *term) (from, to int) {
	b := t.b
	if t.fixed {
		return b.u + t.off, b.u + t.off
	}
	least, last, gap := l.room(b, t.side)
	ports := b.ports[t.side]
	before := 0
	for i := range ports {
		if ports[i] == t {
			after := 0
			for j := i; j < len(ports)-1; j++ {
				after += gap(j)
			}
			return b.u + least + before, b.u + max(last-after, least+before)
		}
		before += gap(i)
	}
	return b.u + t.off, b.u + t.off
}

// room is the first and the last cell of a side that a port can have, and the least distance of port i to the next.
func (l *layout) room(b *block, side int) (least, last int, gap func(i int) int) {
	if !l.sideways {
		least, end := l.span(b, side)
		return least, b.face.w - 1 - end, func(i int) int { return l.portGap(b.ports[side], i) }
	}
	if b.face.shape == framed {
		least, last = 1, b.face.h-2
	}
	return least, last, func(int) int { return 1 }
}

// facing is the other terminal of a cable between two layers; nil if the net is anything else.
func (t *term) facing() *term {
	x := t.net
	if len(x.terms) != 2 || x.side || x.terms[0].side == x.terms[1].side {
		return nil
	}
	if x.terms[0] == t {
		return x.terms[1]
	}
	return x.terms[0]
}

// slide moves the ports of a side to where the other ends of their cables are, as far as the face reaches and the
// other ports allow, and away from places where another cable arrives from the other side.
func (l *layout) slide(b *block, side int) {
	ports := b.ports[side]
	if len(ports) == 0 || ports[0].fixed {
		return
	}
	least, last, gap := l.room(b, side)
	taken := map[int]bool{}
	for _, x := range l.nets {
		if x.channel != ports[0].net.channel || x.side {
			continue
		}
		for _, t := range x.terms {
			if t.side != side && !slices.ContainsFunc(x.terms, func(o *term) bool { return o.b == b }) {
				taken[t.u] = true
			}
		}
	}
	// rest[i] is the room that the ports from i on need.
	rest := make([]int, len(ports))
	for i := len(ports) - 2; i >= 0; i-- {
		rest[i] = rest[i+1] + gap(i)
	}
	from, to := l.extent(b)
	for i, t := range ports {
		lo, hi := least, last-rest[i]
		if i > 0 {
			lo = ports[i-1].off + gap(i-1)
		}
		if n := l.labelWidth(t); n > 0 && l.st.labels != noLabels && !l.sideways {
			if i == 0 && len(ports) > 1 {
				lo = max(lo, from+n+2)
			} else {
				hi = min(hi, to-2-n)
			}
		}
		want := t.off
		if o := t.facing(); o != nil {
			want = o.u - b.u
		}
		t.off = nearest(want, lo, max(lo, hi), func(off int) bool { return taken[b.u+off] })
		t.u = b.u + t.off
	}
}

// nearest is the number between lo and hi that is nearest to want and not bad; if all are, the nearest.
func nearest(want, lo, hi int, bad func(int) bool) int {
	want = min(max(want, lo), hi)
	for d := 0; d <= hi-lo; d++ {
		for _, n := range []int{want - d, want + d} {
			if lo <= n && n <= hi && !bad(n) {
				return n
			}
		}
	}
	return want
}

// route gives each net a track in its channel, and each channel its size.
func (l *layout) route() {
	l.channels = make([]int, len(l.layers)+1)
	l.tracks = make([]int, len(l.layers)+1)
	l.crossed, l.bent, l.tangled = 0, 0, false
	byChannel := make([][]*net, len(l.layers)+1)
	for _, x := range l.nets {
		if !x.side && !x.stub {
			byChannel[x.channel] = append(byChannel[x.channel], x)
		}
	}
	for c, nets := range byChannel {
		l.routeChannel(c, nets)
	}
}

// bar is the part of a track that a net takes.
func (x *net) bar() (from, to int) {
	from, to = x.terms[0].u, x.terms[0].u
	for _, t := range x.terms[1:] {
		from, to = min(from, t.u), max(to, t.u)
	}
	return from, to
}

// crossings counts where two nets cross if the bar of a lies before that of b.
func crossings(a, b *net) int {
	n := 0
	count := func(x *net, side int, over *net) {
		from, to := over.bar()
		for _, t := range x.terms {
			if t.side == side && from <= t.u && t.u <= to {
				n++
			}
		}
	}
	count(a, up, b)   // what a has in the layer after
	count(b, down, a) // what b has in the layer before
	return n
}

// mustPrecede reports whether the bar of a must lie before that of b, because a comes to a place from before the
// channel to which b comes from behind it.
func mustPrecede(a, b *net) bool {
	for _, s := range a.terms {
		for _, t := range b.terms {
			if s.side == down && t.side == up && s.u == t.u {
				return true
			}
		}
	}
	return false
}

// maxPairs is the number of nets in a channel up to which their order is chosen for few crossings.
const maxPairs = 150

func (l *layout) routeChannel(c int, nets []*net) {
	var tracked, straight []*net
	for _, x := range nets {
		if o := x.terms[0].facing(); o != nil && o.u == x.terms[0].u {
			x.straight = true
			straight = append(straight, x)
		} else {
			x.straight = false
			tracked = append(tracked, x)
		}
	}
	l.bent += len(tracked)
	order := l.trackOrder(tracked)
	tracks := 0
	for i, x := range order {
		x.track = 0
		from, to := x.bar()
		for _, before := range order[:i] {
			f, t := before.bar()
			if f <= to+1 && from <= t+1 || mustPrecede(before, x) {
				x.track = max(x.track, before.track+1)
				l.crossed += crossings(before, x)
			}
		}
		tracks = max(tracks, x.track+1)
		for _, s := range straight {
			if u := s.terms[0].u; from <= u && u <= to {
				l.crossed++
			}
		}
	}
	l.tracks[c] = tracks
	l.size(c, tracked, straight)
}

// trackOrder sorts nets so that no two lie on each other, and few cross.
func (l *layout) trackOrder(nets []*net) []*net {
	n := len(nets)
	if n < 2 {
		return nets
	}
	score := make([]int, n)   // crossings saved if it is not the next
	blocked := make([]int, n) // nets that must precede it
	for i, a := range nets {
		for j := range i {
			b := nets[j]
			if n <= maxPairs {
				more := crossings(a, b) - crossings(b, a)
				score[i] += more
				score[j] -= more
			}
			if mustPrecede(a, b) {
				blocked[j]++
			}
			if mustPrecede(b, a) {
				blocked[i]++
			}
		}
	}
	order := make([]*net, 0, n)
	done := make([]bool, n)
	for len(order) < n {
		next := -1
		for i := range nets {
			if !done[i] && blocked[i] == 0 && (next < 0 || score[i] < score[next]) {
				next = i
			}
		}
		if next < 0 {
			l.tangled = true
			for i := range nets {
				if !done[i] && (next < 0 || blocked[i] < blocked[next]) {
					next = i
				}
			}
		}
		done[next] = true
		a := nets[next]
		order = append(order, a)
		for i, b := range nets {
			if done[i] {
				continue
			}
			if n <= maxPairs {
				score[i] -= crossings(b, a) - crossings(a, b)
			}
			if mustPrecede(a, b) {
				blocked[i]--
			}
		}
	}
	return order
}

// size finds the room that a channel needs, and the places of the bars in it.
func (l *layout) size(c int, tracked, straight []*net) {
	tracks := l.tracks[c]
	inner := c > 0 && c < len(l.layers)
	longest := [2]int{} // labels, by side
	facing := 0         // two labels on one line
	count := func(nets []*net, f func(*net)) {
		if l.st.labels != noLabels {
			for _, x := range nets {
				f(x)
			}
		}
	}
	count(tracked, func(x *net) {
		for _, t := range x.terms {
			longest[t.side] = max(longest[t.side], l.labelWidth(t))
		}
	})
	count(straight, func(x *net) {
		both := l.labelWidth(x.terms[0]) + l.labelWidth(x.terms[1])
		if both > 0 {
			both += 3
		}
		facing = max(facing, both)
	})
	pre, step, post, least := 0, 1, 0, 1
	if l.sideways {
		pre, step, post, least = 1, 2, 1, 3
		if l.st.level >= Chips {
			least = 2
		}
		if longest[down] > 0 {
			pre = longest[down] + 2
		}
		if longest[up] > 0 {
			post = longest[up] + 2
		}
		least = max(least, facing)
	} else if l.st.labels != noLabels {
		rows := 0
		for _, x := range straight {
			n := 0
			for _, t := range x.terms {
				if l.labelWidth(t) > 0 {
					n++
				}
			}
			rows = max(rows, n)
		}
		pre, post = min(longest[down], 1), min(longest[up], 1)
		least = max(least, rows)
	}
	need := 0
	if tracks > 0 {
		need = pre + (tracks-1)*step + 1 + post
	}
	size := need
	if inner {
		size = max(need, least) + l.spread
	}
	l.channels[c] = size
	first := pre + (size-need)/2
	if c == 0 {
		first = 0 // bars before the first layer: nothing but they is there
	}
	for _, x := range tracked {
		x.at = first + x.track*step
	}
}
