// Package traffic makes the packets of a lab: probes, and the servers that answer them.
package traffic

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"github.com/hookwalk/hookwalk/topology"
)

// Target is where a probe goes, as the command line says it: "web", "web:80", "web:53/udp", "203.0.113.1:8080/tcp",
// "[2001:db8::1]:80/tcp", "2001:db8::1", "web/icmp".
type Target struct {
	Host  string // a node, or an address
	Port  uint16 // 0: none
	Proto string // tcp, udp, icmp ("icmp" also stands for ICMPv6)
}

// ParseTarget reads a Target. Without a port the protocol is icmp, with one it is tcp.
func ParseTarget(s string) (Target, error) {
	t := Target{Host: s}
	if host, proto, ok := strings.Cut(s, "/"); ok {
		switch proto {
		case "tcp", "udp", "icmp":
		case "icmpv6", "icmp6":
			proto = "icmp"
		default:
			return t, fmt.Errorf("%s: protocol %q is not one of tcp, udp, icmp", s, proto)
		}
		t.Host, t.Proto = host, proto
	}
	host, port, hasPort, err := splitPort(t.Host)
	if err != nil {
		return t, fmt.Errorf("%s: %w", s, err)
	}
	t.Host = host
	if hasPort {
		n, err := strconv.ParseUint(port, 10, 16)
		if err != nil || n == 0 {
			return t, fmt.Errorf("%s: port %q is not a number from 1 to 65535", s, port)
		}
		t.Port = uint16(n)
	}
	switch {
	case t.Host == "":
		return t, fmt.Errorf("%q names no node and no address", s)
	case t.Proto == "" && hasPort:
		t.Proto = "tcp"
	case t.Proto == "":
		t.Proto = "icmp"
	case t.Proto == "icmp" && hasPort:
		return t, fmt.Errorf("%s: icmp has no ports", s)
	case t.Proto != "icmp" && !hasPort:
		return t, fmt.Errorf("%s: which port? %s:PORT/%s", s, t.Host, t.Proto)
	}
	return t, nil
}

// splitPort cuts "host:port", "[v6]:port", "[v6]", "v6" and "host".
func splitPort(s string) (host, port string, ok bool, err error) {
	if rest, found := strings.CutPrefix(s, "["); found {
		host, rest, found = strings.Cut(rest, "]")
		if !found {
			return "", "", false, fmt.Errorf("no ] behind the IPv6 address")
		}
		if rest == "" {
			return host, "", false, nil
		}
		port, found = strings.CutPrefix(rest, ":")
		if !found {
			return "", "", false, fmt.Errorf("%q behind the ], want :PORT", rest)
		}
		return host, port, true, nil
	}
	if strings.Count(s, ":") > 1 { // an IPv6 address without brackets has no port
		return s, "", false, nil
	}
	host, port, ok = strings.Cut(s, ":")
	return host, port, ok, nil
}

// String is the target as ParseTarget reads it.
func (t Target) String() string {
	if t.Port == 0 {
		return t.Host
	}
	host := t.Host
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	return fmt.Sprintf("%s:%d/%s", host, t.Port, t.Proto)
}

// Family restricts a probe to one IP version.
type Family int

// The families: AnyFamily takes what both ends have, IPv4 first.
const (
	AnyFamily Family = 0
	IPv4      Family = 4
	IPv6      Family = 6
)

func (f Family) allows(a netip.Addr) bool {
	return f == AnyFamily || (f == IPv4) == a.Is4()
}

// Resolve gives the address that a probe from the node from goes to. A node's name stands for its first address
// of a family that from has too; an address stands for itself, whether a node owns it or not.
func (t Target) Resolve(plan *topology.Plan, from string, family Family) (netip.Addr, error) {
	if plan.Node(from) == nil {
		return netip.Addr{}, fmt.Errorf("no node %q in lab %s%s", from, plan.Name, plan.Suggest(from))
	}
	if a, err := netip.ParseAddr(t.Host); err == nil {
		if !family.allows(a) {
			return a, fmt.Errorf("%s is not an IPv%d address", a, family)
		}
		return a.Unmap(), nil
	}
	if plan.Node(t.Host) == nil {
		return netip.Addr{}, fmt.Errorf("no node %q in lab %s, and it is not an address%s", t.Host, plan.Name, plan.Suggest(t.Host))
	}
	var has4, has6 bool
	for _, p := range plan.AddrsOf(from) {
		has4 = has4 || p.Addr().Is4()
		has6 = has6 || p.Addr().Is6()
	}
	var other []netip.Addr
	for _, p := range plan.AddrsOf(t.Host) {
		a := p.Addr()
		switch {
		case !family.allows(a):
		case a.Is4() && has4, a.Is6() && has6:
			return a, nil
		default:
			other = append(other, a)
		}
	}
	if len(other) > 0 {
		return netip.Addr{}, fmt.Errorf("%s has %s, but %s has no address of that family", t.Host, other[0], from)
	}
	if family != AnyFamily {
		return netip.Addr{}, fmt.Errorf("node %s has no IPv%d address", t.Host, family)
	}
	return netip.Addr{}, fmt.Errorf("node %s has no address", t.Host)
}
