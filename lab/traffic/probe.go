package traffic

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Probe is one packet that hookwalk sends on purpose.
type Probe struct {
	Proto string     // tcp, udp, icmp
	Src   netip.Addr // invalid: the kernel's choice
	Dst   netip.Addr
	Port  uint16
	Tag   [8]byte // the first bytes of a UDP or ICMP payload; for TCP the first four are the initial sequence number
}

// PayloadBytes is the length of the payload of a UDP or ICMP probe: the tag and a text that tells a human reader
// of a capture what it looks at.
const PayloadBytes = 32

const payloadText = " hookwalk probe         "

// Answer is what came back to a probe.
type Answer struct {
	Kind string     // syn-ack, reset, reply, "" if nothing came
	From netip.Addr // who answered; for an ICMP error the router or host that sent it
	RTT  time.Duration
	// Errno is the socket's error, 0 if there was none: ECONNREFUSED, ENETUNREACH, EHOSTUNREACH, EPERM, ...
	Errno unix.Errno
	// ICMPType and ICMPCode name the ICMP error behind Errno; HasICMP is false when the kernel gave the error by itself.
	ICMPType, ICMPCode uint8
	HasICMP            bool
}

// Socket is a probe's socket. It is opened inside the node's network namespace and used from anywhere. It is for
// one goroutine at a time.
type Socket struct {
	fd    int
	probe Probe
	sent  time.Time
	local netip.AddrPort
}

// Open makes the socket in the calling thread's network namespace and binds it, so that the ports are known
// before anything is sent. TCP needs CAP_NET_ADMIN in the namespace's user namespace (TCP_REPAIR, to choose the
// initial sequence number); the caller closes the socket.
func Open(p Probe) (*Socket, error) {
	domain, any := unix.AF_INET, netip.IPv4Unspecified()
	if p.Dst.Is6() {
		domain, any = unix.AF_INET6, netip.IPv6Unspecified()
	}
	typ, proto, op := unix.SOCK_STREAM, unix.IPPROTO_TCP, "open tcp socket"
	switch p.Proto {
	case "tcp":
	case "udp":
		typ, proto, op = unix.SOCK_DGRAM, unix.IPPROTO_UDP, "open udp socket"
	case "icmp":
		typ, proto, op = unix.SOCK_DGRAM, unix.IPPROTO_ICMP, "open icmp socket"
		if domain == unix.AF_INET6 {
			proto = unix.IPPROTO_ICMPV6
		}
	default:
		return nil, fmt.Errorf("probe: protocol %q is not one of tcp, udp, icmp", p.Proto)
	}
	fd, err := unix.Socket(domain, typ|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, proto)
	if err != nil {
		if p.Proto == "icmp" && errors.Is(err, unix.EACCES) {
			return nil, fmt.Errorf("%s: %w (net.ipv4.ping_group_range of the node must hold group 0)", op, err)
		}
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	s := &Socket{fd: fd, probe: p}
	if err := s.prepare(domain, any); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

func (s *Socket) prepare(domain int, any netip.Addr) error {
	level, opt := unix.SOL_IP, unix.IP_RECVERR // errors with the address of who sent them: ip(7), ipv6(7)
	if domain == unix.AF_INET6 {
		level, opt = unix.SOL_IPV6, unix.IPV6_RECVERR
	}
	if err := unix.SetsockoptInt(s.fd, level, opt, 1); err != nil {
		return fmt.Errorf("probe: ask for icmp errors: %w", err)
	}
	if s.probe.Proto == "tcp" {
		if err := s.setISN(binary.BigEndian.Uint32(s.probe.Tag[:4])); err != nil {
			return err
		}
	}
	src := s.probe.Src
	if !src.IsValid() {
		src = any
	}
	if err := unix.Bind(s.fd, sockaddr(src, 0)); err != nil {
		return fmt.Errorf("probe: bind to %s: %w", src, err)
	}
	return s.readLocal()
}

// setISN chooses the initial sequence number. tcp_v4_connect and tcp_v6_connect keep a write_seq that is set
// already (net/ipv4/tcp_ipv4.c); in repair mode, on a closed socket, TCP_QUEUE_SEQ sets it.
func (s *Socket) setISN(isn uint32) error {
	const (
		sendQueue   = 2  // TCP_SEND_QUEUE, include/net/tcp.h
		offNoProbe  = -1 // TCP_REPAIR_OFF_NO_WP, include/uapi/linux/tcp.h
		repairOn    = 1
		repairError = "probe: choose the tcp sequence number (TCP_REPAIR, needs CAP_NET_ADMIN in the node)"
	)
	for _, o := range []struct{ opt, value int }{
		{unix.TCP_REPAIR, repairOn},
		{unix.TCP_REPAIR_QUEUE, sendQueue},
		{unix.TCP_QUEUE_SEQ, int(int32(isn))},
		{unix.TCP_REPAIR, offNoProbe},
	} {
		if err := unix.SetsockoptInt(s.fd, unix.IPPROTO_TCP, o.opt, o.value); err != nil {
			return fmt.Errorf("%s: %w", repairError, err)
		}
	}
	return nil
}

func (s *Socket) readLocal() error {
	sa, err := unix.Getsockname(s.fd)
	if err != nil {
		return fmt.Errorf("probe: getsockname: %w", err)
	}
	s.local = addrPort(sa)
	return nil
}

// Local is the socket's own address and port. The port is known once Open returned (for ICMP it is the echo
// identifier, known after Send); the address once Send returned.
func (s *Socket) Local() netip.AddrPort { return s.local }

// Send sends the probe: the SYN of a TCP handshake, one UDP datagram, one ICMP echo request. An errno that the
// kernel gives at once (no route, a rule in output that drops) is in the Answer, not the error; done is true then.
func (s *Socket) Send() (a Answer, done bool) {
	s.sent = time.Now()
	err := unix.Connect(s.fd, sockaddr(s.probe.Dst, s.probe.Port))
	if err == nil && s.probe.Proto != "tcp" {
		_, err = unix.Write(s.fd, s.payload())
	}
	_ = s.readLocal() // the source address is chosen now; if this fails it stays unknown
	switch {
	case err == nil, errors.Is(err, unix.EINPROGRESS):
		return a, false
	}
	return s.failed(err), true
}

// payload is the message of a UDP or ICMP probe. The kernel fills the echo identifier and the checksum of a ping
// socket.
func (s *Socket) payload() []byte {
	body := append(append([]byte{}, s.probe.Tag[:]...), payloadText...)
	if s.probe.Proto != "icmp" {
		return body
	}
	typ := byte(8) // ICMP_ECHO, include/uapi/linux/icmp.h
	if s.probe.Dst.Is6() {
		typ = 128 // ICMPV6_ECHO_REQUEST, include/uapi/linux/icmpv6.h
	}
	return append([]byte{typ, 0, 0, 0, 0, 0, 0, 1}, body...)
}

// Wait waits for the answer until ctx ends; no answer by then is an Answer with Kind "".
func (s *Socket) Wait(ctx context.Context) (Answer, error) {
	wake, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		return Answer{}, fmt.Errorf("probe: eventfd: %w", err)
	}
	defer unix.Close(wake)
	stop := context.AfterFunc(ctx, func() {
		_, _ = unix.Write(wake, []byte{1, 0, 0, 0, 0, 0, 0, 0})
	})
	defer func() {
		if !stop() { // it runs or ran: wake must stay open until its write is done
			waitReadable(wake)
		}
	}()
	events := int16(unix.POLLIN)
	if s.probe.Proto == "tcp" {
		events = unix.POLLOUT
	}
	for {
		fds := []unix.PollFd{{Fd: int32(s.fd), Events: events}, {Fd: int32(wake), Events: unix.POLLIN}}
		if _, err := unix.Poll(fds, -1); err != nil {
			if errors.Is(err, unix.EINTR) {
				continue
			}
			return Answer{}, fmt.Errorf("probe: poll: %w", err)
		}
		if fds[0].Revents != 0 {
			if a, ok := s.read(); ok {
				return a, nil
			}
			continue
		}
		return Answer{}, nil
	}
}

func waitReadable(fd int) {
	fds := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
	for {
		if _, err := unix.Poll(fds, -1); !errors.Is(err, unix.EINTR) {
			return
		}
	}
}

// read takes what made the socket ready; ok is false when it was not an answer to this probe.
func (s *Socket) read() (a Answer, ok bool) {
	if errno, _ := unix.GetsockoptInt(s.fd, unix.SOL_SOCKET, unix.SO_ERROR); errno != 0 {
		return s.failed(unix.Errno(errno)), true
	}
	if s.probe.Proto == "tcp" {
		if _, err := unix.Getpeername(s.fd); err != nil {
			return a, false
		}
		return Answer{Kind: "syn-ack", From: s.probe.Dst, RTT: time.Since(s.sent)}, true
	}
	buf := make([]byte, 1500)
	n, from, err := unix.Recvfrom(s.fd, buf, 0)
	if err != nil {
		if errors.Is(err, unix.EAGAIN) || errors.Is(err, unix.EINTR) {
			return a, false
		}
		return s.failed(err), true
	}
	body := buf[:n]
	if s.probe.Proto == "icmp" {
		body = body[min(8, n):]
	}
	if s.probe.Proto == "icmp" && (len(body) < len(s.probe.Tag) || [8]byte(body[:8]) != s.probe.Tag) {
		return a, false // an echo reply to somebody else's request
	}
	a = Answer{Kind: "reply", From: s.probe.Dst, RTT: time.Since(s.sent)}
	if from != nil {
		a.From = addrPort(from).Addr()
	}
	return a, true
}

// failed describes an error of the socket, with the ICMP error behind it if there is one in the error queue.
func (s *Socket) failed(err error) Answer {
	a := Answer{RTT: time.Since(s.sent)}
	var errno unix.Errno
	if !errors.As(err, &errno) {
		errno = unix.EIO
	}
	a.Errno = errno
	s.readErrorQueue(&a)
	if s.probe.Proto == "tcp" && errno == unix.ECONNREFUSED && !a.HasICMP {
		a.Kind, a.From = "reset", s.probe.Dst
	}
	return a
}

// readErrorQueue reads struct sock_extended_err, include/uapi/linux/errqueue.h, which is followed by the address
// of the node that sent the ICMP error.
func (s *Socket) readErrorQueue(a *Answer) {
	oob := make([]byte, 512)
	_, n, _, _, err := unix.Recvmsg(s.fd, make([]byte, 1500), oob, unix.MSG_ERRQUEUE)
	if err != nil {
		return
	}
	messages, err := unix.ParseSocketControlMessage(oob[:n])
	if err != nil {
		return
	}
	const extendedErr = int(unsafe.Sizeof(unix.SockExtendedErr{}))
	for _, m := range messages {
		ip := m.Header.Level == unix.SOL_IP && m.Header.Type == unix.IP_RECVERR
		ip6 := m.Header.Level == unix.SOL_IPV6 && m.Header.Type == unix.IPV6_RECVERR
		if !ip && !ip6 || len(m.Data) < extendedErr {
			continue
		}
		const originICMP, originICMP6 = 2, 3 // SO_EE_ORIGIN_ICMP, SO_EE_ORIGIN_ICMP6
		origin, typ, code := m.Data[4], m.Data[5], m.Data[6]
		if origin != originICMP && origin != originICMP6 {
			continue
		}
		a.HasICMP, a.ICMPType, a.ICMPCode = true, typ, code
		a.From = offender(m.Data[extendedErr:])
	}
}

// offender reads the struct sockaddr_in or sockaddr_in6 behind a sock_extended_err.
func offender(b []byte) netip.Addr {
	if len(b) < 2 {
		return netip.Addr{}
	}
	switch binary.NativeEndian.Uint16(b) {
	case unix.AF_INET:
		if len(b) >= 8 {
			return netip.AddrFrom4([4]byte(b[4:8]))
		}
	case unix.AF_INET6:
		if len(b) >= 24 {
			return netip.AddrFrom16([16]byte(b[8:24])).Unmap()
		}
	}
	return netip.Addr{}
}

// Close closes the socket; a TCP connection ends with FIN.
func (s *Socket) Close() {
	if s.fd >= 0 {
		unix.Close(s.fd)
		s.fd = -1
	}
}

func sockaddr(a netip.Addr, port uint16) unix.Sockaddr {
	if a.Is4() {
		return &unix.SockaddrInet4{Port: int(port), Addr: a.As4()}
	}
	sa := &unix.SockaddrInet6{Port: int(port), Addr: a.As16()}
	if a.Zone() != "" {
		if ifi, err := net.InterfaceByName(a.Zone()); err == nil {
			sa.ZoneId = uint32(ifi.Index)
		}
	}
	return sa
}

func addrPort(sa unix.Sockaddr) netip.AddrPort {
	switch sa := sa.(type) {
	case *unix.SockaddrInet4:
		return netip.AddrPortFrom(netip.AddrFrom4(sa.Addr), uint16(sa.Port))
	case *unix.SockaddrInet6:
		return netip.AddrPortFrom(netip.AddrFrom16(sa.Addr), uint16(sa.Port))
	}
	return netip.AddrPort{}
}
