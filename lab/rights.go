package lab

import (
	"errors"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// privileged reports whether this process can make namespaces without a user namespace around them.
func privileged() bool {
	return os.Geteuid() == 0 && hasCapability(unix.CAP_SYS_ADMIN) && hasCapability(unix.CAP_NET_ADMIN)
}

// hasCapability reports whether a capability is effective.
func hasCapability(capability uint) bool {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	if err := unix.Capget(&header, &data[0]); err != nil {
		return false
	}
	return data[capability/32].Effective&(1<<(capability%32)) != 0
}

// obstacle is a setting of the machine that keeps ordinary users from making namespaces.
type obstacle struct {
	key   string // a sysctl
	value string // that forbids
	cure  string // the value that allows
}

var obstacles = []obstacle{
	{"kernel.apparmor_restrict_unprivileged_userns", "1", "0"}, // Ubuntu 23.10 and later
	{"kernel.unprivileged_userns_clone", "0", "1"},             // Debian's and Arch's patch
	{"user.max_user_namespaces", "0", "15000"},                 // RHEL 7, hardening guides
	{"user.max_net_namespaces", "0", "15000"},
	{"user.max_mnt_namespaces", "0", "15000"},
	{"user.max_pid_namespaces", "0", "15000"},
}

// namespaceError explains why a lab's namespaces could not be made: which setting forbids it, and the cure.
func namespaceError(err error) error {
	return explainNamespaces(err, privileged(), func(key string) string {
		b, err := os.ReadFile("/proc/sys/" + strings.ReplaceAll(key, ".", "/"))
		if err != nil {
			return ""
		}
		return strings.TrimSpace(string(b))
	})
}

func explainNamespaces(err error, privileged bool, sysctl func(string) string) error {
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
	for _, o := range obstacles {
		if sysctl(o.key) != o.value {
			continue
		}
		e.Op = "need " + what + "; " + o.key + "=" + o.value + " forbids it"
		e.Hint = "run: sudo sysctl " + o.key + "=" + o.cure
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
