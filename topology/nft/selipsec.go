package nft

import (
	"strconv"
	"strings"
)

// XfrmKey is a key of ipsec (include/uapi/linux/netfilter/nf_tables.h, enum nft_xfrm_keys).
type XfrmKey uint32

// The keys.
const (
	XfrmDaddr4 XfrmKey = 1
	XfrmDaddr6 XfrmKey = 2
	XfrmSaddr4 XfrmKey = 3
	XfrmSaddr6 XfrmKey = 4
	XfrmReqID  XfrmKey = 5
	XfrmSPI    XfrmKey = 6
)

// Xfrm reads a state of IPsec that a packet came or will go through: `ipsec in reqid`, `ipsec out spnum 1 ip saddr`.
type Xfrm struct {
	Span
	Key   XfrmKey
	Out   bool
	Spnum uint8 // of several states, counted from the outermost
	typ   *Datatype
	name  string
}

// Type is the type of the key.
func (e *Xfrm) Type() *Datatype { return e.typ }
func (e *Xfrm) String() string  { return e.name }

var xfrmKeys = map[string]struct {
	key XfrmKey
	typ *Datatype
}{
	"reqid":     {XfrmReqID, typeHost32},
	"spi":       {XfrmSPI, TypeInteger.withBits(32, BigEndian)},
	"ip saddr":  {XfrmSaddr4, TypeIPv4Addr},
	"ip daddr":  {XfrmDaddr4, TypeIPv4Addr},
	"ip6 saddr": {XfrmSaddr6, TypeIPv6Addr},
	"ip6 daddr": {XfrmDaddr6, TypeIPv6Addr},
}

func init() {
	selectorHeads["ipsec"] = (*parser).ipsec
	selectorChecks["ipsec"] = (*checker).ipsec
}

// ipsec parses `ipsec in spnum 1 ip saddr`. The word alone is `meta ipsec`.
func (p *parser) ipsec() ExprNode {
	first := p.advance()
	if t := p.cur(); !t.isWord("in") && !t.isWord("out") {
		return p.metaNode(metaKeyNamed("ipsec"), first)
	}
	n := &SelectorNode{Words: []*WordNode{p.word(first), p.word(p.advance())}}
	if t := p.cur(); t.isWord("spnum") {
		n.Words = append(n.Words, p.word(p.advance()), p.numberWord("number of the state"))
	}
	key := p.oneOf("key of ipsec", "reqid", "spi", "ip", "ip6")
	n.Words = append(n.Words, key)
	if key.Text == "ip" || key.Text == "ip6" {
		n.Words = append(n.Words, p.oneOf("address of an IPsec state", "saddr", "daddr"))
	}
	n.Span = p.spanFrom(first)
	return n
}

func (c *checker) ipsec(n *SelectorNode, words []string) Expr {
	e := &Xfrm{Span: n.Span, Out: words[1] == "out"}
	e.name = "ipsec " + words[1]
	key := words[2:]
	if key[0] == "spnum" {
		e.Spnum = uint8(c.number(n.Words[3], 8))
		key = key[2:]
		if e.Spnum > 0 {
			e.name += " spnum " + strconv.Itoa(int(e.Spnum))
		}
	}
	k := xfrmKeys[strings.Join(key, " ")]
	e.Key, e.typ = k.key, k.typ
	e.name += " " + strings.Join(key, " ")
	switch c.table.Family { // net/netfilter/nft_xfrm.c, nft_xfrm_get_init
	case FamilyIP, FamilyIP6, FamilyInet:
	default:
		c.fail(n.Span, "", "`ipsec` does not exist in the %s family", c.table.Family)
	}
	if e.Out { // nft_xfrm_validate
		c.hooks(n.Span, "`"+e.name+"`", HookForward, HookOutput, HookPostrouting)
	} else {
		c.hooks(n.Span, "`"+e.name+"`", HookPrerouting, HookInput, HookForward)
	}
	return e
}

func (e *Xfrm) read(*machine) value {
	return isUnknown("the IPsec states of the packet were not recorded")
}
