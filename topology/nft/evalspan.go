package nft

import (
	"bytes"
	"slices"
)

// span is all values from one to another, both included.
type span struct {
	from, to []byte
	max      []byte // the last value of all spans in the subtree below this one
	node     *setNode
}

// spanTree is a balanced tree of spans, which may overlap. It lies in a slice, sorted by the first value: the root
// is in the middle, the subtrees are the two halves.
type spanTree []span

// add is the node of a span. Spans are added one after the other, then sorted once.
func (t *spanTree) add(from, to []byte) *setNode {
	n := &setNode{}
	*t = append(*t, span{from: from, to: to, node: n})
	return n
}

func (t spanTree) sort() {
	slices.SortStableFunc(t, func(a, b span) int { return bytes.Compare(a.from, b.from) })
	t.measure()
}

func (t spanTree) measure() []byte {
	if len(t) == 0 {
		return nil
	}
	i := len(t) / 2
	t[i].max = t[i].to
	for _, m := range [][]byte{t[:i].measure(), t[i+1:].measure()} {
		if m != nil && bytes.Compare(m, t[i].max) > 0 {
			t[i].max = m
		}
	}
	return t[i].max
}

// find calls f for the spans that hold b, until f returns false; then it returns false too.
func (t spanTree) find(b []byte, f func(*setNode) bool) bool {
	for len(t) > 0 {
		i := len(t) / 2
		s := &t[i]
		if bytes.Compare(b, s.max) > 0 {
			return true
		}
		if !t[:i].find(b, f) {
			return false
		}
		if bytes.Compare(b, s.from) < 0 {
			return true
		}
		if bytes.Compare(b, s.to) <= 0 && !f(s.node) {
			return false
		}
		t = t[i+1:]
	}
	return true
}
