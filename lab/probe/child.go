package probe

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"github.com/hookwalk/hookwalk/lab/netns"
)

// Names that the program has, as argv[0], when it was executed by itself to try something.
const (
	childName = "hookwalk-probe"      // in the namespaces of a lab: tries the features that it is given
	userName  = "hookwalk-probe-user" // as an ordinary user: starts such a child
)

// The part of the program that tries things takes over here, before main: so every program can ask, also a test binary
// that knows nothing of this, and none can run its own main a second time by mistake.
func init() {
	switch os.Args[0] {
	case childName:
		os.Exit(childMain(os.Args[1:]))
	case userName:
		os.Exit(userMain())
	}
}

// childMain is the life of the child process. Its standard output is one finding in a line.
func childMain(names []string) int {
	out := json.NewEncoder(os.Stdout)
	err := mounts()
	if out.Encode(judge(Namespaces, err)) != nil {
		return 1
	}
	if err != nil {
		return 0
	}
	for _, name := range names {
		d := Feature(name).find()
		if d == nil || d.try == nil {
			continue
		}
		if out.Encode(judge(d.name, netns.Scratch(d.try))) != nil {
			return 1 // nobody listens
		}
	}
	return 0
}

// mounts does what the holder of a lab does first, and so finds out whether the new namespaces give any right: a
// security module may let everyone make a user namespace, and give nothing in it.
func mounts() error {
	const what = "CAP_SYS_ADMIN in a user namespace"
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_SLAVE, ""); err != nil {
		return deniedIf(fmt.Errorf("take the mounts for myself: %w", err), what, unix.EPERM, unix.EACCES)
	}
	err := unix.Mount("proc", "/proc", "proc", unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, "")
	// Inside a container that hides parts of /proc this is refused; labs work with the outer /proc then.
	if err != nil && !errors.Is(err, unix.EPERM) && !errors.Is(err, unix.EACCES) {
		return fmt.Errorf("mount /proc: %w", err)
	}
	if err := unix.Mount("hookwalk", "/run", "tmpfs", unix.MS_NOSUID|unix.MS_NODEV, "mode=755"); err != nil {
		return deniedIf(fmt.Errorf("mount a private /run: %w", err), what, unix.EPERM, unix.EACCES)
	}
	return nil
}

// userMain finds out whether an ordinary user, who this process is now, can make the namespaces of a lab.
func userMain() int {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	for _, f := range inside(ctx, nil) {
		if f.Feature == UserNamespaces {
			if json.NewEncoder(os.Stdout).Encode(f) != nil {
				return 1
			}
		}
	}
	return 0
}
