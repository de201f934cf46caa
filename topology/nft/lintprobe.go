package nft

import (
	"encoding/binary"
	"slices"
)

// probe is a packet that an analysis holds against chains. What it does not say is not known, so that an answer that
// hangs on it is no answer.
type probe struct {
	family       Family
	proto        uint8
	src, dst     []byte
	sport, dport uint16
	typ          uint8 // of ICMPv6
	flags        uint8 // of TCP
	hops         uint8
	pkttype      uint8
	iif, oif     string // "": there is none at the hook
	anyOif       bool   // the outgoing interface is not known
	noDst        bool   // dst is not known
	state        uint32 // as in `ct state`
	status       uint32
	reply        bool
	original     Tuple // of the connection; zero: there is none
}

// The IP protocols of probes.
const (
	protoNumTCP    = 6
	protoNumUDP    = 17
	protoNumICMPv6 = 58
)

// TCP flags of probes.
const (
	flagSYN = 2
	flagACK = 16
)

// States of probes, bits of `ct state`.
const (
	stateEstablished = 2
	stateRelated     = 4
)

// Bits of `ct status` (enum ip_conntrack_status).
const (
	statusSeenReply = 2
	statusConfirmed = 8
	statusDNAT      = 32
)

// packet is the probe as the evaluator takes it.
func (b *probe) packet() *Packet {
	p := &Packet{Family: b.family}
	switch b.proto {
	case protoNumTCP:
		p.TH = make([]byte, 20)
		p.TH[12], p.TH[13] = 0x50, b.flags
	default:
		p.TH = make([]byte, 8)
	}
	if b.proto == protoNumICMPv6 {
		p.TH[0] = b.typ
	} else {
		binary.BigEndian.PutUint16(p.TH, b.sport)
		binary.BigEndian.PutUint16(p.TH[2:], b.dport)
	}
	hops := b.hops
	if hops == 0 {
		hops = 63
	}
	if b.family == FamilyIP6 {
		p.NH = make([]byte, 40)
		p.NH[0], p.NH[6], p.NH[7] = 0x60, b.proto, hops
		copy(p.NH[8:24], b.src)
		copy(p.NH[24:40], b.dst)
		binary.BigEndian.PutUint16(p.NH[4:], uint16(len(p.TH)))
	} else {
		p.NH = make([]byte, 20)
		p.NH[0], p.NH[8], p.NH[9] = 0x45, hops, b.proto
		copy(p.NH[12:16], b.src)
		copy(p.NH[16:20], b.dst)
		binary.BigEndian.PutUint16(p.NH[2:], uint16(len(p.NH)+len(p.TH)))
	}
	if b.noDst {
		p.NH = p.NH[:len(p.NH)-len(b.dst)]
	}
	m := &p.Meta
	m.Iifname = Some(b.iif)
	if !b.anyOif {
		m.Oifname = Some(b.oif)
	}
	m.Iiftype, m.Oiftype = ifaceType(b.iif), ifaceType(b.oif)
	m.Pkttype = Some(b.pkttype)
	c := &p.CT
	c.State, c.Status, c.Zone, c.Helper = Some(b.state), Some(b.status), Some(uint16(0)), Some("")
	if b.reply {
		c.Direction = Some(uint8(1))
	} else {
		c.Direction = Some(uint8(0))
	}
	if b.original.Src != nil {
		c.Original = Some(b.original)
	}
	return p
}

func ifaceType(name string) Opt[uint16] {
	switch name {
	case "":
		return Opt[uint16]{}
	case "lo":
		return Some(uint16(772)) // ARPHRD_LOOPBACK
	}
	return Some(uint16(1)) // ARPHRD_ETHER
}

// tuple is the connection that the probe begins.
func (b *probe) tuple() Tuple {
	return Tuple{Src: b.src, Dst: b.dst, Proto: b.proto, Sport: b.sport, Dport: b.dport}
}

// answer is the first packet of the other side, as the same hook sees it if it sees forwarded packets.
func (b *probe) answer() *probe {
	a := *b
	a.src, a.dst, a.sport, a.dport = b.dst, b.src, b.dport, b.sport
	a.iif, a.oif = b.oif, b.iif
	a.flags, a.state, a.status, a.reply = flagSYN|flagACK, stateEstablished, statusSeenReply|statusConfirmed, true
	a.original = b.tuple()
	return &a
}

// Addresses and ports of probes: those of the documentation, which rules seldom name.
var (
	hereIP, thereIP   = []byte{192, 0, 2, 77}, []byte{198, 51, 100, 177}
	hereIP6, thereIP6 = documentation6(0x77), documentation6(0x177)
)

func documentation6(host uint16) []byte {
	b := []byte{0x20, 1, 0x0d, 0xb8, 15: 0}
	binary.BigEndian.PutUint16(b[14:], host)
	return b
}

// ephemeral is a port that the kernel gives to clients, see net.ipv4.ip_local_port_range.
const ephemeral = 49152

// outcome of a probe.
type outcome uint8

const (
	unsure outcome = iota
	passed
	discarded
)

// maxWork is how many rules all probes of one run are held against. What lies beyond is not found.
const maxWork = 20000

// send holds a probe against one chain. by is the rule that decided; nil for the policy.
func (l *linter) send(c *Chain, b *probe, opt EvalOptions) (o outcome, by *Rule) {
	if l.work >= maxWork {
		return unsure, nil
	}
	res := c.Eval(b.packet(), opt)
	l.work += len(res.Rules)
	switch res.Verdict {
	case VerdictAccept, VerdictContinue:
		return passed, res.Rule
	case VerdictDrop, VerdictReject:
		for i := range res.Rules {
			if mayAccept(res.Rules[i].Rule) {
				return unsure, nil
			}
		}
		return discarded, res.Rule
	}
	return unsure, nil
}

// mayAccept reports whether a rule looks at a named set without elements, and is not one that drops: the set is there
// to be filled later, with what may pass.
func mayAccept(r *Rule) bool {
	for _, s := range r.Stmts {
		switch s := s.(type) {
		case *Match:
			if ref, ok := s.Right.(*SetRef); ok && len(ref.Set.Elems) == 0 {
				kind, _ := verdictOf(r)
				return kind != VerdictDrop && kind != VerdictReject
			}
		case *Vmap:
			if len(s.Map.Elems) == 0 {
				return true
			}
		}
	}
	return false
}

// passes reports whether a probe surely passes all chains at a hook.
func (l *linter) passes(h Hook, b *probe) bool {
	for _, c := range l.bases {
		if c.Base.Hook != h || c.Base.Type == "nat" || !c.sees(b.family) {
			continue
		}
		if o, _ := l.send(c, b, EvalOptions{}); o != passed {
			return false
		}
	}
	return true
}

// sees reports whether packets of a family come to a chain.
func (c *Chain) sees(f Family) bool {
	return c.Table.Family == f || c.Table.Family == FamilyInet && (f == FamilyIP || f == FamilyIP6)
}

// dropsRest is where a base chain drops what no rule has decided about: the policy, or a last rule. It is nil if it
// does not, or if no packet of a machine comes there.
func (l *linter) dropsRest(c *Chain) *Span {
	b := c.Base
	if b.Type != "filter" || !c.sees(FamilyIP) && !c.sees(FamilyIP6) {
		return nil
	}
	switch b.Hook {
	case HookInput, HookForward, HookOutput:
	default:
		return nil
	}
	if all := l.demandsOf(c); len(all) > 0 {
		for i, r := range c.Rules {
			if all[i].always() && l.terminal(r) {
				if kind, _ := verdictOf(r); kind == VerdictDrop || kind == VerdictReject {
					return &Span{r.Pos, r.End}
				}
				return nil
			}
		}
	}
	if b.Policy != VerdictDrop {
		return nil
	}
	at := Span{Pos: b.PolicyPos}
	if at.Pos.IsValid() {
		at.End = at.Pos
		at.End.Col += len("policy")
	}
	return &at
}

// byDefault reports whether a rule that decided, nil for the policy, is the one for all packets that are left.
func (l *linter) byDefault(r *Rule) bool {
	if r == nil {
		return true
	}
	return l.demandsOf(r.Chain)[r.Index].always()
}

// interfaces are the names of interfaces that the rules of a chain, and of those it leads to, speak of, in the order
// of the rules; of a wildcard it is a name that fits.
func (l *linter) interfaces(c *Chain) []string {
	var out []string
	add := func(e Expr) {
		k, ok := e.(*Const)
		if !ok {
			return
		}
		name := k.Symbol
		switch {
		case k.typ == TypeIfIndex:
		case k.typ != TypeIfName:
			return
		default:
			var b [16]byte
			copy(b[:], k.Data)
			n, _ := toNumber(b[:])
			name = n.name()
			if k.Wildcard {
				name += "0"
			}
		}
		if name != "" && !slices.Contains(out, name) && len(out) < maxInterfaces {
			out = append(out, name)
		}
	}
	key := func(e Expr) {
		if c, ok := e.(*ConcatExpr); ok {
			for _, p := range c.Parts {
				add(p)
			}
		}
		add(e)
	}
	set := func(s *Set) {
		if !ifaceSet(s) {
			return
		}
		for _, e := range s.Elems {
			key(e.Key)
		}
	}
	each(c, func(r *Rule) {
		for _, s := range r.Stmts {
			switch s := s.(type) {
			case *Match:
				key(s.Right)
				if ref, ok := s.Right.(*SetRef); ok {
					set(ref.Set)
				}
			case *Vmap:
				set(s.Map)
			}
		}
	})
	return out
}

// maxInterfaces is how many interfaces of one chain are looked at.
const maxInterfaces = 16

// ifaceSet reports whether interfaces are in the key of a set.
func ifaceSet(s *Set) bool {
	parts := []*Datatype{s.Key}
	if s.Key != nil && s.Key.Base == BaseConcat {
		parts = s.Key.Parts
	}
	return slices.Contains(parts, TypeIfName) || slices.Contains(parts, TypeIfIndex)
}
