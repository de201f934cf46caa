package nft

import (
	"strconv"
	"strings"
)

// ExthdrOp is where an extension header or option is looked for (enum nft_exthdr_op).
type ExthdrOp uint32

// The places.
const (
	ExthdrIPv6 ExthdrOp = 0 // the extension headers of IPv6
	ExthdrTCP  ExthdrOp = 1 // the options of TCP
	ExthdrIPv4 ExthdrOp = 2 // the options of IPv4
)

// Exthdr reads an extension header of IPv6, or an option of TCP or IPv4: `frag id`, `tcp option maxseg size`.
type Exthdr struct {
	Span
	Op      ExthdrOp
	Number  uint8 // of the header or the option
	Offset  int   // bits from its start
	Len     int   // bits
	Present bool  // only whether it is there is read: `exthdr frag exists`, `tcp option sack-perm exists`
	typ     *Datatype
	name    string
}

// Type is the type of the field, or boolean.
func (e *Exthdr) Type() *Datatype { return e.typ }
func (e *Exthdr) String() string  { return e.name }

// extension is an extension header or an option, with its fields.
type extension struct {
	name   string
	number uint8
	fields []Field
}

func (x *extension) field(name string) *Field {
	for i := range x.fields {
		if x.fields[i].Name == name {
			return &x.fields[i]
		}
	}
	return nil
}

// The extension headers of IPv6 (RFC 8200, RFC 6275), as in src/exthdr.c of nft.
var ip6Extensions = []extension{
	{"hbh", nextHop, []Field{typed("nexthdr", TypeInetProto, 0), integer("hdrlength", 8, 8)}},
	{"rt", nextRouting, []Field{typed("nexthdr", TypeInetProto, 0), integer("hdrlength", 8, 8), integer("type", 16, 8), integer("seg-left", 24, 8)}},
	{"frag", nextFragment, []Field{typed("nexthdr", TypeInetProto, 0), integer("reserved", 8, 8), integer("frag-off", 16, 13),
		integer("reserved2", 29, 2), integer("more-fragments", 31, 1), integer("id", 32, 32)}},
	{"dst", nextDest, []Field{typed("nexthdr", TypeInetProto, 0), integer("hdrlength", 8, 8)}},
	{"mh", 135, []Field{typed("nexthdr", TypeInetProto, 0), integer("hdrlength", 8, 8), typed("type", TypeMHType, 16),
		integer("reserved", 24, 8), integer("checksum", 32, 16)}},
}

// The options of TCP, as in src/tcpopt.c of nft. The first of a number is its name.
var tcpExtensions = []extension{
	{"eol", 0, nil},
	{"nop", 1, nil},
	{"maxseg", 2, []Field{integer("length", 8, 8), integer("size", 16, 16)}},
	{"window", 3, []Field{integer("length", 8, 8), integer("count", 16, 8)}},
	{"sack-perm", 4, []Field{integer("length", 8, 8)}},
	{"sack", 5, []Field{integer("length", 8, 8), integer("left", 16, 32), integer("right", 48, 32)}},
	{"sack1", 5, []Field{integer("length", 8, 8), integer("left", 80, 32), integer("right", 112, 32)}},
	{"sack2", 5, []Field{integer("length", 8, 8), integer("left", 144, 32), integer("right", 176, 32)}},
	{"sack3", 5, []Field{integer("length", 8, 8), integer("left", 208, 32), integer("right", 240, 32)}},
	{"timestamp", 8, []Field{integer("length", 8, 8), integer("tsval", 16, 32), integer("tsecr", 48, 32)}},
	{"md5sig", 19, []Field{integer("length", 8, 8)}},
	{"mptcp", 30, []Field{integer("length", 8, 8), typed("subtype", TypeMPTCPSubtype, 16)}},
	{"fastopen", 34, []Field{integer("length", 8, 8)}},
}

// tcpAliases are other names of options.
var tcpAliases = map[string]string{"sack-permitted": "sack-perm", "sack0": "sack", "noop": "nop", "echo": "timestamp", "mss": "maxseg"}

// The options of IPv4, as in src/ipopt.c of nft.
var ipExtensions = []extension{
	{"rr", 7, routeFields},
	{"lsrr", 131, routeFields},
	{"ssrr", 137, routeFields},
	{"ra", 148, []Field{integer("type", 0, 8), integer("length", 8, 8), integer("value", 16, 16)}},
}

var routeFields = []Field{integer("type", 0, 8), integer("length", 8, 8), integer("ptr", 16, 8), typed("addr", TypeIPv4Addr, 24)}

func extensionNamed(list []extension, name string) *extension {
	for i := range list {
		if list[i].name == name {
			return &list[i]
		}
	}
	return nil
}

func extensionNames(list []extension) []string {
	out := make([]string, len(list))
	for i := range list {
		out[i] = list[i].name
	}
	return out
}

func (x *extension) fieldNames() []string {
	out := make([]string, len(x.fields))
	for i := range x.fields {
		out[i] = x.fields[i].Name
	}
	return out
}

func init() {
	for i := range ip6Extensions {
		x := &ip6Extensions[i]
		if x.name != "rt" { // which is also the route of a packet
			selectorHeads[x.name] = func(p *parser) ExprNode { return p.extension(x) }
		}
	}
	selectorHeads["exthdr"] = func(p *parser) ExprNode {
		first := p.advance()
		n := &SelectorNode{Words: []*WordNode{p.word(first), p.oneOf("extension header", extensionNames(ip6Extensions)...)}}
		n.Span = p.spanFrom(first)
		return n
	}
}

// extension parses `frag id`.
func (p *parser) extension(x *extension) ExprNode {
	first := p.advance()
	n := &SelectorNode{Words: []*WordNode{p.word(first), p.oneOf("field of "+x.name, x.fieldNames()...)}}
	n.Span = p.spanFrom(first)
	return n
}

// isOption reports whether the next words are `tcp option` or `ip option`.
func isOption(proto *Protocol, next token) bool {
	return next.isWord("option") && (proto == protoTCP || proto == protoIP)
}

// option parses what follows `tcp` in `tcp option maxseg size`, and the same of ip.
func (p *parser) option(first token) ExprNode {
	n := &SelectorNode{Words: []*WordNode{p.word(first), p.word(p.advance())}}
	list := tcpExtensions
	if first.text == "ip" {
		list = ipExtensions
	}
	var kind *WordNode
	if first.text == "tcp" {
		kind = p.tcpOption()
	} else {
		kind = p.oneOf("option of ip", extensionNames(list)...)
	}
	n.Words = append(n.Words, kind)
	x := extensionNamed(list, kind.Text)
	if x == nil && kind.Kind == WordNumber {
		x = &extension{fields: optionLength}
	}
	if x != nil && p.cur().kind == tName && x.field(p.cur().text) != nil {
		n.Words = append(n.Words, p.word(p.advance()))
	} else if t := p.cur(); x != nil && t.kind == tName && nearest(t.text, x.fieldNames()) != "" {
		p.failWord(t, "field of "+first.text+" option "+x.name, x.fieldNames())
	}
	n.Span = p.spanFrom(first)
	return n
}

// tcpOption parses the name or the number of an option of TCP.
func (p *parser) tcpOption() *WordNode {
	t := p.cur()
	switch {
	case t.is("@"):
		return p.rawOption()
	case t.kind == tNumber:
		w := p.word(p.advance())
		v, err := strconv.ParseUint(w.Text, 0, 8)
		if err != nil {
			p.fail(w.Span, "", "an option of TCP has a number from 0 to 255")
		}
		for _, x := range tcpExtensions {
			if uint64(x.number) == v {
				w.Kind, w.Text = WordName, x.name
				break
			}
		}
		return w
	case t.kind == tName && tcpAliases[t.text] != "":
		w := p.word(p.advance())
		w.Text = tcpAliases[w.Text]
		return w
	}
	return p.oneOf("option of tcp", extensionNames(tcpExtensions)...)
}

// optionLength is what nft knows of options without a name.
var optionLength = []Field{integer("length", 8, 8)}

// rawOption parses `@255,8,8` behind `tcp option`: bits of an option.
func (p *parser) rawOption() *WordNode {
	first := p.advance()
	if t := p.cur(); t.is("@") {
		p.fail(p.tokSpan(t), "write `tcp option @255,8,8`", "name or number of an option expected, found `@`")
	}
	kind := p.tcpOption()
	if kind.Kind == WordName {
		if x := extensionNamed(tcpExtensions, kind.Text); x != nil {
			kind.Text = strconv.Itoa(int(x.number))
		}
	}
	text := "@" + kind.Text
	for _, what := range []string{"offset in bits", "length in bits"} {
		p.expect(",", "in raw bits of an option")
		text += "," + p.numberWord(what).Text
	}
	return &WordNode{Span: p.spanFrom(first), Kind: WordName, Text: text}
}

// rawOptionExpr checks `tcp option @255,8,8`.
func (c *checker) rawOptionExpr(n *SelectorNode, text string) *Exthdr {
	var numbers [3]uint64
	for i, s := range strings.Split(text[1:], ",") {
		v, err := parseUint(s)
		if err != nil || v > 1<<16 {
			c.fail(n.Words[2].Span, "", "%s is out of range", s)
		}
		numbers[i] = v
	}
	if numbers[2] == 0 || numbers[2] > 8*maxRawBytes {
		c.fail(n.Words[2].Span, "", "the length is 1 to %d bits", 8*maxRawBytes)
	}
	e := &Exthdr{Op: ExthdrTCP, Number: uint8(numbers[0]), Offset: int(numbers[1]), Len: int(numbers[2])}
	e.typ = TypeInteger.withBits(e.Len, BigEndian)
	return e
}
