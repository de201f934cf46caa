package nft

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const webPacket = "tcp 192.0.2.1:40000 198.51.100.2:80 flags=syn iif=wan oif=lan ct=new mark=0"

// walk writes the rules that were looked at, one on a line, and how it ended.
func walk(r ChainResult) string {
	var b strings.Builder
	for _, rr := range r.Rules {
		fmt.Fprintf(&b, "%s %d %s %s\n", rr.Rule.Chain.Name, rr.Rule.Index, rr.Match, rr.Text)
	}
	fmt.Fprintf(&b, "=> %s", r.Verdict)
	if r.Rule != nil {
		fmt.Fprintf(&b, " by %s %d", r.Rule.Chain.Name, r.Rule.Index)
	}
	if r.Policy {
		b.WriteString(" by policy")
	}
	if r.Why != "" {
		fmt.Fprintf(&b, " (%s)", r.Why)
	}
	return b.String()
}

func TestChainEval(t *testing.T) {
	for _, c := range []struct {
		name, chains string // the first chain is the one that is walked
		resolve      Answer
		want         string
	}{
		{"policy", `chain c { type filter hook forward priority 0; policy drop;
			tcp dport 22 accept
			}`, Unknown, "c 0 no accept\n=> drop by policy"},
		{"policy accept by default", `chain c { type filter hook forward priority 0;
			tcp dport 22 drop
			}`, Unknown, "c 0 no drop\n=> accept by policy"},
		{"first verdict counts", `chain c { type filter hook forward priority 0; policy drop;
			counter
			tcp dport 80 accept
			drop
			}`, Unknown, "c 0 yes \nc 1 yes accept\n=> accept by c 1"},
		{"jump and come back", `chain c { type filter hook forward priority 0; policy drop;
			jump d
			tcp dport 80 accept
			}
			chain d {
			tcp dport 22 drop
			return
			drop
			}`, Unknown, "c 0 yes jump d\nd 0 no drop\nd 1 yes return\nc 1 yes accept\n=> accept by c 1"},
		{"jump into a verdict", `chain c { type filter hook forward priority 0;
			jump d
			accept
			}
			chain d {
			reject
			}`, Unknown, "c 0 yes jump d\nd 0 yes reject\n=> reject by d 0"},
		{"goto does not come back", `chain c { type filter hook forward priority 0; policy drop;
			jump d
			tcp dport 80 accept
			}
			chain d {
			goto e
			drop
			}
			chain e {
			tcp dport 22 drop
			}`, Unknown, "c 0 yes jump d\nd 0 yes goto e\ne 0 no drop\nc 1 yes accept\n=> accept by c 1"},
		{"goto from the base chain ends in the policy", `chain c { type filter hook forward priority 0; policy drop;
			goto d
			accept
			}
			chain d {
			counter
			}`, Unknown, "c 0 yes goto d\nd 0 yes \n=> drop by policy"},
		{"return in the base chain", `chain c { type filter hook forward priority 0; policy drop;
			return
			accept
			}`, Unknown, "c 0 yes return\n=> drop by policy"},
		{"a chain that is no base chain", `chain c {
			tcp dport 22 drop
			}`, Unknown, "c 0 no drop\n=> continue"},
		{"what cannot be rejected is not marked", `chain c { type filter hook forward priority 0;
			meta mark set 0x5 counter reject with icmpv6 no-route
			meta mark 0x5 drop
			}`, Unknown, "c 0 no reject with icmpv6 no-route\nc 1 no drop\n=> accept by policy"},
		{"queue", `chain c { type filter hook forward priority 0;
			queue num 4
			}`, Unknown, "c 0 yes queue to 4\n=> queue by c 0"},
		{"verdict map", `chain c { type filter hook forward priority 0; policy drop;
			tcp dport vmap { 22 : drop, 80 : jump d }
			accept
			}
			chain d {
			ip saddr 192.0.2.1 counter
			}`, Unknown, "c 0 yes jump d\nd 0 yes \nc 1 yes accept\n=> accept by c 1"},
		{"unknown, and it matters", `chain c { type filter hook forward priority 0; policy drop;
			limit rate 5/second accept
			}`, Unknown, "c 0 unknown accept\n=> unknown (the limit depends on the packets before this one)"},
		{"unknown, and all ways end alike", `chain c { type filter hook forward priority 0; policy drop;
			limit rate 5/second accept
			meta cpu 1 accept
			tcp dport 80 accept
			}`, Unknown, "c 0 unknown accept\nc 1 unknown accept\nc 2 yes accept\n=> accept"},
		{"unknown, with the policy alike", `chain c { type filter hook forward priority 0; policy accept;
			limit rate 5/second accept
			}`, Unknown, "c 0 unknown accept\n=> accept"},
		{"unknown without a verdict does not matter", `chain c { type filter hook forward priority 0; policy drop;
			limit rate 5/second log
			accept
			}`, Unknown, "c 0 unknown \nc 1 yes accept\n=> accept by c 1"},
		{"unknown jump, alike in all ways", `chain c { type filter hook forward priority 0; policy drop;
			limit rate 5/second jump d
			}
			chain d {
			tcp dport 80 drop
			}`, Unknown, "c 0 unknown jump d\nd 0 yes drop\n=> drop"},
		{"unknown jump that matters", `chain c { type filter hook forward priority 0; policy drop;
			limit rate 5/second jump d
			}
			chain d {
			tcp dport 80 accept
			}`, Unknown, "c 0 unknown jump d\nd 0 yes accept\n=> unknown (the limit depends on the packets before this one)"},
		{"unknown goto that comes to nothing", `chain c { type filter hook forward priority 0; policy drop;
			limit rate 5/second goto d
			accept
			}
			chain d {
			tcp dport 22 accept
			}`, Unknown, "c 0 unknown goto d\nd 0 no accept\nc 1 yes accept\n=> unknown (the limit depends on the packets before this one)"},
		{"unknown map", `chain c { type filter hook forward priority 0; policy accept;
			meta cpu vmap { 0 : accept, 1 : drop }
			}`, Unknown, "c 0 unknown meta cpu vmap { 0 : accept, 1 : drop }\n=> unknown (`meta cpu` is not known)"},
		{"asked, and yes", `chain c { type filter hook forward priority 0; policy drop;
			limit rate 5/second accept
			}`, Yes, "c 0 yes accept\n=> accept by c 0"},
		{"asked, and no", `chain c { type filter hook forward priority 0; policy drop;
			limit rate 5/second accept
			}`, No, "c 0 no accept\n=> drop by policy"},
		{"asked about a map", `chain c { type filter hook forward priority 0; policy drop;
			meta cpu vmap { 0 : accept, 1 : drop }
			}`, No, "c 0 no meta cpu vmap { 0 : accept, 1 : drop }\n=> drop by policy"},
		{"what a rule writes the next one sees", `chain c { type filter hook forward priority 0; policy drop;
			meta mark set 0x5
			meta mark 0x5 tcp dport set 8080
			tcp dport 8080 ip daddr set 10.0.0.1
			ip daddr 10.0.0.1 accept
			}`, Unknown, "c 0 yes \nc 1 yes \nc 2 yes \nc 3 yes accept\n=> accept by c 3"},
		{"a write stands before what does not match", `chain c { type filter hook forward priority 0; policy drop;
			meta mark set 0x5 tcp dport 22
			meta mark 0x5 accept
			}`, Unknown, "c 0 no \nc 1 yes accept\n=> accept by c 1"},
		{"a write behind what does not match", `chain c { type filter hook forward priority 0; policy drop;
			tcp dport 22 meta mark set 0x5
			meta mark 0x5 accept
			}`, Unknown, "c 0 no \nc 1 no accept\n=> drop by policy"},
		{"a write that may not have been", `chain c { type filter hook forward priority 0; policy drop;
			limit rate 5/second meta mark set 0x5
			meta mark 0x5 accept
			}`, Unknown, "c 0 unknown \nc 1 unknown accept\n=> unknown (`meta mark` is not known)"},
		{"a write that may not have been, then one that was", `chain c { type filter hook forward priority 0; policy drop;
			limit rate 5/second tcp dport set 8080
			tcp dport 8080 counter
			tcp dport set 81
			tcp dport 81 accept
			}`, Unknown, "c 0 unknown \nc 1 unknown \nc 2 yes \nc 3 yes accept\n=> accept by c 3"},
		{"a write that was refuted", `chain c { type filter hook forward priority 0; policy drop;
			limit rate 5/second meta mark set 0x5
			meta mark 0x5 accept
			}`, No, "c 0 no \nc 1 no accept\n=> drop by policy"},
		{"a write in a chain that may not have been walked", `chain c { type filter hook forward priority 0; policy drop;
			limit rate 5/second jump d
			meta mark 0 accept
			}
			chain d {
			meta mark set 0x5
			meta mark 0x5 counter
			}`, Unknown, "c 0 unknown jump d\nd 0 yes \nd 1 yes \nc 1 unknown accept\n=> unknown (the limit depends on the packets before this one)"},
		{"notrack", `chain c { type filter hook prerouting priority raw; policy drop;
			notrack
			ct mark 0 accept
			ct state untracked accept
			}`, Unknown, "c 0 yes \nc 1 no accept\nc 2 yes accept\n=> accept by c 2"},
	} {
		t.Run(c.name, func(t *testing.T) {
			rs := newRuleset(t, "table inet t {\n"+strings.ReplaceAll(c.chains, "\t", "")+"\n}\n")
			p := newPacket(t, webPacket)
			opt := EvalOptions{}
			if c.resolve != Unknown {
				opt.Resolve = func(*RuleResult) Answer { return c.resolve }
			}
			got := rs.Tables[0].Chains[0].Eval(p, opt)
			if diff := cmp.Diff(c.want, walk(got)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(newPacket(t, webPacket), p, cmp.AllowUnexported(Packet{}, bitRange{})); diff != "" {
				t.Errorf("the packet was changed (-was +is):\n%s", diff)
			}
		})
	}
}

// Where the kernel says that a rule did not match, a write takes place only if what did not match may stand behind it.
func TestChainEvalRefuted(t *testing.T) {
	for rule, want := range map[string]string{
		"limit rate 5/second meta mark set 0x5":              "-meta mark=0x00000000 want 0x00000005 => no",
		"limit rate 5/second meta cpu 1 meta mark set 0x5":   "-meta mark=0x00000000 want 0x00000005 => no",
		"limit rate 5/second meta mark set 0x5 meta cpu 1":   "?meta mark (`meta mark` is not known) => unknown",
		"meta mark set 0x5 limit rate 5/second":              "+meta mark=0x00000005 => yes",
		"tcp dport 80 meta mark set 0x5 limit rate 5/second": "+meta mark=0x00000005 => yes",
	} {
		rs := newRuleset(t, "table inet t {\n\tchain c {\n\t\t"+rule+"\n\t}\n}\n")
		r := rs.Tables[0].Chains[0].Eval(newPacket(t, webPacket), EvalOptions{Resolve: func(*RuleResult) Answer { return No }})
		if got := render(newRule(t, "inet", "meta mark 0x5").Eval(r.Packet)); got != want {
			t.Errorf("`meta mark 0x5` behind `%s`: %s, want %s", rule, got, want)
		}
	}
}

// The packet at the end has what the rules wrote; what NAT writes is told, but not done.
func TestChainEvalPacket(t *testing.T) {
	rs := newRuleset(t, `table ip t {
	chain c {
		type nat hook prerouting priority dstnat;
		meta mark set 0x5
		tcp dport 22 meta mark set 0x6
		ip dscp set cs1
		limit rate 5/second ip ttl set 9
		tcp dport 80 dnat to 10.0.2.10:8080
	}
}
`)
	p := newPacket(t, webPacket)
	r := rs.Tables[0].Chains[0].Eval(p, EvalOptions{})
	var writes []string
	for _, w := range r.Writes {
		writes = append(writes, fmt.Sprintf("%s %s known=%t nat=%t", w.Field, w.Value, w.Known, w.NAT))
	}
	want := []string{"meta mark 0x00000005 known=true nat=false", "ip dscp cs1 known=true nat=false",
		"ip daddr 10.0.2.10 known=true nat=true", "tcp dport 8080 known=true nat=true"}
	if diff := cmp.Diff(want, writes); diff != "" {
		t.Errorf("writes (-want +got):\n%s", diff)
	}
	for rule, want := range map[string]string{
		"meta mark 0x5":              "+meta mark=0x00000005 => yes",
		"ip dscp cs1":                "+ip dscp=cs1 => yes",
		"ip ttl 9":                   "?ip ttl (a rule before may have rewritten it) => unknown",
		"ip protocol tcp":            "+ip protocol=tcp => yes",
		"ip daddr 198.51.100.2":      "+ip daddr=198.51.100.2 => yes",
		"tcp dport 80 tcp flags syn": "+tcp dport=80 +tcp flags=syn => yes",
	} {
		if got := render(newRule(t, "ip", rule).Eval(r.Packet)); got != want {
			t.Errorf("`%s` on the packet at the end: %s, want %s", rule, got, want)
		}
	}
	if r.Packet == p || &r.Packet.NH[0] == &p.NH[0] {
		t.Error("the packet at the end is the caller's")
	}
}

// A ruleset that the kernel would refuse does not make the walk endless.
func TestChainEvalLoop(t *testing.T) {
	c := &Chain{Name: "c", Base: &Base{}}
	jump := func(k VerdictKind) *Rule {
		return &Rule{Chain: c, Stmts: []Stmt{&VerdictStmt{Verdict: Verdict{Kind: k, Chain: c}}}}
	}
	c.Rules = []*Rule{jump(VerdictJump), jump(VerdictJump), jump(VerdictGoto)}
	r := c.Eval(newPacket(t, webPacket), EvalOptions{})
	if r.Verdict != VerdictUnknown || r.Why == "" {
		t.Errorf("verdict %s (%s)", r.Verdict, r.Why)
	}
}
