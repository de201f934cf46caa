// Package netns makes network namespaces, pins them under names, and runs functions inside them.
//
// Names live in Dir, the folder that ip netns uses. A lab has a folder of its own there, in its own mount namespace,
// so names are plain and never meet those of the host or of another lab.
//
// A network namespace belongs to a thread, not to a process. So a function that needs one runs on a thread that is
// locked to its goroutine and thrown away afterwards: a thread that was elsewhere never comes back to the Go
// scheduler. Sockets and files that were opened inside stay inside, and may be used from any goroutine.
package netns

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"

	"golang.org/x/sys/unix"
)

// Dir is where namespaces are pinned, NETNS_RUN_DIR of iproute2 (include/namespace.h).
const Dir = "/run/netns"

// Path is the file at which the namespace called name is pinned.
func Path(name string) string { return filepath.Join(Dir, name) }

// Do runs f in the network namespace pinned as name, on a thread of its own, and waits for it. Goroutines that f
// starts are not in the namespace. It may be called from many goroutines.
func Do(name string, f func() error) error {
	return Hop(func(h *Hopper) error {
		if err := h.Enter(name); err != nil {
			return err
		}
		return f()
	})
}

// Open opens the pinned namespace as a file descriptor, for netlink messages that name one. The caller closes it.
func Open(name string) (int, error) {
	fd, err := unix.Open(Path(name), unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return -1, fmt.Errorf("open network namespace %s: %w", name, notPinned(err))
	}
	return fd, nil
}

// Hopper is a thread that goes from one network namespace to the next. It costs one thread for any number of
// namespaces, where Do costs one each. It belongs to the function that Hop gave it to.
type Hopper struct{ _ [0]func() }

// Hop runs f on a thread of its own, which f may move between namespaces, and waits for it. f begins in the network
// namespace of the process.
func Hop(f func(*Hopper) error) error {
	done := make(chan error, 1)
	go lonely(func() { done <- f(&Hopper{}) })
	return <-done
}

// lonely runs f on a locked thread that ends with it. It is never the main thread: that one cannot end, and
// /proc/PID/ns shows its namespaces as those of the process.
func lonely(f func()) {
	runtime.LockOSThread() // never unlocked: the thread ends with the goroutine
	if unix.Gettid() != os.Getpid() {
		f()
		return
	}
	done := make(chan struct{})
	go func() { // cannot land on the main thread while this goroutine is locked to it
		defer close(done)
		lonely(f)
	}()
	<-done
	runtime.UnlockOSThread()
}

// Enter moves the thread into the network namespace pinned as name.
func (*Hopper) Enter(name string) error {
	fd, err := Open(name)
	if err != nil {
		return err
	}
	err = unix.Setns(fd, unix.CLONE_NEWNET)
	_ = unix.Close(fd) // a namespace file has nothing to flush
	if err != nil {
		return fmt.Errorf("enter network namespace %s: %w", name, err)
	}
	return nil
}

// Create makes a network namespace, moves the thread into it, and pins it as name. Dir must exist. The pin is a
// mount: it lasts as long as the mount namespace, or until it is unmounted.
func (*Hopper) Create(name string) error {
	fd, err := unix.Open(Path(name), unix.O_CREAT|unix.O_EXCL|unix.O_RDONLY|unix.O_CLOEXEC, 0o444)
	if err != nil {
		return fmt.Errorf("create %s: %w", Path(name), err)
	}
	_ = unix.Close(fd) // an empty file
	if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
		return fmt.Errorf("create network namespace %s: %w", name, err)
	}
	if err := unix.Mount("/proc/thread-self/ns/net", Path(name), "", unix.MS_BIND, ""); err != nil {
		return fmt.Errorf("pin network namespace at %s: %w", Path(name), err)
	}
	return nil
}

// Remove takes the pin away. The namespace goes with the last process and the last socket in it. A pin that another mount
// namespace has a copy of goes there too: it is detached from a file that is removed.
func Remove(name string) error {
	if err := unix.Unmount(Path(name), unix.MNT_DETACH); err != nil {
		return fmt.Errorf("unpin network namespace %s: %w", name, notPinned(err))
	}
	if err := unix.Unlink(Path(name)); err != nil {
		return fmt.Errorf("remove %s: %w", Path(name), err)
	}
	return nil
}

// ID is the number of the namespace pinned as name: its inode on nsfs, as in net:[4026531840].
func ID(name string) (uint64, error) {
	var st unix.Stat_t
	if err := unix.Stat(Path(name), &st); err != nil {
		return 0, fmt.Errorf("network namespace %s: %w", name, notPinned(err))
	}
	return st.Ino, nil
}

// notPinned turns a missing file into words.
func notPinned(err error) error {
	if err == unix.ENOENT {
		return fmt.Errorf("there is none of this name: %w", err)
	}
	return err
}
