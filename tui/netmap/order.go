package netmap

import (
	"cmp"
	"slices"
	"sort"
)

const (
	sweeps   = 4
	maxSwaps = 64 // vertices in a part that is small enough for swaps of neighbours to be tried
	swaps    = 6  // rounds of swaps
)

// order sorts each layer so that few cables cross: from neighbours in the same layer and the file's order on, by
// barycentres, then by swaps. The best order that was met is kept; the first of equals.
func (g *graph) order(l *layering) {
	l.pos, l.level = make([]int, len(g.vertices)), make([]int, len(g.vertices))
	for v := range l.level {
		l.level[v] = -1
	}
	size := 0
	for i, layer := range l.layers {
		for _, v := range layer {
			l.level[v] = i
		}
		l.layers[i] = g.alongSides(layer)
		size += len(layer)
	}
	l.number()
	best, cost := l.clone(), g.cost(l)
	keep := func() {
		if c := g.cost(l); c < cost {
			best, cost = l.clone(), c
		}
	}
	for range sweeps {
		for i := 1; i < len(l.layers); i++ {
			g.barycentre(l, i, i-1)
		}
		keep()
		for i := len(l.layers) - 2; i >= 0; i-- {
			g.barycentre(l, i, i+1)
		}
		keep()
	}
	*l = best
	l.cost = cost
	for i := 0; i < swaps && size <= maxSwaps && l.cost > 0 && g.swap(l); i++ {
	}
}

func (l *layering) number() {
	for _, layer := range l.layers {
		for i, v := range layer {
			l.pos[v] = i
		}
	}
}

func (l *layering) clone() layering {
	c := layering{layers: make([][]int, len(l.layers)), pos: make([]int, len(l.pos)), level: l.level}
	for i, layer := range l.layers {
		c.layers[i] = slices.Clone(layer)
	}
	c.number()
	return c
}

// alongSides orders a layer so that neighbours within it follow each other: from each end of a chain, in the order
// of the file, along its cables.
func (g *graph) alongSides(layer []int) []int {
	if len(layer) < 3 {
		return layer
	}
	in := make(map[int]bool, len(layer))
	for _, v := range layer {
		in[v] = true
	}
	sides := func(v int) (n []int) {
		for _, e := range g.vertices[v].edges {
			if o := g.edges[e].other(v); in[o] && !slices.Contains(n, o) {
				n = append(n, o)
			}
		}
		return n
	}
	out := make([]int, 0, len(layer))
	seen := make(map[int]bool, len(layer))
	walk := func(v int) {
		for v >= 0 {
			seen[v] = true
			out = append(out, v)
			next := -1
			for _, o := range sides(v) {
				if !seen[o] && (next < 0 || o < next) {
					next = o
				}
			}
			v = next
		}
	}
	for _, ends := range []bool{true, false} {
		for _, v := range layer {
			if !seen[v] && (!ends || len(sides(v)) == 1) {
				walk(v)
			}
		}
	}
	if len(out) == len(layer) && !slices.ContainsFunc(layer, func(v int) bool { return len(sides(v)) > 0 }) {
		return layer
	}
	return out
}

// barycentre sorts a layer by the mean position of each vertex's neighbours in another. Vertices without any stay
// where they are.
func (g *graph) barycentre(l *layering, layer, by int) {
	verts := l.layers[layer]
	mean := make(map[int]float64, len(verts))
	var movable []int
	for _, v := range verts {
		sum, n := 0, 0
		for _, e := range g.vertices[v].edges {
			if o := g.edges[e].other(v); l.level[o] == by {
				sum += l.pos[o]
				n++
			}
		}
		if n > 0 {
			mean[v] = float64(sum) / float64(n)
			movable = append(movable, v)
		}
	}
	slices.SortStableFunc(movable, func(a, b int) int { return cmp.Compare(mean[a], mean[b]) })
	next := 0
	for i, v := range verts {
		if _, ok := mean[v]; ok {
			verts[i] = movable[next]
			next++
		}
	}
	for i, v := range verts {
		l.pos[v] = i
	}
}

// cost counts crossings between layers, and the vertices that lie between two neighbours of the same layer.
func (g *graph) cost(l *layering) int {
	cost := 0
	for i := range l.layers {
		cost += g.costAt(l, i)
	}
	return cost
}

// costAt is what a layer has of the cost, with the cables between it and the next.
func (g *graph) costAt(l *layering, i int) int {
	if i < 0 {
		return 0
	}
	cost := 0
	var below [][2]int
	for _, v := range l.layers[i] {
		for _, e := range g.vertices[v].edges {
			o := g.edges[e].other(v)
			switch {
			case l.level[o] == i+1:
				below = append(below, [2]int{l.pos[v], l.pos[o]})
			case l.level[o] == i && l.pos[o] > l.pos[v]+1:
				cost += l.pos[o] - l.pos[v]
			}
		}
	}
	return cost + inversions(below)
}

// inversions counts the pairs of cables that cross.
func inversions(cables [][2]int) int {
	slices.SortFunc(cables, func(a, b [2]int) int {
		return cmp.Or(cmp.Compare(a[0], b[0]), cmp.Compare(a[1], b[1]))
	})
	var sorted []int
	n := 0
	for _, c := range cables {
		i := sort.SearchInts(sorted, c[1]+1)
		n += len(sorted) - i
		sorted = slices.Insert(sorted, i, c[1])
	}
	return n
}

// swap exchanges neighbours in a layer where that saves something, and reports whether it did.
func (g *graph) swap(l *layering) bool {
	better := false
	for n, layer := range l.layers {
		for i := range len(layer) - 1 {
			exchange := func() {
				layer[i], layer[i+1] = layer[i+1], layer[i]
				l.pos[layer[i]], l.pos[layer[i+1]] = i, i+1
			}
			before := g.costAt(l, n-1) + g.costAt(l, n)
			exchange()
			if saved := before - g.costAt(l, n-1) - g.costAt(l, n); saved > 0 {
				l.cost -= saved
				better = true
			} else {
				exchange()
			}
		}
	}
	return better
}
