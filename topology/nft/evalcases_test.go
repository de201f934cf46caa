package nft

// The stations of the cable in the kernel tests.
const (
	macPeer = "02:00:00:00:00:01"
	macWan  = "02:00:00:00:00:02"
	macAll  = "ff:ff:ff:ff:ff:ff"
)

// statelessRules are held against every packet of statelessPackets in prerouting, without connection tracking.
var statelessRules = []string{
	`ip saddr 192.0.2.1`, `ip saddr != 192.0.2.1`, `ip saddr 192.0.2.0/24`, `ip saddr != 192.0.2.0/25`,
	`ip saddr 192.0.2.0-192.0.2.9`, `ip daddr != 192.0.2.3-192.0.2.9`, `ip saddr { 192.0.2.1, 198.51.100.0/24 }`,
	`ip saddr != { 192.0.2.1, 198.51.100.7 }`, `ip daddr @hosts`, `ip daddr != @hosts`, `ip saddr . ip daddr @pairs`,
	`ip saddr . tcp dport @services`, `ip saddr . tcp dport != @services`, `ip saddr . udp dport . meta iifname @triples`,
	`ip daddr & 255.255.255.0 == 192.0.2.0`, `ip protocol tcp`, `ip protocol != tcp`, `ip protocol { tcp, udp }`,
	`ip ttl 64`, `ip ttl < 10`, `ip ttl 1-64`, `ip ttl != 64`, `ip dscp cs1`, `ip dscp != cs1`, `ip dscp { cs1, ef }`,
	`ip dscp > 8`, `ip dscp 8-20`, `ip ecn ce`, `ip ecn != not-ect`, `ip id 4660`, `ip length 48`, `ip length > 60`,
	`ip version 4`, `ip hdrlength 5`, `ip hdrlength > 5`, `ip frag-off & 0x1fff != 0`, `ip frag-off & 0x2000 == 0x2000`,
	`ip6 saddr 2001:db8::1`, `ip6 saddr != 2001:db8::1`, `ip6 daddr 2001:db8::/64`, `ip6 saddr { 2001:db8::1, 2001:db8:1::/48 }`,
	`ip6 hoplimit 64`, `ip6 hoplimit > 64`, `ip6 nexthdr tcp`, `ip6 nexthdr != { tcp, udp }`, `ip6 dscp ef`, `ip6 ecn ect0`,
	`ip6 flowlabel 0x12345`, `ip6 length > 20`, `ip6 version 6`, `ip6 saddr . udp dport { 2001:db8::1 . 53, 2001:db8::9 . 53 }`,
	`tcp dport 80`, `tcp dport != 80`, `tcp dport 80-90`, `tcp dport != 1-1023`, `tcp dport { 22, 80, 1000-2000 }`,
	`tcp dport < 1024`, `tcp sport >= 40000`, `tcp flags syn`, `tcp flags == syn`, `tcp flags != syn`, `tcp flags syn,ack`,
	`tcp flags & (syn | ack) == syn`, `tcp flags & (fin | syn | rst | ack) != syn`, `tcp flags ! rst`, `tcp flags { syn, fin }`,
	`tcp window 64240`, `tcp doff 5`, `tcp sequence 1000`, `tcp urgptr 0`, `tcp sport . tcp dport { 40000 . 80 }`,
	`udp dport 53`, `udp dport != 53`, `udp sport 1024-65535`, `udp length 16`, `udp length > 16`, `udp dport { 53, 67-68 }`,
	`th dport 53`, `th dport != 53`, `th sport . th dport { 40000 . 53, 40000 . 80 }`, `meta l4proto { tcp, udp } th dport 80`,
	`sctp dport 80`, `sctp sport != 80`, `esp spi 0x9c400050`, `ah spi 1`, `udplite dport 80`, `dccp dport 80`,
	`icmp type echo-request`, `icmp type != echo-request`, `icmp type { echo-reply, echo-request }`, `icmp code 0`,
	`icmp id 4660`, `icmp id != 4660`, `icmp sequence 0`, `icmp mtu 0`, `icmp type destination-unreachable icmp code 4`,
	`icmpv6 type echo-request`, `icmpv6 type != echo-request`, `icmpv6 id 4660`, `icmpv6 code 0`, `icmpv6 type 128-129`,
	`tcp option maxseg size 1460`, `tcp option maxseg size != 1460`, `tcp option maxseg size < 1000`, `tcp option maxseg exists`, `tcp option maxseg missing`,
	`tcp option sack-perm exists`, `tcp option window count 7`, `tcp option timestamp tsval 1`, `tcp option timestamp tsecr { 2, 3 }`, `tcp option eol exists`,
	`tcp option nop exists`, `tcp option mptcp subtype 1`, `tcp option sack left 1`, `tcp option 99 missing`, `exthdr dst exists`, `exthdr hbh missing`,
	`exthdr frag exists`, `exthdr rt exists`, `frag frag-off 17`, `frag more-fragments 1`, `frag id 5`, `frag nexthdr udp`, `dst nexthdr tcp`, `hbh hdrlength 0`,
	`rt type 0`, `mh type 1`, `ip option rr exists`, `ip option ra missing`, `ip option lsrr ptr 4`, `meta nfproto ipv6 exthdr dst missing`,
	`tcp option maxseg size set 700`, `tcp option maxseg size 700`, `reset tcp option sack-perm`, `tcp option sack-perm exists`,
	`igmp type membership-query`, `igmp type != membership-query`,
	`meta nfproto ipv4`, `meta nfproto != ipv4`, `meta nfproto { ipv4, ipv6 }`, `meta protocol ip`, `meta protocol ip6`,
	`meta l4proto tcp`, `meta l4proto != tcp`, `meta l4proto { icmp, ipv6-icmp }`, `meta l4proto ah`, `meta l4proto ipv6-nonxt`,
	`meta length 48`, `meta length > 60`, `meta length 28-60`, `meta mark 0`, `meta mark != 0`, `meta mark & 0xff == 0`,
	`meta mark < 5`, `meta priority 0`, `meta pkttype host`, `meta pkttype broadcast`, `meta pkttype != host`,
	`iifname "wan"`, `iifname != "wan"`, `iifname "w*"`, `iifname != "w*"`, `iifname "lan*"`, `iifname { "lan", "wan" }`,
	`iifname { "lan*", "wan" }`, `iifname != { "wa*", "lan" }`, `iif "wan"`, `iif != "wan"`, `iif "lo"`, `iif { "lo", "wan" }`,
	`oifname "wan"`, `oifname != "wan"`, `oif 0`, `oifname "w*"`, `meta iiftype ether`, `meta iiftype != loopback`, `meta oiftype ether`,
	`meta oiftype != ether`, `meta oifgroup default`, `meta oifkind "veth"`,
	`ether saddr 02:00:00:00:00:01`, `ether saddr != 02:00:00:00:00:01`, `ether daddr ff:ff:ff:ff:ff:ff`, `ether type ip6`,
	`ether saddr . ip saddr { 02:00:00:00:00:01 . 192.0.2.1 }`, `vlan id 5`, `vlan id != 5`,
	`@nh,0,4 4`, `@nh,64,8 64`, `@th,16,16 80`, `@th,0,16 > 30000`, `@nh,96,32 0xc0000201`, `@ll,48,48 0x020000000001`, `@th,500,8 0`,
	`@th,2000,8 0`, `@nh,160,16 40000`, `@th,104,8 & 0x2 == 0x2`,
	`meta mark set 7 meta mark 7`, `ip daddr 192.0.2.2 meta mark set 9 meta mark 9`, `meta mark 9`,
	`meta mark set meta mark | 0x100 meta mark & 0x100 == 0x100`, `meta mark set ip saddr map { 192.0.2.1 : 0x5, 192.0.2.9 : 0x6 }`, `meta mark 5`,
	`meta mark set tcp dport map @marks`, `meta mark 0x50-0x60`, `meta mark set jhash ip saddr . tcp dport mod 16 seed 0x12345678`,
	`meta mark set jhash ip6 saddr mod 64 seed 0x1 offset 100`, `jhash tcp sport mod 3 seed 0x7 1`, `jhash ip saddr . ip daddr mod 5 seed 0x7 < 3`,
	`jhash ip6 saddr . ip6 daddr mod 5 seed 0x9 > 2`, `meta mark set numgen inc mod 1 offset 33`, `meta mark 33`,
	`ip dscp set cs3`, `ip dscp cs3`, `ip ttl set 200`, `ip ttl 200`, `ip6 hoplimit set 201`, `ip6 hoplimit 201`, `ip6 dscp set af11`,
	`ip6 dscp af11`, `ip6 flowlabel set 0x54321`, `ip6 flowlabel 0x54321`, `tcp dport set 81`, `tcp dport 81`, `th dport 81`, `@nh,176,16 81`,
	`udp dport set 82`, `udp dport 82`, `ip ecn set ect1`, `ip ecn ect1`, `ip dscp cs3`, `@th,16,16 set 83`, `th dport 83`,
	`counter name ip saddr map @counts`, `counter name ip saddr . tcp dport map { 192.0.2.1 . 80 : "hits", 192.0.2.9 . 443 : "hits" }`, `counter name "hits"`,
	`counter name udp dport map @ports`, `counter name tcp dport map @ports meta mark 0`, `quota name meta mark map { 9 : "cap" }`,
	`meta priority set 1:2`, `meta priority 1:2`, `meta pkttype set other`, `meta pkttype other`,
	`meta mark ^ 0x5 == 0x5`, `meta mark set meta mark ^ 0x35 meta mark & 0xf0 == 0x30`,
	`ip protocol set 99 meta l4proto tcp`, `ip protocol 99`, `meta l4proto udp`, `limit rate 1000/second`, `numgen random mod 2 0`, `meta cpu 0`, `quota over 1 mbytes`,
}

// statelessSets stand in the table of statelessRules.
const statelessSets = `
	set hosts { type ipv4_addr; flags interval; elements = { 192.0.2.2, 198.51.100.0/24, 203.0.113.5-203.0.113.9 }; }
	set pairs { type ipv4_addr . ipv4_addr; elements = { 192.0.2.1 . 192.0.2.2, 192.0.2.9 . 192.0.2.2 }; }
	set services { type ipv4_addr . inet_service; flags interval; elements = { 192.0.2.0/24 . 80-90, 198.51.100.0/24 . 1-1023, 192.0.2.1 . 443 }; }
	set triples { type ipv4_addr . inet_service . ifname; flags interval; elements = { 192.0.2.0/24 . 1-100 . "wan", 0.0.0.0/0 . 53 . "lan" }; }
	counter hits { }
	quota cap { over 10 mbytes; }
	map counts { type ipv4_addr : counter; flags interval; elements = { 192.0.2.0/24 : "hits", 198.51.100.7 : "hits" }; }
	map ports { type inet_service : counter; elements = { 53 : "hits", 80 : "hits" }; }
	map marks { type inet_service : mark; flags interval; elements = { 80 : 0x50, 1-79 : 0x55, 1000-65535 : 0x60 }; }
`

// statelessPackets with where they go: every kind of header, and what is broken or missing in them.
var statelessPackets = []string{
	"tcp 192.0.2.1:40000 192.0.2.2:80 flags=syn",
	"tcp 192.0.2.1:40000 192.0.2.2:443 flags=syn,ack ttl=3 tos=0x20 id=4660",
	"tcp 198.51.100.7:1023 203.0.113.5:22 flags=fin,ack tos=0x2b size=100",
	"tcp 192.0.2.9:40000 192.0.2.2:8080 flags=rst options=8",
	"tcp [2001:db8::1]:40000 [2001:db8::2]:80 flags=syn flow=0x12345",
	"tcp [2001:db8:1::7]:999 [2001:db8::2]:1500 flags=ack ttl=255 tos=0xb8 size=200",
	"tcp 192.0.2.1:40000 192.0.2.2:80 flags=syn topt=020405b40402080a00000001000000020103030b",
	"tcp 192.0.2.1:40000 192.0.2.2:80 flags=syn topt=020401f401010000",
	"tcp 192.0.2.1:40000 192.0.2.2:80 flags=syn topt=0208058c03030700",
	"tcp [2001:db8::1]:40000 [2001:db8::2]:80 flags=ack topt=0101080a0000000200000003",
	"udp 192.0.2.1:40000 192.0.2.2:53",
	"udp 192.0.2.200:68 255.255.255.255:67 size=300 mac=all",
	"udp [2001:db8::1]:40000 [2001:db8::2]:53 tos=0x02",
	"udp [2001:db8::9]:40000 [2001:db8::2]:5353 size=0",
	"icmp 192.0.2.1 192.0.2.2 type=8 id=4660",
	"icmp 192.0.2.1 192.0.2.2 type=3 code=4 size=28",
	"icmp 192.0.2.1 192.0.2.2 type=0 id=1",
	"icmpv6 2001:db8::1 2001:db8::2 type=128 id=4660",
	"icmpv6 2001:db8::1 2001:db8::2 type=3 size=48",
	"sctp 192.0.2.1:40000 192.0.2.2:80",
	"esp 192.0.2.1:40000 192.0.2.2:80",
	"ah 192.0.2.1:40000 192.0.2.2:80",
	"udplite 192.0.2.1:40000 192.0.2.2:80",
	"dccp 192.0.2.1:40000 192.0.2.2:80",
	"igmp 192.0.2.1 224.0.0.1 type=0x11 ttl=1",
	"udp 192.0.2.1:40000 192.0.2.2:53 frag=0x2000 size=16",
	"udp 192.0.2.1:40000 192.0.2.2:53 frag=0x0010 size=16",
	"udp 192.0.2.1:40000 192.0.2.2:53 th=4 size=0",
	"tcp [2001:db8::1]:40000 [2001:db8::2]:80 flags=syn ext=60:0600010400000000",
	"udp [2001:db8::1]:40000 [2001:db8::2]:53 ext=0:1100010400000000",
	"udp [2001:db8::1]:40000 [2001:db8::2]:53 ext=44:1100000100000005 size=16",
	"udp [2001:db8::1]:40000 [2001:db8::2]:53 ext=44:1100008900000005 size=16",
	"tcp [2001:db8::1]:40000 [2001:db8::2]:80 ext=44:0000008900000005 size=16",
	"udp [2001:db8::1]:40000 [2001:db8::2]:53 ext=43:1100000000000000",
	"udp [2001:db8::1]:40000 [2001:db8::2]:53 ext=0:3c000104000000001100010400000000",
	"udp [2001:db8::1]:40000 [2001:db8::2]:53 ext=59:1100000000000000",
	"tcp [2001:db8::1]:40000 [2001:db8::2]:80 ext=51:0604000000000001000000010000000000000000000000000",
}

// verdictRules has chains that jump, go, return, and decide; the chain behind shows who comes out.
const verdictRules = `table inet t {
	set blocked { type ipv4_addr; flags interval; elements = { 198.51.100.0/24, 192.0.2.66 }; }
	map ports { type inet_service : verdict; elements = { 22 : accept, 23 : drop, 80 : jump web, 443 : goto secure, 25 : return, 26 : continue }; }
	map nets { type ipv4_addr . inet_service : verdict; flags interval; elements = { 192.0.2.0/24 . 8000-8999 : accept, 192.0.2.7 . 9000 : drop }; }
	chain c {
		type filter hook prerouting priority raw; policy drop;
		udp dport 65000 accept
		ip saddr @blocked counter drop
		meta mark set 0 counter
		ip ttl < 5 counter jump low
		tcp flags & (fin | syn) == (fin | syn) counter reject with tcp reset
		tcp dport vmap @ports
		tcp dport 26 counter accept
		ip saddr . tcp dport vmap @nets
		icmp type vmap { echo-request : accept, echo-reply : drop, * : jump other }
		ip6 nexthdr icmpv6 counter goto six
		udp dport 53 counter goto names
		udp dport 1000-2000 counter meta mark set 0x10
		meta mark 0x10 udp dport 1500 counter accept
		udp dport 2001 ip ttl set 9 counter
		ip ttl 9 counter accept
		udp dport 3000 counter return
		udp dport 3000-3001 counter accept
		udp dport 4000 counter reject
		udp sport 7 udp dport { 5000, 5001, 5002 } counter jump deep1
		udp dport 5001 counter accept
		limit rate 100/second udp dport 6000 counter accept
	}
	chain low {
		ip ttl 1 counter drop
		ip ttl 2 counter return
		ip ttl 3 counter accept
		counter meta mark set 0x33
	}
	chain web {
		ip saddr 192.0.2.1 counter accept
		counter
	}
	chain secure {
		ip saddr 192.0.2.1 counter accept
		ip saddr 192.0.2.9 counter return
		counter
	}
	chain other {
		icmp type destination-unreachable counter accept
	}
	chain six {
		icmpv6 type echo-request counter accept
		icmpv6 type 129 counter jump deep2
	}
	chain names {
		udp sport 53 counter jump deep2
		counter
	}
	chain deep1 {
		udp dport 5000 counter goto deep2
		counter jump deep2
		udp dport 5002 counter accept
	}
	chain deep2 {
		counter
		udp dport 5000 counter return
	}
	chain behind {
		type filter hook prerouting priority raw + 1;
		udp dport 65000 accept
		counter
	}
}
`

var verdictPackets = []string{
	"udp 198.51.100.3:1 192.0.2.2:53", "udp 192.0.2.66:1 192.0.2.2:53", "tcp 192.0.2.1:1 192.0.2.2:22 flags=syn", "tcp 192.0.2.1:1 192.0.2.2:23 flags=syn",
	"tcp 192.0.2.1:1 192.0.2.2:80 flags=syn", "tcp 192.0.2.9:1 192.0.2.2:80 flags=syn", "tcp 192.0.2.1:1 192.0.2.2:443 flags=syn",
	"tcp 192.0.2.9:1 192.0.2.2:443 flags=syn", "tcp 192.0.2.8:1 192.0.2.2:443 flags=syn", "tcp 192.0.2.1:1 192.0.2.2:25 flags=syn",
	"tcp 192.0.2.1:1 192.0.2.2:26 flags=syn", "tcp 192.0.2.1:1 192.0.2.2:8080 flags=syn", "tcp 192.0.2.7:1 192.0.2.2:9000 flags=syn",
	"tcp 192.0.2.1:1 192.0.2.2:9000 flags=syn", "tcp 192.0.2.1:1 192.0.2.2:22 flags=syn,fin", "tcp 192.0.2.1:1 192.0.2.2:22 ttl=1", "tcp 192.0.2.1:1 192.0.2.2:22 ttl=2",
	"tcp 192.0.2.1:1 192.0.2.2:23 ttl=3", "udp 192.0.2.1:1 192.0.2.2:1500 ttl=4", "icmp 192.0.2.1 192.0.2.2 type=8", "icmp 192.0.2.1 192.0.2.2 type=0",
	"icmp 192.0.2.1 192.0.2.2 type=3 code=1 size=28", "icmp 192.0.2.1 192.0.2.2 type=11 size=28", "icmpv6 2001:db8::1 2001:db8::2 type=128", "icmpv6 2001:db8::1 2001:db8::2 type=129",
	"udp 192.0.2.1:1 192.0.2.2:53", "udp 192.0.2.1:53 192.0.2.2:53", "udp 192.0.2.1:1 192.0.2.2:1500", "udp [2001:db8::1]:1 [2001:db8::2]:1500",
	"udp 192.0.2.1:1 192.0.2.2:1600", "udp 192.0.2.1:1 192.0.2.2:2001", "udp [2001:db8::1]:1 [2001:db8::2]:2001", "udp 192.0.2.1:1 192.0.2.2:3000",
	"udp 192.0.2.1:1 192.0.2.2:3001", "udp 192.0.2.1:1 192.0.2.2:4000", "udp 192.0.2.1:7 192.0.2.2:5000", "udp 192.0.2.1:7 192.0.2.2:5001",
	"udp 192.0.2.1:7 192.0.2.2:5002", "udp 192.0.2.1:1 192.0.2.2:6000", "tcp [2001:db8::1]:1 [2001:db8::2]:8080 flags=syn",
}
