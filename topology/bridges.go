package topology

import (
	"fmt"
	"net"
	"net/netip"
	"reflect"
)

// bridgeName is the device of a bridge node.
const bridgeName = "br0"

// leastForwardDelay is what a bridge with the spanning tree protocol takes at least, in seconds
// (BR_MIN_FORWARD_DELAY, net/bridge/br_private_stp.h). A lab should not wait for longer unless it is told to.
const leastForwardDelay = 2

// bridge plans br0 of a node of kind bridge.
func (c *compiler) bridge(n *node) {
	s := n.spec
	at := nodePath(s)
	b := &BridgeDevice{Name: bridgeName, Pos: s.Name.Pos}
	ifc := iface{name: bridgeName, link: -1, kind: BridgeKind, bridge: b, text: s.Name, at: at}
	for i, t := range s.Addresses {
		if p, ok := c.ifaceAddr(t, at.at("addresses").elem(i)); ok {
			ifc.addrs = append(ifc.addrs, address{p, t, at.at("addresses").elem(i)})
			b.Addrs = append(b.Addrs, p)
		} else {
			n.shaky = true
		}
	}
	c.bridgeOptions(b, &s.BridgeSpec, at)
	n.bridges = append(n.bridges, b)
	n.add(ifc)
}

// bridgeOptions reads the options of a bridge; fdb and vlan wait until the ports are known.
func (c *compiler) bridgeOptions(b *BridgeDevice, s *BridgeSpec, at *place) {
	const rule = "device-value"
	b.STP, _ = c.flag(s.STP, at.at("stp"), rule)
	b.VLANAware, _ = c.flag(s.VLANAware, at.at("vlan-aware"), rule)
	b.NFCall, _ = c.flag(s.NFCall, at.at("nf-call"), rule)
	if on, ok := c.flag(s.MulticastSnooping, at.at("multicast-snooping"), rule); ok {
		b.NoSnooping = !on
	}
	if w, ok := c.word(s.VLANProtocol, at.at("vlan-protocol"), rule, "kind of VLAN tag", vlanProtocols); ok && w != vlanProtocols[0] {
		b.VLANProtocol = w
	}
	if n, ok := c.number(s.Ageing, at.at("ageing"), rule, "the ageing time in seconds", 0, 1000000); ok {
		b.Ageing = &n
	}
	if n, ok := c.number(s.Priority, at.at("priority"), rule, "the priority of a bridge", 0, 65535); ok {
		b.Priority = &n
	}
	n, ok := c.number(s.ForwardDelay, at.at("forward-delay"), rule, "the forward delay in seconds", leastForwardDelay, 30)
	switch {
	case ok:
		b.ForwardDelay = n
	case b.STP:
		b.ForwardDelay = leastForwardDelay
	}
	for _, o := range []struct {
		key string
		t   Text
	}{{"forward-delay", s.ForwardDelay}, {"priority", s.Priority}} {
		if o.t.present() && !b.STP && !s.STP.present() {
			c.warn(o.t, at.at(o.key), "no-effect", o.key+" does nothing without the spanning tree protocol", "stp: true")
		}
	}
	if s.VLANProtocol.present() && !b.VLANAware {
		c.warn(s.VLANProtocol, at.at("vlan-protocol"), "no-effect", "vlan-protocol does nothing on a bridge that knows no VLANs", "vlan-aware: true")
	}
}

// noBridge says of each option of a bridge that a node of another kind has none.
func (c *compiler) noBridge(s *NodeSpec) {
	v := reflect.ValueOf(s).Elem()
	f := fieldsOf(reflect.TypeFor[NodeSpec]())
	for _, key := range append([]string{"vlan"}, fieldsOf(reflect.TypeFor[BridgeSpec]()).keys...) {
		if t, ok := written(v.FieldByIndex(f.index[key])); ok {
			c.fail(t, nodePath(s).at(key), "bridge-option", fmt.Sprintf("%s: is for bridges only", key),
				fmt.Sprintf("%s: {kind: bridge}, or a device of kind bridge under interfaces:", s.Name.Value))
		}
	}
}

// written gives the place of a key's value; false if it does not stand in the file.
func written(v reflect.Value) (Text, bool) {
	switch x := v.Interface().(type) {
	case Text:
		return x, x.present()
	case TextList:
		if len(x) > 0 {
			return x[0], true
		}
	case VLANSpec:
		return Text{Span: x.Span}, x.present()
	case PeerList:
		if len(x) > 0 {
			return peerText(&x[0]), true
		}
	case FDBList:
		if len(x) > 0 {
			return Text{Span: x[0].Span}, true
		}
	}
	return Text{}, false
}

// fdb reads the entries of a bridge's forwarding database.
func (c *compiler) fdb(n *node, b *BridgeDevice, list FDBList, at *place) {
	for i := range list {
		s := &list[i]
		at := at.at("fdb").elem(i)
		e := FDBEntry{Dev: s.Dev.Value, Pos: s.MAC.Pos}
		m, err := net.ParseMAC(s.MAC.Value)
		switch {
		case err != nil || len(m) != 6:
			c.fail(s.MAC, at, "fdb", fmt.Sprintf("%q is not a hardware address", shorten(s.MAC.Value)), "like 02:00:5e:00:53:01 dev p1")
			continue
		case m[0]&1 != 0 || m.String() == zeroMAC:
			c.fail(s.MAC, at, "fdb", fmt.Sprintf("a bridge has no entry for %s: it is not the address of a device", s.MAC.Value), "")
			continue
		}
		e.MAC = m.String()
		switch t, bad := firstWritten(s.Dst, s.VNI); {
		case bad:
			c.fail(t, at, "fdb", "a tunnel's other end is for the entries of a vxlan, this is a bridge", "dev PORT")
			continue
		case !s.Dev.present():
			c.fail(s.MAC, at, "fdb", fmt.Sprintf("behind which port is %s?", s.MAC.Value), s.MAC.Value+" dev PORT")
			continue
		}
		k, ok := n.byName[s.Dev.Value]
		if !ok || n.ifaces[k].name != b.Name && n.ifaces[k].master != b.Name {
			if !n.shaky && !c.spec.partial {
				c.fail(s.Dev, at, "fdb", fmt.Sprintf("%s has no port %q", b.Name, shorten(s.Dev.Value)), didYouMean(s.Dev.Value, n.members(b.Name)))
			}
			continue
		}
		e.Dev = n.ifaces[k].name
		if v, ok := c.number(s.VLAN, at, "fdb", "the number of a VLAN", 1, maxVLAN); ok {
			if !b.VLANAware {
				c.fail(s.VLAN, at, "fdb", b.Name+" knows no VLANs", "vlan-aware: true")
				continue
			}
			e.VLAN = v
		}
		b.FDB = append(b.FDB, e)
	}
}

const zeroMAC = "00:00:00:00:00:00"

func firstWritten(texts ...Text) (Text, bool) {
	for _, t := range texts {
		if t.present() {
			return t, true
		}
	}
	return Text{}, false
}

// members are the devices that belong to one.
func (n *node) members(of string) []string {
	var names []string
	for i := range n.ifaces {
		if n.ifaces[i].master == of {
			names = append(names, n.ifaces[i].name)
		}
	}
	return names
}

// tooSmallForIPv6 finds an IPv6 address that a device with this MTU would not have.
func tooSmallForIPv6(mtu int, addrs []netip.Prefix) (netip.Prefix, bool) {
	if mtu == 0 || mtu >= minMTUIPv6 {
		return netip.Prefix{}, false
	}
	for _, a := range addrs {
		if a.Addr().Is6() {
			return a, true
		}
	}
	return netip.Prefix{}, false
}
