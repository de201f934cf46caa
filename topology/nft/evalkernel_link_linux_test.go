package nft

import (
	"fmt"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// linkEvents are the kernel's announcements about the devices of the calling thread's network namespace. A device that
// was just set up sends nothing at first: its queue takes packets only once the kernel has noticed the carrier
// (linkwatch_do_dev of net/core/link_watch.c), which it announces.
type linkEvents struct{ fd int }

func watchLinks() (*linkEvents, error) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_ROUTE)
	if err != nil {
		return nil, os.NewSyscallError("socket", err)
	}
	err = unix.Bind(fd, &unix.SockaddrNetlink{Family: unix.AF_NETLINK, Groups: 1 << (unix.RTNLGRP_LINK - 1)})
	if err == nil {
		err = unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &unix.Timeval{Sec: 10})
	}
	if err != nil {
		unix.Close(fd)
		return nil, err
	}
	return &linkEvents{fd}, nil
}

// awaitUp returns when a device is ready to send, and closes the socket.
func (l *linkEvents) awaitUp(index int) error {
	defer unix.Close(l.fd)
	const operUp = 6 // IF_OPER_UP of include/uapi/linux/if.h
	buf := make([]byte, 1<<16)
	for {
		n, err := unix.Read(l.fd, buf)
		if err != nil {
			return fmt.Errorf("wait for device %d to come up: %w", index, err)
		}
		messages, err := syscall.ParseNetlinkMessage(buf[:n])
		if err != nil {
			return err
		}
		for i := range messages {
			m := &messages[i]
			if m.Header.Type != unix.RTM_NEWLINK || int32(getUint(TypeMark.nativeOrder(m.Data[4:8]))) != int32(index) {
				continue
			}
			list, err := syscall.ParseNetlinkRouteAttr(m)
			if err != nil {
				return err
			}
			for _, a := range list {
				if a.Attr.Type == unix.IFLA_OPERSTATE && a.Value[0] == operUp {
					return nil
				}
			}
		}
	}
}
