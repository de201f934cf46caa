package nft

var fibFlags = map[string]uint32{"saddr": FibSaddr, "daddr": FibDaddr, "mark": FibMark, "iif": FibIif, "oif": FibOifKey}

func init() {
	selectorHeads["fib"] = (*parser).fib
	selectorHeads["rt"] = (*parser).rt
	selectorHeads["socket"] = (*parser).socket
}

func (p *parser) fib() ExprNode {
	first := p.advance()
	n := &FibNode{}
	for {
		n.Flags = append(n.Flags, p.oneOf("key of fib", "saddr", "daddr", "mark", "iif", "oif"))
		if !p.accept(".") {
			break
		}
	}
	n.Result = p.oneOf("result of fib", "oif", "oifname", "type", "check")
	n.Span = p.spanFrom(first)
	return n
}

// rtKeys are the keys of rt (enum nft_rt_keys).
var rtKeys = []struct {
	name string
	key  RTKey
	typ  *Datatype
}{
	{"classid", 0, TypeRealm},
	{"ip nexthop", 1, TypeIPv4Addr},
	{"ip6 nexthop", 2, TypeIPv6Addr},
	{"mtu", 3, typeHost16},
	{"ipsec", 4, TypeBoolean},
	{"nexthop", 1, TypeIPv4Addr}, // the family of the table
}

func (p *parser) rt() ExprNode {
	first := p.advance()
	n := &SelectorNode{Words: []*WordNode{p.word(first)}}
	if t := p.cur(); t.isWord("ip") || t.isWord("ip6") {
		n.Words = append(n.Words, p.word(p.advance()), p.oneOf("key of rt", "nexthop"))
	} else {
		n.Words = append(n.Words, p.oneOf("key of rt", append([]string{"classid", "nexthop", "mtu", "ipsec"}, extensionNamed(ip6Extensions, "rt").fieldNames()...)...))
	}
	n.Span = p.spanFrom(first)
	return n
}

// socketKeys are the keys of socket (enum nft_socket_keys).
var socketKeys = []struct {
	name string
	key  uint32
	typ  *Datatype
}{
	{"transparent", 0, typeBit},
	{"mark", 1, TypeMark},
	{"wildcard", 2, typeBit},
}

func (p *parser) socket() ExprNode {
	first := p.advance()
	if p.cur().isWord("cgroupv2") {
		return p.cgroup(first)
	}
	n := &SelectorNode{Words: []*WordNode{p.word(first), p.oneOf("key of socket", "transparent", "mark", "wildcard")}}
	n.Span = p.spanFrom(first)
	return n
}
