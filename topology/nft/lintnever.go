package nft

import "fmt"

// neverMatches finds rules that no packet can match.
func (l *linter) neverMatches(c *Chain) {
	all := l.demandsOf(c)
	for i, r := range c.Rules {
		if l.dead[r] {
			continue
		}
		d := &all[i]
		switch x := d.clash; {
		case x.stmt == nil:
			l.neverAtHook(c, r, d)
			continue
		case x.against == nil:
			l.add(LintNeverMatches, x.stmt.Range(), fmt.Sprintf("`%s` never matches: there is no such value", x.stmt), "")
		default:
			l.add(LintNeverMatches, x.stmt.Range(), fmt.Sprintf("this rule never matches: no packet is `%s` and `%s`", x.against, x.stmt),
				"write a rule for each, or `{ ..., ... }` for any of several values", x.against.Range().Pos)
		}
		l.dead[r] = true
	}
}

// noInterfaceAt are the hooks at which a packet has no interface of a direction (nf_hook_state in
// include/linux/netfilter.h, and its callers in net/ipv4 and net/ipv6).
var noInterfaceAt = []struct {
	traits [2]trait
	what   string
	hooks  []Hook
}{
	{[2]trait{traitIifname, traitIif}, "incoming", []Hook{HookOutput}},
	{[2]trait{traitOifname, traitOif}, "outgoing", []Hook{HookPrerouting, HookInput}},
}

// neverAtHook: without an interface its name is empty and its index 0.
func (l *linter) neverAtHook(c *Chain, r *Rule, d *demands) {
	switch c.Table.Family {
	case FamilyIP, FamilyIP6, FamilyInet:
	default:
		return
	}
	for _, at := range noInterfaceAt {
		if !l.hooks[c].only(at.hooks...) {
			continue
		}
		for _, t := range at.traits {
			x := d.find(t)
			if x == nil || x.in.has(num{}) {
				continue
			}
			where := "at " + string(l.hooks[c].first())
			hint := "match `iifname`, or move the rule to forward or postrouting"
			if at.what == "incoming" {
				hint = "match `oifname`"
			}
			l.add(LintNeverMatches, x.stmt.Range(), fmt.Sprintf("`%s` never matches: %s a packet has no %s interface", x.stmt, where, at.what), hint)
			l.dead[r] = true
			return
		}
	}
}

// first is the first hook of a set, in the order of a packet.
func (s hookSet) first() Hook {
	for i, h := range hookOrder {
		if s&(1<<i) != 0 {
			return h
		}
	}
	return ""
}
