package topology

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// implied are the kernel parameters that a node gets whatever the file says. A new network namespace may take
// values over from the host, and each write costs, in a lab of 1,000 nodes 1,000 times: so what matters is here, and
// nothing else.
//
//   - rp_filter: many distributions set 1 or 2, and a lab that routes asymmetrically would lose packets to it.
//   - accept_dad: without duplicate address detection an address is good at once, not after a second. One write does
//     it: all.accept_dad is 0 in a new namespace, and dad_transmits is read only if detection is on
//     (addrconf_dad_begin, net/ipv6/addrconf.c).
//   - accept_ra: the file alone says what routes there are. It also stops router solicitations
//     (addrconf_dad_completed).
//   - icmp_ratemask, icmp.ratemask: no kind of ICMP error is rationed. Setting the rate to 0 would lift the limit for
//     each peer and leave the one for all, of some 50 in a burst (icmp_global_allow, net/ipv4/icmp.c). 255 is a type
//     that is never rationed: an empty mask is easily lost in a write of nothing.
//   - ping_group_range: ping sockets for group 0, the only one that a lab without root has.
var implied = []Sysctl{
	{Key: "net.ipv4.conf.all.rp_filter", Value: "0"},
	{Key: "net.ipv4.conf.default.rp_filter", Value: "0"},
	{Key: "net.ipv6.conf.default.accept_dad", Value: "0"},
	{Key: "net.ipv6.conf.default.accept_ra", Value: "0"},
	{Key: "net.ipv4.icmp_ratemask", Value: "0"},
	{Key: "net.ipv6.icmp.ratemask", Value: "255"},
	{Key: "net.ipv4.ping_group_range", Value: "0 0"},
}

// impliedBridge keeps bridged frames out of the IP hooks: br_netfilter switches that on in every new namespace.
var impliedBridge = []Sysctl{
	{Key: "net.bridge.bridge-nf-call-iptables", Value: "0"},
	{Key: "net.bridge.bridge-nf-call-ip6tables", Value: "0"},
	{Key: "net.bridge.bridge-nf-call-arptables", Value: "0"},
}

// forwarding is for every kind: a new namespace may come with ip_forward of the host.
func forwarding(k Kind) []Sysctl {
	on := "0"
	if k == Router {
		on = "1"
	}
	return []Sysctl{{Key: "net.ipv4.ip_forward", Value: on}, {Key: "net.ipv6.conf.all.forwarding", Value: on}}
}

// sysctls plans the implied parameters of a node, without those that the file sets, and then the file's.
func (c *compiler) sysctls(n *node) {
	written := make([]Sysctl, 0, len(n.spec.Sysctls))
	first := map[string]Pos{}
	for _, s := range n.spec.Sysctls {
		at := nodePath(n.spec).at("sysctls").at(s.Key.Value)
		key, msg, hint := sysctlKey(s.Key.Value)
		if msg == "" {
			msg, hint = checkSysctlDevice(n, key)
		}
		if msg != "" {
			c.fail(s.Key, at, "sysctl", msg, hint)
			continue
		}
		if p, ok := first[key]; ok {
			c.fail(s.Key, at, "duplicate-key", fmt.Sprintf("%s is set twice (line %d)", key, p.Line), "keep one of them")
			continue
		}
		first[key] = s.Key.Pos
		if k, ok := n.byName[SysctlDevice(key)]; ok {
			key = SysctlFor(key, n.ifaces[k].name) // which may be shorter than in the file
		}
		if strings.TrimSpace(s.Value.Value) == "" || strings.ContainsFunc(s.Value.Value, unicode.IsControl) {
			c.fail(s.Value, at, "sysctl", fmt.Sprintf("%q is not a value for %s", shorten(s.Value.Value), key), "")
			continue
		}
		written = append(written, Sysctl{Key: key, Value: s.Value.Value, Pos: s.Key.Pos})
	}
	list := forwarding(n.plan.Kind)
	list = append(list, implied...)
	if len(n.plan.Bridges) > 0 {
		list = append(list, impliedBridge...)
	}
	for i := range list {
		list[i].Implied = true
	}
	if len(first) > 0 {
		list = slices.DeleteFunc(list, func(s Sysctl) bool { _, ok := first[s.Key]; return ok })
	}
	n.plan.Sysctls = append(list, written...)
}

// sysctlKey gives a key in the form with dots. As in sysctl(8) the first separator decides: with a dot first, a slash
// stands for a dot in the name of a device.
func sysctlKey(s string) (key, msg, hint string) {
	const like = "like net.ipv4.conf.all.rp_filter"
	key = s
	if i := strings.IndexAny(s, "./"); i >= 0 && s[i] == '/' {
		key = strings.Map(func(r rune) rune {
			switch r {
			case '.':
				return '/'
			case '/':
				return '.'
			}
			return r
		}, strings.TrimPrefix(s, "/proc/sys/"))
	}
	parts := strings.Split(key, ".")
	for _, p := range parts {
		ok := p != "" && !strings.HasPrefix(p, "/") && !strings.HasSuffix(p, "/") && !strings.Contains(p, "//")
		for _, r := range p {
			ok = ok && r != ' ' && unicode.IsPrint(r)
		}
		if !ok {
			return key, fmt.Sprintf("%q is not the name of a kernel parameter", shorten(s)), like
		}
	}
	switch {
	case parts[0] == "net" && len(parts) < 3, len(parts) < 2:
		return key, fmt.Sprintf("%q is not the name of a kernel parameter", shorten(s)), like
	case parts[0] != "net":
		return key, fmt.Sprintf("%s belongs to the whole machine, not to a node", shorten(s)), "a node has net.* of its own, nothing else"
	}
	return key, "", ""
}

// SysctlDevice is the device that a kernel parameter is of, as net.ipv4.conf.DEVICE.rp_filter; "" if it is of none.
func SysctlDevice(key string) string {
	p := strings.Split(key, ".")
	if len(p) < 5 || p[2] != "conf" && p[2] != "neigh" {
		return ""
	}
	return strings.ReplaceAll(p[3], "/", ".")
}

// SysctlFor is the key of the same parameter of another device.
func SysctlFor(key, dev string) string {
	p := strings.Split(key, ".")
	p[3] = strings.ReplaceAll(dev, ".", "/")
	return strings.Join(p, ".")
}

// checkSysctlDevice checks the device in a key, if it is one of IP's.
func checkSysctlDevice(n *node, key string) (msg, hint string) {
	dev := SysctlDevice(key)
	if _, ok := n.byName[dev]; ok || dev == "" || dev == "lo" || dev == "all" || dev == "default" || n.shaky {
		return "", ""
	}
	if !strings.HasPrefix(key, "net.ipv4.") && !strings.HasPrefix(key, "net.ipv6.") {
		return "", ""
	}
	return fmt.Sprintf("%s has no device %q", n.plan.Name, shorten(dev)), didYouMean(dev, append(n.ifaceNames(), "all", "default"))
}
