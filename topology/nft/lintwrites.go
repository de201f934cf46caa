package nft

// writes are what the rules of a chain, and of those it leads to, may change about a packet: an expression that reads
// it may give another answer further down.
type writes struct {
	meta    uint64 // a bit for each key
	headers bool
	ctMark  bool
	ct      bool // anything of conntrack
	unknown bool // a statement that this file does not know
}

func (w *writes) add(o writes) {
	w.meta |= o.meta
	w.headers = w.headers || o.headers
	w.ctMark = w.ctMark || o.ctMark
	w.ct = w.ct || o.ct
	w.unknown = w.unknown || o.unknown
}

func (l *linter) writesOf(c *Chain) writes {
	if w, ok := l.writes[c]; ok {
		return w
	}
	l.writes[c] = writes{}
	var w writes
	for _, r := range c.Rules {
		for _, s := range r.Stmts {
			w.stmt(s)
		}
		for _, v := range ruleVerdicts(r) {
			if v.Chain != nil {
				w.add(l.writesOf(v.Chain))
			}
		}
	}
	l.writes[c] = w
	return w
}

func (w *writes) stmt(s Stmt) {
	switch s := s.(type) {
	case *Match, *Vmap, *VerdictStmt, *Counter, *Limit, *Quota, *Log, *Reject, *NAT, *QueueStmt, *SetUpdate,
		*Dup, *Fwd, *Last, *ConnLimit, *Synproxy, *Tproxy:
	case *ResetOption:
		w.headers = true
	case *Notrack, *FlowAdd:
		w.ct = true
	case *ObjectRef:
		switch s.Kind {
		case "ct helper", "ct timeout", "ct expectation":
			w.ct = true
		case "secmark":
			w.meta |= 1 << MetaSecmark
		case "synproxy":
			w.unknown = true
		}
	case *Assign:
		switch t := s.Target.(type) {
		case *Meta:
			w.meta |= 1 << (t.Key & 63)
		case *Payload, *Exthdr:
			w.headers = true
		case *CT:
			w.ctMark = w.ctMark || t.Key == CTMark
			w.ct = w.ct || t.Key != CTMark
		default:
			w.unknown = true
		}
	default:
		w.unknown = true
	}
}

// touches reports whether an expression may read what was written.
func (w *writes) touches(e Expr) bool {
	if w.unknown {
		return true
	}
	hit := false
	walkExpr(e, func(e Expr) {
		switch e := e.(type) {
		case *Meta:
			switch e.Key {
			case MetaL4Proto, MetaProtocol, MetaLen:
				hit = hit || w.headers
			}
			hit = hit || w.meta&(1<<(e.Key&63)) != 0
		case *Payload:
			hit = hit || w.headers
		case *CT:
			hit = hit || w.ct || w.ctMark && e.Key == CTMark
		case *Fib, *RT, *Socket, *Exthdr, *Osf, *Xfrm, *Inner:
			hit = hit || w.headers || w.meta&(1<<MetaMark) != 0
		case *Hash:
			hit = hit || w.headers
		case *Numgen, *Const, *Prefix, *Range, *ConcatExpr, *Bitwise, *Shift, *Cast, *Combine, *MapLookup, *SetRef: // what they read is walked to
		default: // one that this file does not know
			hit = hit || *w != (writes{})
		}
	})
	return hit
}

// walkExpr calls f for an expression and all in it, but not for the elements of sets.
func walkExpr(e Expr, f func(Expr)) {
	if e == nil {
		return
	}
	f(e)
	switch e := e.(type) {
	case *ConcatExpr:
		for _, p := range e.Parts {
			walkExpr(p, f)
		}
	case *Bitwise:
		walkExpr(e.X, f)
	case *Shift:
		walkExpr(e.X, f)
	case *Cast:
		walkExpr(e.X, f)
	case *Combine:
		walkExpr(e.X, f)
		walkExpr(e.Y, f)
	case *MapLookup:
		walkExpr(e.Key, f)
	case *Hash:
		walkExpr(e.X, f)
	}
}

// findDynamic finds the sets that the rules of a table change.
func (l *linter) findDynamic(t *Table) {
	for _, s := range t.Sets {
		if s.Flags&SetDynamic != 0 {
			l.dynamic[s] = true
		}
	}
	for _, c := range t.Chains {
		for _, r := range c.Rules {
			for _, s := range r.Stmts {
				if u, ok := s.(*SetUpdate); ok {
					l.dynamic[u.Set] = true
				}
			}
		}
	}
}

// repeatable reports whether an expression gives the same answer each time it is asked about one packet, if nothing
// is written in between.
func (l *linter) repeatable(e Expr) bool {
	ok := true
	walkExpr(e, func(e Expr) {
		switch e := e.(type) {
		case *Numgen:
			ok = false
		case *Meta:
			ok = ok && e.Key != MetaRandom && !(MetaTime <= e.Key && e.Key <= MetaHour)
		case *CT:
			ok = ok && e.Key != CTExpiration
		case *SetRef:
			ok = ok && l.still(e.Set)
		case *MapLookup:
			ok = ok && l.still(e.Map)
		case *Payload, *Exthdr, *Osf, *Xfrm, *Inner, *Fib, *RT, *Socket, *Hash, *Const, *Prefix, *Range, *ConcatExpr, *Bitwise, *Shift, *Cast, *Combine:
		default: // one that this file does not know
			ok = false
		}
	})
	return ok
}

// still reports whether no packet changes a set, nor time.
func (l *linter) still(s *Set) bool {
	is, ok := l.stills[s]
	if !ok {
		is = l.findStill(s)
		l.stills[s] = is
	}
	return is
}

func (l *linter) findStill(s *Set) bool {
	if l.dynamic[s] || s.Flags&SetTimeout != 0 || s.Timeout > 0 {
		return false
	}
	for _, e := range s.Elems {
		if e.doubt(s) != "" {
			return false
		}
	}
	return true
}
