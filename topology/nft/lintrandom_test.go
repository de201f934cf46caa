package nft

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
)

// The matches, verdicts and packets of the random test: few values, so that rules often meet, and with what is beside
// and between them.
var (
	lintMatches = []string{
		"ip saddr 192.0.2.0/24", "ip saddr 192.0.2.0/28", "ip saddr 192.0.2.1", "ip saddr != 192.0.2.1", "ip saddr { 192.0.2.1, 192.0.2.16-192.0.2.40 }",
		"ip saddr 192.0.2.1-192.0.2.20", "ip daddr 198.51.100.0/24", "ip daddr & 255.255.255.240 == 198.51.100.0", "ip saddr @named", "ip saddr @fixed",
		"ip saddr != @fixed", "ip6 saddr 2001:db8::/32", "ip6 saddr 2001:db8::1", "ip6 saddr != 2001:db8:1::/48",
		"tcp dport 22", "tcp dport 80", "tcp dport { 22, 80 }", "tcp dport 1-100", "tcp dport != 80", "tcp dport > 22", "tcp dport <= 80", "tcp dport != { 22, 443 }",
		"udp dport 53", "udp dport 1-1023", "th dport 53", "th dport { 22, 53 }", "@th,16,16 80", "tcp sport 1000-2000", "tcp sport != 1000",
		"meta l4proto tcp", "meta l4proto { tcp, udp }", "meta l4proto != udp", "ip protocol tcp", "ip protocol != { tcp, udp }", "ip6 nexthdr tcp",
		"meta nfproto ipv4", "meta nfproto ipv6", "icmp type echo-request", "icmp type { echo-request, echo-reply }", "icmp id 7", "icmpv6 type 128-136",
		"iifname \"lan\"", "iifname \"la*\"", "iifname { \"lan\", \"wan\" }", "iifname != \"wan\"", "iif \"lan\"", "iif != \"lan\"", "oifname \"wan\"", "oifname != \"w*\"",
		"ct state new", "ct state established,related", "ct state { new, established }", "ct state != new", "ct state invalid,untracked", "ct state ! new",
		"tcp flags syn", "tcp flags & (syn | ack) == syn", "tcp flags & (fin | syn | rst) == 0", "tcp flags == syn", "tcp flags != ack", "tcp flags ! rst", "tcp flags { syn, ack }",
		"meta mark 1", "meta mark & 0xf == 1", "meta mark & 0xf0 != 0", "meta mark 0x10-0x1f", "ct mark 0x11", "ct mark & 0x10 == 0x10", "ct direction original", "ct status dnat",
		"ip ttl < 10", "ip ttl 5-64", "ip dscp cs1", "ip dscp & 0x38 == 8", "ip saddr . tcp dport { 192.0.2.1 . 22, 192.0.2.0/24 . 80 }", "iifname . oifname { \"lan\" . \"wan\" }",
		"limit rate 5/second", "numgen random mod 2 0", "fib daddr type local", "meta skuid root", "ether saddr 02:00:00:00:00:01", "ip length > 40", "meta length < 60",
	}
	lintActions = []string{
		"accept", "drop", "return", "reject", "counter", "counter accept", "log prefix \"x\"", "reject with tcp reset", "queue to 1", "meta mark set 1", "ct mark set 0x11",
		"ip ttl set 5", "tcp dport set 80", "jump a", "jump b", "jump c", "goto a", "goto c", "jump d",
		"tcp dport vmap { 22 : accept, 80 : drop }", "tcp dport vmap { 22 : jump b, 443 : goto c }", "ct state vmap { established : accept, new : jump a }", "continue", "notrack",
	}
	lintPackets = []string{
		"tcp 192.0.2.1:1000 198.51.100.1:22 flags=syn", "tcp 192.0.2.17:1500 198.51.100.1:80 flags=ack", "tcp 192.0.2.30:40000 198.51.100.200:443 flags=syn,ack",
		"tcp 203.0.113.1:2000 198.51.100.1:80 flags=syn ttl=5", "udp 192.0.2.1:53 198.51.100.1:53", "udp 203.0.113.9:9 192.0.2.9:2000 ttl=3 tos=0x20",
		"icmp 192.0.2.1 198.51.100.1 type=8 id=7", "icmp 203.0.113.1 198.51.100.1 type=0", "icmp 192.0.2.9 198.51.100.2 type=3", "tcp [2001:db8::1]:1000 [2001:db8::2]:22 flags=syn",
		"tcp [2001:db8:1::9]:3000 [2001:db8::2]:80 flags=rst", "udp [2001:db8::1]:99 [2001:db8::2]:53", "icmpv6 2001:db8::1 2001:db8::2 type=128 id=7", "icmpv6 2001:db8:1::1 2001:db8::2 type=2",
		"udp 192.0.2.1:53 198.51.100.1:53 frag=0x0010", "esp 192.0.2.1 198.51.100.1",
	}
)

// randomRules is a ruleset of a base chain and chains that it may lead to; d is empty. Most rules write nothing, or
// hardly anything could be proved.
func randomRules(r *rand.Rand) string {
	writes := r.IntN(4) == 0
	var b strings.Builder
	b.WriteString("table inet t {\n\tset named { type ipv4_addr; flags interval; elements = { 192.0.2.0/30 }; }\n")
	b.WriteString("\tset fixed { type ipv4_addr; flags constant, interval; elements = { 192.0.2.0/28, 203.0.113.1 }; }\n\tchain d { }\n")
	for _, name := range []string{"c", "b", "a", "base"} { // each may jump to those before it
		fmt.Fprintf(&b, "\tchain %s {\n", name)
		if name == "base" {
			fmt.Fprintf(&b, "\t\ttype filter hook %s priority 0; policy %s\n", []string{"prerouting", "input", "forward", "output"}[r.IntN(4)], []string{"accept", "drop"}[r.IntN(2)])
		}
		for range 2 + r.IntN(7) {
			rule := randomRule(r, name, writes)
			fmt.Fprintf(&b, "\t\t%s\n", rule)
			if r.IntN(8) == 0 {
				fmt.Fprintf(&b, "\t\t%s\n", rule)
			}
		}
		b.WriteString("\t}\n")
	}
	b.WriteString("}\n")
	return b.String()
}

// leadsTo are the chains that the rules of a chain may jump to: no loops.
var leadsTo = map[string]string{"base": "abcd", "a": "bcd", "b": "cd", "c": "d"}

func randomRule(r *rand.Rand, chain string, writes bool) string {
	var words []string
	for range []int{0, 1, 1, 1, 2, 2, 3}[r.IntN(7)] {
		words = append(words, lintMatches[r.IntN(len(lintMatches))])
	}
	for {
		action := lintActions[r.IntN(len(lintActions))]
		if !writes && (strings.Contains(action, " set ") || action == "notrack") {
			continue
		}
		ok := true
		for _, m := range jumps.FindAllStringSubmatch(action, -1) {
			ok = ok && strings.Contains(leadsTo[chain], m[1])
		}
		if ok {
			return join(append(words, action)...)
		}
	}
}

var jumps = regexp.MustCompile(`(?:jump|goto) (.)`)

// acceptable is the ruleset without the rules that nft refuses.
func acceptable(t *testing.T, source string) *Ruleset {
	t.Helper()
	lines := strings.Split(source, "\n")
	for range 20 {
		f, errs := Parse("test", []byte(strings.Join(lines, "\n")), Options{})
		if len(errs) > 0 {
			t.Fatal(errs.Render())
		}
		rs, errs := Check(f)
		if len(errs) == 0 {
			return rs
		}
		for _, e := range errs {
			lines[e.Pos.Line-1] = ""
		}
	}
	t.Fatal("too many mistakes")
	return nil
}

// randomPacket is a packet with all that is known beside its headers.
func randomPacket(t *testing.T, r *rand.Rand, h Hook) *Packet {
	t.Helper()
	pick := func(words ...string) string { return words[r.IntN(len(words))] }
	words := []string{lintPackets[r.IntN(len(lintPackets))], pick("ct=new", "ct=established", "ct=related", "ct=untracked", "ct=invalid"),
		pick("mark=0", "mark=1", "mark=17", "mark=33"), pick("ctmark=0", "ctmark=0x11"), pick("dir=0", "dir=1"), pick("status=0", "status=0x2a"),
		pick("skuid=0", "skuid=1000"), "iiftype=1", "ll=" + pick(macPeer, macWan) + "," + macAll}
	iif, oif := "iif="+pick("lan", "wan", "lan2", "eth0"), "oif="+pick("lan", "wan", "w", "eth0")
	switch h {
	case HookOutput:
		iif = "iif=-"
	case HookPrerouting, HookInput:
		oif = "oif=-"
	}
	return newPacket(t, join(append(words, iif, oif)...))
}

// TestLintRandom holds random packets against random rulesets: what Lint says about rules that decide nothing must be
// so. It looks at all rules of which Lint thinks so, also those that it counts only.
func TestLintRandom(t *testing.T) {
	const rulesets, packets = 400, 40
	r := rand.New(rand.NewPCG(2026, 4))
	codes, cases, held := map[string]int{}, 0, 0
	for range rulesets {
		rs := acceptable(t, randomRules(r))
		l := lint(rs)
		for _, f := range l.found {
			codes[f.Code]++
		}
		table := rs.Tables[0]
		base := table.Chain("base")
		for range packets {
			p := randomPacket(t, r, base.Base.Hook)
			cases++
			for _, c := range table.Chains {
				held += checkDead(t, l, c, p, base.Base.Hook)
			}
		}
	}
	t.Logf("%d packets, %d times a rule that decides nothing was looked at; findings: %v", cases, held, codes)
	if cases < 2000 || held < 2000 {
		t.Errorf("%d packets, %d rules: too few", cases, held)
	}
	for _, code := range []string{LintUnreachable, LintShadowed, LintDuplicate, LintNeverMatches} {
		if codes[code] < 50 {
			t.Errorf("%d findings %s: too few", codes[code], code)
		}
	}
}

// checkDead walks a chain with a packet: no rule of which Lint says that it decides nothing may match, as long as it is
// sure that the packet comes there. It returns how many of those were looked at.
func checkDead(t *testing.T, l *linter, c *Chain, p *Packet, h Hook) (held int) {
	t.Helper()
	res := c.Eval(p, EvalOptions{})
	if res.Rule != nil && l.dead[res.Rule] {
		t.Fatalf("`%s` decides, but Lint says that it cannot\n%s", res.Rule.Text, ruleList(res.Rule.Chain, l))
	}
	for _, rr := range res.Rules {
		if l.dead[rr.Rule] {
			held++
			if rr.Match == Yes {
				t.Fatalf("at %s a packet comes to `%s` and matches, but Lint says that it cannot\n%s", h, rr.Rule.Text, ruleList(rr.Rule.Chain, l))
			}
		}
		if rr.Match == Unknown || rr.Verdict == VerdictUnknown {
			break
		}
	}
	return held
}

// ruleList is a chain, with a mark at the rules that decide nothing.
func ruleList(c *Chain, l *linter) string {
	var b strings.Builder
	for _, r := range c.Rules {
		mark := "  "
		if l.dead[r] {
			mark = "x "
		}
		b.WriteString(mark + r.Text + "\n")
	}
	return b.String()
}
