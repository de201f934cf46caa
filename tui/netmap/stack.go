package netmap

import "fmt"

// stack is the list of leaves under a vertex:
//
//	├ pc1 .11      or, in columns,   ├────────┐
//	└ pc2 .12                        ├ h1 .1  ├ h3 .3
//	                                 └ h2 .2  └ +9 ▸
type stack struct {
	w, h    int
	texts   []string
	columns []int // the place of each column's line, from that of the first
	rows    int   // in a column
	hidden  int   // leaves that are only counted, in the last text
}

// leafTexts are the lines under a vertex.
func (d *drawing) leafTexts(v *vertex, st style) []string {
	shown := len(v.leaves)
	if st.max > 0 && shown > st.max+1 {
		shown = st.max
	}
	var texts []string
	for _, l := range v.leaves[:shown] {
		texts = append(texts, d.leafText(l, st))
	}
	if shown < len(v.leaves) {
		texts = append(texts, fmt.Sprintf("+%d %s", len(v.leaves)-shown, d.sign.more))
	}
	return texts
}

// newStack puts lines into columns of at most so many rows.
func newStack(texts []string, rows int) stack {
	n := len(texts)
	if n == 0 {
		return stack{}
	}
	s := stack{texts: texts}
	columns := (n-1)/rows + 1
	s.rows = (n-1)/columns + 1 // the same height for all
	x := 0
	for i := 0; i < n; i += s.rows {
		wide := 0
		for _, t := range texts[i:min(i+s.rows, n)] {
			wide = max(wide, width(t))
		}
		s.columns = append(s.columns, x)
		s.w = x + 2 + wide
		x = s.w + 2
	}
	s.h = s.rows
	if len(s.columns) > 1 {
		s.h++
	}
	return s
}

// leafText is the line of a leaf.
func (d *drawing) leafText(l leaf, st style) string {
	text := printable(l.node.Name)
	switch {
	case st.level == Detail:
		for _, a := range l.end.Addrs {
			text += " " + a.String()
		}
	case st.leafAddrs && len(l.end.Addrs) > 0:
		text += " " + hostPart(l.end.Addrs[0])
	}
	if st.level <= Boxes {
		for _, s := range l.node.Services {
			text += " " + Port(l.node, &s)
		}
	}
	if n := d.in.Drops[l.node.Name]; n > 0 {
		text += fmt.Sprintf(" %s%d", d.sign.drop, n)
	}
	if mark := d.leafMark(l); mark != "" {
		text += " " + mark
	}
	return text
}

// at is the place of text i, from that of the first line's upper end.
func (s *stack) at(i int) point {
	y := i % s.rows
	if len(s.columns) > 1 {
		y++
	}
	return point{s.columns[i/s.rows], y}
}
