package nft

import "strings"

// binding is how tightly an operator holds; a looser operand needs parentheses.
func binding(x ExprNode) int {
	b, ok := x.(*BinaryNode)
	if !ok {
		return 10
	}
	switch b.Op {
	case "|":
		return 1
	case "^":
		return 2
	case "&":
		return 3
	}
	return 4
}

func (p *printer) operand(x ExprNode, least int) {
	if binding(x) < least {
		p.str("(")
		p.expr(x)
		p.str(")")
		return
	}
	p.expr(x)
}

func (p *printer) exprs(list []ExprNode, sep string) {
	for i, x := range list {
		if i > 0 {
			p.str(sep)
		}
		p.expr(x)
	}
}

func (p *printer) expr(x ExprNode) {
	switch n := x.(type) {
	case *WordNode:
		p.word(n)
	case *VarNode:
		p.str("$", n.Name)
	case *SelectorNode:
		p.str(n.canonical())
	case *InnerNode:
		p.inner(n)
	case *RawPayloadNode:
		p.str("@", n.Base.Text, ",", n.Offset.Text, ",", n.Len.Text)
	case *FibNode:
		p.str("fib ")
		for i, f := range n.Flags {
			if i > 0 {
				p.str(" . ")
			}
			p.str(f.Text)
		}
		p.str(" ", n.Result.Text)
	case *NumgenNode:
		p.str("numgen ", n.Mode.Text, " mod ", n.Mod.Text)
		if n.Offset != nil {
			p.str(" offset ", n.Offset.Text)
		}
	case *HashNode:
		p.hash(n)
	case *ConcatNode:
		p.exprs(n.Parts, " . ")
	case *ListNode:
		p.exprs(n.Items, ",")
	case *RangeNode:
		p.operand(n.From, 5)
		p.sign("-", n.From)
		p.operand(n.To, 5)
	case *PrefixNode:
		p.operand(n.X, 5)
		p.sign("/", n.X)
		p.expr(n.Len)
	case *FlagsMaskNode:
		p.expr(n.Value)
		p.str(" / ")
		p.expr(n.Mask)
	case *BinaryNode:
		level := binding(n)
		p.operand(n.X, level)
		p.str(" ", n.Op, " ")
		p.operand(n.Y, level+1)
	case *MapNode:
		p.expr(n.Key)
		p.str(" map ")
		p.expr(n.Map)
	case *SetRefNode:
		p.str("@")
		p.word(n.Name)
	case *VerdictNode:
		n.print(p)
	case *SetNode:
		p.set(n)
	case *CatchallNode:
		p.str("*")
	case *AddrPortNode:
		p.addrPort(n)
	}
}

// sign writes a sign that may also be a part of names: behind a name it stands alone.
func (p *printer) sign(sign string, behind ExprNode) {
	switch n := behind.(type) {
	case *VarNode:
		sign = " " + sign + " "
	case *WordNode:
		if n.Kind == WordName || n.Kind == WordWildcard {
			sign = " " + sign + " "
		}
	}
	p.str(sign)
}

func (p *printer) hash(n *HashNode) {
	if n.X == nil {
		p.str("symhash")
	} else {
		p.str("jhash ")
		p.expr(n.X)
	}
	p.str(" mod ", n.Mod.Text)
	if n.Seed != nil {
		p.str(" seed ", n.Seed.Text)
	}
	if n.Offset != nil {
		p.str(" offset ", n.Offset.Text)
	}
}

func (p *printer) addrPort(n *AddrPortNode) {
	if n.Addr != nil {
		if n.Port != nil && hasColon(n.Addr) {
			r, ok := n.Addr.(*RangeNode)
			p.str("[")
			if ok {
				p.expr(r.From)
				p.str("]-[")
				p.expr(r.To)
			} else {
				p.expr(n.Addr)
			}
			p.str("]")
		} else {
			p.expr(n.Addr)
		}
	}
	if n.Port != nil {
		p.str(":")
		p.expr(n.Port)
	}
}

// hasColon reports whether an address needs brackets before a port.
func hasColon(x ExprNode) bool {
	switch n := x.(type) {
	case *WordNode:
		return strings.Contains(n.Text, ":")
	case *RangeNode:
		return hasColon(n.From) || hasColon(n.To)
	}
	return false
}

func (p *printer) set(n *SetNode) {
	if len(n.Elems) == 0 && len(n.Tail) == 0 {
		p.str("{ }")
		return
	}
	multi := n.Multi || len(n.Tail) > 0
	for _, e := range n.Elems {
		multi = multi || e.Trail != nil || len(e.Lead) > 0
	}
	if !multi {
		p.str("{ ")
		for i, e := range n.Elems {
			if i > 0 {
				p.str(", ")
			}
			p.elem(e)
		}
		p.str(" }")
		return
	}
	p.str("{\n")
	p.indent++
	line := func(c *Comment) {
		p.tabs()
		p.comment(c)
		p.str("\n")
	}
	for _, e := range n.Elems {
		for _, c := range e.Lead {
			line(c)
		}
		p.tabs()
		p.elem(e)
		p.str(",")
		if e.Trail != nil {
			p.str(" ")
			p.comment(e.Trail)
		}
		p.str("\n")
	}
	for _, c := range n.Tail {
		line(c)
	}
	p.indent--
	p.tabs()
	p.str("}")
}

func (p *printer) elem(e *ElemNode) {
	p.expr(e.Key)
	p.elemStmts(e)
	p.elemOpts(e)
	p.elemData(e)
}

func (p *printer) elemStmts(e *ElemNode) {
	for _, s := range e.Stmts {
		p.str(" ")
		s.print(p)
	}
}

func (p *printer) elemOpts(e *ElemNode) {
	for _, o := range e.Opts {
		p.str(" ", o.Key, " ")
		if o.Key == "comment" {
			p.quoted(o.Value)
		} else {
			p.word(o.Value)
		}
	}
}

func (p *printer) elemData(e *ElemNode) {
	if e.Data != nil {
		p.str(" : ")
		p.expr(e.Data)
	}
}
