package nft

import "strings"

// selectorHeads is how each selector is parsed, by the word it starts with, which is the current token. The entries
// come from the tables of protocols, meta keys and ct keys, and from the files of the other selectors.
var selectorHeads = map[string]func(p *parser) ExprNode{}

// laterSelectors are those that nft knows and this package does not yet.
var laterSelectors = []string{"osf", "ipsec", "srh", "rt0", "rt2", "rt4", "gre", "gretap", "vxlan", "geneve"}

func init() {
	for _, proto := range protocols {
		selectorHeads[proto.Name] = func(p *parser) ExprNode { return p.payload(proto) }
	}
	for _, w := range laterSelectors {
		selectorHeads[w] = func(p *parser) ExprNode {
			p.unsupported(p.tokSpan(p.cur()), "`"+w+"`")
			return nil
		}
	}
}

// laterFields are words behind a protocol that start something else than a field of its header.
var laterFields = map[string]bool{"sctp chunk": true}

func (p *parser) payload(proto *Protocol) ExprNode {
	first := p.advance()
	t := p.cur()
	if isOption(proto, t) {
		return p.option(first)
	}
	if laterFields[proto.Name+" "+t.text] {
		p.advance()
		p.unsupported(p.spanFrom(first), "`"+proto.Name+" "+t.text+"`")
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
	if t := p.cur(); t.kind == tName && rawBases[t.text] == 0 && t.text != "ll" && t.text != "ih" {
		p.failWord(t, "header behind `@` (a set is named on the right of a match)", []string{"ll", "nh", "th"})
	}
	n.Base = p.oneOf("header", "ll", "nh", "th", "ih")
	if n.Base.Text == "ih" {
		p.unsupported(p.spanFrom(first), "`@ih`")
	}
	p.expect(",", "in a raw payload")
	n.Offset = p.numberWord("offset in bits")
	p.expect(",", "in a raw payload")
	n.Len = p.numberWord("length in bits")
	n.Span = p.spanFrom(first)
	return n
}

var rawBases = map[string]HeaderBase{"ll": LinkHeader, "nh": NetworkHeader, "th": TransportHeader}

// canonical is the selector as it is printed.
func (n *SelectorNode) canonical() string { return strings.Join(n.words(), " ") }

func (n *SelectorNode) words() []string {
	w := make([]string, len(n.Words))
	for i, x := range n.Words {
		w[i] = x.Text
	}
	return w
}
