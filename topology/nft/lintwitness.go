package nft

import "slices"

// route is what a packet must meet to come to a rule and to match it, as far as it is known: the demands of the rule,
// and of the rules through which its chain was called.
type route struct {
	list  []demand
	clash bool
}

// routeTo follows the calls of a chain back to a base chain.
func (l *linter) routeTo(r *Rule) route {
	var out route
	for range maxJumps + 1 {
		d := &l.demandsOf(r.Chain)[r.Index]
		out.add(d.list)
		out.clash = out.clash || d.clash.stmt != nil
		if r.Chain.Base != nil || l.calls[r.Chain] == nil {
			break
		}
		r = l.calls[r.Chain]
	}
	return out
}

// add adds demands.
func (o *route) add(list []demand) {
	for _, d := range list {
		i := slices.IndexFunc(o.list, func(x demand) bool { return x.trait == d.trait })
		if i < 0 {
			o.list = append(o.list, d)
		} else {
			o.list[i].in = o.list[i].in.and(d.in)
			o.list[i].masks = append(slices.Clip(o.list[i].masks), d.masks...)
			d = o.list[i]
		}
		o.clash = o.clash || d.empty()
	}
}

// meets reports whether one packet may meet both routes, as far as it looks the same at both ends: addresses and ports
// that packets go to are not compared.
func (o *route) meets(other *route) bool {
	for i := range o.list {
		switch d := &o.list[i]; d.trait {
		case traitDport, traitDaddr4, traitDaddr6:
		default:
			if v := other.of(d.trait); v != nil && !v.meets(d.in) {
				return false
			}
		}
	}
	return true
}

// but is a route without what is asked of some traits.
func (o route) but(traits ...trait) route {
	o.list = slices.DeleteFunc(slices.Clone(o.list), func(d demand) bool { return slices.Contains(traits, d.trait) })
	return o
}

// of are the values that a route lets a trait have; nil if it asks nothing of it.
func (o *route) of(t trait) values {
	for _, d := range o.list {
		if d.trait == t {
			return d.in
		}
	}
	return nil
}

// allows reports whether a trait may have a value.
func (o *route) allows(t trait, n uint64) bool {
	v := o.of(t)
	return v == nil || v.has(num{0, n})
}

// pick is a value of a trait that a route lets through, one of those that are liked if possible.
func (o *route) pick(t trait, liked ...num) num {
	v := o.of(t)
	for _, n := range liked {
		if v == nil || v.has(n) {
			return n
		}
	}
	if len(v) == 0 {
		return num{}
	}
	return v[0].from
}

// pickName picks an interface. Its name may be asked for in two ways.
func (o *route) pickName(byName, byIndex trait, liked ...string) string {
	both := o.of(byName)
	if v := o.of(byIndex); both == nil {
		both = v
	} else if v != nil {
		both = both.and(v)
	}
	for _, n := range liked {
		if both == nil || both.has(nameNumber(n)) {
			return n
		}
	}
	for _, i := range both {
		if n := i.from.name(); n != "" {
			if i.from != i.to && nameNumber(n+"0").compare(i.to) <= 0 {
				n += "0" // of a wildcard
			}
			return n
		}
	}
	return ""
}

// probe is the first packet of a TCP connection that may come to the end of a route. Whether it does, the evaluator
// says: what a route asks for beside the usual is not in the probe. Nil: it cannot.
func (o *route) probe(family Family, proto uint8, ifaces []string) *probe {
	if o.clash || !o.allows(traitFamily, uint64(family)) || !o.allows(traitL4, uint64(proto)) || !o.allows(traitState, stateNew) {
		return nil
	}
	b := &probe{family: family, proto: proto, flags: flagSYN, state: stateNew}
	ifaces = slices.DeleteFunc(slices.Clone(ifaces), func(n string) bool { return n == "lo" })
	b.iif = o.pickName(traitIifname, traitIif, append(slices.Clone(ifaces), "in0", "lan0", "eth0")...)
	others := slices.DeleteFunc(ifaces, func(n string) bool { return n == b.iif })
	b.oif = o.pickName(traitOifname, traitOif, append(others, "out0", "wan0", "eth1")...)
	saddr, daddr, here, there := traitSaddr4, traitDaddr4, hereIP, thereIP
	if family == FamilyIP6 {
		saddr, daddr, here, there = traitSaddr6, traitDaddr6, hereIP6, thereIP6
	}
	size := len(here)
	h, _ := toNumber(here)
	t, _ := toNumber(there)
	b.src = o.pick(saddr, t).bytes(size)
	b.dst = o.pick(daddr, h).bytes(size)
	b.sport = uint16(o.pick(traitSport, num{0, ephemeral}).lo)
	b.dport = uint16(o.pick(traitDport, num{0, 443}).lo)
	b.flags = uint8(o.pick(traitFlags, num{0, flagSYN}).lo)
	b.original = b.tuple()
	return b
}
