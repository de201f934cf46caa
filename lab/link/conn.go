// Package link makes devices, addresses, routes and kernel parameters, and asks the kernel about them.
//
// All of it happens in the network namespace of the calling thread (see package netns). A Conn is a socket in the
// namespace where it was opened. Errors carry the errno (errors.Is finds it) and the kernel's own explanation, the
// extended ack, where there is one.
package link

import (
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// Conn is a route netlink socket in the network namespace of the thread that opened it. One goroutine may use it at
// a time.
type Conn struct {
	sockets map[int]*nl.SocketHandle
}

// Open opens a Conn in the network namespace of the calling thread.
func Open() (*Conn, error) { return open() }

// open joins the given multicast groups, RTNLGRP_* of include/uapi/linux/rtnetlink.h.
func open(groups ...uint) (*Conn, error) {
	s, err := nl.Subscribe(unix.NETLINK_ROUTE, groups...)
	if err != nil {
		return nil, fmt.Errorf("open netlink socket: %w", err)
	}
	if err := s.SetExtAck(true); err != nil {
		s.Close()
		return nil, fmt.Errorf("ask netlink for explanations: %w", err)
	}
	return &Conn{sockets: map[int]*nl.SocketHandle{unix.NETLINK_ROUTE: {Socket: s}}}, nil
}

// Close closes the socket.
func (c *Conn) Close() { c.socket().Close() }

func (c *Conn) socket() *nl.NetlinkSocket { return c.sockets[unix.NETLINK_ROUTE].Socket }

// request begins a message of type kind, RTM_*.
func (c *Conn) request(kind uint16, flags int) *nl.NetlinkRequest {
	r := nl.NewNetlinkRequest(int(kind), flags)
	r.Sockets = c.sockets
	return r
}

// do sends a request that changes something and waits for the kernel's answer to it.
func (c *Conn) do(r *nl.NetlinkRequest) error {
	writes.Add(1)
	_, err := r.Execute(unix.NETLINK_ROUTE, 0)
	return err
}

// dump sends a request for many objects and gives their messages. A table that changes meanwhile is asked again.
func (c *Conn) dump(r *nl.NetlinkRequest, kind uint16) ([][]byte, error) {
	for {
		msgs, err := r.Execute(unix.NETLINK_ROUTE, kind)
		if !errors.Is(err, nl.ErrDumpInterrupted) {
			return msgs, err
		}
	}
}

const create = unix.NLM_F_CREATE | unix.NLM_F_EXCL | unix.NLM_F_ACK

// attr is one netlink attribute with a 32-bit number.
func attr(kind int, v int) *nl.RtAttr { return nl.NewRtAttr(kind, nl.Uint32Attr(uint32(v))) }

// ifinfo is a struct ifinfomsg for the device of a number, include/uapi/linux/rtnetlink.h.
func ifinfo(index int) *nl.IfInfomsg {
	msg := nl.NewIfInfomsg(unix.AF_UNSPEC)
	msg.Index = int32(index)
	return msg
}

// writes counts what this process has sent to change something.
var writes atomic.Uint64

// Writes is how many netlink messages this process has sent to change something, and how many kernel parameters it has
// written, in any namespace. What only asks does not count.
func Writes() uint64 { return writes.Load() }
