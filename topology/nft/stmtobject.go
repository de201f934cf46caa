package nft

// objectRef parses `name "x"`, or `name ip saddr map @m`, behind the kind of the object.
func (p *parser) objectRef(first token) StmtNode {
	p.advance()
	n := &ObjectRefNode{Kind: first.text}
	t := p.cur()
	_, selector := selectorHeads[t.text]
	switch {
	case t.is("@") || t.is("("), selector && t.kind == tName && p.selects(t):
		x := p.concat(fromSelector)
		if _, ok := x.(*MapNode); !ok {
			p.fail(x.Range(), "write `"+first.text+" name KEY map @NAME`", "`map` expected behind the key, found %s", p.cur().describe())
		}
		n.Name = x
	case t.is("$"):
		n.Name = p.variable()
	case t.kind == tName || t.kind == tQuoted:
		w := p.word(p.advance())
		w.Kind = WordQuoted
		n.Name = w
	default:
		p.fail(p.tokSpan(t), "", "name of a %s expected, found %s", first.text, t.describe())
	}
	n.Span = p.spanFrom(first)
	return n
}

func (n *ObjectRefNode) print(p *printer) {
	p.str(n.Kind, " name ")
	p.expr(n.Name)
}

func (n *ObjectRefNode) check(c *checker) Stmt {
	if n.Kind == "synproxy" {
		c.synproxyHere(n.Span)
	}
	return c.objectRef(n.Span, n.Kind, n.Name)
}

// objectRef checks a reference to an object: a name, or a map of names.
func (c *checker) objectRef(s Span, kind string, x ExprNode) Stmt {
	x = c.expand(x)
	if n, ok := x.(*MapNode); ok {
		key := c.selector(n.Key)
		return &ObjectRef{Span: s, Kind: kind, Key: key, Map: c.objectMap(n.Map, key.Type(), kind)}
	}
	o := c.objectNamed(c.wordOf(x, "name of a "+kind), kind)
	return &ObjectRef{Span: s, Kind: kind, Object: o}
}

// objectTarget is the kind of the objects that `TARGET set VALUE` takes; "" if it takes values.
func objectTarget(n *AssignNode) string {
	t, ok := n.Target.(*SelectorNode)
	if !ok || len(t.Words) != 2 {
		return ""
	}
	switch name := t.canonical(); name {
	case "ct helper", "ct timeout", "ct expectation":
		return name
	case "meta secmark":
		if v, ok := n.Value.(*SelectorNode); !ok || v.Words[0].Text != "ct" {
			return "secmark"
		}
	}
	return ""
}

func objectKind(s Stmt) string {
	switch s.(type) {
	case *Counter:
		return "counter"
	case *Limit:
		return "limit"
	case *Quota:
		return "quota"
	case *ConnLimit:
		return "ct count"
	case *Last:
		return "last"
	case *Synproxy:
		return "synproxy"
	case *Secmark:
		return "secmark"
	case *Helper:
		return "ct helper"
	case *Timeouts:
		return "ct timeout"
	case *Expectation:
		return "ct expectation"
	}
	return ""
}

func (s *ObjectRef) String() string {
	verb := s.Kind + " name "
	switch s.Kind {
	case "ct helper", "ct timeout", "ct expectation":
		verb = s.Kind + " set "
	case "secmark":
		verb = "meta secmark set "
	}
	if s.Map != nil {
		return verb + s.Key.String() + " map " + setText(s.Map)
	}
	return verb + `"` + s.Object.Name + `"`
}

// eval is nft_objref_eval and nft_objref_map_eval (net/netfilter/nft_objref.c): without an element the kernel leaves
// the rule.
func (s *ObjectRef) eval(m *machine) {
	if s.Map == nil {
		s.use(m, s.Object)
		return
	}
	elem, r := m.lookup(s.Key, s.Map, s)
	m.add(r)
	switch {
	case elem != nil && elem.Object != nil:
		s.use(m, elem.Object)
	case r.Match == Unknown:
		s.use(m, nil)
	}
}

// use is what an object does with a packet; o is nil if it is not known which.
func (s *ObjectRef) use(m *machine, o *Object) {
	switch s.Kind {
	case "limit", "quota":
		m.stateful(s, s.Kind)
	case "synproxy":
		m.synproxy(s)
	case "ct helper":
		s.useHelper(m, o)
	case "ct expectation":
		s.useExpectation(m)
	case "secmark":
		w := Write{Field: "meta secmark", Stmt: s}
		if o != nil {
			w.Value = o.Stmt.(*Secmark).Context
		}
		m.write(w, nil) // its number is the security module's, so it stays unknown
	}
}
