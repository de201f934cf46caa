package topology

import (
	"encoding/hex"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// XFRMSpec is one side of an IPsec connection: two states, and the policies that lead packets to them.
type XFRMSpec struct {
	Local  Text `yaml:"local" jsonschema_description:"The address of this node. Default: the one on the network of remote."`
	Remote Text `yaml:"remote" jsonschema:"required" jsonschema_description:"The address of the other node."`
	From   Text `yaml:"from" jsonschema_description:"What is protected: packets from this network. Default: local."`
	To     Text `yaml:"to" jsonschema_description:"What is protected: packets to this network. Default: remote."`
	Mode   Text `yaml:"mode" jsonschema:"enum=tunnel,enum=transport" jsonschema_description:"tunnel (the default): whole packets are put into others; transport: only what is in them."`
	SPI    Text `yaml:"spi" jsonschema:"oneof_type=string;integer" jsonschema_description:"The number of the states, in both directions; one for each connection between two addresses. Default: 0x1000."`
	Cipher Text `yaml:"cipher" jsonschema:"enum=aes-gcm,enum=aes-cbc,enum=none" jsonschema_description:"aes-gcm (the default); aes-cbc with SHA-256; none: signed with SHA-256, but readable."`
	Key    Text `yaml:"key" jsonschema_description:"The key in hexadecimal digits, for another end that is not in the lab. Default: made with the lab."`

	Span Span `yaml:"-"`
}

// XFRMList is one or several connections.
type XFRMList []XFRMSpec

// XFRM is one side of an IPsec connection. Its keys are made with the lab, and are nowhere but in the kernel and the
// lab's holder.
type XFRM struct {
	Local     netip.Addr   `json:"local"`
	Remote    netip.Addr   `json:"remote"`
	From      netip.Prefix `json:"from"`
	To        netip.Prefix `json:"to"`
	Transport bool         `json:"transport,omitempty"`
	SPI       uint32       `json:"spi"`
	Cipher    string       `json:"cipher"`
	Key       string       `json:"key,omitempty"` // in hexadecimal digits; "": made with the lab
	Pos       Pos          `json:"pos"`
}

const (
	wantXFRM   = "a mapping like {remote: 192.0.2.2, from: 10.1.0.0/16, to: 10.2.0.0/16}"
	defaultSPI = 0x1000
)

// ciphers of connections, and how many bytes of key they take: RFC 4106 (with a salt of 4), RFC 3602 and 4868.
var ciphers = []string{"aes-gcm", "aes-cbc", "none"}

// KeyBytes is how long the key of a cipher is.
func KeyBytes(cipher string) int {
	return map[string]int{"aes-gcm": 16 + 4, "aes-cbc": 16 + 32, "none": 32}[cipher]
}

func (l *XFRMList) decode(d *decoder, t *tree, p *place) {
	if t.kind == treeNull {
		return
	}
	d.each(t, p, wantXFRM, func(t *tree, p *place) {
		if t.kind != treeMapping {
			d.wrongType(t, p, wantXFRM)
			return
		}
		x := XFRMSpec{Span: t.span}
		switch good := decodeMapping(d, t, p, &x); {
		case !good:
		case !x.Remote.present():
			d.fail(Text{Span: t.span}, p, "xfrm", "this connection does not say who is at its other end", "remote: 192.0.2.2")
		default:
			*l = append(*l, x)
		}
	})
}

// xfrm plans the IPsec connections of a node.
func (c *compiler) xfrm(n *node) {
	type slot struct {
		local, remote netip.Addr
		spi           uint32
	}
	seen := map[slot]Pos{}
	for i := range n.spec.XFRM {
		s := &n.spec.XFRM[i]
		at := nodePath(n.spec).at("xfrm").elem(i)
		x, ok := c.connection(n, s, at)
		if !ok {
			continue
		}
		k := slot{x.Local, x.Remote, x.SPI}
		if first, twice := seen[k]; twice {
			c.fail(s.Remote, at, "xfrm", fmt.Sprintf("there is a connection between %s and %s with SPI %#x already (line %d)", x.Local, x.Remote, x.SPI, first.Line),
				fmt.Sprintf("spi: %#x for both of its ends", x.SPI+1))
			continue
		}
		seen[k] = x.Pos
		n.plan.XFRM = append(n.plan.XFRM, x)
	}
}

func (c *compiler) connection(n *node, s *XFRMSpec, at *place) (x XFRM, ok bool) {
	const rule = "xfrm"
	before := len(c.problems)
	fail := func(t Text, key, msg, hint string) { c.fail(t, at.at(key), rule, msg, hint) }
	x = XFRM{SPI: defaultSPI, Pos: s.Remote.Pos}
	addr := func(t Text, key string) (a netip.Addr) {
		a, msg, hint := parseHop(t.Value)
		if msg != "" {
			fail(t, key, msg, hint)
			return netip.Addr{}
		}
		return a
	}
	if x.Remote = addr(s.Remote, "remote"); !x.Remote.IsValid() {
		return x, false
	}
	switch {
	case n.owns(x.Remote):
		fail(s.Remote, "remote", fmt.Sprintf("%s is an address of %s itself", x.Remote, n.plan.Name), "")
	case !s.Local.present():
		if x.Local = n.addrToward(x.Remote); !x.Local.IsValid() && !n.shaky && !c.spec.partial {
			fail(s.Remote, "local", fmt.Sprintf("from which address of %s does %s hear?", n.plan.Name, x.Remote), "local: 192.0.2.1")
		}
	default:
		x.Local = addr(s.Local, "local")
		if x.Local.IsValid() && !n.owns(x.Local) && !n.shaky && !c.spec.partial {
			fail(s.Local, "local", fmt.Sprintf("%s has no address %s", n.plan.Name, x.Local), "")
		}
	}
	if !x.Local.IsValid() {
		return x, false
	}
	if x.Local.Is4() != x.Remote.Is4() {
		fail(s.Remote, "remote", fmt.Sprintf("%s and %s are not of one family", x.Local, x.Remote), "")
		return x, false
	}
	mode, _ := c.word(s.Mode, at.at("mode"), rule, "mode of IPsec", []string{"tunnel", "transport"})
	x.Transport = mode == "transport"
	x.From = c.selector(s.From, x.Local, at.at("from"))
	x.To = c.selector(s.To, x.Remote, at.at("to"))
	if x.From.IsValid() && x.To.IsValid() && x.From.Addr().Is4() != x.To.Addr().Is4() {
		t, _ := firstWritten(s.To, s.From, s.Remote)
		fail(t, "to", fmt.Sprintf("%s and %s are not of one family", x.From, x.To), "")
	}
	if s.SPI.present() {
		v, err := strconv.ParseUint(s.SPI.Value, 0, 32)
		if err != nil || v < 256 { // RFC 4303 section 2.1: those below are reserved
			fail(s.SPI, "spi", fmt.Sprintf("%q is not an SPI", shorten(s.SPI.Value)), "a number from 256 up, like 0x1000")
		}
		x.SPI = uint32(v)
	}
	x.Cipher = ciphers[0]
	if w, ok := c.word(s.Cipher, at.at("cipher"), rule, "cipher", ciphers); ok {
		x.Cipher = w
	}
	if s.Key.present() {
		k := strings.TrimPrefix(s.Key.Value, "0x")
		if b, err := hex.DecodeString(k); err != nil || len(b) != KeyBytes(x.Cipher) {
			fail(s.Key, "key", fmt.Sprintf("the key of %s is %d bytes, written as %d hexadecimal digits", x.Cipher, KeyBytes(x.Cipher), 2*KeyBytes(x.Cipher)), "")
		}
		x.Key = k
	}
	if o, known := c.byAddr(x.Remote); known && len(c.problems) == before && !c.xfrmAnswered(&c.nds[o], &x) {
		c.warn(s.Remote, at, "xfrm-unknown", fmt.Sprintf("%s has no connection back to %s for %s", c.nds[o].plan.Name, x.Local, x.From), "it will drop what it gets")
	}
	return x, len(c.problems) == before || !Problems(c.problems[before:]).HasErrors()
}

// selector reads a network whose packets are protected; the address of the end is the default.
func (c *compiler) selector(t Text, otherwise netip.Addr, at *place) netip.Prefix {
	if !t.present() {
		return netip.PrefixFrom(otherwise, otherwise.BitLen())
	}
	p, msg, hint := parseDst(t.Value, netip.Addr{})
	if msg == "" && t.Value == "default" {
		msg, hint = "which default: of IPv4 or of IPv6?", "0.0.0.0/0 or ::/0"
	}
	if msg != "" {
		c.fail(t, at, "xfrm", msg, hint)
		return netip.Prefix{}
	}
	return p
}

// addrToward is the address of a node on the network of another address.
func (n *node) addrToward(to netip.Addr) netip.Addr {
	for i := range n.ifaces {
		for _, a := range n.ifaces[i].addrs {
			if a.prefix.Contains(to) {
				return a.prefix.Addr()
			}
		}
	}
	return netip.Addr{}
}

// byAddr finds the only node with an address.
func (c *compiler) byAddr(a netip.Addr) (int, bool) {
	found := -1
	for i := range c.nds {
		if c.nds[i].owns(a) {
			if found >= 0 {
				return 0, false
			}
			found = i
		}
	}
	return max(found, 0), found >= 0
}

// xfrmAnswered reports whether a node has the other side of a connection; what is wrong with it is said elsewhere.
func (c *compiler) xfrmAnswered(o *node, x *XFRM) bool {
	for i := range o.spec.XFRM {
		s := &o.spec.XFRM[i]
		if s.Remote.Value != x.Local.String() {
			continue
		}
		from, _, _ := parseDst(s.From.Value, netip.Addr{})
		to, _, _ := parseDst(s.To.Value, netip.Addr{})
		if !s.From.present() {
			from = netip.PrefixFrom(x.Remote, x.Remote.BitLen())
		}
		if !s.To.present() {
			to = netip.PrefixFrom(x.Local, x.Local.BitLen())
		}
		if from == x.To && to == x.From {
			return true
		}
	}
	return o.shaky || len(o.spec.Exec) > 0 || c.spec.partial
}
