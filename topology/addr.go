package topology

import (
	"fmt"
	"net/netip"
	"strings"
)

// parseIfaceAddr reads an address of a device with its prefix length. What is not one of the device's own comes
// back with the reason.
func parseIfaceAddr(s string) (p netip.Prefix, msg, hint string) {
	if !strings.Contains(s, "/") {
		a, err := netip.ParseAddr(s)
		if err != nil {
			return p, fmt.Sprintf("%q is not an address", shorten(s)), addrHint(s, "like 192.0.2.1/24 or 2001:db8::1/64")
		}
		bits := 24
		if a.Is6() {
			bits = 64
		}
		return p, fmt.Sprintf("%s has no prefix length", s), fmt.Sprintf("%s/%d?", a.WithZone(""), bits)
	}
	p, err := netip.ParsePrefix(s)
	if err != nil {
		return p, fmt.Sprintf("%q is not an address with a prefix length", shorten(s)), addrHint(s, "like 192.0.2.1/24 or 2001:db8::1/64")
	}
	a, bits := p.Addr(), p.Bits()
	net := p.Masked()
	switch {
	case a.Is4In6():
		return p, s + " is an IPv4 address in IPv6 clothes", fmt.Sprintf("write %s", a.Unmap())
	case a.IsUnspecified():
		return p, s + " is no address of a device: it means any", ""
	case a.IsMulticast():
		return p, s + " is a multicast address, a device cannot have it", ""
	case a.IsLoopback():
		return p, s + " is a loopback address, it never leaves a node", "lo has it in every node already"
	case bits == 0:
		return p, s + " would make the whole internet one link", fmt.Sprintf("%s/24?", a)
	case a == netip.AddrFrom4([4]byte{255, 255, 255, 255}):
		return p, s + " is the broadcast address", ""
	case a.Is4() && bits < 31 && a == net.Addr():
		return p, fmt.Sprintf("%s is the network itself, not an address in it", s), fmt.Sprintf("%s/%d?", a.Next(), bits)
	case a.Is4() && bits < 31 && a == lastAddr(net):
		return p, fmt.Sprintf("%s is the broadcast address of %s", s, net), fmt.Sprintf("%s/%d?", a.Prev(), bits)
	}
	return p, "", ""
}

// addrHint says what is wrong with a text that is nearly an address.
func addrHint(s, otherwise string) string {
	if strings.ContainsAny(s, `"'`) {
		return `quotes stand around the whole: "pc1:eth0 2001:db8::11/64"`
	}
	host, bits, hasBits := strings.Cut(s, "/")
	if i := strings.IndexByte(host, '%'); i >= 0 {
		return fmt.Sprintf("without the zone %s", shorten(host[i:]))
	}
	if n := strings.Count(host, "."); n != 3 && n > 0 && strings.Trim(host, "0123456789.") == "" {
		return "an IPv4 address has four numbers"
	}
	parts := strings.Split(host, ".")
	if len(parts) != 4 || strings.Contains(host, ":") {
		if a, err := netip.ParseAddr(host); err == nil && hasBits {
			return fmt.Sprintf("the prefix length of %s is 0 to %d, not %q", a, a.BitLen(), shorten(bits))
		}
		return otherwise
	}
	for _, p := range parts {
		n := 0
		for _, c := range []byte(p) {
			if c < '0' || c > '9' {
				return otherwise
			}
			n = min(n*10+int(c-'0'), 1000)
		}
		switch {
		case p == "":
			return "a part between two dots is empty"
		case n > 255:
			return fmt.Sprintf("%s is more than 255", shorten(p))
		case len(p) > 1 && p[0] == '0':
			return fmt.Sprintf("%s: no leading zeros, some programs read them as octal", shorten(p))
		}
	}
	if hasBits {
		if m, err := netip.ParseAddr(bits); err == nil && m.Is4() {
			if n, ok := maskBits(m); ok {
				return fmt.Sprintf("write the mask as a length: %s/%d", host, n)
			}
		}
		return fmt.Sprintf("the prefix length of %s is 0 to 32, not %q", host, shorten(bits))
	}
	return otherwise
}

// maskBits is the prefix length of a netmask like 255.255.255.0.
func maskBits(mask netip.Addr) (int, bool) {
	b := mask.As4()
	v := uint32(b[0])<<24 | uint32(b[1])<<16 | uint32(b[2])<<8 | uint32(b[3])
	n := 0
	for ; v&(1<<31) != 0; v <<= 1 {
		n++
	}
	return n, v == 0
}

// lastAddr is the highest address of a prefix: for IPv4 its broadcast address.
func lastAddr(p netip.Prefix) netip.Addr {
	b := p.Masked().Addr().AsSlice()
	for i := p.Bits(); i < 8*len(b); i++ {
		b[i/8] |= 0x80 >> (i % 8)
	}
	a, _ := netip.AddrFromSlice(b)
	return a
}

// parseDst reads the destination of a route. Default takes the family of its next hop.
func parseDst(s string, via netip.Addr) (p netip.Prefix, msg, hint string) {
	if s == "default" {
		if via.Is6() {
			return netip.PrefixFrom(netip.IPv6Unspecified(), 0), "", ""
		}
		return netip.PrefixFrom(netip.IPv4Unspecified(), 0), "", ""
	}
	if a, err := netip.ParseAddr(s); err == nil && a.Zone() == "" {
		p = netip.PrefixFrom(a, a.BitLen())
	} else if p, err = netip.ParsePrefix(s); err != nil {
		return p, fmt.Sprintf("%q is not a destination", shorten(s)), addrHint(s, "like 10.0.0.0/8, 2001:db8::/32 or default")
	}
	switch {
	case p.Addr().Is4In6():
		return p, s + " is an IPv4 destination in IPv6 clothes", "write it in IPv4"
	case p != p.Masked():
		return p, fmt.Sprintf("%s has bits behind its prefix", s), fmt.Sprintf("%s? or %s/%d?", p.Masked(), p.Addr(), p.Addr().BitLen())
	case p.Addr().IsMulticast():
		return p, s + " is multicast: routes for it are not supported yet", ""
	}
	return p, "", ""
}

// parseHop reads the address of a next hop.
func parseHop(s string) (a netip.Addr, msg, hint string) {
	a, err := netip.ParseAddr(s)
	switch {
	case err != nil:
		if p, err := netip.ParsePrefix(s); err == nil {
			return a, fmt.Sprintf("%s must be an address without a prefix length", s), p.Addr().String() + "?"
		}
		return a, fmt.Sprintf("%q is not an address", shorten(s)), addrHint(s, "like 192.0.2.1 or 2001:db8::1")
	case a.Zone() != "":
		return a, fmt.Sprintf("%s has a zone", s), fmt.Sprintf("write it as a route: default via %s dev %s", a.WithZone(""), a.Zone())
	case a.Is4In6():
		return a, s + " is an IPv4 address in IPv6 clothes", a.Unmap().String() + "?"
	case a.IsUnspecified(), a.IsMulticast(), a.IsLoopback():
		return a, s + " cannot be a next hop", ""
	}
	return a, "", ""
}
