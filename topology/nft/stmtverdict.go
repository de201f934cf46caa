package nft

func (n *VerdictNode) print(p *printer) {
	p.str(n.Kind)
	if n.Chain != nil {
		p.str(" ")
		p.expr(n.Chain)
	}
}

var verdictKinds = map[string]VerdictKind{
	"accept": VerdictAccept, "drop": VerdictDrop, "continue": VerdictContinue, "return": VerdictReturn,
	"jump": VerdictJump, "goto": VerdictGoto,
}

func (n *VerdictNode) check(c *checker) Stmt {
	return &VerdictStmt{Span: n.Span, Verdict: *c.verdict(n)}
}

func (c *checker) verdict(n *VerdictNode) *Verdict {
	v := &Verdict{Span: n.Span, Kind: verdictKinds[n.Kind]}
	if n.Chain == nil {
		return v
	}
	w := c.wordOf(n.Chain, "name of a chain")
	v.Chain = c.chainNamed(w.Text)
	if v.Chain == nil {
		var names []string
		for _, ch := range c.table.Chains {
			if ch.Base == nil {
				names = append(names, ch.Name)
			}
		}
		c.missing(n.Chain.Range(), didYouMean(w.Text, names), "table %s %s has no chain `%s`", c.table.Family, c.table.Name, w.Text)
	}
	if v.Chain.Base != nil {
		c.fail(n.Chain.Range(), "only a chain without `type ... hook ...` can be jumped to", "`%s` is a base chain", w.Text)
	}
	return v
}

func (s *VerdictStmt) String() string { return s.Verdict.String() }

func (s *VerdictStmt) eval(m *machine) { m.verdict(s.Verdict.Kind, s.Verdict.Chain, s) }

func (n *VmapNode) print(p *printer) {
	p.expr(n.Key)
	p.str(" vmap ")
	p.expr(n.Map)
}

func (n *VmapNode) check(c *checker) Stmt {
	key := c.selector(n.Key)
	c.update(key, nil)
	set := c.mapOf(n.Map, key.Type(), nil, true)
	return &Vmap{Span: n.Span, Key: key, Map: set}
}

func (s *Vmap) String() string { return s.Key.String() + " vmap " + setText(s.Map) }

func (s *Vmap) eval(m *machine) {
	e, r := m.lookup(s.Key, s.Map, s)
	m.add(r)
	if e != nil && e.Verdict != nil && r.Match == Yes {
		m.verdict(e.Verdict.Kind, e.Verdict.Chain, s)
		return
	}
	if r.Match == Unknown {
		m.mapVerdict(s)
	}
}
