package topology

// The devices of a node and what a bridge can be told, as they are written.

// BridgeSpec are the options of a bridge.
type BridgeSpec struct {
	STP               Text    `yaml:"stp" jsonschema:"type=boolean" jsonschema_description:"Of a bridge: the spanning tree protocol, which lets bridges be joined in a loop. Default: false."`
	ForwardDelay      Text    `yaml:"forward-delay" jsonschema:"type=integer,minimum=2,maximum=30" jsonschema_description:"Of a bridge with stp: how many seconds a port listens, and then learns, before it forwards. Default: 2, the least that the kernel takes."`
	Priority          Text    `yaml:"priority" jsonschema:"type=integer,minimum=0,maximum=65535" jsonschema_description:"Of a bridge with stp: the lowest becomes the root. Default: 32768."`
	Ageing            Text    `yaml:"ageing" jsonschema:"type=integer,minimum=0,maximum=1000000" jsonschema_description:"Of a bridge: for how many seconds it remembers where an address is. Default: 300."`
	VLANAware         Text    `yaml:"vlan-aware" jsonschema:"type=boolean" jsonschema_description:"Of a bridge: it keeps VLANs apart. Its ports are untagged members of VLAN 1 if they have no vlan: of their own. Default: false."`
	VLANProtocol      Text    `yaml:"vlan-protocol" jsonschema:"enum=802.1Q,enum=802.1ad" jsonschema_description:"Of a bridge that is vlan-aware: the tags that it knows. Default: 802.1Q."`
	MulticastSnooping Text    `yaml:"multicast-snooping" jsonschema:"type=boolean" jsonschema_description:"Of a bridge: multicast goes only where somebody asked for it. Default: true."`
	NFCall            Text    `yaml:"nf-call" jsonschema:"type=boolean" jsonschema_description:"Of a bridge: bridged packets pass the IP hooks of nftables, too (br_netfilter). Default: false."`
	FDB               FDBList `yaml:"fdb" jsonschema_description:"Of a bridge or a vxlan: entries of its forwarding database that stay."`
}

// PortSpec are the options of a device as the port of a bridge.
type PortSpec struct {
	VLAN     VLANSpec `yaml:"vlan" jsonschema_description:"The VLANs of a port of a bridge that is vlan-aware, or of such a bridge itself: a number for an access port, or a mapping."`
	Isolated Text     `yaml:"isolated" jsonschema:"type=boolean" jsonschema_description:"Of a port: nothing passes between isolated ports. Default: false."`
	Hairpin  Text     `yaml:"hairpin" jsonschema:"type=boolean" jsonschema_description:"Of a port: a frame may leave by the port it came in by. Default: false."`
	Learning Text     `yaml:"learning" jsonschema:"type=boolean" jsonschema_description:"Of a port: the bridge learns addresses from it. Of a vxlan also: it learns behind which end an address is. Default: true."`
	Cost     Text     `yaml:"cost" jsonschema:"type=integer,minimum=1,maximum=65535" jsonschema_description:"Of a port: what a path through it costs the spanning tree. Default: 2."`
}

// VLANSpec are the VLANs of a port: one number, that of an access port, or a mapping.
type VLANSpec struct {
	PVID     Text      `yaml:"pvid" jsonschema:"type=integer,minimum=1,maximum=4094" jsonschema_description:"The VLAN of frames that come in without a tag. Default: the one under untagged, if it is just one."`
	Untagged RangeList `yaml:"untagged" jsonschema_description:"VLANs whose frames leave without their tag: numbers and ranges like 20-29."`
	Tagged   RangeList `yaml:"tagged" jsonschema_description:"VLANs whose frames leave with their tag: numbers and ranges like 20-29."`

	Span Span `yaml:"-"`
}

func (x *VLANSpec) present() bool { return x.Span.Pos.IsValid() }

// InterfaceSpec is a device of a node that is no end of a link.
type InterfaceSpec struct {
	Name Text `yaml:"-"` // the key

	Kind      Text     `yaml:"kind" jsonschema:"required,enum=bridge,enum=vlan,enum=bond,enum=vrf,enum=macvlan,enum=ipvlan,enum=dummy,enum=ifb,enum=vxlan,enum=gre,enum=gretap,enum=ipip,enum=sit,enum=ip6tnl,enum=ip6gre,enum=ip6gretap,enum=wireguard" jsonschema_description:"What the device is."`
	Addresses TextList `yaml:"addresses" jsonschema_description:"IPv4 and IPv6 addresses with their prefix length."`
	MTU       Text     `yaml:"mtu" jsonschema:"type=integer,minimum=68,maximum=65535" jsonschema_description:"The MTU in bytes. Default: the kernel's choice."`
	MAC       Text     `yaml:"mac" jsonschema_description:"The hardware address. Default: the kernel's choice."`
	Master    Text     `yaml:"master" jsonschema_description:"The bridge, bond or vrf of the node that the device belongs to."`
	PortSpec  `yaml:",inline"`

	Link     Text     `yaml:"link" jsonschema_description:"Of a vlan, macvlan or ipvlan: the device that it sits on. A vlan called eth0.10 sits on eth0. Of a tunnel: the device that its packets must leave by."`
	ID       Text     `yaml:"id" jsonschema:"type=integer,minimum=0,maximum=16777215" jsonschema_description:"Of a vlan: its number, 1 to 4094; one called eth0.10 has number 10. Of a vxlan: its network number."`
	Protocol Text     `yaml:"protocol" jsonschema:"enum=802.1Q,enum=802.1ad" jsonschema_description:"Of a vlan: its kind of tag; 802.1ad is the outer one of two. Default: 802.1Q."`
	Mode     Text     `yaml:"mode" jsonschema_description:"Of a bond: balance-rr, active-backup, balance-xor, broadcast, 802.3ad, balance-tlb or balance-alb. Of a macvlan: bridge (the default), private, vepa or passthru. Of an ipvlan: l2 (the default), l3 or l3s."`
	Members  TextList `yaml:"members" jsonschema_description:"Of a bridge, bond or vrf: the devices of the node that belong to it."`
	Primary  Text     `yaml:"primary" jsonschema_description:"Of a bond: the member that is used whenever it can be."`
	LACPRate Text     `yaml:"lacp-rate" jsonschema:"enum=fast,enum=slow" jsonschema_description:"Of a bond of mode 802.3ad: a message a second, or one in 30 seconds. Default: fast."`
	Hash     Text     `yaml:"hash" jsonschema:"enum=layer2,enum=layer2+3,enum=layer3+4,enum=encap2+3,enum=encap3+4,enum=vlan+srcmac" jsonschema_description:"Of a bond: what decides which member a packet leaves by."`
	Table    Text     `yaml:"table" jsonschema:"type=integer,minimum=1,maximum=4294967295" jsonschema_description:"Of a vrf: the number of its routing table. Default: 1001 and up."`

	Local    Text `yaml:"local" jsonschema_description:"Of a tunnel: the address of the node that its packets come from. Default: by the route."`
	Remote   Text `yaml:"remote" jsonschema_description:"Of a tunnel: the address of its other end. Of a vxlan it may be a multicast group, or missing where fdb says who is where."`
	Key      Text `yaml:"key" jsonschema:"oneof_type=string;integer" jsonschema_description:"Of a gre tunnel and its kin: a number that both ends must have."`
	TTL      Text `yaml:"ttl" jsonschema:"type=integer,minimum=0,maximum=255" jsonschema_description:"Of a tunnel: the TTL of its packets; 0: that of what is inside. Default: the kernel's choice."`
	Port     Text `yaml:"port" jsonschema:"type=integer,minimum=1,maximum=65535" jsonschema_description:"Of a vxlan: the UDP port. Default: 4789."`
	External Text `yaml:"external" jsonschema:"type=boolean" jsonschema_description:"Of a vxlan: where a frame goes is said by routes or tc, frame by frame. Default: false."`

	WireGuardSpec `yaml:",inline"`
	BridgeSpec    `yaml:",inline"`

	broken bool // something of it could not be read
}

// FDBSpec is an entry of a forwarding database, written as bridge(8) has it or as a mapping.
type FDBSpec struct {
	MAC  Text `yaml:"mac" jsonschema:"required" jsonschema_description:"The hardware address; zeros for all that are not known (vxlan)."`
	Dev  Text `yaml:"dev" jsonschema_description:"Of a bridge: the port behind which the address is; the bridge itself for frames to this node."`
	VLAN Text `yaml:"vlan" jsonschema:"type=integer,minimum=1,maximum=4094" jsonschema_description:"The VLAN, of a bridge that is vlan-aware."`
	Dst  Text `yaml:"dst" jsonschema_description:"Of a vxlan: the address of the tunnel's other end."`
	VNI  Text `yaml:"vni" jsonschema:"type=integer,minimum=0,maximum=16777215" jsonschema_description:"Of a vxlan: the network number to send with. Default: its own."`

	Span Span `yaml:"-"`
}

type (
	// InterfaceList are the devices of a node in the order of the file.
	InterfaceList []InterfaceSpec
	// RangeList is one or several numbers or ranges of numbers.
	RangeList []Text
	// FDBList is one or several entries.
	FDBList []FDBSpec
)
