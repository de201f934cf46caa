package netmap

import "slices"

// Next is the node to select when an arrow key is pressed on from: the nearest box in the direction (dx, dy), from
// itself if there is none there, and the first box if from is not shown. It is "" only in an empty picture.
func (p Picture) Next(from string, dx, dy int) string {
	if len(p.Boxes) == 0 {
		return ""
	}
	at := slices.IndexFunc(p.Boxes, func(b Box) bool { return b.Has(from) })
	if at < 0 {
		return p.Boxes[0].Node
	}
	here := p.Boxes[at]
	best, least := from, 0
	for i, b := range p.Boxes {
		if i == at {
			continue
		}
		ahead, aside, ok := step(here, b, dx, dy)
		if cost := ahead + 2*aside; ok && (best == from || cost < least) {
			best, least = b.Node, cost
		}
	}
	return best
}

// step is how far box b lies ahead of a in a direction, and how far beside the line; false if it is not ahead. A
// cell is about twice as high as wide, so lines count twice.
func step(a, b Box, dx, dy int) (ahead, aside int, ok bool) {
	gap := func(a0, a1, b0, b1 int) int { return max(b0-a1, a0-b1, -1) + 1 } // 0 if they overlap
	right, below := gap(a.X, a.X+a.W, b.X, b.X+b.W), gap(a.Y, a.Y+a.H, b.Y, b.Y+b.H)
	// The middles, doubled, decide among boxes that overlap.
	mx, my := 2*b.X+b.W-2*a.X-a.W, 2*b.Y+b.H-2*a.Y-a.H
	if dx != 0 {
		return 2*right + abs(mx)/2, 4*below + abs(my), mx*dx > 0 && (right > 0 || below == 0)
	}
	return 4*below + abs(my), 2*right + abs(mx)/4, my*dy > 0 && (below > 0 || right == 0)
}

func abs(n int) int { return max(n, -n) }
