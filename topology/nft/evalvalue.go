package nft

import "bytes"

// maxValue is the size of the largest value that fits the kernel's registers: NFT_REG_COUNT times NFT_REG_SIZE,
// include/uapi/linux/netfilter/nf_tables.h.
const maxValue = 64

// knowledge says whether a value could be read.
type knowledge uint8

const (
	known   knowledge = iota
	broken            // the kernel finds nothing to read and leaves the rule: NFT_BREAK
	unknown           // it has a value, but nobody recorded it
)

// value is what an expression yields for one packet, in network order whatever the type's order is.
type value struct {
	b    [maxValue]byte
	n    int // bytes
	has  knowledge
	name string // of the interface: iif and oif are written as names, and may be known by nothing else
	// named: name is known. If the number is not, has is unknown.
	named bool
	why   string // for broken and unknown
	need  *need  // for broken: the packet is of another protocol
}

// need is a dependency that nft adds to a rule by itself, and that the packet does not meet.
type need struct{ selector, want, got string }

func (v *value) bytes() []byte { return v.b[:v.n] }

func (v *value) setUint(u uint64, n int) {
	v.n, v.has = n, known
	for i := n - 1; i >= 0; i-- {
		v.b[i] = byte(u)
		u >>= 8
	}
}

func (v *value) setString(s string) {
	v.n, v.has = 16, known
	copy(v.b[:16], s)
}

// setNative takes bytes in the kernel's order for the type.
func (v *value) setNative(d *Datatype, data []byte) {
	v.n, v.has = min(len(data), maxValue), known
	for i := range v.n {
		v.b[i] = data[nativeIndex(d, i, v.n)]
	}
}

// nativeIndex is where byte i of a value in network order lies in the kernel's order.
func nativeIndex(d *Datatype, i, n int) int {
	if d != nil && d.Order == HostEndian && littleEndian {
		return n - 1 - i
	}
	return i
}

func isBroken(why string) value  { return value{has: broken, why: why} }
func isUnknown(why string) value { return value{has: unknown, why: why} }

// spell is the value as nft spells it, "" if it is not known.
func (v *value) spell(d *Datatype) string {
	switch {
	case v.named && v.name != "":
		return `"` + v.name + `"`
	case v.has != known || d == nil:
		return ""
	}
	return d.format(v.bytes())
}

// compare orders the value and a constant, as numbers.
func (v *value) compare(c *Const) int {
	var o value
	o.setNative(c.typ, c.Data)
	a, b := v.bytes(), o.bytes()
	for len(a) > len(b) { // as if the shorter one had zeros in front
		if a[0] != 0 {
			return 1
		}
		a = a[1:]
	}
	for len(b) > len(a) {
		if b[0] != 0 {
			return -1
		}
		b = b[1:]
	}
	return bytes.Compare(a, b)
}

// equals holds the value against one constant.
func (v *value) equals(c *Const) (Answer, string) {
	switch {
	case c.Symbol != "":
		return v.is(c)
	case v.has == unknown:
		return Unknown, v.why
	case c.Wildcard:
		return answer(bytes.HasPrefix(v.bytes(), c.Data)), ""
	}
	return answer(v.compare(c) == 0), ""
}

// is holds the value against a name that only the machine can resolve.
func (v *value) is(c *Const) (Answer, string) {
	number := v.has == known
	switch {
	case v.named:
		return answer(v.name == c.Symbol), ""
	case !number:
		return Unknown, v.why
	case c.typ == TypeIfIndex && getUint(v.bytes()) == 0:
		return No, ""
	case c.typ == TypeIfIndex && c.Symbol == "lo": // LOOPBACK_IFINDEX, include/net/flow.h
		return answer(getUint(v.bytes()) == 1), ""
	case (c.typ == TypeUID || c.typ == TypeGID) && c.Symbol == "root":
		return answer(getUint(v.bytes()) == 0), ""
	}
	return Unknown, "the number of `" + c.Symbol + "` is not known here"
}

// in holds the value against *Const, *Prefix or *Range.
func (v *value) in(e Expr) (Answer, string) {
	switch c := e.(type) {
	case *Const:
		return v.equals(c)
	case *Range:
		if v.has == unknown {
			return Unknown, v.why
		}
		return answer(v.compare(c.From) >= 0 && v.compare(c.To) <= 0), ""
	case *Prefix:
		if v.has == unknown {
			return Unknown, v.why
		}
		from, to := bounds(e)
		return answer(bytes.Compare(v.fit(len(from)), from) >= 0 && bytes.Compare(v.bytes(), to) <= 0), ""
	}
	return Unknown, "`" + e.String() + "` is no constant"
}

func answer(yes bool) Answer {
	if yes {
		return Yes
	}
	return No
}

// fit makes the value n bytes long, and returns them. Numbers keep their value, if it fits.
func (v *value) fit(n int) []byte {
	if d := n - v.n; d > 0 && n <= maxValue {
		copy(v.b[d:n], v.b[:v.n])
		clear(v.b[:d])
		v.n = n
	} else if d < 0 {
		copy(v.b[:n], v.b[-d:v.n])
		v.n = n
	}
	return v.bytes()
}

// bounds are the first and the last value of a *Const, *Prefix or *Range, in network order.
func bounds(e Expr) (from, to []byte) {
	switch c := e.(type) {
	case *Const:
		if c.Wildcard {
			from, to = make([]byte, 16), bytes.Repeat([]byte{0xff}, 16)
			copy(from, c.Data)
			copy(to, c.Data)
			return from, to
		}
		from = c.typ.nativeOrder(c.Data)
		return from, from
	case *Range:
		return c.From.typ.nativeOrder(c.From.Data), c.To.typ.nativeOrder(c.To.Data)
	case *Prefix:
		from = c.Value.typ.nativeOrder(c.Value.Data)
		to = bytes.Clone(from)
		size := c.Value.typ.Bits
		if size == 0 || size > 8*len(to) {
			size = 8 * len(to)
		}
		for i := max(c.Len, 0); i < size; i++ { // the value is in the low bits
			bit := 8*len(to) - size + i
			to[bit/8] |= 0x80 >> (bit % 8)
			from[bit/8] &^= 0x80 >> (bit % 8)
		}
		return from, to
	}
	return nil, nil
}

// spellings are values that were spelled last: the rules of a chain look at the same few fields of a packet.
type spellings struct {
	last [8]struct {
		typ  *Datatype
		n    int
		b    [16]byte
		text string
	}
	next int
}

func (l *spellings) spell(v *value, d *Datatype) string {
	if l == nil || v.named || v.has != known || v.n > 16 {
		return v.spell(d)
	}
	b := [16]byte(v.b[:16])
	for i := range l.last {
		if s := &l.last[i]; s.typ == d && s.n == v.n && s.b == b {
			return s.text
		}
	}
	s := &l.last[l.next%len(l.last)]
	l.next++
	s.typ, s.n, s.b, s.text = d, v.n, b, v.spell(d)
	return s.text
}
