package netmap

import "github.com/hookwalk/hookwalk/topology"

// paintWay draws the way of the selected packet along its cables.
func (d *drawing) paintWay(s *scene, c *canvas) {
	for i := 1; i < len(d.in.Path); i++ {
		a, okA := s.g.where[d.in.Path[i-1]]
		b, okB := s.g.where[d.in.Path[i]]
		if !okA || !okB || a == b {
			continue
		}
		for _, p := range []place{a, b} {
			if bl := s.block(p.vertex); bl != nil && p.leaf >= 0 {
				bl.paintStack(c, heavy, min(p.leaf, len(bl.stack.texts)-1))
			}
		}
		way := s.g.way(a.vertex, b.vertex)
		for j := 1; j < len(way); j++ {
			s.paintHop(c, way[j-1], way[j])
		}
	}
}

func (s *scene) block(v int) *block {
	for _, l := range s.piece.layouts {
		if b := l.blocks[v]; b != nil {
			return b
		}
	}
	return nil
}

// paintHop draws the cables between two neighbours.
func (s *scene) paintHop(c *canvas, a, b int) {
	for _, l := range s.piece.layouts {
		for _, x := range l.nets {
			if len(x.terms) < 2 || !x.joins(s.g, a, b) {
				continue
			}
			var ends []*term
			for _, t := range x.terms {
				if t.b.v == a || t.b.v == b {
					ends = append(ends, t)
					c.line(t.port, t.elbow, heavy, x)
				}
			}
			x.paintBar(c, heavy, ends)
		}
	}
}

func (x *net) joins(g *graph, a, b int) bool {
	for _, e := range x.edges {
		if d := &g.edges[e]; d.a == a && d.b == b || d.a == b && d.b == a {
			return true
		}
	}
	return false
}

// way is the shortest way between two vertices, through bridges only: a path may leave out what does not route.
func (g *graph) way(a, b int) []int {
	if a == b {
		return nil
	}
	from := map[int]int{a: a}
	queue := []int{a}
	for i := 0; i < len(queue); i++ {
		v := queue[i]
		if v != a && g.kind(v) != topology.Bridge {
			continue
		}
		for _, e := range g.vertices[v].edges {
			o := g.edges[e].other(v)
			if _, ok := from[o]; ok {
				continue
			}
			from[o] = v
			if o != b {
				queue = append(queue, o)
				continue
			}
			way := []int{b}
			for v := b; v != a; v = from[v] {
				way = append(way, from[v])
			}
			return way
		}
	}
	return nil
}
