package nft

import "strings"

// ctKey is one key of ct. New keys are new entries of ctKeys.
type ctKey struct {
	name string // without the direction
	key  CTKey
	typ  *Datatype
	dir  ctDirRule
}

// ctDirRule says whether a direction may or must be written.
type ctDirRule uint8

const (
	dirNever ctDirRule = iota
	dirMay
	dirMust
)

// The keys (include/uapi/linux/netfilter/nf_tables.h, enum nft_ct_keys).
const (
	CTState      CTKey = 0
	CTDirection  CTKey = 1
	CTStatus     CTKey = 2
	CTMark       CTKey = 3
	CTSecmark    CTKey = 4
	CTExpiration CTKey = 5
	CTHelper     CTKey = 6
	CTL3Proto    CTKey = 7
	CTProtocol   CTKey = 10
	CTProtoSrc   CTKey = 11
	CTProtoDst   CTKey = 12
	CTLabels     CTKey = 13
	CTPackets    CTKey = 14
	CTBytes      CTKey = 15
	CTAvgPkt     CTKey = 16
	CTZone       CTKey = 17
	CTEventMask  CTKey = 18
	CTSrcIP      CTKey = 19
	CTDstIP      CTKey = 20
	CTSrcIP6     CTKey = 21
	CTDstIP6     CTKey = 22
	CTID         CTKey = 23
)

var ctKeys = []ctKey{
	{"state", CTState, TypeCTState, dirNever},
	{"direction", CTDirection, TypeCTDir, dirNever},
	{"status", CTStatus, TypeCTStatus, dirNever},
	{"mark", CTMark, TypeMark, dirNever},
	{"secmark", CTSecmark, typeHost32, dirNever},
	{"label", CTLabels, TypeCTLabel, dirNever},
	{"expiration", CTExpiration, TypeTime.withBits(32, HostEndian), dirNever},
	{"helper", CTHelper, TypeString, dirNever},
	{"l3proto", CTL3Proto, TypeNFProto, dirMay},
	{"protocol", CTProtocol, TypeInetProto, dirMay},
	{"proto-src", CTProtoSrc, TypeInetService, dirMust},
	{"proto-dst", CTProtoDst, TypeInetService, dirMust},
	{"packets", CTPackets, typeHost64, dirMay},
	{"bytes", CTBytes, typeHost64, dirMay},
	{"avgpkt", CTAvgPkt, typeHost64, dirMay},
	{"zone", CTZone, typeHost16, dirMay},
	{"event", CTEventMask, TypeCTEvent, dirNever},
	{"ip saddr", CTSrcIP, TypeIPv4Addr, dirMust},
	{"ip daddr", CTDstIP, TypeIPv4Addr, dirMust},
	{"ip6 saddr", CTSrcIP6, TypeIPv6Addr, dirMust},
	{"ip6 daddr", CTDstIP6, TypeIPv6Addr, dirMust},
	{"id", CTID, TypeInteger.withBits(32, BigEndian), dirNever},
	// Without a family: that of the table. The checker turns them into the ones above.
	{"saddr", CTSrcIP, TypeIPv4Addr, dirMust},
	{"daddr", CTDstIP, TypeIPv4Addr, dirMust},
}

// objectCTKeys can be set to named objects, and not be read.
var objectCTKeys = map[string]bool{"timeout": true, "expectation": true}

func init() {
	selectorHeads["ct"] = (*parser).ctSelector
}

func ctKeyNamed(name string) *ctKey {
	for i := range ctKeys {
		if ctKeys[i].name == name {
			return &ctKeys[i]
		}
	}
	return nil
}

func ctKeyNames() []string {
	out := make([]string, 0, len(ctKeys)+2)
	for _, k := range ctKeys {
		out = append(out, k.name)
	}
	return append(out, "original", "reply")
}

func (p *parser) ctSelector() ExprNode {
	first := p.advance()
	n := &SelectorNode{Words: []*WordNode{p.word(first)}}
	dir := false
	if t := p.cur(); t.isWord("original") || t.isWord("reply") {
		n.Words = append(n.Words, p.word(p.advance()))
		dir = true
	}
	t := p.cur()
	if t.kind == tName && objectCTKeys[t.text] && !dir {
		n.Words = append(n.Words, p.word(p.advance()))
		if !p.cur().isWord("set") {
			p.fail(p.spanFrom(first), "write `ct "+t.text+" set \"NAME\"`", "`ct %s` can be set, not read", t.text)
		}
		n.Span = p.spanFrom(first)
		return n
	}
	name := t.text
	if next := p.peek(1); (name == "ip" || name == "ip6") && next.kind == tName {
		name += " " + next.text
	}
	k := ctKeyNamed(name)
	if t.kind != tName || k == nil {
		p.failWord(t, "key of ct", ctKeyNames())
	}
	for range strings.Count(name, " ") + 1 {
		n.Words = append(n.Words, p.word(p.advance()))
	}
	n.Span = p.spanFrom(first)
	switch {
	case dir && k.dir == dirNever:
		p.fail(n.Span, "write `ct "+name+"`", "`ct %s` has no direction", name)
	case !dir && k.dir == dirMust:
		p.fail(n.Span, "write `ct original "+name+"` or `ct reply "+name+"`", "`ct %s` needs a direction", name)
	}
	return n
}
