package nft

func (n *MatchNode) print(p *printer) {
	p.expr(n.Left)
	if n.Op != "" {
		p.str(" ", n.Op)
	}
	p.str(" ")
	p.expr(n.Right)
}

var relOps = map[string]RelOp{"": OpEq, "==": OpEq, "!=": OpNe, "<": OpLt, "<=": OpLe, ">": OpGt, ">=": OpGe, "!": OpNone}

var relSigns = [...]string{OpEq: "==", OpNe: "!=", OpLt: "<", OpLe: "<=", OpGt: ">", OpGe: ">=", OpAny: "", OpNone: "!"}

func (n *MatchNode) check(c *checker) Stmt {
	s := &Match{Span: n.Span, Op: relOps[n.Op]}
	s.Left = c.selector(n.Left)
	switch x := s.Left.(type) {
	case *MapLookup:
		c.fail(x.Span, "look the key up in a set, or in a map of verdicts with `vmap`", "what a map yields cannot be matched")
	case *Meta:
		if x.Key == MetaNftrace { // net/netfilter/nft_meta.c has no case for it
			c.fail(x.Span, "write `meta nftrace set 1`", "`%s` can be set, not matched", x)
		}
		if x.Key == MetaSecmark {
			c.secmarkMatched(x)
		}
		if x.Key == metaBroute {
			c.fail(x.Span, "write `meta broute set 1`", "`%s` can be set, not matched", x)
		}
	case *CT:
		if x.Key == CTEventMask {
			c.fail(x.Span, "write `ct event set ...`", "`%s` can be set, not matched", x)
		}
		if x.Key == CTSecmark {
			c.secmarkMatched(x)
		}
	}
	right := c.expand(n.Right)
	d := s.Left.Type()
	switch x := right.(type) {
	case *SetNode:
		s.Right = c.matchSet(x, d)
	case *SetRefNode:
		set := c.setNamed(x, false)
		c.sameKey(x, set, d)
		s.Right = &SetRef{Span: x.Span, Set: set}
	case *FlagsMaskNode:
		c.flagsMask(n, s, x)
	case *VerdictNode:
		c.fail(x.Span, "", "a value of type %s is wanted, not a verdict", d)
	default:
		c.matchValue(s, c.hourRange(s, right))
	}
	_, masked := s.Left.(*Bitwise)
	if s.bitmask() && n.Op == "" && !masked {
		s.Op = OpAny // also for a set of one
	}
	c.operator(n, s)
	if s.Op == OpEq {
		c.update(s.Left, s.Right)
	}
	s.spell()
	return s
}

// matchSet checks a set in braces. One that has a single value is that value, as in nft.
func (c *checker) matchSet(n *SetNode, d *Datatype) Expr {
	set := c.anonymous(n, &Set{Key: d})
	if len(set.Elems) == 1 && d.Base != BaseConcat {
		e := set.Elems[0]
		if e.Key != nil && e.Stmts == nil && e.Comment == "" && e.Timeout == 0 {
			return e.Key
		}
	}
	return &SetRef{Span: n.Span, Set: set}
}

// flagsMask checks `tcp flags syn / syn,ack`.
func (c *checker) flagsMask(n *MatchNode, s *Match, x *FlagsMaskNode) {
	d := s.Left.Type()
	if d.Base != BaseBitmask {
		c.fail(x.Span, "", "a mask behind `/` is for flags, %s has none", d)
	}
	mask := newConst(x.Mask.Range(), d, constVal{be: c.fold(x.Mask, d)})
	value := newConst(x.Value.Range(), d, constVal{be: c.fold(x.Value, d)})
	s.Left = masked(Span{n.Pos, x.End}, s.Left, mask)
	s.Right = value
	if n.Op == "" {
		s.Op = OpEq
	}
}

func (c *checker) matchValue(s *Match, right ExprNode) {
	d := s.Left.Type()
	if f, ok := s.Left.(*Fib); ok {
		if w, ok := right.(*WordNode); ok && (w.Text == "exists" || w.Text == "missing") {
			f.Present = true
			d = TypeBoolean
			f.typ = d
		}
	}
	if d.Base == BaseConcat {
		c.fail(right.Range(), "write `{ ... }` around the value", "a concatenation is looked up in a set")
	}
	s.Right = c.value(right, d)
	var top uint64 // of what the selector can yield
	switch x := s.Left.(type) {
	case *Numgen:
		top = uint64(x.Offset) + uint64(x.Mod) - 1
	case *Hash:
		top = uint64(x.Offset) + uint64(x.Mod) - 1
	default:
		return
	}
	if k, ok := s.Right.(*Const); ok && getUint(k.network()) > top {
		c.fail(k.Span, "", "`%s` is never %s: at most %d", s.Left, k, top)
	}
}

// operator checks that the operator fits its sides.
func (c *checker) operator(n *MatchNode, s *Match) {
	d := s.Left.Type()
	switch s.Op {
	case OpNone:
		if k, ok := s.Right.(*Const); !ok || k.typ.Base != BaseBitmask {
			c.fail(n.Span, "write `!=`", "`!` is for flags, %s has none", d)
		}
	case OpLt, OpLe, OpGt, OpGe:
		k, ok := s.Right.(*Const)
		switch {
		case !ok:
			c.fail(n.Right.Range(), "use `==` or `!=`", "`%s` compares with one value", n.Op)
		case k.Symbol != "" || k.Wildcard || d.Base == BaseString:
			c.unsupported(n.Right.Range(), "comparing names with `%s`", n.Op)
		}
	}
}

// spell fills in how the match is written.
func (s *Match) spell() {
	s.selector, s.want = s.Left.String(), s.Right.String()
	sign := relSigns[s.Op]
	zero := false
	if k, ok := s.Right.(*Const); ok && k.typ.Base == BaseBitmask {
		zero = getUint(k.Data) == 0
		if s.Op == OpNe && severalBits(k) {
			s.want = joinBits(k.typ, k.network(), " | ")
		}
	}
	b, masked := s.Left.(*Bitwise)
	if masked && b.Type().Base == BaseBitmask && len(b.Steps) == 1 && b.Steps[0].Op == BitAnd && s.flags(b, zero) {
		return
	}
	if s.Op == OpEq && !s.bitmask() && !masked {
		sign = ""
	}
	if _, ok := s.Left.(*Shift); ok {
		sign = relSigns[s.Op]
	}
	s.text = join(s.selector, sign, s.want)
	if sign != "" && s.Op != OpEq && s.Op != OpAny {
		s.want = sign + " " + s.want
	}
}

// bitmask reports whether == must be written, because nothing means "any of these".
func (s *Match) bitmask() bool {
	k, ok := s.Right.(*Const)
	return ok && k.typ.Base == BaseBitmask
}

// flags spells a comparison of masked flags as nft does: `tcp flags syn / fin,syn`, `tcp flags ! syn`.
func (s *Match) flags(b *Bitwise, zero bool) bool {
	mask := b.Steps[0].Value
	k, ok := s.Right.(*Const)
	if !ok || s.Op != OpEq && s.Op != OpNe {
		return false
	}
	name := b.X.String()
	switch {
	case zero && s.Op == OpNe:
		s.selector, s.want = name, mask.text
		s.text = join(name, mask.text)
	case zero:
		s.selector, s.want = name, "! "+mask.text
		s.text = join(name, "!", mask.text)
	case !severalBits(mask) && mask.text == k.text:
		return false
	default:
		s.selector, s.want = name, k.text+" / "+mask.text
		if s.Op == OpNe {
			s.want = "!= " + s.want
		}
		s.text = join(name, s.want)
	}
	return true
}

// join joins the words that are not empty.
func join(words ...string) string {
	out := ""
	for _, w := range words {
		if w == "" {
			continue
		}
		if out != "" {
			out += " "
		}
		out += w
	}
	return out
}

func (s *Match) String() string { return s.text }
