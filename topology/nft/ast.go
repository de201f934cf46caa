package nft

// Span is where a node is written: from Pos up to, not including, End. The zero Span means "nowhere".
type Span struct {
	Pos Pos
	End Pos
}

// Range is the span itself; it makes everything that embeds a Span a [Node].
func (s Span) Range() Span { return s }

// Node is anything that has a place in a source.
type Node interface{ Range() Span }

// File is a source as it is written: the first of the two levels of this package. It is made by [Parse].
type File struct {
	Span
	Name  string
	Items []Item

	errs     Errors // of Parse, also those of included files
	src      string // the text, and where it stands in the file (see Options), to show a line with a mistake
	baseLine int
	baseCol  int
}

// Item is something that stands on a line of its own in a file or a block:
//
//	anywhere   *Comment, *Include, *Define, *Raw
//	in a file  *TableDecl, *FlushDecl, *AddDecl, *ReplaceDecl, *RenameDecl
//	in a table *ChainDecl, *SetDecl, *ObjectDecl, *FlowtableDecl, *FlagsDecl, *Property
//	in a chain *BaseDecl, *PolicyDecl, *FlagsDecl, *RuleDecl, *Property
//	in a set   *TypeDecl, *FlagsDecl, *Property, *ElementsDecl, *StmtDecl
type Item interface {
	Node
	line() *Line
}

// Line is what all items have in common.
type Line struct {
	Span
	Blank bool     // a blank line stands before it
	Trail *Comment // the # comment behind it, on the same line
}

func (l *Line) line() *Line { return l }

// Comment is a # comment. Text is without the # and without the space after it, if there is one.
type Comment struct {
	Line
	Text string
}

// Include is `include "path"`. Files are what it stands for; empty if it could not be read.
type Include struct {
	Line
	Path  *WordNode
	Files []*File
}

// Define is `define NAME = VALUE`; Op is also redefine, or undefine (without a value).
type Define struct {
	Line
	Op    string
	Name  *WordNode
	Value ExprNode // nil for undefine
}

// Raw is a construct that this package does not read yet. Text is its source. [Check] reports it with
// Unsupported set.
type Raw struct {
	Line
	What string // "tunnel"
	Text string
}

// FlushDecl is `flush ruleset`, `flush table ip x`, `delete chain ip x y`, `destroy map ip x y`, ...
type FlushDecl struct {
	Line
	Op     string // flush, delete, destroy
	What   string // ruleset, table, chain, rule, set, map, meter, element, flowtable, or a kind of object: "counter", "ct helper"
	Family *WordNode
	Table  *WordNode
	Name   *WordNode // of what is in a table; of a rule and of elements: of the chain or the set they are in
	Handle *WordNode // `handle 5`, for the name
	Elems  ExprNode  // of element: *SetNode or *VarNode
	Items  []Item    // of flowtable: with devices only these go
}

// ReplaceDecl is `replace rule ip x y handle 5 tcp dport 22 accept`.
type ReplaceDecl struct {
	Line
	Family *WordNode
	Table  *WordNode
	Chain  *WordNode
	Handle *WordNode
	Rule   *RuleDecl
}

// RenameDecl is `rename chain ip x old new`.
type RenameDecl struct {
	Line
	Family *WordNode
	Table  *WordNode
	Name   *WordNode
	To     *WordNode
}

// AddDecl is a command at the top of a file: `add rule ip filter input tcp dport 22 accept`. `add table` is a
// TableDecl.
type AddDecl struct {
	Line
	Op     string // add, create, insert, or "" if it was left out
	Family *WordNode
	Table  *WordNode
	Chain  *WordNode // of a rule
	Where  string    // index, handle or position, of a rule that is put beside another; ""
	At     *WordNode // which
	Set    *WordNode // of elements
	Item   Item      // *ChainDecl, *RuleDecl, *SetDecl, *ObjectDecl, *FlowtableDecl, *ElementsDecl
}

// TableDecl is `table FAMILY NAME { ... }`.
type TableDecl struct {
	Line
	Family *WordNode // nil: ip
	Name   *WordNode
	Op     string // add or create, if that was written
	Body   bool   // braces were written
	Items  []Item
}

// ChainDecl is `chain NAME { ... }`.
type ChainDecl struct {
	Line
	Name  *WordNode
	Body  bool // braces were written
	Items []Item
}

// BaseDecl is `type T hook H device D priority P;` of a chain. A part that is missing is nil.
type BaseDecl struct {
	Line
	Type     *WordNode
	Hook     *WordNode
	Device   ExprNode // `device` takes one name, `devices` =  a set
	Priority *PriorityNode
}

// PolicyDecl is `policy accept;` of a chain.
type PolicyDecl struct {
	Line
	Value ExprNode
}

// PriorityNode is a priority: a name, a number, or a name with an offset.
type PriorityNode struct {
	Span
	Name   *WordNode // or a *VarNode in Var; nil: a plain number
	Var    *VarNode
	Minus  bool // the sign of Number
	Number *WordNode
}

// RuleDecl is one rule.
type RuleDecl struct {
	Line
	Stmts   []StmtNode
	Comment *WordNode // `comment "..."` at the end
}

// SetDecl is `set NAME { ... }` or `map NAME { ... }`.
type SetDecl struct {
	Line
	Map   bool
	Name  *WordNode
	Body  bool // braces were written
	Items []Item
}

// TypeDecl is `type KEY : DATA` or `typeof KEY : DATA` of a set or a map. With type, the keys are words.
type TypeDecl struct {
	Line
	Typeof   bool
	Key      []ExprNode
	Interval bool // `: interval DATA`
	Data     []ExprNode
}

// FlagsDecl is `flags A, B` of a set, a table or a chain.
type FlagsDecl struct {
	Line
	Flags []*WordNode
}

// Property is a word with at most one value: `size 128`, `timeout 1h`, `policy memory`, `auto-merge`, `comment "x"`.
type Property struct {
	Line
	Key   *WordNode
	Value ExprNode // nil if it has none
}

// ElementsDecl is `elements = { ... }`.
type ElementsDecl struct {
	Line
	Value ExprNode // *SetNode or *VarNode
}

// StmtDecl is a statement in a set: `counter`.
type StmtDecl struct {
	Line
	Stmt StmtNode
}
