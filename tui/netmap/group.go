package netmap

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hookwalk/hookwalk/topology"
)

// newGroups is the graph of a plan in which nodes that are called alike are one vertex; few: with fewer groups,
// where names allow it.
func newGroups(p *topology.Plan, few bool) *graph {
	keys := groupKeys(p, few)
	g := &graph{where: make(map[string]place, len(p.Nodes))}
	at := map[string]int{}
	for i := range p.Nodes {
		name := p.Nodes[i].Name
		if _, twice := g.where[name]; twice {
			continue
		}
		v, ok := at[keys[i]]
		if !ok {
			v = len(g.vertices)
			at[keys[i]] = v
			g.vertices = append(g.vertices, vertex{})
		}
		g.vertices[v].members = append(g.vertices[v].members, name)
		g.where[name] = place{v, -1}
	}
	for i := range g.vertices {
		g.vertices[i].name = groupName(g.vertices[i].members)
	}
	seen := map[[2]int]int{}
	for i := range p.Links {
		l := &p.Links[i]
		a, okA := g.where[l.A.Node]
		b, okB := g.where[l.B.Node]
		if !okA || !okB || a == b {
			continue
		}
		pair := [2]int{min(a.vertex, b.vertex), max(a.vertex, b.vertex)}
		if e, ok := seen[pair]; ok {
			g.edges[e].count++
			continue
		}
		seen[pair] = len(g.edges)
		g.connect(edge{a: pair[0], b: pair[1], count: 1})
	}
	g.split()
	return g
}

// fewGroups is the number of groups below which a map says too little: large ones are then divided by numbers.
const fewGroups = 3

// groupKeys says for each node what it shares with the others of its group: the part of its name before a
// separator, else the name without its number.
func groupKeys(p *topology.Plan, few bool) []string {
	keys := make([]string, len(p.Nodes))
	sizes := map[string]int{}
	for i := range p.Nodes {
		keys[i] = prefix(p.Nodes[i].Name)
		if s := stem(keys[i]); few && s != "" {
			keys[i] = s
		}
		sizes[keys[i]]++
	}
	if len(sizes) >= fewGroups {
		return keys
	}
	span, most := 1, 12
	if few {
		most = 5
	}
	for _, step := range []int{2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000} {
		if span = step; len(p.Nodes)/step < most {
			break
		}
	}
	for i := range p.Nodes {
		name := p.Nodes[i].Name
		if n, ok := number(name); ok && prefix(name) == stem(name) && sizes[keys[i]] > span {
			keys[i] = fmt.Sprintf("%s/%d", keys[i], n/span)
		}
	}
	return keys
}

// number is the one at the end of a name.
func number(name string) (int, bool) {
	digits := name[len(stem(name)):]
	if len(digits) == 0 || len(digits) > 9 {
		return 0, false
	}
	n := 0
	for _, r := range digits {
		n = 10*n + int(r-'0')
	}
	return n, true
}

// groupName is what its members have in common: "h1-24", "b03", "b01-11".
func groupName(members []string) string {
	if len(members) < 3 {
		return shortNames(members)
	}
	plain := true
	var heads []string
	for _, m := range members {
		p := prefix(m)
		if p != stem(m) {
			plain = false
		}
		if !slices.Contains(heads, p) {
			heads = append(heads, p)
		}
	}
	if !plain {
		return shortNames(heads)
	}
	if short := shortNames(members); !strings.Contains(short, ",") {
		return short
	}
	return printable(heads[0]) + "*"
}

// prefix is the part of a name that its group shares.
func prefix(name string) string {
	if i := strings.IndexAny(name, "-_."); i > 0 {
		return name[:i]
	}
	if s := stem(name); s != "" {
		return s
	}
	return name
}
