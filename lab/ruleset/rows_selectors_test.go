package ruleset

// The rows of selectors and statements that few rulesets have.
func init() {
	rowGroups = append(rowGroups, sendRows...)
	rowGroups = append(rowGroups, rareRows...)
}

var sendRows = []rowGroup{
	{"dup", "ip", filterPrerouting, `
	map addrs { type ipv4_addr : ipv4_addr; elements = { 10.0.0.1 : 10.0.0.2 }; }
	map devs { type ipv4_addr : iface_index; elements = { 10.0.0.1 : "lo" }; }
`, []string{
		"dup to 10.0.0.1", `dup to 10.0.0.1 device "lo"`, "dup to 10.0.0.1 device lo", "dup to ip saddr map { 10.0.0.1 : 10.0.0.2 } device lo", "dup to ip saddr map @addrs",
		`dup to ip saddr map { 10.0.0.1 : 10.0.0.2 } device ip saddr map { 10.0.0.1 : "lo" }`, "dup to ip daddr device ip saddr map @devs", "tcp dport 22 dup to 10.0.0.1 counter",
	}},
	{"ip6 dup", "ip6", filterPrerouting, "", []string{"dup to 2001:db8::1", `dup to 2001:db8::1 device "lo"`}},
	{"fwd", "netdev", `type filter hook ingress device "lo" priority 0; policy accept;`, "", []string{
		`dup to "lo"`, "dup to lo", `dup to meta mark map { 1 : "lo" }`, "dup to meta mark map { 1 : lo, 2 : lo }", "dup to 1", "dup to meta iif",
		`fwd to "lo"`, "fwd to lo", `fwd to meta mark map { 1 : "lo" }`, `fwd ip to 10.0.0.1 device "lo"`, `fwd ip6 to 2001:db8::1 device "lo"`,
		`fwd ip to ip saddr map { 10.0.0.1 : 10.0.0.2 } device "lo"`, `fwd ip to ip daddr device "lo"`, `fwd ip to 10.0.0.1 device meta mark map { 1 : "lo" }`,
	}},
}

const filterPrerouting = "type filter hook prerouting priority -300; policy accept;"

var rareRows = []rowGroup{
	{"osf", "ip", filterInput, "\tset oses { typeof osf name; elements = { \"Linux\" }; }\n", []string{
		`osf name "Linux"`, "osf name Linux", `osf ttl loose name "Linux"`, `osf ttl skip name "Linux"`, `osf version "Linux:4.20"`, `osf ttl skip version "Linux:4.20"`,
		`osf name { "Windows", "MacOs" }`, `osf version { "Windows:XP", "MacOs:Sierra" }`, `ct mark set osf name map { "Windows" : 0x01, "MacOs" : 0x02 }`,
		`osf name != "Linux"`, `osf name vmap { "Linux" : drop }`, `osf name "Lin*"`, "osf name @oses",
	}},
	{"ipsec in", "inet", filterInput, "\tset ids { typeof ipsec in reqid; elements = { 1, 2 }; }\n\tset peers { typeof ipsec in ip saddr . ipsec in spi; elements = { 10.0.0.1 . 5 }; }\n", []string{
		"ipsec in reqid 1", "ipsec in spnum 0 reqid 1", "ipsec in spnum 2 reqid 1", "ipsec in reqid 1-5", "ipsec in reqid != 1-5", "ipsec in reqid { 1, 2-5 }", "ipsec in spi { 1, 2-5 }", "ipsec in spi 1-561",
		"ipsec in ip saddr 10.0.0.1", "ipsec in ip daddr { 10.0.0.0/8 }", "ipsec in ip6 daddr ::1", "ipsec in ip6 saddr 2001:db8::/32", "ipsec in reqid . ip saddr { 1 . 10.0.0.1 }", "ipsec exists", "ipsec missing",
		"ipsec in reqid @ids", "ipsec in ip saddr . ipsec in spi @peers", "ipsec in reqid > 5",
	}},
	{"ipsec out", "ip", "type filter hook postrouting priority 0; policy accept;", "", []string{"ipsec out reqid 0xffffffff", "ipsec out spnum 0 spi 1-561", "ipsec out spnum 5 ip daddr 10.0.0.1"}},
	{"routing headers", "inet", filterInput, "\tset tags { typeof srh tag; elements = { 5 }; }\n\tset hops { typeof srh sid[2]; elements = { 2001:db8::1 }; }\n", []string{
		"srh last-entry 0", "srh flags 0x0", "srh tag 0x0", "srh sid[1] dead::beef", "srh sid[2] { dead::beef, ::1 }", "srh tag 1-5", "srh last-entry { 1, 2-4 }", "srh tag 5",
		"rt0 addr[1] ::1", "rt0 addr[2] ::1", "srh tag @tags", "srh sid[2] @hops",
	}},
	{"sctp chunks", "ip", filterInput, "\tset tsns { typeof sctp chunk data tsn . ip saddr; elements = { 5 . 10.0.0.1 }; }\n\tset seqs { typeof sctp chunk asconf seqno; elements = { 5 }; }\n", []string{
		"sctp chunk data exists", "sctp chunk data missing", "sctp chunk init exists", "sctp chunk init-ack missing", "sctp chunk data flags 2", "sctp chunk data type 0", "sctp chunk data length 100",
		"sctp chunk data tsn 0", "sctp chunk data stream 0", "sctp chunk data ssn 0", "sctp chunk data ppid 0", "sctp chunk init init-tag 1", "sctp chunk init a-rwnd 1",
		"sctp chunk init num-outbound-streams 1", "sctp chunk init num-inbound-streams 1", "sctp chunk init initial-tsn 1", "sctp chunk init-ack initial-tsn 1", "sctp chunk sack cum-tsn-ack 1",
		"sctp chunk sack a-rwnd 1", "sctp chunk sack num-gap-ack-blocks 1", "sctp chunk sack num-dup-tsns 1", "sctp chunk shutdown cum-tsn-ack 1", "sctp chunk ecne lowest-tsn 1",
		"sctp chunk cwr lowest-tsn 1", "sctp chunk asconf-ack seqno 1", "sctp chunk forward-tsn new-cum-tsn 1", "sctp chunk asconf seqno 12345", "sctp chunk heartbeat exists",
		"sctp chunk heartbeat-ack flags 1", "sctp chunk abort exists", "sctp chunk shutdown-ack exists", "sctp chunk shutdown-complete exists", "sctp chunk error exists",
		"sctp chunk cookie-echo exists", "sctp chunk cookie-ack exists", "sctp chunk data flags { 1, 2 }", "sctp chunk data tsn . ip saddr { 1 . 10.0.0.1 }",
		"sctp dport 5 sctp chunk data exists", "tcp dport 5 sctp chunk data exists", "sctp chunk data tsn . ip saddr @tsns", "sctp chunk asconf seqno @seqs",
	}},
	{"clock", "ip", filterInput, "\tset hours { typeof meta hour; flags interval; elements = { \"08:00\"-\"09:30\", \"17:00\" }; }\n\tset times { typeof meta time; elements = { \"2026-12-24 18:00\" }; }\n", []string{
		`meta time "2020-06-06 17:00"`, `meta time < "2020-06-06 17:00"`, `time > "2020-06-06 17:00:20"`, `meta time "2019-12-24"`, `meta time != "2019-12-24 16:00:00"`, `meta time "2019-12-24 16:00" - "2020-01-02 7:00"`,
		`meta time { "2019-12-24 16:00" - "2020-01-02 7:00", "2021-01-01" }`, "meta time 1577836800", `meta hour "17:00"`, `hour "17:00:05"`, `meta hour "17:00" - "19:00"`, `meta hour "17:00"-"19:00:05"`, `meta hour >= "17:00"`,
		`meta hour != "23:15"`, `meta hour { "00:00"-"01:00", "17:00" }`, `meta hour "22:00"-"02:00"`, `meta hour != "22:00"-"02:00"`, "meta hour 61200", "meta hour 17:00", `meta hour vmap { "17:00" : drop }`,
		`meta hour . ip saddr { "17:00" . 10.0.0.1 }`, `meta day { "Saturday", "Sunday" }`, "day 6", "meta hour @hours", "meta time @times",
	}},
	{"cgroups", "ip", filterInput, "", []string{`socket cgroupv2 level 1 "/"`}},
	{"tproxy", "ip", filterPrerouting, "\tmap addrs { type ipv4_addr : ipv4_addr; elements = { 10.0.0.1 : 10.0.0.2 }; }\n", []string{
		"tcp dport 80 tproxy to ip saddr map { 10.0.0.1 : 10.0.0.2 }", "tcp dport 80 tproxy to ip saddr map @addrs:80", "tcp dport 80 tproxy to ip daddr",
		"tcp dport 80 tproxy to jhash ip saddr mod 2 map { 0 : 10.0.0.1, 1 : 10.0.0.2 }", "tcp dport 80 counter bytes 5", "tcp dport 80 counter packets 5", "tcp dport 80 counter bytes 5 packets 6",
	}},
	{"tproxy inet", "inet", filterPrerouting, "", []string{"tcp dport 80 tproxy ip to ip saddr map { 10.0.0.1 : 10.0.0.2 }:80", "ip daddr 10.0.0.1 tcp dport 80 tproxy ip to ip daddr:80"}},
	{"computed dnat", "ip", "type nat hook prerouting priority dstnat; policy accept;", "\tmap ports { type inet_service : inet_service; elements = { 80 : 8080 }; }\n", []string{
		"dnat to ip daddr", "dnat to ip saddr and 255.255.255.0", "meta l4proto tcp dnat to ip daddr:80", "tcp dport 80 dnat to 10.0.0.1:tcp dport", "dnat to ct original ip daddr", "dnat to rt nexthop",
		"icmp type echo-request dnat to 10.0.0.1:80", "tcp dport 80 dnat to 10.0.0.1:tcp dport map @ports", "tcp dport 80 redirect to tcp dport map @ports", "tcp dport 80 redirect to :tcp sport",
	}},
	{"inner raw", "ip", filterInput, "", []string{"@ih,0,32 5", "@ih,32,32 0x14000000", "meta l4proto 17 @ih,0,8 { 1, 2 }", "udp dport 5 @ih,0,16 set 5", "@ih,5,3 5", "@ih,0,8 . tcp dport { 1 . 2 }"}},
}
