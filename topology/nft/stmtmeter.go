package nft

import "strconv"

// MeterNode is `meter NAME size 1000 { ip saddr limit rate 1/second }`: a set that is written where it is used.
type MeterNode struct {
	Span
	Name *WordNode
	Size *WordNode // nil: 65535
	Elem *ElemNode
}

// meterSize is the size of a meter that says none (nft_dynset_init of net/netfilter/nft_dynset.c).
const meterSize = 65535

func init() {
	statements["meter"] = (*parser).meter
	statements["set"] = (*parser).oldSetUpdate
}

func (p *parser) meter(first token) StmtNode {
	n := &MeterNode{Name: p.identifier("name of the meter")}
	if p.acceptWord("size") {
		n.Size = p.numberWord("number of elements")
	}
	open := p.cur()
	s := p.set(true)
	if len(s.Elems) != 1 || s.Elems[0].Data != nil {
		p.fail(p.tokSpan(open), "write `meter "+n.Name.Text+" { ip saddr limit rate 10/second }`", "a meter has one key, and a statement for it")
	}
	n.Elem = s.Elems[0]
	n.Span = p.spanFrom(first)
	return n
}

// oldSetUpdate parses `set add ip saddr @s`, as it was written before nft 0.9.0: `add @s { ip saddr }`.
func (p *parser) oldSetUpdate(first token) StmtNode {
	n := &SetUpdateNode{Op: p.oneOf("operation", "add", "update", "delete").Text}
	key := p.cur()
	n.Elem = &ElemNode{Key: p.concat(fromSelector)}
	p.elemOpts(n.Elem)
	n.Elem.Span = p.spanFrom(key)
	n.Set = p.setRef()
	n.Span = p.spanFrom(first)
	return n
}

func (n *MeterNode) print(p *printer) {
	p.str("meter ", n.Name.Text)
	if n.Size != nil {
		p.str(" size ", n.Size.Text)
	}
	p.str(" { ")
	p.expr(n.Elem.Key)
	for _, o := range n.Elem.Opts { // before the statement, other than in sets
		p.str(" ", o.Key, " ")
		p.word(o.Value)
	}
	for _, s := range n.Elem.Stmts {
		p.str(" ")
		s.print(p)
	}
	p.str(" }")
}

func (n *MeterNode) check(c *checker) Stmt {
	c.name(n.Name, "meter")
	set := &Set{Span: n.Name.Span, Table: c.table, Name: n.Name.Text, Meter: true, Flags: SetDynamic}
	if old := c.setNow(set.Name); old != nil {
		c.fail(n.Name.Span, "write `add @"+set.Name+" { ... }` to use it", "`%s` is a %s already, at %s", set.Name, setWord(old.Map), old.Pos)
	}
	k := chainKey{c.table, set.Name}
	if old, ok := c.meters[k]; ok && !c.gone[old] {
		c.fail(n.Name.Span, "each rule has a meter of its own", "meter `%s` exists already, in the rule at %s", set.Name, old.Pos)
	}
	c.meters[k] = c.inRule
	if n.Size != nil {
		set.Size = uint32(c.number(n.Size, 32))
	}
	s := &SetUpdate{Span: n.Span, Op: SetAdd, Set: set, Key: c.selector(n.Elem.Key)}
	set.Key = s.Key.Type()
	if set.Key == nil || set.Key.Bytes() == 0 {
		c.unsupported(n.Elem.Key.Range(), "a meter of this")
	}
	for _, o := range n.Elem.Opts {
		if o.Key != "timeout" {
			c.fail(o.Span, "", "an element of a meter has no %s", o.Key)
		}
		t, err := parseTime(o.Value.Text)
		if err != nil {
			c.fail(o.Value.Span, "", "%s", err.Error())
		}
		set.Flags |= SetTimeout
		s.Timeout, s.Op = t, SetUpd
	}
	if len(n.Elem.Stmts) != 1 {
		c.fail(n.Elem.Span, "write `{ ip saddr limit rate 10/second }`", "a meter has one statement for its elements, here are %d", len(n.Elem.Stmts))
	}
	s.Stmts = []Stmt{n.Elem.Stmts[0].check(c)}
	return s
}

// meterText is a meter in nft's spelling.
func meterText(s *SetUpdate) string {
	size := uint64(s.Set.Size)
	if size == 0 {
		size = meterSize
	}
	text := "meter " + s.Set.Name + " size " + strconv.FormatUint(size, 10) + " { " + s.Key.String()
	if s.Timeout > 0 {
		text += " timeout " + formatTime(s.Timeout)
	}
	for _, st := range s.Stmts {
		text += " " + st.String()
	}
	return text + " }"
}
