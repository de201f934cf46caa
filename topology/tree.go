package topology

import (
	"strconv"
	"strings"
)

// Span is the place of a value: Pos is its first byte, End the one behind its last. End is zero where the value
// has no end on a line of its own (a mapping, a block of text).
type Span struct {
	Pos Pos
	End Pos
}

// Text is a scalar as it was written, with its place.
type Text struct {
	Value string
	Span
}

// present reports whether the text was written at all.
func (t Text) present() bool { return t.Pos.IsValid() }

type treeKind uint8

const (
	treeNull treeKind = iota
	treeScalar
	treeList
	treeMapping
)

func (k treeKind) String() string {
	return [...]string{"nothing", "a value", "a list", "a mapping"}[k]
}

// tree is a value of the file: what is left of YAML once anchors, merges and styles are done with.
type tree struct {
	kind  treeKind
	text  string // of a scalar
	block bool   // a scalar written as a literal block, "|"
	span  Span
	keys  []*tree // of a mapping: scalars, each once, beside items
	items []*tree // of a mapping or a list

	// origin is where byte i of text stands in the source; nil if the two do not run side by side.
	origin func(i int) Pos
}

// sub is the part [i:j] of a scalar, at its exact place if that is known.
func (t *tree) sub(i, j int) Text {
	s := Text{Value: t.text[i:j], Span: t.span}
	if t.origin != nil {
		if from, to := t.origin(i), t.origin(j); from.IsValid() && to.IsValid() {
			s.Pos, s.End = from, to
		}
	}
	return s
}

// whole is the scalar as a Text. Its span has the quotes in it, if it has any.
func (t *tree) whole() Text { return Text{Value: t.text, Span: t.span} }

// words are the parts of a scalar between blanks.
func (t *tree) words() []Text {
	var out []Text
	for i := 0; i < len(t.text); {
		if strings.IndexByte(" \t\r\n", t.text[i]) >= 0 {
			i++
			continue
		}
		j := i
		for j < len(t.text) && strings.IndexByte(" \t\r\n", t.text[j]) < 0 {
			j++
		}
		out = append(out, t.sub(i, j))
		i = j
	}
	return out
}

// part is the bytes [i:j] of a word; the word stands on one line.
func (t Text) part(i, j int) Text {
	s := Text{Value: t.Value[i:j], Span: t.Span}
	if t.End.Line == t.Pos.Line && t.End.Col-t.Pos.Col == len(t.Value) {
		s.Pos.Col, s.End.Col = t.Pos.Col+i, t.Pos.Col+j
	}
	return s
}

// place is the way to a value, like links[2].ends[0]; nil is the file itself.
type place struct {
	up    *place
	key   string
	index int // if key is ""
}

func (p *place) at(key string) *place  { return &place{up: p, key: key} }
func (p *place) elem(index int) *place { return &place{up: p, index: index} }

func (p *place) String() string {
	switch {
	case p == nil:
		return ""
	case p.key == "":
		return p.up.String() + "[" + strconv.Itoa(p.index) + "]"
	case p.up == nil:
		return p.key
	}
	return p.up.String() + "." + p.key
}

// decisive reports whether a value that cannot be read at p makes nodes, devices or addresses seem to be missing.
func (p *place) decisive() bool {
	depth := 0
	for ; p != nil && p.up != nil; p = p.up {
		depth++
	}
	return p == nil || p.key != "nodes" || depth <= 1
}

// root is the file itself.
var root *place

func nodePath(n *NodeSpec) *place { return root.at("nodes").at(n.Name.Value) }

func endPath(link, end int) *place { return root.at("links").elem(link).at("ends").elem(end) }
