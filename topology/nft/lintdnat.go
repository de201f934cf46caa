package nft

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
)

// dnatBefore says which hook sees packets after DNAT at another.
var dnatBefore = []struct {
	kind      NATKind
	nat, then Hook
}{
	{DNAT, HookPrerouting, HookForward},
	{Redirect, HookPrerouting, HookInput},
	{DNAT, HookOutput, HookOutput},
	{Redirect, HookOutput, HookOutput},
}

// maxPairs is how many pairs of a DNAT rule and a rule behind it are looked at. What lies beyond is not found.
const maxPairs = 20000

// dnatRule is a rule that rewrites where packets go.
type dnatRule struct {
	rule  *Rule
	stmt  *NAT
	chain *Chain // the base chain that leads to it
	route route
}

// beforeDNAT finds rules that accept packets by the port or the address that they had before DNAT, while the packets
// as they are then are dropped. Such a rule is found with a packet: the one that the DNAT rule and the rule behind it
// are both meant for.
func (l *linter) beforeDNAT() {
	for _, at := range dnatBefore {
		all := l.dnatRules(at.nat, at.kind)
		if len(all) == 0 {
			continue
		}
		index := newDNATIndex(all)
		for _, c := range l.bases {
			if c.Base.Hook != at.then || c.Base.Type != "filter" || l.dropsRest(c) == nil {
				continue
			}
			if at.nat == at.then && c.Base.Priority <= all[0].chain.Base.Priority {
				continue
			}
			names := l.interfaces(c)
			pairs := 0
			each(c, func(r *Rule) {
				kind, _ := verdictOf(r)
				if kind != VerdictAccept || l.dead[r] || !l.asksTarget(r) || pairs >= maxPairs || l.work >= maxWork {
					return
				}
				to := l.routeTo(r)
				index.each(&to, func(d *dnatRule) bool {
					pairs++
					if d.route.meets(&to) && l.pair(c, r, &to, d, names) {
						return false
					}
					return pairs < maxPairs && l.work < maxWork
				})
			})
		}
	}
}

func (l *linter) dnatRules(h Hook, kind NATKind) []*dnatRule {
	var out []*dnatRule
	for _, c := range l.bases {
		if c.Base.Hook != h || c.Base.Type != "nat" {
			continue
		}
		each(c, func(r *Rule) {
			if l.dead[r] {
				return
			}
			for _, s := range r.Stmts {
				if n, ok := s.(*NAT); ok && n.Kind == kind {
					out = append(out, &dnatRule{rule: r, stmt: n, chain: c, route: l.routeTo(r)})
				}
			}
		})
	}
	return out
}

// asksTarget reports whether a rule itself asks for a port or an address that packets go to.
func (l *linter) asksTarget(r *Rule) bool {
	d := &l.demandsOf(r.Chain)[r.Index]
	for _, t := range []trait{traitDport, traitDaddr4, traitDaddr6} {
		if d.find(t) != nil {
			return true
		}
	}
	return false
}

// dnatIndex finds DNAT rules by the port that they are for.
type dnatIndex struct {
	byPort []dnatPort  // by number: those for one port
	wide   []*dnatRule // for several ports, or any
	all    []*dnatRule
}

type dnatPort struct {
	port num
	rule *dnatRule
}

func newDNATIndex(all []*dnatRule) *dnatIndex {
	x := &dnatIndex{all: all}
	for _, d := range all {
		if n, ok := d.route.of(traitDport).single(); ok {
			x.byPort = append(x.byPort, dnatPort{n, d})
		} else {
			x.wide = append(x.wide, d)
		}
	}
	slices.SortStableFunc(x.byPort, func(a, b dnatPort) int { return a.port.compare(b.port) })
	return x
}

// each calls f for the DNAT rules that may be for the port of a rule, until f returns false.
func (x *dnatIndex) each(to *route, f func(*dnatRule) bool) {
	rest := x.wide
	if ports := to.of(traitDport); ports == nil {
		rest = x.all
	} else {
		for _, i := range ports {
			at, _ := slices.BinarySearchFunc(x.byPort, i.from, func(p dnatPort, n num) int { return p.port.compare(n) })
			for _, p := range x.byPort[at:] {
				if p.port.compare(i.to) > 0 {
					break
				}
				if !f(p.rule) {
					return
				}
			}
		}
	}
	for _, d := range rest {
		if !f(d) {
			return
		}
	}
}

// unlike is what a packet still has as it was before DNAT, in the mind of who wrote a rule.
type unlike struct{ port, addr bool }

// pair looks for a packet that d rewrites, that the chain c drops then, and that r would have accepted.
func (l *linter) pair(c *Chain, r *Rule, to *route, d *dnatRule, names []string) bool {
	for _, family := range []Family{FamilyIP, FamilyIP6} {
		daddr := traitDaddr4
		if family == FamilyIP6 {
			daddr = traitDaddr6
		}
		if !c.sees(family) || !d.chain.sees(family) {
			continue
		}
		ports, addrs := to.of(traitDport) != nil, to.of(daddr) != nil && l.meansAddress(to, d, daddr)
		for _, u := range []unlike{{port: true}, {addr: true}, {port: true, addr: true}} {
			if u.port && !ports || u.addr && !addrs {
				continue
			}
			without := []trait{traitOif, traitOifname}
			if !u.addr {
				without = append(without, daddr)
			}
			if !u.port && d.stmt.Port != nil {
				without = append(without, traitDport)
			}
			for _, proto := range []uint8{protoNumTCP, protoNumUDP} {
				if l.try(c, r, to, d, family, proto, u, to.but(without...), names) {
					return true
				}
			}
		}
	}
	return false
}

// meansAddress reports whether the address of a rule may be meant for the packets of a DNAT rule: that one names it
// too, or both are for packets of one interface.
func (l *linter) meansAddress(to *route, d *dnatRule, daddr trait) bool {
	if own := d.route.of(daddr); own != nil {
		return len(own.and(to.of(daddr))) > 0
	}
	_, host := to.of(daddr).single()
	for _, t := range []trait{traitIifname, traitIif} {
		if iif := d.route.of(t); host && iif != nil && to.of(t) != nil && to.of(t).within(iif) {
			return true
		}
	}
	return false
}

func (l *linter) try(c *Chain, r *Rule, to *route, d *dnatRule, family Family, proto uint8, u unlike, want route, names []string) bool {
	o := route{list: slices.Clone(d.route.list), clash: d.route.clash}
	o.add(want.list)
	b := o.probe(family, proto, names)
	if b == nil {
		return false
	}
	local := d.chain.Base.Hook == HookOutput
	if local {
		b.iif, b.oif = "", to.pickName(traitOifname, traitOif, b.oif)
	} else {
		b.oif = ""
	}
	after, ok := l.rewritten(d, b)
	if !ok || u.port && after.dport == b.dport || u.addr && string(after.dst) == string(b.dst) {
		return false
	}
	if !l.dropped(c, after, local, names) {
		return false
	}
	meant := *after
	meant.anyOif, meant.noDst = false, false
	if u.port {
		meant.dport = b.dport
	}
	if u.addr {
		meant.dst = b.dst
	}
	if !local && c.Base.Hook == HookForward {
		meant.oif = to.pickName(traitOifname, traitOif, append(slices.Clone(names), "out0")...)
	}
	if o, by := l.send(c, &meant, EvalOptions{}); o != passed || by != r {
		return false
	}
	l.reportDNAT(c, r, d, b, after, u)
	return true
}

// rewritten is a packet as it is after DNAT by d.
func (l *linter) rewritten(d *dnatRule, b *probe) (*probe, bool) {
	for _, c := range l.bases {
		if c.Base.Hook != d.chain.Base.Hook || c.Base.Type != "nat" || !c.sees(b.family) {
			continue
		}
		res := c.Eval(b.packet(), EvalOptions{Resolve: localByFIB})
		l.work += len(res.Rules)
		if res.Verdict != VerdictAccept && res.Verdict != VerdictContinue {
			return nil, false
		}
		i := slices.IndexFunc(res.Writes, func(w Write) bool { return w.NAT })
		if i < 0 {
			continue
		}
		if res.Writes[i].Stmt != Stmt(d.stmt) || !l.surely(d.rule, res.Rules) {
			return nil, false
		}
		return d.apply(b, res.Writes[i:])
	}
	return nil, false
}

// surely reports whether a walk comes to a rule, and the rule matches, whatever is not known about the rules before it.
func (l *linter) surely(r *Rule, walk []RuleResult) bool {
	path := map[*Rule]bool{}
	for at := r; at.Chain.Base == nil && l.calls[at.Chain] != nil; {
		at = l.calls[at.Chain]
		path[at] = true
	}
	for i := range walk {
		rr := &walk[i]
		switch {
		case rr.Rule == r:
			return rr.Match == Yes
		case rr.Match == No, rr.Verdict == VerdictContinue:
		case rr.Match == Yes && (rr.Verdict == VerdictJump || rr.Verdict == VerdictGoto || rr.Verdict == VerdictReturn):
		case rr.Verdict == VerdictJump && !path[rr.Rule]:
		default:
			return false
		}
	}
	return false
}

// localByFIB takes a rule that asks the routing table about a packet, and nothing else that is not known, as one that
// matches: `fib daddr type local` is true of the packets that DNAT is for.
func localByFIB(r *RuleResult) Answer {
	for _, x := range r.Exprs {
		if x.Match != Unknown {
			continue
		}
		m, ok := x.Stmt.(*Match)
		if !ok {
			return Unknown
		}
		if _, ok := m.Left.(*Fib); !ok {
			return Unknown
		}
	}
	return Yes
}

func (d *dnatRule) apply(b *probe, writes []Write) (*probe, bool) {
	after := *b
	after.status |= statusDNAT
	for _, w := range writes {
		if !w.NAT {
			continue
		}
		if !w.Known {
			if d.stmt.Kind == Redirect && w.Value == "" {
				after.noDst = true // an address of the machine
				continue
			}
			return nil, false
		}
		if a, err := netip.ParseAddr(w.Value); err == nil {
			after.dst = a.AsSlice()
			continue
		}
		port, err := strconv.ParseUint(w.Value, 10, 16)
		if err != nil {
			return nil, false
		}
		after.dport = uint16(port)
	}
	return &after, true
}

// dropped reports whether a chain drops a packet by default, whatever interface it goes out of.
func (l *linter) dropped(c *Chain, b *probe, local bool, names []string) bool {
	if c.Base.Hook != HookForward || local {
		o, by := l.send(c, b, EvalOptions{})
		return o == discarded && l.byDefault(by)
	}
	any := *b
	any.anyOif = true
	switch o, by := l.send(c, &any, EvalOptions{}); o {
	case passed:
		return false
	case discarded:
		return l.byDefault(by)
	}
	for _, name := range append(slices.Clone(names), "out0") {
		b.oif = name
		if o, by := l.send(c, b, EvalOptions{}); o != discarded || !l.byDefault(by) {
			return false
		}
	}
	return true
}

func (l *linter) reportDNAT(c *Chain, r *Rule, d *dnatRule, b, after *probe, u unlike) {
	proto := TypeInetProto.format([]byte{b.proto})
	from, _ := netip.AddrFromSlice(b.dst)
	to, _ := netip.AddrFromSlice(after.dst)
	own := &l.demandsOf(r.Chain)[r.Index]
	daddr := traitDaddr4
	if b.family == FamilyIP6 {
		daddr = traitDaddr6
	}
	at := r.Span
	for _, t := range []trait{daddr, traitDport} {
		if x := own.find(t); x != nil && (t == traitDport && u.port || t != traitDport && u.addr) {
			at = x.stmt.Range()
		}
	}
	var what, hint string
	switch {
	case u.port && u.addr:
		what = fmt.Sprintf("%s to %s", netip.AddrPortFrom(from, b.dport), netip.AddrPortFrom(to, after.dport))
		hint = fmt.Sprintf("match `%s daddr %s %s dport %d`", b.family, to, proto, after.dport)
	case u.port:
		what = fmt.Sprintf("%s dport %d to %d", proto, b.dport, after.dport)
		hint = fmt.Sprintf("match %d, or `meta l4proto %s ct original proto-dst %d`", after.dport, proto, b.dport)
	default:
		what = fmt.Sprintf("%s daddr %s to %s", b.family, from, to)
		hint = fmt.Sprintf("match %s, or `ct original %s daddr %s`", to, b.family, from)
	}
	l.add(LintBeforeDNAT, at, fmt.Sprintf("%s rewrites %s before %s sees it", fileLine(d.rule.Pos), what, c.Base.Hook), hint, d.rule.Pos)
}
