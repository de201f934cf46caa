package nft

import (
	"slices"
	"sort"
)

// A file is one transaction, of which a [Ruleset] is the result: what a command takes away is not in it. Tables,
// chains, sets and objects go while the file is read, elements and rules when those before the command have been
// checked. Until then the name of something that is gone stands for it in what was written before the command: it lies
// in a grave.

// grave is something that was deleted, and when: one of the four.
type grave struct {
	at        int
	chain     *Chain
	set       *Set
	object    *Object
	flowtable *Flowtable
}

// bury takes something out of the table in work, from this point of the file on.
func (c *checker) bury(g grave) {
	g.at = c.now
	c.graves[c.table] = append(c.graves[c.table], g)
	c.now++
}

// dug are the things that were deleted later than this point of the file.
func (c *checker) dug() []grave {
	list := c.graves[c.table]
	return list[sort.Search(len(list), func(i int) bool { return c.now <= list[i].at }):]
}

// chainNamed finds a chain of the table; nil if there is none.
func (c *checker) chainNamed(name string) *Chain {
	for _, g := range c.dug() {
		if g.chain != nil && g.chain.Name == name {
			return g.chain
		}
	}
	return c.chains[chainKey{c.table, name}]
}

// setNow finds a named set or map of the table; nil if there is none.
func (c *checker) setNow(name string) *Set {
	for _, g := range c.dug() {
		if g.set != nil && g.set.Name == name {
			return g.set
		}
	}
	return c.table.Set(name)
}

// chainsNow are the chains of the table at this point of the file, and those that come later.
func (c *checker) chainsNow() []*Chain {
	out := slices.Clip(c.table.Chains)
	for _, g := range c.dug() {
		if g.chain != nil {
			out = append(out, g.chain)
		}
	}
	return out
}

// setsNow are the sets of the table at this point of the file, and those that come later.
func (c *checker) setsNow() []*Set {
	out := slices.Clip(c.table.Sets)
	for _, g := range c.dug() {
		if g.set != nil {
			out = append(out, g.set)
		}
	}
	return out
}

// objectsNow are the objects of the table at this point of the file, and those that come later. One that was deleted
// stands before one of the same name that came after it.
func (c *checker) objectsNow() []*Object {
	var out []*Object
	for _, g := range c.dug() {
		if g.object != nil {
			out = append(out, g.object)
		}
	}
	return append(out, c.table.Objects...)
}

// flush takes over a flush, delete or destroy.
func (c *checker) flush(d *FlushDecl) {
	if d.What == "ruleset" {
		f := Flush{Span: d.Span, What: d.What}
		if d.Family != nil {
			f.Family = familyOf(d.Family)
		}
		c.rs.Flush = append(c.rs.Flush, f)
		c.rs.Tables = slices.DeleteFunc(c.rs.Tables, func(t *Table) bool { return f.Family == FamilyUnspec || f.Family == t.Family })
		return
	}
	if d.Table == nil {
		c.noHandle(d.Handle)
	}
	family := familyOf(d.Family)
	t := c.findTable(family, d.Table.Text)
	switch {
	case t != nil:
	case d.What == "table" && d.Op != "destroy":
		c.missing(d.Table.Span, "write `add table "+family.String()+" "+d.Table.Text+"` before it: then it exists in any case",
			"there is no table %s %s at this point", family, d.Table.Text)
	case d.Op != "destroy":
		c.tableNow(d.Family, d.Table)
	}
	if d.What == "table" {
		c.flushTable(d, t, family)
		return
	}
	if t == nil {
		return
	}
	c.inTable(t, func() { c.flushIn(d) })
}

func (c *checker) flushTable(d *FlushDecl, t *Table, family Family) {
	c.rs.Flush = append(c.rs.Flush, Flush{Span: d.Span, What: "table", Family: family, Table: d.Table.Text, Delete: d.Op != "flush"})
	if d.Op != "flush" {
		c.rs.Tables = slices.DeleteFunc(c.rs.Tables, func(x *Table) bool { return x == t })
		return
	}
	c.inTable(t, func() {
		c.later(phaseRules, func() {
			for _, ch := range c.chainsNow() {
				c.flushChain(ch)
			}
		})
	})
}

func (c *checker) flushChain(ch *Chain) {
	if _, ok := c.flushed[ch]; !ok {
		c.flushed[ch] = ch.Rules
	}
	for _, r := range ch.Rules {
		c.gone[r] = true
		for _, v := range ruleVerdicts(r) {
			if v.Chain != nil && v.Chain.Anonymous {
				c.flushChain(v.Chain)
				c.table.Chains = slices.DeleteFunc(c.table.Chains, func(x *Chain) bool { return x == v.Chain })
			}
		}
	}
	ch.Rules = nil
}

// flushIn takes over a command about something in the table in work.
func (c *checker) flushIn(d *FlushDecl) {
	if d.What == "rule" {
		c.chainNow(d.Name)
	}
	if d.Handle != nil {
		c.noHandle(d.Handle)
	}
	name := d.Name.Text
	switch d.What {
	case "chain":
		ch := c.chainNamed(name)
		if ch == nil && d.Op == "destroy" {
			return
		}
		ch = c.chainNow(d.Name)
		now := len(c.jobs[phaseElements])
		c.later(phaseElements, func() { c.elementsUnused(d, ch, now) })
		c.later(phaseRules, func() {
			c.chainUnused(d, ch)
			c.flushChain(ch)
		})
		if d.Op != "flush" {
			c.bury(grave{chain: ch})
			delete(c.chains, chainKey{c.table, name})
			c.table.Chains = slices.DeleteFunc(c.table.Chains, func(x *Chain) bool { return x == ch })
		}
	case "set", "map", "meter", "element":
		c.flushSet(d)
	default:
		c.deleteObject(d)
	}
}

// chainUnused checks that no rule leads to a chain that is deleted (nf_tables_delchain).
func (c *checker) chainUnused(d *FlushDecl, ch *Chain) {
	if d.Op == "flush" {
		return
	}
	for _, x := range c.chainsNow() {
		for _, r := range x.Rules {
			for _, v := range ruleVerdicts(r) {
				if v.Chain == ch && x != ch {
					c.leadsTo(d, v)
				}
			}
		}
	}
}

// elementsUnused is chainUnused for the elements of maps; now is the job that it is. Elements that a later job flushes
// are no matter: nft does not load them at all.
func (c *checker) elementsUnused(d *FlushDecl, ch *Chain, now int) {
	if d.Op == "flush" {
		return
	}
	for _, s := range c.setsNow() {
		if at, ok := c.emptied[s]; ok && at > now {
			continue
		}
		for _, e := range s.Elems {
			if e.Verdict != nil && e.Verdict.Chain == ch {
				c.leadsTo(d, e.Verdict)
			}
		}
	}
}

func (c *checker) leadsTo(d *FlushDecl, v *Verdict) {
	c.fail(d.Name.Span, "take away first what leads to it: `flush chain`, or `delete element` of a map", "chain `%s` is in use: `%s` at %s", v.Chain.Name, v, v.Pos)
}

// flushSet takes over a command about a set, a map, or their elements.
func (c *checker) flushSet(d *FlushDecl) {
	name := d.Name.Text
	s := c.setNow(name)
	if s == nil {
		if d.Op == "destroy" {
			return
		}
		c.missing(d.Name.Span, didYouMean(name, setNames(c.table)), "table %s %s has no set `%s` at this point", c.table.Family, c.table.Name, name)
	}
	switch {
	case d.What == "set" && s.Map, d.What == "map" && !s.Map:
		c.fail(d.Name.Span, "write `"+d.Op+" "+setWord(s.Map)+"`", "`%s` is a %s, at %s", name, setWord(s.Map), s.Pos)
	case d.What == "element":
		c.later(phaseElements, func() { c.deleteElements(d, s) })
	case d.Op == "flush":
		c.emptied[s] = len(c.jobs[phaseElements])
		c.later(phaseElements, func() { s.Elems = nil })
	default:
		c.later(phaseRules, func() { c.setUnused(d, s) })
		c.bury(grave{set: s})
		c.table.Sets = slices.DeleteFunc(c.table.Sets, func(x *Set) bool { return x == s })
	}
}

// setUnused checks that no rule looks at a set that is deleted (nf_tables_delset).
func (c *checker) setUnused(d *FlushDecl, s *Set) {
	for _, ch := range c.chainsNow() {
		for _, r := range ch.Rules {
			u := usage{chains: map[*Chain]bool{}, sets: map[*Set]bool{}, flows: map[*Flowtable]bool{}}
			for _, st := range r.Stmts {
				u.stmt(st)
			}
			if u.sets[s] {
				c.fail(d.Name.Span, "take the rule away first: `flush chain`", "%s `%s` is in use, by the rule at %s", setWord(s.Map), s.Name, r.Pos)
			}
		}
	}
}

// deleteElements takes elements out of a set. As in the kernel each must be in it as it is written; where nft merges
// intervals, a part of one may go.
func (c *checker) deleteElements(d *FlushDecl, s *Set) {
	if !s.typed() {
		return // its type was reported
	}
	n, ok := c.expand(d.Elems).(*SetNode)
	if !ok {
		c.fail(d.Elems.Range(), "", "elements in braces are wanted")
	}
	for _, e := range n.Elems {
		c.try(func() { c.deleteElement(d, s, e) })
	}
}

func (c *checker) deleteElement(d *FlushDecl, s *Set, n *ElemNode) {
	if in, ok := c.expand(n.Key).(*SetNode); ok {
		for _, e := range in.Elems {
			c.try(func() { c.deleteElement(d, s, e) })
		}
		return
	}
	gone := &Elem{Span: n.Span}
	text := "*"
	if _, all := n.Key.(*CatchallNode); !all {
		gone.Key = c.value(n.Key, s.Key)
		c.elemKey(s, gone)
		text = gone.Key.String()
	}
	found := false
	s.Elems = slices.DeleteFunc(s.Elems, func(e *Elem) bool {
		is := e.Key == nil && gone.Key == nil || e.Key != nil && gone.Key != nil && e.Key.String() == text
		found = found || is
		return is
	})
	switch {
	case found || d.Op == "destroy":
	case s.AutoMerge:
		c.unsupported(n.Span, "taking a part out of an interval")
	default:
		c.fail(n.Span, "an element is deleted as it was written", "%s `%s` has no element `%s` at this point", setWord(s.Map), s.Name, text)
	}
}

// deleteObject takes over a command about a named object.
func (c *checker) deleteObject(d *FlushDecl) {
	if d.What == "flowtable" {
		c.deleteFlowtable(d)
		return
	}
	var names []string
	for _, o := range c.table.Objects {
		if objectKind(o.Stmt) != d.What {
			continue
		}
		names = append(names, o.Name)
		if o.Name != d.Name.Text {
			continue
		}
		c.later(phaseRules, func() { c.objectUnused(d, o) })
		c.bury(grave{object: o})
		c.table.Objects = slices.DeleteFunc(c.table.Objects, func(x *Object) bool { return x == o })
		return
	}
	if d.Op != "destroy" {
		c.missing(d.Name.Span, didYouMean(d.Name.Text, names), "table %s %s has no %s `%s` at this point", c.table.Family, c.table.Name, d.What, d.Name.Text)
	}
}

// objectUnused checks that no rule uses an object that is deleted (nf_tables_delobj).
func (c *checker) objectUnused(d *FlushDecl, o *Object) {
	for _, ch := range c.chainsNow() {
		for _, r := range ch.Rules {
			for _, s := range r.Stmts {
				if ref, ok := s.(*ObjectRef); ok && ref.Object == o {
					c.fail(d.Name.Span, "take the rule away first: `flush chain`", "%s `%s` is in use, by the rule at %s", d.What, o.Name, r.Pos)
				}
			}
		}
	}
}
