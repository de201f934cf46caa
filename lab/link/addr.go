package link

import (
	"fmt"
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

// Route is a route in the main table.
type Route struct {
	Dst   netip.Prefix
	Via   netip.Addr // invalid: none
	Index int        // of the device; 0: the one that Via is reached through
}

// AddRoute adds a route. The device must be up.
func (c *Conn) AddRoute(rt Route) error {
	r, err := c.routeRequest(unix.RTM_NEWROUTE, create, rt)
	if err != nil {
		return err
	}
	return c.do(r)
}

// routeRequest is a message about a route.
func (c *Conn) routeRequest(kind uint16, flags int, rt Route) (*nl.NetlinkRequest, error) {
	if !rt.Dst.IsValid() {
		return nil, fmt.Errorf("a route without a destination")
	}
	r := c.request(kind, flags)
	msg := nl.NewRtMsg()
	msg.Family = uint8(family(rt.Dst.Addr()))
	msg.Dst_len = uint8(rt.Dst.Bits())
	msg.Protocol = unix.RTPROT_STATIC
	if !rt.Via.IsValid() && rt.Dst.Addr().Is4() {
		msg.Scope = unix.RT_SCOPE_LINK
	}
	r.AddData(msg)
	if rt.Dst.Bits() > 0 {
		r.AddData(nl.NewRtAttr(unix.RTA_DST, rt.Dst.Masked().Addr().AsSlice()))
	}
	switch {
	case !rt.Via.IsValid():
	case rt.Via.Is4() == rt.Dst.Addr().Is4():
		r.AddData(nl.NewRtAttr(unix.RTA_GATEWAY, rt.Via.AsSlice()))
	default: // RFC 5549: an IPv4 route via an IPv6 neighbour; struct rtvia, include/uapi/linux/rtnetlink.h
		via := append(nl.Uint16Attr(uint16(family(rt.Via))), rt.Via.AsSlice()...)
		r.AddData(nl.NewRtAttr(unix.RTA_VIA, via))
	}
	if rt.Index != 0 {
		r.AddData(attr(unix.RTA_OIF, rt.Index))
	}
	return r, nil
}
