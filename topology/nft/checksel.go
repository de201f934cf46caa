package nft

import (
	"fmt"
	"strconv"
	"strings"
)

// selector checks an expression that reads something from the packet.
func (c *checker) selector(x ExprNode) Expr {
	switch n := c.expand(x).(type) {
	case *SelectorNode:
		return c.selectorWords(n)
	case *RawPayloadNode:
		return c.rawPayload(n)
	case *FibNode:
		return c.fib(n)
	case *NumgenNode:
		return c.numgen(n)
	case *HashNode:
		return c.hash(n)
	case *ConcatNode:
		e := &ConcatExpr{Span: n.Span}
		var types []*Datatype
		for _, p := range n.Parts {
			part := c.selector(p)
			if part.Type() == TypeString { // of no fixed size to nft
				c.fail(p.Range(), "match it alone", "`%s` cannot be a part of a concatenation", part)
			}
			e.Parts = append(e.Parts, part)
			types = append(types, part.Type())
		}
		e.typ = Concat(types...)
		if e.typ.RegisterBytes() > maxKeyBytes {
			c.fail(n.Span, "", "the concatenation is longer than %d bytes", maxKeyBytes)
		}
		return e
	case *BinaryNode:
		return c.binary(n)
	case *InnerNode:
		return c.inner(n)
	case *MapNode:
		key := c.selector(n.Key)
		set := c.mapOf(n.Map, key.Type(), nil, false)
		return &MapLookup{Span: n.Span, Key: key, Map: set}
	default:
		c.fail(n.Range(), "a match starts with what to look at, such as `ip saddr` or `tcp dport`", "this looks at nothing in the packet")
	}
	return nil
}

// maxKeyBytes is the size of the kernel's registers (NFT_REG32_COUNT of nf_tables.h, 16 of 4 bytes).
const maxKeyBytes = 64

func (c *checker) selectorWords(n *SelectorNode) Expr {
	words := n.words()
	name := n.canonical()
	if k := metaKeyOf(words); k != nil {
		if k.key == MetaNFProto && c.table.Family != FamilyInet && !c.ctx.free {
			c.fail(n.Span, "leave it out", "`%s` is for tables of family inet, which see several", name)
		}
		switch k.key { // net/netfilter/nft_meta.c, nft_meta_get_validate
		case metaIPsec:
			c.hooks(n.Span, "`"+name+"`", HookIngress, HookPrerouting, HookInput, HookForward)
		case metaSdif, metaSdifname:
			c.hooks(n.Span, "`"+name+"`", HookInput, HookForward)
		case metaBroute, metaBrHWAddr: // net/bridge/netfilter/nft_meta_bridge.c
			if c.table.Family != FamilyBridge && !c.ctx.free {
				c.fail(n.Span, "", "`%s` exists in the bridge family only", name)
			}
			c.hooks(n.Span, "`"+name+"`", HookPrerouting)
		}
		return &Meta{Span: n.Span, Key: k.key, typ: k.typ, name: k.spelling()}
	}
	if check := selectorChecks[words[0]]; check != nil {
		if e := check(c, n, words); e != nil {
			return e
		}
	}
	if e := c.extensionSelector(n, words); e != nil {
		return e
	}
	switch words[0] {
	case "ct":
		return c.ctSelector(n, words[1:])
	case "rt":
		return c.rtSelector(n, strings.Join(words[1:], " "))
	case "socket":
		switch c.table.Family {
		case FamilyIP, FamilyIP6, FamilyInet:
		default:
			c.fail(n.Span, "", "`socket` does not exist in the %s family", c.table.Family)
		}
		// net/netfilter/nft_socket.c, nft_socket_validate
		c.hooks(n.Span, "`"+name+"`", HookPrerouting, HookInput, HookOutput)
		if words[1] == "cgroupv2" {
			return c.cgroup(n)
		}
		for _, k := range socketKeys {
			if k.name == words[1] {
				return &Socket{Span: n.Span, Key: k.key, typ: k.typ, name: name}
			}
		}
	}
	p := protocolNamed(words[0])
	f := p.field(strings.Join(words[1:], " "))
	c.need(n.Span, name, p)
	c.needICMP(n.Span, name, f)
	e := &Payload{Span: n.Span, Proto: p, Field: f, Base: p.Base, Offset: f.Offset, Len: f.Len, typ: f.Type, name: name}
	if p == protoTh {
		e.Proto = nil
	}
	return e
}

func (c *checker) ctSelector(n *SelectorNode, words []string) Expr {
	if c.table.Family == FamilyARP {
		c.fail(n.Span, "", "`ct` does not exist in the arp family")
	}
	e := &CT{Span: n.Span, Dir: DirNone}
	name := "ct "
	switch words[0] {
	case "original":
		e.Dir, words = DirOriginal, words[1:]
		name += "original "
	case "reply":
		e.Dir, words = DirReply, words[1:]
		name += "reply "
	}
	key := strings.Join(words, " ")
	if key == "saddr" || key == "daddr" {
		switch c.ctx.family {
		case FamilyIP:
			key = "ip " + key
		case FamilyIP6:
			key = "ip6 " + key
		default:
			c.fail(n.Span, "write `"+name+"ip "+key+"` or `"+name+"ip6 "+key+"`", "`%s` may be of IPv4 or of IPv6 here", n.canonical())
		}
	}
	k := ctKeyNamed(key)
	e.Key, e.typ, e.name = k.key, k.typ, name+key
	switch k.key {
	case CTSrcIP, CTDstIP:
		c.needFamily(n.Span, e.name, FamilyIP)
	case CTSrcIP6, CTDstIP6:
		c.needFamily(n.Span, e.name, FamilyIP6)
	}
	return e
}

func (c *checker) rtSelector(n *SelectorNode, key string) Expr {
	name := "rt " + key
	if key == "nexthop" {
		switch c.ctx.family {
		case FamilyIP:
			key = "ip nexthop"
		case FamilyIP6:
			key = "ip6 nexthop"
		default:
			c.fail(n.Span, "write `rt ip nexthop` or `rt ip6 nexthop`", "`rt nexthop` may be of IPv4 or of IPv6 here")
		}
	}
	for _, k := range rtKeys {
		if k.name == key {
			switch key {
			case "ip nexthop":
				c.needFamily(n.Span, name, FamilyIP)
			case "ip6 nexthop":
				c.needFamily(n.Span, name, FamilyIP6)
			}
			if key == "mtu" { // net/netfilter/nft_rt.c, nft_rt_validate
				c.hooks(n.Span, "`rt mtu`", HookForward, HookOutput, HookPostrouting)
			}
			return &RT{Span: n.Span, Key: k.key, typ: k.typ, name: "rt " + key}
		}
	}
	return nil
}

func (c *checker) rawPayload(n *RawPayloadNode) Expr {
	e := &Payload{Span: n.Span, Base: rawBases[n.Base.Text]}
	e.Offset = int(c.number(n.Offset, 16))
	e.Len = int(c.number(n.Len, 16))
	if e.Len == 0 || e.Len > 8*maxRawBytes {
		c.fail(n.Len.Span, "", "the length of a raw payload is 1 to %d bits", 8*maxRawBytes)
	}
	e.typ = typeRaw.withBits(e.Len, BigEndian)
	e.name = "@" + n.Base.Text + "," + strconv.Itoa(e.Offset) + "," + strconv.Itoa(e.Len)
	return e
}

// typeRaw is the type of raw payloads: numbers that are printed in hexadecimal.
var typeRaw = &Datatype{Name: "integer", ID: TypeInteger.ID, Order: BigEndian, codec: codec{parseInteger, printRaw}}

// maxRawBytes is what fits into one of the kernel's 16-byte registers (NFT_REG_SIZE of nf_tables.h).
const maxRawBytes = 16

func (c *checker) fib(n *FibNode) Expr {
	e := &Fib{Span: n.Span}
	for _, f := range n.Flags {
		e.Flags |= fibFlags[f.Text]
	}
	var names []string
	for _, w := range []string{"saddr", "daddr", "mark", "iif", "oif"} {
		if e.Flags&fibFlags[w] != 0 {
			names = append(names, w)
		}
	}
	addrs := e.Flags & (FibSaddr | FibDaddr)
	switch {
	case addrs == 0 || addrs == FibSaddr|FibDaddr:
		c.fail(n.Span, "", "fib looks up either saddr or daddr")
	case e.Flags&(FibIif|FibOifKey) == FibIif|FibOifKey:
		c.fail(n.Span, "", "fib takes iif or oif, not both")
	}
	switch n.Result.Text {
	case "oif":
		e.Result, e.typ = FibOif, TypeIfIndex
	case "oifname":
		e.Result, e.typ = FibOifname, TypeIfName
	case "check":
		e.Result, e.Present, e.typ = FibOif, true, TypeBoolean
	default:
		e.Result, e.typ = FibType, TypeFibAddr
	}
	c.fibHooks(e)
	e.name = "fib " + strings.Join(names, " . ") + " " + n.Result.Text
	return e
}

// fibHooks says where a lookup is possible (net/netfilter/nft_fib.c, nft_fib_validate).
func (c *checker) fibHooks(e *Fib) {
	what := "this fib lookup"
	in := []Hook{HookIngress, HookPrerouting, HookInput, HookForward}
	switch {
	case e.Flags&FibIif != 0 || e.Result != FibType:
		c.hooks(e.Span, what, in...)
	case e.Flags&FibOifKey != 0:
		c.hooks(e.Span, what, HookForward, HookOutput, HookPostrouting)
	}
}

func (c *checker) numgen(n *NumgenNode) Expr {
	e := &Numgen{Span: n.Span, Random: n.Mode.Text == "random", Mod: uint32(c.number(n.Mod, 32)), typ: typeHost32}
	if e.Mod == 0 {
		c.fail(n.Mod.Span, "", "the number behind `mod` is at least 1")
	}
	if n.Offset != nil {
		e.Offset = uint32(c.number(n.Offset, 32))
	}
	e.name = "numgen " + n.Mode.Text + " mod " + decimalText(e.Mod) + offsetText(e.Offset)
	return e
}

func (c *checker) hash(n *HashNode) Expr {
	e := &Hash{Span: n.Span, Mod: uint32(c.number(n.Mod, 32)), typ: typeHost32, name: "symhash"}
	if n.X != nil {
		e.X = c.selector(n.X)
		e.name = "jhash " + e.X.String()
	}
	if e.Mod == 0 {
		c.fail(n.Mod.Span, "", "the number behind `mod` is at least 1")
	}
	e.name += " mod " + decimalText(e.Mod)
	if n.Seed != nil {
		e.Seed, e.Seeded = uint32(c.number(n.Seed, 32)), true
		e.name += fmt.Sprintf(" seed 0x%x", e.Seed)
	}
	if n.Offset != nil {
		e.Offset = uint32(c.number(n.Offset, 32))
		e.name += offsetText(e.Offset)
	}
	return e
}

func decimalText(v uint32) string { return strconv.FormatUint(uint64(v), 10) }

func offsetText(v uint32) string {
	if v == 0 {
		return ""
	}
	return " offset " + decimalText(v)
}
