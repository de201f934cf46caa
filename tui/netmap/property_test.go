package netmap

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"

	diff "github.com/google/go-cmp/cmp"

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

// wiring is what the lines of a drawing join: for each line, the boxes and leaves that it touches, in order.
type wiring struct {
	t     *testing.T
	rows  [][]rune
	boxes []Box
	seen  map[point]bool
	arms  map[rune]arms
}

var steps = [4]point{{0, -1}, {1, 0}, {0, 1}, {-1, 0}}

func (w *wiring) at(p point) arms {
	if p.y < 0 || p.y >= len(w.rows) || p.x < 0 || p.x >= len(w.rows[p.y]) {
		return arms{}
	}
	return w.arms[w.rows[p.y][p.x]]
}

func (w *wiring) box(p point) string {
	for _, b := range w.boxes {
		if p.x >= b.X && p.x < b.X+b.W && p.y >= b.Y && p.y < b.Y+b.H {
			return b.Node
		}
	}
	return ""
}

// follow walks a line from a cell on and collects what it touches.
func (w *wiring) follow(p point, touched *[]string) {
	if w.seen[p] {
		return
	}
	w.seen[p] = true
	for d, s := range steps {
		if w.at(p)[d] == none {
			continue
		}
		n := point{p.x + s.x, p.y + s.y}
		for w.box(n) == "" && w.at(n)[d] != none && w.at(n)[(d+2)%4] == none {
			w.t.Errorf("a line breaks off at %v", n)
			return
		}
		// Other cables that pass over this one.
		for w.box(n) == "" && w.at(n) != (arms{}) && w.at(n)[(d+2)%4] == none && w.at(n)[(d+1)%4] != none && w.at(n)[(d+3)%4] != none {
			n = point{n.x + s.x, n.y + s.y}
		}
		switch b := w.box(n); {
		case b != "":
			*touched = append(*touched, b)
		case w.at(n)[(d+2)%4] != none:
			w.follow(n, touched)
		case d == east && w.box(point{n.x + 1, n.y}) != "":
			*touched = append(*touched, w.box(point{n.x + 1, n.y})) // "├ pc1"
		default:
			w.t.Errorf("a line ends at %v in nothing", n)
		}
	}
}

// lines are all lines of the drawing.
func (w *wiring) lines() []string {
	var found []string
	for y := range w.rows {
		for x := range w.rows[y] {
			p := point{x, y}
			if w.seen[p] || w.box(p) != "" || w.at(p) == (arms{}) {
				continue
			}
			var touched []string
			w.follow(p, &touched)
			slices.Sort(touched)
			found = append(found, strings.Join(touched, " "))
		}
	}
	slices.Sort(found)
	return found
}

// checkWiring compares what the lines on the canvas join with what they should join: reads the characters as a
// person does.
func checkWiring(t *testing.T, in Input) {
	t.Helper()
	in.ASCII, in.Path = false, nil
	d := newDrawing(in)
	s := d.fitting()
	if s.level == List || s.level == Groups {
		return
	}
	c := newCanvas(s.piece.w, s.piece.h)
	var boxes []Box
	var want []string
	for _, l := range s.piece.layouts {
		l.paint(c)
		for _, x := range l.nets {
			if len(x.terms) < 2 {
				continue
			}
			var joined []string
			for _, term := range x.terms {
				joined = append(joined, s.g.vertices[term.b.v].name)
			}
			slices.Sort(joined)
			want = append(want, strings.Join(joined, " "))
		}
		for _, b := range l.blocks {
			if len(b.stack.texts) == 0 || b.stack.hidden > 0 {
				continue
			}
			joined := []string{s.g.vertices[b.v].name}
			for _, leaf := range s.g.vertices[b.v].leaves {
				joined = append(joined, leaf.node.Name)
			}
			slices.Sort(joined)
			want = append(want, strings.Join(joined, " "))
		}
	}
	for _, l := range s.piece.layouts {
		for _, b := range l.blocks {
			if b.stack.hidden > 0 {
				return // the last line of a list stands for several
			}
		}
		l.paintFaces(c)
		boxes = append(boxes, l.boxes(c)...)
	}
	slices.Sort(want)
	w := &wiring{t: t, boxes: boxes, seen: map[point]bool{}, arms: map[rune]arms{}}
	for a, r := range joints {
		w.arms[r] = a
	}
	for _, line := range c.lines(false) {
		w.rows = append(w.rows, []rune(line))
	}
	if diff := diff.Diff(want, w.lines()); diff != "" {
		t.Errorf("lines (-want +got):\n%s", diff)
	}
	// Every link of the plan is on one of the lines.
	for i := range in.Plan.Links {
		l := &in.Plan.Links[i]
		if !slices.ContainsFunc(want, func(line string) bool {
			on := strings.Fields(line)
			return slices.Contains(on, l.A.Node) && slices.Contains(on, l.B.Node)
		}) {
			t.Errorf("%s-%s is not drawn", l.A.Node, l.B.Node)
		}
	}
	if t.Failed() {
		t.Logf("%dx%d\n%s", in.Width, in.Height, strings.Join(c.lines(false), "\n"))
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

// TestWiring reads the drawings of the labs.
func TestWiring(t *testing.T) {
	for name, in := range inputs(t) {
		t.Run(name, func(t *testing.T) {
			for _, s := range []size{{78, 13}, {74, 24}, {118, 30}, {200, 60}, {40, 10}, {30, 8}} {
				in.Width, in.Height = s.w, s.h
				checkWiring(t, in)
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

// TestNext walks over maps with the arrow keys.
func TestNext(t *testing.T) {
	in := inputs(t)["home-nat"]
	in.Width, in.Height = 78, 12
	pic := Draw(in)
	for _, c := range []struct {
		from   string
		dx, dy int
		want   string
	}{
		{"", 1, 0, pic.Boxes[0].Node},
		{"nobody", 0, 1, pic.Boxes[0].Node},
		{"client", 1, 0, "isp"},
		{"isp", 1, 0, "fw"},
		{"fw", -1, 0, "isp"},
		{"lan", 0, 1, "pc1"},
		{"pc1", 0, 1, "pc2"},
		{"pc2", 0, 1, "web"},
		{"web", 0, -1, "pc2"},
		{"client", -1, 0, "client"},
		{"lan", 0, -1, "lan"},
	} {
		if got := pic.Next(c.from, c.dx, c.dy); got != c.want {
			t.Errorf("from %q by %d,%d: %q, want %q\n%s", c.from, c.dx, c.dy, got, c.want, strings.Join(pic.Lines, "\n"))
		}
	}
	if got := (Picture{}).Next("fw", 1, 0); got != "" {
		t.Errorf("in an empty picture: %q", got)
	}
}

// TestNextReaches: every box can be reached from every other with the arrow keys.
func TestNextReaches(t *testing.T) {
	for name, in := range inputs(t) {
		for _, s := range []size{{78, 13}, {118, 30}, {40, 10}} {
			in.Width, in.Height = s.w, s.h
			pic := Draw(in)
			for _, start := range pic.Boxes {
				seen := map[string]bool{start.Node: true}
				queue := []string{start.Node}
				for len(queue) > 0 {
					from := queue[0]
					queue = queue[1:]
					for _, d := range steps {
						if n := pic.Next(from, d.x, d.y); !seen[n] {
							seen[n] = true
							queue = append(queue, n)
						}
					}
				}
				if len(seen) < len(pic.Boxes) {
					missing := slices.DeleteFunc(slices.Clone(pic.Boxes), func(b Box) bool { return seen[b.Node] })
					slices.SortFunc(missing, func(a, b Box) int { return cmp.Compare(a.Node, b.Node) })
					t.Fatalf("%s %dx%d: from %s the keys never reach %s\n%s", name, s.w, s.h, start.Node, missing[0].Node, strings.Join(pic.Lines, "\n"))
				}
			}
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
