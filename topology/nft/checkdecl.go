package nft

// file reads the items of a file, or of one that is included at its top.
func (c *checker) file(f *File) {
	c.files = append(c.files, f)
	for _, it := range f.Items {
		c.try(func() { c.topItem(it) })
	}
}

// common reads what may stand in every block; false if it is something else. block reads the items of an included
// file.
func (c *checker) common(it Item, block func(Item)) bool {
	switch d := it.(type) {
	case *Comment:
	case *Define:
		c.define(d)
	case *Raw: // Parse has reported it
	case *Include:
		for _, f := range d.Files {
			c.files = append(c.files, f)
			for _, it := range f.Items {
				c.try(func() { block(it) })
			}
		}
	default:
		return false
	}
	return true
}

func (c *checker) topItem(it Item) {
	if c.common(it, c.topItem) {
		return
	}
	switch d := it.(type) {
	case *TableDecl:
		c.tableDecl(d)
	case *FlushDecl:
		c.flush(d)
	case *AddDecl:
		c.add(d)
	case *ReplaceDecl:
		c.replace(d)
	case *RenameDecl:
		c.rename(d)
	}
}

// familyOf is the family that a word names, ip if there is none.
func familyOf(w *WordNode) Family {
	if w == nil {
		return FamilyIP
	}
	f, _ := ParseFamily(w.Text)
	return f
}

func (c *checker) findTable(family Family, name string) *Table {
	for _, t := range c.rs.Tables {
		if t.Family == family && t.Name == name {
			return t
		}
	}
	return nil
}

func (c *checker) tableNames(family Family) []string {
	var out []string
	for _, t := range c.rs.Tables {
		if t.Family == family {
			out = append(out, t.Name)
		}
	}
	return out
}

func (c *checker) tableDecl(d *TableDecl) {
	family := familyOf(d.Family)
	t := c.findTable(family, d.Name.Text)
	switch {
	case t == nil:
		c.name(d.Name, "table")
		t = &Table{Span: d.Span, Family: family, Name: d.Name.Text}
		c.rs.Tables = append(c.rs.Tables, t)
	case d.Op == "create":
		c.report(d.Name.Span, "`add table` adds to it", "table %s %s exists already, at %s", family, t.Name, t.Pos)
	}
	c.inTable(t, func() {
		for _, it := range d.Items {
			c.try(func() { c.tableItem(it) })
		}
	})
}

// inTable runs f for what is inside a table.
func (c *checker) inTable(t *Table, f func()) {
	outer := c.env
	c.table = t
	c.try(f)
	c.table = nil
	c.leaveScope(outer)
}

// name checks the name that a thing is given (NFT_NAME_MAXLEN of include/uapi/linux/netfilter/nf_tables.h, with its
// zero byte; NFT_TABLE_MAXNAMELEN and its kin are the same).
func (c *checker) name(w *WordNode, what string) {
	if len(w.Text) > 255 {
		c.fail(w.Span, "", "the name of the %s is longer than 255 bytes", what)
	}
	if w.Text == "" {
		c.fail(w.Span, "", "the name of the %s is empty", what)
	}
	if reserved[w.Text] && w.Kind == WordName {
		c.report(w.Span, "give the "+what+" another name, such as `my-"+w.Text+"`", "`%s` is a word of nft's own, nothing can be named so", w.Text)
	}
}

func (c *checker) tableItem(it Item) {
	if c.common(it, c.tableItem) {
		return
	}
	switch d := it.(type) {
	case *ChainDecl:
		c.chainDecl(d, "")
	case *SetDecl:
		c.setDecl(d, "")
	case *ObjectDecl:
		c.objectDecl(d, "")
	case *FlowtableDecl:
		c.flowtableDecl(d, "")
	case *FlagsDecl:
		for _, f := range d.Flags {
			c.table.Flags |= map[string]TableFlags{"dormant": TableDormant, "owner": TableOwner, "persist": TablePersist}[f.Text]
		}
	case *Property:
		c.table.Comment = c.comment(d.Value.(*WordNode))
	}
}

// comment is the text of a comment (NFTNL_UDATA_COMMENT_MAXLEN of libnftnl).
func (c *checker) comment(w *WordNode) string {
	if len(w.Text) > 127 {
		c.report(w.Span, "", "the comment is longer than 127 bytes")
	}
	return w.Text
}

// chainKey is the name of a chain. A table that was deleted and made again is another table.
type chainKey struct {
	table *Table
	name  string
}

func (c *checker) chainDecl(d *ChainDecl, op string) *Chain {
	ch := c.chainNamed(d.Name.Text)
	switch {
	case ch == nil:
		c.name(d.Name, "chain")
		ch = &Chain{Span: d.Span, Table: c.table, Name: d.Name.Text}
		c.chains[chainKey{c.table, ch.Name}] = ch
		c.table.Chains = append(c.table.Chains, ch)
	case op == "create":
		c.report(d.Name.Span, "`add chain` adds to it", "chain `%s` exists already, at %s", ch.Name, ch.Pos)
	}
	outer := c.env
	c.chain = ch
	for _, it := range d.Items {
		c.try(func() { c.chainItem(it) })
	}
	var policy *PolicyDecl
	for _, it := range d.Items { // it may stand before the type
		if f, ok := it.(*FlagsDecl); ok {
			c.try(func() { c.offload(f) })
			continue
		}
		p, ok := it.(*PolicyDecl)
		switch {
		case ok && ch.Base == nil && hasBase(d):
			// what is wrong with its type was reported
		case ok && policy != nil:
			c.report(p.Span, "", "the policy is written twice, first at %s", policy.Pos)
		case ok:
			policy = p
			c.try(func() { c.policy(p) })
		}
	}
	c.chain = nil
	c.leaveScope(outer)
	return ch
}

// hasBase reports whether a chain says that it is a base chain.
func hasBase(d *ChainDecl) bool {
	for _, it := range d.Items {
		if _, ok := it.(*BaseDecl); ok {
			return true
		}
	}
	return false
}

func (c *checker) chainItem(it Item) {
	if c.common(it, c.chainItem) {
		return
	}
	switch d := it.(type) {
	case *BaseDecl:
		c.base(d)
	case *RuleDecl:
		c.later(phaseRules, func() { c.append(c.rule(d)) })
	case *Property:
		c.chain.Comment = c.comment(d.Value.(*WordNode))
	}
}

// rule checks one rule. All its statements are looked at, also behind one that is wrong.
func (c *checker) rule(d *RuleDecl) *Rule {
	r := &Rule{Span: d.Span, Chain: c.chain}
	c.inRule = r
	if d.Comment != nil {
		r.Comment = c.comment(d.Comment)
	}
	c.ctx = c.startCtx()
	var ended StmtNode
	for _, n := range d.Stmts {
		if ended != nil {
			c.report(n.Range(), "put it before the verdict, or into a rule of its own", "this is never reached: the rule ends with `%s`", nodeText(ended))
			break
		}
		ok := c.try(func() {
			if s := n.check(c); s != nil {
				r.Stmts = append(r.Stmts, s)
			}
		})
		if !ok {
			c.ctx.broken = true
		}
		if terminal(n) {
			ended = n
		}
	}
	r.Text = ruleText(r.Stmts)
	return r
}

func (c *checker) append(r *Rule) {
	if all, ok := c.flushed[c.chain]; ok {
		c.flushed[c.chain] = append(all, r)
	}
	c.chain.Rules = append(c.chain.Rules, r)
}

// nodeText is a statement as it is printed.
func nodeText(n StmtNode) string {
	if b, ok := n.(*BlockNode); ok {
		return b.Kind + " { ... }"
	}
	var p printer
	n.print(&p)
	return p.b.String()
}

// terminal reports whether nothing can stand behind a statement (STMT_F_TERMINAL of nft).
func terminal(n StmtNode) bool {
	switch n := n.(type) {
	case *VerdictNode:
		return n.Kind != "continue"
	case *BlockNode:
		return true
	case *RejectNode, *QueueNode, *NATNode:
		return true
	}
	return false
}
