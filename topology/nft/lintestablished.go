package nft

import (
	"fmt"
	"slices"
)

// maxWitnesses is how many rules of a chain are tried for one whose answers are dropped.
const maxWitnesses = 16

// noEstablished finds chains that drop by default and let nothing in because it belongs to a connection, if that drops
// the answers to what is let through elsewhere.
func (l *linter) noEstablished(c *Chain) (found bool) {
	if l.tracks(c) || l.untracked() {
		return false
	}
	at := *l.dropsRest(c)
	hint := "`ct state established,related accept`, before the other rules"
	switch c.Base.Hook {
	case HookInput:
		if iif, ok := l.ownAnswersDropped(c); ok {
			l.add(LintNoEstablished, at, "answers to the connections that the machine itself opens"+on(iif)+" are dropped: no rule accepts `ct state established`", hint)
			return true
		}
	case HookForward:
		for _, r := range l.witnesses(HookForward) {
			for _, b := range r.probes {
				if o, by := l.send(c, b.answer(), EvalOptions{}); o == discarded && l.byDefault(by) {
					l.add(LintNoEstablished, at, fmt.Sprintf("answers to what %s accepts are dropped: no rule accepts `ct state established`", place(r.rule.Pos, at.Pos)), hint, r.rule.Pos)
					return true
				}
			}
		}
	case HookOutput:
		for _, r := range l.witnesses(HookInput) {
			for _, b := range r.probes {
				b = b.answer()
				b.iif = ""
				if o, by := l.send(c, b, EvalOptions{}); o == discarded && l.byDefault(by) {
					l.add(LintNoEstablished, at, fmt.Sprintf("answers to what %s accepts are dropped: no rule accepts `ct state established`", place(r.rule.Pos, at.Pos)), hint, r.rule.Pos)
					return true
				}
			}
		}
	}
	return false
}

// on names an interface for a message.
func on(name string) string {
	if name == "" {
		return ""
	}
	return " over `" + name + "`"
}

// tracks reports whether a rule of a chain accepts packets because of their connection.
func (l *linter) tracks(c *Chain) bool {
	found := false
	each(c, func(r *Rule) {
		switch kind, _ := verdictOf(r); {
		case found, kind == VerdictDrop, kind == VerdictReject:
			return
		}
		for _, s := range r.Stmts {
			switch s := s.(type) {
			case *Match:
				found = found || readsTracking(s.Left) && l.admitsEstablished(s)
			case *Vmap:
				found = found || readsTracking(s.Key)
			}
		}
	})
	return found
}

// readsTracking: what conntrack knows of a connection that exists already.
func readsTracking(e Expr) bool {
	found := false
	walkExpr(e, func(e Expr) {
		if c, ok := e.(*CT); ok {
			switch c.Key {
			case CTState, CTDirection, CTStatus, CTMark, CTPackets, CTBytes, CTHelper:
				found = true
			}
		}
	})
	return found
}

// admitsEstablished is false for a match on other states only.
func (l *linter) admitsEstablished(s *Match) bool {
	if sel, ok := selectorOf(s.Left).(*CT); !ok || sel.Key != CTState {
		return true
	}
	a := allowed{linter: l, bits: 32, state: true}
	in, _, ok := a.of(s)
	return !ok || in.has(num{0, stateEstablished})
}

// untracked reports whether some rule takes packets out of conntrack: their answers are no established packets.
func (l *linter) untracked() bool {
	for _, t := range l.rs.Tables {
		for _, c := range t.Chains {
			if l.writesOf(c).ct {
				return true
			}
		}
	}
	return false
}

// ownAnswersDropped: the answer to a connection of the machine itself to a server, over an interface that the rules
// speak of, or any other if they speak of none.
func (l *linter) ownAnswersDropped(c *Chain) (iif string, dropped bool) {
	family := FamilyIP
	b := &probe{family: family, proto: protoNumTCP, src: hereIP, dst: thereIP, sport: ephemeral, dport: 443, flags: flagSYN, state: stateNew}
	if !c.sees(FamilyIP) {
		b.family, b.src, b.dst = FamilyIP6, hereIP6, thereIP6
	}
	names := l.outside(c)
	for _, name := range names {
		b.oif = name
		b.original = b.tuple()
		if !l.passes(HookOutput, b) {
			continue
		}
		a := b.answer()
		a.oif = ""
		if o, by := l.send(c, a, EvalOptions{}); o == discarded && l.byDefault(by) {
			if len(names) == 1 {
				name = ""
			}
			return name, true
		}
	}
	return "", false
}

// outside are the interfaces that the rules of a chain speak of, without lo; a name that they do not know if there
// are none.
func (l *linter) outside(c *Chain) []string {
	var out []string
	for _, n := range l.interfaces(c) {
		if n != "lo" {
			out = append(out, n)
		}
	}
	if out == nil {
		out = []string{"eth0"}
	}
	return out
}

// witness is a rule, and packets that it accepts and all other chains at its hook let pass.
type witness struct {
	rule   *Rule
	probes []*probe
}

func decidesByMap(r *Rule) bool {
	return slices.ContainsFunc(r.Stmts, func(s Stmt) bool { _, ok := s.(*Vmap); return ok })
}

// witnesses are rules at a hook that accept the first packet of a TCP connection.
func (l *linter) witnesses(h Hook) []witness {
	if w, ok := l.seen[h]; ok {
		return w
	}
	var out []witness
	tries := 0
	for _, c := range l.bases {
		if c.Base.Hook != h || c.Base.Type != "filter" {
			continue
		}
		names := l.interfaces(c)
		each(c, func(r *Rule) {
			kind, _ := verdictOf(r)
			if kind != VerdictAccept && !(kind == VerdictUnknown && decidesByMap(r)) || l.dead[r] || tries >= maxWitnesses {
				return
			}
			o := l.routeTo(r)
			w := witness{rule: r}
			for _, f := range []Family{FamilyIP, FamilyIP6} {
				if !c.sees(f) {
					continue
				}
				b := o.probe(f, protoNumTCP, names)
				if b == nil {
					continue
				}
				if h == HookInput {
					b.oif = ""
				}
				tries++
				if _, by := l.send(c, b, EvalOptions{}); by == r && l.passes(h, b) {
					w.probes = append(w.probes, b)
				}
			}
			if w.probes != nil {
				out = append(out, w)
			}
		})
	}
	l.seen[h] = out
	return out
}
