package nft

import "sort"

func sortStrings(s []string) { sort.Strings(s) }

// statements is how each statement that starts with a word of its own is parsed, the word being the current token.
// A new statement is a new file with its node, its checked form and an entry in its init.
var statements = map[string]func(p *parser, first token) StmtNode{}

func (p *parser) rule() Item {
	p.foreign()
	first := p.cur()
	r := &RuleDecl{}
	for {
		t := p.cur()
		if t.ends() || t.is("}") {
			break
		}
		if t.isWord("comment") {
			p.advance()
			r.Comment = p.commentText()
			if t := p.cur(); !t.ends() && !t.is("}") {
				p.fail(p.tokSpan(t), "the comment is the last word of a rule", "end of the rule expected after its comment, found %s", t.describe())
			}
			break
		}
		r.Stmts = append(r.Stmts, p.statement())
	}
	if len(r.Stmts) == 0 {
		p.fail(p.tokSpan(first), "", "rule expected, found %s", first.describe())
	}
	r.Span = p.spanFrom(first)
	return r
}

func (p *parser) statement() StmtNode {
	t := p.cur()
	if n := p.connLimit(); n != nil {
		return n
	}
	if n := p.jumpBlock(); n != nil {
		return n
	}
	if t.kind == tName {
		if parse, ok := statements[t.text]; ok {
			return parse(p, p.advance())
		}
		if v := p.verdict(); v != nil {
			return v
		}
		if t.text == "xt" {
			p.fail(p.tokSpan(t), "write what it does in nft's language: `iptables-translate` helps", "`xt` is a rule of iptables in nft's listing: no nft can load it")
		}
	}
	return p.exprStatement()
}

// verdictWords take no argument, but for jump and goto.
var verdictWords = []string{"accept", "drop", "continue", "return", "jump", "goto"}

// verdict parses a verdict; nil if the current token is none.
func (p *parser) verdict() *VerdictNode {
	t := p.cur()
	if t.kind != tName {
		return nil
	}
	v := &VerdictNode{Kind: t.text}
	switch t.text {
	case "accept", "drop", "continue", "return":
		p.advance()
	case "jump", "goto":
		p.advance()
		switch n := p.cur(); {
		case n.is("$"):
			v.Chain = p.variable()
		case n.is("{"):
			p.fail(p.tokSpan(n), "give it a name, outside: `chain NAME { ... }`", "a chain in braces stands in a rule, not in a map")
		default:
			v.Chain = p.identifier("name of the chain")
		}
	default:
		return nil
	}
	v.Span = p.spanFrom(t)
	return v
}

var relations = []struct{ word, sign string }{
	{"eq", "=="}, {"ne", "!="}, {"le", "<="}, {"ge", ">="}, {"lt", "<"}, {"gt", ">"}, {"not", "!"},
}

// exprStatement parses a statement that starts with an expression: a match, a vmap, or `set`.
func (p *parser) exprStatement() StmtNode {
	first := p.cur()
	left := p.concat(fromSelector)
	switch {
	case p.acceptWord("vmap"):
		m := p.mapArg()
		return &VmapNode{Span: p.spanFrom(first), Key: left, Map: m}
	case p.cur().isWord("set"):
		p.advance()
		p.classOK = selectorIs(left, "priority")
		v := p.concat(fromStatement)
		p.classOK = false
		if p.cur().is(",") { // `ct event set new,destroy`
			v = p.valueList(first, v)
		}
		return &AssignNode{Span: p.spanFrom(first), Target: left, Value: v}
	}
	m := &MatchNode{Left: left}
	for _, r := range relations {
		if p.cur().is(r.sign) || p.cur().isWord(r.word) {
			m.Op = r.sign
			p.advance()
			break
		}
	}
	if t := p.cur(); t.is("=") {
		p.fail(p.tokSpan(t), "a comparison is `==`, or nothing at all", "`=` does not compare")
	}
	if t := p.cur(); t.ends() || t.is("}") {
		p.fail(p.tokSpan(t), "", "value expected after `%s`, found %s", p.text(first), t.describe())
	}
	p.classOK, p.clockOK = selectorIs(left, "priority"), selectorIs(left, "hour")
	m.Right = p.value(true)
	p.classOK, p.clockOK = false, false
	m.Span = p.spanFrom(first)
	return m
}

// text is the source from the token first to the token before the current one.
func (p *parser) text(first token) string {
	if p.i == 0 {
		return first.text
	}
	end := p.toks[p.i-1].end
	if end < first.off {
		return first.text
	}
	return p.src[first.off:end]
}

func selectorIs(x ExprNode, last string) bool {
	s, ok := x.(*SelectorNode)
	return ok && s.Words[len(s.Words)-1].Text == last
}
