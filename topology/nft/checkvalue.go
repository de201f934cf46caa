package nft

import (
	"bytes"
	"errors"
	"math/bits"
	"strings"
)

// number reads a plain number of so many bits.
func (c *checker) number(w *WordNode, size int) uint64 { return c.scaled(w, 1, size) }

// scaled reads a number of units; the product has so many bits.
func (c *checker) scaled(w *WordNode, unit uint64, size int) uint64 {
	v, err := parseUint(w.Text)
	if err != nil && !isNumber(w.Text) {
		c.fail(w.Span, "", "`%s` is not a number", w.Text)
	}
	high, low := bits.Mul64(v, unit)
	if err != nil || high != 0 || bits.Len64(low) > size {
		c.fail(w.Span, "", "%s is out of range: at most %d", w.Text, (uint64(1)<<(size-1)-1+uint64(1)<<(size-1))/unit)
	}
	return low
}

func isNumber(s string) bool {
	if s == "" || !isDigit(s[0]) {
		return false
	}
	return strings.HasPrefix(s, "0x") || strings.Trim(s, "0123456789") == "" && s[0] != '0'
}

// wordOf is x as one word.
func (c *checker) wordOf(x ExprNode, what string) *WordNode {
	n := c.expand(x)
	w, ok := n.(*WordNode)
	if !ok {
		c.fail(n.Range(), "", "%s expected", what)
	}
	return w
}

// constVal is a value in network order, or what cannot be turned into one here.
type constVal struct {
	be       []byte
	symbol   string // a name that only the machine can resolve
	wildcard bool   // be is what an interface name starts with
	utc      bool   // be is a time that was written as a number
}

// constant reads a word as a value of type d.
func (c *checker) constant(w *WordNode, d *Datatype) constVal {
	if w.Kind == WordName && reserved[w.Text] {
		if _, ok := d.symbols.value(w.Text); !ok {
			hint := ""
			if d.Base == BaseString || d == TypeIfIndex || d == TypeUID || d == TypeGID {
				hint = "the value is missing; if it is meant, write it in quotes"
			}
			c.fail(w.Span, hint, "`%s` is a word of nft's own, not a value of type %s", w.Text, d)
		}
	}
	if d.Base == BaseString && w.Kind != WordAddr {
		if stem, ok := strings.CutSuffix(w.Text, "*"); ok && !strings.HasSuffix(stem, `\`) {
			switch {
			case stem == "":
				c.fail(w.Span, "leave the match out: it is true for all", "`*` alone is no pattern")
			case len(stem) > 15:
				c.fail(w.Span, "", "`%s` is longer than 15 bytes", stem)
			}
			return constVal{be: []byte(stem), wildcard: true}
		}
	}
	data, symbol, err := d.codec.parse(d, w, d.Bits)
	if err != nil {
		hint := ""
		var unknown *unknownSymbol
		if errors.As(err, &unknown) {
			hint = c.symbolHint(w, d)
		}
		c.fail(w.Span, hint, "%s", err.Error())
	}
	if symbol != "" && d == TypeIfIndex {
		c.rs.Devices = append(c.rs.Devices, Device{w.Span, symbol})
	}
	return constVal{be: data, symbol: symbol, utc: isClock(d) && w.Kind == WordNumber}
}

// symbolHint says what could have been written instead of a word that is no value of a type.
func (c *checker) symbolHint(w *WordNode, d *Datatype) string {
	if b := c.env.find(w.Text); b != nil {
		return "did you mean `$" + w.Text + "`?"
	}
	if d.codecIsService() {
		if n := nearest(w.Text, d.symbols.names()); n != "" {
			return "did you mean `" + n + "`? Otherwise write the number of the port"
		}
		return "write the number of the port"
	}
	return didYouMean(w.Text, d.symbols.names())
}

// newConst makes the constant of a value.
func newConst(s Span, d *Datatype, v constVal) *Const {
	k := &Const{Span: s, typ: d, Symbol: v.symbol, Wildcard: v.wildcard, UTC: v.utc}
	switch {
	case v.symbol != "":
		k.text = `"` + v.symbol + `"`
	case v.wildcard:
		k.Data = v.be
		k.text = `"` + string(v.be) + `*"`
	default:
		k.Data = d.nativeOrder(v.be)
		k.text = d.format(v.be)
	}
	return k
}

// network is the value in network order.
func (e *Const) network() []byte { return e.typ.nativeOrder(e.Data) }

// value checks a constant of type d: a *Const, *Prefix, *Range, or a *ConcatExpr of these.
func (c *checker) value(x ExprNode, d *Datatype) Expr {
	x = c.expand(x)
	if d.Base == BaseConcat {
		return c.concatValue(x, d)
	}
	switch n := x.(type) {
	case *WordNode:
		return newConst(n.Span, d, c.constant(n, d))
	case *ListNode, *BinaryNode:
		return newConst(n.Range(), d, constVal{be: c.fold(n, d)})
	case *PrefixNode:
		return c.prefix(n, d)
	case *RangeNode:
		return c.rangeValue(n, d)
	case *ConcatNode:
		c.fail(n.Span, "", "one value of type %s is wanted, not %d", d, len(n.Parts))
	case *SetNode:
		c.fail(n.Span, "", "one value of type %s is wanted, not a set", d)
	default:
		c.fail(n.Range(), "", "a value of type %s is wanted", d)
	}
	return nil
}

func (c *checker) concatValue(x ExprNode, d *Datatype) Expr {
	var parts []ExprNode
	var flatten func(x ExprNode)
	flatten = func(x ExprNode) {
		x = c.expand(x)
		if n, ok := x.(*ConcatNode); ok {
			for _, p := range n.Parts {
				flatten(p)
			}
			return
		}
		parts = append(parts, x)
	}
	flatten(x)
	if len(parts) != len(d.Parts) {
		c.fail(x.Range(), "the type is "+d.String(), "%d values joined by ` . ` are wanted, here are %d", len(d.Parts), len(parts))
	}
	e := &ConcatExpr{Span: x.Range(), typ: d}
	for i, p := range parts {
		e.Parts = append(e.Parts, c.value(p, d.Parts[i]))
	}
	return e
}

// fold computes a constant that is written with operators: `fin|syn`, `1 << 4`, `established,related`.
func (c *checker) fold(x ExprNode, d *Datatype) []byte {
	switch n := c.expand(x).(type) {
	case *WordNode:
		v := c.constant(n, d)
		if v.symbol != "" || v.wildcard {
			c.fail(n.Span, "", "`%s` cannot be computed with", n.Text)
		}
		return v.be
	case *ListNode:
		if d.Base != BaseBitmask {
			c.fail(n.Span, "write `{ ... }` around the values to match any of them", "a list without braces is for flags, %s has none", d)
		}
		out := make([]byte, d.Bytes())
		for _, it := range n.Items {
			for i, b := range c.fold(it, d) {
				out[i] |= b
			}
		}
		return out
	case *BinaryNode:
		return c.foldBinary(n, d)
	case *SelectorNode, *InnerNode, *RawPayloadNode, *FibNode, *NumgenNode, *HashNode, *MapNode:
		c.unsupported(n.Range(), "computing with two values of the packet")
	default:
		c.fail(n.Range(), "", "a single value of type %s is wanted", d)
	}
	return nil
}

func (c *checker) foldBinary(n *BinaryNode, d *Datatype) []byte {
	if d.Base == BaseString || d.Base == BaseConcat {
		c.fail(n.Span, "", "values of type %s cannot be computed with", d)
	}
	x := c.fold(n.X, d)
	if n.Op == "<<" || n.Op == ">>" {
		by := c.number(c.wordOf(n.Y, "number of bits"), 32)
		v := getUint(x)
		switch {
		case len(x) > 8:
			c.unsupported(n.Span, "shifting a value of more than 64 bits")
		case n.Op == ">>":
			return putUint(v>>by, len(x))
		case bits.Len64(v)+int(min(by, 64)) > d.Bits && v != 0:
			c.fail(n.Span, "", "the result has more than %d bits", d.Bits)
		}
		return putUint(v<<by, len(x))
	}
	y := c.fold(n.Y, d)
	out := make([]byte, len(x))
	for i := range x {
		switch n.Op {
		case "&":
			out[i] = x[i] & y[i]
		case "|":
			out[i] = x[i] | y[i]
		default:
			out[i] = x[i] ^ y[i]
		}
	}
	return out
}

func (c *checker) prefix(n *PrefixNode, d *Datatype) Expr {
	if d.Base != BaseAddress && (d.Base != BaseInteger || d.Bits%8 != 0) {
		c.fail(n.Span, "", "%s has no prefixes", d)
	}
	w := c.wordOf(n.X, "address")
	v := c.constant(w, d)
	lw := c.wordOf(n.Len, "length of the prefix")
	size, err := parseUint(lw.Text)
	if err != nil || size > uint64(d.Bits) {
		c.fail(lw.Span, "", "the length of a prefix of %s is 0 to %d", d, d.Bits)
	}
	for i := range v.be {
		keep := min(max(int(size)-8*i, 0), 8)
		v.be[i] &= ^byte(0) << (8 - keep)
	}
	k := newConst(n.Span, d, v)
	if int(size) == d.Bits {
		return k
	}
	return &Prefix{Span: n.Span, Value: k, Len: int(size)}
}

func (c *checker) rangeValue(n *RangeNode, d *Datatype) Expr {
	if d.Base == BaseString || d.Base == BaseBitmask {
		c.fail(n.Span, "", "%s has no ranges", d)
	}
	numeric := *d // the ends of a range are printed as numbers
	numeric.symbols = nil
	end := func(x ExprNode) *Const {
		x = c.expand(x)
		v := constVal{}
		if w, ok := x.(*WordNode); ok {
			if v = c.constant(w, d); v.symbol != "" {
				c.fail(w.Span, "", "a range is from number to number, `%s` is a name", w.Text)
			}
		} else {
			v.be = c.fold(x, d)
		}
		k := newConst(x.Range(), d, v)
		k.text = numeric.format(v.be)
		return k
	}
	e := &Range{Span: n.Span, From: end(n.From), To: end(n.To)}
	switch cmp := bytes.Compare(e.From.network(), e.To.network()); {
	case cmp > 0:
		hint := "write `" + e.To.text + "-" + e.From.text + "`"
		if d == TypeHour {
			hint = "write two ranges: up to midnight, and from it"
		}
		c.fail(n.Span, hint, "the range %s-%s is empty", e.From.text, e.To.text)
	case cmp == 0:
		return newConst(n.Span, d, constVal{be: e.From.network()})
	}
	return e
}
