package nft

// ExprNode is an expression as it is written.
type ExprNode interface {
	Node
	exprNode()
}

// WordKind is the lexical kind of a word.
type WordKind uint8

// The kinds.
const (
	WordName     WordKind = iota // a name or keyword
	WordNumber                   // decimal, hexadecimal (0x) or octal (leading 0)
	WordAddr                     // an IPv4, IPv6 or link-layer address
	WordTime                     // 1h30m
	WordQuoted                   // "..."; Text is what is inside
	WordWildcard                 // a name that ends in *
)

// WordNode is one word: a number, a name, an address, a quoted string.
type WordNode struct {
	Span
	Kind WordKind
	Text string
}

// VarNode is `$NAME`.
type VarNode struct {
	Span
	Name string
}

// SelectorNode reads something from the packet; Words are as written but for spacing: `tcp dport`, `iifname`,
// `meta mark`, `ct original ip saddr`. How they are resolved is in the selector table.
type SelectorNode struct {
	Span
	Words []*WordNode
}

// RawPayloadNode is `@th,16,16`.
type RawPayloadNode struct {
	Span
	Base   *WordNode // ll, nh, th, ih
	Offset *WordNode
	Len    *WordNode
}

// FibNode is `fib saddr . iif oif`.
type FibNode struct {
	Span
	Flags  []*WordNode
	Result *WordNode
}

// NumgenNode is `numgen inc mod 2 offset 10`.
type NumgenNode struct {
	Span
	Mode   *WordNode
	Mod    *WordNode
	Offset *WordNode // nil: 0
}

// HashNode is `jhash EXPR mod N seed S offset O` or `symhash mod N`.
type HashNode struct {
	Span
	X      ExprNode // nil: symhash
	Mod    *WordNode
	Seed   *WordNode // nil: none
	Offset *WordNode // nil: 0
}

// ConcatNode is `a . b`.
type ConcatNode struct {
	Span
	Parts []ExprNode
}

// ListNode is `a,b,c`.
type ListNode struct {
	Span
	Items []ExprNode
}

// RangeNode is `a-b`.
type RangeNode struct {
	Span
	From, To ExprNode
}

// PrefixNode is `a/24`.
type PrefixNode struct {
	Span
	X   ExprNode
	Len ExprNode
}

// FlagsMaskNode is the right side of `tcp flags syn / syn,ack`.
type FlagsMaskNode struct {
	Span
	Value ExprNode
	Mask  ExprNode
}

// BinaryNode is `x & y` and its kin; Op is one of & | ^ << >>.
type BinaryNode struct {
	Span
	Op   string
	X, Y ExprNode
}

// MapNode is `key map { ... }` or `key map @name`.
type MapNode struct {
	Span
	Key ExprNode
	Map ExprNode // *SetNode, *SetRefNode or *VarNode
}

// SetRefNode is `@name`.
type SetRefNode struct {
	Span
	Name *WordNode
}

// VerdictNode is a verdict: a statement, or the value of a map element.
type VerdictNode struct {
	Span
	Kind  string   // accept, drop, continue, return, jump, goto
	Chain ExprNode // *WordNode or *VarNode, of jump and goto
}

// SetNode is `{ a, b : c }`.
type SetNode struct {
	Span
	Elems []*ElemNode
	Multi bool       // written over several lines; the printer keeps it so
	Tail  []*Comment // comments before the closing brace
}

// ElemNode is one element. Its options are in the order written.
type ElemNode struct {
	Span
	Lead  []*Comment // comments on the lines before it
	Trail *Comment   // the comment behind it
	Key   ExprNode   // *CatchallNode for `*`
	Data  ExprNode   // nil in a set
	Opts  []*ElemOpt
	Stmts []StmtNode
}

// ElemOpt is `timeout 1h`, `expires 10m` or `comment "x"` of an element.
type ElemOpt struct {
	Span
	Key   string
	Value *WordNode
}

// CatchallNode is the element `*`.
type CatchallNode struct{ Span }

// AddrPortNode is `192.0.2.1:80`, `[2001:db8::1]:80` or `:80` of a NAT statement.
type AddrPortNode struct {
	Span
	Addr ExprNode // nil: only a port
	Port ExprNode // nil: only an address
}

func (*WordNode) exprNode()       {}
func (*VarNode) exprNode()        {}
func (*SelectorNode) exprNode()   {}
func (*RawPayloadNode) exprNode() {}
func (*FibNode) exprNode()        {}
func (*NumgenNode) exprNode()     {}
func (*HashNode) exprNode()       {}
func (*ConcatNode) exprNode()     {}
func (*ListNode) exprNode()       {}
func (*RangeNode) exprNode()      {}
func (*PrefixNode) exprNode()     {}
func (*FlagsMaskNode) exprNode()  {}
func (*BinaryNode) exprNode()     {}
func (*MapNode) exprNode()        {}
func (*SetRefNode) exprNode()     {}
func (*VerdictNode) exprNode()    {}
func (*SetNode) exprNode()        {}
func (*CatchallNode) exprNode()   {}
func (*AddrPortNode) exprNode()   {}
