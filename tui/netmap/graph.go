package netmap

import (
	"slices"

	"github.com/hookwalk/hookwalk/topology"
)

// vertex is what is drawn as one box: a node, or a group of nodes.
type vertex struct {
	name    string
	node    *topology.Node // nil: a group
	members []string       // of a group
	leaves  []leaf         // nodes that are listed under it
	edges   []int          // edges of the graph, in the order of links
}

// leaf is a node that is listed as a line under its only neighbour.
type leaf struct {
	node *topology.Node
	end  topology.End // its end of the cable
}

// edge is a cable between two vertices, or all cables between two groups.
type edge struct {
	a, b   int // vertices
	ea, eb topology.End
	count  int
}

// other is the end of e that is not at v.
func (e *edge) other(v int) int {
	if e.a == v {
		return e.b
	}
	return e.a
}

// graph is what a map is drawn of. It does not change after it is made.
type graph struct {
	vertices []vertex
	edges    []edge
	where    map[string]place // of every node
	parts    []part           // connected parts, in the order of the file
}

// place says which vertex shows a node, and as which of its leaves; -1: as itself.
type place struct{ vertex, leaf int }

// stacking says which nodes with one cable are listed under their neighbour.
type stacking int

const (
	stackBridges stacking = iota // hosts at bridges, and where many are at one node
	stackAll                     // all hosts
)

// manyLeaves is the number of hosts at one router that are listed rather than drawn.
const manyLeaves = 3

// newGraph makes the graph of a plan.
func newGraph(p *topology.Plan, s stacking) *graph {
	index := make(map[string]int, len(p.Nodes))
	for i := range p.Nodes {
		if _, ok := index[p.Nodes[i].Name]; !ok {
			index[p.Nodes[i].Name] = i
		}
	}
	cables := make([][]int, len(p.Nodes))
	joins := func(l *topology.Link) (a, b int, ok bool) {
		a, okA := index[l.A.Node]
		b, okB := index[l.B.Node]
		return a, b, okA && okB && a != b
	}
	for i := range p.Links {
		if a, b, ok := joins(&p.Links[i]); ok {
			cables[a], cables[b] = append(cables[a], i), append(cables[b], i)
		}
	}
	under := leafParents(p, index, cables, s)

	g := &graph{where: make(map[string]place, len(p.Nodes))}
	at := make([]int, len(p.Nodes))
	for i := range p.Nodes {
		if index[p.Nodes[i].Name] != i {
			continue // a second node of the same name cannot be told from the first
		}
		if under[i] < 0 {
			at[i] = len(g.vertices)
			g.where[p.Nodes[i].Name] = place{at[i], -1}
			g.vertices = append(g.vertices, vertex{name: p.Nodes[i].Name, node: &p.Nodes[i]})
		}
	}
	for i := range p.Nodes {
		if under[i] < 0 || index[p.Nodes[i].Name] != i {
			continue
		}
		v := at[under[i]]
		end := p.Links[cables[i][0]].A
		if end.Node != p.Nodes[i].Name {
			end = p.Links[cables[i][0]].B
		}
		g.where[p.Nodes[i].Name] = place{v, len(g.vertices[v].leaves)}
		g.vertices[v].leaves = append(g.vertices[v].leaves, leaf{&p.Nodes[i], end})
	}
	for i := range p.Links {
		l := &p.Links[i]
		if a, b, ok := joins(l); ok && under[a] < 0 && under[b] < 0 {
			g.connect(edge{at[a], at[b], l.A, l.B, 1})
		}
	}
	g.split()
	return g
}

// leafParents finds for each node the one under which it is listed; -1: none.
func leafParents(p *topology.Plan, index map[string]int, cables [][]int, s stacking) []int {
	under := make([]int, len(p.Nodes))
	hosts := make([]int, len(p.Nodes)) // with one cable, at each node
	for i := range under {
		under[i] = -1
		if len(cables[i]) != 1 || p.Nodes[i].Kind != topology.Host {
			continue
		}
		l := &p.Links[cables[i][0]]
		peer := index[l.A.Node]
		if peer == i {
			peer = index[l.B.Node]
		}
		if len(cables[peer]) > 1 || p.Nodes[peer].Kind != topology.Host {
			under[i] = peer
			hosts[peer]++
		}
	}
	for i, peer := range under {
		if peer >= 0 && s != stackAll && p.Nodes[peer].Kind != topology.Bridge && hosts[peer] < manyLeaves {
			under[i] = -1
		}
	}
	return under
}

func (g *graph) connect(e edge) {
	g.vertices[e.a].edges = append(g.vertices[e.a].edges, len(g.edges))
	g.vertices[e.b].edges = append(g.vertices[e.b].edges, len(g.edges))
	g.edges = append(g.edges, e)
}

// part is a connected part of the graph, with the ways in which it can be arranged, best first.
type part struct {
	vertices []int
	layers   []layering
}

// split finds the connected parts.
func (g *graph) split() {
	seen := make([]bool, len(g.vertices))
	for v := range g.vertices {
		if seen[v] {
			continue
		}
		seen[v] = true
		found := []int{v}
		for i := 0; i < len(found); i++ {
			for _, e := range g.vertices[found[i]].edges {
				if o := g.edges[e].other(found[i]); !seen[o] {
					seen[o] = true
					found = append(found, o)
				}
			}
		}
		slices.Sort(found)
		g.parts = append(g.parts, part{vertices: found, layers: g.layerings(found)})
	}
}
