package nft

import "strings"

// objectForms is how an object that says nothing could be written, but for its name.
var objectForms = map[string]string{
	"limit":          "{ rate 10/second; }",
	"quota":          "{ over 10 mbytes; }",
	"synproxy":       "{ mss 1460; wscale 7; }",
	"secmark":        `{ "system_u:object_r:ssh_server_packet_t:s0"; }`,
	"ct helper":      `{ type "ftp" protocol tcp; }`,
	"ct timeout":     "{ protocol tcp; policy = { established : 120 }; }",
	"ct expectation": "{ protocol tcp; dport 9876; timeout 2m; size 12; l3proto ip; }",
}

// objectForm is how an object of a kind could be written, behind its name.
func objectForm(kind string) string {
	if kind == "counter" {
		return "{ }"
	}
	return objectForms[kind]
}

// newObjectStmt is the statement of an object until it is checked: it says of which kind the object is.
func newObjectStmt(kind string, s Span) Stmt {
	switch kind {
	case "counter":
		return &Counter{Span: s}
	case "limit":
		return &Limit{Span: s}
	case "quota":
		return &Quota{Span: s}
	case "synproxy":
		return &Synproxy{Span: s}
	case "secmark":
		return &Secmark{Span: s}
	case "ct helper":
		return &Helper{Span: s}
	case "ct timeout":
		return &Timeouts{Span: s}
	}
	return &Expectation{Span: s}
}

// objectDecl takes over a named object.
func (c *checker) objectDecl(d *ObjectDecl, op string) {
	o := &Object{Span: d.Span, Table: c.table, Name: d.Name.Text, Stmt: newObjectStmt(d.Kind, d.Span)}
	c.name(d.Name, d.Kind)
	for _, x := range c.table.Objects {
		if x.Name == o.Name && x.Kind() == d.Kind {
			if len(d.Items) == 0 && op == "add" {
				return // the kernel leaves it as it is
			}
			c.fail(d.Name.Span, "", "%s `%s` exists already, at %s", d.Kind, o.Name, x.Pos)
		}
	}
	c.table.Objects = append(c.table.Objects, o)
	outer := c.env
	said := false
	var item func(it Item)
	item = func(it Item) {
		if c.common(it, item) {
			return
		}
		if p, ok := it.(*Property); ok && p.Key.Text == "comment" {
			o.Comment = c.comment(p.Value.(*WordNode))
			return
		}
		said = true
		switch d := it.(type) {
		case *StmtDecl:
			c.later(phaseObjects, func() {
				if n, ok := d.Stmt.(*SynproxyNode); ok {
					o.Stmt = n.options(c)
					return
				}
				o.Stmt = d.Stmt.check(c)
			})
		default:
			c.ctObjectItem(o, d)
		}
	}
	for _, it := range d.Items {
		c.try(func() { item(it) })
	}
	c.leaveScope(outer)
	if !said && d.Kind != "counter" && !c.partial {
		what := "how much"
		if d.Kind != "limit" && d.Kind != "quota" {
			what = "what it is"
		}
		c.fail(d.Name.Span, "write `"+d.Kind+" "+o.Name+" "+objectForms[d.Kind]+"`", "%s `%s` says not %s", d.Kind, o.Name, what)
	}
	c.ctObjectComplete(d, o)
}

// objectNamed finds a named object of the table.
func (c *checker) objectNamed(w *WordNode, kind string) *Object {
	var names []string
	other := ""
	for _, o := range c.objectsNow() {
		switch {
		case o.Name == w.Text && o.Kind() == kind:
			return o
		case o.Name == w.Text:
			other = o.Kind()
		case o.Kind() == kind:
			names = append(names, o.Name)
		}
	}
	hint := didYouMean(w.Text, names)
	switch {
	case other != "":
		hint = "`" + w.Text + "` is a " + other
	case hint == "" && len(names) == 0:
		hint = "add `" + strings.TrimSpace(kind+" "+w.Text+" "+objectForms[kind]) + "` to the table"
	}
	c.missing(w.Span, hint, "table %s %s has no %s `%s`", c.table.Family, c.table.Name, kind, w.Text)
	return nil
}

// typed reports whether it is known what a set is of. If not, that was reported.
func (s *Set) typed() bool {
	return s.Key != nil && (!s.Map || s.Data != nil || s.Verdict || s.Objects != "")
}

// objectMap checks the map of a lookup that yields objects.
func (c *checker) objectMap(x ExprNode, key *Datatype, kind string) *Set {
	switch n := c.expand(x).(type) {
	case *SetNode:
		return c.anonymous(n, &Set{Map: true, Key: key, Objects: kind})
	case *SetRefNode:
		s := c.setNamed(n, true)
		c.sameKey(n, s, key)
		if s.Objects != kind {
			c.fail(n.Span, "declare a map with `typeof ... : "+kind+"`", "map `%s` has %s, but a %s is wanted", s.Name, s.yields(), kind)
		}
		return s
	default:
		c.fail(n.Range(), "", "`{ ... }` or `@NAME` expected")
	}
	return nil
}

// yields is what a map has as values, in words.
func (s *Set) yields() string {
	switch {
	case s.Verdict:
		return "verdicts"
	case s.Objects != "":
		return s.Objects + "s"
	}
	return "values of type " + s.Data.String()
}
