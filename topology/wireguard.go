package topology

import (
	"encoding/base64"
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// WireGuardSpec is what a wireguard device is told.
type WireGuardSpec struct {
	Listen Text     `yaml:"listen" jsonschema:"type=integer,minimum=1,maximum=65535" jsonschema_description:"Of a wireguard: the UDP port. Default: 51820 for the first of a node, 51821 for the second, and so on."`
	Peers  PeerList `yaml:"peers" jsonschema_description:"Of a wireguard: who may be at the other end. The keys are made when the lab is."`
}

// PeerSpec is a peer of a wireguard device, written as the name of its node or as a mapping.
type PeerSpec struct {
	Node      Text     `yaml:"node" jsonschema_description:"The node whose wireguard device it is."`
	Interface Text     `yaml:"interface" jsonschema_description:"Which of the node's wireguard devices. Default: the only one."`
	Key       Text     `yaml:"key" jsonschema_description:"In place of node, for a peer that is not in the lab: its public key, in base64."`
	Allowed   TextList `yaml:"allowed" jsonschema_description:"The addresses and networks behind the peer. Default: the addresses of its device."`
	Endpoint  Text     `yaml:"endpoint" jsonschema_description:"Where it is: an address, or address:port. Default: its address on a link that both nodes share; without one it is known when it has sent something."`
	Keepalive Text     `yaml:"keepalive" jsonschema:"type=integer,minimum=1,maximum=65535" jsonschema_description:"Send something every so many seconds."`

	Span Span `yaml:"-"`
}

// PeerList is one or several peers.
type PeerList []PeerSpec

// WireGuardDevice is what there is to know of a wireguard device. Its private key is made with the lab, and is nowhere but in
// the kernel and the lab's holder.
type WireGuardDevice struct {
	Listen int             `json:"listen"`
	Peers  []WireGuardPeer `json:"peers,omitempty"`
}

// WireGuardPeer is one peer.
type WireGuardPeer struct {
	Node      string         `json:"node,omitempty"` // of the lab
	Iface     string         `json:"iface,omitempty"`
	Key       string         `json:"key,omitempty"` // the public key of one that is not, in base64
	Allowed   []netip.Prefix `json:"allowed,omitempty"`
	Endpoint  netip.AddrPort `json:"endpoint,omitzero"`   // invalid: none is known
	Keepalive int            `json:"keepalive,omitempty"` // seconds; 0: none
	Pos       Pos            `json:"pos"`
}

const (
	wantPeer      = "the name of a node, or a mapping like {node: r2, allowed: [10.0.2.0/24]}"
	wireGuardPort = 51820
)

func (l *PeerList) decode(d *decoder, t *tree, p *place) {
	d.each(t, p, wantPeer, func(t *tree, p *place) {
		x := PeerSpec{Span: t.span}
		switch t.kind {
		case treeMapping:
			good := decodeMapping(d, t, p, &x)
			switch {
			case !good:
				return
			case x.Node.present() == x.Key.present():
				d.fail(Text{Span: t.span}, p, "peer", "a peer is a node of the lab or has a key, one of both", "node: r2")
				return
			}
		case treeScalar:
			x.Node = t.whole()
			if t.origin != nil {
				x.Node = t.sub(0, len(t.text))
			}
		default:
			d.wrongType(t, p, wantPeer)
			return
		}
		*l = append(*l, x)
	})
}

// wireGuard reads a wireguard device, but for its peers.
func (c *compiler) wireGuard(n *node, i *iface) {
	w := &WireGuardDevice{Listen: wireGuardPort}
	used := map[int]string{}
	for j := range n.ifaces {
		if o := &n.ifaces[j]; o.device != nil && o.device.WireGuard != nil {
			used[o.device.WireGuard.Listen] = o.name
		}
	}
	i.device.WireGuard = w
	if p, ok := c.number(i.spec.Listen, i.at.at("listen"), "device-value", "a port", 1, 65535); ok {
		w.Listen = p
		if o := used[p]; o != "" {
			c.fail(i.spec.Listen, i.at.at("listen"), "port-twice", fmt.Sprintf("%s listens on port %d already", o, p), "")
		}
		return
	}
	for used[w.Listen] != "" {
		w.Listen++
	}
}

// wireGuardPeers reads the peers of all wireguard devices, when it is known who is on which link.
func (c *compiler) wireGuardPeers() {
	for i := range c.nds {
		n := &c.nds[i]
		for j := range n.ifaces {
			if x := &n.ifaces[j]; x.device != nil && x.device.WireGuard != nil {
				c.peersOf(n, x)
			}
		}
	}
}

func (c *compiler) peersOf(n *node, x *iface) {
	owner := map[netip.Prefix]Text{}
	for k := range x.spec.Peers {
		s := &x.spec.Peers[k]
		at := x.at.at("peers").elem(k)
		p, ok := c.peer(n, x, s, at)
		if !ok {
			continue
		}
		for _, a := range p.Allowed {
			if first, twice := owner[a]; twice {
				c.fail(peerText(s), at, "peer", fmt.Sprintf("%s is behind %s already (line %d)", a, shorten(first.Value), first.Pos.Line), "the kernel would take it away there")
			}
			owner[a] = peerText(s)
		}
		x.device.WireGuard.Peers = append(x.device.WireGuard.Peers, p)
	}
}

func peerText(s *PeerSpec) Text {
	if s.Node.present() {
		return s.Node
	}
	return s.Key
}

func (c *compiler) peer(n *node, x *iface, s *PeerSpec, at *place) (p WireGuardPeer, ok bool) {
	const rule = "peer"
	p.Pos = peerText(s).Pos
	port := 0
	var other *iface
	var there *node
	if s.Node.present() {
		there, other = c.peerDevice(n, x, s, at)
		if other == nil {
			return p, false
		}
		p.Node, p.Iface = there.plan.Name, other.name
		port = other.device.WireGuard.Listen
	} else {
		if b, err := base64.StdEncoding.DecodeString(s.Key.Value); err != nil || len(b) != 32 {
			c.fail(s.Key, at.at("key"), rule, fmt.Sprintf("%q is not a public key", shorten(s.Key.Value)), "32 bytes in base64, as wg pubkey writes them")
			return p, false
		}
		p.Key = s.Key.Value
		x.open = true
	}
	good := true
	for i, t := range s.Allowed {
		a, msg, hint := parseDst(t.Value, netip.Addr{})
		if msg != "" || t.Value == "default" {
			if msg == "" {
				msg, hint = "which default: of IPv4 or of IPv6?", "0.0.0.0/0 or ::/0"
			}
			c.fail(t, at.at("allowed").elem(i), rule, msg, hint)
			good = false
			continue
		}
		p.Allowed = append(p.Allowed, a)
	}
	if len(s.Allowed) == 0 && other != nil {
		for _, a := range other.addrs {
			p.Allowed = append(p.Allowed, netip.PrefixFrom(a.prefix.Addr(), a.prefix.Addr().BitLen()))
		}
	}
	if len(p.Allowed) == 0 && good {
		c.fail(peerText(s), at, rule, "nothing is behind this peer", "allowed: [10.0.2.0/24]")
		good = false
	}
	if k, ok := c.number(s.Keepalive, at.at("keepalive"), rule, "the keepalive in seconds", 1, 65535); ok {
		p.Keepalive = k
	}
	switch {
	case s.Endpoint.present():
		p.Endpoint, ok = c.endpoint(s.Endpoint, port, at.at("endpoint"))
		good = good && ok
	case there != nil:
		if a := c.sharedAddr(n, there); a.IsValid() {
			p.Endpoint = netip.AddrPortFrom(a, uint16(port))
		}
	}
	return p, good
}

// peerDevice finds the wireguard device of a peer; nil if there is none, and that was said.
func (c *compiler) peerDevice(n *node, x *iface, s *PeerSpec, at *place) (*node, *iface) {
	const rule = "peer"
	k, ok := c.byName[s.Node.Value]
	if !ok {
		c.unknownNode(s.Node, at)
		return nil, nil
	}
	there := &c.nds[k]
	if there == n {
		c.fail(s.Node, at, rule, fmt.Sprintf("%s is its own peer", n.plan.Name), "")
		return nil, nil
	}
	var found []*iface
	for j := range there.ifaces {
		if o := &there.ifaces[j]; o.device != nil && o.device.WireGuard != nil && (!s.Interface.present() || o.name == s.Interface.Value) {
			found = append(found, o)
		}
	}
	switch {
	case len(found) == 0 && (there.shaky || c.spec.partial):
		return nil, nil
	case len(found) == 0 && s.Interface.present():
		c.fail(s.Interface, at.at("interface"), rule, fmt.Sprintf("%s has no wireguard device %q", there.plan.Name, shorten(s.Interface.Value)), didYouMean(s.Interface.Value, there.ifaceNames()))
		return nil, nil
	case len(found) == 0:
		c.fail(s.Node, at, rule, there.plan.Name+" has no wireguard device", "")
		return nil, nil
	case len(found) > 1:
		c.fail(s.Node, at, rule, fmt.Sprintf("%s has %d wireguard devices: which one?", there.plan.Name, len(found)), "interface: "+found[0].name)
		return nil, nil
	}
	other := found[0]
	knows := slices.ContainsFunc(other.spec.Peers, func(p PeerSpec) bool {
		return p.Key.present() || p.Node.Value == n.plan.Name && (!p.Interface.present() || p.Interface.Value == x.name)
	})
	if !knows {
		c.warn(s.Node, at, "peer-unknown", fmt.Sprintf("%s:%s does not have %s among its peers", there.plan.Name, other.name, n.plan.Name), "it will not answer")
	}
	return there, other
}

// endpoint reads ADDRESS or ADDRESS:PORT.
func (c *compiler) endpoint(t Text, port int, at *place) (netip.AddrPort, bool) {
	e, err := netip.ParseAddrPort(t.Value)
	if err != nil {
		a, plain := netip.ParseAddr(strings.Trim(t.Value, "[]"))
		if plain == nil && port == 0 {
			c.fail(t, at, "peer", fmt.Sprintf("at which port of %s is the peer?", a), netip.AddrPortFrom(a, wireGuardPort).String())
			return e, false
		}
		e, err = netip.AddrPortFrom(a, uint16(port)), plain
	}
	if err != nil || e.Port() == 0 || !e.Addr().IsValid() || e.Addr().IsUnspecified() || e.Addr().Zone() != "" {
		c.fail(t, at, "peer", fmt.Sprintf("%q is no place of a peer", shorten(t.Value)), "like 192.0.2.2:51820 or [2001:db8::2]:51820")
		return e, false
	}
	return e, true
}

// sharedAddr is the address of another node on a link that both are on.
func (c *compiler) sharedAddr(n, other *node) netip.Addr {
	for i := range n.ifaces {
		mine := &n.ifaces[i]
		if len(mine.addrs) == 0 || mine.device != nil && mine.device.WireGuard != nil {
			continue
		}
		for _, m := range c.members[mine.domain] {
			if m.node == other && len(m.iface.addrs) > 0 && (m.iface.device == nil || m.iface.device.WireGuard == nil) {
				return m.iface.addrs[0].prefix.Addr()
			}
		}
	}
	return netip.Addr{}
}

// wireGuards joins the ends of wireguard tunnels.
func (s *segments) wireGuards() {
	for i := range s.c.nds {
		n := &s.c.nds[i]
		for j := range n.ifaces {
			x := &n.ifaces[j]
			if x.device == nil || x.device.WireGuard == nil {
				continue
			}
			for _, p := range x.spec.Peers {
				k, ok := s.c.byName[p.Node.Value]
				if !ok {
					x.open = true
					continue
				}
				for l := range s.c.nds[k].ifaces {
					o := &s.c.nds[k].ifaces[l]
					if o.device != nil && o.device.WireGuard != nil && (!p.Interface.present() || p.Interface.Value == o.name) {
						s.sets.union(s.of(i, x), s.of(k, o))
					}
				}
			}
		}
	}
}
