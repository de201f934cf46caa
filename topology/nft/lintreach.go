package nft

// hookSet is a set of hooks, a bit for each.
type hookSet uint8

var hookOrder = [...]Hook{HookIngress, HookPrerouting, HookInput, HookForward, HookOutput, HookPostrouting, HookEgress}

func (s hookSet) with(h Hook) hookSet {
	for i, o := range hookOrder {
		if o == h {
			s |= 1 << i
		}
	}
	return s
}

// only reports whether all hooks of s are among these, and there is one.
func (s hookSet) only(hooks ...Hook) bool {
	var ok hookSet
	for _, h := range hooks {
		ok = ok.with(h)
	}
	return s != 0 && s&^ok == 0
}

// reach notes that a chain, and those it leads to, are called from hooks. Check has refused loops.
func (l *linter) reach(c *Chain, from hookSet) {
	if l.hooks[c]|from == l.hooks[c] {
		return
	}
	l.hooks[c] |= from
	for _, r := range c.Rules {
		for _, v := range ruleVerdicts(r) {
			if v.Chain == nil {
				continue
			}
			if l.calls[v.Chain] == nil {
				l.calls[v.Chain] = r
			}
			l.reach(v.Chain, from)
		}
	}
}

// each calls f for the rules of a chain and of all that it leads to, in the order in which a packet may meet them; a
// chain that is called several times is gone through once.
func each(c *Chain, f func(*Rule)) {
	seen := map[*Chain]bool{}
	var walk func(c *Chain)
	walk = func(c *Chain) {
		if seen[c] {
			return
		}
		seen[c] = true
		for _, r := range c.Rules {
			f(r)
			for _, v := range ruleVerdicts(r) {
				if v.Chain != nil {
					walk(v.Chain)
				}
			}
		}
	}
	walk(c)
}

// ending is whether a packet can come out of a chain at its end, or by return.
type ending uint8

const (
	endingOpen    ending = iota + 1 // it can
	endingDecides                   // never: every packet gets a verdict
)

// ending of a chain that is jumped to.
func (l *linter) ending(c *Chain) ending {
	if e := l.endings[c]; e != 0 {
		return e
	}
	l.endings[c] = endingOpen
	l.endings[c] = l.findEnding(c)
	return l.endings[c]
}

func (l *linter) findEnding(c *Chain) ending {
	all := l.demandsOf(c)
	for i, r := range c.Rules {
		for _, v := range ruleVerdicts(r) {
			if v.Kind == VerdictReturn || v.Kind == VerdictGoto && l.ending(v.Chain) == endingOpen {
				return endingOpen
			}
		}
		if all[i].always() && l.terminal(r) {
			return endingDecides
		}
	}
	return endingOpen
}

// verdictOf is the verdict that a rule gives to every packet that it matches; VerdictUnknown if it has none, or a map
// decides.
func verdictOf(r *Rule) (kind VerdictKind, target *Chain) {
	for _, s := range r.Stmts {
		switch s := s.(type) {
		case *VerdictStmt:
			if s.Verdict.Kind != VerdictContinue {
				return s.Verdict.Kind, s.Verdict.Chain
			}
		case *NAT:
			return VerdictAccept, nil
		case *Reject:
			return VerdictReject, nil
		case *QueueStmt:
			return VerdictQueue, nil
		case *Vmap:
			return VerdictUnknown, nil
		}
	}
	return VerdictUnknown, nil
}

// terminal reports whether no packet that a rule matches comes to the rule behind it.
func (l *linter) terminal(r *Rule) bool {
	switch kind, target := verdictOf(r); kind {
	case VerdictAccept, VerdictDrop, VerdictReturn, VerdictGoto, VerdictQueue, VerdictReject:
		return true
	case VerdictJump:
		return l.ending(target) == endingDecides
	}
	return false
}
