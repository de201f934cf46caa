package link

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"

	"github.com/hookwalk/hookwalk/topology"
)

// Route is a route.
type Route struct {
	Dst    netip.Prefix
	Via    netip.Addr // invalid: none
	Index  int        // of the device; 0: the one that Via is reached through
	Type   string     // "": unicast; blackhole, unreachable, prohibit, throw
	Table  uint32     // 0: main
	Metric uint32     // 0: the kernel's default
	Src    netip.Addr
	MTU    int // bytes
	OnLink bool
	Hops   []Hop // in place of Via
}

// Hop is one of several next hops.
type Hop struct {
	Via    netip.Addr
	Index  int
	Weight int // 0: 1
}

// AddRoute adds a route. The device must be up.
func (c *Conn) AddRoute(rt Route) error {
	return c.route(unix.RTM_NEWROUTE, create, rt)
}

// route sends a message about a route.
func (c *Conn) route(kind uint16, flags int, rt Route) error {
	if !rt.Dst.IsValid() {
		return errors.New("a route without a destination")
	}
	r := c.request(kind, flags)
	msg := nl.NewRtMsg()
	msg.Family = uint8(family(rt.Dst.Addr()))
	msg.Dst_len = uint8(rt.Dst.Bits())
	msg.Protocol = unix.RTPROT_STATIC
	if rt.Type != "" {
		var err error
		if msg.Type, err = routeKind(rt.Type); err != nil {
			return err
		}
	}
	if !rt.Via.IsValid() && len(rt.Hops) == 0 && rt.Type == "" && rt.Dst.Addr().Is4() {
		msg.Scope = unix.RT_SCOPE_LINK
	}
	if rt.OnLink {
		msg.Flags |= unix.RTNH_F_ONLINK
	}
	if rt.Table != 0 {
		msg.Table = unix.RT_TABLE_UNSPEC
	}
	r.AddData(msg)
	if rt.Table != 0 {
		r.AddData(attr(unix.RTA_TABLE, int(rt.Table)))
	}
	if rt.Dst.Bits() > 0 {
		r.AddData(nl.NewRtAttr(unix.RTA_DST, rt.Dst.Masked().Addr().AsSlice()))
	}
	if rt.Via.IsValid() {
		r.AddData(gateway(rt.Via, rt.Dst))
	}
	if rt.Index != 0 {
		r.AddData(attr(unix.RTA_OIF, rt.Index))
	}
	if rt.Metric != 0 {
		r.AddData(attr(unix.RTA_PRIORITY, int(rt.Metric)))
	}
	if rt.Src.IsValid() {
		r.AddData(nl.NewRtAttr(unix.RTA_PREFSRC, rt.Src.AsSlice()))
	}
	if rt.MTU != 0 {
		metrics := nl.NewRtAttr(unix.RTA_METRICS, nil)
		metrics.AddRtAttr(unix.RTAX_MTU, nl.Uint32Attr(uint32(rt.MTU)))
		r.AddData(metrics)
	}
	if len(rt.Hops) > 0 {
		r.AddData(multipath(rt))
	}
	return c.do(r)
}

// routeKind is RTN_*, include/uapi/linux/rtnetlink.h, of a word of ip-route(8).
func routeKind(word string) (uint8, error) {
	for kind := range uint8(unix.RTN_XRESOLVE) {
		if routeType(int(kind)) == word {
			return kind, nil
		}
	}
	return 0, fmt.Errorf("unknown kind of route %q", word)
}

// gateway is the next hop of a route. That of an IPv4 route may be an IPv6 neighbour (RFC 8950): struct rtvia,
// include/uapi/linux/rtnetlink.h.
func gateway(via netip.Addr, dst netip.Prefix) *nl.RtAttr {
	if via.Is4() == dst.Addr().Is4() {
		return nl.NewRtAttr(unix.RTA_GATEWAY, via.AsSlice())
	}
	return nl.NewRtAttr(unix.RTA_VIA, append(nl.Uint16Attr(uint16(family(via))), via.AsSlice()...))
}

// multipath is RTA_MULTIPATH: for each next hop a struct rtnexthop with attributes behind it.
func multipath(rt Route) *nl.RtAttr {
	var list []byte
	for _, h := range rt.Hops {
		via := gateway(h.Via, rt.Dst).Serialize()
		list = binary.NativeEndian.AppendUint16(list, uint16(unix.SizeofRtNexthop+len(via)))
		list = append(list, 0, uint8(max(h.Weight, 1)-1)) // rtnh_hops is the weight less one
		list = binary.NativeEndian.AppendUint32(list, uint32(h.Index))
		list = append(list, via...)
	}
	return nl.NewRtAttr(unix.RTA_MULTIPATH, list)
}

// Actions and flags of rules, include/uapi/linux/fib_rules.h.
const (
	frActToTable     = 1 // FR_ACT_TO_TBL
	frActBlackhole   = 6 // FR_ACT_BLACKHOLE
	frActUnreachable = 7 // FR_ACT_UNREACHABLE
	frActProhibit    = 8 // FR_ACT_PROHIBIT
	fibRuleInvert    = 2 // FIB_RULE_INVERT
	fraIPProto       = 22
	fraSportRange    = 23
	fraDportRange    = 24
)

// AddRule adds a rule of policy routing.
func (c *Conn) AddRule(rule *topology.Rule) error { return c.rule(unix.RTM_NEWRULE, create, rule) }

// rule sends a message about a rule.
func (c *Conn) rule(kind uint16, flags int, rule *topology.Rule) error {
	header := nl.NewRtMsg() // struct fib_rule_hdr has the same layout
	header.Family = unix.AF_INET
	if rule.IPv6 {
		header.Family = unix.AF_INET6
	}
	header.Protocol, header.Scope, header.Table = 0, 0, unix.RT_TABLE_UNSPEC
	switch rule.Type {
	case "":
		header.Type = frActToTable
	case "blackhole":
		header.Type = frActBlackhole
	case "unreachable":
		header.Type = frActUnreachable
	case "prohibit":
		header.Type = frActProhibit
	default:
		return fmt.Errorf("unknown kind of rule %q", rule.Type)
	}
	if rule.Not {
		header.Flags = fibRuleInvert
	}
	r := c.request(kind, flags)
	r.AddData(header)
	if rule.From.IsValid() {
		header.Src_len = uint8(rule.From.Bits())
		r.AddData(nl.NewRtAttr(nl.FRA_SRC, rule.From.Addr().AsSlice()))
	}
	if rule.To.IsValid() {
		header.Dst_len = uint8(rule.To.Bits())
		r.AddData(nl.NewRtAttr(nl.FRA_DST, rule.To.Addr().AsSlice()))
	}
	r.AddData(attr(nl.FRA_PRIORITY, int(rule.Priority)))
	if rule.Iif != "" {
		r.AddData(nl.NewRtAttr(nl.FRA_IIFNAME, nl.ZeroTerminated(rule.Iif)))
	}
	if rule.Oif != "" {
		r.AddData(nl.NewRtAttr(nl.FRA_OIFNAME, nl.ZeroTerminated(rule.Oif)))
	}
	if rule.Mask != 0 {
		r.AddData(attr(nl.FRA_FWMARK, int(rule.Mark)))
		r.AddData(attr(nl.FRA_FWMASK, int(rule.Mask)))
	}
	if rule.Proto != 0 {
		r.AddData(attr8(fraIPProto, rule.Proto))
	}
	for kind, ports := range map[int]topology.PortRange{fraSportRange: rule.Sport, fraDportRange: rule.Dport} {
		if ports != (topology.PortRange{}) { // struct fib_rule_port_range
			r.AddData(nl.NewRtAttr(kind, binary.NativeEndian.AppendUint16(nl.Uint16Attr(ports.From), ports.To)))
		}
	}
	if rule.Suppress != nil {
		r.AddData(attr(nl.FRA_SUPPRESS_PREFIXLEN, *rule.Suppress))
	}
	if rule.Table != 0 {
		r.AddData(attr(nl.FRA_TABLE, int(rule.Table)))
	}
	return c.do(r)
}

// AddNeighbour adds an entry that stays to the neighbour table of a device.
func (c *Conn) AddNeighbour(index int, e *topology.Neighbour) error {
	return c.neighbour(unix.RTM_NEWNEIGH, create, index, e)
}

// neighbour sends a message about an entry of the neighbour table.
func (c *Conn) neighbour(kind uint16, how int, index int, e *topology.Neighbour) error {
	state, flags := uint16(unix.NUD_PERMANENT), uint8(0)
	attrs := []*nl.RtAttr{nl.NewRtAttr(unix.NDA_DST, e.Addr.AsSlice())}
	if e.Proxy {
		flags = unix.NTF_PROXY
	} else {
		mac, err := attrMAC(unix.NDA_LLADDR, e.MAC)
		if err != nil {
			return err
		}
		attrs = append(attrs, mac)
	}
	r := c.request(kind, how)
	r.AddRawData(withAttrs(ndmsg(uint8(family(e.Addr)), index, state, flags), attrs))
	return c.do(r)
}
