package nft

// evaluator is what every statement of the checked level is: it knows what it does with a packet.
type evaluator interface{ eval(*machine) }

var _ = []evaluator{
	(*Match)(nil), (*Vmap)(nil), (*VerdictStmt)(nil), (*Counter)(nil), (*Limit)(nil), (*Quota)(nil), (*Log)(nil),
	(*Reject)(nil), (*NAT)(nil), (*Notrack)(nil), (*Assign)(nil), (*QueueStmt)(nil), (*SetUpdate)(nil), (*ObjectRef)(nil), (*FlowAdd)(nil), (*ResetOption)(nil),
	(*Dup)(nil), (*Fwd)(nil), (*Last)(nil), (*ConnLimit)(nil), (*Synproxy)(nil), (*Tproxy)(nil),
}

// Eval holds the rule against a packet. It never changes p.
//
// Expressions behind one that does not match are held against the packet as if it had: with what the statements
// before them would have written.
func (r *Rule) Eval(p *Packet) RuleResult {
	var m machine
	m.run(r, p)
	return m.res
}

// machine holds one rule against one packet: nft_do_chain in net/netfilter/nf_tables_core.c, for one rule.
type machine struct {
	rule     *Rule
	table    Family  // of the rule's table; FamilyUnspec if the rule is in none
	p        *Packet // as the rule sees it, if everything before matched
	owned    bool    // p is a copy that may be changed
	res      RuleResult
	decided  bool   // a verdict was given
	unknowns int    // expressions whose answer is unknown
	l4       int    // the rule has asked for this IP protocol; -1: for none
	family   Family // the rule has asked for this family
	tagged   uint32 // the rule has asked for the VLAN tag inside these tunnels, by their types
	ether    bool   // the rule has looked at the Ethernet header
	vlan     bool   // and at the VLAN tag in it
	effects  []effect
	room     []ExprResult // for the results of the next rules
	chunk    int          // how many to make room for at once; 0: for those of one rule
	spelled  *spellings   // nil: of one rule
	left     *value       // of the match in work
}

// effect is a write that takes place at once. It does so if everything before it in the rule matched, also when
// something behind it does not.
type effect struct {
	f        func(p *Packet, sure bool)
	before   Answer // of the expressions before it
	unknowns int    // how many of those are unknown
	write    int    // its place in RuleResult.Writes
}

// run holds a rule against a packet. A machine may be run again and again.
func (m *machine) run(r *Rule, p *Packet) {
	*m = machine{rule: r, p: p, l4: -1, effects: m.effects[:0], room: m.room, chunk: m.chunk, spelled: m.spelled, left: m.left}
	m.res = RuleResult{Rule: r, Match: Yes, Verdict: VerdictContinue}
	if r.Chain != nil && r.Chain.Table != nil {
		m.table = r.Chain.Table.Family
	}
	n := len(r.Stmts)
	if len(m.room) < n {
		m.room = make([]ExprResult, max(n, m.chunk))
	}
	m.res.Exprs = m.room[:0:n]
	for _, s := range r.Stmts {
		s.(evaluator).eval(m)
	}
	if used := len(m.res.Exprs); used <= n { // else they were moved elsewhere
		m.res.Exprs, m.room = m.res.Exprs[:used:used], m.room[used:]
	}
	if m.res.Match != Unknown {
		m.res.Why = ""
	}
}

// add takes the result of one expression.
func (m *machine) add(r ExprResult) {
	m.res.Exprs = append(m.res.Exprs, r)
	switch r.Match {
	case No:
		m.res.Match = No
	case Unknown:
		m.unknowns++
		if m.res.Match == Yes {
			m.res.Match = Unknown
		}
		if m.res.Why == "" {
			m.res.Why = r.Why
		}
	}
}

// write takes a write. f does it to a packet that is its own down to the headers; if it is not sure that the write
// takes place, f makes the field unknown. f is nil for what is done after the chain.
func (m *machine) write(w Write, f func(p *Packet, sure bool)) {
	m.res.Writes = append(m.res.Writes, w)
	if f == nil {
		return
	}
	m.effects = append(m.effects, effect{f, m.res.Match, m.unknowns, len(m.res.Writes) - 1})
	if !m.owned {
		m.p, m.owned = m.p.clone(), true
	}
	f(m.p, true)
}

// verdict takes the verdict of the rule; the first one counts.
func (m *machine) verdict(k VerdictKind, c *Chain, s Stmt) {
	if m.decided {
		return
	}
	m.decided = k != VerdictContinue
	m.res.Verdict, m.res.Target = k, c
	if _, ok := s.(*Vmap); ok {
		m.res.Text = (&Verdict{Kind: k, Chain: c}).String()
		return
	}
	m.res.Text = s.String()
}

// mapVerdict: a map decides, and what it says is not known.
func (m *machine) mapVerdict(s Stmt) {
	if m.decided {
		return
	}
	m.decided = true
	m.res.Verdict, m.res.Text = VerdictUnknown, s.String()
}

// stateful is an expression whose answer depends on other packets.
func (m *machine) stateful(s Stmt, what string) {
	m.add(ExprResult{Match: Unknown, Text: s.String(), Selector: what, Why: "the " + what + " depends on the packets before this one", Stmt: s})
}

// requireL4 is the match on a protocol that nft adds in front of a statement, unless the rule has it already. It
// is a result only if it is not met.
func (m *machine) requireL4(s Stmt, text string, l4 int) {
	if m.l4 != l4 {
		m.require(s, text, "meta l4proto", m.l4Is(l4))
	}
	m.l4 = l4
}

// requireFamily is requireL4 for a family.
func (m *machine) requireFamily(s Stmt, text string, f Family) {
	if m.family != f {
		m.require(s, text, "meta nfproto", m.familyIs(f))
	}
	m.family = f
}

// first: what was just asked for, and is not sure, stands in front of the whole rule. So nothing is written if it is not
// met.
func (m *machine) first(a Answer) {
	for i := range m.effects {
		e := &m.effects[i]
		if a == No || e.before == Yes {
			e.before = a
		}
		e.unknowns = m.unknowns
	}
}

func (m *machine) require(s Stmt, text, selector string, v value) {
	if v.has != known {
		m.add(m.missing(ExprResult{Text: text, Selector: selector, Stmt: s}, &v))
	}
}

// missing is the result of an expression that has nothing to look at.
func (m *machine) missing(r ExprResult, v *value) ExprResult {
	r.Match, r.Why = No, v.why
	switch {
	case v.has == unknown:
		r.Match = Unknown
	case v.need != nil:
		r.Implied = true
		r.Selector, r.Want, r.Got = v.need.selector, v.need.want, v.need.got
	}
	return r
}
