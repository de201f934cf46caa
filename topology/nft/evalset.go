package nft

import (
	"strings"
	"sync"
)

// setIndex finds the element for a key: a tree with one level for each part of the key. It is built at the first
// lookup.
type setIndex struct {
	once sync.Once
	root *setLevel
	rest *Elem  // the catch-all element
	text string // of the set, as nft spells it
	why  string // the elements are not those that are written: why
}

// setLevel is one part of the key: exact values by their bytes, ranges in a tree.
type setLevel struct {
	size  int // bytes of the part
	exact map[string]*setNode
	names map[string]*setNode // values that only the machine can resolve
	spans spanTree
	ends  map[string]*setNode // the spans by their ends, while the index is built
}

// setNode is an element, or the level of the next part.
type setNode struct {
	elem *Elem
	next *setLevel
}

func (s *Set) indexed() *setIndex {
	s.index.once.Do(s.build)
	return &s.index
}

func (s *Set) build() {
	x := &s.index
	x.text = setText(s)
	if s.changes() {
		x.why = "packets add to and take from " + x.text
	}
	parts := []*Datatype{s.Key}
	if s.Key != nil && s.Key.Base == BaseConcat {
		parts = s.Key.Parts
	}
	x.root = newLevel(parts[0])
	for _, e := range s.Elems {
		if e.Key == nil {
			x.rest = e
			continue
		}
		keys := []Expr{e.Key}
		if c, ok := e.Key.(*ConcatExpr); ok {
			keys = c.Parts
		}
		if len(keys) != len(parts) {
			continue
		}
		level := x.root
		for i, k := range keys {
			node := level.node(k)
			if i == len(keys)-1 {
				if node.elem == nil {
					node.elem = e
				}
				break
			}
			if node.next == nil {
				node.next = newLevel(parts[i+1])
			}
			level = node.next
		}
	}
	x.root.finish()
}

// changes reports whether the packet path changes the set.
func (s *Set) changes() bool {
	if s.Flags&SetDynamic != 0 {
		return true
	}
	if s.Table == nil || s.Anonymous() {
		return false
	}
	for _, c := range s.Table.Chains {
		for _, r := range c.Rules {
			for _, stmt := range r.Stmts {
				if u, ok := stmt.(*SetUpdate); ok && u.Set == s {
					return true
				}
			}
		}
	}
	return false
}

func newLevel(d *Datatype) *setLevel {
	l := &setLevel{exact: map[string]*setNode{}}
	if d != nil {
		l.size = d.Bytes()
	}
	return l
}

// node is the place of a value, made if it is new.
func (l *setLevel) node(k Expr) *setNode {
	c, single := k.(*Const)
	table, key := l.exact, ""
	switch {
	case single && c.Symbol != "":
		if l.names == nil {
			l.names = map[string]*setNode{}
		}
		table, key = l.names, c.Symbol
	case single && !c.Wildcard:
		v := value{}
		v.setNative(c.typ, c.Data)
		key = string(v.fit(l.size))
	default:
		from, to := bounds(k)
		key = string(from) + string(to)
		if l.ends == nil {
			l.ends = map[string]*setNode{}
		}
		if l.ends[key] == nil {
			l.ends[key] = l.spans.add(from, to)
		}
		return l.ends[key]
	}
	n := table[key]
	if n == nil {
		n = &setNode{}
		table[key] = n
	}
	return n
}

func (l *setLevel) finish() {
	l.spans.sort()
	l.ends = nil
	l.each(func(n *setNode) bool {
		if n.next != nil {
			n.next.finish()
		}
		return true
	})
}

// each calls f for the nodes of a level until f returns false.
func (l *setLevel) each(f func(*setNode) bool) {
	for _, n := range l.exact {
		if !f(n) {
			return
		}
	}
	for _, n := range l.names {
		if !f(n) {
			return
		}
	}
	for i := range l.spans {
		if !f(l.spans[i].node) {
			return
		}
	}
}

// find is the element for a key. The answer is unknown if a part of the key that is not known decides.
func (l *setLevel) find(key []value) (*Elem, Answer) {
	v := &key[0]
	var maybe bool
	var elem *Elem
	try := func(n *setNode) bool { // whether to go on
		e, a := n.elem, Yes
		if n.next != nil {
			e, a = n.next.find(key[1:])
		}
		if a == Yes {
			elem = e
		}
		maybe = maybe || a == Unknown
		return a != Yes
	}
	if v.has == unknown && !v.named {
		l.each(func(n *setNode) bool {
			if !try(n) {
				maybe = true
			}
			return !maybe
		})
		if maybe {
			return nil, Unknown
		}
		return nil, No
	}
	if v.named {
		if n := l.names[v.name]; n != nil && !try(n) {
			return elem, Yes
		}
	} else if len(l.names) > 0 {
		maybe = true
	}
	if v.has == known {
		b := v.fit(l.size)
		if n := l.exact[string(b)]; n != nil && !try(n) {
			return elem, Yes
		}
		if !l.spans.find(b, try) {
			return elem, Yes
		}
	} else if len(l.exact)+len(l.spans) > 0 {
		maybe = true
	}
	if maybe {
		return nil, Unknown
	}
	return nil, No
}

// found is the outcome of a lookup.
type found struct {
	elem *Elem
	sure bool // the whole key could be read, so that the answer is about the set
	// partial: a part of the key is not known, but the answer is.
	partial bool
}

// not turns the answer of a lookup round. What the kernel could not read it does not compare either, so that an
// answer which a part of the key was not needed for cannot be turned.
func (f found) not(a Answer) Answer {
	switch {
	case f.sure:
		return not(a)
	case f.partial:
		return Unknown
	}
	return a
}

// find looks a key up in a set, as nft_lookup_eval (net/netfilter/nft_lookup.c), and fills Match, Got and Why of r.
func (m *machine) find(key Expr, set *Set, r ExprResult) (found, ExprResult) {
	exprs := []Expr{key}
	if c, ok := key.(*ConcatExpr); ok {
		exprs = c.Parts
	}
	var room [4]value
	parts, gap := m.values(exprs, room[:0])
	if gap >= 0 {
		return found{}, m.missing(r, &parts[gap])
	}
	r.Got = spellAll(exprs, parts)
	x := set.indexed()
	if x.why != "" {
		r.Match, r.Why = Unknown, x.why
		return found{}, r
	}
	elem, answer := x.root.find(parts)
	if answer == No && x.rest != nil {
		elem, answer = x.rest, Yes
	}
	r.Match = answer
	sure := true
	for i := range parts {
		if parts[i].has == unknown && !parts[i].named {
			sure = false
		}
		if parts[i].has == unknown && r.Why == "" {
			r.Why = parts[i].why
		}
	}
	if answer == Unknown {
		if r.Why == "" {
			r.Why = "the numbers of names in " + x.text + " are not known here"
		}
		return found{}, r
	}
	if elem != nil {
		if why := elem.doubt(set); why != "" {
			r.Match, r.Why = Unknown, why
			return found{}, r
		}
	}
	if sure {
		r.Why = ""
	}
	return found{elem, sure, !sure}, r
}

// doubt is why an element that is written may not match.
func (e *Elem) doubt(set *Set) string {
	if e.Timeout > 0 || e.Expires > 0 || set.Timeout > 0 {
		return "the element may have timed out"
	}
	for _, s := range e.Stmts {
		if what := objectKind(s); what == "limit" || what == "quota" || what == "ct count" {
			return "the " + what + " of the element depends on the packets before this one"
		}
	}
	return ""
}

// lookup is a lookup that a statement makes by itself. The element is nil if there is none, or if it is not known.
func (m *machine) lookup(key Expr, set *Set, s Stmt) (*Elem, ExprResult) {
	x := set.indexed()
	r := ExprResult{Selector: key.String(), Want: x.text, Stmt: s}
	if _, ok := s.(*Vmap); ok {
		r.Text = strings.Join([]string{r.Selector, "vmap", x.text}, " ")
	} else {
		r.Text = s.String()
	}
	f, r := m.find(key, set, r)
	return f.elem, r
}
