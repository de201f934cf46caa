package ruleset

import (
	"golang.org/x/sys/unix"

	"github.com/hookwalk/hookwalk/topology/nft"
)

// natProtoSpecified says that there is a port (NF_NAT_RANGE_PROTO_SPECIFIED of include/uapi/linux/netfilter/nf_nat.h).
const natProtoSpecified = 1 << 1

// natRegs are the kernel's numbers of the registers with what a packet is rewritten to; 0: none.
type natRegs struct{ addrMin, addrMax, portMin, portMax uint32 }

func (r *rule) nat(s *nft.NAT) {
	if s.Addr != nil {
		r.require(s.Addr)
	}
	if s.Port != nil {
		r.require(s.Port)
	}
	var regs natRegs
	flags := uint32(s.Flags)
	if s.Addr != nil {
		r.natAddr(s, &regs)
	}
	if s.Port != nil {
		flags |= natProtoSpecified
		regs.portMin, regs.portMax = r.natRange(s.Port)
	}
	put := func(a *attrs, typ uint16, v uint32) {
		if v != 0 {
			a.u32(typ, v)
		}
	}
	switch s.Kind {
	case nft.Masquerade:
		r.expr("masq", func(a *attrs) {
			put(a, unix.NFTA_MASQ_REG_PROTO_MIN, regs.portMin)
			put(a, unix.NFTA_MASQ_REG_PROTO_MAX, regs.portMax)
			put(a, unix.NFTA_MASQ_FLAGS, flags)
		})
	case nft.Redirect:
		r.expr("redir", func(a *attrs) {
			put(a, unix.NFTA_REDIR_REG_PROTO_MIN, regs.portMin)
			put(a, unix.NFTA_REDIR_REG_PROTO_MAX, regs.portMax)
			put(a, unix.NFTA_REDIR_FLAGS, flags)
		})
	default:
		r.expr("nat", func(a *attrs) {
			a.u32(unix.NFTA_NAT_TYPE, flag(s.Kind == nft.DNAT, unix.NFT_NAT_DNAT))
			a.u32(unix.NFTA_NAT_FAMILY, uint32(r.natFamily(s)))
			put(a, unix.NFTA_NAT_REG_ADDR_MIN, regs.addrMin)
			put(a, unix.NFTA_NAT_REG_ADDR_MAX, regs.addrMax)
			put(a, unix.NFTA_NAT_REG_PROTO_MIN, regs.portMin)
			put(a, unix.NFTA_NAT_REG_PROTO_MAX, regs.portMax)
			put(a, unix.NFTA_NAT_FLAGS, flags)
		})
	}
}

// natFamily is the family of the addresses. Without any the kernel takes that of the table.
func (r *rule) natFamily(s *nft.NAT) nft.Family {
	if s.Family == nft.FamilyUnspec {
		return r.family
	}
	return s.Family
}

// natAddr loads the address, or a map of addresses, or one of addresses with ports.
func (r *rule) natAddr(s *nft.NAT, regs *natRegs) {
	m, ok := s.Addr.(*nft.MapLookup)
	if !ok {
		regs.addrMin, regs.addrMax = r.natRange(s.Addr)
		return
	}
	reg := r.alloc(nil)
	r.load(m, reg)
	regs.addrMin = regNumber(reg)
	addr, size := m.Map.Data, m.Map.Data.Bytes()
	ports := addr.Base == nft.BaseConcat
	if ports {
		addr = addr.Parts[0]
		regs.portMin = regNumber(reg + words(addr.Bytes()))
	}
	if m.Map.DataRange { // the highest values lie behind the lowest
		r.alloc(nil)
		regs.addrMax = regNumber(reg + words(size))
		if ports {
			regs.portMax = regNumber(reg + words(size) + words(addr.Bytes()))
		}
	}
}

// natRange loads a value or the two ends of a range.
func (r *rule) natRange(e nft.Expr) (minReg, maxReg uint32) {
	reg := r.alloc(nil)
	switch e.(type) {
	case *nft.Range, *nft.Prefix:
		top := r.alloc(nil)
		from, to := r.nativeBounds(e)
		r.immediate(reg, from)
		r.immediate(top, to)
		return regNumber(reg), regNumber(top)
	}
	r.load(e, reg)
	return regNumber(reg), 0
}
