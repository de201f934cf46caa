package nft

func (s *Match) eval(m *machine) {
	r := ExprResult{Text: s.String(), Selector: s.selector, Want: s.want, Stmt: s}
	if r.Selector == "" {
		r.Selector = s.Left.String()
	}
	if r.Want == "" {
		r.Want = s.Right.String()
	}
	if ref, ok := s.Right.(*SetRef); ok {
		var f found
		f, r = m.find(s.Left, ref.Set, r)
		if s.Op == OpNe {
			r.Match = f.not(r.Match)
		}
	} else if left, ok := s.Left.(*ConcatExpr); ok {
		r = m.matchConcat(s, left, r)
	} else if e, ok := s.Left.(*Meta); ok && isClock(e.typ) {
		r = m.holdClock(s, r)
	} else {
		if m.left == nil {
			m.left = new(value)
		}
		*m.left = m.value(s.Left)
		r = m.hold(s, m.left, r)
	}
	m.add(r)
	m.learn(s)
}

// hold holds one value against the right side of a match.
func (m *machine) hold(s *Match, v *value, r ExprResult) ExprResult {
	if v.has == broken || v.has == unknown && !v.named {
		return m.missing(r, v)
	}
	r.Got = m.spelled.spell(v, s.Left.Type())
	r.Match, r.Why = s.compare(v)
	return r
}

func (s *Match) compare(v *value) (Answer, string) {
	switch s.Op {
	case OpEq:
		return v.in(s.Right)
	case OpNe:
		a, why := v.in(s.Right)
		return not(a), why
	}
	c, ok := s.Right.(*Const)
	if !ok || c.Symbol != "" {
		return Unknown, "`" + s.Right.String() + "` is no number"
	}
	if v.has == unknown {
		return Unknown, v.why
	}
	switch s.Op {
	case OpLt:
		return answer(v.compare(c) < 0), ""
	case OpLe:
		return answer(v.compare(c) <= 0), ""
	case OpGt:
		return answer(v.compare(c) > 0), ""
	case OpGe:
		return answer(v.compare(c) >= 0), ""
	case OpAny:
		return answer(v.shares(c)), ""
	}
	return answer(!v.shares(c)), ""
}

func not(a Answer) Answer {
	switch a {
	case No:
		return Yes
	case Yes:
		return No
	}
	return a
}

// shares reports whether a bit is set in both.
func (v *value) shares(c *Const) bool {
	for i := range min(v.n, len(c.Data)) { // from the least significant byte on
		if v.b[v.n-1-i]&c.Data[nativeIndex(c.typ, len(c.Data)-1-i, len(c.Data))] != 0 {
			return true
		}
	}
	return false
}

// matchConcat holds a concatenation against constants, part by part.
func (m *machine) matchConcat(s *Match, left *ConcatExpr, r ExprResult) ExprResult {
	right, ok := s.Right.(*ConcatExpr)
	if !ok || len(right.Parts) != len(left.Parts) {
		r.Match, r.Why = Unknown, "`"+s.Right.String()+"` has not as many parts"
		return r
	}
	var room [4]value
	parts, gap := m.values(left.Parts, room[:0])
	if gap >= 0 {
		return m.missing(r, &parts[gap])
	}
	r.Got = spellAll(left.Parts, parts)
	r.Match = Yes
	for i := range parts {
		answer, why := parts[i].in(right.Parts[i])
		switch {
		case answer == Unknown:
			r.Why = why
			if r.Match == Yes {
				r.Match = Unknown
			}
		case answer == No:
			r.Match = No
		}
	}
	if s.Op == OpNe {
		r.Match = found{sure: r.Why == "", partial: r.Why != ""}.not(r.Match)
	}
	if r.Match != Unknown {
		r.Why = ""
	}
	return r
}

// learn keeps for which protocol a match has asked: nft does not ask twice.
func (m *machine) learn(s *Match) {
	c, ok := s.Right.(*Const)
	if !ok || s.Op != OpEq || len(c.Data) == 0 {
		return
	}
	switch e := s.Left.(type) {
	case *Payload:
		if e.typ == TypeInetProto && e.Base == NetworkHeader {
			m.l4 = int(c.Data[0])
		}
		if e.Base == LinkHeader && e.typ == TypeEtherType {
			m.learnType(getUint(c.Data))
		}
	case *Meta:
		switch e.Key {
		case MetaL4Proto:
			m.l4 = int(c.Data[0])
		case MetaNFProto:
			m.family = Family(c.Data[0])
		case MetaProtocol:
			if m.table == FamilyBridge || m.table == FamilyNetdev {
				m.learnType(getUint(c.Data))
			}
		case MetaIiftype:
			m.ether = m.ether || getUint(TypeIfType.nativeOrder(c.Data)) == 1 // ARPHRD_ETHER
		}
	}
}

func (m *machine) learnType(etherType uint64) {
	switch etherType {
	case 0x0800:
		m.family = FamilyIP
	case 0x86dd:
		m.family = FamilyIP6
	case 0x0806:
		m.family = FamilyARP
	case 0x8100:
		m.vlan = true
	}
}
