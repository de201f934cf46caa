package netmap

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hookwalk/hookwalk/topology"
)

// check holds a picture against what is true of all.
func check(t *testing.T, in Input, pic Picture) {
	t.Helper()
	if len(pic.Lines) != in.Height {
		t.Errorf("%d lines, want %d", len(pic.Lines), in.Height)
	}
	for i, l := range pic.Lines {
		if got := cells.StringWidth(l); got != in.Width {
			t.Errorf("line %d has %d cells, want %d: %q", i, got, in.Width, l)
		}
		if in.ASCII {
			for _, r := range l {
				if r > 0x7e {
					t.Fatalf("line %d has %q in it: %q", i, r, l)
				}
			}
		}
	}
	shown := map[string]bool{}
	for i, b := range pic.Boxes {
		if b.W < 1 || b.H < 1 || b.X < 0 || b.Y < 0 || b.X+b.W > in.Width || b.Y+b.H > in.Height {
			t.Errorf("%+v lies outside of %dx%d", b, in.Width, in.Height)
		}
		names := b.Members
		if names == nil {
			names = []string{b.Node}
		}
		for _, n := range names {
			if shown[n] {
				t.Errorf("%s is shown twice", n)
			}
			shown[n] = true
		}
		for _, o := range pic.Boxes[:i] {
			if b.X < o.X+o.W && o.X < b.X+b.W && b.Y < o.Y+o.H && o.Y < b.Y+b.H {
				t.Errorf("%+v and %+v overlap", o, b)
			}
		}
	}
	all := map[string]bool{}
	for i := range in.Plan.Nodes {
		all[in.Plan.Nodes[i].Name] = true
	}
	for n := range shown {
		if !all[n] {
			t.Errorf("%q is no node", n)
		}
	}
	if len(shown)+pic.Hidden != len(all) {
		t.Errorf("%d shown and %d hidden of %d", len(shown), pic.Hidden, len(all))
	}
	if pic.Hidden > 0 && in.Height > 0 && in.Width > 0 && strings.TrimSpace(pic.Lines[in.Height-1]) == "" {
		t.Errorf("%d nodes are hidden and nothing says so", pic.Hidden)
	}
	if t.Failed() {
		t.Logf("%dx%d zoom %d\n%s", in.Width, in.Height, in.Zoom, strings.Join(pic.Lines, "\n"))
	}
}

// randomPlan is a plan that no file would give, mostly connected.
func randomPlan(r *rand.Rand, most int) *topology.Plan {
	p := &topology.Plan{Name: "random"}
	n := r.IntN(most + 1)
	heads := []string{"h", "r", "sw", "core", "site1-", "b"}
	for i := range n {
		kind := []topology.Kind{topology.Host, topology.Router, topology.Bridge}[r.IntN(3)]
		p.Nodes = append(p.Nodes, topology.Node{Name: heads[r.IntN(len(heads))] + fmt.Sprint(i), Kind: kind})
	}
	if n < 2 {
		return p
	}
	degree := make([]int, n)
	links := r.IntN(n + n/2 + 1)
	for i := range links {
		a, b := r.IntN(n), r.IntN(n)
		if i+1 < n && r.IntN(3) > 0 {
			a, b = i+1, r.IntN(i+1) // a tree
		}
		if a == b {
			continue
		}
		end := func(v int) topology.End {
			e := topology.End{Node: p.Nodes[v].Name, Iface: fmt.Sprintf("eth%d", degree[v])}
			degree[v]++
			switch {
			case p.Nodes[v].Kind == topology.Bridge:
				e.Master = "br0"
			case r.IntN(4) > 0:
				e.Addrs = append(e.Addrs, netip.PrefixFrom(netip.AddrFrom4([4]byte{10, byte(i), 0, byte(v)}), 24))
			}
			return e
		}
		p.Links = append(p.Links, topology.Link{A: end(a), B: end(b)})
	}
	return p
}

func randomInput(r *rand.Rand, most int) Input {
	in := Input{Plan: randomPlan(r, most), Width: r.IntN(130), Height: r.IntN(40), ASCII: r.IntN(4) == 0, Drops: map[string]int{}}
	for i := range in.Plan.Nodes {
		name := in.Plan.Nodes[i].Name
		if r.IntN(8) == 0 {
			in.Drops[name] = r.IntN(2000)
		}
		if r.IntN(4) == 0 {
			in.Path = append(in.Path, name)
		}
		if r.IntN(10) == 0 {
			in.Selected = name
		}
	}
	if r.IntN(4) == 0 {
		in.Zoom = r.IntN(11) - 5
	}
	return in
}

// TestRandom draws random plans, and reads the drawings again.
func TestRandom(t *testing.T) {
	levels := map[Level]int{}
	for seed := range uint64(400) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			r := rand.New(rand.NewPCG(seed, 1))
			in := randomInput(r, 5+int(seed)/10)
			pic := Draw(in)
			levels[pic.Level]++
			check(t, in, pic)
			if again := Draw(in); !slices.Equal(pic.Lines, again.Lines) {
				t.Error("the same input gives another picture")
			}
			checkWiring(t, in)
		})
	}
	for l := Detail; l <= List; l++ {
		if levels[l] < 5 {
			t.Errorf("only %d drawings have the level %s: the test proves less than it should", levels[l], l)
		}
	}
}

// TestSteady: what is selected, and the way of a packet, move no box.
func TestSteady(t *testing.T) {
	for name, in := range inputs(t) {
		t.Run(name, func(t *testing.T) {
			in.Width, in.Height, in.Selected, in.Path = 78, 13, "", nil
			before := Draw(in)
			for _, b := range before.Boxes {
				in.Selected = b.Node
				in.Path = append(in.Path, b.Node)
				if diff := cmp.Diff(before.Boxes, Draw(in).Boxes); diff != "" {
					t.Fatalf("%s is selected (-before +after):\n%s", b.Node, diff)
				}
			}
		})
	}
}

// TestTiny draws into every size that is too small.
func TestTiny(t *testing.T) {
	for name, in := range inputs(t) {
		t.Run(name, func(t *testing.T) {
			for w := range 12 {
				for h := range 12 {
					in.Width, in.Height = w, h
					check(t, in, Draw(in))
				}
			}
		})
	}
	Draw(Input{Width: -1, Height: -1})
}

// FuzzDraw draws plans that a seed makes.
func FuzzDraw(f *testing.F) {
	f.Add(uint64(1), 80, 24, 0)
	f.Add(uint64(2), 3, 200, 4)
	f.Add(uint64(3), 300, 2, -4)
	f.Fuzz(func(t *testing.T, seed uint64, w, h, zoom int) {
		in := randomInput(rand.New(rand.NewPCG(seed, 2)), 120)
		in.Width, in.Height = min(max(w, 0), 300), min(max(h, 0), 200)
		in.Zoom = zoom
		check(t, in, Draw(in))
		in.Zoom = 0
		checkWiring(t, in)
	})
}

// TestNames draws names that no file has: the map may be ugly, its lines may not be longer.
func TestNames(t *testing.T) {
	names := []string{"", " ", "日本語", "a\tb", "\x00", "é", "e\u0301", "\xff\xfe", "🙂🙂", "👩‍👩‍👧", strings.Repeat("long", 40), "r[1]", "same", "same"}
	p := &topology.Plan{}
	for i, n := range names {
		p.Nodes = append(p.Nodes, topology.Node{Name: n, Kind: topology.Router})
		if i > 0 {
			p.Links = append(p.Links, topology.Link{A: topology.End{Node: n, Iface: n}, B: topology.End{Node: names[i-1], Iface: "日本"}})
		}
	}
	p.Links = append(p.Links, topology.Link{A: topology.End{Node: "nobody"}, B: topology.End{Node: "same"}})
	for _, s := range []size{{300, 60}, {80, 24}, {20, 10}, {3, 3}} {
		for zoom := -5; zoom <= 5; zoom++ {
			in := Input{Plan: p, Width: s.w, Height: s.h, Zoom: zoom, Selected: "日本語", Path: names}
			check(t, in, Draw(in))
		}
	}
}

// BenchmarkDraw is what a key press costs.
func BenchmarkDraw(b *testing.B) {
	for _, c := range []struct {
		name string
		in   Input
	}{
		{"home-nat", Input{Plan: labFile(b, "home-nat.yaml"), Width: 76, Height: 12}},
		{"clos-36", Input{Plan: clos(b, 4, 8, 3), Width: 76, Height: 12}},
		{"chain-60", Input{Plan: chain(b, 60), Width: 76, Height: 12}},
		{"campus-60", Input{Plan: campus(b, 60), Width: 76, Height: 12}},
		{"campus-500", Input{Plan: campus(b, 500), Width: 76, Height: 12}},
		{"campus-500-zoomed", Input{Plan: campus(b, 500), Width: 76, Height: 12, Zoom: 3}},
		{"chain-500", Input{Plan: chain(b, 500), Width: 40, Height: 10}},
		{"chain-500-zoomed", Input{Plan: chain(b, 500), Width: 40, Height: 10, Zoom: 3}},
	} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				Draw(c.in)
			}
		})
	}
}
