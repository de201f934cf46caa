package ruleset

import (
	"github.com/google/nftables/expr"

	"github.com/hookwalk/hookwalk/topology/nft"
)

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
	if s.Addr != nil {
		r.natAddr(s, &regs)
	}
	if s.Port != nil {
		regs.portMin, regs.portMax = r.natRange(s.Port)
	}
	has := func(f nft.NATFlags) bool { return s.Flags&f != 0 }
	switch s.Kind {
	case nft.Masquerade:
		if s.Port != nil {
			r.masqPorts(regs, uint32(s.Flags)|expr.NF_NAT_RANGE_PROTO_SPECIFIED)
			return
		}
		r.add(&expr.Masq{Random: has(nft.NATRandom), FullyRandom: has(nft.NATFullyRandom), Persistent: has(nft.NATPersistent)})
	case nft.Redirect:
		r.add(&expr.Redir{RegisterProtoMin: regs.portMin, RegisterProtoMax: regs.portMax,
			Flags: uint32(s.Flags) | flag(s.Port != nil, expr.NF_NAT_RANGE_PROTO_SPECIFIED)})
	default:
		typ := expr.NATTypeSourceNAT
		if s.Kind == nft.DNAT {
			typ = expr.NATTypeDestNAT
		}
		r.add(&expr.NAT{
			Type:        typ,
			Family:      uint32(r.natFamily(s)),
			RegAddrMin:  regs.addrMin,
			RegAddrMax:  regs.addrMax,
			RegProtoMin: regs.portMin,
			RegProtoMax: regs.portMax,
			Random:      has(nft.NATRandom),
			FullyRandom: has(nft.NATFullyRandom),
			Persistent:  has(nft.NATPersistent),
			Prefix:      has(nft.NATNetmap),
			Specified:   s.Port != nil,
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
