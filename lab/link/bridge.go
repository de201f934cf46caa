package link

import (
	"encoding/binary"
	"errors"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"

	"github.com/hookwalk/hookwalk/topology"
)

// ErrNoVLANs says that this kernel's bridges know no VLANs.
var ErrNoVLANs = errors.New("the kernel made a bridge that does not know VLANs")

// userHZ is the unit of times in the netlink attributes of bridges, in a second (USER_HZ, include/asm-generic/param.h).
const userHZ = 100

// AddBridge makes a bridge in the namespace of c, down. oneByOne: see Device.Single.
func (c *Conn) AddBridge(b *topology.BridgeDevice, index int, oneByOne bool) error {
	r := c.request(unix.RTM_NEWLINK, create)
	r.AddData(ifinfo(index))
	// A bridge takes the smallest MTU of its ports unless its own was once changed (br_change_mtu, net/bridge/br_device.c):
	// being made with it does not count, nor does setting the one it has. So it is made with another.
	mtu := b.MTU
	if mtu != 0 {
		mtu ^= 1
	}
	attrs, err := common(b.Name, mtu, b.MAC, oneByOne)
	if err != nil {
		return err
	}
	addAll(r, attrs)
	r.AddData(linkInfo("bridge", bridgeData(b)))
	err = c.do(r)
	if err == nil && b.MTU != 0 {
		err = c.SetMTU(index, b.MTU)
	}
	if err != nil || !b.VLANAware {
		return err
	}
	// A kernel without the option refuses or ignores the wish (br_changelink, net/bridge/br_netlink.c).
	on, err := c.vlanFiltering(index)
	if err == nil && !on {
		err = ErrNoVLANs
	}
	return err
}

func bridgeData(b *topology.BridgeDevice) []*nl.RtAttr {
	var data []*nl.RtAttr
	if b.STP {
		data = append(data, attr(unix.IFLA_BR_STP_STATE, 1))
	}
	if b.ForwardDelay != 0 {
		data = append(data, attr(unix.IFLA_BR_FORWARD_DELAY, b.ForwardDelay*userHZ))
	}
	if b.Priority != nil {
		data = append(data, attr16(unix.IFLA_BR_PRIORITY, uint16(*b.Priority)))
	}
	if b.Ageing != nil {
		data = append(data, attr(unix.IFLA_BR_AGEING_TIME, *b.Ageing*userHZ))
	}
	if b.VLANProtocol != "" {
		data = append(data, big16(unix.IFLA_BR_VLAN_PROTOCOL, etherType(b.VLANProtocol)))
	}
	if b.VLANAware {
		data = append(data, attr8(unix.IFLA_BR_VLAN_FILTERING, 1))
	}
	if b.NoSnooping {
		data = append(data, attr8(unix.IFLA_BR_MCAST_SNOOPING, 0))
	}
	if b.NFCall {
		for _, kind := range []int{unix.IFLA_BR_NF_CALL_IPTABLES, unix.IFLA_BR_NF_CALL_IP6TABLES, unix.IFLA_BR_NF_CALL_ARPTABLES} {
			data = append(data, attr8(kind, 1))
		}
	}
	return data
}

// vlanFiltering asks whether a bridge keeps VLANs apart.
func (c *Conn) vlanFiltering(index int) (bool, error) {
	r := c.request(unix.RTM_GETLINK, 0)
	r.AddData(ifinfo(index))
	msgs, err := r.Execute(unix.NETLINK_ROUTE, 0)
	if err != nil || len(msgs) == 0 || len(msgs[0]) < unix.SizeofIfInfomsg {
		return false, err
	}
	on := false
	err = nested(msgs[0][unix.SizeofIfInfomsg:], func(v []byte) { on = len(v) == 1 && v[0] == 1 },
		unix.IFLA_LINKINFO, nl.IFLA_INFO_DATA, unix.IFLA_BR_VLAN_FILTERING)
	return on, err
}

// nested gives f the value of an attribute within others.
func nested(b []byte, f func([]byte), way ...uint16) error {
	return eachAttr(b, func(kind uint16, v []byte) error {
		switch {
		case kind != way[0]:
		case len(way) == 1:
			f(v)
		default:
			return nested(v, f, way[1:]...)
		}
		return nil
	})
}

// SetPort tells a port of a bridge how it is one.
func (c *Conn) SetPort(index int, p *topology.Port) error {
	var data []*nl.RtAttr
	if p.Isolated {
		data = append(data, attr8(unix.IFLA_BRPORT_ISOLATED, 1))
	}
	if p.Hairpin {
		data = append(data, attr8(unix.IFLA_BRPORT_MODE, 1))
	}
	if p.NoLearning {
		data = append(data, attr8(unix.IFLA_BRPORT_LEARNING, 0))
	}
	if p.Cost != 0 {
		data = append(data, attr(unix.IFLA_BRPORT_COST, p.Cost))
	}
	if len(data) == 0 {
		return nil
	}
	r := c.request(unix.RTM_NEWLINK, unix.NLM_F_ACK)
	r.AddData(ifinfo(index))
	info := nl.NewRtAttr(unix.IFLA_LINKINFO, nil)
	info.AddRtAttr(infoSlaveKind, []byte("bridge"))
	d := info.AddRtAttr(infoSlaveData, nil)
	for _, a := range data {
		d.AddChild(a)
	}
	r.AddData(info)
	return c.do(r)
}

// Flags of IFLA_BRIDGE_FLAGS and IFLA_BRIDGE_VLAN_INFO, include/uapi/linux/if_bridge.h.
const (
	bridgeFlagsSelf   = 2      // BRIDGE_FLAGS_SELF
	vlanPVID          = 1 << 1 // BRIDGE_VLAN_INFO_PVID
	vlanUntagged      = 1 << 2 // BRIDGE_VLAN_INFO_UNTAGGED
	vlanRangeBegin    = 1 << 3 // BRIDGE_VLAN_INFO_RANGE_BEGIN
	vlanRangeEnd      = 1 << 4 // BRIDGE_VLAN_INFO_RANGE_END
	bridgeDefaultPVID = 1      // what a port is a member of at first, br_vlan_init
)

// SetVLANs makes a port of a bridge, or with self the bridge itself, a member of these VLANs and no other.
func (c *Conn) SetVLANs(index int, self bool, list []topology.PortVLAN) error {
	stays := false
	for _, v := range list {
		stays = stays || v.From <= bridgeDefaultPVID && bridgeDefaultPVID <= v.To
	}
	if !stays {
		if err := c.vlans(unix.RTM_DELLINK, index, self, []topology.PortVLAN{{From: bridgeDefaultPVID, To: bridgeDefaultPVID}}); err != nil {
			return err
		}
	}
	return c.vlans(unix.RTM_SETLINK, index, self, list)
}

func (c *Conn) vlans(kind uint16, index int, self bool, list []topology.PortVLAN) error {
	r := c.request(kind, unix.NLM_F_ACK)
	msg := nl.NewIfInfomsg(unix.AF_BRIDGE)
	msg.Index = int32(index)
	r.AddData(msg)
	spec := nl.NewRtAttr(unix.IFLA_AF_SPEC, nil)
	if self {
		spec.AddRtAttr(nl.IFLA_BRIDGE_FLAGS, nl.Uint16Attr(bridgeFlagsSelf))
	}
	add := func(flags uint16, vlan int) { // struct bridge_vlan_info
		b := binary.NativeEndian.AppendUint16(nil, flags)
		spec.AddRtAttr(nl.IFLA_BRIDGE_VLAN_INFO, binary.NativeEndian.AppendUint16(b, uint16(vlan)))
	}
	for _, v := range list {
		var flags uint16
		if v.PVID {
			flags |= vlanPVID
		}
		if v.Untagged {
			flags |= vlanUntagged
		}
		if v.From == v.To {
			add(flags, v.From)
			continue
		}
		add(flags|vlanRangeBegin, v.From)
		add(flags|vlanRangeEnd, v.To)
	}
	r.AddData(spec)
	return c.do(r)
}

// AddFDB adds an entry that stays to the forwarding database of a bridge or a vxlan. index is the number of the bridge's
// port, or with self that of the bridge or the vxlan.
func (c *Conn) AddFDB(index int, self bool, e *topology.FDBEntry) error {
	mac, err := attrMAC(unix.NDA_LLADDR, e.MAC)
	if err != nil {
		return err
	}
	state, flags := uint16(unix.NUD_NOARP), uint8(unix.NTF_MASTER)
	if self {
		state, flags = unix.NUD_PERMANENT, unix.NTF_SELF
	}
	how := create
	attrs := []*nl.RtAttr{mac}
	if e.Dst.IsValid() { // of a vxlan; zeros may have several, to all of which goes what has no entry
		how = unix.NLM_F_CREATE | unix.NLM_F_APPEND | unix.NLM_F_ACK
		state = unix.NUD_PERMANENT | unix.NUD_NOARP
		attrs = append(attrs, nl.NewRtAttr(unix.NDA_DST, e.Dst.AsSlice()))
	}
	if e.VNI != nil {
		attrs = append(attrs, attr(unix.NDA_VNI, *e.VNI))
	}
	r := c.request(unix.RTM_NEWNEIGH, how)
	if e.VLAN != 0 {
		attrs = append(attrs, attr16(unix.NDA_VLAN, uint16(e.VLAN)))
	}
	r.AddRawData(withAttrs(ndmsg(unix.AF_BRIDGE, index, state, flags), attrs))
	return c.do(r)
}

// withAttrs is a header with attributes behind it, for messages whose header the library does not know.
func withAttrs(header []byte, attrs []*nl.RtAttr) []byte {
	for _, a := range attrs {
		header = append(header, a.Serialize()...)
	}
	return header
}

// ndmsg is struct ndmsg of include/uapi/linux/neighbour.h.
func ndmsg(family uint8, index int, state uint16, flags uint8) []byte {
	b := []byte{family, 0, 0, 0}
	b = binary.NativeEndian.AppendUint32(b, uint32(index))
	b = binary.NativeEndian.AppendUint16(b, state)
	return append(b, flags, 0)
}
