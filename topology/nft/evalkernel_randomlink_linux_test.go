package nft

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"net"
	"strings"
	"testing"
)

// linkFields are what rules of family netdev look at beside what those of inet do.
var linkFields = []randomField{
	{"ether saddr", []string{macPeer, "02:00:00:00:00:77"}, true, "ff:ff:ff:00:00:00"}, {"ether daddr", []string{macWan, macAll, "01:00:5e:00:00:01"}, true, ""}, {"ether type", []string{"ip", "ip6", "arp", "vlan"}, false, ""},
	{"vlan id", []string{"1", "5", "100", "4094"}, true, ""}, {"vlan pcp", []string{"0", "3", "7"}, true, ""}, {"vlan dei", []string{"0", "1"}, false, ""}, {"vlan type", []string{"ip", "ip6", "arp"}, false, ""},
	{"arp operation", []string{"request", "reply", "nak", "77"}, false, ""}, {"arp htype", []string{"1", "2"}, true, ""}, {"arp ptype", []string{"ip", "ip6"}, false, ""}, {"arp hlen", []string{"6", "8"}, true, ""}, {"arp plen", []string{"4", "16"}, true, ""},
	{"arp saddr ip", []string{"192.0.2.1", "192.0.2.9"}, true, "255.255.255.0"}, {"arp daddr ip", []string{"192.0.2.2", "192.0.2.77"}, true, ""}, {"arp saddr ether", []string{macPeer, "02:00:00:00:00:77"}, true, ""}, {"arp daddr ether", []string{"00:00:00:00:00:00", macWan}, true, ""},
	{"meta protocol", []string{"ip", "ip6", "arp", "vlan"}, false, ""}, {"ip saddr", randomV4, true, ""}, {"ip ttl", randomBytes, true, ""}, {"ip6 saddr", randomV6, true, ""}, {"tcp dport", randomPorts, true, ""}, {"udp dport", randomPorts, true, ""}, {"meta l4proto", []string{"tcp", "udp", "ipv6-icmp"}, false, ""},
	{"icmpv6 type", []string{"echo-request", "135"}, false, ""}, {"meta length", []string{"28", "36", "48", "60"}, true, ""}, {"meta mark", []string{"0", "7"}, true, ""}, {"iifname", []string{`"wan"`, `"lan"`}, false, ""}, {"meta pkttype", []string{"host", "broadcast", "other"}, false, ""},
	{"@ll,0,8", []string{"1", "2", "255"}, true, ""}, {"@ll,96,16", []string{"0x800", "0x806", "0x8100"}, true, ""}, {"@nh,0,8", []string{"0", "0x45", "0x60"}, true, ""}, {"@nh,48,16", []string{"1", "2"}, true, ""},
}

// linkRules is a random ruleset of family netdev.
func linkRules(r *rand.Rand) (rules []string) {
	for range 24 {
		var parts []string
		for range 1 + r.IntN(3) {
			parts = append(parts, linkFields[r.IntN(len(linkFields))].matching(r))
		}
		parts = append(parts, "counter")
		switch r.IntN(10) {
		case 0:
			parts = append(parts, "meta mark set 7")
		case 1:
			parts = append(parts, "accept")
		}
		rules = append(rules, strings.Join(parts, " "))
	}
	return rules
}

func linkSource(rules []string) string {
	return "table netdev t {\n\tchain base {\n\t\ttype filter hook ingress device \"wan\" priority 0; policy accept;\n\t\tudp dport 65000 accept\n\t\t" + strings.Join(rules, "\n\t\t") + "\n\t}\n}\n"
}

// linkFrame is a random frame, and what a rule at ingress sees of it: the kernel has taken the tag of a VLAN out, and
// shows it to rules all the same.
func linkFrame(t *testing.T, r *rand.Rand) (p *Packet, frameOnWire []byte, what string) {
	t.Helper()
	pick := func(list ...string) string { return list[r.IntN(len(list))] }
	mac := pick(macWan, macWan, macAll)
	if r.IntN(3) == 0 {
		p, frameOnWire, what = arpFrame(r, pick)
	} else {
		words := pick("tcp 192.0.2.1:40000 192.0.2.2:80 flags=syn", "udp 192.0.2.9:53 192.0.2.2:53 ttl=5", "tcp [2001:db8::1]:1 [2001:db8::2]:22 flags=syn", "icmpv6 2001:db8::9 2001:db8::2 type=128", "udp 203.0.113.5:1 192.0.2.2:8080 ttl=255")
		var data []byte
		p, data, _ = kernelPacket(t, words)
		frameOnWire, what = frame(p, data, mac), words
	}
	src, _ := net.ParseMAC(pick(macPeer, "02:00:00:00:00:77"))
	dst, _ := net.ParseMAC(mac)
	copy(frameOnWire, dst)
	copy(frameOnWire[6:], src)
	if r.IntN(2) == 0 {
		tci := uint16(r.IntN(8))<<13 | uint16(r.IntN(2))<<12 | []uint16{1, 5, 100, 4094}[r.IntN(4)]
		tag := binary.BigEndian.AppendUint16([]byte{0x81, 0}, tci)
		frameOnWire = append(append(append([]byte(nil), frameOnWire[:12]...), tag...), frameOnWire[12:]...)
		p.LL = frameOnWire[:18]
		what += fmt.Sprintf(" tagged %#04x", tci)
	} else {
		p.LL = frameOnWire[:14]
	}
	return p, frameOnWire, what + " to " + mac
}

func arpFrame(r *rand.Rand, pick func(...string) string) (*Packet, []byte, string) {
	peer, _ := net.ParseMAC(pick(macPeer, "02:00:00:00:00:77"))
	sender, target := net.ParseIP(pick("192.0.2.1", "192.0.2.9")).To4(), net.ParseIP(pick("192.0.2.2", "192.0.2.77")).To4()
	nh := []byte{0, 1, 8, 0, 6, 4, 0, byte(1 + r.IntN(2))}
	nh = append(append(append(append(nh, peer...), sender...), make([]byte, 6)...), target...)
	p := &Packet{Family: FamilyARP, NH: nh}
	p.Meta.Len = Some(uint32(len(nh)))
	return p, append(append(make([]byte, 12), 8, 6), nh...), fmt.Sprintf("arp %d %s %s", nh[7], sender, target)
}

// TestEvalKernelRandomLink does with ARP, VLAN tags and link addresses, at ingress, what TestEvalKernelRandom does with
// IP.
func TestEvalKernelRandomLink(t *testing.T) {
	if !inNamespace(t) {
		return
	}
	b := newBench(t)
	r := rand.New(rand.NewPCG(2026, 12))
	rulesets, packets := 12, 40
	if testing.Short() {
		rulesets, packets = 2, 20
	}
	sum := &tally{}
	for range rulesets {
		var rules []string
		for _, rule := range linkRules(r) {
			f, errs := Parse("rule", []byte(linkSource([]string{rule})), Options{})
			if _, all := Check(f); len(errs)+len(all) == 0 && nftRefuses(linkSource([]string{rule})) == "" {
				rules = append(rules, rule)
			}
		}
		sum.rules += len(rules)
		b.load(linkSource(rules))
		before := b.counters()
		for range packets {
			p, onWire, what := linkFrame(t, r)
			b.deliver(onWire)
			mac := net.HardwareAddr(onWire[:6]).String()
			b.complete(p, mac)
			p.Meta.Protocol = Some(binary.BigEndian.Uint16(p.LL[len(p.LL)-2:]))
			after := b.counters()
			b.compare(what, b.rules.Tables[0].Chains[0], p, before, after, sum)
			if t.Failed() {
				t.Fatal(linkSource(rules))
			}
			before = after
		}
	}
	sum.check(t, rulesets*12, rulesets*packets)
}
