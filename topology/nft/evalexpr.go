package nft

import "strings"

// reader is a selector that reads itself; those in files of their own do.
type reader interface{ read(*machine) value }

// value reads an expression that yields one value.
func (m *machine) value(e Expr) value {
	switch e := e.(type) {
	case *Payload:
		return m.payload(e)
	case *Exthdr:
		return m.extension(e)
	case *Meta:
		return m.meta(e)
	case *CT:
		return m.ct(e)
	case *Fib:
		return isUnknown("the routing table is not looked at")
	case *RT:
		return isUnknown("the route of the packet was not recorded")
	case *Socket:
		return isUnknown("the socket of the packet was not recorded")
	case *Numgen:
		return m.numgen(e)
	case *Hash:
		return m.hash(e)
	case *Const:
		return m.constant(e)
	case *Bitwise:
		return m.bitwise(e)
	case *Shift:
		return m.shift(e)
	case *MapLookup:
		return m.mapped(e)
	case reader:
		return e.read(m)
	}
	return isUnknown("`" + e.String() + "` is not one value")
}

func (m *machine) constant(e *Const) value {
	if e.Symbol != "" {
		v := isUnknown("the number of `" + e.Symbol + "` is not known here")
		v.name, v.named = e.Symbol, e.typ == TypeIfIndex
		return v
	}
	var v value
	v.setNative(e.typ, e.Data)
	return v
}

// bitwise is nft_bitwise_eval_mask_xor (net/netfilter/nft_bitwise.c).
func (m *machine) bitwise(e *Bitwise) value {
	v := m.value(e.X)
	if v.has != known {
		v.named = false
		return v
	}
	v.named = false
	d := e.X.Type()
	for i := range v.n {
		j := nativeIndex(d, i, v.n)
		if j < len(e.Mask) {
			v.b[i] &= e.Mask[j]
		}
		if j < len(e.Xor) {
			v.b[i] ^= e.Xor[j]
		}
	}
	return v
}

// shift is nft_bitwise_eval_lshift and nft_bitwise_eval_rshift. nft brings the value into the machine's order before.
func (m *machine) shift(e *Shift) value {
	v := m.value(e.X)
	if v.has != known {
		return v
	}
	v.named = false
	if v.n > 8 {
		return isUnknown("so many bits are not shifted")
	}
	n, u := v.n, getUint(v.bytes())
	if e.Left {
		u <<= e.By
	} else {
		u >>= e.By
	}
	v.setUint(u, n)
	return v
}

// mapped is what a map has for the key; without an element for it the kernel leaves the rule (nft_lookup_eval).
func (m *machine) mapped(e *MapLookup) value {
	f, r := m.find(e.Key, e.Map, ExprResult{})
	switch r.Match {
	case No:
		v := isBroken(r.Why)
		switch {
		case r.Implied:
			v.need = &need{r.Selector, r.Want, r.Got}
		case v.why == "":
			v.why = "the map has no element for " + r.Got
		}
		return v
	case Unknown:
		return isUnknown(r.Why)
	}
	if c, ok := f.elem.Data.(*Const); ok {
		return m.constant(c)
	}
	return isUnknown("the map gives more than one value")
}

// values reads the parts of a key, into room. gap is the first that is broken; if none is, -1: unknown parts stay in
// the key.
func (m *machine) values(parts []Expr, room []value) (out []value, gap int) {
	out = room
	for _, e := range parts {
		out = append(out, m.value(e))
	}
	for i := range out {
		if out[i].has == broken {
			return out, i
		}
	}
	return out, -1
}

// spellAll is a key as nft spells it, "" if a part of it is not known.
func spellAll(parts []Expr, values []value) string {
	if len(parts) == 1 {
		return values[0].spell(parts[0].Type())
	}
	s := make([]string, len(parts))
	for i := range parts {
		s[i] = values[i].spell(parts[i].Type())
		if s[i] == "" {
			return ""
		}
	}
	return strings.Join(s, " . ")
}
