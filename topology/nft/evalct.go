package nft

// Bits of `ct state`, NF_CT_STATE_BIT in include/net/netfilter/nf_conntrack.h.
const (
	stateInvalid   = 1
	stateNew       = 8
	stateUntracked = 64
)

// statusExpected is IPS_EXPECTED of include/uapi/linux/netfilter/nf_conntrack_common.h.
const statusExpected = 1

// ct reads the conntrack entry as nft_ct_get_eval does (net/netfilter/nft_ct.c). Without one the state is invalid
// or untracked, and every other key makes the kernel leave the rule.
func (m *machine) ct(e *CT) value {
	c := &m.p.CT
	if e.Key == CTState {
		return number(c.State, 4, e)
	}
	if c.missing() {
		return isBroken("the packet has no conntrack entry")
	}
	switch e.Key {
	case CTDirection:
		if !c.Direction.Known && c.State.Known && c.State.V == stateNew {
			return number(Some[uint8](0), 1, e) // only the original direction makes an entry
		}
		return number(c.Direction, 1, e)
	case CTStatus:
		return number(c.Status, 4, e)
	case CTMark:
		return number(c.Mark, 4, e)
	case CTZone:
		return number(c.Zone, 2, e)
	case CTID:
		return number(c.ID, 4, e)
	case CTHelper:
		// That of the connection which this one was expected by; what `ct helper set` gives a connection is not read.
		switch {
		case c.Helper.Known && c.Helper.V != "":
		case c.Helper.Known, c.State.Known && c.State.V == stateNew, c.Status.Known && c.Status.V&statusExpected == 0:
			return isBroken("no other connection with a helper has led to this one")
		default:
			return isUnknown("`ct helper` is not known")
		}
		var v value
		v.setString(c.Helper.V)
		return v
	case CTBytes, CTPackets, CTAvgPkt:
		return m.ctCount(e)
	}
	return m.ctTuple(e)
}

// missing: it is known that the packet has no conntrack entry.
func (c *PacketCT) missing() bool {
	return c.State.Known && (c.State.V == stateInvalid || c.State.V == stateUntracked)
}

// ctCount: the counts are recorded for both directions together only.
func (m *machine) ctCount(e *CT) value {
	c := &m.p.CT
	switch {
	case e.Dir != DirNone:
	case e.Key == CTBytes:
		return number(c.Bytes, 8, e)
	case e.Key == CTPackets:
		return number(c.Packets, 8, e)
	case c.Bytes.Known && c.Packets.Known:
		avg := uint64(0)
		if c.Packets.V > 0 {
			avg = c.Bytes.V / c.Packets.V
		}
		return number(Some(avg), 8, e)
	}
	return isUnknown("`" + e.name + "` is not known")
}

// ctTuple reads addresses, ports and protocols of one direction. Without a direction the kernel takes that of the
// packet for the protocols, in which both directions are the same.
func (m *machine) ctTuple(e *CT) value {
	o := m.p.CT.Original
	if e.Dir == DirReply || e.Dir == DirNone && !o.Known {
		o = m.p.CT.Reply
	}
	if !o.Known {
		return isUnknown("`" + e.name + "` is not known")
	}
	t := &o.V
	var v value
	switch e.Key {
	case CTL3Proto:
		f := FamilyIP
		if len(t.Src) == 16 {
			f = FamilyIP6
		}
		v.setUint(uint64(f), 1)
	case CTProtocol:
		v.setUint(uint64(t.Proto), 1)
	case CTProtoSrc:
		v.setUint(uint64(t.Sport), 2)
	case CTProtoDst:
		v.setUint(uint64(t.Dport), 2)
	case CTSrcIP:
		return address(t.Src, 4)
	case CTDstIP:
		return address(t.Dst, 4)
	case CTSrcIP6:
		return address(t.Src, 16)
	case CTDstIP6:
		return address(t.Dst, 16)
	default:
		return isUnknown("`" + e.name + "` is not known")
	}
	return v
}

func address(a []byte, n int) value {
	if len(a) != n {
		return isBroken("the connection is of another family")
	}
	v := value{n: n}
	copy(v.b[:n], a)
	return v
}
