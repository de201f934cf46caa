package link

import (
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
