package netns

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// Scratch runs f in a new network namespace without a name, on a thread of its own, and waits for it. The namespace
// ends with the thread, and with whatever f left open in it.
func Scratch(f func() error) error {
	return Hop(func(*Hopper) error {
		if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
			return fmt.Errorf("make a network namespace: %w", err)
		}
		return f()
	})
}
