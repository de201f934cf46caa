package nft

import (
	"slices"
	"strings"
)

func (p *parser) include(block func() Item) Item {
	first := p.advance()
	t := p.cur()
	if t.kind != tQuoted {
		p.fail(p.tokSpan(t), "write the path in quotes", "path expected after `include`, found %s", t.describe())
	}
	path := p.word(p.advance())
	it := &Include{Line: Line{Span: p.spanFrom(first)}, Path: path}
	for _, src := range p.sources(path) {
		it.Files = append(it.Files, p.included(path, src, block))
	}
	return it
}

// sources are the files that an include names: several for a pattern, none for a folder.
func (p *parser) sources(path *WordNode) []Source {
	if p.opt.Include == nil || isPattern(path.Text) && p.opt.Glob == nil {
		p.fail(path.Span, "", "files cannot be included here")
	}
	if isPattern(path.Text) {
		list, err := p.opt.Glob(path.Text)
		if err != nil {
			p.fail(path.Span, "", "include %q: %v", path.Text, err)
		}
		return list
	}
	name, text, err := p.opt.Include(path.Text)
	switch {
	case err != nil:
		p.fail(path.Span, "", "include %q: %v", path.Text, err)
	case name == "":
		return nil
	}
	return []Source{{name, text}}
}

// included reads a file that is included at path.
func (p *parser) included(path *WordNode, src Source, block func() Item) *File {
	stack := append(slices.Clip(p.stack), p.name)
	if i := slices.Index(stack, src.Name); i >= 0 {
		p.fail(path.Span, "remove this include, or the one that leads here", "`%s` includes itself: %s", src.Name, strings.Join(append(stack[i:], src.Name), " -> "))
	}
	if len(stack) > maxInclude {
		p.fail(path.Span, "the files are: "+strings.Join(stack, " -> "), "more than %d files inside one another", maxInclude)
	}
	opt := p.opt
	opt.BaseLine, opt.BaseCol = 0, 0
	sub := newParser(src.Name, src.Text, opt)
	sub.stack = stack
	f := &File{Name: src.Name, src: sub.src}
	start := sub.cur()
	f.Items = sub.items(sub.itemParser(block, p), token{})
	f.Span = sub.spanFrom(start)
	sub.errs.sort()
	for _, e := range sub.errs {
		if len(p.errs) < maxErrors {
			p.errs = append(p.errs, e)
		}
	}
	return f
}

// itemParser is the parser method of p that block is of parent: an included file is read as if it stood there.
func (p *parser) itemParser(block func() Item, parent *parser) func() Item {
	switch parent.block {
	case inTable:
		p.block = inTable
		return p.tableItem
	case inChain:
		p.block = inChain
		return p.chainItem
	case inSet:
		p.block = inSet
		return p.setItem
	}
	return p.topItem
}

// addDecl parses what follows `add` and its kin: `rule ip filter input tcp dport 22 accept`.
func (p *parser) addDecl(first token, op string) Item {
	d := &AddDecl{Op: op}
	t := p.cur()
	kinds := []string{"table", "chain", "rule", "set", "map", "element", "flowtable", "ct", "counter", "quota", "limit", "synproxy", "secmark"}
	if t.kind == tName && (laterObjects[t.text] || t.text == "meter") {
		p.unsupported(p.tokSpan(t), "`"+t.text+"`")
	}
	implied := op != "create" && p.impliedRule(t, kinds) // `add ip filter input accept` leaves the word `rule` out
	if op == "" && !implied && t.kind == tName && nearest(t.text, kinds) != t.text {
		if _, ok := selectorHeads[t.text]; ok || statements[t.text] != nil && !isObjectWord(t.text) {
			p.fail(p.tokSpan(t), "put it in `table inet NAME { chain NAME { ... } }`", "a rule stands in a chain, not at the top of a file")
		}
		p.failWord(t, "command", topWords)
	}
	kind := "rule"
	if !implied {
		kind = p.objectKind(p.oneOf("object", kinds...).Text)
	}
	d.Family = p.family()
	if t, next := p.cur(), p.peek(1); kind != "rule" && kind != "table" && t.kind == tName && next.is("{") {
		p.fail(p.tokSpan(t), "put it in `table inet NAME { ... }`, or name the table: `"+kind+" inet NAME "+t.text+" { ... }`", "a %s stands in a table", kind)
	}
	d.Table = p.identifier("name of the table")
	switch kind {
	case "chain":
		d.Item = p.chainDecl(first, p.identifier("name of the chain"))
	case "set", "map":
		d.Item = p.setDecl(t, p.identifier("name of the "+kind))
	case "flowtable":
		d.Item = p.flowtableDecl(t, p.identifier("name of the flowtable"))
	case "element":
		d.Set = p.identifier("name of the set")
		at := p.cur()
		e := &ElementsDecl{Value: p.setOrVar()}
		e.Span = p.spanFrom(at)
		d.Item = e
	case "rule":
		d.Chain = p.identifier("name of the chain")
		if t := p.cur(); t.isWord("position") || t.isWord("index") || t.isWord("handle") {
			d.Where = p.advance().text
			d.At = p.numberWord("number of the rule")
		}
		d.Item = p.rule()
	case "table":
		p.failWord(t, "object", kinds)
	default:
		d.Item = p.objectDecl(t, kind, p.identifier("name of the "+kind))
	}
	d.Span = p.spanFrom(first)
	return d
}
