package nft

import "strings"

// selectorHeads is how each selector is parsed, by the word it starts with, which is the current token. The entries
// come from the tables of protocols, meta keys and ct keys, and from the files of the other selectors.
var selectorHeads = map[string]func(p *parser) ExprNode{}

// selectorChecks are the checks of selectors that have a file of their own, by the word they start with. One may leave
// a selector to the others by returning nil.
var selectorChecks = map[string]func(c *checker, n *SelectorNode, words []string) Expr{}

func init() {
	for _, proto := range protocols {
		selectorHeads[proto.Name] = func(p *parser) ExprNode { return p.payload(proto) }
	}
}

func (p *parser) payload(proto *Protocol) ExprNode {
	first := p.advance()
	t := p.cur()
	if isOption(proto, t) {
		return p.option(first)
	}
	switch {
	case proto.Name == "sctp" && t.isWord("chunk"):
		return p.chunk(first)
	case proto.Name == "dccp" && t.isWord("option"):
		return p.dccpOption(first)
	}
	if t.kind != tName {
		p.failWord(t, "field of "+proto.Name, proto.fieldNames())
	}
	n := &SelectorNode{Words: []*WordNode{p.word(first)}}
	if next := p.peek(1); next.kind == tName && proto.field(t.text+" "+next.text) != nil {
		n.Words = append(n.Words, p.word(p.advance()), p.word(p.advance()))
	} else if proto.field(t.text) != nil {
		n.Words = append(n.Words, p.word(p.advance()))
	} else {
		p.failWord(t, "field of "+proto.Name, proto.fieldNames())
	}
	n.Span = p.spanFrom(first)
	return n
}

// rawPayload parses `@th,16,16`.
func (p *parser) rawPayload() ExprNode {
	first := p.advance()
	n := &RawPayloadNode{}
	if t := p.cur(); t.kind == tName && rawBases[t.text] == 0 && t.text != "ll" {
		p.failWord(t, "header behind `@` (a set is named on the right of a match)", []string{"ll", "nh", "th", "ih"})
	}
	n.Base = p.oneOf("header", "ll", "nh", "th", "ih")
	p.expect(",", "in a raw payload")
	n.Offset = p.numberWord("offset in bits")
	p.expect(",", "in a raw payload")
	n.Len = p.numberWord("length in bits")
	n.Span = p.spanFrom(first)
	return n
}

var rawBases = map[string]HeaderBase{"ll": LinkHeader, "nh": NetworkHeader, "th": TransportHeader, "ih": InnerHeader}

// canonical is the selector as it is printed.
func (n *SelectorNode) canonical() string { return strings.Join(n.words(), " ") }

func (n *SelectorNode) words() []string {
	w := make([]string, len(n.Words))
	for i, x := range n.Words {
		w[i] = x.Text
	}
	return w
}
