package nft

import "hash/maphash"

// variable is one variable in sight. The list of them is what is in sight at a place: it only grows at its head,
// so a place remembers it by its head.
type variable struct {
	Span
	name  string
	value ExprNode // without variables; nil: undefined from here on
	next  *variable
	index *variableIndex // of this one and all behind it
}

// variableIndex finds a variable by its name: a search tree by hashes. It never changes: with one variable more, what is
// on the way to it is copied.
type variableIndex struct {
	hash        uint64
	is          *variable
	below, over *variableIndex
}

var variableSeed = maphash.MakeSeed()

// in puts the variable in front of a list.
func (b *variable) in(list *variable) *variable {
	b.next = list
	var old *variableIndex
	if list != nil {
		old = list.index
	}
	b.index = old.with(maphash.String(variableSeed, b.name), b)
	return b
}

func (x *variableIndex) with(hash uint64, b *variable) *variableIndex {
	if x == nil {
		return &variableIndex{hash: hash, is: b}
	}
	n := *x
	switch {
	case hash < x.hash:
		n.below = x.below.with(hash, b)
	case hash > x.hash || b.name != x.is.name:
		n.over = x.over.with(hash, b)
	default:
		n.is = b
	}
	return &n
}

func (b *variable) find(name string) *variable {
	if b == nil {
		return nil
	}
	hash := maphash.String(variableSeed, name)
	for x := b.index; x != nil; {
		switch {
		case hash < x.hash:
			x = x.below
		case hash > x.hash || name != x.is.name:
			x = x.over
		case x.is.value == nil:
			return nil
		default:
			return x.is
		}
	}
	return nil
}

// names are all variables in sight.
func (b *variable) names() []string {
	var out []string
	for at := b; at != nil; at = at.next {
		if b.find(at.name) == at {
			out = append(out, at.name)
		}
	}
	return out
}

// define takes over a define, redefine or undefine.
func (c *checker) define(d *Define) {
	old := c.env.find(d.Name.Text)
	switch {
	case d.Op == "define" && old != nil:
		c.report(d.Name.Span, "write `redefine` to change it", "`%s` is defined already, at %s", d.Name.Text, old.Pos)
		return
	case d.Op == "undefine" && old == nil:
		c.missing(d.Name.Span, didYouMean(d.Name.Text, c.env.names()), "`%s` is not defined", d.Name.Text)
	}
	if d.Op != "undefine" {
		c.name(d.Name, "variable")
	}
	b := &variable{Span: d.Name.Span, name: d.Name.Text}
	if d.Op != "undefine" {
		c.try(func() { b.value = c.expandAll(d.Value) })
		if b.value == nil { // reported; later uses are no further mistakes
			b.value = &WordNode{Span: d.Value.Range(), Kind: WordName, Text: ""}
		}
	}
	c.env = b.in(c.env)
}

// leaveScope goes back to what was in sight before a block, but for variables of outside that it took away.
func (c *checker) leaveScope(outer *variable) {
	var gone []string
	for b := c.env; b != outer; b = b.next {
		if outer.find(b.name) != nil {
			gone = append(gone, b.name)
		}
	}
	c.env = outer
	for _, name := range gone {
		c.env = (&variable{name: name}).in(c.env)
	}
}

// expand is x, or what stands for it if it is a variable.
func (c *checker) expand(x ExprNode) ExprNode {
	v, ok := x.(*VarNode)
	if !ok {
		return x
	}
	b := c.env.find(v.Name)
	if b == nil {
		hint := ""
		if n := nearest(v.Name, c.env.names()); n != "" {
			hint = "did you mean `$" + n + "`?"
		}
		c.missing(v.Span, hint, "`$%s` is not defined", v.Name)
	}
	if w, ok := b.value.(*WordNode); ok && w.Kind == WordName && w.Text == "" {
		panic(bailout{}) // its definition was reported
	}
	c.used[v.Span] = b
	return rewrite(b.value, func(x ExprNode) ExprNode {
		if c.copied++; c.copied > maxCopied {
			c.fail(v.Span, "", "the variables stand for too much: over %d words", maxCopied)
		}
		return x
	}, &v.Span)
}

// maxCopied is how much variables may stand for, all uses together: each may double what it is made of.
const maxCopied = 1 << 20

// expandAll is x with all variables in it replaced.
func (c *checker) expandAll(x ExprNode) ExprNode {
	return rewrite(x, c.expand, nil)
}

// rewrite copies x with f applied to everything in it, inside out. With at, all of the copy stands there.
func rewrite(x ExprNode, f func(ExprNode) ExprNode, at *Span) ExprNode {
	place := func(s Span) Span {
		if at != nil {
			return *at
		}
		return s
	}
	walk := func(x ExprNode) ExprNode {
		if x == nil {
			return nil
		}
		return rewrite(x, f, at)
	}
	all := func(list []ExprNode) []ExprNode {
		out := make([]ExprNode, len(list))
		for i, x := range list {
			out[i] = walk(x)
		}
		return out
	}
	switch n := x.(type) {
	case *WordNode:
		m := *n
		m.Span = place(n.Span)
		return f(&m)
	case *VarNode:
		return f(&VarNode{Span: place(n.Span), Name: n.Name})
	case *ConcatNode:
		return f(&ConcatNode{Span: place(n.Span), Parts: all(n.Parts)})
	case *ListNode:
		return f(&ListNode{Span: place(n.Span), Items: all(n.Items)})
	case *RangeNode:
		return f(&RangeNode{Span: place(n.Span), From: walk(n.From), To: walk(n.To)})
	case *PrefixNode:
		return f(&PrefixNode{Span: place(n.Span), X: walk(n.X), Len: walk(n.Len)})
	case *FlagsMaskNode:
		return f(&FlagsMaskNode{Span: place(n.Span), Value: walk(n.Value), Mask: walk(n.Mask)})
	case *BinaryNode:
		return f(&BinaryNode{Span: place(n.Span), Op: n.Op, X: walk(n.X), Y: walk(n.Y)})
	case *SetRefNode:
		m := *n
		m.Span = place(n.Span)
		return f(&m)
	case *VerdictNode:
		return f(&VerdictNode{Span: place(n.Span), Kind: n.Kind, Chain: walk(n.Chain)})
	case *CatchallNode:
		return f(&CatchallNode{Span: place(n.Span)})
	case *SetNode:
		m := &SetNode{Span: place(n.Span)}
		for _, e := range n.Elems {
			o := *e
			o.Span, o.Key, o.Data = place(e.Span), walk(e.Key), walk(e.Data)
			m.Elems = append(m.Elems, &o)
		}
		return f(m)
	}
	return f(x)
}
