package netmap

// sheet is what a style makes of each vertex, before anything has a place.
type sheet struct {
	g      *graph
	st     style
	faces  []face
	texts  [][]string // of leaves
	stacks map[int][]stack
	most   int // leaves under one vertex
}

func (d *drawing) sheet(st style) *sheet {
	if sh := d.sheets[st]; sh != nil {
		return sh
	}
	g := d.graph(st)
	sh := &sheet{g: g, st: st, faces: make([]face, len(g.vertices)), texts: make([][]string, len(g.vertices)), stacks: map[int][]stack{}}
	for v := range g.vertices {
		sh.faces[v] = d.face(&g.vertices[v], st)
		sh.texts[v] = d.leafTexts(&g.vertices[v], st)
		sh.most = max(sh.most, len(sh.texts[v]))
	}
	d.sheets[st] = sh
	return sh
}

// stacksOf are the lists of leaves with at most so many rows.
func (sh *sheet) stacksOf(rows int) []stack {
	if s := sh.stacks[rows]; s != nil {
		return s
	}
	s := make([]stack, len(sh.faces))
	for v, texts := range sh.texts {
		s[v] = newStack(texts, rows)
		s[v].hidden = len(sh.g.vertices[v].leaves) - len(texts)
		if s[v].hidden > 0 {
			s[v].hidden++ // the last text is no leaf
		}
	}
	sh.stacks[rows] = s
	return s
}

// least is less than what layers need in any case, so that a layout need not be made to see that it does not fit.
func (sh *sheet) least(layers [][]int, sideways bool, rows int) (w, h int) {
	stacks := sh.stacksOf(rows)
	gap := 2
	if sideways {
		gap = 0
		if sh.st.level < Chips {
			gap = 1
		}
	}
	along, across := 0, len(layers)-1
	for _, layer := range layers {
		sum, most := gap*(len(layer)-1), 0
		for _, v := range layer {
			f, s := &sh.faces[v], &stacks[v]
			wide, high := max(f.w, s.w), f.h+s.h
			if sideways {
				wide, high = high, wide
			}
			sum, most = sum+wide, max(most, high)
		}
		along, across = max(along, sum), across+most
	}
	if sideways {
		return across + len(layers) - 1, along
	}
	return along, across
}

// area is the number of cells that boxes and lists take by themselves.
func (sh *sheet) area(rows int) int {
	n := 0
	for v, s := range sh.stacksOf(rows) {
		n += sh.faces[v].w*sh.faces[v].h + s.w*s.h
	}
	return n
}
