package nft

func init() {
	for _, op := range []string{"add", "update", "delete"} {
		statements[op] = (*parser).setUpdate
	}
}

// setUpdate parses `add @s { ip saddr timeout 1h }`.
func (p *parser) setUpdate(first token) StmtNode {
	n := &SetUpdateNode{Op: first.text}
	if t := p.cur(); !t.is("@") {
		p.fail(p.tokSpan(t), "write `"+first.text+" @NAME { ip saddr }`", "`@` and the name of a set expected, found %s", t.describe())
	}
	n.Set = p.setRef()
	open := p.cur()
	s := p.set(true)
	if len(s.Elems) != 1 {
		p.fail(p.tokSpan(open), "", "one element is %sd, not %d", first.text, len(s.Elems))
	}
	n.Elem = s.Elems[0]
	n.Span = p.spanFrom(first)
	return n
}

func (n *SetUpdateNode) print(p *printer) {
	p.str(n.Op, " ")
	p.expr(n.Set)
	p.str(" { ")
	p.expr(n.Elem.Key)
	p.elemOpts(n.Elem) // nft reads them in this order here, and in the other one in a set
	p.elemStmts(n.Elem)
	p.elemData(n.Elem)
	p.str(" }")
}

var setOps = map[string]SetOp{"add": SetAdd, "update": SetUpd, "delete": SetDelete}

func (n *SetUpdateNode) check(c *checker) Stmt {
	s := &SetUpdate{Span: n.Span, Op: setOps[n.Op]}
	isMap := n.Elem.Data != nil
	if t := c.setNow(n.Set.Name.Text); t != nil && n.Op == "delete" {
		isMap = t.Map
	}
	s.Set = c.setNamed(n.Set, isMap)
	if s.Set.Objects != "" { // nf_tables_newset refuses NFT_SET_EVAL with NFT_SET_OBJECT
		c.fail(n.Set.Span, "", "map `%s` maps to %ss: rules cannot change it", s.Set.Name, s.Set.Objects)
	}
	if s.Set.Map != isMap {
		c.fail(n.Elem.Span, "write `KEY : VALUE`", "an element of map `%s` needs a value", s.Set.Name)
	}
	if _, all := n.Elem.Key.(*CatchallNode); all {
		c.fail(n.Elem.Key.Range(), "", "a rule adds what it sees in the packet, not `*`")
	}
	s.Key = c.selector(n.Elem.Key)
	c.sameKey(n.Set, s.Set, s.Key.Type())
	c.changeable(n, s.Set)
	for _, o := range n.Elem.Opts {
		if o.Key != "timeout" {
			c.fail(o.Span, "", "an element that a rule adds has no %s", o.Key)
		}
		t, err := parseTime(o.Value.Text)
		if err != nil {
			c.fail(o.Value.Span, "", "%s", err.Error())
		}
		if s.Set.Flags&SetTimeout == 0 {
			c.fail(o.Span, "add `flags timeout;` to the set", "elements of `%s` have no timeout", s.Set.Name)
		}
		s.Timeout = t
	}
	for _, st := range n.Elem.Stmts {
		s.Stmts = append(s.Stmts, st.check(c))
	}
	if n.Elem.Data != nil {
		c.updateData(n, s)
	}
	return s
}

// changeable checks that rules can change a set (net/netfilter/nft_dynset.c, nft_dynset_init).
func (c *checker) changeable(n *SetUpdateNode, s *Set) {
	switch {
	case s.Flags&SetConstant != 0:
		c.fail(n.Set.Span, "remove the flag `constant`", "`%s` cannot be changed", s.Name)
	case s.Flags&SetInterval != 0:
		c.fail(n.Set.Span, "use a set without `flags interval`", "rules cannot change `%s`, it has intervals", s.Name)
	case s.Map && s.Verdict:
		c.unsupported(n.Span, "changing a map of verdicts")
	}
	if s.Flags&SetDynamic == 0 {
		s.Flags |= SetDynamic // as nft does
	}
}

func (c *checker) updateData(n *SetUpdateNode, s *SetUpdate) {
	data := c.expand(n.Elem.Data)
	if _, ok := data.(*VerdictNode); ok {
		c.fail(data.Range(), "", "map `%s` maps to %s, not to verdicts", s.Set.Name, s.Set.Data)
	}
	s.Data = c.stmtValue(data, s.Set.Data)
}

func (s *SetUpdate) String() string {
	if s.Set.Meter {
		return meterText(s)
	}
	e := Elem{Key: s.Key, Data: s.Data, Verdict: s.Verdict, Timeout: s.Timeout, Stmts: s.Stmts}
	op := map[SetOp]string{SetAdd: "add", SetUpd: "update", SetDelete: "delete"}[s.Op]
	return op + " @" + s.Set.Name + " { " + elemString(&e) + " }"
}
