package link

import (
	"errors"
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

// Down takes a device down. The kernel forgets the routes through it, and its IPv6 addresses.
func (c *Conn) Down(index int) error {
	r := c.request(unix.RTM_NEWLINK, unix.NLM_F_ACK)
	msg := ifinfo(index)
	msg.Change = unix.IFF_UP
	r.AddData(msg)
	return c.do(r)
}

// AwaitDown returns when a device of the network namespace of the calling thread carries no packets any more. It
// waits for the kernel's own events, until the deadline.
func (c *Conn) AwaitDown(index int, deadline time.Time) error {
	down := func() (bool, error) {
		s, err := c.State(index)
		return !s.Up, err
	}
	if ok, err := down(); ok || err != nil {
		return err
	}
	events, err := open(unix.RTNLGRP_LINK)
	if err != nil {
		return err
	}
	defer events.Close()
	for {
		if ok, err := down(); ok || err != nil {
			return err
		}
		if err := events.next(deadline); errors.Is(err, unix.EAGAIN) {
			return fmt.Errorf("it still has carrier: %w", unix.ETIMEDOUT)
		} else if err != nil {
			return err
		}
	}
}
