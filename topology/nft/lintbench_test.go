package nft

import (
	"fmt"
	"strings"
	"testing"
)

// manyRules is a ruleset of about n rules of all kinds: nothing in it is wrong.
func manyRules(n int) string {
	var b strings.Builder
	b.WriteString("table ip nat {\n\tchain prerouting {\n\t\ttype nat hook prerouting priority dstnat\n")
	for i := range n / 10 {
		fmt.Fprintf(&b, "\t\tiifname \"wan\" tcp dport %d dnat to 10.1.%d.%d:%d\n", 20000+i, i/200, 1+i%200, 1000+i)
	}
	b.WriteString("\t}\n}\ntable inet filter {\n\tchain input {\n\t\ttype filter hook input priority 0; policy drop\n")
	b.WriteString("\t\tct state established,related accept\n\t\tiif lo accept\n\t\tmeta l4proto ipv6-icmp accept\n\t}\n")
	b.WriteString("\tchain forward {\n\t\ttype filter hook forward priority 0; policy drop\n\t\tct state established,related accept\n")
	for i := range n / 10 {
		fmt.Fprintf(&b, "\t\tiifname \"wan\" ip daddr 10.1.%d.%d tcp dport %d accept\n", i/200, 1+i%200, 1000+i)
	}
	for i := range n * 8 / 10 {
		net := fmt.Sprintf("10.%d.%d", 2+i/250, i%250)
		switch i % 4 {
		case 0:
			fmt.Fprintf(&b, "\t\tiifname \"lan%d\" ip saddr %s.0/24 tcp dport { 22, 80, %d } accept\n", i%7, net, 1000+i)
		case 1:
			fmt.Fprintf(&b, "\t\tip saddr %s.7 udp dport %d-%d counter accept\n", net, i, i+1)
		case 2:
			fmt.Fprintf(&b, "\t\tip saddr %s.8 ip daddr 192.0.2.%d drop\n", net, i%250)
		default:
			fmt.Fprintf(&b, "\t\tip6 saddr 2001:db8:%x::/48 meta mark %d accept\n", i, i)
		}
	}
	b.WriteString("\t}\n}\n")
	return b.String()
}

func BenchmarkLint(b *testing.B) {
	for _, n := range []int{500, 5000} {
		rs := newRuleset(b, manyRules(n))
		if f := Lint(rs); len(f) > 0 {
			b.Fatalf("%d findings, the first is %+v", len(f), f[0])
		}
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Lint(rs)
			}
		})
	}
}
