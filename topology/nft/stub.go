package nft

type symbolTable struct{}
type codec struct{}
type setIndex struct{}

// Options steer [Parse].
type Options struct {
	// Include opens the file of an `include "path"`; name is what positions in it are to say. Nil: includes are
	// errors. A path with a glob pattern is passed as it is written.
	Include func(path string) (name string, src []byte, err error)
	// BaseLine and BaseCol are added to every line and column: for a ruleset that stands inside another file.
	BaseLine int
	BaseCol  int
}

func Parse(name string, src []byte, opt Options) (*File, Errors) { return nil, nil }

func Check(f *File) (*Ruleset, Errors) { return nil, nil }

func (e *Prefix) String() string     { return "" }
func (e *Range) String() string      { return "" }
func (e *ConcatExpr) String() string { return "" }
func (e *Bitwise) String() string    { return "" }
func (e *Shift) String() string      { return "" }
func (e *MapLookup) String() string  { return "" }
func (e *SetRef) String() string     { return "" }

func (*Match) String() string       { return "" }
func (*Vmap) String() string        { return "" }
func (*VerdictStmt) String() string { return "" }
func (*Counter) String() string     { return "" }
func (*Limit) String() string       { return "" }
func (*Quota) String() string       { return "" }
func (*ObjectRef) String() string   { return "" }
func (*Log) String() string         { return "" }
func (*Reject) String() string      { return "" }
func (*NAT) String() string         { return "" }
func (*Notrack) String() string     { return "" }
func (*Assign) String() string      { return "" }
func (*QueueStmt) String() string   { return "" }
func (*SetUpdate) String() string   { return "" }
