package netmap

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/hookwalk/hookwalk/topology"
)

// plan is the plan of a topology file.
func plan(t testing.TB, yaml string) *topology.Plan {
	t.Helper()
	p, problems := topology.LoadFS(fstest.MapFS{"lab.yaml": {Data: []byte(yaml)}}, "lab.yaml")
	if p == nil {
		t.Fatalf("%v\n%s", problems, yaml)
	}
	return p
}

// labFile is a topology file of testdata.
func labFile(t testing.TB, name string) *topology.Plan {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return plan(t, string(text))
}

// draft is a topology file in the making. Addresses are given out as links are added.
type draft struct {
	nodes, links strings.Builder
	n            int
	ifaces       map[string]int
}

func (d *draft) node(kind topology.Kind, name string) {
	fmt.Fprintf(&d.nodes, "  %s: {kind: %s}\n", name, kind)
}

func (d *draft) end(name string, bridge bool, host int) string {
	if bridge {
		return name
	}
	if d.ifaces == nil {
		d.ifaces = map[string]int{}
	}
	i := d.ifaces[name]
	d.ifaces[name]++
	return fmt.Sprintf("%s:eth%d 10.%d.%d.%d/24", name, i, d.n/250, d.n%250, host)
}

// link joins two nodes with a network of its own; a bridge has no address.
func (d *draft) link(a, b string, bridges ...string) {
	is := func(name string) bool { return strings.Contains(" "+strings.Join(bridges, " ")+" ", " "+name+" ") }
	fmt.Fprintf(&d.links, "  - [%s, %s]\n", d.end(a, is(a), 1), d.end(b, is(b), 2))
	d.n++
}

func (d *draft) plan(t testing.TB) *topology.Plan {
	links := ""
	if d.links.Len() > 0 {
		links = "links:\n" + d.links.String()
	}
	return plan(t, "name: drawn\nnodes:\n"+d.nodes.String()+links)
}

func chain(t testing.TB, n int) *topology.Plan {
	var d draft
	for i := range n {
		d.node(topology.Router, fmt.Sprintf("r%d", i+1))
		if i > 0 {
			d.link(fmt.Sprintf("r%d", i), fmt.Sprintf("r%d", i+1))
		}
	}
	return d.plan(t)
}

func star(t testing.TB, n int) *topology.Plan {
	var b strings.Builder
	b.WriteString("name: star\nnodes:\n  sw: {kind: bridge}\n")
	for i := range n {
		fmt.Fprintf(&b, "  h%d: {}\n", i+1)
	}
	b.WriteString("links:\n")
	for i := range n {
		fmt.Fprintf(&b, "  - [h%d:eth0 10.0.1.%d/24, sw]\n", i+1, i+11)
	}
	return plan(t, b.String())
}

// clos is a leaf-spine fabric.
func clos(t testing.TB, spines, leafs, hosts int) *topology.Plan {
	var d draft
	for i := range spines {
		d.node(topology.Router, fmt.Sprintf("sp%d", i+1))
	}
	for i := range leafs {
		d.node(topology.Router, fmt.Sprintf("lf%d", i+1))
	}
	for i := range leafs * hosts {
		d.node(topology.Host, fmt.Sprintf("h%d", i+1))
	}
	for i := range leafs {
		for j := range spines {
			d.link(fmt.Sprintf("sp%d", j+1), fmt.Sprintf("lf%d", i+1))
		}
		for j := range hosts {
			d.link(fmt.Sprintf("h%d", i*hosts+j+1), fmt.Sprintf("lf%d", i+1))
		}
	}
	return d.plan(t)
}

// campus is n nodes: two cores, and buildings with a router, switches and hosts.
func campus(t testing.TB, n int) *topology.Plan {
	var d draft
	d.node(topology.Router, "core1")
	d.node(topology.Router, "core2")
	d.link("core1", "core2")
	nodes := 2
	for b := 1; nodes < n; b++ {
		dist := fmt.Sprintf("b%02d-dist", b)
		d.node(topology.Router, dist)
		nodes++
		d.link("core1", dist)
		d.link("core2", dist)
		for s := 1; s <= 3 && nodes < n; s++ {
			sw := fmt.Sprintf("b%02d-sw%d", b, s)
			d.node(topology.Bridge, sw)
			nodes++
			d.link(dist, sw, sw)
			for h := 1; h <= 15 && nodes < n; h++ {
				host := fmt.Sprintf("b%02d-s%dh%d", b, s, h)
				d.node(topology.Host, host)
				nodes++
				d.link(host, sw, sw)
			}
		}
	}
	return d.plan(t)
}

// routers is a plan out of links like "r1-r2"; a word without a dash is a router of its own.
func routers(t testing.TB, links string) *topology.Plan {
	var d draft
	seen := map[string]bool{}
	for _, link := range strings.Fields(links) {
		ends := strings.Split(link, "-")
		for _, n := range ends {
			if !seen[n] {
				seen[n] = true
				d.node(topology.Router, n)
			}
		}
		if len(ends) == 2 {
			d.link(ends[0], ends[1])
		}
	}
	return d.plan(t)
}

// fatTree has four cores, and four pods of two aggregation and two edge switches.
func fatTree(t testing.TB) *topology.Plan {
	var links []string
	for pod := range 4 {
		for i := range 2 {
			agg := fmt.Sprintf("a%d", 2*pod+i+1)
			for j := range 2 {
				links = append(links, fmt.Sprintf("core%d-%s", 2*i+j+1, agg), fmt.Sprintf("%s-e%d", agg, 2*pod+j+1))
			}
		}
	}
	return routers(t, strings.Join(links, " "))
}
