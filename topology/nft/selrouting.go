package nft

import "strconv"

// This file has the routing headers of IPv6 beside `rt`: they are one extension header, and nft looks at no more than
// its number (src/exthdr.c of nft).

const maxSegment = 127 // a header has at most 255 times 8 bytes behind the first 8, and an address 16

var routingFields = map[string][]Field{
	"rt0": nil, // addr[N]
	"rt2": {typed("addr", TypeIPv6Addr, 64)},
	"srh": {integer("last-entry", 32, 8), integer("flags", 40, 8), integer("tag", 48, 16)}, // and sid[N]
}

// routingLists are the fields that are counted, from 1.
var routingLists = map[string]string{"rt0": "addr", "srh": "sid"}

func init() {
	for _, name := range []string{"rt0", "rt2", "srh"} {
		selectorHeads[name] = (*parser).routingHeader
		selectorChecks[name] = (*checker).routingHeader
	}
}

func (p *parser) routingHeader() ExprNode {
	first := p.advance()
	n := &SelectorNode{Words: []*WordNode{p.word(first)}}
	x := extension{fields: routingFields[first.text]}
	list := routingLists[first.text]
	names := x.fieldNames()
	if list != "" {
		names = append(names, list)
	}
	w := p.oneOf("field of "+first.text, names...)
	if w.Text == list {
		p.expect("[", "behind `"+list+"`")
		number := p.numberWord("number of the address")
		p.expect("]", "behind the number")
		w.Text += "[" + number.Text + "]"
		if v, err := parseUint(number.Text); err != nil || v < 1 || v > maxSegment {
			p.fail(number.Span, "", "the addresses are counted from 1 to %d", maxSegment)
		} else {
			w.Text = list + "[" + strconv.FormatUint(v, 10) + "]"
		}
		w.End = number.End
	}
	n.Words = append(n.Words, w)
	n.Span = p.spanFrom(first)
	return n
}

func (c *checker) routingHeader(n *SelectorNode, words []string) Expr {
	e := &Exthdr{Span: n.Span, Op: ExthdrIPv6, Number: nextRouting, name: n.canonical()}
	x := extension{fields: routingFields[words[0]]}
	if f := x.field(words[1]); f != nil {
		e.Offset, e.Len, e.typ = f.Offset, f.Len, f.Type
	} else { // the parser has seen to the form
		list := routingLists[words[0]]
		number, _ := strconv.Atoi(words[1][len(list)+1 : len(words[1])-1])
		e.Offset, e.Len, e.typ = 64+128*(number-1), 128, TypeIPv6Addr
	}
	c.needFamily(n.Span, e.name, FamilyIP6)
	return e
}
