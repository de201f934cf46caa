package nft

import "strconv"

// SynproxyNode is `synproxy mss 1460 wscale 7 timestamp sack-perm`. What is missing is nil.
type SynproxyNode struct {
	Span
	MSS, Wscale         *WordNode
	Timestamp, SackPerm bool
}

// Synproxy answers the SYN of a connection in the place of the server, and opens the connection to it when the client
// has proved that it is there.
type Synproxy struct {
	Span
	MSS                 uint16
	Wscale              uint8
	HasMSS, HasWscale   bool
	Timestamp, SackPerm bool
}

func init() {
	statements["synproxy"] = func(p *parser, first token) StmtNode {
		if p.cur().isWord("name") {
			return p.objectRef(first)
		}
		return p.synproxyArgs(first)
	}
}

// synproxyArgs parses what stands behind the word, if it was taken.
func (p *parser) synproxyArgs(first token) StmtNode {
	n := &SynproxyNode{}
	for {
		switch {
		case p.acceptWord("mss"):
			n.MSS = p.numberWord("segment size")
		case p.acceptWord("wscale"):
			n.Wscale = p.numberWord("window scale")
		case p.acceptWord("timestamp"):
			n.Timestamp = true
		case p.acceptWord("sack-perm"):
			n.SackPerm = true
		default:
			n.Span = p.spanFrom(first)
			return n
		}
	}
}

func (n *SynproxyNode) print(p *printer) {
	p.str("synproxy")
	if n.MSS != nil {
		p.str(" mss ", n.MSS.Text)
	}
	if n.Wscale != nil {
		p.str(" wscale ", n.Wscale.Text)
	}
	if n.Timestamp {
		p.str(" timestamp")
	}
	if n.SackPerm {
		p.str(" sack-perm")
	}
}

func (n *SynproxyNode) check(c *checker) Stmt {
	c.synproxyHere(n.Span)
	return n.options(c)
}

// synproxyHere says where a synproxy is possible (net/netfilter/nft_synproxy.c, nft_synproxy_validate).
func (c *checker) synproxyHere(s Span) {
	switch c.table.Family {
	case FamilyIP, FamilyIP6, FamilyInet:
	default:
		c.fail(s, "", "synproxy does not exist in the %s family", c.table.Family)
	}
	c.hooks(s, "synproxy", HookInput, HookForward)
}

// options checks what a statement or an object says.
func (n *SynproxyNode) options(c *checker) *Synproxy {
	s := &Synproxy{Span: n.Span, Timestamp: n.Timestamp, SackPerm: n.SackPerm}
	if n.MSS != nil {
		s.HasMSS, s.MSS = true, uint16(c.number(n.MSS, 16))
	}
	if n.Wscale != nil {
		s.HasWscale, s.Wscale = true, uint8(c.number(n.Wscale, 8))
		if s.Wscale > 14 { // TCP_MAX_WSCALE of RFC 7323
			c.fail(n.Wscale.Span, "", "a window scale is at most 14")
		}
	}
	return s
}

func (s *Synproxy) String() string {
	out := "synproxy"
	if s.HasMSS {
		out += " mss " + strconv.Itoa(int(s.MSS))
	}
	if s.HasWscale {
		out += " wscale " + strconv.Itoa(int(s.Wscale))
	}
	if s.Timestamp {
		out += " timestamp"
	}
	if s.SackPerm {
		out += " sack-perm"
	}
	return out
}

// eval is nft_synproxy_do_eval: the kernel takes SYNs and the ACKs that answer, if they are of a connection that it
// has begun; other packets leave the rule, or pass it.
func (s *Synproxy) eval(m *machine) { m.synproxy(s) }

func (m *machine) synproxy(s Stmt) {
	v := m.p.hasTCP()
	if v.has == known {
		v = isUnknown("what synproxy does depends on the connection")
	}
	m.require(s, s.String(), "synproxy", v)
}
