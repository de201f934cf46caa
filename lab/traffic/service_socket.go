package traffic

import (
	"errors"
	"fmt"
	"net/netip"
	"os"

	"golang.org/x/sys/unix"

	"github.com/hookwalk/hookwalk/topology"
)

// serviceSocket opens the socket of a service in the network namespace of the calling thread: of kind SOCK_STREAM,
// listening, or SOCK_DGRAM. Without an address one socket serves both families.
//
// Package net must not open it: it finds out once for a process whether there is IPv6, in whatever namespace it
// happens to be (ipStackCapabilities), and here each has its own answer.
func serviceSocket(s topology.Service, kind int) (*os.File, error) {
	addr := s.Addr
	if !addr.IsValid() {
		addr = netip.IPv6Unspecified()
	}
	f, err := openSocket(netip.AddrPortFrom(addr, s.Port), kind)
	if !s.Addr.IsValid() && errors.Is(err, unix.EAFNOSUPPORT) { // a kernel without IPv6
		f, err = openSocket(netip.AddrPortFrom(netip.IPv4Unspecified(), s.Port), kind)
	}
	if err != nil {
		at := fmt.Sprintf("port %d/%s", s.Port, s.Proto)
		if s.Addr.IsValid() {
			at = netip.AddrPortFrom(s.Addr, s.Port).String() + "/" + s.Proto
		}
		return nil, fmt.Errorf("listen on %s: %w", at, err)
	}
	return f, nil
}

// openSocket opens a bound socket. A stream listens; a datagram socket tells where each datagram was sent to.
func openSocket(at netip.AddrPort, kind int) (*os.File, error) {
	family := unix.AF_INET6
	if at.Addr().Is4() {
		family = unix.AF_INET
	}
	fd, err := unix.Socket(family, kind|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	f := os.NewFile(uintptr(fd), at.String())
	if err := bindSocket(fd, at, kind); err != nil {
		_ = f.Close() // nothing was sent
		return nil, err
	}
	return f, nil
}

func bindSocket(fd int, at netip.AddrPort, kind int) error {
	type option struct{ level, name, value int }
	var options []option
	if kind == unix.SOCK_STREAM {
		options = append(options, option{unix.SOL_SOCKET, unix.SO_REUSEADDR, 1})
	}
	var to unix.Sockaddr
	if at.Addr().Is4() {
		to = &unix.SockaddrInet4{Port: int(at.Port()), Addr: at.Addr().As4()}
		if kind == unix.SOCK_DGRAM {
			options = append(options, option{unix.IPPROTO_IP, unix.IP_PKTINFO, 1})
		}
	} else {
		to = &unix.SockaddrInet6{Port: int(at.Port()), Addr: at.Addr().As16()}
		options = append(options, option{unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, 0})
		if kind == unix.SOCK_DGRAM {
			// On a socket of both families IPV6_PKTINFO has IPv4 addresses as ::ffff:a.b.c.d, in both directions
			// (ip_cmsg_send, net/ipv4/ip_sockglue.c).
			options = append(options, option{unix.IPPROTO_IPV6, unix.IPV6_RECVPKTINFO, 1})
		}
	}
	for _, o := range options {
		if err := unix.SetsockoptInt(fd, o.level, o.name, o.value); err != nil {
			return err
		}
	}
	if err := unix.Bind(fd, to); err != nil {
		return err
	}
	if kind == unix.SOCK_STREAM {
		return unix.Listen(fd, unix.SOMAXCONN)
	}
	return nil
}
