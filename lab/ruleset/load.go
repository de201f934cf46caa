package ruleset

import (
	"fmt"

	"github.com/google/nftables/expr"
	"golang.org/x/sys/unix"

	"github.com/hookwalk/hookwalk/topology/nft"
)

// load puts the value of an expression into registers.
func (r *rule) load(e nft.Expr, reg int) {
	switch e := e.(type) {
	case *nft.Const:
		r.immediate(reg, r.value(e))
	case *nft.Payload, *nft.Exthdr, *nft.Inner:
		bits := r.loadBits(e, reg)
		if bits.shift > 0 {
			r.shift(reg, false, uint32(bits.shift), bits.size)
		}
	case *nft.Meta:
		r.add(&expr.Meta{Key: expr.MetaKey(e.Key), Register: regNumber(reg)})
	case *nft.CT:
		r.ct(e, reg, false)
	case *nft.Fib:
		r.fib(e, reg)
	case *nft.RT:
		r.add(&expr.Rt{Register: regNumber(reg), Key: expr.RtKey(e.Key)})
	case *nft.Socket:
		r.add(&expr.Socket{Key: expr.SocketKey(e.Key), Level: e.Level, Register: regNumber(reg)})
	case *nft.Numgen:
		r.add(&expr.Numgen{Register: regNumber(reg), Modulus: e.Mod, Type: flag(e.Random, unix.NFT_NG_RANDOM), Offset: e.Offset})
	case *nft.Hash:
		r.hash(e, reg)
	case *nft.ConcatExpr:
		for _, p := range e.Parts {
			r.load(p, reg)
			reg += words(p.Type().Bytes())
		}
	case *nft.Bitwise:
		r.load(e.X, reg)
		r.bitwise(reg, e.Mask, e.Xor)
	case *nft.Shift:
		r.load(e.X, reg)
		r.shift(reg, e.Left, e.By, e.Type().Bytes())
	case *nft.MapLookup:
		set := r.loadKey(e.Key, reg, e.Map)
		r.lookup(reg, set, int(regNumber(reg)), false)
	default:
		if !r.special(e, reg) {
			r.fail(r.node.Range(), "", "", fmt.Errorf("`%s` cannot be loaded yet", e))
		}
	}
}

func (r *rule) immediate(reg int, value []byte) {
	r.add(&expr.Immediate{Register: regNumber(reg), Data: value})
}

// ct reads a property of the connection, or writes it.
func (r *rule) ct(e *nft.CT, reg int, write bool) {
	x := &expr.Ct{Register: regNumber(reg), SourceRegister: write, Key: expr.CtKey(e.Key)}
	switch {
	case e.Dir == nft.DirNone:
	case e.Key == nft.CTZone:
		r.ctZone(e.Dir, x)
		return
	default:
		x.Direction, x.OptDirection = uint32(e.Dir), true
	}
	r.add(x)
}

func (r *rule) fib(e *nft.Fib, reg int) {
	has := func(flag uint32) bool { return e.Flags&flag != 0 }
	r.add(&expr.Fib{
		Register:       regNumber(reg),
		ResultOIF:      e.Result == nft.FibOif,
		ResultOIFNAME:  e.Result == nft.FibOifname,
		ResultADDRTYPE: e.Result == nft.FibType,
		FlagSADDR:      has(nft.FibSaddr),
		FlagDADDR:      has(nft.FibDaddr),
		FlagMARK:       has(nft.FibMark),
		FlagIIF:        has(nft.FibIif),
		FlagOIF:        has(nft.FibOifKey),
		FlagPRESENT:    has(nft.FibPresentFlag) || e.Present,
	})
}

func (r *rule) hash(e *nft.Hash, reg int) {
	x := &expr.Hash{DestRegister: regNumber(reg), Modulus: e.Mod, Seed: e.Seed, Offset: e.Offset, Type: expr.HashTypeSym}
	if e.X != nil {
		src := r.alloc(e.X.Type())
		r.load(e.X, src)
		x.SourceRegister, x.Length, x.Type = regNumber(src), uint32(e.X.Type().Bytes()), expr.HashTypeJenkins
	}
	if e.Seeded && e.Seed == 0 {
		r.hashZero(x)
		return
	}
	r.add(x)
}
