package ruleset

import (
	"golang.org/x/sys/unix"

	"github.com/hookwalk/hookwalk/topology/nft"
)

// verdictCode is a verdict as the kernel writes it (enum nft_verdicts of nf_tables.h, NF_DROP and NF_ACCEPT of
// netfilter.h).
func verdictCode(k nft.VerdictKind) uint32 {
	switch k {
	case nft.VerdictDrop:
		return 0
	case nft.VerdictContinue:
		return neg(unix.NFT_CONTINUE)
	case nft.VerdictReturn:
		return neg(unix.NFT_RETURN)
	case nft.VerdictJump:
		return neg(unix.NFT_JUMP)
	case nft.VerdictGoto:
		return neg(unix.NFT_GOTO)
	}
	return 1
}

func neg(v int32) uint32 { return uint32(v) }

// verdict is a verdict as data for the verdict register.
func (a *attrs) verdict(typ uint16, v *nft.Verdict) {
	at := a.open(typ)
	in := a.open(unix.NFTA_DATA_VERDICT)
	a.u32(unix.NFTA_VERDICT_CODE, verdictCode(v.Kind))
	if v.Chain != nil {
		a.str(unix.NFTA_VERDICT_CHAIN, v.Chain.Name)
	}
	a.close(in)
	a.close(at)
}
