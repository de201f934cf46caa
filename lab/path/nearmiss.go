package path

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hookwalk/hookwalk/topology/nft"
)

// nearMisses are the rules that would have accepted a packet that a chain discarded, had one expression matched.
// A rule counts when at least one of its expressions matched, or when a rewrite on the way explains why the one
// that did not would have.
func (w *walk) nearMisses(p *Path) []NearMiss {
	if p.Verdict != Drop && p.Verdict != Reject || w.dropped == nil || p.At == nil || p.At.Chain == "" {
		return nil
	}
	type candidate struct {
		miss  NearMiss
		score int
	}
	var found []candidate
	for i := range w.dropped.rules {
		rr := &w.dropped.rules[i]
		if rr.Match != nft.No || rr.Verdict != nft.VerdictAccept {
			continue
		}
		var missed []*nft.ExprResult
		var matched []Expr
		for j := range rr.Exprs {
			x := &rr.Exprs[j]
			switch x.Match {
			case nft.No:
				missed = append(missed, x)
			case nft.Yes:
				matched = append(matched, Expr{Text: x.Text, Match: Yes, Want: x.Want, Got: x.Got})
			}
		}
		if len(missed) != 1 {
			continue
		}
		m := NearMiss{Rule: w.rules().describe(rr.Rule), Expr: missed[0].Text, Want: missed[0].Want, Got: missed[0].Got, Matched: matched}
		w.explain(&m, missed[0], rr.Rule)
		if len(matched) == 0 && m.Because == "" {
			continue
		}
		m.Try = w.try(rr.Rule, missed[0])
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

// rules are those of the node on which the packet ended.
func (w *walk) rules() *Rules {
	return w.a.net.Rules(w.traversals[len(w.traversals)-1].node)
}

// explain looks for a rewrite without which the expression would have matched: the rule is held against the headers
// that the packet had at each earlier visit, newest first.
func (w *walk) explain(m *NearMiss, x *nft.ExprResult, rule *nft.Rule) {
	for _, t := range slices.Backward(w.traversals) {
		for _, v := range slices.Backward(t.visits) {
			e := &v.events[0]
			if !e.HasHeaders() {
				continue
			}
			before := *w.dropped.packet
			before.NH, before.TH = e.NH, e.TH
			before.Meta.Mark = nft.Some(e.Mark)
			if !w.matches(rule, x.Stmt, &before) {
				continue
			}
			if c := w.rewrote(x.Selector); c != nil {
				m.Cause = c.Rule
				by := c.Node
				if c.Rule != nil {
					by = orElse(c.Rule.Where(), by)
				}
				m.Because = fmt.Sprintf("%s rewrote it from %s", by, c.From)
			}
			return
		}
	}
}

// matches reports whether one statement of a rule matches a packet.
func (w *walk) matches(rule *nft.Rule, stmt nft.Stmt, p *nft.Packet) bool {
	result := rule.Eval(p)
	for i := range result.Exprs {
		if result.Exprs[i].Stmt == stmt {
			return result.Exprs[i].Match == nft.Yes
		}
	}
	return false
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
// the packet. It is "" when that cannot be had by changing one word, or makes no sense: a packet's conntrack state
// is not something to match on because it happened to be so.
func (w *walk) try(rule *nft.Rule, x *nft.ExprResult) string {
	if x.Want == "" || x.Got == "" || x.Implied || strings.HasPrefix(x.Selector, "ct ") || !strings.HasSuffix(x.Text, x.Want) {
		return ""
	}
	expr := strings.TrimSuffix(x.Text, x.Want) + x.Got
	text := strings.Replace(rule.Text, x.Text, expr, 1)
	if text == rule.Text {
		return ""
	}
	source := fmt.Sprintf("table %s try {\n chain try {\n %s\n }\n}\n", rule.Chain.Table.Family, text)
	file, errs := nft.Parse("try", []byte(source), nft.Options{})
	if len(errs) > 0 {
		return ""
	}
	rs, errs := nft.Check(file)
	if len(errs) > 0 || len(rs.Tables) != 1 || len(rs.Tables[0].Chains) != 1 || len(rs.Tables[0].Chains[0].Rules) != 1 {
		return ""
	}
	if rs.Tables[0].Chains[0].Rules[0].Eval(w.dropped.packet).Match != nft.Yes {
		return ""
	}
	return text
}
