package traffic

import (
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/netip"

	"golang.org/x/sys/unix"

	"github.com/hookwalk/hookwalk/topology"
)

// serveUDP echoes or discards datagrams. An echo comes from the address that the datagram was sent to, whichever of
// the node's addresses routing would prefer.
func serveUDP(s topology.Service, gate *Gate) (io.Closer, error) {
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
			gate.pass()
			_, _, _ = c.WriteMsgUDPAddrPort(data[:n], answerFrom(oob[:oobn]), from) // UDP may lose it anyway
		}
	}()
	return c, nil
}

// listenUDP opens the socket in the network namespace of the calling thread.
func listenUDP(s topology.Service) (*net.UDPConn, error) {
	f, err := serviceSocket(s, unix.SOCK_DGRAM)
	if err != nil {
		return nil, err
	}
	defer f.Close() // FilePacketConn has its own
	c, err := net.FilePacketConn(f)
	if err != nil {
		return nil, err
	}
	return c.(*net.UDPConn), nil // what it gives for a datagram socket of IP
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
