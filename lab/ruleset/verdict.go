package ruleset

import (
	"github.com/google/nftables/expr"
	"golang.org/x/sys/unix"

	"github.com/hookwalk/hookwalk/topology/nft"
)

// verdictKind is a verdict as the kernel numbers it.
func verdictKind(k nft.VerdictKind) expr.VerdictKind {
	switch k {
	case nft.VerdictDrop:
		return expr.VerdictDrop
	case nft.VerdictContinue:
		return expr.VerdictContinue
	case nft.VerdictReturn:
		return expr.VerdictReturn
	case nft.VerdictJump:
		return expr.VerdictJump
	case nft.VerdictGoto:
		return expr.VerdictGoto
	}
	return expr.VerdictAccept
}

func (r *rule) verdict(v *nft.Verdict) {
	if v.Chain != nil && v.Chain.Anonymous {
		r.jumpBlock(v)
		return
	}
	e := &expr.Verdict{Kind: verdictKind(v.Kind)}
	if v.Chain != nil {
		e.Chain = v.Chain.Name
	}
	r.add(e)
}

// verdict is a verdict as what an element of a map has for its key.
func (a *attrs) verdict(typ uint16, v *nft.Verdict) {
	at := a.open(typ)
	in := a.open(unix.NFTA_DATA_VERDICT)
	a.u32(unix.NFTA_VERDICT_CODE, uint32(verdictKind(v.Kind)))
	if v.Chain != nil {
		a.str(unix.NFTA_VERDICT_CHAIN, v.Chain.Name)
	}
	a.close(in)
	a.close(at)
}
