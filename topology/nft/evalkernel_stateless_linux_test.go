package nft

import (
	"fmt"
	"strings"
	"testing"
)

// kernelPacket makes a packet, with the data behind its headers and the station that it goes to.
func kernelPacket(t *testing.T, words string) (p *Packet, data []byte, mac string) {
	size, mac := 8, macWan
	var rest []string
	for _, w := range strings.Fields(words) {
		switch {
		case w == "mac=all":
			mac = macAll
			continue
		case strings.HasPrefix(w, "size="):
			if _, err := fmt.Sscanf(w, "size=%d", &size); err != nil {
				t.Fatal(err)
			}
		}
		rest = append(rest, w)
	}
	return newPacket(t, strings.Join(rest, " ")), make([]byte, size), mac
}

func TestEvalKernelStateless(t *testing.T) {
	if !inNamespace(t) {
		return
	}
	b := newBench(t)
	mayWrite(t)
	var rules strings.Builder
	for _, r := range statelessRules {
		fmt.Fprintf(&rules, "\t\t%s counter\n", r)
	}
	b.load("table inet t {" + statelessSets + "\tchain c {\n\t\ttype filter hook prerouting priority raw\n" +
		"\t\tudp dport 65000 accept\n" + rules.String() + "\t}\n}\n")
	sum := &tally{rules: len(statelessRules)}
	before := b.counters()
	for _, words := range statelessPackets {
		p, data, mac := kernelPacket(t, words)
		b.receive(p, data, mac)
		after := b.counters()
		c := b.rules.Tables[0].Chains[0]
		b.compare(words, c, p, before, after, sum)
		b.compare(words+" as traced", c, traced(p), before, after, &tally{})
		before = after
	}
	sum.check(t, 150, 30)
}
