package nft

import (
	"strconv"
	"strings"
)

// extensionSelector checks `exthdr frag`, `frag id`, `tcp option maxseg size` and the like; nil if it is none of them.
func (c *checker) extensionSelector(n *SelectorNode, words []string) Expr {
	var e *Exthdr
	switch {
	case words[0] == "exthdr":
		e = extensionExpr(ExthdrIPv6, extensionNamed(ip6Extensions, words[1]), "")
	case len(words) > 2 && words[1] == "option":
		words = append(words, "")
		if words[0] == "ip" {
			e = extensionExpr(ExthdrIPv4, extensionNamed(ipExtensions, words[2]), words[3])
			break
		}
		if strings.HasPrefix(words[2], "@") {
			e = c.rawOptionExpr(n, words[2])
			break
		}
		x := extensionNamed(tcpExtensions, words[2])
		if x == nil {
			number, _ := strconv.ParseUint(words[2], 0, 8) // the parser has seen to that
			x = &extension{number: uint8(number), fields: optionLength}
		}
		e = extensionExpr(ExthdrTCP, x, words[3])
	default:
		x := extensionNamed(ip6Extensions, words[0])
		if x == nil || len(words) != 2 || x.field(words[1]) == nil {
			return nil
		}
		e = extensionExpr(ExthdrIPv6, x, words[1])
	}
	e.Span, e.name = n.Span, n.canonical()
	switch e.Op {
	case ExthdrIPv6:
		c.needFamily(n.Span, e.name, FamilyIP6)
	case ExthdrIPv4:
		c.needFamily(n.Span, e.name, FamilyIP)
	case ExthdrTCP: // nft adds no match of the protocol: other packets have no such option
	}
	return e
}

func extensionExpr(op ExthdrOp, x *extension, field string) *Exthdr {
	e := &Exthdr{Op: op, Number: x.number}
	f := x.field(field)
	if f == nil {
		e.Present, e.Len, e.typ = true, 8, TypeBoolean
		return e
	}
	e.Offset, e.Len, e.typ = f.Offset, f.Len, f.Type
	return e
}

// settableOption checks that the kernel writes this option (net/netfilter/nft_exthdr.c, nft_exthdr_tcp_set_init).
func (c *checker) settableOption(e *Exthdr) {
	switch {
	case e.Op != ExthdrTCP || e.Present:
		c.fail(e.Span, "of such headers only fields of `tcp option` can be set", "`%s` cannot be set", e)
	case e.Offset < 16 || e.Len != 16 && e.Len != 32:
		c.fail(e.Span, "the kernel writes fields of 2 or 4 bytes", "`%s` cannot be set", e)
	}
}

// optionValue is the type that the value of `tcp option ... set` has: nft turns `rt mtu` into network order.
func (c *checker) optionValue(e *Exthdr, value ExprNode) *Datatype {
	if n, ok := value.(*SelectorNode); ok && n.canonical() == "rt mtu" && e.Len == 16 {
		return typeHost16
	}
	return e.typ
}
