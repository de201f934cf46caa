package nft

import (
	"bytes"
	"slices"
)

// finishSets looks at all named sets when their elements are there.
func (c *checker) finishSets() {
	for _, t := range c.rs.Tables {
		for _, s := range t.Sets {
			c.finishSet(s)
		}
	}
}

// finishSet looks for elements that are in the set twice, when all are there.
func (c *checker) finishSet(s *Set) {
	if s.Key == nil || len(s.Elems) < 2 {
		return
	}
	defer func() {
		if n := len(s.Elems); s.Size > 0 && n > int(s.Size) {
			c.report(s.Elems[s.Size].Span, "", "`%s` has room for %d elements, here are %d", s.Name, s.Size, n)
		}
	}()
	if s.Key.Base == BaseConcat && s.Flags&SetInterval != 0 {
		c.uniqueText(s)
		return
	}
	if s.Flags&SetInterval == 0 {
		c.uniqueText(s)
		return
	}
	c.disjoint(s)
}

// uniqueText drops elements that are written twice; with different values they are a mistake.
func (c *checker) uniqueText(s *Set) {
	seen := make(map[string]*Elem, len(s.Elems))
	out := s.Elems[:0]
	for _, e := range s.Elems {
		key := "*"
		if e.Key != nil {
			key = e.Key.String()
		}
		old := seen[key]
		if old == nil {
			seen[key] = e
			out = append(out, e)
			continue
		}
		if a, b := elemValue(old), elemValue(e); a != b {
			c.report(e.Span, "", "`%s` maps to `%s` already, at %s", key, a, old.Pos)
		}
	}
	s.Elems = out
}

// keySpan is an element with its bounds, in network order.
type keySpan struct {
	lo, hi []byte
	elem   *Elem
}

// disjoint checks that intervals do not overlap. Where nft merges them, they are merged.
func (c *checker) disjoint(s *Set) {
	var list []keySpan
	for _, e := range s.Elems {
		if e.Key != nil {
			lo, hi := keyBounds(e.Key)
			list = append(list, keySpan{lo, hi, e})
		}
	}
	slices.SortStableFunc(list, func(a, b keySpan) int {
		if n := bytes.Compare(a.lo, b.lo); n != 0 {
			return n
		}
		return bytes.Compare(b.hi, a.hi) // the wider first
	})
	merge := !s.Map && (s.Anonymous() || s.AutoMerge)
	var out []keySpan
	overlap := false
	for _, v := range list {
		if len(out) == 0 || bytes.Compare(v.lo, out[len(out)-1].hi) > 0 {
			out = append(out, v)
			continue
		}
		last := &out[len(out)-1]
		same := bytes.Equal(v.lo, last.lo) && bytes.Equal(v.hi, last.hi)
		switch {
		case same && elemValue(v.elem) == elemValue(last.elem):
		case !merge:
			hint := "add `auto-merge;` to the set"
			if s.Map {
				hint = "a map has one value for each key"
			}
			c.report(v.elem.Span, hint, "`%s` overlaps with `%s`, at %s", v.elem.Key, last.elem.Key, last.elem.Pos)
		default:
			if bytes.Compare(v.hi, last.hi) > 0 {
				last.hi = v.hi
				last.elem = nil
			}
		}
		overlap = true
	}
	if !overlap {
		return
	}
	var all *Elem
	for _, e := range s.Elems {
		if e.Key == nil {
			all = e
		}
	}
	elems := make([]*Elem, 0, len(out)+1)
	for _, v := range out {
		if v.elem == nil {
			v.elem = &Elem{Span: s.Span, Key: fromBounds(s.Span, s.Key, v.lo, v.hi)}
		}
		elems = append(elems, v.elem)
	}
	if all != nil {
		elems = append(elems, all)
	}
	s.Elems = elems
}

// keyBounds are the first and the last value of a key. A name that only the machine can resolve stands for itself.
func keyBounds(x Expr) (lo, hi []byte) {
	if k, ok := x.(*Const); ok && k.Symbol != "" {
		return []byte(k.Symbol), []byte(k.Symbol)
	}
	return bounds(x)
}

// fromBounds is the key with these bounds.
func fromBounds(s Span, d *Datatype, lo, hi []byte) Expr {
	from, to := newConst(s, d, constVal{be: lo}), newConst(s, d, constVal{be: hi})
	return &Range{Span: s, From: from, To: to}
}
