package ruleset

// rowGroup are rules that are loaded together, each in a base chain of its own.
type rowGroup struct {
	name   string
	family string
	base   string // of each chain
	decls  string // what stands before the chains
	rules  []string
}

const filterInput = "type filter hook input priority 0; policy accept;"

// ipDecls are sets and maps for rules of IPv4.
const ipDecls = `
	counter hits { packets 1 bytes 2; }
	quota cap { over 10 mbytes; }
	limit slow { rate 10/second burst 20 packets; }
	set hosts { type ipv4_addr; elements = { 10.0.0.1, 10.0.0.2 }; }
	set nets { type ipv4_addr; flags interval; elements = { 10.0.0.0/8, 192.0.2.1-192.0.2.9 }; }
	set marks { type mark; flags interval; elements = { 1-5, 9 }; }
	set pairs { type ipv4_addr . inet_service; flags interval; elements = { 10.0.0.0/8 . 80-90, 192.0.2.1 . 22 }; }
	set markpairs { type mark . ipv4_addr; flags interval; elements = { 1-5 . 10.0.0.0/8 }; }
	set classes { type dscp; elements = { cs1, 5 }; }
	set ranges { type dscp; flags interval; elements = { 1-5, 63 }; }
	set seen { type ipv4_addr; flags dynamic, timeout; timeout 1m; size 1000; }
	set seenpairs { type ipv4_addr . inet_service; flags dynamic; size 1000; }
	set names { type ifname; elements = { "eth0", "wan" }; }
	set counted { type ipv4_addr; flags dynamic; size 5; counter limit rate 1/second; elements = { 10.0.0.1 }; }
	set sizes { typeof tcp option maxseg size; elements = { 1400 }; }
	set edges { typeof tcp option sack1 left . ip saddr; elements = { 5 . 10.0.0.1 }; }
	map tomark { type ipv4_addr : mark; flags dynamic; }
	map ports { type inet_service : inet_service; elements = { 80 : 8080, 443 : 8443 }; }
	map verdicts { type inet_service : verdict; flags interval; elements = { 22 : accept, 80-90 : jump other, * : drop }; }
	map classmark { type dscp : mark; elements = { cs1 : 0x10 }; }
	chain other { }
`

var rowGroups = []rowGroup{
	{"ip matches", "ip", filterInput, ipDecls, []string{
		"ip saddr 10.0.0.1", "ip saddr != 10.0.0.1", "ip daddr 10.0.0.0/8", "ip daddr 10.0.0.0/12", "ip saddr != 10.0.0.0/12",
		"ip saddr != 10.0.0.0/24", "ip saddr 0.0.0.0/0", "ip saddr 10.0.0.1-10.0.0.9", "ip saddr != 10.0.0.1-10.0.0.9",
		"ip saddr { 10.0.0.1, 10.0.0.3 }", "ip saddr != { 10.0.0.1, 10.0.0.3 }", "ip saddr { 10.0.0.0/8, 192.0.2.0/24 }",
		"ip saddr { 10.0.0.1-10.0.0.5, 10.0.0.6-10.0.0.9, 10.0.0.4 }", "ip saddr { 0.0.0.0/1, 128.0.0.0/1 }",
		"ip saddr { 255.255.255.255, 10.0.0.0/8 }", "ip saddr { 10.0.0.1 }", "ip saddr { 10.0.0.0/12 }", "ip saddr @hosts",
		"ip saddr != @hosts", "ip saddr @nets", "ip saddr & 255.255.255.0 == 10.0.0.0", "ip saddr & 0.0.0.255 == { 0.0.0.1, 0.0.0.2 }",
		"ip version 4", "ip hdrlength 5", "ip hdrlength > 5", "ip dscp cs1", "ip dscp != cs1", "ip dscp 0x38", "ip dscp { cs1, cs2 }",
		"ip dscp { 1-5, 9 }", "ip dscp 1-5", "ip dscp != 1-5", "ip dscp < 5", "ip dscp @classes", "ip dscp @ranges", "ip ecn ce",
		"ip ecn != not-ect", "ip length 100", "ip length 100-200", "ip id 5", "ip frag-off 0x2000", "ip frag-off & 0x1fff != 0",
		"ip ttl 64", "ip ttl < 5", "ip ttl >= 5", "ip protocol tcp", "ip protocol != tcp", "ip protocol { tcp, udp }", "ip checksum 5",
		"ip protocol tcp tcp dport 22", "ip protocol { tcp, udp } th dport 53", "ip protocol icmp icmp type echo-request",
		"ip id 1 ip frag-off 2 ip ttl 3 ip protocol 6", "ip daddr 10.0.0.2 ip saddr 10.0.0.1",
	}},
	{"transport", "ip", filterInput, ipDecls, []string{
		"tcp dport 22", "tcp dport != 22", "tcp sport 1-1023", "tcp dport { 22, 80-90 }", "tcp dport { 22, 80 }", "tcp dport != { 22, 80 }",
		"tcp dport > 1023", "tcp dport <= 1023", "tcp dport { 0-1023 }", "tcp dport { 1024-65535, 22 }", "tcp dport ssh",
		"tcp dport 2 tcp sport 1", "tcp sport 1 tcp dport 2 tcp sequence 3", "tcp sport 1 tcp dport > 2",
		"tcp dport 1 ct state new tcp sport 2", "tcp sequence 1", "tcp ackseq 1", "tcp doff 5", "tcp doff > 5", "tcp option maxseg size 1400", "tcp option maxseg size != 1400", "tcp option maxseg size 1-500",
		"tcp option maxseg size { 1, 2-5 }", "tcp option maxseg exists", "tcp option maxseg missing", "tcp option maxseg != exists",
		"tcp option maxseg length 4", "tcp option sack-perm exists", "tcp option sack-permitted 1", "tcp option noop exists", "tcp option eol missing",
		"tcp option echo exists", "tcp option timestamp tsval > 5", "tcp option timestamp tsecr 1-5", "tcp option sack left 5", "tcp option sack0 right 5",
		"tcp option sack1 right 5", "tcp option sack3 left 5", "tcp option window count 3", "tcp option mptcp subtype 1", "tcp option mptcp subtype { 1, 2 }",
		"tcp option mptcp subtype 1-3", "tcp option mptcp subtype > 3", "tcp option md5sig exists", "tcp option fastopen length 4", "tcp option 99 exists", "tcp option 30 missing",
		"tcp option maxseg size . tcp dport { 1 . 2 }", "tcp option maxseg size vmap { 1 : drop }", "tcp option maxseg exists tcp dport 5", "tcp option maxseg size @sizes", "tcp option timestamp tsecr { 1, 2 }", "tcp option sack2 right { 1, 2 }", "ip option lsrr ptr { 1, 2 }", "ip option ra value { 1, 2 }", "ip option ra type { 1, 2 }",
		"ip option rr exists", "ip option lsrr ptr 4", "ip option ssrr addr 5", "ip option ra value 0", "ip option ra type 148", "ip option rr length { 4, 5 }",
		"tcp reserved 1",
		"tcp window 100", "tcp checksum 5", "tcp urgptr 5", "tcp flags syn", "tcp flags syn,ack", "tcp flags != syn", "tcp flags == syn",
		"tcp flags ! syn", "tcp flags syn / syn,ack", "tcp flags != syn / syn,ack", "tcp flags & (syn | ack) == syn",
		"tcp flags & (fin | syn | rst) != 0x0", "tcp flags & syn == syn", "tcp flags == { syn, syn | ack }",
		"tcp flags & (syn | ack) == { syn, ack }", "udp sport 53", "udp dport 53", "udp length 100-200", "udp checksum 0",
		"udp sport 1 udp dport 2 udp length 3 udp checksum 4", "udplite dport 53", "udplite csumcov 8", "sctp dport 22", "sctp vtag 5",
		"dccp dport 22", "dccp type request", "dccp type { request, response }", "ah spi 100", "ah hdrlength 5", "esp spi 100", "esp sequence 1-100",
		"comp cpi 5", "th dport 53", "th sport 1-1023", "icmp type echo-request", "icmp type { echo-request, echo-reply }",
		"icmp type != echo-request", "icmp code 0", "icmp code 0 icmp type 8", "icmp checksum 5", "icmp id 5", "icmp id 5 icmp sequence 6",
		"icmp type echo-request icmp id 5", "icmp type echo-reply icmp id 5", "icmp type { echo-request, echo-reply } icmp id 5",
		"icmp mtu 1400", "icmp gateway 5", "igmp type membership-query", "igmp mrt 5", "@th,0,16 80",
		"@th,32,64 0x1122334455667788", "@nh,4,4 5", "@nh,12,20 0x12345", "@ll,0,48 0x020000000001", "@th,32,128 0x11223344556677881122334455667788",
		"@nh,64,8 & 0xf == 1", "@th,0,8 { 80, 43 }", "@th,0,16 1-5",
	}},
	{"meta", "ip", filterInput, ipDecls, []string{
		"iifname eth0", "iifname != eth0", `iifname "eth*"`, `iifname != "eth*"`, "iifname { eth0, lo }", `iifname { "eth*", "lo" }`,
		"iifname @names", "oifname { lo }", "iif lo", "iif != lo", "iif 1", "oif { 1, 2 }", "meta length 100-200", "meta length > 1000",
		"meta protocol ip counter", "meta protocol ip", "meta priority 1:10", "meta mark 5", "meta mark != 5", "meta mark { 1, 2 }",
		"meta mark != { 1, 2 }", "meta mark { 1-5, 7 }", "meta mark 1-10", "meta mark != 1-10", "meta mark > 5", "meta mark @marks",
		"meta mark & 0xff == 1", "meta mark & 0xff == { 1, 2 }", "meta mark & 0xff == 1-5", "meta mark & 0xff > 5", "meta mark or 0xff == 0xff",
		"meta mark xor 0xff == 5", "meta iiftype ether", "meta oiftype loopback", "meta skuid 0", "meta skuid 1000-2000", "meta skuid root",
		"meta skgid 0", "meta skgid root", "meta rtclassid 1", "meta l4proto tcp", "meta l4proto { tcp, udp }",
		"meta l4proto { tcp, udp } th dport 53", "meta l4proto tcp tcp dport 22", "meta l4proto 1-5", "meta l4proto > 5", "meta pkttype broadcast",
		"meta pkttype != { broadcast, multicast }", "meta cpu 1", "meta cpu 1-3", "meta iifgroup 0", "meta oifgroup 5", "meta cgroup 5",
		"meta random > 5", "meta iifkind veth", "meta day Monday", "meta day { Monday, Tuesday }", "meta sdifname eth0", "meta iiftype > 5",
	}},
	{"ct and others", "ip", filterInput, ipDecls, []string{
		"ct state established,related", "ct state new", "ct state != new", "ct state == established", "ct state ! invalid", "ct state { new, established }",
		"ct state & (new | established) == new", "ct state vmap { established : accept, related : accept, invalid : drop }", "ct direction original",
		"ct status dnat", "ct status & dnat == dnat", "ct status snat,dnat", "ct mark 5", "ct mark & 0xff == 1", "ct mark 1-5", "ct expiration > 10s",
		`ct helper "ftp"`, "ct l3proto ipv4", "ct protocol tcp", "ct original ip saddr 10.0.0.1", "ct reply ip daddr 10.0.0.0/8",
		"ct original ip saddr 10.0.0.0/12", "ct bytes > 100", "ct original packets > 100", "ct avgpkt > 100", "ct zone 1", "ct original zone 1", "ct id 5",
		"fib saddr . iif oif missing", "fib saddr . iif oif exists", "fib daddr type local", "fib daddr . iif type != { local, broadcast }",
		"rt classid 1", "rt nexthop 10.0.0.1", "rt nexthop 10.0.0.0/8",
		"socket transparent 1", "socket mark 5", "socket wildcard 0", "numgen inc mod 2 == 0", "numgen inc mod 2 0", "numgen random mod 10 < 5",
		"numgen inc mod 2 offset 10 == 11", "jhash ip saddr mod 2 seed 5 == 1", "symhash mod 2 == 1", "symhash mod 2 offset 5 == 6",
		"jhash ip saddr . tcp dport mod 2 seed 0x10 == 1", "jhash ip saddr . tcp dport mod 16 seed 1 vmap { 0 : accept, 1-5 : drop }",
	}},
	{"sets and maps", "ip", filterInput, ipDecls, []string{
		"ip saddr . tcp dport { 10.0.0.1 . 22, 10.0.0.2 . 80 }", "ip saddr . tcp dport { 10.0.0.1 . 22, 10.0.0.2-10.0.0.9 . 80-90 }",
		"ip saddr . tcp dport @pairs", "tcp dport . ip saddr { 22 . 10.0.0.1 }", "meta mark . tcp dport { 1-5 . 22, 7 . 80-90 }",
		"meta mark . ip saddr @markpairs", "ip dscp . tcp dport { cs1 . 22 }", `iifname . ip saddr { "eth*" . 10.0.0.0/8, "lo" . 127.0.0.1 }`,
		"iifname . ip saddr { eth0 . 10.0.0.1 }", "ip saddr . ip daddr . tcp dport { 10.0.0.1 . 10.0.0.2 . 22 }",
		"tcp dport vmap { 22 : accept, 80-90 : drop }", "tcp dport vmap @verdicts", "ip saddr vmap { 10.0.0.1 : jump other, * : drop }",
		"tcp dport vmap { 22 : goto other, 80 : return, 81 : continue }", "ip dscp vmap { cs1 : accept }", "ip dscp vmap { 1-5 : accept }",
		"udp dport . ip saddr vmap { 53 . 10.0.0.0/8 : accept }", "ip saddr vmap { 10.0.0.1-10.0.0.5 : accept, 10.0.0.6-10.0.0.9 : drop }",
		"tcp flags & (syn | ack) vmap { syn : accept, ack : drop }", "meta mark vmap { 1 : accept, 2-5 : drop }",
		"add @seen { ip saddr }", "update @seen { ip saddr timeout 1h limit rate 1/second }", "add @seen { ip saddr counter }", "add @seen { ip saddr counter limit rate 1/second }",
		"add @seenpairs { ip saddr . tcp dport }", "add @tomark { ip saddr : 5 }", "update @tomark { ip saddr : meta mark }",
		"delete @seen { ip saddr }", "meta mark set ip saddr map { 10.0.0.1 : 1, 10.0.0.2 : 2 }", "meta mark set ip saddr map @tomark",
		"meta mark set ip saddr . tcp dport map { 10.0.0.1 . 22 : 5 }", "meta mark set tcp dport map { 1-5 : 1, 9 : 2 }",
		"tcp dport set tcp dport map @ports", "ct mark set numgen inc mod 2 map { 0 : 5, 1 : 6 }", "meta mark set ip dscp map @classmark",
		"ip saddr { 10.0.0.1 comment \"one\", 10.0.0.2 }",
	}},
	{"statements", "ip", filterInput, ipDecls, []string{
		"accept", "drop", "continue", "return", "jump other", "goto other", "counter", "counter packets 5 bytes 6", "counter accept",
		`counter name "hits"`, `quota name "cap" drop`, `limit name "slow" accept`, "limit rate 10/second", "limit rate over 10/minute",
		"limit rate 10/hour burst 3 packets", "limit rate 400/day", "limit rate 1/week", "limit rate 1 mbytes/second", "limit rate over 1 kbytes/second burst 2 kbytes",
		"ct count 5", "ct count over 10 drop", "tcp dport 22 ct count over 3 reject", "add @seenpairs { ip saddr . tcp dport ct count over 5 }",
		"limit rate 512 bytes/minute", "quota 1 kbytes", "quota over 10 mbytes", "quota over 10 mbytes used 5 mbytes drop", "log", `log prefix "in: "`,
		`log prefix "x" level debug flags all`, "log level alert", "log level audit", "log flags tcp sequence,options", "log flags ip options", "log flags skuid", "log flags ether",
		"log group 2", `log prefix "x" group 2 snaplen 20 queue-threshold 5`, "reject", "reject with icmp host-unreachable", "reject with icmp type admin-prohibited",
		"reject with tcp reset", "tcp dport 22 reject with tcp reset", "ip saddr 10.0.0.1 counter log reject with tcp reset", "meta mark set 5", "meta mark set ct mark", "meta mark set meta mark & 0xff | 0x100",
		"meta mark set meta mark xor 5", "meta mark set meta mark << 4", "meta mark set meta mark >> 4", "meta mark set numgen inc mod 5", "meta mark set jhash ip saddr mod 5 seed 1",
		"ct mark set meta mark", "ct mark set ct mark or 0x10", "ct mark set 1", "meta priority set 1:10", "meta priority set none", "meta nftrace set 1",
		"ip dscp set cs1", "ip ecn set ce", "ip ttl set 5", "ip daddr set 10.0.0.1", "ip id set 5", "ip length set 5", "ip protocol set 6", "ip checksum set 0",
		"tcp option maxseg size set 1400", "tcp option timestamp tsval set 5", "tcp flags syn tcp option maxseg size set 500",
		"tcp option maxseg size set tcp dport map { 5 : 1400 }", "reset tcp option timestamp", "reset tcp option 99", "reset tcp option sack-perm reset tcp option timestamp",
		"tcp dport set 80", "tcp window set 5", "tcp flags set syn", "tcp doff set 5", "tcp dport set tcp sport", "udp dport set 53", "udp checksum set 0", "icmp code set 5",
		"@nh,64,8 set 5", "@th,16,16 set 80", `tcp dport 22 accept comment "ssh"`, `comment "nothing else"`,
	}},
	{"tproxy", "ip", "type filter hook prerouting priority mangle; policy accept;", "", []string{
		"meta l4proto tcp tproxy to :80", "tcp dport 80 tproxy to 10.0.0.1", "udp dport 53 tproxy to 127.0.0.1:5353 accept",
	}},
	{"tproxy inet", "inet", "type filter hook prerouting priority mangle; policy accept;", "", []string{
		"meta l4proto tcp tproxy to :80", "tcp dport 80 tproxy ip to 10.0.0.1:8080", "meta l4proto { tcp, udp } tproxy ip6 to [::1]:80",
	}},
	{"synproxy", "ip", filterInput, "", []string{
		"synproxy", "synproxy mss 1460 wscale 7", "synproxy timestamp", "synproxy sack-perm timestamp mss 5", "tcp dport 80 ct state invalid,untracked synproxy mss 1460 wscale 0 timestamp sack-perm",
	}},
	{"output", "ip", "type filter hook output priority 0; policy accept;", "", []string{
		"tcp option maxseg size set rt mtu", "tcp flags syn / syn,rst tcp option maxseg size set rt mtu", "rt mtu 1400", "rt mtu < 1400", "meta skuid 0", "oifname \"eth*\"",
	}},
	{"raw", "ip", "type filter hook prerouting priority raw; policy accept;", "", []string{
		`fib saddr oifname "eth0"`, "fib saddr oif 1", "fib saddr . mark oif missing", "fib saddr . iif oif 0",
		"notrack", "tcp dport 22 notrack", "ct zone set 5", "ct original zone set 5", "ct event set new,destroy", "meta pkttype set host",
	}},
	{"ip6", "ip6", filterInput, `
	set hosts { type ipv6_addr; elements = { 2001:db8::1 }; }
	set nets { type ipv6_addr; flags interval; elements = { 2001:db8::/32, fe80::1-fe80::9 }; }
	set classes { type dscp; elements = { cs1 }; }
	set frags { typeof frag id; elements = { 5 }; }
	set motions { typeof mh type; elements = { home-test }; }
`, []string{
		"ip6 saddr 2001:db8::1", "ip6 saddr != 2001:db8::/32", "ip6 saddr 2001:db8::/33", "ip6 daddr { 2001:db8::1, ::1 }", "ip6 daddr @hosts", "ip6 daddr @nets",
		"ip6 saddr 2001:db8::1-2001:db8::9", "ip6 saddr { 2001:db8::/32, ::1 }", "ip6 version 6", "ip6 dscp cs1", "ip6 dscp { cs1, cs2 }", "ip6 dscp { 1-5, 7 }", "ip6 dscp @classes", "ip6 ecn ce",
		"ip6 flowlabel 5", "ip6 flowlabel { 5, 6 }", "ip6 flowlabel 5-9", "ip6 length 100-200", "ip6 nexthdr tcp", "ip6 nexthdr tcp tcp dport 22",
		"exthdr frag exists", "exthdr hbh missing", "exthdr rt exists", "exthdr dst exists", "exthdr mh missing", "frag nexthdr tcp", "frag reserved 1", "frag frag-off 3",
		"frag frag-off { 1, 2 }", "frag frag-off 1-5", "frag reserved2 1", "frag more-fragments 1", "frag id 5", "frag id { 5, 6 }", "hbh nexthdr tcp", "hbh hdrlength 1-3",
		"rt nexthdr tcp", "rt hdrlength 2", "rt type 0", "rt seg-left != 0", "dst nexthdr 6", "dst hdrlength 1", "mh nexthdr 59", "mh hdrlength 1", "mh type binding-update",
		"mh type { home-test, 9 }", "mh reserved 0", "frag id @frags", "mh checksum { 1, 2 }", "rt seg-left { 1, 2 }", "frag reserved { 1, 2 }", "frag id . tcp dport { 1 . 2 }", "mh checksum 5", "frag frag-off . frag id { 1 . 2 }", "tcp option maxseg exists",
		"ip6 hoplimit < 5", "ip6 nexthdr ipv6-icmp icmpv6 type echo-request", "tcp dport 22", "icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert }",
		"icmpv6 code 0", "icmpv6 type echo-request", "icmpv6 id 5", "icmpv6 sequence 5", "icmpv6 mtu 1400", "icmpv6 max-delay 5",
		"icmpv6 type echo-reply icmpv6 id 5", "ip6 saddr . tcp dport { 2001:db8::1 . 22 }", "ip6 saddr . tcp dport { 2001:db8::/32 . 22-25 }", "reject",
		"reject with icmpv6 admin-prohibited", "reject with tcp reset", "ct original ip6 saddr 2001:db8::1", "rt nexthop 2001:db8::1", "meta protocol ip6 counter",
		"ip6 daddr set ::1", "ip6 hoplimit set 5", "ip6 dscp set cs1", "ip6 flowlabel set 5", "ip6 nexthdr set 6", "ip6 length set 5", "jhash ip6 saddr mod 2 seed 1 == 0",
		"ip6 saddr vmap { 2001:db8::/32 : accept, * : drop }",
	}},
	{"inet", "inet", filterInput, "", []string{
		"ip saddr 10.0.0.1", "ip6 saddr 2001:db8::/32", "tcp dport 22", "icmp type echo-request", "icmpv6 type echo-request", "icmp id 5", "icmpv6 id 5",
		"ip saddr 10.0.0.1 tcp dport 22", "tcp dport 22 ip saddr 10.0.0.1", "ip saddr . tcp dport { 10.0.0.1 . 22 }", "tcp dport . ip saddr { 22 . 10.0.0.1 }",
		"ip saddr 10.0.0.1 icmp type echo-request", "icmp type echo-request ip saddr 10.0.0.1", "ip protocol icmp icmp type echo-request", "ip6 nexthdr tcp tcp dport 22",
		"exthdr frag exists", "frag more-fragments 1 ip6 saddr ::1", "ip6 saddr ::1 frag id 5", "ip option rr exists", "tcp option maxseg size 5", "meta nfproto ipv6 hbh hdrlength 1",
		"meta nfproto ipv4", "meta nfproto ipv6 tcp dport 22", "meta nfproto ipv4 tcp dport 22 ip saddr 10.0.0.1", "meta nfproto { ipv4, ipv6 }",
		"meta l4proto icmp icmp type echo-request", "meta l4proto ipv6-icmp icmpv6 type echo-request", "meta l4proto tcp ip saddr 10.0.0.1",
		"meta protocol ip tcp dport 22", "meta protocol ip ip saddr 10.0.0.1", "ip saddr != 10.0.0.1", "ip protocol { tcp, udp } th dport 53", "igmp type membership-query",
		"ether saddr 02:00:00:00:00:01", "ether saddr 02:00:00:00:00:01 ip saddr 10.0.0.1", "ether saddr 02:00:00:00:00:01 tcp dport 22", "ether type ip ip saddr 10.0.0.1",
		"ether type ip6 icmpv6 type echo-request", "vlan id 5", "vlan id 5 ip saddr 10.0.0.1", "meta iiftype ether ether saddr 02:00:00:00:00:01",
		"reject", "reject with icmp host-unreachable", "reject with icmpv6 no-route", "reject with icmpx admin-prohibited", "ip saddr 10.0.0.1 reject",
		"ip6 saddr ::1 reject", "meta nfproto ipv4 reject", "tcp dport 22 reject with tcp reset", "reject with tcp reset", "iifname \"eth0\" log reject with icmpv6 no-route", "ip6 daddr [2001:db8::7]", "ip6 daddr { [2001:db8::7], ::1 }",
		"tcp option mss size 1200",
		"ip6 saddr ::1 tcp sport 5 log reject with tcp reset", "udp dport 5 log reject with icmp host-unreachable", "ip dscp set cs1", "ip6 dscp set cs1", "ip6 dscp cs1",
		"ct mark set ip saddr map { 10.0.0.1 : 1 }", "ct original ip saddr 10.0.0.1", "rt ip nexthop 10.0.0.1", "rt ip6 nexthop ::1", "jhash ip saddr mod 2 seed 5 == 1",
		"jhash ip saddr mod 2 seed 0 == 1",
		"iifname . oifname vmap { \"lan\" . \"wan\" : accept, \"wan\" . \"lan\" : drop }", "fib daddr type local", "ip saddr 10.0.0.0/8 log prefix \"x\" drop",
	}},
	{"bridge", "bridge", "type filter hook forward priority 0; policy accept;", "", []string{
		"ip saddr 10.0.0.1", "ip6 saddr 2001:db8::1", "tcp dport 22", "icmp type echo-request", "icmpv6 type echo-request", "ether saddr 02:00:00:00:00:01",
		"ether daddr 02:00:00:00:00:02 ether saddr 02:00:00:00:00:01", "ether saddr . vlan id { 02:00:00:00:00:01 . 9 }", "ether type . vlan id { ip . 9 }", "ip hdrlength . ip dscp { 5 . cs1 }",
		"ether type arp", "ether type ip ip saddr 10.0.0.1", "ether type { ip, arp }", "ether type vlan",
		"ether type vlan vlan id 5", "arp operation request", "arp operation request arp saddr ip 10.0.0.1", "arp daddr ip 10.0.0.1", "arp saddr ether 02:00:00:00:00:01",
		"vlan id 5", "vlan id 5 vlan pcp 3", "vlan id { 5, 6 }", "vlan id 1-9", "vlan pcp 3", "vlan cfi 1", "vlan dei 1", "vlan type ip", "vlan id 5 ip saddr 10.0.0.1", "vlan id 5 tcp dport 22",
		"vlan id 5 icmp type echo-request", "vlan id 5 arp operation request", "meta protocol ip tcp dport 22", "ip saddr 10.0.0.1 tcp dport 22",
		"ip saddr 10.0.0.1 ether saddr 02:00:00:00:00:01", "ether type ip ip saddr 10.0.0.1 ether saddr 02:00:00:00:00:01", "ether saddr 02:00:00:00:00:01 ip saddr 10.0.0.1",
		"meta l4proto 1 icmp type 8", "ether saddr . ip saddr { 02:00:00:00:00:01 . 10.0.0.1 }", "meta pkttype multicast", "iifname \"eth*\" counter drop",
	}},
	{"queue", "inet", filterInput, "", []string{
		"queue", "queue to 5", "queue to 1-3", "queue flags bypass to 5", "queue flags bypass,fanout to 1-3", "queue flags fanout to 1-3", "tcp dport 22 queue to 1",
		"queue flags bypass to tcp dport map { 22 : 5, 23 : 6 }", "queue to numgen inc mod 3", "queue to numgen random mod 5 offset 3",
		"queue flags bypass to symhash mod 2", "queue to jhash ip saddr . tcp dport mod 4 seed 7",
	}},
	{"bridge reject", "bridge", filterInput, "", []string{
		"reject", "reject with tcp reset", "reject with icmp host-unreachable", "ip saddr 10.0.0.1 reject", "reject with icmpx no-route", "ether type ip6 reject",
		"ether saddr 02:00:00:00:00:01 counter packets 1 bytes 40 reject with tcp reset", "vlan id 5 log reject with icmp host-unreachable", "ether daddr 02:00:00:00:00:02 reject with icmpv6 no-route",
	}},
	{"bridge meta", "bridge", "type filter hook forward priority 0; policy accept;", "", []string{
		`meta ibrname "br0"`, `meta obrname != "br0"`, `meta ibrname "br*"`, "meta ibrpvid 5",
	}},
	{"arp", "arp", filterInput, "", []string{
		"arp operation request", "arp operation != { request, reply }", "arp saddr ip 10.0.0.1", "arp daddr ip 10.0.0.0/8", "arp htype 1", "arp ptype ip", "arp hlen 6", "arp plen 4",
		"arp saddr ether 02:00:00:00:00:01", "arp daddr ether 02:00:00:00:00:01", "ether saddr 02:00:00:00:00:01", "arp saddr ip set 10.0.0.1", "iifname eth0 drop",
	}},
	{"netdev", "netdev", "type filter hook ingress device \"lo\" priority 0; policy accept;", "", []string{
		"ip saddr 10.0.0.1", "ip6 saddr ::1", "tcp dport 22", "ether saddr 02:00:00:00:00:01", "ether saddr 02:00:00:00:00:01 ip saddr 10.0.0.1", "vlan id 5", "vlan id 5 ip saddr 10.0.0.1",
		"vlan id 5 tcp dport 22", "vlan type ip", "ether type vlan vlan id 5", "ether type vlan vlan type ip ip saddr 10.0.0.1", "meta l4proto tcp @th,32,32 0x11223344 meta nftrace set 1",
		"arp operation request", "icmp type echo-request", "icmpv6 type echo-request", "meta protocol ip", "meta protocol { ip, ip6 }", "ether type ip ip saddr 10.0.0.1", "ip saddr 10.0.0.1 icmp type 8",
		"ip dscp set cs1", "udp dport set 53", "meta priority set 1:10", "meta iiftype ether ether saddr 02:00:00:00:00:01",
	}},
	{"netdev reject", "netdev", "type filter hook ingress device \"lo\" priority 0; policy accept;", "", []string{"reject"}},
	{"dnat", "ip", "type nat hook prerouting priority dstnat; policy accept;", `
	map single { type inet_service : ipv4_addr; elements = { 80 : 10.0.0.1 }; }
	map both { type inet_service : ipv4_addr . inet_service; elements = { 80 : 10.0.0.1 . 8080 }; }
	map nets { type ipv4_addr : interval ipv4_addr; flags interval; elements = { 10.1.0.0/24 : 10.2.0.0/24 }; }
`, []string{
		"dnat to 10.0.0.1", "dnat ip to 10.0.0.1", "tcp dport 80 dnat to 10.0.0.1:80", "dnat to 10.0.0.1-10.0.0.9", "tcp dport 80 dnat to 10.0.0.1-10.0.0.9:80-90 persistent",
		"tcp dport 80 dnat to 10.0.0.1:80-90 random", "tcp dport 80 dnat to :8080", "dnat to ip saddr map { 10.0.0.1 : 10.0.0.2 }", "dnat to tcp dport map @single",
		"dnat ip to ip saddr . tcp dport map { 10.0.0.1 . 80 : 10.0.0.2 . 8080 }", "dnat ip to tcp dport map @both", "tcp dport 80 dnat to tcp dport map { 80 : 10.0.0.1 }:8080",
		"dnat ip prefix to ip daddr map { 10.1.0.0/24 : 10.2.0.0/24 }", "dnat ip prefix to ip daddr map @nets", "dnat to ip daddr map { 10.1.0.0/24 : 10.2.0.0-10.2.0.9 }",
		"dnat ip prefix to 10.1.0.0/24", "dnat to numgen inc mod 2 map { 0 : 10.0.0.1, 1 : 10.0.0.2 }", "dnat to jhash ip saddr mod 2 seed 1 map { 0 : 10.0.0.1, 1 : 10.0.0.2 }",
		"tcp dport 80 redirect", "redirect", "tcp dport 80 redirect to :8080", "tcp dport 80 redirect to :8080-8090 random", "tcp dport 80 redirect to :tcp dport map { 80 : 8080 }",
		`iifname "wan" tcp dport 8080 dnat to 10.0.2.10:80`,
	}},
	{"snat", "ip", "type nat hook postrouting priority srcnat; policy accept;", "", []string{
		"masquerade", "masquerade random,persistent", "masquerade fully-random", "ip protocol tcp masquerade to :1024-2048", "ip protocol tcp masquerade to :1024", "ip protocol tcp masquerade to :1024-2048 random", "snat to 10.0.0.1",
		"snat to 10.0.0.1 fully-random", "tcp sport 5 snat to 10.0.0.1:5-10", "snat ip prefix to ip saddr map { 10.141.11.0/24 : 192.168.2.0/24 }", "snat to ip saddr map { 10.0.0.0/8 : 192.0.2.1 }",
	}},
	{"inet nat", "inet", "type nat hook prerouting priority dstnat; policy accept;", "", []string{
		"dnat ip to 10.0.0.1", "dnat ip6 to 2001:db8::1", "tcp dport 80 dnat ip to 10.0.0.1:80", "ip saddr 10.0.0.1 dnat to 10.0.0.2", "tcp dport 80 dnat ip6 to [2001:db8::1]:80",
		"dnat ip6 to 2001:db8::1-2001:db8::9", "meta l4proto tcp redirect to :80", "redirect", "dnat ip to ip saddr . tcp dport map { 10.0.0.1 . 80 : 10.0.0.2 . 8080 }",
		"dnat ip6 to ip6 saddr . tcp dport map { ::1 . 80 : 2001:db8::1 . 8080 }", "meta nfproto ipv4 dnat to 10.0.0.1",
	}},
	{"ip6 nat", "ip6", "type nat hook postrouting priority srcnat; policy accept;", "", []string{
		"masquerade", "snat to 2001:db8::1", "tcp dport 80 snat to [2001:db8::1]:80", "snat to 2001:db8::1-2001:db8::9", "snat ip6 prefix to ip6 saddr map { 2001:db8:1::/48 : 2001:db8:2::/48 }",
	}},
}
