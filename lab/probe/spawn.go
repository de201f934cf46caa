package probe

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// self is the running program, however it was found and even if its file is gone.
const self = "/proc/self/exe"

// ordinaryUser is nobody's number, used where root must find out what others can do.
const ordinaryUser = 65534

// inside has features tried by a child process in the namespaces of a lab. It gives what was found, about Namespaces
// and, unless root, UserNamespaces too. A feature is missing in it only if there are no namespaces.
func inside(ctx context.Context, try []Feature) []finding {
	args := []string{childName}
	for _, f := range try {
		args = append(args, string(f))
	}
	attr := &syscall.SysProcAttr{Setsid: true, Cloneflags: syscall.CLONE_NEWNS | syscall.CLONE_NEWPID | syscall.CLONE_NEWIPC |
		syscall.CLONE_NEWUTS | syscall.CLONE_NEWNET}
	user := !Privileged()
	if user {
		attr.Cloneflags |= syscall.CLONE_NEWUSER
		attr.UidMappings = []syscall.SysProcIDMap{{HostID: os.Geteuid(), Size: 1}}
		attr.GidMappings = []syscall.SysProcIDMap{{HostID: os.Getegid(), Size: 1}}
	}
	// Of a program whose file only others may read, /proc belongs to root, and its uid_map cannot be written.
	_ = unix.Prctl(unix.PR_SET_DUMPABLE, 1, 0, 0, 0) // if refused, it shows below
	found, err := converse(ctx, args, attr)
	if len(found) == 0 { // not even Namespaces
		if err == nil {
			err = errNothing
		}
		f := finding{Feature: Namespaces, Status: Unknown, Reason: words(err)}
		if startFailed(err) {
			err = fmt.Errorf("make the namespaces: %w", err)
			f = judge(Namespaces, deniedIf(absentIf(err, unix.EINVAL, unix.ENOSYS), namespaceRight(user),
				unix.EPERM, unix.EACCES, unix.ENOSPC, unix.EUSERS))
		}
		found = append(found, f)
	}
	if user {
		f := found[0]
		f.Feature = UserNamespaces
		found = append(found, f)
	}
	if found[0].Status != Yes {
		return found
	}
	for _, name := range try {
		if !has(found, name) {
			why := "the process that tried it ended"
			if err != nil {
				why += ": " + words(err)
			}
			found = append(found, finding{Feature: name, Status: Unknown, Reason: why})
		}
	}
	return found
}

func namespaceRight(user bool) string {
	if user {
		return "CAP_SYS_ADMIN and CAP_NET_ADMIN in a user namespace"
	}
	return "new namespaces"
}

func has(list []finding, name Feature) bool {
	for _, f := range list {
		if f.Feature == name {
			return true
		}
	}
	return false
}

// asUser finds out whether an ordinary user can make the namespaces of a lab, by being one.
func asUser(ctx context.Context) finding {
	attr := &syscall.SysProcAttr{Setsid: true, Credential: &syscall.Credential{Uid: ordinaryUser, Gid: ordinaryUser}}
	found, err := converse(ctx, []string{userName}, attr)
	switch {
	case len(found) == 1:
		return found[0]
	case errors.Is(err, unix.EACCES):
		return finding{Feature: UserNamespaces, Status: Unknown, Reason: "other users may not execute this program's file",
			Cure: "run hookwalk doctor as an ordinary user"}
	case err == nil:
		err = errNothing
	case startFailed(err):
		err = fmt.Errorf("become uid %d: %w", ordinaryUser, err)
	}
	return finding{Feature: UserNamespaces, Status: Unknown, Reason: words(err)}
}

var errNothing = errors.New("the process that tried it said nothing")

// startError is an error of starting a process, not of what the process did.
type startError struct{ error }

func (e startError) Unwrap() error { return e.error }

func startFailed(err error) bool {
	var e startError
	return errors.As(err, &e)
}

// converse executes this program under another argv[0] and reads what it finds until it ends.
func converse(ctx context.Context, args []string, attr *syscall.SysProcAttr) ([]finding, error) {
	cmd := exec.CommandContext(ctx, self)
	var stderr bytes.Buffer
	cmd.Args, cmd.Dir, cmd.Stderr, cmd.SysProcAttr = args, "/", &stderr, attr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, startError{err}
	}
	if err := cmd.Start(); err != nil {
		var errno unix.Errno // without "fork/exec /proc/self/exe"
		if errors.As(err, &errno) {
			err = errno
		}
		return nil, startError{err}
	}
	var found []finding
	in := json.NewDecoder(out)
	for {
		var f finding
		if err = in.Decode(&f); err != nil {
			break
		}
		found = append(found, f)
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	if ended := cmd.Wait(); ended != nil {
		err = ended
	}
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	if first, _, _ := strings.Cut(strings.TrimSpace(stderr.String()), "\n"); err != nil && first != "" {
		err = fmt.Errorf("%w: %s", err, first)
	}
	return found, err
}
