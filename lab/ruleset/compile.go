package ruleset

import (
	"slices"

	"golang.org/x/sys/unix"

	"github.com/hookwalk/hookwalk/topology/nft"
)

// compiler turns a checked ruleset into a batch. What it makes depends on the ruleset alone, but for the names that
// only the machine can resolve.
type compiler struct {
	*batch
	table    *nft.Table // of what is in work
	sets     map[*nft.Set]setName
	chainIDs map[*nft.Chain]uint32 // of those in braces
	names    *names
	encoded  map[any][]byte // expressions of the table, by keyOf
	scratch  attrs          // of the rule in work
	pieces   []piece        // likewise
	before   uint64         // the handle of the rule that the next ones come before; 0: they come last
	err      error          // the first
}

// setName is how rules refer to a set. A set of the same batch needs its number, because an anonymous one gets its
// name from the kernel only.
type setName struct {
	name string
	id   uint32
}

func newCompiler(n *names) *compiler {
	return &compiler{batch: newBatch(), sets: map[*nft.Set]setName{}, chainIDs: map[*nft.Chain]uint32{}, names: n, encoded: map[any][]byte{}}
}

// compile makes the batch that loads a ruleset. With replace it begins with removing all tables of all families, but
// those that a process owns. With echo the kernel tells the handles of the rules.
func compile(rs *nft.Ruleset, replace, echo bool, n *names) (*batch, error) {
	c := newCompiler(n)
	c.reserve(rs)
	if replace {
		c.begin(unix.NFT_MSG_DELTABLE, 0, nft.FamilyUnspec, part{what: "flush ruleset"})
	}
	for i := range rs.Flush {
		c.flush(&rs.Flush[i])
	}
	// The order in which a name must exist before it is used: chains may jump to each other, elements of maps to chains.
	for _, t := range rs.Tables {
		c.newTable(t)
		c.emptied(rs.Flush, t)
		c.chains(t)
	}
	for _, t := range rs.Tables {
		c.contents(t, echo)
	}
	c.finish()
	return c.batch, c.err
}

// reserve makes room for the messages of all rules: growing bit by bit, a batch of many is copied many times.
func (c *compiler) reserve(rs *nft.Ruleset) {
	const bytesOfRule, marksOfRule = 512, 6 // as most rules have at most
	rules := 0
	for _, t := range rs.Tables {
		for _, ch := range t.Chains {
			rules += len(ch.Rules)
		}
	}
	c.b = slices.Grow(c.b, rules*bytesOfRule)
	c.parts = slices.Grow(c.parts, rules)
	c.marks = slices.Grow(c.marks, rules*marksOfRule)
}

// chains makes the chains of a table, without rules.
func (c *compiler) chains(t *nft.Table) {
	for _, ch := range t.Chains {
		if !ch.Anonymous {
			c.newChain(t, ch)
		}
	}
}

// enter begins with what is in a table.
func (c *compiler) enter(t *nft.Table) {
	c.table = t
	clear(c.encoded)
}

// contents makes what is in a table that has its chains.
func (c *compiler) contents(t *nft.Table, echo bool) {
	c.enter(t)
	for _, f := range t.Flowtables {
		c.newFlowtable(f)
	}
	for _, o := range t.Objects {
		c.newObject(o)
	}
	for _, s := range t.Sets {
		c.wholeSet(s)
	}
	for _, ch := range t.Chains {
		if ch.Anonymous {
			continue // it comes with the rule that has it
		}
		for _, r := range ch.Rules {
			c.newRule(ch, r, echo)
		}
	}
}

// wholeSet makes a named set with its elements.
func (c *compiler) wholeSet(s *nft.Set) {
	list := c.elements(s, bits{})
	size := int(s.Size)
	if s.Flags&nft.SetConstant != 0 {
		size = sizeFor(s, list) // nothing will be added
	}
	c.newSet(s, s.KeyExpr, s.Key.Bytes(), size)
	c.addElements(s, list)
}

// fail keeps the first error. The batch is then good for nothing; going on is simpler than stopping everywhere.
func (c *compiler) fail(span nft.Span, what string, hint string, err error) {
	if c.err == nil {
		c.err = &Error{Pos: span.Pos, What: what, Hint: hint, Err: err}
	}
}

// flush does what a `flush ruleset` or `delete table` asks for. The table exists then in any case: the checker lets only
// those pass that were written before the command, or may be missing. What else was taken away is not in the ruleset;
// a table of before that is flushed is, see emptied.
func (c *compiler) flush(f *nft.Flush) {
	switch {
	case f.What == "ruleset":
		c.begin(unix.NFT_MSG_DELTABLE, 0, f.Family, part{what: "flush ruleset", span: f.Span})
	case f.Delete:
		p := part{what: "delete table", span: f.Span}
		c.begin(unix.NFT_MSG_NEWTABLE, unix.NLM_F_CREATE, f.Family, p)
		c.str(unix.NFTA_TABLE_NAME, f.Table)
		c.begin(unix.NFT_MSG_DELTABLE, 0, f.Family, p)
		c.str(unix.NFTA_TABLE_NAME, f.Table)
	}
}

// emptied removes the rules that a table had before, if the file flushes it.
func (c *compiler) emptied(flush []nft.Flush, t *nft.Table) {
	i := slices.IndexFunc(flush, func(f nft.Flush) bool {
		return f.What == "table" && !f.Delete && f.Family == t.Family && f.Table == t.Name
	})
	if i >= 0 {
		c.begin(unix.NFT_MSG_DELRULE, 0, t.Family, part{what: "flush table", span: flush[i].Span})
		c.str(unix.NFTA_RULE_TABLE, t.Name)
	}
}

// setOf is how a set is referred to. The sets of a batch are numbered from 1.
func (c *compiler) setOf(s *nft.Set) setName {
	n, ok := c.sets[s]
	if ok {
		return n
	}
	n = setName{name: s.Name, id: uint32(len(c.sets) + 1)}
	if s.Anonymous() {
		n.name = "__set%d" // the kernel puts a number in (nf_tables_set_alloc_name)
		if s.Map {
			n.name = "__map%d"
		}
		if s.Objects != "" {
			n.name = "__objmap%d"
		}
	}
	c.sets[s] = n
	return n
}

func tableName(t *nft.Table) string { return t.Family.String() + " " + t.Name }
