package nft

import "time"

// Stmt is a statement of the checked level. The implementations are *Match, *Vmap, *VerdictStmt, *Counter, *Limit,
// *Quota, *Log, *Reject, *NAT, *Notrack, *Assign, *QueueStmt, *SetUpdate, *ResetOption,
// *Dup, *Fwd, *Last, *ConnLimit, *Synproxy, *Tproxy *FlowAdd and *ObjectRef.
type Stmt interface {
	Node
	String() string // in nft's spelling
}

// RelOp is how the two sides of a match are compared.
type RelOp uint8

// The operators. OpEq and OpNe with a SetRef on the right are lookups; with a Range or Prefix they mean inside and
// outside.
const (
	OpEq   RelOp = iota
	OpNe         // !=
	OpLt         // <
	OpLe         // <=
	OpGt         // >
	OpGe         // >=
	OpAny        // bitmask, no operator written: left & right != 0
	OpNone       // bitmask, `!`: left & right == 0
)

// Match compares a selector with a constant: `tcp dport 80`, `ct state established,related`.
type Match struct {
	Span
	Left  Expr
	Op    RelOp
	Right Expr // *Const, *Prefix, *Range, *ConcatExpr of these, *SetRef

	text, want, selector string
}

// Vmap looks a key up in a map of verdicts: `tcp dport vmap { 22 : accept }`.
type Vmap struct {
	Span
	Key Expr
	Map *Set
}

// VerdictStmt is a verdict as a statement: accept, drop, continue, return, jump, goto.
type VerdictStmt struct {
	Span
	Verdict Verdict
}

// Counter counts packets and bytes, starting from the values given.
type Counter struct {
	Span
	Packets, Bytes uint64
}

// Limit matches as long as the rate is below (Over: above) the limit.
type Limit struct {
	Span
	Rate   uint64        // packets, or bytes, in each Per
	Bytes  bool          // Rate and Burst count bytes
	Per    time.Duration // second, minute, hour, day or week
	Burst  uint32        // packets or bytes; 5 packets or 0 bytes if not written
	Over   bool
	InUnit string // of bytes: "bytes", "kbytes", "mbytes" as written
}

// Quota matches until so many bytes have passed (Over: after).
type Quota struct {
	Span
	Bytes uint64
	Used  uint64
	Over  bool
}

// ObjectRef uses a named object of the table: `counter name "http"`, `ct helper set "ftp"`. With a Map the object is the
// one that the map has for Key: `counter name ip saddr map @m`.
type ObjectRef struct {
	Span
	Object *Object // nil with a Map
	Kind   string  // of the object; see Object.Kind
	Key    Expr
	Map    *Set
}

// LogFlags are what is logged besides (include/uapi/linux/netfilter/nf_log.h, NF_LOG_*).
type LogFlags uint32

// The log flags.
const (
	LogTCPSeq LogFlags = 1 << iota
	LogTCPOpt
	LogIPOpt
	LogUID
	LogNFLog // kernel internal
	LogEther
	LogAll LogFlags = 0x2f
)

// Log writes a line to the kernel log (Level), or sends the packet to an nflog group.
type Log struct {
	Span
	Prefix    string
	Level     string // emerg, alert, crit, err, warn, notice, info, debug, audit; "" is the default, warn
	HasGroup  bool
	Group     uint16
	Snaplen   uint32 // 0: whole packet
	Threshold uint16 // 0: the kernel's default
	Flags     LogFlags
}

// RejectType is how a packet is refused (enum nft_reject_types).
type RejectType uint32

// The kinds of reject.
const (
	RejectICMP  RejectType = 0 // icmp in ip, icmpv6 in ip6
	RejectTCP   RejectType = 1 // TCP RST
	RejectICMPX RejectType = 2 // the right one for the packet; codes of icmpx
)

// Reject drops the packet and tells the sender.
type Reject struct {
	Span
	Type   RejectType
	Code   uint8
	Family Family // of RejectICMP: which one was written (FamilyIP, FamilyIP6); FamilyUnspec: none was
	With   string // as written: "icmp type port-unreachable", "tcp reset"; "" for a bare reject
}

// NATKind is what a NAT statement rewrites.
type NATKind uint8

// The kinds of NAT.
const (
	SNAT NATKind = iota
	DNAT
	Masquerade
	Redirect
)

// NATFlags are the flags of a NAT statement (include/uapi/linux/netfilter/nf_nat.h, NF_NAT_RANGE_*).
type NATFlags uint32

// The NAT flags that can be written.
const (
	NATRandom      NATFlags = 1 << 2
	NATPersistent  NATFlags = 1 << 3
	NATFullyRandom NATFlags = 1 << 4
	NATNetmap      NATFlags = 1 << 6 // a prefix is mapped to a prefix
)

// NAT is snat, dnat, masquerade or redirect.
//
// Addr and Port are nil, *Range, *Prefix (Addr), or what yields one value: a *Const, a selector, a *MapLookup. A map
// whose values are address and port together (`dnat to ip saddr map { a : b . 80 }`) is in Addr, and its type is a concatenation; Port is nil then.
type NAT struct {
	Span
	Kind   NATKind
	Family Family // of Addr: FamilyIP or FamilyIP6; FamilyUnspec without an address
	Stated bool   // the family is spelled: it was written, or the table is of family inet (`dnat ip to`)
	Addr   Expr
	Port   Expr
	Flags  NATFlags
}

// Notrack takes the packet out of conntrack.
type Notrack struct{ Span }

// Assign writes a value: `meta mark set 1`, `ip dscp set cs1`, `ct mark set meta mark`.
type Assign struct {
	Span
	Target Expr // *Meta, *CT, *Payload or *Exthdr
	Value  Expr
}

// QueueStmt hands the packet to user space. From and To are equal for one queue.
type QueueStmt struct {
	Span
	From, To uint16
	Bypass   bool
	Fanout   bool
	Expr     Expr // the queue number is computed (numgen, hash, map); nil else
}

// SetOp is what a SetUpdate does (enum nft_dynset_ops).
type SetOp uint32

// The operations.
const (
	SetAdd    SetOp = 0
	SetUpd    SetOp = 1
	SetDelete SetOp = 2
)

// SetUpdate changes a set from the packet path: `add @seen { ip saddr timeout 1h }`.
type SetUpdate struct {
	Span
	Op      SetOp
	Set     *Set
	Key     Expr
	Data    Expr // of a map
	Verdict *Verdict
	Timeout time.Duration
	Stmts   []Stmt
}
