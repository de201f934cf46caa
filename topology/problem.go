package topology

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
)

// Severity is how bad a problem is.
type Severity string

// The severities.
const (
	SeverityError   Severity = "error"   // the lab cannot be made from this file
	SeverityWarning Severity = "warning" // it can, but probably not as it was meant
)

// Problem is one thing that is wrong in a file of the lab.
type Problem struct {
	Pos      Pos      `json:"pos"`           // where; the file is named so that it opens from where Load was called
	End      Pos      `json:"end,omitzero"`  // just behind the value, on the same line; zero: not known
	Severity Severity `json:"severity"`      //
	Path     string   `json:"path"`          // like links[2].ends[0]; "" for a mistake in YAML itself or in a ruleset
	Value    string   `json:"value"`         // what was written, "" if something is missing
	Msg      string   `json:"msg"`           // what is wrong, with the value in it
	Rule     string   `json:"rule"`          // which check found it, a word for searching: unknown-node
	Hint     string   `json:"hint,omitzero"` // what would be right, or what to do
	Source   string   `json:"source"`        // the line of the file that Pos names, without its end
}

// Error is "file:line:col: message", with "warning: " before the message of a warning.
func (p Problem) Error() string {
	s := printable(p.Msg)
	if p.Severity == SeverityWarning {
		s = "warning: " + s
	}
	if pos := p.Pos.String(); pos != "" {
		s = pos + ": " + s
	}
	return s
}

// Problems are all problems of a lab's files, sorted by file, line and column: the topology file first.
type Problems []Problem

// Count gives how many are errors and how many are warnings.
func (ps Problems) Count() (errs, warnings int) {
	for _, p := range ps {
		if p.Severity == SeverityWarning {
			warnings++
		} else {
			errs++
		}
	}
	return errs, warnings
}

// HasErrors reports whether the lab cannot be made.
func (ps Problems) HasErrors() bool {
	n, _ := ps.Count()
	return n > 0
}

// Err is ps as an error that says everything, as Render does; nil if there are only warnings or nothing.
func (ps Problems) Err() error {
	if !ps.HasErrors() {
		return nil
	}
	return &InvalidError{ps}
}

// InvalidError says that the files of a lab are wrong, and all of how.
type InvalidError struct {
	Problems Problems
}

// Error is the first problem and the number of the others; Problems.Render has all of them.
func (e *InvalidError) Error() string {
	n, _ := e.Problems.Count()
	first := e.Problems[slices.IndexFunc(e.Problems, func(p Problem) bool { return p.Severity != SeverityWarning })]
	if n == 1 {
		return first.Error()
	}
	return fmt.Sprintf("%v (and %s)", first, count(n-1, "more error"))
}

// AsProblems finds the problems in err.
func AsProblems(err error) (Problems, bool) {
	var e *InvalidError
	if !errors.As(err, &e) {
		return nil, false
	}
	return e.Problems, true
}

// sort puts ps in order, the topology file main first, and drops what was said twice.
func (ps *Problems) sort(main string) {
	rank := func(file string) int {
		if file == main {
			return 0
		}
		return 1
	}
	slices.SortStableFunc(*ps, func(a, b Problem) int {
		return cmp.Or(
			cmp.Compare(rank(a.Pos.File), rank(b.Pos.File)),
			cmp.Compare(a.Pos.File, b.Pos.File),
			cmp.Compare(a.Pos.Line, b.Pos.Line),
			cmp.Compare(a.Pos.Col, b.Pos.Col),
		)
	})
	// An alias brings the same text to several places, and its mistakes with it.
	*ps = slices.CompactFunc(*ps, func(a, b Problem) bool { return a.Pos == b.Pos && a.Msg == b.Msg })
}

// count is "1 error" or "2 errors".
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
