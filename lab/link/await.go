package link

import (
	"errors"
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

// Want is what a device must be able to do before it counts as ready.
type Want struct {
	Name  string
	Index int
	Port  bool // it forwards as the port of a bridge
	// Blocked: or it blocks, as the spanning tree protocol wants it.
	Blocked bool
	// Always: it has carrier whenever it is up, and the kernel does not say that its queue takes packets.
	Always bool
	IPv6   bool // all its IPv6 addresses are usable, and it has a link-local one
}

// NotReadyError says what a device still lacks when the wait for it ended.
type NotReadyError struct {
	Dev   string
	Lacks string
}

func (e *NotReadyError) Error() string { return e.Dev + " " + e.Lacks }

// Await returns when every device of the network namespace of the calling thread can do what is wanted. It waits for
// the kernel's own events, until the deadline; then the error is a *NotReadyError.
func (c *Conn) Await(wants []Want, deadline time.Time) error {
	lacking, err := c.lacking(wants)
	if err != nil || lacking == nil {
		return err
	}
	// Whatever happens from here on is queued on the socket. What happened before it was there, the second look sees.
	events, err := open(unix.RTNLGRP_LINK, unix.RTNLGRP_IPV6_IFADDR)
	if err != nil {
		return err
	}
	defer events.Close()
	for {
		if lacking, err = c.lacking(wants); err != nil || lacking == nil {
			return err
		}
		if err := events.next(deadline); err != nil {
			if errors.Is(err, unix.EAGAIN) {
				return lacking
			}
			return err
		}
	}
}

// next waits for an event. Which one does not matter: the kernel is asked again after any. Overflow is one, too.
func (c *Conn) next(deadline time.Time) error {
	left := time.Until(deadline)
	if left <= 0 {
		return unix.EAGAIN
	}
	timeout := unix.NsecToTimeval(left.Nanoseconds())
	if err := c.socket().SetReceiveTimeout(&timeout); err != nil {
		return err
	}
	_, _, err := c.socket().Receive()
	if errors.Is(err, unix.ENOBUFS) {
		return nil
	}
	return err
}

// lacking finds the first thing that is not as wanted, nil if there is none.
func (c *Conn) lacking(wants []Want) (*NotReadyError, error) {
	six := false
	for _, w := range wants {
		s, err := c.State(w.Index)
		switch {
		case err != nil:
			return nil, fmt.Errorf("device %s: %w", w.Name, err)
		case !s.Up && !(w.Always && s.Running):
			return &NotReadyError{w.Name, "has no carrier"}, nil
		case w.Port && !s.Forwarding && !(w.Blocked && s.Blocking):
			return &NotReadyError{w.Name, "does not forward as a bridge port"}, nil
		}
		six = six || w.IPv6
	}
	if !six {
		return nil, nil
	}
	return c.lackingIPv6(wants)
}

// lackingIPv6 looks at the addresses.
func (c *Conn) lackingIPv6(wants []Want) (*NotReadyError, error) {
	msgs, err := c.addrs(unix.AF_INET6)
	if err != nil {
		return nil, fmt.Errorf("IPv6 addresses: %w", err)
	}
	local := map[int]bool{}
	byIndex := map[int]string{}
	for _, w := range wants {
		if w.IPv6 {
			byIndex[w.Index] = w.Name
		}
	}
	for _, m := range msgs {
		a, err := parseAddr(m)
		if err != nil {
			return nil, err
		}
		name, ok := byIndex[a.Index]
		switch {
		case !ok:
		case a.Flags&unix.IFA_F_DADFAILED != 0:
			return nil, fmt.Errorf("device %s: somebody else on the link has the same IPv6 address: %w", name, unix.EADDRINUSE)
		case a.Flags&unix.IFA_F_TENTATIVE != 0:
			return &NotReadyError{name, "has an IPv6 address that is still being checked for duplicates"}, nil
		case a.Scope == unix.RT_SCOPE_LINK:
			local[a.Index] = true
		}
	}
	for index, name := range byIndex {
		if !local[index] && makesLinkLocal(name) {
			return &NotReadyError{name, "has no IPv6 link-local address yet"}, nil
		}
	}
	return nil, nil
}

// makesLinkLocal reports whether the kernel will give the device a link-local address by itself.
func makesLinkLocal(dev string) bool {
	const none = "1" // IN6_ADDR_GEN_MODE_NONE, include/uapi/linux/if_link.h
	conf := "net.ipv6.conf." + sysctlName(dev) + "."
	off, err := GetSysctl(conf + "disable_ipv6")
	if err != nil || off != "0" {
		return false
	}
	mode, err := GetSysctl(conf + "addr_gen_mode")
	return err == nil && mode != none
}
