package probe

import (
	"errors"
	"fmt"
	"strings"

	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"
)

// absence is an error that shows that the kernel does not have a feature.
type absence struct{ error }

func (a absence) Unwrap() error { return a.error }

// denial is an error that shows that this user may not have a feature, whether or not the kernel has it.
type denial struct {
	error
	right string // that is missing
}

func (d denial) Unwrap() error { return d.error }

// absentIf makes err an absence if it is one of errnos. Which errno says "I do not know that" is different from one
// part of the kernel to the next.
func absentIf(err error, errnos ...unix.Errno) error {
	for _, errno := range errnos {
		if errors.Is(err, errno) {
			return absence{err}
		}
	}
	return err
}

// deniedIf is the same for a missing right.
func deniedIf(err error, right string, errnos ...unix.Errno) error {
	for _, errno := range errnos {
		if errors.Is(err, errno) {
			return denial{err, right}
		}
	}
	return err
}

// finding is what an attempt showed.
type finding struct {
	Feature Feature `json:"feature"`
	Status  Status  `json:"status"`
	Right   string  `json:"right,omitempty"`
	Reason  string  `json:"reason,omitempty"`
	Cure    string  `json:"cure,omitempty"` // where there is a better one than usual
}

// judge makes a finding of the outcome of an attempt.
func judge(f Feature, err error) finding {
	var absent absence
	var denied denial
	switch {
	case err == nil:
		return finding{Feature: f, Status: Yes}
	case errors.As(err, &denied):
		return finding{Feature: f, Status: No, Right: denied.right, Reason: words(err)}
	case errors.As(err, &absent):
		return finding{Feature: f, Status: No, Reason: words(err)}
	}
	return finding{Feature: f, Status: Unknown, Reason: words(err)}
}

// words is the text of an error without the parts that only say which library was used.
func words(err error) string {
	text := err.Error()
	var op *netlink.OpError
	if errors.As(err, &op) {
		short := op.Err.Error()
		if op.Message != "" {
			short = fmt.Sprintf("%s (%s)", short, strings.TrimSuffix(op.Message, "."))
		}
		text = strings.Replace(text, op.Error(), short, 1)
	}
	return text
}

// first is an error of something that an attempt needs before it comes to its point: it shows nothing about that.
func first(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("could not be tried: %s", words(err))
}
