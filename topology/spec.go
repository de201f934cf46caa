package topology

// Spec is a topology file as it was written: every value a text with its place, nothing looked up yet. The yaml tags
// of it and of the types below are the keys that the file may have; the JSON Schema is made from the same types.
type Spec struct {
	Name     Text     `yaml:"name" jsonschema_description:"The name of the lab: letters, digits, '-', '_' and '.', at most 63. Default: the name of the file, or of its folder if the file is lab.yaml."`
	About    Text     `yaml:"about" jsonschema_description:"What the lab is for, in a sentence."`
	Nodes    NodeList `yaml:"nodes" jsonschema:"required" jsonschema_description:"The nodes by name: each is a network namespace of its own. A node without settings is left empty (pc1:)."`
	Links    LinkList `yaml:"links" jsonschema_description:"The cables: each is a veth pair."`
	Offloads Text     `yaml:"offloads" jsonschema:"type=boolean" jsonschema_description:"The kernel may send several segments as one, on all links and devices: faster, but one event is then several packets. Default: false."`

	// File is the name that positions carry: the one given to Parse.
	File string `yaml:"-"`
	// Folder is the name of the folder of the file where that is known; a lab.yaml without a name takes it.
	Folder string `yaml:"-"`

	src *source
	// invalid: Parse found errors.
	invalid bool
	// partial: something could not be read, so what seems to be missing may only be misspelt.
	partial bool
}

// NodeSpec is the body of one node.
type NodeSpec struct {
	Name Text `yaml:"-"` // the key

	Kind       Text          `yaml:"kind" jsonschema:"enum=host,enum=router,enum=bridge" jsonschema_description:"What the node is. host (the default); router: a host that forwards IPv4 and IPv6; bridge: a Linux bridge br0, every link end of the node a port of it."`
	Gateway    TextList      `yaml:"gateway" jsonschema_description:"The default route: an address on one of the node's links. A list for one of IPv4 and one of IPv6."`
	Addresses  TextList      `yaml:"addresses" jsonschema_description:"Of a bridge only: addresses of br0 with their prefix length. Other nodes have their addresses on link ends."`
	Interfaces InterfaceList `yaml:"interfaces" jsonschema_description:"Devices of the node that are no ends of links, by name."`
	VLAN       VLANSpec      `yaml:"vlan" jsonschema_description:"Of a bridge that is vlan-aware: the VLANs of br0 itself."`
	BridgeSpec `yaml:",inline"`
	Routes     RouteList     `yaml:"routes" jsonschema_description:"Routes, as ip-route(8) has them."`
	Rules      RuleList      `yaml:"rules" jsonschema_description:"Rules of policy routing, as ip-rule(8) has them."`
	Neighbours NeighbourList `yaml:"neighbours" jsonschema_description:"Entries of the neighbour table that stay."`
	XFRM       XFRMList      `yaml:"xfrm" jsonschema_description:"IPsec connections: states and policies, without a daemon."`
	Sysctls    SysctlList    `yaml:"sysctls" jsonschema_description:"Kernel parameters of the node, net.* only."`
	NFT        RulesSpec     `yaml:"nft" jsonschema_description:"nftables rules: the name of a file, seen from the folder of this one, or the rules themselves as a block (nft: |)."`
	Services   ServiceList   `yaml:"services" jsonschema_description:"Servers that hookwalk itself runs in the node."`
	Exec       TextList      `yaml:"exec" jsonschema_description:"Command lines for sh -c, run in the node one after the other when the lab is ready to carry packets."`
}

// LinkSpec is a cable, written as a list of two ends or as a mapping with options.
type LinkSpec struct {
	Ends     EndList `yaml:"ends" jsonschema:"required" jsonschema_description:"The two ends."`
	MTU      Text    `yaml:"mtu" jsonschema:"type=integer,minimum=68,maximum=65535" jsonschema_description:"The MTU of both ends in bytes. Default: 1500."`
	Kind     Text    `yaml:"kind" jsonschema:"enum=veth,enum=tap" jsonschema_description:"What the cable is. veth (the default): a pair of devices of the kernel; tap: two TAP devices between which hookwalk itself carries the frames, so that impairments need no netem."`
	Seed     Text    `yaml:"seed" jsonschema:"type=integer,minimum=1" jsonschema_description:"Of kind tap: makes chance the same each time. Default: chance."`
	Offloads Text    `yaml:"offloads" jsonschema:"type=boolean" jsonschema_description:"The kernel may send several segments through the link as one. Default: what the lab says, or false."`
	// What stands here is done to what either end sends.
	ImpairSpec `yaml:",inline"`

	Span Span `yaml:"-"`
}

// EndSpec is one end of a cable, written as "node:interface address..." or as a mapping.
type EndSpec struct {
	Node      Text     `yaml:"node" jsonschema:"required" jsonschema_description:"A name out of nodes."`
	Interface Text     `yaml:"interface" jsonschema_description:"The name of the device in the node. The kernel has 15 bytes for it: of a longer one it gets the beginning, and the whole as its alternative name. Only a bridge may do without: the port is then named after the node at the other end."`
	Addresses TextList `yaml:"addresses" jsonschema_description:"IPv4 and IPv6 addresses with their prefix length."`
	MAC       Text     `yaml:"mac" jsonschema_description:"The hardware address. Default: the kernel's choice."`
	Master    Text     `yaml:"master" jsonschema_description:"The bridge, bond or vrf of the node that the device belongs to. Default: br0 in a node of kind bridge."`
	PortSpec  `yaml:",inline"`
	// What stands here is done to what this end sends.
	ImpairSpec `yaml:",inline"`

	Span Span `yaml:"-"`

	broken bool // something else was written, but cannot be read
}

// ServiceSpec is a built-in server, written as "name:port/proto on address" or as a mapping.
type ServiceSpec struct {
	Name    Text `yaml:"name" jsonschema:"required,enum=http,enum=echo,enum=discard" jsonschema_description:"http answers every request; echo sends back what it gets; discard reads and says nothing."`
	Port    Text `yaml:"port" jsonschema:"type=integer,minimum=1,maximum=65535" jsonschema_description:"Default: 80 for http, 7 for echo, 9 for discard."`
	Proto   Text `yaml:"proto" jsonschema:"enum=tcp,enum=udp" jsonschema_description:"Default: both; http is tcp."`
	Address Text `yaml:"address" jsonschema_description:"The one address of the node to listen on. Default: all, IPv4 and IPv6."`

	Span Span `yaml:"-"`
}

// SysctlSpec is one kernel parameter.
type SysctlSpec struct {
	Key   Text
	Value Text
}

// RulesSpec is the nft: key: the name of a file or a ruleset in place.
type RulesSpec struct {
	Text Text
	// Inline: Text is the ruleset itself. Its byte 0 of each line then stands at line +FirstLine and column
	// +FirstCol of the topology file.
	Inline              bool
	FirstLine, FirstCol int
}

// The lists of a file. Where one value is all there is, its list brackets may be left out, but for links and ends.
type (
	// NodeList are the nodes in the order of the file.
	NodeList []NodeSpec
	// LinkList are the links in the order of the file.
	LinkList []LinkSpec
	// EndList are the ends of a link: two, in a right file.
	EndList []EndSpec
	// TextList is one or several scalars.
	TextList []Text
	// RouteList is one or several routes.
	RouteList []RouteSpec
	// ServiceList is one or several services.
	ServiceList []ServiceSpec
	// SysctlList are the parameters in the order of the file.
	SysctlList []SysctlSpec
)
