package nft

import "time"

// Ruleset is what a file asks the kernel for: every name resolved, every value typed and in the kernel's byte
// order. It is the second of the two levels of this package (see the package comment) and is made by [Check].
// Nothing in it changes after that; it may be used from many goroutines.
type Ruleset struct {
	Tables []*Table
	Flush  []Flush // what is to be emptied before, in the order written

	// Devices are named where the kernel wants a device that exists when the rules are loaded: by chains at ingress and
	// egress, by flowtables, by iif and oif.
	Devices []Device
}

// Device is the name of a device that must exist when the rules are loaded.
type Device struct {
	Span
	Name string
}

// Flush is a `flush ruleset`, `flush table`, `delete table` or `destroy table`. The tables of the Ruleset are what the
// file leaves: what a command took away of them is not there any more.
type Flush struct {
	Span
	What   string // "ruleset", "table"
	Family Family // FamilyUnspec: all families
	Table  string
	Delete bool // `delete` or `destroy` rather than `flush`
}

// Table is one table. A table that is written in several blocks is one Table.
type Table struct {
	Span
	Family  Family
	Name    string
	Comment string
	Flags   TableFlags
	Chains  []*Chain
	Sets    []*Set    // named sets and maps
	Objects []*Object // named counters, quotas, limits, ...

	Flowtables []*Flowtable
}

// TableFlags are the flags of a table (include/uapi/linux/netfilter/nf_tables.h, enum nft_table_flags).
type TableFlags uint32

// The table flags.
const (
	TableDormant TableFlags = 1 << iota
	TableOwner
	TablePersist
)

// Chain finds the chain named name; nil if there is none.
func (t *Table) Chain(name string) *Chain {
	for _, c := range t.Chains {
		if c.Name == name {
			return c
		}
	}
	return nil
}

// Set finds the named set or map; nil if there is none.
func (t *Table) Set(name string) *Set {
	for _, s := range t.Sets {
		if s.Name == name {
			return s
		}
	}
	return nil
}

// Chain is one chain; Base is nil for a regular one.
type Chain struct {
	Span
	Table   *Table
	Name    string
	Comment string
	Base    *Base
	Rules   []*Rule
	// Anonymous: it is written in braces behind the jump or goto that leads to it. Its name is made up: the kernel gives
	// it another of the same form, __chain1.
	Anonymous bool
}

// Base is what makes a chain a base chain: where the kernel calls it.
type Base struct {
	Span
	Type         string // filter, nat, route
	Hook         Hook
	Priority     int
	PriorityName string // as written, the name only: "dstnat"; "" if it is a plain number
	Policy       VerdictKind
	PolicyPos    Pos  // where the policy is written; the zero Pos means the default, accept
	Offload      bool // `flags offload`: the hardware of the device runs the rules
	Devices      []string
}

// Hook is a netfilter hook as nft spells it.
type Hook string

// The hooks.
const (
	HookIngress     Hook = "ingress"
	HookPrerouting  Hook = "prerouting"
	HookInput       Hook = "input"
	HookForward     Hook = "forward"
	HookOutput      Hook = "output"
	HookPostrouting Hook = "postrouting"
	HookEgress      Hook = "egress"
)

// Rule is one rule.
type Rule struct {
	Span
	Chain   *Chain
	Index   int    // in its chain, from 0
	Text    string // one line, in nft's spelling, without the comment (see Rule.Text in the package comment)
	Comment string // the text of `comment "..."`; "" if none
	Stmts   []Stmt
}

// SetFlags are the flags of a set (enum nft_set_flags).
type SetFlags uint32

// The set flags, with the kernel's numbers. The kernel's anonymous, map, eval and object flags follow from the
// other fields of [Set].
const (
	SetConstant SetFlags = 0x2
	SetInterval SetFlags = 0x4
	SetTimeout  SetFlags = 0x10
	SetDynamic  SetFlags = 0x20
)

// Set is a set or a map, named or anonymous. For a map either Data or Objects is set, or Verdict is true.
type Set struct {
	Span
	Table      *Table
	Name       string // "" if it is anonymous
	Map        bool
	Comment    string
	Key        *Datatype // a concatenation has Parts
	Data       *Datatype // of a map to values; nil else
	DataRange  bool      // the values of the map may be ranges or prefixes (`typeof ... : interval ...`)
	Verdict    bool      // a map to verdicts
	Objects    string    // a map to named objects: their kind; "" else
	Typeof     bool      // declared with typeof
	KeyExpr    Expr      // with typeof: the expression; nil else
	DataExpr   Expr
	Flags      SetFlags
	AutoMerge  bool
	Meter      bool // written in a rule, with the statement `meter`: it is none of the sets of the table
	Timeout    time.Duration
	GCInterval time.Duration
	Size       uint32
	Policy     string // "", "performance" or "memory"
	Stmts      []Stmt // run for each element: counter, limit, quota
	Elems      []*Elem

	index setIndex
}

// Anonymous reports whether s was written in braces inside a rule.
func (s *Set) Anonymous() bool { return s.Name == "" }

// Elem is one element of a set or a map.
type Elem struct {
	Span
	Key     Expr // Const, Prefix, Range or ConcatExpr of these; nil is the catch-all element `*`
	Data    Expr // of a map to values; nil else
	Verdict *Verdict
	Object  *Object // of a map to objects
	Timeout time.Duration
	Expires time.Duration
	Comment string
	Stmts   []Stmt
}

// Object is a named object of a table.
type Object struct {
	Span
	Table   *Table
	Name    string
	Comment string
	Stmt    Stmt // *Counter, *Limit or *Quota with its state, *Synproxy, *Secmark, *Helper, *Timeouts, *Expectation
}

// Kind is the kind of the object as nft spells it: counter, limit, quota, synproxy, secmark, ct helper, ct timeout, ct
// expectation. Objects of different kinds may have the same name.
func (o *Object) Kind() string { return objectKind(o.Stmt) }

// Flowtable is a flowtable: connections that a rule has put into it pass the hooks no more, if they come in at one of
// its devices.
type Flowtable struct {
	Span
	Table        *Table
	Name         string
	Hook         Hook
	Priority     int
	PriorityName string // as written, the name only; "" if it is a plain number
	Devices      []string
	Offload      bool // to the hardware
	Counter      bool // packets and bytes of its connections are counted
}

// Flowtable finds the flowtable named name; nil if there is none.
func (t *Table) Flowtable(name string) *Flowtable {
	for _, f := range t.Flowtables {
		if f.Name == name {
			return f
		}
	}
	return nil
}

// VerdictKind is what a verdict does.
type VerdictKind uint8

// The verdicts. Unknown is a result of evaluation only.
const (
	VerdictUnknown VerdictKind = iota
	VerdictAccept
	VerdictDrop
	VerdictContinue
	VerdictReturn
	VerdictJump
	VerdictGoto
	VerdictQueue
	VerdictReject // a result of evaluation only: the reject statement
)

var verdictNames = [...]string{"unknown", "accept", "drop", "continue", "return", "jump", "goto", "queue", "reject"}

// String is the verdict as nft spells it.
func (k VerdictKind) String() string {
	if int(k) < len(verdictNames) {
		return verdictNames[k]
	}
	return "unknown"
}

// Verdict is a verdict with its target.
type Verdict struct {
	Span
	Kind  VerdictKind
	Chain *Chain // of jump and goto
}

// String is the verdict as nft spells it: "jump lan-in".
func (v *Verdict) String() string {
	if v.Chain != nil && v.Chain.Anonymous {
		return v.Kind.String() + " " + blockText(v.Chain)
	}
	if v.Chain != nil {
		return v.Kind.String() + " " + v.Chain.Name
	}
	return v.Kind.String()
}
