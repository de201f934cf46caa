package nft

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// evalCorpus are the rules of the files in testdata/good, and those of the tables of this package.
func evalCorpus(t testing.TB) (chains []*Chain) {
	t.Helper()
	files, err := filepath.Glob("testdata/good/*.nft")
	if err != nil || len(files) == 0 {
		t.Fatalf("no files in testdata/good: %v", err)
	}
	for _, name := range files {
		source, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		f, errs := Parse(name, source, Options{})
		if len(errs) > 0 {
			continue // the tests of the parser look at it
		}
		rs, errs := Check(f)
		if len(errs) > 0 {
			continue
		}
		for _, table := range rs.Tables {
			chains = append(chains, table.Chains...)
		}
	}
	stateless := "table inet t {" + statelessSets + "\tchain c {\n\t\t" + strings.Join(statelessRules, "\n\t\t") + "\n\t}\n}\n"
	for _, source := range []string{stateless, verdictRules} {
		chains = append(chains, newRuleset(t, source).Tables[0].Chains...)
	}
	return chains
}

// checkResult holds a result against its own parts.
func checkResult(t *testing.T, rr *RuleResult) {
	want := Yes
	for _, x := range rr.Exprs {
		switch {
		case x.Match == No:
			want = No
		case x.Match == Unknown && want == Yes:
			want = Unknown
		}
		if x.Match == Unknown && x.Why == "" {
			t.Fatalf("`%s`: `%s` is unknown, without a reason", rr.Rule.Text, x.Text)
		}
		if x.Text == "" || x.Stmt == nil {
			t.Fatalf("`%s`: an expression without text", rr.Rule.Text)
		}
	}
	if rr.Match != want {
		t.Fatalf("`%s`: %s, but its expressions say %s", rr.Rule.Text, rr.Match, want)
	}
	if rr.Match == Unknown && rr.Why == "" {
		t.Fatalf("`%s` is unknown, without a reason", rr.Rule.Text)
	}
}

// FuzzEval holds the rules of the corpus against any bytes: nothing may panic, change the packet or contradict itself.
func FuzzEval(f *testing.F) {
	chains := evalCorpus(f)
	f.Add([]byte{}, []byte{}, []byte{}, uint64(0), uint8(2))
	for _, words := range statelessPackets {
		words = strings.ReplaceAll(words, " mac=all", "")
		p := newPacket(f, words)
		f.Add(p.LL, p.NH, p.TH, uint64(1<<40-1), uint8(p.Family))
	}
	f.Fuzz(func(t *testing.T, ll, nh, th []byte, bits uint64, family uint8) {
		p := &Packet{Family: Family(family), LL: ll, NH: nh, TH: th}
		p.set(rand.New(rand.NewPCG(bits, uint64(family))))
		was := p.clone()
		for _, c := range chains {
			for _, r := range c.Rules {
				rr := r.Eval(p)
				checkResult(t, &rr)
			}
			if r := c.Eval(p, EvalOptions{}); r.Verdict == VerdictUnknown && r.Why == "" {
				t.Fatalf("chain %s: the verdict is unknown, without a reason", c.Name)
			}
		}
		if diff := cmp.Diff(was, p, cmp.AllowUnexported(Packet{}, bitRange{}), cmp.Comparer(func(a, b []byte) bool { return string(a) == string(b) })); diff != "" {
			t.Fatalf("the packet was changed (-was +is):\n%s", diff)
		}
	})
}

// set makes some of what is no header known.
func (p *Packet) set(r *rand.Rand) {
	o, c := &p.Meta, &p.CT
	for _, v := range []*Opt[uint32]{&o.Iif, &o.Oif, &o.Mark, &o.Priority, &o.Len, &o.SKUID, &o.SKGID, &o.CPU, &c.Status, &c.Mark, &c.ID} {
		*v = Opt[uint32]{r.Uint32N(100), r.IntN(2) == 0}
	}
	for _, v := range []*Opt[string]{&o.Iifname, &o.Oifname, &c.Helper} {
		*v = Opt[string]{[]string{"", "lo", "wan", "eth0", "a name of more than 16 bytes"}[r.IntN(5)], r.IntN(2) == 0}
	}
	o.Iiftype, p.L4Proto = Opt[uint16]{1, r.IntN(2) == 0}, Opt[uint8]{uint8(r.IntN(256)), r.IntN(3) == 0}
	c.State = Opt[uint32]{1 << r.IntN(7), r.IntN(2) == 0}
	tuple := Tuple{Src: p.NH[:min(4, len(p.NH))], Dst: p.NH[:min(16, len(p.NH))]}
	c.Original, c.Reply = Opt[Tuple]{tuple, r.IntN(2) == 0}, Opt[Tuple]{tuple, r.IntN(2) == 0}
}

// forget takes away some of what is known of a packet.
func forget(p *Packet, r *rand.Rand) *Packet {
	p = p.clone()
	some := func() bool { return r.IntN(4) == 0 }
	o, c := &p.Meta, &p.CT
	for _, v := range []*Opt[uint32]{&o.Iif, &o.Oif, &o.Mark, &o.Priority, &o.Len, &o.SKUID, &o.SKGID, &o.CPU, &c.State, &c.Status, &c.Mark, &c.ID} {
		v.Known = v.Known && !some()
	}
	for _, v := range []*Opt[string]{&o.Iifname, &o.Oifname, &c.Helper} {
		v.Known = v.Known && !some()
	}
	for _, v := range []*Opt[Tuple]{&c.Original, &c.Reply} {
		v.Known = v.Known && !some()
	}
	for _, v := range []*Opt[uint16]{&o.Iiftype, &o.Oiftype, &o.Protocol, &c.Zone} {
		v.Known = v.Known && !some()
	}
	c.Direction.Known = c.Direction.Known && !some()
	o.Pkttype.Known = o.Pkttype.Known && !some()
	for _, h := range []*[]byte{&p.LL, &p.NH, &p.TH} {
		if some() {
			*h = (*h)[:r.IntN(len(*h)+1)]
		}
	}
	return p
}

// Who knows less may say unknown, but nothing else than who knows more.
func TestEvalForgetting(t *testing.T) {
	chains := evalCorpus(t)
	r := rand.New(rand.NewPCG(5, 6))
	same, lost := 0, 0
	for i, words := range statelessPackets {
		words = strings.ReplaceAll(words, " mac=all", "")
		if strings.Contains(words, "th=") || strings.Contains(words, "ext=59") || strings.Contains(words, "ext=51") {
			continue // the builder does not put the transport header where it is
		}
		p := newPacket(t, words+" iif=wan oif=- iifindex=3 oifindex=0 iiftype=1 mark=5 priority=0 pkttype=0 ll="+macWan+","+macPeer+
			[]string{" ct=new dir=0 status=0 ctmark=5", " ct=established dir=1 status=0x2a ctmark=0", " ct=untracked", " ct=invalid", " iiftype=772 iif=lo iifindex=1"}[i%5])
		p.LL = append(p.LL, 8, 0)
		for range 4 {
			less := forget(p, r)
			if strings.Contains(words, "frag=") || strings.Contains(words, "ext=44") {
				less.NH = p.NH // it says that what follows is no transport header
			}
			for _, c := range chains {
				for _, rule := range c.Rules {
					a, b := rule.Eval(p), rule.Eval(less)
					switch b.Match {
					case Unknown:
						lost++
					case a.Match:
						same++
					default:
						t.Fatalf("%s: `%s` is\n%s\nand with less known (NH %d, TH %d, LL %d bytes, %+v)\n%s", words, rule.Text, render(a), len(less.NH), len(less.TH), len(less.LL), less.Meta, render(b))
					}
				}
				a, b := c.Eval(p, EvalOptions{}), c.Eval(less, EvalOptions{})
				if b.Verdict != VerdictUnknown && a.Verdict != b.Verdict {
					t.Fatalf("%s: chain %s of %s ends in\n%s\nand with less known\n%s", words, c.Name, c.Table.Name, walk(a), walk(b))
				}
			}
		}
	}
	t.Logf("%d answers the same, %d unknown", same, lost)
	if same < 10000 || lost < 10000 {
		t.Errorf("%d answers the same, %d unknown: too few of one kind", same, lost)
	}
}
