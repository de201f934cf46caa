package path

import (
	"net/netip"
	"time"
)

// TracerTable is the name of the table that a tracer owns on each node while it looks. Its chains accept everything and
// make every hook visible, also where the user has no chain. Those at which a packet comes in hold the rules that pick
// the probe.
const TracerTable = "hookwalk-trace"

// Chains of the tracer's tables. At each netfilter hook there is one before and one behind everything else;
// on each device one at ingress (rx) and one at egress (tx).
const (
	ChainRX     = "rx"
	ChainTX     = "tx"
	SuffixFirst = "-first"
	SuffixLast  = "-last"
)

// EventType is NFTA_TRACE_TYPE, include/uapi/linux/netfilter/nf_tables.h enum nft_trace_types.
type EventType string

// The trace types.
const (
	EventRule   EventType = "rule"
	EventReturn EventType = "return"
	EventPolicy EventType = "policy"
)

// Event is one nft trace message of one node, decoded. The kernel fills headers, devices and conntrack only in
// the first message of each base chain that a packet passes.
type Event struct {
	Node    string        `json:"node"`
	At      time.Duration `json:"at"` // when it was read, since the probe was sent
	ID      uint32        `json:"id"` // NFTA_TRACE_ID: stable for one skb on one node, while it stays on its device
	Family  string        `json:"family"`
	Table   string        `json:"table"`
	Chain   string        `json:"chain"`
	Type    EventType     `json:"type"`
	Handle  uint64        `json:"handle,omitempty"`  // of the rule; 0: the implicit end of a chain, or a policy
	Verdict string        `json:"verdict,omitempty"` // accept, drop, queue, stolen, continue, break, jump, goto, return
	Jump    string        `json:"jump,omitempty"`    // chain of a jump or goto
	Policy  string        `json:"policy,omitempty"`  // accept, drop
	Mark    uint32        `json:"mark,omitempty"`
	Iif     string        `json:"iif,omitempty"`
	Oif     string        `json:"oif,omitempty"`
	LL      []byte        `json:"ll,omitempty"` // link-layer header, at most 20 bytes, network byte order
	NH      []byte        `json:"nh,omitempty"` // network header, at most 40 bytes
	TH      []byte        `json:"th,omitempty"` // transport header, at most 20 bytes
	CT      *EventCT      `json:"ct,omitempty"` // kernel 6.16 and later
}

// Picks reports whether the event says that the tracer's own rules recognised the packet.
func (e *Event) Picks() bool {
	return e.Table == TracerTable && e.Type == EventRule && e.Handle != 0 &&
		(e.Chain == ChainRX || e.Chain == "prerouting"+SuffixFirst || e.Chain == "output"+SuffixFirst)
}

// EventCT is the conntrack entry that a trace message names.
type EventCT struct {
	ID        uint32 `json:"id"`
	Direction uint8  `json:"direction"` // IP_CT_DIR_ORIGINAL 0, IP_CT_DIR_REPLY 1
	Status    uint32 `json:"status"`    // IPS_* bits, include/uapi/linux/netfilter/nf_conntrack_common.h
	State     uint32 `json:"state"`     // NF_CT_STATE_*_BIT as the ct state expression has it
}

// HasHeaders reports whether the event carries the packet: it is the first of its base chain.
func (e *Event) HasHeaders() bool { return len(e.NH) > 0 }

// Sent says how the probe left, or why it did not.
type Sent struct {
	Packet Packet `json:"packet"`           // as the socket meant it; ports as bound
	Errno  string `json:"errno,omitempty"`  // the socket's error, the kernel's words: "network is unreachable"
	From   string `json:"from,omitempty"`   // address of the router or host that caused Errno with an ICMP error
	ICMP   string `json:"icmp,omitempty"`   // that ICMP error: "net unreachable"
	Answer string `json:"answer,omitempty"` // "syn-ack", "echo-reply", "udp reply", "reset", "" if none came
}

// Facts is what was looked up on the node where a packet was seen last: the state of the node right after,
// not of the moment in which it happened. So all conclusions from it are inferred.
type Facts struct {
	Node         string   `json:"node"`
	Reply        bool     `json:"reply,omitempty"`      // about the packet that came back
	Route        string   `json:"route,omitempty"`      // what the FIB answers for the packet there: "via 203.0.113.1 dev eth1"
	RouteErr     string   `json:"routeErr,omitempty"`   // or the kernel's refusal: "network is unreachable"
	RouteType    string   `json:"routeType,omitempty"`  // unicast, local, unreachable, blackhole, prohibit, ...
	Martian      bool     `json:"martian,omitempty"`    // the refusal is about the packet's source, not its destination
	Forwarding   *bool    `json:"forwarding,omitempty"` // of the device the packet came in on
	RPFilter     int      `json:"rpFilter,omitempty"`   // effective rp_filter of that device: 0, 1 strict, 2 loose
	ReverseErr   string   `json:"reverseErr,omitempty"` // what rp_filter would find: the route back to the source
	ReverseDev   string   `json:"reverseDev,omitempty"`
	ReverseType  string   `json:"reverseType,omitempty"`  // of the route that refuses the way back: blackhole, ...
	NextHop      string   `json:"nextHop,omitempty"`      // the address whose link-layer address was needed
	NextHopOwner string   `json:"nextHopOwner,omitempty"` // the node of the lab that has it
	Neighbour    string   `json:"neighbour,omitempty"`    // its state: reachable, incomplete, failed, none
	Listener     string   `json:"listener,omitempty"`     // the socket that a delivered packet meets: "tcp 0.0.0.0:80", "" if none
	Listened     bool     `json:"listened,omitempty"`     // Listener was looked up
	EchoIgnored  bool     `json:"echoIgnored,omitempty"`  // the node does not answer echo requests: sysctl icmp echo_ignore_all
	LinkDown     string   `json:"linkDown,omitempty"`     // the end of the cable that is down: "fw:wan"
	Legacy       []string `json:"legacy,omitempty"`       // tables of iptables-legacy that the node has: "filter"
}

// Recording is everything that was recorded about one probe: the input of Assemble.
type Recording struct {
	Probe  Probe             `json:"probe"`
	Sent   Sent              `json:"sent"`
	ISN    uint32            `json:"isn,omitempty"` // of a TCP probe: the sequence number that marks it
	Events []Event           `json:"events"`        // of each node in the order of its kernel; nodes interleaved anyhow
	Lost   map[string]int    `json:"lost,omitempty"`
	Blind  map[string]string `json:"blind,omitempty"` // nodes that could not be traced, and why
	// NoEgress are nodes whose kernel has no hook at egress (before 5.16): what leaves there is not reported.
	NoEgress []string      `json:"noEgress,omitempty"`
	Facts    []Facts       `json:"facts,omitempty"`
	RTT      time.Duration `json:"rttNs,omitempty"` // from sending to the answer, by the prober's clock
}

// Network is what Assemble must know of the lab: its cables and its rules.
type Network interface {
	// Lab is the lab's name.
	Lab() string
	// Peer is the other end of the cable at node:dev; ok is false if there is none.
	Peer(node, dev string) (peerNode, peerDev string, ok bool)
	// Owner is the node that has the address, "" if none has.
	Owner(addr netip.Addr) string
	// Rules is what is known of a node's ruleset; nil if it has none.
	Rules(node string) *Rules
	// Service names the built-in service behind a port of a node: "http:80"; "" if there is none.
	Service(node, proto string, port uint16) string
}
