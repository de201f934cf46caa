package nft

import "strings"

// Osf guesses the operating system that sent a TCP SYN: `osf name`, `osf ttl loose version`.
type Osf struct {
	Span
	TTL     OsfTTL
	Version bool // with its version: "Linux:4.20"
	name    string
}

// OsfTTL says how the TTL of a packet is held against a fingerprint (include/uapi/linux/netfilter/nfnetlink_osf.h,
// NF_OSF_TTL_*).
type OsfTTL uint8

// The ways.
const (
	OsfTTLTrue OsfTTL = iota
	OsfTTLLoose
	OsfTTLSkip
)

// Type is a text of 16 bytes.
func (e *Osf) Type() *Datatype { return TypeString }
func (e *Osf) String() string  { return e.name }

func init() {
	selectorHeads["osf"] = func(p *parser) ExprNode {
		first := p.advance()
		n := &SelectorNode{Words: []*WordNode{p.word(first)}}
		if t := p.cur(); t.isWord("ttl") {
			n.Words = append(n.Words, p.word(p.advance()), p.oneOf("way to compare the TTL", "loose", "skip"))
		}
		n.Words = append(n.Words, p.oneOf("key of osf", "name", "version"))
		n.Span = p.spanFrom(first)
		return n
	}
	selectorChecks["osf"] = func(c *checker, n *SelectorNode, words []string) Expr {
		name := strings.Join(words, " ")
		switch c.table.Family {
		case FamilyIP, FamilyIP6, FamilyInet:
		default:
			c.fail(n.Span, "", "`osf` does not exist in the %s family", c.table.Family)
		}
		c.hooks(n.Span, "`"+name+"`", HookPrerouting, HookInput, HookForward) // net/netfilter/nft_osf.c, nft_osf_validate
		e := &Osf{Span: n.Span, Version: words[len(words)-1] == "version", name: name}
		if len(words) == 4 {
			e.TTL = map[string]OsfTTL{"loose": OsfTTLLoose, "skip": OsfTTLSkip}[words[2]]
		}
		return e
	}
}

// read is nft_osf_eval (net/netfilter/nft_osf.c): only the first packet of a TCP connection says anything. Which
// fingerprints the kernel has is up to another program.
func (e *Osf) read(m *machine) value {
	if v := m.p.hasTCP(); v.has != known {
		return v
	}
	flags := m.p.read(bitRange{TransportHeader, 104, 8})
	switch {
	case flags.has != known:
		return flags
	case flags.b[0]&2 == 0:
		return isBroken("the packet is no TCP SYN")
	}
	return isUnknown("the fingerprints of operating systems are not known here")
}
