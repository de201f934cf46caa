package nft

func init() {
	selectorHeads["numgen"] = (*parser).numgen
	selectorHeads["jhash"] = (*parser).hash
	selectorHeads["symhash"] = (*parser).hash
}

func (p *parser) numgen() ExprNode {
	first := p.advance()
	n := &NumgenNode{Mode: p.oneOf("mode of numgen", "inc", "random")}
	if !p.acceptWord("mod") {
		p.fail(p.tokSpan(p.cur()), "write `numgen inc mod 2`", "`mod` expected, found %s", p.cur().describe())
	}
	n.Mod = p.numberWord("number")
	if p.acceptWord("offset") {
		n.Offset = p.numberWord("offset")
	}
	n.Span = p.spanFrom(first)
	return n
}

func (p *parser) hash() ExprNode {
	first := p.advance()
	n := &HashNode{}
	if first.text == "jhash" {
		n.X = p.concat(fromSelector)
	}
	if !p.acceptWord("mod") {
		p.fail(p.tokSpan(p.cur()), "write `"+first.text+" ... mod 2`", "`mod` expected, found %s", p.cur().describe())
	}
	n.Mod = p.numberWord("number")
	if n.X != nil && p.acceptWord("seed") {
		n.Seed = p.numberWord("seed")
	}
	if p.acceptWord("offset") {
		n.Offset = p.numberWord("offset")
	}
	n.Span = p.spanFrom(first)
	return n
}
