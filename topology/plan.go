package topology

import (
	"net/netip"

	"github.com/hookwalk/hookwalk/topology/nft"
)

// Pos is a place in a file of the lab, the topology file or a ruleset.
type Pos = nft.Pos

// PlanVersion is the value of "v" in a serialised Plan.
const PlanVersion = 1

// Kind is what a node is.
type Kind string

// The kinds of node.
const (
	Host   Kind = "host"
	Router Kind = "router" // a host with IPv4 and IPv6 forwarding on
	Bridge Kind = "bridge" // a Linux bridge br0 in a namespace of its own
)

// Plan is what must exist in the kernel, computed from a Spec. It is deterministic (same file, same plan),
// serialisable as JSON, and never changed after it was made; it may be shared between goroutines.
type Plan struct {
	V        int    `json:"v"`
	Name     string `json:"name"`
	About    string `json:"about,omitempty"`
	File     string `json:"file"`               // the topology file, as it was named to Load
	Offloads bool   `json:"offloads,omitempty"` // of devices that are no link ends
	Nodes    []Node `json:"nodes"`
	Links    []Link `json:"links"`
}

// Node is one network namespace. Nodes stand in the order of the file.
type Node struct {
	Name       string         `json:"name"`
	Kind       Kind           `json:"kind"`
	Pos        Pos            `json:"pos"`
	Sysctls    []Sysctl       `json:"sysctls,omitempty"` // in the order of writing: implied ones first
	Bridges    []BridgeDevice `json:"bridges,omitempty"`
	Devices    []Device       `json:"devices,omitempty"`
	Routes     []Route        `json:"routes,omitempty"` // gateways included, as routes to 0.0.0.0/0 and ::/0
	Rules      []Rule         `json:"rules,omitempty"`  // of policy routing
	Neighbours []Neighbour    `json:"neighbours,omitempty"`
	XFRM       []XFRM         `json:"xfrm,omitempty"`
	Ruleset    *Ruleset       `json:"ruleset,omitempty"`
	Services   []Service      `json:"services,omitempty"`
	Exec       []Command      `json:"exec,omitempty"` // run in order after the lab is ready to carry packets
}

// Sysctl is one kernel parameter of a node, "net.ipv4.ip_forward" = "1".
type Sysctl struct {
	Key     string `json:"key"` // dots; a device name with a dot in it is written with a slash, as sysctl(8) has it
	Value   string `json:"value"`
	Implied bool   `json:"implied,omitempty"` // by the node's kind or by the lab's defaults, not written in the file; skipped where this kernel has no such key
	Pos     Pos    `json:"pos,omitzero"`
}

// Ruleset is the nft source of a node. Files has the text of Main and of everything it includes, by the names
// that positions carry; no file is read again after planning.
type Ruleset struct {
	Main  string            `json:"main"`
	Files map[string]string `json:"files"`
	// FirstLine is the line of the topology file at which an inline ruleset begins, less one: it is added to
	// line numbers so that errors and rules point into the topology file. 0 for a file of its own.
	FirstLine int `json:"firstLine,omitempty"`
	FirstCol  int `json:"firstCol,omitempty"` // likewise: the indentation of an inline block, in bytes
	Pos       Pos `json:"pos"`                // of the nft: key
}

// Service is a built-in server, a socket inside the node.
type Service struct {
	Name  string     `json:"name"`          // http, echo, discard
	Proto string     `json:"proto"`         // tcp, udp
	Addr  netip.Addr `json:"addr,omitzero"` // invalid: every address of the node, IPv4 and IPv6
	Port  uint16     `json:"port"`
	Pos   Pos        `json:"pos"`
}

// Command is a command line to run inside a node with sh -c.
type Command struct {
	Line string `json:"line"`
	Pos  Pos    `json:"pos"`
}

// Link is a cable between two ends: a veth pair.
type Link struct {
	A        End      `json:"a"`
	B        End      `json:"b"`
	MTU      int      `json:"mtu,omitempty"` // bytes; 0: the kernel's default (1500)
	Kind     LinkKind `json:"kind,omitempty"`
	Offloads bool     `json:"offloads,omitempty"` // several segments may be sent as one
	Seed     uint64   `json:"seed,omitempty"`     // of a Tap: of its chance; 0: any
	Pos      Pos      `json:"pos"`
}

// LinkKind is what a cable is made of.
type LinkKind string

// The kinds of cable.
const (
	Veth LinkKind = ""    // a pair of devices of the kernel
	Tap  LinkKind = "tap" // two TAP devices, with hookwalk as the cable between them
)

// End is one end of a link: a device in a node.
type End struct {
	Node   string         `json:"node"`
	Iface  string         `json:"iface"`
	Alt    string         `json:"alt,omitempty"`    // the whole name, if it is longer than the kernel's 15 bytes
	Addrs  []netip.Prefix `json:"addrs,omitempty"`  // host address with its prefix length
	Master string         `json:"master,omitempty"` // the bridge, bond or vrf it belongs to
	Port   *Port          `json:"port,omitempty"`   // of a bridge's port that is not as usual
	MAC    string         `json:"mac,omitempty"`    // "": the kernel's choice
	Impair Impairment     `json:"impair,omitzero"`  // what becomes of the frames that it sends
	Pos    Pos            `json:"pos"`
}

// Name is "a:eth0".
func (e *End) Name() string { return e.Node + ":" + e.Iface }

// Name is "a:eth0 -- b:eth0".
func (l *Link) Name() string { return l.A.Name() + " -- " + l.B.Name() }

// Ends are A and B.
func (l *Link) Ends() []*End { return []*End{&l.A, &l.B} }

// EndAt says which of the ends is a device of a node: 0 is A, 1 is B; -1: neither.
func (l *Link) EndAt(node, iface string) int {
	for i, e := range l.Ends() {
		if e.Node == node && e.Iface == iface {
			return i
		}
	}
	return -1
}
