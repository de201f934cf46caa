package nft

import "slices"

// hookNeed is a statement that exists at some hooks only. Which base chains lead to a regular chain is known when all
// rules have been checked.
type hookNeed struct {
	Span
	chain *Chain
	rule  *Rule
	what  string
	typ   string // type of the base chain; "" for any
	hooks []Hook
}

// hooks says at which hooks a statement exists.
func (c *checker) hooks(s Span, what string, ok ...Hook) {
	if c.chain != nil {
		c.needs = append(c.needs, hookNeed{Span: s, chain: c.chain, rule: c.inRule, what: what, hooks: ok})
	}
}

// natHooks says at which hooks of nat chains a statement exists.
func (c *checker) natHooks(s Span, what string, ok ...Hook) {
	if c.chain != nil {
		c.needs = append(c.needs, hookNeed{Span: s, chain: c.chain, rule: c.inRule, what: what, typ: "nat", hooks: ok})
	}
}

// checkHooks checks how chains lead to each other, and where every statement with needs is reached from.
func (c *checker) checkHooks() {
	reached := map[*Chain][]*Chain{} // base chains that lead to a chain
	j := descent{c: c, height: map[*Chain]int{}, next: map[*Chain]*Verdict{}}
	for _, t := range c.rs.Tables {
		for _, ch := range t.Chains {
			j.walk(ch)
			if ch.Base != nil {
				j.checkDepth(ch)
				reach(ch, ch, reached)
			}
		}
	}
	for _, n := range c.needs {
		if c.gone[n.rule] {
			continue
		}
		for _, base := range reached[n.chain] {
			b := base.Base
			var msg, hint string
			switch {
			case n.typ != "" && b.Type != n.typ:
				msg, hint = "needs a chain of type "+n.typ+", this one is of type "+b.Type, "put it into a chain with `type "+n.typ+" hook "+string(n.hooks[0])+" ...`"
			case !slices.Contains(n.hooks, b.Hook):
				msg, hint = "cannot be at the hook "+string(b.Hook), "it can be at: "+joinHooks(n.hooks)
			default:
				continue
			}
			if base != n.chain {
				hint += "; chain `" + n.chain.Name + "` is reached from `" + base.Name + "`, at " + base.Pos.String()
			}
			c.report(n.Span, hint, "%s %s", n.what, msg)
			break
		}
	}
}

func joinHooks(hooks []Hook) string {
	out := ""
	for i, h := range hooks {
		if i > 0 {
			out += ", "
		}
		out += string(h)
	}
	return out
}

// reach notes base for all chains that ch leads to.
func reach(base, ch *Chain, reached map[*Chain][]*Chain) {
	if slices.Contains(reached[ch], base) {
		return
	}
	reached[ch] = append(reached[ch], base)
	for _, r := range ch.Rules {
		for _, v := range ruleVerdicts(r) {
			if v.Chain != nil {
				reach(base, v.Chain, reached)
			}
		}
	}
}

// maxJumps is how many chains may be in one another, the base chain too (NFT_JUMP_STACK_SIZE of
// include/net/netfilter/nf_tables.h).
const maxJumps = 16

// descent walks what chains lead to, for loops and for jumps that go too deep: the kernel refuses both.
type descent struct {
	c      *checker
	height map[*Chain]int      // the longest way down, in chains; 0 while it is walked
	next   map[*Chain]*Verdict // the first step of it
}

func (j *descent) walk(ch *Chain) int {
	if h, ok := j.height[ch]; ok {
		return h
	}
	j.height[ch] = 0
	h := 1
	for _, r := range ch.Rules {
		for _, v := range ruleVerdicts(r) {
			if v.Chain == nil {
				continue
			}
			down := j.walk(v.Chain)
			if down == 0 && !j.c.looped[v] {
				j.c.looped[v] = true
				j.c.report(v.Span, "the kernel refuses chains that call each other in a circle", "this jump closes a loop: `%s` leads here", v.Chain.Name)
			}
			if down+1 > h && down > 0 {
				h, j.next[ch] = down+1, v
			}
		}
	}
	j.height[ch] = h
	return h
}

// checkDepth reports the jump that is too deep below a base chain.
func (j *descent) checkDepth(base *Chain) {
	if j.walk(base) <= maxJumps {
		return
	}
	ch := base
	for range maxJumps - 1 {
		ch = j.next[ch].Chain
	}
	v := j.next[ch]
	if !j.c.looped[v] {
		j.c.looped[v] = true
		j.c.report(v.Span, "the kernel follows jumps and gotos through 16 chains", "this jump is too deep below the base chain `%s`, at %s", base.Name, base.Pos)
	}
}

// ruleVerdicts are all verdicts that a rule can end with.
func ruleVerdicts(r *Rule) []*Verdict {
	var out []*Verdict
	for _, s := range r.Stmts {
		switch s := s.(type) {
		case *VerdictStmt:
			out = append(out, &s.Verdict)
		case *Vmap:
			for _, e := range s.Map.Elems {
				if e.Verdict != nil {
					out = append(out, e.Verdict)
				}
			}
		}
	}
	return out
}
