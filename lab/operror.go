package lab

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"syscall"

	"github.com/hookwalk/hookwalk/topology"
)

// OpError says which step of building or using a lab went wrong. It survives the way from the holder to the caller:
// errors.Is still finds the errno.
type OpError struct {
	Phase  string       // of Up: check, nodes, links, addrs, nft, ready; "" elsewhere
	Op     string       // what was tried: "add address 10.0.0.1/24"
	Node   string       // "" if it concerns the whole lab
	Object string       // device, route, service, ... in the node; "" if Op says it all
	Pos    topology.Pos // what in the file asked for it
	Err    error        // the kernel's own text, with the extended ack
	Hint   string       // what to do next; "" if nobody knows
	Bad    bool         // a file of the lab is wrong, and no machine or user can do it
}

// Error is "file:line:col: op on node:object: cause", with the hint on a line of its own.
func (e *OpError) Error() string {
	var b strings.Builder
	if e.Pos.IsValid() {
		b.WriteString(e.Pos.String() + ": ")
	}
	b.WriteString(e.Op)
	switch {
	case e.Node != "" && e.Object != "":
		b.WriteString(" on " + e.Node + ":" + e.Object)
	case e.Node != "":
		b.WriteString(" on " + e.Node)
	case e.Object != "":
		b.WriteString(" " + e.Object)
	}
	if e.Err != nil {
		b.WriteString(": " + e.Err.Error())
	}
	if e.Hint != "" {
		b.WriteString("\n    " + strings.ReplaceAll(e.Hint, "\n", "\n    "))
	}
	return b.String()
}

// Unwrap gives the cause.
func (e *OpError) Unwrap() error { return e.Err }

// opErrorJSON is an OpError on the wire.
type opErrorJSON struct {
	Phase  string       `json:"phase,omitempty"`
	Op     string       `json:"op"`
	Node   string       `json:"node,omitempty"`
	Object string       `json:"object,omitempty"`
	Pos    topology.Pos `json:"pos,omitzero"`
	Cause  string       `json:"cause,omitempty"`
	Errno  int          `json:"errno,omitempty"`
	Hint   string       `json:"hint,omitempty"`
	Bad    bool         `json:"bad,omitempty"`
}

// MarshalJSON keeps the text of the cause and its errno.
func (e *OpError) MarshalJSON() ([]byte, error) {
	j := opErrorJSON{Phase: e.Phase, Op: e.Op, Node: e.Node, Object: e.Object, Pos: e.Pos, Hint: e.Hint, Bad: e.Bad}
	if e.Err != nil {
		j.Cause = e.Err.Error()
		var errno syscall.Errno
		if errors.As(e.Err, &errno) {
			j.Errno = int(errno)
		}
	}
	return json.Marshal(j)
}

// UnmarshalJSON is the reverse.
func (e *OpError) UnmarshalJSON(b []byte) error {
	var j opErrorJSON
	if err := json.Unmarshal(b, &j); err != nil {
		return fmt.Errorf("read an error from the holder: %w", err)
	}
	*e = OpError{Phase: j.Phase, Op: j.Op, Node: j.Node, Object: j.Object, Pos: j.Pos, Hint: j.Hint, Bad: j.Bad}
	if j.Cause != "" {
		e.Err = &wordedError{j.Cause, syscall.Errno(j.Errno)}
	}
	return nil
}

// wordedError is an errno in better words, or as another process put it.
type wordedError struct {
	text  string
	errno syscall.Errno // 0: none
}

func (e *wordedError) Error() string { return e.text }

func (e *wordedError) Unwrap() error {
	if e.errno == 0 {
		return nil
	}
	return e.errno
}

// asOpError makes err one that can travel.
func asOpError(err error, op string) *OpError {
	var e *OpError
	if errors.As(err, &e) {
		return e
	}
	return &OpError{Op: op, Err: err}
}

// unless is err, but nil if it is one that means that nothing was to be done.
func unless(err error, errno syscall.Errno) error {
	if errors.Is(err, errno) {
		return nil
	}
	return err
}
