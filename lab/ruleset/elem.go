package ruleset

import (
	"bytes"
	"slices"

	"github.com/google/nftables"
	"github.com/google/nftables/userdata"
	"golang.org/x/sys/unix"

	"github.com/hookwalk/hookwalk/topology/nft"
)

// Attributes and flags of elements that golang.org/x/sys lacks (enum nft_set_elem_attributes, nft_set_elem_flags). The
// NFTA_SET_ELEM_EXPRESSIONS of google/nftables is 0x11 for 11.
const (
	nftaSetElemExpressions = 11
	nftSetElemCatchall     = 2
)

// element is one element as the kernel takes it: a range is two, where it starts and where the next thing does.
type element struct {
	key, keyEnd []byte // keyEnd only in sets of concatenated ranges
	end         bool   // a range ends before it
	open        bool   // the range has no end: it goes up to the highest value
	elem        *nft.Elem
}

// elements are the elements of a set as the kernel takes them.
func (c *compiler) elements(s *nft.Set, bits bits) []element {
	if byBounds(s) {
		return c.intervals(s, bits)
	}
	return c.singles(s, s.Elems, bits)
}

// byBounds reports whether the elements of a set are in the kernel as the bounds of ranges, where one may be that of two.
// They cannot be taken out one by one.
func byBounds(s *nft.Set) bool { return hasRanges(s) && s.Key.Base != nft.BaseConcat }

// singles are elements each of which is one for the kernel, too.
func (c *compiler) singles(s *nft.Set, list []*nft.Elem, bits bits) []element {
	out := make([]element, 0, len(list))
	for _, e := range list {
		x := element{elem: e}
		if e.Key != nil {
			if hasRanges(s) {
				x.key, x.keyEnd = c.bounds(e.Key)
			} else {
				x.key = bits.place(c.constant(e.Key))
			}
		}
		out = append(out, x)
	}
	return out
}

// maxElements is how many bytes of elements one message may have: the length of an attribute has 16 bits.
const maxElements = 1<<16 - 1<<10

// addElements adds elements to a set, in as few messages as they fit into.
func (c *compiler) addElements(s *nft.Set, list []element) {
	c.elementList(unix.NFT_MSG_NEWSETELEM, unix.NLM_F_CREATE, s, list)
}

func (c *compiler) elementList(typ, flags uint16, s *nft.Set, list []element) {
	name := c.setOf(s)
	for len(list) > 0 {
		c.begin(typ, flags, c.table.Family, part{what: "elements of " + setWords(s), span: s.Span})
		c.str(unix.NFTA_SET_ELEM_LIST_TABLE, c.table.Name)
		c.str(unix.NFTA_SET_ELEM_LIST_SET, name.name)
		c.u32(unix.NFTA_SET_ELEM_LIST_SET_ID, name.id)
		at := c.open(unix.NFTA_SET_ELEM_LIST_ELEMENTS)
		for len(list) > 0 && len(c.b)-at < maxElements {
			c.marks = append(c.marks, mark{len(c.b), list[0].elem})
			elem := c.open(unix.NFTA_LIST_ELEM)
			c.element(s, &list[0])
			c.close(elem)
			list = list[1:]
		}
		c.close(at)
	}
}

func setWords(s *nft.Set) string {
	switch {
	case s.Anonymous() && s.Map:
		return "a map"
	case s.Anonymous():
		return "a set"
	case s.Map:
		return "map " + s.Name
	}
	return "set " + s.Name
}

func (c *compiler) element(s *nft.Set, x *element) {
	e := x.elem
	var flags uint32
	if x.end {
		flags |= unix.NFT_SET_ELEM_INTERVAL_END
	}
	if x.key == nil {
		flags |= nftSetElemCatchall
	}
	if flags != 0 {
		c.u32(unix.NFTA_SET_ELEM_FLAGS, flags)
	}
	if !x.end {
		if e.Timeout > 0 {
			c.u64(unix.NFTA_SET_ELEM_TIMEOUT, uint64(e.Timeout.Milliseconds()))
		}
		if e.Expires > 0 {
			c.u64(unix.NFTA_SET_ELEM_EXPIRATION, uint64(e.Expires.Milliseconds()))
		}
	}
	if x.key != nil {
		c.data(unix.NFTA_SET_ELEM_KEY, x.key)
	}
	if x.keyEnd != nil {
		c.data(nftables.NFTA_SET_ELEM_KEY_END, x.keyEnd)
	}
	if x.end {
		return
	}
	switch {
	case e.Object != nil:
		c.str(unix.NFTA_SET_ELEM_OBJREF, e.Object.Name)
	case e.Verdict != nil:
		c.verdict(unix.NFTA_SET_ELEM_DATA, e.Verdict)
	case e.Data != nil && s.DataRange:
		from, to := c.nativeBounds(e.Data)
		c.data(unix.NFTA_SET_ELEM_DATA, slices.Concat(from, to))
	case e.Data != nil:
		c.data(unix.NFTA_SET_ELEM_DATA, c.constant(e.Data))
	}
	c.elementNotes(e.Comment, x.open)
	c.statefuls(unix.NFTA_SET_ELEM_EXPR, nftaSetElemExpressions, e.Stmts)
}

func (c *compiler) elementNotes(comment string, open bool) {
	var u udata
	if comment != "" {
		u.str(userdata.NFTNL_UDATA_SET_ELEM_COMMENT, comment)
	}
	if open {
		u.u32(userdata.NFTNL_UDATA_SET_ELEM_FLAGS, userdata.NFTNL_UDATA_SET_ELEM_F_INTERVAL_OPEN)
	}
	if u.b != nil {
		c.put(unix.NFTA_SET_ELEM_USERDATA, u.b)
	}
}

// constant is a value, or a concatenation of values, as the kernel keeps it in registers.
func (c *compiler) constant(e nft.Expr) []byte {
	switch e := e.(type) {
	case *nft.Const:
		return c.value(e)
	case *nft.ConcatExpr:
		var out []byte
		for _, p := range e.Parts {
			out = appendPadded(out, c.constant(p))
		}
		return out
	}
	return nil
}

// appendPadded adds a part of a concatenation: it fills whole registers.
func appendPadded(out, v []byte) []byte {
	out = append(out, v...)
	return append(out, zeros[:-len(v)&3]...)
}

// bounds are the lowest and the highest value of a key, in network order, as ranges need it.
func (c *compiler) bounds(e nft.Expr) (from, to []byte) {
	if e, ok := e.(*nft.ConcatExpr); ok {
		for _, p := range e.Parts {
			a, b := c.bounds(p)
			from, to = appendPadded(from, a), appendPadded(to, b)
		}
		return from, to
	}
	from, to = c.nativeBounds(e)
	if swaps(e.Type()) {
		from, to = slices.Clone(from), slices.Clone(to)
		slices.Reverse(from)
		slices.Reverse(to)
	}
	return from, to
}

// nativeBounds are the lowest and the highest value, in the byte order of the type.
func (c *compiler) nativeBounds(e nft.Expr) (from, to []byte) {
	switch e := e.(type) {
	case *nft.Const:
		v := c.value(e)
		if !e.Wildcard {
			return v, v
		}
		from, to = make([]byte, e.Type().Bytes()), bytes.Repeat([]byte{0xff}, e.Type().Bytes())
		copy(from, v)
		copy(to, v)
		return from, to
	case *nft.Range:
		return c.value(e.From), c.value(e.To)
	case *nft.Prefix:
		from = c.value(e.Value)
		host := prefixMask(e.Type().Bits, e.Len)
		for i := range host {
			host[i] = ^host[i]
		}
		if n := e.Type().Bits; n%8 != 0 { // the value lies in the low bits
			host = lowMask(len(host), n-e.Len)
		}
		if swaps(e.Type()) {
			slices.Reverse(host)
		}
		to = make([]byte, len(from))
		for i := range to {
			to[i] = from[i] | host[i]
		}
		return from, to
	case *nft.ConcatExpr:
		for _, p := range e.Parts {
			a, b := c.nativeBounds(p)
			from, to = appendPadded(from, a), appendPadded(to, b)
		}
		return from, to
	}
	return nil, nil
}
