package ruleset

import (
	"github.com/google/nftables/expr"
	"golang.org/x/sys/unix"

	"github.com/hookwalk/hookwalk/topology/nft"
)

// Attributes and flags of inner (enum nft_inner_attributes and nft_inner_flags of nf_tables.h, Linux 6.2), which
// google/nftables lacks.
const (
	nftaInnerNum     = 1
	nftaInnerType    = 2
	nftaInnerFlags   = 3
	nftaInnerHdrsize = 4
	nftaInnerExpr    = 5

	nftInnerHdrsize = 1
	nftInnerLL      = 2
	nftInnerNH      = 4
	nftInnerTH      = 8
)

// within runs f with what the rule knows of the packets in a tunnel. The expressions that f adds look into it.
func (r *rule) within(t *nft.Tunnel, f func()) {
	outer := r.known
	if in, ok := r.inners[t.Name]; ok {
		r.known = in
	} else {
		r.known = known{l4: -1, ether: false}
	}
	r.tunnel = t
	f()
	if r.inners == nil {
		r.inners = map[string]known{}
	}
	r.inners[t.Name] = r.known
	r.known, r.tunnel = outer, nil
}

// innerRead wraps an expression that reads the packet, so that it reads the one in the tunnel.
func (r *rule) innerRead(name string, e expr.Any) {
	flags := uint32(nftInnerHdrsize | nftInnerNH | nftInnerTH)
	switch {
	case r.tunnel.Link && r.tunnel.L4 == protoUDP:
		flags |= nftInnerLL
	case r.tunnel.Link:
		flags = nftInnerLL | nftInnerNH | nftInnerTH
	case r.tunnel.L4 != protoUDP:
		flags = nftInnerNH | nftInnerTH
	}
	r.raw("inner", func(a *attrs) {
		a.u32(nftaInnerNum, 0)
		a.u32(nftaInnerType, r.tunnel.Type)
		a.u32(nftaInnerFlags, flags)
		a.u32(nftaInnerHdrsize, uint32(r.tunnel.Header))
		at := a.open(nftaInnerExpr)
		a.str(unix.NFTA_EXPR_NAME, name)
		data := a.open(unix.NFTA_EXPR_DATA)
		switch e := e.(type) {
		case *expr.Payload:
			a.u32(unix.NFTA_PAYLOAD_DREG, e.DestRegister)
			a.u32(unix.NFTA_PAYLOAD_BASE, uint32(e.Base))
			a.u32(unix.NFTA_PAYLOAD_OFFSET, e.Offset)
			a.u32(unix.NFTA_PAYLOAD_LEN, e.Len)
		case *expr.Meta:
			a.u32(unix.NFTA_META_KEY, uint32(e.Key))
			a.u32(unix.NFTA_META_DREG, e.Register)
		}
		a.close(data)
		a.close(at)
	})
}

// wrapped reports whether an expression was added as one that looks into a tunnel.
func (r *rule) wrapped(e expr.Any) bool {
	if r.tunnel == nil {
		return false
	}
	switch e := e.(type) {
	case *expr.Payload:
		r.innerRead("payload", e)
	case *expr.Meta:
		r.innerRead("meta", e)
	default:
		return false
	}
	return true
}

// requireInner makes sure that the packet is one of the tunnel, and what is inside one that has the field.
func (r *rule) requireInner(e *nft.Inner) {
	r.requireL4(e.Tunnel.L4)
	if e.Payload.Base != nft.TunnelHeader {
		r.within(e.Tunnel, func() { r.requireHeader(e.Payload) })
	}
}
