package netmap

import (
	"slices"
	"strings"
	"testing"
)

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
					t.Fatalf("%s %dx%d: from %s the keys never reach %s\n%s", name, s.w, s.h, start.Node, missing[0].Node, strings.Join(pic.Lines, "\n"))
				}
			}
		}
	}
}
