package traffic

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/hookwalk/hookwalk/topology"
)

// serveUDP echoes or discards datagrams. An echo comes from the address that the datagram was sent to, whichever of
// the node's addresses routing would prefer.
func serveUDP(s topology.Service) (io.Closer, error) {
	c, err := listenUDP(s)
	if err != nil {
		return nil, err
	}
	go func() {
		data, oob := make([]byte, 64<<10), make([]byte, 128)
		for {
			n, oobn, _, from, err := c.ReadMsgUDPAddrPort(data, oob)
			if errors.Is(err, net.ErrClosed) {
				return
			}
			if err != nil || s.Name != "echo" {
				continue // an ICMP error that an earlier echo met
			}
			_, _, _ = c.WriteMsgUDPAddrPort(data[:n], answerFrom(oob[:oobn]), from) // UDP may lose it anyway
		}
	}()
	return c, nil
}

// listenUDP opens one socket, of both families if the service has no address, that tells where each datagram went.
func listenUDP(s topology.Service) (*net.UDPConn, error) {
	lc := net.ListenConfig{Control: func(network, _ string, c syscall.RawConn) error {
		var optErr error
		err := c.Control(func(fd uintptr) {
			if network == "udp4" {
				optErr = unix.SetsockoptInt(int(fd), unix.IPPROTO_IP, unix.IP_PKTINFO, 1)
			} else {
				optErr = unix.SetsockoptInt(int(fd), unix.IPPROTO_IPV6, unix.IPV6_RECVPKTINFO, 1)
			}
		})
		return errors.Join(err, optErr)
	}}
	// "udp" without an address is an IPv6 socket for both families; IPV6_PKTINFO then has IPv4 addresses as
	// ::ffff:a.b.c.d, in both directions (ip_cmsg_send, net/ipv4/ip_sockglue.c).
	network, host := "udp6", ""
	if s.Addr.IsValid() {
		if host = s.Addr.String(); s.Addr.Is4() {
			network = "udp4"
		}
	} else {
		network = "udp"
	}
	at := net.JoinHostPort(host, strconv.Itoa(int(s.Port)))
	c, err := lc.ListenPacket(context.Background(), network, at)
	if network == "udp" && errors.Is(err, unix.EAFNOSUPPORT) { // a kernel without IPv6
		c, err = lc.ListenPacket(context.Background(), "udp4", at)
	}
	if err != nil {
		return nil, fmt.Errorf("listen on %s/udp: %w", at, cause(err))
	}
	return c.(*net.UDPConn), nil // what ListenPacket gives for udp
}

// answerFrom turns the packet info of a datagram into that of its answer: the destination becomes the source, and
// routing chooses the device again, except for link-local addresses, which mean nothing without their device. The
// result lies in oob.
func answerFrom(oob []byte) []byte {
	msgs, err := unix.ParseSocketControlMessage(oob)
	if err != nil {
		return nil
	}
	for _, m := range msgs {
		switch {
		case m.Header.Level == unix.IPPROTO_IPV6 && m.Header.Type == unix.IPV6_PKTINFO && len(m.Data) >= unix.SizeofInet6Pktinfo:
			to := netip.AddrFrom16([16]byte(m.Data[:16])) // struct in6_pktinfo, include/uapi/linux/ipv6.h
			if to.Unmap().IsMulticast() || to.Unmap() == netip.AddrFrom4([4]byte{255, 255, 255, 255}) {
				return nil
			}
			if !to.IsLinkLocalUnicast() {
				binary.NativeEndian.PutUint32(m.Data[16:], 0)
			}
		case m.Header.Level == unix.IPPROTO_IP && m.Header.Type == unix.IP_PKTINFO && len(m.Data) >= unix.SizeofInet4Pktinfo:
			binary.NativeEndian.PutUint32(m.Data, 0) // struct in_pktinfo, include/uapi/linux/in.h; ipi_spec_dst stays
		}
	}
	return oob
}
