package nft

import "time"

// setDecl takes over a set or a map.
func (c *checker) setDecl(d *SetDecl, op string) {
	what := setWord(d.Map)
	s := c.setNow(d.Name.Text)
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
	if len(d.Data) == 1 {
		if w, ok := d.Data[0].(*WordNode); ok && objectForms[w.Text] != "" || ok && w.Text == "counter" {
			t.Objects = w.Text
		}
	}
	if d.Data != nil && !t.Verdict && t.Objects == "" {
		t.Data, t.DataExpr = c.setTypes(d.Data, d.Typeof)
	}
	switch {
	case !first && s.Key != nil && (!sameType(s.Key, t.Key) || s.Verdict != t.Verdict || s.Objects != t.Objects || (s.Data != nil && !sameType(s.Data, t.Data))):
		c.fail(d.Span, "", "`%s` has another type already, at %s", s.Name, s.Pos)
	default:
		s.Key, s.KeyExpr, s.Typeof = t.Key, t.KeyExpr, t.Typeof
		s.Data, s.DataExpr, s.DataRange, s.Verdict, s.Objects = t.Data, t.DataExpr, t.DataRange, t.Verdict, t.Objects
	}
	if s.Objects != "" && s.Flags&SetDynamic != 0 { // nf_tables_newset, net/netfilter/nf_tables_api.c
		c.fail(s.Span, "leave `flags dynamic` out", "a map to objects cannot have the flag dynamic")
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
