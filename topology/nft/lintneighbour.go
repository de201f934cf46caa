package nft

import "strings"

// Types of ICMPv6 messages (RFC 4443, RFC 4861).
const (
	icmp6TooBig  = 2
	icmp6Solicit = 135
	icmp6Advert  = 136
)

// ndProbes are the messages without which no neighbour is found (RFC 4861 section 4): the question to all whose
// address may be the one, and its answer. Conntrack does not track them (net/netfilter/nf_conntrack_proto_icmpv6.c).
var ndProbes = []struct {
	name  string
	probe probe
}{
	{"nd-neighbor-solicit", probe{typ: icmp6Solicit, dst: []byte{0xff, 2, 11: 1, 12: 0xff, 15: 0x77}, pkttype: 2}},
	{"nd-neighbor-advert", probe{typ: icmp6Advert, dst: []byte{0xfe, 0x80, 15: 0x77}}},
}

// linkLocal is another machine on the link.
var linkLocal = []byte{0xfe, 0x80, 15: 2}

// ndBlocked finds chains whose policy drops the neighbour discovery of IPv6.
func (l *linter) ndBlocked(c *Chain) {
	hook := c.Base.Hook
	if !c.sees(FamilyIP6) || hook == HookForward {
		return
	}
	names := l.links(c)
	for _, name := range names {
		var lost []string
		for _, nd := range ndProbes {
			b := nd.probe
			b.family, b.proto, b.src, b.hops, b.state, b.iif = FamilyIP6, protoNumICMPv6, linkLocal, 255, stateUntracked, name
			if hook == HookOutput {
				b.iif, b.oif, b.pkttype = "", name, 0
			}
			if o, by := l.send(c, &b, EvalOptions{}); o == discarded && l.byDefault(by) {
				lost = append(lost, nd.name)
			}
		}
		if lost == nil {
			continue
		}
		over := name
		if len(names) == 1 {
			over = ""
		}
		l.add(LintNDBlocked, *l.dropsRest(c), "neighbour discovery of IPv6"+on(over)+" is dropped ("+strings.Join(lost, ", ")+"): no IPv6 address on the link can be reached",
			"`icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert, nd-router-advert } accept`")
		return
	}
}

// links are the interfaces outside on which machines look for neighbours: no tunnels.
func (l *linter) links(c *Chain) []string {
	var out []string
	for _, n := range l.outside(c) {
		tunnel := false
		for _, prefix := range []string{"wg", "tun", "ppp", "ipsec", "xfrm", "vti", "sit", "gre", "ip6tnl"} {
			tunnel = tunnel || strings.HasPrefix(n, prefix)
		}
		if !tunnel {
			out = append(out, n)
		}
	}
	return out
}

// tooBigBlocked finds forward chains that accept IPv6 connections and drop what the routers behind say about the size
// of their packets (RFC 8201).
func (l *linter) tooBigBlocked(c *Chain) {
	if c.Base.Hook != HookForward || !c.sees(FamilyIP6) || l.untracked() {
		return
	}
	any := probe{family: FamilyIP6, src: hereIP6, dst: thereIP6, iif: "in0", oif: "out0"}
	if o, _ := l.send(c, any.tooBig(), EvalOptions{}); o == passed {
		return
	}
	for _, w := range l.witnesses(HookForward) {
		for _, b := range w.probes {
			if b.family != FamilyIP6 {
				continue
			}
			if o, by := l.send(c, b.tooBig(), EvalOptions{}); o == discarded && l.byDefault(by) {
				at := *l.dropsRest(c)
				l.add(LintTooBigBlocked, at, "packet-too-big of ICMPv6 is dropped: connections that "+place(w.rule.Pos, at.Pos)+" accepts hang when a link on the way has a smaller MTU",
					"`ct state established,related accept`, or `icmpv6 type packet-too-big accept`", w.rule.Pos)
				return
			}
		}
	}
}

// tooBig is what a router behind says about a packet that is too big.
func (b *probe) tooBig() *probe {
	a := b.answer()
	a.proto, a.typ, a.src, a.state = protoNumICMPv6, icmp6TooBig, documentation6(0xff), stateRelated
	return a
}

// noLoopback finds input chains that drop what the machine sends to itself.
func (l *linter) noLoopback(c *Chain) {
	if c.Base.Hook != HookInput {
		return
	}
	b := &probe{family: FamilyIP, proto: protoNumTCP, src: []byte{127, 0, 0, 1}, dst: []byte{127, 0, 0, 1}, sport: ephemeral, dport: ephemeral - 1,
		flags: flagSYN, state: stateNew, oif: "lo"}
	if !c.sees(FamilyIP) {
		one := []byte{15: 1}
		b.family, b.src, b.dst = FamilyIP6, one, one
	}
	b.original = b.tuple()
	if !l.passes(HookOutput, b) {
		return
	}
	b.iif, b.oif = "lo", ""
	if o, by := l.send(c, b, EvalOptions{}); o == discarded && l.byDefault(by) {
		l.add(LintNoLoopback, *l.dropsRest(c), "what the machine sends to itself over `lo` is dropped", "`iif lo accept`, as the first rule")
	}
}
