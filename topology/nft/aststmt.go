package nft

// StmtNode is a statement as it is written. Each kind of statement knows how it is printed and checked; how it is
// parsed is in the table of statements (see parse_rule.go).
type StmtNode interface {
	Node
	print(*printer)
	check(*checker) Stmt
}

// MatchNode is `LEFT OP RIGHT`. Op is "" if none was written; words (eq, ne, lt, ...) are kept as signs.
type MatchNode struct {
	Span
	Left  ExprNode
	Op    string // "", ==, !=, <, >, <=, >=, !
	Right ExprNode
}

// VmapNode is `KEY vmap { ... }`.
type VmapNode struct {
	Span
	Key ExprNode
	Map ExprNode
}

// CounterNode is `counter`, with `packets N bytes N` if Packets and Bytes are set.
type CounterNode struct {
	Span
	Packets, Bytes *WordNode
}

// ObjectRefNode is `counter name "x"`, and so for the other kinds of named objects that have a statement: limit, quota,
// synproxy. What follows `name` may be a lookup: `counter name ip saddr map @m`.
type ObjectRefNode struct {
	Span
	Kind string
	Name ExprNode // *WordNode, *VarNode or *MapNode
}

// LimitNode is `limit rate over 10/second burst 5 packets`.
type LimitNode struct {
	Span
	Over      bool
	Rate      *WordNode
	Unit      string // "", bytes, kbytes, mbytes
	Per       string // second, minute, hour, day, week
	Burst     *WordNode
	BurstUnit string // packets, bytes, kbytes, mbytes
}

// QuotaNode is `quota over 10 mbytes used 1 kbytes`.
type QuotaNode struct {
	Span
	Over     bool
	Size     *WordNode
	Unit     string
	Used     *WordNode
	UsedUnit string
}

// LogNode is `log` with its options in the order written.
type LogNode struct {
	Span
	Opts []*LogOpt
}

// LogOpt is one option of log: prefix, level, group, snaplen, queue-threshold, flags.
type LogOpt struct {
	Span
	Key    string
	Values []*WordNode // one, but for flags: `flags tcp sequence,options` is tcp, sequence, options
}

// RejectNode is `reject with WORDS`.
type RejectNode struct {
	Span
	With []*WordNode // icmp type X | icmpx X | tcp reset; without the `with`
	Code ExprNode    // the code, of icmp, icmpv6 and icmpx
}

// NATNode is snat, dnat, masquerade or redirect.
type NATNode struct {
	Span
	Kind   string
	Family *WordNode // ip, ip6
	Prefix bool      // `prefix to`
	Concat bool      // `addr . port to`
	To     ExprNode  // nil: none; for masquerade and redirect only a port
	Flags  []*WordNode
}

// NotrackNode is `notrack`.
type NotrackNode struct{ Span }

// AssignNode is `TARGET set VALUE`.
type AssignNode struct {
	Span
	Target ExprNode
	Value  ExprNode
}

// QueueNode is `queue flags bypass to 1-3`.
type QueueNode struct {
	Span
	Num   ExprNode // nil: 0
	Flags []*WordNode
}

// SetUpdateNode is `add @set { key timeout 1h limit rate 1/second }`.
type SetUpdateNode struct {
	Span
	Op   string // add, update, delete
	Set  *SetRefNode
	Elem *ElemNode
}
