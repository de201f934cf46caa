package nft

// origin is what an expression may be made of at a place.
type origin uint8

const (
	fromSelector  origin = iota // the left side of a match: selectors; constants only behind an operator
	fromStatement               // the value of a statement: selectors or constants
	fromConstant                // the right side of a match
)

// concat parses `a . b`, and a map lookup behind it.
func (p *parser) concat(from origin) ExprNode {
	first := p.cur()
	x := p.bitOr(from)
	if p.cur().is(".") {
		c := &ConcatNode{Parts: []ExprNode{x}}
		for p.accept(".") {
			c.Parts = append(c.Parts, p.bitOr(from))
		}
		c.Span = p.spanFrom(first)
		x = c
	}
	if from != fromConstant && p.cur().isWord("map") {
		p.advance()
		m := p.mapArg()
		x = &MapNode{Span: p.spanFrom(first), Key: x, Map: m}
	}
	return x
}

// mapArg parses the map of `map` and `vmap`.
func (p *parser) mapArg() ExprNode {
	switch t := p.cur(); {
	case t.is("{"):
		return p.set(false)
	case t.is("@"):
		return p.setRef()
	case t.is("$"):
		return p.variable()
	default:
		p.fail(p.tokSpan(t), "", "`{` or `@NAME` expected, found %s", t.describe())
	}
	return nil
}

// The operators on bits, loosest first; each level has a sign and a word.
var bitLevels = [...][]struct{ word, sign string }{
	{{"or", "|"}},
	{{"xor", "^"}},
	{{"and", "&"}},
	{{"lshift", "<<"}, {"rshift", ">>"}},
}

func (p *parser) bitOr(from origin) ExprNode {
	first := p.cur()
	x := p.primary(from)
	if p.bitSign() == "" {
		return x
	}
	return p.binary(from, 0, first, x)
}

// bitSign is the operator on bits that the current token is; "" if it is none.
func (p *parser) bitSign() string {
	t := p.cur()
	if t.kind != tPunct && t.kind != tName {
		return ""
	}
	for _, level := range bitLevels {
		for _, o := range level {
			if t.is(o.sign) || t.isWord(o.word) {
				return o.sign
			}
		}
	}
	return ""
}

// binary parses operators of a level and the tighter ones behind x, which begins at the token first; nil: x is yet to be
// parsed.
func (p *parser) binary(from origin, level int, first token, x ExprNode) ExprNode {
	if level == len(bitLevels) {
		if x == nil {
			x = p.primary(from)
		}
		return x
	}
	x = p.binary(from, level+1, first, x)
	for {
		op := ""
		for _, o := range bitLevels[level] {
			if p.cur().is(o.sign) || p.cur().isWord(o.word) {
				op = o.sign
			}
		}
		if op == "" {
			return x
		}
		p.advance()
		operand := from
		if from == fromSelector {
			operand = fromStatement
		}
		y := p.binary(operand, level+1, p.cur(), nil)
		x = &BinaryNode{Span: p.spanFrom(first), Op: op, X: x, Y: y}
	}
}

func (p *parser) primary(from origin) ExprNode {
	t := p.cur()
	switch {
	case t.is("("):
		p.advance()
		p.enter(t)
		x := p.bitOr(from)
		p.expect(")", "to close `(`")
		p.leave()
		return x
	case t.is("$"):
		return p.variable()
	case t.is("[") && from != fromSelector && p.peek(1).kind == tAddr && p.peek(2).is("]"): // as before a port
		p.advance()
		defer p.advance()
		return p.word(p.advance())
	case t.is("@") && from != fromConstant:
		return p.rawPayload()
	}
	if from != fromConstant && t.kind == tName {
		if parse, ok := selectorHeads[t.text]; ok && (from == fromSelector || p.selects(t)) {
			return parse(p)
		}
		if from == fromSelector {
			p.unknownSelector(t)
		}
	}
	switch t.kind {
	case tName, tNumber, tAddr, tTime, tQuoted, tWildcard:
		if from == fromSelector {
			hint := "a rule starts with what to look at, such as `ip saddr` or `tcp dport`"
			if t.kind == tQuoted && p.i > 0 && p.toks[p.i-1].isWord("log") {
				hint = "write `log prefix \"" + shorten(t.text) + "\"`"
			}
			p.fail(p.tokSpan(t), hint, "selector or statement expected, found %s", t.describe())
		}
		if w := p.classID(); w != nil {
			return w
		}
		if w := p.clock(); w != nil {
			return w
		}
		return p.word(p.advance())
	case tBad:
		p.unclosed(t)
		p.fail(p.tokSpan(t), "", "%s has no meaning here", t.describe())
	}
	hint := ""
	if t.ends() {
		hint = "the value is missing"
	}
	switch {
	case t.is("["):
		hint = "several values are written in braces: `{ 22, 80 }`"
	case t.is(":") && p.i > 1 && (p.toks[p.i-2].isWord("dport") || p.toks[p.i-2].isWord("sport")):
		hint = "a range is written with a `-`: `1024-65535`"
	}
	p.fail(p.tokSpan(t), hint, "value expected, found %s", t.describe())
	return nil
}

// classID parses `1:2` as the value of meta priority, a traffic class: both numbers are hexadecimal, so to the lexer it
// may be several tokens. Nil if there is none.
func (p *parser) classID() *WordNode {
	first := p.cur()
	if !p.classOK || first.kind == tAddr {
		return nil
	}
	end := first.off
	hex := func() bool {
		from := end
		for int(end) < len(p.src) && isHex(p.src[end]) {
			end++
		}
		return end > from && end-from <= 4
	}
	if !hex() || int(end) >= len(p.src) || p.src[end] != ':' {
		return nil
	}
	if end++; !hex() || int(end) < len(p.src) && p.src[end] != '-' && isNameByte(p.src[end]) {
		return nil
	}
	for p.cur().off < end {
		p.advance()
	}
	return &WordNode{Span: p.spanFrom(first), Kind: WordName, Text: p.src[first.off:end]}
}

// selects reports whether the word t, which starts selectors, starts one here, rather than being a value like `tcp`.
func (p *parser) selects(t token) bool {
	next := p.peek(1)
	if proto := protocolNamed(t.text); proto != nil {
		return next.kind == tName && (proto.field(next.text) != nil || proto.Name == "arp" || isOption(proto, next))
	}
	switch t.text {
	case "meta", "ct", "rt", "fib", "socket", "numgen", "jhash", "symhash":
		return next.kind == tName
	}
	return true
}

// unknownSelector reports a word at the start of an expression that starts none.
func (p *parser) unknownSelector(t token) {
	if p.behindOption() {
		p.fail(Span{p.pos(p.toks[p.i-2]), p.endPos(p.toks[p.i-1])}, iptablesCure, "this is the language of iptables")
	}
	if h := wordHabits[t.text]; h != "" {
		p.fail(p.tokSpan(t), h, "unknown statement or selector %s", t.describe())
	}
	var known []string
	for w := range selectorHeads {
		known = append(known, w)
	}
	for w := range statements {
		known = append(known, w)
	}
	known = append(known, verdictWords...)
	sortStrings(known)
	p.report(p.tokSpan(t), "unknown statement or selector "+t.describe(), func() string {
		if n := nearest(t.text, known); n != "" {
			return "did you mean `" + n + "`?"
		}
		return ""
	}())
	panic(bailout{})
}
