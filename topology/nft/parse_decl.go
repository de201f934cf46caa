package nft

var (
	commonWords  = []string{"include", "define", "redefine", "undefine"}
	topWords     = append([]string{"table", "flush", "add", "create", "insert", "delete", "destroy", "chain", "rule", "set", "map", "element", "flowtable"}, commonWords...)
	tableWords   = append([]string{"chain", "set", "map", "flags", "comment", "flowtable", "ct", "counter", "quota", "limit", "synproxy", "secmark"}, commonWords...)
	setWords     = append([]string{"type", "typeof", "flags", "elements", "timeout", "gc-interval", "size", "policy", "auto-merge", "counter", "limit", "quota", "last", "comment"}, commonWords...)
	laterObjects = map[string]bool{"tunnel": true}
	familyWords  = []string{"ip", "ip6", "inet", "arp", "bridge", "netdev"}
)

// startsStatement reports whether a line that starts with word is a statement or declaration rather than a further
// element of a set.
func startsStatement(word string) bool {
	if _, ok := statements[word]; ok {
		return true
	}
	switch word {
	case "table", "chain", "set", "map", "type", "typeof", "policy", "elements", "define", "include", "iifname", "oifname", "meta", "ct", "tcp", "udp", "ip", "ip6":
		return true
	}
	return false
}

// common parses what may stand in every block; false if t starts none of it.
func (p *parser) common(block func() Item) (Item, bool) {
	t := p.cur()
	if t.kind != tName {
		return nil, false
	}
	switch t.text {
	case "include":
		return p.include(block), true
	case "define", "redefine", "undefine":
		// A rule cannot start with these words, so nothing is lost.
		return p.define(), true
	}
	return nil, false
}

func (p *parser) topItem() Item {
	if it, ok := p.common(p.topItem); ok {
		return it
	}
	p.foreign()
	t := p.cur()
	if t.kind != tName {
		p.failWord(t, "command", topWords)
	}
	switch {
	case t.text == "table":
		return p.tableDecl(t, "")
	case t.text == "flush" || t.text == "delete" || t.text == "destroy":
		return p.flush()
	case t.text == "add" || t.text == "create" || t.text == "insert":
		p.advance()
		if p.cur().isWord("table") {
			return p.tableDecl(t, t.text)
		}
		return p.addDecl(t, t.text)
	}
	if it := p.otherCommand(t); it != nil {
		return it
	}
	return p.addDecl(t, "")
}

func (p *parser) define() Item {
	first := p.advance()
	d := &Define{Op: first.text, Name: p.identifier("name of the variable")}
	if d.Op != "undefine" {
		if t := p.cur(); !t.is("=") {
			p.report(p.tokSpan(t), "`=` expected after `"+d.Op+" "+d.Name.Text+"`, found "+t.describe(), "write `"+d.Op+" "+d.Name.Text+" = VALUE`", "=")
			panic(bailout{})
		}
		p.advance()
		if t := p.cur(); t.is("-") && p.peek(1).kind == tNumber { // a priority
			p.advance()
			n := p.advance()
			d.Value = &WordNode{Span: p.spanFrom(t), Kind: WordNumber, Text: "-" + n.text}
		} else {
			d.Value = p.value(true)
		}
	}
	d.Span = p.spanFrom(first)
	return d
}

// family parses an optional family; "ip" and its kin are names of tables nowhere.
func (p *parser) family() *WordNode {
	t := p.cur()
	if t.kind == tName {
		if _, ok := ParseFamily(t.text); ok {
			return p.word(p.advance())
		}
	}
	return nil
}

func (p *parser) tableDecl(first token, op string) Item {
	p.advance() // table
	d := &TableDecl{Op: op, Family: p.family()}
	t := p.cur()
	if d.Family == nil && t.kind == tName && (p.peek(1).kind == tName || p.peek(1).kind == tQuoted) {
		p.failWord(t, "family", familyWords)
	}
	if d.Family != nil && p.cur().is("{") {
		p.fail(p.tokSpan(p.cur()), "write `table "+d.Family.Text+" NAME {`", "name of the table expected after its family, found `{`")
	}
	d.Name = p.identifier("name of the table")
	if p.cur().is("{") {
		d.Body = true
		d.Items = p.body(inTable, p.tableItem)
	}
	d.Span = p.spanFrom(first)
	return d
}

// blockKind says what the items of a block are.
type blockKind uint8

const (
	inFile blockKind = iota
	inTable
	inChain
	inSet
	inObject // whose last item needs no separator
	inLines  // of an object or a flowtable: each item needs one
)

// body parses `{ items }`.
func (p *parser) body(kind blockKind, item func() Item) []Item {
	open := p.expect("{", "here")
	p.enter(open)
	outer := p.block
	p.block = kind
	items := p.items(item, open)
	p.block = outer
	p.accept("}")
	p.leave()
	return items
}

func (p *parser) tableItem() Item {
	if it, ok := p.common(p.tableItem); ok {
		return it
	}
	t := p.cur()
	if t.kind == tName {
		switch t.text {
		case "chain":
			p.advance()
			name := p.identifier("name of the chain")
			if t := p.cur(); !t.is("{") {
				p.fail(p.tokSpan(t), "write `chain "+name.Text+" { }`", "`{` expected, found %s", t.describe())
			}
			return p.chainDecl(t, name)
		case "set", "map":
			p.advance()
			return p.setDecl(t, p.identifier("name of the "+t.text))
		case "flags":
			return p.flagsDecl("dormant", "owner", "persist")
		case "comment":
			return p.property()
		case "flowtable":
			p.advance()
			return p.flowtableDecl(t, p.identifier("name of the flowtable"))
		}
		if isObjectWord(t.text) {
			p.advance()
			kind := p.objectKind(t.text)
			return p.objectDecl(t, kind, p.identifier("name of the "+kind))
		}
		if laterObjects[t.text] {
			p.unsupported(p.tokSpan(t), "`"+t.text+"`")
		}
		if _, ok := selectorHeads[t.text]; ok || statements[t.text] != nil {
			p.fail(p.tokSpan(t), "put it in a `chain NAME { ... }`", "a rule stands in a chain, not directly in a table")
		}
	}
	p.failWord(t, "keyword in a table", tableWords)
	return nil
}

func (p *parser) chainDecl(first token, name *WordNode) Item {
	d := &ChainDecl{Name: name}
	t := p.cur()
	if t.is("{") {
		d.Body = true
		d.Items = p.body(inChain, p.chainItem)
	}
	d.Span = p.spanFrom(first)
	return d
}

func (p *parser) chainItem() Item {
	if it, ok := p.common(p.chainItem); ok {
		return it
	}
	t := p.cur()
	if t.kind == tName {
		switch {
		case t.text == "type":
			return p.baseDecl()
		case t.text == "policy":
			p.advance()
			d := &PolicyDecl{}
			if p.cur().is("$") {
				d.Value = p.variable()
			} else {
				if p.cur().isWord("reject") {
					p.fail(p.tokSpan(p.cur()), "write `policy drop;`, and `reject` as the last rule of the chain", "a policy cannot reject")
				}
				d.Value = p.oneOf("policy", "accept", "drop")
			}
			d.Span = p.spanFrom(t)
			return d
		case t.text == "comment":
			return p.property()
		case t.text == "hook" || t.text == "priority":
			p.fail(p.tokSpan(t), "write `type filter hook input priority filter;`", "`%s` belongs behind `type` on the same line", t.text)
		case t.text == "devices" || t.text == "device":
			p.fail(p.tokSpan(t), "write `type filter hook ingress devices = { eth0 } priority filter;`", "`%s` belongs between the hook and its priority", t.text)
		case t.text == "flags":
			return p.flagsDecl("offload")
		}
	}
	return p.rule()
}

var chainTypes = []string{"filter", "nat", "route"}

var hookWords = []string{"ingress", "prerouting", "input", "forward", "output", "postrouting", "egress"}

func (p *parser) baseDecl() Item {
	first := p.advance()
	d := &BaseDecl{}
	if t := p.cur(); t.kind != tName || t.text == "hook" {
		p.failWord(t, "chain type", chainTypes)
	}
	d.Type = p.word(p.advance())
	if t := p.cur(); !t.isWord("hook") {
		p.report(p.tokSpan(t), "`hook` expected after the chain type, found "+t.describe(), "write `type filter hook input priority filter;`", "hook")
		panic(bailout{})
	}
	p.advance()
	if t := p.cur(); t.kind != tName {
		p.failWord(t, "hook", hookWords)
	}
	d.Hook = p.word(p.advance())
	switch {
	case p.acceptWord("device"):
		if p.cur().is("$") {
			d.Device = p.variable()
		} else {
			w := p.nameWord("name of a device")
			w.Kind = WordQuoted
			d.Device = w
		}
	case p.acceptWord("devices"):
		p.expect("=", "after `devices`")
		if p.cur().is("$") {
			d.Device = p.variable()
		} else {
			d.Device = p.set(false)
		}
	}
	if t := p.cur(); !t.isWord("priority") {
		hint := "write `priority filter` or a number"
		p.report(p.tokSpan(t), "`priority` expected after the hook, found "+t.describe(), hint, "priority")
		panic(bailout{})
	}
	p.advance()
	d.Priority = p.priority()
	d.Span = p.spanFrom(first)
	return d
}

// nameWord parses a word that may also be quoted or a wildcard.
func (p *parser) nameWord(what string) *WordNode {
	t := p.cur()
	if t.kind != tName && t.kind != tQuoted && t.kind != tWildcard {
		p.unclosed(t)
		p.fail(p.tokSpan(t), "", "%s expected, found %s", what, t.describe())
	}
	if t.kind == tName && reserved[t.text] {
		p.fail(p.tokSpan(t), "if it is meant, write it in quotes", "%s expected, found %s, a word of nft's own", what, t.describe())
	}
	return p.word(p.advance())
}

// commentText parses the text of a `comment`; the quotes may be left out around one word.
func (p *parser) commentText() *WordNode {
	w := p.nameWord("text of the comment")
	w.Kind = WordQuoted
	return w
}

func (p *parser) priority() *PriorityNode {
	first := p.cur()
	n := &PriorityNode{}
	switch {
	case first.kind == tName:
		// `filter-5` is one name to the lexer, as it is to nft; there it is an error as well.
		n.Name = p.word(p.advance())
		if t := p.cur(); t.is("+") || t.is("-") {
			n.Minus = t.text == "-"
			p.advance()
			n.Number = p.numberWord("number")
		}
	case first.is("$"):
		n.Var = p.variable()
		if t := p.cur(); t.is("+") || t.is("-") {
			n.Minus = t.text == "-"
			p.advance()
			n.Number = p.numberWord("number")
		}
	default:
		if p.accept("-") {
			n.Minus = true
		}
		n.Number = p.numberWord("priority (a name or a number)")
	}
	n.Span = p.spanFrom(first)
	return n
}

func (p *parser) flagsDecl(known ...string) Item {
	first := p.advance()
	d := &FlagsDecl{}
	for {
		d.Flags = append(d.Flags, p.oneOf("flag", known...))
		if !p.accept(",") {
			break
		}
	}
	d.Span = p.spanFrom(first)
	return d
}

// property parses `KEY VALUE` where the value is one word, or nothing.
func (p *parser) property() Item {
	first := p.cur()
	d := &Property{Key: p.word(p.advance())}
	switch first.text {
	case "auto-merge":
	case "comment":
		d.Value = p.commentText()
	case "policy":
		d.Value = p.oneOf("set policy", "performance", "memory")
	default:
		t := p.cur()
		switch {
		case t.is("$"):
			d.Value = p.variable()
		case first.text == "size" && t.kind == tNumber:
			d.Value = p.word(p.advance())
		case first.text != "size" && t.kind == tTime:
			d.Value = p.word(p.advance())
		case first.text == "size":
			p.fail(p.tokSpan(t), "", "number expected after `size`, found %s", t.describe())
		default:
			p.fail(p.tokSpan(t), "write a time like 1h30m", "time expected after `%s`, found %s", first.text, t.describe())
		}
	}
	d.Span = p.spanFrom(first)
	return d
}
