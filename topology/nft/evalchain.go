package nft

import "bytes"

// Limits of a walk. The kernel refuses a ruleset that jumps deeper (NFT_JUMP_STACK_SIZE in
// include/net/netfilter/nf_tables.h).
const (
	maxNesting = 16
	maxRules   = 1 << 17
)

// fate is what may become of a packet in a chain: a set of verdicts. fateReturn is that it comes back to the
// chain that jumped here.
type fate uint16

const fateReturn = fate(1) << VerdictReturn

// Eval walks the chain as the kernel does. It never changes p.
//
// Where a rule with a verdict hangs on something unknown, both ways are looked at: the verdict is known if all of
// them end in the same one.
func (c *Chain) Eval(p *Packet, opt EvalOptions) ChainResult {
	w := &walker{resolve: opt.Resolve, p: p.clone(), m: machine{chunk: 64, spelled: new(spellings)}}
	w.res.Chain = c
	w.res.Rules = make([]RuleResult, 0, len(c.Rules))
	f := w.run(c, 1)
	if f&fateReturn != 0 {
		f &^= fateReturn
		policy := VerdictContinue
		if c.Base != nil {
			policy = VerdictAccept
			if c.Base.Policy != VerdictUnknown {
				policy = c.Base.Policy
			}
		}
		f |= 1 << policy
		w.rule, w.res.Policy = nil, c.Base != nil && !w.forked
	}
	for k := VerdictAccept; k <= VerdictReject; k++ {
		if f == 1<<k {
			w.res.Verdict = k
		}
	}
	if w.res.Verdict == VerdictUnknown {
		w.res.Why = w.why
	} else if !w.forked {
		w.res.Rule = w.rule
	}
	for _, e := range w.late {
		e.f(w.p, false)
	}
	w.res.Packet = w.p
	return w.res
}

// walker is a walk through a chain and those it jumps to.
type walker struct {
	resolve func(*RuleResult) Answer
	res     ChainResult
	m       machine
	p       *Packet // at this point, if the packet gets here
	rule    *Rule   // that decided last
	forked  bool    // it is not sure that the packet gets here
	late    []effect
	why     string
}

// run walks through one chain and says what may become of the packet there.
func (w *walker) run(c *Chain, depth int) fate {
	if depth > maxNesting {
		return w.lose("the chains are nested more than 16 deep")
	}
	var f fate
	for _, r := range c.Rules {
		if len(w.res.Rules) >= maxRules {
			return f | w.lose("the chains have too many rules")
		}
		rr := w.hold(r)
		if rr.Match == No || rr.Verdict == VerdictContinue {
			continue
		}
		if rr.Match == Unknown || rr.Verdict == VerdictUnknown {
			w.fork(&rr)
		}
		w.rule = r
		switch rr.Verdict {
		case VerdictJump, VerdictGoto:
			sub, maybe := fateReturn, len(w.late)
			if rr.Target != nil {
				sub = w.run(rr.Target, depth+1)
			}
			if rr.Match == Unknown {
				for _, e := range w.late[maybe:] { // what the chain wrote, if it was walked through
					e.f(w.p, false)
				}
			}
			if rr.Verdict == VerdictGoto {
				f |= sub
				break
			}
			f |= sub &^ fateReturn
			if sub&fateReturn != 0 {
				continue
			}
		default:
			f |= 1 << rr.Verdict
		}
		if rr.Match == Yes && rr.Verdict != VerdictUnknown {
			return f
		}
	}
	return f | fateReturn
}

// hold evaluates one rule, and does what it writes at once.
func (w *walker) hold(r *Rule) RuleResult {
	m := &w.m
	m.run(r, w.p)
	rr := &m.res
	asked := false
	if rr.Match == Unknown && w.resolve != nil {
		if a := w.resolve(rr); a != Unknown {
			rr.Match, asked = a, true
		}
	}
	w.res.Rules = append(w.res.Rules, *rr)
	for _, e := range m.effects {
		sure := e.before == Yes || rr.Match == Yes
		// What did not match is one of the expressions that are not known, and those stand before the write.
		refuted := asked && rr.Match == No && e.unknowns == m.unknowns
		if e.before == No || refuted {
			continue
		}
		e.f(w.p, sure)
		if w.forked {
			w.late = append(w.late, e)
		}
		if sure && rr.Match != Yes {
			w.res.Writes = append(w.res.Writes, rr.Writes[e.write])
		}
	}
	if rr.Match == Yes {
		w.res.Writes = append(w.res.Writes, rr.Writes...)
	}
	return *rr
}

// fork: the packet may or may not go on behind this rule.
func (w *walker) fork(rr *RuleResult) {
	w.forked = true
	if w.why == "" {
		w.why = rr.Why
		if w.why == "" {
			w.why = "the verdict that `" + rr.Text + "` gives is not known"
		}
	}
}

func (w *walker) lose(why string) fate {
	w.forked = true
	if w.why == "" {
		w.why = why
	}
	return 1 << VerdictUnknown
}

// clone is a copy down to the headers.
func (p *Packet) clone() *Packet {
	c := *p
	c.LL, c.NH, c.TH = bytes.Clone(p.LL), bytes.Clone(p.NH), bytes.Clone(p.TH)
	c.lost = append([]bitRange(nil), p.lost...)
	return &c
}
