package nft

import "strings"

// metaKey is one key of meta. New keys are new entries of metaKeys.
type metaKey struct {
	name  string
	key   MetaKey
	typ   *Datatype
	bare  bool // may be written without `meta`
	short bool // nft prints it without `meta`
}

// The keys that the evaluator knows (include/uapi/linux/netfilter/nf_tables.h, enum nft_meta_keys).
const (
	MetaLen       MetaKey = 0
	MetaProtocol  MetaKey = 1
	MetaPriority  MetaKey = 2
	MetaMark      MetaKey = 3
	MetaIif       MetaKey = 4
	MetaOif       MetaKey = 5
	MetaIifname   MetaKey = 6
	MetaOifname   MetaKey = 7
	MetaIiftype   MetaKey = 8
	MetaOiftype   MetaKey = 9
	MetaSKUID     MetaKey = 10
	MetaSKGID     MetaKey = 11
	MetaNftrace   MetaKey = 12
	MetaRtclassid MetaKey = 13
	MetaSecmark   MetaKey = 14
	MetaNFProto   MetaKey = 15
	MetaL4Proto   MetaKey = 16
	MetaPkttype   MetaKey = 19
	MetaCPU       MetaKey = 20
	MetaRandom    MetaKey = 24
	metaIPsec     MetaKey = 25
	metaSdif      MetaKey = 33
	metaSdifname  MetaKey = 34
	metaBroute    MetaKey = 35
	metaBrHWAddr  MetaKey = 37
)

func hostInteger(n int) *Datatype { return TypeInteger.withBits(n, HostEndian) }

var (
	typeHost16 = hostInteger(16)
	typeHost32 = hostInteger(32)
	typeHost64 = hostInteger(64)
	typeBit    = TypeInteger.withBits(1, OrderNone)
)

var metaKeys = []metaKey{
	{name: "length", key: MetaLen, typ: typeHost32},
	{name: "protocol", key: MetaProtocol, typ: TypeEtherType},
	{name: "priority", key: MetaPriority, typ: TypeClassID},
	{name: "mark", key: MetaMark, typ: TypeMark, bare: true},
	{name: "iif", key: MetaIif, typ: TypeIfIndex, bare: true, short: true},
	{name: "oif", key: MetaOif, typ: TypeIfIndex, bare: true, short: true},
	{name: "iifname", key: MetaIifname, typ: TypeIfName, bare: true, short: true},
	{name: "oifname", key: MetaOifname, typ: TypeIfName, bare: true, short: true},
	{name: "iiftype", key: MetaIiftype, typ: TypeIfType, bare: true},
	{name: "oiftype", key: MetaOiftype, typ: TypeIfType, bare: true},
	{name: "skuid", key: MetaSKUID, typ: TypeUID, bare: true},
	{name: "skgid", key: MetaSKGID, typ: TypeGID, bare: true},
	{name: "nftrace", key: MetaNftrace, typ: typeBit, bare: true},
	{name: "rtclassid", key: MetaRtclassid, typ: TypeRealm, bare: true},
	{name: "secmark", key: MetaSecmark, typ: typeHost32},
	{name: "nfproto", key: MetaNFProto, typ: TypeNFProto},
	{name: "l4proto", key: MetaL4Proto, typ: TypeInetProto},
	{name: "ibrname", key: 17, typ: TypeIfName, bare: true},
	{name: "obrname", key: 18, typ: TypeIfName, bare: true},
	{name: "pkttype", key: MetaPkttype, typ: TypePktType, bare: true},
	{name: "cpu", key: MetaCPU, typ: typeHost32, bare: true},
	{name: "iifgroup", key: 21, typ: TypeDevGroup, bare: true, short: true},
	{name: "oifgroup", key: 22, typ: TypeDevGroup, bare: true, short: true},
	{name: "cgroup", key: 23, typ: typeHost32, bare: true},
	{name: "random", key: MetaRandom, typ: TypeInteger.withBits(32, BigEndian)},
	{name: "ipsec", key: metaIPsec, typ: TypeBoolean},
	{name: "secpath", key: metaIPsec, typ: TypeBoolean},
	{name: "iifkind", key: 26, typ: TypeIfName},
	{name: "oifkind", key: 27, typ: TypeIfName},
	{name: "ibrpvid", key: 28, typ: typeHost16},
	{name: "ibrvproto", key: 29, typ: TypeEtherType},
	{name: "time", key: MetaTime, typ: TypeDate, bare: true},
	{name: "day", key: MetaDay, typ: TypeDay, bare: true},
	{name: "hour", key: MetaHour, typ: TypeHour, bare: true},
	{name: "sdif", key: metaSdif, typ: TypeIfIndex},
	{name: "sdifname", key: metaSdifname, typ: TypeIfName},
	{name: "broute", key: metaBroute, typ: typeBit},
	{name: "ibrhwaddr", key: metaBrHWAddr, typ: TypeEtherAddr},
}

func init() {
	selectorHeads["meta"] = func(p *parser) ExprNode {
		first := p.advance()
		t := p.cur()
		if t.kind != tName || metaKeyNamed(t.text) == nil {
			p.failWord(t, "key of meta", metaKeyNames())
		}
		p.advance()
		return p.metaNode(metaKeyNamed(t.text), first)
	}
	for i := range metaKeys {
		if k := &metaKeys[i]; k.bare {
			selectorHeads[k.name] = func(p *parser) ExprNode { return p.metaNode(k, p.advance()) }
		}
	}
}

// metaNode is the selector in the spelling that nft prints: `mark` becomes `meta mark`, `meta iifname` `iifname`.
func (p *parser) metaNode(k *metaKey, first token) ExprNode {
	n := &SelectorNode{Span: p.spanFrom(first)}
	for _, w := range strings.Fields(k.spelling()) {
		n.Words = append(n.Words, &WordNode{Span: n.Span, Text: w})
	}
	return n
}

func metaKeyNamed(name string) *metaKey {
	for i := range metaKeys {
		if metaKeys[i].name == name {
			return &metaKeys[i]
		}
	}
	return nil
}

func metaKeyNames() []string {
	out := make([]string, len(metaKeys))
	for i, k := range metaKeys {
		out[i] = k.name
	}
	return out
}

// metaKeyOf is the key that the words of a selector name; nil if they are no meta selector.
func metaKeyOf(words []string) *metaKey {
	switch {
	case len(words) == 2 && words[0] == "meta":
		return metaKeyNamed(words[1])
	case len(words) == 1:
		if k := metaKeyNamed(words[0]); k != nil && k.bare {
			return k
		}
	}
	return nil
}

func (k *metaKey) spelling() string {
	name := k.name
	if name == "secpath" {
		name = "ipsec"
	}
	if k.short {
		return name
	}
	return "meta " + name
}
