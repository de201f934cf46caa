package link

import (
	"errors"
	"fmt"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// ForgetUnanswered removes the neighbours of a device that were asked for in vain, in the network namespace of the
// calling thread: they are asked for anew with the next packet, where the kernel would wait up to a second.
func ForgetUnanswered(index int) error {
	for _, family := range []int{unix.AF_INET, unix.AF_INET6} {
		list, err := netlink.NeighList(index, family)
		if err != nil {
			return fmt.Errorf("list neighbours: %w", err)
		}
		for i := range list {
			if list[i].State&(netlink.NUD_INCOMPLETE|netlink.NUD_FAILED) == 0 {
				continue
			}
			if err := netlink.NeighDel(&list[i]); err != nil && !errors.Is(err, unix.ENOENT) {
				return fmt.Errorf("forget neighbour %s: %w", list[i].IP, err)
			}
		}
	}
	return nil
}
