package nft

import (
	"fmt"
	"strings"
)

// Check turns a file into the ruleset that it asks for: names resolved, values typed, every rule checked against what
// nft and the kernel accept. All mistakes are reported, also those of [Parse], sorted by place; the ruleset is nil if
// there is one. Chains and sets may be used before they are written.
func Check(f *File) (*Ruleset, Errors) {
	c := &checker{
		rs: &Ruleset{}, used: map[Span]*variable{}, chains: map[chainKey]*Chain{}, graves: map[*Table][]grave{}, gone: map[*Rule]bool{}, flushed: map[*Chain][]*Rule{}, emptied: map[*Set]int{}, meters: map[chainKey]*Rule{}, blocks: map[*Table]int{}, looped: map[*Verdict]bool{},
		errs: append(Errors(nil), f.errs...), partial: len(f.errs) > 0,
	}
	c.file(f)
	for _, p := range []phase{phaseTypes, phaseObjects, phaseElements, phaseRules} {
		for _, j := range c.jobs[p] {
			if len(c.errs) >= maxErrors {
				break
			}
			c.table, c.chain, c.env, c.now = j.table, j.chain, j.env, j.now
			c.try(j.run)
		}
		if p == phaseElements {
			c.finishSets()
		}
	}
	c.checkHooks()
	if len(c.errs) > 0 {
		c.errs.sort()
		return nil, c.errs
	}
	for _, t := range c.rs.Tables {
		for _, ch := range t.Chains {
			for i, r := range ch.Rules {
				r.Index = i
			}
		}
	}
	return c.rs, nil
}

// phase is when a part of the file is checked: names are collected while it is read, and each phase may use what the
// ones before it have made.
type phase uint8

const (
	phaseTypes    phase = iota // of sets
	phaseObjects               // counters, limits and quotas with a name
	phaseElements              // of sets
	phaseRules
	phases
)

// job is a part of the file that is checked in a phase, with what is in sight there.
type job struct {
	table *Table
	chain *Chain
	env   *variable
	now   int
	run   func()
}

type checker struct {
	rs    *Ruleset
	errs  Errors
	files []*File // all that were read, to show their lines
	// partial: something could not be parsed, so that a name which is missing may have been there.
	partial bool
	jobs    [phases][]job

	table  *Table
	chain  *Chain // nil outside of rules
	env    *variable
	ctx    checkCtx
	toMark bool                // what is computed is for a mark
	inners map[string]checkCtx // of what is in the tunnels of a rule, by their names

	used   map[Span]*variable // where a variable was put in, and which
	copied int                // nodes that variables were replaced by
	chains map[chainKey]*Chain

	now     int // how many things were deleted up to this point of the file
	graves  map[*Table][]grave
	gone    map[*Rule]bool     // rules that a command removed
	flushed map[*Chain][]*Rule // of chains that were flushed: all rules, to count an index as nft does
	emptied map[*Set]int       // the last job of phaseElements that empties a set
	inRule  *Rule              // the one being checked

	meters map[chainKey]*Rule // and the rules they are in
	blocks map[*Table]int     // how many chains in braces there are

	needs  []hookNeed
	looped map[*Verdict]bool // jumps that close a loop
}

// later puts a part of the file off.
func (c *checker) later(p phase, run func()) {
	c.jobs[p] = append(c.jobs[p], job{c.table, c.chain, c.env, c.now, run})
}

// try runs f up to the first mistake it gives up at; false if it gave up.
func (c *checker) try(f func()) (ok bool) {
	defer func() {
		if r := recover(); r != nil {
			if _, is := r.(bailout); !is {
				panic(r)
			}
			ok = false
		}
	}()
	f()
	return true
}

// report adds an error and goes on.
func (c *checker) report(s Span, hint, format string, args ...any) *Error {
	e := &Error{Pos: s.Pos, End: s.End, Msg: fmt.Sprintf(format, args...), Hint: hint}
	if len(c.errs) >= maxErrors {
		return e
	}
	for _, f := range c.files {
		if f.Name == s.Pos.File {
			e.source = lineOf(f.src, s.Pos.Line-f.baseLine, f.baseCol)
			break
		}
	}
	if b := c.used[s]; b != nil {
		e.Hint = strings.TrimPrefix(e.Hint+"; `$"+b.name+"` is defined at "+b.Pos.String(), "; ")
	}
	c.errs = append(c.errs, e)
	return e
}

// fail reports an error and gives up what is being checked; see try.
func (c *checker) fail(s Span, hint, format string, args ...any) {
	c.report(s, hint, format, args...)
	panic(bailout{})
}

// missing reports a name that stands for nothing, and gives up.
func (c *checker) missing(s Span, hint, format string, args ...any) {
	if !c.partial {
		c.report(s, hint, format, args...)
	}
	panic(bailout{})
}

// unsupported reports what nft knows and this package does not, and gives up.
func (c *checker) unsupported(s Span, format string, args ...any) {
	c.report(s, "", format+" is not supported yet", args...).Unsupported = true
	panic(bailout{})
}
