package nft

import (
	"encoding/binary"
	"strconv"
)

// The places of enum nft_exthdr_op that are no extension headers.
const (
	ExthdrSCTP ExthdrOp = 3 // the chunks of SCTP
	ExthdrDCCP ExthdrOp = 4 // the options of DCCP
)

var (
	chunkCommon = []Field{integer("type", 0, 8), integer("flags", 8, 8), integer("length", 16, 16)}
	chunkInit   = []Field{integer("init-tag", 32, 32), integer("a-rwnd", 64, 32), integer("num-outbound-streams", 96, 16),
		integer("num-inbound-streams", 112, 16), integer("initial-tsn", 128, 32)}
	chunkSeqno = []Field{integer("seqno", 32, 32)}
)

// sctpChunks are the chunks of SCTP (RFC 9260, RFC 3758, RFC 5061), as in src/sctp_chunk.c of nft; all have
// chunkCommon too.
var sctpChunks = []extension{
	{"data", 0, []Field{integer("tsn", 32, 32), integer("stream", 64, 16), integer("ssn", 80, 16), integer("ppid", 96, 32)}},
	{"init", 1, chunkInit},
	{"init-ack", 2, chunkInit},
	{"sack", 3, []Field{integer("cum-tsn-ack", 32, 32), integer("a-rwnd", 64, 32), integer("num-gap-ack-blocks", 96, 16), integer("num-dup-tsns", 112, 16)}},
	{"heartbeat", 4, nil},
	{"heartbeat-ack", 5, nil},
	{"abort", 6, nil},
	{"shutdown", 7, []Field{integer("cum-tsn-ack", 32, 32)}},
	{"shutdown-ack", 8, nil},
	{"error", 9, nil},
	{"cookie-echo", 10, nil},
	{"cookie-ack", 11, nil},
	{"ecne", 12, []Field{integer("lowest-tsn", 32, 32)}},
	{"cwr", 13, []Field{integer("lowest-tsn", 32, 32)}},
	{"shutdown-complete", 14, nil},
	{"asconf-ack", 128, chunkSeqno},
	{"forward-tsn", 192, []Field{integer("new-cum-tsn", 32, 32)}},
	{"asconf", 193, chunkSeqno},
}

func chunkFields(x *extension) *extension {
	return &extension{fields: append(append([]Field(nil), chunkCommon...), x.fields...)}
}

// chunk parses what follows `sctp` in `sctp chunk data tsn`.
func (p *parser) chunk(first token) ExprNode {
	n := &SelectorNode{Words: []*WordNode{p.word(first), p.word(p.advance())}}
	kind := p.oneOf("chunk of sctp", extensionNames(sctpChunks)...)
	n.Words = append(n.Words, kind)
	x := chunkFields(extensionNamed(sctpChunks, kind.Text))
	switch t := p.cur(); {
	case t.kind == tName && x.field(t.text) != nil:
		n.Words = append(n.Words, p.word(p.advance()))
	case t.kind == tName && nearest(t.text, x.fieldNames()) != "":
		p.failWord(t, "field of sctp chunk "+kind.Text, x.fieldNames())
	}
	n.Span = p.spanFrom(first)
	return n
}

// dccpOption parses what follows `dccp` in `dccp option 5`.
func (p *parser) dccpOption(first token) ExprNode {
	n := &SelectorNode{Words: []*WordNode{p.word(first), p.word(p.advance())}}
	w := p.numberWord("number of the option")
	if _, err := strconv.ParseUint(w.Text, 0, 8); err != nil {
		p.fail(w.Span, "", "an option of DCCP has a number from 0 to 255")
	}
	n.Words = append(n.Words, w)
	n.Span = p.spanFrom(first)
	return n
}

func init() {
	selectorChecks["sctp"] = func(c *checker, n *SelectorNode, words []string) Expr {
		if words[1] != "chunk" {
			return nil
		}
		x := extensionNamed(sctpChunks, words[2])
		full := chunkFields(x)
		full.number = x.number
		field := ""
		if len(words) > 3 {
			field = words[3]
		}
		e := extensionExpr(ExthdrSCTP, full, field)
		e.Span, e.name = n.Span, n.canonical()
		return e
	}
	selectorChecks["dccp"] = func(c *checker, n *SelectorNode, words []string) Expr {
		if words[1] != "option" {
			return nil
		}
		number, _ := strconv.ParseUint(words[2], 0, 8) // the parser has seen to that
		e := extensionExpr(ExthdrDCCP, &extension{number: uint8(number)}, "")
		e.Span, e.name = n.Span, n.canonical()
		return e
	}
}

const (
	protoNumberSCTP = 132
	protoNumberDCCP = 33
)

// hasL4 is known if the kernel takes the transport header for one of a protocol.
func (p *Packet) hasL4(number byte, name string) value {
	t := p.transport()
	if v := t.protocol(); v.has != known {
		return v
	}
	if t.proto != number {
		return isBroken("the packet is not " + name)
	}
	return t.present()
}

// transportBytes is the transport header as far as it was recorded.
func (p *Packet) transportBytes() []byte {
	if t := p.transport(); len(p.TH) == 0 && t.offset > 0 && t.offset < len(p.NH) {
		return p.NH[t.offset:]
	}
	return p.TH
}

// sctpChunk is nft_exthdr_sctp_eval: the first chunk of the type.
func (p *Packet) sctpChunk(e *Exthdr) value {
	if v := p.hasL4(protoNumberSCTP, "SCTP"); v.has != known {
		return e.without(v)
	}
	th := p.transportBytes()
	end := -1 // of the packet, in bytes from the transport header
	if t := p.transport(); p.Meta.Len.Known && t.offset > 0 {
		end = int(p.Meta.Len.V) - t.offset
	}
	for at := 12; end < 0 || at < end; {
		if at+4 > len(th) {
			if end >= 0 && at+4 > end {
				break
			}
			return isUnknown(notRecorded)
		}
		size := int(binary.BigEndian.Uint16(th[at+2:]))
		if th[at] == e.Number {
			switch {
			case e.Present:
			case (e.Offset+e.Len)/8 > size:
				return isBroken("the SCTP chunk is shorter")
			case end >= 0 && at+size > end:
				return isBroken("the packet ends before that")
			}
			return e.take(th[at:])
		}
		if size == 0 {
			break
		}
		at += (size + 3) &^ 3
	}
	return e.without(isBroken("the packet has no such SCTP chunk"))
}

// dccpHas is nft_exthdr_dccp_eval (net/netfilter/nft_exthdr.c): whether an option is there.
func (p *Packet) dccpHas(e *Exthdr) value {
	if v := p.hasL4(protoNumberDCCP, "DCCP"); v.has != known {
		return e.without(v)
	}
	return isUnknown("the options of DCCP are not looked at")
}
