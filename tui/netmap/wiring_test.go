package netmap

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

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
	if diff := cmp.Diff(want, w.lines()); diff != "" {
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
