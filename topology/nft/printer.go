package nft

import "strings"

// Print writes a file in the canonical form: one statement a line, tabs for indent, keywords and operators in the
// spelling that nft uses, comments kept. Values are left as they were written. The text parses to the same tree, and
// printing that gives the same text. Included files are not written into it.
func Print(f *File) string {
	p := &printer{}
	p.items(f.Items)
	return p.b.String()
}

type printer struct {
	b      strings.Builder
	indent int
	object string // the kind of the object whose block is being printed
}

func (p *printer) str(s ...string) {
	for _, x := range s {
		p.b.WriteString(x)
	}
}

func (p *printer) tabs() { p.str(strings.Repeat("\t", p.indent)) }

func (p *printer) items(items []Item) {
	for i, it := range items {
		l := it.line()
		if p.joined(items, i) {
			p.str(" ")
		} else {
			if i > 0 && (l.Blank || wantsBlank(items[i-1], it)) {
				p.str("\n")
			}
			p.tabs()
		}
		p.item(it)
		if l.Trail != nil {
			p.str(" ")
			p.comment(l.Trail)
		}
		if i+1 == len(items) || !p.joined(items, i+1) {
			p.str("\n")
		}
	}
}

// joined: the policy stands on the line of the type, as nft lists it.
func (p *printer) joined(items []Item, i int) bool {
	if i == 0 || items[i].line().Blank || items[i-1].line().Trail != nil {
		return false
	}
	_, policy := items[i].(*PolicyDecl)
	_, base := items[i-1].(*BaseDecl)
	return policy && base
}

// wantsBlank: blocks are set apart, unless only a comment stands between.
func wantsBlank(prev, it Item) bool {
	if _, ok := prev.(*Comment); ok {
		return false
	}
	return isBlock(prev) && (isBlock(it) || isComment(it)) || isBlock(it) && !isBlock(prev)
}

func isBlock(it Item) bool {
	switch d := it.(type) {
	case *TableDecl:
		return d.Body
	case *ChainDecl:
		return d.Body
	case *SetDecl:
		return true
	}
	return false
}

func (p *printer) comment(c *Comment) {
	switch {
	case c.Text == "":
		p.str("#")
	case strings.HasPrefix(c.Text, "!"):
		p.str("#", c.Text)
	default:
		p.str("# ", c.Text)
	}
}

func (p *printer) block(items []Item) {
	p.str("{\n")
	p.indent++
	p.items(items)
	p.indent--
	p.tabs()
	p.str("}")
}

func (p *printer) item(it Item) {
	switch d := it.(type) {
	case *Comment:
		p.comment(d)
	case *Include:
		p.str("include ")
		p.word(d.Path)
	case *Define:
		p.str(d.Op, " ", d.Name.Text)
		if d.Value != nil {
			p.str(" = ")
			p.expr(d.Value)
		}
	case *Raw:
		p.str(strings.TrimRight(d.Text, " \t"))
	case *FlushDecl:
		p.flush(d)
	case *ReplaceDecl:
		p.str("replace rule")
		p.words(d.Family, d.Table, d.Chain)
		p.str(" handle ", d.Handle.Text, " ")
		p.rule(d.Rule)
	case *RenameDecl:
		p.str("rename chain")
		p.words(d.Family, d.Table, d.Name, d.To)
	case *TableDecl:
		if d.Op != "" {
			p.str(d.Op, " ")
		}
		p.str("table")
		p.words(d.Family, d.Name)
		if d.Body {
			p.str(" ")
			p.block(d.Items)
		}
	case *AddDecl:
		p.add(d)
	case *ChainDecl:
		p.str("chain")
		p.words(d.Name)
		p.chainBody(d)
	case *SetDecl:
		p.str(setWord(d.Map))
		p.words(d.Name)
		p.str(" ")
		p.block(d.Items)
	case *BaseDecl:
		p.base(d)
	case *PolicyDecl:
		p.policy(d)
	case *RuleDecl:
		p.rule(d)
	case *TypeDecl:
		p.typeDecl(d)
	case *FlagsDecl:
		p.str("flags ")
		for i, f := range d.Flags {
			if i > 0 {
				p.str(",")
			}
			p.str(f.Text)
		}
	case *Property:
		p.str(d.Key.Text)
		if d.Value != nil {
			p.str(" ")
			if w, ok := d.Value.(*WordNode); ok && d.Key.Text == "comment" {
				p.quoted(w)
			} else {
				p.expr(d.Value)
			}
		}
	case *ElementsDecl:
		p.str("elements = ")
		p.expr(d.Value)
	case *StmtDecl:
		if p.object != "" {
			p.objectStmt(d.Stmt)
			break
		}
		d.Stmt.print(p)
	case *ObjectDecl:
		p.str(d.Kind)
		p.words(d.Name)
		p.objectBody(d)
	case *FlowtableDecl:
		p.str("flowtable")
		p.words(d.Name)
		p.str(" ")
		p.block(d.Items)
	case *HookDecl, *DevicesDecl, *HelperDecl, *TimeoutsDecl:
		p.objectLine(d)
	}
}

func setWord(isMap bool) string {
	if isMap {
		return "map"
	}
	return "set"
}

func (p *printer) chainBody(d *ChainDecl) {
	if d.Body {
		p.str(" ")
		p.block(d.Items)
	}
}

func (p *printer) add(d *AddDecl) {
	op := d.Op
	if op == "" {
		op = "add"
	}
	p.str(op)
	switch it := d.Item.(type) {
	case *ChainDecl:
		p.str(" chain")
		p.words(d.Family, d.Table, it.Name)
		p.chainBody(it)
	case *SetDecl:
		p.str(" ", setWord(it.Map))
		p.words(d.Family, d.Table, it.Name)
		p.str(" ")
		p.block(it.Items)
	case *ObjectDecl:
		p.str(" ", it.Kind)
		p.words(d.Family, d.Table, it.Name)
		p.objectBody(it)
	case *FlowtableDecl:
		p.str(" flowtable")
		p.words(d.Family, d.Table, it.Name)
		p.str(" ")
		p.block(it.Items)
	case *ElementsDecl:
		p.str(" element")
		p.words(d.Family, d.Table, d.Set)
		p.str(" ")
		p.expr(it.Value)
	case *RuleDecl:
		p.str(" rule")
		p.words(d.Family, d.Table, d.Chain)
		if d.Where != "" {
			p.str(" ", d.Where)
			p.words(d.At)
		}
		p.str(" ")
		p.rule(it)
	}
}

func (p *printer) base(d *BaseDecl) {
	p.str("type ", d.Type.Text, " hook ", d.Hook.Text)
	switch x := d.Device.(type) {
	case nil:
	case *SetNode:
		p.str(" devices = ")
		p.expr(x)
	case *WordNode:
		p.str(" device ")
		p.quoted(x)
	default:
		p.str(" device ")
		p.expr(x)
	}
	p.str(" priority ")
	p.priority(d.Priority)
	p.str(";")
}

func (p *printer) priority(n *PriorityNode) {
	switch {
	case n.Var != nil:
		p.expr(n.Var)
	case n.Name != nil:
		p.str(n.Name.Text)
	}
	if n.Number != nil {
		sign := ""
		if n.Minus {
			sign = "-"
		}
		if n.Name != nil || n.Var != nil {
			if sign == "" {
				sign = "+"
			}
			sign = " " + sign + " "
		}
		p.str(sign, n.Number.Text)
	}
}

func (p *printer) policy(d *PolicyDecl) {
	p.str("policy ")
	p.expr(d.Value)
	p.str(";")
}

func (p *printer) rule(d *RuleDecl) {
	for i, s := range d.Stmts {
		if i > 0 {
			p.str(" ")
		}
		s.print(p)
	}
	if d.Comment != nil {
		p.str(" comment ")
		p.quoted(d.Comment)
	}
}

func (p *printer) typeDecl(d *TypeDecl) {
	list := func(l []ExprNode) {
		for i, x := range l {
			if i > 0 {
				p.str(" . ")
			}
			p.expr(x)
		}
	}
	if d.Typeof {
		p.str("typeof ")
	} else {
		p.str("type ")
	}
	list(d.Key)
	if d.Data != nil {
		p.str(" : ")
		if d.Interval {
			p.str("interval ")
		}
		list(d.Data)
	}
}

// words writes the words that are not nil, each after a space.
func (p *printer) words(list ...*WordNode) {
	for _, w := range list {
		if w != nil {
			p.str(" ")
			p.word(w)
		}
	}
}

func (p *printer) word(w *WordNode) {
	if w.Kind == WordQuoted {
		p.str(`"`, w.Text, `"`)
		return
	}
	p.str(w.Text)
}

func (p *printer) quoted(w *WordNode) { p.str(`"`, w.Text, `"`) }
