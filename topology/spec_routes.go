package topology

// RouteSpec is a route, written as ip-route(8) has it or as a mapping.
type RouteSpec struct {
	To       Text    `yaml:"to" jsonschema:"required" jsonschema_description:"A prefix, an address or default."`
	Via      Text    `yaml:"via" jsonschema_description:"The next hop: an address on one of the node's links. For an IPv4 destination it may be an IPv6 address."`
	Dev      Text    `yaml:"dev" jsonschema_description:"The device to leave by."`
	Type     Text    `yaml:"type" jsonschema:"enum=blackhole,enum=unreachable,enum=prohibit,enum=throw" jsonschema_description:"What becomes of the packets instead: blackhole drops them, unreachable and prohibit answer with an ICMP error, throw goes on as if the table had no route."`
	Metric   Text    `yaml:"metric" jsonschema:"type=integer,minimum=0,maximum=4294967295" jsonschema_description:"Of several routes to one destination the one with the lowest metric is used."`
	Table    Text    `yaml:"table" jsonschema:"oneof_type=string;integer" jsonschema_description:"The number of a routing table, or the name of a vrf of the node. Default: the main table."`
	Src      Text    `yaml:"src" jsonschema_description:"The address of the node that packets made here get."`
	MTU      Text    `yaml:"mtu" jsonschema:"type=integer,minimum=68,maximum=65535" jsonschema_description:"The MTU of the path in bytes."`
	OnLink   Text    `yaml:"onlink" jsonschema:"type=boolean" jsonschema_description:"The next hop is a neighbour, although no address says so; dev must say where. Default: false."`
	NextHops HopList `yaml:"nexthops" jsonschema_description:"Several next hops between which packets are divided, in place of via."`

	Span Span `yaml:"-"`
}

// HopSpec is one of several next hops, written as "ADDRESS [dev DEVICE] [weight NUMBER]" or as a mapping.
type HopSpec struct {
	Via    Text `yaml:"via" jsonschema:"required" jsonschema_description:"The address of the next hop."`
	Dev    Text `yaml:"dev" jsonschema_description:"The device to leave by."`
	Weight Text `yaml:"weight" jsonschema:"type=integer,minimum=1,maximum=256" jsonschema_description:"How big its share is. Default: 1."`

	Span Span `yaml:"-"`
}

// RuleSpec is a rule of policy routing, written as ip-rule(8) has it or as a mapping.
type RuleSpec struct {
	From     Text `yaml:"from" jsonschema_description:"A prefix or an address that packets come from."`
	To       Text `yaml:"to" jsonschema_description:"A prefix or an address that packets go to."`
	Not      Text `yaml:"not" jsonschema:"type=boolean" jsonschema_description:"The rule is for all packets that it does not describe. Default: false."`
	Iif      Text `yaml:"iif" jsonschema_description:"The device that packets came in by; lo for those that the node makes."`
	Oif      Text `yaml:"oif" jsonschema_description:"The device that a socket is bound to."`
	Mark     Text `yaml:"fwmark" jsonschema:"oneof_type=string;integer" jsonschema_description:"The mark of packets, with a mask if not all of it counts: 0x1/0xff."`
	Proto    Text `yaml:"ipproto" jsonschema:"enum=tcp,enum=udp,enum=icmp,enum=ipv6-icmp,enum=sctp" jsonschema_description:"The protocol."`
	Sport    Text `yaml:"sport" jsonschema:"oneof_type=string;integer" jsonschema_description:"A port or a range of ports that packets come from."`
	Dport    Text `yaml:"dport" jsonschema:"oneof_type=string;integer" jsonschema_description:"A port or a range of ports that packets go to."`
	Priority Text `yaml:"priority" jsonschema:"type=integer,minimum=0,maximum=4294967295" jsonschema_description:"Rules are asked from the lowest up. Default: 1001 and up, in the order of the file."`
	Table    Text `yaml:"table" jsonschema:"oneof_type=string;integer" jsonschema_description:"The routing table to ask: a number, main, or the name of a vrf of the node."`
	Type     Text `yaml:"type" jsonschema:"enum=blackhole,enum=unreachable,enum=prohibit" jsonschema_description:"What becomes of the packets, in place of a table."`
	Suppress Text `yaml:"suppress_prefixlength" jsonschema:"type=integer,minimum=0,maximum=128" jsonschema_description:"Routes of the table that are no longer than this do not count: 0 for its default route."`

	Span Span `yaml:"-"`
}

// NeighbourSpec is an entry of the neighbour table that stays, written as ip-neighbour(8) has it or as a mapping.
type NeighbourSpec struct {
	Address Text `yaml:"address" jsonschema:"required" jsonschema_description:"The address of the neighbour, IPv4 or IPv6."`
	MAC     Text `yaml:"lladdr" jsonschema_description:"Its hardware address."`
	Dev     Text `yaml:"dev" jsonschema_description:"The device that it is behind. Default: the one that has the address's network."`
	Proxy   Text `yaml:"proxy" jsonschema:"type=boolean" jsonschema_description:"The node answers for the address on the device, in place of the neighbour. Default: false."`

	Span Span `yaml:"-"`
}

type (
	// HopList is one or several next hops.
	HopList []HopSpec
	// RuleList is one or several rules of policy routing.
	RuleList []RuleSpec
	// NeighbourList is one or several neighbours.
	NeighbourList []NeighbourSpec
)
