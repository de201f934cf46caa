package link

import (
	"errors"
	"fmt"
	"net/netip"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// RouteQuery asks the FIB what it would do with a packet. All of it happens in the network namespace of the
// calling thread.
type RouteQuery struct {
	Dst, Src netip.Addr // Src may be invalid
	Iif      string     // the device the packet came in on; "" for a packet made here
	Mark     uint32
}

// RouteAnswer is the FIB's answer. With Iif the kernel runs its whole input routing (RTM_GETROUTE with RTA_IIF,
// net/ipv4/route.c inet_rtm_getroute), so rp_filter and the forwarding switch count too.
type RouteAnswer struct {
	Type    string // unicast, local, broadcast, unreachable, blackhole, prohibit, ...
	Dev     string
	Gateway netip.Addr // invalid: on-link
	Err     error      // the kernel's refusal: ENETUNREACH no route, EHOSTUNREACH not forwarding, EXDEV rp_filter
}

// String is the answer as ip route get would have it: "via 203.0.113.1 dev eth1".
func (a RouteAnswer) String() string {
	s := ""
	if a.Type != "" && a.Type != "unicast" {
		s = a.Type + " "
	}
	if a.Gateway.IsValid() {
		s += "via " + a.Gateway.String() + " "
	}
	return s + "dev " + a.Dev
}

// LookupRoute asks the FIB of the calling thread's network namespace.
func LookupRoute(q RouteQuery) RouteAnswer {
	opts := &netlink.RouteGetOptions{Iif: q.Iif, Mark: q.Mark}
	if q.Src.IsValid() {
		opts.SrcAddr = q.Src.AsSlice()
	}
	routes, err := netlink.RouteGetWithOptions(q.Dst.AsSlice(), opts)
	if err != nil {
		return RouteAnswer{Err: err}
	}
	if len(routes) == 0 {
		return RouteAnswer{Err: unix.ENETUNREACH}
	}
	r := routes[0]
	a := RouteAnswer{Type: routeType(r.Type)}
	a.Gateway, _ = netip.AddrFromSlice(r.Gw)
	a.Gateway = a.Gateway.Unmap()
	if l, err := netlink.LinkByIndex(r.LinkIndex); err == nil {
		a.Dev = l.Attrs().Name
	}
	return a
}

// routeType spells RTN_*, include/uapi/linux/rtnetlink.h, as ip route does.
func routeType(t int) string {
	names := map[int]string{unix.RTN_UNICAST: "unicast", unix.RTN_LOCAL: "local", unix.RTN_BROADCAST: "broadcast",
		unix.RTN_ANYCAST: "anycast", unix.RTN_MULTICAST: "multicast", unix.RTN_BLACKHOLE: "blackhole",
		unix.RTN_UNREACHABLE: "unreachable", unix.RTN_PROHIBIT: "prohibit", unix.RTN_THROW: "throw"}
	if n, ok := names[t]; ok {
		return n
	}
	return fmt.Sprintf("type %d", t)
}

// LookupNeighbour is the state of addr in the neighbour table of device dev, as ip neighbour spells it:
// reachable, stale, delay, probe, permanent, noarp, incomplete, failed; "none" if there is no entry.
func LookupNeighbour(dev string, addr netip.Addr) (string, error) {
	l, err := netlink.LinkByName(dev)
	if err != nil {
		return "", fmt.Errorf("device %s: %w", dev, err)
	}
	list, err := netlink.NeighList(l.Attrs().Index, family(addr))
	if err != nil {
		return "", fmt.Errorf("neighbours of %s: %w", dev, err)
	}
	for _, n := range list {
		if a, ok := netip.AddrFromSlice(n.IP); ok && a.Unmap() == addr {
			return neighbourState(n.State), nil
		}
	}
	return "none", nil
}

// neighbourState spells NUD_*, include/uapi/linux/neighbour.h.
func neighbourState(s int) string {
	for _, n := range []struct {
		bit  int
		name string
	}{{netlink.NUD_INCOMPLETE, "incomplete"}, {netlink.NUD_REACHABLE, "reachable"}, {netlink.NUD_STALE, "stale"},
		{netlink.NUD_DELAY, "delay"}, {netlink.NUD_PROBE, "probe"}, {netlink.NUD_FAILED, "failed"},
		{netlink.NUD_NOARP, "noarp"}, {netlink.NUD_PERMANENT, "permanent"}} {
		if s&n.bit != 0 {
			return n.name
		}
	}
	return "none"
}

// LookupUp reports whether a device is switched on, and whether it has carrier.
func LookupUp(dev string) (admin, carrier bool, err error) {
	l, err := netlink.LinkByName(dev)
	if err != nil {
		return false, false, fmt.Errorf("device %s: %w", dev, err)
	}
	flags := l.Attrs().RawFlags
	return flags&unix.IFF_UP != 0, flags&unix.IFF_LOWER_UP != 0, nil
}

// LookupListener finds the socket that a packet for addr:port meets, as "tcp 0.0.0.0:80"; "" if there is none.
// proto is tcp or udp.
func LookupListener(proto string, addr netip.Addr, port uint16) (string, error) {
	const tcpListen = 10 // TCP_LISTEN, include/net/tcp_states.h
	families := []uint8{unix.AF_INET, unix.AF_INET6}
	if addr.Is6() {
		families = families[1:]
	}
	var errs []error
	for _, family := range families {
		dump := netlink.SocketDiagTCP
		if proto == "udp" {
			dump = netlink.SocketDiagUDP
		}
		sockets, err := dump(family)
		if err != nil {
			errs = append(errs, fmt.Errorf("sockets: %w", err))
			continue
		}
		for _, s := range sockets {
			if s.ID.SourcePort != port || proto == "tcp" && s.State != tcpListen {
				continue
			}
			local, _ := netip.AddrFromSlice(s.ID.Source)
			local = local.Unmap()
			if local == addr || local.IsUnspecified() {
				return proto + " " + netip.AddrPortFrom(local, port).String(), nil
			}
		}
	}
	return "", errors.Join(errs...)
}
