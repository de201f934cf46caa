// Package path says where one packet went: a pure model of stations, steps and verdicts,
// the assembly of a path from what was recorded, and its text and JSON forms.
//
// Nothing here touches a kernel; the package builds on any OS, so a recorded path opens anywhere.
package path

import (
	"net/netip"
	"time"
)

// Version is the value of "v" in every JSON document of this package.
const Version = 1

// Verdict is what became of the packet as a whole.
type Verdict string

// The verdicts of a path.
const (
	Delivered Verdict = "DELIVERED" // it reached a process, or the kernel of the node answered it
	Drop      Verdict = "DROP"      // a rule, a policy or the kernel discarded it at a known station
	Reject    Verdict = "REJECT"    // it was refused and the sender was told (nft reject, TCP RST, ICMP port unreachable)
	Lost      Verdict = "LOST"      // it left one station and was not seen at the next
	Error     Verdict = "ERROR"     // it could not be sent or could not be measured
)

// Proof tells an observation from a conclusion.
type Proof string

// The two kinds of proof.
const (
	Observed Proof = "observed" // a kernel event reported it
	Inferred Proof = "inferred" // concluded: from evaluation of the rules, from a FIB lookup, from order
)

// StationKind is the sort of place a packet passes.
type StationKind string

// The kinds of station.
const (
	KindSocket    StationKind = "socket"    // a local process (or the kernel's own ICMP, TCP) sends or receives
	KindDevice    StationKind = "device"    // a network device receives (rx) or transmits (tx)
	KindHook      StationKind = "hook"      // a base chain at a netfilter hook
	KindRoute     StationKind = "route"     // the routing decision
	KindNeighbour StationKind = "neighbour" // the search for the next hop's link-layer address
	KindConntrack StationKind = "conntrack" // connection tracking rewrote the packet by itself: a reply, or a later packet of a flow
)

// Station is one place a packet passes on one node.
//
// Hook is the kernel's hook name ("ingress", "prerouting", "input", "forward", "output", "postrouting",
// "egress"), and "rx"/"tx" for a device ("gap" for a node that was not traced), "route" for the routing decision. Family, Table, Chain, Priority
// and PriorityName are set for a base chain only.
type Station struct {
	Kind         StationKind `json:"kind"`
	Hook         string      `json:"hook,omitempty"`
	Family       string      `json:"family,omitempty"` // as nft spells it: ip, ip6, inet, arp, bridge, netdev
	Table        string      `json:"table,omitempty"`
	Chain        string      `json:"chain,omitempty"`
	Priority     int         `json:"priority,omitempty"`
	PriorityName string      `json:"priorityName,omitempty"` // raw, mangle, dstnat, filter, security, srcnat; "" if it has none
	Foreign      bool        `json:"foreign,omitempty"`      // the chain is not from the lab's files: its priority is not known
	Dev          string      `json:"dev,omitempty"`
}

// Rule is one nft rule (or a chain's policy) and where it is written.
// File is "" and Line 0 for a rule that did not come from the lab's files.
type Rule struct {
	File   string `json:"file"`
	Line   int    `json:"line"` // from 1
	Text   string `json:"text"`
	Handle uint64 `json:"handle"` // 0: a policy, or not loaded
}

// Place is where a verdict fell.
type Place struct {
	Node   string `json:"node"`
	Hook   string `json:"hook,omitempty"`  // a hook name, "route", "neighbour", "link" or "socket"
	Table  string `json:"table,omitempty"` // with its family: "inet filter"
	Chain  string `json:"chain,omitempty"`
	Rule   *Rule  `json:"rule,omitempty"`
	Reason string `json:"reason"`
}

// Change is one header or meta field that a station rewrote.
// Field is spelled as nft spells it: "ip daddr", "tcp dport", "ip ttl", "meta mark".
type Change struct {
	Node  string `json:"node"`
	Hook  string `json:"hook"`
	Chain string `json:"chain,omitempty"` // family, table and chain: "ip nat prerouting"
	Field string `json:"field"`
	From  string `json:"from"`
	To    string `json:"to"`
	Rule  *Rule  `json:"rule,omitempty"` // nil: the kernel itself (ttl, un-NAT of a reply)
}

// NearMiss is a rule that would have saved the packet but for one expression.
type NearMiss struct {
	Rule    Rule   `json:"rule"`
	Expr    string `json:"expr"`              // the expression that did not match: "tcp dport 8080"
	Want    string `json:"want"`              // "8080"
	Got     string `json:"got"`               // "80"
	Because string `json:"because,omitempty"` // "was 8080 until fw.nft:6 rewrote it"
	Matched []Expr `json:"matched,omitempty"` // the expressions before it, that did match
	Try     string `json:"try,omitempty"`     // a changed rule that would match
	Cause   *Rule  `json:"cause,omitempty"`   // the rule that Because names
}

// Match is the outcome of an expression or a rule.
type Match string

// The outcomes.
const (
	Yes     Match = "yes"
	No      Match = "no"
	Unknown Match = "unknown" // cannot be known: limit, quota, numgen, a field nobody recorded
)

// Expr is one expression of a rule, evaluated against the packet.
type Expr struct {
	Text  string `json:"text"` // `tcp dport 8080`
	Match Match  `json:"match"`
	Want  string `json:"want,omitempty"`
	Got   string `json:"got,omitempty"`
	Why   string `json:"why,omitempty"` // for Unknown: why it cannot be known
}

// Eval is one rule that was looked at while the packet was in a chain.
type Eval struct {
	Rule    Rule   `json:"rule"`
	Chain   string `json:"chain"` // the chain the rule stands in; differs from the station's after a jump
	Match   Match  `json:"match"`
	Verdict string `json:"verdict,omitempty"` // accept, drop, "jump x", "dnat to 10.0.2.10:80", ... when it matched
	Exprs   []Expr `json:"exprs,omitempty"`
	Proof   Proof  `json:"proof"`
	Policy  bool   `json:"policy,omitempty"` // this entry is the chain's policy, not a rule
	Note    string `json:"note,omitempty"`   // where evaluation and the kernel's report differ; the kernel is right
}

// CT is the conntrack view of the packet.
type CT struct {
	ID        uint32 `json:"id,omitempty"`
	State     string `json:"state,omitempty"`     // new, established, related, invalid, untracked
	Direction string `json:"direction,omitempty"` // original, reply
	Status    string `json:"status,omitempty"`    // comma separated: "confirmed,dnat"
	Proof     Proof  `json:"proof"`
}

// Step is one station with what happened there.
//
// Event is one word in capitals: SEND, TX, RX, ACCEPT, DROP, REJECT, DNAT, SNAT, REDIRECT, MARK, LOCAL, FORWARD,
// OUT, DELIVER, REPLY, EVAL, PASS, NAT, GAP, LOST, ERROR. Packet holds the headers as they were when the step ended.
type Step struct {
	N       int           `json:"n"` // from 1
	Node    string        `json:"node"`
	At      time.Duration `json:"ns"` // no later than this, since the probe was sent: the time its event, or one behind it, was read
	Station Station       `json:"station"`
	Event   string        `json:"event"`
	Detail  string        `json:"detail,omitempty"`
	Rule    *Rule         `json:"rule,omitempty"` // the rule that decided here
	Proof   Proof         `json:"proof"`
	By      string        `json:"by,omitempty"` // what observed it ("nft trace"), or what it is inferred from
	Packet  Packet        `json:"packet"`
	Changes []Change      `json:"changes,omitempty"` // made at this station
	CT      *CT           `json:"ct,omitempty"`
	Rules   []Eval        `json:"rules,omitempty"` // the rules looked at here, in order
}

// Packet is a packet's headers as far as they were recorded. Numbers are in host order; the zero value of a
// field means not recorded or not part of this protocol.
type Packet struct {
	Iif       string     `json:"iif,omitempty"`
	Oif       string     `json:"oif,omitempty"`
	Mark      uint32     `json:"mark,omitempty"`
	EtherSrc  string     `json:"etherSrc,omitempty"`
	EtherDst  string     `json:"etherDst,omitempty"`
	EtherType uint16     `json:"etherType,omitempty"`
	Src       netip.Addr `json:"src,omitzero"`
	Dst       netip.Addr `json:"dst,omitzero"`
	Proto     string     `json:"proto,omitempty"` // tcp, udp, icmp, icmpv6, or the number
	TTL       uint8      `json:"ttl,omitempty"`   // hop limit in IPv6
	DSCP      uint8      `json:"dscp,omitempty"`
	ID        uint16     `json:"id,omitempty"`  // IPv4 identification
	Len       uint16     `json:"len,omitempty"` // bytes, of the whole IP packet
	Sport     uint16     `json:"sport,omitempty"`
	Dport     uint16     `json:"dport,omitempty"`
	TCPFlags  string     `json:"tcpFlags,omitempty"` // "syn", "syn,ack", as nft spells them
	Seq       uint32     `json:"seq,omitempty"`
	Ack       uint32     `json:"ack,omitempty"`
	Window    uint16     `json:"window,omitempty"`
	ICMPType  uint8      `json:"icmpType,omitempty"`
	ICMPCode  uint8      `json:"icmpCode,omitempty"`
	ICMPID    uint16     `json:"icmpId,omitempty"`
	ICMPSeq   uint16     `json:"icmpSeq,omitempty"`
}

// Probe is the question a path answers.
type Probe struct {
	From  string     `json:"from"` // node
	To    string     `json:"to"`   // as asked: a node or an address, with :port/proto if there is one
	Node  string     `json:"node,omitempty"`
	Src   netip.Addr `json:"src,omitzero"`
	Dst   netip.Addr `json:"dst"`
	Proto string     `json:"proto"` // icmp, icmpv6, tcp, udp
	Sport uint16     `json:"sport,omitempty"`
	Dport uint16     `json:"dport,omitempty"`
	Tag   string     `json:"tag,omitempty"` // hexadecimal; marks the probe on every node
}

// ProofList sums up what was seen and what was concluded, in sentences.
type ProofList struct {
	Observed []string `json:"observed"`
	Inferred []string `json:"inferred"`
}

// Chain is one base chain of a node, or a built-in thing that sits at a hook (conntrack), as part of the
// picture of a node: the packet may have visited it or not.
type Chain struct {
	Station Station `json:"station"`
	Rules   int     `json:"rules"`           // rules in the chain; 0 for a built-in
	Label   string  `json:"label,omitempty"` // for a built-in: "conntrack"
	Step    int     `json:"step,omitempty"`  // the N of the step that visited it; 0 = not reached
	Verdict string  `json:"verdict,omitempty"`

	nat bool // of type nat: only the first packet of a flow visits it
}

// Hook is one hook of a node with everything at it, in the order in which the kernel runs it.
type Hook struct {
	Name   string  `json:"name"`
	Chains []Chain `json:"chains"`
	Taken  bool    `json:"taken"` // the packet entered this hook
}

// NodeView is the whole netfilter picture of one node for one path, visited or not.
type NodeView struct {
	Node  string `json:"node"`
	In    string `json:"in,omitempty"`  // device the packet came in on; "" if it started here
	Out   string `json:"out,omitempty"` // device it left on, or would have left on
	Hooks []Hook `json:"hooks"`
	Lost  int    `json:"lost,omitempty"` // trace events lost on this node
}

// Path is one packet over all nodes. It is a value: nothing in it changes after it was made.
type Path struct {
	V        int        `json:"v"`
	Lab      string     `json:"lab,omitempty"`
	Probe    Probe      `json:"probe"`
	Verdict  Verdict    `json:"verdict"`
	At       *Place     `json:"at,omitempty"`     // where it ended; for DELIVERED the node and socket it reached
	Nodes    []string   `json:"path"`             // the nodes that saw it, in order
	Toward   string     `json:"toward,omitempty"` // the node that has the address it was going to when it was last seen
	Steps    []Step     `json:"steps"`
	Changes  []Change   `json:"changes"`
	NearMiss []NearMiss `json:"nearMiss"`
	Proof    ProofList  `json:"proof"`
	Lost     int        `json:"lost"`             // trace events lost over all nodes
	Answer   string     `json:"answer,omitempty"` // what the sender got back: "syn-ack", "icmp net unreachable from 198.51.100.1", ...
	Views    []NodeView `json:"nodes,omitempty"`
	Reply    *Path      `json:"reply,omitempty"` // the packet that came back, if one was sent
}
