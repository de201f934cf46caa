package nft

import (
	"math/bits"
	"net/netip"
	"strconv"
	"strings"
)

func (p *parser) setDecl(first token, name *WordNode) Item {
	d := &SetDecl{Map: first.text == "map", Name: name}
	if p.cur().is("{") {
		d.Body = true
		p.inMap = d.Map
		d.Items = p.body(inSet, p.setItem)
	} else {
		t := p.cur()
		p.fail(p.tokSpan(t), "write `"+first.text+" NAME { type ...; }`", "`{` expected, found %s", t.describe())
	}
	d.Span = p.spanFrom(first)
	return d
}

func (p *parser) setItem() Item {
	if it, ok := p.common(p.setItem); ok {
		return it
	}
	t := p.cur()
	if t.kind == tName {
		switch t.text {
		case "type", "typeof":
			return p.typeDecl()
		case "flags":
			return p.flagsDecl("constant", "interval", "timeout", "dynamic")
		case "elements":
			p.advance()
			p.expect("=", "after `elements`")
			p.classOK = !p.inMap
			d := &ElementsDecl{Value: p.setOrVar()}
			p.classOK = false
			d.Span = p.spanFrom(t)
			return d
		case "timeout", "gc-interval", "size", "policy", "auto-merge", "comment":
			return p.property()
		case "counter", "limit", "quota", "ct", "last":
			if t.text == "ct" && !p.peek(1).isWord("count") {
				break
			}
			d := &StmtDecl{Stmt: p.statement()}
			d.Span = p.spanFrom(t)
			return d
		}
	}
	p.failWord(t, "keyword in a set", setWords)
	return nil
}

func (p *parser) setOrVar() ExprNode {
	if p.cur().is("$") {
		return p.variable()
	}
	return p.set(false)
}

func (p *parser) typeDecl() Item {
	first := p.advance()
	d := &TypeDecl{Typeof: first.text == "typeof"}
	list := func() []ExprNode {
		var out []ExprNode
		for {
			if d.Typeof {
				out = append(out, p.bitOr(fromSelector))
			} else {
				t := p.cur()
				if t.kind != tName {
					p.fail(p.tokSpan(t), "", "name of a type expected, found %s", t.describe())
				}
				out = append(out, p.word(p.advance()))
			}
			if !p.accept(".") {
				return out
			}
		}
	}
	d.Key = list()
	if p.accept(":") {
		d.Interval = p.acceptWord("interval")
		if w := p.mapObjects(d.Typeof); w != nil {
			d.Data = []ExprNode{w}
		} else if t := p.cur(); d.Typeof && (t.isWord("verdict") || t.isWord("mark")) {
			d.Data = []ExprNode{p.word(p.advance())}
		} else {
			d.Data = list()
		}
	}
	d.Span = p.spanFrom(first)
	return d
}

// set parses `{ ... }`. With packet the elements are taken from the packet (`add @s { ip saddr }`).
func (p *parser) set(packet bool) *SetNode {
	first := p.cur()
	if !first.is("{") {
		p.fail(p.tokSpan(first), "", "`{` expected, found %s", first.describe())
	}
	p.advance()
	p.enter(first)
	s := &SetNode{}
	outer := p.takePending()
	for {
		p.newlines()
		if len(s.Elems) > 0 && p.accept(",") { // nft takes commas with nothing between them
			continue
		}
		if p.cur().is("}") {
			break
		}
		if p.cur().kind == tEOF {
			p.fail(p.tokSpan(first), "a `}` is missing", "this set is not closed")
		}
		e := p.elem(packet)
		s.Elems = append(s.Elems, e)
		comma := p.accept(",")
		if t := p.cur(); t.kind == tComment {
			e.Trail = p.comment(t)
			p.advance()
		}
		if comma {
			continue
		}
		p.newlines()
		if !comma && p.cur().is(",") { // a comma on the line after
			p.advance()
			continue
		}
		if t := p.cur(); !t.is("}") {
			hint := ""
			if t.kind == tEOF || t.kind == tSemicolon || startsStatement(t.text) {
				hint = "a `}` is missing before it"
			} else if t.kind != tPunct {
				hint = "a `,` is missing before it"
			}
			p.report(p.tokSpan(t), "`,` or `}` expected in a set, found "+t.describe(), hint, ",", "}")
			panic(bailout{})
		}
	}
	s.Tail = p.takePending()
	p.pending = outer
	last := p.advance()
	s.Multi = last.line > first.line
	p.leave()
	s.Span = p.spanFrom(first)
	return s
}

func (p *parser) elem(packet bool) *ElemNode {
	first := p.cur()
	e := &ElemNode{Lead: p.takePending()}
	switch {
	case first.is("*"):
		p.advance()
		e.Key = &CatchallNode{Span: p.tokSpan(first)}
	case packet:
		e.Key = p.concat(fromSelector)
	default:
		e.Key = p.value(false)
	}
	p.elemOpts(e)
	if p.accept(":") {
		p.newlines()
		if v := p.verdict(); v != nil {
			e.Data = v
		} else if packet {
			e.Data = p.concat(fromStatement)
		} else {
			outer := p.classOK
			p.classOK = true
			e.Data = p.value(false)
			p.classOK = outer
		}
	}
	e.Span = p.spanFrom(first)
	return e
}

// elemOpts parses what may stand behind the key of an element.
func (p *parser) elemOpts(e *ElemNode) {
	for {
		t := p.cur()
		if t.kind != tName {
			return
		}
		switch t.text {
		case "timeout", "expires":
			p.advance()
			v := p.cur()
			if v.kind != tTime {
				p.fail(p.tokSpan(v), "write a time like 1h30m", "time expected after `%s`, found %s", t.text, v.describe())
			}
			e.Opts = append(e.Opts, &ElemOpt{Key: t.text, Value: p.word(p.advance())})
		case "comment":
			p.advance()
			e.Opts = append(e.Opts, &ElemOpt{Key: t.text, Value: p.commentText()})
		case "counter", "limit", "quota", "ct", "last":
			if t.text == "ct" && !p.peek(1).isWord("count") {
				return
			}
			e.Stmts = append(e.Stmts, p.statement())
			continue
		default:
			return
		}
		e.Opts[len(e.Opts)-1].Span = p.spanFrom(t)
	}
}

// value parses the right side of a match, an element or a definition: constants only. With list it may be
// `a,b,c` too, and a set.
func (p *parser) value(list bool) ExprNode {
	t := p.cur()
	if list {
		switch {
		case t.is("{"):
			return p.set(false)
		case t.is("@"):
			return p.setRef()
		}
	}
	first := t
	x := p.valueConcat()
	if !list {
		return x
	}
	x = p.valueList(first, x)
	if p.cur().is("/") {
		p.advance()
		at := p.cur()
		m := p.valueList(at, p.valueConcat())
		x = &FlagsMaskNode{Span: p.spanFrom(first), Value: x, Mask: m}
	}
	return x
}

func (p *parser) valueList(first token, x ExprNode) ExprNode {
	if !p.cur().is(",") {
		return x
	}
	l := &ListNode{Items: []ExprNode{x}}
	for p.accept(",") {
		l.Items = append(l.Items, p.valueConcat())
	}
	l.Span = p.spanFrom(first)
	return l
}

func (p *parser) valueConcat() ExprNode {
	first := p.cur()
	x := p.valueRange()
	if !p.cur().is(".") {
		return x
	}
	c := &ConcatNode{Parts: []ExprNode{x}}
	for p.accept(".") {
		c.Parts = append(c.Parts, p.valueRange())
	}
	c.Span = p.spanFrom(first)
	return c
}

func (p *parser) valueRange() ExprNode {
	first := p.cur()
	x := p.bitOr(fromConstant)
	switch {
	case p.cur().is("-"):
		p.advance()
		y := p.bitOr(fromConstant)
		return &RangeNode{Span: p.spanFrom(first), From: x, To: y}
	case p.cur().is("/") && (p.peek(1).kind == tNumber || p.peek(1).is("$")):
		p.advance()
		var n ExprNode
		if p.cur().is("$") {
			n = p.variable()
		} else {
			n = p.word(p.advance())
		}
		return &PrefixNode{Span: p.spanFrom(first), X: x, Len: n}
	case p.cur().is("/") && p.peek(1).kind == tAddr:
		t := p.peek(1)
		hint := "write `& " + t.text + " == ...`"
		if n := maskLen(t.text); n >= 0 {
			hint = "write `/" + strconv.Itoa(n) + "`"
		}
		p.fail(p.tokSpan(t), hint, "a prefix is a number of bits, not a mask")
	}
	return x
}

// maskLen is the length of the prefix that a mask stands for; -1 if its bits are not all at the front.
func maskLen(mask string) int {
	a, err := netip.ParseAddr(mask)
	if err != nil {
		return -1
	}
	n, ended := 0, false
	for _, b := range a.AsSlice() {
		ones := bits.LeadingZeros8(^b)
		if ended && b != 0 || b<<ones != 0 {
			return -1
		}
		ended = ended || ones < 8
		n += ones
	}
	return n
}

func (p *parser) setRef() *SetRefNode {
	first := p.advance()
	r := &SetRefNode{Name: p.identifier("name of a set")}
	if strings.Contains(r.Name.Text, "/") {
		p.fail(r.Name.Span, "", "a set has no `/` in its name")
	}
	r.Span = p.spanFrom(first)
	return r
}

func (p *parser) variable() *VarNode {
	first := p.advance()
	t := p.cur()
	if t.kind != tName || t.spaced {
		hint := ""
		if name := p.peek(1); t.is("{") && name.kind == tName {
			hint = "write `$" + name.text + "`"
		}
		p.fail(p.tokSpan(t), hint, "name of a variable expected after `$`, found %s", t.describe())
	}
	p.advance()
	return &VarNode{Span: p.spanFrom(first), Name: t.text}
}
