package ruleset

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// socket is a netlink socket of the network namespace it was opened in.
type socket struct{ fd int }

// receiveBuffer has room for the answers to some ten thousand rules, where the kernel allows it.
const receiveBuffer = 8 << 20

// openSocket opens a socket in the network namespace of the calling thread.
func openSocket() (*socket, error) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_NETFILTER)
	if err != nil {
		return nil, fmt.Errorf("open a netlink socket: %w", err)
	}
	s := &socket{fd}
	// Without these options errors have fewer words; they are as old as Linux 4.12.
	_ = unix.SetsockoptInt(fd, unix.SOL_NETLINK, unix.NETLINK_EXT_ACK, 1)
	_ = unix.SetsockoptInt(fd, unix.SOL_NETLINK, unix.NETLINK_CAP_ACK, 1)
	if err := unix.Bind(fd, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		s.close()
		return nil, fmt.Errorf("bind a netlink socket: %w", err)
	}
	return s, nil
}

func (s *socket) close() error {
	fd := s.fd
	s.fd = -1
	return os.NewSyscallError("close", unix.Close(fd))
}

// room makes the socket's buffers as large as a batch needs. Only root of the whole machine may go beyond
// net.core.wmem_max (SO_SNDBUFFORCE asks for CAP_NET_ADMIN in the first user namespace).
func (s *socket) room(send, receive int) {
	for _, b := range []struct{ force, plain, size int }{
		{unix.SO_SNDBUFFORCE, unix.SO_SNDBUF, send},
		{unix.SO_RCVBUFFORCE, unix.SO_RCVBUF, receive},
	} {
		if b.size > 0 && unix.SetsockoptInt(s.fd, unix.SOL_SOCKET, b.force, b.size) != nil {
			_ = unix.SetsockoptInt(s.fd, unix.SOL_SOCKET, b.plain, b.size) // as much as there is
		}
	}
}

// send sends a whole batch. The kernel works it off before send returns: its answers are there then.
func (s *socket) send(b []byte) error {
	err := unix.Sendto(s.fd, b, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK})
	if errors.Is(err, unix.EMSGSIZE) {
		return fmt.Errorf("the rules are %d KB as one transaction, more than the kernel takes from an ordinary user: "+
			"run as root, or raise net.core.wmem_max of the host to %d: %w", len(b)/1000+1, len(b), err)
	}
	return os.NewSyscallError("sendto", err)
}

// reply is one message from the kernel.
type reply struct {
	typ    uint16
	flags  uint16
	seq    uint32
	family uint8  // of an nf_tables message
	attrs  []byte // of an nf_tables message
	fail   *failure
}

// failure is what an NLMSG_ERROR says.
type failure struct {
	errno  unix.Errno
	words  string // of the extended ack, "" if it has none
	offset int    // in the message that failed, of the attribute that is wrong; 0 if not known
}

// replies gives f what the kernel has answered. It does not wait: after send returned all is there; a dump goes on
// as long as it is read. f ends it by returning false. lost says that the kernel had more to say than there was room:
// the first answers are there, later ones are not.
func (s *socket) replies(f func(reply) bool) (lost bool, err error) {
	buf := make([]byte, 1<<16)
	for {
		n, _, err := unix.Recvfrom(s.fd, buf, unix.MSG_DONTWAIT)
		switch {
		case errors.Is(err, unix.EAGAIN):
			return lost, nil
		case errors.Is(err, unix.EINTR):
			continue
		case errors.Is(err, unix.ENOBUFS):
			lost = true
			continue
		case err != nil:
			return lost, os.NewSyscallError("recvfrom", err)
		}
		for b := buf[:n]; len(b) >= unix.NLMSG_HDRLEN; {
			size := int(binary.NativeEndian.Uint32(b))
			if size < unix.NLMSG_HDRLEN || size > len(b) {
				return lost, fmt.Errorf("a netlink message says that it is %d bytes long, there are %d", size, len(b))
			}
			if !f(parseReply(b[:size])) {
				return lost, nil
			}
			b = b[min(len(b), (size+3)&^3):]
		}
	}
}

func parseReply(b []byte) reply {
	r := reply{
		typ:   binary.NativeEndian.Uint16(b[4:]),
		flags: binary.NativeEndian.Uint16(b[6:]),
		seq:   binary.NativeEndian.Uint32(b[8:]),
	}
	body := b[unix.NLMSG_HDRLEN:]
	switch {
	case r.typ == unix.NLMSG_ERROR && len(body) >= 4:
		r.fail = parseFailure(body, r.flags)
	case r.typ>>8 == unix.NFNL_SUBSYS_NFTABLES && len(body) >= nfgenmsgLen:
		r.family = body[0]
		r.attrs = body[nfgenmsgLen:]
	}
	return r
}

// parseFailure reads struct nlmsgerr and the attributes behind it (enum nlmsgerr_attrs of netlink.h). It is nil for
// an acknowledgement.
func parseFailure(body []byte, flags uint16) *failure {
	code := int32(binary.NativeEndian.Uint32(body))
	if code == 0 {
		return nil
	}
	f := &failure{errno: unix.Errno(-code)}
	rest := body[4:]
	skip := unix.NLMSG_HDRLEN // with NETLINK_CAP_ACK only the header of the message that failed is repeated
	if flags&unix.NLM_F_CAPPED == 0 && len(rest) >= 4 {
		skip = int(binary.NativeEndian.Uint32(rest)+3) &^ 3
	}
	if flags&unix.NLM_F_ACK_TLVS == 0 || skip > len(rest) {
		return f
	}
	eachAttr(rest[skip:], func(typ uint16, v []byte) {
		switch {
		case typ == unix.NLMSGERR_ATTR_MSG:
			f.words = cString(v)
		case typ == unix.NLMSGERR_ATTR_OFFS && len(v) >= 4:
			f.offset = int(binary.NativeEndian.Uint32(v))
		}
	})
	return f
}

// eachAttr gives f every attribute of a list.
func eachAttr(b []byte, f func(typ uint16, v []byte)) {
	for len(b) >= unix.NLA_HDRLEN {
		n := int(binary.NativeEndian.Uint16(b))
		if n < unix.NLA_HDRLEN || n > len(b) {
			return
		}
		f(binary.NativeEndian.Uint16(b[2:])&^(unix.NLA_F_NESTED|unix.NLA_F_NET_BYTEORDER), b[unix.NLA_HDRLEN:n])
		b = b[min(len(b), (n+3)&^3):]
	}
}

func cString(b []byte) string {
	for i, c := range b {
		if c == 0 {
			return string(b[:i])
		}
	}
	return string(b)
}
