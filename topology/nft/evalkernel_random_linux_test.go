package nft

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// nftRefuses says why nft does not read rules; "" if it does.
func nftRefuses(source string) string {
	check := exec.Command("nft", "-c", "-f", "-")
	check.Stdin = strings.NewReader("flush ruleset\n" + source)
	if out, err := check.CombinedOutput(); err != nil {
		return fmt.Sprintf("%v: %s", err, out)
	}
	return ""
}

// readByNFT leaves out the rules that this nft does not read, though we do.
func (k kernelRules) readByNFT(t *testing.T) (out kernelRules, refused int) {
	if nftRefuses(k.source()) == "" {
		return k, 0
	}
	out = kernelRules{}
	for _, chain := range randomChains {
		for _, r := range k[chain] {
			why := nftRefuses(kernelRules{chain: {r}}.source())
			if why == "" {
				out[chain] = append(out[chain], r)
				continue
			}
			refused++
			t.Logf("not read by nft: %s: %s", r, why)
		}
	}
	return out, refused
}

// differences holds the base chain against a packet that has passed, as compare does, and says what is different.
func (b *bench) differences(p *Packet, before, after map[string][]uint64, sum *tally) (out []string) {
	sum.packets++
	table := b.rules.Tables[0]
	asked := map[*Rule]bool{}
	result := table.Chain("base").Eval(p, EvalOptions{Resolve: func(rr *RuleResult) Answer {
		asked[rr.Rule] = true
		return answer(counted(rr.Rule, before, after))
	}})
	// A rule may be come to more than once: it has counted if it has matched once.
	matched := map[*Rule]*RuleResult{}
	for i := range result.Rules {
		rr := &result.Rules[i]
		if counts(rr.Rule) {
			if reached := upTo(rr, "counter"); reached == Yes || matched[rr.Rule] == nil {
				matched[rr.Rule] = rr
			}
		}
	}
	for _, chain := range table.Chains {
		for _, r := range chain.Rules {
			if !counts(r) || chain.Name == "behind" {
				continue
			}
			got := counted(r, before, after)
			switch rr := matched[r]; {
			case rr == nil && got:
				out = append(out, fmt.Sprintf("the kernel came to `%s` of chain %s and it matched, the evaluator did not come there", r.Text, chain.Name))
			case rr == nil:
			case asked[r] || upTo(rr, "counter") == Unknown:
				sum.unknown++
			case got != (upTo(rr, "counter") == Yes):
				out = append(out, fmt.Sprintf("`%s`: %s; the kernel: %s\n%s", r.Text, upTo(rr, "counter"), answer(got), render(*rr)))
			case got:
				sum.yes++
			default:
				sum.no++
			}
		}
	}
	came := after["inet t behind"][2] > before["inet t behind"][2]
	switch v := result.Verdict; {
	case v == VerdictAccept && !came, v == VerdictDrop && came:
		out = append(out, fmt.Sprintf("the verdict is %s, and the packet came out: %t", v, came))
	case v != VerdictAccept && v != VerdictDrop && v != VerdictUnknown:
		out = append(out, fmt.Sprintf("the verdict is %s", v))
	}
	return out
}

// upTo is the answer of the expressions before the statement whose text starts with word.
func upTo(rr *RuleResult, word string) Answer {
	a := Yes
	at := map[Stmt]int{}
	stop := len(rr.Rule.Stmts)
	for i, s := range rr.Rule.Stmts {
		at[s] = i
		if strings.HasPrefix(s.String(), word) && stop == len(rr.Rule.Stmts) {
			stop = i
		}
	}
	for _, x := range rr.Exprs {
		if at[x.Stmt] >= stop {
			continue
		}
		if x.Match == No {
			return No
		}
		if x.Match == Unknown {
			a = Unknown
		}
	}
	return a
}

// disagree loads rules and sends a packet, and says what is different.
func (b *bench) disagree(k kernelRules, words string) []string {
	b.load(k.source())
	before := b.counters()
	p, data, mac := kernelPacket(b.t, words)
	b.receive(p, data, mac)
	return b.differences(p, before, b.counters(), &tally{})
}

// minimised leaves out rules, and words of rules, as long as the kernel and the evaluator still disagree.
func (b *bench) minimised(k kernelRules, words string) kernelRules {
	try := func(c kernelRules) bool {
		if f, errs := Parse("rule", []byte(c.source()), Options{}); len(errs) > 0 {
			return false
		} else if _, errs = Check(f); len(errs) > 0 {
			return false
		}
		if nftRefuses(c.source()) != "" {
			return false
		}
		return len(b.disagree(c, words)) > 0
	}
	for shrunk := true; shrunk; {
		shrunk = false
		for _, chain := range randomChains {
			for i := 0; i < len(k[chain]); i++ {
				c := kernelRules{}
				for name, rules := range k {
					c[name] = slices.Clone(rules)
				}
				c[chain] = slices.Delete(c[chain], i, i+1)
				if try(c) {
					k, shrunk = c, true
					i--
				}
			}
		}
	}
	return k
}

// TestEvalKernelRandom sends random packets through random rules: the evaluator says of every rule, and of the verdict,
// what the kernel does. HOOKWALK_SEED takes other ones.
func TestEvalKernelRandom(t *testing.T) {
	if !inNamespace(t) {
		return
	}
	b := newBench(t)
	mayWrite(t)
	rulesets, packets := 50, 40
	if testing.Short() {
		rulesets, packets = 3, 20
	}
	seed := uint64(2026)
	if s := os.Getenv("HOOKWALK_SEED"); s != "" {
		if _, err := fmt.Sscan(s, &seed); err != nil {
			t.Fatal(err)
		}
	}
	r := rand.New(rand.NewPCG(seed, 11))
	sum, refused, refusedByNFT := &tally{}, 0, 0
	for n := range rulesets {
		k, bad := newKernelRules(r).usable()
		refused += bad
		k, bad = k.readByNFT(t)
		refusedByNFT += bad
		for _, rules := range k {
			sum.rules += len(rules)
		}
		b.load(k.source())
		before := b.counters()
		for range packets {
			words := randomWordsOfPacket(r)
			p, data, mac := kernelPacket(t, words)
			b.receive(p, data, mac)
			after := b.counters()
			if diff := b.differences(p, before, after, sum); diff != nil {
				small := b.minimised(k, words)
				t.Fatalf("ruleset %d, packet: %s\n%s\nthe smallest rules that show it:\n%s%s", n, words, strings.Join(diff, "\n"), small.source(), strings.Join(b.disagree(small, words), "\n"))
			}
			before = after
		}
	}
	t.Logf("%d rules; %d contradict themselves, %d are not read by nft", sum.rules, refused, refusedByNFT)
	if refusedByNFT > sum.rules/20 {
		t.Errorf("nft does not read %d rules", refusedByNFT)
	}
	sum.check(t, rulesets*20, rulesets*packets)
}
