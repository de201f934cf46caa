package nft

import (
	"fmt"
	"strings"
)

// Options steer [Parse].
type Options struct {
	// Include opens the file of an `include "path"`; name is what positions in it are to say. No name and no error: the
	// path is a folder, of which nothing is included. Nil: every include is an error.
	Include func(path string) (name string, src []byte, err error)
	// Glob opens the files of an include with a pattern, sorted; see [Glob]. Nil: every pattern is an error.
	Glob func(pattern string) ([]Source, error)
	// BaseLine and BaseCol are added to every line and column: for a ruleset that stands inside another file, whose
	// text before the ruleset has BaseLine lines and whose every line has BaseCol bytes of indent.
	BaseLine int
	BaseCol  int
}

// Source is a file with its name.
type Source struct {
	Name string
	Text []byte
}

const (
	maxInclude = 16 // nft's own limit, MAX_INCLUDE_DEPTH
	maxDepth   = 64 // of parentheses and braces
	maxErrors  = 200
)

// Parse reads a ruleset. It never fails as a whole: what could be read is in the File, and every statement that
// could not is one of the Errors, which are sorted by place. The name is what positions say.
func Parse(name string, src []byte, opt Options) (*File, Errors) {
	p := newParser(name, src, opt)
	f := &File{Name: name, src: p.src, baseLine: opt.BaseLine, baseCol: opt.BaseCol}
	first := p.cur()
	f.Items = p.items(p.topItem, token{})
	f.Span = p.spanFrom(first)
	p.errs.sort()
	f.errs = p.errs
	return f, p.errs
}

type parser struct {
	name    string
	src     string
	toks    []token
	i       int
	opt     Options
	errs    Errors
	depth   int
	stack   []string // names of the files that include this one
	pending []*Comment
	block   blockKind
	clockOK bool // `17:00` is a time of day here
	classOK bool // `1:2` is a traffic class here, not the key and value of a map
	inMap   bool // the block is of a map, not of a set
	words   []WordNode
}

func newParser(name string, src []byte, opt Options) *parser {
	s := string(src)
	s = strings.TrimPrefix(s, "\ufeff")
	return &parser{name: name, src: s, toks: lex(s), opt: opt}
}

// bailout ends the parsing of one item; it never leaves this file.
type bailout struct{}

func (p *parser) cur() token { return p.toks[p.i] }

// peek is the token n after the current one.
func (p *parser) peek(n int) token {
	if p.i+n < len(p.toks) {
		return p.toks[p.i+n]
	}
	return p.toks[len(p.toks)-1]
}

func (p *parser) advance() token {
	t := p.toks[p.i]
	if p.i < len(p.toks)-1 {
		p.i++
	}
	return t
}

func (p *parser) pos(t token) Pos {
	return Pos{File: p.name, Line: int(t.line) + p.opt.BaseLine, Col: int(t.col) + p.opt.BaseCol}
}

func (p *parser) endPos(t token) Pos {
	at := p.pos(t)
	at.Col += int(t.end - t.off)
	return at
}

func (p *parser) tokSpan(t token) Span { return Span{p.pos(t), p.endPos(t)} }

// spanFrom is from first to the token before the current one.
func (p *parser) spanFrom(first token) Span {
	last := first
	if p.i > 0 && p.toks[p.i-1].off >= first.off {
		last = p.toks[p.i-1]
	}
	return Span{p.pos(first), p.endPos(last)}
}

// report adds an error at a span of this source.
func (p *parser) report(s Span, msg, hint string, want ...string) *Error {
	if t := p.cur(); p.pos(t) == s.Pos {
		if m, cure, ok := lookAlike(t); ok {
			msg, hint, want = m, cure, nil
		}
	}
	e := &Error{Pos: s.Pos, End: s.End, Msg: msg, Hint: hint, Want: want}
	if len(p.errs) < maxErrors {
		e.source = p.sourceLine(s.Pos.Line - p.opt.BaseLine)
		p.errs = append(p.errs, e)
	}
	return e
}

// sourceLine is the text of a line, counted from 1 in this source, with the indent of the file around it.
func (p *parser) sourceLine(n int) string {
	return lineOf(p.src, n, p.opt.BaseCol)
}

func lineOf(src string, n, indent int) string {
	for ; n > 1; n-- {
		i := strings.IndexByte(src, '\n')
		if i < 0 {
			return ""
		}
		src = src[i+1:]
	}
	if i := strings.IndexByte(src, '\n'); i >= 0 {
		src = src[:i]
	}
	return strings.Repeat(" ", indent) + strings.TrimSuffix(src, "\r")
}

// fail reports an error and gives the item up.
func (p *parser) fail(s Span, hint, format string, args ...any) {
	p.report(s, fmt.Sprintf(format, args...), hint)
	panic(bailout{})
}

// failWord reports a word that is not one of those known here, with the nearest of them.
func (p *parser) failWord(t token, what string, known []string) {
	near := nearest(t.text, known)
	hint := habit(what, t.text)
	if hint != "" {
		// said
	} else if near != "" {
		hint = "did you mean `" + near + "`?"
	} else if len(known) > 0 && len(known) <= 12 {
		hint = "one of: " + strings.Join(known, ", ")
	}
	msg := "unknown " + what + " " + t.describe()
	if t.ends() || t.kind == tPunct {
		msg = what + " expected, found " + t.describe()
	}
	p.report(p.tokSpan(t), msg, hint, known...)
	panic(bailout{})
}

// unsupported reports what nft knows and this package does not, and gives the item up.
func (p *parser) unsupported(s Span, what string) {
	p.report(s, what+" is not supported yet", "").Unsupported = true
	panic(bailout{})
}

// try runs f for one item. If f gives up, the rest of the item is skipped.
func (p *parser) try(f func() Item) (it Item) {
	start := p.i
	depth, block := p.depth, p.block
	defer func() {
		if r := recover(); r != nil {
			if _, ok := r.(bailout); !ok {
				panic(r)
			}
			p.depth, p.block, p.classOK, p.clockOK, p.pending = depth, block, false, false, nil
			bad := p.errs
			p.skip(start)
			it = nil
			if n := len(bad); n > 0 && bad[n-1].Unsupported {
				it = p.raw(start)
			}
		}
	}()
	return f()
}

// raw is the item from token start up to the current one, as it is written.
func (p *parser) raw(start int) Item {
	first, last := p.toks[start], p.toks[max(p.i-1, start)]
	return &Raw{Line: Line{Span: p.spanFrom(first)}, What: first.text, Text: p.src[first.off:last.end]}
}

// skip moves behind the item that starts at token start and that could not be parsed beyond the current one: to the
// separator behind it, or to the brace that closes the block around it.
func (p *parser) skip(start int) {
	depth := 0
	openLine := int32(0)
	for _, t := range p.toks[start:p.i] {
		switch {
		case t.is("{"):
			depth++
			openLine = t.line
		case t.is("}") && depth > 0:
			depth--
		}
	}
	if depth > 0 && openLine == p.cur().line && !p.closes(depth) {
		depth = 0 // the brace was forgotten: the item ends with its line
		for !p.cur().ends() {
			p.advance()
		}
		return
	}
	for {
		switch t := p.cur(); {
		case t.kind == tEOF:
			return
		case t.is("{"):
			depth++
		case t.is("}"):
			if depth == 0 {
				return
			}
			depth--
		case depth == 0 && t.ends():
			return
		}
		p.advance()
	}
}

// closes reports whether depth open braces are closed before a line that looks like the start of another statement.
func (p *parser) closes(depth int) bool {
	bol := false
	for _, t := range p.toks[p.i:] {
		switch {
		case t.kind == tEOF:
			return false
		case t.is("{"):
			depth++
		case t.is("}"):
			if depth--; depth == 0 {
				return true
			}
		case bol && t.kind == tName && startsStatement(t.text):
			return false
		}
		bol = t.kind == tNewline
	}
	return false
}

// items parses the items of a file, or of a block whose opening brace is open (a zero token for a file).
func (p *parser) items(parse func() Item, open token) []Item {
	var out []Item
	blank, newlines := false, 1
	for {
		t := p.cur()
		switch {
		case t.kind == tEOF:
			if open.kind != tEOF {
				p.report(p.tokSpan(open), "this block is not closed", "a `}` is missing before the end of the file", "}")
			}
			return out
		case t.kind == tNewline:
			p.advance()
			if newlines++; newlines > 1 && len(out) > 0 {
				blank = true
			}
			continue
		case t.kind == tSemicolon:
			p.advance()
			continue
		case t.kind == tComment:
			p.advance()
			c := p.comment(t)
			if newlines == 0 && len(out) > 0 && out[len(out)-1].line().Trail == nil && !isComment(out[len(out)-1]) {
				out[len(out)-1].line().Trail = c
				continue
			}
			c.Blank = blank
			out = append(out, c)
			blank, newlines = false, 0
			continue
		case t.is("}"):
			if open.kind != tEOF {
				return out
			}
			p.report(p.tokSpan(t), "this `}` closes nothing", "remove it, or add the `{` that it belongs to")
			p.advance()
			continue
		}
		start := p.i
		it := p.try(parse)
		if it != nil {
			it.line().Blank = blank
			out = append(out, it)
			if end := p.cur(); !end.ends() && p.i > start && !p.endsItself(it, end) {
				p.separator(end, start)
			}
		}
		if p.i == start { // always move on
			p.advance()
		}
		blank, newlines = false, 0
	}
}

// endsItself reports whether an item needs no separator behind it before the token end.
func (p *parser) endsItself(it Item, end token) bool {
	if p.block == inObject {
		return end.is("}") || end.isWord("comment")
	}
	switch d := it.(type) {
	case *ElementsDecl:
		return p.block == inSet
	case *Property: // `counter` of a flowtable
		return p.block == inLines && d.Key.Text == "counter"
	case *StmtDecl: // as nft lists them: `counter limit rate 1/second`
		return end.isWord("counter") || end.isWord("limit") || end.isWord("quota") || end.isWord("ct") || end.isWord("last")
	}
	return false
}

// separator reports what stands behind a complete item where its end should be.
func (p *parser) separator(t token, start int) {
	defer func() {
		if r := recover(); r != nil {
			if _, ok := r.(bailout); !ok {
				panic(r)
			}
			p.skip(start)
		}
	}()
	if t.is("}") {
		p.report(p.tokSpan(t), "a `;` or a line break is missing before `}`", "nft wants every statement ended, the last one of a block too", ";")
		return
	}
	hint := ""
	if t.kind == tName {
		hint = "a `;` is missing before it"
	}
	p.fail(p.tokSpan(t), hint, "end of line or `;` expected, found %s", t.describe())
}

func isComment(it Item) bool { _, ok := it.(*Comment); return ok }

func (p *parser) comment(t token) *Comment {
	return &Comment{Line: Line{Span: p.tokSpan(t)}, Text: strings.TrimPrefix(t.text, " ")}
}

// enter guards against nesting without end.
func (p *parser) enter(t token) {
	if p.depth++; p.depth > maxDepth {
		p.fail(p.tokSpan(t), "", "nested too deeply")
	}
}

func (p *parser) leave() { p.depth-- }

// accept takes the token if it is this punctuation.
func (p *parser) accept(punct string) bool {
	if p.cur().is(punct) {
		p.advance()
		return true
	}
	return false
}

func (p *parser) acceptWord(word string) bool {
	if p.cur().isWord(word) {
		p.advance()
		if onWord != nil {
			onWord([]string{word}, word)
		}
		return true
	}
	return false
}

// onWord, of tests, hears which of the words that may stand at a place was there.
var onWord func(known []string, got string)

func (p *parser) expect(punct, after string) token {
	if t := p.cur(); !t.is(punct) {
		p.report(p.tokSpan(t), fmt.Sprintf("`%s` expected %s, found %s", punct, after, t.describe()), "", punct)
		panic(bailout{})
	}
	return p.advance()
}

func (p *parser) word(t token) *WordNode {
	if len(p.words) == 0 {
		p.words = make([]WordNode, 32) // most nodes are words
	}
	w := &p.words[0]
	p.words = p.words[1:]
	w.Span, w.Text = p.tokSpan(t), t.text
	switch t.kind {
	case tNumber:
		w.Kind = WordNumber
	case tAddr:
		w.Kind = WordAddr
	case tTime:
		w.Kind = WordTime
	case tQuoted:
		w.Kind = WordQuoted
	case tWildcard:
		w.Kind = WordWildcard
	}
	return w
}

// identifier parses the name of a thing the user made.
func (p *parser) identifier(what string) *WordNode {
	t := p.cur()
	if t.kind != tName {
		p.unclosed(t)
		hint := ""
		if t.kind == tQuoted {
			hint = "a name stands without quotes"
		}
		if t.kind == tNumber || t.kind == tAddr || t.kind == tTime {
			hint = "a name starts with a letter"
		}
		p.fail(p.tokSpan(t), hint, "%s expected, found %s", what, t.describe())
	}
	return p.word(p.advance())
}

// unclosed reports a quote that is not closed, if t is one.
func (p *parser) unclosed(t token) {
	if t.kind == tBad && t.text[0] == '"' {
		p.fail(p.tokSpan(t), "a quoted text ends on the line where it starts", "this quote is not closed")
	}
}

func (p *parser) numberWord(what string) *WordNode {
	t := p.cur()
	if t.kind != tNumber {
		p.fail(p.tokSpan(t), "", "%s expected, found %s", what, t.describe())
	}
	return p.word(p.advance())
}

// oneOf parses one of some words.
func (p *parser) oneOf(what string, known ...string) *WordNode {
	t := p.cur()
	if t.kind == tName {
		for _, k := range known {
			if k == t.text {
				if onWord != nil {
					onWord(known, k)
				}
				return p.word(p.advance())
			}
		}
	}
	p.failWord(t, what, known)
	return nil
}

// newlines skips line breaks and keeps the comments between them for the next element.
func (p *parser) newlines() {
	for {
		switch t := p.cur(); t.kind {
		case tNewline:
			p.advance()
		case tComment:
			p.pending = append(p.pending, p.comment(t))
			p.advance()
		default:
			return
		}
	}
}

func (p *parser) takePending() []*Comment {
	c := p.pending
	p.pending = nil
	return c
}
