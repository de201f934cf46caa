package link

import (
	"encoding/binary"
	"net/netip"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"

	"github.com/hookwalk/hookwalk/topology"
)

// vxlanData are the attributes of a VXLAN, IFLA_VXLAN_* of include/uapi/linux/if_link.h.
func vxlanData(d *topology.Device, at Made) []*nl.RtAttr {
	t := d.Tunnel
	data := []*nl.RtAttr{attr(unix.IFLA_VXLAN_ID, d.ID), big16(unix.IFLA_VXLAN_PORT, uint16(t.Port)), attrBool(unix.IFLA_VXLAN_LEARNING, !t.NoLearning)}
	add := func(a netip.Addr, four, six int) {
		switch {
		case a.Is4():
			data = append(data, nl.NewRtAttr(four, a.AsSlice()))
		case a.Is6():
			data = append(data, nl.NewRtAttr(six, a.AsSlice()))
		}
	}
	add(t.Local, unix.IFLA_VXLAN_LOCAL, unix.IFLA_VXLAN_LOCAL6)
	add(t.Remote, unix.IFLA_VXLAN_GROUP, unix.IFLA_VXLAN_GROUP6)
	if at.Lower != 0 {
		data = append(data, attr(unix.IFLA_VXLAN_LINK, at.Lower))
	}
	if t.TTL != 0 {
		data = append(data, attr8(unix.IFLA_VXLAN_TTL, uint8(t.TTL)))
	}
	if t.External {
		data = append(data, attr8(unix.IFLA_VXLAN_COLLECT_METADATA, 1))
	}
	return data
}

// greKey says that a tunnel has a key (GRE_KEY, include/uapi/linux/if_tunnel.h).
const greKey = 0x2000

// greData are the attributes of a GRE tunnel over IPv4 or IPv6, IFLA_GRE_* of include/uapi/linux/if_tunnel.h.
func greData(t *topology.Tunnel, at Made) []*nl.RtAttr {
	var data []*nl.RtAttr
	if at.Lower != 0 {
		data = append(data, attr(nl.IFLA_GRE_LINK, at.Lower))
	}
	if t.Local.IsValid() {
		data = append(data, nl.NewRtAttr(nl.IFLA_GRE_LOCAL, t.Local.AsSlice()))
	}
	if t.Remote.IsValid() {
		data = append(data, nl.NewRtAttr(nl.IFLA_GRE_REMOTE, t.Remote.AsSlice()))
	}
	if t.TTL != 0 {
		data = append(data, attr8(nl.IFLA_GRE_TTL, uint8(t.TTL)))
	}
	if t.Key != nil {
		key := binary.BigEndian.AppendUint32(nil, *t.Key)
		data = append(data, big16(nl.IFLA_GRE_IFLAGS, greKey), big16(nl.IFLA_GRE_OFLAGS, greKey),
			nl.NewRtAttr(nl.IFLA_GRE_IKEY, key), nl.NewRtAttr(nl.IFLA_GRE_OKEY, key))
	}
	return data
}

// ipTunnelData are the attributes of a tunnel of IP in IP, IFLA_IPTUN_* of include/uapi/linux/if_tunnel.h.
func ipTunnelData(d *topology.Device, at Made) []*nl.RtAttr {
	t := d.Tunnel
	var data []*nl.RtAttr
	if at.Lower != 0 {
		data = append(data, attr(nl.IFLA_IPTUN_LINK, at.Lower))
	}
	if t.Local.IsValid() {
		data = append(data, nl.NewRtAttr(nl.IFLA_IPTUN_LOCAL, t.Local.AsSlice()))
	}
	if t.Remote.IsValid() {
		data = append(data, nl.NewRtAttr(nl.IFLA_IPTUN_REMOTE, t.Remote.AsSlice()))
	}
	ttl := t.TTL
	if d.Kind == topology.IP6Tunnel { // both IPv4 and IPv6 in it; the kernel's default is 0 hops
		if ttl == 0 {
			ttl = 64
		}
		data = append(data, attr8(nl.IFLA_IPTUN_PROTO, 0))
	}
	if ttl != 0 {
		data = append(data, attr8(nl.IFLA_IPTUN_TTL, uint8(ttl)))
	}
	return data
}

// Fallback has the kernel load the module of a kind of tunnel, if it can. Such a module puts a device into each network
// namespace, also into those that are there: it should come before a lab numbers its devices.
func (c *Conn) Fallback(kind topology.DeviceKind) {
	r := c.request(unix.RTM_NEWLINK, create)
	r.AddData(nl.NewIfInfomsg(unix.AF_UNSPEC))
	r.AddData(nl.NewRtAttr(unix.IFLA_IFNAME, nl.ZeroTerminated("fallback")))
	remote := []byte{192, 0, 2, 2}
	if kind == topology.IP6Tunnel || kind == topology.IP6GRE || kind == topology.IP6GRETap {
		remote = netip.MustParseAddr("2001:db8::2").AsSlice()
	}
	where := nl.IFLA_GRE_REMOTE
	if kind == topology.IPIP || kind == topology.SIT || kind == topology.IP6Tunnel {
		where = nl.IFLA_IPTUN_REMOTE
	}
	r.AddData(linkInfo(string(kind), []*nl.RtAttr{nl.NewRtAttr(where, remote)}))
	if c.do(r) != nil {
		return // making the lab's own device will say why
	}
	r = c.request(unix.RTM_DELLINK, unix.NLM_F_ACK)
	r.AddData(nl.NewIfInfomsg(unix.AF_UNSPEC))
	r.AddData(nl.NewRtAttr(unix.IFLA_IFNAME, nl.ZeroTerminated("fallback")))
	_ = c.do(r) // it is in the holder's own namespace, where nothing ever looks
}
