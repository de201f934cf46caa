package trace

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hookwalk/hookwalk/topology"
)

// A chain of routers with a bridge in it: r0 - r1 - sw - r2 - r3 - r4, and an island.
func TestWithin(t *testing.T) {
	p := &topology.Plan{}
	add := func(kind topology.Kind, names ...string) {
		for _, n := range names {
			p.Nodes = append(p.Nodes, topology.Node{Name: n, Kind: kind})
		}
	}
	add(topology.Router, "r0", "r1", "r2", "r3", "r4", "island")
	add(topology.Bridge, "sw")
	for i, ends := range [][2]string{{"r0", "r1"}, {"r1", "sw"}, {"sw", "r2"}, {"r2", "r3"}, {"r3", "r4"}} {
		p.Links = append(p.Links, topology.Link{A: topology.End{Node: ends[0], Iface: fmt.Sprintf("a%d", i)},
			B: topology.End{Node: ends[1], Iface: fmt.Sprintf("b%d", i)}})
	}
	for routers, want := range map[int][2][]string{
		0: {{"r0"}, {"r1"}},
		1: {{"r0", "r1"}, {"r2", "sw"}},
		2: {{"r0", "r1", "r2", "sw"}, {"r3"}},
		9: {{"r0", "r1", "r2", "r3", "r4", "sw"}, nil},
	} {
		near, behind := NewNetwork(p, nil).within("r0", routers)
		var names []string
		for _, n := range near {
			names = append(names, n.Name)
		}
		if d := cmp.Diff(want, [2][]string{names, behind}); d != "" {
			t.Errorf("%d routers (-want +got):\n%s", routers, d)
		}
	}
}
