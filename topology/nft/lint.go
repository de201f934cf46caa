package nft

import (
	"cmp"
	"slices"
	"strconv"
)

// Finding is something in a ruleset that is probably not as it was meant. nft and the kernel take it all the same.
type Finding struct {
	Code string // which analysis found it, a word for searching: one of the Lint constants
	Pos  Pos
	End  Pos // just behind; the zero Pos if it is not known
	Msg  string
	Hint string // what to do about it, "" if nothing can be said
	// Related are the other places that the finding is about: the rule that takes all packets of this one, the DNAT
	// rule before it.
	Related []Pos
}

// The analyses of [Lint].
const (
	LintUnreachable  = "unreachable-rule" // behind a rule that ends the chain for every packet
	LintShadowed     = "shadowed-rule"    // an earlier rule decides about all of its packets
	LintDuplicate    = "duplicate-rule"   // an earlier rule says the same
	LintNeverMatches = "never-matches"    // its expressions contradict each other, or the hook
	LintUnusedChain  = "unused-chain"     // nothing jumps to it
	LintUnusedSet    = "unused-set"       // no rule looks at it

	LintUnusedFlowtable = "unused-flowtable" // no rule adds connections to it

	LintNATPriority   = "nat-priority"     // a nat chain with the priority of the other kind
	LintBeforeDNAT    = "port-before-dnat" // looks for what DNAT has rewritten already
	LintNoEstablished = "no-established"   // answers to accepted connections are dropped
	LintNDBlocked     = "nd-blocked"       // IPv6 neighbour discovery is dropped
	LintTooBigBlocked = "packet-too-big"   // ICMPv6 packet-too-big is dropped
	LintNoLoopback    = "loopback-blocked" // what the machine sends to itself is dropped
)

// Lint looks for what is allowed and still wrong. It says only what it can prove from the text: where a named set, a
// limit or another table of the machine may change the answer, it says nothing. The findings are sorted by place.
//
// Jump loops and nat chains before conntrack are errors of [Check].
func Lint(rs *Ruleset) []Finding { return lint(rs).found }

func lint(rs *Ruleset) *linter {
	l := newLinter(rs)
	for _, t := range rs.Tables {
		for _, c := range t.Chains {
			l.unreachable(c)
			l.neverMatches(c)
			l.shadowed(c)
			l.natPriority(c)
		}
		l.unused(t)
	}
	l.beforeDNAT()
	for _, c := range l.bases {
		if l.dropsRest(c) == nil {
			continue
		}
		answers := l.noEstablished(c)
		if !answers {
			l.tooBigBlocked(c)
		}
		l.ndBlocked(c)
		l.noLoopback(c)
	}
	slices.SortStableFunc(l.found, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.Pos.File, b.Pos.File), cmp.Compare(a.Pos.Line, b.Pos.Line), cmp.Compare(a.Pos.Col, b.Pos.Col),
			cmp.Compare(a.Code, b.Code))
	})
	return l
}

// linter is one run of Lint.
type linter struct {
	rs    *Ruleset
	found []Finding
	dead  map[*Rule]bool // found to decide about no packet
	bases []*Chain       // base chains of tables that are not dormant
	work  int            // rules that probes were held against
	seen  map[Hook][]witness

	demands map[*Chain][]demands // of the rules of a chain
	writes  map[*Chain]writes    // in a chain and those it leads to
	dynamic map[*Set]bool        // changed by rules
	stills  map[*Set]bool
	calls   map[*Chain]*Rule   // the first rule that leads to a chain
	hooks   map[*Chain]hookSet // where a chain is called from
	endings map[*Chain]ending
}

func newLinter(rs *Ruleset) *linter {
	l := &linter{
		rs: rs, dead: map[*Rule]bool{}, seen: map[Hook][]witness{}, demands: map[*Chain][]demands{}, writes: map[*Chain]writes{},
		dynamic: map[*Set]bool{}, stills: map[*Set]bool{}, calls: map[*Chain]*Rule{}, hooks: map[*Chain]hookSet{}, endings: map[*Chain]ending{},
	}
	for _, t := range rs.Tables {
		l.findDynamic(t)
		for _, c := range t.Chains {
			if c.Base == nil {
				continue
			}
			l.reach(c, hookSet(0).with(c.Base.Hook))
			if t.Flags&TableDormant == 0 {
				l.bases = append(l.bases, c)
			}
		}
	}
	slices.SortStableFunc(l.bases, func(a, b *Chain) int { return cmp.Compare(a.Base.Priority, b.Base.Priority) })
	return l
}

func (l *linter) add(code string, s Span, msg, hint string, related ...Pos) {
	l.found = append(l.found, Finding{Code: code, Pos: s.Pos, End: s.End, Msg: msg, Hint: hint, Related: related})
}

// place names a rule for a message about what stands at from: by its line, and by its file if that is another one.
func place(at, from Pos) string {
	if at.File == from.File {
		return "line " + strconv.Itoa(at.Line)
	}
	return fileLine(at)
}

// fileLine is file:line.
func fileLine(at Pos) string { return Pos{File: at.File, Line: at.Line}.String() }
