package nft

// elements adds what is written in braces to a set.
func (c *checker) elements(s *Set, x ExprNode) {
	if !s.typed() {
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
	limit := e.Timeout
	if limit == 0 {
		limit = s.Timeout
	}
	if e.Expires > limit && limit > 0 {
		c.fail(o.Span, "", "it cannot expire after its timeout")
	}
}

func (c *checker) elemData(s *Set, e *Elem, n *ElemNode) {
	data := c.expand(n.Data)
	v, verdict := data.(*VerdictNode)
	switch {
	case s.Objects != "":
		e.Object = c.objectNamed(c.wordOf(data, "name of a "+s.Objects), s.Objects)
		return
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
