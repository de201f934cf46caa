package nft

import (
	"slices"
	"strconv"
)

// add takes over `add rule ...` and its kin.
func (c *checker) add(d *AddDecl) {
	family := familyOf(d.Family)
	t := c.tableNow(d.Family, d.Table)
	c.inTable(t, func() {
		switch it := d.Item.(type) {
		case *ChainDecl:
			c.chainDecl(it, d.Op)
		case *SetDecl:
			c.setDecl(it, d.Op)
		case *ObjectDecl:
			c.objectDecl(it, d.Op)
		case *FlowtableDecl:
			c.flowtableDecl(it, d.Op)
		case *ElementsDecl:
			s := c.setNow(d.Set.Text)
			if s == nil {
				c.missing(d.Set.Span, didYouMean(d.Set.Text, setNames(t)), "table %s %s has no set `%s`", family, t.Name, d.Set.Text)
			}
			c.later(phaseElements, func() { c.elements(s, it.Value) })
		case *RuleDecl:
			c.chain = c.chainNow(d.Chain)
			c.later(phaseRules, func() { c.place(d, it) })
			c.chain = nil
		}
	})
}

// place checks a rule and puts it where the command says.
func (c *checker) place(d *AddDecl, rule *RuleDecl) {
	all, flushed := c.flushed[c.chain] // nft counts those that were flushed too, as it knows them
	if !flushed {
		all = c.chain.Rules
	}
	n := len(all)
	at := n
	switch d.Where {
	case "":
		if d.Op == "insert" {
			at = 0
		}
	case "index":
		i := int(c.number(d.At, 31))
		if i >= n {
			hint := "the chain is empty: leave the index out"
			if n > 0 {
				hint = "the last rule has index " + strconv.Itoa(n-1)
			}
			c.report(d.At.Span, hint, "chain `%s` has no rule with index %d at this point", c.chain.Name, i)
			i = max(n-1, 0)
		}
		at = min(i+1, n)
		if d.Op == "insert" {
			at = i
		}
	default:
		c.report(d.At.Span, "write `index N`: it counts the rules of the chain from 0", "rule %s is not known: a handle is given only when a rule is loaded", d.At.Text)
	}
	r := c.rule(rule)
	all = slices.Insert(all, at, r)
	if flushed {
		c.flushed[c.chain] = all
		all = slices.DeleteFunc(slices.Clone(all), func(r *Rule) bool { return c.gone[r] })
	}
	c.chain.Rules = all
}

// replace takes over `replace rule`.
func (c *checker) replace(d *ReplaceDecl) {
	c.inTable(c.tableNow(d.Family, d.Table), func() {
		c.chain = c.chainNow(d.Chain)
		c.noHandle(d.Handle)
		c.chain = nil
	})
}

// rename takes over `rename chain`. The kernel renames a chain that was there before the file (nf_tables_updchain of
// net/netfilter/nf_tables_api.c), which in a node is none.
func (c *checker) rename(d *RenameDecl) {
	c.inTable(c.tableNow(d.Family, d.Table), func() {
		ch := c.chainNow(d.Name)
		c.fail(d.Name.Span, "write `"+d.To.Text+"` there", "chain `%s` is made by this file, at %s: nft cannot rename it here", ch.Name, ch.Pos)
	})
}

// noHandle reports a handle: what the file itself makes has none yet.
func (c *checker) noHandle(w *WordNode) {
	c.fail(w.Span, "a file starts with nothing: leave out what is not to be there, or flush its chain and write what stays",
		"there is nothing with handle %s yet: a handle is given only when the file is loaded", w.Text)
}

// tableNow is the table that a command names.
func (c *checker) tableNow(family, name *WordNode) *Table {
	f := familyOf(family)
	t := c.findTable(f, name.Text)
	if t == nil {
		c.missing(name.Span, tableHint(c, f, name.Text), "there is no table %s %s at this point", f, name.Text)
	}
	return t
}

// chainNow is the chain that a command names.
func (c *checker) chainNow(name *WordNode) *Chain {
	ch := c.chainNamed(name.Text)
	if ch == nil {
		var names []string
		for _, x := range c.table.Chains {
			names = append(names, x.Name)
		}
		c.missing(name.Span, didYouMean(name.Text, names), "table %s %s has no chain `%s` at this point", c.table.Family, c.table.Name, name.Text)
	}
	return ch
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

func setNames(t *Table) []string {
	out := make([]string, len(t.Sets))
	for i, s := range t.Sets {
		out[i] = s.Name
	}
	return out
}
