package link

import (
	"encoding/binary"
	"fmt"
	"net"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"

	"github.com/hookwalk/hookwalk/topology"
)

// Made says where a device that is made alone goes, in numbers of the devices of its namespace.
type Made struct {
	Index   int
	Lower   int // the device it sits on; 0: none
	Primary int // of a bond: the member it prefers; 0: none
	Single  bool
}

// AddDevice makes a device of a node, down and without addresses. It does not belong to a master yet.
func (c *Conn) AddDevice(d *topology.Device, at Made) error {
	data, err := deviceData(d, at)
	if err != nil {
		return err
	}
	r := c.request(unix.RTM_NEWLINK, create)
	r.AddData(ifinfo(at.Index))
	attrs, err := common(d.Name, d.MTU, d.MAC, at.Single)
	if err != nil {
		return err
	}
	addAll(r, attrs)
	if at.Lower != 0 {
		r.AddData(attr(unix.IFLA_LINK, at.Lower))
	}
	r.AddData(linkInfo(string(d.Kind), data))
	return c.do(r)
}

// common are the attributes that every new device has. oneByOne: see Device.Single.
func common(name string, mtu int, mac string, oneByOne bool) ([]*nl.RtAttr, error) {
	list, err := settings(mtu, mac)
	if err != nil {
		return nil, err
	}
	list = append(list, nl.NewRtAttr(unix.IFLA_IFNAME, nl.ZeroTerminated(name)))
	if oneByOne {
		list = append(list, single())
	}
	return list, nil
}

// settings are the attributes of an MTU, if it is not 0, and of a hardware address, if there is one.
func settings(mtu int, mac string) ([]*nl.RtAttr, error) {
	var list []*nl.RtAttr
	if mtu != 0 {
		list = append(list, attr(unix.IFLA_MTU, mtu))
	}
	if mac == "" {
		return list, nil
	}
	a, err := attrMAC(unix.IFLA_ADDRESS, mac)
	return append(list, a), err
}

// attrMAC is a hardware address.
func attrMAC(kind int, mac string) (*nl.RtAttr, error) {
	hw, err := net.ParseMAC(mac)
	if err != nil {
		return nil, fmt.Errorf("hardware address: %w", err)
	}
	return nl.NewRtAttr(kind, hw), nil
}

func addAll(r *nl.NetlinkRequest, attrs []*nl.RtAttr) {
	for _, a := range attrs {
		r.AddData(a)
	}
}

// single has the kernel make no packets of several segments for a device, nor send any through it (sk_setup_caps,
// net/core/sock.c; gso_features_check, net/core/dev.c). The features that ethtool switches do less: TCP makes big packets
// in any case, and they are cut only behind the hooks of the node that sends them. It costs no message of its own.
func single() *nl.RtAttr { return attr(unix.IFLA_GSO_MAX_SEGS, 1) }

// AddAltName gives a device a second name, of up to 127 bytes. Since Linux 5.5.
func (c *Conn) AddAltName(index int, name string) error {
	r := c.request(unix.RTM_NEWLINKPROP, create|unix.NLM_F_APPEND)
	r.AddData(ifinfo(index))
	list := nl.NewRtAttr(unix.NLA_F_NESTED|unix.IFLA_PROP_LIST, nil)
	list.AddRtAttr(unix.IFLA_ALT_IFNAME, nl.ZeroTerminated(name))
	r.AddData(list)
	return c.do(r)
}

// linkInfo is IFLA_LINKINFO with what is particular to a kind.
func linkInfo(kind string, data []*nl.RtAttr) *nl.RtAttr {
	info := nl.NewRtAttr(unix.IFLA_LINKINFO, nil)
	info.AddRtAttr(nl.IFLA_INFO_KIND, []byte(kind))
	if len(data) > 0 {
		d := info.AddRtAttr(nl.IFLA_INFO_DATA, nil)
		for _, a := range data {
			d.AddChild(a)
		}
	}
	return info
}

func attr8(kind int, v uint8) *nl.RtAttr { return nl.NewRtAttr(kind, nl.Uint8Attr(v)) }

func attr16(kind int, v uint16) *nl.RtAttr { return nl.NewRtAttr(kind, nl.Uint16Attr(v)) }

// big16 is a number in the order of the network.
func big16(kind int, v uint16) *nl.RtAttr {
	return nl.NewRtAttr(kind, binary.BigEndian.AppendUint16(nil, v))
}

func attrBool(kind int, on bool) *nl.RtAttr {
	if on {
		return attr8(kind, 1)
	}
	return attr8(kind, 0)
}

// etherType of a kind of VLAN tag, include/uapi/linux/if_ether.h.
func etherType(protocol string) uint16 {
	if protocol == "802.1ad" {
		return unix.ETH_P_8021AD
	}
	return unix.ETH_P_8021Q
}

// Values of include/uapi/linux/if_link.h.
var (
	macvlanModes = map[string]int{"private": 1, "vepa": 2, "bridge": 4, "passthru": 8}                                                                       // MACVLAN_MODE_*
	ipvlanModes  = map[string]uint16{"l2": 0, "l3": 1, "l3s": 2}                                                                                             // IPVLAN_MODE_*
	bondModes    = map[string]uint8{"balance-rr": 0, "active-backup": 1, "balance-xor": 2, "broadcast": 3, "802.3ad": 4, "balance-tlb": 5, "balance-alb": 6} // BOND_MODE_*, if_bonding.h
	bondHashes   = map[string]uint8{"layer2": 0, "layer3+4": 1, "layer2+3": 2, "encap2+3": 3, "encap3+4": 4, "vlan+srcmac": 5}                               // BOND_XMIT_POLICY_*, if_bonding.h
)

// bondMonitor is how often a bond looks whether its members have carrier, in milliseconds: without it, it would never
// see that one is down.
const bondMonitor = 50

// deviceData are the attributes of IFLA_INFO_DATA.
func deviceData(d *topology.Device, at Made) ([]*nl.RtAttr, error) {
	switch d.Kind {
	case topology.VLAN:
		return []*nl.RtAttr{attr16(unix.IFLA_VLAN_ID, uint16(d.ID)), big16(unix.IFLA_VLAN_PROTOCOL, etherType(d.Protocol))}, nil
	case topology.Macvlan:
		return []*nl.RtAttr{attr(unix.IFLA_MACVLAN_MODE, macvlanModes[d.Mode])}, nil
	case topology.IPvlan:
		return []*nl.RtAttr{attr16(unix.IFLA_IPVLAN_MODE, ipvlanModes[d.Mode])}, nil
	case topology.VRF:
		return []*nl.RtAttr{attr(unix.IFLA_VRF_TABLE, int(d.Table))}, nil
	case topology.Bond:
		return bondData(d.Bond, at), nil
	case topology.Dummy, topology.IFB, topology.WireGuard:
		return nil, nil
	case topology.VXLAN:
		return vxlanData(d, at), nil
	case topology.GRE, topology.GRETap, topology.IP6GRE, topology.IP6GRETap:
		return greData(d.Tunnel, at), nil
	case topology.IPIP, topology.SIT, topology.IP6Tunnel:
		return ipTunnelData(d, at), nil
	}
	return nil, fmt.Errorf("hookwalk does not know how to make a %s", d.Kind)
}

func bondData(b *topology.BondDevice, at Made) []*nl.RtAttr {
	data := []*nl.RtAttr{attr8(unix.IFLA_BOND_MODE, bondModes[b.Mode]), attr(unix.IFLA_BOND_MIIMON, bondMonitor)}
	if b.Hash != "" {
		data = append(data, attr8(unix.IFLA_BOND_XMIT_HASH_POLICY, bondHashes[b.Hash]))
	}
	if b.Mode == "802.3ad" {
		data = append(data, attrBool(unix.IFLA_BOND_AD_LACP_RATE, !b.LACPSlow))
	}
	if at.Primary != 0 {
		data = append(data, attr(unix.IFLA_BOND_PRIMARY, at.Primary))
	}
	return data
}
