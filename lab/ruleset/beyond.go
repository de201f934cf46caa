package ruleset

import (
	"encoding/binary"

	"github.com/google/nftables/expr"
	"golang.org/x/sys/unix"

	"github.com/hookwalk/hookwalk/topology/nft"
)

// This file has the expressions that google/nftables/expr cannot encode, and why. Where it learns to, they can go.

// raw adds an expression whose attributes are written here.
func (r *rule) raw(name string, fill func(a *attrs)) {
	from := len(r.out.b)
	elem := r.out.open(unix.NFTA_LIST_ELEM)
	r.out.str(unix.NFTA_EXPR_NAME, name)
	data := r.out.open(unix.NFTA_EXPR_DATA)
	fill(r.out)
	r.out.close(data)
	r.out.close(elem)
	r.pieces = append(r.pieces, piece{from: from, to: len(r.out.b), node: r.node})
}

// Attributes and operations of bitwise (enum nft_bitwise_attributes and nft_bitwise_ops of nf_tables.h, Linux 5.6).
const (
	nftaBitwiseOp    = 6
	nftaBitwiseData  = 7
	nftBitwiseLshift = 1
	nftBitwiseRshift = 2
)

// shift moves the bits of a register. expr.Bitwise has neither the operation nor its operand, only mask and xor.
func (r *rule) shift(reg int, left bool, by uint32, size int) {
	op := uint32(nftBitwiseRshift)
	if left {
		op = nftBitwiseLshift
	}
	r.raw("bitwise", func(a *attrs) {
		a.u32(unix.NFTA_BITWISE_SREG, regNumber(reg))
		a.u32(unix.NFTA_BITWISE_DREG, regNumber(reg))
		a.u32(unix.NFTA_BITWISE_LEN, uint32(size))
		a.u32(nftaBitwiseOp, op)
		a.data(nftaBitwiseData, binary.NativeEndian.AppendUint32(nil, by))
	})
}

// payloadPseudo writes a field of the IPv6 header, which has no checksum itself but is in that of the transport header.
// expr.Payload leaves the flag for the latter out unless there is the former too: the packet would be broken.
func (r *rule) payloadPseudo(e *expr.Payload) {
	r.raw("payload", func(a *attrs) {
		a.u32(unix.NFTA_PAYLOAD_SREG, e.SourceRegister)
		a.u32(unix.NFTA_PAYLOAD_BASE, uint32(e.Base))
		a.u32(unix.NFTA_PAYLOAD_OFFSET, e.Offset)
		a.u32(unix.NFTA_PAYLOAD_LEN, e.Len)
		a.u32(unix.NFTA_PAYLOAD_CSUM_FLAGS, e.CsumFlags)
	})
}

// ctZone reads or writes the conntrack zone of one direction. expr.Ct leaves the direction of a zone out.
func (r *rule) ctZone(dir nft.CTDir, e *expr.Ct) {
	typ := uint16(unix.NFTA_CT_DREG)
	if e.SourceRegister {
		typ = unix.NFTA_CT_SREG
	}
	r.raw("ct", func(a *attrs) {
		a.u32(typ, e.Register)
		a.u32(unix.NFTA_CT_KEY, uint32(e.Key))
		a.u8(unix.NFTA_CT_DIRECTION, uint8(dir))
	})
}

// resetOption removes an option of TCP. expr.Exthdr always has a register, and the kernel wants none then.
func (r *rule) resetOption(number uint8) {
	r.raw("exthdr", func(a *attrs) {
		a.u8(unix.NFTA_EXTHDR_TYPE, number)
		a.u32(unix.NFTA_EXTHDR_OP, uint32(nft.ExthdrTCP))
	})
}

// tproxy hands packets to a socket. expr.TProxy always writes a port, and the kernel wants none that is 0.
func (r *rule) tproxy(s *nft.Tproxy) {
	r.requireAll(s.Addr, s.Port)
	var addr, port uint32
	if s.Addr != nil {
		addr, _ = r.natRange(s.Addr)
	}
	if s.Port != nil {
		port, _ = r.natRange(s.Port)
	}
	r.raw("tproxy", func(a *attrs) {
		a.u32(expr.NFTA_TPROXY_FAMILY, uint32(s.Family))
		if addr != 0 {
			a.u32(expr.NFTA_TPROXY_REG_ADDR, addr)
		}
		if port != 0 {
			a.u32(expr.NFTA_TPROXY_REG_PORT, port)
		}
	})
}

// hashZero hashes with the seed 0. expr.Hash leaves the seed 0 out, and the kernel then takes a random one.
func (r *rule) hashZero(e *expr.Hash) {
	r.raw("hash", func(a *attrs) {
		a.u32(unix.NFTA_HASH_SREG, e.SourceRegister)
		a.u32(unix.NFTA_HASH_DREG, e.DestRegister)
		a.u32(unix.NFTA_HASH_LEN, e.Length)
		a.u32(unix.NFTA_HASH_MODULUS, e.Modulus)
		a.u32(unix.NFTA_HASH_SEED, 0)
		a.u32(unix.NFTA_HASH_OFFSET, e.Offset)
		a.u32(unix.NFTA_HASH_TYPE, uint32(e.Type))
	})
}

// masqPorts masquerades to some ports. expr.Masq writes either ports or flags, and the kernel ignores ports without the
// flag that there are some (NF_NAT_RANGE_PROTO_SPECIFIED of include/uapi/linux/netfilter/nf_nat.h).
func (r *rule) masqPorts(regs natRegs, flags uint32) {
	r.raw("masq", func(a *attrs) {
		a.u32(unix.NFTA_MASQ_REG_PROTO_MIN, regs.portMin)
		if regs.portMax != 0 {
			a.u32(unix.NFTA_MASQ_REG_PROTO_MAX, regs.portMax)
		}
		a.u32(unix.NFTA_MASQ_FLAGS, flags)
	})
}

// queueFrom queues to the number in a register. expr.Queue has no register.
func (r *rule) queueFrom(reg int, flags expr.QueueFlag) {
	r.raw("queue", func(a *attrs) {
		a.u32(unix.NFTA_QUEUE_SREG_QNUM, regNumber(reg))
		if flags != 0 {
			a.u16(unix.NFTA_QUEUE_FLAGS, uint16(flags))
		}
	})
}

// Attributes of dynset (enum nft_dynset_attributes of nf_tables.h) that golang.org/x/sys lacks, and the flag that says
// that there are several statements.
const (
	nftaDynsetExpressions = 10
	nftDynsetExpr         = 2
)

// dynsetWith changes a set, with statements that expr.Dynset cannot hold: it takes those of its own package only, and
// that has no `last`.
func (r *rule) dynsetWith(e *expr.Dynset, stmts []nft.Stmt) {
	r.raw("dynset", func(a *attrs) {
		a.str(unix.NFTA_DYNSET_SET_NAME, e.SetName)
		a.u32(unix.NFTA_DYNSET_SET_ID, e.SetID)
		a.u32(unix.NFTA_DYNSET_OP, e.Operation)
		a.u32(unix.NFTA_DYNSET_SREG_KEY, e.SrcRegKey)
		if e.SrcRegData != 0 {
			a.u32(unix.NFTA_DYNSET_SREG_DATA, e.SrcRegData)
		}
		if e.Timeout > 0 {
			a.u64(unix.NFTA_DYNSET_TIMEOUT, uint64(e.Timeout.Milliseconds()))
		}
		if len(stmts) == 1 {
			r.statefulInto(a, unix.NFTA_DYNSET_EXPR, stmts[0])
			return
		}
		a.u32(unix.NFTA_DYNSET_FLAGS, nftDynsetExpr)
		at := a.open(nftaDynsetExpressions)
		for _, s := range stmts {
			r.statefulInto(a, unix.NFTA_LIST_ELEM, s)
		}
		a.close(at)
	})
}
