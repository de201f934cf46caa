package nft

import (
	"strconv"
	"strings"
)

// BlockNode is `jump { RULES }` or `goto { RULES }`: a chain that is written where it is called.
type BlockNode struct {
	Span
	Kind  string // jump, goto
	Items []Item // *RuleDecl, and what may stand anywhere
}

// jumpBlock parses `jump { ... }`; nil if it does not stand here.
func (p *parser) jumpBlock() StmtNode {
	first := p.cur()
	if !first.isWord("jump") && !first.isWord("goto") || !p.peek(1).is("{") {
		return nil
	}
	p.advance()
	n := &BlockNode{Kind: first.text}
	n.Items = p.body(inChain, p.blockItem)
	n.Span = p.spanFrom(first)
	return n
}

// blockItem parses a line of such a chain: it has rules, and nothing else.
func (p *parser) blockItem() Item {
	if it, ok := p.common(p.blockItem); ok {
		return it
	}
	t := p.cur()
	if t.isWord("type") || t.isWord("policy") || t.isWord("comment") || t.isWord("flags") {
		p.fail(p.tokSpan(t), "give the chain a name for that, outside: `chain NAME { ... }`", "a chain in braces has rules only, no `%s`", t.text)
	}
	return p.rule()
}

func (n *BlockNode) print(p *printer) {
	p.str(n.Kind, " ")
	p.block(n.Items)
}

func (n *BlockNode) check(c *checker) Stmt {
	if c.chain.Anonymous {
		c.fail(n.Span, "give one of the two chains a name", "a chain in braces cannot be inside another: the kernel refuses it")
	}
	c.blocks[c.table]++
	ch := &Chain{Span: n.Span, Table: c.table, Name: "__chain" + strconv.Itoa(c.blocks[c.table]), Anonymous: true}
	c.table.Chains = append(c.table.Chains, ch)
	chain, rule, ctx, env := c.chain, c.inRule, c.ctx, c.env
	c.chain = ch
	var item func(Item)
	item = func(it Item) {
		if r, ok := it.(*RuleDecl); ok {
			c.append(c.rule(r))
			return
		}
		c.common(it, item)
	}
	for _, it := range n.Items {
		c.try(func() { item(it) })
	}
	c.leaveScope(env)
	c.chain, c.inRule, c.ctx = chain, rule, ctx
	return &VerdictStmt{Span: n.Span, Verdict: Verdict{Span: n.Span, Kind: verdictKinds[n.Kind], Chain: ch}}
}

// blockText is a chain in braces on one line: `{ tcp dport 22 accept; drop; }`.
func blockText(ch *Chain) string {
	var b strings.Builder
	b.WriteString("{ ")
	for _, r := range ch.Rules {
		b.WriteString(r.Text + "; ")
	}
	return b.String() + "}"
}
