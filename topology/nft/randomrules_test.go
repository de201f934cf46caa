package nft

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
)

// Rules and packets at random, over all selectors without state, with few values, so that they often meet.

// randomField is something that rules look at, with values that packets have, and some beside them.
type randomField struct {
	name    string
	values  []string
	ordered bool   // <, > and ranges make sense
	mask    string // the masks that values may be taken under; "" for none
}

var (
	randomV4    = []string{"192.0.2.1", "192.0.2.2", "192.0.2.9", "198.51.100.7", "203.0.113.5", "255.255.255.255", "224.0.0.1"}
	randomV6    = []string{"2001:db8::1", "2001:db8::2", "2001:db8::9", "2001:db8:1::7", "fe80::1", "ff02::1"}
	randomPorts = []string{"1", "22", "53", "80", "443", "1023", "1024", "8080", "40000", "65535"}
	randomBytes = []string{"0", "1", "5", "8", "40", "64", "128", "255"}
	randomWords = []string{"0", "1", "8", "16", "100", "4660", "1000", "64240", "65535"}
)

// randomFields are the selectors without state, by what they need.
var randomFields = []randomField{
	{"ip saddr", randomV4, true, "255.255.255.0"}, {"ip daddr", randomV4, true, "255.0.0.255"}, {"ip protocol", []string{"tcp", "udp", "icmp", "sctp", "esp", "ah", "igmp", "99"}, false, ""},
	{"ip ttl", randomBytes, true, "0x41"}, {"ip dscp", []string{"0x00", "0x08", "0x0a", "0x2e", "0x3f"}, true, ""}, {"ip ecn", []string{"not-ect", "ect0", "ect1", "ce"}, false, ""},
	{"ip id", randomWords, true, "0xff"}, {"ip length", []string{"28", "36", "48", "60", "100", "200"}, true, ""}, {"ip hdrlength", []string{"5", "6", "7"}, true, ""}, {"ip version", []string{"4", "6"}, false, ""},
	{"ip frag-off", []string{"0", "0x2000", "0x10", "0x4000"}, true, "0x1fff"},
	{"ip6 saddr", randomV6, true, "ffff:ffff::"}, {"ip6 daddr", randomV6, true, "::ffff"}, {"ip6 nexthdr", []string{"tcp", "udp", "ipv6-icmp", "0", "44", "60"}, false, ""}, {"ip6 hoplimit", randomBytes, true, "0x80"},
	{"ip6 dscp", []string{"0x00", "0x08", "0x0a", "0x2e", "0x3f"}, true, ""}, {"ip6 ecn", []string{"not-ect", "ect0", "ect1", "ce"}, false, ""}, {"ip6 flowlabel", []string{"0", "0x12345", "0xfffff"}, true, ""},
	{"ip6 length", []string{"8", "16", "28", "40", "100"}, true, ""}, {"ip6 version", []string{"6", "4"}, false, ""},
	{"tcp sport", randomPorts, true, "0xff"}, {"tcp dport", randomPorts, true, "0xf0f0"}, {"tcp sequence", []string{"1000", "0", "4294967295"}, true, ""}, {"tcp ackseq", []string{"0", "1"}, true, ""},
	{"tcp doff", []string{"5", "6", "8", "15"}, true, ""}, {"tcp window", randomWords, true, ""}, {"tcp urgptr", []string{"0", "1"}, true, ""}, {"tcp flags", []string{"syn", "ack", "fin", "rst", "psh"}, false, "(syn | ack)"},
	{"tcp option maxseg size", []string{"500", "1400", "1460"}, true, ""}, {"tcp option window count", []string{"0", "7", "11"}, true, ""}, {"tcp option timestamp tsval", []string{"1", "2"}, true, ""},
	{"tcp option timestamp tsecr", []string{"2", "3"}, true, ""}, {"tcp option maxseg", []string{"exists", "missing"}, false, ""}, {"tcp option sack-perm", []string{"exists", "missing"}, false, ""}, {"tcp option nop", []string{"exists", "missing"}, false, ""},
	{"udp sport", randomPorts, true, "0xff"}, {"udp dport", randomPorts, true, "0xf0f0"}, {"udp length", []string{"8", "16", "24", "108"}, true, ""}, {"udp checksum", []string{"0"}, false, ""},
	{"udplite dport", randomPorts, true, ""}, {"sctp sport", randomPorts, true, ""}, {"sctp dport", randomPorts, true, ""}, {"sctp vtag", []string{"0", "1"}, true, ""}, {"dccp dport", randomPorts, true, ""},
	{"esp spi", []string{"65616", "1", "2621440080"}, true, ""}, {"ah spi", []string{"1", "2"}, true, ""}, {"comp cpi", []string{"22", "80"}, true, ""}, {"th sport", randomPorts, true, ""}, {"th dport", randomPorts, true, ""},
	{"icmp type", []string{"echo-request", "echo-reply", "destination-unreachable", "time-exceeded", "13"}, false, ""}, {"icmp code", []string{"0", "1", "3", "4"}, true, ""}, {"icmp id", randomWords, true, ""}, {"icmp sequence", []string{"0", "1"}, true, ""}, {"icmp mtu", []string{"0", "1400"}, true, ""},
	{"icmpv6 type", []string{"echo-request", "echo-reply", "packet-too-big", "128", "3"}, false, ""}, {"icmpv6 code", []string{"0", "1"}, true, ""}, {"icmpv6 id", randomWords, true, ""}, {"icmpv6 mtu", []string{"0", "1280"}, true, ""},
	{"igmp type", []string{"membership-query", "leave-group"}, false, ""}, {"igmp group", []string{"0", "1"}, true, ""},
	{"exthdr dst", []string{"exists", "missing"}, false, ""}, {"exthdr hbh", []string{"exists", "missing"}, false, ""}, {"exthdr frag", []string{"exists", "missing"}, false, ""}, {"frag id", []string{"5", "6"}, true, ""}, {"frag frag-off", []string{"0", "17"}, true, ""},
	{"frag more-fragments", []string{"0", "1"}, false, ""}, {"dst nexthdr", []string{"tcp", "udp"}, false, ""}, {"hbh hdrlength", []string{"0", "1"}, true, ""}, {"ip option rr", []string{"exists", "missing"}, false, ""},
	{"meta l4proto", []string{"tcp", "udp", "icmp", "ipv6-icmp", "sctp", "esp"}, false, ""}, {"meta nfproto", []string{"ipv4", "ipv6"}, false, ""}, {"meta protocol", []string{"ip", "ip6"}, false, ""}, {"meta length", []string{"28", "36", "48", "60", "100", "200"}, true, ""},
	{"meta mark", []string{"0", "1", "7", "0x30", "0x31", "0x100"}, true, "0xf"}, {"iifname", []string{`"wan"`, `"lan"`, `"w*"`, `"lo"`}, false, ""}, {"oifname", []string{`"wan"`, `"lan"`}, false, ""}, {"iif", []string{`"wan"`, `"lo"`}, false, ""}, {"meta iiftype", []string{"ether", "loopback"}, false, ""},
	{"meta pkttype", []string{"host", "broadcast", "multicast"}, false, ""}, {"meta priority", []string{"none", "1:2"}, false, ""}, {"ether saddr", []string{macPeer, macWan}, false, ""}, {"ether daddr", []string{macWan, macAll}, true, ""}, {"ether type", []string{"ip", "ip6", "arp"}, false, ""},
	{"@nh,0,4", []string{"4", "6"}, true, ""}, {"@nh,64,8", randomBytes, true, "0xf0"}, {"@th,0,16", randomPorts, true, "0xff"}, {"@th,16,16", randomPorts, true, ""}, {"@th,104,8", randomBytes, true, "0x12"}, {"@ll,96,16", []string{"0x800", "0x86dd"}, true, ""},
}

// matching is a random comparison.
func (f *randomField) matching(r *rand.Rand) string {
	pick := func() string { return f.values[r.IntN(len(f.values))] }
	left := f.name
	if f.mask != "" && r.IntN(5) == 0 {
		return left + " & " + f.mask + " " + []string{"==", "!="}[r.IntN(2)] + " " + pick()
	}
	not := []string{"", "", "", "!= "}[r.IntN(4)]
	n := r.IntN(10)
	switch a, b := pick(), pick(); {
	case n < 4 || slices.Contains([]string{"exists", "missing"}, a):
		return left + " " + not + a
	case n < 7 && len(f.values) > 1:
		return left + " " + not + "{ " + strings.Join(f.some(r), ", ") + " }"
	case !f.ordered:
		return left + " " + not + a
	case n == 7:
		return left + " " + []string{"<", "<=", ">", ">="}[r.IntN(4)] + " " + a
	default:
		return left + " " + not + a + "-" + b
	}
}

// some are different values.
func (f *randomField) some(r *rand.Rand) []string {
	var out []string
	for _, i := range r.Perm(len(f.values))[:1+r.IntN(len(f.values)-1)] {
		out = append(out, f.values[i])
	}
	return out
}

// randomMatches are comparisons that the fields do not make.
var randomMatches = []string{
	"ip saddr @v4", "ip daddr != @v4", "ip6 saddr @v6", "tcp dport @ports", "udp dport != @ports", "ip saddr . tcp dport @pairs", "ip saddr . udp dport != @pairs", "iifname @names", "meta mark @marks",
	"ip saddr . ip daddr { 192.0.2.1 . 192.0.2.2, 198.51.100.0/24 . 192.0.2.0-192.0.2.9 }", "ip6 saddr . tcp dport { 2001:db8::1 . 80, 2001:db8::9 . 1-1023 }", "meta l4proto . th dport { tcp . 80, udp . 53 }",
	"iifname . ip ttl { \"wan\" . 64, \"lan\" . 5 }", "meta l4proto { tcp, udp } th dport 80", "ip saddr { 192.0.2.0/25, 203.0.113.0/24 }", "ip daddr != { 192.0.2.0/31 }", "ip6 daddr { 2001:db8::/64, fe80::/10 }",
	"tcp flags & (fin | syn | rst | ack) == syn", "tcp flags syn / syn,ack", "tcp flags ! rst", "tcp flags syn,fin", "ip frag-off & 0x1fff != 0", "ip saddr & 0.0.0.1 == 0.0.0.1", "ip saddr 192.0.2.0/24", "ip daddr != 192.0.2.0/28", "ip6 saddr 2001:db8::/64",
	"ip6 saddr != 2001:db8:1::/48", "jhash ip saddr . tcp dport mod 4 seed 0x7 0", "jhash ip6 saddr mod 3 seed 0x1 < 2", "meta mark ^ 0x3 == 0x4", "ip dscp { cs1, ef }", "ip6 dscp != cs1", "ether saddr . ip saddr { " + macPeer + " . 192.0.2.1 }",
	"@th,0,16 . @th,16,16 { 40000 . 80, 40000 . 53 }",
}

// randomEffects are what rules do beside deciding.
var randomEffects = []string{
	"meta mark set 7", "meta mark set meta mark | 0x30", "meta mark set meta mark ^ 1", "meta mark set ip saddr map { 192.0.2.1 : 0x31, 198.51.100.0/24 : 1 }", "meta mark set tcp dport map @marked", "meta priority set 1:2",
	"meta mark set jhash ip saddr . ip daddr mod 8 seed 0x5", "ip ttl set 5", "ip dscp set af11", "tcp dport set 8080", "udp dport set 53", "ip6 hoplimit set 8", "@th,0,16 set 22", "meta mark set ip ttl", "meta mark set meta length", "tcp option maxseg size set 500",
}

var randomVmaps = []string{
	"tcp dport vmap { 22 : accept, 80 : drop, 443 : jump %s, 8080 : goto %s }", "udp dport vmap { 1-100 : jump %s, 53 . }", "ip saddr vmap { 192.0.2.1 : jump %s, 192.0.2.0/25 : continue, 198.51.100.0/24 : drop }",
	"ip saddr . tcp dport vmap { 192.0.2.0/24 . 1-1023 : jump %s, 198.51.100.7 . 80 : accept, * : continue }", "meta l4proto vmap { tcp : jump %s, icmp : accept, udp : continue }", "meta mark vmap { 0 : continue, 1-7 : goto %s, * : jump %s }",
	"icmp type vmap { echo-request : accept, echo-reply : drop, 3 : jump %s }", "ip6 saddr vmap { 2001:db8::/64 : jump %s, ::/0 : continue }", "tcp dport vmap @decided",
}

const randomSets = `	set v4 { type ipv4_addr; flags interval; elements = { 192.0.2.0/29, 203.0.113.5-203.0.113.9 }; }
	set v6 { type ipv6_addr; flags interval; elements = { 2001:db8::/126, ff02::/16 }; }
	set ports { type inet_service; elements = { 22, 80, 8080 }; }
	set pairs { type ipv4_addr . inet_service; flags interval; elements = { 192.0.2.0/24 . 1-100, 198.51.100.7 . 443 }; }
	set names { type ifname; flags interval; elements = { "lan", "wa*" }; }
	set marks { type mark; flags interval; elements = { 1-7, 0x31 }; }
	map marked { type inet_service : mark; flags interval; elements = { 1-1023 : 1, 8080 : 0x100 }; }
	map decided { type inet_service : verdict; elements = { 53 : accept, 80 : continue, 1023 : drop }; }
`

// randomChains are the chains of a random ruleset; each may lead to those before it.
var randomChains = []string{"d", "c", "b", "a", "base"}

// kernelRules is a random ruleset: the rules of each chain.
type kernelRules map[string][]string

func newKernelRules(r *rand.Rand) kernelRules {
	rules := kernelRules{}
	for depth, chain := range randomChains {
		n := 2 + r.IntN(4)
		if chain == "base" {
			n = 14
		}
		for range n {
			rules[chain] = append(rules[chain], kernelRule(r, depth))
		}
	}
	return rules
}

// kernelRule is a random rule of a chain that may lead to the first depth chains.
func kernelRule(r *rand.Rand, depth int) string {
	var parts []string
	for range []int{0, 1, 1, 1, 1, 2, 2, 3}[r.IntN(8)] {
		if r.IntN(5) == 0 {
			parts = append(parts, randomMatches[r.IntN(len(randomMatches))])
		} else {
			parts = append(parts, randomFields[r.IntN(len(randomFields))].matching(r))
		}
	}
	parts = append(parts, "counter")
	effect := randomEffects[r.IntN(len(randomEffects))]
	// nft 1.0.6 merges the comparison of an Ethernet address with that of the type which an effect on IP needs, across
	// the counter.
	if merged := strings.Contains(strings.Join(parts, " "), "ether ") && strings.HasPrefix(effect, "ip"); r.IntN(6) == 0 && !merged {
		parts = append(parts, effect)
	}
	verdict := ""
	switch n := r.IntN(20); {
	case n < 3:
		verdict = "accept"
	case n < 5:
		verdict = "drop"
	case n == 5:
		verdict = "return"
	case n == 6:
		verdict = "continue"
	case n < 12 && depth > 0:
		verdict = []string{"jump ", "goto "}[r.IntN(2)] + randomChains[r.IntN(depth)]
	case n == 12 && depth > 0:
		verdict = randomVmaps[r.IntN(len(randomVmaps))]
		for strings.Contains(verdict, "%s") {
			verdict = strings.Replace(verdict, "%s", randomChains[r.IntN(depth)], 1)
		}
	}
	if len(parts) == 1 && (verdict == "accept" || verdict == "drop") {
		verdict = "" // or nothing behind it is looked at
	}
	if verdict != "" {
		parts = append(parts, verdict)
	}
	return strings.Join(parts, " ")
}

// source is the ruleset as text; behind shows which packets come out. On lo are only errors that the receiver sends to
// itself, about neighbours that it does not find.
func (k kernelRules) source() string {
	var b strings.Builder
	b.WriteString("table inet t {\n" + randomSets)
	for _, chain := range randomChains {
		fmt.Fprintf(&b, "\tchain %s {\n", chain)
		if chain == "base" {
			b.WriteString("\t\ttype filter hook prerouting priority raw; policy accept\n\t\tiif \"lo\" accept\n\t\tudp dport 65000 accept\n")
		}
		for _, r := range k[chain] {
			b.WriteString("\t\t" + r + "\n")
		}
		b.WriteString("\t}\n")
	}
	b.WriteString("\tchain behind {\n\t\ttype filter hook prerouting priority raw + 1\n\t\tiif \"lo\" accept\n\t\tudp dport 65000 accept\n\t\tcounter\n\t}\n}\n")
	return b.String()
}

// usable leaves out the rules that contradict themselves, and reports how many.
func (k kernelRules) usable() (out kernelRules, refused int) {
	out = kernelRules{}
	for _, chain := range randomChains {
		for _, r := range k[chain] {
			alone := kernelRules{chain: {r}}
			f, errs := Parse("rule", []byte(alone.source()), Options{})
			if _, all := Check(f); len(errs)+len(all) > 0 {
				refused++
				continue
			}
			out[chain] = append(out[chain], r)
		}
	}
	return out, refused
}

// randomWordsOfPacket describes a random packet for newPacket.
func randomWordsOfPacket(r *rand.Rand) string {
	pick := func(list ...string) string { return list[r.IntN(len(list))] }
	port := func() string { return pick(randomPorts...) }
	proto := pick("tcp", "tcp", "tcp", "udp", "udp", "icmp", "icmpv6", "sctp", "esp", "ah", "udplite", "dccp", "igmp", "comp")
	six := proto == "icmpv6" || proto != "icmp" && proto != "igmp" && r.IntN(3) == 0
	src, dst := pick("192.0.2.1", "192.0.2.9", "198.51.100.7", "203.0.113.5"), pick("192.0.2.2", "192.0.2.2", "203.0.113.5", "255.255.255.255")
	if six {
		src, dst = pick("2001:db8::1", "2001:db8::9", "2001:db8:1::7"), pick("2001:db8::2", "2001:db8::2", "2001:db8::9")
	}
	ends := src + " " + dst
	if proto != "icmp" && proto != "icmpv6" && proto != "igmp" {
		format := "%s:%s %s:%s"
		if six {
			format = "[%s]:%s [%s]:%s"
		}
		ends = fmt.Sprintf(format, src, port(), dst, port())
	}
	words := []string{proto, ends, "ttl=" + pick("1", "5", "64", "128", "255"), "tos=" + pick("0", "0x20", "0x28", "0x2b", "0xb8", "0xff"), "size=" + pick("8", "8", "9", "16", "100")}
	switch proto {
	case "tcp":
		words = append(words, "flags="+pick("syn", "ack", "syn,ack", "fin,ack", "rst", "psh,ack", "fin,syn"))
		if r.IntN(3) == 0 {
			words = append(words, "topt="+pick("020405b40402080a00000001000000020103030b", "020401f401010000", "0208058c03030700", "0101080a0000000200000003"))
		}
	case "icmp":
		words = append(words, "type="+pick("0", "3", "8", "11", "13"), "code="+pick("0", "1", "4"), "id="+pick("0", "1", "4660"))
	case "icmpv6":
		words = append(words, "type="+pick("2", "3", "128", "129"), "code="+pick("0", "1"), "id="+pick("0", "1", "4660"))
	case "igmp":
		words = append(words, "type="+pick("17", "23"))
	}
	switch n := r.IntN(12); {
	case !six && proto != "icmp" && n == 0:
		words = append(words, "frag="+pick("0x2000", "0x0010", "0x4000"))
	case !six && n < 3:
		words = append(words, "options="+pick("4", "8"))
	case !six && proto != "icmp" && proto != "igmp":
		words = append(words, "id="+pick("0", "1", "4660", "65535"))
	case six && proto == "tcp" && n == 0:
		words = append(words, "ext=60:0600010400000000")
	case six && proto == "udp" && n == 0:
		words = append(words, "ext="+pick("0:1100010400000000", "44:1100000100000005", "44:1100008900000005"))
	case six:
		words = append(words, "flow="+pick("0", "0x12345"))
	}
	if dst == "255.255.255.255" {
		words = append(words, "mac=all")
	}
	return strings.Join(words, " ")
}
