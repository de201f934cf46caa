package nft

// meta reads a property of the packet as nft_meta_get_eval does (net/netfilter/nft_meta.c).
func (m *machine) meta(e *Meta) value {
	p := m.p
	o := &p.Meta
	switch e.Key {
	case MetaLen:
		return number(o.Len, 4, e)
	case MetaProtocol:
		return m.etherType()
	case MetaPriority:
		return number(o.Priority, 4, e)
	case MetaMark:
		return number(o.Mark, 4, e)
	case MetaIif:
		return index(o.Iif, o.Iifname)
	case MetaOif:
		return index(o.Oif, o.Oifname)
	case MetaIifname:
		return ifname(o.Iif, o.Iifname)
	case MetaOifname:
		return ifname(o.Oif, o.Oifname)
	case MetaIiftype:
		return iftype(o.Iif, o.Iifname, o.Iiftype)
	case MetaOiftype:
		return iftype(o.Oif, o.Oifname, o.Oiftype)
	case MetaSKUID:
		return m.owner(o.SKUID, e)
	case MetaSKGID:
		return m.owner(o.SKGID, e)
	case MetaNftrace:
		return number(o.Nftrace, 1, e)
	case MetaRtclassid:
		return number(o.Rtclassid, 4, e)
	case MetaNFProto:
		return m.nfproto()
	case MetaL4Proto:
		t := p.transport()
		return t.protocol()
	case MetaPkttype:
		return number(o.Pkttype, 1, e)
	case MetaCPU:
		return number(o.CPU, 4, e)
	case MetaTime, MetaDay, MetaHour:
		return o.metaClock(e)
	case MetaRandom:
		return isUnknown("it is a random number")
	}
	if in, out := metaNeedsIface(e.Key); in && absent(o.Iif, o.Iifname) || out && absent(o.Oif, o.Oifname) {
		return isBroken(noInterface)
	}
	return isUnknown("`" + e.name + "` is not known")
}

const noInterface = "there is no such interface at this hook"

// metaNeedsIface are the other keys that the kernel does not read without an interface: groups
// (nft_meta_store_ifgroup) and kinds (nft_meta_store_kind).
func metaNeedsIface(k MetaKey) (in, out bool) {
	switch k {
	case 21, 26:
		return true, false
	case 22, 27:
		return false, true
	}
	return false, false
}

func number[T uint8 | uint16 | uint32 | uint64](o Opt[T], n int, e Expr) value {
	if !o.Known {
		return isUnknown("`" + e.String() + "` is not known")
	}
	var v value
	v.setUint(uint64(o.V), n)
	return v
}

// absent: it is known that there is no interface. If there was one, its index would not be 0 and its name not empty.
func absent(index Opt[uint32], name Opt[string]) bool {
	return index.Known && index.V == 0 || name.Known && name.V == ""
}

// index is the index of an interface, 0 if there is none (nft_meta_store_ifindex).
func index(i Opt[uint32], name Opt[string]) value {
	v := isUnknown("the index of the interface was not recorded")
	switch {
	case absent(i, name):
		v = value{named: true}
		v.setUint(0, 4)
		return v
	case i.Known:
		v = value{}
		v.setUint(uint64(i.V), 4)
	case !name.Known:
		return isUnknown("the interface was not recorded")
	}
	v.name, v.named = name.V, name.Known
	return v
}

// ifname is the name of an interface, empty if there is none (nft_meta_store_ifname).
func ifname(i Opt[uint32], name Opt[string]) value {
	if !name.Known && !absent(i, name) {
		return isUnknown("the name of the interface was not recorded")
	}
	var v value
	if !absent(i, name) {
		v.setString(name.V)
	} else {
		v.setString("")
	}
	return v
}

// iftype is the type of an interface; without one the kernel leaves the rule (nft_meta_store_iftype).
func iftype(i Opt[uint32], name Opt[string], typ Opt[uint16]) value {
	var v value
	switch {
	case absent(i, name):
		return isBroken(noInterface)
	case typ.Known:
		v.setUint(uint64(typ.V), 2)
	case name.Known && name.V == "lo":
		v.setUint(772, 2) // ARPHRD_LOOPBACK
	default:
		return isUnknown("the type of the interface was not recorded")
	}
	return v
}

// owner is the user or group of the socket. A packet that came in and goes out has none: it is being forwarded
// (nft_meta_get_eval_skugid).
func (m *machine) owner(o Opt[uint32], e Expr) value {
	i := &m.p.Meta
	in := i.Iif.Known && i.Iif.V != 0 || i.Iifname.Known && i.Iifname.V != ""
	out := i.Oif.Known && i.Oif.V != 0 || i.Oifname.Known && i.Oifname.V != ""
	if !o.Known && in && out {
		return isBroken("a packet that is forwarded has no socket")
	}
	return number(o, 4, e)
}

// etherType is skb->protocol.
func (m *machine) etherType() value {
	var v value
	if o := m.p.Meta.Protocol; o.Known {
		v.setUint(uint64(o.V), 2)
		return v
	}
	switch m.p.family() {
	case FamilyIP:
		v.setUint(0x0800, 2)
	case FamilyIP6:
		v.setUint(0x86dd, 2)
	case FamilyARP:
		v.setUint(0x0806, 2)
	default:
		return isUnknown("the protocol of the packet was not recorded")
	}
	return v
}

// nfproto is the family of the hook, nft_pf.
func (m *machine) nfproto() value {
	f := m.p.family()
	if m.table == FamilyBridge || m.table == FamilyNetdev {
		f = m.table
	}
	if f == FamilyUnspec {
		return isUnknown("the protocol of the packet was not recorded")
	}
	var v value
	v.setUint(uint64(f), 1)
	return v
}
