package netmap

import (
	"cmp"
	"slices"
	"strings"

	"github.com/hookwalk/hookwalk/topology"
)

// layering is an arrangement of a part of the graph in rows, or columns: a vertex has neighbours only in its own
// layer and in the two beside it.
type layering struct {
	layers [][]int
	pos    []int // of each vertex of the graph in its layer
	level  []int // the layer of each vertex; -1: it is in another part
	guess  bool  // neither names nor switches say that it begins where it does
	astray int   // hosts with one cable between routers
	cost   int   // crossings, and how far neighbours in the same layer are apart
}

// layerings are the arrangements of a part that are tried: each begins at other roots.
func (g *graph) layerings(part []int) []layering {
	var found []layering
	for i, roots := range [][]int{g.outermost(part), g.named(part), g.endpoint(part)} {
		if len(roots) == 0 {
			continue
		}
		l := layering{layers: g.distances(part, roots), guess: i == 2 && len(found) > 0}
		if slices.ContainsFunc(found, func(o layering) bool { return sameSets(o.layers, l.layers) }) {
			continue
		}
		g.order(&l)
		for _, layer := range l.layers[1:max(len(l.layers)-1, 1)] {
			for _, v := range layer {
				if g.kind(v) == topology.Host && len(g.vertices[v].edges) == 1 {
					l.astray++
				}
			}
		}
		found = append(found, l)
	}
	slices.SortStableFunc(found, func(a, b layering) int { return cmp.Compare(a.cost, b.cost) })
	return found
}

func sameSets(a, b [][]int) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		x, y := slices.Clone(a[i]), slices.Clone(b[i])
		slices.Sort(x)
		slices.Sort(y)
		if !slices.Equal(x, y) {
			return false
		}
	}
	return true
}

// distances sorts the vertices of a part by their distance from the roots.
func (g *graph) distances(part, roots []int) [][]int {
	level := make(map[int]int, len(part))
	queue := slices.Clone(roots)
	for _, v := range roots {
		level[v] = 0
	}
	for i := 0; i < len(queue); i++ {
		for _, e := range g.vertices[queue[i]].edges {
			o := g.edges[e].other(queue[i])
			if _, ok := level[o]; !ok {
				level[o] = level[queue[i]] + 1
				queue = append(queue, o)
			}
		}
	}
	var layers [][]int
	for _, v := range part {
		for level[v] >= len(layers) {
			layers = append(layers, nil)
		}
		layers[level[v]] = append(layers[level[v]], v)
	}
	return layers
}

// outermost are the vertices that are furthest from the hosts under switches: the core of a data centre, the outside
// of a home.
func (g *graph) outermost(part []int) []int {
	var switches []int
	for _, v := range part {
		if len(g.vertices[v].leaves) > 0 {
			switches = append(switches, v)
		}
	}
	if len(switches) == 0 {
		return nil
	}
	layers := g.distances(part, switches)
	return layers[len(layers)-1]
}

// outside are parts of names of what stands at the top of a network, the most telling first.
var outside = []string{"internet", "inet", "wan", "isp", "provider", "upstream", "transit", "spine", "core"}

// named are the vertices whose name says that they are at the top: the best one, and those that are called like it
// and are not its neighbours.
func (g *graph) named(part []int) []int {
	for _, word := range outside {
		for _, v := range part {
			if !strings.Contains(strings.ToLower(g.vertices[v].name), word) || g.kind(v) == topology.Bridge {
				continue
			}
			return g.alike(part, v)
		}
	}
	return nil
}

// alike are v and the vertices that are called like it, if none of them is the neighbour of another.
func (g *graph) alike(part []int, v int) []int {
	stem := stem(g.vertices[v].name)
	var set []int
	for _, o := range part {
		if stemOf := g.vertices[o].name; len(stemOf) >= len(stem) && stemOf[:len(stem)] == stem && strings.Trim(stemOf[len(stem):], "0123456789") == "" {
			set = append(set, o)
		}
	}
	for _, o := range set {
		for _, e := range g.vertices[o].edges {
			if slices.Contains(set, g.edges[e].other(o)) {
				return []int{v}
			}
		}
	}
	return set
}

// stem is a name without the number at its end.
func stem(name string) string { return strings.TrimRight(name, "0123456789") }

// endpoint is one end of the longest way through a part, the one that stands first in the file.
func (g *graph) endpoint(part []int) []int {
	far := func(v int) int {
		layers := g.distances(part, []int{v})
		return layers[len(layers)-1][0]
	}
	a := far(part[0])
	b := far(a)
	return []int{min(a, b)}
}

func (g *graph) kind(v int) topology.Kind {
	if n := g.vertices[v].node; n != nil {
		return n.Kind
	}
	return ""
}
