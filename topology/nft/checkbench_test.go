package nft

import (
	"fmt"
	"strings"
	"testing"
)

// fiveThousand is a ruleset of 5,000 rules such as programs write them, with sets, maps and jumps.
func fiveThousand() []byte {
	var b strings.Builder
	b.WriteString("table inet filter {\n\tset blocked {\n\t\ttype ipv4_addr\n\t\tflags interval\n\t\telements = {\n")
	for i := range 1000 {
		fmt.Fprintf(&b, "\t\t\t10.%d.%d.0/28,\n", i/250, i%250)
	}
	b.WriteString("\t\t}\n\t}\n")
	for i := range 50 {
		fmt.Fprintf(&b, "\tchain host%d {\n", i)
		for j := range 99 {
			switch j % 4 {
			case 0:
				fmt.Fprintf(&b, "\t\tip saddr 192.0.2.%d tcp dport { 22, 80, %d } ct state new counter accept comment \"rule %d\"\n", j, 1000+j, j)
			case 1:
				fmt.Fprintf(&b, "\t\tiifname \"eth%d\" ip6 saddr 2001:db8:%x::/48 udp dport %d-%d accept\n", j, j, j+1, j+100)
			case 2:
				fmt.Fprintf(&b, "\t\tip daddr 198.51.100.0/24 meta mark & 0xff == 0x%x drop\n", j)
			default:
				b.WriteString("\t\tip saddr @blocked log prefix \"blocked: \" reject with icmp type host-unreachable\n")
			}
		}
		b.WriteString("\t\treturn\n\t}\n")
	}
	b.WriteString("\tchain input {\n\t\ttype filter hook input priority filter; policy drop;\n")
	for i := range 50 {
		fmt.Fprintf(&b, "\t\tip daddr 10.0.0.%d jump host%d\n", i, i)
	}
	b.WriteString("\t}\n}\n")
	return []byte(b.String())
}

// BenchmarkCheck reads 5,050 rules: the aim is well under 100 ms.
func BenchmarkCheck(b *testing.B) {
	src := fiveThousand()
	b.SetBytes(int64(len(src)))
	for b.Loop() {
		f, _ := Parse("bench", src, Options{})
		rules, errs := Check(f)
		if len(errs) > 0 {
			b.Fatal(errs.Render())
		}
		n := 0
		for _, c := range rules.Tables[0].Chains {
			n += len(c.Rules)
		}
		if n != 5050 {
			b.Fatalf("%d rules", n)
		}
	}
}

// BenchmarkParse is the part of the parser in it.
func BenchmarkParse(b *testing.B) {
	src := fiveThousand()
	b.SetBytes(int64(len(src)))
	for b.Loop() {
		if _, errs := Parse("bench", src, Options{}); len(errs) > 0 {
			b.Fatal(errs.Render())
		}
	}
}
