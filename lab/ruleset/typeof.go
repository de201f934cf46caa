package ruleset

import (
	"github.com/google/nftables/userdata"

	"github.com/hookwalk/hookwalk/topology/nft"
)

// Notes of a `typeof` (enum nftnl_udata_set_typeof_types of libnftnl, and what build_udata of each expression of nft
// writes into them).
const (
	udataTypeofExpr = 0
	udataTypeofData = 1
)

// Kinds of expressions as nft numbers them (enum expr_types of nft's include/expression.h).
const (
	exprVerdict = 1
	exprPayload = 7
	exprExthdr  = 8
	exprMeta    = 9
	exprSocket  = 10
	exprCT      = 12
	exprConcat  = 13
	exprNumgen  = 23
	exprHash    = 24
	exprRT      = 25
	exprFib     = 26
)

// typeof notes the expression that a type was taken from. Of a concatenation nft notes only that it is one, unless it
// can note all its parts.
func (u *udata) typeof(typ userdata.Type, t *nft.Datatype, e nft.Expr) {
	kind, data := typeofExpr(e)
	if t.Base == nft.BaseConcat {
		kind = exprConcat
	}
	if kind != 0 {
		u.nest(typ, func(u *udata) { u.typeofData(kind, data) })
	}
}

func (u *udata) typeofData(kind uint32, data []byte) {
	u.u32(udataTypeofExpr, kind)
	u.put(udataTypeofData, data)
}

// typeofExpr is the kind of an expression and what is noted of it; 0 if nothing is.
func typeofExpr(e nft.Expr) (kind uint32, data []byte) {
	var u udata
	switch e := e.(type) {
	case *nft.Payload:
		u.payload(e)
		return exprPayload, u.b
	case *nft.Exthdr:
		u.extension(e)
		return exprExthdr, u.b
	case *nft.Meta:
		u.u32(0, uint32(e.Key))
		return exprMeta, u.b
	case *nft.CT:
		u.u32(0, uint32(e.Key))
		u.u32(1, uint32(int32(e.Dir)))
		return exprCT, u.b
	case *nft.Socket:
		u.u32(0, e.Key)
		return exprSocket, u.b
	case *nft.RT:
		u.u32(0, uint32(e.Key))
		return exprRT, u.b
	case *nft.Fib:
		u.u32(0, uint32(e.Result))
		u.u32(1, e.Flags)
		return exprFib, u.b
	case *nft.Numgen:
		u.u32(0, flag(e.Random, 1))
		u.u32(1, e.Mod)
		u.u32(2, e.Offset)
		return exprNumgen, u.b
	case *nft.Hash:
		u.u32(0, flag(e.X == nil, 1))
		u.u32(1, e.Offset)
		u.u32(2, e.Mod)
		u.u32(3, e.Seed)
		u.u32(4, flag(e.Seeded, 1))
		return exprHash, u.b
	case *nft.ConcatExpr:
		for i, p := range e.Parts {
			kind, data := typeofExpr(p)
			if kind == 0 {
				return exprConcat, nil
			}
			u.nest(userdata.Type(i), func(u *udata) { u.typeofData(kind, data) })
		}
		return exprConcat, u.b
	}
	return specialTypeof(e)
}

// headers are nft's numbers of the protocols (enum proto_desc_id of nft's include/proto.h).
var headers = map[string]uint32{"ah": 1, "esp": 2, "comp": 3, "icmp": 4, "igmp": 5, "udp": 6, "udplite": 7, "tcp": 8,
	"dccp": 9, "sctp": 10, "th": 11, "ip": 12, "ip6": 13, "icmpv6": 14, "arp": 15, "vlan": 16, "ether": 17}

// fieldNumbers are nft's numbers of fields where they do not follow from the order (the enums of nft's
// include/proto.h and the structs of the kernel's headers).
var fieldNumbers = map[string]uint32{"igmp checksum": 2, "igmp mrt": 3, "udplite csumcov": 3, "udplite checksum": 4,
	"ah hdrlength": 2, "ah reserved": 3, "ah spi": 4, "ah sequence": 5}

func (u *udata) payload(e *nft.Payload) {
	name, field := "", ""
	if e.Proto != nil {
		name = e.Proto.Name
	} else if e.Base == nft.TransportHeader && e.Len == 16 && (e.Offset == 0 || e.Offset == 16) {
		name = "th"
	}
	if e.Field != nil {
		field = e.Field.Name
	}
	id := headers[name]
	u.u32(0, id)
	switch n, ok := fieldNumbers[name+" "+field]; {
	case id == 0:
		u.u32(1, 0)
		u.u32(2, uint32(e.Base)+1) // enum proto_bases of nft's include/proto.h begins with an invalid one
		u.u32(3, uint32(e.Offset))
	case name == "th":
		u.u32(1, uint32(e.Offset/16+1))
		return
	case ok:
		u.u32(1, n)
	default:
		for i := range e.Proto.Fields {
			if e.Proto.Fields[i].Name == field {
				u.u32(1, uint32(i+1))
			}
		}
	}
	if e.Field == nil || e.Field.Type.ID == nft.TypeInteger.ID {
		u.u32(4, uint32(e.Len))
	}
}
