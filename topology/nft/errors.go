package nft

import (
	"errors"
	"sort"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Error is one mistake in a ruleset, with its place.
type Error struct {
	Pos Pos
	End Pos
	Msg string // what is wrong, with the word that is
	// Hint is what to do about it, "" if nothing can be said.
	Hint string
	// Want are the words that would have been right here, if they are few enough to name.
	Want []string
	// Unsupported: nft knows this, this package does not yet. The nft binary could load the file.
	Unsupported bool

	source string // the source line, for Render
}

// Error is "file:line:col: message".
func (e *Error) Error() string {
	if !e.Pos.IsValid() {
		return e.Msg
	}
	return e.Pos.String() + ": " + e.Msg
}

// Render is the message, the source line with a caret under the spot, and the hint; several lines, each ended.
func (e *Error) Render() string {
	var b strings.Builder
	b.WriteString(e.Error())
	b.WriteByte('\n')
	if e.source != "" {
		num := strconv.Itoa(e.Pos.Line)
		pad := strings.Repeat(" ", len(num))
		// The column is of the file; what stands before the source line in it (an indent of YAML) is in source as well.
		col := min(max(e.Pos.Col-1, 0), len(e.source))
		end := len(e.source)
		if e.End.Line == e.Pos.Line && e.End.Col > e.Pos.Col {
			end = min(e.End.Col-1, len(e.source))
		}
		b.WriteString("  " + num + " | " + strings.ReplaceAll(e.source, "\t", " ") + "\n")
		b.WriteString("  " + pad + " | " + strings.Repeat(" ", utf8.RuneCountInString(e.source[:col])))
		b.WriteString(strings.Repeat("^", max(1, utf8.RuneCountInString(e.source[col:max(end, col)]))) + "\n")
	}
	if e.Hint != "" {
		b.WriteString("  hint: " + e.Hint + "\n")
	}
	return b.String()
}

// Errors are all mistakes of a file, sorted by place.
type Errors []*Error

// Error is one line for each.
func (l Errors) Error() string {
	var s []string
	for _, e := range l {
		s = append(s, e.Error())
	}
	return strings.Join(s, "\n")
}

// Unwrap gives the single errors to errors.Is and errors.As.
func (l Errors) Unwrap() []error {
	out := make([]error, len(l))
	for i, e := range l {
		out[i] = e
	}
	return out
}

// Err is l as an error: nil if it is empty.
func (l Errors) Err() error {
	if len(l) == 0 {
		return nil
	}
	return l
}

// Unsupported reports whether l has errors and all of them are constructs that only this package does not know, so
// that the nft binary may well accept the file.
func (l Errors) Unsupported() bool {
	for _, e := range l {
		if !e.Unsupported {
			return false
		}
	}
	return len(l) > 0
}

// Render is all of them with source line, caret and hint, and a line that counts them if they are several.
func (l Errors) Render() string {
	var b strings.Builder
	for _, e := range l {
		b.WriteString(e.Render())
	}
	if len(l) > 1 {
		b.WriteString(strconv.Itoa(len(l)) + " errors\n")
	}
	return b.String()
}

// sort orders the errors by place; files keep the order in which they were first named.
func (l Errors) sort() {
	file := map[string]int{}
	for _, e := range l {
		if _, ok := file[e.Pos.File]; !ok {
			file[e.Pos.File] = len(file)
		}
	}
	sort.SliceStable(l, func(i, j int) bool {
		a, b := l[i].Pos, l[j].Pos
		if a.File != b.File {
			return file[a.File] < file[b.File]
		}
		if a.Line != b.Line {
			return a.Line < b.Line
		}
		return a.Col < b.Col
	})
}

// AsErrors finds the Errors in err.
func AsErrors(err error) (Errors, bool) {
	var l Errors
	ok := errors.As(err, &l)
	return l, ok
}
