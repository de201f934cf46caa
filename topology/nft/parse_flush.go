package nft

import "slices"

// What the commands that take something away can take (flush_cmd and delete_cmd of nft's src/parser_bison.y).
var (
	flushed = []string{"ruleset", "table", "chain", "set", "map", "meter"}
	deleted = []string{"table", "chain", "rule", "set", "map", "element", "flowtable", "counter", "quota", "limit", "ct", "synproxy", "secmark", "tunnel"}
)

// flush parses `flush table ip x`, `delete chain ip x y`, `destroy set ip x y`.
func (p *parser) flush() Item {
	first := p.advance()
	d := &FlushDecl{Op: first.text}
	known := deleted
	if d.Op == "flush" {
		known = flushed
	}
	t := p.cur()
	switch {
	case d.Op == "flush" && t.isWord("rule"), d.Op == "flush" && t.isWord("rules"):
		p.fail(p.tokSpan(t), "write `flush chain FAMILY TABLE CHAIN`, or `flush table FAMILY TABLE`", "rules are flushed by their chain or table")
	case d.Op != "flush" && t.isWord("ruleset"):
		p.fail(p.tokSpan(t), "write `flush ruleset`", "the ruleset is flushed, not deleted")
	case d.Op == "flush" && t.kind == tName && slices.Contains(deleted, t.text) && !slices.Contains(flushed, t.text):
		p.fail(p.tokSpan(t), "write `delete "+t.text+" ...`", "`%s` cannot be flushed", t.text)
	}
	d.What = p.oneOf("object", known...).Text
	if d.What == "ct" {
		d.What += " " + p.oneOf("object of ct", "helper", "timeout", "expectation").Text
	}
	d.Family = p.family()
	if d.What != "ruleset" {
		p.victim(d)
	}
	d.Span = p.spanFrom(first)
	return d
}

// victim parses what a command takes away.
func (p *parser) victim(d *FlushDecl) {
	if d.What == "table" {
		if d.Op != "flush" && p.handle(d) {
			return
		}
		d.Table = p.identifier("name of the table")
		return
	}
	d.Table = p.identifier("name of the table")
	switch d.What {
	case "rule":
		d.Name = p.identifier("name of the chain")
		t := p.cur()
		if !p.handle(d) {
			p.fail(p.tokSpan(t), "write `delete rule FAMILY TABLE CHAIN handle NUMBER`", "`handle` expected after the chain, found %s", t.describe())
		}
	case "element":
		d.Name = p.identifier("name of the set")
		d.Elems = p.setOrVar()
	default:
		if d.Op == "flush" || !p.handle(d) {
			d.Name = p.identifier("name of the " + d.What)
		}
		if d.What == "flowtable" && p.cur().is("{") {
			d.Items = p.body(inLines, p.flowtableItem)
		}
	}
}

// handle parses `handle 5`.
func (p *parser) handle(d *FlushDecl) bool {
	if !p.acceptWord("handle") {
		return false
	}
	d.Handle = p.numberWord("number of the handle")
	return true
}

// questions are the commands that ask the kernel for something, and what a program does with the answer.
var questions = []string{"list", "reset", "get", "monitor", "describe", "export", "import"}

// otherCommand parses a command that adds nothing; nil if t starts none.
func (p *parser) otherCommand(t token) Item {
	switch {
	case t.text == "replace":
		return p.replace()
	case t.text == "rename":
		return p.rename()
	case slices.Contains(questions, t.text):
		cure := "leave it out"
		switch t.text {
		case "export", "import":
		case "describe":
			cure += ", and call `nft describe ...` beside it"
		default:
			cure += "; when the rules are loaded, ask with `hookwalk exec NODE -- nft " + t.text + " ...`"
		}
		p.fail(p.tokSpan(t), cure, "`%s` asks for something, a file of rules only says what there is", t.text)
	}
	return nil
}

func (p *parser) replace() Item {
	first := p.advance()
	p.oneOf("object", "rule")
	d := &ReplaceDecl{Family: p.family(), Table: p.identifier("name of the table"), Chain: p.identifier("name of the chain")}
	if t := p.cur(); !p.acceptWord("handle") {
		p.fail(p.tokSpan(t), "write `replace rule FAMILY TABLE CHAIN handle NUMBER RULE`", "`handle` expected after the chain, found %s", t.describe())
	}
	d.Handle = p.numberWord("number of the handle")
	d.Rule = p.rule().(*RuleDecl)
	d.Span = p.spanFrom(first)
	return d
}

func (p *parser) rename() Item {
	first := p.advance()
	p.oneOf("object", "chain")
	d := &RenameDecl{Family: p.family(), Table: p.identifier("name of the table"), Name: p.identifier("name of the chain"), To: p.identifier("new name of the chain")}
	d.Span = p.spanFrom(first)
	return d
}

// impliedRule reports whether what follows is a rule without the word `rule`: `ip filter input accept`. What may as
// well be a rule without a chain (`ip protocol tcp`) or a mistyped word is none.
func (p *parser) impliedRule(t token, kinds []string) bool {
	if t.kind != tName || slices.Contains(kinds, t.text) {
		return false
	}
	names := []token{t, p.peek(1)}
	if _, ok := ParseFamily(t.text); ok {
		names = []token{p.peek(1), p.peek(2)}
		for _, proto := range protocols {
			if proto.Name == t.text && slices.ContainsFunc(proto.Fields, func(f Field) bool { return f.Name == names[0].text }) {
				return false
			}
		}
	} else if nearest(t.text, append(kinds, topWords...)) != "" {
		return false
	}
	for _, n := range names {
		if n.kind != tName || reserved[n.text] {
			return false
		}
	}
	return true
}

func (p *printer) flush(d *FlushDecl) {
	p.str(d.Op, " ", d.What)
	p.words(d.Family, d.Table, d.Name)
	if d.Handle != nil {
		p.str(" handle ", d.Handle.Text)
	}
	if d.Elems != nil {
		p.str(" ")
		p.expr(d.Elems)
	}
	if d.Items != nil {
		p.str(" ")
		p.block(d.Items)
	}
}
