package link

import (
	"encoding/binary"
	"net/netip"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// AddAddr gives a device an address with its prefix length. An IPv6 address is usable at once: it is added without
// duplicate address detection, which would hold it back for a second or more.
func (c *Conn) AddAddr(index int, p netip.Prefix) error {
	r := c.request(unix.RTM_NEWADDR, create)
	msg := nl.NewIfAddrmsg(family(p.Addr()))
	msg.Index = uint32(index)
	msg.Prefixlen = uint8(p.Bits())
	if p.Addr().Is6() {
		msg.IfAddrmsg.Flags = unix.IFA_F_NODAD
	}
	r.AddData(msg)
	local := p.Addr().AsSlice()
	r.AddData(nl.NewRtAttr(unix.IFA_LOCAL, local))
	r.AddData(nl.NewRtAttr(unix.IFA_ADDRESS, local))
	if p.Addr().Is4() && p.Bits() < 31 { // RFC 3021: a /31 has no broadcast address
		r.AddData(nl.NewRtAttr(unix.IFA_BROADCAST, broadcast(p)))
	}
	return c.do(r)
}

// DelAddr takes an address from a device.
func (c *Conn) DelAddr(index int, p netip.Prefix) error {
	r := c.request(unix.RTM_DELADDR, unix.NLM_F_ACK)
	msg := nl.NewIfAddrmsg(family(p.Addr()))
	msg.Index = uint32(index)
	msg.Prefixlen = uint8(p.Bits())
	r.AddData(msg)
	local := p.Addr().AsSlice()
	r.AddData(nl.NewRtAttr(unix.IFA_LOCAL, local))
	r.AddData(nl.NewRtAttr(unix.IFA_ADDRESS, local))
	return c.do(r)
}

// Addr is an address of a device.
type Addr struct {
	Index  int
	Prefix netip.Prefix
	Scope  uint8  // RT_SCOPE_*
	Flags  uint32 // IFA_F_*
}

// Addrs asks for all addresses of the namespace.
func (c *Conn) Addrs() ([]Addr, error) {
	msgs, err := c.addrs(unix.AF_UNSPEC)
	if err != nil {
		return nil, err
	}
	list := make([]Addr, 0, len(msgs))
	for _, m := range msgs {
		a, err := parseAddr(m)
		if err != nil {
			return nil, err
		}
		list = append(list, a)
	}
	return list, nil
}

// addrs asks for all addresses of a family, and gives the messages.
func (c *Conn) addrs(family int) ([][]byte, error) {
	r := c.request(unix.RTM_GETADDR, unix.NLM_F_DUMP)
	r.AddData(nl.NewIfAddrmsg(family))
	return c.dump(r, unix.RTM_NEWADDR)
}

// parseAddr reads an RTM_NEWADDR: struct ifaddrmsg of include/uapi/linux/if_addr.h and its attributes.
func parseAddr(b []byte) (Addr, error) {
	if len(b) < unix.SizeofIfAddrmsg {
		return Addr{}, errShort
	}
	a := Addr{Index: int(binary.NativeEndian.Uint32(b[4:])), Scope: b[3], Flags: uint32(b[2])}
	bits := int(b[1])
	var local, address netip.Addr
	err := eachAttr(b[unix.SizeofIfAddrmsg:], func(kind uint16, v []byte) error {
		switch {
		case kind == unix.IFA_LOCAL:
			local, _ = netip.AddrFromSlice(v)
		case kind == unix.IFA_ADDRESS:
			address, _ = netip.AddrFromSlice(v)
		case kind == unix.IFA_FLAGS && len(v) >= 4: // all of them; the header has room for eight
			a.Flags = binary.NativeEndian.Uint32(v)
		}
		return nil
	})
	if !local.IsValid() { // IPv6 has only IFA_ADDRESS, if it is not a point-to-point device
		local = address
	}
	a.Prefix = netip.PrefixFrom(local, bits)
	return a, err
}

func family(a netip.Addr) int {
	if a.Is4() {
		return unix.AF_INET
	}
	return unix.AF_INET6
}

// broadcast is the last address of an IPv4 network.
func broadcast(p netip.Prefix) []byte {
	b := p.Addr().AsSlice()
	for bit := p.Bits(); bit < 32; bit++ {
		b[bit/8] |= 0x80 >> (bit % 8)
	}
	return b
}
