package ruleset

import (
	"fmt"
	"strings"
	"testing"
)

// typeofs are selectors that a set can be declared with.
var typeofs = map[string][]string{
	"ip": {
		"ip version", "ip hdrlength", "ip dscp", "ip ecn", "ip length", "ip id", "ip frag-off", "ip ttl", "ip protocol", "ip checksum",
		"ip saddr", "ip daddr", "icmp type", "icmp code", "icmp checksum", "icmp id", "icmp sequence", "icmp gateway", "icmp mtu",
		"igmp type", "igmp mrt", "igmp checksum", "tcp sport", "tcp dport", "tcp sequence", "tcp ackseq", "tcp doff",
		"tcp reserved", "tcp flags", "tcp window", "tcp checksum", "tcp urgptr", "udp sport", "udp dport", "udp length", "udp checksum",
		"udplite sport", "udplite csumcov", "udplite checksum", "sctp dport", "sctp vtag", "sctp checksum", "dccp dport", "dccp type",
		"ah hdrlength", "ah reserved", "ah spi", "ah sequence", "esp spi", "esp sequence", "comp nexthdr", "comp cpi", "th sport", "th dport",
		"@nh,4,4", "@th,32,32", "meta mark", "meta length", "meta protocol", "meta day", "iifname", "oif", "meta skuid", "meta l4proto",
		"meta pkttype", "meta cpu", "meta random", "meta priority", "meta iiftype", "meta iifgroup", "meta iifkind", "ct state",
		"ct original ip saddr", "ct mark", "ct zone", "ct bytes", "ct helper", "ct direction", "ct l3proto", "ct protocol", "ct status",
		"ct id", "ct expiration", "ct original packets", "fib saddr oif", "fib saddr . iif oif", "fib daddr type", "rt classid",
		"rt mtu", "rt ip nexthop", "socket mark", "socket transparent", "numgen inc mod 2", "jhash ip saddr mod 2", "symhash mod 2",
		"meta mark . ip saddr", "ip dscp . tcp flags", "ip saddr . iifname . meta mark", "iifname . ip dscp",
	},
	"ip6": {
		"ip6 version", "ip6 dscp", "ip6 ecn", "ip6 flowlabel", "ip6 length", "ip6 nexthdr", "ip6 hoplimit", "ip6 saddr", "ip6 daddr",
		"icmpv6 type", "icmpv6 code", "icmpv6 checksum", "icmpv6 mtu", "icmpv6 id", "icmpv6 sequence", "icmpv6 max-delay",
	},
	"inet": {"meta nfproto", "meta nfproto . meta l4proto", "ip saddr", "ip6 saddr"},
	"arp": {
		"arp htype", "arp ptype", "arp hlen", "arp plen", "arp operation", "arp saddr ether", "arp saddr ip", "arp daddr ether", "arp daddr ip",
	},
	"bridge": {
		"ether saddr", "ether daddr", "ether type", "vlan pcp", "vlan dei", "vlan cfi", "vlan id", "vlan type", "ether saddr . vlan id",
	},
}

// TestTypeof: what a set was declared of is noted for nft.
func TestTypeof(t *testing.T) {
	for family, list := range typeofs {
		t.Run(family, func(t *testing.T) {
			var b strings.Builder
			fmt.Fprintf(&b, "table %s t {\n", family)
			for i, s := range list {
				decl := fmt.Sprintf("\tset s%d {\n\t\ttypeof %s\n\t}\n", i, s)
				if _, errs := source("table " + family + " t {\n" + decl + "}\n").Check(); len(errs) > 0 {
					t.Errorf("%s: %s", s, errs)
					continue
				}
				b.WriteString(decl)
			}
			b.WriteString("}\n")
			compareWithNFT(t, b.String())
		})
	}
}

// TestDeclarations: tables, chains, sets and objects with everything that can be said of them.
func TestDeclarations(t *testing.T) {
	types := []string{"ipv4_addr", "ipv6_addr", "ether_addr", "ether_type", "arp_op", "inet_proto", "inet_service", "icmp_type", "tcp_flag",
		"dccp_pkttype", "mark", "iface_index", "iface_type", "realm", "classid", "uid", "gid", "ct_state", "ct_dir", "ct_status", "icmpv6_type",
		"pkt_type", "icmp_code", "icmpv6_code", "icmpx_code", "devgroup", "dscp", "ecn", "fib_addrtype", "boolean", "ifname", "igmp_type", "nf_proto"}
	var all strings.Builder
	all.WriteString("table inet t {\n")
	for i, typ := range types {
		fmt.Fprintf(&all, "\tset s%d {\n\t\ttype %s\n\t}\n", i, typ)
	}
	all.WriteString("}\n")
	for name, text := range map[string]string{
		"types": all.String(),
		"tables": `table ip a {
	comment "first"
	flags dormant
	chain c { type filter hook input priority 0; }
}
table ip6 a { }
table arp a { }
table bridge a { }
table netdev a { }
table inet a { }
`,
		"chains": `table inet t {
	chain regular { comment "not hooked"; }
	chain a { type filter hook prerouting priority raw; policy accept; }
	chain b { type filter hook input priority filter - 5; policy drop; comment "hooked"; }
	chain c { type filter hook forward priority mangle; policy accept; }
	chain d { type route hook output priority -150; policy accept; }
	chain e { type filter hook postrouting priority security; policy accept; }
	chain f { type nat hook prerouting priority dstnat; policy accept; }
	chain g { type nat hook postrouting priority srcnat + 1; policy accept; }
	chain h { type filter hook ingress device "lo" priority 5; policy accept; }
	chain i { type filter hook input priority 0; jump regular; }
}
table arp t {
	chain in { type filter hook input priority 0; policy accept; }
	chain out { type filter hook output priority 0; policy drop; }
}
table bridge t {
	chain a { type filter hook prerouting priority dstnat; policy accept; }
	chain b { type filter hook output priority out; policy accept; }
}
table netdev t {
	chain one { type filter hook ingress device "lo" priority -500; policy accept; }
	chain two { type filter hook ingress devices = { "eth0", "eth1" } priority filter; policy drop; }
	chain out { type filter hook egress devices = { "lo", "eth1" } priority 0; policy accept; }
}
`,
		"sets": `table ip t {
	set plain { type ipv4_addr; comment "a set"; size 100; }
	set fixed { type inet_service; flags constant; elements = { 22, 80 }; }
	set ranges { type ipv4_addr; flags interval; auto-merge; elements = { 10.0.0.0/8, 10.0.0.1, 192.0.2.1-192.0.2.9 comment "some", 192.0.2.10 }; }
	set apart { type ipv4_addr; flags interval; elements = { 192.0.2.1-192.0.2.9, 192.0.2.10-192.0.2.19 }; }
	set everything { type inet_service; flags interval; elements = { 0-65535 }; }
	set aging { type ipv4_addr; flags timeout; timeout 1h; gc-interval 10s; elements = { 10.0.0.1 timeout 5m, 10.0.0.2 comment "two" }; }
	set hits { type ipv4_addr; counter; elements = { 10.0.0.1, 10.0.0.2 counter packets 5 bytes 6 }; }
	set both { type ipv4_addr; counter; limit rate 1/second; elements = { 10.0.0.1, 10.0.0.2 counter packets 5 bytes 6 limit rate 2/minute }; }
	set slow { type ipv4_addr; size 50; flags dynamic; limit rate 1/second burst 5 packets; }
	set small { type ipv4_addr; policy memory; }
	set fast { type ipv4_addr; policy performance; }
	set names { type ifname; flags interval; elements = { "eth*", "lo" }; }
	set links { type iface_index; elements = { "lo", "eth0" }; }
	set users { type uid; elements = { root, 5 }; }
	set pairs { type ipv4_addr . inet_service . mark; flags interval; elements = { 10.0.0.0/8 . 80-90 . 5, 10.0.0.1 . 22 . 1-9 }; }
	set bits { type tcp_flag; elements = { syn, syn | ack }; }
	set catchall { type ipv4_addr; counter; elements = { 10.0.0.1, * }; }
	map marks { type ipv4_addr : mark; elements = { 10.0.0.1 : 5, 10.0.0.2 : 0x10 }; }
	map nets { type ipv4_addr : mark; flags interval; elements = { 10.0.0.0/8 : 5, 192.0.2.1-192.0.2.9 : 6, * : 7 }; }
	map jumps { type inet_service : verdict; elements = { 22 : accept, 23 : drop, 24 : jump other, 25 : goto other, 26 : return, 27 : continue, 28 comment "x" : accept }; }
	map typed { typeof ip saddr . tcp dport : meta mark; elements = { 10.0.0.1 . 22 : 5 }; }
	map typedverdict { typeof iifname : verdict; elements = { "lo" : accept }; }
	map moved { typeof ip daddr : interval ip daddr; flags interval; elements = { 10.1.0.0/24 : 10.2.0.0/24, 10.3.0.1 : 10.4.0.1-10.4.0.9 }; }
	map byname { type ifname : ipv4_addr; elements = { "eth0" : 10.0.0.1 }; }
	chain other { }
}
`,
		"objects": `table ip t {
	counter a { packets 5 bytes 6; comment "hits"; }
	counter b { }
	quota c { over 10 mbytes used 5 kbytes; }
	quota d { 1 mbytes; }
	limit e { rate 10/second; }
	limit f { rate over 1 mbytes/minute burst 10 kbytes; }
	chain c {
		counter name "a" quota name "c" limit name "e" accept
	}
}
`,
		"commands": `flush ruleset
add table ip t
add chain ip t c { type filter hook input priority 0; policy drop; }
add rule ip t c tcp dport 22 accept
insert rule ip t c ct state established accept
add set ip t s { type ipv4_addr; }
add element ip t s { 10.0.0.1, 10.0.0.2 }
`,
		"delete": `table ip t
delete table ip t
table ip t {
	chain c { accept; }
}
`,
	} {
		t.Run(name, func(t *testing.T) { compareWithNFT(t, text) })
	}
}

// TestManyElements: a set with more elements than fit into one message.
func TestManyElements(t *testing.T) {
	var b strings.Builder
	b.WriteString("table ip t {\n\tset s {\n\t\ttype ipv4_addr\n\t\tflags interval\n\t\telements = { ")
	for i := range 5000 {
		if i > 0 {
			b.WriteString(",\n")
		}
		fmt.Fprintf(&b, "10.%d.%d.0/25", i/256, i%256)
	}
	b.WriteString(" }\n\t}\n}\n")
	compareWithNFT(t, b.String())
}
