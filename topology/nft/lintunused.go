package nft

import "fmt"

// unused finds chains that nothing jumps to, and sets that no rule looks at.
func (l *linter) unused(t *Table) {
	u := usage{chains: map[*Chain]bool{}, sets: map[*Set]bool{}, flows: map[*Flowtable]bool{}}
	for _, c := range t.Chains {
		for _, r := range c.Rules {
			for _, s := range r.Stmts {
				u.stmt(s)
			}
		}
	}
	for _, s := range t.Sets {
		u.set(s)
	}
	for _, c := range t.Chains {
		if c.Base == nil && !u.chains[c] {
			l.add(LintUnusedChain, c.Span, fmt.Sprintf("nothing jumps to chain `%s`: its rules see no packet", c.Name),
				"`jump "+c.Name+"` in a chain with a hook, or give it a hook itself")
		}
	}
	if u.unknown {
		return
	}
	for _, f := range t.Flowtables {
		if !u.flows[f] {
			l.add(LintUnusedFlowtable, f.Span, fmt.Sprintf("no rule adds connections to flowtable `%s`", f.Name), "`flow add @"+f.Name+"` in a chain at the hook forward, or remove it")
		}
	}
	for _, s := range t.Sets {
		if !u.sets[s] {
			l.add(LintUnusedSet, s.Span, fmt.Sprintf("no rule looks at %s `%s`", setWord(s.Map), s.Name), "use it as `@"+s.Name+"`, or remove it")
		}
	}
}

// usage is what rules and sets refer to.
type usage struct {
	chains  map[*Chain]bool
	sets    map[*Set]bool
	flows   map[*Flowtable]bool
	unknown bool // a statement that this file does not know
}

func (u *usage) stmt(s Stmt) {
	switch s := s.(type) {
	case *Match:
		u.expr(s.Left)
		u.expr(s.Right)
	case *Vmap:
		u.expr(s.Key)
		u.sets[s.Map] = true
		if s.Map.Anonymous() {
			u.set(s.Map)
		}
	case *VerdictStmt:
		u.verdict(&s.Verdict)
	case *NAT:
		u.expr(s.Addr)
		u.expr(s.Port)
	case *Tproxy:
		u.expr(s.Addr)
		u.expr(s.Port)
	case *Assign:
		u.expr(s.Value)
	case *ObjectRef:
		u.expr(s.Key)
		if s.Map != nil {
			u.sets[s.Map] = true
		}
	case *FlowAdd:
		u.flows[s.Flowtable] = true
	case *QueueStmt:
		u.expr(s.Expr)
	case *Dup:
		u.expr(s.Addr)
		u.expr(s.Device)
	case *Fwd:
		u.expr(s.Addr)
		u.expr(s.Device)
	case *SetUpdate:
		u.sets[s.Set] = true
		u.expr(s.Key)
		u.expr(s.Data)
		u.verdict(s.Verdict)
		for _, s := range s.Stmts {
			u.stmt(s)
		}
	case *Counter, *Limit, *Quota, *Log, *Reject, *Notrack, *Last, *ConnLimit, *Synproxy, *ResetOption:
	default:
		u.unknown = true
	}
}

func (u *usage) expr(e Expr) {
	walkExpr(e, func(e Expr) {
		switch e := e.(type) {
		case *SetRef:
			u.sets[e.Set] = true
		case *MapLookup:
			u.sets[e.Map] = true
		}
	})
}

func (u *usage) set(s *Set) {
	for _, e := range s.Elems {
		u.verdict(e.Verdict)
	}
}

func (u *usage) verdict(v *Verdict) {
	if v != nil && v.Chain != nil {
		u.chains[v.Chain] = true
	}
}
