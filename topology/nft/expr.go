package nft

// Expr is an expression of the checked level. The implementations are
//
//	selectors: *Payload, *Exthdr, *Meta, *CT, *Fib, *RT, *Socket, *Numgen, *Hash, *Osf, *Xfrm, *Inner
//	constants: *Const, *Prefix, *Range
//	both:      *ConcatExpr, *Bitwise, *Shift, *Combine, *Cast, *MapLookup, *SetRef
type Expr interface {
	Node
	Type() *Datatype
	String() string // in nft's spelling
}

// HeaderBase is the header a payload selector counts from (enum nft_payload_bases).
type HeaderBase uint32

// The bases.
const (
	LinkHeader      HeaderBase = 0
	NetworkHeader   HeaderBase = 1
	TransportHeader HeaderBase = 2
	InnerHeader     HeaderBase = 3
)

// Payload reads header bits: `tcp dport`, `@th,16,16`.
// For the compiler: Proto says what the packet must be for the selector to mean anything (nfproto, l4proto).
type Payload struct {
	Span
	Proto  *Protocol // nil for a raw selector and for `th`
	Field  *Field    // nil for a raw selector
	Base   HeaderBase
	Offset int // bits from the start of the header
	Len    int // bits
	typ    *Datatype
	name   string
}

// Type is the type of the field.
func (e *Payload) Type() *Datatype { return e.typ }
func (e *Payload) String() string  { return e.name }

// Protocol is a protocol with header fields that a rule can name.
type Protocol struct {
	Name      string
	Base      HeaderBase
	L4Proto   int    // IP protocol number; -1 if the base is not the transport header, or any protocol fits (th)
	EtherType uint16 // of a network-layer protocol; 0 else
	Family    Family // the only nfproto it occurs in (ip: FamilyIP, icmpv6: FamilyIP6); FamilyUnspec: any
	Checksum  int    // byte offset of the header's checksum; -1 if it has none
	Pseudo    bool   // the checksum covers addresses of the network header
	Fields    []Field
}

// Field is one field of a header. It lies between two bits, counted from the start of the header, most significant
// bit first.
type Field struct {
	Name   string
	Type   *Datatype
	Offset int // bits
	Len    int // bits
	// ICMPTypes are the values of the type field for which this field exists (icmp id: echo-reply, echo-request).
	// nft adds the match by itself.
	ICMPTypes []byte
}

// MetaKey is a key of meta (enum nft_meta_keys).
type MetaKey uint32

// Meta reads a property of the packet that is no header: `iifname`, `meta mark`.
type Meta struct {
	Span
	Key  MetaKey
	typ  *Datatype
	name string
}

// Type is the type of the key.
func (e *Meta) Type() *Datatype { return e.typ }
func (e *Meta) String() string  { return e.name }

// CTKey is a key of ct (enum nft_ct_keys).
type CTKey uint32

// CTDir is the direction of a ct selector (enum ip_conntrack_dir, and none).
type CTDir int8

// The directions.
const (
	DirNone     CTDir = -1
	DirOriginal CTDir = 0
	DirReply    CTDir = 1
)

// CT reads the conntrack entry: `ct state`, `ct original ip daddr`.
type CT struct {
	Span
	Key  CTKey
	Dir  CTDir
	typ  *Datatype
	name string
}

// Type is the type of the key.
func (e *CT) Type() *Datatype { return e.typ }
func (e *CT) String() string  { return e.name }

// FibResult is what a fib lookup yields (enum nft_fib_result).
type FibResult uint32

// The results.
const (
	FibOif     FibResult = 1
	FibOifname FibResult = 2
	FibType    FibResult = 3
)

// Fib asks the routing table: `fib saddr . iif oif`. Flags are NFTA_FIB_F_* (enum nft_fib_flags).
type Fib struct {
	Span
	Flags  uint32
	Result FibResult
	// Present: only whether there is a result is wanted (`fib saddr oif exists`, and 0 and missing).
	Present bool
	typ     *Datatype
	name    string
}

// The flags of a fib lookup.
const (
	FibSaddr uint32 = 1 << iota
	FibDaddr
	FibMark
	FibIif
	FibOifKey
	FibPresentFlag
)

// Type is the type of the result.
func (e *Fib) Type() *Datatype { return e.typ }
func (e *Fib) String() string  { return e.name }

// RTKey is a key of rt (enum nft_rt_keys).
type RTKey uint32

// RT reads the route of the packet: `rt nexthop`, `rt mtu`.
type RT struct {
	Span
	Key  RTKey
	typ  *Datatype
	name string
}

// Type is the type of the key.
func (e *RT) Type() *Datatype { return e.typ }
func (e *RT) String() string  { return e.name }

// Socket reads the socket a packet belongs to: `socket transparent`. Key is of enum nft_socket_keys.
type Socket struct {
	Span
	Key   uint32
	Level uint32 // of cgroupv2
	typ   *Datatype
	name  string
}

// Type is the type of the key.
func (e *Socket) Type() *Datatype { return e.typ }
func (e *Socket) String() string  { return e.name }

// Numgen is a number generator: `numgen inc mod 2 offset 10`.
type Numgen struct {
	Span
	Random bool
	Mod    uint32
	Offset uint32
	typ    *Datatype
	name   string
}

// Type is integer, 32 bits, host order.
func (e *Numgen) Type() *Datatype { return e.typ }
func (e *Numgen) String() string  { return e.name }

// Hash is `jhash EXPR mod N seed S offset O`, or symhash where X is nil.
type Hash struct {
	Span
	X      Expr
	Mod    uint32
	Seed   uint32
	Seeded bool
	Offset uint32
	typ    *Datatype
	name   string
}

// Type is integer, 32 bits, host order.
func (e *Hash) Type() *Datatype { return e.typ }
func (e *Hash) String() string  { return e.name }

// Const is one value.
//
// Data is in the order the kernel wants (Type().Order) and Type().Bytes() long; a bit field that does not fill its
// bytes (ip dscp, 6 bits) has its value in the low bits. An interface name is 16 bytes, padded with zeros; with
// Wildcard it is only the part before the star.
//
// Times of day and dates are as they were written, in the time zone of the machine that the rules are for; see
// [Const.AtClock].
//
// Symbol is set, and Data empty, when the value is a name that only the machine can resolve: the interface of
// `iif`, the user of `meta skuid`.
type Const struct {
	Span
	Data     []byte
	Symbol   string
	Wildcard bool
	UTC      bool // of a time of day or a date: it was written as a number, which counts in UTC
	typ      *Datatype
	text     string
}

// Type is the type of the value.
func (e *Const) Type() *Datatype { return e.typ }
func (e *Const) String() string  { return e.text }

// Prefix is a value and how many of its bits count: `10.0.0.0/8`. The bits after that are zero.
type Prefix struct {
	Span
	Value *Const
	Len   int
}

// Type is the type of the value.
func (e *Prefix) Type() *Datatype { return e.Value.typ }

// Range is all values from From to To, both included. Numerically From <= To.
type Range struct {
	Span
	From, To *Const
}

// Type is the type of the values.
func (e *Range) Type() *Datatype { return e.From.typ }

// ConcatExpr is `a . b . c`: of selectors on the left of a match, of constants on the right.
type ConcatExpr struct {
	Span
	Parts []Expr
	typ   *Datatype
}

// Type is the concatenation of the types of the parts.
func (e *ConcatExpr) Type() *Datatype { return e.typ }

// BitOp is an operator on bits.
type BitOp uint8

// The operators.
const (
	BitAnd BitOp = iota
	BitOr
	BitXor
)

// BitStep is one operation of a Bitwise.
type BitStep struct {
	Op    BitOp
	Value *Const
}

// Bitwise is X with operations on its bits, `meta mark and 0xff or 0x100`. Mask and Xor are all Steps folded as the
// kernel wants them: (X & Mask) ^ Xor, as long as X and in its byte order.
type Bitwise struct {
	Span
	X     Expr
	Steps []BitStep
	Mask  []byte
	Xor   []byte
}

// Type is the type of X.
func (e *Bitwise) Type() *Datatype { return e.X.Type() }

// Shift is X shifted by By bits.
type Shift struct {
	Span
	X    Expr
	Left bool
	By   uint32
}

// Type is the type of X.
func (e *Shift) Type() *Datatype { return e.X.Type() }

// MapLookup is the value that Map has for Key: `ip saddr map { 10.0.0.1 : 192.0.2.1 }`.
type MapLookup struct {
	Span
	Key Expr
	Map *Set
}

// Type is the type of the values of the map.
func (e *MapLookup) Type() *Datatype { return e.Map.Data }

// SetRef is the right side of a match: a named set (`@blocked`) or an anonymous one (`{ 22, 80 }`).
type SetRef struct {
	Span
	Set *Set
}

// Type is the type of the elements.
func (e *SetRef) Type() *Datatype { return e.Set.Key }
