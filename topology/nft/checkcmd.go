package nft

import "slices"

// add takes over `add rule ...` and its kin.
func (c *checker) add(d *AddDecl) {
	family := familyOf(d.Family)
	t := c.findTable(family, d.Table.Text)
	if t == nil {
		c.missing(d.Table.Span, tableHint(c, family, d.Table.Text), "there is no table %s %s at this point", family, d.Table.Text)
	}
	c.inTable(t, func() {
		switch it := d.Item.(type) {
		case *ChainDecl:
			c.chainDecl(it, d.Op)
		case *SetDecl:
			c.setDecl(it, d.Op)
		case *ObjectDecl:
			c.objectDecl(it, d.Op)
		case *ElementsDecl:
			s := t.Set(d.Set.Text)
			if s == nil {
				c.missing(d.Set.Span, didYouMean(d.Set.Text, setNames(t)), "table %s %s has no set `%s`", t.Family, t.Name, d.Set.Text)
			}
			c.later(phaseElements, func() { c.elements(s, it.Value) })
		case *RuleDecl:
			ch := t.Chain(d.Chain.Text)
			if ch == nil {
				var names []string
				for _, x := range t.Chains {
					names = append(names, x.Name)
				}
				c.missing(d.Chain.Span, didYouMean(d.Chain.Text, names), "table %s %s has no chain `%s` at this point", t.Family, t.Name, d.Chain.Text)
			}
			c.chain = ch
			c.later(phaseRules, func() { c.rule(it, d.Op == "insert") })
			c.chain = nil
		}
	})
}

func tableHint(c *checker, family Family, name string) string {
	for _, t := range c.rs.Tables {
		if t.Name == name {
			return "did you mean `" + t.Family.String() + " " + name + "`?"
		}
	}
	if h := didYouMean(name, c.tableNames(family)); h != "" {
		return h
	}
	return "write `add table " + family.String() + " " + name + "` before it"
}

// flush takes over a flush or delete. In a [Ruleset] they stand before the tables, so what they would empty may not
// have been written before them; the idiom `table ip x; delete table ip x` is fine.
func (c *checker) flush(d *FlushDecl) {
	f := Flush{Span: d.Span, What: d.What, Delete: d.Op != "flush"}
	if d.Family != nil || d.What != "ruleset" {
		f.Family = familyOf(d.Family)
	}
	if f.What == "map" {
		f.What = "set"
	}
	var t *Table
	if d.Table != nil {
		f.Table = d.Table.Text
		if t = c.findTable(f.Family, f.Table); t == nil && d.Op != "destroy" {
			c.missing(d.Table.Span, "write `add table "+f.Family.String()+" "+f.Table+"` before it: then it exists in any case",
				"there is no table %s %s at this point", f.Family, f.Table)
		}
	}
	if d.Name != nil {
		f.Name = d.Name.Text
		c.unsupported(d.Span, "`%s %s`", d.Op, d.What)
	}
	gone := func(x *Table) bool {
		return x == t || t == nil && d.What == "ruleset" && (f.Family == FamilyUnspec || f.Family == x.Family)
	}
	for _, x := range c.rs.Tables {
		if gone(x) && c.filled(x) {
			c.unsupported(d.Span, "`%s %s` behind what it empties", d.Op, d.What)
		}
	}
	c.rs.Flush = append(c.rs.Flush, f)
	if f.Delete || d.What == "ruleset" {
		c.rs.Tables = slices.DeleteFunc(c.rs.Tables, gone)
	}
}

// filled reports whether anything was written into a table.
func (c *checker) filled(t *Table) bool {
	return len(t.Chains)+len(t.Sets)+len(t.Objects) > 0
}

func setNames(t *Table) []string {
	out := make([]string, len(t.Sets))
	for i, s := range t.Sets {
		out[i] = s.Name
	}
	return out
}
