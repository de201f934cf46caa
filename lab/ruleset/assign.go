package ruleset

import (
	"fmt"

	"github.com/google/nftables/expr"
	"golang.org/x/sys/unix"

	"github.com/hookwalk/hookwalk/topology/nft"
)

func (r *rule) assign(s *nft.Assign) {
	r.require(s.Target)
	r.require(s.Value)
	switch t := s.Target.(type) {
	case *nft.Payload:
		r.assignPayload(t, s.Value)
	case *nft.Exthdr:
		r.assignOption(t, s.Value)
	case *nft.Meta:
		reg := r.alloc(nil)
		r.load(s.Value, reg)
		r.add(&expr.Meta{Key: expr.MetaKey(t.Key), SourceRegister: true, Register: regNumber(reg)})
	case *nft.CT:
		reg := r.alloc(nil)
		r.load(s.Value, reg)
		r.ct(t, reg, true)
	default:
		r.fail(s.Span, "", "", fmt.Errorf("`%s` cannot be written to", s.Target))
	}
}

// assignPayload writes a header field and mends the checksum. Bits that do not fill bytes, and single bytes below a
// checksum (which sums pairs of bytes), are written with their neighbours.
func (r *rule) assignPayload(t *nft.Payload, value nft.Expr) {
	sum := checksumOf(t)
	first, size := t.Offset/8, (t.Offset%8+t.Len+7)/8
	whole := aligned(t)
	if (sum.offset >= 0 || t.Base == nft.InnerHeader) && size%2 == 1 {
		whole = false
		size++
		first &^= 1
	}
	reg := r.alloc(nil)
	if whole {
		r.load(value, reg)
	} else {
		k, ok := value.(*nft.Const)
		if !ok {
			r.fail(r.node.Range(), "", "write a constant", fmt.Errorf("`%s` can only be set to a constant", t))
			return
		}
		b := bits{size: size, shift: (first+size)*8 - t.Offset - t.Len}
		keep := b.mask(t.Len)
		for i := range keep {
			keep[i] = ^keep[i]
		}
		r.add(payloadLoad(reg, t.Base, first, size))
		r.bitwise(reg, keep, b.place(r.value(k)))
	}
	e := &expr.Payload{OperationType: expr.PayloadWrite, SourceRegister: regNumber(reg), Base: expr.PayloadBase(t.Base),
		Offset: uint32(first), Len: uint32(size), CsumFlags: flag(sum.pseudo, unix.NFT_PAYLOAD_L4CSUM_PSEUDOHDR)}
	switch {
	case sum.offset >= 0:
		e.CsumType, e.CsumOffset = expr.CsumTypeInet, uint32(sum.offset)
	case sum.pseudo:
		r.payloadPseudo(e)
		return
	}
	r.add(e)
}

// checksum says how a header field is covered: by the checksum at an offset of its own header (-1: none), and by that
// of the transport header, through the pseudo header of RFC 793 and RFC 8200.
type checksum struct {
	offset int
	pseudo bool
}

func checksumOf(t *nft.Payload) checksum {
	c := checksum{offset: -1, pseudo: t.Base == nft.InnerHeader}
	if t.Proto == nil || t.Field == nil {
		return c
	}
	c.offset = t.Proto.Checksum
	switch t.Proto.Name + " " + t.Field.Name {
	case "ip saddr", "ip daddr", "ip protocol", "ip length", "ip6 saddr", "ip6 daddr", "ip6 nexthdr", "ip6 length":
		c.pseudo = true
	}
	return c
}
