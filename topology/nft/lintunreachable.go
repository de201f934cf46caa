package nft

import "fmt"

// unreachable finds the rules behind one that ends a chain for every packet.
func (l *linter) unreachable(c *Chain) {
	all := l.demandsOf(c)
	for i, r := range c.Rules {
		if !all[i].always() || !l.terminal(r) {
			continue
		}
		rest := c.Rules[i+1:]
		if len(rest) == 0 {
			return
		}
		for _, d := range rest {
			l.dead[d] = true
		}
		msg := fmt.Sprintf("this rule is never reached: `%s` (%s) ends the chain for every packet", shortText(r), place(r.Pos, rest[0].Pos))
		if kind, to := verdictOf(r); kind == VerdictJump {
			msg = fmt.Sprintf("this rule is never reached: every packet gets its verdict in chain `%s`, which %s jumps to", to.Name, place(r.Pos, rest[0].Pos))
		}
		if n := len(rest) - 1; n > 0 {
			msg += fmt.Sprintf("; nor %s behind it", rules(n))
		}
		l.add(LintUnreachable, rest[0].Span, msg, "move it up, or remove it", r.Pos)
		return
	}
}

// rules counts rules: "is the rule", "are the 3 rules".
func rules(n int) string {
	if n == 1 {
		return "is the rule"
	}
	return fmt.Sprintf("are the %d rules", n)
}

// maxText is how much of a rule a message shows, in bytes.
const maxText = 60

// shortText is a rule for a message.
func shortText(r *Rule) string {
	s := plainText(r)
	if len(s) <= maxText {
		return s
	}
	cut := maxText
	for cut > 0 && s[cut]&0xc0 == 0x80 {
		cut--
	}
	return s[:cut] + "..."
}

// plainText is a rule without its counters.
func plainText(r *Rule) string {
	var words []string
	for _, s := range r.Stmts {
		if _, ok := s.(*Counter); !ok {
			words = append(words, s.String())
		}
	}
	return join(words...)
}
