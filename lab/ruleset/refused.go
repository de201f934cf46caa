package ruleset

import (
	"errors"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/hookwalk/hookwalk/topology/nft"
)

// Error says why a ruleset was not loaded. Nothing of it was, then.
type Error struct {
	Pos   nft.Pos // in the ruleset; the zero Pos if it concerns all of it
	What  string  // `rule`, `chain input`, ...; "" if Err says it
	Err   error   // the kernel's errno, with its own words if it has some
	Hint  string  // what to do next; "" if nobody knows
	Other int     // how many more errors the kernel gave
}

// Error is "file:line:col: what: cause", without the hint.
func (e *Error) Error() string {
	var b strings.Builder
	if e.Pos.IsValid() {
		b.WriteString(e.Pos.String() + ": ")
	}
	if e.What != "" {
		b.WriteString(e.What + ": ")
	}
	b.WriteString(e.Err.Error())
	return b.String()
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// kernelError is an errno with the words of the extended ack.
type kernelError struct {
	errno unix.Errno
	words string
}

func (e *kernelError) Error() string {
	if e.words != "" {
		return e.errno.Error() + " (" + e.words + ")"
	}
	return e.errno.Error()
}

func (e *kernelError) Unwrap() error { return e.errno }

// refused says what the kernel did not like.
func refused(rs *nft.Ruleset, b *batch, seq uint32, f *failure) *Error {
	e := &Error{Err: &kernelError{f.errno, f.words}}
	if int(seq) < len(b.parts) {
		p := b.parts[seq]
		e.What = "the kernel refuses this " + p.what
		span := b.place(seq, f.offset)
		e.Pos = span.Pos
	}
	if errors.Is(f.errno, unix.EPERM) {
		e.Hint = "the capability CAP_NET_ADMIN is needed in this network namespace"
	}
	return e
}
