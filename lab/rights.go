package lab

import (
	"errors"

	"golang.org/x/sys/unix"

	"github.com/hookwalk/hookwalk/lab/probe"
)

// privileged reports whether this process can make namespaces without a user namespace around them.
func privileged() bool { return probe.Privileged() }

// namespaceError explains why a lab's namespaces could not be made: which setting forbids it, and the cure.
func namespaceError(err error) error { return explainNamespaces(err, privileged(), probe.Settings()) }

func explainNamespaces(err error, privileged bool, settings []probe.Setting) error {
	e := &OpError{Op: "make the lab's namespaces", Err: err}
	for _, errno := range []unix.Errno{unix.EPERM, unix.EACCES, unix.ENOSPC, unix.EUSERS, unix.EINVAL} {
		if errors.Is(err, errno) {
			e.Err = errno // without fork/exec /proc/self/exe
		}
	}
	what := "CAP_SYS_ADMIN and CAP_NET_ADMIN in a user namespace"
	if privileged {
		what = "new namespaces"
	}
	for _, s := range settings {
		if !s.Blocks {
			continue
		}
		e.Op = "need " + what + "; " + s.Name + "=" + s.Value + " forbids it"
		e.Hint = "run: sudo sysctl " + s.Name + "=" + s.Cure
		if !privileged {
			e.Hint += "\nor:  sudo hookwalk up ..."
		}
		return e
	}
	switch {
	case errors.Is(err, unix.ENOSPC), errors.Is(err, unix.EUSERS):
		e.Hint = "the limits in /proc/sys/user/max_*_namespaces are reached: end other labs or containers, or raise them"
	case errors.Is(err, unix.EINVAL) && !privileged:
		e.Hint = "this kernel was built without CONFIG_USER_NS, which labs of an ordinary user need: sudo hookwalk up ..."
	case errors.Is(err, unix.EPERM), errors.Is(err, unix.EACCES):
		e.Op = "need " + what
		e.Hint = "inside a container: start it with --security-opt seccomp=unconfined, or --privileged"
		if !privileged {
			e.Hint += "\nelse: sudo hookwalk up ..."
		}
	}
	return e
}
