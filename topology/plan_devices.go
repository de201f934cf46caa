package topology

import "net/netip"

// DeviceKind is what a device is, as ip-link(8) calls it.
type DeviceKind string

// The kinds of device under interfaces:.
const (
	BridgeKind DeviceKind = "bridge" // in Node.Bridges
	VLAN       DeviceKind = "vlan"
	Bond       DeviceKind = "bond"
	VRF        DeviceKind = "vrf"
	Macvlan    DeviceKind = "macvlan"
	IPvlan     DeviceKind = "ipvlan"
	Dummy      DeviceKind = "dummy"
	IFB        DeviceKind = "ifb"
	VXLAN      DeviceKind = "vxlan"
	GRE        DeviceKind = "gre"
	GRETap     DeviceKind = "gretap"
	IPIP       DeviceKind = "ipip"
	SIT        DeviceKind = "sit"
	IP6Tunnel  DeviceKind = "ip6tnl"
	IP6GRE     DeviceKind = "ip6gre"
	IP6GRETap  DeviceKind = "ip6gretap"
	WireGuard  DeviceKind = "wireguard"
)

// BridgeDevice is a Linux bridge inside a node.
type BridgeDevice struct {
	Name   string         `json:"name"`
	Alt    string         `json:"alt,omitempty"` // the whole name, if it is longer than the kernel's 15 bytes
	MTU    int            `json:"mtu,omitempty"` // bytes; 0: the kernel's default
	MAC    string         `json:"mac,omitempty"` // "": the kernel's choice
	Master string         `json:"master,omitempty"`
	Addrs  []netip.Prefix `json:"addrs,omitempty"`

	STP          bool       `json:"stp,omitempty"`
	ForwardDelay int        `json:"forwardDelay,omitempty"` // seconds; 0: the kernel's default
	Priority     *int       `json:"priority,omitempty"`
	Ageing       *int       `json:"ageing,omitempty"` // seconds
	VLANAware    bool       `json:"vlanAware,omitempty"`
	VLANProtocol string     `json:"vlanProtocol,omitempty"` // "": 802.1Q
	NoSnooping   bool       `json:"noSnooping,omitempty"`   // of multicast
	NFCall       bool       `json:"nfCall,omitempty"`
	VLANs        []PortVLAN `json:"vlans,omitempty"` // of the bridge itself; nil: the kernel's default
	FDB          []FDBEntry `json:"fdb,omitempty"`
	Pos          Pos        `json:"pos"`
}

// Port is how a device is the port of a bridge, where that is not as usual.
type Port struct {
	VLANs      []PortVLAN `json:"vlans,omitempty"` // nil: the kernel's default, VLAN 1
	Isolated   bool       `json:"isolated,omitempty"`
	Hairpin    bool       `json:"hairpin,omitempty"`
	NoLearning bool       `json:"noLearning,omitempty"`
	Cost       int        `json:"cost,omitempty"` // 0: the kernel's choice
}

// PortVLAN are VLANs of a port, in the order of their numbers.
type PortVLAN struct {
	From     int  `json:"from"`
	To       int  `json:"to"`
	PVID     bool `json:"pvid,omitempty"`
	Untagged bool `json:"untagged,omitempty"`
}

// FDBEntry is an entry of a forwarding database that stays.
type FDBEntry struct {
	MAC  string     `json:"mac"`
	Dev  string     `json:"dev,omitempty"`  // of a bridge: the port, or the bridge itself
	VLAN int        `json:"vlan,omitempty"` // 0: none
	Dst  netip.Addr `json:"dst,omitzero"`   // of a vxlan
	VNI  *int       `json:"vni,omitempty"`
	Pos  Pos        `json:"pos"`
}

// Device is a device of a node that is neither a link end nor a bridge. A node's devices stand in an order in which
// they can be made: each behind what it sits on.
type Device struct {
	Name   string         `json:"name"`
	Alt    string         `json:"alt,omitempty"` // the whole name, if it is longer than the kernel's 15 bytes
	Kind   DeviceKind     `json:"kind"`
	Link   string         `json:"link,omitempty"`   // the device it sits on
	Master string         `json:"master,omitempty"` // the bridge, bond or vrf it belongs to
	Port   *Port          `json:"port,omitempty"`
	MTU    int            `json:"mtu,omitempty"` // bytes; 0: the kernel's choice
	MAC    string         `json:"mac,omitempty"` // "": the kernel's choice
	Addrs  []netip.Prefix `json:"addrs,omitempty"`

	ID        int              `json:"id,omitempty"`       // of a vlan or vxlan
	Protocol  string           `json:"protocol,omitempty"` // of a vlan; "": 802.1Q
	Mode      string           `json:"mode,omitempty"`     // of a macvlan or ipvlan
	Table     uint32           `json:"table,omitempty"`    // of a vrf
	Bond      *BondDevice      `json:"bond,omitempty"`
	Tunnel    *Tunnel          `json:"tunnel,omitempty"`
	FDB       []FDBEntry       `json:"fdb,omitempty"` // of a vxlan
	WireGuard *WireGuardDevice `json:"wireguard,omitempty"`
	Pos       Pos              `json:"pos"`
}

// BondDevice is what there is to know of a bond.
type BondDevice struct {
	Mode     string `json:"mode"`
	Primary  string `json:"primary,omitempty"`
	LACPSlow bool   `json:"lacpSlow,omitempty"`
	Hash     string `json:"hash,omitempty"` // "": the kernel's default, layer2
}
