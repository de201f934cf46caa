package path

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hookwalk/hookwalk/topology/nft"
)

// nearMisses are the rules that would have saved the packet, had one expression matched: of a packet that a chain
// discarded those that would have accepted it, of one that nobody was there for those that would have sent it
// elsewhere. A rule counts when at least one of its expressions matched, or when a rewrite on the way explains why the
// one that did not would have.
func (w *walk) nearMisses(p *Path) []NearMiss {
	switch {
	case p.At == nil:
	case p.At.Chain != "" && w.dropped != nil && (p.Verdict == Drop || p.Verdict == Reject):
		return w.near(w.dropped, w.accepts)
	case p.At.Hook == "socket" && p.Verdict == Reject:
		var out []NearMiss
		for _, ev := range w.dnat {
			out = append(out, w.near(ev, redirects)...)
		}
		return out
	}
	return nil
}

// near are the best near misses of a chain among the rules that save.
func (w *walk) near(ev *evaluated, saves func(*evaluated, *nft.RuleResult) bool) []NearMiss {
	type candidate struct {
		miss  NearMiss
		score int
	}
	var found []candidate
	for i := range ev.rules {
		rr := &ev.rules[i]
		if rr.Match != nft.No {
			continue
		}
		var missed, open []*nft.ExprResult
		var matched []Expr
		for j := range rr.Exprs {
			x := &rr.Exprs[j]
			switch x.Match {
			case nft.No:
				missed = append(missed, x)
			case nft.Yes:
				matched = append(matched, Expr{Text: x.Text, Match: Yes, Want: x.Want, Got: x.Got})
			default:
				open = append(open, x)
			}
		}
		if len(missed) == 0 && len(open) == 1 && len(matched) > 0 && saves(ev, rr) {
			// every other expression matched and the rule did not, so this one did not
			if why := spent(open[0].Stmt); why != "" {
				found = append(found, candidate{NearMiss{Rule: w.rules().describe(rr.Rule), Expr: open[0].Text, Matched: matched, Because: why},
					len(matched) + 100})
			}
			continue
		}
		if len(missed) != 1 {
			continue
		}
		m := NearMiss{Rule: w.rules().describe(rr.Rule), Expr: missed[0].Text, Want: missed[0].Want, Got: missed[0].Got, Matched: matched}
		before := w.explain(&m, ev, missed[0], rr.Rule)
		if !saves(ev, rr) && (before == nil || !saves(ev, before)) || m.Because == "" && (len(matched) == 0 || missed[0].Implied) {
			continue
		}
		m.Try = try(ev, rr, missed[0])
		score := len(matched)
		if m.Because != "" {
			score += 100
		}
		found = append(found, candidate{m, score})
	}
	slices.SortStableFunc(found, func(a, b candidate) int { return b.score - a.score })
	var out []NearMiss
	for _, c := range found {
		if c.score == found[0].score && len(out) < 3 {
			out = append(out, c.miss)
		}
	}
	return out
}

// spent says why a limit or a quota did not match; "" for another statement.
func spent(s nft.Stmt) string {
	const within, beyond = "not used up", "used up"
	over := false
	switch s := s.(type) {
	case *nft.Limit:
		over = s.Over
	case *nft.Quota:
		over = s.Over
	default:
		return ""
	}
	if over {
		return within
	}
	return beyond
}

// redirects reports whether a rule sends what it matches to another address or port.
func redirects(_ *evaluated, rr *nft.RuleResult) bool {
	return slices.ContainsFunc(rr.Writes, func(w nft.Write) bool { return w.NAT }) && rr.Verdict == nft.VerdictAccept
}

// accepts reports whether a rule accepts what it matches, by itself or in the chain that it goes to.
func (w *walk) accepts(ev *evaluated, rr *nft.RuleResult) bool {
	if rr.Target != nil {
		return rr.Target.Eval(ev.packet, nft.EvalOptions{}).Verdict == nft.VerdictAccept
	}
	return rr.Verdict == nft.VerdictAccept
}

// rules are those of the node on which the packet ended.
func (w *walk) rules() *Rules {
	return w.a.net.Rules(w.traversals[len(w.traversals)-1].node)
}

// explain looks for a rewrite without which the expression would have matched: the rule is held against the headers
// that the packet had at each earlier visit, newest first. It gives what the rule says to the packet as it was; nil if
// no rewrite explains anything.
func (w *walk) explain(m *NearMiss, ev *evaluated, x *nft.ExprResult, rule *nft.Rule) *nft.RuleResult {
	for _, t := range slices.Backward(w.traversals) {
		for _, v := range slices.Backward(t.visits) {
			e := &v.events[0]
			if !e.HasHeaders() {
				continue
			}
			before := *ev.packet
			before.NH, before.TH = e.NH, e.TH
			before.Meta.Mark = nft.Some(e.Mark)
			rr := rule.Eval(&before)
			if !matches(&rr, x.Stmt) {
				continue
			}
			c := w.rewrote(x.Selector)
			if c == nil {
				return nil
			}
			m.Cause = c.Rule
			m.Because = fmt.Sprintf("%s rewrote it from %s", w.by(c), c.From)
			return &rr
		}
	}
	return nil
}

// by names what made a change.
func (w *walk) by(c *Change) string {
	switch {
	case c.Rule == nil || c.Rule.Where() == "":
		return c.Node
	case c.Node != w.traversals[len(w.traversals)-1].node:
		return c.Node + " " + c.Rule.Where() // files of two nodes may have one name
	}
	return c.Rule.Where()
}

// matches reports whether one statement of a rule matched.
func matches(rr *nft.RuleResult, stmt nft.Stmt) bool {
	return slices.ContainsFunc(rr.Exprs, func(x nft.ExprResult) bool { return x.Stmt == stmt && x.Match == nft.Yes })
}

// rewrote is the last change of what a selector looks at: "tcp dport", also by its other spellings "th dport".
func (w *walk) rewrote(selector string) *Change {
	field := selector[strings.LastIndexByte(selector, ' ')+1:]
	for _, s := range slices.Backward(w.steps) {
		for i := range s.Changes {
			if c := &s.Changes[i]; c.Field == selector || strings.HasSuffix(c.Field, " "+field) {
				return c
			}
		}
	}
	return nil
}

// try is the rule with the value that the packet has in place of the one it wanted, if such a rule really matches
// the packet. It is "" when that cannot be had by changing one word, or makes no sense: the conntrack state or the mark
// that a packet happened to have is not something to match on.
func try(ev *evaluated, rr *nft.RuleResult, x *nft.ExprResult) string {
	senseless := x.Implied || rr.Verdict != nft.VerdictAccept || strings.HasPrefix(x.Selector, "ct ") || x.Selector == "meta mark"
	if senseless || x.Want == "" || x.Got == "" || !strings.HasSuffix(x.Text, x.Want) {
		return ""
	}
	expr := strings.TrimSuffix(x.Text, x.Want) + x.Got
	text := strings.Replace(rr.Rule.Text, x.Text, expr, 1)
	if text == rr.Rule.Text {
		return ""
	}
	source := fmt.Sprintf("table %s try {\n chain try {\n %s\n }\n}\n", rr.Rule.Chain.Table.Family, text)
	file, errs := nft.Parse("try", []byte(source), nft.Options{})
	if len(errs) > 0 {
		return ""
	}
	rs, errs := nft.Check(file)
	if len(errs) > 0 || len(rs.Tables) != 1 || len(rs.Tables[0].Chains) != 1 || len(rs.Tables[0].Chains[0].Rules) != 1 {
		return ""
	}
	if rs.Tables[0].Chains[0].Rules[0].Eval(ev.packet).Match != nft.Yes {
		return ""
	}
	return text
}
