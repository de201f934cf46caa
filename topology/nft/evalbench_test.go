package nft

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func BenchmarkRuleEval(b *testing.B) {
	p := newPacket(b, webPacket)
	for _, rule := range []string{
		`iifname "wan" tcp dport 8080 accept`,
		`ct state established,related accept`,
		`ip saddr 192.0.2.0/24 tcp dport { 22, 80, 443 } accept`,
		`meta mark set 0x5 accept`,
	} {
		r := newRule(b, "inet", rule)
		b.Run(strings.ReplaceAll(rule, " ", "_"), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				r.Eval(p)
			}
		})
	}
}

// manyElements is a set of so many elements.
func manyElements(n int, decl string, elem func(i int) string) string {
	elems := make([]string, n)
	for i := range elems {
		elems[i] = elem(i)
	}
	return "table inet t {\n\tset big {\n" + decl + "\n\t\telements = { " + strings.Join(elems, ", ") + " }\n\t}\n"
}

func BenchmarkSetLookup(b *testing.B) {
	const n = 10000
	for _, c := range []struct{ name, source, rule string }{
		{"exact", manyElements(n, "type ipv4_addr", func(i int) string { return fmt.Sprintf("192.%d.%d.1", i/256, i%256) }), "ip saddr @big"},
		{"prefixes", manyElements(n, "type ipv4_addr\nflags interval", func(i int) string { return fmt.Sprintf("192.%d.%d.0/24", i/256, i%256) }), "ip saddr @big"},
		{"concatenated-ranges", manyElements(n, "type ipv4_addr . inet_service\nflags interval", func(i int) string {
			return fmt.Sprintf("192.%d.%d.0/24 . %d-%d", i/256, i%256, i, i+100)
		}), "ip saddr . tcp dport @big"},
		{"concatenated-one-prefix", manyElements(n, "type ipv4_addr . inet_service\nflags interval", func(i int) string {
			return fmt.Sprintf("192.0.0.0/8 . %d-%d", 6*i, 6*i+3)
		}), "ip saddr . tcp dport @big"},
	} {
		r := newRuleset(b, c.source+"\tchain c {\n"+c.rule+"\n\t}\n}\n").Tables[0].Chains[0].Rules[0]
		p := newPacket(b, webPacket)
		r.Eval(p) // builds the index
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				r.Eval(p)
			}
		})
	}
}

// BenchmarkChainEval holds 1,000 rules of three expressions against a packet: the aim is a million rules a second.
func BenchmarkChainEval(b *testing.B) {
	var rules strings.Builder
	for i := range 1000 {
		fmt.Fprintf(&rules, "\t\tiifname \"wan\" ip saddr 192.0.2.1 tcp dport %d accept\n", 1000+i)
	}
	c := newRuleset(b, "table inet t {\n\tchain c {\n\t\ttype filter hook forward priority 0;\n"+rules.String()+"\t}\n}\n").Tables[0].Chains[0]
	p := newPacket(b, webPacket)
	b.ReportAllocs()
	best := time.Hour // of a round: whatever else the machine does makes the others slower
	for b.Loop() {
		start := time.Now()
		c.Eval(p, EvalOptions{})
		best = min(best, time.Since(start))
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/1000, "ns/rule")
	b.ReportMetric(1000/best.Seconds()/1e6, "million-rules/s")
}
