package nft

import (
	"bytes"
	"slices"
	"strings"
	"time"
)

// setDecl takes over a set or a map.
func (c *checker) setDecl(d *SetDecl, op string) {
	what := setWord(d.Map)
	s := c.table.Set(d.Name.Text)
	first := s == nil
	if first {
		c.name(d.Name, what)
		s = &Set{Span: d.Span, Table: c.table, Name: d.Name.Text, Map: d.Map}
		c.table.Sets = append(c.table.Sets, s)
	} else {
		switch {
		case op == "create":
			c.report(d.Name.Span, "", "%s `%s` exists already, at %s", what, s.Name, s.Pos)
		case s.Map != d.Map:
			c.fail(d.Name.Span, "sets and maps share their names", "`%s` is a %s already, at %s", s.Name, setWord(s.Map), s.Pos)
		}
	}
	outer := c.env
	typed := false
	var item func(it Item)
	item = func(it Item) {
		if c.common(it, item) {
			return
		}
		switch d := it.(type) {
		case *TypeDecl:
			if typed {
				c.fail(d.Span, "", "the type of `%s` is written twice", s.Name)
			}
			typed = true
			c.later(phaseTypes, func() { c.setType(s, d, first) })
		case *FlagsDecl:
			for _, f := range d.Flags {
				s.Flags |= setFlags[f.Text]
			}
		case *Property:
			c.setProperty(s, d)
		case *ElementsDecl:
			c.later(phaseElements, func() { c.elements(s, d.Value) })
		case *StmtDecl:
			c.later(phaseObjects, func() { s.Stmts = append(s.Stmts, d.Stmt.check(c)) })
		}
	}
	for _, it := range d.Items {
		c.try(func() { item(it) })
	}
	c.leaveScope(outer)
	if !typed && first && !c.partial {
		c.report(d.Name.Span, "add `type ipv4_addr;`, or `typeof ip saddr;`", "%s `%s` has no type", what, s.Name)
	}
}

var setFlags = map[string]SetFlags{"constant": SetConstant, "interval": SetInterval, "timeout": SetTimeout, "dynamic": SetDynamic}

func (c *checker) setProperty(s *Set, d *Property) {
	time := func() time.Duration {
		w := c.wordOf(d.Value, "time")
		t, err := parseTime(w.Text)
		if err != nil {
			c.fail(w.Span, "", "%s", err.Error())
		}
		return t
	}
	switch d.Key.Text {
	case "auto-merge":
		s.AutoMerge = true
	case "comment":
		s.Comment = c.comment(d.Value.(*WordNode))
	case "policy":
		s.Policy = c.wordOf(d.Value, "policy").Text
	case "size":
		s.Size = uint32(c.number(c.wordOf(d.Value, "number"), 32))
	case "timeout":
		s.Timeout = time()
		s.Flags |= SetTimeout
	case "gc-interval":
		s.GCInterval = time()
	}
}

// setType gives a set its types. In a second block of the same set they must be the same.
func (c *checker) setType(s *Set, d *TypeDecl, first bool) {
	if s.Map && d.Data == nil {
		c.fail(d.Span, "write `type KEY : VALUE`", "a map says what it maps to")
	}
	if !s.Map && d.Data != nil {
		c.fail(d.Span, "write `map "+s.Name+"`, or leave the `: ...` out", "a set maps to nothing")
	}
	c.ctx = c.startCtx()
	c.ctx.free = true
	t := Set{Typeof: d.Typeof, DataRange: d.Interval}
	t.Key, t.KeyExpr = c.setTypes(d.Key, d.Typeof)
	if len(d.Data) == 1 {
		if w, ok := d.Data[0].(*WordNode); ok && w.Text == "verdict" {
			t.Verdict = true
		}
	}
	if d.Data != nil && !t.Verdict {
		t.Data, t.DataExpr = c.setTypes(d.Data, d.Typeof)
	}
	switch {
	case !first && s.Key != nil && (!sameType(s.Key, t.Key) || s.Verdict != t.Verdict || (s.Data != nil && !sameType(s.Data, t.Data))):
		c.fail(d.Span, "", "`%s` has another type already, at %s", s.Name, s.Pos)
	default:
		s.Key, s.KeyExpr, s.Typeof = t.Key, t.KeyExpr, t.Typeof
		s.Data, s.DataExpr, s.DataRange, s.Verdict = t.Data, t.DataExpr, t.DataRange, t.Verdict
	}
	if s.Flags&SetInterval != 0 && s.Flags&SetDynamic != 0 {
		// Neither nft_set_rbtree.c nor nft_set_pipapo.c of net/netfilter has an update operation.
		c.fail(s.Span, "use two sets", "a set cannot have the flags interval and dynamic")
	}
}

func (c *checker) setTypes(list []ExprNode, typeof bool) (*Datatype, Expr) {
	var parts []*Datatype
	var exprs []Expr
	for _, x := range list {
		w, word := x.(*WordNode)
		if !typeof || word {
			parts = append(parts, c.typeNamed(w))
			continue
		}
		e := c.selector(x)
		if e.Type() == nil || e.Type().Bits == 0 {
			c.unsupported(x.Range(), "a set of this")
		}
		parts = append(parts, e.Type())
		exprs = append(exprs, e)
	}
	d := Concat(parts...)
	if d.RegisterBytes() > maxKeyBytes {
		c.fail(Span{list[0].Range().Pos, list[len(list)-1].Range().End}, "", "the type is longer than %d bytes", maxKeyBytes)
	}
	switch {
	case len(exprs) == 0:
		return d, nil
	case len(exprs) == 1:
		return d, exprs[0]
	}
	return d, &ConcatExpr{Span: Span{list[0].Range().Pos, list[len(list)-1].Range().End}, Parts: exprs, typ: d}
}

func (c *checker) typeNamed(w *WordNode) *Datatype {
	d := TypeNamed(w.Text)
	switch {
	case d != nil:
		return d
	case w.Text == "verdict":
		c.fail(w.Span, "", "a set of verdicts cannot be looked up: a map has them as values")
	case w.Text == "integer" || w.Text == "string":
		c.fail(w.Span, "use `typeof`, with the selector that the values are of", "type %s has no size", w.Text)
	}
	c.fail(w.Span, didYouMean(w.Text, typeNames()), "unknown type `%s`", w.Text)
	return nil
}

// sameType reports whether values of a and b can be compared, byte for byte.
func sameType(a, b *Datatype) bool {
	if !a.Equal(b) {
		return false
	}
	if a.Base != BaseConcat {
		return a.Order == b.Order || a.Bytes() == 1
	}
	for i := range a.Parts {
		if !sameType(a.Parts[i], b.Parts[i]) {
			return false
		}
	}
	return true
}

// elements adds what is written in braces to a set.
func (c *checker) elements(s *Set, x ExprNode) {
	if s.Key == nil || s.Map && s.Data == nil && !s.Verdict {
		return // its type was reported
	}
	n, ok := c.expand(x).(*SetNode)
	if !ok {
		c.fail(x.Range(), "", "elements in braces are wanted")
	}
	if _, variable := x.(*VarNode); !variable && len(n.Elems) == 0 {
		c.fail(x.Range(), "leave them out, or name some", "there are no elements in the braces")
	}
	for _, e := range n.Elems {
		c.try(func() {
			if e.Data == nil {
				// A variable may stand for several elements.
				if in, ok := c.expand(e.Key).(*SetNode); ok {
					c.elements(s, in)
					return
				}
			}
			s.Elems = append(s.Elems, c.elem(s, e))
		})
	}
}

func (c *checker) elem(s *Set, n *ElemNode) *Elem {
	e := &Elem{Span: n.Span}
	if _, all := n.Key.(*CatchallNode); !all {
		e.Key = c.value(n.Key, s.Key)
		c.elemKey(s, e)
	}
	for _, o := range n.Opts {
		c.elemOpt(s, e, o)
	}
	for i, st := range n.Stmts {
		e.Stmts = append(e.Stmts, st.check(c))
		kind := objectKind(e.Stmts[i])
		if !s.Anonymous() && (i >= len(s.Stmts) || objectKind(s.Stmts[i]) != kind) {
			c.fail(st.Range(), "add `"+kind+"` to the set, behind its type", "elements of `%s` have no %s", s.Name, kind)
		}
	}
	switch {
	case !s.Map && n.Data != nil:
		c.fail(n.Data.Range(), "", "an element of a set has no value; a map has")
	case s.Map && n.Data == nil:
		c.fail(n.Span, "write `KEY : VALUE`", "an element of a map needs a value")
	case s.Map:
		c.elemData(s, e, n)
	}
	return e
}

// elemKey checks that the set can have a key of this shape.
func (c *checker) elemKey(s *Set, e *Elem) {
	what := keyShape(e.Key)
	if what == "" || s.Flags&SetInterval != 0 {
		return
	}
	if s.Anonymous() {
		s.Flags |= SetInterval
		return
	}
	c.fail(e.Key.Range(), "add `flags interval;` to the "+setWord(s.Map), "%s `%s` takes single values, this is a %s", setWord(s.Map), s.Name, what)
}

// keyShape says what a key is if it is not a single value.
func keyShape(x Expr) string {
	switch x := x.(type) {
	case *Prefix:
		return "prefix"
	case *Range:
		return "range"
	case *Const:
		if x.Wildcard {
			return "pattern"
		}
	case *ConcatExpr:
		for _, p := range x.Parts {
			if s := keyShape(p); s != "" {
				return s
			}
		}
	}
	return ""
}

func (c *checker) elemOpt(s *Set, e *Elem, o *ElemOpt) {
	if o.Key == "comment" {
		e.Comment = c.comment(o.Value)
		return
	}
	t, err := parseTime(o.Value.Text)
	if err != nil {
		c.fail(o.Value.Span, "", "%s", err.Error())
	}
	if s.Flags&SetTimeout == 0 {
		c.fail(o.Span, "add `flags timeout;` to the set", "elements of this set have no %s", o.Key)
	}
	if o.Key == "timeout" {
		e.Timeout = t
	} else {
		e.Expires = t
	}
}

func (c *checker) elemData(s *Set, e *Elem, n *ElemNode) {
	data := c.expand(n.Data)
	v, verdict := data.(*VerdictNode)
	switch {
	case s.Verdict && !verdict:
		if w, ok := data.(*WordNode); ok && w.Kind == WordName {
			c.fail(data.Range(), didYouMean(w.Text, verdictWords), "`%s` is no verdict", w.Text)
		}
		c.fail(data.Range(), "such as accept, drop or jump CHAIN", "a verdict is wanted")
	case s.Verdict:
		e.Verdict = c.verdict(v)
		return
	case verdict:
		c.fail(data.Range(), "a map to verdicts is used with `vmap`", "a value of type %s is wanted, not a verdict", s.Data)
	}
	e.Data = c.value(data, s.Data)
	if what := keyShape(e.Data); what != "" && !s.DataRange {
		if !s.Anonymous() {
			c.fail(data.Range(), "write `typeof ... : interval ...`", "map `%s` maps to single values, this is a %s", s.Name, what)
		}
		s.DataRange = true
	}
}

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

// elemValue is the value of an element as it is printed.
func elemValue(e *Elem) string {
	switch {
	case e.Verdict != nil:
		return e.Verdict.String()
	case e.Data != nil:
		return inSetText(e.Data)
	}
	return ""
}

// inSetText is a value as an element of a set: commas would make several elements of it.
func inSetText(x Expr) string {
	switch x := x.(type) {
	case *Const:
		if x.typ.Base == BaseBitmask {
			return joinBits(x.typ, x.network(), " | ")
		}
	case *ConcatExpr:
		s := make([]string, len(x.Parts))
		for i, p := range x.Parts {
			s[i] = inSetText(p)
		}
		return strings.Join(s, " . ")
	}
	return x.String()
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

// anonymous checks a set that is written inside a rule.
func (c *checker) anonymous(n *SetNode, s *Set) *Set {
	s.Span, s.Table, s.Flags = n.Span, c.table, SetConstant
	c.elements(s, n)
	if len(s.Elems) == 0 {
		panic(bailout{}) // that was reported
	}
	c.finishSet(s)
	return s
}

// mapOf checks the map of a lookup. data is the type of its values, nil if any will do; with verdict it maps to
// verdicts.
func (c *checker) mapOf(x ExprNode, key, data *Datatype, verdict bool) *Set {
	switch n := c.expand(x).(type) {
	case *SetNode:
		if data == nil && !verdict {
			c.unsupported(n.Span, "a map in braces here")
		}
		return c.anonymous(n, &Set{Map: true, Key: key, Data: data, Verdict: verdict})
	case *SetRefNode:
		s := c.setNamed(n, true)
		c.sameKey(n, s, key)
		switch {
		case verdict && !s.Verdict:
			c.fail(n.Span, "use `map`, in a statement that takes a value", "map `%s` has no verdicts, it maps to %s", s.Name, s.Data)
		case !verdict && s.Verdict:
			c.fail(n.Span, "use `vmap`", "map `%s` has verdicts, not values", s.Name)
		case data != nil && !sameType(data, s.Data):
			c.fail(n.Span, "", "map `%s` maps to %s, but %s is wanted", s.Name, s.Data, data)
		}
		return s
	default:
		c.fail(n.Range(), "", "`{ ... }` or `@NAME` expected")
	}
	return nil
}

// setNamed finds the set or map that `@name` is.
func (c *checker) setNamed(n *SetRefNode, isMap bool) *Set {
	s := c.table.Set(n.Name.Text)
	if s == nil {
		var names []string
		for _, x := range c.table.Sets {
			if x.Map == isMap {
				names = append(names, x.Name)
			}
		}
		c.missing(n.Span, didYouMean(n.Name.Text, names), "table %s %s has no %s `%s`", c.table.Family, c.table.Name, setWord(isMap), n.Name.Text)
	}
	if s.Map && !isMap && c.chain != nil && s.Key != nil {
		c.unsupported(n.Span, "looking up a map as a set")
	}
	if s.Map != isMap {
		hint := "a map is used with `map` or `vmap`"
		if isMap {
			hint = "a set is used as `SELECTOR @" + s.Name + "`"
		}
		c.fail(n.Span, hint, "`%s` is a %s, at %s", s.Name, setWord(s.Map), s.Pos)
	}
	if s.Key == nil || s.Map && s.Data == nil && !s.Verdict {
		panic(bailout{}) // its type was reported
	}
	return s
}

func (c *checker) sameKey(n *SetRefNode, s *Set, key *Datatype) {
	if !sameType(s.Key, key) {
		c.fail(n.Span, "", "%s `%s` has keys of type %s, but %s is looked up", setWord(s.Map), s.Name, s.Key, key)
	}
}

// setText is a set as a rule writes it.
func setText(s *Set) string {
	if !s.Anonymous() {
		return "@" + s.Name
	}
	var b strings.Builder
	b.WriteString("{ ")
	for i, e := range s.Elems {
		if i > 0 {
			b.WriteString(", ")
		}
		elemText(&b, e)
	}
	b.WriteString(" }")
	return b.String()
}

func elemText(b *strings.Builder, e *Elem) {
	if e.Key == nil {
		b.WriteString("*")
	} else {
		b.WriteString(inSetText(e.Key))
	}
	for _, s := range e.Stmts {
		b.WriteString(" " + s.String())
	}
	if e.Timeout > 0 {
		b.WriteString(" timeout " + formatTime(e.Timeout))
	}
	if e.Comment != "" {
		b.WriteString(` comment "` + e.Comment + `"`)
	}
	if v := elemValue(e); v != "" {
		b.WriteString(" : " + v)
	}
}

func elemString(e *Elem) string {
	var b strings.Builder
	elemText(&b, e)
	return b.String()
}
