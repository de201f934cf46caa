package netmap

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hookwalk/hookwalk/topology"
)

// net is a line that joins faces: one cable, several that share a line, or a bar that stands for a full mesh. Its
// terminals are joined by a bar on a track of the channel between two layers.
type net struct {
	terms    []*term // the end of a side cable that comes first is terms[0]
	edges    []int
	cables   int
	mesh     string // what the bar stands for; "": these cables
	side     bool   // between two neighbours in a layer
	stub     bool   // it leaves the layout
	channel  int    // 0: before the first layer
	straight bool   // two terminals that face each other
	track    int
	at       int // the bar's place in the channel; of a side cable: the place on the face
}

// term is an end of a net at a face.
type term struct {
	net   *net
	b     *block
	side  int
	end   topology.End
	one   bool // one cable ends here: end is its
	count int
	off   int  // place on the face, along the layer
	fixed bool // off is the line of the device in the box
	u     int
	port  point // the cell of the face
	elbow point // the cell of the bar, or of the other port
}

// minMesh is the number of cables from which on a full mesh is drawn as one bar; minShared if cables share lines
// anyway.
const (
	minMesh   = 6
	minShared = 4
)

// join makes the nets of a layout.
func (l *layout) join(g *graph, lay *layering) {
	channels := make([][]int, len(l.layers)+1) // edges
	sides := map[[2]int][]int{}
	var sideOrder [][2]int
	seen := make(map[int]bool)
	for _, row := range l.layers {
		for _, b := range row {
			for _, e := range g.vertices[b.v].edges {
				if seen[e] {
					continue
				}
				seen[e] = true
				o := l.blocks[g.edges[e].other(b.v)]
				switch {
				case o == nil:
					l.stub(g, lay, b, e)
				case o.layer != b.layer:
					channels[max(o.layer, b.layer)] = append(channels[max(o.layer, b.layer)], e)
				case l.beside(lay, b, o):
					key := [2]int{b.v, o.v}
					if lay.pos[o.v] < lay.pos[b.v] {
						key = [2]int{o.v, b.v}
					}
					if _, ok := sides[key]; !ok {
						sideOrder = append(sideOrder, key)
					}
					sides[key] = append(sides[key], e)
				case b.layer == 0:
					l.single(g, 0, e)
					l.long++
				default:
					l.single(g, b.layer+1, e)
					l.long++
				}
			}
		}
	}
	for _, key := range sideOrder {
		l.joinSide(g, key, sides[key])
	}
	for c, edges := range channels {
		edges = l.meshes(g, c, edges)
		if l.st.share {
			l.shared(g, c, edges)
			continue
		}
		for _, e := range edges {
			l.single(g, c, e)
		}
	}
}

// beside reports whether a straight cable can join two blocks of a layer.
func (l *layout) beside(lay *layering, a, b *block) bool {
	first := a
	if lay.pos[b.v] < lay.pos[a.v] {
		first = b
	}
	distance := lay.pos[a.v] - lay.pos[b.v]
	switch {
	case distance != 1 && distance != -1, l.leftward: // boxes of a leftward layer may not be above each other
		return false
	}
	return !l.sideways || first.stack.h == 0
}

func (l *layout) newNet(channel int) *net {
	x := &net{channel: channel}
	l.nets = append(l.nets, x)
	return x
}

// add joins a block to a net. A block that is joined already keeps its one terminal.
func (x *net) add(b *block, end topology.End, cables int) *term {
	for _, t := range x.terms {
		if t.b == b {
			t.one = false
			t.count += cables
			return t
		}
	}
	t := &term{net: x, b: b, end: end, one: true, count: cables}
	if b.layer < x.channel {
		t.side = down
	}
	x.terms = append(x.terms, t)
	if !x.side {
		b.ports[t.side] = append(b.ports[t.side], t)
	}
	return t
}

// cable adds both ends of an edge.
func (l *layout) cable(g *graph, x *net, e int) {
	d := &g.edges[e]
	x.edges = append(x.edges, e)
	x.cables += d.count
	a, b := l.blocks[d.a], l.blocks[d.b]
	ea, eb := d.ea, d.eb
	if b.layer < a.layer {
		a, b, ea, eb = b, a, eb, ea
	}
	x.add(a, ea, d.count)
	x.add(b, eb, d.count)
}

// single is a net of one cable.
func (l *layout) single(g *graph, channel, e int) { l.cable(g, l.newNet(channel), e) }

// stub is the end of a cable that leaves the layout.
func (l *layout) stub(g *graph, lay *layering, b *block, e int) {
	o := g.edges[e].other(b.v)
	x := l.newNet(b.layer)
	if lay.level[o] > lay.level[b.v] {
		x.channel++
	}
	x.stub = true
	x.edges, x.cables = []int{e}, g.edges[e].count
	end := g.edges[e].ea
	if g.edges[e].b == b.v {
		end = g.edges[e].eb
	}
	x.add(b, end, x.cables)
}

// joinSide joins two neighbours in a layer with one line for each cable, or with one for all.
func (l *layout) joinSide(g *graph, pair [2]int, edges []int) {
	for i, e := range edges {
		if i > 0 && l.st.share {
			x := l.nets[len(l.nets)-1]
			l.cable(g, x, e)
			continue
		}
		x := l.newNet(l.blocks[pair[0]].layer)
		x.side = true
		x.at = i
		l.cable(g, x, e)
		if x.terms[0].b.v != pair[0] {
			x.terms[0], x.terms[1] = x.terms[1], x.terms[0]
		}
	}
}

// meshes takes full meshes out of the cables of a channel.
func (l *layout) meshes(g *graph, channel int, edges []int) []int {
	if channel == 0 || channel == len(l.layers) {
		return edges
	}
	below := map[int][]int{} // of a vertex of the upper layer
	for _, e := range edges {
		a, b := l.upperFirst(&g.edges[e])
		below[a] = append(below[a], b)
	}
	sets := map[string][]int{}
	var order []string
	for _, b := range l.layers[channel-1] {
		set := below[b.v]
		slices.Sort(set)
		set = slices.Compact(set)
		if len(set) < 2 {
			continue
		}
		key := fmt.Sprint(set)
		if _, ok := sets[key]; !ok {
			order = append(order, key)
		}
		sets[key] = append(sets[key], b.v)
		below[b.v] = set
	}
	least := minMesh
	if l.st.share {
		least = minShared
	}
	for _, key := range order {
		tops := sets[key]
		bottoms := below[tops[0]]
		if len(tops) < 2 || len(tops)*len(bottoms) < least {
			continue
		}
		x := l.newNet(channel)
		edges = slices.DeleteFunc(edges, func(e int) bool {
			a, _ := l.upperFirst(&g.edges[e])
			if !slices.Contains(tops, a) {
				return false
			}
			l.cable(g, x, e)
			return true
		})
		x.mesh = fmt.Sprintf("%s %s %s", names(g, tops), l.d.sign.times, names(g, bottoms))
	}
	return edges
}

func (l *layout) upperFirst(e *edge) (upper, lower int) {
	if l.blocks[e.a].layer > l.blocks[e.b].layer {
		return e.b, e.a
	}
	return e.a, e.b
}

// shared makes nets of cables that share a line at one end: those of one box that go down, and those of several
// boxes that have only this one.
func (l *layout) shared(g *graph, channel int, edges []int) {
	byUpper, byLower := map[int][]int{}, map[int][]int{}
	for _, e := range edges {
		a, b := l.upperFirst(&g.edges[e])
		byUpper[a] = append(byUpper[a], e)
		byLower[b] = append(byLower[b], e)
	}
	only := func(e int) bool {
		a, _ := l.upperFirst(&g.edges[e])
		return len(byUpper[a]) == 1
	}
	taken := make(map[int]bool, len(edges))
	take := func(set []int) {
		x := l.newNet(channel)
		for _, e := range set {
			taken[e] = true
			l.cable(g, x, e)
		}
	}
	for _, e := range edges {
		if taken[e] {
			continue
		}
		a, b := l.upperFirst(&g.edges[e])
		if only(e) {
			var set []int
			for _, o := range byLower[b] {
				if only(o) {
					set = append(set, o)
				}
			}
			take(set)
			continue
		}
		take(byUpper[a])
	}
}

// names is a short form of the names of vertices: "sp1-4", "a,b", "a,b,c+5".
func names(g *graph, verts []int) string {
	all := make([]string, len(verts))
	for i, v := range verts {
		all[i] = g.vertices[v].name
	}
	return shortNames(all)
}

// listed is the largest number of names that are all written out.
const listed = 4

func shortNames(all []string) string {
	first, last := all[0], all[0]
	least, most := 1<<62, -1
	same := len(all) > 1
	for _, name := range all {
		n, ok := number(name)
		same = same && ok && stem(name) == stem(all[0])
		if n < least {
			first, least = name, n
		}
		if n > most {
			last, most = name, n
		}
	}
	switch {
	case same && most-least == len(all)-1:
		return printable(first) + "-" + last[len(stem(last)):]
	case len(all) > listed:
		return printable(strings.Join(all[:listed-2], ",")) + fmt.Sprintf(",+%d", len(all)-listed+2)
	}
	return printable(strings.Join(all, ","))
}
